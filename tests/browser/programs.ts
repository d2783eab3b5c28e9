// SPDX-License-Identifier: Apache-2.0
// Runs the real gantryd and the real gantry-plant for a test, each on a port that the system chooses.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const root = resolve(import.meta.dirname, '../..');
const folder = resolve(root, process.env.GANTRY_BIN ?? 'build/release/bin');
const start_ms = 60_000;

// Resolves with what `find` makes of a line that the program prints.
function first_line<T>(child: ChildProcess, find: (line: string) => T | undefined, what: string): Promise<T> {
    let errors = '';
    child.stderr?.on('data', (text) => (errors = (errors + String(text)).slice(-2000)));
    return new Promise((answer, refuse) => {
        const late = setTimeout(() => refuse(new Error(`${what} did not start in time`)), start_ms);
        child.once('exit', (code) => refuse(new Error(`${what} ended with ${code} before it was ready: ${errors}`)));
        if (!child.stdout) return;
        createInterface({ input: child.stdout }).on('line', (line) => {
            const found = find(line);
            if (found === undefined) return;
            clearTimeout(late);
            answer(found);
        });
    });
}

async function stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(late);
}

export class Gantryd {
    url = '';
    private readonly home = mkdtempSync(join(tmpdir(), 'gantry-browser-'));
    private readonly config = join(this.home, 'gantry.toml');
    private child: ChildProcess | undefined;
    private listen = '127.0.0.1:0';

    async start(): Promise<this> {
        writeFileSync(this.config, '[mqtt]\nlisten = "127.0.0.1:0"\n');
        this.child = spawn(join(folder, 'gantryd'), [
            '--config', this.config, '--data', join(this.home, 'data'), '--listen', this.listen,
            '--setup-token', join(this.home, 'token'), '--password-file', join(this.home, 'password'),
        ], { stdio: ['ignore', 'pipe', 'pipe'] });
        this.url = await first_line(this.child, (line) => /(https?:\/\/\S+)/.exec(line)?.[1], 'gantryd');
        this.listen = new URL(this.url).host;
        return this;
    }

    // start() brings it back at the same address with the same data.
    async pause(): Promise<void> {
        if (this.child) await stop(this.child);
    }

    get password(): string {
        return readFileSync(join(this.home, 'password'), 'utf8').trim();
    }
    get token(): string {
        return readFileSync(join(this.home, 'token'), 'utf8').trim();
    }

    async call<T>(method: string, path: string, body?: unknown): Promise<T> {
        const answer = await fetch(this.url + path, {
            method,
            headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
        return (text === '' ? undefined : JSON.parse(text)) as T;
    }

    async change_first_password(wanted: string): Promise<void> {
        const json = { 'Content-Type': 'application/json' };
        const sign_in = await fetch(this.url + '/v1/session', {
            method: 'POST', headers: json, body: JSON.stringify({ login: 'admin', password: this.password }) });
        const { access_token } = (await sign_in.json()) as { access_token: string };
        const changed = await fetch(this.url + '/v1/session/password', {
            method: 'PUT', headers: { ...json, Authorization: `Bearer ${access_token}` },
            body: JSON.stringify({ current: this.password, new: wanted }) });
        if (!changed.ok) throw new Error(`the password stays: ${changed.status} ${await changed.text()}`);
    }

    async stop(): Promise<void> {
        if (this.child) await stop(this.child);
        rmSync(this.home, { recursive: true, force: true });
    }
}

export class Plant {
    port = 0;
    private child: ChildProcess | undefined;

    async start(...options: string[]): Promise<this> {
        this.child = spawn(join(folder, 'gantry-plant'), ['--listen', '127.0.0.1:0', '--fault-rate', '0', ...options],
                           { stdio: ['ignore', 'pipe', 'pipe'] });
        this.port = await first_line(this.child, (line) => {
            const port = /serving Modbus TCP on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
            return port === undefined ? undefined : Number(port);
        }, 'gantry-plant');
        return this;
    }

    async stop(): Promise<void> {
        if (this.child) await stop(this.child);
    }
}

export interface PlantPoint {
    unit: number;
    key: string;
    tag: string;
    name_en: string;
    name_zh: string;
    ucum: string;
    type: string;
    least: number;
    most: number;
    writable: boolean;
}

export function plant_map(): PlantPoint[] {
    const { stdout } = spawnSync(join(folder, 'gantry-plant'), ['--map', '--json'], { encoding: 'utf8' });
    return (JSON.parse(stdout) as { points: PlantPoint[] }).points;
}
