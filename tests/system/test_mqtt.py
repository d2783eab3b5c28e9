# SPDX-License-Identifier: Apache-2.0
"""The MQTT broker, used by Mosquitto's own clients and by Paho."""

import errno
import os
import queue
import socket
import ssl
import struct
import threading
import time

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gantryd_process import Client, Gantryd, wait_until
from mqtt_door import Door, counter, metrics
from test_cli import Cli

CONNACK_BAD_LOGIN = {4: 4, 5: 0x86}  # return code of 3.1.1, reason code of 5.0


def messages(process, timeout=60):
    """What a mosquitto_sub with -C has printed, without what it says of packets."""
    watchdog = threading.Timer(timeout, process.kill)
    watchdog.start()
    # Not by communicate(): it knows nothing of what was read ahead.
    lines = [line.rstrip("\n") for line in process.stdout]
    watchdog.cancel()
    assert process.wait(timeout) == 0, process.stderr.read()
    return [line for line in lines
            if not line.startswith(("Client ", "Subscribed ")) and line]


class Person:
    """A Paho client whose callbacks are waited for."""

    def __init__(self, door, client_id, login="plc", token=None, version=5, will=None,
                 transport="tcp", port=None, **connect):
        self.door = door
        self.messages = queue.Queue()
        self.answers = queue.Queue()
        self.ended = queue.Queue()
        protocol = paho.MQTTv5 if version == 5 else paho.MQTTv311
        more = {} if version == 5 else {"clean_session": connect.pop("clean_session", True)}
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id,
                                  protocol=protocol, transport=transport,
                                  reconnect_on_failure=False, **more)
        self.client.username_pw_set(login, token or door.token)
        if will:
            self.client.will_set(**will)
        self.client.on_connect = lambda *said: self.answers.put(said)
        self.client.on_subscribe = lambda *said: self.answers.put(said)
        self.client.on_message = lambda client, data, message: self.messages.put(message)
        self.client.on_disconnect = lambda *said: self.ended.put(said[3])
        self.client.connect("127.0.0.1", port or door.port, **connect)
        self.client.loop_start()
        said = self.answers.get(timeout=30)
        self.flags, self.reason = said[2], said[3]

    def subscribe(self, *arguments, **more):
        self.client.subscribe(*arguments, **more)
        return [code.value for code in self.answers.get(timeout=30)[3]]

    def publish(self, topic, payload, **more):
        """Returns the reason code of its acknowledgement."""
        said = self.client.publish(topic, payload, **more)
        said.wait_for_publish(30)
        assert said.is_published()
        return said

    def next(self, timeout=30):
        return self.messages.get(timeout=timeout)

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()

    def vanish(self):
        """Without a word, as when the cable is cut."""
        self.client._sock.close()
        self.client.loop_stop()


def lasting(seconds=3600):
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = seconds
    return properties


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("mqtt")), tls=True)
    made.token = made.principal("plc")["token"]
    yield made
    made.node.stop()


# ---- Mosquitto's clients


@pytest.mark.parametrize("version", ["311", "5"])
@pytest.mark.parametrize("qos", ["0", "1", "2"])
def test_mosquitto_publishes_and_subscribes(door, version, qos):
    topic = f"plant/{version}/{qos}"
    with door.sub("-V", version, "-q", qos, "-t", topic, "-C", "3") as process:
        for text in ("21.5", "22", "水泵"):
            door.pub("-V", version, "-q", qos, "-t", topic, "-m", text)
        assert messages(process) == ["21.5", "22", "水泵"]


def test_a_retained_message_greets_and_is_cleared(door):
    door.pub("-r", "-q", "1", "-t", "plant/state", "-m", "running")
    with door.sub("-t", "plant/+", "-C", "1", "-F", "%r %t %p") as process:
        assert messages(process) == ["1 plant/state running"]
    door.pub("-r", "-n", "-q", "1", "-t", "plant/state")
    with door.sub("-t", "plant/state", "-C", "1") as process:
        door.pub("-t", "plant/state", "-m", "fresh")
        assert messages(process) == ["fresh"]


def test_with_tls_and_a_certificate_that_is_checked(door):
    with door.sub("-t", "secret", "-C", "1", "--cafile", door.certificate,
                  port=door.tls_port) as process:
        door.pub("-t", "secret", "-m", "x", "--cafile", door.certificate, port=door.tls_port)
        assert messages(process) == ["x"]
    context = ssl.create_default_context(cafile=door.certificate)
    with socket.create_connection(("127.0.0.1", door.tls_port)) as raw, \
            context.wrap_socket(raw, server_hostname="127.0.0.1") as secure:
        assert secure.version() in ("TLSv1.2", "TLSv1.3")


def test_mosquitto_rr_asks_and_is_answered(door):
    with door.sub("-V", "5", "-t", "ask", "-C", "1", "-F", "%R") as process:
        rr = door.mosquitto("mosquitto_rr", "-V", "5", "-t", "ask", "-e", "answer/1", "-m", "?")
        assert messages(process) == ["answer/1"]
        door.pub("-V", "5", "-t", "answer/1", "-m", "42")
        with rr:
            assert rr.communicate(timeout=60)[0].strip() == "42"


