# SPDX-License-Identifier: Apache-2.0
"""The MQTT client connector against Mosquitto, with Paho as what publishes."""

import contextlib
import datetime
import json
import pathlib
import socket
import subprocess
import threading

import paho.mqtt.client as paho
import pytest

from connections import connect_points, latest, status
from gantryd_process import Gantryd, wait_until
from mosquitto_process import Line, Mosquitto, Person, free_port

UTC = datetime.timezone.utc
UNCERTAIN, GONE = 0x40900000, 0x80310000


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with Mosquitto(tmp_path_factory.mktemp("mosquitto")) as mosquitto:
        yield mosquitto


@contextlib.contextmanager
def connected(api, key, port, points, /, **settings):
    connect_points(api, key, "mqtt", {"host": "127.0.0.1", "port": port, **settings}, points)
    yield
    api.call("DELETE", f"/v1/connections/{key}")


def wait_for_value(api, point, value, seconds=90):
    def there():
        found = latest(api, point)
        return found["value"] == value and found["quality"] == "good" and found
    return wait_until(there, lambda: f"{point}: {latest(api, point)}", seconds)


def wait_for_quality(api, point, code):
    return wait_until(lambda: latest(api, point)["quality_code"] == code,
                      lambda: f"{code:#x} of {point}: {latest(api, point)}", 90)


def troubles(api, key):
    return {one["name"]: one["trouble"] for one in status(api, key)["troubles"]}


class Device:
    """Says over one topic what it was told over another."""

    def __init__(self, port, orders, state, answer=lambda payload: payload):
        def obey(client, data, message):
            said = answer(message.payload)
            if said is not None:
                client.publish(state, said, 1)
        self.granted = threading.Event()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="device",
                                  protocol=paho.MQTTv5)
        self.client.on_connect = lambda *said: self.client.subscribe(orders, 1)
        self.client.on_subscribe = lambda *said: self.granted.set()
        self.client.on_message = obey
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert self.granted.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.mark.parametrize("version", ["5.0", "3.1.1"])
def test_values_times_and_what_is_of_no_use(node, broker, version):
    api = node.client()
    key = "kinds" + version[0]
    base = f"plant {version}"  # a topic with a blank
    state = f'"{base}/state"'
    with Person(broker.port) as source:
        source.publish(f"{base}/kept", "7.5", retain=True)
        with connected(api, key, broker.port, {
                "kept": (f'"{base}/kept"', {}),
                "whole": (f'"{base}/whole" *0.5+1', {}),
                "switch": (f'"{base}/switch" qos=2', {"type": "bool"}),
                "text": (f'"{base}/text"', {"type": "string"}),
                "speed": (f"{state} json=$.motor.speed time=$.ts", {"type": "int64"}),
                "item": (f"{state} json=$.values[1] time=$.ts", {}),
                "odd": (f"{state} json=$['odd key']", {"type": "string"}),
                "sparse": (f"{state} json=$.sometimes sparse", {}),
                "quality": (f"{state} json=$.motor.speed quality=$.q time=$.ms@ms", {})},
                version=version):
            wait_for_value(api, f"{key}.kept", 7.5)  # so all is subscribed
            assert latest(api, f"{key}.whole")["quality_code"] == 0x80320000
            source.publish(f"{base}/whole", "41")
            source.publish(f"{base}/switch", "ON", qos=2)
            source.publish(f"{base}/text", "läuft")
            at = datetime.datetime.now(UTC).replace(microsecond=250_000)
            at += datetime.timedelta(seconds=1)

            def say(**more):
                source.publish(f"{base}/state", json.dumps({
                    "motor": {"speed": 1480}, "values": [1, 2.5], "odd key": "x",
                    "ts": at.isoformat(), "ms": int(at.timestamp() * 1000), **more}))
            say()
            for point, value in (("whole", 21.5), ("switch", True), ("text", "läuft"),
                                 ("speed", 1480), ("item", 2.5), ("odd", "x"),
                                 ("quality", 1480)):
                wait_for_value(api, f"{key}.{point}", value)
            for point in ("speed", "quality"):
                assert latest(api, f"{key}.{point}")["time"] == at.strftime("%Y-%m-%dT%H:%M:%S.25Z")
            assert latest(api, f"{key}.sparse")["quality_code"] == 0x80320000
            assert troubles(api, key) == {}

            # What does not fit is named, and the others go on.
            at += datetime.timedelta(seconds=1)
            say(motor={"speed": "fast"}, sometimes=3, q="UncertainLastUsableValue")
            wait_for_quality(api, f"{key}.speed", 0x80740000)
            wait_for_value(api, f"{key}.sparse", 3)
            assert latest(api, f"{key}.item")["quality"] == "good"
            assert "'fast' is not of type int64" in troubles(api, key)[f"{key}.speed"]
            assert status(api, key)["state"] == "degraded"
            source.publish(f"{base}/state", "no JSON")
            wait_for_quality(api, f"{key}.item", 0x80740000)
            at += datetime.timedelta(seconds=1)
            say(q="UncertainLastUsableValue", sometimes=4)
            wait_for_quality(api, f"{key}.quality", UNCERTAIN)
            wait_until(lambda: troubles(api, key) == {}, lambda: troubles(api, key))

            # An event of long ago is history, and not the latest value.
            old = at - datetime.timedelta(hours=2)
            source.publish(f"{base}/state", json.dumps(
                {"motor": {"speed": 1}, "values": [0, 0.5], "odd key": "old",
                 "ts": old.isoformat()}))
            wait_for_value(api, f"{key}.odd", "old")
            assert latest(api, f"{key}.speed")["value"] == 1480
            rows = api.sql(f"SELECT time FROM samples WHERE point = '{key}.speed' AND value = 1")
            assert [row[0][:19] for row in rows["rows"]] == [old.strftime("%Y-%m-%dT%H:%M:%S")]


