// SPDX-License-Identifier: Apache-2.0
// Durations as the API writes them, a whole number and a unit: "250ms". Here in milliseconds.
const units: Record<string, number> = {
    ns: 1e-6, us: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000,
};

export function parse_duration(text: string): number | undefined {
    const match = /^(-?\d+)(ns|us|ms|s|m|h|d)$/.exec(text.trim());
    return match ? Number(match[1]) * (units[match[2] ?? ''] ?? NaN) : undefined;
}

// In the largest unit that leaves a whole number.
export function duration_text(ms: number): string {
    if (ms === 0) return '0s';
    for (const unit of ['d', 'h', 'm', 's', 'ms', 'us'] as const) {
        const count = ms / (units[unit] ?? 1);
        if (Number.isInteger(count)) return `${count}${unit}`;
    }
    return `${Math.round(ms * 1e6)}ns`;
}
