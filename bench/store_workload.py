# SPDX-License-Identifier: Apache-2.0
"""The store in process, beside other databases on the same data, and beside its goals."""

import os
import tempfile
import time

from gantryd_process import BIN
from measure import cpu_seconds, kernels, lined_up, number, resident_mib, timed
from peers import PEERS
from peers.peer import QUESTIONS, Case

# Unless the environment says otherwise: the real size, and the one that only shows that it runs.
SIZES = {
    "GANTRY_BENCH_HOSTS": (4000, 10),
    "GANTRY_BENCH_STEPS": (720, 60),
    "GANTRY_BENCH_BATCH_ROWS": (10_000, 50),
    "GANTRY_BENCH_TRUCKS": (4000, 10),
    "GANTRY_BENCH_TRUCK_STEPS": (360, 30),
    "GANTRY_BENCH_DAYS": (365, 2),
    "GANTRY_BENCH_NEW_HOSTS": (100_000, 100),
    "GANTRY_BENCH_JOURNAL_MB": (512, 1),
    "GANTRY_BENCH_MEMTABLE_MB": (128, 1),
}

# What is to be reached, on two cores: figure, unit, floor, goal, where it is measured.
GOALS = (
    ("binary columnar ingest, in process, durable", "points/s", 10e6, 30e6,
     ("rows/ingest", "points_s")),
    ("line protocol, 10 fields a row, in process, without HTTP, durable", "points/s", 6e6, 15e6,
     ("line_protocol/ingest", "points_s")),
    ("new series, each with a first row, durable", "series/s", 200e3, 1e6,
     ("series/register", "series_s")),
    ("memory a series, fixed part", "B", 400, 250, ("series/register", "bytes_a_series")),
    ("SUM over compressed, with time and quality filter, a core", "values/s", 1e9, 3e9,
     ("rows/sum_cut", "points_cpu_s")),
    ("the same through block statistics", "values/s", 50e9, 200e9, ("rows/sum", "points_cpu_s")),
    ("the same of series here and there", "values/s", 50e9, 200e9,
     ("rows/sum_metric", "points_cpu_s")),
    ("the same, a sum for each series", "values/s", 50e9, 200e9,
     ("rows/sum_each", "points_cpu_s")),
    ("the same, a sum for each series, of full blocks", "values/s", 50e9, 200e9,
     ("long/sum_each_cut", "points_cpu_s")),
    ("DuckDB table function, a core", "values/s", 200e6, 350e6, ("sql/sum", "points_cpu_s")),
    ("double-groupby-1", "ms", 10, 3, ("rows/double_groupby_1", "real_time")),
    ("lastpoint", "ms", 1, 0.2, ("rows/lastpoint", "real_time")),
    ("last-value reads in process", "reads/s", 20e6, 50e6, ("rows/latest", "points_s")),
    ("bytes a point, cpu-only, hot", "B", 0.9, 0.7, ("rows/ingest", "bytes_a_point_hot")),
    ("bytes a point, cpu-only, cold", "B", 0.45, 0.38, ("cold/settle", "bytes_a_point")),
    ("bytes a point, decimal sensors (iot)", "B", 1.5, 0.8, ("iot/ingest", "bytes_a_point_cold")),
    ("recovery of 512 MB of journal, 1 M series", "s", 5, 1.5, ("recovery/open", "seconds")),
    ("durable commit latency under load, p99", "ms", 40, 15, ("rows/ingest", "latency_p99_ms")),
)


def sizes(smoke):
    return {name: int(os.environ.get(name, tiny if smoke else real))
            for name, (real, tiny) in SIZES.items()}


