# SPDX-License-Identifier: Apache-2.0
"""Columns of the API as data frames, and data frames as rows. pandas and polars are imported when
they are asked for: the package needs neither."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import importlib
import math
import typing

from gantry._times import NoZone, parse_ns

Frame = typing.Literal["pandas", "polars", "columns"]
Shape = typing.Literal["long", "wide", "each"]

QUALITIES = ["good", "uncertain", "bad"]
TIME = "time"
COUNTS = ("count", "good_count")


@dataclasses.dataclass
class PointColumns:
    """The samples of one point as columns of one length: `time` (nanoseconds since 1970), then `value`
    or the aggregates, then `quality`. Values are of the point's type, None where there is none."""

    point: str
    unit: str | None
    type: str | None
    columns: dict[str, list[typing.Any]]

    def __len__(self) -> int:
        return len(self.columns[TIME])

    @property
    def value_names(self) -> list[str]:
        return [name for name in self.columns if name not in (TIME, "quality", "quality_code")]


def imported(name: str) -> typing.Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ImportError(f"{name} is not installed: pip install 'gantry[{name}]', or ask for "
                          "frame='columns', which needs nothing") from None


def typed(values: list[typing.Any], type_name: str | None) -> list[typing.Any]:
    """JSON has whole numbers beyond 2^53, NaN and the infinities as strings, and 7.0 as 7."""
    if type_name == "float64":
        return [None if value is None else float(value) for value in values]
    if type_name == "int64":
        return [None if value is None else int(value) for value in values]
    return values


def type_of_column(series: PointColumns, name: str) -> str | None:
    if name == "value":
        return series.type
    return "int64" if name in COUNTS else "float64"


def frame_of(points: list[PointColumns], frame: Frame, shape: Shape) -> typing.Any:
    if shape not in ("long", "wide", "each"):
        raise ValueError(f"there is no shape '{shape}': long, wide or each")
    if shape == "wide" and any(len(series.value_names) > 1 for series in points):
        raise ValueError("shape='wide' has one column a point: ask for one aggregate, or take "
                         "shape='long'")
    if frame == "columns":
        return points
    maker: PandasMaker | PolarsMaker = PandasMaker() if frame == "pandas" else PolarsMaker()
    if shape == "each":
        return {series.point: maker.of_point(series) for series in points}
    return maker.long(points) if shape == "long" else maker.wide(points)


def common_type(points: list[PointColumns]) -> str | None:
    types = {series.type for series in points}
    return types.pop() if len(types) == 1 else None


def fits(value: int | None) -> bool:
    """A sum in SQL can be beyond 64 bits."""
    return value is None or -2**63 <= value < 2**63


class PandasMaker:
    def __init__(self) -> None:
        self.pandas = imported("pandas")

    def times(self, ns: list[int]) -> typing.Any:
        return self.pandas.to_datetime(self.pandas.Series(ns, dtype="int64"), unit="ns", utc=True)

    def column(self, values: list[typing.Any], type_name: str | None) -> typing.Any:
        series = self.pandas.Series
        if type_name == "float64":
            return series(values, dtype="float64")
        missing = any(value is None for value in values)
        if type_name == "int64" and all(fits(value) for value in values):
            return series(values, dtype="Int64" if missing else "int64")
        if type_name == "bool":
            return series(values, dtype="boolean" if missing else "bool")
        return series(values, dtype="string" if type_name == "string" else "object")

    def of_point(self, series: PointColumns) -> typing.Any:
        return self.table([series], named=False)

    def long(self, points: list[PointColumns]) -> typing.Any:
        return self.table(points, named=True)

    def table(self, points: list[PointColumns], named: bool) -> typing.Any:
        joined = joined_columns(points)
        out = {}
        if named:
            names = [series.point for series in points for _ in range(len(series))]
            out["point"] = self.pandas.Series(names, dtype="string")
        for name, values in joined.items():
            if name == TIME:
                out[name] = self.times(values)
            elif name == "quality":
                out[name] = self.pandas.Series(
                    self.pandas.Categorical(values, categories=QUALITIES))
            elif name == "quality_code":
                out[name] = self.pandas.Series(values, dtype="uint32")
            else:
                kind = common_type(points) if name == "value" else type_of_column(points[0], name)
                out[name] = self.column(values, kind)
        return self.pandas.DataFrame(out)

    def wide(self, points: list[PointColumns]) -> typing.Any:
        parts = []
        for series in points:
            name = series.value_names[0]
            part = self.column(series.columns[name], type_of_column(series, name))
            part.index = self.pandas.DatetimeIndex(self.times(series.columns[TIME]), name=TIME)
            parts.append(part.rename(series.point))
        if not parts:
            empty = self.pandas.DatetimeIndex(self.times([]), name=TIME)
            return self.pandas.DataFrame(index=empty)
        return self.pandas.concat(parts, axis=1).sort_index()


