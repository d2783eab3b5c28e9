# SPDX-License-Identifier: Apache-2.0
"""The PostgreSQL door, used by PostgreSQL's own programs and by the drivers that people have."""

import csv
import datetime
import glob
import io
import os
import shutil
import subprocess
import threading
import time

import psycopg
import pyodbc
import pytest
import sqlalchemy

from gantryd_process import Client, Gantryd, wait_until

PGBENCH = glob.glob("/usr/lib/postgresql/*/bin/pgbench")[0]
JAVA = "/usr/share/java/postgresql.jar:/usr/share/java/bsh.jar"
START = 1_700_000_000
SAMPLES = 3000
TABLES = {"samples", "latest", "metrics", "points", "assets", "models", "alarms"}


class Door:
    """A gantryd with the door open, and how to knock."""

    def __init__(self, folder, *lines):
        self.config = os.path.join(folder, "gantry.toml")
        with open(self.config, "w") as file:
            file.write('[postgres]\nlisten = "127.0.0.1:0"\n' + "".join(lines))
        self.node = Gantryd("--config", self.config, folder=folder)
        self.node.start()
        found = [event for event in self.node.log_events() if event["event"] == "listening"]
        self.host, self.port = found[-1]["address"].rsplit(":", 1)
        self.api = self.node.client()

    def principal(self, login, roles=("viewer",), api=None):
        """A principal with an API token, which is its password at this door."""
        api = api or self.api
        api.create("/v1/principals", {"login": login, "password": "a-first-password",
                                      "roles": list(roles)})
        anonymous = self.node.anonymous()
        first = anonymous.create("/v1/session", {"login": login, "password": "a-first-password"})
        Client(self.node.url, first["access_token"]).call(
            "PUT", "/v1/session/password",
            {"current": "a-first-password", "new": "a-second-password"})
        return api.create("/v1/tokens", {"name": "door", "principal": login})

    def environment(self, login, token, database="main", **more):
        return {**os.environ, "PGHOST": self.host, "PGPORT": self.port, "PGUSER": login,
                "PGPASSWORD": token, "PGDATABASE": database, "LC_ALL": "C.UTF-8", **more}

    def psql(self, *arguments, login="grafana", token=None, **more):
        return subprocess.run(
            ["psql", "-X", "-v", "ON_ERROR_STOP=1", *arguments], text=True, capture_output=True,
            timeout=120, env=self.environment(login, token or self.token, **more), check=False)

    def rows(self, sql, **more):
        done = self.psql("-A", "-t", "-c", sql, **more)
        assert done.returncode == 0, done.stderr
        return [line.split("|") for line in done.stdout.splitlines()]

    def connect(self, **more):
        return psycopg.connect(host=self.host, port=self.port, user="grafana",
                               password=self.token, dbname="main", **more)


def fill(api):
    api.create("/v1/models", {"key": "pump", "name": {"zh": "水泵", "en": "Pump"}, "properties": [
        {"key": "flow", "type": "float64", "unit": "m3/h"}, {"key": "starts", "type": "int64"},
        {"key": "running", "type": "bool"}, {"key": "batch", "type": "string"}]})
    api.create("/v1/assets", {"key": "plant", "level": "site"})
    api.create("/v1/assets", {"key": "pump3", "parent": "plant", "model": "pump"})
    times = [f"{datetime.datetime.fromtimestamp(START + i, datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
             for i in range(SAMPLES)]
    api.post("/v1/samples", {"samples": [
        {"point": "plant/pump3.flow",
         "columns": {"time": times, "value": [i / 10 for i in range(SAMPLES)]}},
        {"point": "plant/pump3.batch", "columns": {"time": times[:1], "value": ['a"b\\c\t号']}}]})


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("postgres")))
    fill(made.api)
    made.token = made.principal("grafana")["token"]
    yield made
    made.node.stop()


# ---- psql


