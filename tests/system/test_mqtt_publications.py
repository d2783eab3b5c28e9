# SPDX-License-Identifier: Apache-2.0
"""Points that clients of the broker are told about, as Mosquitto's and Paho's clients hear it."""

import json

import paho.mqtt.client as paho
import pytest

from gantryd_process import Client, wait_until
from test_mqtt import Door, Person, counter, messages, metric, sparkplug


@pytest.fixture
def door(tmp_path):
    made = Door(str(tmp_path))
    made.token = made.principal("plc")["token"]
    for key, parent in (("plant", None), ("line1", "plant"), ("press1", "plant/line1"),
                        ("press2", "plant/line1")):
        made.api.create("/v1/assets", {"key": key, **({"parent": parent} if parent else {})})
    for press in ("press1", "press2"):
        made.api.create("/v1/points", {"asset": f"plant/line1/{press}", "key": "temperature",
                                       "unit": "Cel"})
        made.api.create("/v1/points", {"asset": f"plant/line1/{press}", "key": "running",
                                       "type": "bool"})
    yield made
    made.node.stop()


def write(door, point, value, **more):
    row = {"point": point, "value": value, **more}
    assert door.api.post("/v1/samples", {"samples": [row]}).status == 204


def state(door, key):
    return door.api.get(f"/v1/publications/{key}")["state"]


def test_values_that_change_are_told(door):
    write(door, "plant/line1/press1.temperature", 20.5)
    with door.sub("-t", "out/#", "-C", "4", "-F", "%r %q %t %p") as process:
        made = door.api.create("/v1/publications", {
            "key": "line1", "under": "plant/line1", "points": "*press1.*", "qos": 1,
            "topic": "out/{asset.path}/{point}"})
        assert made["version"] == 1
        wait_until(lambda: state(door, "line1")["published"] == 1, "what was there before")
        assert state(door, "line1")["points"] == 2
        write(door, "plant/line1/press1.temperature", 21.5, quality="uncertain")
        wait_until(lambda: state(door, "line1")["published"] == 2, "the change")
        # What is as it was is not told, nor is history, nor what the pattern leaves out.
        write(door, "plant/line1/press1.temperature", 21.5, quality="uncertain")
        write(door, "plant/line1/press1.temperature", 5.0, time="2024-01-01T00:00:00Z")
        write(door, "plant/line1/press2.temperature", 99.0)
        write(door, "plant/line1/press1.running", True)
        wait_until(lambda: state(door, "line1")["published"] == 3, "the other point")
        write(door, "plant/line1/press1.temperature", 22.0)
        lines = [line.split(" ", 3) for line in messages(process)]
    assert [(line[2], json.loads(line[3])["value"]) for line in lines] == [
        ("out/plant/line1/press1/temperature", 20.5),
        ("out/plant/line1/press1/temperature", 21.5),
        ("out/plant/line1/press1/running", True),
        ("out/plant/line1/press1/temperature", 22.0)]
    said = json.loads(lines[1][3])
    assert said["unit"] == "Cel" and said["quality"] == "Uncertain" and said["time"].endswith("Z")
    assert "unit" not in json.loads(lines[2][3])
    # Retained: who comes later hears the last of each.
    with door.sub("-t", "out/#", "-C", "2", "-F", "%r %t") as process:
        assert sorted(messages(process)) == ["1 out/plant/line1/press1/running",
                                             "1 out/plant/line1/press1/temperature"]
    assert counter(door, "gantry_publication_messages_total") >= 4


def test_a_publication_goes_on_after_a_kill_and_with_new_points(door):
    door.api.create("/v1/publications", {"key": "all", "topic": "all/{path}"})
    write(door, "plant/line1/press1.temperature", 1.0)
    wait_until(lambda: state(door, "all")["published"] == 1, "the first")
    door.node.kill()
    door.start()
    person = Person(door, "reader")
    person.subscribe("all/#", qos=0)
    assert json.loads(person.next().payload)["value"] == 1.0
    door.api.create("/v1/points", {"asset": "plant", "key": "new"})
    write(door, "plant.new", 7.0)
    while (message := person.next()).topic != "all/plant/new":
        pass
    assert json.loads(message.payload)["value"] == 7.0
    # Changed, it is another one; removed, it says nothing more.
    before = door.api.get("/v1/publications/all")
    answer = door.api.call("PUT", "/v1/publications/all", {"key": "all", "topic": "else/{path}"},
                           headers={"If-Match": f'"{before["version"]}"'})
    assert answer.status == 200
    person.subscribe("else/#", qos=0)
    assert person.next().topic.startswith("else/")
    door.api.call("DELETE", "/v1/publications/all")
    assert door.api.get("/v1/publications")["items"] == []
    person.leave()


