# SPDX-License-Identifier: Apache-2.0
"""Samples as Arrow streams, written and read by pyarrow, pandas, Polars and DuckDB."""

import datetime
import io
import pathlib
import re
import textwrap

import pandas
import pytest

from gantryd_process import ApiError, Gantryd
from test_cli import Cli

duckdb = pytest.importorskip("duckdb", reason="./dev test installs requirements.txt")
pa = pytest.importorskip("pyarrow", reason="./dev test installs requirements.txt")
polars = pytest.importorskip("polars", reason="./dev test installs requirements.txt")
ipc = pa.ipc

STREAM = "application/vnd.apache.arrow.stream"
GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "arrow.md"
START = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
SPAN = "&from=2026-03-01T00:00:00Z&to=2026-03-02T00:00:00Z"
SECOND = 1_000_000_000
START_NS = int(START.timestamp()) * SECOND


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def api(node):
    client = node.client()
    client.create("/v1/models", {"key": "pump", "properties": [
        {"key": "flow", "type": "float64", "unit": "m3/h", "range": {"min": 0, "max": 1000}},
        {"key": "starts", "type": "int64"}, {"key": "running", "type": "bool"},
        {"key": "batch", "type": "string"}]})
    client.create("/v1/assets", {"key": "plant", "level": "site"})
    for number in range(1, 10):
        client.create("/v1/assets", {"key": f"p{number}", "parent": "plant", "model": "pump"})
    return client


def stream_of(table, max_chunksize=None, **options):
    sink = io.BytesIO()
    with ipc.new_stream(sink, table.schema, options=ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table, max_chunksize=max_chunksize)
    return sink.getvalue()


def write(api, stream):
    return api.call("POST", "/v1/samples", raw=stream, headers={"Content-Type": STREAM})


def refused(api, stream):
    return api.refused("POST", "/v1/samples", raw=stream, headers={"Content-Type": STREAM})


def read(api, query):
    answer = api.call("GET", "/v1/samples?" + query, headers={"Accept": STREAM})
    assert answer.headers["Content-Type"] == STREAM
    return ipc.open_stream(answer.body).read_all()


def times(count, unit="ns", zone="UTC"):
    return pa.array([START_NS + i * SECOND for i in range(count)],
                    pa.timestamp("ns", zone)).cast(pa.timestamp(unit, zone))


def history(api, point):
    return api.get("/v1/samples", point=point, quality="code", limit=1000000, **{
        "from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"})["items"][0]["columns"]


