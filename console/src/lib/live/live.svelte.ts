// SPDX-License-Identifier: Apache-2.0
// The latest value of every point that is on the screen, kept fresh by the live feed.
import { clock } from '../state/clock.svelte';
import { session } from '../state/session.svelte';
import { Feed, type FeedState, type LiveSample } from './feed';

// One point's latest sample. Reading `sample` in a component follows it.
export class Cell {
    sample = $state.raw<LiveSample | undefined>();
    // When it came in here; to show a change.
    ms = 0;
    missing = $state(false);
}

class Live {
    state = $state<FeedState>('stopped');
    // When it tries again, in this computer's time.
    retry_at = $state(0);
    // How often the feed has come back after a break. A trend then fetches what it missed.
    returns = $state(0);
    // Whether there has been a break that is not over.
    broken = $state(false);

    private cells = new Map<string, Cell>();
    private listeners = new Set<(samples: LiveSample[], skipped: number) => void>();
    private feed: Feed | undefined;
    private end: () => void = () => undefined;

    start(): void {
        if (this.feed) return;
        this.feed = new Feed({
            open: () => new WebSocket(`${location.origin.replace(/^http/, 'ws')}/v1/live`) as never,
            token: () => session.token,
            renew: () => session.renew(),
            on_state: (state, wait) => this.on_state(state, wait),
            on_samples: (samples, skipped) => this.on_samples(samples, skipped),
            on_missing: (point) => {
                this.cell(point).missing = true;
            },
        });
        const feed = this.feed;
        const end = new AbortController();
        const { signal } = end;
        const forget_token = session.on_token((token) => feed.token_changed(token));
        addEventListener('online', () => feed.retry_now(), { signal });
        document.addEventListener('visibilitychange', () => {
            if (!document.hidden) feed.retry_now();
        }, { signal });
        this.end = () => {
            end.abort();
            forget_token();
        };
        feed.start();
    }

    stop(): void {
        this.feed?.stop();
        this.feed = undefined;
        this.end();
        this.end = () => undefined;
        this.cells.clear();
        this.broken = false;
    }

    retry_now(): void {
        this.feed?.retry_now();
    }

    cell(point: string): Cell {
        let cell = this.cells.get(point);
        if (!cell) {
            cell = new Cell();
            this.cells.set(point, cell);
        }
        return cell;
    }

    // Follows points until the answer is called; for the cleanup of an effect.
    follow(points: readonly string[]): () => void {
        return this.feed?.want(points) ?? (() => undefined);
    }

    // Hears every sample that comes in, of any point.
    listen(listener: (samples: LiveSample[], skipped: number) => void): () => void {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
    }

    private on_state(state: FeedState, wait_ms: number): void {
        if (state === 'open' && this.broken) {
            this.broken = false;
            this.returns++;
            clock.heard(true);
            void clock.ask();
        }
        if (state === 'waiting') {
            this.broken = true;
            this.retry_at = Date.now() + wait_ms;
        }
        this.state = state;
    }

    private on_samples(samples: LiveSample[], skipped: number): void {
        const now = Date.now();
        for (const sample of samples) {
            const cell = this.cell(sample.point);
            // A subscription is answered with the latest value: never older than what is there.
            const before = cell.sample;
            if (before && Date.parse(before.time) > Date.parse(sample.time)) continue;
            cell.sample = sample;
            cell.ms = now;
        }
        for (const listener of this.listeners) listener(samples, skipped);
    }
}

export const live = new Live();