class Gantry:
    """What gantry-bench says, and the rows of the table that it makes."""

    def __init__(self, table, smoke, size):
        self.table = table
        self.runs = {}
        settings = {name: str(value) for name, value in size.items()}
        # A process each, so that none finds the memory of another.
        for group in ("store/rows", "store/long", "store/cold", "store/series_wise",
                      "store/line_protocol", "store/iot", "store/mixed", "store/series",
                      "store/recovery", "query/sql"):
            for run in kernels(f"{group}/", smoke, **settings):
                self.runs["/".join(run["name"].split("/")[1:3])] = run
        for run in kernels("lineprotocol/", smoke):
            self.runs[run["name"]] = run
        for name in ("recovery/open", "recovery/full_memory"):
            run = self.runs[name]
            run["seconds"] = run["real_time"] / 1e9  # its unit is the nanosecond

    def add(self, run, what, *figures):
        for figure, unit in figures:
            self.table.add("store", what, self.runs[run][figure], unit)

    def tell_ingest(self, run, what):
        self.add(run, what + ": ingest, in process, durable", ("points_s", "points/s"),
                 ("points_cpu_s", "points/CPU-s"))
        self.add(run, what + ": ingest and settle", ("points_cpu_s_settled", "points/CPU-s"))
        self.add(run, what + ": commit latency p50", ("latency_p50_ms", "ms"))
        self.add(run, what + ": commit latency p99", ("latency_p99_ms", "ms"))
        self.add(run, what + ": on disk, flushed", ("bytes_a_point_hot", "bytes/point"))
        self.add(run, what + ": on disk, settled", ("bytes_a_point", "bytes/point"))
        if "bytes_a_point_cold" in self.runs[run]:
            self.add(run, what + ": on disk, cold", ("bytes_a_point_cold", "bytes/point"))
        self.add(run, what + ": growth of resident memory", ("resident_growth_mb", "MB"))

    def tell_cold(self, what):
        self.add("cold/settle", what + ": made cold", ("points_cpu_s", "points/CPU-s"))
        self.add("cold/settle", what + ": on disk, cold", ("bytes_a_point", "bytes/point"))
        self.add("cold/scan", what + ": scan of all, cold", ("points_cpu_s", "points/CPU-s"))
        self.add("cold/sum_cut", what + ": sum without block statistics, cold",
                 ("points_cpu_s", "points/CPU-s"))
        for run, how in (("hours", "with roll-ups"), ("hours_read", "without")):
            self.add("cold/" + run, f"a sensor read every second, cold, {how}: by the hour",
                     ("cpu_ms", "CPU-ms"), ("bytes_a_point", "bytes/point"))

    def tell_lines(self, what):
        run = "line_protocol/ingest"
        self.add(run, what + ": ingest, in process, durable", ("points_s", "points/s"),
                 ("points_cpu_s", "points/CPU-s"))
        self.add(run, what + ": commit latency p99", ("latency_p99_ms", "ms"))
        for kind in ("cpu_only", "iot"):
            self.add("lineprotocol/" + kind, f"{kind} lines into batches, one core",
                     ("points/s", "points/s"), ("bytes_per_second", "B/s"))

    def tell_queries(self, what):
        self.add("rows/scan", what + ": scan of all", ("points_s", "points/s"),
                 ("points_cpu_s", "points/CPU-s"))
        self.add("rows/latest", what + ": last values at random", ("points_s", "reads/s"))
        for question, run in zip((*QUESTIONS, "sum without block statistics"),
                                 ("sum", "double_groupby_1", "lastpoint", "sum_cut")):
            self.add("rows/" + run, f"{what}: {question}, in process", ("real_time", "ms"),
                     ("cpu_ms", "CPU-ms"))
        for run, question in (("rows/sum_metric", "sum of one metric"),
                              ("rows/sum_each", "a sum for each series")):
            self.add(run, f"{what}: {question}, in process", ("cpu_ms", "CPU-ms"))
        for run, question in (("sum", "sum"), ("sum_each_cut", "a sum for each, ends cut off"),
                              ("buckets", "a mean for every 1,000 s")):
            self.add("long/" + run, f"as many rows in a hundredth of the series: {question}",
                     ("cpu_ms", "CPU-ms"), ("points_cpu_s", "points/CPU-s"))
        for run, question in (("sum", "sum(value)"), ("sum_good", "sum(value), good ones"),
                              ("sum_half", "sum(value), good ones of half the time"),
                              ("avg_by_point_and_day", "avg(value) a point and day")):
            self.add("sql/" + run, f"as many rows in a fortieth of the series, SQL: {question}",
                     ("cpu_ms", "CPU-ms"), ("points_cpu_s", "points/CPU-s"))

    def tell_mixed(self, what):
        run = "mixed/ingest"
        self.add(run, what + ": ingest alone", ("alone_points_s", "points/s"))
        self.add(run, what + ": ingest with queries", ("points_s", "points/s"))
        self.add(run, what + ": commit latency p99 with queries", ("latency_p99_ms", "ms"))
        self.add(run, what + ": ingest at half its rate", ("half_points_s", "points/s"))
        for query, name in (("group_by", "double_groupby_1"), ("last_point", "lastpoint")):
            for q in ("p50", "p99"):
                self.add(run, f"{what}: {name} at half the rate, {q}", (f"{query}_{q}_ms", "ms"))

    def tell_series(self, what):
        run = "series/register"
        self.add(run, what + ": registered, each with a first row, durable",
                 ("series_s", "series/s"))
        self.add(run, what + ": make_series alone", ("make_series_s", "series/s"))
        self.add(run, what + ": memory, one row each", ("bytes_a_series_with_row", "B/series"))
        self.add(run, what + ": memory, less 16 B of data", ("bytes_a_series", "B/series"))
        self.add(run, what + ": memory, flushed", ("bytes_a_series_settled", "B/series"))
        self.add(run, what + ": ingest, one point each", ("points_s", "points/s"))
        self.add(run, what + ": registered while reading", ("read_series_s", "series/s"))
        self.add(run, what + ": last values meanwhile", ("reads_s", "reads/s"))
        self.add(run, what + ": last values meanwhile, p99", ("read_p99_us", "µs"))
        self.add(run, what + ": restart", ("restart_s", "s"))

    def tell_recovery(self):
        for name, kind in (("recovery/open", "recovery"),
                           ("recovery/full_memory", "recovery, memory full of rows in no order")):
            run = self.runs[name]
            what = (f"{kind}, {run['journal_mb']:,.0f} MiB of journal, "
                    f"{run['series']:,.0f} series, {run['rows']:,.0f} rows")
            self.add(name, what, ("seconds", "s"), ("cpu_s", "CPU-s"))

    def beside_goals(self):
        rows = [("figure", "measured", "floor", "goal", "unit")]
        for figure, unit, floor, goal, where in GOALS:
            measured = number(self.runs[where[0]][where[1]]) if where else "–"
            rows.append((figure, measured, number(floor), number(goal), unit))
        return ["", *lined_up(rows, right={1, 2, 3}), "",
                "The sum through block statistics is one number of all series, whose pages are taken as a",
                "whole once they were read; below it are those whose statistics are added up one by one.",
                "Line protocol is to reach its goal over HTTP, which is not measured here: this is parsing,",
                "appending and committing."]


