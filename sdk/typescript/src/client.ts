// SPDX-License-Identifier: Apache-2.0
// The client: the operations of the API as methods, and `samples`, `live` and `sql` on top.
import {
    ConnectionFailed, errorOfAnswer, GantryError, PasswordChangeNeeded, Unauthenticated,
} from './errors.js';
import type { ApiError } from './errors.js';
import { Operations } from './generated.js';
import type { SignedIn, SqlAnswer, SqlQuestion, Value } from './generated.js';
import { Live } from './live.js';
import { backoffMs, pause } from './pauses.js';
import { bodyOf, headersOf, mayRepeat, targetOf } from './request.js';
import type { CallOptions, RequestToSend } from './request.js';
import { Samples } from './samples.js';

export interface ClientOptions {
    /** https://host:port. Else GANTRY_URL, the page's own server, or this machine's port 8080. */
    url?: string;
    /** An API token. Else GANTRY_TOKEN, if no login is given. */
    token?: string;
    /** With a password: tokens are fetched and renewed by themselves. */
    login?: string;
    password?: string;
    /** Replaces a first password that must be changed. */
    newPassword?: string;
    /** The key of a tenant, for an operator of the platform. */
    tenant?: string;
    /** Of the messages of errors: zh or en. */
    language?: string;
    /** Of one try. Default: 60,000. */
    timeoutMs?: number;
    /** How often a call that may come again does, after a lost connection, 429 and 503. Default: 4. */
    retries?: number;
    /** A longer Retry-After is not waited for. Default: 60,000. */
    longestWaitMs?: number;
    /** Lets the token go to another machine without encryption. */
    plaintext?: boolean;
    /** Instead of the global fetch. */
    fetch?: typeof fetch;
}

export interface SqlColumns {
    /** In the order of the query; two of one name are `a` and `a_2`. */
    columns: Record<string, Value[]>;
    /** DuckDB's type of each. */
    types: Record<string, string>;
    length: number;
    /** There are more rows than the limit let through. */
    truncated: boolean;
}

const env: Record<string, string | undefined> =
    (globalThis as { process?: { env?: Record<string, string> } }).process?.env ?? {};

function urlOf(options: ClientOptions): string {
    const own = (globalThis as { location?: { origin?: string } }).location?.origin;
    const text = options.url ?? env['GANTRY_URL'] ??
        (own?.startsWith('http') ? own : 'http://127.0.0.1:8080');
    if (!/^https?:\/\/[^/]/.test(text)) {
        throw new TypeError(`'${text}' is no address of a server: write https://host:port`);
    }
    const { protocol, hostname } = new URL(text);
    const here = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
    if (protocol === 'http:' && !here && !options.plaintext) {
        throw new TypeError(`${text} is not encrypted, so others could read your token: use https, or ` +
            'say plaintext: true');
    }
    return text.replace(/\/+$/, '');
}

/** A client of one Gantry. */
export class Client extends Operations {
    readonly url: string;
    readonly samples = new Samples((request, options) => this.call(request, options));
    readonly live: Live;
    private readonly options: ClientOptions;
    private access: string | undefined;
    private refresh: string | undefined;
    private expires = Number.POSITIVE_INFINITY;
    private renewing: Promise<void> | undefined;

    constructor(options: ClientOptions = {}) {
        super();
        this.options = { ...options };
        this.url = urlOf(options);
        if (options.login !== undefined && options.password === undefined) {
            throw new TypeError('a login wants a password');
        }
        this.access = options.token ?? (options.login === undefined ? env['GANTRY_TOKEN'] : undefined);
        this.live = new Live(this.url, (anew) => this.liveToken(anew));
    }

    /** Ends the session; the client forgets its tokens and its password. */
    override async signOut(options?: CallOptions): Promise<void> {
        await super.signOut(options);
        this.forget();
        delete this.options.login;
        delete this.options.password;
    }

