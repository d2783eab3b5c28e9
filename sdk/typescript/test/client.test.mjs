// SPDX-License-Identifier: Apache-2.0
// The client against the real gantryd (GANTRY_URL, GANTRY_TOKEN), and against servers that misbehave.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import * as gantry from '@gantry/client';
import { Feed } from '../dist/live.js';
import { frameOf, FrameReader, NodeWebSocket } from '../dist/node_socket.js';

const big = 9007199254740995n;  // beyond 2^53
const newYear = '2026-01-01T00:00:00Z';
const client = new gantry.Client();

before(async () => {
    await client.createModel({ key: 'pump', properties: [
        { key: 'flow', type: 'float64', unit: 'm3/h', range: { min: 0, max: 100 } },
        { key: 'starts', type: 'int64' }, { key: 'running', type: 'bool' },
        { key: 'batch', type: 'string' }] });
    await client.createAsset({ key: 'plant', level: 'site' });
    for (const number of [1, 2, 3, 4, 5]) {
        await client.createAsset({ key: `pump${number}`, parent: 'plant', model: 'pump' });
    }
});

const servers = [];
after(() => servers.forEach((server) => {
    server.close();
    server.closeAllConnections();
}));

async function listening(server) {
    servers.push(server);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${server.address().port}`;
}

// Answers by a script, one entry a request: [status, headers, document], or null, which hangs up.
async function scripted(...script) {
    const asked = [];
    const url = await listening(createServer((request, answer) => {
        asked.push({ url: request.url, headers: request.headers });
        const entry = script.shift();
        if (!entry) {
            request.socket.destroy();
            return;
        }
        const [status, headers, document] = entry;
        answer.writeHead(status, headers).end(JSON.stringify(document));
    }));
    return { url, asked };
}

// Where nothing listens any more. (Some ports, as 9, fetch itself refuses.)
async function nowhere() {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${server.address().port}`;
    await new Promise((resolve) => server.close(resolve));
    return url;
}

const busy = [503, { 'Retry-After': '0' }, { code: 'unavailable', detail: 'busy' }];

test('a first password is changed and tokens are renewed by themselves', async () => {
    await client.createPrincipal({ login: 'sdk', password: 'first-password-1', roles: ['viewer'] });
    const sign = { url: client.url, login: 'sdk', password: 'first-password-1' };
    await assert.rejects(new gantry.Client(sign).listAssets(), gantry.PasswordChangeNeeded);
    const viewer = new gantry.Client({ ...sign, newPassword: 'second-password-2' });
    assert.equal((await viewer.getSession()).login, 'sdk');
    const before = viewer.access;
    viewer.expires = 0;
    await Promise.all([viewer.getSession(), viewer.getSession(), viewer.getSession()]);
    assert.notEqual(viewer.access, before);
    // A token that the server does not know any more; the refresh token is spent, too.
    viewer.access = 'gty_nonsense';
    viewer.refresh = 'gty_spent';
    assert.equal((await viewer.getSession()).login, 'sdk');
    await assert.rejects(viewer.createAsset({ key: 'mine' }), gantry.Forbidden);
    await viewer.signOut();
    await assert.rejects(viewer.getSession(), gantry.Unauthenticated);
    await assert.rejects(new gantry.Client({ ...sign, password: 'wrong-password' }).listAssets(),
        gantry.Unauthenticated);
});

test('secrets stay on this machine unless the connection is encrypted', () => {
    assert.throws(() => new gantry.Client({ url: 'http://gantry.example' }), /not encrypted/);
    new gantry.Client({ url: 'http://gantry.example', plaintext: true });
    assert.throws(() => new gantry.Client({ url: 'gantry.example' }), /no address/);
    assert.throws(() => new gantry.Client({ login: 'x' }), /password/);
});

