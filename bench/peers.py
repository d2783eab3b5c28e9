# SPDX-License-Identifier: Apache-2.0
"""Other people's databases, each started for a measurement on loopback with an empty folder."""

import http.client
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

BATCH_ROWS = 10_000


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def bytes_of(folder):
    return sum(path.stat().st_blocks * 512 for path in pathlib.Path(folder).rglob("*")
               if path.is_file())


class Peer:
    """A server; `command` gets its folder and port, `ready` is a path that answers when it is up."""

    name = durability = ready = write = ""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gantry-peer-")
        self.port = free_port()
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 30
        while True:
            try:
                if self.call("GET", self.ready)[0] < 300:
                    break
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                self.process.kill()
                raise RuntimeError(f"{self.name} did not start; see {self.folder}/log")
            time.sleep(0.05)
        self.prepare()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self):
        raise NotImplementedError

    def prepare(self):
        pass

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        connection.request(method, path, body)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, text

    def query(self, path, **parameters):
        status, text = self.call("GET", path + "?" + urllib.parse.urlencode(parameters))
        if status != 200:
            raise RuntimeError(f"{self.name}: {status} {text[:200]}")
        return text

    def load(self, file):
        """Sends line protocol in batches of 10,000 lines over one connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        with open(file, "rb") as lines:
            while batch := b"".join(line for _, line in zip(range(BATCH_ROWS), lines)):
                connection.request("POST", self.write, batch)
                answer = connection.getresponse()
                text = answer.read()
                if answer.status not in (200, 204):
                    raise RuntimeError(f"{self.name}: {answer.status} {text[:200]}")
        connection.close()


class VictoriaMetrics(Peer):
    name = "VictoriaMetrics"
    durability = "not durable: no write-ahead log"
    ready = "/health"
    write = "/write?precision=ns"

    def command(self):
        return [shutil.which("victoria-metrics"), f"-httpListenAddr=127.0.0.1:{self.port}",
                f"-storageDataPath={self.folder}/data", "-retentionPeriod=100y",
                "-search.maxUniqueTimeseries=1000000", "-search.latencyOffset=0s"]

    def settle(self):
        self.call("GET", "/internal/force_flush")
        self.call("GET", "/internal/force_merge")

    def disk_bytes(self):
        return bytes_of(self.folder + "/data")

    def double_groupby(self, start, end):
        self.query("/api/v1/query_range", query="avg_over_time(cpu_usage_user[1h])", start=start,
                   end=end, step="1h", nocache=1)

    def lastpoint(self, end):
        self.query("/api/v1/query", query='last_over_time({__name__=~"cpu_.*"}[1h])', time=end,
                   nocache=1)


class InfluxDb(Peer):
    name = "InfluxDB"
    durability = "durable: fsync of each write"
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
[http]
  bind-address = "127.0.0.1:{self.port}"
  log-enabled = false
[monitor]
  store-enabled = false
""")
        return [shutil.which("influxd"), "run", "-config", str(config)]

    def prepare(self):
        self.call("POST", "/query?q=CREATE%20DATABASE%20bench")

    def settle(self):
        pass  # it compacts when it wants to

    def disk_bytes(self):
        return bytes_of(self.folder + "/data") + bytes_of(self.folder + "/wal")

    def double_groupby(self, start, end):
        self.query("/query", db="bench", q="SELECT mean(usage_user) FROM cpu WHERE "
                   f"time >= {start}s AND time < {end}s GROUP BY time(1h), hostname")

    def lastpoint(self, _):
        self.query("/query", db="bench", q="SELECT last(*) FROM cpu GROUP BY hostname")


PEERS = {VictoriaMetrics: "victoria-metrics", InfluxDb: "influxd"}
