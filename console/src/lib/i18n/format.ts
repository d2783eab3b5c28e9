// SPDX-License-Identifier: Apache-2.0
// Numbers, times and lengths of time in the language of the page.
import { locale } from './index.svelte';

const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function date_format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = `${locale()} ${name}`;
    const known = made.get(key);
    if (known instanceof Intl.DateTimeFormat) return known;
    const format = new Intl.DateTimeFormat(locale(), { hourCycle: 'h23', ...options });
    made.set(key, format);
    return format;
}

function number_format(name: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const key = `${locale()} ${name}`;
    const known = made.get(key);
    if (known instanceof Intl.NumberFormat) return known;
    const format = new Intl.NumberFormat(locale(), options);
    made.set(key, format);
    return format;
}

type Moment = string | number;
const ms_of = (moment: Moment) => (typeof moment === 'number' ? moment : Date.parse(moment));

// "22 Nov 2026, 17:30:28"
export function date_time(moment: Moment): string {
    return date_format('full', { dateStyle: 'medium', timeStyle: 'medium' }).format(ms_of(moment));
}

export function date_only(moment: Moment): string {
    return date_format('date', { dateStyle: 'medium' }).format(ms_of(moment));
}

export function day_month(moment: Moment): string {
    return date_format('day', { day: 'numeric', month: 'short' }).format(ms_of(moment));
}

export function month_year(moment: Moment): string {
    return date_format('month', { month: 'short', year: 'numeric' }).format(ms_of(moment));
}

// With as many parts of a second as told: 0 or 3.
export function time_only(moment: Moment, digits: 0 | 3 = 0): string {
    return date_format(`time${digits}`, {
        hour: '2-digit', minute: '2-digit', second: '2-digit',
        ...(digits === 3 ? { fractionalSecondDigits: 3 as const } : {}),
    }).format(ms_of(moment));
}

export function hour_minute(moment: Moment): string {
    return date_format('minute', { hour: '2-digit', minute: '2-digit' }).format(ms_of(moment));
}

const steps: [number, string][] = [[86_400_000, 'day'], [3_600_000, 'hour'], [60_000, 'minute'], [1000, 'second']];

// A length of time in one or two units: "3 min", "2 h 5 min", "0.85 ms".
export function length_of(ms: number, parts = 2): string {
    const sign = ms < 0 ? '−' : '';
    let rest = Math.abs(ms);
    if (rest < 1000) {
        const digits = rest >= 100 ? 0 : rest >= 10 ? 1 : 2;
        return sign + number_format(`ms${digits}`, {
            style: 'unit', unit: 'millisecond', unitDisplay: 'short', maximumFractionDigits: digits,
        }).format(rest);
    }
    const out: string[] = [];
    for (const [size, unit] of steps) {
        const last = out.length === parts - 1 || unit === 'second';
        const fraction = unit === 'second' && Math.abs(ms) < 60_000;
        if (rest < size && !(last && out.length > 0)) continue;
        const count = fraction ? Math.round((rest / size) * 100) / 100 : Math.floor(rest / size);
        rest -= Math.floor(rest / size) * size;
        if (count !== 0 || out.length === 0) {
            out.push(number_format(unit, {
                style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: fraction ? 2 : 0,
            }).format(count));
        }
        if (out.length >= parts || (last && out.length > 0)) break;
    }
    return sign + out.join(' ');
}

// How long ago, in one unit.
export function age_text(ms: number): string {
    return length_of(Math.max(1000, Math.floor(ms / 1000) * 1000), 1);
}

export function count_text(count: number, digits = 0): string {
    return number_format(`count${digits}`, { maximumFractionDigits: digits }).format(count);
}

export function bytes_text(bytes: number): string {
    const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
    const step = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
    return number_format(`bytes${step}`, {
        style: 'unit', unit: names[step] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: step === 0 ? 0 : 1,
    }).format(bytes / 1000 ** step);
}

// "UTC+8", for the axis of times.
export function zone_text(): string {
    const part = date_format('zone', { timeZoneName: 'shortOffset' })
        .formatToParts(Date.now()).find(({ type }) => type === 'timeZoneName');
    return (part?.value ?? 'UTC').replace('GMT', 'UTC');
}
