# SPDX-License-Identifier: Apache-2.0
"""Devices that are polled: what it costs, what is late, and whether each value that a device showed
arrives once, in order, and how soon somebody sees it."""

import calendar
import contextlib
import json
import re
import socket
import threading
import time

import websockets.sync.client

from gantryd_process import Gantryd, wait_until
from measure import cpu_seconds, resident_mib
from plant_process import Plant

SEQUENCE_STEP = 0.1  # seconds; the devices of the load plant count them


def metrics_of(node):
    answer = node.client().call("GET", "/metrics").body.decode()
    return {name: float(value) for name, value in
            re.findall(r"^(\S+(?:\{[^}]*\})?) ([0-9.eE+-]+)$", answer, re.MULTILINE)}


def summed(metrics, name):
    return sum(value for key, value in metrics.items() if key.split("{")[0] == name)


def quantile(before, after, name, q):
    """The upper bound of the histogram's bucket that holds the quantile of what came between."""
    buckets = sorted((float(key.split('le="')[1].split('"')[0]), value - before.get(key, 0))
                     for key, value in after.items() if key.startswith(name + "_bucket{"))
    return next((bound for bound, count in buckets if count >= q * buckets[-1][1]), 0.0)


def connect_devices(api, ports, tags, group=""):
    """A connection for each port, with a sequence number and registers to make `tags` tags."""
    keys = ["sequence"] + [f"r{n}" for n in range(1, tags)]
    api.create("/v1/models", {"key": "device", "properties": [
        {"key": key, "type": "int64"} for key in keys]})
    for index, port in enumerate(ports):
        key = f"d{index}"
        api.create("/v1/assets", {"key": key, "model": "device"})
        settings = {"host": "127.0.0.1", "port": port}
        if group:
            settings["groups"] = {"fast": group}
        api.create("/v1/connections", {"key": key, "protocol": "modbus_tcp", "settings": settings})
        how = " grp=fast" if group else ""
        api.create("/v1/tags", {"items": [
            {"connection": key, "point": f"{key}.{name}",
             "address": ("hr:0:u32" if n == 0 else f"hr:{n + 1}:u16") + how}
            for n, name in enumerate(keys)]})


def add_counts(table, workload, what, before, after, elapsed, used, node):
    def grown(name):
        return summed(after, name) - summed(before, name)

    table.add(workload, what + ": polls", grown("gantry_connector_polls_total") / elapsed,
              "polls/s")
    samples = grown("gantry_connector_samples_total")
    table.add(workload, what + ": samples", samples / elapsed, "samples/s")
    table.add(workload, what + ": polls missed",
              grown("gantry_connector_polls_missed_total"), "polls")
    table.add(workload, what + ": lateness p99", 1000 * quantile(
        before, after, "gantry_connector_poll_lateness_seconds", 0.99), "ms")
    table.add(workload, what + ": processor", 100 * used / elapsed, "% of one core")
    table.add(workload, what + ": processor a sample", 1e6 * used / max(samples, 1), "µs")
    table.add(workload, what + ": resident memory", resident_mib(node.process.pid), "MiB")


def polled_twice(node, polls):
    start = summed(metrics_of(node), "gantry_connector_samples_total")
    wait_until(lambda: summed(metrics_of(node), "gantry_connector_samples_total")
               >= start + 2 * polls, "every device polled twice", seconds=240)


def measure_modbus(table, smoke):
    """Devices of 100 registers, each polled every second, all values stored."""
    devices, seconds = (5, 2) if smoke else (1000, 30)
    with Plant("--devices", str(devices)) as plant, Gantryd() as node:
        empty = resident_mib(node.process.pid)
        connect_devices(node.client(), plant.ports, 99)
        polled_twice(node, 99 * devices)
        before, cpu, start = metrics_of(node), cpu_seconds(node.process.pid), time.monotonic()
        time.sleep(seconds)  # this is the measurement
        after, elapsed = metrics_of(node), time.monotonic() - start
        used = cpu_seconds(node.process.pid) - cpu
        what = f"{devices:,} devices × 100 registers at 1 s"
        add_counts(table, "modbus", what, before, after, elapsed, used, node)
        table.add("modbus", what + ": memory a tag",
                  (resident_mib(node.process.pid) - empty) * 1024 / (99 * devices), "KiB")