def test_who_may_not_is_told_so(node, tmp_path):
    api = node.client()
    acl = tmp_path / "acl"
    acl.write_text("user gantry\ntopic read open/#\ntopic readwrite mine/#\n")
    with Mosquitto(tmp_path, f"acl_file {acl}", users={"gantry": "correct-horse"}) as broker:
        settings = {"host": "127.0.0.1", "port": broker.port, "username": "gantry"}
        for version in ("5.0", "3.1.1"):
            tried = api.create("/v1/protocols/mqtt/test", {
                "settings": {**settings, "password": "wrong", "version": version}})
            assert not tried["connected"] and "not authorized (0x87)" in tried["detail"], tried
        right = {**settings, "password": "correct-horse"}
        tried = api.create("/v1/protocols/mqtt/test", {"settings": right})
        assert tried["connected"] and "MQTT 5.0" in tried["detail"], tried
        with connected(api, "access", broker.port, {
                "a": ("mine/a set=mine/a", {"access": "read_write"}),
                "b": ("open/b set=open/b", {"access": "read_write"})},
                username="gantry", password="wrong"):
            wait_until(lambda: "not authorized (0x87)" in status(api, "access")["last_error"],
                       lambda: status(api, "access"))
            assert status(api, "access")["state"] != "running"
            shown = api.get("/v1/connections/access")
            assert "wrong" not in json.dumps(shown["settings"]), shown
            api.call("PATCH", "/v1/connections/access",
                     {"settings": {"password": "correct-horse"}})
            wait_until(lambda: status(api, "access")["state"] in ("running", "degraded"),
                       lambda: status(api, "access"), 90)
            tried = api.create("/v1/connections/access/test", {})
            assert [(probe["name"], probe["answered"], probe["detail"])
                    for probe in tried["probes"]] == [
                ("mine/a", True, "subscribed with QoS 1"),
                ("open/b", True, "subscribed with QoS 1")], tried
            done = wait_until(lambda: (sent := api.create(
                "/v1/commands", {"point": "access.a", "value": 5.0}))["outcome"] == "confirmed"
                and sent, "a value that may be written")
            assert done["read_back"] == 5.0
            done = api.create("/v1/commands", {"point": "access.b", "value": 5.0})
            assert done["outcome"] == "refused" and "not authorized (0x87)" in done["detail"], done


