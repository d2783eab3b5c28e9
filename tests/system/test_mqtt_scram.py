# SPDX-License-Identifier: Apache-2.0
"""Enhanced authentication of MQTT 5.0 (4.12) by SCRAM-SHA-256. No MQTT client that we know of does
it: packets and properties are Paho's, the client's side of SCRAM is scramp's."""

import contextlib
import os
import pathlib
import socket
import struct

import pytest
import scramp
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gantryd_process import wait_until
from test_mqtt import Door, counter

METHOD = "SCRAM-SHA-256"
CONTINUE, ANEW = 0x18, 0x19


class Raw:
    """A connection of MQTT 5.0, packet by packet."""

    def __init__(self, door):
        self.socket = socket.create_connection(("127.0.0.1", door.port), timeout=60)
        self.bytes = b""

    def send(self, packet, body):
        length, rest = b"", len(body)
        while True:
            length += bytes([rest % 128 | (0x80 if rest >= 128 else 0)])
            rest //= 128
            if rest == 0:
                break
        self.socket.sendall(bytes([packet]) + length + body)

    def connect(self, method=METHOD, data=None, user=None, client_id="raw", expiry=0):
        properties = Properties(PacketTypes.CONNECT)
        if method:
            properties.AuthenticationMethod = method
        if data is not None:
            properties.AuthenticationData = data
        properties.SessionExpiryInterval = expiry
        user = b"" if user is None else text(user)
        self.send(0x10, b"\x00\x04MQTT\x05" + bytes([0x02 | (0x80 if user else 0)]) + b"\x00\x00"
                  + properties.pack() + text(client_id) + user)

    def auth(self, reason, data=None, method=METHOD):
        properties = Properties(PacketTypes.AUTH)
        if method:
            properties.AuthenticationMethod = method
        if data is not None:
            properties.AuthenticationData = data
        self.send(0xf0, bytes([reason]) + properties.pack())

    def take(self, count):
        while len(self.bytes) < count:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError
            self.bytes += more
        out, self.bytes = self.bytes[:count], self.bytes[count:]
        return out

    def next(self):
        """Type, reason and properties of the next packet; of a PUBLISH its body."""
        kind = self.take(1)[0] >> 4
        length = shift = 0
        while True:
            byte = self.take(1)[0]
            length |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
        body = self.take(length)
        if kind == PacketTypes.CONNACK:
            return kind, body[1], unpacked(kind, body[2:])
        if kind in (PacketTypes.AUTH, PacketTypes.DISCONNECT):
            return kind, body[0] if body else 0, unpacked(kind, body[1:])
        return kind, None, body

    def ended(self):
        try:
            self.take(1)
        except (EOFError, ConnectionResetError):
            return True
        return False

    def alive(self):
        self.send(0xc0, b"")
        return self.next()[0] == PacketTypes.PINGRESP


def text(value):
    return struct.pack(">H", len(value.encode())) + value.encode()


def unpacked(kind, data):
    out = Properties(kind)
    if data:
        out.unpack(data)
    return out


def scram(login, token):
    return scramp.ScramClient([METHOD], login, token)


def first(client):
    return client.get_client_first().encode()


def final(client, properties):
    assert properties.AuthenticationMethod == METHOD
    client.set_server_first(properties.AuthenticationData.decode())
    return client.get_client_final().encode()


def prove(raw, login, token, anew=False, **more):
    """An exchange up to its end, checked; the packet with which it ends otherwise."""
    client = scram(login, token)
    raw.auth(ANEW, first(client)) if anew else raw.connect(data=first(client), **more)
    kind, reason, properties = raw.next()
    if kind != PacketTypes.AUTH or reason != CONTINUE:
        return kind, reason
    raw.auth(CONTINUE, final(client, properties))
    kind, reason, properties = raw.next()
    if reason == 0:
        assert properties.AuthenticationMethod == METHOD
        client.set_server_final(properties.AuthenticationData.decode())
    return kind, reason


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("scram")))
    made.token = made.principal("plc")["token"]
    yield made
    made.node.stop()


def test_who_proves_its_token_is_in(door):
    """[MQTT-4.12.0-2] [MQTT-4.12.0-3] [MQTT-4.12.0-5]"""
    raw = Raw(door)
    assert prove(raw, "plc", door.token, client_id="proves") == (PacketTypes.CONNACK, 0)
    raw.send(0x82, b"\x00\x01\x00" + text("scram/#") + b"\x00")
    assert raw.next()[0] == PacketTypes.SUBACK
    raw.send(0x30, text("scram/a") + b"\x00hello")
    assert raw.next()[2].endswith(b"hello")
    listed = {one["client_id"]: one for one in door.api.get("/v1/broker/sessions")["items"]}
    assert listed["proves"]["login"] == "plc"
    assert door.token not in door.node.log_text()
    same = Raw(door)
    assert prove(same, "plc", door.token, user="plc", client_id="says it twice")[1] == 0