def test_too_often_is_the_latest_value_once(door):
    door.api.create("/v1/publications", {"key": "slow", "under": "plant/line1/press1.temperature",
                                         "topic": "slow/{point}", "min_interval": "2s"})
    person = Person(door, "reader")
    person.subscribe("slow/#", qos=0)
    for i in range(50):
        write(door, "plant/line1/press1.temperature", float(i))
    values = []
    while not values or values[-1] != 49.0:
        values.append(json.loads(person.next().payload)["value"])
    assert values[0] == 0.0 and values == sorted(values) and len(values) < 50
    told = state(door, "slow")
    assert told["published"] + told["coalesced"] == 50, told
    person.leave()


def test_what_would_come_back_is_refused_or_skipped(door):
    api = door.api
    api.create("/v1/mappings", {"key": "takes", "topic": "machines/{x}/#"})
    refused = api.refused("POST", "/v1/publications", {"key": "a", "topic": "machines/{path}"})
    assert refused.status == 400
    for words in ("takes", "machines/plant/line1/press1", "would come back"):
        assert words in str(refused.problem), refused.problem
    api.create("/v1/publications", {"key": "later", "topic": "later/{path}"})
    write(door, "plant/line1/press1.temperature", 1.0)
    wait_until(lambda: state(door, "later")["published"] == 1, "the first")
    api.create("/v1/mappings", {"key": "too", "topic": "later/#", "create_points": True})
    wait_until(lambda: state(door, "later")["skipped"] == 4, "its points to be skipped")
    assert "'too'" in state(door, "later")["problem"] and state(door, "later")["points"] == 0
    api.call("DELETE", "/v1/mappings/too")
    wait_until(lambda: state(door, "later")["points"] == 4, "its points again")
    assert api.refused("GET", "/v1/points/later%2Fplant%2Fline1%2Fpress1.value").status == 404
    shared = api.refused("POST", "/v1/publications", {"key": "b", "topic": "b/{point}"})
    assert shared.status == 400 and "would have the topic 'b/" in str(shared.problem)
    for body, field in (({"key": "c", "topic": "c/x"}, "topic"), ({"key": "c"}, "topic"),
                        ({"key": "c", "topic": "c/{path}", "qos": 3}, "qos"),
                        ({"key": "c", "format": "sparkplug_b", "group": "G"}, "node")):
        refused = api.refused("POST", "/v1/publications", body)
        assert refused.status == 400 and field in str(refused.problem), refused.problem


def test_nobody_tells_what_it_may_not_read_or_say(door):
    door.principal("teller", {"permissions": ["mappings:*"]},
                   {"permissions": ["samples:read"], "under": "plant/line1/press1"},
                   {"permissions": ["topics:publish"], "under": "mine"})
    token = door.api.create("/v1/tokens", {"name": "t", "principal": "teller"})["token"]
    teller = Client(door.node.url, token)
    allowed = {"key": "ok", "under": "plant/line1/press1", "topic": "mine/{path}"}
    teller.create("/v1/publications", allowed)
    for change in ({"under": ""}, {"under": "plant/line1"}, {"topic": "theirs/{path}"},
                   {"topic": "{path}"}, {"topic": "mine{path}"}):
        refused = teller.refused("POST", "/v1/publications", {**allowed, "key": "no", **change})
        assert refused.status in (403, 404), change


def decode(payload):
    """Fields of Sparkplug's protobuf that the tests look at: seq, and metrics by name or alias."""
    def fields(data):
        at = 0
        while at < len(data):
            key, at = number(data, at)
            if key & 7 == 0:
                value, at = number(data, at)
            elif key & 7 == 1:
                value, at = data[at:at + 8], at + 8
            elif key & 7 == 2:
                size, at = number(data, at)
                value, at = data[at:at + size], at + size
            else:
                value, at = data[at:at + 4], at + 4
            yield key >> 3, value

    def number(data, at):
        out = shift = 0
        while True:
            out |= (data[at] & 0x7f) << shift
            shift += 7
            at += 1
            if data[at - 1] < 0x80:
                return out, at

    seq, metrics = None, []
    for field, value in fields(payload):
        if field == 3:
            seq = value
        elif field == 2:
            metrics.append(dict(fields(value)))
    return seq, metrics


