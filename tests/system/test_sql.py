# SPDX-License-Identifier: Apache-2.0
"""SQL: its tables, aggregates and files, checked against programs that we did not write."""

import datetime
import io
import itertools
import math
import os

import pytest

from gantryd_process import ApiError, Client, Gantryd
from test_postgres import Door

duckdb = pytest.importorskip("duckdb", reason="./dev test installs requirements.txt")
pyarrow = pytest.importorskip("pyarrow", reason="./dev test installs requirements.txt")
pyarrow_csv = pytest.importorskip("pyarrow.csv", reason="./dev test installs requirements.txt")
pyarrow_parquet = pytest.importorskip("pyarrow.parquet", reason="./dev test installs requirements.txt")

START = 1_700_000_000
ROWS = 20_000
QUALITIES = ["good", "good", "good", "good", "good", "good", "uncertain", "bad"]


def moment(offset):
    time = datetime.datetime.fromtimestamp(START + offset, datetime.UTC)
    return time.isoformat(timespec="microseconds").replace("+00:00", "Z")


def fill(api):
    """Two points with numbers whose sums are exact, and the same rows as a table of Arrow."""
    api.create("/v1/models", {"key": "pump", "properties": [
        {"key": "flow", "type": "float64", "unit": "m3/h"}, {"key": "starts", "type": "int64"},
        {"key": "batch", "type": "string"}]})
    api.create("/v1/assets", {"key": "plant", "level": "site"})
    api.create("/v1/assets", {"key": "pump3", "parent": "plant", "model": "pump"})
    columns = {"point": [], "time": [], "value": [], "quality": []}
    for point in ("plant/pump3.flow", "plant/pump3.starts"):
        whole = point.endswith("starts")
        times = [moment(i * 3 + 0.25 * (i % 3)) for i in range(ROWS)]
        values = [(i * 7919 % 1000) - 300 if whole else ((i * 104729) % 8000 - 3000) / 8
                  for i in range(ROWS)]
        qualities = [QUALITIES[(i * 31 + i // 1000) % (1 if i < 8000 else 8)] for i in range(ROWS)]
        for at in range(0, ROWS, 5000):
            part = slice(at, at + 5000)
            api.post("/v1/samples", {"samples": [{"point": point, "columns": {
                "time": times[part], "value": values[part], "quality": qualities[part]}}]})
        columns["point"] += [point] * ROWS
        columns["time"] += [datetime.datetime.fromisoformat(time) for time in times]
        columns["value"] += [float(value) for value in values]
        columns["quality"] += qualities
    api.post("/v1/samples", {"samples": [{"point": "plant/pump3.batch", "columns": {
        "time": [moment(0), moment(5)], "value": ["A1", "B2"]}}]})
    api.call("POST", "/api/v2/write?bucket=main&precision=s", raw=(
        f"cpu,host=a usage=1.5 {START}\ncpu,host=b usage=2.5 {START}\n"
        f"cpu,host=a usage=3.5 {START + 60}\nmem,host=a free=7i {START}\n").encode(),
        headers={"Content-Type": "text/plain"})
    return pyarrow.table(columns, schema=pyarrow.schema([
        ("point", pyarrow.string()), ("time", pyarrow.timestamp("us", "UTC")),
        ("value", pyarrow.float64()), ("quality", pyarrow.string())]))


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("sql")),
                "[files]\nbytes_max = 3000000\ncount_max = 5\n")
    made.table = fill(made.api)
    made.token = made.principal("grafana")["token"]
    yield made
    made.node.stop()


@pytest.fixture(scope="module")
def api(door):
    return door.api


def put(api, name, content):
    return api.call("PUT", f"/v1/files/{name}", raw=content,
                    headers={"Content-Type": "application/octet-stream"}).json()


# ---- tables


def test_psql_sees_the_tables(door):
    shown = door.psql("-c", "\\d").stdout
    for table in ("samples", "latest", "metrics", "points", "assets", "models", "alarms"):
        assert table in shown
        assert "Column" in door.psql("-c", f"\\d {table}").stdout
    assert "timestamp with time zone" in door.psql("-c", "\\d alarms").stdout
    assert door.rows("SELECT data_type FROM information_schema.columns WHERE table_name = 'latest' "
                     "AND column_name = 'value'") == [["double precision"]]
    assert door.rows("SELECT count(*) FROM alarms") == [["0"]]


def test_latest_is_what_the_api_says(door, api):
    said = {row[0]: row[1:] for row in api.sql(
        "SELECT point, time, coalesce(value_int, value), value_text, quality FROM latest")["rows"]}
    assert sorted(said) == ["plant/pump3.batch", "plant/pump3.flow", "plant/pump3.starts"]
    for point, (time, number, text, quality) in said.items():
        last = api.get(f"/v1/points/{point.replace('/', '%2F')}/latest")
        assert (time, quality) == (last["time"], last["quality"])
        assert (text if text is not None else number) == last["value"]
    assert door.rows("SELECT value_text FROM latest WHERE point = 'plant/pump3.batch'") == [["B2"]]


def test_metrics_are_series_by_labels(door, api):
    with door.connect() as connection:
        rows = connection.execute(
            "SELECT labels ->> 'host', value FROM metrics WHERE name = %s AND (labels ->> 'host') "
            "= %s ORDER BY time", ("cpu_usage", "a")).fetchall()
        assert rows == [("a", 1.5), ("a", 3.5)]
    assert door.rows("SELECT name, field, value_int FROM metrics WHERE measurement = 'mem'") \
        == [["mem_free", "free", "7"]]
    # The same by PromQL.
    said = api.get("/api/v1/query", query="sum(cpu_usage)", time=START + 1)["data"]["result"]
    assert float(said[0]["value"][1]) == api.sql(
        "SELECT sum(value) FROM metrics WHERE name = 'cpu_usage' AND time <= to_timestamp("
        f"{START + 1})")["rows"][0][0]


# ---- aggregates


def test_buckets_are_those_of_duckdb_over_the_same_rows(door):
    """A DuckDB of another maker's build, over rows that never were in Gantry."""
    judge = duckdb.connect()
    judge.execute("SET TimeZone = 'UTC'")
    judge.register("samples", door.table)
    asked = 0
    ranges = ["true", f"time >= '{moment(1000)}' AND time < '{moment(40_001)}'",
              f"time BETWEEN '{moment(30_000)}' AND '{moment(31_000)}'"]
    groups = ["time_bucket(INTERVAL '1 minute', time)", "time_bucket(INTERVAL '37 seconds', time)",
              "time_bucket(INTERVAL '1 day', time)", "date_trunc('hour', time)", "point",
              "floor(extract(epoch from time)/300)*300", "hour(time)"]
    for where, quality, first, second in itertools.product(
            ranges, ["true", "quality = 'good'", "quality <> 'bad'"], groups, ["point", "1"]):
        query = (f"SELECT {first} AS a, {second} AS b, count(*), count(value), sum(value), "
                 f"avg(value), min(value), max(value), min(time), max(time) FROM samples WHERE "
                 f"point IN ('plant/pump3.flow', 'plant/pump3.starts') AND {where} AND {quality} "
                 "GROUP BY 1, 2 ORDER BY 1, 2")
        with door.connect() as connection:
            plan = connection.execute("EXPLAIN " + query).fetchall()
            assert "GANTRY_BUCKETS" in plan[0][-1], query
            mine = connection.execute(query).fetchall()
        theirs = judge.execute(query).fetchall()
        assert len(mine) == len(theirs) > 0, query
        for left, right in zip(mine, theirs, strict=True):
            for one, other in zip(left, right, strict=True):
                if isinstance(other, float):
                    assert math.isclose(one, other, rel_tol=0, abs_tol=0), query
                elif isinstance(other, datetime.datetime):
                    assert one == other, query
                else:
                    assert one == other, query
        asked += len(mine)
    assert asked > 10_000


def test_it_can_be_turned_off(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("off"))
    config = os.path.join(folder, "gantry.toml")
    with open(config, "w") as file:
        file.write("[sql]\nnative_aggregates = false\n")
    node = Gantryd("--config", config, folder=folder)
    node.start()
    plan = node.client().sql("EXPLAIN SELECT avg(value) FROM samples")["rows"][0][1]
    node.stop()
    assert "GANTRY_SAMPLES" in plan and "GANTRY_BUCKETS" not in plan


# ---- files


def test_parquet_and_csv_of_pyarrow(door, api):
    table = pyarrow.table({"point": ["plant/pump3.flow", "plant/pump3.starts"],
                           "limit": [100.5, 50.0]})
    parquet = io.BytesIO()
    pyarrow_parquet.write_table(table, parquet, compression="zstd")
    csv = io.BytesIO()
    pyarrow_csv.write_csv(table, csv)
    assert put(api, "limits.parquet", parquet.getvalue()) \
        == {"name": "limits.parquet", "bytes": len(parquet.getvalue())}
    put(api, "limits.csv", csv.getvalue())
    expected = door.table.join(table, "point").to_pandas()
    expected = expected[expected["value"] > expected["limit"]]
    for source in ("read_parquet('files/limits.parquet')", "read_csv('files/limits.csv')"):
        count = f"SELECT count(*) FROM samples JOIN {source} USING (point) WHERE value > \"limit\""
        assert api.sql(count)["rows"] == [[len(expected)]]
        assert door.rows(count) == [[str(len(expected))]]
    assert api.call("GET", "/v1/files/limits.parquet").body == parquet.getvalue()
    assert [item["name"] for item in api.get("/v1/files")["items"]] \
        == ["limits.csv", "limits.parquet"]
    api.call("DELETE", "/v1/files/limits.csv")
    api.call("DELETE", "/v1/files/limits.parquet")
    assert api.refused("GET", "/v1/files/limits.csv").status == 404
    assert api.refused("POST", "/v1/sql", {"query": "SELECT * FROM read_csv('files/limits.csv')"})


def test_files_have_limits_and_are_audited(api):
    refused = api.refused("PUT", "/v1/files/big.csv", raw=b"x" * 3_000_001)
    assert refused.problem["code"] == "quota_exceeded" and "3000000" in refused.problem["detail"]
    for name in ("..%2Fx", ".x", "a%20b", "x.tmp", "%2Fetc%2Fpasswd", "a" * 129):
        assert api.refused("PUT", f"/v1/files/{name}", raw=b"x").status in (400, 404), name
    put(api, "some.csv", b"a\n1\n")
    api.call("DELETE", "/v1/files/some.csv")
    assert api.get("/v1/files")["items"] == []
    entries = [(entry["object"].split()[0], entry["outcome"])
               for entry in api.get("/v1/audit", limit=100)["items"]]
    assert ("putFile", "ok") in entries and ("deleteFile", "ok") in entries
    assert ("putFile", "denied") in entries or ("putFile", "failed") in entries


def test_files_are_of_one_tenant_and_of_who_may(door, api):
    put(api, "mine.csv", b"word\nsesame\n")
    tenant = api.create("/v1/tenants", {"key": "other", "name": "Other"})
    outsider = Client(api.url, api.token)
    other = {"Gantry-Tenant": tenant["key"]}
    assert outsider.call("GET", "/v1/files", headers=other).json() == {"items": []}
    assert outsider.refused("GET", "/v1/files/mine.csv", headers=other).status == 404
    assert outsider.refused("POST", "/v1/sql", {"query": "SELECT * FROM read_csv("
                                                "'files/mine.csv')"}, headers=other)
    for table in ("samples", "latest", "metrics", "points", "assets", "models", "alarms"):
        assert outsider.call("POST", "/v1/sql", {"query": f"SELECT * FROM {table}"},
                             headers=other).json()["rows"] == [], table
    # A viewer reads them and brings none.
    assert door.rows("SELECT word FROM read_csv('files/mine.csv')") == [["sesame"]]
    viewer = Client(api.url, door.token)
    assert viewer.get("/v1/files")["items"] == [{"name": "mine.csv", "bytes": 12}]
    assert viewer.refused("PUT", "/v1/files/new.csv", raw=b"x").status == 403
    assert viewer.refused("DELETE", "/v1/files/mine.csv").status == 403
    api.create("/v1/roles", {"key": "asks", "name": "Asks", "statements": [
        {"effect": "allow", "permissions": ["sql:read", "samples:read"]}]})
    asks = door.principal("asks", ["asks"])["token"]
    refused = door.psql("-c", "SELECT * FROM read_csv('files/mine.csv')", login="asks", token=asks)
    assert refused.returncode == 1 and "sesame" not in refused.stdout + refused.stderr
    api.call("DELETE", "/v1/files/mine.csv")


def test_no_path_leads_out(door, api):
    secret = os.path.join(door.node.folder, "secret.csv")
    with open(secret, "w") as file:
        file.write("word\nsesame\n")
    put(api, "in.csv", b"word\nopen\n")
    folder = os.path.dirname(next(
        os.path.join(path, "in.csv") for path, _, names in os.walk(door.node.data)
        if "in.csv" in names))
    os.symlink(secret, os.path.join(folder, "link.csv"))
    os.symlink(door.node.folder, os.path.join(folder, "out"))
    os.mkfifo(os.path.join(folder, "pipe.csv"))
    relative = os.path.relpath(secret, folder)
    for path in (secret, "file://" + secret, "files/" + relative, "files/../" + relative,
                 "files/link.csv", "files/out/secret.csv", "files/pipe.csv", "/proc/self/environ",
                 "http://127.0.0.1:9/x.csv", "s3://bucket/x.csv", relative, "~/secret.csv",
                 os.path.join(folder, "in.csv")):
        for function in ("read_csv", "read_text", "read_blob", "read_parquet", "read_json"):
            question = {"query": f"SELECT * FROM {function}(?)", "parameters": [path]}
            try:
                assert api.post("/v1/sql", question).json()["rows"] == [], path
            except ApiError as problem:
                assert problem.status in (400, 403) and "sesame" not in str(problem), path
            done = door.psql("-At", "-c", f"SELECT * FROM {function}('{path}')")
            assert done.returncode == 1 or not done.stdout.strip(), path
            assert "sesame" not in done.stdout + done.stderr, path
    assert [item["name"] for item in api.get("/v1/files")["items"]] == ["in.csv"]
    assert api.sql("SELECT file FROM glob('files/*')")["rows"] == [["files/in.csv"]]
    for name in ("link.csv", "out", "pipe.csv"):
        os.unlink(os.path.join(folder, name))
    api.call("DELETE", "/v1/files/in.csv")


def test_a_file_is_whole_or_the_one_before(api, door):
    """While one is replaced again and again, who reads sees one of them."""
    bodies = [("word\n" + f"{letter}\n" * 20_000).encode() for letter in "ab"]
    put(api, "turns.csv", bodies[0])
    for turn in range(20):
        put(api, "turns.csv", bodies[turn % 2])
        rows = door.rows("SELECT word, count(*) FROM read_csv('files/turns.csv') GROUP BY word")
        assert rows == [["ab"[turn % 2], "20000"]]
    door.node.kill()
    door.node.start()
    door.host, door.port = [event for event in door.node.log_events()
                            if event["event"] == "listening"][-1]["address"].rsplit(":", 1)
    assert door.rows("SELECT DISTINCT word FROM read_csv('files/turns.csv')") == [["b"]]
