// SPDX-License-Identifier: Apache-2.0
// A series as paths to draw. A line breaks where the quality is bad; it is kept apart where the quality
// is uncertain, and where so much time passes between two rows that nobody knows what was in between.
import { gap_limit, visible, type Series, type Severity } from './series';
import type { Range } from './range';

export interface PathLike {
    moveTo(x: number, y: number): void;
    lineTo(x: number, y: number): void;
    rect(x: number, y: number, width: number, height: number): void;
    closePath(): void;
}

export interface Lane {
    from: number;  // in pixels
    to: number;
    quality: Severity;
}

export interface Strokes<P extends PathLike> {
    line: P;  // good
    uncertain: P;
    unknown: P;  // over gaps
    envelope: P;  // between least and most of each bucket; to be filled
    dots: { x: number; y: number; hollow: boolean }[];
    lanes: Lane[];  // where the quality is not good
}

export interface Scales {
    x(ms: number): number;
    y(value: number): number;
}

// Dots are drawn when they are so far apart.
const dot_distance_px = 14;

export function strokes_of<P extends PathLike>(series: Series, range: Range, scales: Scales,
                                               step: boolean, path: () => P): Strokes<P> {
    const out: Strokes<P> = {
        line: path(), uncertain: path(), unknown: path(), envelope: path(), dots: [], lanes: [],
    };
    const [first, last] = visible(series, range);
    if (last < first) return out;
    const limit = gap_limit(series);
    const middle = series.every / 2;
    const x_of = (i: number) => scales.x((series.time[i] ?? 0) + middle);
    const sparse = (x_of(last) - x_of(first)) / Math.max(1, last - first) >= dot_distance_px;

    let down: { target: P; x: number; y: number } | undefined;  // where the line has come to
    let previous = -1;
    let run: number[] = [];  // of the envelope
    const end_run = () => {
        if (series.every > 0) add_envelope(out.envelope, series, run, x_of, scales);
        run = [];
    };
    for (let i = first; i <= last; i++) {
        const value = series.value[i];
        const quality = series.quality[i] ?? 0;
        add_lane(out.lanes, series, i, last, scales, quality);
        if (value == null || quality === 2) {
            down = undefined;
            previous = -1;
            end_run();
            continue;
        }
        const x = x_of(i);
        const y = scales.y(value);
        const far = previous >= 0 && (series.time[i] ?? 0) - (series.time[previous] ?? 0) > limit;
        const uncertain = quality === 1 || (previous >= 0 && series.quality[previous] === 1);
        const target = far ? out.unknown : uncertain ? out.uncertain : out.line;
        if (down) {
            if (down.target !== target) target.moveTo(down.x, down.y);
            if (step) target.lineTo(x, down.y);
            target.lineTo(x, y);
            if (far) end_run();
        } else {
            target.moveTo(x, y);
        }
        const alone = previous < 0 && is_alone(series, i, limit);
        if (sparse || alone) out.dots.push({ x, y, hollow: quality === 1 });
        run.push(i);
        down = { target, x, y };
        previous = i;
    }
    end_run();
    return out;
}

function is_alone(series: Series, i: number, limit: number): boolean {
    const next = series.time[i + 1];
    return next === undefined || series.value[i + 1] == null || series.quality[i + 1] === 2 ||
        next - (series.time[i] ?? 0) > limit;
}

function add_envelope(path: PathLike, series: Series, run: number[], x_of: (i: number) => number,
                      scales: Scales): void {
    if (run.length === 0) return;
    const high = (i: number) => scales.y(series.high[i] ?? series.value[i] ?? 0);
    const low = (i: number) => scales.y(series.low[i] ?? series.value[i] ?? 0);
    run.forEach((i, at) => (at === 0 ? path.moveTo(x_of(i), high(i)) : path.lineTo(x_of(i), high(i))));
    for (const i of run.toReversed()) path.lineTo(x_of(i), low(i));
    path.closePath();
}

// A row that is not good stands until the next one; neighbours of one quality are one lane.
function add_lane(lanes: Lane[], series: Series, i: number, last: number, scales: Scales,
                  quality: Severity): void {
    if (quality === 0) return;
    const from = scales.x(series.time[i] ?? 0);
    const until = i < last ? series.time[i + 1] : undefined;
    const to = Math.max(scales.x(until ?? (series.time[i] ?? 0) + series.every), from + 1);
    const before = lanes.at(-1);
    if (before && before.quality === quality && before.to >= from - 1) before.to = to;
    else lanes.push({ from, to, quality });
}
