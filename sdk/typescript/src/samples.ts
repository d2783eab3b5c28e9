// SPDX-License-Identifier: Apache-2.0
// Samples: written from rows and columns, read as columns, and the latest of each point.
import { RowsRejected, TooLarge } from './errors.js';
import type { WriteResult } from './errors.js';
import type {
    History, LatestSample, LatestSamples, PointHistory, Quality, Value, WriteReport,
} from './generated.js';
import type { CallOptions, RequestToSend } from './request.js';
import { nanosecondsOf, textOfTime } from './times.js';
import type { TimeInput } from './times.js';

export type Send = (request: RequestToSend, options?: CallOptions) => Promise<unknown>;

/** One value of one point. Whole numbers beyond 2^53, NaN and the infinities are strings. */
export type Sample = LatestSample;

/** The samples of one point as arrays of one length: `time`, then `value` or the aggregates. */
export interface PointColumns {
    point: string;
    unit?: string;
    /** RFC 3339 with up to nanoseconds; `milliseconds` and `nanoseconds` make numbers of them. */
    time: string[];
    /** `value` of raw samples, or one column an aggregate. */
    columns: Record<string, Value[]>;
    quality: Quality[];
    qualityCode?: number[];
}

export interface ReadOptions extends CallOptions {
    points?: string | readonly string[];
    /** All points below this path. */
    under?: string;
    /** Default: an hour ago. Also relative to now, as in "-2h". */
    from?: TimeInput;
    /** Exclusive. Default: now. */
    to?: TimeInput;
    /** The length of a bucket, as in "1m"; without it raw samples. */
    every?: string;
    agg?: string | readonly string[];
    fill?: 'none' | 'previous' | 'linear';
    qualityCode?: boolean;
}

/** One sample to be written; without a time it has the time at which the server takes it. */
export interface SampleInput {
    point: string;
    time?: TimeInput;
    value: Value | bigint | undefined;
    quality?: Quality | number;
}

/** Many of one point. */
export interface ColumnsInput {
    point: string;
    time: readonly TimeInput[];
    value: ArrayLike<Value | bigint | undefined>;
    quality?: readonly (Quality | number)[];
}

export interface WriteOptions extends CallOptions {
    batchRows?: number;
    ack?: 'received' | 'written' | 'durable';
    /** Default: report. */
    onRejected?: 'report' | 'throw';
}

interface HistoryQuery {
    point?: readonly string[];
    under?: string;
    every?: string | undefined;
}

interface Row {
    position: number;
    point: string;
    time: TimeInput | undefined;
    value: Value;
    quality: Quality | number | undefined;
}

const pointsARequest = 100;
const rowsAnAnswer = 1_000_000;
const rowsAPoint = 50_000;
const rowsAWrite = 20_000;

/** A value as a number; NaN if there is none, or if it is text. */
export function numberOf(value: Value | undefined): number {
    if (typeof value === 'number') return value;
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (typeof value !== 'string' || value === '') return Number.NaN;
    if (/^[+-]?inf(inity)?$/i.test(value)) return value.startsWith('-') ? -Infinity : Infinity;
    return Number(value);
}

/** A column as numbers for charts and arithmetic. */
export function numbers(series: PointColumns, column = 'value'): Float64Array {
    return Float64Array.from(series.columns[column] ?? [], numberOf);
}

/** A column of whole numbers, exact beyond 2^53, too. */
export function wholeNumbers(series: PointColumns, column = 'value'): Array<bigint | null> {
    return (series.columns[column] ?? []).map(
        (value) => (value === null ? null : BigInt(value as string | number | boolean)));
}

/** The times in milliseconds since 1970, as Date has them. */
export function milliseconds(series: PointColumns): Float64Array {
    return Float64Array.from(series.time, (text) => Date.parse(text));
}

/** The times in nanoseconds since 1970, exact. */
export function nanoseconds(series: PointColumns): BigInt64Array {
    return BigInt64Array.from(series.time, nanosecondsOf);
}

