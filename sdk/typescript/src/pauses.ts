// SPDX-License-Identifier: Apache-2.0
// Waiting before something is tried again.

/** Growing pauses; each somewhere in its half, so that many clients do not come at once. */
export function backoffMs(attempt: number): number {
    return Math.min(250 * 2 ** attempt, 8000) * (0.5 + Math.random() / 2);
}

export function pause(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const stop = (): void => {
            clearTimeout(timer);
            reject(signal?.reason as Error);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener('abort', stop);
            resolve();
        }, ms);
        signal?.addEventListener('abort', stop, { once: true });
    });
}
