# SPDX-License-Identifier: Apache-2.0
"""Other people's databases, each started for a measurement with an empty folder."""

from .columnar import ClickHouse, DuckDb
from .gantryd import GantryHttp
from .http import InfluxDb, Prometheus, VictoriaMetrics

__all__ = ["ClickHouse", "DuckDb", "GantryHttp", "InfluxDb", "Prometheus", "VictoriaMetrics"]

# Those of ./dev bench store --peers.
PEERS = (GantryHttp, VictoriaMetrics, InfluxDb, DuckDb, ClickHouse)
