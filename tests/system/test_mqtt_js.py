# SPDX-License-Identifier: Apache-2.0
"""The MQTT broker used by MQTT.js, over TCP, TLS and WebSocket."""

import base64
import queue
import threading

import pytest

import node_program
from gantryd_process import wait_until
from mqtt_door import Door
from node_program import NodeProgram, Refused

TRANSPORTS = ["mqtt", "mqtts", "ws", "wss"]
FOREVER = 0xFFFFFFFF


class Clients:
    """A process of Node with clients of MQTT.js in it."""

    def __init__(self):
        node_program.install()
        self.people = {}
        self.program = NodeProgram("mqtt_clients.mjs", self._hear)

    def _hear(self, event):
        person = self.people[event["client"]]
        kind = event["event"]
        if kind == "message":
            event["payload"] = base64.b64decode(event["payload"])
            person.messages.put(event)
        else:
            getattr(person, kind + "s").put(event)


class Person:
    """One of them. What it is sent is waited for."""

    def __init__(self, clients, door, name, *, version=5, protocol="mqtt", login="plc", token=None,
                 trusted=True, **options):
        self.name = name
        self.clients = clients
        self.door = door
        self.protocol = protocol
        self.messages, self.connects, self.disconnects, self.closes, self.errors = (
            queue.Queue() for _ in range(5))
        clients.people[name] = self
        if "will" in options:
            will = options["will"]
            options["will"] = {**will, "payload": base64.b64encode(will["payload"]).decode()}
        options = {"protocol": protocol, "host": "127.0.0.1", "port": self.port(),
                   "clientId": name, "protocolVersion": version, "username": login,
                   "password": token or door.token, "clean": True, **options}
        if trusted and protocol in ("mqtts", "wss"):
            options["ca"] = door.certificate
        if protocol in ("ws", "wss"):
            options["path"] = "/mqtt"
        said = self.ask("connect", options=options)
        self.session, self.properties = said["session"], said["properties"]
        self.connects.get(timeout=30)

    def port(self):
        if self.protocol in ("ws", "wss"):
            return int(self.door.node.url.rsplit(":", 1)[1])
        return self.door.tls_port if self.protocol == "mqtts" else self.door.port

    def ask(self, do, seconds=60, **order):
        return self.clients.program.ask(do, seconds, client=self.name, **order)

    def subscribe(self, filter_, qos=1, **how):
        return self.ask("subscribe", filter=filter_, options={"qos": qos, **how})

    def publish(self, topic, payload=b"", **options):
        return self.ask("publish", topic=topic, options={"qos": 1, **options},
                        payload=base64.b64encode(payload).decode())

    def flow(self, topic, first, count, **options):
        """What it returns waits until all are acknowledged."""
        return self.clients.program.begin("flow", client=self.name, topic=topic, first=first,
                                          count=count, options={"qos": 1, **options})

    def next(self, timeout=30):
        return self.messages.get(timeout=timeout)

    def payloads_until(self, topic, timeout=60):
        """By topic, in order, up to the first message of that topic."""
        got = {}
        while (message := self.next(timeout))["topic"] != topic:
            got.setdefault(message["topic"], []).append(message["payload"].decode())
        return got

    def move(self):
        """To where gantryd is found after a start."""
        self.ask("move", port=self.port())

    def vanish(self):
        self.ask("vanish")

    def leave(self, **more):
        self.ask("leave", **more)


@pytest.fixture(scope="module")
def clients():
    made = Clients()
    yield made
    made.program.stop()


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("mqtt-js")), tls=True)
    made.token = made.principal("plc")["token"]
    yield made
    made.node.stop()


@pytest.fixture(scope="module")
def secure_door(tmp_path_factory):
    """One whose HTTP port has TLS, too."""
    made = Door(str(tmp_path_factory.mktemp("mqtt-wss")), tls=True)
    made.token = made.principal("plc")["token"]
    made.node.stop()
    with open(made.config, "a") as file:
        file.write(f'[http]\ntls_certificate = "{made.folder}/cert.pem"\n'
                   f'tls_key = "{made.folder}/key.pem"\n')
    made.start()
    yield made
    made.node.stop()


