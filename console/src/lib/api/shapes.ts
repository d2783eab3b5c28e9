// SPDX-License-Identifier: Apache-2.0
// Shapes of answers that the schemas leave open.
import type { Connection, Name, Quality, Value, ValueType } from './types';

export interface Page<T> {
    items: T[];
    next?: string;
}

export interface AboutServer {
    product: string;
    version: string;
    started: string;
    now: string;
    interfaces: { name: string; version: string; path: string }[];
    components: { name: string; layer: string; about: string; depends_on: string[] }[];
    store: {
        series: number;
        segments: number;
        segment_bytes: number;
        segment_rows: number;
        memtable_rows: number;
        journal_bytes: number;
        damaged_blocks: number;
        accepting: boolean;
    };
    points: number;
}

export type ConnectionState =
    | 'disabled' | 'connecting' | 'running' | 'degraded' | 'backing_off' | 'failed_configuration';

export interface Health {
    state: ConnectionState;
    since: string;
    last_error?: string;
    last_error_time?: string;
    restarts: number;
    tags_good: number;
    tags_uncertain: number;
    tags_bad: number;
    polls: number;
    polls_missed: number;
    polls_per_second: number;
    samples_lost: number;
    lateness: string;
    round_trip_p50: string;
    round_trip_p99: string;
    troubles: { name: string; trouble: string }[];
}

export const health_of = (connection: Connection) => connection.status as Health | undefined;

export type Settings = Record<string, unknown>;

export interface SettingField {
    name: string;
    type: 'text' | 'secret' | 'flag' | 'number' | 'duration' | 'durations';
    label: Name;
    help: Name;
    required?: boolean;
    default?: unknown;
    min?: number | string;
    max?: number | string;
    count_max?: number;
}

export interface ProtocolForm {
    name: string;
    title: Name;
    settings: SettingField[];
    address: { help: Name; examples: string[] };
    areas?: string[];
    writable?: boolean;
}

export interface TestResult {
    connected: boolean;
    detail?: string;
    probes: { name: string; answered: boolean; detail?: string; round_trip?: string }[];
}

export interface TrialTag {
    address: string;
    type?: ValueType;
    unit?: string;
}

export interface TrialReading {
    address: string;
    time: string;
    value: Value;
    quality: Quality;
    quality_code?: number;
    detail?: string;
}

export interface ScanResult {
    found: { address: string; value: Value }[];
    next: number;
    done: boolean;
    detail?: string;
}

export interface HistoryColumns {
    time: string[];
    value?: Value[];
    quality?: Quality[];
    quality_code?: number[];
    min?: (number | null)[];
    max?: (number | null)[];
    avg?: (number | null)[];
    first?: (number | null)[];
    last?: (number | null)[];
    count?: (number | null)[];
}

export interface PointRows {
    point: string;
    unit?: string;
    columns: HistoryColumns;
    next?: string;
}