def test_over_tls_with_an_authority_of_ones_own(node, tmp_path):
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=tmp_path)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=authority",
            "-keyout", "ca.key", "-out", "ca.pem")
    for name in ("server", "gantry"):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout",
                f"{name}.key", "-out", f"{name}.csr", "-addext", "subjectAltName=IP:127.0.0.1")
        openssl("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey",
                "ca.key", "-CAcreateserial", "-copy_extensions", "copy", "-out", f"{name}.pem")
    pem = {path.name: path.read_text() for path in tmp_path.iterdir()
           if path.suffix in (".pem", ".key")}
    api = node.client()
    tls = free_port()
    with Mosquitto(tmp_path, f"listener {tls} 127.0.0.1", f"cafile {tmp_path}/ca.pem",
                   f"certfile {tmp_path}/server.pem", f"keyfile {tmp_path}/server.key",
                   "require_certificate true") as broker, Person(broker.port) as source:
        def tried(port=tls, **settings):
            return api.create("/v1/protocols/mqtt/test", {"settings": {
                "host": "127.0.0.1", "port": port, **settings}})
        refused = tried(tls=True)
        assert not refused["connected"] and "is not trusted" in refused["detail"], refused
        refused = tried(tls=True, ca=pem["ca.pem"])
        assert not refused["connected"], "the broker wants a certificate"
        refused = tried()
        assert not refused["connected"] and "Does it want TLS" in refused["detail"], refused
        refused = tried(port=broker.port, tls=True, ca=pem["ca.pem"])
        assert not refused["connected"] and "does the port speak TLS?" in refused["detail"], refused
        right = {"tls": True, "ca": pem["ca.pem"], "certificate": pem["gantry.pem"],
                 "key": pem["gantry.key"]}
        assert tried(**right)["connected"]
        source.publish("secure", "1", retain=True)
        with connected(api, "tls", tls, {"value": ("secure", {})}, **right):
            wait_for_value(api, "tls.value", 1)
            assert "PRIVATE" not in str(api.get("/v1/connections/tls"))


def test_a_broker_that_is_killed_and_comes_back(node, tmp_path):
    api = node.client()
    with Mosquitto(tmp_path) as broker:
        with Person(broker.port) as source:
            source.publish("kept", "1", retain=True)
        with connected(api, "killed", broker.port, {"kept": ("kept", {}), "live": ("live", {})},
                       stale_after="1s"):
            wait_for_value(api, "killed.kept", 1)
            with Person(broker.port) as source:
                source.publish("live", "2")
            wait_for_value(api, "killed.live", 2)
            broker.kill()
            for point in ("kept", "live"):
                wait_for_quality(api, f"killed.{point}", GONE)
            rows = api.sql("SELECT value, quality_code FROM samples WHERE point = 'killed.live' "
                           "ORDER BY time")["rows"]
            assert [row[1] for row in rows if row[0] == 2] == [0, UNCERTAIN], rows
            assert status(api, "killed")["state"] in ("backing_off", "connecting")
            broker.start()
            wait_for_value(api, "killed.kept", 1)
            with Person(broker.port) as source:
                source.publish("live", "3")
            wait_for_value(api, "killed.live", 3)
            wait_until(lambda: status(api, "killed")["state"] == "running",
                       lambda: status(api, "killed"))