# ---- who may do what


@pytest.mark.parametrize("version", [4, 5])
def test_nobody_gets_in_without_a_token_of_the_login(door, version):
    """With the code that its version has; the log says nothing of the token."""
    shown = {"a wrong token": ("plc", "gty_" + "x" * 43), "an empty one": ("plc", ""),
             "another's": ("admin", door.token)}
    for what, (login, token) in shown.items():
        if token == "":
            continue
        person = Person(door, "thief", login=login, token=token,
                        version=5 if version == 5 else 4)
        assert person.reason.value >= 0x80, what
        person.client.loop_stop()
    with socket.create_connection(("127.0.0.1", door.port)) as raw:
        head = b"\x00\x04MQTT" + bytes([version]) + b"\x02\x00\x00"
        body = head + (b"\x00" if version == 5 else b"") + b"\x00\x01a"
        raw.sendall(bytes([0x10, len(body)]) + body)
        answer = raw.recv(100)
        assert answer[:2] == b"\x20" + bytes([len(answer) - 2])
        assert answer[3] == (0x87 if version == 5 else 5), "anonymous is off"
        assert raw.recv(1) == b""
    assert "x" * 43 not in door.node.log_text()
    assert counter(door, "gantry_mqtt_denied_total") >= 3


def test_topics_are_asked_about_like_paths(door):
    door.principal("robot", {"permissions": ["topics:publish"], "under": "cell1/out"},
                   {"permissions": ["topics:subscribe"], "under": "cell1"})
    token = door.api.create("/v1/tokens", {"name": "r", "principal": "robot"})["token"]
    robot = Person(door, "robot", login="robot", token=token)
    assert robot.subscribe([("cell1/#", paho.SubscribeOptions(qos=1)),
                            ("cell1", paho.SubscribeOptions(qos=1)),
                            ("cell2/#", paho.SubscribeOptions(qos=1)),
                            ("#", paho.SubscribeOptions(qos=1)),
                            ("+/in", paho.SubscribeOptions(qos=1))]) == [1, 1, 0x87, 0x87, 0x87]
    plc = Person(door, "plc")
    plc.publish("cell2/in", "not for it", qos=1)
    plc.publish("cell1/in", "for it", qos=1)
    assert robot.next().payload == b"for it"
    robot.publish("cell1/out/done", "yes", qos=1)
    assert robot.next().topic == "cell1/out/done"
    # 5.0 says so in the acknowledgement; 3.1.1 has no word for it, so the connection ends.
    codes = queue.Queue()
    robot.client.on_publish = lambda client, data, mid, reason, more: codes.put(reason.value)
    robot.client.publish("cell1/in", "no", qos=1)
    assert codes.get(timeout=30) == 0x87
    robot.leave()
    old = Person(door, "old robot", login="robot", token=token, version=4)
    old.client.publish("cell1/in", "no", qos=1)
    old.ended.get(timeout=30)
    plc.leave()


def test_a_tenant_sees_nothing_of_another(door):
    door.api.create("/v1/tenants", {"key": "other", "name": "Other"})
    created = door.api.call("POST", "/v1/principals", {
        "login": "boss", "password": "a-first-password", "roles": ["administrator"]},
        headers={"Gantry-Tenant": "other"})
    assert created.status == 201
    anonymous = door.node.anonymous()
    first = anonymous.create("/v1/session", {"login": "boss", "password": "a-first-password"})
    Client(door.node.url, first["access_token"]).call(
        "PUT", "/v1/session/password", {"current": "a-first-password", "new": "a-second-password"})
    access = anonymous.create("/v1/session", {"login": "boss", "password": "a-second-password"})
    ours = Person(door, "same name")
    ours.subscribe("#", qos=1)
    theirs = Person(door, "same name", login="boss", token=access["access_token"])
    assert not theirs.flags.session_present and ours.client.is_connected()
    theirs.subscribe("#", qos=1)
    ours.publish("a", "ours", qos=1)
    theirs.publish("a", "theirs", qos=1)
    assert ours.next().payload == b"ours" and theirs.next().payload == b"theirs"
    # Of itself the broker tells each of its own: here there is one client.
    theirs.subscribe("$SYS/broker/clients/total", qos=0)
    assert theirs.next().payload == b"1"
    assert ours.messages.empty() and theirs.messages.empty()
    ours.leave()
    theirs.leave()


def test_a_token_that_is_taken_back_ends_its_connection(door):
    made = door.principal("leaver", {"permissions": ["topics:publish"]})
    person = Person(door, "leaver", login="leaver", token=made["token"])
    other = Person(door, "stays")
    door.api.call("DELETE", "/v1/tokens/" + made["id"])
    assert person.ended.get(timeout=10).value == 0x87
    assert other.publish("still", "here", qos=1)
    again = Person(door, "leaver", login="leaver", token=made["token"])
    assert again.reason.value == 0x86
    other.leave()


