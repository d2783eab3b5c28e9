// SPDX-License-Identifier: Apache-2.0
// UCUM codes as people write them: "m3/h" → "m³/h", "Cel" → "°C", "{bottle}/min" → "bottle/min".
const special: Record<string, string> = {
    Cel: '°C', '[degF]': '°F', Ohm: 'Ω', deg: '°', '1': '', '[ppm]': 'ppm', '[ppb]': 'ppb',
    '[ppth]': '‰', '[pH]': 'pH', '[psi]': 'psi', '[in_i]': 'in', '[ft_i]': 'ft', '[g]': 'g',
    'm[H2O]': 'mH₂O', 'm[Hg]': 'mHg', 'mm[Hg]': 'mmHg', By: 'B', '[gal_us]': 'gal',
};
const raised = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

function factor_text(factor: string): string {
    const known = special[factor];
    if (known !== undefined) return known;
    const annotation = /^(.*)\{([^}]*)\}$/.exec(factor);
    if (annotation) {
        const unit = factor_text(annotation[1] ?? '');
        return unit ? `${unit} ${annotation[2]}` : (annotation[2] ?? '');
    }
    const power = /^(.*[A-Za-z%\]])(-?)(\d)$/.exec(factor);
    if (power) {
        return factor_text(power[1] ?? '') + (power[2] ? '⁻' : '') + raised[Number(power[3])];
    }
    return factor.replace(/^u(?=[A-Za-z])/, 'µ').replace(/^k?Ohm$/, (word) => word.replace('Ohm', 'Ω'));
}

export function unit_text(code: string | undefined): string {
    if (!code) return '';
    return code
        .split(/([./])(?![^{]*\})/)
        .map((piece) => (piece === '/' ? '/' : piece === '.' ? '·' : factor_text(piece)))
        .join('');
}
