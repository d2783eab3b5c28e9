# SPDX-License-Identifier: Apache-2.0
"""Samples: written from frames and rows, read as frames, and the latest of each point."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import itertools
import typing
import warnings

from gantry import _generated as g
from gantry._core import Core, Steps
from gantry._frames import (Frame, InputRow, PointColumns, Shape, frame_of, is_frame, plain,
                            rows_of_frame, sql_frame, typed)
from gantry._request import Request
from gantry._times import datetime_of, parse_ns, text_of
from gantry.errors import Forbidden, GantryError, NotFound, RowsRejected, TooLarge

if typing.TYPE_CHECKING:
    from gantry.client import AsyncClient, Client

Time = str | int | datetime.datetime
Length = str | datetime.timedelta
Points = str | c.Iterable[str]

POINTS_A_REQUEST = 100
ROWS_AN_ANSWER = 1_000_000
ROWS_A_POINT = 50_000
ROWS_A_WRITE = 20_000


class Truncated(UserWarning):
    """The answer has more rows than its limit let through."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sample:
    """One value of one point. `time_ns` is exact; `time` is a datetime in UTC, in microseconds."""

    point: str
    value: bool | int | float | str | None
    quality: str = "good"
    time_ns: int | None = None
    quality_code: int | None = None

    @property
    def time(self) -> datetime.datetime | None:
        return None if self.time_ns is None else datetime_of(self.time_ns)


@dataclasses.dataclass(frozen=True, slots=True)
class RejectedRow:
    """`position`: the row's label in a long frame, (label, point) in a wide one, else its number."""

    position: typing.Any
    point: str
    code: str
    detail: str


@dataclasses.dataclass
class WriteResult:
    """`skipped`: cells without a value, which are not sent."""

    accepted: int = 0
    skipped: int = 0
    rejected: list[RejectedRow] = dataclasses.field(default_factory=list)


# ---- writing

def input_rows(data: typing.Any) -> c.Iterator[InputRow]:
    if is_frame(data):
        yield from rows_of_frame(data)
        return
    for position, row in enumerate(data):
        if isinstance(row, Sample):
            yield InputRow(position, row.point, row.time_ns, plain(row.value),
                           row.quality if row.quality_code is None else row.quality_code)
            continue
        unknown = set(row) - {"point", "time", "value", "quality"}
        if unknown or "point" not in row or "value" not in row:
            raise ValueError(f"row {position} wants point and value, and may have time and quality; "
                             f"it has {', '.join(map(str, row))}")
        yield InputRow(position, str(row["point"]), row.get("time"), plain(row["value"]),
                       row.get("quality"))


def has_value(row: InputRow) -> bool:
    """Nothing is no good value; a row that says why there is none is kept."""
    return row.value is not None or row.quality not in (None, "good", 0)


def body_of(rows: list[InputRow]) -> tuple[dict[str, typing.Any], list[InputRow]]:
    """The columns of each point; and the rows in the order in which the server will count them."""
    order: list[InputRow] = []
    items: list[dict[str, typing.Any]] = []
    by_point: dict[str, list[InputRow]] = {}
    for row in rows:
        if row.time is None:
            item = {"point": row.point, "value": row.value}
            if row.quality is not None:
                item["quality"] = row.quality
            items.append(item)
            order.append(row)
        else:
            by_point.setdefault(row.point, []).append(row)
    for point, own in by_point.items():
        columns: dict[str, list[typing.Any]] = {
            "time": [text_of(row.time) for row in own], "value": [row.value for row in own]}
        if any(row.quality is not None for row in own):
            columns["quality"] = ["good" if row.quality is None else row.quality for row in own]
        items.append({"point": point, "columns": columns})
        order += own
    return {"samples": items}, order


def write_steps(core: Core, data: typing.Any, batch_rows: int, ack: str | None,
                on_rejected: str) -> Steps[WriteResult]:
    if on_rejected not in ("report", "raise"):
        raise ValueError("on_rejected is 'report' or 'raise'")
    result = WriteResult()
    rows = input_rows(data)
    while batch := list(itertools.islice(rows, batch_rows)):
        kept = [row for row in batch if has_value(row)]
        result.skipped += len(batch) - len(kept)
        if not kept:
            continue
        try:
            yield from write_batch(core, kept, ack, result)
        except GantryError as error:
            if result.accepted:
                error.add_note(f"{result.accepted} samples before these were written; writing them "
                               "again changes nothing")
            raise
    if result.rejected and on_rejected == "raise":
        raise RowsRejected(result)
    return result


