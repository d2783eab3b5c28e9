// SPDX-License-Identifier: Apache-2.0
import { is_abort, to_problem, type Problem } from '../api/problem';

// Something that is fetched: what there is of it, and what went wrong. A later run() overtakes an
// earlier one; what was there stays until the new one has come.
export class Loaded<T> {
    value = $state.raw<T | undefined>();
    problem = $state.raw<Problem | undefined>();
    loading = $state(false);
    private turn = 0;
    private abort: AbortController | undefined;

    async run(fetch: (signal: AbortSignal) => Promise<T>): Promise<void> {
        const turn = ++this.turn;
        this.abort?.abort();
        this.abort = new AbortController();
        this.loading = true;
        try {
            const value = await fetch(this.abort.signal);
            if (turn !== this.turn) return;
            this.value = value;
            this.problem = undefined;
        } catch (error) {
            if (turn !== this.turn || is_abort(error)) return;
            this.problem = to_problem(error);
        } finally {
            if (turn === this.turn) this.loading = false;
        }
    }

    // Forgets all, so that nothing of another thing shows meanwhile.
    clear(): void {
        this.turn++;
        this.abort?.abort();
        this.value = undefined;
        this.problem = undefined;
        this.loading = false;
    }
}
