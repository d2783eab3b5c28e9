# SPDX-License-Identifier: Apache-2.0
"""HTTP/JSON: polling servers that we did not write (Python's own, and Prometheus' API), writes with
read-back, and hooks that programs call."""

import base64
import contextlib
import datetime
import http.server
import json
import socket
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from connections import connect_points, latest, seen, status
from gantryd_process import Gantryd, wait_until
from mqtt_door import make_certificate
from prometheus_process import Prometheus

CONFIGURATION_ERROR = 0x80890000
DEVICE_FAILURE = 0x808B0000
TYPE_MISMATCH = 0x80740000
LAST_USABLE = 0x40900000
NO_COMMUNICATION = 0x80310000


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    config = tmp_path_factory.mktemp("node") / "gantry.toml"
    config.write_text('[mqtt]\nlisten = "127.0.0.1:0"\n')
    with Gantryd("--config", str(config)) as gantryd:
        yield gantryd


class Device:
    """Python's HTTP server over a dictionary of resources: {path: text or (status, text)}."""

    def __init__(self, resources, port=0, keep_alive=True, wants=None, tls=None):
        self.resources = resources
        self.asked = []
        self.written = []
        self.connections = []
        device = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1" if keep_alive else "HTTP/1.0"

            def setup(self):
                super().setup()
                device.connections.append(self.connection)

            def answer(self, code, text, kind="application/json"):
                body = text.encode()
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def may(self):
                if wants and any(self.headers.get(name) != value for name, value in wants.items()):
                    self.answer(401, "{}")
                    return False
                return True

            def do_GET(self):
                device.asked.append(self.path)
                if self.may():
                    found = device.resources.get(self.path, (404, "{}"))
                    self.answer(*(found if isinstance(found, tuple) else (200, found)))

            def take(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                device.written.append((self.command, self.path, self.headers["Content-Type"], body))
                if self.may():
                    change = device.resources.get("take " + self.path)
                    if change is None:
                        self.answer(403, "{}")
                    else:
                        change(body)
                        self.answer(200, "{}")

            do_POST = do_PUT = take

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        scheme = "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            scheme = "https"
        self.port = self.server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        for one in self.connections:  # those that are kept would be served on
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def connect(api, key, url, points, /, **settings):
    connect_points(api, key, "http_json", {"url": url, "groups": {"default": "100ms"}, **settings},
                   points)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_values_times_and_what_is_of_no_use(node, keep_alive):
    api = node.client()
    key = f"kinds{int(keep_alive)}"
    at = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=250_000)
    at += datetime.timedelta(seconds=9)
    state = {"temp": 21.5, "count": 7, "on": True, "name": "泵 1", "raw": 215, "none": None,
             "list": [1, {"odd key": "3.5"}], "ts": int(at.timestamp() * 1000), "q": "uncertain"}
    with Device({"/state?unit=3": json.dumps(state), "/plain": " 42.5 \n", "/broken": "{",
                 "/down": (503, "busy")}, keep_alive=keep_alive) as device:
        where = "/state?unit=3 json="
        connect(api, key, device.url, {
            "temp": (where + "$.temp", {}), "count": (where + "$.count", {"type": "int64"}),
            "on": (where + "$.on", {"type": "bool"}), "name": (where + "$.name", {"type": "string"}),
            "scaled": (where + "$.raw *0.1", {}), "odd": (where + "$.list[1]['odd key']", {}),
            "timed": (where + "$.temp time=$.ts@ms", {}), "doubt": (where + "$.temp quality=$.q", {}),
            "plain": ("/plain", {}), "missing": (where + "$.nothing", {}),
            "none": (where + "$.none", {}), "wrong": (where + "$.name", {}),
            "broken": ("/broken json=$.a", {}), "nowhere": ("/nowhere json=$.a", {}),
            "down": ("/down json=$.a", {})})
        for point, value in (("temp", 21.5), ("count", 7), ("on", True), ("name", "泵 1"),
                             ("scaled", 21.5), ("odd", 3.5), ("plain", 42.5), ("timed", 21.5)):
            assert seen(api, f"{key}.{point}", value)["quality"] == "good"
        assert latest(api, f"{key}.timed")["time"] == at.strftime("%Y-%m-%dT%H:%M:%S.25Z")
        assert latest(api, f"{key}.doubt")["quality"] == "uncertain"
        for point, code in (("missing", 0x80000000), ("none", 0x80000000), ("wrong", TYPE_MISMATCH),
                            ("broken", TYPE_MISMATCH), ("nowhere", CONFIGURATION_ERROR),
                            ("down", DEVICE_FAILURE)):
            assert latest(api, f"{key}.{point}")["quality_code"] == code, point
            assert latest(api, f"{key}.{point}")["value"] is None
        troubles = {one["name"]: one["trouble"] for one in status(api, key)["troubles"]}
        assert "404" in troubles["/nowhere"] and "503" in troubles["/down"]
        assert "21.5" not in troubles.get(f"{key}.temp", "")
        rounds = device.asked.count("/plain")
        assert abs(device.asked.count("/state?unit=3") - rounds) <= 1, "once a round, for all tags"
        if keep_alive:
            assert len(device.connections) <= 2, "one connection is kept"
        device.resources["/down"] = '{"a": 1}'
        assert seen(api, f"{key}.down", 1)["quality"] == "good"
    wait_until(lambda: latest(api, f"{key}.temp")["quality_code"] == LAST_USABLE, "it is away")
    assert latest(api, f"{key}.temp")["value"] == 21.5
    state["temp"] = 22.5
    with Device({"/state?unit=3": json.dumps(state)}, port=device.port):
        assert seen(api, f"{key}.temp", 22.5, 90)["quality"] == "good"
    api.call("DELETE", f"/v1/connections/{key}")


