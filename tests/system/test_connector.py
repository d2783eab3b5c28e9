# SPDX-License-Identifier: Apache-2.0
"""From devices that we did not write to answers over REST and SQL."""

import asyncio
import csv
import os
import socket
import struct
import threading

import pandas
import pytest
from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext)
from pymodbus.server import ModbusTcpServer

from connections import connect_points, latest, status
from gantryd_process import Gantryd, wait_until
from modbus_liar import Liar, right_answer
from plant_process import Plant, register_map
from recordings import machine_temperature


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


def connect(api, key, port, points, **settings):
    connect_points(api, key, "modbus_tcp", {"host": "127.0.0.1", "port": port, **settings}, points)


def is_good(api, point):
    return lambda: latest(api, point)["quality"] == "good"


def test_the_demo_plant_is_polled_written_and_lost_and_found(node):
    api = node.client()
    with Plant() as plant:
        port = plant.port
        tried = api.create("/v1/protocols/modbus_tcp/test",
                           {"settings": {"host": "127.0.0.1", "port": port}})
        assert tried["connected"] and tried["probes"][0]["answered"]
        tags = {point["key"]: point["tag"] for point in register_map()["points"]}
        speed, pressure = tags["pump1.speed_setpoint"], tags["pump1.discharge_pressure"]
        read = api.create("/v1/protocols/modbus_tcp/read", {
            "settings": {"host": "127.0.0.1", "port": port},
            "addresses": [pressure, "hr:9999:u16", "nonsense"]})["items"]
        assert read[0]["quality"] == "good" and isinstance(read[0]["value"], (int, float))
        assert read[1]["quality"].startswith("bad") and read[1]["detail"]
        assert read[2]["quality"].startswith("bad") and "nonsense" in read[2]["detail"]

        connect(api, "station", port, {
            "speed": (speed, {"access": "read_write", "unit": "%"}),
            "pressure": (pressure, {"unit": "bar"}),
            "nowhere": ("hr:9999:u16", {"type": "int64"})},
            timeout="1s", groups={"default": "100ms"})
        wait_until(is_good(api, "station.pressure"), "a good pressure")
        wait_until(lambda: latest(api, "station.nowhere")["quality"].startswith("bad"),
                   "the wrong register is told")
        state = wait_until(lambda: status(api, "station")["tags_good"] == 2
                           and status(api, "station"), "its status")
        assert state["state"] == "degraded" and state["tags_bad"] == 1

        done = api.create("/v1/commands", {"point": "station.speed", "value": 85.5})
        assert done["outcome"] == "confirmed", done
        wait_until(lambda: latest(api, "station.speed")["value"] == pytest.approx(85.5),
                   "the written value is polled")
        refused = api.refused("POST", "/v1/commands", {"point": "station.pressure", "value": 1})
        assert refused.status == 403
    wait_until(lambda: latest(api, "station.pressure")["quality"].startswith("bad")
               or latest(api, "station.pressure")["quality"].startswith("uncertain"),
               "quality tells that the device is away")
    wait_until(lambda: status(api, "station")["state"] == "backing_off", "back-off")
    assert str(port) in status(api, "station")["last_error"]
    away = api.create("/v1/commands", {"point": "station.speed", "value": 60})
    assert away["outcome"] in ("failed", "refused"), away
    with Plant(port=port):
        wait_until(is_good(api, "station.pressure"), "the device is found again", seconds=90)
        assert status(api, "station")["restarts"] >= 1
    api.call("DELETE", "/v1/connections/station")


def test_after_a_kill_the_connections_go_on_by_themselves():
    with Plant() as plant, Gantryd() as node:
        tags = {point["key"]: point["tag"] for point in register_map()["points"]}
        connect(node.client(), "station", plant.port, {
            "level": (tags["tank.level"], {"unit": "m"})}, groups={"default": "20ms"})
        for _ in range(5):
            wait_until(is_good(node.client(), "station.level"), "a good level")
            before = latest(node.client(), "station.level")
            node.kill()
            node.start()
            api = node.client()
            wait_until(lambda: latest(api, "station.level")["time"] > before["time"]
                       and is_good(api, "station.level")(), "new values")