def test_psql_connects_and_selects(door):
    assert door.rows("SELECT count(*), max(value) FROM samples WHERE point = 'plant/pump3.flow'") \
        == [["3000", "299.9"]]
    assert door.rows("SELECT time, value FROM public.samples WHERE point = 'plant/pump3.flow' "
                     "ORDER BY time LIMIT 1") == [["2023-11-14 22:13:20+00", "0"]]
    assert door.rows("SELECT current_user, current_database(), current_schema()") \
        == [["grafana", "main", "public"]]
    assert door.rows("SELECT 7 / 2, 1e20::float8, 0.1::float8, 'x' || 'y', NULL") \
        == [["3", "1e+20", "0.1", "xy", ""]]
    shown = door.psql("-c", "SELECT avg(value), count(*) FROM samples").stdout
    assert "avg" in shown and "count" in shown and "(1 row)" in shown


def test_psql_lists_what_there_is(door):
    def shown(command):
        done = door.psql("-c", command)
        assert done.returncode == 0, command + ": " + done.stderr
        return done.stdout

    for command in ("\\d", "\\dt", "\\d+", "\\dt+"):
        assert "samples" in shown(command), command
    for command in ("\\dv", "\\di", "\\ds", "\\df", "\\dx", "\\dT", "\\dp", "\\db", "\\dm", "\\dE",
                    "\\dD", "\\dy", "\\drds", "\\dO"):
        shown(command)
    columns = shown("\\d samples")
    assert "timestamp with time zone" in columns and "double precision" in columns
    assert shown("\\d+ points").count("text") > 5
    assert "main" in shown("\\l") and "UTF8" in shown("\\l")
    assert "public" in shown("\\dn") and "pg_catalog" not in shown("\\dn")
    assert "grafana" in shown("\\du") and "admin" not in shown("\\du")
    assert "main" in shown("\\conninfo")


def test_errors_say_where_and_what(door):
    wrong = door.psql("-v", "VERBOSITY=verbose", "-c", "SELECT nothing FROM samples")
    assert wrong.returncode == 1 and "42703" in wrong.stderr
    assert "LINE 1: SELECT nothing" in wrong.stderr
    # In characters, not bytes, and where the client wrote it.
    moved = door.psql("-c", "SELECT '号'::pg_catalog.text, nothing FROM samples")
    line, mark = moved.stderr.split("LINE 1: ")[1].splitlines()[:2]
    # psql counts columns of the terminal, and the character before is two of them wide.
    assert mark.index("^") - len("LINE 1: ") == line.index("nothing") + 1
    for sql, state in (("SELEC 1", "42601"), ("SELECT * FROM nowhere", "42P01"),
                       ("SELECT nofunction(1)", "42883"), ("SELECT 'x'::int", "22P02"),
                       ("INSERT INTO samples VALUES (1)", "25006"), ("CREATE TABLE x (a int)", "25006"),
                       ("COPY samples FROM STDIN", "25006"), ("SELECT 1 WHERE", "42601")):
        done = door.psql("-v", "VERBOSITY=sqlstate", "-c", sql)
        assert done.returncode == 1 and state in done.stderr, sql + done.stderr
    # What EXPLAIN ANALYZE would run, neither.
    assert door.psql("-c", "EXPLAIN ANALYZE CREATE VIEW v AS SELECT 1").returncode == 1
    assert door.psql("-c", "EXPLAIN SELECT count(*) FROM samples").returncode == 0


def test_psql_copies_out(door):
    done = door.psql("-c", "\\copy (SELECT time, value, value_text FROM samples WHERE point = "
                     "'plant/pump3.flow' ORDER BY time) TO STDOUT WITH (FORMAT csv, HEADER)")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["time", "value", "value_text"] and len(rows) == 1 + SAMPLES
    assert rows[-1][1:] == ["299.9", ""]
    odd = door.psql("-c", "COPY (SELECT value_text FROM samples WHERE value_text IS NOT NULL) "
                    "TO STDOUT (FORMAT csv)")
    assert next(csv.reader(io.StringIO(odd.stdout))) == ['a"b\\c\t号']
    text = door.psql("-c", "COPY (SELECT value_text, NULL FROM samples WHERE value_text IS NOT "
                     "NULL) TO STDOUT")
    assert text.stdout == 'a"b\\\\c\\t号\t\\N\n'