class PolarsMaker:
    def __init__(self) -> None:
        self.polars = imported("polars")
        self.types = {"float64": self.polars.Float64, "int64": self.polars.Int64,
                      "bool": self.polars.Boolean, "string": self.polars.String}

    def times(self, ns: list[int]) -> typing.Any:
        return self.polars.Series(TIME, ns, dtype=self.polars.Int64).cast(
            self.polars.Datetime("ns", "UTC"))

    def column(self, values: list[typing.Any], type_name: str | None) -> typing.Any:
        kind = self.types.get(type_name or "")
        # Points of several types in one column, or a sum beyond 64 bits.
        if kind is None or (type_name == "int64" and not all(fits(value) for value in values)):
            return self.polars.Series(values, dtype=self.polars.Object)
        return self.polars.Series(values, dtype=kind)

    def of_point(self, series: PointColumns) -> typing.Any:
        return self.table([series], named=False)

    def long(self, points: list[PointColumns]) -> typing.Any:
        return self.table(points, named=True)

    def table(self, points: list[PointColumns], named: bool) -> typing.Any:
        out = {}
        if named:
            names = [series.point for series in points for _ in range(len(series))]
            out["point"] = self.polars.Series(names, dtype=self.polars.String)
        for name, values in joined_columns(points).items():
            if name == TIME:
                out[name] = self.times(values)
            elif name == "quality":
                out[name] = self.polars.Series(values, dtype=self.polars.Enum(QUALITIES))
            elif name == "quality_code":
                out[name] = self.polars.Series(values, dtype=self.polars.UInt32)
            else:
                kind = common_type(points) if name == "value" else type_of_column(points[0], name)
                out[name] = self.column(values, kind)
        return self.polars.DataFrame(out)

    def wide(self, points: list[PointColumns]) -> typing.Any:
        out = self.polars.DataFrame({TIME: self.times([])})
        for series in points:
            name = series.value_names[0]
            part = self.polars.DataFrame({
                TIME: self.times(series.columns[TIME]),
                series.point: self.column(series.columns[name], type_of_column(series, name))})
            out = out.join(part, on=TIME, how="full", coalesce=True)
        return out.sort(TIME)


def joined_columns(points: list[PointColumns]) -> dict[str, list[typing.Any]]:
    """The columns of all points, one after the other. All have the same, as they were asked for."""
    names = list(points[0].columns) if points else [TIME, "value", "quality"]
    return {name: [value for series in points for value in series.columns[name]]
            for name in names}


# ---- answers of SQL

def sql_frame(answer: typing.Any, frame: Frame) -> typing.Any:
    names = [column["name"] for column in answer["columns"]]
    kinds = [sql_kind(column["type"]) for column in answer["columns"]]
    values = [list(column) for column in zip(*answer["rows"])] or [[] for _ in names]
    converted = [[parse_ns(value) if kind == TIME and value is not None else value
                  for value in typed(column, kind)] for column, kind in zip(values, kinds)]
    unique = unique_names(names)
    if frame == "columns":
        return dict(zip(unique, converted))
    maker: PandasMaker | PolarsMaker = PandasMaker() if frame == "pandas" else PolarsMaker()
    columns = {name: maker.times(column) if kind == TIME else maker.column(column, kind)
               for name, column, kind in zip(unique, converted, kinds)}
    module = maker.pandas if isinstance(maker, PandasMaker) else maker.polars
    return module.DataFrame(columns)


