// SPDX-License-Identifier: Apache-2.0
// What a trend shows. The address of the page is the truth: pens, range or "live", and cursors; this
// reads it, fetches the series, and adds what comes in live.
import { points, samples } from '$lib/api/resources';
import { to_problem, is_abort, type Problem } from '$lib/api/problem';
import type { Point } from '$lib/api/types';
import { duration_text, parse_duration } from '$lib/duration';
import { live, } from '$lib/live/live.svelte';
import type { LiveSample } from '$lib/live/feed';
import { clock } from '$lib/state/clock.svelte';
import { router } from '$lib/state/router.svelte';
import { aligned, bucket_length, bucket_text } from '$lib/trend/buckets';
import { free_slot, pens_max } from '$lib/trend/pens';
import { clamp_span, pan, span_of, zoom, type Range } from '$lib/trend/range';
import { add_sample, empty_series, series_of, trim, type Series } from '$lib/trend/series';
import { ZoomHistory, type Place } from '$lib/trend/zoom_history';
import { number_of, severity } from '$lib/values';

export interface Pen {
    path: string;
    slot: number;
    point: Point | undefined;  // until it is known
    missing: boolean;
}

const raw_below_ms = 1000;  // shorter buckets than this: the samples themselves
const raw_limit = 20_000;
const default_span_ms = 900_000;

export class TrendModel {
    width = $state(900);
    revision = $state(0);
    loading = $state(false);
    problem = $state.raw<Problem | undefined>();
    history = $state.raw(new ZoomHistory());
    every = $state(0);
    readonly series = new Map<string, Series>();
    private known = $state.raw(new Map<string, Point | null>());
    private slots = new Map<string, number>();
    private abort: AbortController | undefined;
    private bump_planned = false;

    paths = $derived([...new Set(router.query.getAll('pen'))].slice(0, pens_max));
    pens = $derived<Pen[]>(this.paths.map((path) => ({
        path, slot: this.slot_of(path),
        point: this.known.get(path) ?? undefined, missing: this.known.get(path) === null,
    })));
    live = $derived(!router.query.has('from'));
    span = $derived(parse_duration(router.query.get('last') ?? '') ?? default_span_ms);
    private fixed = $derived<Range>({
        from: Date.parse(router.query.get('from') ?? ''), to: Date.parse(router.query.get('to') ?? ''),
    });
    range = $derived<Range>(this.live || !(this.fixed.to > this.fixed.from)
        ? { from: clock.now - this.span, to: clock.now } : this.fixed);
    cursors = $derived<(number | undefined)[]>(['a', 'b'].map((name) => {
        const ms = Date.parse(router.query.get(name) ?? '');
        return Number.isNaN(ms) ? undefined : ms;
    }));

    // --- what the person does

    show(range: Range, merge = false): void {
        const { from, to } = clamp_span(range);
        this.visit({ live: false, view: { from, to, heights: {} } }, merge);
    }
    show_last(span: number): void {
        this.visit({ live: true, view: { from: 0, to: span, heights: {} } });
    }
    pause(): void {
        this.show(this.range);
    }
    zoom_by(factor: number, around = (this.range.from + this.range.to) / 2, merge = false): void {
        if (this.live) this.visit({ live: true, view: { from: 0, to: Math.round(this.span * factor), heights: {} } }, merge);
        else this.show(zoom(this.range, around, factor), merge);
    }
    pan_by(share: number, merge = false): void {
        this.show(pan(this.range, span_of(this.range) * share), merge);
    }
    undo(): void {
        this.history = this.history.undo();
        this.go_to(this.history.present);
    }
    redo(): void {
        this.history = this.history.redo();
        this.go_to(this.history.present);
    }
    set_cursor(which: 0 | 1, ms: number | undefined): void {
        router.set_query({ [which === 0 ? 'a' : 'b']: ms === undefined ? undefined : new Date(ms).toISOString() });
    }
    set_pens(paths: string[]): void {
        router.set_query({ pen: paths.slice(0, pens_max) }, false);
    }

