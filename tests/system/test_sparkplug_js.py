# SPDX-License-Identifier: Apache-2.0
"""An edge node of Eclipse Tahu, for which gantryd is the Sparkplug host application."""

import json
import queue
import time

import pytest

import node_program
from gantryd_process import wait_until
from mqtt_door import Door
from node_program import NodeProgram

HOST_STATE = "spBv1.0/STATE/+"
REORDER_SECONDS = 5  # how long the host waits for a message that is missing


class EdgeNode:
    """A process with one node. What it is told by the host is waited for."""

    def __init__(self, door, name, **config):
        node_program.install()
        self.name = name
        self.commands, self.closes = queue.Queue(), queue.Queue()
        self.program = NodeProgram("sparkplug_node.mjs", self._hear)
        self.ask("connect", config={
            "serverUrl": f"mqtt://127.0.0.1:{door.port}", "username": "plc", "password": door.token,
            "groupId": "Works", "edgeNode": name, "clientId": "edge-" + name,
            "version": "spBv1.0", **config})

    def _hear(self, event):
        (self.commands if event["event"] == "ncmd" else self.closes).put(event)

    def ask(self, do, **order):
        return self.program.ask(do, **order)

    def born(self, *metrics, **more):
        control = {"name": "Node Control/Rebirth", "type": "Boolean", "value": False}
        self.ask("node_birth", metrics=[control, *metrics], **more)

    def data(self, *metrics, **more):
        self.ask("node_data", metrics=list(metrics), **more)

    def device_born(self, device, *metrics):
        self.ask("device_birth", device=device, metrics=list(metrics))

    def device_data(self, device, *metrics):
        self.ask("device_data", device=device, metrics=list(metrics))

    def asked_for_a_birth(self, timeout=30):
        command = self.commands.get(timeout=timeout)
        return [(one["name"], one["value"]) for one in command["metrics"]] == [
            ("Node Control/Rebirth", True)]


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("sparkplug")))
    made.token = made.principal("plc")["token"]
    made.api.create("/v1/mappings", {"key": "sparkplug", "topic": "spBv1.0/#",
                                     "format": "sparkplug_b", "create_points": True})
    yield made
    made.node.stop()


def latest(door, point):
    try:
        return door.api.get("/v1/points/" + point.replace("/", "%2F") + "/latest")
    except Exception as error:  # pylint: disable=broad-except
        if getattr(error, "status", 0) != 404:
            raise
        return {"value": None, "quality": None}


def says(door, point, value, quality="good"):
    """What the client sends has QoS 0, so it is not there yet when it is sent."""
    said = {}

    def there():
        said.update(latest(door, point))
        return said["value"] == value and said["quality"] == quality

    wait_until(there, lambda: f"{point} to be {value}, {quality}; it is {said}")
    return said