def check(peer, case, question):
    """Nobody is measured on a wrong answer."""
    got, expected = peer.read(case, question), case.expected(question)
    assert abs(got - expected) <= 1e-9 * abs(expected), \
        f"{peer.name}: {question} of {case.name} is {got}, not {expected}"


def measure_peer(table, kind, case, what, questions, smoke):
    with kind() as peer:
        name = f"{what}: {peer.name} {peer.version}"
        points = case.summary["points"]
        peer.files(case)
        start = cpu_seconds(peer.process.pid)
        took = timed(lambda: peer.load(case)) / 1000
        used = cpu_seconds(peer.process.pid) - start
        by = f"{name}, {peer.way} ({peer.durability})"
        table.add("store", by, points / took, "points/s")
        table.add("store", by, points / max(used, 0.01), "points/CPU-s")
        peer.settle()
        used = cpu_seconds(peer.process.pid) - start
        table.add("store", f"{name}, ingest and settle", points / max(used, 0.01), "points/CPU-s")
        if disk := peer.disk_bytes():
            table.add("store", f"{name}, on disk", disk / points, "bytes/point")
        if packed := peer.packed(case):
            table.add("store", f"{name}, on disk, {packed[0]}", packed[1] / points, "bytes/point")
        check(peer, case, "count")
        for question in questions:
            check(peer, case, question)
            walls, start, began = [], cpu_seconds(peer.process.pid), time.monotonic()
            while len(walls) < 5 or (time.monotonic() - began < 2 and not smoke):
                walls.append(peer.ask(case, question))
            used = cpu_seconds(peer.process.pid) - start
            table.add("store", f"{name}, {question}", min(walls), "ms")
            table.add("store", f"{name}, {question}", 1000 * used / len(walls), "CPU-ms")


