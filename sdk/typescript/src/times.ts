// SPDX-License-Identifier: Apache-2.0
// Times of the API (RFC 3339, nanoseconds) from and to what JavaScript has.

/** RFC 3339, a Date, milliseconds since 1970, or nanoseconds since 1970 as a bigint. */
export type TimeInput = string | Date | number | bigint;

const second = 1_000_000_000n;

/** Nanoseconds since 1970 of a time in UTC as the API writes it. */
export function nanosecondsOf(text: string): bigint {
    const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
    if (!found) throw new RangeError(`'${text}' is no time as the API writes it`);
    const seconds = BigInt(Date.parse(`${found[1]}Z`)) / 1000n;
    return seconds * second + BigInt((found[2] ?? '').padEnd(9, '0'));
}

export function textOfNanoseconds(nanoseconds: bigint): string {
    const fraction = ((nanoseconds % second) + second) % second;
    const milliseconds = Number((nanoseconds - fraction) / 1_000_000n);
    const text = new Date(milliseconds).toISOString().slice(0, 19);
    const digits = fraction.toString().padStart(9, '0').replace(/0+$/, '');
    return digits ? `${text}.${digits}Z` : `${text}Z`;
}

/** A time that a caller gave, as the API reads it. A zone is never guessed. */
export function textOfTime(time: TimeInput): string {
    if (typeof time === 'bigint') return textOfNanoseconds(time);
    if (typeof time === 'number') return new Date(time).toISOString();
    if (time instanceof Date) return time.toISOString();
    if (/\d\d:\d\d/.test(time) && !/([Zz]|[+-]\d\d:\d\d)$/.test(time)) {
        throw new RangeError(`the time '${time}' has no zone: write it as 2026-11-22T08:30:00+08:00 or …Z`);
    }
    return time;
}
