// SPDX-License-Identifier: Apache-2.0
// Samples as they come, by WebSocket (docs/guide/live.md); connects again by itself and goes on.
import { apiError, ConnectionFailed, Unauthenticated } from './errors.js';
import { NodeWebSocket } from './node_socket.js';
import type { SocketLike } from './node_socket.js';
import { backoffMs, pause } from './pauses.js';
import type { Sample } from './samples.js';

/**
 * Samples that did not come, but are in the history. `skipped`: how many, if they were dropped because
 * they were read too slowly; undefined after a lost connection. `since`: the last time before.
 */
export interface Gap {
    skipped?: number;
    since?: string;
}

export interface FollowOptions {
    points?: string | readonly string[];
    /** All points below this path. */
    under?: string;
    /** "10/s": at most so many messages a second. */
    rate?: string;
    /** Begin with the latest of each point. Default: true. */
    latest?: boolean;
    qualityCode?: boolean;
    /** Ends when nothing came for so long. */
    idleMs?: number;
    onGap?: (gap: Gap) => void;
    /** Ends it, as leaving the loop does. */
    signal?: AbortSignal;
}

interface Message {
    subscribed?: number;
    resume?: string;
    resumed?: boolean;
    seq?: number;
    samples?: Sample[];
    skipped?: number;
    error?: { code: string; title?: string; detail?: string };
}

type Wish = Record<string, unknown>;

const pointsAMessage = 500;
const heardMax = 10_000;
const openWithinMs = 10_000;
const tokenEnded = 1008;

/** What is said and heard on one connection after the other. Knows no sockets. */
export class Feed {
    private readonly wishes: Wish[] = [];
    private sequence: number | undefined;  // of the last message
    private token: string | undefined;  // what the server knows the conversation by
    private resuming = false;
    private readonly seen = new Map<string, string>();  // the time of the last sample of each point
    private again = new Set<string>();  // points whose latest sample may come a second time
    private latestTime: string | undefined;
    private failures = 0;
    private endedTokens = 0;

    constructor(private readonly options: FollowOptions) {
        const { points, under, rate, latest = true } = options;
        const names = points === undefined ? [] : typeof points === 'string' ? [points] : points;
        if (names.length === 0 && under === undefined) {
            throw new TypeError('name points, or say what they are under');
        }
        const more = { latest, ...(rate === undefined ? {} : { rate }) };
        for (let start = 0; start < names.length; start += pointsAMessage) {
            this.wishes.push({ points: names.slice(start, start + pointsAMessage), ...more });
        }
        if (under !== undefined) this.wishes.push({ under, ...more });
    }

    /** What to say on a new connection: who we are; then go on where the last one ended, or begin. */
    opening(token: string): string[] {
        const first = JSON.stringify({ authorize: token });
        if (this.sequence === undefined || this.token === undefined) return [first, ...this.subscribing()];
        this.resuming = true;
        return [first, JSON.stringify({ resume: this.token, seq: this.sequence })];
    }

    /** What to answer to a message, and the samples in it that are new. */
    receive(text: string): { answers: string[]; samples: Sample[] } {
        const message = JSON.parse(text) as Message;
        if (message.error) {
            // The server closes the connection, and says so by its code.
            if (message.error.code === 'unauthenticated') return { answers: [], samples: [] };
            // It is not known here, or too long ago.
            if (this.resuming) return { answers: this.subscribing(), samples: [] };
            throw apiError(0, message.error);
        }
        if (message.resumed === false) return { answers: this.subscribing(), samples: [] };
        if (message.subscribed !== undefined) this.token = message.resume;
        if (message.seq === undefined) {
            if (!('authorized' in message)) this.resuming = false;
            return { answers: [], samples: [] };
        }
        this.resuming = false;
        this.failures = this.endedTokens = 0;
        this.sequence = message.seq;
        if (message.skipped) this.tellGap(message.skipped);
        return { answers: [], samples: (message.samples ?? []).filter((sample) => this.isNew(sample)) };
    }

    dropped(samples: number): void {
        this.tellGap(samples);
    }

    /** After a connection: how long to wait for the next; throws if there is no sense in one. */
    lost(code: number, reason: string, opened: boolean): number {
        if (code === tokenEnded) {
            if (++this.endedTokens > 1) {
                throw new Unauthenticated(401, {
                    code: 'unauthenticated', detail: 'the server does not take the token for live samples',
                });
            }
            return 0;
        }
        if (!opened && this.sequence === undefined && this.seen.size === 0) {
            throw new ConnectionFailed(`no live connection: ${reason || 'the server cannot be reached'}`, false);
        }
        return backoffMs(++this.failures);
    }

    private subscribing(): string[] {
        if (this.sequence !== undefined) {
            this.tellGap(undefined);
            this.again = new Set(this.seen.keys());
        }
        this.resuming = false;
        this.sequence = this.token = undefined;
        const more = this.options.qualityCode ? { quality: 'code' } : {};
        return this.wishes.map((wish) => JSON.stringify({ subscribe: wish, ...more }));
    }

