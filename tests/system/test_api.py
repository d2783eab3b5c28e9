# SPDX-License-Identifier: Apache-2.0
"""The public API as a client sees it, from sign-in to the answer."""

import contextlib
import json
import socket
import threading

import pytest
import websockets.sync.client

from gantryd_process import Client, Gantryd, signed_in, wait_until


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def api(node):
    client = node.client()
    client.create("/v1/models", {"key": "pump", "name": {"zh": "水泵", "en": "Pump"}, "properties": [
        {"key": "flow", "type": "float64", "unit": "m3/h", "range": {"min": 0, "max": 100}},
        {"key": "starts", "type": "int64"}, {"key": "running", "type": "bool"},
        {"key": "batch", "type": "string"}]})
    client.create("/v1/assets", {"key": "plant", "level": "site"})
    client.create("/v1/assets", {"key": "line2", "parent": "plant", "level": "line"})
    client.create("/v1/assets", {"key": "pump3", "parent": "plant/line2", "model": "pump"})
    return client


def test_the_first_password_must_be_changed_before_anything_else(node, api):
    anonymous = node.anonymous()
    first = anonymous.create("/v1/session", {"login": "admin", "password": node.password})
    assert first["must_change_password"]
    client = Client(node.url, first["access_token"])
    assert client.refused("GET", "/v1/assets").status == 403
    assert client.get("/v1/session")["login"] == "admin"
    weak = client.refused("PUT", "/v1/session/password", {"current": node.password, "new": "short"})
    assert weak.status == 400 and weak.problem["fields"][0]["field"] == "/new"
    wrong = client.refused("PUT", "/v1/session/password", {"current": "x", "new": "long enough 1"})
    assert wrong.problem["fields"][0]["field"] == "/current"
    client.call("PUT", "/v1/session/password",
                {"current": node.password, "new": "a better password"})
    assert client.get("/v1/assets")["items"]
    assert anonymous.refused("POST", "/v1/session",
                             {"login": "admin", "password": node.password}).status == 401
    assert node.password not in node.log_text()
    assert "a better password" not in node.log_text()


def test_tokens_expire_refresh_once_and_end_with_sign_out(node, api):
    client = signed_in(node, api, "refresher", "viewer")
    anonymous = node.anonymous()
    first = anonymous.create("/v1/session",
                             {"login": "refresher", "password": "second-password-2"})
    second = anonymous.create("/v1/session/refresh", {"refresh_token": first["refresh_token"]})
    assert Client(node.url, second["access_token"]).get("/v1/session")["login"] == "refresher"
    # The old one again: it was stolen, so the whole session ends.
    assert anonymous.refused("POST", "/v1/session/refresh",
                             {"refresh_token": first["refresh_token"]}).status == 401
    assert Client(node.url, second["access_token"]).refused("GET", "/v1/session").status == 401
    client.call("DELETE", "/v1/session")
    assert client.refused("GET", "/v1/session").status == 401


def test_a_browser_keeps_its_refresh_token_in_a_cookie_that_other_sites_cannot_use(node, api):
    signed_in(node, api, "browser", "viewer")
    answer = node.anonymous().post(
        "/v1/session", {"login": "browser", "password": "second-password-2", "cookie": True})
    assert "refresh_token" not in answer.json()
    cookie = answer.headers["Set-Cookie"]
    for part in ("HttpOnly", "SameSite=Strict", "Path=/"):
        assert part in cookie
    pair = cookie.split(";")[0]
    anonymous = node.anonymous()
    assert anonymous.refused("POST", "/v1/session/refresh", headers={"Cookie": pair}).status == 403
    again = anonymous.call("POST", "/v1/session/refresh",
                           headers={"Cookie": pair, "Gantry-Console": "1"})
    assert again.json()["access_token"] and "Set-Cookie" in again.headers


