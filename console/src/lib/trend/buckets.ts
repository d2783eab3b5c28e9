// SPDX-License-Identifier: Apache-2.0
// How long the buckets are that the server is asked for.
import { duration_text } from '../duration';
import type { Range } from './range';

const lengths_ms = [
    1, 2, 5, 10, 20, 50, 100, 200, 500,
    ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
    ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
    ...[1, 2, 3, 4, 6, 12].map((hours) => hours * 3_600_000),
    ...[1, 2, 7, 14, 30, 90, 365].map((days) => days * 86_400_000),
];

// The shortest of the round lengths that needs at most one bucket for two pixels.
export function bucket_length(span_ms: number, width_px: number): number {
    const least = span_ms / Math.max(width_px / 2, 1);
    return lengths_ms.find((length) => length >= least) ?? lengths_ms.at(-1) ?? 1;
}

export const bucket_text = (length_ms: number) => duration_text(length_ms);

// The range with ends on whole buckets counted from 1970: buckets keep their places when the view
// moves, so those that are known already can be told from new ones.
export function aligned({ from, to }: Range, length_ms: number): Range {
    return { from: Math.floor(from / length_ms) * length_ms, to: Math.ceil(to / length_ms) * length_ms };
}

export const bucket_of = (ms: number, length_ms: number) => Math.floor(ms / length_ms) * length_ms;