def test_what_pandas_writes_is_read_back_equal(api):
    frame = pandas.DataFrame({
        "point": pandas.Categorical(["plant/p1.flow", "plant/p2.flow"] * 50_000),
        "time": pandas.to_datetime(START_NS + (pandas.RangeIndex(100_000) // 2) * 1_000_000, utc=True),
        "value": [((i * 7919) % 100_000) / 128 for i in range(100_000)]})
    for options in ({}, {"compression": "zstd"}, {"compression": "lz4"}):
        stream = stream_of(pa.Table.from_pandas(frame, preserve_index=False), **options)
        assert write(api, stream).status == 204
        back = read(api, "point=plant/p1.flow&point=plant/p2.flow" + SPAN).to_pandas()
        assert set(back.pop("quality")) == {"good"} and set(back.pop("quality_code")) == {0}
        expected = frame.sort_values(["point", "time"], kind="stable", ignore_index=True)
        expected["point"] = expected["point"].astype(str)
        back["point"] = back["point"].astype(str)
        pandas.testing.assert_frame_equal(back, expected)


def test_every_type_of_value_goes_in_and_comes_out(api):
    rows = 40
    numbers = [i % 100 for i in range(rows)]
    floats = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(),
              pa.uint64(), pa.float32(), pa.float64()]
    for kind in floats:
        table = pa.table({"time": times(rows), "plant/p3.flow": pa.array(numbers, kind)})
        assert write(api, stream_of(table)).status == 204, kind
        assert history(api, "plant/p3.flow")["value"] == numbers, kind
        api.call("POST", "/v1/samples", {"samples": [{"point": "plant/p3.flow", "columns": {
            "time": history(api, "plant/p3.flow")["time"], "value": [0] * rows}}]})
    for kind in floats[:8] + [pa.float64()]:
        table = pa.table({"time": times(rows), "plant/p3.starts": pa.array(numbers, kind)})
        assert write(api, stream_of(table)).status == 204, kind
        assert history(api, "plant/p3.starts")["value"] == numbers, kind
    flags = [i % 3 == 0 for i in range(rows)]
    words = [f"批次 {i % 7}, which is longer than a view holds" for i in range(rows)]
    distinct = sorted(set(words))
    indices = [distinct.index(word) for word in words]
    for strings in (pa.array(words, pa.string()), pa.array(words, pa.large_string()),
                    pa.array(words, pa.string_view()), pa.array(words).dictionary_encode(),
                    pa.DictionaryArray.from_arrays(pa.array(indices, pa.uint8()),
                                                   pa.array(distinct, pa.large_string())),
                    pa.DictionaryArray.from_arrays(pa.array(indices, pa.int64()), distinct)):
        table = pa.table({"time": times(rows), "plant/p3.batch": strings,
                          "plant/p3.running": flags})
        assert write(api, stream_of(table, max_chunksize=7)).status == 204, strings.type
        assert history(api, "plant/p3.batch")["value"] == words
        assert history(api, "plant/p3.running")["value"] == flags
        api.call("POST", "/v1/samples", {"samples": [{"point": "plant/p3.batch", "columns": {
            "time": history(api, "plant/p3.batch")["time"], "value": [""] * rows}}]})
    assert write(api, stream_of(table)).status == 204
    assert read(api, "point=plant/p3.running" + SPAN)["value"].to_pylist() == flags
    assert read(api, "point=plant/p3.batch" + SPAN)["value"].to_pylist() == words
    starts = read(api, "point=plant/p3.starts" + SPAN)
    assert starts.schema.field("value").type == pa.int64()
    assert starts["value"].to_pylist() == numbers


def test_every_unit_of_time(api):
    for unit in ("s", "ms", "us", "ns"):
        for zone in ("UTC", None, "Asia/Shanghai"):
            table = pa.table({"time": times(5, unit, zone) if zone else
                              times(5, unit).cast(pa.timestamp(unit)),
                              "plant/p4.flow": [1.0, 2, 3, 4, 5]})
            assert write(api, stream_of(table)).status == 204, (unit, zone)
            assert read(api, "point=plant/p4.flow" + SPAN)["time"].cast(
                pa.int64()).to_pylist() == [START_NS + i * SECOND for i in range(5)]
    days = pa.table({"time": pa.array([datetime.date(2026, 3, 1)]), "plant/p4.flow": [9.0]})
    assert write(api, stream_of(days)).status == 204
    assert history(api, "plant/p4.flow")["value"][0] == 9


def test_nulls_and_qualities(api):
    table = pa.table({
        "point": pa.array(["plant/p5.flow"] * 4 + ["plant/p5.starts"]).dictionary_encode(),
        "time": times(5), "value": [1.5, None, 1200, 3, 7],
        "quality": ["good", "BadTimeout", None, "uncertain", "good"]})
    assert write(api, stream_of(table)).status == 204
    assert history(api, "plant/p5.flow")["value"] == [1.5, None, 1200, 3]
    assert history(api, "plant/p5.flow")["quality_code"] == [
        0, 0x800a0000, 0x40940000, 0x40000000]  # 1200 m3/h is beyond its range
    back = read(api, "under=plant/p5" + SPAN)
    assert back.column_names == ["point", "time", "value", "value_int", "value_text", "quality",
                                 "quality_code"], "points of several types"
    assert back["value"].to_pylist() == [1.5, None, 1200, 3, 7]
    assert back["value_int"].to_pylist() == [None] * 4 + [7]
    assert back["quality"].to_pylist() == ["good", "bad", "uncertain", "uncertain", "good"]
    assert back.schema.field("point").type == pa.dictionary(pa.int32(), pa.string())
    assert back.schema.field("time").type == pa.timestamp("ns", "UTC")
    # What was read is written again as it is.
    assert write(api, stream_of(back)).status == 204
    assert read(api, "under=plant/p5" + SPAN).equals(back)


def test_a_wide_table_leaves_out_what_is_null(api):
    table = pa.table({"time": times(4), "plant/p6.flow": [1.0, None, 3, None],
                      "plant/p6.starts": pa.array([None, 2, None, 4], pa.int64()),
                      "plant/p6.batch": pa.nulls(4)})
    assert write(api, stream_of(table)).status == 204
    assert history(api, "plant/p6.flow")["value"] == [1, 3]
    assert history(api, "plant/p6.starts")["value"] == [2, 4]
    assert history(api, "plant/p6.batch")["value"] == []


def test_large_tables_are_written_in_parts_and_read_in_record_batches(api):
    rows = 300_000
    table = pa.table({
        "point": pa.DictionaryArray.from_arrays(pa.array([i % 2 for i in range(rows)], pa.int32()),
                                                ["plant/p7.flow", "plant/p8.flow"]),
        "time": pa.array([START_NS + i // 2 * 1_000_000 for i in range(rows)],
                         pa.timestamp("ns", "UTC")),
        "value": [float(i % 977) for i in range(rows)]})
    assert write(api, stream_of(table)).status == 204
    answer = api.call("GET", "/v1/samples?point=plant/p7.flow&point=plant/p8.flow" + SPAN,
                      headers={"Accept": STREAM})
    reader = ipc.open_stream(answer.body)
    batches = list(reader)
    assert len(batches) > 3 and max(batch.num_rows for batch in batches) <= 65536
    back = pa.Table.from_batches(batches)
    names = table["point"].cast(pa.string())
    expected = table.set_column(0, "point", names).sort_by(
        [("point", "ascending"), ("time", "ascending")])
    assert back["point"].cast(pa.string()).equals(expected["point"])
    assert back["value"].equals(expected["value"])
    assert back["time"].equals(expected["time"])


def test_polars_both_ways(api):
    rows = 1000
    frame = polars.DataFrame({
        "point": ["plant/p8.starts", "plant/p9.starts"] * (rows // 2),
        "time": [START + datetime.timedelta(milliseconds=i // 2) for i in range(rows)],
        "value": polars.Series(range(rows), dtype=polars.Int32),
        "quality": ["good", "uncertain", "bad", None] * (rows // 4)})
    categories = frame.with_columns(polars.col("point", "quality").cast(polars.Categorical))
    names = polars.Enum(["plant/p8.starts", "plant/p9.starts"])
    for one in (frame, categories, frame.with_columns(polars.col("point").cast(names))):
        for compression in ("uncompressed", "lz4", "zstd"):
            body = io.BytesIO()
            one.write_ipc_stream(body, compression=compression)
            assert write(api, body.getvalue()).status == 204
            answer = api.call("GET", "/v1/samples?point=plant/p8.starts&point=plant/p9.starts" + SPAN,
                              headers={"Accept": STREAM})
            back = polars.read_ipc_stream(io.BytesIO(answer.body))
            assert back.schema["time"] == polars.Datetime("ns", "UTC")
            expected = frame.sort("point", "time", maintain_order=True)
            assert back["point"].cast(polars.String).to_list() == expected["point"].to_list()
            assert back["value"].to_list() == expected["value"].to_list()
            assert back["quality"].cast(polars.String).to_list() == [
                word or "good" for word in expected["quality"]]
            assert [int(t.timestamp() * 1000) for t in back["time"].to_list()] == [
                int(t.timestamp() * 1000) for t in expected["time"]]
        api.call("POST", "/v1/samples", {"samples": [
            {"point": "plant/p8.starts", "time": "2026-03-01T00:00:00Z", "value": -1}]})


def test_buckets(api):
    table = pa.table({"time": times(3600), "plant/p9.flow": [float(i % 60) for i in range(3600)]})
    assert write(api, stream_of(table)).status == 204
    query = ("point=plant/p9.flow&from=2026-03-01T00:00:00Z&to=2026-03-01T02:00:00Z"
             "&every=30m&agg=avg,max,count&fill=none")
    back = read(api, query)
    assert back.column_names == ["point", "time", "avg", "max", "count", "quality", "quality_code"]
    assert back["avg"].to_pylist() == [29.5, 29.5] and back["count"].to_pylist() == [1800, 1800]
    back = read(api, query.replace("fill=none", "fill=linear"))
    assert back["max"].to_pylist() == [59, 59, None, None]
    too_many = api.refused("GET", "/v1/samples?" + query.replace("30m", "1ns"),
                           headers={"Accept": STREAM})
    assert too_many.status == 400 and "buckets" in too_many.problem["detail"]
    nothing = read(api, query.replace("2026", "2016"))
    assert nothing.num_rows == 0 and "avg" in nothing.column_names


def test_rows_that_cannot_be_stored_are_named_and_the_others_are_kept(api):
    table = pa.table({
        "point": ["plant/p1.starts", "plant/p1.nothing", "plant/p1.starts", "plant/p1.starts", None],
        "time": pa.array([START_NS, START_NS, None, START_NS + SECOND, START_NS],
                         pa.timestamp("ns", "UTC")),
        "value": [1.0, 2.0, 3.0, 4.5, 5.0]})
    answer = write(api, stream_of(table))
    assert answer.status == 200
    report = answer.json()
    assert report["accepted"] == 1 and "rejected_total" not in report
    assert [(row["index"], row["code"]) for row in report["rejected"]] == [
        (1, "not_found"), (2, "invalid_argument"), (3, "invalid_argument"), (4, "invalid_argument")]
    assert "plant/p1.nothing" in report["rejected"][0]["detail"]
    many = pa.table({"point": pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int8()), ["no"]),
                     "time": times(1).take(pa.array([0] * 200_000)), "value": [1.0] * 200_000})
    report = write(api, stream_of(many)).json()
    assert report["rejected_total"] == 200_000 and len(report["rejected"]) == 1000


def test_what_is_wrong_is_named(api):
    def detail(table, **options):
        error = refused(api, stream_of(table, **options))
        assert error.status == 400, error
        return error.problem["detail"]

    assert "column 'time' is of type int64" in detail(
        pa.table({"time": [1, 2], "plant/p1.flow": [1.0, 2]}))
    assert "of type list" in refused(api, stream_of(pa.table(
        {"time": times(1), "plant/p1.flow": [[1.0]]}))).problem["detail"]
    assert "column 'valu'" in detail(pa.table({"point": ["a"], "time": times(1), "valu": [1.0]}))
    unknown = refused(api, stream_of(pa.table({"time": times(1), "plant/none.flow": [1.0]})))
    assert unknown.status == 404 and "plant/none.flow" in unknown.problem["detail"]
    whole = stream_of(pa.table({"time": times(100), "plant/p1.flow": [1.0] * 100}))
    assert "cut off" in refused(api, whole[:len(whole) // 2]).problem["detail"]
    assert refused(api, b"{}").status == 400
    sink = io.BytesIO()
    table = pa.table({"time": times(1), "plant/p1.flow": [1.0]})
    with ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    assert "file form" in refused(api, sink.getvalue()).problem["detail"]
    bomb = pa.table({"point": pa.DictionaryArray.from_arrays(pa.array([0] * 20_000_000, pa.int32()), ["x"]),
                     "time": pa.array([0] * 20_000_000, pa.timestamp("ns")),
                     "value": pa.array([0.0] * 20_000_000)})
    error = refused(api, stream_of(bomb, compression="zstd"))
    assert error.status == 413 and "record batch" in error.problem["detail"]


def test_who_may_not_write_a_point_does_not_see_it(node, api):
    api.create("/v1/principals", {"login": "reader", "password": "first-password-1",
                                  "roles": ["viewer"]})
    first = node.anonymous().create("/v1/session",
                                    {"login": "reader", "password": "first-password-1"})
    client = type(api)(node.url, first["access_token"])
    client.call("PUT", "/v1/session/password",
                {"current": "first-password-1", "new": "second-password-2"})
    table = pa.table({"time": times(1), "plant/p1.flow": [1.0]})
    with pytest.raises(ApiError) as caught:
        write(client, stream_of(table))
    assert caught.value.status == 403
    answer = client.call("GET", "/v1/samples?point=plant/p1.flow" + SPAN, headers={"Accept": STREAM})
    assert ipc.open_stream(answer.body).read_all().num_rows > 0


def test_the_document_names_the_form(node):
    paths = node.anonymous().get("/openapi.json")["paths"]
    operations = paths["/v1/samples"]
    assert STREAM in operations["post"]["requestBody"]["content"]
    assert STREAM in operations["get"]["responses"]["200"]["content"]


# Each example of the guide in turn: they share what they have made.
def test_the_examples_of_the_guide(node, api, monkeypatch):
    monkeypatch.setenv("GANTRY_URL", node.url)
    monkeypatch.setenv("GANTRY_TOKEN", node.token)
    examples = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    assert len(examples) >= 4
    names = {}
    for example in examples:
        exec(compile(textwrap.dedent(example), "guide", "exec"), names)  # noqa: S102
    assert names["frame"]["value"].to_list() == [21.5, 21.75, 22.0]
    assert names["hot"].fetchall() == [("plant/p1.flow", 22.0)]
    assert names["averages"].num_rows > 0


# ---- Parquet files, in and out by the command line

PARQUET_SPAN = {"from": "2026-01-01", "to": "2026-01-02"}


@pytest.fixture(scope="module")
def parquet_points(node):
    api = node.client()
    api.create("/v1/assets", {"key": "pq"})
    times = ["2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"]
    values = {"float64": [1.5, None, 3.25], "int64": ["9007199254740993", 2, 3],
              "bool": [True, False, True], "string": ["x", "", "水"]}
    for kind, column in values.items():
        api.create("/v1/points", {"asset": "pq", "key": kind, "type": kind})
        api.post("/v1/samples", {"samples": [{"point": f"pq.{kind}", "columns": {
            "time": times, "value": column, "quality": ["good", "bad", "uncertain"]}}]})
    return [f"pq.{kind}" for kind in values]


def test_what_parquet_took_out_comes_back_the_same(node, parquet_points, tmp_path):
    api, cli = node.client(), Cli(tmp_path, node.url, node.token)

    def stored():
        return {point: api.get(f"/v1/points/{point}/samples", quality="code", **PARQUET_SPAN)
                for point in parquet_points}
    before = stored()
    file = tmp_path / "pq.parquet"
    cli.run("export", "parquet", "--under", "pq", "--from", PARQUET_SPAN["from"], "--to",
            PARQUET_SPAN["to"], "-o", str(file))
    assert "12 rows for 4 points" in cli.run("import", "parquet", str(file), "--dry-run").stderr
    for point in parquet_points:
        api.call("DELETE", f"/v1/points/{point}/samples?from=2026-01-01&to=2026-01-02")
    assert all(not found["columns"]["time"] for found in stored().values())
    assert cli.json("import", "parquet", str(file))["accepted"] == 12
    assert stored() == before
    assert cli.json("import", "parquet", str(file))["accepted"] == 12, "again"
    assert stored() == before
    assert api.get("/v1/files")["items"] == [], "the file at the server is gone"


def test_a_parquet_file_of_pandas_comes_in_by_parts(node, tmp_path):
    api, cli = node.client(), Cli(tmp_path, node.url, node.token)
    api.create("/v1/assets", {"key": "pandas-file"})
    api.create("/v1/points", {"asset": "pandas-file", "key": "v", "type": "float64"})
    rows = 120_000  # more than go in one part
    frame = pandas.DataFrame({
        "when": pandas.date_range("2026-02-01", periods=rows, freq="s", tz="UTC"),
        "temp": [number / 8 for number in range(rows)]})
    frame.to_parquet(tmp_path / "temp.parquet")
    words = ["import", "parquet", str(tmp_path / "temp.parquet")]
    said = cli.run(*words, code=2).stderr
    assert "no column 'time' but when, temp" in said and "--time-column" in said
    words += ["--time-column", "when", "--value-column", "temp"]
    assert "--point" in cli.run(*words, code=2).stderr
    assert "no.where" in cli.run(*words, "--point", "no.where", code=3).stderr
    assert cli.json(*words, "--point", "pandas-file.v")["accepted"] == rows
    answer = api.get("/v1/points/pandas-file.v/samples", every="7d", agg="count,sum,min,max",
                     **{"from": "2026-02-01", "to": "2026-02-08"})["columns"]
    assert [answer[name][0] for name in ("count", "sum", "min", "max")] == [
        rows, frame["temp"].sum(), 0, (rows - 1) / 8]
    (tmp_path / "text").write_text("no parquet")
    assert "no Parquet file" in cli.run("import", "parquet", str(tmp_path / "text"), code=2).stderr
    assert api.get("/v1/files")["items"] == []
