# SPDX-License-Identifier: Apache-2.0
"""Other people's databases, each started for a measurement with an empty folder."""

from .columnar import ClickHouse, DuckDb
from .http import InfluxDb, VictoriaMetrics

PEERS = (VictoriaMetrics, InfluxDb, DuckDb, ClickHouse)