    /** A read-only query as columns. */
    async sql(query: string, parameters: SqlQuestion['parameters'] = [],
        more: { limit?: number } & CallOptions = {}): Promise<SqlColumns> {
        const { limit, ...options } = more;
        const body: SqlQuestion = { query, parameters, ...(limit === undefined ? {} : { limit }) };
        const answer = (await this.call(
            { method: 'POST', path: '/v1/sql', body, answer: 'json', repeatable: true },
            options)) as SqlAnswer;
        const out: SqlColumns = {
            columns: {}, types: {}, length: answer.rows.length, truncated: answer.truncated,
        };
        const seen = new Map<string, number>();
        answer.columns.forEach(({ name, type }, index) => {
            const count = (seen.get(name) ?? 0) + 1;
            seen.set(name, count);
            const own = count === 1 ? name : `${name}_${count}`;
            out.columns[own] = answer.rows.map((row) => row[index] ?? null);
            out.types[own] = type;
        });
        return out;
    }

    /** Sends a request, again when it may be, and gives its answer or throws its error. */
    protected override async call(request: RequestToSend, given: CallOptions = {}): Promise<unknown> {
        const options = { ...given };
        if (request.creates) options.idempotencyKey ??= crypto.randomUUID();
        let renewed = false;
        for (let attempt = 0; ; ++attempt) {
            if (!request.withoutToken) await this.renewIfNeeded();
            const token = request.withoutToken ? undefined : this.access;
            let wait = 0;
            try {
                const answer = await this.send(request, options, token);
                if (answer.ok) return await this.decoded(request, answer, options);
                const refusal = await this.reach(options, () => errorOfAnswer(answer));
                if (answer.status === 401 && token && this.canRenew() && !renewed) {
                    renewed = true;
                    await this.renew(token);
                    --attempt;
                    continue;
                }
                wait = this.waitFor(request, refusal, attempt);
            } catch (error) {
                if (!(error instanceof ConnectionFailed)) throw error;
                // What never left cannot have been carried out.
                const again = mayRepeat(request) || !error.sent;
                if (!again || attempt >= (this.options.retries ?? 4)) throw error;
            }
            await pause(Math.max(wait, backoffMs(attempt)), options.signal);
        }
    }

    private async send(request: RequestToSend, options: CallOptions,
        token: string | undefined): Promise<Response> {
        const headers: Record<string, string> = {};
        if (this.options.tenant) headers['Gantry-Tenant'] = this.options.tenant;
        if (this.options.language) headers['Accept-Language'] = this.options.language;
        if (token) headers['Authorization'] = `Bearer ${token}`;
        Object.assign(headers, headersOf(request, options));
        const target = this.url + targetOf(request);
        const body = bodyOf(request) as BodyInit | undefined;
        return this.reach(options, (signal) => (this.options.fetch ?? fetch)(target, {
            method: request.method, signal, credentials: 'same-origin', headers,
            ...(body === undefined ? {} : { body }),
        }));
    }