def test_a_server_that_stays_away_has_no_values(node):
    api = node.client()
    with Device({"/v": "1.5"}) as device:
        connect(api, "gone", device.url, {"v": ("/v", {})}, stale_after="1s")
        seen(api, "gone.v", 1.5)
    wait_until(lambda: latest(api, "gone.v")["quality_code"] == NO_COMMUNICATION, "too long")
    assert latest(api, "gone.v")["value"] is None
    assert status(api, "gone")["state"] == "backing_off"
    api.call("DELETE", "/v1/connections/gone")


def test_writes_are_read_back(node):
    api = node.client()
    state = {"speed": 10.0, "stuck": 1.0, "mode": "auto"}
    resources = {}

    def show():
        resources["/state"] = json.dumps(state)

    def take(name, read):
        def change(body):
            state[name] = read(body)
            show()
        return change

    show()
    resources |= {"take /speed": take("speed", lambda body: json.loads(body)["command"]["value"]),
                  "take /mode": take("mode", str), "take /stuck": lambda body: None}
    with Device(resources) as device:
        writable = {"access": "read_write", "range": {"min": 0, "max": 100}}
        connect(api, "writes", device.url, {
            "speed": ("/state json=$.speed *0.1 set=/speed setjson=$.command.value put", writable),
            "stuck": ("/state json=$.stuck set=/stuck", writable),
            "forbidden": ("/state json=$.speed set=/forbidden", writable),
            "mode": ("/state json=$.mode set=/mode", {"type": "string", "access": "read_write"})},
            timeout="1s")
        seen(api, "writes.speed", 1.0)

        def write(point, value):
            return api.create("/v1/commands", {"point": f"writes.{point}", "value": value})

        done = write("speed", 2.5)
        assert (done["outcome"], done["read_back"]) == ("confirmed", 2.5), done
        assert device.written[-1] == ("PUT", "/speed", "application/json",
                                      '{"command":{"value":25}}')
        assert write("mode", "手动")["outcome"] == "confirmed"
        assert device.written[-1][2:] == ("text/plain; charset=utf-8", "手动")
        failed = write("stuck", 5.0)
        assert (failed["outcome"], failed["read_back"]) == ("failed", 1.0), failed
        refused = write("forbidden", 5.0)
        assert refused["outcome"] == "refused" and "403" in refused["detail"], refused
        seen(api, "writes.speed", 2.5)
    away = write("speed", 3.0)
    assert away["outcome"] in ("refused", "unknown"), away
    api.call("DELETE", "/v1/connections/writes")


@pytest.mark.parametrize("key, settings, wants", [
    ("basic", {"username": "line", "password": "secret"},
     {"Authorization": "Basic " + base64.b64encode(b"line:secret").decode()}),
    ("bearer", {"token": "abc123"}, {"Authorization": "Bearer abc123"}),
    ("header", {"header": "X-Api-Key: k-1"}, {"X-Api-Key": "k-1"})])
def test_who_asks_shows_who_it_is(node, key, settings, wants):
    api = node.client()
    with Device({"/v": "1.5"}, wants=wants) as device:
        tried = api.create("/v1/protocols/http_json/test", {"settings": {"url": device.url}})
        assert tried["connected"] and not tried["probes"][0]["answered"] is None
        connect(api, key, device.url, {"v": ("/v", {})})
        wait_until(lambda: latest(api, f"{key}.v")["quality_code"] == CONFIGURATION_ERROR, "refused")
        assert "user name" in str(status(api, key)["troubles"])
        entry = api.call("GET", f"/v1/connections/{key}")
        api.call("PUT", f"/v1/connections/{key}", {
            "key": key, "protocol": "http_json",
            "settings": {"url": device.url, "groups": {"default": "100ms"}, **settings}},
            headers={"If-Match": entry.headers["ETag"]})
        assert seen(api, f"{key}.v", 1.5)["quality"] == "good"
        shown = json.dumps(api.get(f"/v1/connections/{key}"))
        for secret in ("secret", "abc123", "k-1"):
            assert secret not in shown.replace("secrets", "")
    api.call("DELETE", f"/v1/connections/{key}")


