# SPDX-License-Identifier: Apache-2.0
"""A day of two pumps from a pandas frame into Gantry, and back: raw, in buckets, and by SQL."""

import numpy
import pandas

from gantry import Client


def a_day() -> pandas.DataFrame:
    """A row a minute, a column a point; the time is the index, and has a zone."""
    minutes = pandas.date_range("2026-03-01", periods=1440, freq="min", tz="Asia/Shanghai")
    wave = 50 + 10 * numpy.sin(numpy.arange(1440) / 100)
    return pandas.DataFrame({"works/pump1.flow": wave, "works/pump2.flow": wave / 2},
                            index=minutes)


def main() -> None:
    day = a_day()
    with Client() as client:
        result = client.samples.write(day)
        print("written:", result.accepted)

        # A value that cannot be stored is named; the others are stored.
        result = client.samples.write([
            {"point": "works/pump1.running", "time": day.index[0], "value": True},
            {"point": "works/pump1.running", "time": day.index[1], "value": "perhaps"}])
        for row in result.rejected:
            print(f"row {row.position} of {row.point}: {row.detail}")

        span = {"from_": day.index[0], "to": day.index[-1] + pandas.Timedelta(minutes=1)}
        raw = client.samples.read("works/pump1.flow", **span)
        print("read:", len(raw), "rows;", dict(raw.dtypes.astype(str)))

        hours = client.samples.read(["works/pump1.flow", "works/pump2.flow"], **span, every="6h",
                                    agg="avg", shape="wide")
        print(hours.round(2))

        print(client.sql("SELECT point, count(*) AS rows, max(value) AS most FROM samples "
                         "WHERE point LIKE 'works/%.flow' GROUP BY point ORDER BY point"))


if __name__ == "__main__":
    main()
