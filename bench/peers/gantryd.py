# SPDX-License-Identifier: Apache-2.0
"""gantryd itself, over the same road as the others."""

from gantryd_process import Gantryd

from .http import VictoriaMetrics


class GantryHttp(VictoriaMetrics):
    """Written to as InfluxDB, asked as Prometheus."""

    name = "gantryd"
    durability = "durable: fdatasync before the answer"
    program = package = "gantryd"

    @classmethod
    def missing(cls):
        return None

    def start(self):
        self.node = Gantryd().start()
        self.version = "of this tree"
        client = self.node.client()
        self.headers = {"Authorization": "Token " + client.token}
        self.port = int(self.node.url.rpartition(":")[2])
        self.process = self.node.process

    def __exit__(self, *_):
        self.node.stop()
        self.log.close()
        self.node.__exit__(None, None, None)

    def settle(self):
        """It flushes and merges by itself when it is time."""

    def disk_bytes(self):
        """Of the journal too, which is not settled yet: not to be compared."""
