// SPDX-License-Identifier: Apache-2.0
// Draws one pen: the band between least and most, the line, and what is known of its quality.
import { strokes_of, type Lane, type Scales } from '$lib/trend/strokes';
import type { Style } from '$lib/trend/pens';
import type { Range } from '$lib/trend/range';
import type { Series } from '$lib/trend/series';

export interface Field {
    left: number;
    top: number;
    width: number;
    height: number;
}

export interface Marks {
    uncertain: string;
    bad: string;
}

const hatch_step_px = 7;
const strip_px = 6;

// Diagonal lines over a stretch of time; two ways for bad, so that the kinds differ without colour.
function hatch(ctx: CanvasRenderingContext2D, lane: Lane, field: Field, colour: string, ratio: number): void {
    const width = Math.max(lane.to - lane.from, 2 * ratio);
    const { top, height } = field;
    ctx.save();
    ctx.beginPath();
    ctx.rect(lane.from, top, width, height);
    ctx.clip();
    ctx.strokeStyle = colour;
    ctx.lineWidth = ratio;
    ctx.globalAlpha = 0.3;
    ctx.setLineDash([]);
    ctx.beginPath();
    const step = hatch_step_px * ratio;
    const first = Math.floor((lane.from - height) / step) * step;
    for (let x = first; x < lane.from + width; x += step) {
        ctx.moveTo(x, top + height);
        ctx.lineTo(x + height, top);
        if (lane.quality === 2) {
            ctx.moveTo(x, top);
            ctx.lineTo(x + height, top + height);
        }
    }
    ctx.stroke();
    ctx.globalAlpha = 0.9;
    ctx.fillStyle = colour;
    ctx.fillRect(lane.from, top + height - strip_px * ratio, width, strip_px * ratio);
    ctx.restore();
}

export function draw_pen(ctx: CanvasRenderingContext2D, series: Series, range: Range, scales: Scales, style: Style,
                         step: boolean, field: Field, marks: Marks, ratio: number): void {
    const strokes = strokes_of(series, range, scales, step, () => new Path2D());
    for (const lane of strokes.lanes) hatch(ctx, lane, field, lane.quality === 2 ? marks.bad : marks.uncertain, ratio);
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = style.colour;
    ctx.lineJoin = 'round';
    ctx.globalAlpha = 0.2;
    ctx.fill(strokes.envelope);
    ctx.globalAlpha = 1;
    ctx.lineWidth = 1.6 * ratio;
    ctx.setLineDash(style.dash.map((length) => length * ratio));
    ctx.stroke(strokes.line);
    ctx.globalAlpha = 0.75;
    ctx.lineWidth = 1.2 * ratio;
    ctx.setLineDash([2 * ratio, 2 * ratio]);
    ctx.stroke(strokes.uncertain);
    ctx.globalAlpha = 0.35;
    ctx.setLineDash([ratio, 5 * ratio]);
    ctx.stroke(strokes.unknown);
    ctx.globalAlpha = 1;
    ctx.setLineDash([]);
    for (const { x, y, hollow } of strokes.dots) {
        ctx.beginPath();
        ctx.arc(x, y, 2.6 * ratio, 0, 2 * Math.PI);
        if (hollow) ctx.stroke();
        else ctx.fill();
    }
    ctx.restore();
}
