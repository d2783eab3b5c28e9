# SPDX-License-Identifier: Apache-2.0
"""EDG-1: devices that are there are found, and told from ports that are only open."""

import contextlib
import socket
import subprocess

import pytest

from bacnet_device import BacnetDevice, free_udp_port
from connections import connect_points, seen
from gantryd_process import BIN, Gantryd
from modbus_liar import Liar, right_answer
from mosquitto_process import Mosquitto
from opcua_server import OpcuaServer
from test_iec104 import Station
from test_s7 import Controller


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


def test_who_is_there_is_told_with_the_settings_to_reach_it(node, tmp_path):
    api = node.client()
    with contextlib.ExitStack() as there:
        modbus = there.enter_context(Liar(right_answer))
        plc = there.enter_context(Controller())
        station = there.enter_context(Station())
        broker = there.enter_context(Mosquitto(tmp_path))
        server = there.enter_context(OpcuaServer({"Level": (1.5, "Double")}))
        controller = there.enter_context(BacnetDevice())
        mute = there.enter_context(socket.create_server(("127.0.0.1", 0)))
        nobody = mute.getsockname()[1]
        free = socket.create_server(("127.0.0.1", 0))
        closed = free.getsockname()[1]
        free.close()
        closed_udp = free_udp_port()
        ports = {"modbus_tcp": [modbus.port, closed], "s7": [plc.port], "iec104": [station.port],
                 "mqtt": [broker.port, nobody], "opcua": [server.port], "bacnet_ip": [controller.port, closed_udp]}
        answer = api.create("/v1/discovery", {"hosts": "127.0.0.1", "consent": True,
                                              "protocols": ports})
        assert answer["hosts"] == 1
        found = {(one["protocol"], one["port"]): one for one in answer["items"]}
        assert set(found) == {(name, port) for name, ports in ports.items() for port in ports
                              if port not in (closed, closed_udp)}
        for (name, port), one in found.items():
            assert one["host"] == "127.0.0.1"
            assert (one["confidence"] > 0.5) == (port != nobody), one
        assert "6ES7" in found["s7", plc.port]["detail"]
        assert "Example Controls Model 7" in found["bacnet_ip", controller.port]["detail"]
        # What is found can be saved as it is.
        for name, port, address, value in (("modbus_tcp", modbus.port, "hr:0:u16", 42),
                                           ("bacnet_ip", controller.port, "AI:1", 21.5),
                                           ("opcua", server.port,
                                            "nsu=http://gantry.example/plant;s=Level", 1.5)):
            connect_points(api, name, name, found[name, port]["settings"], {"v": (address, {})})
            assert seen(api, f"{name}.v", value)["quality"] == "good"
            api.call("DELETE", f"/v1/connections/{name}")
        said = subprocess.run(
            [f"{BIN}/gantry", "connections", "discover", "127.0.0.1", "--protocol",
             f"s7:{plc.port}", "--yes", "--url", node.url, "--token-file", "-"],
            input=api.token, capture_output=True, text=True, check=True)
        assert "s7" in said.stdout and "0.95" in said.stdout, said.stdout


def test_each_protocol_is_looked_for_at_its_usual_port(node):
    usual = {protocol["name"]: protocol["discovery"]["port"]
             for protocol in node.client().get("/v1/protocols")["items"] if "discovery" in protocol}
    assert usual == {"modbus_tcp": 502, "s7": 102, "iec104": 2404, "mqtt": 1883, "opcua": 4840,
                     "http_json": 80, "ethernet_ip": 44818, "slmp": 5007,
                     "fins": 9600, "bacnet_ip": 47808}
    with contextlib.ExitStack() as there:
        for name in ("iec104", "ethernet_ip"):  # an address where nobody else listens
            there.enter_context(socket.create_server(("127.0.0.99", usual[name])))
        answer = node.client().create("/v1/discovery", {"hosts": "127.0.0.99", "consent": True})
    found = {one["protocol"]: one["port"] for one in answer["items"]}
    assert found["iec104"] == 2404 and found["ethernet_ip"] == 44818, answer


@pytest.mark.parametrize("body, field", [
    ({"hosts": "127.0.0.1"}, "/consent"),
    ({"hosts": "127.0.0.1", "consent": False}, "/consent"),
    ({"hosts": "10.0.0.0/8", "consent": True}, "/hosts"),
    ({"hosts": "10.0.0.9-3", "consent": True}, "/hosts"),
    ({"hosts": "10.0.0.1/33", "consent": True}, "/hosts"),
    ({"hosts": "", "consent": True}, "/hosts"),
    ({"hosts": "a b", "consent": True}, "/hosts"),
    ({"hosts": "127.0.0.1", "consent": True, "protocols": {"modbus_serial": []}}, "/protocols"),
    ({"hosts": "127.0.0.1", "consent": True, "protocols": {"s7": [0]}}, "/protocols/s7")])
def test_what_is_not_looked_for_is_told(node, body, field):
    wrong = node.client().refused("POST", "/v1/discovery", body)
    assert wrong.status == 400 and wrong.problem["fields"][0]["field"] == field, wrong.problem


def test_a_protocol_that_is_not_there_is_named(node):
    wrong = node.client().refused("POST", "/v1/discovery", {
        "hosts": "127.0.0.1", "consent": True, "protocols": {"telepathy": []}})
    assert "telepathy" in wrong.problem["detail"]
