# SPDX-License-Identifier: Apache-2.0
"""Measures Gantry and prints one table: run.py [--smoke] [--save] [--peers] [workload...].

Machines are shared and noisy: beside each rate stands the same per second of processor time that the
server used (user and system), which is what to compare. --save adds the table to bench/results/.
"""

import argparse
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "system"))

from arrow_workload import measure_arrow  # noqa: E402
from broker_workload import measure_broker  # noqa: E402
from connector_workload import measure_iec104, measure_s7  # noqa: E402
from doors_workload import measure_doors  # noqa: E402
from gantryd_process import Gantryd, wait_until  # noqa: E402
from measure import Table, cpu_seconds, kernels, resident_mib  # noqa: E402
from opcua_workload import measure_opcua_client, measure_opcua_server  # noqa: E402
from polling_workload import measure_end_to_end, measure_modbus  # noqa: E402
from store_workload import measure_store  # noqa: E402

def measure_pipeline(table, smoke):
    """Samples through check, store and live feed, acknowledged after fdatasync."""
    for run in kernels("pipeline/", smoke):
        name = dict(part.split(":") for part in run["name"].split("/") if ":" in part)
        what = f"batches of {int(name['rows']):,}, {name['together']} at once, durable"
        table.add("pipeline", what, run["samples_s"], "samples/s")
        table.add("pipeline", what, run["samples_cpu_s"], "samples/CPU-s")


def measure_http(table, smoke):
    """Latest value of one point, over kept-alive connections, by wrk."""
    with Gantryd() as node:
        api = node.client()
        api.create("/v1/assets", {"key": "a"})
        api.create("/v1/points", {"asset": "a", "key": "v"})
        api.post("/v1/samples", {"samples": [{"point": "a.v", "value": 1.5}]})
        for connections in (1, 16):
            cpu = cpu_seconds(node.process.pid)
            done = subprocess.run(
                ["wrk", "-t1", f"-c{connections}", f"-d{1 if smoke else 10}s", "--latency",
                 "-H", f"Authorization: Bearer {node.token}",
                 node.url + "/v1/points/a.v/latest"], capture_output=True, text=True, check=True)
            used = cpu_seconds(node.process.pid) - cpu
            assert "Non-2xx" not in done.stdout, done.stdout
            requests = int(re.search(r"(\d+) requests in", done.stdout).group(1))
            rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1))
            value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", done.stdout).groups()
            what = f"latest value, {connections} connection{'s' if connections > 1 else ''}"
            table.add("http", what, rate, "requests/s")
            table.add("http", what, requests / max(used, 0.01), "requests/CPU-s")
            table.add("http", what + ": p99",
                      float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit], "ms")


def measure_mqtt(table, smoke):
    """MQTT of one core, in memory: packets, topics, and messages through the state machine."""
    units = {"bytes/subscription": "B", "messages/s": "messages/s", "items_per_second": "1/s"}
    for run in kernels("mqtt/", smoke):
        for counter, unit in units.items():
            if counter in run:
                table.add("mqtt", f"{run['name']}: {counter}", run[counter], unit)


def measure_start(table, smoke):
    """From exec to ready, first on an empty folder, then on it; resident memory when idle."""
    node = Gantryd()
    try:
        for what in ("first start", "start again"):
            start = time.monotonic()
            node.start()
            wait_until(lambda: node.anonymous().get("/health/ready")["status"] == "ready", "ready")
            table.add("start", what, time.monotonic() - start, "s")
            idle = 1 if smoke else 10
            cpu = cpu_seconds(node.process.pid)
            time.sleep(idle)  # this is the measurement
            table.add("start", what + ": idle processor",
                      100 * (cpu_seconds(node.process.pid) - cpu) / idle, "% of one core")
            table.add("start", what + ": idle resident memory", resident_mib(node.process.pid),
                      "MiB")
            node.stop()
    finally:
        shutil.rmtree(node.folder, ignore_errors=True)


WORKLOADS = {"pipeline": measure_pipeline, "store": measure_store, "arrow": measure_arrow,
             "doors": measure_doors, "modbus": measure_modbus,
             "end_to_end": measure_end_to_end, "s7": measure_s7, "iec104": measure_iec104,
             "mqtt": measure_mqtt, "broker": measure_broker, "opcua_server": measure_opcua_server,
             "opcua_client": measure_opcua_client,
             "http": measure_http, "start": measure_start}


def machine():
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"model name\s*:\s*(.*)", info)
    return f"{os.cpu_count()} × {model.group(1) if model else os.uname().machine}"


def commit():
    done = subprocess.run(["git", "-c", "safe.directory=*", "-C", HERE, "rev-parse", "--short",
                           "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", metavar="workload",
                        help=", ".join(WORKLOADS) + "; all when none is named")
    parser.add_argument("--smoke", action="store_true", help="tiny input: does it run at all?")
    parser.add_argument("--peers", action="store_true",
                        help="store: also other databases, those that are installed")
    parser.add_argument("--save", action="store_true", help="add the table to bench/results/")
    options = parser.parse_args()
    for name in options.workloads:
        if name not in WORKLOADS:
            parser.error(f"there is no workload '{name}': {', '.join(WORKLOADS)}")
    table = Table()
    load = f"load of the machine before it {os.getloadavg()[0]:.1f}"
    for name in options.workloads or WORKLOADS:
        more = {"peers": options.peers} if name == "store" else {}
        WORKLOADS[name](table, options.smoke, **more)
    print(table)
    if options.save:
        today = datetime.date.today().isoformat()
        file = HERE / "results" / f"{today}-{commit()}.md"
        file.parent.mkdir(exist_ok=True)
        before = file.read_text() if file.exists() else (
            "<!-- SPDX-License-Identifier: Apache-2.0 -->")
        file.write_text(f"{before}\n{machine()}, {today}, commit {commit()}, {load}\n\n{table}\n")


if __name__ == "__main__":
    main()