def measure_peer_series(table, kind, case, what):
    """New series, one row each; the memory is that of the whole process."""
    with kind() as peer:
        series = case.hosts * 10
        peer.files(case)
        before, start = resident_mib(peer.process.pid), cpu_seconds(peer.process.pid)
        took = timed(lambda: peer.load(case)) / 1000
        used = cpu_seconds(peer.process.pid) - start
        name = f"{what}: {peer.name} {peer.version}"
        table.add("store", name + ", one row each", series / took, "series/s")
        table.add("store", name + ", one row each", series / max(used, 0.01), "series/CPU-s")
        grown = (resident_mib(peer.process.pid) - before) * 1024 * 1024
        table.add("store", name + ", memory", grown / series, "B/series")


def measure_store(table, smoke, peers=False):
    size = sizes(smoke)
    cpu_only = (f"cpu-only, {size['GANTRY_BENCH_HOSTS']:,} hosts × 10 × "
                f"{size['GANTRY_BENCH_STEPS']} steps")
    iot = (f"iot, {size['GANTRY_BENCH_TRUCKS']:,} trucks × 10 × "
           f"{size['GANTRY_BENCH_TRUCK_STEPS']} steps")
    series = f"{10 * size['GANTRY_BENCH_NEW_HOSTS']:,} series"
    rows = min(size["GANTRY_BENCH_STEPS"], 1024)
    gantry = Gantry(table, smoke, size)
    gantry.tell_ingest("rows/ingest", cpu_only + ", row-wise")
    gantry.tell_cold(cpu_only + ", row-wise")
    gantry.tell_ingest("series_wise/ingest", f"{cpu_only}, series-wise, {rows} points each")
    gantry.tell_lines(cpu_only + ", line protocol")
    gantry.tell_queries(cpu_only)
    gantry.tell_mixed(cpu_only + ", mixed")
    gantry.tell_ingest("iot/ingest", iot)
    gantry.tell_series(series)
    gantry.tell_recovery()
    if peers:
        measure_peers(table, smoke, size, cpu_only, iot, series)
    table.below += gantry.beside_goals()


def measure_peers(table, smoke, size, cpu_only, iot, series):
    program = os.path.join(BIN, "gantry-bench-data")
    with tempfile.TemporaryDirectory(prefix="gantry-bench-") as folder:
        cases = [
            (Case("cpu-only", size["GANTRY_BENCH_HOSTS"], size["GANTRY_BENCH_STEPS"], folder,
                  program), cpu_only, QUESTIONS),
            (Case("iot", size["GANTRY_BENCH_TRUCKS"], size["GANTRY_BENCH_TRUCK_STEPS"], folder,
                  program), iot, ("sum",)),
        ]
        many = Case("cpu-only", size["GANTRY_BENCH_NEW_HOSTS"], 1, folder, program)
        for kind in PEERS:
            if missing := kind.missing():
                table.leave_out("store", kind.name, missing)
                continue
            for case, what, questions in cases:
                measure_peer(table, kind, case, what, questions, smoke)
            if kind.makes_series:
                measure_peer_series(table, kind, many, series)
