# SPDX-License-Identifier: Apache-2.0
"""Scripts of several MQTT clients, made from a seed. A script is a list of steps, (what, client,
fields); a step that makes no sense where it stands, because its client is not connected, is passed
over, so that any part of a script is one.

Clients a and b may keep their sessions. c and d do not, and share subscriptions to topics below
`~s`, which nobody else subscribes to: which member gets a message is the broker's choice. The will
of a client has the topic ~ and its name, to which it does not subscribe itself: whether it is still
there to get its own is the broker's choice, too.

Where subscriptions overlap brokers may send one message or several, so clients that say late what
they have got, or that take few at a time, have some that do not."""

import random
import struct

import mqtt_wire as wire

LASTING = ("a", "b")
PASSING = ("c", "d")
TOPICS = ["", "a", "a/b", "a/b/c", "b//c", "b/", "/a", "a/b/c/d"]
FILTERS = ["#", "+", "a", "a/#", "a/+", "+/b", "+/+", "a/b/#", "a/+/c", "+/b/#", "b//c", "b/+/c", "/+",
           "+/#", "a/b/c/#", ""]
# Each topic matches at most one of a set.
FILTER_SETS = [FILTERS, ["a", "a/b", "a/b/c/#", "b/+/c", "b/", "/+", ""], ["#"]]
SHARED_TOPICS = ["~s/x", "~s/x/y"]
SHARED = [("g", "~s/#"), ("g", "~s/x"), ("h", "~s/+")]
STEPS = 40


def bad_texts(version):
    """Packets with what no topic and no filter may be, on a connection that is open."""
    def pub(topic):
        return wire.publish(version, topic, b"bad", 1, number=9000)

    def sub(filter_, options=1):
        return wire.subscribe(version, 9001, [(filter_, options)])

    return {
        "publish to a wildcard": pub("x/+"), "publish to #": pub("#"),
        "publish to nothing": pub(""), "publish to U+0000": pub("a\0b"),
        "publish to what is no UTF-8": pub(b"a\xff"),
        "publish to a surrogate": pub(b"a\xed\xa0\x80"),
        "subscribe to nothing": sub(""), "subscribe to a#": sub("a#"),
        "subscribe to #/a": sub("#/a"), "subscribe to a+": sub("a+/b"),
        "subscribe to U+0000": sub("a\0b"), "subscribe with QoS 3": sub("q", 3),
        "subscribe with reserved bits": sub("q", 0xC0),
        "unsubscribe from a#": wire.unsubscribe(version, 9002, ["a#"]),
        "unsubscribe from nothing": wire.unsubscribe(version, 9002, [""])}


def bad_shapes(version):
    """Packets that are malformed or out of order."""
    none = wire.properties() if version == 5 else b""
    return {
        "a second CONNECT": wire.connect(version, "again", True),
        "CONNACK of a client": wire.packet(wire.CONNACK, b"\0\0" + none),
        "SUBACK of a client": wire.packet(wire.SUBACK, b"\0\1" + none + b"\0"),
        "PINGRESP of a client": wire.packet(wire.PINGRESP, b""),
        "packet type 0": b"\0\0",
        "PUBLISH of QoS 3": wire.packet(wire.PUBLISH, wire.text("t") + b"\0\1" + none, 6),
        "PUBLISH of QoS 0 with DUP": wire.packet(wire.PUBLISH, wire.text("t") + none, 8),
        "PUBLISH with identifier 0": wire.publish(version, "t", b"", 1, number=0),
        "SUBSCRIBE with identifier 0": wire.subscribe(version, 0, [("t", 0)]),
        "SUBSCRIBE without filters": wire.subscribe(version, 9003, []),
        "UNSUBSCRIBE without filters": wire.unsubscribe(version, 9003, []),
        "SUBSCRIBE with flags 0": wire.packet(wire.SUBSCRIBE, b"\0\1" + none + wire.text("t") + b"\0"),
        "PUBREL with flags 0": wire.packet(wire.PUBREL, b"\0\1"),
        "PINGREQ with flags": wire.packet(wire.PINGREQ, b"", 1),
        "PINGREQ with a body": wire.packet(wire.PINGREQ, b"x"),
        "a length of five bytes": b"\x30\xff\xff\xff\xff\x01",
        "DISCONNECT with flags": wire.packet(wire.DISCONNECT, b"", 1),
        "PUBACK that nobody waits for": wire.acknowledge(wire.PUBACK, 7777),
        "PUBREC that nobody waits for": wire.acknowledge(wire.PUBREC, 7777),
        "PUBREL that nobody waits for": wire.acknowledge(wire.PUBREL, 7777),
        "PUBCOMP that nobody waits for": wire.acknowledge(wire.PUBCOMP, 7777)}


