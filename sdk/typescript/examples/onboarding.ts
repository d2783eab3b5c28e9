// SPDX-License-Identifier: Apache-2.0
// A thing model, an asset tree and points, made from a script that may run as often as you like.
//
//     GANTRY_URL=https://gantry.example GANTRY_TOKEN=gty_… node build/examples/onboarding.js
import { Client, Conflict } from '@gantry/client';
import type { NewModel } from '@gantry/client';

const pump: NewModel = {
    key: 'sdk-pump',
    name: { en: 'Pump', zh: '水泵' },
    properties: [
        { key: 'flow', type: 'float64', unit: 'm3/h', range: { min: 0, max: 100 } },
        { key: 'starts', type: 'int64' },
        { key: 'running', type: 'bool' },
    ],
};

async function unlessItIsThere(making: Promise<unknown>): Promise<void> {
    try {
        await making;
    } catch (error) {
        if (!(error instanceof Conflict)) throw error;
        console.log('already there:', error.message);
    }
}

const client = new Client();
await unlessItIsThere(client.createModel(pump));
await unlessItIsThere(client.createAsset({ key: 'works', level: 'site', name: { zh: '工厂' } }));
for (const key of ['pump1', 'pump2']) {
    await unlessItIsThere(client.createAsset({ key, parent: 'works', model: 'sdk-pump' }));
}
// A point that only this pump has.
await unlessItIsThere(client.createPoint({
    asset: 'works/pump1', key: 'noise', type: 'float64', unit: 'dB',
}));
for await (const point of client.iteratePoints({ under: 'works' })) {
    console.log(point.path, point.type, point.unit ?? '-');
}