@pytest.mark.parametrize("version", ["5.0", "3.1.1"])
def test_what_came_while_the_line_was_cut_arrives_once(node, broker, version):
    api = node.client()
    key, topic = "cut" + version[0], f"cut/{version}"
    line = Line(broker.port)
    with Person(broker.port) as source, connected(
            api, key, line.port, {"n": (topic, {"type": "int64"}), "kept": (topic + "/kept", {})},
            version=version):
        source.publish(topic + "/kept", "1", retain=True)
        wait_for_value(api, f"{key}.kept", 1)
        # What the broker has no acknowledgement of would come again, and rightly.
        sent = f"Received PUBACK from gantry-{api.get(f'/v1/connections/{key}')['id']}"
        before = wait_until(lambda: broker.log().count(sent), broker.log)  # the one above
        source.publish(topic, "0")
        wait_for_value(api, f"{key}.n", 0)
        wait_until(lambda: broker.log().count(sent) > before, broker.log)
        line.target = free_port()  # nobody is there
        line.cut()
        wait_for_quality(api, f"{key}.n", UNCERTAIN)
        for n in range(1, 51):
            source.publish(topic, str(n))
        line.target = broker.port
        wait_for_value(api, f"{key}.n", 50)
        rows = api.sql(f"SELECT value FROM samples WHERE point = '{key}.n' AND quality_code = 0")
        # Some come within a microsecond, which is as well as SQL tells times apart.
        assert sorted(row[0] for row in rows["rows"]) == list(range(51)), rows
        wait_for_value(api, f"{key}.kept", 1)
    line.close()


def test_writes_are_published_and_read_back(node, broker):
    api = node.client()
    writable = {"access": "read_write"}

    def write(point, value):
        return api.create("/v1/commands", {"point": f"writes.{point}", "value": value})

    with connected(api, "writes", broker.port, {
            "speed": ("w/state json=$.speed *0.1 set=w/set setjson=$.speed",
                      {"range": {"min": 0, "max": 100}, **writable}),
            "mode": ("w/mode set=w/mode retain", {"type": "string", **writable}),
            "lost": ("w/lost set=w/nowhere", writable),
            "ready": ("w/ready", {})}, command_timeout="2s"):
        with Person(broker.port) as source:
            source.publish("w/ready", "1", retain=True)
            wait_for_value(api, "writes.ready", 1)
        with Device(broker.port, "w/set", "w/state"):
            done = write("speed", 21.5)
            assert (done["outcome"], done["read_back"]) == ("confirmed", 21.5), done
            wait_for_value(api, "writes.speed", 21.5)
        with Device(broker.port, "w/set", "w/state", lambda payload: '{"speed": 10}'):
            done = write("speed", 30.5)
            assert (done["outcome"], done["read_back"]) == ("failed", 1.0), done
        done = write("lost", 1.0)
        assert done["outcome"] == "unknown" and "nobody has subscribed" in done["detail"], done
        assert api.refused("POST", "/v1/commands", {"point": "writes.speed", "value": 101})
        done = write("mode", "night")
        assert (done["outcome"], done["read_back"]) == ("confirmed", "night"), done
        with Person(broker.port) as later:
            later.subscribe("w/mode")
            wait_until(lambda: later.texts() == ["w/mode=night"], later.texts)
        api.create("/v1/points", {"asset": "writes", "key": "other", **writable})
        refused = api.refused("POST", "/v1/tags", {"items": [
            {"connection": "writes", "point": "writes.other", "address": "w/state"}]})
        assert "set=plant/line1/speed/set" in str(refused.problem), refused.problem