def bad_of_5():
    """What only 5.0 has."""
    def pub(properties, topic="t"):
        return wire.packet(wire.PUBLISH, wire.text(topic) + properties + b"x")

    def sub(filter_, options=0, **given):
        return wire.subscribe(5, 9004, [(filter_, options)], **given)

    twice = wire.properties(message_expiry=1)[1:] * 2
    return {
        "AUTH without a method": wire.packet(wire.AUTH, b""),
        "an alias of 0": pub(wire.properties(topic_alias=0)),
        "an alias above the maximum": pub(wire.properties(topic_alias=0xFFFF)),
        "an alias that was not made": pub(wire.properties(topic_alias=1), ""),
        "a property twice": pub(bytes([len(twice)]) + twice),
        "a property that there is not": pub(b"\x02\x7e\x00"),
        "a property of CONNECT in PUBLISH": pub(wire.properties(session_expiry=1)),
        "properties longer than the packet": wire.packet(wire.PUBLISH, wire.text("t") + b"\x10"),
        "a subscription identifier in PUBLISH": pub(wire.properties(subscription_identifier=1)),
        "a response topic with a wildcard": pub(wire.properties(response_topic="a/#")),
        "a payload format of 2": pub(wire.properties(payload_format=2)),
        "subscription identifier 0": sub("t", subscription_identifier=0),
        "two subscription identifiers": sub("t", subscription_identifier=[1, 2]),
        "retain handling 3": sub("t", 0x30),
        "a share without a name": sub("$share//t"), "a share without a filter": sub("$share/g"),
        "a share whose filter is empty": sub("$share/g/"),
        "a share with a wildcard in its name": sub("$share/g+/t"),
        "no local of a share": sub("$share/g/t", 0x04),
        "DISCONNECT with a reason of servers": wire.disconnect(5, 0x8E),
        "DISCONNECT with a reason that there is not": wire.disconnect(5, 0x05),
        "PUBACK with a reason that there is not": wire.packet(wire.PUBACK, b"\0\1\x05")}


