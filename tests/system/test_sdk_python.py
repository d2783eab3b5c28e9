# SPDX-License-Identifier: Apache-2.0
"""The SDK for Python against the real gantryd; and against servers that misbehave."""

import asyncio
import contextlib
import datetime
import http.server
import json
import pathlib
import subprocess
import sys
import threading
import zipfile

import pandas
import pytest
import websockets.sync.server

import sdk_process
import gantry
from gantry import _live, _samples
from gantry._core import Core, Settings, Tokens
from gantry._times import parse_ns, text_of_ns
from gantryd_process import Gantryd, wait_until

BIG = 9007199254740995  # beyond 2^53
NEW_YEAR = "2026-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def client(node):
    with gantry.Client(node.url, token=node.token) as client:
        client.create_model({"key": "pump", "properties": [
            {"key": "flow", "type": "float64", "unit": "m3/h", "range": {"min": 0, "max": 100}},
            {"key": "starts", "type": "int64"}, {"key": "running", "type": "bool"},
            {"key": "batch", "type": "string"}]})
        client.create_asset({"key": "plant", "level": "site"})
        for number in range(1, 6):
            client.create_asset({"key": f"pump{number}", "parent": "plant", "model": "pump"})
        yield client


# ---- signing in

def test_a_first_password_is_changed_and_tokens_are_renewed_by_themselves(node, client):
    client.create_principal({"login": "sdk", "password": "first-password-1", "roles": ["viewer"]})
    with gantry.Client(node.url, login="sdk", password="first-password-1") as first:
        with pytest.raises(gantry.PasswordChangeNeeded, match="new_password"):
            first.list_assets()
    with gantry.Client(node.url, login="sdk", password="first-password-1",
                       new_password="second-password-2") as viewer:
        assert viewer.get_session()["login"] == "sdk"
        tokens = viewer._core.tokens
        before = tokens.access
        tokens.expires = NEW_YEAR
        assert viewer.get_session()["login"] == "sdk" and tokens.access != before
        # A token that the server does not know any more; the refresh token is spent, too.
        tokens.access, tokens.refresh = "gty_nonsense", "gty_spent"
        assert viewer.get_session()["login"] == "sdk"
        with pytest.raises(gantry.Forbidden):
            viewer.create_asset({"key": "mine"})
        viewer.sign_out()
        with pytest.raises(gantry.Unauthenticated):
            viewer.get_session()
    with gantry.Client(node.url, login="sdk", password="wrong-password") as stranger:
        with pytest.raises(gantry.Unauthenticated):
            stranger.list_assets()


def test_many_threads_renew_a_token_once(node, client):
    client.create_principal({"login": "threads", "password": "first-password-1",
                             "roles": ["viewer"], "must_change_password": False})
    with gantry.Client(node.url, login="threads", password="first-password-1") as viewer:
        viewer.get_session()
        renewed = []
        take = Tokens.take
        viewer._core.tokens.take = lambda answer: (renewed.append(1),
                                                   take(viewer._core.tokens, answer))
        viewer._core.tokens.expires = NEW_YEAR
        errors = []

        def ask():
            try:
                viewer.get_session()
            except gantry.GantryError as error:
                errors.append(error)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors and len(renewed) == 1


def test_settings_come_from_the_environment_and_secrets_stay_on_this_machine(monkeypatch, node):
    monkeypatch.setenv("GANTRY_URL", node.url)
    monkeypatch.setenv("GANTRY_TOKEN", node.token)
    with gantry.Client() as client:
        assert client.url == node.url and client.get_session()["login"]
    with pytest.raises(ValueError, match="not encrypted"):
        gantry.Client("http://gantry.example")
    gantry.Client("http://gantry.example", plaintext=True).close()
    with pytest.raises(ValueError, match="no address"):
        gantry.Client("gantry.example")