# ---- messages, over each transport


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("protocol", TRANSPORTS)
def test_messages_of_each_qos_arrive_as_they_were_sent(clients, request, protocol, version):
    door = request.getfixturevalue("secure_door" if protocol == "wss" else "door")
    name = f"{protocol}-{version}"
    person = Person(clients, door, name, version=version, protocol=protocol)
    assert not person.session
    assert person.subscribe(f"{name}/#", qos=2) == [2]
    everything = bytes(range(256)) * 500
    for qos in (0, 1, 2):
        topic = f"{name}/水泵/{qos}"
        assert person.publish(topic, everything, qos=qos) == 0
        got = person.next()
        assert (got["topic"], got["payload"], got["qos"], got["retain"], got["dup"]) == (
            topic, everything, qos, False, False)
    person.leave()


@pytest.mark.parametrize("protocol", TRANSPORTS)
def test_an_empty_payload_arrives(clients, request, protocol):
    """Over WebSocket MQTT.js sends it as a message of its own, without a byte."""
    door = request.getfixturevalue("secure_door" if protocol == "wss" else "door")
    person = Person(clients, door, "empty-" + protocol, protocol=protocol)
    topic = "empty/" + protocol
    person.publish(topic, b"kept", retain=True)
    person.subscribe(topic)
    assert person.next()["payload"] == b"kept"
    person.publish(topic, b"", qos=2, retain=True)
    assert person.next()["payload"] == b""
    person.ask("unsubscribe", filter=topic)
    person.subscribe(topic)
    person.publish(topic, b"fresh")
    assert person.next()["payload"] == b"fresh"
    person.leave()


@pytest.mark.parametrize("protocol", ["mqtts", "wss"])
def test_a_certificate_that_is_not_trusted_is_no_way_in(clients, secure_door, protocol):
    with pytest.raises(Refused) as refused:
        Person(clients, secure_door, "careful-" + protocol, protocol=protocol, trusted=False)
    assert refused.value.code == "DEPTH_ZERO_SELF_SIGNED_CERT"


@pytest.mark.parametrize("version", [4, 5])
def test_a_retained_message_greets_and_is_cleared(clients, door, version):
    topic = f"kept/{version}/state"
    person = Person(clients, door, f"keeper-{version}", version=version)
    person.publish(topic, b"running", retain=True)
    person.subscribe(topic)
    got = person.next()
    assert got["retain"] and got["payload"] == b"running"
    # To who is subscribed already a new one is a message like others.
    person.publish(topic, b"stopped", retain=True)
    got = person.next()
    assert not got["retain"] and got["payload"] == b"stopped"
    person.publish(topic, b"", retain=True)
    assert person.next()["payload"] == b""
    person.ask("unsubscribe", filter=topic)
    person.subscribe(topic)
    person.publish(topic, b"fresh")
    assert person.next()["payload"] == b"fresh"
    person.leave()


def test_options_of_a_subscription_of_5(clients, door):
    person = Person(clients, door, "options")
    person.publish("opt/a", b"kept", retain=True)
    person.subscribe("opt/#", nl=True, rap=True, rh=2, properties={"subscriptionIdentifier": 77})
    other = Person(clients, door, "options-2")
    person.publish("opt/a", b"mine")
    other.publish("opt/a", b"theirs", retain=True)
    got = person.next()
    assert got["payload"] == b"theirs" and got["retain"], "neither its own nor the retained one"
    assert got["properties"]["subscriptionIdentifier"] == 77
    person.subscribe("opt/#", rh=1)
    person.subscribe("opt/b", properties={"subscriptionIdentifier": 5})
    other.publish("opt/b", b"once")
    got = person.next()
    assert got["payload"] == b"once" and got["properties"]["subscriptionIdentifier"] == 5
    assert person.ask("unsubscribe", filter="nowhere") in ([0x11], None)
    other.publish("opt/c", b"end")
    assert person.next()["payload"] == b"end"
    for one in (person, other):
        one.leave()