def bad_starts():
    """What a connection may not begin with."""
    def raw(level=4, flags=2, name="MQTT", rest=b"\0\0" + wire.text("bad")):
        return wire.packet(wire.CONNECT, wire.text(name) + bytes([level, flags]) + rest)

    five = struct.pack(">H", 0)
    return {
        "PINGREQ first": wire.PING, "PUBLISH first": wire.publish(4, "t", b""),
        "SUBSCRIBE first": wire.subscribe(4, 1, [("t", 0)]),
        "another protocol": raw(name="MQXX"), "version 3": raw(level=3), "version 6": raw(level=6),
        "the reserved flag": raw(flags=3), "a will QoS without a will": raw(flags=0x0A),
        "a will to keep without a will": raw(flags=0x22),
        "a will of QoS 3": raw(flags=0x1E, rest=b"\0\0" + wire.text("bad") + wire.text("w") * 2),
        "a password without a name (3.1.1)": raw(flags=0x42, rest=b"\0\0" + wire.text("bad") * 2),
        "no client identifier and no clean session": raw(flags=0, rest=b"\0\0" + wire.text("")),
        "a client identifier with U+0000": raw(rest=b"\0\0" + wire.text("a\0b")),
        "a CONNECT that ends early": wire.packet(wire.CONNECT, wire.text("MQTT") + b"\x04\x02"),
        "a CONNECT that is too long": raw(rest=b"\0\0" + wire.text("bad") + b"x"),
        "receive maximum 0": raw(5, rest=five + wire.properties(receive_maximum=0) + wire.text("bad")),
        "a maximum packet size of 0":
            raw(5, rest=five + wire.properties(maximum_packet_size=0) + wire.text("bad")),
        "a session expiry twice": raw(5, rest=five + bytes([10]) + wire.properties(
            session_expiry=1)[1:] * 2 + wire.text("bad")),
        "authentication data without a method":
            raw(5, rest=five + wire.properties(authentication_data="x") + wire.text("bad"))}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.filters = self.random.choice(FILTER_SETS)
        self.versions = {one: self.random.choice([4, 5]) for one in (*LASTING, *PASSING)}
        self.renews = self.chance(0.3)
        self.connected = set()
        self.lasts = {}
        self.options = {}
        self.payloads = 0

    @property
    def apart(self):
        """Whether subscriptions do not overlap."""
        return self.filters is not FILTERS

    def script(self):
        everybody = (*LASTING, *PASSING)
        steps = [self.connect(one) for one in everybody]
        steps += [self.subscribe(one) for one in everybody]
        while len(steps) < STEPS:
            steps.append(self.step())
        return steps

    def chance(self, part):
        return self.random.random() < part

    def step(self):
        client = self.random.choice((*LASTING, *PASSING))
        if client not in self.connected:
            others = sorted(self.connected)
            if client in PASSING or not others or self.chance(0.3):
                return self.connect(client)
            client = self.random.choice(others)  # and messages wait for who is away
        kinds = {self.publish: 34, self.subscribe: 22, self.unsubscribe: 6, self.connect: 6,
                 self.drop: 7, self.leave: 6, self.twice: 4, self.acknowledge: 12, self.bad: 4,
                 self.bad_start: 2}
        make = self.random.choices(list(kinds), list(kinds.values()))[0]
        return make(client)

    def payload(self):
        self.payloads += 1
        return str(self.payloads)

    def connect(self, client):
        self.connected.add(client)
        if client in LASTING and self.renews and self.chance(0.4):
            # As a machine whose software is renewed, and keeps its session.
            self.versions[client] = 9 - self.versions[client]
        version = self.versions[client]
        fields = {"version": version, "clean": client in PASSING or self.chance(0.3)}
        if version == 5 and client in LASTING and self.chance(0.8):
            fields["session_expiry"] = self.random.choice([100_000, 0xFFFFFFFF])
        self.lasts[client] = "session_expiry" in fields if version == 5 else not fields["clean"]
        if version == 5 and client in LASTING and self.apart and self.chance(0.3):
            fields["receive_maximum"] = self.random.choice([1, 2, 3])
        if self.chance(0.4):
            fields["will"] = {"topic": "~" + client, "payload": self.payload(),
                              "qos": self.random.randrange(3), "retain": self.chance(0.3)}
            if version == 5:
                given = self.message_properties()
                fields["will"]["properties"] = {key: value for key, value in given.items()
                                                if key != "message_expiry" or value > 0}
        return ("connect", client, fields)

    def publish(self, client):
        topic = self.random.choice(SHARED_TOPICS if self.chance(0.2) else TOPICS)
        fields = {"topic": topic, "qos": self.random.randrange(3), "payload": self.payload(),
                  "retain": self.chance(0.3)}
        if fields["retain"] and self.chance(0.3):
            fields["payload"] = ""
        if self.versions[client] == 5:
            fields["properties"] = self.message_properties()
        return ("publish", client, fields)

    def message_properties(self):
        expiries = [100_000, 0xFFFFFFFF] if self.apart else [0, 100_000]
        some = {"message_expiry": self.random.choice(expiries),
                "user_property": [("k", "v"), ("k", "w"), ("", "")], "content_type": "text/plain",
                "response_topic": "answers", "correlation_data": "c", "payload_format": 1}
        return {name: value for name, value in some.items() if self.chance(0.15)}

    def subscribe(self, client):
        five = self.versions[client] == 5
        if client in PASSING and self.chance(0.7):
            group, filter_ = self.random.choice(SHARED)
            # Of one QoS, so that it does not matter which member gets a message.
            return ("subscribe", client, {"filters": [(filter_, 1)], "group": group})
        filters = []
        for filter_ in self.some_filters(client):
            options = self.random.randrange(3)
            if five:
                options |= self.lasting_options(client, filter_) \
                    | self.random.choice([0, 0, 1, 2]) << 4
            filters.append((filter_, options))
        fields = {"filters": filters}
        if five and self.chance(0.5):
            fields["identifier"] = self.random.choice([1, 2, 127, 128, 268_435_455])
        return ("subscribe", client, fields)

    def lasting_options(self, client, filter_):
        """No local, retain as published: Mosquitto does not change them when somebody subscribes
        again, which test_subscribing_again_replaces_all_options is about."""
        if self.renews:
            return 0  # a subscription of 3.1.1 has none
        if (client, filter_) not in self.options:
            self.options[client, filter_] = self.chance(0.2) << 2 | self.chance(0.3) << 3
        return self.options[client, filter_]

    def some_filters(self, client):
        there = self.filters + ["~" + other for other in (*LASTING, *PASSING) if other != client]
        return self.random.sample(there, self.random.choice([1, 1, 1, 2, 3]))

    def unsubscribe(self, client):
        return ("unsubscribe", client, {"filters": self.some_filters(client)})

    def drop(self, client):
        self.connected.discard(client)
        return ("drop", client, {})

    def leave(self, client):
        self.connected.discard(client)
        fields = {}
        if self.versions[client] == 5 and self.chance(0.4):
            fields["reason"] = self.random.choice([0, 4])
            if self.chance(0.5):
                fields["session_expiry"] = self.random.choice([0, 5000])
        return ("leave", client, fields)

    def twice(self, client):
        """A message of QoS 2 that is sent again before it is released, maybe after a loss."""
        fields = {"topic": self.random.choice(TOPICS), "payload": self.payload(), "lose": False}
        if self.lasts[client] and self.chance(0.5):
            fields |= {"lose": True, "again": {"clean": False}}
            if self.versions[client] == 5:
                fields["again"]["session_expiry"] = 100_000
        return ("twice", client, fields)

    def acknowledge(self, client):
        """Whether a client says that it has got what it gets."""
        what = self.random.choice(["hold", "hold", "say", "release"])
        return (what if client in LASTING and self.apart else "release", client, {})

    def bad(self, client):
        self.connected.discard(client)
        version = self.versions[client]
        all_ = {**bad_texts(version), **bad_shapes(version), **(bad_of_5() if version == 5 else {})}
        name = self.random.choice(sorted(all_))
        return ("bad", client, {"name": name, "bytes": all_[name].hex()})

    def bad_start(self, _):
        all_ = bad_starts()
        name = self.random.choice(sorted(all_))
        return ("bad start", "x", {"name": name, "bytes": all_[name].hex()})