    private visit(place: Place, merge = false): void {
        // The first step has to have somewhere to go back to.
        if (!this.history.present) this.history = this.history.visit(this.present_place());
        this.history = this.history.visit(place, merge);
        this.go_to(place);
    }
    private present_place(): Place {
        return this.live ? { live: true, view: { from: 0, to: this.span, heights: {} } }
                         : { live: false, view: { ...this.range, heights: {} } };
    }
    private go_to(place: Place | undefined): void {
        if (!place) return;
        const { from, to } = place.view;
        const iso = (ms: number) => new Date(ms).toISOString();
        router.set_query(place.live
            ? { last: duration_text(Math.round(clamp_span({ from: 0, to }).to / 1000) * 1000 || 1000), from: undefined, to: undefined }
            : { last: undefined, from: iso(from), to: iso(to) });
    }

    // --- what comes from the server

    private slot_of(path: string): number {
        let slot = this.slots.get(path);
        if (slot === undefined) {
            const present = new Set(this.paths);
            for (const known of [...this.slots.keys()]) if (!present.has(known)) this.slots.delete(known);
            slot = free_slot([...this.slots.values()]);
            this.slots.set(path, slot);
        }
        return slot;
    }

    // Learns what the pens are; those that are not there are marked.
    async learn(paths: string[]): Promise<void> {
        const unknown = paths.filter((path) => !this.known.has(path));
        if (unknown.length === 0) return;
        const found = await Promise.all(unknown.map((path) =>
            points.get(path).catch((error: unknown) => (to_problem(error).code === 'not_found' ? null : undefined))));
        const known = new Map(this.known);
        unknown.forEach((path, i) => {
            const point = found[i];
            if (point !== undefined) known.set(path, point);
        });
        this.known = known;
    }

    bucket_for(span: number, width: number): number {
        const length = bucket_length(span, width);
        return length <= raw_below_ms ? 0 : length;
    }

    async fetch(paths: string[], range: Range, width: number): Promise<void> {
        this.abort?.abort();
        const abort = new AbortController();
        this.abort = abort;
        for (const path of [...this.series.keys()]) if (!paths.includes(path)) this.series.delete(path);
        if (paths.length === 0) {
            this.bump();
            return;
        }
        const every = this.bucket_for(span_of(range), width);
        const margin = span_of(range) * 0.05;
        const wide = { from: range.from - margin, to: Math.min(range.to + margin, clock.server_now() + 1000) };
        const { from, to } = every === 0 ? wide : aligned(wide, every);
        this.loading = true;
        try {
            const { items } = to <= from ? { items: [] } : await samples.history({
                point: paths, from: new Date(from).toISOString(), to: new Date(to).toISOString(),
                ...(every === 0 ? { limit: raw_limit } : { every: bucket_text(every), agg: 'avg,min,max,count' }),
            }, abort.signal);
            for (const path of paths) this.series.set(path, empty_series(every));
            for (const { point, columns } of items) this.series.set(point, series_of(columns, every));
            this.every = every;
            this.problem = undefined;
        } catch (error) {
            if (is_abort(error)) return;
            this.problem = to_problem(error);
        } finally {
            if (this.abort === abort) this.loading = false;
        }
        this.bump();
    }

    take(batch: LiveSample[]): void {
        if (!this.live) return;
        let changed = false;
        for (const { point, time, value, quality } of batch) {
            const series = this.series.get(point);
            if (!series) continue;
            add_sample(series, { ms: Date.parse(time), value: number_of(value) ?? null, quality: severity[quality] });
            trim(series, this.range.from - this.span * 0.2);
            changed = true;
        }
        if (changed) this.bump();
    }

    // Tells those who draw, at most ten times a second.
    private bump(): void {
        if (this.bump_planned) return;
        this.bump_planned = true;
        setTimeout(() => {
            this.bump_planned = false;
            this.revision++;
        }, 100);
    }

    stop(): void {
        this.abort?.abort();
    }

    // Follows the pens until the answer is called.
    follow(): () => void {
        const stop_live = live.follow(this.paths);
        const stop_listening = live.listen((batch) => this.take(batch));
        return () => {
            stop_live();
            stop_listening();
        };
    }
}
