// SPDX-License-Identifier: Apache-2.0
// Answers statements that come as lines of JSON, {"sql": …, "read": …}, with the milliseconds that
// each took and, if they are to be read, its rows. The first answer says the version.
import { createInterface } from "node:readline";

export async function serve(version, run, read) {
  const tell = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");
  tell({ version });
  for await (const line of createInterface({ input: process.stdin })) {
    const { sql, read: wanted } = JSON.parse(line);
    try {
      const start = performance.now();
      const rows = await (wanted ? read(sql) : run(sql));
      tell({ ms: performance.now() - start, rows: wanted ? rows : [] });
    } catch (error) {
      tell({ error: String(error.message ?? error) });
    }
  }
}
