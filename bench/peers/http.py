# SPDX-License-Identifier: Apache-2.0
"""Servers that take line protocol over HTTP, on loopback."""

import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.parse

from .peer import START, STEP, Peer, bytes_of

BATCH_ROWS = 10_000


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class HttpPeer(Peer):
    """`command` gets its folder and port, `ready` is a path that answers when it is up."""

    program = package = ready = write = ""
    way = "line protocol over HTTP"
    makes_series = True
    headers = {}

    @classmethod
    def missing(cls):
        return None if shutil.which(cls.program) else f"{cls.program} is not installed"

    def start(self):
        # The program of Debian does not always say its version.
        said = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", self.package],
                              capture_output=True, text=True, check=False)
        self.version = said.stdout.partition("+")[0].partition("~")[0] or "of unknown version"
        self.port = free_port()
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while not self.answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"{self.name} did not start; see {self.folder}/log")
            time.sleep(0.05)
        self.prepare()

    def wait_until(self, at_rest):
        """Looks seldom: what it costs the server to say is counted."""
        deadline = time.monotonic() + 300
        while not at_rest():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not come to rest")
            time.sleep(0.5)

    def answers(self):
        try:
            return self.call("GET", self.ready)[0] < 300
        except OSError:
            return False

    def command(self):
        raise NotImplementedError

    def prepare(self):
        """Once it answers."""

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request(method, path, body, self.headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def query(self, path, **parameters):
        status, text = self.call("GET", path + "?" + urllib.parse.urlencode(parameters))
        if status != 200:
            raise RuntimeError(f"{self.name}: {status} {text[:200]}")
        return text

    def files(self, case):
        return [case.file("lines")]

    def load(self, case):
        """In batches of 10,000 lines over one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        with open(self.files(case)[0], "rb") as lines:
            while batch := b"".join(line for _, line in zip(range(BATCH_ROWS), lines)):
                connection.request("POST", self.write, batch, self.headers)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status not in (200, 204):
                    raise RuntimeError(f"{self.name}: {answer.status} {text[:200]}")
        connection.close()

    def ask(self, case, question):
        start = time.monotonic()
        self.texts = self.answer(case, question)
        return 1000 * (time.monotonic() - start)

    def answer(self, case, question):
        """The bodies of the answers."""
        raise NotImplementedError


class PrometheusApi(HttpPeer):
    """Asked by PromQL."""

    unasked = {}  # parameters that every query has

    def prom(self, path, **parameters):
        return self.query("/api/v1/" + path, **parameters, **self.unasked)

    def answer(self, case, question):
        seconds = STEP * case.steps
        end = START + seconds
        if question in ("sum", "count"):
            # Metric by metric: what is left of them has the same labels.
            query = " + ".join(f"sum({question}_over_time({table}_{field}[{seconds + STEP}s]))"
                               for table, fields in case.tables.items() for field in fields)
            return [self.prom("query", query=query, time=end)]
        if question == "lastpoint":
            names = "{__name__=~\"(%s)_.*\"}" % "|".join(case.tables)
            return [self.prom("query", query=f"last_over_time({names}[1h])", time=end)]
        # Windows with both their ends, or open at their beginning: these have the same samples.
        hours = -(-seconds // 3600)
        return [self.prom("query_range", query="avg_over_time(cpu_usage_user[1h])",
                          start=START + 3599, end=START + 3600 * hours - 1, step="1h")]

    def read(self, case, question):
        self.ask(case, question)
        return sum(self.values(self.texts))

    def values(self, texts):
        return [float(value[1]) for text in texts
                for series in json.loads(text)["data"]["result"]
                for value in series.get("values") or [series["value"]]]


class VictoriaMetrics(PrometheusApi):
    name = "VictoriaMetrics"
    durability = "not durable: no write-ahead log"
    program = "victoria-metrics"
    package = "victoria-metrics"
    ready = "/health"
    write = "/write?precision=ns"
    unasked = {"nocache": 1}

    def command(self):
        return [self.program, f"-httpListenAddr=127.0.0.1:{self.port}",
                f"-storageDataPath={self.folder}/data", "-retentionPeriod=100y",
                "-search.maxUniqueTimeseries=2000000", "-search.latencyOffset=0s"]

    def settle(self):
        """Merging happens behind the answer, and what is young is only in memory."""
        self.call("GET", "/internal/force_flush")
        self.wait_until(lambda: self.now("vm_parts", "inmemory") == 0)
        self.call("GET", "/internal/force_merge")
        self.wait_until(lambda: self.now("vm_active_force_merges") == 0 and
                        self.now("vm_active_merges") == 0)

    def now(self, metric, of=""):
        text = self.call("GET", "/metrics")[1].decode()
        return sum(float(line.split()[-1]) for line in text.splitlines()
                   if re.match(metric + r"\b", line) and of in line)

    def disk_bytes(self):
        return bytes_of(self.folder + "/data")


class Prometheus(PrometheusApi):
    """Of Debian: its blocks are made beforehand, of one field only, and only queries are measured."""

    name = "Prometheus"
    program = package = "prometheus"
    ready = "/-/ready"
    fields = ("usage_user",)

    def __init__(self, case):
        self.case = case

    def command(self):
        lines, data = f"{self.folder}/open-metrics", f"{self.folder}/data"
        with open(self.case.file("csv"), encoding="utf-8") as rows, \
                open(lines, "w", encoding="utf-8") as out:
            for number, row in enumerate(rows):
                time = START + STEP * (number // self.case.hosts)
                _, host, value, _ = row.split(",", 3)
                out.write(f'cpu_usage_user{{hostname="{host}"}} {value} {time}\n')
            out.write("# EOF\n")
        subprocess.run(["promtool", "tsdb", "create-blocks-from", "openmetrics", lines, data],
                       stdout=self.log, stderr=self.log, check=True)
        config = pathlib.Path(self.folder, "prometheus.yml")
        config.write_text("global: {}\n", encoding="utf-8")
        return [self.program, f"--config.file={config}", f"--storage.tsdb.path={data}",
                "--storage.tsdb.retention.time=100y", "--log.level=warn",
                f"--web.listen-address=127.0.0.1:{self.port}"]


class InfluxDb(HttpPeer):
    name = "InfluxDB"
    durability = "durable: fsync of each write"
    program = "influxd"
    package = "influxdb"
    ready = "/ping"
    write = "/write?db=bench&precision=ns"

    def command(self):
        config = pathlib.Path(self.folder, "influxdb.conf")
        config.write_text(f"""reporting-disabled = true
bind-address = "127.0.0.1:{free_port()}"
[meta]
  dir = "{self.folder}/meta"
[data]
  dir = "{self.folder}/data"
  wal-dir = "{self.folder}/wal"
  query-log-enabled = false
  cache-snapshot-write-cold-duration = "3s"
  compact-full-write-cold-duration = "3s"
  max-series-per-database = 0
  max-values-per-tag = 0
[http]
  bind-address = "127.0.0.1:{self.port}"
  log-enabled = false
[monitor]
  store-enabled = false
""")
        return [self.program, "run", "-config", str(config)]

    def prepare(self):
        self.call("POST", "/query?q=CREATE%20DATABASE%20bench")

    def settle(self):
        """It writes its log into files, and merges these, once nothing came for three seconds."""
        self.wait_until(lambda: bytes_of(self.folder + "/wal") < 1024 * 1024)
        before = 0
        while before != (before := self.disk_bytes()):
            time.sleep(5)

    def disk_bytes(self):
        return bytes_of(self.folder + "/data") + bytes_of(self.folder + "/wal")

    def answer(self, case, question):
        end = START + STEP * case.steps
        statements = {
            "sum": [f"SELECT sum(*) FROM \"{table}\"" for table in case.tables],
            "count": [f"SELECT count(*) FROM \"{table}\"" for table in case.tables],
            "lastpoint": [f"SELECT last(*) FROM \"{table}\" GROUP BY {case.key}"
                          for table in case.tables],
            "double_groupby_1": ["SELECT mean(usage_user) FROM cpu WHERE "
                                 f"time >= {START}s AND time < {end}s GROUP BY time(1h), hostname"],
        }[question]
        return [self.query("/query", db="bench", q=statement) for statement in statements]

    def read(self, case, question):
        self.ask(case, question)
        return sum(self.values(self.texts))

    def values(self, texts):
        return [value or 0 for text in texts
                for series in json.loads(text)["results"][0]["series"]
                for row in series["values"]
                for value in row[1:]]