def test_a_node_and_its_devices_are_born_report_and_die(door):
    node = EdgeNode(door, "Press")
    node.born({"name": "Temperature", "alias": 1, "type": "Double", "value": 20.5,
               "properties": {"engUnit": {"type": "String", "value": "Cel"}}},
              {"name": "Line/Running", "alias": 2, "type": "Boolean", "value": True})
    node.device_born("Pump", {"name": "Speed", "alias": 3, "type": "Int32", "value": 1450})
    node.device_born("Fan", {"name": "Speed", "alias": 4, "type": "Int32", "value": 900})
    says(door, "Works/Press.Temperature", 20.5)
    assert door.api.get("/v1/points/Works%2FPress.Temperature")["unit"] == "Cel"
    says(door, "Works/Press/Line.Running", True)
    says(door, "Works/Press/Pump.Speed", 1450)
    says(door, "Works/Press/Fan.Speed", 900)
    # Through the end of the sequence numbers, by alias.
    begin = int(time.time() * 1000)
    for i in range(300):
        at = {"timestamp": begin + i}
        node.data({"alias": 1, "type": "Double", "value": i + 0.5, **at})
        node.device_data("Pump", {"alias": 3, "type": "Int32", "value": i, **at})
    says(door, "Works/Press.Temperature", 299.5)
    says(door, "Works/Press/Pump.Speed", 299)
    count = door.api.sql("SELECT count(*), count(DISTINCT value) FROM samples "
                         "WHERE point = 'Works/Press/Pump.Speed'")["rows"]
    assert count == [[301, 301]], "none is lost, none is there twice"
    node.ask("device_death", device="Pump")
    says(door, "Works/Press/Pump.Speed", 299, "uncertain")
    assert latest(door, "Works/Press/Fan.Speed")["quality"] == "good"
    node.device_born("Pump", {"name": "Speed", "alias": 3, "type": "Int32", "value": 7})
    says(door, "Works/Press/Pump.Speed", 7)
    assert node.commands.empty(), "nothing was missing"
    node.program.kill()
    for point, value in (("Press.Temperature", 299.5), ("Press/Line.Running", True),
                         ("Press/Pump.Speed", 7), ("Press/Fan.Speed", 900)):
        says(door, "Works/" + point, value, "uncertain")
    again = EdgeNode(door, "Press")
    again.born({"name": "Temperature", "alias": 9, "type": "Double", "value": 1})
    says(door, "Works/Press.Temperature", 1)
    assert latest(door, "Works/Press/Fan.Speed")["quality"] == "uncertain"
    again.program.stop()


def test_a_node_that_stops_says_so(door):
    node = EdgeNode(door, "Polite", publishDeath=True)
    node.born({"name": "v", "type": "Int64", "value": "-9007199254740993"})
    says(door, "Works/Polite.v", "-9007199254740993")
    node.ask("stop")
    node.closes.get(timeout=30)
    says(door, "Works/Polite.v", "-9007199254740993", "uncertain")
    node.program.stop()


# As JSON has them: whole numbers that not every reader of it keeps are texts.
SCALARS = [
    ("Int8", -8, -8), ("Int16", -16, -16), ("Int32", -32, -32),
    ("Int64", "-9223372036854775808", "-9223372036854775808"), ("UInt8", 255, 255),
    ("UInt16", 65535, 65535), ("UInt32", 4294967295, 4294967295),
    ("UInt64", "9223372036854775807", "9223372036854775807"), ("Float", 0.5, 0.5),
    ("Double", 0.1, 0.1), ("Boolean", True, True), ("String", "水泵", "水泵"), ("Text", "", ""),
    ("DateTime", "1700000000005", 1700000000005),
    ("UUID", "123e4567-e89b-12d3-a456-426614174000", "123e4567-e89b-12d3-a456-426614174000"),
    ("Bytes", "AP8Q", "AP8Q"), ("File", "AQI=", "AQI")]


def test_values_of_every_type(door):
    node = EdgeNode(door, "Types")
    node.born(*({"name": "T/" + kind, "type": kind, "value": value} for kind, value, _ in SCALARS),
              {"name": "T/Wide", "type": "UInt64", "value": "1"})
    for kind, _, value in SCALARS:
        says(door, "Works/Types/T." + kind, value)
    node.data({"name": "T/Wide", "type": "UInt64", "value": "18446744073709551615"})
    says(door, "Works/Types/T.Wide", None, "bad")
    node.data({"name": "T/Int8", "type": "Int8", "value": None})
    says(door, "Works/Types/T.Int8", None, "bad")
    # What the node remembers from when it was cut off is history; what its sensor says of itself counts.
    node.data({"name": "T/Double", "type": "Double", "value": 5, "timestamp": 1_600_000_000_000,
               "isHistorical": True})
    node.data({"name": "T/Int16", "type": "Int16", "value": 4,
               "properties": {"Quality": {"type": "Int32", "value": 500}}})
    says(door, "Works/Types/T.Int16", 4, "uncertain")
    assert latest(door, "Works/Types/T.Double")["value"] == 0.1
    old = door.api.sql("SELECT value FROM samples WHERE point = 'Works/Types/T.Double' "
                       "AND time < TIMESTAMP '2021-01-01'")["rows"]
    assert old == [[5]]
    node.program.stop()


