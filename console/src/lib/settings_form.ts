// SPDX-License-Identifier: Apache-2.0
// The settings of a protocol between the form that a person fills in and the JSON of the API.
import type { SettingField, Settings } from './api/shapes';

export interface NamedDuration {
    name: string;
    length: string;
}
// What the inputs hold: text, a tick, or named lengths of time.
export type Entry = string | boolean | NamedDuration[];
export type Entries = Record<string, Entry>;

const pairs_of = (value: unknown): NamedDuration[] =>
    Object.entries((value ?? {}) as Record<string, unknown>).map(([name, length]) => ({ name, length: String(length) }));

export function entries_of(fields: readonly SettingField[], settings: Settings): Entries {
    const out: Entries = {};
    for (const field of fields) {
        const value = settings[field.name] ?? field.default;
        if (field.type === 'flag') out[field.name] = value === true;
        else if (field.type === 'durations') out[field.name] = pairs_of(value);
        else out[field.name] = value === undefined ? '' : String(value);
    }
    return out;
}

// Only what differs from the defaults: those are the server's to keep.
export function settings_of(fields: readonly SettingField[], entries: Entries): Settings {
    const out: Settings = {};
    for (const field of fields) {
        const entry = entries[field.name];
        const value = value_of(field, entry);
        if (value === undefined) continue;
        if (JSON.stringify(value) === JSON.stringify(field.default)) continue;
        out[field.name] = value;
    }
    return out;
}

function value_of(field: SettingField, entry: Entry | undefined): unknown {
    if (typeof entry === 'boolean') return entry;
    if (Array.isArray(entry)) {
        const named = entry.filter(({ name }) => name.trim() !== '');
        return Object.fromEntries(named.map(({ name, length }) => [name.trim(), length.trim()]));
    }
    const text = (entry ?? '').trim();
    if (text === '') return undefined;
    return field.type === 'number' && !Number.isNaN(Number(text)) ? Number(text) : text;
}

// What can be seen to be wrong without asking the server.
export function is_missing(field: SettingField, entry: Entry | undefined): boolean {
    return field.required === true && typeof entry === 'string' && entry.trim() === '';
}
