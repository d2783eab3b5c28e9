# SPDX-License-Identifier: Apache-2.0
"""Points a second of connectors: Siemens S7 from snap7's server, IEC 60870-5-104 from a station that
sends as fast as it may."""

import contextlib
import ctypes
import socket
import struct
import threading
import time

from snap7.server import Server
from snap7.type import SrvArea

from gantryd_process import Gantryd, wait_until
from measure import cpu_seconds, resident_mib
from polling_workload import metrics_of, polled_twice, summed


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextlib.contextmanager
def controllers(count, numbers):
    """S7 controllers, each with a block of so many DINT."""
    servers = []
    areas = []
    try:
        for _ in range(count):
            server = Server(log=False)
            areas.append((ctypes.c_uint8 * (4 * numbers))())
            server.register_area(SrvArea.DB, 1, areas[-1])
            port = free_port()
            server.start_to("127.0.0.1", port)
            servers.append((server, port))
        yield [port for _, port in servers]
    finally:
        for server, _ in servers:
            server.stop()
            server.destroy()


def add_rate(table, workload, what, node, seconds, tags):
    before, cpu, start = metrics_of(node), cpu_seconds(node.process.pid), time.monotonic()
    time.sleep(seconds)  # this is the measurement
    after, elapsed = metrics_of(node), time.monotonic() - start
    used = cpu_seconds(node.process.pid) - cpu
    samples = sum(summed(m, "gantry_connector_samples_total") * sign
                  for m, sign in ((after, 1), (before, -1)))
    table.add(workload, what, samples / elapsed, "samples/s")
    table.add(workload, what, samples / max(used, 0.01), "samples/CPU-s")
    table.add(workload, what + ": processor", 100 * used / elapsed, "% of one core")
    table.add(workload, what + f": resident memory with {tags:,} tags",
              resident_mib(node.process.pid), "MiB")


def connect(api, key, protocol, settings, addresses):
    api.create("/v1/models", {"key": "m_" + key, "properties": [
        {"key": f"r{n}", "type": "int64" if protocol == "s7" else "float64"}
        for n in range(len(addresses))]})
    api.create("/v1/assets", {"key": key, "model": "m_" + key})
    api.create("/v1/connections", {"key": key, "protocol": protocol, "settings": settings})
    for begin in range(0, len(addresses), 1000):
        api.create("/v1/tags", {"items": [
            {"connection": key, "point": f"{key}.r{n}", "address": addresses[n]}
            for n in range(begin, min(begin + 1000, len(addresses)))]})


def measure_s7(table, smoke):
    count, numbers, seconds = (1, 100, 2) if smoke else (5, 2000, 20)
    with controllers(count, numbers) as ports, Gantryd() as node:
        api = node.client()
        for index, port in enumerate(ports):
            connect(api, f"plc{index}", "s7", {
                "host": "127.0.0.1", "port": port, "slot": 2, "groups": {"default": "200ms"}},
                [f"DB1.DBD{4 * n}:DINT" for n in range(numbers)])
        polled_twice(node, count * numbers)
        add_rate(table, "s7", f"{count} controllers × {numbers:,} DINT at 200 ms", node, seconds,
                 count * numbers)


class Station:
    """A station of IEC 60870-5-104 that sends measured values as long as its window lets it."""

    OBJECTS = 47  # of one frame: a float with quality each, addresses counted up
    WINDOW = 12

    def __init__(self, points):
        self.points = points
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.go = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def frames(self):
        body = b"".join(struct.pack("<fB", n / 8, 0) for n in range(self.OBJECTS))
        for begin in range(1, self.points - self.OBJECTS + 2, self.OBJECTS):
            yield (struct.pack("<BBBBHH", 13, 0x80 | self.OBJECTS, 3, 0, 1, begin & 0xFFFF)
                   + bytes([begin >> 16]) + body)

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                line, _ = self.server.accept()
                self.converse(line)

    def converse(self, line):
        self.go.clear()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sent = acknowledged = received = 0

        def send(body):
            nonlocal sent
            line.sendall(struct.pack("<BBHH", 0x68, len(body) + 4, sent << 1 & 0xFFFF,
                                     received << 1 & 0xFFFF) + body)
            sent = (sent + 1) % 32768

        stream = line.makefile("rb")

        def hear():
            nonlocal acknowledged, received
            head = stream.read(6)
            if len(head) < 6:
                raise OSError("the line is cut")
            _, length, low, high = struct.unpack("<BBHH", head)
            body = stream.read(length - 4)
            if low & 3 == 3:
                if low & 4:  # STARTDT, TESTFR: confirmed
                    line.sendall(b"\x68\x04\x0b\x00\x00\x00")
                elif low & 0x40:
                    line.sendall(b"\x68\x04\x83\x00\x00\x00")
                return
            acknowledged = high >> 1
            if low & 1 == 0:
                received = (received + 1) % 32768
                if body[0] == 100:  # interrogation: confirmed, and done
                    for cause in (7, 10):
                        send(body[:2] + bytes([cause]) + body[3:])
                    self.go.set()

        with contextlib.suppress(OSError):
            while not self.go.is_set():
                hear()
            while True:
                for body in self.frames():
                    while (sent - acknowledged) % 32768 >= self.WINDOW:
                        hear()
                    send(body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.close()


def measure_iec104(table, smoke):
    points, seconds = (94, 2) if smoke else (9400, 20)
    with Station(points) as station, Gantryd() as node:
        connect(node.client(), "station", "iec104", {"host": "127.0.0.1", "port": station.port},
                [str(n) for n in range(1, points + 1)])
        wait_until(station.go.is_set, "the interrogation")
        wait_until(lambda: summed(metrics_of(node), "gantry_connector_samples_total")
                   > 4 * points, "values")
        add_rate(table, "iec104", f"one station, {points:,} short floats as fast as it goes", node,
                 seconds, points)