# ---- what the broker says of itself


def sys_value(door, topic, **more):
    with door.sub("-t", "$SYS/broker/" + topic, "-C", "1", "-F", "%r %p", **more) as process:
        return messages(process)[0]


def test_what_the_broker_says_of_itself(tmp_path):
    """To who subscribes at once, and again and again; of each tenant its own; nothing is kept."""
    door = Door(str(tmp_path), 'sys_interval = "1s"')
    door.token = door.principal("plc")["token"]
    with door.sub("-t", "$SYS/#", "-C", "40", "-F", "%r %t %p") as process:
        said = dict(line[2:].rsplit(" ", 1) if "uptime" not in line and "version" not in line
                    else line[2:].split(" ", 1) for line in messages(process))
        assert said["$SYS/broker/version"].startswith("gantry version ")
        assert said["$SYS/broker/uptime"].endswith(" seconds")
        assert said["$SYS/broker/clients/connected"] == "1"
        assert said["$SYS/broker/subscriptions/count"] == "1"
        assert "." in said["$SYS/broker/load/bytes/received/5min"]
    keeper = Person(door, "keeper", properties=lasting())
    keeper.subscribe("#", qos=0)
    keeper.publish("a", "1", qos=1, retain=True)
    assert keeper.next().topic == "a"
    keeper.leave()
    wait_until(lambda: sys_value(door, "clients/disconnected") == "1 1", "who is away")
    assert sys_value(door, "retained messages/count") == "1 1"
    assert sys_value(door, "publish/messages/received") == "1 1"
    # The first is as if it were retained, those that follow come by the interval.
    with door.sub("-t", "$SYS/broker/uptime", "-C", "3", "-F", "%r %p") as process:
        assert [line[:2] for line in messages(process)] == ["1 ", "0 ", "0 "]
    door.principal("narrow", {"permissions": ["topics:subscribe"], "under": "a"})
    token = door.api.create("/v1/tokens", {"name": "n", "principal": "narrow"})["token"]
    narrow = Person(door, "narrow", login="narrow", token=token)
    assert narrow.subscribe("$SYS/#", qos=0) == [0x87]
    codes = queue.Queue()
    narrow.client.on_publish = lambda client, data, mid, reason, more: codes.put(reason.value)
    narrow.client.publish("$SYS/broker/uptime", "0 seconds", qos=1)
    assert codes.get(timeout=30) == 0x90
    narrow.leave()
    listed = door.api.get("/v1/broker/retained", filter="$SYS/broker/clients/+")["items"]
    assert {one["topic"] for one in listed} >= {"$SYS/broker/clients/total"}
    assert [one["topic"] for one in door.api.get("/v1/broker/retained", filter="#")["items"]] == ["a"]
    door.node.stop()


def test_the_broker_says_nothing_of_itself_when_it_is_not_to(tmp_path):
    door = Door(str(tmp_path), 'sys_interval = "0s"')
    door.token = door.principal("plc")["token"]
    person = Person(door, "asks")
    person.subscribe([("$SYS/#", paho.SubscribeOptions(qos=1)),
                      ("end", paho.SubscribeOptions(qos=1))])
    person.publish("end", "end", qos=1)
    assert person.next().topic == "end"
    person.leave()
    door.node.stop()


# ---- what outlives the program


def test_sessions_and_retained_messages_outlive_a_kill(tmp_path):
    door = Door(str(tmp_path))
    door.token = door.principal("plc")["token"]
    reader = Person(door, "reader", properties=lasting(), clean_start=True)
    assert reader.subscribe("line/#", qos=2) == [2]
    reader.leave()
    writer = Person(door, "writer")
    writer.publish("line/state", "running", qos=1, retain=True)
    for i in range(100):
        writer.publish(f"line/{i % 3}", str(i), qos=1 + i % 2)
    door.node.kill()
    door.start()
    reader = Person(door, "reader", properties=lasting(), clean_start=False)
    assert reader.flags.session_present
    got = [reader.next().payload.decode() for _ in range(101)]
    # A client has a message of QoS 2 when its PUBREL comes, one of QoS 1 at once.
    assert [one for one in got if one != "running" and int(one) % 2 == 0] \
        == [str(i) for i in range(0, 100, 2)]
    assert [one for one in got if one != "running" and int(one) % 2 == 1] \
        == [str(i) for i in range(1, 100, 2)]
    newcomer = Person(door, "newcomer")
    newcomer.subscribe("line/state", qos=1)
    first = newcomer.next()
    assert first.retain and first.payload == b"running"
    assert reader.messages.empty()
    reader.leave()
    newcomer.leave()
    door.node.stop()