def test_settings_and_addresses_are_tried_before_they_are_saved(node, broker):
    api = node.client()
    settings = {"host": "127.0.0.1", "port": broker.port}
    with Person(broker.port) as source:
        source.publish("try/a", "21.5", retain=True)
        source.publish("try/b", '{"v": 7, "odd key": [true, "on"]}', retain=True)
        tried = api.create("/v1/protocols/mqtt/test", {"settings": settings})
        assert tried["connected"] and "MQTT 5.0" in tried["detail"], tried
        read = api.create("/v1/protocols/mqtt/read", {"settings": settings, "addresses": [
            "try/a *2", "try/b json=$.v", "try/b json=$.x", "try/none", "try/#"]})["items"]
        assert (read[0]["value"], read[0]["quality"]) == (43, "good"), read
        assert read[1]["value"] == 7 and "there is no $.x" in read[2]["detail"], read
        assert "nothing is retained of try/none" in read[3]["detail"], read
        assert "without + and #" in read[4]["detail"], read
        found = api.create("/v1/protocols/mqtt/scan", {
            "settings": settings, "area": "try/#", "from": 0, "count": 100})
        assert found["done"] and [(one["address"], one["value"]) for one in found["found"]] == [
            ("try/a", 21.5), ("try/b json=$.v", 7), ("try/b json=$['odd key'][0]", True),
            ("try/b json=$['odd key'][1]", "on")], found
        part = api.create("/v1/protocols/mqtt/scan", {
            "settings": settings, "area": "try/#", "from": 1, "count": 2})
        assert not part["done"] and [one["address"] for one in part["found"]] == [
            "try/b json=$.v", "try/b json=$['odd key'][0]"], part
    tried = api.create("/v1/protocols/mqtt/test", {
        "settings": {"host": "127.0.0.1", "port": free_port()}})
    assert not tried["connected"] and "is the broker on" in tried["detail"], tried
    for wrong, field in (({"qos": 3}, "qos"), ({"ca": "x"}, "tls"), ({"version": "4"}, "version"),
                         ({"extra": 1}, "extra")):
        refused = api.refused("POST", "/v1/connections", {
            "key": "wrong", "protocol": "mqtt", "settings": {**settings, **wrong}})
        assert refused.status == 400 and field in str(refused.problem), refused.problem


def test_a_source_that_is_away_says_so_by_its_will(node, broker):
    api = node.client()
    will = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="source")
    will.will_set("will/status", "offline", 1, retain=True)
    will.connect("127.0.0.1", broker.port)
    will.loop_start()
    for topic, payload in (("will/status", "online"), ("will/value", "5")):
        will.publish(topic, payload, 1, retain=True).wait_for_publish(30)
    with connected(api, "will", broker.port, {"value": ("will/value", {})},
                   status_topic="will/status", stale_after="1s"):
        wait_for_value(api, "will.value", 5)
        will.loop_stop()
        will.socket().shutdown(socket.SHUT_RDWR)  # without a goodbye
        wait_for_quality(api, "will.value", GONE)
        assert "away" in troubles(api, "will")["will/status"]
        with Person(broker.port) as again:
            again.publish("will/status", "online", retain=True)
            again.publish("will/value", "6", retain=True)
            wait_for_value(api, "will.value", 6)
        wait_until(lambda: troubles(api, "will") == {}, lambda: troubles(api, "will"))


@pytest.mark.parametrize("said, words", [
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "is it an MQTT broker"),
    (b"", "is it an MQTT broker"),
    (b"\x20\xff\xff\xff\x7f" + bytes(100), "does not keep to MQTT"),
    (b"\x20\x03\x00\x00\x00" + b"\x30\xff\xff\xff\x7f" + bytes(100), "does not keep to MQTT")],
    ids=["http", "silence", "huge-answer", "huge-message"])
def test_who_does_not_speak_it_is_named(node, said, words):
    api = node.client()
    with socket.create_server(("127.0.0.1", 0)) as server:
        def talk():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer, contextlib.suppress(OSError):
                    peer.recv(4096)
                    peer.sendall(said)
                    while said and peer.recv(4096):
                        pass
        threading.Thread(target=talk, daemon=True).start()
        refused = api.refused("POST", "/v1/protocols/mqtt/read", {
            "settings": {"host": "127.0.0.1", "port": server.getsockname()[1]},
            "addresses": ["a"]})
        assert refused.status == 503 and words in str(refused.problem), refused.problem