LIES = {
    "nothing_but_noise": lambda request: os.urandom(40),
    "other_transaction": lambda request: b"\xff\xff" + right_answer(request)[2:],
    "other_protocol": lambda request: request[:2] + b"\x12\x34" + right_answer(request)[4:],
    "other_unit": lambda request: right_answer(request)[:6] + b"\x63" + right_answer(request)[7:],
    "other_function": lambda request: right_answer(request)[:7] + b"\x04"
                      + right_answer(request)[8:],
    "too_few_registers": lambda request: request[:4] + b"\x00\x05" + request[6:8] + b"\x02\x00\x2a",
    "length_of_nothing": lambda request: request[:4] + b"\x00\x00",
    "length_without_end": lambda request: request[:4] + b"\xff\xff" + b"\x01\x03",
    "half_a_frame": lambda request: right_answer(request)[:9],
    "silence": lambda request: b"",
    "hangs_up": lambda request: None,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_device_that_answers_wrongly_gives_no_values_and_recovers(node, lie):
    api = node.client()
    key = "liar_" + lie
    device = Liar(LIES[lie])
    connect(api, key, device.port, {"a": ("hr:0:u32", {"type": "int64"})},
            timeout="200ms", connect_timeout="1s", groups={"default": "50ms"})
    wait_until(lambda: device.asked >= 3, "several requests", seconds=60)
    wait_until(lambda: status(api, key).get("last_error"), "the error is told")
    assert not latest(api, key + ".a")["quality"].startswith("good")
    rows = api.sql(f"SELECT count(*) FROM samples WHERE point = '{key}.a' AND quality = 'good'")
    assert rows["rows"] == [[0]], "no value was made up"
    device.answer = right_answer
    wait_until(is_good(api, key + ".a"), "it recovers", seconds=90)
    assert latest(api, key + ".a")["value"] == 0x2a002a
    api.call("DELETE", "/v1/connections/" + key)
    device.shutdown()
    device.server_close()


def test_a_name_that_nobody_has_and_a_port_where_nobody_is(node):
    api = node.client()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    tried = api.create("/v1/protocols/modbus_tcp/test",
                       {"settings": {"host": "127.0.0.1", "port": port}})
    assert not tried["connected"] and str(port) in tried["detail"]
    wrong = api.refused("POST", "/v1/connections", {
        "key": "wrong", "protocol": "modbus_tcp", "settings": {"host": "a", "hosst": "x"}})
    assert wrong.problem["fields"][0]["field"] == "/settings/hosst"
    assert "host" in wrong.problem["detail"]
    assert "modbus_tcp" in api.refused("POST", "/v1/connections", {
        "key": "wrong", "protocol": "modbus_plus", "settings": {}}).problem["detail"]


class Recording(ModbusSequentialDataBlock):
    """Registers 0 and 1 are the float of the next row at each read; after the last they are gone."""

    def __init__(self, values):
        super().__init__(0, [0] * 10)
        self.registers = [struct.unpack(">HH", struct.pack(">f", value)) for value in values]
        self.next = 0

    def validate(self, address, count=1):
        return address == 1 and count == 2 and self.next < len(self.registers)

    def getValues(self, address, count=1):  # the name that pymodbus calls
        self.next += 1
        return list(self.registers[self.next - 1])


class PymodbusDevice:
    """A pymodbus server on a thread of its own."""

    def __init__(self, block):
        self.block = block
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True)

    async def serve(self):
        context = ModbusServerContext(slaves=ModbusSlaveContext(hr=self.block), single=True)
        server = ModbusTcpServer(context, address=("127.0.0.1", self.port))
        self.stopping = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        await server.listen()
        self.ready.set()
        await self.stopping.wait()
        await server.shutdown()

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.thread.start()
        assert self.ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(10)


def test_a_recorded_temperature_comes_back_exactly_through_a_foreign_device(node):
    """REAL-INPUT (b): 22,695 rows, each a float32, each polled once, in their order."""
    api = node.client()
    with open(machine_temperature(), newline="") as file:
        rows = [float(row["value"]) for row in csv.DictReader(file)]
    assert len(rows) == 22_695
    expected = pandas.Series(rows, dtype="float32").astype("float64")
    with PymodbusDevice(Recording(rows)) as device:
        connect(api, "press", device.port, {"temperature": ("hr:0:f32", {"unit": "Cel"})},
                timeout="30s", groups={"default": "1ms"}, failures_max=1)
        wait_until(lambda: device.block.next == len(rows), "every row is polled", seconds=600)
        wait_until(lambda: latest(api, "press.temperature")["quality"].startswith("bad"),
                   "the device has no more")
    got, since = [], "2000-01-01T00:00:00Z"
    while since:
        page = api.get("/v1/points/press.temperature/samples", **{"from": since}, limit=10_000)
        columns = page["columns"]
        got += [value for value, quality in zip(columns["value"], columns["quality"])
                if quality == "good"]
        since = page.get("next")
    assert got == list(expected)
    answer = api.sql("SELECT value FROM samples WHERE point = 'press.temperature' "
                     "AND quality = 'good' ORDER BY time_ns", limit=30_000)
    assert [row[0] for row in answer["rows"]] == list(expected)
    count, least, most, mean = api.sql(
        "SELECT count(*), min(value), max(value), avg(value) FROM samples "
        "WHERE point = 'press.temperature' AND quality = 'good'")["rows"][0]
    assert (count, least, most) == (22_695, expected.min(), expected.max())
    assert mean == pytest.approx(expected.mean(), rel=1e-12)
