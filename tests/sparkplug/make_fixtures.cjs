// SPDX-License-Identifier: Apache-2.0
// Writes fixtures/*.bin with the codec of Eclipse Tahu's JavaScript client. They are committed; run
// this again (npm ci --ignore-scripts && npm run fixtures) only to change them.
const fs = require("node:fs");
const path = require("node:path");
const Long = require("long");
const codec = require("sparkplug-payload").get("spBv1.0");

const time = 1700000000000;
const at = (ms) => Long.fromNumber(time + ms, true);

const control = [
  { name: "bdSeq", timestamp: at(0), value: Long.fromNumber(7, true), type: "Int64" },
  { name: "Node Control/Rebirth", timestamp: at(0), value: false, type: "Boolean" },
];

const fixtures = {
  nbirth: {
    timestamp: at(0),
    seq: 0,
    metrics: [
      ...control,
      { name: "Temperature", alias: 1, timestamp: at(0), value: 21.5, type: "Double",
        properties: { engUnit: { type: "String", value: "Cel" },
                      Quality: { type: "Int32", value: 192 } } },
      { name: "Properties/Vendor", alias: 2, timestamp: at(0), value: "Gantry \u00e4", type: "String" },
      { name: "Counter", alias: 3, timestamp: at(0), value: Long.fromString("9007199254740993", true),
        type: "UInt64" },
      { name: "Off", alias: 4, timestamp: at(0), value: null, type: "Int32" },
    ],
  },
  ndata: {
    timestamp: at(1000),
    seq: 1,
    metrics: [
      { alias: 1, timestamp: at(900), value: 22.25, type: "Double" },
      { alias: 4, timestamp: at(950), value: -5, type: "Int32" },
      { alias: 1, timestamp: at(-5000), value: 20, type: "Double", isHistorical: true },
    ],
  },
  dbirth: {
    timestamp: at(1),
    seq: 2,
    metrics: [
      { name: "i8", timestamp: at(1), value: -8, type: "Int8" },
      { name: "i16", timestamp: at(1), value: -16, type: "Int16" },
      { name: "i32", timestamp: at(1), value: -32, type: "Int32" },
      { name: "i64", timestamp: at(1), value: Long.fromString("-9223372036854775808"), type: "Int64" },
      { name: "u8", timestamp: at(1), value: 255, type: "UInt8" },
      { name: "u16", timestamp: at(1), value: 65535, type: "UInt16" },
      { name: "u32", timestamp: at(1), value: 4294967295, type: "UInt32" },
      { name: "u64", timestamp: at(1), value: Long.fromString("9223372036854775807", true), type: "UInt64" },
      { name: "float", timestamp: at(1), value: 0.5, type: "Float" },
      { name: "double", timestamp: at(1), value: 0.1, type: "Double" },
      { name: "bool", timestamp: at(1), value: true, type: "Boolean" },
      { name: "string", timestamp: at(1), value: "text", type: "String" },
      { name: "datetime", timestamp: at(1), value: at(5), type: "DateTime" },
      { name: "text", timestamp: at(1), value: "longer", type: "Text" },
      { name: "uuid", timestamp: at(1), value: "123e4567-e89b-12d3-a456-426614174000", type: "UUID" },
      { name: "bytes", timestamp: at(1), value: new Uint8Array([0, 255, 16]), type: "Bytes" },
      { name: "file", timestamp: at(1), value: new Uint8Array([1, 2]), type: "File",
        metadata: { fileName: "a.bin", size: Long.fromNumber(2, true) } },
      { name: "dataset", timestamp: at(1), type: "DataSet",
        value: { numOfColumns: 3, columns: ["n", "x", "on"], types: ["Int32", "Double", "Boolean"],
                 rows: [[-1, 0.5, true], [2, 1.5, false]] } },
      { name: "template", timestamp: at(1), type: "Template",
        value: { version: "1", templateRef: "motor", isDefinition: false,
                 metrics: [{ name: "speed", timestamp: at(1), value: 1450, type: "Int32" },
                           { name: "state", timestamp: at(1), value: "run", type: "String" }],
                 parameters: [{ name: "poles", type: "Int32", value: 4 }] } },
      { name: "transient", timestamp: at(1), value: 1, type: "Int32", isTransient: true },
    ],
  },
  ndeath: { metrics: [{ name: "bdSeq", value: Long.fromNumber(7, true), type: "Int64" }] },
  ncmd: {
    timestamp: at(2),
    metrics: [{ name: "Node Control/Rebirth", timestamp: at(2), value: true, type: "Boolean" }],
  },
};

for (const [name, payload] of Object.entries(fixtures)) {
  fs.writeFileSync(path.join(__dirname, "fixtures", name + ".bin"), codec.encodePayload(payload));
}