def test_over_tls_with_an_authority_of_ones_own(node, tmp_path):
    api = node.client()
    make_certificate(str(tmp_path))
    files = (tmp_path / "cert.pem", tmp_path / "key.pem")
    with Device({"/v": "1.5"}, tls=files) as device:
        tried = api.create("/v1/protocols/http_json/test", {"settings": {"url": device.url}})
        assert not tried["connected"] and "certificate" in tried["detail"], tried
        connect(api, "tls", device.url, {"v": ("/v", {})}, ca=files[0].read_text())
        assert seen(api, "tls.v", 1.5)["quality"] == "good"
    api.call("DELETE", "/v1/connections/tls")


def test_prometheus_is_polled_tried_and_scanned(node):
    api = node.client()
    server = Prometheus("scrape_configs: []\n")
    try:
        path = "/api/v1/status/runtimeinfo"
        settings = {"url": server.url}
        tried = api.create("/v1/protocols/http_json/test", {"settings": settings})
        assert tried["connected"] and tried["probes"][0]["answered"]
        found = api.create("/v1/protocols/http_json/scan", {
            "settings": settings, "area": path, "from": 0, "count": 100})
        values = {one["address"]: one["value"] for one in found["found"]}
        assert values[f"{path} json=$.status"] == "success"
        assert values[f"{path} json=$.data.reloadConfigSuccess"] is True
        rows = api.create("/v1/protocols/http_json/read", {"settings": settings, "addresses": [
            f"{path} json=$.data.goroutineCount", "nonsense", "/nowhere"]})["items"]
        assert rows[0]["quality"] == "good" and rows[0]["value"] > 1
        assert "begin with the path" in rows[1]["detail"] and "404" in rows[2]["detail"]
        connect(api, "prometheus", server.url, {
            "one": ("/api/v1/query?query=vector(7.5) json=$.data.result[0].value[1] "
                    "time=$.data.result[0].value[0]@s", {})})
        assert seen(api, "prometheus.one", 7.5)["quality"] == "good"
        tried = api.create("/v1/connections/prometheus/test", {})
        assert tried["connected"] and "json" in tried["probes"][0]["detail"], tried
        api.call("DELETE", "/v1/connections/prometheus")
    finally:
        server.stop()


@pytest.mark.parametrize("settings, field", [
    ({"url": "ftp://x"}, "/settings/url"), ({"url": "http://x/path"}, "/settings/url"), ({}, "/settings/url"),
    ({"url": "http://x", "token": "a", "username": "b"}, "/settings/token"),
    ({"url": "http://x", "header": "no header"}, "/settings/header"),
    ({"url": "http://x", "header": "A: b\r\nC: d"}, "/settings/header"),
    ({"url": "http://x", "ca": "PEM"}, "/settings/url"),
    ({"url": "https://x", "ca": "PEM"}, "/settings/ca")])
def test_wrong_settings_name_the_field(node, settings, field):
    wrong = node.client().refused("POST", "/v1/connections", {
        "key": "wrong", "protocol": "http_json", "settings": settings})
    assert wrong.status == 400 and wrong.problem["fields"][0]["field"] == field, wrong.problem


def test_a_hook_becomes_samples(node):
    api = node.client()
    api.create("/v1/assets", {"key": "meter7"})
    api.create("/v1/points", {"asset": "meter7", "key": "kwh"})
    api.create("/v1/mappings", {"key": "meters", "topic": "hooks/{meter}", "format": "json",
                                "rules": [{"value": "$.kwh", "point": "{meter}/kwh"}]})
    url = node.url + "/v1/hooks?topic=hooks/meter7"
    for number, how in enumerate((["-H", f"Authorization: Bearer {api.token}"],
                                  ["-u", f"any:{api.token}"])):
        done = subprocess.run(["curl", "-s", "-w", "%{http_code}", "-d",
                               json.dumps({"kwh": 100 + number}), *how, url],
                              capture_output=True, text=True, check=True)
        assert done.stdout == "204"
        assert latest(api, "meter7.kwh")["value"] == 100 + number, "it is there with the answer"
    request = urllib.request.Request(url, data=b"{}", method="POST")
    with pytest.raises(urllib.error.HTTPError) as nobody:
        urllib.request.urlopen(request, timeout=30)
    assert nobody.value.code == 401
    assert api.refused("POST", "/v1/hooks?topic=a/%23", raw=b"x").status == 400
    assert api.refused("POST", "/v1/hooks", raw=b"x").status == 400
