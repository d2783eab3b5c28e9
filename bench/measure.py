# SPDX-License-Identifier: Apache-2.0
"""What the workloads share: the table, the time that a process used, the program gantry-bench."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from gantryd_process import BIN

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time that a process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def exact_cpu_seconds(pid):
    """The same of all threads that it has now, to the nanosecond."""
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def lined_up(rows, right):
    """Lines of a table, the first row its head; the columns in `right` are aligned there."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.rjust(width) if i in right else cell.ljust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))) + " |"
             for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return lines


class Table:
    """What is printed at the end; below it the lines of `below`, such as another table."""

    def __init__(self):
        self.rows = []
        self.below = []

    def add(self, workload, what, value, unit):
        self.rows.append((workload, what, number(value), unit))
        print(f"{workload}: {what}: {number(value)} {unit}", file=sys.stderr)

    def leave_out(self, workload, what, why):
        self.rows.append((workload, what, "left out", why))
        print(f"{workload}: {what} is left out: {why}", file=sys.stderr)

    def __str__(self):
        rows = [("workload", "what", "value", "unit"), *self.rows]
        return "\n".join(lined_up(rows, right={2}) + self.below)


def kernels(select, smoke, **settings):
    """What gantry-bench measures, by name without its arguments."""
    done = subprocess.run(
        [os.path.join(BIN, "gantry-bench"), f"--benchmark_filter={select}",
         "--benchmark_format=json", f"--benchmark_min_time={'0.01' if smoke else '2'}s"],
        stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **settings})
    runs = json.loads(done.stdout)["benchmarks"]
    for run in runs:
        assert not run.get("error_occurred"), run
    return runs


def timed(work):
    """Milliseconds."""
    start = time.monotonic()
    work()
    return 1000 * (time.monotonic() - start)
