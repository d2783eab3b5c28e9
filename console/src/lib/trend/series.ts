// SPDX-License-Identifier: Apache-2.0
// What is known of one point over time: raw samples, or buckets with least, most and mean. Pure, apart
// from the arrays, which live samples are merged into in place.
import type { HistoryColumns } from '../api/shapes';
import { severity, number_of } from '../values';
import { bucket_of } from './buckets';
import type { Range } from './range';

export type Severity = 0 | 1 | 2;  // good, uncertain, bad

export interface Series {
    every: number;  // length of the buckets in ms; 0 for raw samples
    time: number[];  // ascending; of a bucket its start
    value: (number | null)[];  // of a bucket its mean
    low: (number | null)[];  // of raw samples the same array as value
    high: (number | null)[];
    count: number[];  // usable samples in the bucket; empty for raw samples
    quality: Severity[];
}

export interface Sample {
    ms: number;
    value: number | null;
    quality: Severity;
}

export function empty_series(every: number): Series {
    const value: (number | null)[] = [];
    return every === 0
        ? { every, time: [], value, low: value, high: value, count: [], quality: [] }
        : { every, time: [], value, low: [], high: [], count: [], quality: [] };
}

export function series_of(columns: HistoryColumns, every: number): Series {
    const time = columns.time.map((text) => Date.parse(text));
    const quality = (columns.quality ?? []).map((word) => severity[word]);
    if (every === 0) {
        const value = (columns.value ?? []).map((item) => number_of(item) ?? null);
        return { every, time, value, low: value, high: value, count: [], quality };
    }
    return {
        every, time, quality,
        value: columns.avg ?? [],
        low: columns.min ?? [],
        high: columns.max ?? [],
        count: (columns.count ?? []).map((count) => count ?? 0),
    };
}

// The place of the last time that is not after `ms`; -1 if there is none.
export function index_before(time: readonly number[], ms: number): number {
    let low = 0;
    let high = time.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((time[middle] ?? 0) <= ms) low = middle + 1;
        else high = middle;
    }
    return low - 1;
}

const columns_of = (series: Series): unknown[][] =>
    series.every === 0 ? [series.time, series.value, series.quality]
                       : [series.time, series.value, series.low, series.high, series.count, series.quality];

function insert(series: Series, at: number, row: unknown[], replace: boolean): void {
    columns_of(series).forEach((column, i) => column.splice(at, replace ? 1 : 0, row[i]));
}

// Adds one sample that came in live, in its place by time; one of the same time is replaced.
export function add_sample(series: Series, { ms, value, quality }: Sample): void {
    if (series.every === 0) {
        const before = index_before(series.time, ms);
        const same = before >= 0 && series.time[before] === ms;
        insert(series, same ? before : before + 1, [ms, value, quality], same);
        return;
    }
    const start = bucket_of(ms, series.every);
    const at = index_before(series.time, start);
    if (at < 0 || series.time[at] !== start) {
        insert(series, at + 1, [start, value, value, value, value === null ? 0 : 1, quality], false);
        return;
    }
    series.quality[at] = Math.max(series.quality[at] ?? 0, quality) as Severity;
    if (value === null) return;
    const count = series.count[at] ?? 0;
    const mean = series.value[at] ?? value;
    series.count[at] = count + 1;
    series.value[at] = (mean * count + value) / (count + 1);
    series.low[at] = Math.min(series.low[at] ?? value, value);
    series.high[at] = Math.max(series.high[at] ?? value, value);
}

// Forgets what is before `from`, but for the last row before it, which the line comes from.
export function trim(series: Series, from: number): void {
    const before = index_before(series.time, from);
    if (before > 0) for (const column of columns_of(series)) column.splice(0, before);
}

// Which rows are within the range, with one more at each side for the lines that come in and go out.
export function visible(series: Series, { from, to }: Range): [number, number] {
    const first = Math.max(0, index_before(series.time, from));
    const last = Math.min(series.time.length - 1, index_before(series.time, to) + 1);
    return [first, last];
}

// Least and most within the range; undefined if there is no value.
export function extent(series: Series, range: Range): [number, number] | undefined {
    let low = Infinity;
    let high = -Infinity;
    const [first, last] = visible(series, range);
    for (let i = first; i <= last; i++) {
        if (series.quality[i] === 2) continue;
        const least = series.low[i];
        const most = series.high[i];
        if (least != null && least < low) low = least;
        if (most != null && most > high) high = most;
    }
    return low <= high ? [low, high] : undefined;
}

export interface Statistics {
    low: number;
    high: number;
    mean: number;
    count: number;
}

export function statistics(series: Series, { from, to }: Range): Statistics | undefined {
    let low = Infinity;
    let high = -Infinity;
    let sum = 0;
    let count = 0;
    const first = index_before(series.time, from) + 1;
    for (let i = first; i < series.time.length && (series.time[i] ?? 0) <= to; i++) {
        const value = series.value[i];
        if (value == null || series.quality[i] === 2) continue;
        const rows = series.every === 0 ? 1 : (series.count[i] ?? 1);
        low = Math.min(low, series.low[i] ?? value);
        high = Math.max(high, series.high[i] ?? value);
        sum += value * rows;
        count += rows;
    }
    return count > 0 ? { low, high, mean: sum / count, count } : undefined;
}

// What the point was at a moment: the last row that is not after it.
export function row_at(series: Series, ms: number): (Sample & { low: number | null; high: number | null }) | undefined {
    const at = index_before(series.time, ms);
    const time = series.time[at];
    if (time === undefined) return undefined;
    return {
        ms: time, value: series.value[at] ?? null, quality: series.quality[at] ?? 0,
        low: series.low[at] ?? null, high: series.high[at] ?? null,
    };
}

// From which distance in time on two neighbours are not thought to be connected: many times what is
// usual in this series.
export function gap_limit(series: Series): number {
    const distances: number[] = [];
    const step = Math.max(1, Math.floor(series.time.length / 200));
    for (let i = step; i < series.time.length; i += step) {
        distances.push((series.time[i] ?? 0) - (series.time[i - 1] ?? 0));
    }
    if (distances.length < 4) return Infinity;
    distances.sort((a, b) => a - b);
    const usual = distances[distances.length >> 1] ?? 0;
    return Math.max(usual * 8, series.every * 3, 1);
}