def test_errors_are_problem_details_that_name_the_thing_in_the_readers_language(api):
    error = api.refused("GET", "/v1/assets/plant%2Fnowhere", headers={"Accept-Language": "zh-CN"})
    assert error.status == 404
    assert error.headers["Content-Type"] == "application/problem+json"
    assert error.problem["title"] == "未找到" and error.problem["code"] == "not_found"
    assert "plant/nowhere" in error.problem["detail"]
    assert error.problem["trace"] == error.headers["Gantry-Trace"]
    error = api.refused("POST", "/v1/assets", {"key": "x", "colour": "red"})
    assert error.status == 400 and error.problem["fields"][0]["field"] == "/colour"
    error = api.refused("POST", "/v1/models", {"key": "m", "properties": [
        {"key": "p", "unit": "parsnips"}]})
    assert error.problem["fields"][0]["field"] == "/properties/0/unit"
    error = api.refused("GET", "/v1/assets?limt=5")
    assert error.status == 400 and error.problem["fields"][0]["field"] == "?limt"
    assert "limit" in error.problem["detail"]
    assert api.refused("POST", "/v1/assets", raw=b"{nonsense").status == 400
    assert api.refused("POST", "/v1/assets", raw=b'{"key":' + b"[" * 100).status == 400
    assert api.refused("POST", "/v1/assets", raw=b" " * (2 << 20)).status == 413
    assert api.refused("BREW", "/v1/assets").status == 405
    assert api.refused("GET", "/v1/nothing").status == 404


def test_versions_guard_against_lost_updates(api):
    asset = api.call("GET", "/v1/assets/plant")
    tag = asset.headers["ETag"]
    body = asset.json() | {"name": {"en": "Plant"}}
    changed = api.call("PUT", "/v1/assets/plant", body, headers={"If-Match": tag})
    assert changed.headers["ETag"] != tag
    assert api.refused("PUT", "/v1/assets/plant", body, headers={"If-Match": tag}).status == 412
    patched = api.call("PATCH", "/v1/assets/plant", {"name": {"zh": "工厂"}}).json()
    assert patched["name"] == {"en": "Plant", "zh": "工厂"}
    assert api.call("PATCH", "/v1/assets/plant", {"name": None}).json().get("name") is None


def test_an_idempotency_key_creates_once(api):
    headers = {"Idempotency-Key": "make-it-once"}
    first = api.post("/v1/assets", {"key": "once"}, headers=headers)
    second = api.post("/v1/assets", {"key": "once"}, headers=headers)
    assert first.json()["id"] == second.json()["id"] and second.status == 201
    assert second.headers["Idempotency-Replayed"] == "true"
    assert api.refused("POST", "/v1/assets", {"key": "twice"}, headers=headers).status == 409


def test_lists_come_in_pages(api):
    for number in range(12):
        api.create("/v1/assets", {"key": f"page{number:02}", "parent": "once"})
    seen, query = [], {"parent": "once", "limit": 5}
    while True:
        page = api.get("/v1/assets", **query)
        seen += [item["path"] for item in page["items"]]
        if "next" not in page:
            break
        query["cursor"] = page["next"]
    assert seen == [f"once/page{number:02}" for number in range(12)]
    assert api.refused("GET", "/v1/assets?limit=1001").status == 400
    assert api.refused("GET", "/v1/assets?cursor=!").status == 400


