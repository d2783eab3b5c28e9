// SPDX-License-Identifier: Apache-2.0
// A program that is told what to do: a line of JSON in, `{"id", "do", …}`, and one out, `{"id", "answer"}` or
// `{"id", "error"}`; what happens without being asked for is `{"event", …}`.
import { createInterface } from "node:readline";

export function say(what) {
  process.stdout.write(JSON.stringify(what) + "\n");
}

export function obey(orders) {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    const order = JSON.parse(line);
    try {
      say({ id: order.id, answer: (await orders[order.do](order)) ?? null });
    } catch (error) {
      say({ id: order.id, error: String(error.message ?? error), code: error.code ?? null });
    }
  });
  lines.on("close", () => process.exit(0));
}
