// SPDX-License-Identifier: Apache-2.0
// Who is signed in. The access token is in memory only; the refresh token is in a cookie that scripts
// cannot read.
import { call, get, put, use_credentials } from '../api/client';
import { may_anywhere, may_at } from '../api/policy';
import { to_problem } from '../api/problem';
import type { Session as Identity, SignedIn } from '../api/types';
import { current_language } from '../i18n/index.svelte';
import { clock } from './clock.svelte';
import { recall, remember } from './preferences.svelte';

export type Phase = 'starting' | 'signed_out' | 'must_change' | 'signed_in';

// Two tabs share the cookie, and a refresh token shown twice ends the session: one at a time.
async function one_at_a_time<T>(work: () => Promise<T>): Promise<T> {
    return navigator.locks ? navigator.locks.request('gantry.refresh', work) : work();
}

class Session {
    phase = $state<Phase>('starting');
    identity = $state.raw<Identity | undefined>();
    // Why the sign-in page shows, if not because the person asked for it.
    ended = $state(false);

    token: string | undefined;
    private expires = 0;
    private renewing: Promise<boolean> | undefined;
    private timer: ReturnType<typeof setTimeout> | undefined;
    private token_listeners = new Set<(token: string) => void>();

    async start(): Promise<void> {
        use_credentials({
            token: () => this.token,
            renew: () => this.renew(),
            language: () => (current_language() === 'zh' ? 'zh-CN' : 'en'),
            heard: (reachable) => clock.heard(reachable),
        });
        if (recall('signed_in') === undefined || !(await this.renew())) this.phase = 'signed_out';
    }

    async sign_in(login: string, password: string): Promise<void> {
        const answer = await call<SignedIn>('POST', '/v1/session', {
            body: { login, password, cookie: true },
            anonymous: true,
        });
        this.ended = false;
        await this.enter(answer);
    }

    async change_password(current: string, wanted: string): Promise<void> {
        await put('/v1/session/password', { current, new: wanted });
        if (this.phase === 'must_change') await this.arrive();
    }

    async sign_out(): Promise<void> {
        try {
            await call('DELETE', '/v1/session');
        } finally {
            this.leave(false);
        }
    }

    // A new token for one that ends; asked for by the timer, or after an answer 401.
    renew(): Promise<boolean> {
        this.renewing ??= this.refresh().finally(() => {
            this.renewing = undefined;
        });
        return this.renewing;
    }

    // Called with each new token from now on.
    on_token(listener: (token: string) => void): () => void {
        this.token_listeners.add(listener);
        return () => this.token_listeners.delete(listener);
    }

    may(permission: string, path?: string): boolean {
        const statements = this.identity?.statements ?? [];
        return path === undefined ? may_anywhere(statements, permission)
                                  : may_at(statements, permission, path);
    }

    private async refresh(): Promise<boolean> {
        try {
            const answer = await one_at_a_time(() =>
                call<SignedIn>('POST', '/v1/session/refresh', {
                    anonymous: true,
                    headers: { 'Gantry-Console': '1' },
                }));
            await this.enter(answer);
            return true;
        } catch (error) {
            const problem = to_problem(error);
            // Without an answer nothing is known of the session: it may go on.
            if (problem.code === 'unreachable' || problem.status >= 500) {
                if (this.phase === 'starting') throw problem;
                this.schedule(5);
                return false;
            }
            this.leave(this.phase === 'signed_in');
            return false;
        }
    }

    private async enter(answer: SignedIn): Promise<void> {
        this.token = answer.access_token;
        this.expires = Date.parse(answer.expires);
        remember('signed_in', '1');
        if (answer.must_change_password) {
            this.phase = 'must_change';
            return;
        }
        await this.arrive();
        for (const listener of this.token_listeners) listener(answer.access_token);
    }

    private async arrive(): Promise<void> {
        if (this.phase !== 'signed_in') {
            await clock.ask();
            this.identity = await get<Identity>('/v1/session');
            this.phase = 'signed_in';
        }
        this.schedule((this.expires - clock.server_now()) / 1000);
    }

    // Renews when four fifths of the lifetime are over.
    private schedule(lifetime_s: number): void {
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.renew(), Math.max(lifetime_s * 0.8, 1) * 1000);
    }

    private leave(ended: boolean): void {
        clearTimeout(this.timer);
        remember('signed_in', undefined);
        this.token = undefined;
        this.identity = undefined;
        this.ended = ended;
        this.phase = 'signed_out';
    }
}

export const session = new Session();