def subscribing_again(before, after):
    """With other options."""
    return [("connect", "a", {"version": 5, "clean": True}),
            ("connect", "b", {"version": 5, "clean": True}),
            ("subscribe", "a", {"filters": [("a", before | 1)], "identifier": 1}),
            ("subscribe", "a", {"filters": [("a", after | 1)], "identifier": 2}),
            *(("publish", client, {"topic": "a", "qos": 1, "payload": client, "retain": True})
              for client in ("a", "b"))]


def every_bad_thing():
    """One script each: what is not allowed, so that none depends on a seed."""
    for version in (4, 5):
        all_ = {**bad_texts(version), **bad_shapes(version), **(bad_of_5() if version == 5 else {})}
        for name, bytes_ in all_.items():
            will = {"topic": "a", "payload": "will", "qos": 1, "retain": False}
            yield f"{name} ({version})", [
                ("connect", "b", {"version": 5, "clean": True}),
                ("subscribe", "b", {"filters": [("#", 1)]}),
                ("connect", "a", {"version": version, "clean": True, "will": will}),
                ("bad", "a", {"name": name, "bytes": bytes_.hex()})]
    for name, bytes_ in bad_starts().items():
        yield name, [("bad start", "x", {"name": name, "bytes": bytes_.hex()})]
