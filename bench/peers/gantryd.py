# SPDX-License-Identifier: Apache-2.0
"""gantryd itself, over the same road as the others."""

import os
import pathlib
import re
import shutil

from gantryd_process import Gantryd

from .http import PrometheusApi
from .peer import bytes_of

# The door for PostgreSQL is open, and what has come is written into segments soon after the last of
# it, as InfluxDB's settings in http.py say too: then there is something to measure on disk.
SETTINGS = """[store]
flush_after = "3s"

[postgres]
listen = "127.0.0.1:0"
"""


class GantryHttp(PrometheusApi):
    """Written to as InfluxDB, asked as Prometheus."""

    name = "gantryd"
    durability = "durable: fdatasync before the answer"
    write = "/write?precision=ns"
    version = "of this tree"

    @classmethod
    def missing(cls):
        return None

    def start(self):
        settings = os.path.join(self.folder, "gantry.toml")
        pathlib.Path(settings).write_text(SETTINGS, encoding="utf-8")
        self.node = Gantryd("--config", settings, folder=self.folder).start()
        self.process = self.node.process
        self.api = self.node.client()
        self.headers = {"Authorization": "Bearer " + self.api.token}
        self.port = int(self.node.url.rpartition(":")[2])

    @property
    def postgres_port(self):
        said = [event for event in self.node.log_events()
                if event["module"] == "postgres" and event["event"] == "listening"]
        return int(said[-1]["address"].rpartition(":")[2])

    def __exit__(self, *_):
        self.node.stop()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def now(self, metric):
        text = self.call("GET", "/metrics")[1].decode()
        return float(re.search(rf"^{metric} (\S+)$", text, re.MULTILINE).group(1))

    def settle(self):
        """It flushes and merges by itself: until nothing is left to do."""
        self.wait_until(lambda: self.now("gantry_store_merges_waiting") == 0 and
                        self.segments() and self.now("gantry_store_memtable_bytes") == 0)

    def segments(self):
        return list(pathlib.Path(self.node.data, "store").glob("segment-*"))

    def disk_bytes(self):
        """Segments and what is written of the catalogue; without the journal, whose rows are all in
        segments now, and what is reserved for more."""
        used = sum(len(file.read_bytes().rstrip(b"\0"))
                   for file in pathlib.Path(self.node.data, "store", "catalogue").glob("*"))
        segments = pathlib.Path(self.node.data, "store")
        return bytes_of(str(segments), "segment-*") + used