    /** What fetch says of the network (a TypeError), and time that is over, as ConnectionFailed. */
    private async reach<T>(options: CallOptions,
        work: (signal: AbortSignal) => Promise<T>): Promise<T> {
        const limit = AbortSignal.timeout(this.options.timeoutMs ?? 60_000);
        const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
        try {
            return await work(signal);
        } catch (error) {
            options.signal?.throwIfAborted();
            if (!limit.aborted && !(error instanceof TypeError)) throw error;
            const cause = (error as { cause?: { code?: string; message?: string } }).cause;
            const never = ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT', 'EHOSTUNREACH',
                'ENETUNREACH'].includes(cause?.code ?? '');
            throw new ConnectionFailed(
                `${limit.aborted ? 'no answer in time' : 'no connection'} from ${this.url}: ` +
                `${cause?.message || cause?.code || (error as Error).message}; check the address, and ` +
                'that gantryd runs there', !never, { cause: error });
        }
    }

    private async decoded(request: RequestToSend, answer: Response,
        options: CallOptions): Promise<unknown> {
        return this.reach(options, async () => {
            if (request.answer === 'none' || answer.status === 204) {
                await answer.arrayBuffer();
                return undefined;
            }
            if (request.answer === 'bytes') return answer.arrayBuffer();
            const text = await answer.text();
            if (request.answer === 'text') return text;
            try {
                return JSON.parse(text) as unknown;
            } catch {
                throw new GantryError(`${request.method} ${request.path} was answered with something ` +
                    'that is no JSON: is there a Gantry at this address?');
            }
        });
    }

    private waitFor(request: RequestToSend, refusal: ApiError, attempt: number): number {
        const wait = refusal.retryAfterMs ?? 0;
        const busy = refusal.status === 429 || refusal.status === 503;
        if (!busy || !mayRepeat(request) || attempt >= (this.options.retries ?? 4) ||
            wait > (this.options.longestWaitMs ?? 60_000)) {
            throw refusal;
        }
        return wait;
    }

    private canRenew(): boolean {
        return this.refresh !== undefined || this.options.login !== undefined;
    }

    private async renewIfNeeded(): Promise<void> {
        const endsSoon = this.expires - Date.now() < 20_000;
        if (this.canRenew() && (this.access === undefined || endsSoon)) await this.renew(this.access);
    }

    // Of many callers the first renews, the others wait for it.
    private async renew(stale: string | undefined): Promise<void> {
        if (this.access !== stale) return;
        this.renewing ??= this.renewNow().finally(() => {
            this.renewing = undefined;
        });
        await this.renewing;
    }

    private async renewNow(): Promise<void> {
        const refresh = this.refresh;
        if (refresh !== undefined) {
            this.refresh = undefined;  // it is good once
            try {
                this.take((await this.call({
                    method: 'POST', path: '/v1/session/refresh', answer: 'json', withoutToken: true,
                    body: { refresh_token: refresh },
                })) as SignedIn);
                return;
            } catch (error) {
                if (!(error instanceof Unauthenticated)) throw error;
            }
        }
        if (this.options.login === undefined) {
            throw new Unauthenticated(401, {
                code: 'unauthenticated', detail: 'the session has ended: sign in again',
            });
        }
        await this.signInNow();
    }

    private async signInNow(): Promise<void> {
        this.forget();
        const { login, password, newPassword } = this.options;
        const answer = (await this.call({
            method: 'POST', path: '/v1/session', answer: 'json', withoutToken: true, repeatable: true,
            body: { login, password },
        })) as SignedIn;
        if (answer.must_change_password) {
            if (newPassword === undefined) {
                throw new PasswordChangeNeeded(403, {
                    code: 'forbidden', detail: `the password of ${login} must be changed first: give ` +
                        'newPassword, or sign in at the console',
                });
            }
            const change: RequestToSend = {
                method: 'PUT', path: '/v1/session/password', answer: 'none',
                body: { current: password, new: newPassword },
            };
            const changed = await this.send(change, {}, answer.access_token);
            if (!changed.ok) throw await errorOfAnswer(changed);
            this.options.password = newPassword;
            delete this.options.newPassword;
        }
        this.take(answer);
    }

    private take(answer: SignedIn): void {
        this.access = answer.access_token;
        this.refresh = answer.refresh_token;
        this.expires = Date.parse(answer.expires);
    }

    private forget(): void {
        this.access = this.refresh = undefined;
        this.expires = Number.POSITIVE_INFINITY;
    }

    // `anew`: the server has ended a live connection for its token.
    private async liveToken(anew: boolean): Promise<string> {
        if (anew && this.canRenew()) await this.renew(this.access);
        else await this.renewIfNeeded();
        if (this.access === undefined || (anew && !this.canRenew())) {
            throw new Unauthenticated(401, {
                code: 'unauthenticated', detail: anew ? 'the token has ended: make a new one'
                    : 'live samples want a token: give one, or a login',
            });
        }
        return this.access;
    }
}