def test_properties_of_a_message_are_passed_on(clients, door):
    person = Person(clients, door, "properties")
    person.subscribe("props/#")
    said = {"payloadFormatIndicator": True, "messageExpiryInterval": 1000,
            "responseTopic": "answers/1", "contentType": "text/plain; charset=utf-8",
            "userProperties": {"站": ["1", "2"], "": "", "unit": "Cel"}}
    person.ask("publish", topic="props/a", payload=base64.b64encode("水".encode()).decode(),
               options={"qos": 1, "properties": said})
    got = person.next()["properties"]
    assert 990 <= got.pop("messageExpiryInterval") <= 1000
    assert got == {key: value for key, value in said.items() if key != "messageExpiryInterval"}
    person.leave()


def test_topic_aliases_in_both_directions(clients, door):
    person = Person(clients, door, "aliases", autoUseTopicAlias=True, autoAssignTopicAlias=True,
                    properties={"topicAliasMaximum": 4})
    assert person.properties["topicAliasMaximum"] > 0
    # MQTT.js 5.16 gives messages of QoS 2 that were named by alias to its user without a topic.
    person.subscribe("alias/#", qos=1)
    for i in range(60):
        person.publish(f"alias/{i % 6}", str(i).encode(), qos=i % 3)
    got = sorted((int(one["payload"]), one["topic"]) for one in (person.next() for _ in range(60)))
    assert got == [(i, f"alias/{i % 6}") for i in range(60)]
    wire = person.ask("wire")
    assert wire["sent_nameless"] > 0 and wire["received"] == 60
    assert wire["nameless"] > 0, "what is said often is not named again"
    person.leave()


def test_a_message_that_is_too_large_for_a_client_does_not_break_it(clients, door):
    reader = Person(clients, door, "small", properties={"maximumPacketSize": 200})
    reader.subscribe("size/#")
    writer = Person(clients, door, "large")
    writer.publish("size/a", b"x" * 500)
    writer.publish("size/a", b"fits")
    assert reader.next()["payload"] == b"fits"
    for one in (reader, writer):
        one.leave()


# ---- who may


@pytest.mark.parametrize("version, code", [(4, 4), (5, 0x86)])
def test_a_wrong_token_is_told_so(clients, door, version, code):
    with pytest.raises(Refused) as refused:
        Person(clients, door, f"thief-{version}", version=version, token="gty_" + "x" * 43)
    assert refused.value.code == code


def test_what_is_not_allowed_is_told_by_reason(clients, door):
    made = door.principal("narrow", {"permissions": ["topics:publish", "topics:subscribe"],
                                     "under": "mine"})
    person = Person(clients, door, "narrow", login="narrow", token=made["token"])
    assert person.subscribe("theirs/#") == [0x87]
    assert person.subscribe("mine/#", qos=2) == [2]
    with pytest.raises(Refused) as refused:
        person.publish("theirs/a", b"no", qos=1)
    assert refused.value.code == 0x87
    with pytest.raises(Refused) as refused:
        person.publish("theirs/a", b"no", qos=2)
    assert refused.value.code == 0x87
    assert person.publish("mine/a", b"yes", qos=2) == 0
    assert person.next()["payload"] == b"yes"
    person.leave()


