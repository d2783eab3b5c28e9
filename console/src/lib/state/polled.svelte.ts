// SPDX-License-Identifier: Apache-2.0
import { Loaded } from './loaded.svelte';

// Fetches again and again while the page shows. For an effect: answers what ends it.
export function poll<T>(loaded: Loaded<T>, fetch: (signal: AbortSignal) => Promise<T>, every_ms: number): () => void {
    let over = false;
    let timer: ReturnType<typeof setTimeout>;
    const again = async () => {
        if (!document.hidden || loaded.value === undefined) await loaded.run(fetch);
        if (!over) timer = setTimeout(() => void again(), every_ms);
    };
    void again();
    return () => {
        over = true;
        clearTimeout(timer);
    };
}
