// SPDX-License-Identifier: Apache-2.0
// The time of the server, once a second, and whether the server answers.
import { system } from '../api/resources';

class Clock {
    // Ticks once a second while the page shows: for ages.
    now = $state(Date.now());
    reachable = $state(true);
    private offset_ms = 0;
    private timer: ReturnType<typeof setInterval> | undefined;

    server_now(): number {
        return Date.now() + this.offset_ms;
    }

    start(): void {
        this.timer ??= setInterval(() => {
            if (!document.hidden) this.now = this.server_now();
        }, 1000);
    }

    heard(reachable: boolean): void {
        this.reachable = reachable;
    }

    // Learns how far the clock of this computer is from the server's, to half a round trip.
    async ask(): Promise<void> {
        const before = Date.now();
        try {
            const { now } = await system.about();
            this.offset_ms = Date.parse(now) - (before + Date.now()) / 2;
            this.now = this.server_now();
        } catch {
            // The offset stays as it was.
        }
    }
}

export const clock = new Clock();