def test_tls_trusts_the_authority_that_is_named(tmp_path):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem",
                    "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    config = tmp_path / "gantry.toml"
    config.write_text(f"[http]\ntls_certificate = '{tmp_path}/cert.pem'\n"
                      f"tls_key = '{tmp_path}/key.pem'\n")
    with Gantryd("--config", str(config)) as secure:
        with gantry.Client(secure.url, token=secure.token, ca=tmp_path / "cert.pem") as client:
            client.create_asset({"key": "plant"})
            client.create_point({"asset": "plant", "key": "p", "type": "int64"})
            client.samples.write([{"point": "plant.p", "value": 4}])
            assert [sample.value for sample in client.live.follow("plant.p", idle=1)] == [4]
        with gantry.Client(secure.url, token=secure.token, retries=0) as stranger:
            with pytest.raises(gantry.ConnectionFailed, match="certificate"):
                stranger.list_assets()


# ---- calls

def test_errors_have_types_fields_and_a_trace(client):
    with pytest.raises(gantry.NotFound, match="plant/nowhere") as caught:
        client.get_asset("plant/nowhere")
    assert caught.value.status == 404 and caught.value.code == "not_found" and caught.value.trace
    with pytest.raises(gantry.InvalidArgument) as caught:
        client.create_model({"key": "m", "properties": [{"key": "p", "unit": "parsnips"}]})
    assert caught.value.fields[0].field == "/properties/0/unit"
    with pytest.raises(gantry.Conflict):
        client.create_asset({"key": "plant"})
    asset = client.get_asset("plant")
    client.patch_asset("plant", {"name": {"zh": "工厂"}}, if_match=asset["version"])
    with pytest.raises(gantry.PreconditionFailed):
        client.patch_asset("plant", {"name": "x"}, if_match=asset["version"])
    with pytest.raises(ValueError, match="asset is empty"):
        client.get_asset("")


def test_errors_speak_the_language_that_was_asked_for(node):
    with gantry.Client(node.url, token=node.token, language="zh") as client:
        with pytest.raises(gantry.NotFound) as caught:
            client.get_asset("nowhere")
        assert caught.value.title == "未找到"


def test_lists_come_page_by_page(client):
    paths = [asset["path"] for asset in client.iterate_assets(parent="plant", limit=2)]
    assert paths == [f"plant/pump{number}" for number in range(1, 6)]


class Script(http.server.BaseHTTPRequestHandler):
    """Answers by the server's script, one entry a request: (status, headers, document) or None, which
    hangs up."""

    def do_GET(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append((self.command, self.path, self.headers, body))
        entry = self.server.script.pop(0)
        if entry is None:
            self.close_connection = True
            return
        status, headers, document = entry
        data = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_POST = do_DELETE = do_GET

    def log_message(self, *_):  # pylint: disable=arguments-differ
        pass


@contextlib.contextmanager
def scripted(*script, **options):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Script)
    server.script, server.asked = list(script), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with gantry.Client(f"http://127.0.0.1:{server.server_port}", token="gty_x",
                           **options) as client:
            yield server, client
    finally:
        server.shutdown()
        server.server_close()


BUSY = (503, {"Retry-After": "0"}, {"code": "unavailable", "detail": "busy"})


def test_what_may_come_again_does_with_the_same_key(monkeypatch):
    pauses = []
    monkeypatch.setattr("gantry.client.time.sleep", pauses.append)
    with scripted(BUSY, None, (429, {"Retry-After": "2"}, {"code": "rate_limited"}),
                  (201, {}, {"id": "ast_1"})) as (server, client):
        assert client.create_asset({"key": "x"})["id"] == "ast_1"
        keys = {headers["Idempotency-Key"] for _, _, headers, _ in server.asked}
        assert len(server.asked) == 4 and len(keys) == 1 and None not in keys
    assert pauses[2] >= 2.0 and pauses[0] < 1


def test_what_may_not_come_again_is_an_error_at_once(monkeypatch):
    monkeypatch.setattr("gantry.client.time.sleep", lambda _: None)
    with scripted(BUSY) as (server, client):
        with pytest.raises(gantry.Unavailable, match="busy"):
            client.write_point({"point": "p", "value": 1})
        assert len(server.asked) == 1
    with scripted(None) as (server, client):
        with pytest.raises(gantry.ConnectionFailed) as caught:
            client.write_point({"point": "p", "value": 1})
        assert caught.value.sent and len(server.asked) == 1
    with scripted(*[BUSY] * 3, retries=2) as (server, client):
        with pytest.raises(gantry.Unavailable):
            client.list_assets()
        assert len(server.asked) == 3
    with scripted((429, {"Retry-After": "3600"}, {"code": "rate_limited"})) as (server, client):
        with pytest.raises(gantry.RateLimited) as caught:
            client.list_assets()
        assert caught.value.retry_after == 3600


