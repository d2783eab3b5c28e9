// SPDX-License-Identifier: Apache-2.0
// Which points the overview shows: those that were chosen, else a fair pick of the tree.
import type { Point } from './api/types';
import { recall, remember } from './state/preferences.svelte';

export const kpis_max = 24;
const picked_max = 12;

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

// Measured values with a unit and a range, one of each asset in turn, until there are enough.
export function pick_kpis(points: readonly Point[], most = picked_max): string[] {
    const by_asset = new Map<string, Point[]>();
    for (const point of points) {
        if (point.type !== 'float64' || !point.unit || point.access === 'read_write') continue;
        const asset = asset_of(point.path);
        by_asset.set(asset, [...(by_asset.get(asset) ?? []), point]);
    }
    const lists = [...by_asset.values()].map((list) =>
        list.toSorted((a, b) => Number(b.range !== undefined) - Number(a.range !== undefined)));
    const out: string[] = [];
    for (let turn = 0; out.length < most && lists.some((list) => list.length > turn); turn++) {
        for (const list of lists) {
            const point = list[turn];
            if (point && out.length < most) out.push(point.path);
        }
    }
    return out.toSorted();
}
