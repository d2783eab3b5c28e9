# SPDX-License-Identifier: Apache-2.0
"""Gantry as an OPC UA server, used by node-opcua."""

import datetime
import queue

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

import node_program
from gantryd_process import wait_until
from node_program import NodeProgram, Refused
from opcua_door import Door

FLOW = "ns=2;s=plant/pump3.flow"


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    made = Door(str(tmp_path_factory.mktemp("opcua-js")))
    made.api.create("/v1/assets", {"key": "plant"})
    made.api.create("/v1/assets", {"key": "pump3", "parent": "plant"})
    made.api.create("/v1/points", {"asset": "plant/pump3", "key": "flow", "type": "float64",
                                   "unit": "m3/h", "range": {"min": 0, "max": 500}})
    made.api.post("/v1/samples", {"samples": [
        {"point": "plant/pump3.flow", "columns": {
            "time": [f"2024-01-01T00:00:{second:02}Z" for second in range(60)],
            "value": list(range(60))}}]})
    made.token = made.principal("operator", ["operator"])
    made.restart()  # so that the tree is there
    yield made
    made.node.stop()


@pytest.fixture(scope="module")
def program(door, tmp_path_factory):
    node_program.install()
    changes = queue.Queue()
    made = NodeProgram("opcua_client.mjs", changes.put)
    made.changes = changes
    folder = tmp_path_factory.mktemp("pki")
    pem = folder / "client.pem"
    pem.write_bytes(x509.load_der_x509_certificate(door.certificate.read_bytes())
                    .public_bytes(Encoding.PEM))
    made.who = {"url": door.urls["main"], "certificate": str(pem), "key": str(door.key),
                "folder": str(folder / "pki"), "login": "operator", "uri": door.uri}
    yield made
    made.stop()


def test_node_opcua_browses_reads_follows_and_reads_history(door, program):
    with pytest.raises(Refused):
        program.ask("connect", **program.who, token="gty_wrong")
    program.ask("connect", **program.who, token=door.token)
    assert "plant" in program.ask("browse", node="i=85")
    assert program.ask("browse", node="ns=2;s=plant/pump3") == ["flow"]
    read = program.ask("read", node=FLOW)
    assert (read["value"], read["status"], read["time"]) == (59, 0, "2024-01-01T00:00:59.000Z")
    raw = program.ask("history", node=FLOW, **{"from": "2024-01-01T00:00:10Z"},
                      to="2024-01-01T00:00:15Z")
    assert [one["value"] for one in raw][:5] == [10, 11, 12, 13, 14]
    averages = program.ask("average", node=FLOW, **{"from": "2024-01-01T00:00:00Z"},
                           to="2024-01-01T00:01:00Z", interval=30_000)
    assert [one["value"] for one in averages] == [14.5, 44.5]

    program.ask("subscribe", node=FLOW)
    assert program.changes.get(timeout=30)["value"] == 59
    now = f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"
    door.api.post("/v1/samples", {"samples": [
        {"point": "plant/pump3.flow", "columns": {"time": [now], "value": [77.5],
                                                  "quality": ["uncertain"]}}]})
    change = wait_until(lambda: program.changes.get(timeout=30), "a change")
    assert (change["value"], change["status"]) == (77.5, 0x40000000)
    program.ask("disconnect")