# ---- who may come in


def test_a_wrong_password_and_an_unknown_user_are_told_alike(door):
    wrong = door.psql("-c", "SELECT 1", token="gty_wrong")
    unknown = door.psql("-c", "SELECT 1", login="nobody", token="gty_wrong")
    assert wrong.returncode == unknown.returncode == 2
    said = wrong.stderr.split("FATAL:")[1]
    assert said == unknown.stderr.split("FATAL:")[1] and "password authentication failed" in said
    came = [entry for entry in door.api.get("/v1/audit", limit=1000)["items"]
            if entry["action"] == "sign_in" and entry["object"] == "grafana"]
    assert came and came[0]["outcome"] == "ok" and came[0]["detail"] == "postgres"
    assert door.token not in door.node.log_text() and "gty_wrong" not in door.node.log_text()


def test_a_token_that_is_taken_back_ends_its_connections(door):
    made = door.principal("shortly")
    with psycopg.connect(host=door.host, port=door.port, user="shortly", password=made["token"],
                         dbname="main") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        door.api.call("DELETE", "/v1/tokens/" + made["id"])
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        connection.close()
    assert door.psql("-c", "SELECT 1", login="shortly", token=made["token"]).returncode == 2


def test_what_a_principal_may_not_read_is_not_there(door):
    door.api.create("/v1/assets", {"key": "hidden", "level": "site"})
    door.api.create("/v1/assets", {"key": "pump9", "parent": "hidden", "model": "pump"})
    door.api.post("/v1/samples", {"samples": [
        {"point": "hidden/pump9.flow", "columns": {"time": ["2024-01-01T00:00:00Z"], "value": [1]}}]})
    door.api.create("/v1/roles", {"key": "plant_only", "name": "Plant only", "statements": [
        {"effect": "allow", "permissions": ["sql:read"]},
        {"effect": "allow", "permissions": ["samples:read", "points:read", "assets:read"],
         "under": "plant"}]})
    token = door.principal("plantwatch", ["plant_only"])["token"]
    for table, column in (("samples", "point"), ("points", "point"), ("assets", "asset")):
        seen = door.rows(f"SELECT DISTINCT {column} FROM {table}", login="plantwatch", token=token)
        assert seen and all(row[0].startswith("plant") for row in seen), table
    assert door.rows("SELECT count(*) FROM samples WHERE point LIKE 'hidden%'") == [["1"]]


def test_tenants_see_only_their_own(door):
    other = door.api.create("/v1/tenants", {"key": "other", "name": "Other"})
    there = Client(door.node.url, door.node.token)
    headers = {"Gantry-Tenant": other["id"]}
    there.call("POST", "/v1/assets", {"key": "works", "level": "site"}, headers=headers)
    there.call("POST", "/v1/points", {"asset": "works", "key": "flow", "type": "float64"},
               headers=headers)
    there.call("POST", "/v1/samples", {"samples": [
        {"point": "works.flow", "columns": {"time": ["2024-01-01T00:00:00Z"], "value": [42]}}]},
        headers=headers)
    there.call("POST", "/v1/principals", {"login": "otherone", "password": "a-first-password",
                                          "roles": ["viewer"]}, headers=headers)
    first = door.node.anonymous().create(
        "/v1/session", {"login": "otherone", "password": "a-first-password"})
    Client(door.node.url, first["access_token"]).call(
        "PUT", "/v1/session/password", {"current": "a-first-password", "new": "a-second-password"})
    token = there.call("POST", "/v1/tokens", {"name": "door", "principal": "otherone"},
                       headers=headers).json()["token"]
    theirs = {"login": "otherone", "token": token, "database": "other"}
    assert door.rows("SELECT point, value FROM samples", **theirs) == [["works.flow", "42"]]
    assert door.rows("SELECT asset FROM assets", **theirs) == [["works"]]
    assert door.rows("SELECT current_database()", **theirs) == [["other"]]
    assert door.rows("SELECT count(*) FROM samples WHERE point = 'works.flow'") == [["0"]]
    # Nobody comes into another tenant by its name, nor with another's token.
    assert door.psql("-c", "SELECT 1", database="other").returncode == 2
    assert door.psql("-c", "SELECT 1", login="otherone", token=token).returncode == 2
    assert door.psql("-c", "SELECT 1", login="grafana", token=token).returncode == 2