def test_answers_that_are_not_gantrys_are_named(monkeypatch):
    monkeypatch.setattr("gantry.client.time.sleep", lambda _: None)
    with scripted((502, {}, "<html>")) as (_, client):
        with pytest.raises(gantry.ApiError, match="502"):
            client.list_assets()
    with scripted((200, {}, None)) as (server, client):
        server.script = [(200, {}, "x")]
        assert client.list_assets() == "x"
    with pytest.raises(gantry.ConnectionFailed, match="check the address"):
        gantry.Client("http://127.0.0.1:9", retries=0).list_assets()


# ---- samples

def rows_of_every_type(pump):
    return [
        {"point": f"{pump}.flow", "time": "2026-01-01T00:00:00.123456789Z", "value": 0.1},
        {"point": f"{pump}.flow", "time": parse_ns("2026-01-01T00:00:01Z"), "value": 7},
        {"point": f"{pump}.starts", "time": NEW_YEAR, "value": BIG},
        {"point": f"{pump}.running", "time": datetime.datetime(
            2026, 1, 1, 8, tzinfo=datetime.timezone(datetime.timedelta(hours=8))), "value": True},
        {"point": f"{pump}.batch", "time": NEW_YEAR, "value": "123"},
        {"point": f"{pump}.flow", "time": "2026-01-01T00:00:02Z", "value": None, "quality": "bad"}]


def test_values_of_every_type_come_back_as_they_went_in(client):
    assert client.samples.write(rows_of_every_type("plant/pump1")).accepted == 6
    columns = {series.point.split(".")[1]: series for series in client.samples.read(
        under="plant/pump1", from_=NEW_YEAR, frame="columns")}
    flow = columns["flow"]
    assert flow.columns == {
        "time": [1767225600123456789, 1767225601000000000, 1767225602000000000],
        "value": [0.1, 7.0, None], "quality": ["good", "good", "bad"]}
    assert flow.unit == "m3/h" and all(type(value) is not int for value in flow.columns["value"])
    assert columns["starts"].columns["value"] == [BIG]
    assert columns["running"].columns["value"] == [True]
    assert columns["running"].columns["time"] == [1767225600000000000]
    assert columns["batch"].columns["value"] == ["123"]
    latest = {sample.point: sample for sample in client.samples.latest(under="plant/pump1")}
    assert latest["plant/pump1.starts"].value == BIG
    assert latest["plant/pump1.batch"].value == "123"
    assert latest["plant/pump1.batch"].time == datetime.datetime(
        2026, 1, 1, tzinfo=datetime.timezone.utc)


def test_times_are_exact_and_have_a_zone():
    for text in ("2026-01-01T00:00:00Z", "1969-12-31T23:59:59.999999999Z",
                 "2262-04-11T23:47:16.854775807Z", "2026-11-22T08:30:00.25Z"):
        assert text_of_ns(parse_ns(text)) == text
    with pytest.raises(gantry.NoZone, match="has no zone"):
        _samples.text_of("2026-01-01T00:00:00")
    with pytest.raises(gantry.NoZone):
        _samples.text_of(datetime.datetime(2026, 1, 1))
    assert _samples.text_of("-2h") == "-2h" and _samples.text_of("2026-01-01") == "2026-01-01"


