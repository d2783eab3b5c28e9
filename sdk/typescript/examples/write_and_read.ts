// SPDX-License-Identifier: Apache-2.0
// A day of a pump into Gantry, and back: raw, in buckets, and by SQL.
import { Client, milliseconds, numbers } from '@gantry/client';

const client = new Client();
const midnight = Date.parse('2026-03-01T00:00:00+08:00');
const minutes = Array.from({ length: 1440 }, (_, minute) => midnight + minute * 60_000);

const written = await client.samples.write([{
    point: 'works/pump1.flow',
    time: minutes,
    value: minutes.map((_, minute) => 50 + 10 * Math.sin(minute / 100)),
}]);
console.log('written:', written.accepted);

// A value that cannot be stored is named; the others are stored.
const some = await client.samples.write([
    { point: 'works/pump1.running', time: new Date(midnight), value: true },
    { point: 'works/pump1.running', time: new Date(midnight + 1), value: 'perhaps' },
]);
for (const row of some.rejected) console.log(`row ${row.position} of ${row.point}: ${row.detail}`);

const span = { from: midnight, to: midnight + 86_400_000 };
const [raw] = await client.samples.read({ points: 'works/pump1.flow', ...span });
if (raw) {
    const values = numbers(raw);
    console.log('read:', raw.time.length, 'rows in', raw.unit, 'from', new Date(milliseconds(raw)[0] ?? 0));
    console.log('least:', Math.min(...values).toFixed(2));
}

for (const series of await client.samples.read({
    points: 'works/pump1.flow', ...span, every: '6h', agg: ['min', 'max'],
})) {
    console.log(series.point, series.time, series.columns);
}

const table = await client.sql('SELECT point, count(*) AS rows FROM samples WHERE point = $1 GROUP BY point',
    ['works/pump1.flow']);
console.log(table.columns);
