# SPDX-License-Identifier: Apache-2.0
"""Columnar databases from npm, inside a process of node that answers SQL (*.mjs).

They load CSV in bulk: that is what they are good at. The packages are what package-lock.json says.
"""

import functools
import hashlib
import json
import pathlib
import shutil
import subprocess

from .peer import Peer

HERE = pathlib.Path(__file__).resolve().parent


@functools.cache
def install():
    """Why the packages cannot be had; None if they are there."""
    stamp = HERE / "node_modules" / ".gantry-lock"
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return None
    if shutil.which("npm") is None:
        return "npm is not installed"
    done = subprocess.run(["npm", "--prefix", HERE, "ci", "--ignore-scripts", "--no-audit"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return "npm ci failed: " + (done.stderr.strip().splitlines() or ["no reason given"])[0]
    stamp.write_text(lock)
    return None


class ColumnarPeer(Peer):
    script = ""
    way = "bulk CSV"

    @classmethod
    def missing(cls):
        return install()

    def start(self):
        self.process = subprocess.Popen(["node", HERE / self.script, self.folder],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.log, text=True)
        self.version = self.hear()["version"].lstrip("v")

    def files(self, case):
        return [case.file("csv", table) for table in case.tables]

    def hear(self):
        answer = json.loads(self.process.stdout.readline() or '{"error": "it ended"}')
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}")
        return answer

    def run(self, sql, read=False):
        self.process.stdin.write(json.dumps({"sql": sql, "read": read}) + "\n")
        self.process.stdin.flush()
        return self.hear()

    def ask(self, case, question):
        return sum(self.run(sql)["ms"] for sql in self.statements(case, question))

    def read(self, case, question):
        key_columns = {"count": 0, "sum": 0}.get(question, 2)  # a host and a time
        return sum(float(value)
                   for sql in self.statements(case, question)
                   for row in self.run(sql, read=True)["rows"]
                   for value in row[key_columns:])

    def statements(self, case, question):
        if question in ("count", "sum"):
            return [f"SELECT {added(question, fields)} FROM {table}"
                    for table, fields in case.tables.items()]
        return {"double_groupby_1": self.double_groupby, "lastpoint": self.lastpoint}[question]


def added(of, fields):
    return " + ".join(f"{of}({field})" for field in fields)


def columns(case, table, number, real, more=""):
    whole = case.name == "cpu-only"
    return ", ".join(f"{field} {number if whole or field == 'status' else real}{more}"
                     for field in case.tables[table])


class DuckDb(ColumnarPeer):
    name = "DuckDB"
    durability = "durable: one commit for all"
    script = "duckdb.mjs"
    double_groupby = ["SELECT hostname, date_trunc('hour', time) AS hour, avg(usage_user) FROM cpu "
                      "GROUP BY hostname, hour"]
    lastpoint = ["SELECT hostname, time, cpu.* EXCLUDE (hostname, time) FROM cpu JOIN "
                 "(SELECT hostname, max(time) AS time FROM cpu GROUP BY hostname) "
                 "USING (hostname, time)"]

    def load(self, case):
        for table, file in zip(case.tables, self.files(case)):
            self.run(f"CREATE TABLE {table} (time TIMESTAMP, {case.key} VARCHAR, "
                     f"{columns(case, table, 'BIGINT', 'DOUBLE')})")
            self.run(f"COPY {table} FROM '{file}' (FORMAT csv, HEADER false)")

    def settle(self):
        self.run("CHECKPOINT")

    def disk_bytes(self):
        return sum(path.stat().st_blocks * 512 for path in pathlib.Path(self.folder).glob("peer.*"))

    def packed(self, case):
        total = 0
        for table in case.tables:
            file = pathlib.Path(self.folder, "packed.parquet")
            self.run(f"COPY (SELECT * FROM {table} ORDER BY {case.key}, time) TO '{file}' "
                     "(FORMAT parquet, COMPRESSION zstd)")
            total += file.stat().st_size
        return "sorted Parquet-zstd", total


class ClickHouse(ColumnarPeer):
    name = "ClickHouse"
    durability = "not durable: not synced"
    script = "clickhouse.mjs"
    double_groupby = ["SELECT hostname, toStartOfHour(time) AS hour, avg(usage_user) FROM cpu "
                      "GROUP BY hostname, hour"]

    @property
    def lastpoint(self):
        last = ", ".join(f"argMax({field}, time)" for field in self.case.tables["cpu"])
        return [f"SELECT hostname, max(time), {last} FROM cpu GROUP BY hostname"]

    def load(self, case):
        self.case = case
        for table, file in zip(case.tables, self.files(case)):
            self.create(case, table, table, "")
            self.run(f"INSERT INTO {table} SELECT * FROM file('{file}', 'CSV', "
                     f"'time DateTime, {case.key} String, "
                     f"{columns(case, table, 'Int64', 'Float64')}')")

    def create(self, case, table, name, codec):
        self.run(f"CREATE TABLE {name} (time DateTime CODEC(DoubleDelta, LZ4), "
                 f"{case.key} LowCardinality(String), "
                 f"{columns(case, table, 'Int64', 'Float64', codec)}) "
                 f"ENGINE = MergeTree ORDER BY ({case.key}, time)")

    def settle(self):
        for table in self.case.tables:
            self.run(f"OPTIMIZE TABLE {table} FINAL")

    def size(self, tables):
        names = ", ".join(f"'{table}'" for table in tables)
        rows = self.run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND "
                        f"database = currentDatabase() AND table IN ({names})", read=True)["rows"]
        return int(rows[0][0])

    def disk_bytes(self):
        return self.size(self.case.tables)

    def packed(self, case):
        names = [f"packed_{table}" for table in case.tables]
        for table, name in zip(case.tables, names):
            self.create(case, table, name, " CODEC(Delta, ZSTD(1))")
            self.run(f"INSERT INTO {name} SELECT * FROM {table}")
            self.run(f"OPTIMIZE TABLE {name} FINAL")
        return "Delta and ZSTD codecs", self.size(names)
