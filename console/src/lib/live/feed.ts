// SPDX-License-Identifier: Apache-2.0
// The live feed over a WebSocket: who wants which points, and what comes. It connects again by itself
// with growing pauses, and then asks for the same points again; the server answers with the latest
// value of each. Times and sockets are handed in, so that tests need neither.
import type { Quality, Value } from '../api/types';

export interface LiveSample {
    point: string;
    time: string;
    value: Value;
    quality: Quality;
    quality_code?: number;
}

export type FeedState = 'stopped' | 'connecting' | 'open' | 'waiting';

export interface SocketLike {
    onopen: ((event: never) => unknown) | null;
    onmessage: ((event: { data: unknown }) => unknown) | null;
    onclose: ((event: { code: number }) => unknown) | null;
    send(text: string): void;
    close(): void;
}

export interface FeedOptions {
    open(): SocketLike;
    token(): string | undefined;
    // The token is not good any more; true once there is a new one.
    renew(): Promise<boolean>;
    on_state(state: FeedState, retry_in_ms: number): void;
    // `skipped`: values that the server replaced by later ones, as we were too slow.
    on_samples(samples: LiveSample[], skipped: number): void;
    // A point that was asked for is not there, or not ours to see.
    on_missing?(point: string): void;
    random?(): number;
}

interface Message {
    authorized?: boolean;
    subscribed?: number;
    seq?: number;
    samples?: LiveSample[];
    skipped?: number;
    error?: { code: string; detail: string };
}

const pauses_ms = [500, 1000, 2000, 4000, 8000, 15_000];
const points_a_request = 500;
const rate = '5/s';
const code_of_ended_token = 1008;

export class Feed {
    private wanted = new Map<string, number>();  // point → how many want it
    private socket: SocketLike | undefined;
    private authorized = false;
    private running = false;
    private failures = 0;
    private timer: ReturnType<typeof setTimeout> | undefined;
    private to_add = new Set<string>();
    private to_drop = new Set<string>();
    private flush_planned = false;
    // The server answers requests in order: what each one asked for, oldest first.
    private asked: string[][] = [];

    constructor(private readonly options: FeedOptions) {}

    start(): void {
        if (this.running) return;
        this.running = true;
        this.connect();
    }

    stop(): void {
        this.running = false;
        clearTimeout(this.timer);
        this.drop_socket();
        this.options.on_state('stopped', 0);
    }

    // Follows the points until the answer is called. The same point may be wanted many times.
    want(points: readonly string[]): () => void {
        for (const point of points) {
            const count = this.wanted.get(point) ?? 0;
            this.wanted.set(point, count + 1);
            if (count === 0 && !this.to_drop.delete(point)) this.to_add.add(point);
        }
        this.plan_flush();
        let over = false;
        return () => {
            if (over) return;
            over = true;
            for (const point of points) this.unwant(point);
            this.plan_flush();
        };
    }

    // Without waiting for the end of a pause.
    retry_now(): void {
        if (!this.running || this.socket) return;
        clearTimeout(this.timer);
        this.connect();
    }

    token_changed(token: string): void {
        if (this.authorized) this.send({ authorize: token });
    }

    private unwant(point: string): void {
        const count = this.wanted.get(point) ?? 0;
        if (count > 1) {
            this.wanted.set(point, count - 1);
            return;
        }
        this.wanted.delete(point);
        if (!this.to_add.delete(point)) this.to_drop.add(point);
    }

    private connect(): void {
        this.options.on_state('connecting', 0);
        const socket = this.options.open();
        this.socket = socket;
        socket.onopen = () => this.send({ authorize: this.options.token() ?? '' });
        socket.onmessage = ({ data }) => this.on_message(JSON.parse(String(data)) as Message);
        socket.onclose = ({ code }) => this.on_close(code);
    }

    private on_close(code: number): void {
        const was_authorized = this.authorized;
        this.drop_socket();
        if (!this.running) return;
        if (code === code_of_ended_token) {
            void this.options.renew().then((renewed) => {
                if (renewed) this.retry_later();
            });
            return;
        }
        if (was_authorized) this.failures = 0;
        this.retry_later();
    }

    private retry_later(): void {
        const pause = pauses_ms[Math.min(this.failures, pauses_ms.length - 1)] ?? 15_000;
        const wait = pause * (0.75 + 0.5 * (this.options.random?.() ?? Math.random()));
        this.failures++;
        this.options.on_state('waiting', wait);
        clearTimeout(this.timer);
        this.timer = setTimeout(() => this.connect(), wait);
    }

    private drop_socket(): void {
        const socket = this.socket;
        this.socket = undefined;
        this.authorized = false;
        this.asked = [];
        if (!socket) return;
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.close();
    }

    private on_message(message: Message): void {
        if (message.samples) this.options.on_samples(message.samples, message.skipped ?? 0);
        if (message.authorized && !this.authorized) {
            this.authorized = true;
            this.failures = 0;
            this.to_add = new Set(this.wanted.keys());
            this.to_drop.clear();
            this.options.on_state('open', 0);
            this.flush();
        }
        if (message.subscribed !== undefined) this.asked.shift();
        if (message.error) this.on_refused(this.asked.shift() ?? []);
    }

    // A request is refused as a whole for one point that is not there: halves find out which.
    private on_refused(points: string[]): void {
        if (points.length === 1 && points[0] !== undefined) {
            this.options.on_missing?.(points[0]);
            return;
        }
        const half = Math.ceil(points.length / 2);
        for (const some of [points.slice(0, half), points.slice(half)]) this.subscribe(some);
    }

    private plan_flush(): void {
        if (this.flush_planned) return;
        this.flush_planned = true;
        queueMicrotask(() => {
            this.flush_planned = false;
            this.flush();
        });
    }

    private flush(): void {
        if (!this.authorized) return;
        const add = [...this.to_add];
        const drop = [...this.to_drop];
        this.to_add.clear();
        this.to_drop.clear();
        if (drop.length > 0) this.send({ unsubscribe: { points: drop } });
        for (let at = 0; at < add.length; at += points_a_request) {
            this.subscribe(add.slice(at, at + points_a_request));
        }
    }

    private subscribe(points: string[]): void {
        const wanted = points.filter((point) => this.wanted.has(point));
        if (wanted.length === 0) return;
        this.asked.push(wanted);
        this.send({ subscribe: { points: wanted, rate }, quality: 'code' });
    }

    private send(message: unknown): void {
        this.socket?.send(JSON.stringify(message));
    }
}