@pytest.mark.parametrize("qos", [1, 2])
def test_what_was_acknowledged_is_delivered_across_kills(tmp_path, qos):
    """Several writers, and kill -9 in the middle of it, again and again. What a writer was told is
    taken over the reader gets; of QoS 2 once, and what was sent before is not sent behind it."""
    door = Door(str(tmp_path))
    door.token = door.principal("plc")["token"]
    reader = Person(door, "reader", properties=lasting())
    reader.subscribe("w/#", qos=qos)
    reader.leave()
    acknowledged = {}
    for life in range(4):
        writers = []
        stop = threading.Event()

        def write(name, life=life, stop=stop):
            mine = acknowledged.setdefault(name, [])
            try:
                client = Person(door, name)
                for i in range(100_000):
                    if stop.is_set():
                        break
                    said = client.client.publish(f"w/{name}", f"{life}.{i}", qos=qos)
                    said.wait_for_publish(5)
                    if not said.is_published():
                        break
                    mine.append(f"{life}.{i}")
                client.client.loop_stop()
            except (OSError, ValueError, RuntimeError, queue.Empty):
                pass

        for n in range(3):
            writers.append(threading.Thread(target=write, args=(f"{life}-{n}",)))
            writers[-1].start()
        wait_until(lambda: all(len(acknowledged.get(f"{life}-{n}", [])) > 20 + 10 * life
                               for n in range(3)), "messages to be taken over")
        door.node.kill()
        stop.set()
        for thread in writers:
            thread.join(60)
        door.start()
    total = sum(len(mine) for mine in acknowledged.values())
    reader = Person(door, "reader", properties=lasting(), clean_start=False)
    assert reader.flags.session_present
    end = Person(door, "end")
    end.publish("w/end", "end", qos=qos)
    got = {}
    while (message := reader.next()).topic != "w/end":
        got.setdefault(message.topic[2:], []).append(message.payload.decode())
    for name, mine in acknowledged.items():
        seen = got.get(name, [])
        assert seen[:len(mine)] == mine and len(seen) <= len(mine) + 1, name
        if qos == 2:
            assert len(set(seen)) == len(seen), name
    assert total > 200
    reader.leave()
    door.node.stop()


def test_the_will_of_who_vanishes(door):
    watcher = Person(door, "watcher")
    watcher.subscribe("wills/#", qos=1)
    gone = Person(door, "gone", will={"topic": "wills/gone", "payload": "lost", "qos": 1})
    gone.vanish()
    assert watcher.next().payload == b"lost"
    polite = Person(door, "polite", will={"topic": "wills/polite", "payload": "lost", "qos": 1})
    polite.leave()
    watcher.publish("wills/end", "end", qos=1)
    assert watcher.next().payload == b"end"
    watcher.leave()


# ---- what is wrong, or slow


@pytest.mark.parametrize("bytes_", [b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, b"\x10\xff\xff\xff\xff",
                                    b"\x10\x0c\x00\x04MQTX\x05\x02\x00\x00\x00",
                                    b"\x30\x03\x00\x01a", os.urandom(4096)],
                         ids=["http", "zeros", "length", "name", "publish", "noise"])
def test_what_is_no_mqtt_is_put_out(door, bytes_):
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as raw:
        try:
            raw.sendall(bytes_)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(100):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass
        except OSError as error:
            assert error.errno == errno.ENOTCONN, error
    assert door.node.process.poll() is None


def test_who_says_nothing_is_put_out(tmp_path):
    door = Door(str(tmp_path), 'connect_timeout = "1s"')
    for start in (b"", b"\x10", b"\x10\x20\x00\x04MQ"):
        with socket.create_connection(("127.0.0.1", door.port), timeout=20) as raw:
            raw.sendall(start)
            assert raw.recv(1) == b""
    door.node.stop()


def test_who_takes_nothing_loses_only_its_own(tmp_path):
    """QoS 0 to a reader that does not read is dropped and counted; others get theirs."""
    door = Door(str(tmp_path), 'progress_timeout = "2s"')
    door.token = door.principal("plc")["token"]
    stuck = Person(door, "stuck")
    stuck.subscribe("big", qos=0)
    stuck.client.loop_stop()
    reader = Person(door, "reader")
    reader.subscribe("big", qos=0)
    writer = Person(door, "writer")
    payload = b"x" * 100_000
    for _ in range(300):
        writer.publish("big", payload, qos=1)
        assert reader.next().payload == payload
    wait_until(lambda: "gantry_mqtt_connections 2" in metrics(door),
               "the one that does not read to be put out")
    wait_until(lambda: counter(door, "gantry_mqtt_messages_dropped_total") > 100, "what was dropped")
    reader.leave()
    writer.leave()
    door.node.stop()


