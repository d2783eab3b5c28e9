# SPDX-License-Identifier: Apache-2.0
"""Arrow streams over HTTP into gantryd, each acknowledged when it is durable; client included."""

import json
import os
import subprocess

from gantryd_process import BIN, Gantryd
from measure import cpu_seconds, kernels, resident_mib


def make_points(api, hosts):
    api.create("/v1/models", {"key": "host", "properties": [
        {"key": f"f{i}", "type": "float64"} for i in range(10)]})
    for host in range(hosts):
        api.create("/v1/assets", {"key": f"h{host}", "model": "host"})


def measure_form(table, form, hosts, steps, steps_a_request, connections):
    with Gantryd() as node:
        api = node.client()
        make_points(api, hosts)
        cpu = cpu_seconds(node.process.pid)
        done = subprocess.run(
            [os.path.join(BIN, "gantry-bench-arrow"), node.url.rsplit(":", 1)[1], node.token, form,
             str(hosts), str(steps), str(steps_a_request), str(connections)],
            stdout=subprocess.PIPE, text=True, check=True)
        used = cpu_seconds(node.process.pid) - cpu
        said = json.loads(done.stdout)
        what = (f"{form}, {hosts:,} hosts × 10 × {steps} steps, {steps_a_request} a request, "
                f"{connections} connections")
        table.add("arrow", what, said["points"] / said["seconds"], "points/s")
        table.add("arrow", what, said["points"] / max(used, 0.01), "points/server CPU-s")
        table.add("arrow", what + ": acknowledged, p50", 1000 * said["p50"], "ms")
        table.add("arrow", what + ": acknowledged, p99", 1000 * said["p99"], "ms")
        table.add("arrow", what + ": refused for a while", said["refused"], "requests")
        table.add("arrow", what + ": resident memory", resident_mib(node.process.pid), "MiB")
        stored = api.sql("SELECT count(*) FROM samples")["rows"][0][0]
        assert int(stored) == said["points"] == hosts * 10 * steps, (stored, said)


def measure_arrow(table, smoke):
    for run in kernels("arrow/", smoke):
        name = run["name"].removeprefix("arrow/").replace("_", " ")
        table.add("arrow", f"{name}, one core", run["points/s"], "points/s")
    hosts, steps = (20, 60) if smoke else (1000, 2880)
    for form in ("long", "wide"):
        for steps_a_request, connections in ((20, 2), (60, 4)):
            measure_form(table, form, hosts, steps, steps_a_request, connections)
