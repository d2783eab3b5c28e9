# SPDX-License-Identifier: Apache-2.0
"""What the world does to the MQTT broker: a full disk, a disk that fails."""

import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import pytest

import mqtt_wire as wire
from gantryd_process import wait_until
from mqtt_door import Door

STORE = '[store]\njournal_file_bytes = 8388608\nmemtable_bytes = 4194304\n'
MESSAGE_BYTES = 20_000
MESSAGES = 1200
UNAVAILABLE = 0x88


class Client:
    """A connection, and what came over it."""

    def __init__(self, door, client_id, clean=True, **given):
        self.socket = socket.create_connection(("127.0.0.1", door.port), timeout=120)
        self.buffer = b""
        self.socket.sendall(wire.connect(5, client_id, clean, "plc", door.token, **given))
        self.connack = self.read()

    def read(self):
        """The next packet; None when the broker has closed."""
        while (found := wire.whole_packet(self.buffer)) is None:
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionError:
                data = b""
            if not data:
                return None
            self.buffer += data
        self.buffer = found[2]
        return wire.read(5, *found[:2])

    def subscribe(self, filter_):
        self.socket.sendall(wire.subscribe(5, 1, [(filter_, 1)]))
        assert self.read()["codes"] == [1]

    def close(self):
        self.socket.close()


class Writer:
    """Sends numbered messages of QoS 1, as many at a time as the broker lets it, on threads of its
    own."""

    def __init__(self, door, count=MESSAGES, topic="log"):
        self.client = Client(door, "writer")
        self.most = self.client.connack["properties"]["receive_maximum"]
        self.count = count
        self.topic = topic
        self.sent = 0
        self.acknowledged = []
        self.end = None  # what came instead of acknowledgements
        self.room = threading.Condition()
        self.threads = [threading.Thread(target=one, daemon=True) for one in (self._send, self._read)]
        for one in self.threads:
            one.start()

    def _send(self):
        for number in range(self.count):
            with self.room:
                self.room.wait_for(lambda: self.end or self.sent - len(self.acknowledged) < self.most)
            try:
                self.client.socket.sendall(wire.publish(
                    5, self.topic, payload_of(number), 1, number=number % 60_000 + 1))
            except OSError:
                return
            self.sent = number + 1

    def _read(self):
        while True:
            try:
                packet = self.client.read()
            except (OSError, TimeoutError):
                packet = None
            with self.room:
                if packet is None or packet["kind"] != wire.PUBACK:
                    self.end = packet or {"kind": None}
                    self.room.notify()
                    return
                assert packet["reason"] in (0, 0x10)
                self.acknowledged.append(packet["number"] - 1)
                self.room.notify()

    def held_back(self):
        """Whether nothing has moved for three seconds, though there is something to send."""
        state = (self.sent, len(self.acknowledged))
        if state != getattr(self, "state", None):
            self.state, self.since = state, time.monotonic()
        assert self.end is None and len(self.acknowledged) < self.count, "it is not held back"
        return time.monotonic() - self.since > 3

    def join(self):
        for one in self.threads:
            one.join(60)
            assert not one.is_alive()