# ---- psycopg


def test_psycopg_reads_every_type_in_both_forms(door):
    with door.connect() as connection:
        for binary in (False, True):
            with connection.cursor(binary=binary) as cursor:
                cursor.execute(
                    "SELECT true, 1::int2, 2::int4, 3::int8, 1.5::float4, 2.5::float8, 'x'::text, "
                    "1234.50::decimal(10, 2), DATE '2024-02-29', TIMESTAMP '2024-02-29 12:00:00.5', "
                    "TIMESTAMPTZ '2024-02-29 12:00:00+00', INTERVAL '3 days 4 hours', ['a', 'b c'], "
                    "'\\x00ff'::bytea, NULL::int8, TIME '10:11:12', "
                    "'00112233-4455-6677-8899-aabbccddeeff'::uuid")
                row = cursor.fetchone()
                assert row[:7] == (True, 1, 2, 3, 1.5, 2.5, "x"), binary
                assert str(row[7]) == "1234.50"
                assert row[8] == datetime.date(2024, 2, 29)
                assert row[9] == datetime.datetime(2024, 2, 29, 12, 0, 0, 500000)
                assert row[10] == datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC)
                assert row[11] == datetime.timedelta(days=3, hours=4)
                assert row[12] == ["a", "b c"]
                assert row[14] is None and row[15] == datetime.time(10, 11, 12)
                assert str(row[16]) == "00112233-4455-6677-8899-aabbccddeeff"


def test_psycopg_sends_every_type_in_both_forms(door):
    when = datetime.datetime(2023, 11, 14, 22, 13, 30, tzinfo=datetime.UTC)
    with door.connect() as connection:
        for form in ("%t", "%b"):
            def one(sql, *parameters):
                return connection.execute(sql.replace("%s", form), parameters).fetchone()

            assert one("SELECT %s + 1", 41) == (42,)
            assert one("SELECT %s::float8 * 2", 1.25) == (2.5,)
            assert one("SELECT %s", "text") == ("text",)
            assert one("SELECT NOT %s", True) == (False,)
            assert one("SELECT %s::date + 1", datetime.date(2024, 2, 28))[0].day == 29
            assert one("SELECT count(*) FROM samples WHERE point = %s AND time < %s",
                       "plant/pump3.flow", when) == (10,)
            assert one("SELECT count(*) FROM samples WHERE point = %s AND value BETWEEN %s AND %s",
                       "plant/pump3.flow", 1, 2.0) == (11,)
        assert connection.execute("SELECT count(*) FROM points WHERE key = ANY(%s)",
                                  [["flow", "starts"]]).fetchone()[0] >= 2


def test_psycopg_prepares_pipelines_and_streams(door):
    with door.connect(prepare_threshold=0) as connection:
        for i in range(5):
            assert connection.execute("SELECT %s::int", [i]).fetchone() == (i,)
        with connection.pipeline():
            answers = [connection.execute("SELECT %s::int", [i]) for i in range(20)]
        assert [answer.fetchone()[0] for answer in answers] == list(range(20))
        with connection.cursor() as cursor:
            streamed = sum(row[0] for row in cursor.stream("SELECT range FROM range(200000)"))
            assert streamed == 200000 * 199999 // 2
        with connection.cursor() as cursor, cursor.copy(
                "COPY (SELECT range, 'x' FROM range(1000)) TO STDOUT (FORMAT binary)") as copy:
            copy.set_types(["int8", "text"])
            assert list(copy.rows())[-1] == (999, "x")


