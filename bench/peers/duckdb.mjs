// SPDX-License-Identifier: Apache-2.0
import { DuckDBInstance, version } from "@duckdb/node-api";

import { serve } from "./serve.mjs";

const instance = await DuckDBInstance.create(process.argv[2] + "/peer.duckdb");
const connection = await instance.connect();

await serve(
  version(),
  (sql) => connection.run(sql),
  async (sql) => (await connection.runAndReadAll(sql)).getRowsJson(),
);
