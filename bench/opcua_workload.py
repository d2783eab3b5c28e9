# SPDX-License-Identifier: Apache-2.0
"""The OPC UA server at the size of the Standard profile: 50 sessions, 225 subscriptions, 56,250 monitored
items at 1 s, all of whose values change each second."""

import datetime
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from connector_workload import add_rate
from gantryd_process import BIN, Gantryd, wait_until
from measure import exact_cpu_seconds, resident_mib
from opcua_door import Door


class Feeder(threading.Thread):
    """New values of all points, each second."""

    AT_ONCE = 5000

    def __init__(self, door, points):
        super().__init__(daemon=True)
        self.door, self.points, self.stopping, self.number = door, points, threading.Event(), 0
        self.start()

    def run(self):
        begin = time.monotonic()
        while not self.stopping.wait(max(0, begin + self.number - time.monotonic())):
            self.number += 1
            now = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"
            for begin in range(0, len(self.points), self.AT_ONCE):
                self.door.api.post("/v1/samples", {"samples": [
                    {"point": point, "columns": {"time": [now], "value": [self.number + i]}}
                    for i, point in enumerate(self.points[begin:begin + self.AT_ONCE])]})

    def stop(self):
        self.stopping.set()
        self.join()


def busy(pid, seconds):
    before, start = exact_cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)  # this is the measurement
    return 100 * (exact_cpu_seconds(pid) - before) / (time.monotonic() - start)


def measure_opcua_server(table, smoke):
    sessions, subscriptions, items, points, seconds = \
        (2, 4, 200, 50, 3) if smoke else (50, 225, 56_250, 5_625, 30)
    door = Door(tempfile.mkdtemp(prefix="gantry-bench-opcua-"))
    try:
        door.token = door.principal("operator", ["operator"])
        door.api.create("/v1/models", {"key": "bench", "properties": [
            {"key": f"p{i}", "type": "float64", "unit": "m3/h", "range": {"min": 0, "max": 100_000}}
            for i in range(points)]})
        door.api.create("/v1/assets", {"key": "bench", "model": "bench"})
        door.restart()
        pid = door.node.process.pid
        feeder = Feeder(door, [f"bench.p{i}" for i in range(points)])
        time.sleep(3)
        alone, memory = busy(pid, seconds / 2), resident_mib(pid)
        with subprocess.Popen(
                [os.path.join(BIN, "gantry-bench-opcua"), door.urls["main"], "operator", door.token,
                 str(door.certificate), str(door.key), door.uri, str(sessions), str(subscriptions),
                 str(items), str(points), str(seconds)],
                stdout=subprocess.PIPE, text=True) as process:
            assert json.loads(process.stdout.readline())["ready"] == items
            assert json.loads(process.stdout.readline())["measuring"]
            with_clients = busy(pid, seconds - 1)
            grown = resident_mib(pid) - memory
            said = json.loads(process.stdout.readline())
        feeder.stop()
        door.node.stop()
    finally:
        if door.node.process.poll() is None:
            door.node.kill()
    assert said["bad"] == 0, said
    what = f"{sessions} sessions, {subscriptions} subscriptions, {items:,} items at 1 s"
    for name, value, unit in (
            ("changes told", said["notifications"] / said["seconds"], "changes/s"),
            ("processor of the server", with_clients, "% of one core"),
            ("the same without clients", alone, "% of one core"),
            ("processor of the clients", 100 * said["own_cpu_s"] / said["seconds"], "% of one core"),
            ("memory for sessions and items", grown, "MiB"),
            ("to connect all", said["connect_s"], "s"),
            ("to make all items", said["create_s"], "s")):
        table.add("opcua_server", f"{what}: {name}", value, unit)


def pinned(door):
    """The fingerprint of a door's own certificate."""
    return hashlib.sha256(pathlib.Path(door.node.data, "opcua", "client.der").read_bytes()
                          ).hexdigest()


def trust(door, node, settings):
    """Lets a node in as a client; its certificate is made when it first tries."""
    own = pathlib.Path(node.data, "opcua", "client.der")
    node.client().create("/v1/protocols/opcua/test", {"settings": settings})
    wait_until(own.exists, "the certificate")
    shutil.copy(own, pathlib.Path(door.node.data, "opcua", "trusted", "node.der"))


def measure_opcua_client(table, smoke):
    """The connector, with another Gantry as the server: all values change each second."""
    assets, properties, seconds = (2, 25, 3) if smoke else (10, 5000, 30)
    names = [f"bench{asset}.p{i}" for asset in range(assets) for i in range(properties)]
    points = len(names)

    def make_points(api):
        api.create("/v1/models", {"key": "bench", "properties": [
            {"key": f"p{i}", "type": "float64"} for i in range(properties)]})
        for asset in range(assets):
            api.create("/v1/assets", {"key": f"bench{asset}", "model": "bench"})

    door = Door(tempfile.mkdtemp(prefix="gantry-bench-opcua-"))
    try:
        token = door.principal("operator", ["operator"])
        make_points(door.api)
        door.restart()
        space = "urn:gantry:" + door.api.get("/v1/tenants/main")["id"]
        with Gantryd() as node:
            settings = {"endpoint": door.urls["main"], "security": "Aes256_Sha256_RsaPss",
                        "server_certificate": pinned(door), "user": "operator",
                        "password": token}
            trust(door, node, settings)
            api = node.client()
            make_points(api)
            empty = resident_mib(node.process.pid)
            api.create("/v1/connections", {"key": "door", "protocol": "opcua",
                                           "settings": settings})
            for begin in range(0, points, 1000):
                api.create("/v1/tags", {"items": [
                    {"connection": "door", "point": name, "address": f"nsu={space};s={name}"}
                    for name in names[begin:begin + 1000]]})
            feeder = Feeder(door, names)
            wait_until(lambda: api.get("/v1/connections/door")["status"]["tags_good"] == points,
                       lambda: f"values: {api.get('/v1/connections/door')['status']}",
                       seconds=300)
            add_rate(table, "opcua_client", f"{points:,} monitored items at 1 s", node, seconds,
                     points)
            table.add("opcua_client", f"{points:,} monitored items: memory a tag",
                      1024 * (resident_mib(node.process.pid) - empty) / points, "KiB")
            table.add("opcua_client", f"{points:,} monitored items: processor of the server",
                      busy(door.node.process.pid, seconds / 3), "% of one core")
            feeder.stop()
        door.node.stop()
    finally:
        if door.node.process.poll() is None:
            door.node.kill()