def test_samples_of_every_type_come_back_as_they_went_in(api):
    big = 9007199254740995  # beyond 2^53: a string in JSON
    rows = [
        {"point": "plant/line2/pump3.flow", "time": "2026-01-01T00:00:00.123456789Z", "value": 0.1},
        {"point": "plant/line2/pump3.starts", "time": "2026-01-01T00:00:00Z", "value": str(big)},
        {"point": "plant/line2/pump3.running", "time": "2026-01-01T08:00:00+08:00", "value": True},
        {"point": "plant/line2/pump3.batch", "time": "2026-01-01T00:00:00Z", "value": "批次 \"7\""},
        {"point": "plant/line2/pump3.flow", "time": "2026-01-01T00:00:01Z", "value": None,
         "quality": "bad"},
        {"point": "plant/line2/pump3.flow", "time": "2026-01-01T00:00:02Z", "value": 120}]
    assert api.post("/v1/samples", {"samples": rows}).status == 204
    history = api.get("/v1/samples", under="plant/line2/pump3", quality="code",
                      **{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T01:00:00Z"})
    columns = {item["point"].split(".")[1]: item["columns"] for item in history["items"]}
    assert columns["flow"] == {
        "time": ["2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z"],
        "value": [0.1, None, 120], "quality": ["good", "bad", "uncertain"],
        "quality_code": [0, 0x80000000, 0x40940000]}  # 120 m3/h is beyond its range
    assert columns["starts"]["value"] == [str(big)]
    assert columns["running"]["value"] == [True]
    assert columns["running"]["time"] == ["2026-01-01T00:00:00Z"]
    assert columns["batch"]["value"] == ["批次 \"7\""]
    exact = api.sql("SELECT value_int FROM samples WHERE point = 'plant/line2/pump3.starts'")
    assert exact["rows"] == [[str(big)]]


def test_rows_that_cannot_be_stored_are_named_and_the_others_are_kept(api):
    answer = api.post("/v1/samples", {"samples": [
        {"point": "plant/line2/pump3.flow", "value": 1},
        {"point": "plant/line2/pump3.nothing", "value": 1},
        {"point": "plant/line2/pump3.flow", "value": "many"},
        {"point": "plant/line2/pump3.flow", "time": "2099-01-01T00:00:00Z", "value": 1},
        {"point": "plant/line2/pump3.starts", "value": 1.5},
        {"point": "plant/line2/pump3.flow", "columns": {
            "time": ["2026-01-02T00:00:00Z", "yesterday"], "value": [1, 2]}}]})
    assert answer.status == 200
    report = answer.json()
    assert report["accepted"] == 2
    assert [row["index"] for row in report["rejected"]] == [1, 2, 3, 4, 6]
    assert api.refused("POST", "/v1/samples", {"samples": [{"value": 1}]}).status == 400
    assert api.refused("POST", "/v1/samples", {"rows": []}).status == 400


def test_history_in_buckets_and_as_files(api):
    times = [f"2026-02-01T00:{minute:02}:00Z" for minute in range(60)]
    api.post("/v1/samples", {"samples": [{"point": "plant/line2/pump3.flow", "columns": {
        "time": times, "value": list(range(60))}}]})
    span = {"from": "2026-02-01T00:00:00Z", "to": "2026-02-01T01:00:00Z"}
    path = "/v1/points/plant%2Fline2%2Fpump3.flow/samples"
    buckets = api.get(path, every="15m", agg="avg,min,max,count", **span)["columns"]
    assert buckets["avg"] == [7, 22, 37, 52] and buckets["count"] == [15] * 4
    assert buckets["min"] == [0, 15, 30, 45] and buckets["max"] == [14, 29, 44, 59]
    first = api.get(path, limit=50, **span)
    rest = api.get(path, **{"from": first["next"], "to": span["to"]})
    assert first["columns"]["value"] + rest["columns"]["value"] == list(range(60))
    query = "?point=plant/line2/pump3.flow&from=2026-02-01T00:00:00Z&to=2026-02-01T01:00:00Z"
    csv = api.call("GET", "/v1/samples" + query, headers={"Accept": "text/csv"})
    lines = csv.body.decode().split("\r\n")
    assert lines[0] == "point,time,value,quality,quality_code" and len(lines) == 62
    assert lines[60] == "plant/line2/pump3.flow,2026-02-01T00:59:00Z,59,good,0"
    parquet = api.call("GET", "/v1/samples" + query,
                       headers={"Accept": "application/vnd.apache.parquet"})
    assert parquet.body[:4] == b"PAR1" and parquet.body[-4:] == b"PAR1"
    plan = api.get(path, every="15m", explain="true", **span)["plan"]
    assert plan == {"blocks_by_statistics": 0, "blocks_by_roll_ups": 0, "blocks_read": 0,
                    "series_in_memory": 1}
    drawn = api.get(path, plot=2, **span)["columns"]  # M4: 0 to 29 and 30 to 59 rise steadily
    assert drawn["value"] == [0, 29, 30, 59] and drawn["time"][1] == "2026-02-01T00:29:00Z"
    assert api.get(path, plot=60, **span)["columns"]["value"] == list(range(60))
    for wrong in ("plot=0", "plot=20001", "plot=2&every=1m", "plot=2&from=2026-02-01&to=x"):
        assert api.refused("GET", path + "?" + wrong).status == 400
    assert api.refused("GET", "/v1/samples" + query + "&plot=9",
                       headers={"Accept": "text/csv"}).status == 400
    assert api.refused("GET", path + "?every=0s").status == 400
    assert api.refused("GET", path + "?agg=median").status == 400
    assert api.refused("GET", path + "?from=now&to=-1h").status == 400


def test_live_samples_come_by_websocket_and_end_with_the_token(node, api):
    client = signed_in(node, api, "watcher", "viewer")
    url = node.url.replace("http", "ws") + "/v1/live"
    with websockets.sync.client.connect(url) as socket:
        socket.send(json.dumps({"authorize": client.token}))
        assert json.loads(socket.recv(10)) == {"authorized": True}
        socket.send(json.dumps({"subscribe": {"under": "plant/line2", "latest": False}}))
        assert json.loads(socket.recv(10))["subscribed"] == 4
        api.post("/v1/samples", {"samples": [{"point": "plant/line2/pump3.flow", "value": 7.25}]})
        message = json.loads(socket.recv(10))
        assert message["seq"] == 1
        assert [(s["point"], s["value"], s["quality"]) for s in message["samples"]] == [
            ("plant/line2/pump3.flow", 7.25, "good")]
        socket.send("nonsense")
        assert json.loads(socket.recv(10))["error"]["code"] == "invalid_argument"
        socket.send(json.dumps({"subscribe": {"points": ["plant/line2/pump3.none"]}}))
        assert json.loads(socket.recv(10))["error"]["code"] == "not_found"
    with websockets.sync.client.connect(url) as socket:
        socket.send(json.dumps({"subscribe": {"under": "plant"}}))
        assert json.loads(socket.recv(10))["error"]["code"] == "unauthenticated"
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            socket.recv(10)


def test_revoking_a_token_ends_its_live_connection_within_seconds(node, api):
    made = api.create("/v1/tokens", {"name": "revoked", "lifetime": "1h"})
    url = node.url.replace("http", "ws") + "/v1/live"
    headers = {"Authorization": "Bearer " + made["token"]}
    with websockets.sync.client.connect(url, additional_headers=headers) as socket:
        socket.send(json.dumps({"subscribe": {"under": "plant/line2", "latest": False}}))
        assert json.loads(socket.recv(10))["subscribed"] == 4
        api.call("DELETE", "/v1/tokens/" + made["id"])
        assert Client(node.url, made["token"]).refused("GET", "/v1/assets").status == 401
        with pytest.raises(websockets.exceptions.ConnectionClosed):
            socket.recv(30)


def test_another_tenants_things_are_not_there_and_asking_is_audited(node, api):
    other = api.create("/v1/tenants", {"key": "supplier", "name": "Supplier"})
    operator = {"Gantry-Tenant": "supplier"}
    api.post("/v1/principals", {"login": "outsider", "password": "first-password-1",
                                "roles": ["administrator"], "must_change_password": False},
             headers=operator)
    token = node.anonymous().create(
        "/v1/session", {"login": "outsider", "password": "first-password-1"})["access_token"]
    outsider = Client(node.url, token)
    asset = api.get("/v1/assets/plant%2Fline2%2Fpump3")
    point = api.get("/v1/points/plant%2Fline2%2Fpump3.flow")
    for method, path, body in [
            ("GET", "/v1/assets/" + asset["id"], None),
            ("PUT", "/v1/assets/" + asset["id"], {"key": "x"}),
            ("DELETE", "/v1/assets/" + asset["id"], None),
            ("GET", "/v1/points/" + point["id"], None),
            ("GET", "/v1/points/" + point["id"] + "/latest", None),
            ("GET", "/v1/points/" + point["id"] + "/samples", None),
            ("PATCH", "/v1/points/" + point["id"], {"unit": "bar"}),
            ("POST", "/v1/latest", {"points": [point["id"]]}),
            ("POST", "/v1/commands", {"point": point["id"], "value": 1}),
            ("GET", "/v1/tenants", None)]:
        assert outsider.refused(method, path, body).status == 404, (method, path)
    for path in ("/v1/assets", "/v1/points", "/v1/models", "/v1/connections", "/v1/tags"):
        assert outsider.get(path)["items"] == [], path
    assert outsider.sql("SELECT * FROM samples")["rows"] == []
    report = outsider.post("/v1/samples", {"samples": [{"point": point["id"], "value": 1}]}).json()
    assert report["accepted"] == 0 and report["rejected"][0]["code"] == "not_found"
    assert outsider.refused("GET", "/v1/assets",
                            headers={"Gantry-Tenant": "main"}).status == 403
    entries = outsider.get("/v1/audit", limit=1000)["items"]
    denied = [entry for entry in entries if entry["outcome"] == "denied"]
    assert any(asset["id"] in entry["object"] for entry in denied)
    assert any(point["id"] in entry["object"] for entry in denied)
    mine = api.get("/v1/audit", limit=1000)["items"]
    assert not any(entry["principal"] == outsider.get("/v1/session")["principal"]
                   for entry in mine if "principal" in entry)
    assert other["key"] == "supplier"


def test_a_role_reaches_no_further_than_its_path(node, api):
    api.create("/v1/assets", {"key": "line3", "parent": "plant"})
    api.create("/v1/points", {"asset": "plant/line3", "key": "secret"})
    api.create("/v1/roles", {"key": "line2", "statements": [
        {"permissions": ["assets:read", "points:read", "samples:read", "sql:read"],
         "under": "plant/line2"}]})
    client = signed_in(node, api, "line2", "line2")
    assert [item["path"] for item in client.get("/v1/assets")["items"]] == [
        "plant/line2", "plant/line2/pump3"]
    assert client.refused("GET", "/v1/points/plant%2Fline3.secret").status == 404
    assert client.get("/v1/samples", under="plant/line3")["items"] == []
    assert client.get("/v1/samples", under="plant")["items"][0]["point"].startswith("plant/line2")
    assert client.refused("PATCH", "/v1/assets/plant%2Fline2", {"name": "x"}).status == 403
    assert client.refused("POST", "/v1/samples",
                          {"samples": [{"point": "plant/line2/pump3.flow", "value": 1}]}
                          ).status == 403
    why = client.create("/v1/access/explain", {"permission": "samples:read",
                                               "path": "plant/line2/pump3"})
    assert why["allowed"] and why["because"]["under"] == "plant/line2"


def test_every_route_wants_a_token_but_the_public_ones(node, api):
    document = node.anonymous().get("/openapi.json")
    assert document["openapi"].startswith("3.1")
    public = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation.get("security") == []:
                public.add((method, path))
                continue
            concrete = path.replace("{", "").replace("}", "")
            error = node.anonymous().refused(method.upper(), concrete, {})
            assert error.status == 401, (method, path)
    assert public == {("get", "/ping"), ("post", "/v1/session"), ("post", "/v1/session/refresh"),
                      ("get", "/health/live"), ("get", "/health/ready"), ("get", "/openapi.json")}


def test_openapi_describes_every_operation_with_schemas_that_are_there(node):
    document = node.anonymous().get("/openapi.json")
    schemas = document["components"]["schemas"]
    identifiers = set()

    def walk(value):
        if isinstance(value, dict):
            reference = value.get("$ref")
            if reference:
                assert reference.rsplit("/", 1)[1] in schemas, reference
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"] and operation["operationId"] not in identifiers
            identifiers.add(operation["operationId"])
            if method in ("post", "put", "patch") and "requestBody" in operation:
                content = operation["requestBody"]["content"]
                kind = next(iter(content))
                name = content[kind]["schema"]["$ref"]
                if kind == "application/x-protobuf":
                    continue  # bytes
                assert "example" in schemas[name.rsplit("/", 1)[1]], (path, name)


def test_metrics_are_prometheus_text(api):
    text = api.call("GET", "/metrics").body.decode()
    names = {line.split("{")[0].split(" ")[0] for line in text.splitlines()
             if line and not line.startswith("#")}
    for name in ("gantry_store_rows_total", "gantry_http_requests_total",
                 "gantry_pipeline_rows_total", "gantry_store_commit_seconds_count"):
        assert name in names


def test_many_clients_at_once(api):
    errors = []

    def work(number):
        try:
            for index in range(20):
                api.post("/v1/samples", {"samples": [
                    {"point": "plant/line2/pump3.starts",
                     "time": f"2026-03-01T{number:02}:00:{index:02}Z", "value": index}]})
        except Exception as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    count = api.sql("SELECT count(*) FROM samples WHERE point = 'plant/line2/pump3.starts' AND "
                    "time BETWEEN '2026-03-01' AND '2026-03-02'")
    assert count["rows"] == [[320]]


def test_hostile_bytes_do_not_hurt(node, api):
    host, port = node.url.split("//")[1].split(":")
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, b"\x00" * 1000,
                 b"GET / HTTP/9.9\r\n\r\n", b"POST /v1/samples HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
                 b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            # It may have been refused, and the connection closed, before all was sent.
            with contextlib.suppress(OSError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass
    assert wait_until(lambda: api.get("/health/live"), "life")["status"] == "live"