def sql_kind(type_name: str) -> str:
    """What a column of DuckDB's type is here."""
    name = type_name.upper()
    if name.startswith("TIMESTAMP"):
        return TIME
    if name.startswith("DECIMAL") or name in ("DOUBLE", "FLOAT"):
        return "float64"
    if name.endswith("INT") or name in ("INTEGER", "UINTEGER", "HUGEINT"):
        return "int64"
    return "bool" if name == "BOOLEAN" else "string"


def unique_names(names: list[str]) -> list[str]:
    """SELECT a.key, b.key has two columns of one name; a frame has not."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return out


# ---- frames that are written

class InputRow(typing.NamedTuple):
    """One sample to be written; `position` says where it was in what the caller gave."""

    position: typing.Any
    point: str
    time: typing.Any  # None: when the server takes it
    value: typing.Any
    quality: str | int | None


def is_frame(data: object) -> bool:
    return type(data).__module__.split(".")[0] in ("pandas", "polars")


def rows_of_frame(data: typing.Any) -> c.Iterator[InputRow]:
    """Of a long frame (columns point, time, value and maybe quality) or a wide one (time and a column
    for each point; in pandas the time may be the index)."""
    pandas = type(data).__module__.split(".")[0] == "pandas"
    names = [str(name) for name in data.columns]
    labels = list(data.index) if pandas else list(range(len(data)))
    times = pandas_times(data) if pandas else polars_times(data)
    if "point" in names:
        if "value" not in names:
            raise ValueError("a frame with a column 'point' wants a column 'value' too")
        qualities = column_of(data, "quality") if "quality" in names else [None] * len(labels)
        for row in zip(labels, column_of(data, "point"), times, column_of(data, "value"),
                       qualities):
            yield InputRow(row[0], str(row[1]), row[2], plain(row[3]),
                           None if row[4] is None else plain(row[4]))
        return
    for name in names:
        if name != TIME:
            for label, time, value in zip(labels, times, column_of(data, name)):
                yield InputRow((label, name), name, time, plain(value), None)


def column_of(data: typing.Any, name: str) -> list[typing.Any]:
    column = data[name]
    return list(column.to_list())


def pandas_times(data: typing.Any) -> list[int]:
    pandas = imported("pandas")
    times = data[TIME] if TIME in data.columns else pandas.Series(data.index)
    if not pandas.api.types.is_datetime64_any_dtype(times.dtype):
        if TIME not in data.columns:
            raise ValueError("the frame has neither a column 'time' nor an index of times")
        times = pandas.to_datetime(times, format="ISO8601")
    if times.dt.tz is None:
        raise NoZone("the times of the frame have no zone: say .dt.tz_localize('UTC'), or what it is")
    if times.isna().any():
        raise ValueError("a time is missing in the frame")
    return [int(ns) for ns in times.dt.as_unit("ns").astype("int64")]


def polars_times(data: typing.Any) -> list[int]:
    polars = imported("polars")
    if TIME not in data.columns:
        raise ValueError("the frame has no column 'time'")
    times = data[TIME]
    if getattr(times.dtype, "time_zone", None) is None:
        raise NoZone("the times of the frame have no zone: say .dt.replace_time_zone('UTC'), or "
                     "what it is")
    if times.null_count():
        raise ValueError("a time is missing in the frame")
    return list(times.dt.convert_time_zone("UTC").cast(polars.Datetime("ns", "UTC")).to_physical())


def plain(value: typing.Any) -> typing.Any:
    """What JSON can say of a value; None for what is missing in a frame (None, NaN, NA, NaT)."""
    if hasattr(value, "item"):  # a scalar of numpy
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53:
        return str(value)
    return value
