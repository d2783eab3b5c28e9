// SPDX-License-Identifier: Apache-2.0
// How the platform fares, asked for every few seconds while somebody looks.
import { connections, samples, system } from '../api/resources';
import { to_problem, type Problem } from '../api/problem';
import { health_of, type AboutServer } from '../api/shapes';
import type { Asset, Connection, LatestSample } from '../api/types';
import { get_all } from '../api/client';
import { metric_sum } from '../metrics';
import { session } from './session.svelte';

export const ask_every_ms = 5000;
// With more points than this the state of each is not asked for: the browser is no place for that.
const points_max = 5000;

class Platform {
    about = $state.raw<AboutServer | undefined>();
    connections = $state.raw<Connection[] | undefined>();
    latest = $state.raw<LatestSample[] | undefined>();
    samples_per_second = $state<number | undefined>();
    problem = $state.raw<Problem | undefined>();
    private rows: { count: number; ms: number } | undefined;

    // Asks until the answer is called.
    watch(): () => void {
        const abort = new AbortController();
        let timer: ReturnType<typeof setTimeout>;
        const again = async () => {
            if (!document.hidden) await this.ask(abort.signal);
            // A rate takes two counts: the second one comes soon.
            const pause = this.samples_per_second === undefined ? 1500 : ask_every_ms;
            if (!abort.signal.aborted) timer = setTimeout(() => void again(), pause);
        };
        void again();
        return () => {
            abort.abort();
            clearTimeout(timer);
        };
    }

    private async ask(signal: AbortSignal): Promise<void> {
        try {
            const about = await system.about(signal);
            const [list, latest] = await Promise.all([
                session.may('connections:read') ? connections.all(signal) : [],
                about.points > 0 && about.points <= points_max && session.may('samples:read')
                    ? this.ask_latest(signal) : [],
                session.may('system:read') ? this.ask_rate(signal) : undefined,
            ]);
            this.about = about;
            this.connections = list;
            this.latest = latest;
            this.problem = undefined;
        } catch (error) {
            if (!signal.aborted) this.problem = to_problem(error);
        }
    }

    private async ask_latest(signal: AbortSignal): Promise<LatestSample[]> {
        const roots = await get_all<Asset>('/v1/assets', { parent: '' }, 200, signal);
        const parts = await Promise.all(roots.map(({ path }) => samples.latest({ under: path }, signal)));
        return parts.flatMap(({ items }) => items);
    }

    private async ask_rate(signal: AbortSignal): Promise<void> {
        const text = await system.metrics(signal);
        const count = metric_sum(text, 'gantry_pipeline_rows_total') ?? metric_sum(text, 'gantry_store_rows_total');
        const ms = Date.now();
        if (count === undefined) return;
        if (this.rows && ms > this.rows.ms && count >= this.rows.count) {
            this.samples_per_second = ((count - this.rows.count) * 1000) / (ms - this.rows.ms);
        }
        this.rows = { count, ms };
    }
}

export const platform = new Platform();

// Connections that need somebody's attention.
export const in_trouble = (list: Connection[]): Connection[] => list.filter((connection) => {
    const health = health_of(connection);
    return connection.enabled && health !== undefined && health.state !== 'running';
});