    // False for what a new subscription tells again.
    private isNew(sample: Sample): boolean {
        const repeated = this.again.delete(sample.point) && this.seen.get(sample.point) === sample.time;
        if (sample.time !== undefined) {
            this.seen.set(sample.point, sample.time);
            this.latestTime = sample.time;
        }
        return !repeated;
    }

    private tellGap(skipped: number | undefined): void {
        this.options.onGap?.({
            ...(skipped === undefined ? {} : { skipped }),
            ...(this.latestTime === undefined ? {} : { since: this.latestTime }),
        });
    }
}

/** What came on one connection and was not fetched yet; the oldest goes when it is too much. */
class Conversation {
    private readonly heard: string[] = [];
    private waiting: (() => void) | undefined;
    private isOpen = false;
    private closed: { code: number; reason: string } | undefined;
    private dropped = 0;

    constructor(private readonly socket: SocketLike) {
        socket.onopen = () => {
            this.isOpen = true;
            this.wake();
        };
        socket.onmessage = ({ data }) => {
            if (this.heard.length >= heardMax) {
                const { samples = [] } = JSON.parse(this.heard.shift() as string) as Message;
                this.dropped += samples.length;
            }
            this.heard.push(String(data));
            this.wake();
        };
        socket.onclose = ({ code, reason }) => {
            this.closed = { code, reason };
            this.wake();
        };
        socket.onerror = () => undefined;  // it is closed then
    }

    get opened(): boolean {
        return this.isOpen;
    }

    get end(): { code: number; reason: string } {
        return this.closed ?? { code: 1006, reason: 'no answer in time' };
    }

    send(text: string): void {
        this.socket.send(text);
    }

    close(): void {
        this.socket.close();
    }

    takeDropped(): number {
        const count = this.dropped;
        this.dropped = 0;
        return count;
    }

    async whenOpen(signal: AbortSignal | undefined): Promise<boolean> {
        if (!this.isOpen && !this.closed) await this.change(openWithinMs, signal);
        return this.isOpen && !this.closed;
    }

    /** The next message; 'idle' if none came in time, 'closed' at the end. */
    async next(idleMs: number | undefined, signal: AbortSignal | undefined): Promise<{ text: string } | 'idle' | 'closed'> {
        for (;;) {
            const text = this.heard.shift();
            if (text !== undefined) return { text };
            if (this.closed) return 'closed';
            if (!await this.change(idleMs, signal)) return 'idle';
        }
    }

    // False if nothing changed in that time.
    private change(withinMs: number | undefined, signal: AbortSignal | undefined): Promise<boolean> {
        return new Promise((resolve, reject) => {
            let timer: ReturnType<typeof setTimeout> | undefined;
            const done = (changed: boolean): void => {
                clearTimeout(timer);
                signal?.removeEventListener('abort', stop);
                this.waiting = undefined;
                resolve(changed);
            };
            const stop = (): void => {
                clearTimeout(timer);
                this.waiting = undefined;
                reject(signal?.reason as Error);
            };
            if (signal?.aborted) return stop();
            signal?.addEventListener('abort', stop, { once: true });
            if (withinMs !== undefined) timer = setTimeout(() => done(false), withinMs);
            this.waiting = () => done(true);
        });
    }

    private wake(): void {
        this.waiting?.();
    }
}

function openSocket(url: string): SocketLike {
    const target = `ws${url.slice('http'.length)}/v1/live`;
    return typeof WebSocket === 'undefined'
        ? new NodeWebSocket(target)
        : new WebSocket(target) as unknown as SocketLike;
}

/** `client.live`. */
export class Live {
    constructor(private readonly url: string, private readonly token: (anew: boolean) => Promise<string>) {}

    /** Samples one by one as they come; see batches. */
    async *follow(options: FollowOptions): AsyncGenerator<Sample, void, undefined> {
        for await (const batch of this.batches(options)) yield* batch;
    }

    /**
     * Samples as they come, all of one message at once. Begins with the latest of each point. A lost
     * connection is made again; `onGap` is told when samples were lost on the way.
     */
    async *batches(options: FollowOptions): AsyncGenerator<Sample[], void, undefined> {
        const { idleMs, signal } = options;
        const feed = new Feed(options);
        for (let anew = false; ;) {
            const token = await this.token(anew);
            const conversation = new Conversation(openSocket(this.url));
            try {
                if (await conversation.whenOpen(signal)) {
                    feed.opening(token).forEach((text) => conversation.send(text));
                    for (;;) {
                        const heard = await conversation.next(idleMs, signal);
                        if (heard === 'idle') return;
                        if (heard === 'closed') break;
                        const dropped = conversation.takeDropped();
                        if (dropped > 0) feed.dropped(dropped);
                        const { answers, samples } = feed.receive(heard.text);
                        answers.forEach((text) => conversation.send(text));
                        if (samples.length > 0) yield samples;
                    }
                }
            } finally {
                conversation.close();
            }
            const { code, reason } = conversation.end;
            await pause(feed.lost(code, reason, conversation.opened), signal);
            anew = code === tokenEnded;
        }
    }
}
