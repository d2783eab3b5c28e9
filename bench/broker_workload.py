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
import subprocess
import tempfile
import time

from gantryd_process import BIN, Gantryd, wait_until
from measure import exact_cpu_seconds as cpu_seconds
from measure import resident_mib
from sparkplug_workload import measure_sparkplug

# shape, N, rate a publisher (0: as fast as it goes), QoS, bytes
CELLS = [("pairs", 500, 60, 0, 64), ("pairs", 200, 50, 1, 64), ("pairs", 200, 50, 2, 64),
         ("in", 500, 40, 0, 64), ("out", 500, 100, 0, 64), ("pairs", 200, 50, 0, 1024),
         ("pairs", 8, 0, 0, 64), ("pairs", 8, 0, 1, 64)]
REPEATS = 3


class Gantry:
    name = "Gantry, durable"

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gantry-bench-")
        config = os.path.join(self.folder, "gantry.toml")
        pathlib.Path(config).write_text(
            '[mqtt]\nlisten = "127.0.0.1:0"\nconnections_max = 1000000\n'
            'connections_per_tenant = 1000000\nsessions_max = 1000000\n')
        self.node = Gantryd("--config", config, folder=self.folder).start()
        self.pid = self.node.process.pid
        listening = next(event for event in self.node.log_events()
                         if event["event"] == "listening" and event["module"] == "mqtt")
        self.port = int(listening["address"].rsplit(":", 1)[1])
        self.login, self.token = "setup", self.node.token
        return self

    def __exit__(self, *why):
        self.node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Mosquitto:
    name = "Mosquitto, in memory"

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gantry-bench-")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        config = os.path.join(self.folder, "mosquitto.conf")
        pathlib.Path(config).write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "persistence false\nuser root\n")
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


def run_cell(kind, cell, seconds):
    with kind() as broker, load(broker, *cell, seconds) as process:
        before = cpu_seconds(broker.pid)
        process.stdin.write("go\n")
        process.stdin.flush()
        said = json.loads(process.stdout.readline())
        used = cpu_seconds(broker.pid) - before
    moved = said["sent"] + said["received"]
    return {"per_cpu": moved / used, "rate": moved / said["seconds"], "p99": said["p99_us"] / 1000,
            "lost": 1 - said["received"] / max(said["expected"], 1)}


def title(shape, count, rate, qos, size):
    how = f"{rate}/s" if rate else "as fast as it goes"
    what = {"pairs": f"{count} pairs", "in": f"{count} to 1", "out": f"1 to {count}"}[shape]
    return f"{what}, {how}, QoS {qos}, {size} B"


def measure_broker(table, smoke):
    kinds = [Gantry]
    if shutil.which("mosquitto", path="/usr/sbin:/usr/bin"):
        kinds.append(Mosquitto)
    else:
        table.leave_out("broker", "Mosquitto", "not installed")
    for cell in CELLS[:2] if smoke else CELLS:
        shape, count, rate, qos, size = cell
        runs = {kind: [] for kind in kinds}
        for _ in range(1 if smoke else REPEATS):
            for kind in kinds:
                runs[kind].append(run_cell(kind, (shape, 5 if smoke else count, rate, qos, size),
                                           1 if smoke else 8))
        for kind in kinds:
            values = sorted(run["per_cpu"] for run in runs[kind])
            middle = sorted(runs[kind], key=lambda run: run["per_cpu"])[len(values) // 2]
            what = f"{title(*cell)}: {kind.name}"
            table.add("broker", f"{what} ({values[0]:,.0f} to {values[-1]:,.0f})",
                      middle["per_cpu"], "in + out/CPU-s")
            table.add("broker", f"{what}: rate in + out", middle["rate"], "1/s")
            table.add("broker", f"{what}: p99", middle["p99"], "ms")
            if middle["lost"] > 0:
                table.add("broker", f"{what}: lost", 100 * middle["lost"], "%")
    measure_sparkplug(table, smoke)
    # A broker of ours takes a quarter of the descriptors that it may have.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (65_536, 65_536))
    held = 100 if smoke else min(10_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 5)
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
