// SPDX-License-Identifier: Apache-2.0
// Requests to the server of this page. What cannot be done is thrown as a Problem.
import { Problem } from './problem';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type QueryValue = string | number | boolean | undefined | readonly string[];
export type Query = Record<string, QueryValue>;

export interface CallOptions {
    query?: Query;
    body?: unknown;
    // The version that is changed; it fails with precondition_failed if that is not the present one.
    version?: number | undefined;
    signal?: AbortSignal | undefined;
    headers?: Record<string, string>;
    // Without the token, and without a second try after a new one.
    anonymous?: boolean;
}

// Whoever knows the token. Set once by the session.
export interface Credentials {
    token(): string | undefined;
    // Gets a new token; false when the session is over.
    renew(): Promise<boolean>;
    language(): string;
    // Told of every answer, and of requests that got none.
    heard(reachable: boolean): void;
}

let credentials: Credentials = {
    token: () => undefined,
    renew: async () => false,
    language: () => 'en',
    heard: () => undefined,
};

export function use_credentials(source: Credentials): void {
    credentials = source;
}

export function query_text(query: Query = {}): string {
    const out = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
        if (value === undefined) continue;
        for (const item of Array.isArray(value) ? value : [value]) out.append(name, String(item));
    }
    const text = out.toString();
    return text === '' ? '' : '?' + text;
}

// An id, key or path as one part of a URL.
export const part = (reference: string) => encodeURIComponent(reference);

async function send(method: Method, path: string, options: CallOptions): Promise<Response> {
    const headers: Record<string, string> = {
        'Accept-Language': credentials.language(),
        ...options.headers,
    };
    const token = credentials.token();
    if (token && !options.anonymous) headers.Authorization = `Bearer ${token}`;
    if (options.version !== undefined) headers['If-Match'] = `"${options.version}"`;
    const init: RequestInit = { method, headers, credentials: 'same-origin' };
    if (options.body !== undefined) {
        headers['Content-Type'] =
            method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
        init.body = JSON.stringify(options.body);
    }
    if (options.signal) init.signal = options.signal;
    let answer: Response;
    try {
        answer = await fetch(path + query_text(options.query), init);
    } catch (error) {
        if (options.signal?.aborted) throw error;
        credentials.heard(false);
        throw new Problem({ code: 'unreachable' });
    }
    credentials.heard(true);
    return answer;
}

async function problem_of(answer: Response): Promise<Problem> {
    try {
        const body = await answer.json();
        if (typeof body.code === 'string') return new Problem(body);
    } catch {
        // Not JSON: something between us and the server answered.
    }
    return new Problem({ code: 'unavailable', status: answer.status, detail: answer.statusText });
}

export async function call_raw(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
    let answer = await send(method, path, options);
    if (answer.status === 401 && !options.anonymous && (await credentials.renew())) {
        answer = await send(method, path, options);
    }
    if (!answer.ok) throw await problem_of(answer);
    return answer;
}

export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
    const answer = await call_raw(method, path, options);
    return answer.status === 204 ? (undefined as T) : ((await answer.json()) as T);
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal) =>
    call<T>('GET', path, { query: query ?? {}, signal });
export const post = <T>(path: string, body?: unknown, query?: Query, signal?: AbortSignal) =>
    call<T>('POST', path, { body, query: query ?? {}, signal });
export const put = <T>(path: string, body: unknown, version?: number) =>
    call<T>('PUT', path, { body, version });
export const patch = <T>(path: string, body: unknown, version?: number) =>
    call<T>('PATCH', path, { body, version });
export const remove = (path: string, version?: number, query?: Query) =>
    call<void>('DELETE', path, { version, query: query ?? {} });

// Every item of a list, page after page, up to `most`.
export async function get_all<T>(path: string, query: Query = {}, most = 10_000,
                                 signal?: AbortSignal): Promise<T[]> {
    const out: T[] = [];
    let cursor: string | undefined;
    do {
        const page = await get<{ items: T[]; next?: string }>(path, { ...query, limit: 1000, cursor }, signal);
        out.push(...page.items);
        cursor = page.next;
    } while (cursor !== undefined && out.length < most);
    return out;
}