test('errors have classes, fields and a trace', async () => {
    await assert.rejects(client.getAsset('plant/nowhere'), (error) =>
        error instanceof gantry.NotFound && error instanceof gantry.GantryError &&
        error.name === 'NotFound' && error.status === 404 && error.code === 'not_found' &&
        error.trace !== '' && error.message.includes('plant/nowhere'));
    await assert.rejects(client.createModel({ key: 'm', properties: [{ key: 'p', unit: 'parsnips' }] }),
        (error) => error instanceof gantry.InvalidArgument && error.fields[0].field === '/properties/0/unit');
    await assert.rejects(client.createAsset({ key: 'plant' }), gantry.Conflict);
    const { version } = await client.getAsset('plant');
    await client.patchAsset('plant', { name: { zh: '工厂' } }, { ifMatch: version });
    await assert.rejects(client.patchAsset('plant', { name: 'x' }, { ifMatch: version }), gantry.PreconditionFailed);
    await assert.rejects(client.getAsset(''), /asset is empty/);
    const chinese = new gantry.Client({ url: client.url, language: 'zh' });
    await assert.rejects(chinese.getAsset('nowhere'), { title: '未找到' });
});

test('lists come page by page', async () => {
    const paths = [];
    for await (const asset of client.iterateAssets({ parent: 'plant', limit: 2 })) paths.push(asset.path);
    assert.deepEqual(paths, [1, 2, 3, 4, 5].map((number) => `plant/pump${number}`));
});

test('what may come again does, with the same key', async () => {
    const { url, asked } = await scripted(busy, null, busy, [201, {}, { id: 'ast_1' }]);
    const again = new gantry.Client({ url, token: 'x' });
    assert.equal((await again.createAsset({ key: 'x' })).id, 'ast_1');
    const keys = new Set(asked.map(({ headers }) => headers['idempotency-key']));
    assert.ok(asked.length === 4 && keys.size === 1 && !keys.has(undefined));
});

test('what may not come again is an error at once', async () => {
    let { url, asked } = await scripted(busy);
    await assert.rejects(new gantry.Client({ url, token: 'x' }).writePoint({ point: 'p', value: 1 }),
        gantry.Unavailable);
    assert.equal(asked.length, 1);
    ({ url, asked } = await scripted(null));
    await assert.rejects(new gantry.Client({ url, token: 'x' }).writePoint({ point: 'p', value: 1 }),
        (error) => error instanceof gantry.ConnectionFailed && error.sent);
    assert.equal(asked.length, 1);
    ({ url, asked } = await scripted(busy, busy));
    await assert.rejects(new gantry.Client({ url, token: 'x', retries: 1 }).listAssets(), gantry.Unavailable);
    assert.equal(asked.length, 2);
    ({ url, asked } = await scripted([429, { 'Retry-After': '3600' }, { code: 'rate_limited' }]));
    await assert.rejects(new gantry.Client({ url, token: 'x' }).listAssets(),
        (error) => error instanceof gantry.RateLimited && error.retryAfterMs === 3_600_000);
});

test('no answer, and answers that are not Gantry’s, are named', async () => {
    await assert.rejects(new gantry.Client({ url: await nowhere(), retries: 0 }).listAssets(),
        (error) => error instanceof gantry.ConnectionFailed && !error.sent && /check the address/.test(error.message));
    const { url } = await scripted([502, {}, '<html>']);
    await assert.rejects(new gantry.Client({ url, token: 'x' }).listAssets(), /502/);
    const silent = await listening(createServer(() => undefined));
    await assert.rejects(new gantry.Client({ url: silent, token: 'x', timeoutMs: 200, retries: 0 }).listAssets(),
        (error) => error instanceof gantry.ConnectionFailed && /in time/.test(error.message));
    const ended = AbortSignal.timeout(200);
    await assert.rejects(new gantry.Client({ url: silent, token: 'x' }).listAssets({}, { signal: ended }),
        { name: 'TimeoutError' });
});