def test_as_a_node_of_sparkplug(door):
    import struct
    host = Person(door, "host")
    host.subscribe("spBv1.0/#", qos=1)
    write(door, "plant/line1/press1.temperature", 20.5)
    door.api.create("/v1/publications", {"key": "scada", "under": "plant/line1",
                                         "format": "sparkplug_b", "group": "F", "node": "Gantry"})
    births = {}
    while len(births) < 3:
        message = host.next()
        births[message.topic] = decode(message.payload)
    assert set(births) == {"spBv1.0/F/NBIRTH/Gantry",
                           "spBv1.0/F/DBIRTH/Gantry/plant.line1.press1",
                           "spBv1.0/F/DBIRTH/Gantry/plant.line1.press2"}
    assert births["spBv1.0/F/NBIRTH/Gantry"][0] == 0
    born = {one[1].decode(): one for one in
            births["spBv1.0/F/DBIRTH/Gantry/plant.line1.press1"][1]}
    assert struct.unpack("<d", born["temperature"][13])[0] == 20.5
    assert set(born) == {"temperature", "running"}
    write(door, "plant/line1/press1.temperature", 21.5)
    data = host.next()
    assert data.topic == "spBv1.0/F/DDATA/Gantry/plant.line1.press1"
    seq, values = decode(data.payload)
    assert seq == 3 and values[0][2] == born["temperature"][2]
    assert struct.unpack("<d", values[0][13])[0] == 21.5
    # Whoever asks gets births anew.
    host.publish("spBv1.0/F/NCMD/Gantry", sparkplug(
        None, metric("Node Control/Rebirth", kind="Boolean", value=True)), qos=1)
    topics = []
    while len(topics) < 4:
        topics.append(host.next().topic)
    assert topics[1:] == ["spBv1.0/F/NBIRTH/Gantry", "spBv1.0/F/DBIRTH/Gantry/plant.line1.press1",
                          "spBv1.0/F/DBIRTH/Gantry/plant.line1.press2"]
    refused = door.api.refused("POST", "/v1/mappings", {"key": "no key", "topic": "x"})
    assert refused.status == 400
    door.node.stop()
    death = host.next()
    assert death.topic == "spBv1.0/F/NDEATH/Gantry" and death.qos == 1
    host.client.loop_stop()
    door.start()


def test_a_host_of_ours_reads_a_node_of_ours(tmp_path_factory, door):
    """Two Gantrys: what one says another one's mapping reads."""
    other = Door(str(tmp_path_factory.mktemp("other")))
    other.token = other.principal("plc")["token"]
    other.api.create("/v1/mappings", {"key": "s", "topic": "spBv1.0/#", "format": "sparkplug_b",
                                      "create_points": True})
    here = Person(door, "carrier")
    there = Person(other, "carrier")
    here.client.on_message = lambda client, data, message: \
        there.client.publish(message.topic, message.payload, qos=1)
    there.client.on_message = lambda client, data, message: \
        here.client.publish(message.topic, message.payload, qos=1)
    there.subscribe("spBv1.0/+/NCMD/+", qos=1)
    here.subscribe([("spBv1.0/+/NBIRTH/+", paho.SubscribeOptions(qos=1)),
                    ("spBv1.0/+/DBIRTH/+/+", paho.SubscribeOptions(qos=1)),
                    ("spBv1.0/+/DDATA/+/+", paho.SubscribeOptions(qos=1))])
    write(door, "plant/line1/press1.temperature", 20.5)
    door.api.create("/v1/publications", {"key": "scada", "under": "plant/line1/press1",
                                         "format": "sparkplug_b", "group": "F", "node": "Gantry"})

    def latest():
        rows = other.api.sql("SELECT value FROM latest WHERE point LIKE '%press1.temperature'")
        return rows["rows"][0][0] if rows["rows"] else None

    wait_until(lambda: latest() == 20.5, "the birth")
    for value in (21.0, 22.0, 23.5):
        write(door, "plant/line1/press1.temperature", value)
    wait_until(lambda: latest() == 23.5, "the last value")
    here.leave()
    there.leave()
    other.node.stop()