def test_cursors_of_the_server_give_rows_in_parts(door):
    def resident():
        with open(f"/proc/{door.node.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    with door.connect() as connection:
        with connection.cursor("mine") as cursor:
            cursor.execute("SELECT range, repeat('x', 1000) FROM range(200000) "
                           "WHERE range < %s", [100_000])
            assert cursor.description[0].name == "range"
            before, seen = resident(), 0
            while rows := cursor.fetchmany(1000):
                assert len(rows) == 1000 and rows[0][0] == seen
                seen += len(rows)
                assert resident() - before < 64 * 1024 * 1024
            assert seen == 100_000
        with connection.cursor("binary", binary=True) as cursor:
            cursor.itersize = 300
            cursor.execute("SELECT value, time FROM samples WHERE point = 'plant/pump3.flow' "
                           "ORDER BY time")
            values = [row[0] for row in cursor]
            assert len(values) == SAMPLES and all(isinstance(value, float) for value in values)
        with connection.cursor("left") as cursor:
            cursor.execute("SELECT range FROM range(1000000)")
            assert cursor.fetchone() == (0,)
            cursor.scroll(99)
            assert cursor.fetchone() == (100,)
        connection.rollback()
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.cursor("held", withhold=True).execute("SELECT 1")
        connection.rollback()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_psql_fetches_in_parts_and_prepares(door):
    done = door.psql("-A", "-t", "-v", "FETCH_COUNT=1000", "-c",
                     "SELECT range FROM range(25000)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(i) for i in range(25000)]
    done = door.psql(
        "-A", "-t", "-q", "-c",
        "BEGIN; DECLARE c CURSOR FOR SELECT range FROM range(10); FETCH 3 FROM c; MOVE 4 FROM c; "
        "FETCH ALL FROM c; CLOSE c; COMMIT; "
        "PREPARE p (int) AS SELECT $1 * 2; EXECUTE p (21); DEALLOCATE p")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["0", "1", "2", "7", "8", "9", "42"]


def test_the_server_stops_while_queries_run(tmp_path):
    door = Door(str(tmp_path))
    fill(door.api)
    door.token = door.principal("grafana")["token"]
    ended, began = [], threading.Barrier(4)
    long = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range + b.range = 7"

    def ask(question):
        began.wait()
        try:
            question()
        except Exception as error:  # whatever the door says of it
            ended.append(str(error))

    def by_wire():
        with door.connect(autocommit=True) as connection:
            connection.execute(long)

    def by_prometheus():
        for _ in range(1000):
            door.api.get("/api/v1/query_range", start=START, end=START + SAMPLES, step=1,
                         query="sum(quantile_over_time(0.5, flow[50m:1s]))")

    questions = [by_wire, lambda: door.api.post("/v1/sql", {"query": long}), by_prometheus]
    threads = [threading.Thread(target=ask, args=(question,)) for question in questions]
    for thread in threads:
        thread.start()
    began.wait()
    wait_until(lambda: "gantry_postgres_statements_total 0" not in
               door.api.call("GET", "/metrics").body.decode(), "a query that runs")
    start = time.monotonic()
    door.node.process.terminate()
    assert door.node.process.wait(timeout=20) == 0
    assert time.monotonic() - start < 10
    for thread in threads:
        thread.join(timeout=10)
        assert not thread.is_alive()
    assert len(ended) == 3, ended


def test_transactions_are_taken_and_change_nothing(door):
    with door.connect() as connection:
        connection.execute("SELECT 1")
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("DELETE FROM samples")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            connection.execute("SELECT 1")
        connection.rollback()
        with connection.transaction(), connection.transaction():
            assert connection.execute("SELECT 1").fetchone() == (1,)
        connection.execute("SET application_name = 'mine'; SET statement_timeout = 0")
        assert connection.info.parameter_status("application_name") == "mine"
        assert connection.execute("SHOW application_name").fetchone() == ("mine",)
        with pytest.raises(psycopg.Error):
            connection.execute("SET client_encoding = LATIN1")


def test_a_query_is_cancelled(door):
    with door.connect(autocommit=True) as connection:
        timer = threading.Timer(1, connection.cancel)
        timer.start()
        began = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT count(*) FROM range(1000000) a, range(1000000) b "
                               "WHERE a.range + b.range = 7")
        assert time.monotonic() - began < 15
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_client_that_does_not_read_holds_no_memory(door):
    def resident():
        with open(f"/proc/{door.node.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = resident()
    with door.connect(autocommit=True) as connection:
        # A result of a good gigabyte, of which nothing is read.
        connection.pgconn.send_query(b"SELECT range, repeat('x', 1000) FROM range(1000000)")
        connection.pgconn.flush()
        time.sleep(3)
        assert resident() - before < 200 * 1024 * 1024
        connection.pgconn.finish()
    wait_until(lambda: door.rows("SELECT 1") == [["1"]], "the door goes on")


def test_many_connections_at_once(door):
    connections = [door.connect(autocommit=True) for _ in range(20)]
    results = []

    def ask(connection):
        results.append(connection.execute("SELECT count(*) FROM samples WHERE point = %s",
                                          ["plant/pump3.flow"]).fetchone()[0])

    threads = [threading.Thread(target=ask, args=[connection]) for connection in connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [SAMPLES] * 20
    for connection in connections:
        connection.close()
    metrics = door.api.call("GET", "/metrics").body.decode()
    assert "gantry_postgres_connections" in metrics and "gantry_postgres_rows_total" in metrics


# ---- pgbench


@pytest.mark.parametrize("mode", ["simple", "extended", "prepared"])
def test_pgbench_runs(door, tmp_path, mode):
    script = tmp_path / "script.sql"
    script.write_text("\\set least random(1, 250)\n"
                      "SELECT count(*), avg(value) FROM samples WHERE point = 'plant/pump3.flow' "
                      "AND value > :least;\n")
    done = subprocess.run(
        [PGBENCH, "-n", "-f", script, "-c", "2", "-j", "2", "-t", "25", "-M", mode], text=True,
        capture_output=True, timeout=120, env=door.environment("grafana", door.token), check=False)
    assert done.returncode == 0, done.stderr
    assert "number of transactions actually processed: 50/50" in done.stdout
    assert "number of failed transactions: 0" in done.stdout


# ---- SQLAlchemy and pandas


def test_sqlalchemy_reflects_and_pandas_reads(door):
    import pandas
    engine = sqlalchemy.create_engine(sqlalchemy.URL.create(
        "postgresql+psycopg", "grafana", door.token, door.host, int(door.port), "main"))
    inspector = sqlalchemy.inspect(engine)
    assert set(inspector.get_table_names()) == TABLES
    assert "public" in inspector.get_schema_names()
    columns = {column["name"]: column["type"] for column in inspector.get_columns("samples")}
    assert isinstance(columns["time"], sqlalchemy.types.DateTime) and columns["time"].timezone
    assert isinstance(columns["value"], sqlalchemy.types.Float)
    assert isinstance(columns["value_int"], sqlalchemy.types.BigInteger)
    assert inspector.get_pk_constraint("samples")["constrained_columns"] == []
    assert inspector.get_foreign_keys("samples") == [] and inspector.get_indexes("samples") == []
    samples = sqlalchemy.Table("samples", sqlalchemy.MetaData(), autoload_with=engine)
    frame = pandas.read_sql(
        sqlalchemy.select(samples.c.time, samples.c.value)
        .where(samples.c.point == "plant/pump3.flow").order_by(samples.c.time).limit(100), engine)
    assert len(frame) == 100 and frame["value"].iloc[-1] == 9.9
    assert str(frame["time"].dtype).startswith("datetime64[") and "UTC" in str(frame["time"].dtype)
    engine.dispose()


# ---- JDBC


def test_jdbc_connects_describes_and_reads(door):
    script = os.path.join(os.path.dirname(__file__), "jdbc_client.bsh")
    done = subprocess.run(
        ["java", "-Duser.timezone=Europe/Berlin", "-cp", JAVA, "bsh.Interpreter", script], text=True,
        capture_output=True, timeout=240, check=False,
        env=door.environment("grafana", door.token,
                             JDBC_URL=f"jdbc:postgresql://{door.host}:{door.port}/main"
                                      "?prepareThreshold=3"))
    lines = [line.split("|") for line in done.stdout.splitlines()]

    def told(what):
        assert [what + " ended"] in lines, done.stdout + done.stderr
        return [dict(pair.split("=", 1) for pair in line[1:]) for line in lines if line[0] == what]

    assert ["product", "PostgreSQL"] in lines, done.stdout + done.stderr
    assert {row["table_name"] for row in told("table")} == TABLES
    assert {row["table_type"] for row in told("table")} == {"TABLE"}
    columns = {row["column_name"]: row for row in told("column")}
    assert columns["time"]["type_name"] == "timestamptz"
    assert columns["value"]["type_name"] == "float8" and columns["value"]["data_type"] == "8"
    assert columns["value_int"]["data_type"] == "-5" and columns["point"]["data_type"] == "12"
    assert "public" in {row["table_schem"] for row in told("schema")}
    assert [row["table_cat"] for row in told("catalog")] == ["main"]
    assert told("key") == told("index") == told("imported") == []
    assert {"float8", "timestamptz", "text"} <= {row["type_name"] for row in told("type")}
    values = [line[1:] for line in lines if line[0] == "values"]
    assert values == [[f"{i / 10}@{(START + i) * 1000}" for i in range(1, 50)]] * 7
    assert ["sum", str(1234 * 1233 // 2)] in lines and ["valid", "true"] in lines
    assert ["refused", "25006"] in lines, done.stdout[-1000:] + done.stderr


# ---- ODBC, as Excel and Power BI use it


def test_odbc_lists_and_reads(door):
    connection = pyodbc.connect(
        f"DRIVER={{PostgreSQL Unicode}};SERVER={door.host};PORT={door.port};DATABASE=main;"
        f"UID=grafana;PWD={door.token};SSLmode=prefer", autocommit=True)
    cursor = connection.cursor()
    assert {row.table_name for row in cursor.tables(schema="public")} \
        >= TABLES
    columns = {row.column_name: row.type_name for row in cursor.columns(table="samples")}
    assert columns["value"] == "float8" and columns["time"].startswith("timestamp")
    cursor.execute("SELECT time, value FROM samples WHERE point = ? ORDER BY time", "plant/pump3.flow")
    rows = cursor.fetchall()
    assert len(rows) == SAMPLES and rows[-1].value == 299.9
    assert list(cursor.primaryKeys("samples")) == []
    connection.close()


# ---- Grafana


SCHEMA_CONSTRAINT = """
          quote_ident(table_schema) IN (
          SELECT
            CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM
            generate_series(
              array_lower(string_to_array(current_setting('search_path'),','),1),
              array_upper(string_to_array(current_setting('search_path'),','),1)
            ) as i,
            string_to_array(current_setting('search_path'),',') s
          )"""


def test_grafana_finds_its_way(door):
    assert door.rows("SELECT current_setting('server_version_num')::int/100 as version") == [["1600"]]
    assert door.rows("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'") == []
    assert ["public"] in door.rows("SELECT schema_name AS \"name\" FROM information_schema.schemata "
                                   "WHERE schema_name NOT IN ('information_schema', 'pg_catalog')")
    tables = door.rows(f"""SELECT
        CASE WHEN {SCHEMA_CONSTRAINT}
          THEN quote_ident(table_name)
          ELSE quote_ident(table_schema) || '.' || quote_ident(table_name)
        END AS "table"
        FROM information_schema.tables
        WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog')
        ORDER BY CASE WHEN {SCHEMA_CONSTRAINT} THEN 0 ELSE 1 END, 1""")
    assert tables == [[table] for table in sorted(TABLES)]
    for table in ("samples", "public.samples"):
        columns = door.rows(f"""SELECT quote_ident(column_name) AS "column", data_type AS "type"
          FROM information_schema.columns
          WHERE
            CASE WHEN array_length(parse_ident('{table}'),1) = 2
              THEN quote_ident(table_schema) = (parse_ident('{table}'))[1]
                AND quote_ident(table_name) = (parse_ident('{table}'))[2]
              ELSE quote_ident(table_name) = '{table}'
                AND {SCHEMA_CONSTRAINT}
            END""")
        assert ["time", "timestamp with time zone"] in columns
        assert ["value", "double precision"] in columns
    # What $__timeFilter and $__timeGroup become.
    assert door.rows("""SELECT floor(extract(epoch from time)/300)*300 AS "time", avg(value)
        FROM samples WHERE time BETWEEN '2023-11-14T22:13:20Z' AND '2023-11-14T22:23:20Z'
        AND point = 'plant/pump3.flow' GROUP BY 1 ORDER BY 1""")[0] == ["1699999800", "4.95"]
    assert door.rows("SELECT count(*) FROM samples WHERE point = 'plant/pump3.flow' AND time BETWEEN "
                     "'2023-11-14T22:13:20Z' AND '2023-11-14T22:13:29Z'") == [["10"]]


# ---- TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=Test CA", "-days", "2")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr",
            "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out",
            "server.pem", "-days", "2", "-extfile", "names")
    return folder


def test_tls_is_verified_and_bound_to(certificates, tmp_path):
    folder = str(tmp_path / "node")
    os.makedirs(folder)
    made = Door(folder, f'tls_certificate = "{certificates}/server.pem"\n',
                f'tls_key = "{certificates}/server.key"\n')
    try:
        made.token = made.principal("grafana")["token"]
        verified = {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(certificates / "ca.pem")}
        assert made.rows("SELECT 1", PGHOST="localhost", PGHOSTADDR="127.0.0.1", **verified) == [["1"]]
        # SCRAM-SHA-256-PLUS: the proof is of this connection's certificate.
        assert made.rows("SELECT 1", PGCHANNELBINDING="require", **verified) == [["1"]]
        other_name = made.psql("-c", "SELECT 1", PGHOST="elsewhere", PGHOSTADDR="127.0.0.1",
                               **verified)
        assert other_name.returncode == 2 and "elsewhere" in other_name.stderr
        untrusted = made.psql("-c", "SELECT 1", PGSSLMODE="verify-full",
                              PGSSLROOTCERT=str(certificates / "server.pem"))
        assert untrusted.returncode == 2
        plain = made.psql("-c", "SELECT 1", PGSSLMODE="disable")
        assert plain.returncode == 2 and "TLS" in plain.stderr
    finally:
        made.node.stop()
        shutil.rmtree(folder, ignore_errors=True)


def test_the_door_stays_closed_unless_told_and_never_opens_in_the_clear(tmp_path):
    with Gantryd() as closed:
        assert not [event for event in closed.log_events() if event["module"] == "postgres"]
    config = tmp_path / "open.toml"
    config.write_text('[postgres]\nlisten = "0.0.0.0:0"\n')
    (tmp_path / "open").mkdir()
    with pytest.raises(AssertionError, match="postgres.tls_certificate"):
        Gantryd("--config", str(config), folder=str(tmp_path / "open")).start()
