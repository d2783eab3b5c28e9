// SPDX-License-Identifier: Apache-2.0
// An edge node of Eclipse Tahu's JavaScript client. Values of 64 bits are texts, bytes base64.
import Long from "long";
import sparkplug from "sparkplug-client";
import { obey, say } from "./lines.mjs";

let node;

const wide = new Set(["Int64", "UInt64", "DateTime"]);

function cell(type, value) {
  if (value === null || value === undefined) return value;
  if (wide.has(type)) return Long.fromString(String(value), type !== "Int64");
  return type === "Bytes" || type === "File" ? Buffer.from(value, "base64") : value;
}

function metric(one) {
  const out = { timestamp: Date.now(), ...one };
  if (one.type === "Template") {
    out.value = { ...one.value, metrics: one.value.metrics.map(metric) };
  } else if (one.type === "DataSet") {
    const { types, rows } = one.value;
    out.value = { ...one.value, rows: rows.map((row) => row.map((value, i) => cell(types[i], value))) };
  } else {
    out.value = cell(one.type, one.value);
  }
  return out;
}

const payload = (order) => ({ timestamp: order.timestamp ?? Date.now(), metrics: (order.metrics ?? []).map(metric) });

function told(received) {
  return received.metrics.map(({ name, value, type }) => ({ name, type, value: Long.isLong(value) ? String(value) : value }));
}

obey({
  connect: (order) => new Promise((resolve, reject) => {
    node = sparkplug.newClient(order.config);
    node.once("error", reject);
    // The client asks for a birth when it is subscribed to its commands.
    node.once("birth", () => resolve());
    node.on("ncmd", (received) => say({ event: "ncmd", metrics: told(received) }));
    node.on("dcmd", (device, received) => say({ event: "dcmd", device, metrics: told(received) }));
    node.on("close", () => say({ event: "close" }));
  }),
  node_birth: (order) => node.publishNodeBirth(payload(order), order.options),
  node_data: (order) => node.publishNodeData(payload(order), order.options),
  device_birth: (order) => node.publishDeviceBirth(order.device, payload(order), order.options),
  device_data: (order) => node.publishDeviceData(order.device, payload(order), order.options),
  device_death: (order) => node.publishDeviceDeath(order.device, payload(order)),
  // Numbers are used and never sent: as messages that are lost on their way.
  lose: ({ count }) => {
    node.seq = (node.seq + count) % 256;
  },
  stop: () => node.stop(),
});
