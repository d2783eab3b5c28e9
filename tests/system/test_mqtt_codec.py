# SPDX-License-Identifier: Apache-2.0
"""Our packets of MQTT beside those of Eclipse Paho: what one writes the other reads, as it was meant."""

import os
import random
import socket
import subprocess

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

ROUNDS = int(os.environ.get("GANTRY_MQTT_ROUNDS", "40"))

# Paho's name and ours of the properties of a message.
MESSAGE = {"PayloadFormatIndicator": "payload_format", "MessageExpiryInterval": "message_expiry",
           "ContentType": "content_type", "ResponseTopic": "response_topic",
           "CorrelationData": "correlation_data"}
CONNECT = {"SessionExpiryInterval": "session_expiry", "ReceiveMaximum": "receive_maximum",
           "MaximumPacketSize": "maximum_packet_size", "TopicAliasMaximum": "topic_alias_maximum",
           "RequestProblemInformation": "request_problem_information",
           "RequestResponseInformation": "request_response_information"}
LEVEL = {paho.MQTTv311: 4, paho.MQTTv5: 5}
WORDS = ["a", "plant", "Müller", "测点", "\U0001f600", "x y", "$q", "0"]


class Dump:
    """Our codec: a line of input, a line of output."""

    def __init__(self):
        program = os.path.join(os.environ["GANTRY_BIN"], "gantry-mqtt-dump")
        self.process = subprocess.Popen([program], text=True, encoding="utf-8",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"it ended at {line!r}"
        return answer.rstrip("\n")

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0


@pytest.fixture(scope="module")
def ours():
    dump = Dump()
    yield dump
    dump.stop()


class Wire:
    """A client of Paho whose socket leads to us."""

    def __init__(self, protocol, **settings):
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, protocol=protocol, **settings)
        mine, self.far = socket.socketpair()
        mine.setblocking(False)
        self.client._sock = mine
        self.version = LEVEL[protocol]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.far.close()
        if self.client._sock:
            self.client._sock.close()
            self.client._sock = None

    def sent(self):
        self.client.loop_write()
        return self.far.recv(1 << 20).hex()

    def give(self, text):
        self.far.sendall(bytes.fromhex(text))
        assert self.client.loop_read() == paho.MQTT_ERR_SUCCESS


def quoted(text):
    data = text if isinstance(text, bytes) else text.encode()
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def topic(rng):
    return "/".join(rng.choice(WORDS) for _ in range(rng.randint(1, 4)))


def properties(rng, packet, names):
    """The same, as Paho has them and as ours are written."""
    theirs, text = Properties(packet), ""
    for name, our_name in names.items():
        if rng.random() < 0.5:
            continue
        if name in ("PayloadFormatIndicator",) or name.startswith("Request"):
            value = rng.randint(0, 1)
        elif name in ("ContentType", "ResponseTopic"):
            value = topic(rng)
        elif name == "CorrelationData":
            value = rng.randbytes(rng.randint(0, 20))
        else:
            value = rng.randint(1, 65535)
        setattr(theirs, name, value)
        text += f" {our_name}={value if isinstance(value, int) else quoted(value)}"
    pairs = [(rng.choice(WORDS), rng.choice(WORDS)) for _ in range(rng.randint(0, 3))]
    if pairs:
        theirs.UserProperty = pairs
    return theirs, text + "".join(f" user={quoted(f'{name}:{value}')}" for name, value in pairs)


def same(ours, version, hex_bytes, text, side="c"):
    """Ours reads it as it was meant: as it reads what it writes itself."""
    mine = ours.ask(f"encode {version} {text}")
    read = ours.ask(f"decode {side}{version} {hex_bytes}")
    assert read == ours.ask(f"decode {side}{version} {mine}")
    assert not read.startswith("refused"), text
    assert len(mine) <= len(hex_bytes), "ours is the shortest"


@pytest.mark.parametrize("protocol", [paho.MQTTv311, paho.MQTTv5])
def test_connect(ours, protocol):
    rng = random.Random(1)
    for _ in range(ROUNDS):
        v5 = protocol == paho.MQTTv5
        name, keep_alive, clean = topic(rng), rng.randint(0, 65535), rng.random() < 0.5
        settings = {} if v5 else {"clean_session": clean}
        with Wire(protocol, client_id=name, **settings) as wire:
            text = f"CONNECT v={wire.version} id={quoted(name)} keep_alive={keep_alive}"
            text += " clean" if clean else ""
            if rng.random() < 0.5:
                wire.client.username_pw_set("user", "päss")
                text += f" user_name=user password={quoted('päss')}"
            if rng.random() < 0.5:
                will, words = properties(rng, PacketTypes.WILLMESSAGE, MESSAGE)
                subject, body = topic(rng), rng.randbytes(rng.randint(1, 300))
                wire.client.will_set(subject, body, 1, True, will if v5 else None)
                text += f" will_topic={quoted(subject)} will_payload={quoted(body)} will_qos=1 will_retain"
                if v5:
                    text += "".join(" will." + word for word in words.split(" ")[1:])
            wire.client._clean_start = clean
            if v5:
                wire.client._connect_properties, words = properties(rng, PacketTypes.CONNECT, CONNECT)
                text += words
            wire.client._send_connect(keep_alive)
            same(ours, wire.version, wire.sent(), text, "f")