def test_who_sends_too_much_is_read_from_more_slowly(tmp_path):
    """And loses nothing; its keep-alive does not end while nobody reads what it sends."""
    door = Door(str(tmp_path), "messages_per_second = 20", 'rate_burst = "500ms"')
    door.token = door.principal("plc")["token"]
    reader = Person(door, "reader")
    reader.subscribe("fast/#", qos=1)
    writer = Person(door, "writer")
    said = [writer.client.publish("fast/a", str(i), qos=1) for i in range(60)]
    assert [reader.next().payload.decode() for _ in range(60)] == [str(i) for i in range(60)]
    for one in said:
        one.wait_for_publish(30)
    assert counter(door, "gantry_mqtt_throttled_total") >= 1
    assert counter(door, "gantry_mqtt_messages_dropped_total") == 0
    with socket.create_connection(("127.0.0.1", door.port), timeout=60) as raw:
        login, token = b"plc", door.token.encode()
        body = (b"\x00\x04MQTT\x04\xc2\x00\x01" + struct.pack(">H", 5) + b"quick"
                + struct.pack(">H", len(login)) + login + struct.pack(">H", len(token)) + token)
        raw.sendall(bytes([0x10, len(body)]) + body)
        assert raw.recv(4) == b"\x20\x02\x00\x00"
        raw.sendall(b"\x30\x04\x00\x01qx" * 80 + b"\xc0\x00")
        assert raw.recv(2) == b"\xd0\x00", "it was put out, though nobody has read its PINGREQ"
    reader.leave()
    writer.leave()
    door.node.stop()


def test_who_connects_too_often_is_refused_for_a_while(tmp_path):
    door = Door(str(tmp_path), "connects_per_second = 1", 'rate_burst = "3s"')
    door.token = door.principal("plc")["token"]

    def answer(version):
        with socket.create_connection(("127.0.0.1", door.port), timeout=30) as raw:
            head = b"\x00\x04MQTT" + bytes([version]) + b"\x02\x00\x00"
            body = head + (b"\x00" if version == 5 else b"") + b"\x00\x01a"
            raw.sendall(bytes([0x10, len(body)]) + body)
            return raw.recv(100)[3]

    def is_refused(version):
        return any(answer(version) == {5: 0x9f, 4: 3}[version] for _ in range(1000))

    assert is_refused(5) and is_refused(4)
    assert counter(door, "gantry_mqtt_refused_total") >= 2
    # After a while it may try again: what it shows is looked at.
    wait_until(lambda: answer(5) == 0x87, "the address to be let in again")
    door.node.stop()


def test_a_start_without_tls_for_everybody_is_refused(tmp_path):
    config = tmp_path / "gantry.toml"
    for lines, words in (('listen = "0.0.0.0:0"', "use mqtt.listen_tls"),
                         ('listen_tls = "127.0.0.1:0"', "needs mqtt.tls_certificate"),
                         ('listen = "127.0.0.1:0"\nacknowledge = "maybe"', "durable or received")):
        config.write_text("[mqtt]\n" + lines + "\n")
        node = Gantryd("--config", str(config), folder=str(tmp_path))
        with pytest.raises(AssertionError):
            node.start()
        assert words in node.log_text(), node.log_text()


def test_a_stop_says_so_to_clients(tmp_path):
    door = Door(str(tmp_path))
    door.token = door.principal("plc")["token"]
    person = Person(door, "one")
    door.node.stop()
    assert person.ended.get(timeout=30).value == 0x8b


# ---- what becomes of messages


def latest(door, point):
    return door.api.get(f"/v1/points/{point.replace('/', '%2F')}/latest")


def test_a_mapping_makes_samples_that_are_durable_when_they_are_acknowledged(tmp_path):
    door = Door(str(tmp_path))
    door.token = door.principal("plc")["token"]
    api = door.api
    api.create("/v1/assets", {"key": "plant"})
    api.create("/v1/assets", {"key": "press1", "parent": "plant"})
    api.create("/v1/points", {"asset": "plant/press1", "key": "temperature", "unit": "Cel"})
    made = api.create("/v1/mappings", {
        "key": "press", "topic": "machines/{machine}/telemetry", "rules": [
            {"value": "$.temp", "point": "plant/{machine}/temperature", "unit": "{$.unit}",
             "time": {"path": "$.at", "format": "unix_ms"}}]})
    assert made["version"] == 1 and api.get("/v1/mappings")["items"][0]["key"] == "press"
    writer = Person(door, "press1")
    for i in range(100):
        writer.publish("machines/press1/telemetry",
                       f'{{"temp": {20 + i / 10}, "at": {1_700_000_000_000 + i * 1000}}}', qos=1)
    writer.publish("machines/press1/telemetry", '{"temp": 300.15, "unit": "K", '
                   '"at": 1700000200000}', qos=1)
    door.node.kill()
    door.start()
    done = door.api.sql("SELECT count(*) FROM samples WHERE point = 'plant/press1.temperature'")
    assert done["rows"] == [[101]]
    assert latest(door, "plant/press1.temperature")["value"] == pytest.approx(27)
    door.node.stop()