# ---- wills, shared subscriptions


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("protocol", ["mqtt", "mqtts", "ws"])
def test_the_will_of_who_vanishes(clients, door, protocol, version):
    base = f"wills/{protocol}/{version}"
    watcher = Person(clients, door, "watcher-" + base)
    watcher.subscribe(base + "/#", qos=2)
    for name, end in (("gone", "vanish"), ("polite", "leave")):
        person = Person(clients, door, f"{name}-{base}", version=version, protocol=protocol,
                        will={"topic": f"{base}/{name}", "payload": b"lost", "qos": 2,
                              "retain": True})
        getattr(person, end)()
        person.closes.get(timeout=30)
    got = watcher.next()
    assert (got["topic"], got["payload"], got["qos"]) == (base + "/gone", b"lost", 2)
    watcher.publish(base + "/end")
    assert watcher.next()["topic"] == base + "/end"
    late = Person(clients, door, "late-" + base)
    late.subscribe(base + "/#")
    got = late.next()
    assert got["retain"] and got["topic"] == base + "/gone"
    for one in (watcher, late):
        one.leave()


def test_a_will_of_5_waits_and_is_said_when_asked_for(clients, door):
    watcher = Person(clients, door, "watcher")
    watcher.subscribe("late/#")

    def with_will(delay):
        return Person(clients, door, "willing", clean=False,
                      properties={"sessionExpiryInterval": 3600},
                      will={"topic": "late/will", "payload": b"lost", "qos": 1,
                            "properties": {"willDelayInterval": delay,
                                           "userProperties": {"why": "cable"}}})
    back_in_time = with_will(3600)
    back_in_time.vanish()
    back_in_time.closes.get(timeout=30)
    again = with_will(1)
    assert again.session
    watcher.publish("late/marker", b"nothing before")
    assert watcher.next()["payload"] == b"nothing before"
    again.vanish()
    got = watcher.next()
    assert got["payload"] == b"lost" and got["properties"]["userProperties"] == {"why": "cable"}
    asked = with_will(0)
    asked.leave(reason=4)
    assert watcher.next()["payload"] == b"lost"
    watcher.leave()


def test_a_shared_subscription_gives_each_message_to_one(clients, door):
    members = [Person(clients, door, f"member-{i}", version=version)
               for i, version in enumerate((5, 5, 4))]
    whole = Person(clients, door, "whole")
    whole.subscribe("work/#", qos=2)
    for member in members:
        member.subscribe("$share/crew/work/#", qos=2)
    writer = Person(clients, door, "boss")
    writer.flow("work/a", 0, 300, qos=2)()
    first = members.pop()
    first.leave()
    writer.flow("work/a", 300, 300, qos=2)()
    assert [int(whole.next()["payload"]) for _ in range(600)] == list(range(600))
    got = []
    for member in (*members, first):
        mine = []
        while not member.messages.empty():
            mine.append(int(member.next()["payload"]))
        assert mine == sorted(mine) and mine, "each has some, in their order"
        got += mine

    def all_there():
        for member in members:
            while not member.messages.empty():
                got.append(int(member.next()["payload"]))
        return len(got) >= 600

    wait_until(all_there, "what is on its way")
    assert sorted(got) == list(range(600))
    for one in (*members, whole, writer):
        one.leave()


# ---- what outlives a connection, and the program


@pytest.mark.parametrize("protocol", ["mqtt", "ws"])
@pytest.mark.parametrize("version", [4, 5])
def test_a_second_connection_takes_over_the_session(clients, door, protocol, version):
    name = f"twice-{protocol}-{version}"
    lasting = {"clean": False, "version": version, "clientId": name, "protocol": protocol}
    if version == 5:
        lasting["properties"] = {"sessionExpiryInterval": 3600}
    first = Person(clients, door, name + "-first", **lasting)
    first.subscribe(name, qos=2)
    second = Person(clients, door, name + "-second", **lasting)
    assert second.session
    if version == 5:
        assert first.disconnects.get(timeout=30)["reason"] == 0x8E
    first.closes.get(timeout=30)
    second.publish(name, b"once", qos=2)
    assert second.next()["payload"] == b"once"
    assert first.messages.empty()
    second.leave()


