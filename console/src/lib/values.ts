// SPDX-License-Identifier: Apache-2.0
// Values of points: how they are read, compared and written for people.
import type { Quality, Range, Value, ValueType } from './api/types';

export interface Shown {
    type: ValueType;
    range?: Range;
}

// Numbers beyond 2^53, NaN and the infinities come as strings.
export function number_of(value: Value | undefined): number | undefined {
    if (typeof value === 'number') return value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value === 'string' && value !== '') {
        const number = Number(value === 'inf' ? 'Infinity' : value === '-inf' ? '-Infinity' : value);
        return Number.isNaN(number) ? undefined : number;
    }
    return undefined;
}

// Decimals that resolve about a ten-thousandth of the span, so that a number keeps its width as it
// moves.
export function decimals_for(value: number, range?: Range): number {
    const wide = range?.min !== undefined && range.max !== undefined ? range.max - range.min : 0;
    if (wide <= 0 && Number.isInteger(value)) return 0;
    const span = wide > 0 ? wide : Math.abs(value);
    if (span === 0 || !Number.isFinite(span)) return 0;
    return Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(span))));
}

export function number_text(value: number, locale: string, decimals = decimals_for(value)): string {
    if (!Number.isFinite(value)) return String(value);
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e12 || size < 1e-5)) return value.toExponential(4);
    return value.toLocaleString(locale, {
        minimumFractionDigits: decimals,
        maximumFractionDigits: decimals,
    });
}

// Without words for true and false: those are the language's.
export function value_text(value: Value | undefined, locale: string, shown: Shown,
                           words: { on: string; off: string }): string {
    if (value === null || value === undefined) return '–';
    if (shown.type === 'string') return String(value);
    if (typeof value === 'boolean') return value ? words.on : words.off;
    const number = number_of(value);
    if (number === undefined) return String(value);
    if (shown.type === 'bool') return number !== 0 ? words.on : words.off;
    if (shown.type === 'int64') {
        return typeof value === 'string' ? BigInt(value).toLocaleString(locale)
                                         : number_text(number, locale, 0);
    }
    return number_text(number, locale, decimals_for(number, shown.range));
}

export const severity: Record<Quality, 0 | 1 | 2> = { good: 0, uncertain: 1, bad: 2 };

// "Is it outside the range that was given as normal?"
export function outside(value: number | undefined, range: Range | undefined): boolean {
    if (value === undefined || range === undefined) return false;
    return (range.min !== undefined && value < range.min) || (range.max !== undefined && value > range.max);
}

// What a person typed, for a point of that type; undefined if it is no such value.
export function parse_input(text: string, type: ValueType): Value | undefined {
    const trimmed = text.trim();
    if (type === 'string') return text;
    if (type === 'bool') {
        if (/^(true|on|1|yes|开|是)$/i.test(trimmed)) return true;
        if (/^(false|off|0|no|关|否)$/i.test(trimmed)) return false;
        return undefined;
    }
    if (type === 'int64') {
        if (!/^[+-]?\d+$/.test(trimmed)) return undefined;
        const number = Number(trimmed);
        return Number.isSafeInteger(number) ? number : trimmed;
    }
    const number = Number(trimmed.replace(/(?<=\d),(?=\d{3}(\D|$))/g, ''));
    return trimmed === '' || !Number.isFinite(number) ? undefined : number;
}

// How old a sample is by the server's clock, in ms.
export function age_of(sample: { time: string } | undefined, now_ms: number): number | undefined {
    return sample ? Math.max(0, now_ms - Date.parse(sample.time)) : undefined;
}

// A live value that has not come for so long is not thought of as present any more.
export const stale_after_ms = 30_000;
export const is_stale = (age_ms: number | undefined) => age_ms !== undefined && age_ms > stale_after_ms;
