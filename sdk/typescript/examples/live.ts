// SPDX-License-Identifier: Apache-2.0
// Samples as they come, while something else writes them.
import { Client } from '@gantry/client';

const client = new Client();

async function writeSome(): Promise<void> {
    for (let starts = 1; starts <= 5; ++starts) {
        await client.samples.write([{ point: 'works/pump1.starts', value: starts }]);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}

const writing = writeSome();
// Begins with the latest that there is, and ends when the loop is left.
for await (const sample of client.live.follow({
    points: 'works/pump1.starts',
    onGap: (gap) => console.log('some samples did not come; fetch them from the history since', gap.since),
})) {
    console.log(sample.point, sample.value, sample.quality);
    if (sample.value === 5) break;
}
await writing;
