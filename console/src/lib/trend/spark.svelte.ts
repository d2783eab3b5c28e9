// SPDX-License-Identifier: Apache-2.0
// The last hour of some points, in few buckets, for small drawings beside their values.
import { samples } from '../api/resources';
import { is_abort } from '../api/problem';

export type Spark = { ms: number; value: number | null }[];
export const spark_span_ms = 3_600_000;
// Where there is less than an hour, what there is fills the width.
export const spark_least_ms = 300_000;
const points_a_request = 40;

export async function fetch_sparks(paths: string[], signal?: AbortSignal): Promise<Map<string, Spark>> {
    const out = new Map<string, Spark>();
    for (let at = 0; at < paths.length; at += points_a_request) {
        const query = { point: paths.slice(at, at + points_a_request), from: '-1h', every: '30s', agg: 'avg' };
        try {
            for (const { point, columns } of (await samples.history(query, signal)).items) {
                const { avg = [] } = columns;
                out.set(point, columns.time.map((time, i) => ({ ms: Date.parse(time), value: avg[i] ?? null })));
            }
        } catch (error) {
            if (is_abort(error)) throw error;
        }
    }
    return out;
}