function listOf(points: string | readonly string[] | undefined): readonly string[] {
    return points === undefined ? [] : typeof points === 'string' ? [points] : points;
}

/** What JSON can say of a value; null for what is missing (null, undefined, NaN). */
function plain(value: Value | bigint | undefined): Value {
    if (typeof value === 'bigint') return value.toString();
    if (value === undefined || Number.isNaN(value)) return null;
    return value === Infinity || value === -Infinity ? String(value) : value;
}

function* rowsOf(data: Iterable<SampleInput | ColumnsInput>): Generator<Row> {
    let position = 0;
    for (const item of data) {
        if (Array.isArray(item.time)) {
            const { point, time, value, quality } = item as ColumnsInput;
            if (value.length !== time.length || (quality && quality.length !== time.length)) {
                throw new RangeError(`the columns of ${point} are not of one length`);
            }
            for (let i = 0; i < time.length; ++i) {
                yield { position: position++, point, time: time[i], value: plain(value[i]), quality: quality?.[i] };
            }
        } else {
            const { point, time, value, quality } = item as SampleInput;
            yield { position: position++, point, time, value: plain(value), quality };
        }
    }
}

/** Nothing is no good value; a row that says why there is none is kept. */
function hasValue(row: Row): boolean {
    return row.value !== null || (row.quality !== undefined && row.quality !== 'good' && row.quality !== 0);
}

/** The columns of each point; and the rows in the order in which the server will count them. */
function bodyOfRows(rows: Row[]): { body: unknown; order: Row[] } {
    const timeless = rows.filter((row) => row.time === undefined);
    const byPoint = new Map<string, Row[]>();
    for (const row of rows) {
        if (row.time === undefined) continue;
        const own = byPoint.get(row.point);
        if (own) own.push(row);
        else byPoint.set(row.point, [row]);
    }
    const samples: unknown[] = timeless.map(({ point, value, quality }) => ({ point, value, quality }));
    for (const [point, own] of byPoint) {
        const columns: Record<string, unknown[]> = {
            time: own.map((row) => textOfTime(row.time as TimeInput)),
            value: own.map((row) => row.value),
        };
        if (own.some((row) => row.quality !== undefined)) {
            columns['quality'] = own.map((row) => row.quality ?? 'good');
        }
        samples.push({ point, columns });
    }
    return { body: { samples }, order: [...timeless, ...[...byPoint.values()].flat()] };
}

/** `client.samples`. */
export class Samples {
    constructor(private readonly send: Send) {}

    /** The history of points: raw, or in buckets of `every`. All rows come, however many pages they take. */
    async read(options: ReadOptions): Promise<PointColumns[]> {
        const { points, under, from, to, every, agg, fill, qualityCode, ...call } = options;
        const names = listOf(points);
        if (names.length === 0 && under === undefined) {
            throw new TypeError('name points, or say what they are under');
        }
        if (agg !== undefined && every === undefined) {
            throw new TypeError("agg is of buckets: say how long they are, as in every: '1m'");
        }
        const query = {
            from: from === undefined ? undefined : textOfTime(from),
            to: to === undefined ? undefined : textOfTime(to),
            every, agg: typeof agg === 'object' ? agg.join(',') : agg, fill,
            quality: qualityCode ? 'code' : undefined,
        };
        const items: PointHistory[] = [];
        for (let start = 0; start < names.length; start += pointsARequest) {
            const point = names.slice(start, start + pointsARequest);
            const limit = Math.min(rowsAPoint, Math.floor(rowsAnAnswer / point.length));
            items.push(...await this.page({ point, ...query }, limit, call));
        }
        if (under !== undefined) items.push(...await this.page({ under, ...query }, rowsAPoint / 5, call));
        const out: PointColumns[] = [];
        for (const item of items) out.push(await this.whole(item, query, call));
        return out;
    }