class Watcher:
    """Follows points by WebSocket, and notes how old each sample is when it comes."""

    def __init__(self, node, points):
        self.ages = []
        self.socket = websockets.sync.client.connect(
            node.url.replace("http", "ws", 1) + "/v1/live", max_size=None,
            additional_headers={"Authorization": "Bearer " + node.token})
        self.socket.send(json.dumps({"subscribe": {"points": points, "rate": "50/s"}}))
        self.thread = threading.Thread(target=self.follow, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.thread.join(10)

    def follow(self):
        for message in self.socket:
            now = time.time()
            for sample in json.loads(message).get("samples", ()):
                if sample["quality"] == "good":
                    self.ages.append(now - seconds_of(sample["time"]))


def seconds_of(text):
    """Of 2026-11-30T08:00:00.123456789Z, which datetime does not read to the end."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(
        "0." + (fraction or "0"))


def add_ages(table, what, ages):
    ages = sorted(ages)
    for name, q in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        table.add("end_to_end", f"{what}: from the device's answer to a live client, {name}",
                  1000 * ages[min(int(q * len(ages)), len(ages) - 1)], "ms")


def check_sequences(table, what, api, devices, period, begin, end):
    """Each poll reads the device's counter: values that come apart by more than one and a half
    periods were lost between, equal times are duplicates, smaller values reorders."""
    step = period / SEQUENCE_STEP
    rows = api.sql(f"""
        WITH polls AS (
            SELECT point, time_ns, value_int AS n,
                   lag(value_int) OVER (PARTITION BY point ORDER BY time_ns) AS before,
                   lag(time_ns) OVER (PARTITION BY point ORDER BY time_ns) AS time_before
            FROM samples WHERE time_ns >= {begin} AND time_ns < {end} AND quality = 'good'
                AND point LIKE 'd%.sequence')
        SELECT count(*), count(DISTINCT point),
               sum(CASE WHEN n - before > 1.5 * {step} THEN round((n - before) / {step}) - 1
                   ELSE 0 END),
               sum(CASE WHEN time_ns = time_before THEN 1 ELSE 0 END),
               sum(CASE WHEN n < before THEN 1 ELSE 0 END) FROM polls""")["rows"][0]
    count, points, lost, twice, back = (int(cell or 0) for cell in rows)
    assert points == devices, f"{points} of {devices} devices were heard"
    table.add("end_to_end", f"{what}: sequence numbers in the store", count, "samples")
    table.add("end_to_end", f"{what}: lost or not polled in time", lost, "samples")
    table.add("end_to_end", f"{what}: duplicates", twice, "samples")
    table.add("end_to_end", f"{what}: reorders", back, "samples")


@contextlib.contextmanager
def silent_ports(count):
    """Devices that take a connection and never say a word."""
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0)))
                     for _ in range(count)]
        yield [listener.getsockname()[1] for listener in listeners]


def measure_shape(table, name, devices, tags, period, seconds, dead=0):
    how = f"{round(1000 * period)} ms" if period < 1 else f"{period} s"
    what = f"{name}: {devices} devices × {tags} tags at {how}"
    if dead:
        what += f", {dead} more of them silent"
    with Plant("--devices", str(devices)) as plant, silent_ports(dead) as silent, \
            Gantryd() as node:
        api = node.client()
        connect_devices(api, [*plant.ports, *silent], tags, "" if period == 1 else how.replace(
            " ", ""))
        polled_twice(node, tags * devices)
        with Watcher(node, [f"d{n}.sequence" for n in range(devices)]) as watcher:
            wait_until(lambda: len(watcher.ages) > devices, "live samples")
            watcher.ages.clear()
            before, cpu, start = metrics_of(node), cpu_seconds(node.process.pid), time.monotonic()
            begin = time.time_ns()
            time.sleep(seconds)  # this is the measurement
            after, elapsed, end = metrics_of(node), time.monotonic() - start, time.time_ns()
            used = cpu_seconds(node.process.pid) - cpu
            ages = list(watcher.ages)
        add_counts(table, "end_to_end", what, before, after, elapsed, used, node)
        add_ages(table, what, ages)
        check_sequences(table, what, api, devices, period, begin, end)


def measure_end_to_end(table, smoke):
    """The shapes S and M: from the registers of devices through connector, check and store to a live
    client and to a query."""
    if smoke:
        measure_shape(table, "S", 3, 5, 1, 3)
        measure_shape(table, "M", 3, 5, 0.5, 3, dead=1)
        return
    measure_shape(table, "S", 50, 100 - 1, 1, 60)
    measure_shape(table, "M", 500, 30, 1, 60)
    measure_shape(table, "M", 500, 30, 0.5, 60)
    measure_shape(table, "M", 495, 30, 1, 60, dead=5)
