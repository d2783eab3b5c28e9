// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { Point, Statement } from './api/types';
import { may_anywhere, may_at, path_covers } from './api/policy';
import { Problem } from './api/problem';
import { duration_text, parse_duration } from './duration';
import { pick_kpis } from './kpis';
import { metric_sum } from './metrics';
import { code_text } from './quality';
import { entries_of, is_missing, settings_of } from './settings_form';
import { error_place, offset_of } from './sql_error';
import { unit_text } from './units';
import { decimals_for, is_stale, number_of, outside, parse_input, value_text } from './values';
import type { SettingField } from './api/shapes';

describe('permissions', () => {
    const statements: Statement[] = [
        { permissions: ['assets:*'], under: 'plant' },
        { effect: 'forbid', permissions: ['*:write'], under: 'plant/line2' },
    ];
    test('allow below a path, and a prohibition wins', () => {
        expect(may_at(statements, 'assets:write', 'plant/line1')).toBe(true);
        expect(may_at(statements, 'assets:write', 'plant/line2/pump')).toBe(false);
        expect(may_at(statements, 'assets:read', 'elsewhere')).toBe(false);
        expect(may_anywhere(statements, 'assets:write')).toBe(true);
        expect(may_anywhere(statements, 'sql:read')).toBe(false);
    });
    test('end at whole names', () => {
        expect(path_covers('a/b', 'a/bc')).toBe(false);
        expect(path_covers('a/b', 'a/b.p')).toBe(true);
    });
});

describe('values', () => {
    const words = { on: 'On', off: 'Off' };
    test('beyond 2^53 and not finite come as text', () => {
        expect(number_of('inf')).toBe(Infinity);
        expect(value_text('9007199254740995', 'en', { type: 'int64' }, words)).toBe('9,007,199,254,740,995');
    });
    test('keep their width as they move in their range', () => {
        expect(decimals_for(3, { min: 0, max: 100 })).toBe(1);
        expect(value_text(3, 'en', { type: 'float64', range: { min: 0, max: 100 } }, words)).toBe('3.0');
    });
    test('are read as a person types them', () => {
        expect(parse_input('83.5', 'float64')).toBe(83.5);
        expect(parse_input('1,234.5', 'float64')).toBe(1234.5);
        expect(parse_input('83.5', 'int64')).toBeUndefined();
        expect(parse_input('开', 'bool')).toBe(true);
        expect(outside(101, { max: 100 })).toBe(true);
    });
    test('are stale after half a minute', () => {
        expect(is_stale(29_000)).toBe(false);
        expect(is_stale(31_000)).toBe(true);
        expect(is_stale(undefined)).toBe(false);
    });
});

test('units are written as people write them', () => {
    expect(['m3/h', 'Cel', 'kW', 'mm/s', '{bottle}/min'].map(unit_text)).toEqual(['m³/h', '°C', 'kW', 'mm/s', 'bottle/min']);
});

test('durations come back as they went', () => {
    for (const text of ['250ms', '5m', '2h', '850us']) expect(duration_text(parse_duration(text) ?? NaN)).toBe(text);
    expect(parse_duration('soon')).toBeUndefined();
});

test('status codes have names, unknown ones their number', () => {
    expect(code_text(0x80050000)).toBe('BadCommunicationError');
    expect(code_text(0x80ff0000)).toBe('0x80FF0000');
});

test('metrics are summed over their labels, and names are whole', () => {
    const text = '# HELP x y\nrows_total{a="1"} 2\nrows_total{a="2"} 3\nrows_total_more 9\n';
    expect(metric_sum(text, 'rows_total')).toBe(5);
    expect(metric_sum(text, 'rows')).toBeUndefined();
});

describe('the form of settings', () => {
    const fields: SettingField[] = [
        { name: 'host', type: 'text', label: 'Host', help: '', required: true },
        { name: 'port', type: 'number', label: 'Port', help: '', default: 502 },
        { name: 'groups', type: 'durations', label: 'Groups', help: '', default: { default: '1s' } },
        { name: 'fast', type: 'flag', label: 'Fast', help: '', default: false },
    ];
    test('sends only what differs from the defaults', () => {
        const entries = entries_of(fields, { host: '10.0.0.1', port: 502 });
        expect(settings_of(fields, entries)).toEqual({ host: '10.0.0.1' });
        expect(settings_of(fields, { ...entries, port: '5020', fast: true })).toEqual({ host: '10.0.0.1', port: 5020, fast: true });
    });
    test('keeps what is no number, so that the server can name it', () => {
        expect(settings_of(fields, { ...entries_of(fields, {}), port: 'many' })).toEqual({ port: 'many' });
    });
    test('knows what is missing', () => {
        const [host] = fields;
        expect(host && is_missing(host, ' ')).toBe(true);
    });
});

test('the place of an error in a statement is found, also in a long line', () => {
    const place = error_place("Catalog Error: Table sampels does not exist\n\nLINE 2: FROM sampels\n             ^");
    expect(place).toMatchObject({ line: 2, column: 6 });
    expect(place && offset_of('SELECT point\nFROM sampels', place)).toBe(18);
    expect(error_place('Timeout')).toBeUndefined();
});

test('the overview picks measured values, fairly among assets', () => {
    const point = (path: string, more: Partial<Point> = {}): Point =>
        ({ id: path, path, key: path, type: 'float64', unit: 'm', range: { min: 0, max: 1 }, ...more });
    const points = [
        point('p/a/m.x'), point('p/a/m.y'), point('p/a/n.x'), point('p/b/o.x'), point('p/b/o.on', { type: 'bool' }),
        point('p/b/o.set', { access: 'read_write' }), point('p/b/o.count', { unit: '{bottle}' }),
        point('p/b/o.energy', { range: { min: 0, max: 1e12 } }),
    ];
    expect(pick_kpis(points, 3)).toEqual(['p/a/m.x', 'p/a/n.x', 'p/b/o.x']);
});

test('a problem names the field that it is about', () => {
    const problem = new Problem({ code: 'invalid_argument', fields: [{ field: '/settings/port', detail: 'too high' }] });
    expect(problem.of('port')).toBe('too high');
    expect(problem.of('host')).toBeUndefined();
});