def test_points_that_are_not_there_are_proposed_or_made(tmp_path):
    door = Door(str(tmp_path))
    door.token = door.principal("plc")["token"]
    api = door.api
    api.create("/v1/mappings", {"key": "asks", "topic": "asks/#"})
    api.create("/v1/mappings", {"key": "makes", "topic": "makes/#", "create_points": True})
    writer = Person(door, "plc")
    writer.publish("asks/line 1/press", '{"temp": 21.5, "on": true, "name": "P1"}', qos=1)
    proposals = api.get("/v1/broker/proposals")["items"]
    assert [(one["point"], one["type"], one["value"]) for one in proposals] == [
        ("asks/line_1/press.name", "string", "P1"), ("asks/line_1/press.on", "bool", "true"),
        ("asks/line_1/press.temp", "float64", "21.5")]
    letters = api.get("/v1/broker/dead_letters")
    assert letters["counts"]["unknown_point"] == 1
    assert letters["items"][0]["topic"] == "asks/line 1/press"
    assert api.create("/v1/broker/proposals/accept",
                      {"points": ["asks/line_1/press.temp"]}) == {"made": 1}
    assert api.refused("POST", "/v1/broker/proposals/accept", {"points": ["no.where"]}).status == 400
    writer.publish("asks/line 1/press", '{"temp": 22.5}', qos=1)
    assert latest(door, "asks/line_1/press.temp")["value"] == 22.5
    writer.publish("makes/press2", '{"temp": 1, "deep": {"speed": 7}}', qos=1)
    assert latest(door, "makes/press2.temp")["value"] == 1
    assert latest(door, "makes/press2/deep.speed")["value"] == 7
    writer.leave()
    door.node.stop()


def test_what_no_mapping_can_read_is_a_dead_letter_and_stops_nothing(door):
    api = door.api
    api.create("/v1/mappings", {"key": "strict", "topic": "strict/#", "create_points": True})
    writer = Person(door, "clumsy")
    writer.publish("strict/a", "{not json", qos=1)
    writer.publish("strict/a", os.urandom(2000), qos=1)
    writer.publish("strict/a", '{"v": 5}', qos=1)
    assert latest(door, "strict/a.v")["value"] == 5
    found = api.get("/v1/broker/dead_letters")
    assert found["counts"]["malformed"] == 2
    text = [one for one in found["items"] if one.get("text") == "{not json"]
    assert text[0]["client_id"] == "clumsy" and text[0]["mapping"] == "strict" and text[0]["detail"]
    api.call("DELETE", "/v1/broker/dead_letters")
    assert api.get("/v1/broker/dead_letters")["items"] == []
    writer.leave()


def test_a_mapping_is_tried_before_it_is_stored(door):
    trial = {"mapping": {"key": "t", "topic": "a/{b}/#"}, "topic": "a/x/y", "text": '{"v": 1.5}'}
    shown = door.api.create("/v1/mappings/preview", trial)
    assert shown["readings"] == 1 and shown["items"][0]["point"] == "a/x/y.v"
    assert shown["items"][0]["value"] == 1.5 and not shown["items"][0]["there"]
    for change, field in (({"topic": "b"}, "/topic"),
                          ({"mapping": {"key": "t", "topic": "a/#/b"}}, "topic"),
                          ({"mapping": {"key": "t", "topic": "a", "rules": [{"value": "$["}]}},
                           "value")):
        refused = door.api.refused("POST", "/v1/mappings/preview", {**trial, **change})
        assert refused.status == 400 and field in str(refused.problem), refused.problem


def test_the_api_shows_clients_and_ends_them(door):
    person = Person(door, "shown", properties=lasting())
    person.subscribe([("x/#", paho.SubscribeOptions(qos=1))])
    listed = {one["client_id"]: one for one in door.api.get("/v1/broker/sessions")["items"]}
    assert listed["shown"]["connected"] and listed["shown"]["login"] == "plc"
    one = door.api.get("/v1/broker/sessions/shown")
    assert one["filters"] == [{"filter": "x/#", "qos": 1}] and one["version"] == "5.0"
    assert door.api.get("/v1/broker")["connections"] >= 1
    assert door.api.create("/v1/broker/messages",
                           {"topic": "x/y", "text": "hello", "retain": True})["receivers"] == 1
    assert person.next().payload == b"hello"
    assert door.api.get("/v1/broker/retained", filter="x/+")["items"] == [
        {"topic": "x/y", "bytes": 5, "text": "hello", "qos": 1}]
    assert door.api.refused("POST", "/v1/broker/messages", {"topic": "x/#"}).status == 400
    door.api.call("DELETE", "/v1/broker/sessions/shown")
    assert person.ended.get(timeout=30).value == 0x98
    assert door.api.refused("GET", "/v1/broker/sessions/shown").status == 404


def test_over_websocket(door):
    port = int(door.node.url.rsplit(":", 1)[1])
    person = Person(door, "browser", transport="websockets", port=port)
    person.subscribe("web/#", qos=1)
    person.publish("web/a", b"x" * 200_000, qos=1)
    assert len(person.next().payload) == 200_000
    other = Person(door, "tcp")
    other.publish("web/b", "from tcp", qos=2)
    assert person.next().payload == b"from tcp"
    person.leave()
    other.leave()


