// SPDX-License-Identifier: Apache-2.0
// Prometheus' text format, as little of it as the console reads.

// The sum of a metric over its labels; undefined where there is no such metric.
export function metric_sum(text: string, name: string): number | undefined {
    let sum: number | undefined;
    for (const line of text.split('\n')) {
        if (!line.startsWith(name)) continue;
        const match = /^([a-zA-Z_:][\w:]*)(\{.*\})?\s+(\S+)/.exec(line);
        if (match?.[1] !== name) continue;
        const value = Number(match[3]);
        if (Number.isFinite(value)) sum = (sum ?? 0) + value;
    }
    return sum;
}
