// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { aligned, bucket_length } from './buckets';
import { csv_text } from './csv';
import { free_slot, pens_max, style_of } from './pens';
import { clamp_span, pan, with_room, zoom } from './range';
import { add_sample, empty_series, extent, row_at, series_of, statistics, trim } from './series';
import { strokes_of, type PathLike } from './strokes';
import { ZoomHistory, type Place } from './zoom_history';

const iso = (ms: number) => new Date(ms).toISOString();

describe('buckets', () => {
    test('are at most one for two pixels, and round', () => {
        expect(bucket_length(3_600_000, 900)).toBe(10_000);
        expect(bucket_length(60_000, 900)).toBe(200);
        for (const span of [1, 1e3, 1e6, 1e9, 1e12]) expect(span / bucket_length(span, 800)).toBeLessThanOrEqual(400);
    });
    test('keep their places when the view moves', () => {
        expect(aligned({ from: 1234, to: 5678 }, 1000)).toEqual({ from: 1000, to: 6000 });
    });
});

describe('a range', () => {
    test('keeps the moment under the pointer when it is zoomed', () => {
        expect(zoom({ from: 0, to: 1000 }, 250, 0.5)).toEqual({ from: 125, to: 625 });
    });
    test('never becomes shorter than can be shown', () => {
        const { from, to } = clamp_span({ from: 5, to: 5 });
        expect(to - from).toBe(1);
    });
    test('moves without growing', () => expect(pan({ from: 1, to: 3 }, 2)).toEqual({ from: 3, to: 5 }));
    test('of equal values still has height', () => expect(with_room(5, 5)).toEqual([4.5, 5.5]));
});

describe('a series', () => {
    const raw = () => series_of({ time: [iso(1000), iso(2000), iso(4000)], value: [1, 2, 4], quality: ['good', 'bad', 'uncertain'] }, 0);

    test('takes live samples in their place, and replaces one of the same time', () => {
        const series = raw();
        add_sample(series, { ms: 3000, value: 3, quality: 0 });
        add_sample(series, { ms: 4000, value: 5, quality: 0 });
        expect(series.time).toEqual([1000, 2000, 3000, 4000]);
        expect(series.value).toEqual([1, 2, 3, 5]);
        expect(series.quality).toEqual([0, 2, 0, 0]);
    });
    test('of buckets keeps least, most and mean', () => {
        const series = empty_series(1000);
        for (const value of [4, 2, 6]) add_sample(series, { ms: 1500, value, quality: 0 });
        expect([series.low, series.high, series.value, series.count]).toEqual([[2], [6], [4], [3]]);
    });
    test('does not count bad values', () => {
        expect(statistics(raw(), { from: 0, to: 9000 })).toEqual({ low: 1, high: 4, mean: 2.5, count: 2 });
        expect(extent(raw(), { from: 0, to: 9000 })).toEqual([1, 4]);
    });
    test('says what was at a moment', () => {
        expect(row_at(raw(), 3999)?.value).toBe(2);
        expect(row_at(raw(), 10)).toBeUndefined();
    });
    test('forgets what is long past but for the last row before', () => {
        const series = raw();
        trim(series, 3000);
        expect(series.time).toEqual([2000, 4000]);
    });
});

class Recorder implements PathLike {
    steps: string[] = [];
    moveTo(x: number, y: number) { this.steps.push(`M${x},${y}`); }
    lineTo(x: number, y: number) { this.steps.push(`L${x},${y}`); }
    rect() { this.steps.push('R'); }
    closePath() { this.steps.push('Z'); }
}

test('a line breaks where the quality is bad, and is apart where it is uncertain', () => {
    const series = series_of({ time: [0, 1, 2, 3, 4].map(iso), value: [0, 1, 2, 3, 4],
                               quality: ['good', 'good', 'bad', 'good', 'uncertain'] }, 0);
    const scales = { x: (ms: number) => ms * 10, y: (value: number) => value };
    const strokes = strokes_of(series, { from: 0, to: 4 }, scales, false, () => new Recorder());
    expect(strokes.line.steps).toEqual(['M0,0', 'L10,1', 'M30,3']);
    expect(strokes.uncertain.steps).toEqual(['M30,3', 'L40,4']);
    expect(strokes.lanes.map(({ quality }) => quality)).toEqual([2, 1]);
});

test('pens differ in more than their colour', () => {
    const styles = Array.from({ length: pens_max }, (_, slot) => JSON.stringify(style_of(slot, false)));
    expect(new Set(styles).size).toBe(pens_max);
    expect(free_slot([0, 1, 3])).toBe(2);
});

test('the way back through views is kept, and a new step ends the way forward', () => {
    const place = (to: number): Place => ({ live: false, view: { from: 0, to, heights: {} } });
    let history = new ZoomHistory().visit(place(1)).visit(place(2)).visit(place(3));
    history = history.undo();
    expect(history.present).toEqual(place(2));
    expect(history.redo().present).toEqual(place(3));
    expect(history.visit(place(4)).can_redo).toBe(false);
});

test('CSV quotes what it must, and is no formula', () => {
    expect(csv_text([['a,"b"', 'line\nbreak', -3, null]])).toBe('"a,""b""","line\nbreak",-3,\r\n');
    expect(csv_text([['=HYPERLINK("x")']])).toBe('"\'=HYPERLINK(""x"")"\r\n');
});