test('values of every type come back as they went in', async () => {
    const result = await client.samples.write([
        { point: 'plant/pump1.flow', time: '2026-01-01T00:00:00.123456789Z', value: 0.1 },
        { point: 'plant/pump1.flow', time: 1767225601000000000n, value: 7 },
        { point: 'plant/pump1.flow', time: new Date('2026-01-01T00:00:02Z'), value: null, quality: 'bad' },
        { point: 'plant/pump1.flow', time: Date.parse('2026-01-01T00:00:03Z'), value: Number.NaN },
        { point: 'plant/pump1.starts', time: newYear, value: big },
        { point: 'plant/pump1.running', time: '2026-01-01T08:00:00+08:00', value: true },
        { point: 'plant/pump1.batch', time: newYear, value: '123' }]);
    assert.deepEqual(result, { accepted: 6, skipped: 1, rejected: [] });
    const read = await client.samples.read({ under: 'plant/pump1', from: newYear, qualityCode: true });
    const [batch, flow, running, starts] = read;
    assert.deepEqual(flow, {
        point: 'plant/pump1.flow', unit: 'm3/h',
        time: ['2026-01-01T00:00:00.123456789Z', '2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z'],
        columns: { value: [0.1, 7, null] }, quality: ['good', 'good', 'bad'], qualityCode: [0, 0, 0x80000000] });
    assert.deepEqual(gantry.numbers(flow), new Float64Array([0.1, 7, Number.NaN]));
    assert.equal(gantry.nanoseconds(flow)[0], 1767225600123456789n);
    assert.equal(gantry.milliseconds(flow)[1], 1767225601000);
    assert.deepEqual(gantry.wholeNumbers(starts), [big]);
    assert.deepEqual(running.columns.value, [true]);
    assert.deepEqual(batch.columns.value, ['123']);
    const latest = await client.samples.latest({ points: 'plant/pump1.starts' });
    assert.deepEqual(latest, [{ point: 'plant/pump1.starts', time: newYear, value: String(big), quality: 'good' }]);
    assert.equal(gantry.numberOf('-inf'), -Infinity);
});

test('times are exact and have a zone', async () => {
    for (const text of ['2026-01-01T00:00:00Z', '1969-12-31T23:59:59.999999999Z',
        '2262-04-11T23:47:16.854775807Z', '2026-11-22T08:30:00.25Z']) {
        assert.equal(gantry.textOfNanoseconds(gantry.nanosecondsOf(text)), text);
    }
    await assert.rejects(client.samples.read({ points: 'p', from: '2026-01-01T00:00:00' }), /has no zone/);
});

test('all rows come however many pages they take, and buckets have their columns', async () => {
    const start = Date.parse('2026-02-02T00:00:00Z');
    const time = Array.from({ length: 60_001 }, (_, row) => start + row);
    const value = time.map((_, row) => row);
    const written = await client.samples.write([{ point: 'plant/pump2.starts', time, value }]);
    assert.equal(written.accepted, 60_001);
    const [series] = await client.samples.read({ points: 'plant/pump2.starts', from: start, to: start + 86_400_000 });
    assert.equal(series.time.length, 60_001);
    assert.equal(series.quality.length, 60_001);
    assert.deepEqual(series.columns.value, value);
    const [buckets] = await client.samples.read({
        points: 'plant/pump2.starts', from: start, to: start + 60_000, every: '30s', agg: ['min', 'max'] });
    assert.deepEqual(buckets.columns, { min: [0, 30_000], max: [29_999, 59_999] });
    await assert.rejects(client.samples.read({ points: 'plant/pump2.starts', agg: 'min' }), /every/);
    await assert.rejects(client.samples.read({}), /name points/);
});

test('an answer that is too large is asked for in smaller ones', async () => {
    const large = [413, {}, { code: 'too_large' }];
    const { url, asked } = await scripted(large, large, [200, {}, { items: [] }]);
    assert.deepEqual(await new gantry.Client({ url, token: 'x' }).samples.read({ under: 'plant' }), []);
    assert.deepEqual(asked.map((request) => request.url.split('limit=')[1]), ['10000', '1000', '100']);
});

test('rejected rows are named by their place in what was given', async () => {
    const rows = Array.from({ length: 10 }, (_, index) => ({ point: 'plant/pump3.starts', value: index }));
    rows[3] = { point: 'plant/pump3.none', value: 1 };
    rows[8] = { point: 'plant/pump3.starts', time: newYear, value: 'many' };
    const result = await client.samples.write(rows, { batchRows: 4 });
    assert.deepEqual(result.rejected.map(({ position, code }) => [position, code]),
        [[3, 'not_found'], [8, 'invalid_argument']]);
    assert.equal(result.accepted, 8);
    await assert.rejects(client.samples.write([rows[3]], { onRejected: 'throw' }),
        (error) => error instanceof gantry.RowsRejected && /pump3.none/.test(error.message));
    await assert.rejects(client.samples.write([{ point: 'p', time: [1], value: [] }]), /one length/);
});

