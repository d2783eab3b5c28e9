// SPDX-License-Identifier: Apache-2.0
// The asset tree as far as it has been opened: children and points come when a row opens.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { assets, points } from '../api/resources';
import { to_problem, type Problem } from '../api/problem';
import type { Asset, Point } from '../api/types';
import { session } from './session.svelte';

export interface Branch {
    assets: Asset[];
    points: Point[];
}

export type Row =
    | { kind: 'asset'; key: string; depth: number; place: number; of: number; asset: Asset; open: boolean }
    | { kind: 'point'; key: string; depth: number; place: number; of: number; point: Point };

class AssetTree {
    // By the path of the asset that they are under; '' for the roots.
    branches = new SvelteMap<string, Branch>();
    open = new SvelteSet<string>();
    problem = $state.raw<Problem | undefined>();
    private coming = new Map<string, Promise<void>>();

    load(path: string, again = false): Promise<void> {
        if (!again && this.branches.has(path)) return Promise.resolve();
        const coming = this.coming.get(path) ?? this.fetch(path).finally(() => this.coming.delete(path));
        this.coming.set(path, coming);
        return coming;
    }

    // Opens all that is above a path, so that its row shows.
    async reveal(path: string): Promise<void> {
        await this.load('');
        const names = path.split('/');
        for (let count = 1; count < names.length; count++) {
            const above = names.slice(0, count).join('/');
            await this.load(above);
            this.open.add(above);
        }
    }

    async toggle(path: string, open = !this.open.has(path)): Promise<void> {
        if (!open) {
            this.open.delete(path);
            return;
        }
        await this.load(path);
        this.open.add(path);
    }

    // After a change to what is under a path.
    async refresh(path: string): Promise<void> {
        await this.load(path, true);
    }

    rows(): Row[] {
        const out: Row[] = [];
        const add = (path: string, depth: number) => {
            const branch = this.branches.get(path);
            if (!branch) return;
            const of = branch.points.length + branch.assets.length;
            branch.points.forEach((point, index) => {
                out.push({ kind: 'point', key: point.path, depth, place: index + 1, of, point });
            });
            branch.assets.forEach((asset, index) => {
                const open = this.open.has(asset.path);
                const place = branch.points.length + index + 1;
                out.push({ kind: 'asset', key: asset.path, depth, place, of, asset, open });
                if (open) add(asset.path, depth + 1);
            });
        };
        add('', 1);
        return out;
    }

    private async fetch(path: string): Promise<void> {
        try {
            const [below, own] = await Promise.all([
                assets.children(path),
                path !== '' && session.may('points:read') ? points.of_asset(path) : [],
            ]);
            this.branches.set(path, { assets: below, points: own });
            this.problem = undefined;
        } catch (error) {
            this.problem = to_problem(error);
        }
    }
}

export const asset_tree = new AssetTree();
