// SPDX-License-Identifier: Apache-2.0
// Clients of MQTT.js, by name. Payloads are base64 on the way in and out.
import { readFileSync } from "node:fs";
import mqtt from "mqtt";
import { obey, say } from "./lines.mjs";

const clients = new Map();

// What a test may say about a message, with bytes as JSON can carry them.
function plain(properties) {
  if (!properties) return null;
  const out = { ...properties };
  if (out.correlationData) out.correlationData = out.correlationData.toString("base64");
  return out;
}

function options(given) {
  const out = { reconnectPeriod: 0, connectTimeout: 30_000, ...given };
  if (out.ca) out.ca = readFileSync(out.ca);
  if (out.will) out.will = { ...out.will, payload: Buffer.from(out.will.payload, "base64") };
  return out;
}

function listen(name, client, wire) {
  client.on("message", (topic, payload, packet) =>
    say({ event: "message", client: name, topic, payload: payload.toString("base64"), qos: packet.qos,
          retain: packet.retain, dup: packet.dup, properties: plain(packet.properties) }));
  client.on("connect", (packet) =>
    say({ event: "connect", client: name, session: packet.sessionPresent, properties: packet.properties ?? null }));
  client.on("disconnect", (packet) => say({ event: "disconnect", client: name, reason: packet.reasonCode }));
  client.on("close", () => say({ event: "close", client: name }));
  client.on("error", (error) => say({ event: "error", client: name, code: error.code ?? null, what: error.message }));
  // What is on the wire: PUBLISH packets, and those of them that do not name their topic.
  client.on("packetreceive", (packet) => {
    if (packet.cmd !== "publish") return;
    wire.received += 1;
    if (packet.topic === "") wire.nameless += 1;
  });
  client.on("packetsend", (packet) => {
    if (packet.cmd === "publish" && packet.topic === "") wire.sent_nameless += 1;
  });
}

// A PUBREL that is sent again after a loss may meet a broker that has forgotten its message, because it is done:
// 3.7.2.1 says that 0x92 is no error then, MQTT.js that it is.
const doneBefore = 0x92;

const published = (client, order, payload) => new Promise((resolve, reject) =>
  client.publish(order.topic, payload, order.options ?? {}, (error, packet) =>
    error && error.code !== doneBefore ? reject(error) : resolve(packet?.reasonCode ?? 0)));

obey({
  connect: ({ client: name, options: given }) => new Promise((resolve, reject) => {
    const wire = { received: 0, nameless: 0, sent_nameless: 0 };
    const client = mqtt.connect(options(given));
    clients.set(name, { client, wire });
    client.once("connect", (packet) => resolve({ session: packet.sessionPresent, properties: packet.properties ?? {} }));
    client.once("error", reject);
    listen(name, client, wire);
  }),
  subscribe: ({ client, filter, options: how }) =>
    new Promise((resolve, reject) => clients.get(client).client.subscribe(filter, how, (error, granted, packet) =>
      packet?.granted ? resolve(packet.granted) : error ? reject(error) : resolve(granted.map((one) => one.qos)))),
  unsubscribe: ({ client, filter }) => new Promise((resolve, reject) =>
    clients.get(client).client.unsubscribe(filter, {}, (error, packet) =>
      error ? reject(error) : resolve(packet?.granted ?? null))),
  publish: (order) => published(clients.get(order.client).client, order, Buffer.from(order.payload, "base64")),
  // Numbers from `first` on, each a message; answered when all are acknowledged.
  flow: async (order) => {
    const { client } = clients.get(order.client);
    const all = [];
    for (let n = order.first; n < order.first + order.count; ++n) {
      all.push(published(client, order, String(n)));
    }
    await Promise.all(all);
  },
  wire: ({ client }) => clients.get(client).wire,
  // Where it is to be sought from now on.
  move: ({ client, port }) => {
    clients.get(client).client.options.port = port;
  },
  vanish: ({ client }) => clients.get(client).client.stream.destroy(),
  leave: ({ client: name, reason, force }) => new Promise((resolve) => {
    const { client } = clients.get(name);
    client.end(force ?? false, reason === undefined ? {} : { reasonCode: reason }, () => resolve());
  }),
});