def test_templates_and_data_sets(door):
    node = EdgeNode(door, "Shapes")
    motor = {"version": "1", "isDefinition": True, "parameters": [],
             "metrics": [{"name": "speed", "type": "Int32", "value": 0},
                         {"name": "state", "type": "String", "value": ""}]}
    instance = {"version": "1", "templateRef": "motor", "isDefinition": False, "parameters": [],
                "metrics": [{"name": "speed", "type": "Int32", "value": 1450},
                            {"name": "state", "type": "String", "value": "run"}]}
    table = {"numOfColumns": 3, "columns": ["n", "x", "on"], "types": ["Int64", "Double", "Boolean"],
             "rows": [["-1", 0.5, True], ["2", 1.5, False]]}
    node.born({"name": "_types_/motor", "type": "Template", "value": motor},
              {"name": "M1", "type": "Template", "value": {**instance, "templateRef": "_types_/motor"}},
              {"name": "Table", "type": "DataSet", "value": table})
    says(door, "Works/Shapes/M1.speed", 1450)
    says(door, "Works/Shapes/M1.state", "run")
    text = wait_until(lambda: latest(door, "Works/Shapes.Table")["value"], "the table")
    assert json.loads(text) == {"columns": ["n", "x", "on"],
                                "rows": [[-1, 0.5, True], [2, 1.5, False]]}
    moved = {**instance, "templateRef": "_types_/motor",
             "metrics": [{"name": "speed", "type": "Int32", "value": 1451}]}
    node.data({"name": "M1", "type": "Template", "value": moved})
    says(door, "Works/Shapes/M1.speed", 1451)
    says(door, "Works/Shapes/M1.state", "run")
    node.program.stop()


def test_data_before_a_birth_are_answered_by_the_wish_for_one(door):
    node = EdgeNode(door, "Early")
    node.data({"alias": 1, "type": "Double", "value": 1})
    assert node.asked_for_a_birth()
    node.born({"name": "v", "alias": 1, "type": "Double", "value": 2})
    says(door, "Works/Early.v", 2)
    node.data({"alias": 1, "type": "Double", "value": 3})
    says(door, "Works/Early.v", 3)
    node.program.stop()


def test_what_is_lost_on_the_way_is_asked_for_by_a_rebirth(door):
    node = EdgeNode(door, "Gap")
    node.born({"name": "v", "alias": 1, "type": "Double", "value": 1})
    says(door, "Works/Gap.v", 1)
    node.ask("lose", count=1)
    node.data({"alias": 1, "type": "Double", "value": 3})
    assert node.asked_for_a_birth(timeout=REORDER_SECONDS + 30)
    says(door, "Works/Gap.v", 3)
    node.born({"name": "v", "alias": 1, "type": "Double", "value": 4})
    says(door, "Works/Gap.v", 4)
    assert node.commands.empty()
    node.program.stop()


def test_a_compressed_payload_is_a_dead_letter(door):
    """No part of Sparkplug 3.0, but this client can."""
    node = EdgeNode(door, "Packed")
    node.born({"name": "v", "type": "Double", "value": 1},
              options={"compress": True, "algorithm": "DEFLATE"})

    def letters():
        return [one for one in door.api.get("/v1/broker/dead_letters")["items"]
                if one["topic"] == "spBv1.0/Works/NBIRTH/Packed"]

    letter = wait_until(letters, "the dead letter")[0]
    assert letter["reason"] == "sparkplug" and letter["client_id"] == "edge-Packed"
    assert "Works/Packed" in letter["detail"]
    assert latest(door, "Works/Packed.v")["value"] is None
    node.program.stop()


def test_the_host_says_that_it_is_there(door):
    state = door.api.get("/v1/broker/retained", filter=HOST_STATE)["items"]
    assert len(state) == 1 and json.loads(state[0]["text"])["online"] is True
