# SPDX-License-Identifier: Apache-2.0
"""What the guides of MQTT tell people to do, done."""

import json
import re
import shlex
import subprocess

import pytest

from gantryd_process import Client
from mqtt_door import Door
from sdk_process import CHECKOUT

GUIDES = CHECKOUT / "docs/guide"


def blocks(guide, first):
    """The blocks of code of a guide that begin with that."""
    found = re.findall(r"^```\w*\n(.*?)^```", (GUIDES / guide).read_text(), re.MULTILINE | re.DOTALL)
    return [one for one in found if one.startswith(first)]


def requests(block):
    """`POST /path {json}`, where the JSON may go on in lines that are further in."""
    for method, path, body in re.findall(r"^([A-Z]+) (\S+) +(\{.*?\})\n(?=[A-Z]|\Z)", block,
                                         re.MULTILINE | re.DOTALL):
        yield method, path, json.loads(body)


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("guides")))
    yield made
    made.node.stop()


def test_a_machine_is_let_in_as_the_guide_says(door):
    [block] = blocks("mqtt.md", "POST")
    made = {}
    for method, path, body in requests(block):
        if body.get("password") == "…":
            body["password"] = "a-first-password"
        made[path] = door.api.call(method, path, body).json()
        if path == "/v1/principals":
            first = door.node.anonymous().create(
                "/v1/session", {"login": body["login"], "password": body["password"]})
            Client(door.node.url, first["access_token"]).call(
                "PUT", "/v1/session/password",
                {"current": body["password"], "new": "a-second-password"})
    assert list(made) == ["/v1/roles", "/v1/principals", "/v1/tokens"]

    commands, *_ = blocks("mqtt.md", "mosquitto_sub")
    words = [shlex.split(line.replace("$TOKEN", made["/v1/tokens"]["token"]))
             for line in commands.splitlines()]
    assert [one[0] for one in words] == ["mosquitto_sub", "mosquitto_pub"]
    subscribe, publish = ([*one, "-p", str(door.port)] for one in words)
    done = subprocess.run(publish, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    with subprocess.Popen(["stdbuf", "-oL", *subscribe, "-d", "-C", "1"], text=True,
                          stdout=subprocess.PIPE) as reader:
        for line in reader.stdout:
            if line.startswith("Subscribed"):
                assert line.rstrip().endswith(": 1"), line
                break
        door.api.create("/v1/broker/messages",
                        {"topic": "plant/press1/commands/start", "text": "go", "qos": 1})
        assert "go" in reader.communicate(timeout=60)[0].splitlines()


def test_what_the_guide_lists_is_there(door):
    rows = re.findall(r"^\| `GET (/v1/broker\S*)` \|", (GUIDES / "mqtt.md").read_text(), re.MULTILINE)
    assert len(rows) >= 4
    for path in rows:
        if "{" not in path:
            assert door.api.get(path) is not None


def test_the_mappings_of_the_guide(door):
    short, long_ = (json.loads(one) for one in blocks("mqtt-mappings.md", "{"))
    trial = {"mapping": short, "topic": "factory/line1/press",
             "text": '{"temp": 21.5, "motor": {"speed": 1450}}'}
    text = (GUIDES / "mqtt-mappings.md").read_text()
    assert trial["text"] in text
    shown = door.api.create("/v1/mappings/preview", trial)["items"]
    assert [one["point"] for one in shown] == [
        "factory/line1/press.temp", "factory/line1/press/motor.speed"]
    shown = door.api.create("/v1/mappings/preview", {
        "mapping": long_, "topic": "factory/line1/press/telemetry", "text": json.dumps(
            {"metrics": [{"name": "temp", "value": 21.5, "unit": "Cel", "q": 192,
                          "ts": 1_700_000_000_000},
                         {"name": "speed", "value": "1450", "q": "odd", "ts": 1_700_000_000_000}]})})
    assert [(one["point"], one["value"], one["quality"]) for one in shown["items"]] == [
        ("line1/press.temp", 21.5, "Good"), ("line1/press.speed", 1450, "Uncertain")]


def test_the_publications_of_the_guide(door):
    door.api.create("/v1/assets", {"key": "plant"})
    door.api.create("/v1/assets", {"key": "line1", "parent": "plant"})
    door.api.create("/v1/assets", {"key": "press1", "parent": "plant/line1"})
    door.api.create("/v1/points", {"asset": "plant/line1/press1", "key": "temperature",
                                   "unit": "Cel"})
    [command] = blocks("mqtt-publications.md", "mosquitto_sub")
    command, shown = command.splitlines()
    door.principal("listener")
    token = door.api.create("/v1/tokens", {"name": "l", "principal": "listener"})["token"]
    words = [{"$TOKEN": token, "press1": "listener"}.get(one, one) for one in shlex.split(command)]
    with subprocess.Popen([*words, "-p", str(door.port), "-C", "1", "-W", "60"], text=True,
                          stdout=subprocess.PIPE) as reader:
        row = {"point": "plant/line1/press1.temperature", "value": 21.5,
               "time": "2026-11-30T08:30:00Z"}
        assert door.api.post("/v1/samples", {"samples": [row]}).status == 204
        for block in blocks("mqtt-publications.md", "POST"):
            for method, path, body in requests(block):
                assert door.api.call(method, path, body).status == 201
        assert reader.communicate(timeout=60)[0].rstrip() == shown
    nodes = door.api.get("/v1/publications")["items"]
    assert [(one["key"], one["format"]) for one in nodes] == [("line1", "json"),
                                                             ("scada", "sparkplug_b")]