class Life:
    """What a gantryd lives through: it is killed and started again, and clients find it."""

    def __init__(self, door, people):
        self.door = door
        self.people = people

    def kill(self):
        self.door.node.kill()
        for person in self.people:
            person.closes.get(timeout=30)
        self.door.start()
        for person in self.people:
            person.move()
        for person in self.people:
            assert person.connects.get(timeout=60)["session"], person.name


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("qos", [1, 2])
def test_thousands_of_messages_across_kills(clients, tmp_path, version, qos):
    """Writers and a reader that come back by themselves. Nothing is lost, and what is of QoS 2 is
    not doubled, though gantryd is killed in the middle of it three times."""
    door = Door(str(tmp_path), tls=True)
    door.token = door.principal("plc")["token"]
    lasting = {"clean": False, "version": version, "reconnectPeriod": 50, "resubscribe": False}
    if version == 5:
        lasting["properties"] = {"sessionExpiryInterval": FOREVER}
    reader = Person(clients, door, "reader", **lasting)
    reader.subscribe("flow/#", qos=qos)
    writers = [Person(clients, door, f"writer-{protocol}", protocol=protocol, **lasting)
               for protocol in ("mqtt", "mqtts", "ws")]
    life = Life(door, [reader, *writers])
    got = {}
    seen = threading.Event()

    def read():
        while (message := reader.next(120))["topic"] != "flow/end":
            got.setdefault(message["topic"], []).append(int(message["payload"]))
            seen.set()

    reading = threading.Thread(target=read)
    reading.start()
    for lap in range(4):
        seen.clear()
        flows = [writer.flow("flow/" + writer.name, lap * 500, 500, qos=qos) for writer in writers]
        if lap < 3:
            assert seen.wait(60)
            life.kill()
        for wait in flows:
            wait(120)
    writers[0].publish("flow/end", qos=qos)
    reading.join(120)
    assert not reading.is_alive()
    for writer in writers:
        mine = got["flow/" + writer.name]
        if qos == 2:
            assert len(set(mine)) == len(mine)
        # A message that was sent again comes behind what followed it the first time.
        firsts = list(dict.fromkeys(mine))
        assert sorted(firsts) == list(range(2000)), writer.name
        assert firsts == list(range(2000)), writer.name
    for person in (reader, *writers):
        person.leave()
    door.node.stop()


def test_a_flow_over_all_transports_at_once(clients, door):
    """5 writers, 3 readers, 5,000 messages: each reader has each of them once, in its order."""
    readers = [Person(clients, door, f"flow-reader-{protocol}", protocol=protocol, version=version)
               for protocol, version in (("mqtt", 5), ("mqtts", 4), ("ws", 5))]
    for reader in readers:
        reader.subscribe("stream/#", qos=2)
    writers = [(Person(clients, door, f"flow-writer-{i}", protocol=protocol, version=4 + i % 2), 1 + i % 2)
               for i, protocol in enumerate(("mqtt", "mqtts", "ws", "mqtt", "ws"))]
    for wait in [writer.flow("stream/" + writer.name, 0, 1000, qos=qos) for writer, qos in writers]:
        wait(120)
    writers[0][0].publish("stream/end", qos=2)
    for reader in readers:
        got = reader.payloads_until("stream/end")
        assert got == {"stream/" + writer.name: [str(n) for n in range(1000)]
                       for writer, _ in writers}
    for person in (*readers, *(writer for writer, _ in writers)):
        person.leave()


@pytest.mark.parametrize("protocol", ["mqtt", "mqtts", "ws"])
def test_a_stop_is_told(clients, tmp_path, protocol):
    door = Door(str(tmp_path), tls=True)
    door.token = door.principal("plc")["token"]
    person = Person(clients, door, f"told-{protocol}", protocol=protocol)
    door.node.stop()
    person.closes.get(timeout=30)
    assert person.disconnects.get_nowait()["reason"] == 0x8B