@pytest.mark.parametrize("protocol", [paho.MQTTv311, paho.MQTTv5])
def test_publish_both_ways(ours, protocol):
    rng = random.Random(2)
    for _ in range(ROUNDS):
        with Wire(protocol, client_id="a") as wire:
            subject, body = topic(rng), rng.randbytes(rng.choice([1, 50, 200, 20_000]))
            qos, retain = rng.randint(0, 2), rng.random() < 0.5
            theirs, words = properties(rng, PacketTypes.PUBLISH, MESSAGE)
            v5 = protocol == paho.MQTTv5
            wire.client._send_publish(7, subject.encode(), body, qos, retain, False,
                                      paho.MQTTMessageInfo(7), theirs if v5 else None)
            text = f"PUBLISH topic={quoted(subject)} payload={quoted(body)}"
            text += f" qos={qos} id=7" if qos else ""
            text += (" retain" if retain else "") + (words if v5 else "")
            same(ours, wire.version, wire.sent(), text)

            got = []
            wire.client.on_message = lambda *args, kept=got: kept.append(args[2])
            wire.give(ours.ask(f"encode {wire.version} {text}"))
            answers = {1: ["PUBACK id=7"], 2: ["PUBREC id=7"]}.get(qos, [])
            for expected in answers:
                assert ours.ask(f"decode c{wire.version} {wire.sent()}") == expected
            if qos == 2:
                wire.give(ours.ask(f"encode {wire.version} PUBREL id=7"))
                assert ours.ask(f"decode c{wire.version} {wire.sent()}") == "PUBCOMP id=7"
            message, = got
            assert (message.topic, message.payload, message.qos) == (subject, body, qos)
            assert message.retain == retain
            if v5:
                assert message.properties.json() == theirs.json()


@pytest.mark.parametrize("protocol", [paho.MQTTv311, paho.MQTTv5])
def test_subscribe_both_ways(ours, protocol):
    rng = random.Random(3)
    for _ in range(ROUNDS):
        with Wire(protocol, client_id="a") as wire:
            filters = [topic(rng) + rng.choice(["", "/+", "/#"]) for _ in range(rng.randint(1, 4))]
            text, wanted = "", []
            for one in filters:
                qos = rng.randint(0, 2)
                options = f"{qos}"
                if protocol == paho.MQTTv5:
                    local, published, handling = rng.random() < 0.5, rng.random() < 0.5, rng.randint(0, 2)
                    wanted.append((one, SubscribeOptions(qos, local, published, handling)))
                    options += ",nl" * local + ",rap" * published + f",rh{handling}" * (handling > 0)
                else:
                    wanted.append((one, qos))
                text += f" filter={quoted(f'{one}:{options}')}"
            _, number = wire.client.subscribe(wanted)
            same(ours, wire.version, wire.sent(), f"SUBSCRIBE id={number}{text}")

            codes = []
            wire.client.on_subscribe = lambda *args, kept=codes: kept.extend(args[3])
            granted = [rng.choice([0, 1, 2, 0x80]) for _ in filters]
            wire.give(ours.ask(f"encode {wire.version} SUBACK id={number} reasons={bytes(granted).hex()}"))
            assert [code.value for code in codes] == granted

            _, number = wire.client.unsubscribe(filters)
            names = "".join(f" filter={quoted(one)}" for one in filters)
            same(ours, wire.version, wire.sent(), f"UNSUBSCRIBE id={number}{names}")


def test_connack_and_disconnect(ours):
    rng = random.Random(4)
    for _ in range(ROUNDS):
        with Wire(paho.MQTTv5, client_id="a") as wire:
            got = []
            wire.client.on_connect = lambda *args, kept=got: kept.append(args[2:])
            present, expiry, size = rng.random() < 0.5, rng.randint(0, 2**32 - 1), rng.randint(1, 2**28 - 1)
            text = f"session_expiry={expiry} maximum_packet_size={size} assigned_client_id={quoted('ä')}"
            text += f" receive_maximum={rng.randint(1, 65535)} user=n:v"
            wire.give(ours.ask(f"encode 5 CONNACK {'session_present ' if present else ''}{text}"))
            (flags, code, theirs), = got
            assert flags.session_present == present and code.value == 0
            assert theirs.SessionExpiryInterval == expiry and theirs.MaximumPacketSize == size
            assert theirs.AssignedClientIdentifier == "ä" and theirs.UserProperty == [("n", "v")]

            bye = Properties(PacketTypes.DISCONNECT)
            bye.SessionExpiryInterval = expiry
            wire.client._send_disconnect(ReasonCode(PacketTypes.DISCONNECT, identifier=4), bye)
            same(ours, 5, wire.sent(), f"DISCONNECT reason=04 session_expiry={expiry}")


def test_variable_byte_integers(ours):
    """At every length that changes how many bytes the length takes."""
    for size in (0, 1, 120, 121, 122, 123, 124, 125, 126, 127, 128, 16377, 16378, 16379, 16380, 16384):
        with Wire(paho.MQTTv311, client_id="a") as wire:
            wire.client._send_publish(1, b"t", b"x" * size, info=paho.MQTTMessageInfo(1))
            sent = wire.sent()
            assert ours.ask(f"encode 4 PUBLISH topic=t payload={'x' * size}") == sent
            assert ours.ask(f"decode c4 {sent}").startswith("PUBLISH topic=t payload=")