def test_who_does_not_is_not(door):
    """[MQTT-4.12.0-4] Whether there is such a login shows nowhere."""
    door.principal("tried")
    for login, token in (("tried", "gty_" + "x" * 43), ("tried", door.token),
                         ("nobody", door.token)):
        raw = Raw(door)
        assert prove(raw, login, token) == (PacketTypes.CONNACK, 0x86)
        assert raw.ended()
    raw = Raw(door)
    assert prove(raw, "plc", door.token, user="admin") == (PacketTypes.CONNACK, 0x86)
    for data in (b"", b"n,,", b"n,,n=plc", b"p=tls-server-end-point,,n=plc,r=x",
                 b"n,a=admin,n=plc,r=x", b"n,,n=\xff,r=x", os.urandom(200)):
        raw = Raw(door)
        raw.connect(data=data)
        kind, reason, _ = raw.next()
        assert (kind, reason) == (PacketTypes.CONNACK, 0x87), data
        assert raw.ended()
    raw = Raw(door)
    client = scram("plc", door.token)
    raw.connect(data=first(client))
    answer = final(client, raw.next()[2])
    raw.auth(CONTINUE, answer.replace(b"c=biws", b"c=eSws"))
    assert raw.next()[1] in (0x86, 0x87)
    assert raw.ended()
    # Nobody's tenant is known, so no tenant sees it; the audit log on the disk has it.
    audit = b"".join(path.read_bytes() for path in pathlib.Path(door.folder, "data", "audit").iterdir()
                     if path.is_file())
    assert b"tried" in audit and b"mqtt: reason code 0x86" in audit


def test_another_method_is_refused(door):
    """[MQTT-4.12.0-1]"""
    for method in ("SCRAM-SHA-1", "scram-sha-256", "GS2-KRB5"):
        raw = Raw(door)
        raw.connect(method=method, data=b"n,,n=plc,r=x")
        assert raw.next()[:2] == (PacketTypes.CONNACK, 0x8c)
        assert raw.ended()


def test_the_rules_between_connect_and_connack(door):
    """[MQTT-4.12.0-3] [MQTT-4.12.0-5] [MQTT-3.1.2-30]"""
    for wrong in (lambda raw: raw.auth(CONTINUE, b"c=biws", method="SCRAM-SHA-1"),
                  lambda raw: raw.auth(ANEW, b"c=biws"),
                  lambda raw: raw.send(0xc0, b""),
                  lambda raw: raw.send(0x30, text("a") + b"\x00x")):
        raw = Raw(door)
        raw.connect(data=first(scram("plc", door.token)))
        assert raw.next()[:2] == (PacketTypes.AUTH, CONTINUE)
        wrong(raw)
        assert raw.next()[:2] == (PacketTypes.CONNACK, 0x82)
        assert raw.ended()
    raw = Raw(door)
    raw.connect(data=first(scram("plc", door.token)))
    raw.next()
    with contextlib.suppress(OSError):
        raw.send(0xf0, b"\x18" + b"x" * 100_000)
    assert raw.ended()
    gone = Raw(door)
    gone.connect(data=first(scram("plc", door.token)))
    gone.next()
    gone.send(0xe0, b"")
    assert gone.ended()


def test_without_a_method_there_is_no_auth(door):
    """[MQTT-4.12.0-6] [MQTT-4.12.0-7]"""
    raw = Raw(door)
    properties = b"\x00"
    raw.send(0x10, b"\x00\x04MQTT\x05\xc2\x00\x00" + properties + text("plain") + text("plc")
             + text(door.token))
    kind, reason, answer = raw.next()
    assert (kind, reason) == (PacketTypes.CONNACK, 0)
    assert not hasattr(answer, "AuthenticationMethod")
    raw.auth(ANEW, first(scram("plc", door.token)))
    assert raw.next()[:2] == (PacketTypes.DISCONNECT, 0x82)
    assert raw.ended()


def test_a_machine_goes_over_to_its_next_token(door):
    """[MQTT-4.12.1-1] Without losing its connection, though the one that it came with ends."""
    old = door.principal("rotates")
    new = door.api.create("/v1/tokens", {"name": "next", "principal": "rotates"})
    raw = Raw(door)
    assert prove(raw, "rotates", old["token"], client_id="rotates")[1] == 0
    assert prove(raw, "rotates", new["token"], anew=True) == (PacketTypes.AUTH, 0)
    other = Raw(door)
    assert prove(other, "rotates", old["token"], client_id="does not")[1] == 0
    door.api.call("DELETE", "/v1/tokens/" + old["id"])
    assert other.next()[:2] == (PacketTypes.DISCONNECT, 0x87)
    assert raw.alive()
    # Between the question and the answer it may go on.
    client = scram("rotates", new["token"])
    raw.auth(ANEW, first(client))
    kind, reason, properties = raw.next()
    assert (kind, reason) == (PacketTypes.AUTH, CONTINUE)
    assert raw.alive()
    raw.auth(CONTINUE, final(client, properties))
    assert raw.next()[:2] == (PacketTypes.AUTH, 0)
    door.api.call("DELETE", "/v1/tokens/" + new["id"])
    assert raw.next()[:2] == (PacketTypes.DISCONNECT, 0x87)


def test_failing_to_authenticate_anew_ends_the_connection(door):
    """[MQTT-4.12.1-2] So does becoming somebody else."""
    door.principal("forgets")
    token = door.api.create("/v1/tokens", {"name": "x", "principal": "forgets"})["token"]
    for login, shown in (("forgets", "gty_" + "x" * 43), ("plc", door.token)):
        raw = Raw(door)
        assert prove(raw, "forgets", token, client_id="forgets")[1] == 0
        assert prove(raw, login, shown, anew=True) == (PacketTypes.DISCONNECT, 0x87)
        assert raw.ended()
    raw = Raw(door)
    assert prove(raw, "forgets", token, client_id="forgets")[1] == 0
    raw.auth(ANEW, b"nonsense")
    assert raw.next()[:2] == (PacketTypes.DISCONNECT, 0x87)
    before = counter(door, "gantry_mqtt_connections")
    assert raw.ended()
    wait_until(lambda: counter(door, "gantry_mqtt_connections") <= before, "it to be gone")


def test_too_many_wrong_proofs_are_held_up(door):
    door.principal("guessed")
    for _ in range(50):
        if prove(Raw(door), "guessed", "gty_" + "x" * 43)[1] == 0x9f:
            break
    else:
        raise AssertionError("one may guess for ever")