test('SQL comes as columns', async () => {
    const answer = await client.sql('SELECT 1 AS a, 2 AS a, $1 AS b', ['x']);
    assert.deepEqual(answer.columns, { a: [1], a_2: [2], b: ['x'] });
    assert.equal(answer.types.b, 'VARCHAR');
    assert.ok((await client.sql('SELECT * FROM range(5)', [], { limit: 2 })).truncated);
});

async function take(feed, count) {
    const out = [];
    for (let i = 0; i < count; ++i) out.push((await feed.next()).value);
    return out;
}

test('live samples come', async () => {
    await client.samples.write([{ point: 'plant/pump4.starts', time: newYear, value: 1 }]);
    const feed = client.live.follow({ under: 'plant/pump4' });
    assert.deepEqual(await take(feed, 1), [
        { point: 'plant/pump4.starts', time: newYear, value: 1, quality: 'good' }]);
    await client.samples.write([{ point: 'plant/pump4.starts', value: 2 }]);
    assert.equal((await take(feed, 1))[0].value, 2);
    await feed.return();
    const quiet = [];
    for await (const sample of client.live.follow({ points: 'plant/pump4.starts', latest: false, idleMs: 200 })) {
        quiet.push(sample);
    }
    assert.deepEqual(quiet, []);
    await assert.rejects(take(client.live.follow({ points: 'plant/none.x' }), 1), gantry.NotFound);
    await assert.rejects(take(client.live.follow({ points: 'plant/pump4.flow', signal: AbortSignal.timeout(200) }), 1),
        { name: 'TimeoutError' });
    await assert.rejects(take(new gantry.Client({ url: await nowhere(), token: 'x' }).live.follow({ under: 'p' }), 1),
        gantry.ConnectionFailed);
});

test('live ends with the token and goes on with a new one', async () => {
    const made = await client.createToken({ name: 'live', lifetime: '1h' });
    await client.samples.write([{ point: 'plant/pump5.running', value: true }]);
    const watched = new gantry.Client({ url: client.url, token: made.token }).live.follow({ points: 'plant/pump5.running' });
    assert.equal((await take(watched, 1))[0].value, true);
    await client.removeToken(made.id);
    await assert.rejects(take(watched, 1), /make a new one/);
    await client.createPrincipal({
        login: 'live', password: 'first-password-1', roles: ['viewer'], must_change_password: false });
    const watcher = new gantry.Client({ url: client.url, login: 'live', password: 'first-password-1' });
    const feed = watcher.live.follow({ points: 'plant/pump5.running' });
    assert.equal((await take(feed, 1))[0].value, true);
    // Ends this session, and so its live connection.
    await new gantry.Client({ url: client.url, token: watcher.access }).signOut();
    setTimeout(() => void client.samples.write([{ point: 'plant/pump5.running', value: false }]), 3000);
    assert.equal((await take(feed, 1))[0].value, false);
    await feed.return();
});

