// SPDX-License-Identifier: Apache-2.0
import { createRequire } from "node:module";

import { serve } from "./serve.mjs";

const { Session } = createRequire(import.meta.url)("chdb");
const session = new Session(process.argv[2] + "/clickhouse");
const rows = (sql) => JSON.parse(session.query(sql, "JSONCompact") || '{"data": []}').data;

await serve(
  rows("SELECT version()")[0][0],
  async (sql) => session.query(sql, "Null"),
  async (sql) => rows(sql),
);
