// SPDX-License-Identifier: Apache-2.0
// Which points the overview shows: those that were chosen, else a fair pick of the tree.
import type { Point } from './api/types';
import { recall, remember } from './state/preferences.svelte';

export const kpis_max = 24;
const picked_max = 18;

export function chosen_kpis(): string[] | undefined {
    const text = recall('kpis');
    if (text === undefined) return undefined;
    try {
        const list: unknown = JSON.parse(text);
        return Array.isArray(list) ? list.filter((item) => typeof item === 'string').slice(0, kpis_max) : undefined;
    } catch {
        return undefined;
    }
}

export function keep_kpis(paths: readonly string[] | undefined): void {
    remember('kpis', paths === undefined ? undefined : JSON.stringify(paths));
}

const asset_of = (path: string) => path.slice(0, path.lastIndexOf('.'));
const area_of = (path: string) => asset_of(path).split('/').slice(0, 2).join('/');

// Something that is measured, within bounds that a plant can have; counters only ever grow.
function is_measured({ type, unit, range, access }: Point): boolean {
    if (type !== 'float64' || !unit || unit.includes('{') || access === 'read_write') return false;
    return range?.min !== undefined && range.max !== undefined && range.max - range.min < 1e6;
}

function groups_of<T>(items: readonly T[], key_of: (item: T) => string): T[][] {
    const out = new Map<string, T[]>();
    for (const item of items) out.set(key_of(item), [...(out.get(key_of(item)) ?? []), item]);
    return [...out.values()];
}

// The first of each list, then the second of each, and so on.
function in_turns<T>(lists: readonly T[][]): T[] {
    const longest = Math.max(0, ...lists.map(({ length }) => length));
    return Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1))).flat();
}

// Measured values, each area of the plant and each asset of it in turn, until there are enough.
export function pick_kpis(points: readonly Point[], most = picked_max): string[] {
    const areas = groups_of(points.filter(is_measured), ({ path }) => area_of(path));
    const fair = areas.map((area) => in_turns(groups_of(area, ({ path }) => asset_of(path))));
    return in_turns(fair).slice(0, most).map(({ path }) => path).toSorted();
}
