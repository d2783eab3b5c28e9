# SPDX-License-Identifier: Apache-2.0
"""Decodes registers by what the map declares, from the definition of the four orders and not by the
plant's own code. Where pymodbus has the order too, it decodes beside it and must agree."""

import struct

from pymodbus.client import ModbusTcpClient

FORMATS = {"i16": ">h", "u16": ">H", "i32": ">i", "u32": ">I", "i64": ">q", "u64": ">Q",
           "f32": ">f", "f64": ">d"}
TYPES = {"i16": "INT16", "u16": "UINT16", "i32": "INT32", "u32": "UINT32", "i64": "INT64",
         "u64": "UINT64", "f32": "FLOAT32", "f64": "FLOAT64"}


def big_endian(registers, order):
    words = [struct.pack(">H", word) for word in registers]
    if order in ("CDAB", "DCBA"):
        words.reverse()
    if order in ("BADC", "DCBA"):
        words = [word[::-1] for word in words]
    return b"".join(words)


def decode(point, registers):
    """The value of a point in engineering units."""
    kind, order = point["type"], point["order"]
    if kind == "bool":
        return bool(registers[0])
    if kind.startswith("u16."):
        return bool(registers[0] >> int(kind[4:]) & 1)
    if kind.startswith("str"):
        return big_endian(registers, order).split(b"\0")[0].decode("ascii")
    raw = struct.unpack(FORMATS[kind], big_endian(registers, order))[0]
    if order in ("ABCD", "CDAB"):
        words = {"ABCD": "big", "CDAB": "little"}[order]
        theirs = ModbusTcpClient.convert_from_registers(
            registers, ModbusTcpClient.DATATYPE[TYPES[kind]], word_order=words)
        assert theirs == raw, (point["key"], theirs, raw)
    if point["scale"] == 1 and point["offset"] == 0:
        return raw
    return raw * point["scale"] + point["offset"]


def encode(point, value):
    """The registers of a value, to write it."""
    kind, order = point["type"], point["order"]
    if kind.startswith("str"):
        data = value.encode("ascii").ljust(2 * point["count"], b"\0")
        return list(struct.unpack(f">{point['count']}H", data))
    raw = (value - point["offset"]) / point["scale"]
    if kind[0] != "f":
        raw = round(raw)
    data = struct.pack(FORMATS[kind], raw)
    words = list(struct.unpack(f">{len(data) // 2}H", data))
    # Each order undoes itself.
    return list(struct.unpack(f">{len(words)}H", big_endian(words, order)))
