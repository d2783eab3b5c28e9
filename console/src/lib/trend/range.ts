// SPDX-License-Identifier: Apache-2.0
// What part of time, and of values, a trend shows. Times are milliseconds since 1970, which as a
// double resolve about 0.2 µs.

export interface Range {
    from: number;
    to: number;
}

// Least and most of an axis, by the name of its unit; an axis that is not named fits its data.
export type Heights = Record<string, [number, number]>;

export interface View extends Range {
    heights: Heights;
}

export const span_least_ms = 1;
export const span_most_ms = 100 * 366 * 86_400_000;

export const span_of = ({ from, to }: Range) => to - from;

export function clamp_span(range: Range): Range {
    const span = span_of(range);
    const wanted = Math.min(Math.max(span, span_least_ms), span_most_ms);
    if (wanted === span) return range;
    const middle = (range.from + range.to) / 2;
    return { from: middle - wanted / 2, to: middle + wanted / 2 };
}

// Around a moment, which keeps its place on the screen. A factor below 1 shows less time.
export function zoom(range: Range, around: number, factor: number): Range {
    return clamp_span({
        from: around - (around - range.from) * factor,
        to: around + (range.to - around) * factor,
    });
}

export function pan(range: Range, by_ms: number): Range {
    return { from: range.from + by_ms, to: range.to + by_ms };
}

export function zoom_height([low, high]: [number, number], around: number, factor: number): [number, number] {
    return [around - (around - low) * factor, around + (high - around) * factor];
}

// Least and most with some room, never of no height.
export function with_room(low: number, high: number, share = 0.06): [number, number] {
    if (low === high) {
        const room = low === 0 ? 1 : Math.abs(low) * 0.1;
        return [low - room, high + room];
    }
    const room = (high - low) * share;
    return [low - room, high + room];
}

export const presets_ms: Record<string, number> = {
    '1m': 60_000, '5m': 300_000, '15m': 900_000, '1h': 3_600_000, '4h': 14_400_000,
    '8h': 28_800_000, '24h': 86_400_000, '7d': 604_800_000, '30d': 2_592_000_000,
};

export const same_view = (a: View, b: View) =>
    a.from === b.from && a.to === b.to && JSON.stringify(a.heights) === JSON.stringify(b.heights);