def test_a_frame_comes_back_long_wide_or_each_by_itself(client):
    times = pandas.date_range("2026-02-01", periods=60, freq="min", tz="Asia/Shanghai")
    wide = pandas.DataFrame({"plant/pump2.flow": range(60), "plant/pump2.starts": range(60)},
                            index=times)
    wide = wide.astype({"plant/pump2.flow": "float64"})
    wide.iloc[7, 0] = None
    result = client.samples.write(wide)
    assert (result.accepted, result.skipped, result.rejected) == (119, 1, [])
    span = {"from_": times[0], "to": "2026-02-01T00:00:00Z"}
    points = list(wide.columns)
    back = client.samples.read(points, **span, shape="wide")
    assert str(back.index.dtype) == "datetime64[ns, UTC]"
    expected = wide.tz_convert("UTC")
    pandas.testing.assert_frame_equal(back, expected, check_names=False, check_freq=False)
    long = client.samples.read(points, **span)
    assert list(long.columns) == ["point", "time", "value", "quality"] and len(long) == 119
    again = client.samples.write(long)
    assert again.accepted == 119
    each = client.samples.read(points, **span, shape="each", quality_code=True)
    assert str(each["plant/pump2.starts"]["value"].dtype) == "int64"
    assert list(each["plant/pump2.flow"]["quality_code"]) == [0] * 59
    buckets = client.samples.read("plant/pump2.flow", **span, every=datetime.timedelta(minutes=15),
                                  agg=["min", "max", "count"])
    assert list(buckets["max"]) == [14, 29, 44, 59] and list(buckets["count"]) == [14, 15, 15, 15]
    with pytest.raises(ValueError, match="one aggregate"):
        client.samples.read(points, **span, every="15m", agg="min,max", shape="wide")
    with pytest.raises(ValueError, match="every"):
        client.samples.read(points, **span, agg="min")


def test_all_rows_come_however_many_pages_they_take(client, monkeypatch):
    start = parse_ns("2026-02-02T00:00:00Z")
    rows = [{"point": f"plant/pump{number}.starts", "time": start + row * 1000, "value": row}
            for number in (2, 3) for row in range(250)]
    assert client.samples.write(rows, batch_rows=70).accepted == 500
    monkeypatch.setattr(_samples, "ROWS_A_POINT", 100)
    monkeypatch.setattr(_samples, "POINTS_A_REQUEST", 1)
    read = client.samples.read(["plant/pump2.starts", "plant/pump3.starts"], start,
                               "2026-02-03T00:00:00Z", frame="columns")
    for series in read:
        assert series.columns["value"] == list(range(250))
        assert series.columns["time"] == [start + row * 1000 for row in range(250)]
        assert len(series.columns["quality"]) == 250


def test_an_answer_that_is_too_large_is_asked_for_in_smaller_ones():
    too_large = (413, {}, {"code": "too_large", "detail": "too many rows"})
    empty = (200, {}, {"items": []})
    with scripted(too_large, too_large, empty) as (server, client):
        assert client.samples.read(under="plant", frame="columns") == []
        limits = [path.rsplit("limit=")[1] for _, path, _, _ in server.asked]
        assert limits == ["10000", "1000", "100"]


def test_rejected_rows_are_named_by_their_place_in_what_was_given(client):
    times = pandas.date_range("2026-02-03", periods=3, freq="min", tz="UTC")
    long = pandas.DataFrame({"point": ["plant/pump4.flow", "plant/pump4.nothing",
                                       "plant/pump4.batch"],
                             "time": times, "value": [1.0, 2.0, 3.0]}, index=["a", "b", "c"])
    result = client.samples.write(long)
    assert result.accepted == 1
    assert [(row.position, row.point) for row in result.rejected] == [
        ("b", "plant/pump4.nothing"), ("c", "plant/pump4.batch")]
    wide = pandas.DataFrame({"plant/pump4.flow": [1.0, 2.0], "plant/pump4.none": [1.0, 2.0]},
                            index=times[:2])
    with pytest.raises(gantry.RowsRejected, match="plant/pump4.none") as caught:
        client.samples.write(wide, on_rejected="raise")
    assert [row.position for row in caught.value.result.rejected] == [
        (times[0], "plant/pump4.none"), (times[1], "plant/pump4.none")]
    # Rows of several points and batches, some without a time: the numbers stay those of the caller.
    rows = [{"point": "plant/pump4.starts", "value": index} for index in range(10)]
    rows[3] = {"point": "plant/pump4.none", "value": 1}
    rows[8] = {"point": "plant/pump4.starts", "time": NEW_YEAR, "value": "many"}
    result = client.samples.write(rows, batch_rows=4)
    assert [row.position for row in result.rejected] == [3, 8] and result.accepted == 8