def payload_of(number):
    return str(number).encode() + b" " + os.urandom(MESSAGE_BYTES // 2).hex().encode()


def numbers_kept(door, client_id, last):
    """What the broker has kept for that client, up to a message of that payload."""
    reader = Client(door, client_id, clean=False, session_expiry=3600)
    assert reader.connack["session"] == 1
    got = []
    while (packet := reader.read()) is not None:
        if packet["kind"] != wire.PUBLISH:
            continue
        reader.socket.sendall(wire.acknowledge(wire.PUBACK, packet["number"]))
        if packet["payload"] == last:
            reader.close()
            return got
        got.append(int(packet["payload"].split()[0]))
    raise AssertionError("the broker closed the connection of " + client_id)


def say(door, topic, payload):
    client = Client(door, "says")
    client.socket.sendall(wire.publish(5, topic, payload, 1, number=1))
    assert client.read()["reason"] in (0, 0x10)
    client.close()


class FullDisk:
    """A broker that has no space for what a writer sends to a reader that is away."""

    def __init__(self, folder):
        self.door = Door(folder, "file_bytes = 2097152", STORE)
        self.door.token = self.door.principal("plc")["token"]
        reader = Client(self.door, "reader", clean=False, session_expiry=3600)
        reader.subscribe("log")
        reader.close()
        say(self.door, "state", b"before")
        self.ballast = os.path.join(folder, "ballast")
        with open(self.ballast, "wb") as file:
            file.write(b"\0" * max(0, shutil.disk_usage(folder).free - 1_000_000))
        self.writer = Writer(self.door)
        wait_until(self.writer.held_back, "the broker to hold its writer back", 120)

    def free(self):
        os.remove(self.ballast)


def test_a_full_disk_holds_writers_back_and_passes_by_itself(small_disk):
    full = FullDisk(small_disk)
    door, writer = full.door, full.writer
    acknowledged = len(writer.acknowledged)
    assert 0 < acknowledged < writer.sent, "what is not kept is not acknowledged"
    assert writer.sent < MESSAGES, "what is held back waits at the writer, not in memory"
    sessions = {one["client_id"]: one for one in door.api.get("/v1/broker/sessions")["items"]}
    assert sessions["writer"]["connected"] and not sessions["reader"]["connected"]
    facts = door.api.get("/v1/broker")
    assert facts["connections"] == 1, facts
    assert door.api.get("/v1/broker/sessions/reader")["filters"] == [{"filter": "log", "qos": 1}]
    assert len(writer.acknowledged) == acknowledged
    full.free()
    wait_until(lambda: len(writer.acknowledged) == MESSAGES, "all to be acknowledged", 60)
    say(door, "log", b"end")
    assert numbers_kept(door, "reader", b"end") == list(range(MESSAGES))
    assert writer.acknowledged == list(range(MESSAGES))
    door.node.stop()


def test_what_was_acknowledged_on_a_full_disk_outlives_a_kill(small_disk):
    full = FullDisk(small_disk)
    door, writer = full.door, full.writer
    door.node.kill()
    writer.join()
    full.free()
    door.start()
    say(door, "log", b"end")
    kept = numbers_kept(door, "reader", b"end")
    acknowledged = len(writer.acknowledged)
    assert writer.acknowledged == list(range(acknowledged)) and acknowledged > 0
    assert kept == list(range(len(kept))) and acknowledged <= len(kept) <= writer.sent + 1
    door.node.stop()


def test_the_api_refuses_what_a_full_disk_cannot_take(small_disk):
    full = FullDisk(small_disk)
    request = urllib.request.Request(
        full.door.node.url + "/v1/broker/messages", data=b'{"topic": "log", "text": "x", "qos": 1}',
        headers={"Authorization": "Bearer " + full.door.node.token,
                 "Content-Type": "application/json"})
    try:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=10)
        assert refused.value.code == 507
    finally:
        full.door.node.kill()


@pytest.fixture
def broken(tmp_path):
    """A broker, with a reader that is away, whose every fdatasync fails from now on: strace injects
    the error into the running program."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not there to make fdatasync fail")
    door = Door(str(tmp_path))
    door.token = door.principal("plc")["token"]
    reader = Client(door, "reader", clean=False, session_expiry=3600)
    reader.subscribe("log")
    reader.close()
    before = Writer(door, 50)
    wait_until(lambda: len(before.acknowledged) == 50, "what comes before")
    before.client.close()
    tracer = subprocess.Popen(
        ["strace", "-f", "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO", "-p",
         str(door.node.process.pid)], stderr=subprocess.PIPE, text=True)
    assert "attached" in tracer.stderr.readline()
    drain = threading.Thread(target=tracer.stderr.read)
    drain.start()
    yield door
    tracer.terminate()
    tracer.wait()
    drain.join()
    if door.node.process.poll() is None:
        door.node.kill()


def test_a_disk_that_fails_ends_all_acknowledgements(broken):
    door = broken
    idle = Client(door, "idle")
    writer = Writer(door, 50, "log")
    writer.join()
    assert writer.acknowledged == [], "nothing is acknowledged that is not on disk"
    assert writer.end["kind"] == wire.DISCONNECT and writer.end["reason"] == UNAVAILABLE
    told = idle.read()
    assert told["kind"] == wire.DISCONNECT and told["reason"] == UNAVAILABLE
    assert idle.read() is None
    again = Client(door, "again")
    assert again.connack["reason"] == UNAVAILABLE and again.read() is None
    said = [one for one in door.node.log_events() if one["level"] == "error" and one["module"] == "mqtt"]
    assert len(said) == 1 and "until a restart" in said[0]["event"], said
    assert door.api.get("/v1/broker/sessions/reader")["filters"] == [{"filter": "log", "qos": 1}]
    refused = door.api.refused("POST", "/v1/broker/messages", {"topic": "log", "text": "x"})
    assert refused.status == 503 and "log has failed" in refused.problem["detail"]
    door.node.kill()
    door.start()
    say(door, "log", b"end")
    kept = numbers_kept(door, "reader", b"end")
    assert kept[:50] == list(range(50)), "what was acknowledged before is there"
    assert kept[50:] == list(range(len(kept) - 50)), "what was not may be, too"
    door.node.stop()


def test_a_disk_that_fails_makes_gantryd_not_ready(broken):
    Writer(broken, 1).join()
    ready = broken.node.anonymous().refused("GET", "/health/ready")
    assert ready.status == 503
