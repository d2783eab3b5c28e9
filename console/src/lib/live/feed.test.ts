// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Feed, type FeedState, type LiveSample, type SocketLike } from './feed';

class FakeSocket implements SocketLike {
    onopen: SocketLike['onopen'] = null;
    onmessage: SocketLike['onmessage'] = null;
    onclose: SocketLike['onclose'] = null;
    sent: Record<string, never>[] = [];
    send(text: string) { this.sent.push(JSON.parse(text)); }
    close() {}
    say(message: unknown) { this.onmessage?.({ data: JSON.stringify(message) }); }
}

let sockets: FakeSocket[] = [];
let states: FeedState[] = [];
let heard: LiveSample[] = [];
let missing: string[] = [];

function start(): Feed {
    const feed = new Feed({
        open: () => {
            const socket = new FakeSocket();
            sockets.push(socket);
            return socket;
        },
        token: () => 'token', renew: async () => true, random: () => 0.5,
        on_state: (state) => states.push(state), on_samples: (samples) => heard.push(...samples),
        on_missing: (point) => missing.push(point),
    });
    feed.start();
    return feed;
}
function authorize(socket: FakeSocket | undefined): void {
    socket?.onopen?.({} as never);
    socket?.say({ authorized: true });
}
const settled = () => Promise.resolve().then(() => undefined);

beforeEach(() => {
    vi.useFakeTimers();
    [sockets, states, heard, missing] = [[], [], [], []];
});
afterEach(() => vi.useRealTimers());

test('shows its token first, then asks for the points', async () => {
    const feed = start();
    feed.want(['a.x', 'b.y']);
    await settled();
    authorize(sockets[0]);
    expect(sockets[0]?.sent).toEqual([{ authorize: 'token' }, { subscribe: { points: ['a.x', 'b.y'], rate: '5/s' }, quality: 'code' }]);
});

test('keeps a point for as long as somebody wants it', async () => {
    const feed = start();
    authorize(sockets[0]);
    const first = feed.want(['a.x']);
    const second = feed.want(['a.x']);
    await settled();
    first();
    await settled();
    expect(sockets[0]?.sent.filter((message) => 'unsubscribe' in message)).toEqual([]);
    second();
    await settled();
    expect(sockets[0]?.sent.at(-1)).toEqual({ unsubscribe: { points: ['a.x'] } });
});

test('comes back after a break and asks for everything again', async () => {
    const feed = start();
    authorize(sockets[0]);
    feed.want(['a.x']);
    await settled();
    sockets[0]?.onclose?.({ code: 1006 });
    expect(states.at(-1)).toBe('waiting');
    vi.advanceTimersByTime(1000);
    authorize(sockets[1]);
    expect(sockets[1]?.sent.at(-1)).toMatchObject({ subscribe: { points: ['a.x'] } });
});

test('finds the one point that is not there, and follows the others', async () => {
    const feed = start();
    authorize(sockets[0]);
    feed.want(['a.x', 'gone.y']);
    await settled();
    const socket = sockets[0];
    socket?.say({ error: { code: 'not_found', detail: '' } });
    expect(socket?.sent.slice(-2)).toMatchObject([{ subscribe: { points: ['a.x'] } }, { subscribe: { points: ['gone.y'] } }]);
    socket?.say({ subscribed: 1 });
    socket?.say({ error: { code: 'not_found', detail: '' } });
    expect(missing).toEqual(['gone.y']);
});

test('hands samples on', () => {
    start();
    authorize(sockets[0]);
    const sample: LiveSample = { point: 'a.x', time: '2026-01-01T00:00:00Z', value: 1, quality: 'good' };
    sockets[0]?.say({ seq: 1, samples: [sample] });
    expect(heard).toEqual([sample]);
});
