# SPDX-License-Identifier: Apache-2.0
"""The MQTT broker beside Mosquitto: a fresh process for each run, in turn, several times; messages
in and out for each second of processor time that the broker used, and what was lost."""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import time

from gantryd_process import BIN, Gantryd, wait_until
from measure import exact_cpu_seconds as cpu_seconds
from measure import resident_mib
from mqtt_door import make_certificate
from sparkplug_workload import measure_sparkplug

# shape, N, rate a publisher (0: as fast as it goes), QoS, bytes
CELLS = [("pairs", 500, 60, 0, 64), ("pairs", 200, 50, 1, 64), ("pairs", 200, 50, 2, 64),
         ("in", 500, 40, 0, 64), ("out", 500, 100, 0, 64), ("pairs", 200, 50, 0, 1024),
         ("pairs", 8, 0, 0, 64), ("pairs", 8, 0, 1, 64)]
REPEATS = 3
CHURNS = 5


class Gantry:
    name = "Gantry, durable"

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gantry-bench-")
        make_certificate(self.folder)
        config = os.path.join(self.folder, "gantry.toml")
        pathlib.Path(config).write_text(
            '[mqtt]\nlisten = "127.0.0.1:0"\nlisten_tls = "127.0.0.1:0"\n'
            f'tls_certificate = "{self.folder}/cert.pem"\ntls_key = "{self.folder}/key.pem"\n'
            'connections_max = 1000000\nconnections_per_tenant = 1000000\nsessions_max = 1000000\n'
            '[http]\nconnections_max = 100\n')
        self.node = Gantryd("--config", config, folder=self.folder).start()
        self.pid = self.node.process.pid
        ports = {event["tls"]: int(event["address"].rsplit(":", 1)[1])
                 for event in self.node.log_events()
                 if event["event"] == "listening" and event["module"] == "mqtt"}
        self.port, self.tls_port = ports[False], ports[True]
        self.login, self.token = "setup", self.node.token
        return self

    def __exit__(self, *why):
        self.node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Mosquitto:
    name = "Mosquitto, in memory"

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gantry-bench-")
        make_certificate(self.folder)
        with socket.create_server(("127.0.0.1", 0)) as free, \
                socket.create_server(("127.0.0.1", 0)) as other:
            self.port, self.tls_port = free.getsockname()[1], other.getsockname()[1]
        config = os.path.join(self.folder, "mosquitto.conf")
        pathlib.Path(config).write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            f"persistence false\nuser root\nlistener {self.tls_port} 127.0.0.1\n"
            f"certfile {self.folder}/cert.pem\nkeyfile {self.folder}/key.pem\n")
        self.process = subprocess.Popen([shutil.which("mosquitto", path="/usr/sbin:/usr/bin"),
                                         "-c", config], stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        self.login, self.token = "x", "-"
        wait_until(self.answers, "Mosquitto")
        return self

    def answers(self):
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def __exit__(self, *why):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def load(broker, shape, count, rate, qos, size, seconds):
    """A load that is connected and waits for its start; afterwards what it has to say."""
    with subprocess.Popen(
            [os.path.join(BIN, "gantry-bench-mqtt"), str(broker.port), broker.login, broker.token,
             shape, str(count), str(rate), str(qos), str(size), str(seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("ready"), broker.name
        yield process
        process.stdin.close()


def churn(broker, count):
    """Subscribers that come and go."""
    for _ in range(CHURNS):
        with load(broker, "hold", count, 1, 0, 8, 0) as process:
            process.stdin.write("go\n")
            process.stdin.flush()
            process.stdout.readline()


def run_cell(kind, cell, seconds, churned=0):
    with contextlib.ExitStack() as at_end:
        broker = at_end.enter_context(kind())
        if churned:
            churn(broker, churned)
        process = at_end.enter_context(load(broker, *cell, seconds))
        before = cpu_seconds(broker.pid)
        process.stdin.write("go\n")
        process.stdin.flush()
        said = json.loads(process.stdout.readline())
        used = cpu_seconds(broker.pid) - before
    moved = said["sent"] + said["received"]
    return {"per_cpu": moved / used, "rate": moved / said["seconds"],
            "p50": said["p50_us"] / 1000, "p99": said["p99_us"] / 1000,
            "lost": 1 - said["received"] / max(said["expected"], 1)}


def title(shape, count, rate, qos, size):
    how = f"{rate}/s" if rate else "as fast as it goes"
    what = {"pairs": f"{count} pairs", "in": f"{count} to 1", "out": f"1 to {count}"}[shape]
    return f"{what}, {how}, QoS {qos}, {size} B"


def connect_packet(broker, client):
    """MQTT 3.1.1, a clean session."""
    words = [client, broker.login] + ([broker.token] if broker.token != "-" else [])
    flags = 0x82 | (0x40 if len(words) == 3 else 0)
    body = b"\0\4MQTT\4" + bytes([flags]) + struct.pack(">H", 60)
    body += b"".join(struct.pack(">H", len(word)) + word.encode() for word in words)
    assert len(body) < 16_384
    length = bytes([len(body)]) if len(body) < 128 else bytes([len(body) % 128 | 128,
                                                              len(body) // 128])
    return b"\x10" + length + body


def measure_connects(table, kind, tls, count):
    """One after another, each with its own handshake."""
    context = ssl.create_default_context()
    with kind() as broker:
        context.load_verify_locations(f"{broker.folder}/cert.pem")
        start, cpu = time.monotonic(), cpu_seconds(broker.pid)
        for n in range(count):
            with socket.create_connection(
                    ("127.0.0.1", broker.tls_port if tls else broker.port)) as raw, \
                    (context.wrap_socket(raw, server_hostname="127.0.0.1") if tls
                     else contextlib.nullcontext(raw)) as line:
                line.sendall(connect_packet(broker, f"connects-{n}"))
                assert line.recv(4) == b"\x20\2\0\0", broker.name
                line.sendall(b"\xe0\0")
        took, used = time.monotonic() - start, cpu_seconds(broker.pid) - cpu
    what = f"connect and leave, {'TLS 1.3' if tls else 'plain'}: {kind.name}"
    table.add("broker", what, count / used, "1/CPU-s")
    table.add("broker", f"{what}: one after another", count / took, "1/s")


def measure_half_load(table, kinds, rate, smoke):
    """Latency where none of them is near its limit: the same load for all."""
    cell = ("pairs", 8, max(int(rate / 8), 1), 0, 64)
    for kind in kinds:
        runs = sorted((run_cell(kind, cell, 1 if smoke else 8)
                       for _ in range(1 if smoke else REPEATS)), key=lambda run: run["p99"])
        middle = runs[len(runs) // 2]
        what = f"half of the slower one's burst, {8 * cell[2]:,}/s, QoS 0, 64 B: {kind.name}"
        for name in ("p50", "p99"):
            table.add("broker", f"{what}: {name}", middle[name], "ms")


def measure_cell(table, kinds, cell, smoke, churned=0):
    """The rate of the slower one, in + out."""
    shape, count, rate, qos, size = cell
    runs = {kind: [] for kind in kinds}
    for _ in range(1 if smoke else REPEATS):
        for kind in kinds:
            runs[kind].append(run_cell(kind, (shape, 5 if smoke else count, rate, qos, size),
                                       1 if smoke else 8, churned))
    slower = float("inf")
    for kind in kinds:
        ordered = sorted(runs[kind], key=lambda run: run["per_cpu"])
        middle = ordered[len(ordered) // 2]
        what = f"{title(*cell)}: {kind.name}"
        if churned:
            what = f"after {CHURNS * churned:,} subscribers came and went, {what}"
        table.add("broker",
                  f"{what} ({ordered[0]['per_cpu']:,.0f} to {ordered[-1]['per_cpu']:,.0f})",
                  middle["per_cpu"], "in + out/CPU-s")
        table.add("broker", f"{what}: rate in + out", middle["rate"], "1/s")
        table.add("broker", f"{what}: p99", middle["p99"], "ms")
        if middle["lost"] > 0:
            table.add("broker", f"{what}: lost", 100 * middle["lost"], "%")
        slower = min(slower, middle["rate"])
    return slower


def measure_broker(table, smoke):
    kinds = [Gantry]
    if shutil.which("mosquitto", path="/usr/sbin:/usr/bin"):
        kinds.append(Mosquitto)
    else:
        table.leave_out("broker", "Mosquitto", "not installed")
    burst = float("inf")
    for cell in CELLS[:2] if smoke else CELLS:
        slower = measure_cell(table, kinds, cell, smoke)
        if cell[2] == 0 and cell[3] == 0:
            burst = slower / 2
    measure_cell(table, kinds, CELLS[0], smoke, churned=10 if smoke else 2000)
    measure_half_load(table, kinds, 100 if smoke else burst / 2, smoke)
    for kind in kinds:
        for tls in (False, True):
            measure_connects(table, kind, tls, 20 if smoke else 1000)
    measure_sparkplug(table, smoke)
    measure_held(table, kinds, 100 if smoke else int(os.environ.get("BENCH_CONNECTIONS", "10000")))


def measure_held(table, kinds, held):
    # The broker of ours leaves an eighth of the descriptors to others.
    most = max(65_536, 2 * held)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    held = min(held, resource.getrlimit(resource.RLIMIT_NOFILE)[1] * 3 // 4)
    for kind in kinds:
        with kind() as broker:
            before = resident_mib(broker.pid)
            start, cpu = time.monotonic(), cpu_seconds(broker.pid)
            with load(broker, "hold", held, 1, 0, 8, 1) as process:
                took, used = time.monotonic() - start, cpu_seconds(broker.pid) - cpu
                table.add("broker", f"{held:,} connections with a subscription: {kind.name}: "
                          "connects", held / used, "1/CPU-s")
                table.add("broker", f"{held:,} connections: {kind.name}: connects", held / took,
                          "1/s")
                table.add("broker", f"{held:,} connections: {kind.name}: memory",
                          1024 * (resident_mib(broker.pid) - before) / held, "KiB each")
                process.stdin.write("go\n")
                process.stdin.flush()
                process.stdout.readline()