    /**
     * Writes samples in batches, of any order and of any number of points; answers when all are durable.
     * What has no value is left out. Rows that cannot be stored are reported, or thrown as RowsRejected;
     * the others are stored.
     */
    async write(data: Iterable<SampleInput | ColumnsInput>, options: WriteOptions = {}): Promise<WriteResult> {
        const { batchRows = rowsAWrite, ack, onRejected = 'report', ...call } = options;
        const result: WriteResult = { accepted: 0, skipped: 0, rejected: [] };
        let batch: Row[] = [];
        for (const row of rowsOf(data)) {
            if (!hasValue(row)) {
                ++result.skipped;
                continue;
            }
            batch.push(row);
            if (batch.length >= batchRows) {
                await this.writeBatch(batch, ack, result, call);
                batch = [];
            }
        }
        if (batch.length > 0) await this.writeBatch(batch, ack, result, call);
        if (result.rejected.length > 0 && onRejected === 'throw') throw new RowsRejected(result);
        return result;
    }

    /** The latest sample of each point; its value is null if there never was one. */
    async latest(options: Pick<ReadOptions, 'points' | 'under' | 'qualityCode'> & CallOptions): Promise<Sample[]> {
        const { points, under, qualityCode, ...call } = options;
        const answer = (await this.send({
            method: 'POST', path: '/v1/latest', answer: 'json', repeatable: true,
            query: { quality: qualityCode ? 'code' : undefined },
            body: { points: listOf(points), ...(under === undefined ? {} : { under }) },
        }, call)) as LatestSamples;
        return answer.items;
    }

    private async writeBatch(rows: Row[], ack: string | undefined, result: WriteResult,
        call: CallOptions): Promise<void> {
        const { body, order } = bodyOfRows(rows);
        const report = (await this.send({
            method: 'POST', path: '/v1/samples', answer: 'json', query: { ack }, body,
            // A sample replaces one of the same point and time, so the same rows may come twice.
            repeatable: rows.every((row) => row.time !== undefined),
        }, call)) as WriteReport | undefined;
        if (!report) {
            result.accepted += rows.length;
            return;
        }
        result.accepted += report.accepted;
        for (const { index = 0, code = '', detail = '' } of report.rejected) {
            const row = order[index];
            if (row) result.rejected.push({ position: row.position, point: row.point, code, detail });
        }
    }

    // The first rows of each point; fewer, where all points together would be too many.
    private async page(query: HistoryQuery, limit: number, call: CallOptions): Promise<PointHistory[]> {
        for (;;) {
            try {
                const answer = (await this.send({
                    method: 'GET', path: '/v1/samples', answer: 'json', query: { ...query, limit },
                }, call)) as History;
                return answer.items;
            } catch (error) {
                if (!(error instanceof TooLarge) || query.every !== undefined || limit < 100) throw error;
                limit = Math.floor(limit / 10);
            }
        }
    }

    // One point with all its pages.
    private async whole(first: PointHistory, query: object, call: CallOptions): Promise<PointColumns> {
        const pages = [first];
        for (let next = first.next; next !== undefined;) {
            const page = (await this.send({
                method: 'GET', path: '/v1/points/{point}/samples', answer: 'json',
                pathValues: { point: first.point }, query: { ...query, from: next, limit: rowsAPoint },
            }, call)) as PointHistory;
            pages.push(page);
            next = page.next;
        }
        const joined: Record<string, unknown[]> = {};
        for (const name of Object.keys(first.columns)) {
            joined[name] = pages.flatMap((page) => page.columns[name] ?? []);
        }
        const { time = [], quality = [], quality_code: codes, ...columns } = joined;
        return {
            point: first.point, ...(first.unit === undefined ? {} : { unit: first.unit }),
            time: time as string[], columns: columns as Record<string, Value[]>,
            quality: quality as Quality[], ...(codes ? { qualityCode: codes as number[] } : {}),
        };
    }
}