def write_batch(core: Core, rows: list[InputRow], ack: str | None,
                result: WriteResult) -> Steps[None]:
    body, order = body_of(rows)
    # A sample replaces one of the same point and time, so the same rows may come twice.
    answer = yield from core.call(Request(
        "POST", "/v1/samples", query={"ack": ack}, body=body,
        repeatable=all(row.time is not None for row in rows)))
    if answer is None:
        result.accepted += len(rows)
        return
    result.accepted += answer["accepted"]
    for item in answer["rejected"]:
        row = order[item["index"]]
        result.rejected.append(RejectedRow(row.position, row.point, item["code"], item["detail"]))


# ---- reading

@dataclasses.dataclass
class Question:
    """What is asked of the history; the same for every point."""

    from_: Time | None
    to: Time | None
    every: Length | None
    agg: str | c.Iterable[str] | None
    fill: str | None
    quality_code: bool

    def query(self) -> dict[str, typing.Any]:
        agg = self.agg if self.agg is None or isinstance(self.agg, str) else ",".join(self.agg)
        if agg is not None and self.every is None:
            raise ValueError("agg is of buckets: say how long they are, as in every='1m'")
        return {"from": None if self.from_ is None else text_of(self.from_),
                "to": None if self.to is None else text_of(self.to),
                "every": None if self.every is None else text_of_length(self.every),
                "agg": agg, "fill": self.fill, "quality": "code" if self.quality_code else None}


def text_of_length(length: Length) -> str:
    if isinstance(length, str):
        return length
    return f"{length // datetime.timedelta(microseconds=1)}us"


def list_of(points: Points) -> list[str]:
    return [points] if isinstance(points, str) else list(points)


