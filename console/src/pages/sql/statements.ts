// SPDX-License-Identifier: Apache-2.0
// Statements that were run, newest first, and some to begin with.
import { recall, remember } from '$lib/state/preferences.svelte';

export const limits = [100, 1000, 10_000, 100_000];
const kept_max = 30;

export const tables = [
    { name: 'samples', columns: ['point', 'time', 'value', 'value_int', 'value_text', 'quality', 'quality_code'] },
    { name: 'points', columns: ['point', 'asset', 'key', 'name_en', 'name_zh', 'type', 'unit', 'min', 'max', 'access'] },
    { name: 'assets', columns: ['asset', 'key', 'name_en', 'name_zh', 'level', 'parent_id', 'model_id'] },
    { name: 'models', columns: ['model', 'name_en', 'name_zh', 'parent_id'] },
];

export const examples = [
    { key: 'average', query: "SELECT point, count(*) AS samples, avg(value) AS mean\nFROM samples\nWHERE time > now() - INTERVAL 1 HOUR\nGROUP BY point\nORDER BY samples DESC" },
    { key: 'latest', query: 'SELECT point, max(time) AS last_seen, arg_max(value, time) AS value\nFROM samples\nWHERE time > now() - INTERVAL 10 MINUTE\nGROUP BY point\nORDER BY point' },
    { key: 'trouble', query: "SELECT point, quality, count(*) AS samples\nFROM samples\nWHERE time > now() - INTERVAL 1 DAY AND quality <> 'good'\nGROUP BY ALL\nORDER BY samples DESC" },
    { key: 'points', query: 'SELECT point, name_en, name_zh, type, unit, min, max\nFROM points\nORDER BY point' },
] as const;

export function kept_statements(): string[] {
    try {
        const list: unknown = JSON.parse(recall('statements') ?? '[]');
        return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
    } catch {
        return [];
    }
}

export function keep_statement(statement: string): string[] {
    const list = [statement, ...kept_statements().filter((item) => item !== statement)].slice(0, kept_max);
    remember('statements', JSON.stringify(list));
    return list;
}