// The server's side of a WebSocket, so that a test decides when it breaks.
async function liveServer(knowsResume) {
    const heard = [];
    let connections = 0;
    const server = createServer();
    server.on('upgrade', (request, socket) => {
        const accept = createHash('sha1').update(
            `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
        const say = (document) => {
            const text = Buffer.from(JSON.stringify(document));
            socket.write(Buffer.concat([Buffer.from([0x81, 126, text.length >> 8, text.length & 255]), text]));
        };
        const tell = (start) => {
            ++connections;
            for (const number of [0, 1]) {
                say({ seq: 10 * connections + number, samples: [{
                    point: 'p', time: `2026-01-01T00:00:0${start + number}Z`, value: 1, quality: 'good' }] });
            }
            socket.end(Buffer.from([0x88, 0]));
        };
        const listen = (message) => {
            heard.push(message);
            if (message.authorize) say({ authorized: true });
            else if (message.resume && !knowsResume) say({ resumed: false });
            else if (message.resume) {
                say({ resumed: true });
                tell(2 * connections);
            } else {
                say({ subscribed: 1, resume: 'secret' });
                tell(Math.max(0, 2 * connections - 1));
            }
        };
        let rest = Buffer.alloc(0);
        socket.on('error', () => undefined);
        socket.on('data', (data) => {
            rest = Buffer.concat([rest, data]);
            while (rest.length >= 6) {
                const short = rest[1] & 0x7f;
                const head = short === 126 ? 4 : 2;
                const length = short === 126 ? rest.readUInt16BE(2) : short;
                if (rest.length < head + 4 + length) return;
                const mask = rest.subarray(head, head + 4);
                const payload = rest.subarray(head + 4, head + 4 + length).map((byte, i) => byte ^ mask[i % 4]);
                const kind = rest[0] & 0x0f;
                rest = rest.subarray(head + 4 + length);
                if (kind === 1) listen(JSON.parse(Buffer.from(payload).toString()));
            }
        });
    });
    return { url: await listening(server), heard };
}

const seconds = (samples) => samples.map((sample) => new Date(sample.time).getUTCSeconds());

test('live goes on where it was when the connection broke', async () => {
    const { url, heard } = await liveServer(true);
    const gaps = [];
    const feed = new gantry.Client({ url, token: 'x' }).live.follow({ points: 'p', onGap: (gap) => gaps.push(gap) });
    assert.deepEqual(seconds(await take(feed, 5)), [0, 1, 2, 3, 4]);
    await feed.return();
    assert.deepEqual(gaps, []);
    assert.deepEqual(heard.slice(0, 4), [{ authorize: 'x' }, { subscribe: { points: ['p'], latest: true } },
        { authorize: 'x' }, { resume: 'secret', seq: 11 }]);
});

test('live subscribes again where the server cannot go on', async () => {
    const { url } = await liveServer(false);
    const gaps = [];
    const feed = new gantry.Client({ url, token: 'x' }).live.follow({ points: 'p', onGap: (gap) => gaps.push(gap) });
    // 0 1, break, (1 again) 2, break, 3 4 …
    assert.deepEqual(seconds(await take(feed, 4)), [0, 1, 2, 3]);
    await feed.return();
    assert.deepEqual(gaps[0], { since: '2026-01-01T00:00:01Z' });
    assert.equal(gaps.length, 2);
});

test('dropped samples are told', () => {
    const gaps = [];
    const feed = new Feed({ points: 'p', rate: '5/s', onGap: (gap) => gaps.push(gap) });
    assert.deepEqual(JSON.parse(feed.opening('t')[1]), { subscribe: { points: ['p'], latest: true, rate: '5/s' } });
    feed.receive('{"seq": 1, "samples": [], "skipped": 41}');
    assert.deepEqual(gaps, [{ skipped: 41 }]);
});

test('frames are whole however the network cuts them', () => {
    const server = (code, payload) => {
        const frame = frameOf(code, payload, new Uint8Array(4));  // a mask of zeros changes nothing
        const extended = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
        frame[1] &= 0x7f;
        return Buffer.concat([frame.subarray(0, 2 + extended), frame.subarray(2 + extended + 4)]);
    };
    const payloads = [0, 1, 125, 126, 65_535, 65_536].map((length) => new Uint8Array(length).fill(7));
    const stream = Buffer.concat(payloads.map((payload) => server(1, payload)));
    for (const step of [1, 3, 1000, stream.length]) {
        const reader = new FrameReader();
        const frames = [];
        for (let at = 0; at < stream.length; at += step) frames.push(...reader.add(stream.subarray(at, at + step)));
        assert.deepEqual(frames.map((frame) => frame.payload.length), payloads.map((payload) => payload.length));
        if (step === stream.length) break;
    }
    assert.throws(() => new FrameReader().add(frameOf(1, new Uint8Array(1), new Uint8Array(4))), /masked/);
    assert.throws(() => new FrameReader().add(Uint8Array.of(0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0)), /too long/);
});

test('a server that does not speak WebSocket is named', async () => {
    const { url } = await scripted([200, {}, {}]);
    const socket = new NodeWebSocket(url.replace('http', 'ws'));
    const { code, reason } = await new Promise((resolve) => (socket.onclose = resolve));
    assert.equal(code, 1006);
    assert.match(reason, /status 200/);
});