# ---- Sparkplug B


def varint(number):
    out = b""
    while True:
        out += bytes([number & 0x7f | (0x80 if number > 0x7f else 0)])
        number >>= 7
        if number == 0:
            return out


def metric(name=None, alias=None, kind=None, value=None):
    """A metric of Sparkplug's protobuf, as its specification numbers the fields."""
    out = b""
    if name is not None:
        out += b"\x0a" + varint(len(name)) + name.encode()
    if alias is not None:
        out += b"\x10" + varint(alias)
    if kind is not None:
        out += b"\x20" + varint({"Int64": 4, "Double": 10, "Boolean": 11, "UInt64": 8}[kind])
    if isinstance(value, bool):
        out += b"\x70" + varint(int(value))
    elif isinstance(value, float):
        out += b"\x69" + struct.pack("<d", value)
    elif value is not None:
        out += b"\x58" + varint(value)
    return b"\x12" + varint(len(out)) + out


def sparkplug(seq, *metrics):
    out = b"\x08" + varint(int(time.time() * 1000)) + b"".join(metrics)
    return out if seq is None else out + b"\x18" + varint(seq)


def test_a_sparkplug_node_is_born_reports_and_dies(tmp_path):
    door = Door(str(tmp_path))
    door.token = door.principal("plc")["token"]
    api = door.api
    api.create("/v1/mappings", {"key": "sparkplug", "topic": "spBv1.0/#", "format": "sparkplug_b",
                                "create_points": True})
    node = Person(door, "edge", will={
        "topic": "spBv1.0/Plant/NDEATH/Edge1", "qos": 1,
        "payload": sparkplug(None, metric("bdSeq", kind="UInt64", value=0))})
    node.subscribe("spBv1.0/Plant/NCMD/Edge1", qos=1)
    # Data before a birth: the host asks for one.
    node.publish("spBv1.0/Plant/NDATA/Edge1", sparkplug(5, metric(alias=1, value=1.5)), qos=0)
    asked = node.next()
    assert asked.topic == "spBv1.0/Plant/NCMD/Edge1" and b"Node Control/Rebirth" in asked.payload
    node.publish("spBv1.0/Plant/NBIRTH/Edge1", sparkplug(
        0, metric("bdSeq", kind="UInt64", value=0),
        metric("Node Control/Rebirth", kind="Boolean", value=False),
        metric("Temp", 1, "Double", 20.5), metric("Running", 2, "Boolean", True)), qos=1)
    assert latest(door, "Plant/Edge1.Temp")["value"] == 20.5
    for i in range(1, 50):
        node.publish("spBv1.0/Plant/NDATA/Edge1",
                     sparkplug(i, metric(alias=1, value=20.5 + i)), qos=1)
    assert latest(door, "Plant/Edge1.Temp")["value"] == 69.5
    assert latest(door, "Plant/Edge1.Running")["value"] is True
    node.vanish()
    wait_until(lambda: latest(door, "Plant/Edge1.Temp")["quality"] != "good", "stale values")
    assert latest(door, "Plant/Edge1.Temp")["value"] == 69.5
    state = [one for one in api.get("/v1/broker/retained", filter="spBv1.0/STATE/+")["items"]]
    assert state and '"online":true' in state[0]["text"].replace(" ", "")
    # Before a stop it says that it goes, and that is what is retained.
    watcher = Person(door, "watcher")
    watcher.subscribe("spBv1.0/STATE/+", qos=1)
    assert b'"online":true' in watcher.next().payload.replace(b" ", b"")
    door.node.stop()
    assert b'"online":false' in watcher.next().payload.replace(b" ", b"")
    watcher.client.loop_stop()
    door.start()
    state = door.api.get("/v1/broker/retained", filter="spBv1.0/STATE/+")["items"]
    assert '"online":false' in state[0]["text"].replace(" ", "")
    door.node.stop()


def test_a_stop_in_the_middle_of_messages_keeps_what_was_acknowledged(tmp_path):
    door = Door(str(tmp_path))
    door.token = door.principal("plc")["token"]
    door.api.create("/v1/mappings", {"key": "m", "topic": "stop/#", "create_points": True})
    first = Person(door, "first")
    first.publish("stop/a", '{"v": 0}', qos=1)
    first.leave()
    for life in range(3):
        person = Person(door, f"w{life}")
        acknowledged = []
        numbers = {}
        person.client.on_publish = lambda client, data, mid, *more, into=acknowledged: \
            into.append(mid)
        for i in range(1500):
            at = 1_700_000_000_000 + (life * 10_000 + i) * 1000
            numbers[person.client.publish("stop/a", f'{{"v": {at}}}', qos=1).mid] = at
        wait_until(lambda: len(acknowledged) > 100, "acknowledgements")
        door.node.stop()
        person.client.loop_stop()
        door.start()
        stored = {row[0] for row in door.api.sql(
            "SELECT value FROM samples WHERE point = 'stop/a.v'", limit=100_000)["rows"]}
        missing = {float(numbers[mid]) for mid in acknowledged} - stored
        assert not missing, (len(missing), len(acknowledged), len(stored), sorted(missing)[:3])
    door.node.stop()