def test_frames_that_cannot_be_meant_are_refused_with_the_remedy(client):
    times = pandas.date_range("2026-02-03", periods=2, freq="min")
    with pytest.raises(gantry.NoZone, match="tz_localize"):
        client.samples.write(pandas.DataFrame({"plant/pump4.flow": [1.0, 2.0]}, index=times))
    with pytest.raises(ValueError, match="column 'time'"):
        client.samples.write(pandas.DataFrame({"plant/pump4.flow": [1.0, 2.0]}))
    with pytest.raises(ValueError, match="row 0 wants point and value"):
        client.samples.write([{"point": "plant/pump4.flow", "val": 2}])


def test_sql_is_a_frame_with_types(client):
    client.samples.write(rows_of_every_type("plant/pump5"))
    frame = client.sql("SELECT time, value_int, value, value_text, quality = 'good' AS good "
                       "FROM samples WHERE point = $1", ["plant/pump5.starts"])
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == {
        "time": "datetime64[ns, UTC]", "value_int": "int64", "value": "float64",
        "value_text": "string", "good": "bool"}
    assert frame["value_int"][0] == BIG
    assert client.sql("SELECT 1 AS a, 2 AS a, sum(i) AS s FROM range(5) AS t(i)",
                      frame="columns") == {"a": [1], "a_2": [2], "s": [10]}
    assert len(client.sql("SELECT point FROM samples WHERE false")) == 0
    with pytest.warns(gantry.Truncated, match="first 2 rows"):
        client.sql("SELECT * FROM range(5)", limit=2)
    with pytest.raises(gantry.InvalidArgument):
        client.sql("SELEC")


def test_polars_frames_go_the_same_ways(client):
    polars = pytest.importorskip("polars", reason="polars is not in Debian 13")
    times = pandas.date_range("2026-02-05", periods=3, freq="min", tz="UTC")
    wide = polars.DataFrame({"time": list(times.as_unit("us").to_pydatetime()),
                             "plant/pump5.flow": [1.0, None, 3.0], "plant/pump5.starts": [1, 2, 3]})
    assert wide.schema["time"].time_zone == "UTC"
    result = client.samples.write(wide)
    assert (result.accepted, result.skipped) == (5, 1)
    span = {"from_": times[0], "to": "2026-02-06T00:00:00Z", "frame": "polars"}
    back = client.samples.read(["plant/pump5.flow", "plant/pump5.starts"], **span, shape="wide")
    assert back.schema["time"] == polars.Datetime("ns", "UTC")
    assert back["plant/pump5.flow"].to_list() == [1.0, None, 3.0]
    assert back["plant/pump5.starts"].to_list() == [1, 2, 3]
    long = client.samples.read("plant/pump5.flow", **span)
    assert client.samples.write(long).accepted == 2 and long.columns[0] == "point"
    assert client.sql("SELECT 1 AS a", frame="polars")["a"].to_list() == [1]


# ---- live

def test_live_samples_come_and_go_on_after_the_server_was_away(client):
    with Gantryd() as other:
        with gantry.Client(other.url, token=other.token) as watcher:
            watcher.create_asset({"key": "plant"})
            watcher.create_point({"asset": "plant", "key": "p", "type": "int64"})
            watcher.samples.write([{"point": "plant.p", "time": NEW_YEAR, "value": 1}])
            gaps = []
            feed = watcher.live.follow(under="plant", on_gap=gaps.append)
            assert next(feed) == gantry.Sample("plant.p", 1, "good", 1767225600000000000)
            watcher.samples.write([{"point": "plant.p", "value": BIG}])
            assert next(feed).value == BIG
            address = other.url.split("//")[1]
            other.stop()
            other.start("--listen", address)
            threading.Timer(0.5, lambda: watcher.samples.write(
                [{"point": "plant.p", "value": 3}])).start()
            # What was known already does not come again.
            assert next(feed).value == 3
            assert [gap.skipped for gap in gaps] == [None] and gaps[0].since_ns
            feed.close()
            assert list(watcher.live.follow("plant.p", latest=False, idle=0.2)) == []
            with pytest.raises(gantry.NotFound, match="plant.none"):
                next(watcher.live.follow("plant.none"))
    with pytest.raises(gantry.ConnectionFailed):
        next(gantry.Client("http://127.0.0.1:9", token="x").live.follow("plant.p"))


