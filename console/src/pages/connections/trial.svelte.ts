// SPDX-License-Identifier: Apache-2.0
// Addresses that are tried on the device before anything is saved, and the points they are meant for.
import { connections, points, protocols } from '$lib/api/resources';
import { Problem, is_abort, to_problem } from '$lib/api/problem';
import type { Settings, TrialReading } from '$lib/api/shapes';
import type { Point, ValueType } from '$lib/api/types';

export interface TrialRow {
    id: number;
    address: string;
    point: string;
}

const read_every_ms = 1000;
const addresses_max = 200;

export class Trial {
    rows = $state<TrialRow[]>([]);
    readings = $state.raw(new Map<string, TrialReading>());
    problem = $state.raw<Problem | undefined>();
    reading = $state(false);
    private count = 0;

    add(addresses: readonly string[], point = ''): void {
        const present = new Set(this.rows.map(({ address }) => address));
        for (const address of addresses) {
            if (address !== '' && present.has(address)) continue;
            this.rows.push({ id: ++this.count, address, point });
        }
    }

    remove(id: number): void {
        this.rows = this.rows.filter((row) => row.id !== id);
    }

    get addresses(): string[] {
        return this.rows.map(({ address }) => address.trim()).filter((address) => address !== '').slice(0, addresses_max);
    }

    // Reads again and again until the answer is called.
    watch(protocol: string, settings: () => Settings): () => void {
        const abort = new AbortController();
        let timer: ReturnType<typeof setTimeout>;
        this.reading = true;
        const again = async () => {
            await this.read(protocol, settings(), abort.signal);
            if (!abort.signal.aborted) timer = setTimeout(() => void again(), read_every_ms);
        };
        void again();
        return () => {
            this.reading = false;
            abort.abort();
            clearTimeout(timer);
        };
    }

    private async read(protocol: string, settings: Settings, signal: AbortSignal): Promise<void> {
        const { addresses } = this;
        if (addresses.length === 0) return;
        try {
            const { items } = await protocols.read(protocol, settings, addresses.map((address) => ({ address })), signal);
            this.readings = new Map(items.map((item) => [item.address, item]));
            this.problem = undefined;
        } catch (error) {
            if (!is_abort(error)) this.problem = to_problem(error);
        }
    }

    // Binds the rows that name a point; points that are not there are made first, where that is wanted.
    async bind(connection: string, make_points: boolean): Promise<number> {
        const wanted = this.rows.filter(({ address, point }) => address.trim() && point.trim());
        if (wanted.length === 0) return 0;
        if (make_points) for (const row of wanted) await this.make_if_missing(row);
        await connections.add_tags(wanted.map(({ address, point }) => ({
            connection, address: address.trim(), point: point.trim() })));
        return wanted.length;
    }

    private async make_if_missing({ address, point }: TrialRow): Promise<Point | undefined> {
        const path = point.trim();
        try {
            return await points.get(path);
        } catch (error) {
            if (to_problem(error).code !== 'not_found') throw error;
        }
        const dot = path.lastIndexOf('.');
        if (dot < 1) throw new Problem({ code: 'invalid_argument', detail: path });
        return points.create({ asset: path.slice(0, dot), key: path.slice(dot + 1),
                               type: this.type_of(address.trim()) });
    }

    private type_of(address: string): ValueType {
        const value = this.readings.get(address)?.value;
        if (typeof value === 'boolean') return 'bool';
        if (typeof value === 'string') return 'string';
        return 'float64';
    }
}