def read_steps(core: Core, points: Points, under: str | None, question: Question, frame: Frame,
               shape: Shape) -> Steps[typing.Any]:
    names = list_of(points)
    if not names and under is None:
        raise ValueError("name points, or say what they are under")
    query = question.query()
    items: list[typing.Any] = []
    for start in range(0, len(names), POINTS_A_REQUEST):
        chunk = names[start:start + POINTS_A_REQUEST]
        items += yield from page_steps(core, {"point": chunk, **query},
                                       min(ROWS_A_POINT, ROWS_AN_ANSWER // len(chunk)))
    if under is not None:
        items += yield from page_steps(core, {"under": under, **query}, ROWS_A_POINT // 5)
    out = []
    for item in items:
        out.append((yield from point_columns(core, item, query)))
    return frame_of(out, frame, shape)


def page_steps(core: Core, query: dict[str, typing.Any], limit: int) -> Steps[list[typing.Any]]:
    """The first rows of each point; fewer, where all points together would be too many."""
    while True:
        try:
            answer = yield from core.call(Request(
                "GET", "/v1/samples", query={**query, "limit": limit}))
            return list(answer["items"])
        except TooLarge:
            if query["every"] is not None or limit < 100:
                raise
            limit //= 10


def point_columns(core: Core, item: typing.Any, query: dict[str, typing.Any]) -> Steps[PointColumns]:
    """One point with all its pages, in the point's type."""
    columns = item["columns"]
    while item.get("next"):
        item = yield from core.call(Request(
            "GET", "/v1/points/{point}/samples", path_values={"point": item["point"]},
            query={**query, "from": item["next"], "limit": ROWS_A_POINT}))
        for name, values in item["columns"].items():
            columns[name].extend(values)
    series = PointColumns(item["point"], item.get("unit"), item.get("type"), columns)
    columns["time"] = [parse_ns(time) for time in columns["time"]]
    if "value" in columns:
        if series.type is None:
            series.type = yield from type_steps(core, series.point)
        columns["value"] = typed(columns["value"], series.type)
    return series


def type_steps(core: Core, point: str) -> Steps[str | None]:
    """The type of a point; None if the caller may see its samples but not the point itself."""
    if point not in core.types:
        try:
            found = yield from core.call(Request("GET", "/v1/points/{point}",
                                                 path_values={"point": point}))
        except (Forbidden, NotFound):
            return None
        core.types[point] = found["type"]
    return core.types[point]


def sample_steps(core: Core, source: typing.Any) -> Steps[Sample]:
    """A sample as the API tells it. A string may be a whole number beyond 2^53: the type says."""
    value = source["value"]
    if isinstance(value, str):
        type_name = yield from type_steps(core, source["point"])
        value = typed([value], type_name)[0]
    time = source.get("time")
    return Sample(source["point"], value, source["quality"],
                  None if time is None else parse_ns(time), source.get("quality_code"))


def latest_steps(core: Core, points: Points, under: str | None,
                 quality_code: bool) -> Steps[list[Sample]]:
    selection: g.PointSelection = {"points": list_of(points)}
    if under is not None:
        selection["under"] = under
    answer = yield from core.call(Request(
        "POST", "/v1/latest", query={"quality": "code" if quality_code else None}, body=selection,
        repeatable=True))
    out = []
    for item in answer["items"]:
        out.append((yield from sample_steps(core, item)))
    return out


def sql_steps(core: Core, query: str, parameters: c.Sequence[str | float | bool | None],
              limit: int | None, frame: Frame) -> Steps[typing.Any]:
    body: g.SqlQuestion = {"query": query}
    if parameters:
        body["parameters"] = list(parameters)
    if limit is not None:
        body["limit"] = limit
    answer = yield from core.call(Request("POST", "/v1/sql", body=body, repeatable=True))
    if answer["truncated"]:
        warnings.warn(f"only the first {len(answer['rows'])} rows came: say a higher limit, or ask "
                      "for less", Truncated, stacklevel=4)
    return sql_frame(answer, frame)


class Samples:
    """`client.samples`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def read(self, points: Points = (), from_: Time | None = None, to: Time | None = None, *,
             under: str | None = None, every: Length | None = None,
             agg: str | c.Iterable[str] | None = None, fill: str | None = None,
             quality_code: bool = False, frame: Frame = "pandas",
             shape: Shape = "long") -> typing.Any:
        """The history of points as a data frame: raw, or in buckets of `every`.

        `from_` (an hour ago) and `to` (now, exclusive) are RFC 3339, datetimes with a zone, nanoseconds
        since 1970, or relative to now as in "-2h". All rows come, however many pages they take.
        `frame` is pandas, polars or columns (a list of PointColumns, which needs neither). `shape` is
        long (columns point, time, value, quality), wide (time and a column for each point) or each (a
        dict of frames, one a point).
        """
        question = Question(from_, to, every, agg, fill, quality_code)
        return self._client._run(read_steps(self._client._core, points, under, question, frame,
                                            shape))

    def write(self, data: typing.Any, *, batch_rows: int = ROWS_A_WRITE, ack: str | None = None,
              on_rejected: typing.Literal["report", "raise"] = "report") -> WriteResult:
        """Writes a data frame, or any iterable of Sample or of dicts, in batches; returns when all of
        it is durable.

        A frame is long (columns point, time, value and maybe quality) or wide (time as a column or, in
        pandas, as the index, and a column for each point); what has no value in it is left out. Rows
        that cannot be stored are reported, or raised as RowsRejected; the others are stored.
        """
        return self._client._run(write_steps(self._client._core, data, batch_rows, ack,
                                             on_rejected))

    def latest(self, points: Points = (), *, under: str | None = None,
               quality_code: bool = False) -> list[Sample]:
        """The latest sample of each point; its value is None if there never was one."""
        return self._client._run(latest_steps(self._client._core, points, under, quality_code))


class AsyncSamples:
    """`client.samples` of an AsyncClient; see Samples."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def read(self, points: Points = (), from_: Time | None = None, to: Time | None = None, *,
                   under: str | None = None, every: Length | None = None,
                   agg: str | c.Iterable[str] | None = None, fill: str | None = None,
                   quality_code: bool = False, frame: Frame = "pandas",
                   shape: Shape = "long") -> typing.Any:
        """See Samples.read."""
        question = Question(from_, to, every, agg, fill, quality_code)
        return await self._client._run(read_steps(self._client._core, points, under, question,
                                                  frame, shape))

    async def write(self, data: typing.Any, *, batch_rows: int = ROWS_A_WRITE,
                    ack: str | None = None,
                    on_rejected: typing.Literal["report", "raise"] = "report") -> WriteResult:
        """See Samples.write."""
        return await self._client._run(write_steps(self._client._core, data, batch_rows, ack,
                                                   on_rejected))

    async def latest(self, points: Points = (), *, under: str | None = None,
                     quality_code: bool = False) -> list[Sample]:
        """See Samples.latest."""
        return await self._client._run(latest_steps(self._client._core, points, under,
                                                    quality_code))
