# SPDX-License-Identifier: Apache-2.0
"""Sparkplug B into points: an edge node whose messages, of 100 metrics by alias, are acknowledged when
their samples are on disk. The payloads are put together here, by the wire format of protobuf."""

import os
import pathlib
import random
import shutil
import socket
import struct
import tempfile
import threading
import time

from gantryd_process import Gantryd, wait_until
from measure import exact_cpu_seconds as cpu_seconds

METRICS = 100
DOUBLE, UINT64 = 10, 8
START_MILLIS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


def varint(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes(out + bytes([number]))


def field(number, value):
    """A varint, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def metric(value, alias=None, name=None, kind=DOUBLE):
    out = b"" if name is None else field(1, name.encode())
    out += b"" if alias is None else field(2, alias)
    out += field(4, kind)
    return field(2, out + (field(11, value) if kind == UINT64
                           else varint(13 << 3 | 1) + struct.pack("<d", value)))


def payload(time_millis, metrics, sequence):
    return field(1, time_millis) + metrics + field(3, sequence)


def packet(kind, body):
    return bytes([kind]) + varint(len(body)) + body


def text(value):
    return struct.pack(">H", len(value)) + value.encode()


def publish(topic, body, packet_id=None):
    if packet_id is None:
        return packet(0x30, text(topic) + body)
    return packet(0x32, text(topic) + struct.pack(">H", packet_id) + body)


class EdgeNode:
    """One connection of MQTT 3.1.1; its data goes with QoS 1, so that there is an acknowledgement."""

    def __init__(self, port, login, token, name):
        self.name = name
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        will = payload(START_MILLIS, metric(0, name="bdSeq", kind=UINT64), 0)
        self.socket.sendall(packet(0x10, (
            text("MQTT") + bytes([4, 0b11001110]) + struct.pack(">H", 0) + text(name)
            + text(self.topic("NDEATH")) + struct.pack(">H", len(will)) + will
            + text(login) + text(token))))
        assert self.take(4)[3] == 0, "the broker refuses the node"

    def topic(self, kind, *device):
        return "/".join(["spBv1.0/bench", kind, self.name, *device])

    def take(self, count):
        out = b""
        while len(out) < count:
            piece = self.socket.recv(count - len(out))
            assert piece, "the broker has closed the connection"
            out += piece
        return out

    def birth(self):
        self.socket.sendall(publish(self.topic("NBIRTH"), payload(
            START_MILLIS, metric(0, name="bdSeq", kind=UINT64)
            + field(2, field(1, b"Node Control/Rebirth") + field(4, 11) + field(14, 0)), 0)))
        self.socket.sendall(publish(self.topic("DBIRTH", "press"), payload(
            START_MILLIS, b"".join(metric(0.0, alias, f"m{alias}") for alias in range(METRICS)),
            1)))

    def messages(self, count):
        """Made before they are sent."""
        dice = random.Random(self.name)
        kinds = [b"".join(metric(round(dice.uniform(0, 100), 2), alias) for alias in range(METRICS))
                 for _ in range(64)]
        topic = self.topic("DDATA", "press")
        return [publish(topic, payload(START_MILLIS + 1000 * (1 + i), kinds[i % 64], (2 + i) % 256),
                        1 + i % 65535) for i in range(count)]

    def send(self, messages):
        """All of them; at most some hundreds wait for an acknowledgement."""
        window = threading.Semaphore(500)

        def hear():
            left = len(messages)
            while left:
                got = len(self.take(4)) // 4
                left -= got
                window.release(got)
        ears = threading.Thread(target=hear)
        ears.start()
        for message in messages:
            window.acquire()
            self.socket.sendall(message)
        ears.join()


def measure_sparkplug(table, smoke):
    count = 50 if smoke else 10_000
    folder = tempfile.mkdtemp(prefix="gantry-bench-")
    config = os.path.join(folder, "gantry.toml")
    pathlib.Path(config).write_text('[mqtt]\nlisten = "127.0.0.1:0"\n')
    try:
        with Gantryd("--config", config, folder=folder) as node:
            api = node.client()
            api.create("/v1/mappings", {"key": "sparkplug", "topic": "spBv1.0/#",
                                        "format": "sparkplug_b", "create_points": True})
            port = next(int(event["address"].rsplit(":", 1)[1]) for event in node.log_events()
                        if event["event"] == "listening" and event["module"] == "mqtt")
            edge = EdgeNode(port, "setup", node.token, "node1")
            edge.birth()
            wait_until(lambda: len(api.get("/v1/points", limit=1000)["items"]) >= METRICS,
                       "the points of the birth")
            messages = edge.messages(count)
            pid = node.process.pid
            start, before = time.monotonic(), cpu_seconds(pid)
            edge.send(messages)
            took, used = time.monotonic() - start, cpu_seconds(pid) - before
            stored = api.sql("SELECT count(*) AS n FROM samples WHERE time >= "
                             "TIMESTAMPTZ '2026-01-01 00:00:01+00'")["rows"][0][0]
            assert int(stored) == count * METRICS, f"{stored} of {count * METRICS} are stored"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    what = f"Sparkplug B, {METRICS} metrics a message, one node, durable into the store"
    table.add("broker", what, count * METRICS / took, "points/s")
    table.add("broker", what, count * METRICS / used, "points/CPU-s")
