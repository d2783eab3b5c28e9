# SPDX-License-Identifier: Apache-2.0
"""Other people's databases, each started for a measurement with an empty folder."""

from .columnar import ClickHouse, DuckDb
from .gantryd import GantryHttp
from .http import InfluxDb, VictoriaMetrics

PEERS = (GantryHttp, VictoriaMetrics, InfluxDb, DuckDb, ClickHouse)
