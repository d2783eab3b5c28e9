# SPDX-License-Identifier: Apache-2.0
"""InfluxDB line protocol over HTTP, written by the clients of InfluxDB."""

import base64
import gzip
import subprocess

import influxdb
import pytest

from gantryd_process import Client, Gantryd


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def api(node):
    return node.client()


def write(api, text, path="/write", **more):
    data = text if isinstance(text, bytes) else text.encode()
    return api.call("POST", path, raw=data, **more)


def show(api, query, **more):
    result = api.get("/query", q=query, **more)["results"][0]
    assert "error" not in result, result
    return {series.get("name", ""): series["values"] for series in result.get("series", [])}


def test_lines_become_series_and_come_back(node, api):
    assert write(api, "weather,place=北京 temp=21.5,wet=false,note=\"a \\\"b\\\"\" 1700000000000000000\n"
                      "weather,place=上海 temp=25i 1700000000\n").status == 204
    fields = dict(show(api, "SHOW FIELD KEYS FROM weather")["weather"])
    assert fields == {"temp": "float", "wet": "boolean", "note": "string"} or fields["wet"] == "boolean"
    assert ["place", "上海"] in show(api, 'SHOW TAG VALUES FROM "weather" WITH KEY = "place"')["weather"]


def test_every_precision_and_gzip(api):
    for number, precision in enumerate(["ns", "n", "us", "u", "ms", "s", "m", "h"]):
        unit = {"ns": 1, "n": 1, "us": 10**3, "u": 10**3, "ms": 10**6, "s": 10**9, "m": 60 * 10**9,
                "h": 3600 * 10**9}[precision]
        line = f"precise,p={number} value=1 {1_700_000_000 * 10**9 // unit}\n"
        assert write(api, line, f"/write?precision={precision}").status == 204
    packed = gzip.compress(b"packed value=1 1700000000\n")
    assert write(api, packed, "/api/v2/write?bucket=b&org=o&precision=s",
                 headers={"Content-Encoding": "gzip"}).status == 204
    assert show(api, "SHOW MEASUREMENTS", db="b") == {"measurements": [["packed"]]}
    broken = api.refused("POST", "/write", raw=packed[:-3], headers={"Content-Encoding": "gzip"})
    assert broken.status == 400 and "ends too early" in broken.problem["detail"]
    other = api.refused("POST", "/write", raw=b"x", headers={"Content-Encoding": "br"})
    assert other.status == 400 and "send gzip" in other.problem["detail"]
    wrong = api.refused("POST", "/write?precision=weeks", raw=b"a b=1 1\n")
    assert wrong.status == 400


def test_a_wrong_line_is_named_and_the_others_are_stored(api):
    refused = api.refused("POST", "/write", raw=b"mixed,n=1 value=1 1\nmixed,n=2 value= 1\n"
                                                b"mixed,n=3 value=3 1\n")
    assert refused.status == 400
    assert refused.problem["accepted"] == 2 and refused.problem["rejected"] == 1
    assert refused.problem["lines"][0]["line"] == 2
    assert refused.problem["error"].startswith("partial write: line 2, column ")
    assert refused.problem["code"] == "invalid"
    assert show(api, "SHOW TAG VALUES FROM mixed WITH KEY = n")["mixed"] == [["n", "1"], ["n", "3"]]


def test_a_field_keeps_its_type(api):
    write(api, "typed value=1 1\n")
    refused = api.refused("POST", "/write", raw=b"typed value=1i 2\n")
    assert refused.status == 400
    assert "field type conflict" in refused.problem["error"] and "float64" in refused.problem["error"]


def test_a_time_in_the_future_is_refused(api):
    refused = api.refused("POST", "/write", raw=b"later value=1 4102444800000000000\n")
    assert "2100-01-01" in refused.problem["error"] and "clock" in refused.problem["error"]