def test_live_ends_with_the_token_and_goes_on_with_a_new_one(node, client):
    made = client.create_token({"name": "live", "lifetime": "1h"})
    client.samples.write([{"point": "plant/pump5.running", "value": True}])
    with gantry.Client(node.url, token=made["token"]) as watcher:
        feed = watcher.live.follow("plant/pump5.running")
        assert next(feed).value is True
        client.remove_token(made["id"])
        with pytest.raises(gantry.Unauthenticated, match="make a new one"):
            next(feed)
    client.create_principal({"login": "live", "password": "first-password-1", "roles": ["viewer"],
                             "must_change_password": False})
    with gantry.Client(node.url, login="live", password="first-password-1") as watcher:
        feed = watcher.live.follow("plant/pump5.running")
        assert next(feed).value is True
        # Ends this session, and so its live connection.
        with gantry.Client(node.url, token=watcher._core.tokens.access) as same:
            same.sign_out()
        threading.Timer(3.0, lambda: client.samples.write(
            [{"point": "plant/pump5.running", "value": False}])).start()
        assert next(feed).value is False
        feed.close()


def test_the_async_client_does_the_same(node, client):
    async def work():
        async with gantry.AsyncClient(node.url, token=node.token) as api:
            assert [asset["path"] async for asset in api.iterate_assets(parent="plant", limit=2)][
                4] == "plant/pump5"
            with pytest.raises(gantry.NotFound):
                await api.get_asset("nowhere")
            await api.samples.write(rows_of_every_type("plant/pump3"))
            frame = await api.samples.read("plant/pump3.flow", NEW_YEAR, "2026-01-02T00:00:00Z")
            assert len(frame) == 3
            assert len(await api.samples.latest(["plant/pump3.flow"])) == 1
            assert len(await api.sql("SELECT 1 AS one")) == 1
            values = []
            async with contextlib.aclosing(api.live.follow("plant/pump3.batch")) as feed:
                async for sample in feed:
                    values.append(sample.value)
                    if len(values) == 2:
                        break
                    await api.samples.write([{"point": "plant/pump3.batch", "value": "124"}])
            assert values == ["123", "124"]
            assert [sample.value async for sample in api.live.follow(
                "plant/pump3.batch", idle=0.2)] == ["124"]
        async with gantry.AsyncClient(node.url, login="live", password="wrong password") as wrong:
            answers = await asyncio.gather(wrong.get_session(), wrong.get_session(),
                                           return_exceptions=True)
            assert all(isinstance(answer, gantry.Unauthenticated) for answer in answers)

    asyncio.run(work())


def sample_at(second):
    return {"point": "p", "time": f"2026-01-01T00:00:{second:02}Z", "value": 1.5, "quality": "good"}


@contextlib.contextmanager
def live_server(knows_resume):
    """Sends two samples a connection and hangs up. With resume it goes on where it was; without, it
    tells the latest again, as the server does on a new subscription."""
    heard = []

    def talk(socket):
        first = json.loads(socket.recv())
        heard.append(first)
        if "resume" in first and not knows_resume:
            socket.send(json.dumps({"resumed": False}))
            first = json.loads(socket.recv())
            heard.append(first)
        if "subscribe" in first:
            socket.send(json.dumps({"subscribed": 1, "resume": "secret"}))
            start = max(0, 2 * (talk.connections - 0) - 1)
        else:
            socket.send(json.dumps({"resumed": True}))
            start = 2 * talk.connections
        talk.connections += 1
        for number in range(2):
            socket.send(json.dumps({"seq": 10 * talk.connections + number,
                                    "samples": [sample_at(start + number)]}))

    talk.connections = 0
    with websockets.sync.server.serve(talk, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}", heard
        server.shutdown()


