# SPDX-License-Identifier: Apache-2.0
"""Packets of MQTT 3.1.1 and 5.0 to bytes and back, for tests that must send what no client would."""

import struct

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBSCRIBE, SUBACK, UNSUBSCRIBE, \
    UNSUBACK, PINGREQ, PINGRESP, DISCONNECT, AUTH = range(1, 16)
NAMES = ["", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE",
         "SUBACK", "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "AUTH"]
PING = bytes([PINGREQ << 4, 0])

# Section 2.2.2.2: identifier, name, type.
PROPERTIES = {
    0x01: ("payload_format", "byte"), 0x02: ("message_expiry", "u32"),
    0x03: ("content_type", "text"), 0x08: ("response_topic", "text"),
    0x09: ("correlation_data", "text"), 0x0B: ("subscription_identifier", "varint"),
    0x11: ("session_expiry", "u32"), 0x12: ("assigned_client_identifier", "text"),
    0x13: ("server_keep_alive", "u16"), 0x15: ("authentication_method", "text"),
    0x16: ("authentication_data", "text"), 0x17: ("request_problem_information", "byte"),
    0x18: ("will_delay", "u32"), 0x19: ("request_response_information", "byte"),
    0x1A: ("response_information", "text"), 0x1C: ("server_reference", "text"),
    0x1F: ("reason_string", "text"), 0x21: ("receive_maximum", "u16"),
    0x22: ("topic_alias_maximum", "u16"), 0x23: ("topic_alias", "u16"),
    0x24: ("maximum_qos", "byte"), 0x25: ("retain_available", "byte"),
    0x26: ("user_property", "pair"), 0x27: ("maximum_packet_size", "u32"),
    0x28: ("wildcard_available", "byte"), 0x29: ("subscription_identifier_available", "byte"),
    0x2A: ("shared_available", "byte")}
IDENTIFIERS = {name: (number, kind) for number, (name, kind) in PROPERTIES.items()}
FORMATS = {"byte": ">B", "u16": ">H", "u32": ">I"}


def varint(number):
    out = b""
    while True:
        number, digit = divmod(number, 128)
        out += bytes([digit | (0x80 if number else 0)])
        if not number:
            return out


def text(value):
    data = value if isinstance(value, bytes) else value.encode()
    return struct.pack(">H", len(data)) + data


def properties(**given):
    """Of what may come more than once a list."""
    out = b""
    for name, values in given.items():
        number, kind = IDENTIFIERS[name]
        for value in values if isinstance(values, list) else [values]:
            out += bytes([number])
            if kind in FORMATS:
                out += struct.pack(FORMATS[kind], value)
            elif kind == "varint":
                out += varint(value)
            elif kind == "pair":
                out += text(value[0]) + text(value[1])
            else:
                out += text(value)
    return varint(len(out)) + out


def packet(kind, body, flags=0):
    return bytes([kind << 4 | flags]) + varint(len(body)) + body


def connect(version, client_id, clean, login=None, password=None, will=None, **given):
    """A will: topic, payload, qos, retain, and properties."""
    flags = (0x02 if clean else 0) | (0x80 if login is not None else 0) \
        | (0x40 if password is not None else 0)
    if will:
        flags |= 0x04 | will["qos"] << 3 | (0x20 if will["retain"] else 0)
    body = text("MQTT") + bytes([version, flags]) + b"\0\0"
    if version == 5:
        body += properties(**given)
    body += text(client_id)
    if will:
        if version == 5:
            body += properties(**will.get("properties", {}))
        body += text(will["topic"]) + text(will["payload"])
    for one in (login, password):
        if one is not None:
            body += text(one)
    return packet(CONNECT, body)


def publish(version, topic, payload, qos=0, retain=False, dup=False, number=0, **given):
    body = text(topic) + (struct.pack(">H", number) if qos else b"")
    if version == 5:
        body += properties(**given)
    return packet(PUBLISH, body + payload, dup << 3 | qos << 1 | retain)


def acknowledge(kind, number, reason=0):
    body = struct.pack(">H", number) + (bytes([reason]) if reason else b"")
    return packet(kind, body, 2 if kind == PUBREL else 0)


def subscribe(version, number, filters, **given):
    """Filters: pairs of a filter and its options."""
    body = struct.pack(">H", number) + (properties(**given) if version == 5 else b"")
    return packet(SUBSCRIBE, body + b"".join(text(one) + bytes([options])
                                             for one, options in filters), 2)


def unsubscribe(version, number, filters):
    body = struct.pack(">H", number) + (properties() if version == 5 else b"")
    return packet(UNSUBSCRIBE, body + b"".join(map(text, filters)), 2)


def disconnect(version, reason=0, **given):
    if version == 4 or (reason == 0 and not given):
        return packet(DISCONNECT, b"")
    return packet(DISCONNECT, bytes([reason]) + (properties(**given) if given else b""))


class Cursor:
    def __init__(self, data):
        self.data = data

    def take(self, count):
        assert len(self.data) >= count, "a packet of the server ends too early"
        out, self.data = self.data[:count], self.data[count:]
        return out

    def number(self, kind):
        return struct.unpack(FORMATS[kind], self.take(struct.calcsize(FORMATS[kind])))[0]

    def varint(self):
        out = shift = 0
        while True:
            digit = self.number("byte")
            out |= (digit & 0x7F) << shift
            shift += 7
            if digit < 0x80:
                return out

    def text(self):
        return self.take(self.number("u16"))

    def properties(self):
        out = {}
        rest = Cursor(self.take(self.varint()))
        while rest.data:
            name, kind = PROPERTIES[rest.number("byte")]
            if kind in FORMATS:
                value = rest.number(kind)
            elif kind == "varint":
                value = rest.varint()
            elif kind == "pair":
                value = (rest.text().decode(), rest.text().decode())
            else:
                value = rest.text().decode()
            if name in ("user_property", "subscription_identifier"):
                out.setdefault(name, []).append(value)
            else:
                assert name not in out, name + " comes twice"
                out[name] = value
        return out


def whole_packet(data):
    """Of the first packet: its first byte, its body, what comes behind it. None: not all there."""
    length = shift = 0
    for at in range(1, 5):
        if len(data) <= at:
            return None
        length |= (data[at] & 0x7F) << shift
        shift += 7
        if data[at] < 0x80:
            if len(data) < at + 1 + length:
                return None
            return data[0], data[at + 1:at + 1 + length], data[at + 1 + length:]
    raise AssertionError("the server sent a length of five bytes")


def read(version, first, body):
    """A packet of a server, as a dictionary."""
    kind, rest = first >> 4, Cursor(body)
    out = {"kind": kind}
    if kind == CONNACK:
        out["session"] = rest.number("byte")
        out["reason"] = rest.number("byte")
    elif kind == PUBLISH:
        out |= {"dup": first >> 3 & 1, "qos": first >> 1 & 3, "retain": first & 1,
                "topic": rest.text().decode()}
        if out["qos"]:
            out["number"] = rest.number("u16")
    elif kind in (PUBACK, PUBREC, PUBREL, PUBCOMP):
        out["number"] = rest.number("u16")
        out["reason"] = rest.number("byte") if rest.data else 0
    elif kind in (SUBACK, UNSUBACK):
        out["number"] = rest.number("u16")
    elif kind in (DISCONNECT, AUTH):
        assert version == 5, "3.1.1 has no such packet of a server"
        out["reason"] = rest.number("byte") if rest.data else 0
    else:
        assert kind == PINGRESP, f"a server does not send {NAMES[kind]}"
    # A CONNACK that refuses a version may be of another one.
    has_properties = version == 5 and kind in (PUBLISH, SUBACK, UNSUBACK) \
        or rest.data and kind in (CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, DISCONNECT, AUTH)
    out["properties"] = rest.properties() if has_properties else {}
    if kind == PUBLISH:
        out["payload"] = rest.data
    elif kind in (SUBACK, UNSUBACK):
        out["codes"] = list(rest.data)
    else:
        assert not rest.data, f"{NAMES[kind]} is longer than it should be"
    return out
