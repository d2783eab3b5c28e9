// SPDX-License-Identifier: Apache-2.0
// A client of Gantry, the industrial internet platform.
export { Client } from './client.js';
export type { ClientOptions, SqlColumns } from './client.js';
export * from './errors.js';
export * from './generated.js';
export type { FollowOptions, Gap } from './live.js';
export type { CallOptions } from './request.js';
export { milliseconds, nanoseconds, numberOf, numbers, wholeNumbers } from './samples.js';
export type { ColumnsInput, PointColumns, ReadOptions, Sample, SampleInput, WriteOptions } from './samples.js';
export { nanosecondsOf, textOfNanoseconds } from './times.js';
export type { TimeInput } from './times.js';