def test_live_resumes_where_it_was_or_subscribes_again(monkeypatch):
    monkeypatch.setattr(_live, "backoff", lambda _: 0.0)
    with live_server(knows_resume=True) as (url, heard):
        gaps = []
        feed = gantry.Client(url, token="x").live.follow("p", on_gap=gaps.append)
        assert [next(feed).time.second for _ in range(5)] == [0, 1, 2, 3, 4] and not gaps
        feed.close()
        assert [list(words) for words in heard[:3]] == [["subscribe"], ["resume", "seq"],
                                                          ["resume", "seq"]]
        assert heard[1] == {"resume": "secret", "seq": 11} and heard[2]["seq"] == 21
    with live_server(knows_resume=False) as (url, heard):
        gaps = []
        feed = gantry.Client(url, token="x").live.follow("p", on_gap=gaps.append)
        # 0 1, break, (1 again) 2, break, (3) 4 …
        assert [next(feed).time.second for _ in range(4)] == [0, 1, 2, 3] and len(gaps) == 2
        feed.close()
        assert [list(words)[0] for words in heard[:5]] == [
            "subscribe", "resume", "subscribe", "resume", "subscribe"]


def test_dropped_samples_are_told():
    gaps = []
    feed = _live.Feed("p", None, "5/s", True, False, gaps.append)
    assert json.loads(feed.opening()[0]) == {
        "subscribe": {"points": ["p"], "latest": True, "rate": "5/s"}}
    feed.receive('{"seq": 1, "samples": [], "skipped": 41}')
    assert [gap.skipped for gap in gaps] == [41]


# ---- the package

def test_types_are_strict():
    sdk_process.run([sys.executable, "-m", "mypy", "--strict", "--config-file",
                     sdk_process.PYTHON / "pyproject.toml", "--cache-dir",
                     sdk_process.CHECKOUT / "build/mypy", sdk_process.PYTHON / "src",
                     sdk_process.PYTHON / "examples"], cwd=sdk_process.PYTHON, seconds=300)


def test_the_wheel_has_what_it_needs(tmp_path):
    copy = tmp_path / "python"
    subprocess.run(["cp", "-r", sdk_process.PYTHON, copy], check=True)
    sdk_process.run([sys.executable, "-c",
                     f"import setuptools.build_meta as b; b.build_wheel({str(tmp_path)!r})"], cwd=copy)
    wheel, = tmp_path.glob("*.whl")
    assert wheel.name == f"gantry-{gantry.__version__}-py3-none-any.whl"
    names = {pathlib.PurePath(name).name for name in zipfile.ZipFile(wheel).namelist()}
    assert {"py.typed", "_generated.py", "client.py", "LICENSE", "METADATA"} <= names


def test_a_client_needs_neither_pandas_nor_polars_nor_a_server_to_be_made():
    sdk_process.run([sys.executable, "-c", "import sys, gantry; gantry.Client().close(); "
                     "assert not {'pandas', 'polars', 'websockets'} & set(sys.modules)"])


def test_a_missing_frame_library_is_named_with_the_remedy(client, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ImportError, match=r"pip install 'gantry\[polars\]'"):
        client.samples.read("plant/pump1.flow", frame="polars")


def test_the_core_knows_what_may_be_renewed():
    settings = Settings("http://127.0.0.1:1", "gty_x", None, None, None, None, None, None, 1, 0, 1,
                        False)
    assert not Core(settings).can_renew


# ---- examples and guide

def example(name, node):
    return sdk_process.run([sys.executable, sdk_process.PYTHON / "examples" / name], node)


def test_the_examples_run():
    with Gantryd() as node:
        said = example("onboarding.py", node)
        assert "works/pump1.flow float64 m3/h" in said and "already there" not in said
        assert example("onboarding.py", node).count("already there") == 5
        said = example("write_and_read.py", node)
        assert "written: 2880" in said and "row 1 of works/pump1.running" in said
        assert "read: 1440 rows" in said and "datetime64[ns, UTC]" in said
        said = example("live.py", node)
        assert said.splitlines()[-1] == "works/pump1.starts 5 good"
        said = example("errors.py", node)
        for word in ("not found:", "wrong: /properties/0/unit", "changed meanwhile:",
                     "rejected: not_found", "nobody there"):
            assert word in said


def test_the_guide_runs(tmp_path):
    program = tmp_path / "guide.py"
    program.write_text("".join(sdk_process.blocks_of_guide("python")))
    with Gantryd() as node:
        said = sdk_process.run([sys.executable, program], node)
    assert "plant/line2/pump3.flow" in said