def test_credentials_as_other_clients_send_them(node, api):
    anonymous = Client(node.url)
    for header in ["Token " + api.token, "Bearer " + api.token,
                   "Basic " + base64.b64encode(b"anybody:" + api.token.encode()).decode()]:
        assert write(anonymous, "who value=1 1\n", headers={"Authorization": header}).status == 204
    for header in [None, "Token nonsense", "Basic !!!", "Basic " + base64.b64encode(b"a:b").decode()]:
        headers = {"Authorization": header} if header else {}
        assert anonymous.refused("POST", "/write", raw=b"who value=1 1\n", headers=headers).status == 401
    # Only where such clients come.
    assert anonymous.refused("GET", "/v1/assets",
                             headers={"Authorization": "Token " + api.token}).status == 401


def test_who_may_only_read_does_not_write(node, api):
    api.create("/v1/roles", {"key": "weather_only", "name": {"en": "w", "zh": "w"}, "statements": [
        {"effect": "allow", "permissions": ["metrics:*"], "under": "weather"}]})
    api.create("/v1/principals", {"login": "narrow", "password": "first-password-1",
                                  "roles": ["weather_only"]})
    first = Client(node.url).create("/v1/session",
                                    {"login": "narrow", "password": "first-password-1"})
    narrow = Client(node.url, first["access_token"])
    narrow.call("PUT", "/v1/session/password",
                {"current": "first-password-1", "new": "second-password-2"})
    refused = narrow.refused("POST", "/write", raw=b"weather temp=1 1\nsecret value=1 1\n")
    assert refused.problem["accepted"] == 1 and refused.problem["lines"][0]["code"] == "forbidden"
    write(api, "secret value=1 1\n")
    assert show(narrow, "SHOW MEASUREMENTS") == {"measurements": [["weather"]]}
    assert show(api, "SHOW MEASUREMENTS")["measurements"].count(["secret"]) == 1


def test_python_influxdb_writes_and_looks_around(node, api):
    host, port = node.url.removeprefix("http://").split(":")
    client = influxdb.InfluxDBClient(host, int(port), "anybody", api.token, "plant")
    assert client.ping() == "1.8.10"
    client.create_database("plant")
    assert {"name": "plant"} in client.get_list_database()
    points = [{"measurement": "pump", "tags": {"nr": str(i % 3)}, "time": 1_700_000_000 + i,
               "fields": {"flow": i / 10, "starts": i}} for i in range(3000)]
    assert client.write_points(points, time_precision="s", batch_size=500)
    assert client.get_list_measurements() == [{"name": "pump"}]
    with pytest.raises(influxdb.exceptions.InfluxDBClientError) as wrong:
        client.write_points([{"measurement": "pump", "tags": {"nr": "0"},
                              "fields": {"flow": "text"}}])
    assert wrong.value.code == 400 and "field type conflict" in str(wrong.value)
    with pytest.raises(influxdb.exceptions.InfluxDBClientError, match="SQL"):
        client.query("SELECT * FROM pump")


def test_the_influx_shell_writes_and_imports(node, api, tmp_path):
    host, port = node.url.removeprefix("http://").split(":")
    shell = ["influx", "-host", host, "-port", port, "-username", "anybody", "-password", api.token]

    def run(*more):
        return subprocess.run([*shell, *more], capture_output=True, text=True, timeout=60,
                              env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, check=False)

    assert run("-execute", "CREATE DATABASE shell").returncode == 0
    assert "shell" in run("-execute", "SHOW DATABASES").stdout
    done = run("-database", "shell", "-execute", "INSERT tank,nr=1 level=0.5 1700000000000000000")
    assert done.returncode == 0, done
    script = tmp_path / "lines"
    script.write_text("# DDL\nCREATE DATABASE shell\n# DML\n# CONTEXT-DATABASE: shell\n" +
                      "".join(f"tank,nr={i % 4} level={i} {1_700_000_000 + i}\n"
                              for i in range(10_000)))
    done = run("-import", "-path", str(script), "-precision", "s")
    assert "Failed 0 inserts" in done.stdout + done.stderr, done
    assert len(show(api, "SHOW SERIES", db="shell")[""]) == 4


def test_acknowledged_lines_survive_kill(node, api):
    text = "".join(f"durable,n={i % 50} value={i} {1_700_000_000_000_000_000 + i}\n"
                   for i in range(50_000))
    assert write(api, text).status == 204
    node.kill()
    node.start()
    again = Client(node.url, api.token)
    assert len(show(again, "SHOW SERIES FROM durable")[""]) == 50
