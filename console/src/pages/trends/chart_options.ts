// SPDX-License-Identifier: Apache-2.0
// The axes of the chart, in the colours of the theme and the words of the language.
import type uPlot from 'uplot';
import { day_month, hour_minute, time_only } from '$lib/i18n/format';
import { locale } from '$lib/i18n/index.svelte';
import { unit_text } from '$lib/units';
import { number_text } from '$lib/values';

const font = '12px system-ui, "Noto Sans", "Noto Sans CJK SC", sans-serif';

export interface Colours {
    text: string;
    grid: string;
    field: string;
    uncertain: string;
    bad: string;
}

export function colours_of(element: Element): Colours {
    const style = getComputedStyle(element);
    const token = (name: string) => style.getPropertyValue(name).trim();
    return { text: token('--text-2'), grid: token('--line'), field: token('--raised'),
             uncertain: token('--warn'), bad: token('--bad') };
}

export const scale_of = (unit: string) => 'y:' + unit;

function tick_text(seconds: number, step: number): string {
    const ms = seconds * 1000;
    if (step >= 86_400) return day_month(ms);
    if (step >= 60) return hour_minute(ms);
    return time_only(ms, step >= 1 ? 0 : 3);
}

// As many as the step itself has: 2.5 needs one.
export function decimals_of(step: number): number {
    for (let decimals = 0; decimals < 6; decimals++) {
        const scaled = step * 10 ** decimals;
        if (Math.abs(scaled - Math.round(scaled)) < 1e-6) return decimals;
    }
    return 6;
}

export function time_axis(colours: Colours): uPlot.Axis {
    return {
        stroke: colours.text, font, size: 30, gap: 4,
        grid: { stroke: colours.grid, width: 0.5 }, ticks: { stroke: colours.grid, width: 1, size: 5 },
        space: 90,
        values: (_u, splits, _axis, _space, step) => splits.map((value) => tick_text(value, step)),
    };
}

// One axis a unit; the first at the left, the others at the right.
export function unit_axis(unit: string, index: number, colours: Colours): uPlot.Axis {
    return {
        scale: scale_of(unit), side: index === 0 ? 3 : 1, stroke: colours.text, font, labelFont: font,
        size: 54, gap: 4, labelSize: 18, label: unit_text(unit) || ' ',
        grid: { show: index === 0, stroke: colours.grid, width: 0.5 },
        ticks: { stroke: colours.grid, width: 1, size: 5 },
        values: (_u, splits, _axis, _space, step) => {
            const decimals = decimals_of(step);
            return splits.map((value) => number_text(value, locale(), decimals));
        },
    };
}
