// SPDX-License-Identifier: Apache-2.0
// What goes wrong has a class, says which thing is meant, and names the fields that are wrong.
import {
    Client, ConnectionFailed, InvalidArgument, NotFound, PreconditionFailed, RowsRejected,
} from '@gantry/client';

const client = new Client();

async function refused(calling: Promise<unknown>): Promise<unknown> {
    try {
        await calling;
    } catch (error) {
        return error;
    }
    throw new Error('that was not refused');
}

const missing = await refused(client.getAsset('works/pump99'));
if (missing instanceof NotFound) console.log('not found:', missing.message);

const wrong = await refused(client.createModel({
    key: 'bad', properties: [{ key: 'p', unit: 'parsnips' }],
}));
if (wrong instanceof InvalidArgument) {
    for (const { field, detail } of wrong.fields) console.log('wrong:', field, '-', detail);
}

// Two people change one asset: the second is told, and nothing is lost.
const pump = await client.getAsset('works/pump1');
const ifMatch = pump.version ?? '*';
await client.patchAsset('works/pump1', { name: 'Pump one' }, { ifMatch });
const late = await refused(client.patchAsset('works/pump1', { name: 'Pump 1' }, { ifMatch }));
if (late instanceof PreconditionFailed) console.log('changed meanwhile:', late.code);

const rows = await refused(client.samples.write([{ point: 'works/pump1.nothing', value: 1 }],
    { onRejected: 'throw' }));
if (rows instanceof RowsRejected) console.log('rejected:', rows.result.rejected[0]?.code);

const nobody = await refused(new Client({ url: 'http://127.0.0.1:49151', retries: 0 }).listAssets());
if (nobody instanceof ConnectionFailed) console.log('nobody there');