def test_letters_and_proposals_are_for_who_may_see_what_is_in_them(door):
    door.principal("mapper", {"permissions": ["mappings:*"]},
                   {"permissions": ["topics:*", "samples:read"], "under": "mine"})
    token = door.api.create("/v1/tokens", {"name": "m", "principal": "mapper"})["token"]
    mapper = Client(door.node.url, token)
    mapper.create("/v1/mappings", {"key": "sees", "topic": "+/seen"})
    assert mapper.refused("POST", "/v1/mappings", {
        "key": "makes-too", "topic": "x/#", "create_points": True}).status in (403, 404)
    writer = Person(door, "w")
    for place in ("mine", "theirs"):
        writer.publish(f"{place}/seen", '{"v": 1}', qos=1)
    assert [one["point"] for one in mapper.get("/v1/broker/proposals")["items"]] == ["mine/seen.v"]
    topics = {one["topic"] for one in mapper.get("/v1/broker/dead_letters")["items"]}
    assert "mine/seen" in topics and "theirs/seen" not in topics
    writer.leave()


# ---- on the command line


def test_the_broker_on_the_command_line(door, tmp_path):
    cli = Cli(tmp_path, door.node.url, door.node.token)
    status = cli.run("mqtt", "status").stdout
    assert f"mqtt://127.0.0.1:{door.port}" in status and "messages_in" in status
    guest = Person(door, "cli-guest", properties=lasting())
    guest.subscribe("cli/#", qos=1)
    assert "cli-guest" in cli.run("mqtt", "clients").stdout
    assert "cli/# (QoS 1)" in cli.run("mqtt", "client", "cli-guest").stdout
    said = cli.run("mqtt", "publish", "cli/state", "ready", "--retain").stderr
    assert said.strip() == "Published to cli/state, for 1 client"
    assert guest.next().payload == b"ready"
    retained = cli.run("mqtt", "retained", "cli/+").stdout.splitlines()
    assert len(retained) == 2 and "ready" in retained[1]
    (tmp_path / "recipe").write_text("4 parts\n")
    cli.run("mqtt", "publish", "cli/recipe", "--file", str(tmp_path / "recipe"), "--qos", "2")
    assert guest.next().payload == b"4 parts\n"
    assert "TEXT" in cli.error("mqtt", "publish", "cli/x", code=2)
    assert "--yes" in cli.error("mqtt", "end", "cli-guest", code=2)
    cli.run("mqtt", "end", "cli-guest", "--yes")
    guest.ended.get(timeout=30)
    cli.error("mqtt", "client", "cli-guest", code=3)
    door.pub("-r", "-n", "-q", "1", "-t", "cli/state")


def test_mappings_on_the_command_line(door, tmp_path):
    cli = Cli(tmp_path, door.node.url, door.node.token)
    file = tmp_path / "press.json"
    file.write_text('{"key": "cli-press", "topic": "cli-line/{machine}", '
                    '"rules": [{"value": "$.temp", "point": "cli/{machine}/temp", "unit": "Cel"}]}')
    tried = cli.run("mappings", "try", str(file), "--topic", "cli-line/press1",
                    input='{"temp": 21.5}').stdout.splitlines()
    assert tried[1].split()[:4] == ["cli/press1.temp", "no", "21.5", "Cel"]
    assert "topic" in cli.run("mappings", "try", str(file), "--topic", "other", code=2,
                              input="{}").stderr
    assert "Made" in cli.run("mappings", "save", str(file)).stderr
    assert "cli-line/{machine}" in cli.run("mappings", "list").stdout
    door.pub("-q", "1", "-t", "cli-line/press1", "-m", '{"temp": 22.5}')
    wait_until(lambda: "cli/press1.temp" in cli.run("mappings", "proposals").stdout, "a proposal")
    assert "Made 1 points" in cli.run("mappings", "accept", "cli/press1.temp").stderr
    door.pub("-q", "1", "-t", "cli-line/press1", "-m", '{"temp": 23.5}')
    assert cli.json("read", "cli/press1.temp")["items"][0]["value"] == 23.5
    shown = tmp_path / "shown.json"
    shown.write_text(cli.run("mappings", "show", "cli-press").stdout)
    assert "Changed" in cli.run("mappings", "save", str(shown)).stderr
    door.pub("-q", "1", "-t", "cli-line/press1", "-m", "{broken")
    wait_until(lambda: "{broken" in cli.run("mqtt", "dead-letters").stdout, "a dead letter")
    cli.run("mappings", "remove", "cli-press", "--yes")
    cli.error("mappings", "show", "cli-press", code=3)
    file.write_text("[]")
    assert "press.json: is to be a JSON object" in cli.error("mappings", "save", str(file), code=2)
