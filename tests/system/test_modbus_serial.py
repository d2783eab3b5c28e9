# SPDX-License-Identifier: Apache-2.0
"""Modbus over serial lines: pseudo-terminals with pymodbus at the other end, and noise between."""

import asyncio
import os
import pathlib
import threading
import tty

import pytest
from pymodbus.datastore import (ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext)
from pymodbus.framer import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

from connections import connect_points, latest, status
from gantryd_process import Gantryd, wait_until
from mosquitto_process import free_port


class Wire:
    """Two pseudo-terminals, each of which hears what the other says, unless it is garbled."""

    def __init__(self):
        ends = [os.openpty() for _ in range(2)]
        self.masters = [master for master, _ in ends]
        self.ends = [slave for _, slave in ends]
        for end in self.ends:
            tty.setraw(end)
        self.ours, self.theirs = (os.ttyname(end) for end in self.ends)
        self.garble = None
        self.spoiled = 0
        for source, sink in ((0, 1), (1, 0)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source, sink):
        try:
            while data := os.read(self.masters[source], 1024):
                if self.garble and source == 1:
                    data = self.garble(data)
                    self.spoiled += 1
                os.write(self.masters[sink], data)
        except OSError:
            pass

    def close(self):
        for one in self.masters + self.ends:
            os.close(one)


class Slaves:
    """pymodbus on a thread of its own: units 1 and 2."""

    def __init__(self, make):
        self.units = {unit: ModbusSlaveContext(
            hr=ModbusSequentialDataBlock(0, [0, *(100 * unit + n for n in range(200))]),
            co=ModbusSequentialDataBlock(0, [False] * 20)) for unit in (1, 2)}
        self.loop = asyncio.new_event_loop()
        started = threading.Event()

        def run():
            asyncio.set_event_loop(self.loop)

            async def serve():
                self.server = make(ModbusServerContext(slaves=self.units, single=False))
                self.loop.call_later(0.05, started.set)
                await self.server.serve_forever()
            try:
                self.loop.run_until_complete(serve())
            except asyncio.CancelledError:
                pass
        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert started.wait(10)

    def stop(self):
        asyncio.run_coroutine_threadsafe(self.server.shutdown(), self.loop).result(30)
        self.thread.join(30)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    folder = tmp_path_factory.mktemp("node")
    config = folder / "gantry.toml"
    pathlib.Path(config).write_text('[connectors]\nserial_ports = ["/dev/pts/*"]\n')
    with Gantryd("--config", str(config), folder=str(folder)) as gantryd:
        yield gantryd


def connect(api, key, device, **settings):
    connect_points(api, key, "modbus_serial", {
        "device": device, "groups": {"default": "100ms"}, "timeout": "500ms",
        "turnaround": "20ms", **settings}, {
            "one": ("hr:10:u16", {"type": "int64", "access": "read_write"}),
            "two": ("hr:10:u16 unit=2", {"type": "int64"}),
            "coil": ("co:3", {"type": "bool", "access": "read_write"})})


def value_is(api, point, value):
    return lambda: latest(api, point)["value"] == value and latest(api, point)["quality"] == "good"


def check(api, key):
    """Two units are read, and what is written is read back."""
    wait_until(value_is(api, f"{key}.one", 110), lambda: f"{key}: {status(api, key)}")
    wait_until(value_is(api, f"{key}.two", 210), "the other unit")
    for point, value in (("one", 4711), ("coil", True)):
        done = api.create("/v1/commands", {"point": f"{key}.{point}", "value": value})
        assert (done["outcome"], done["read_back"]) == ("confirmed", value), done
    wait_until(value_is(api, f"{key}.one", 4711), "what was written is polled")


@pytest.mark.parametrize("mode", ["rtu", "ascii"])
def test_over_a_serial_line(node, mode):
    api = node.client()
    wire = Wire()
    framer = FramerType.RTU if mode == "rtu" else FramerType.ASCII
    slaves = Slaves(lambda context: ModbusSerialServer(
        context, framer=framer, port=wire.theirs, baudrate=115_200))
    # All that a pseudo-terminal can do.
    line = {"mode": mode, "baud": 115_200, "data_bits": 8, "parity": "none"}
    settings = {"device": wire.ours, **line}
    tried = api.create("/v1/protocols/modbus_serial/test", {"settings": settings})
    assert tried["connected"] and tried["probes"][0]["answered"], tried
    read = api.create("/v1/protocols/modbus_serial/read", {
        "settings": settings, "addresses": ["hr:10:u16", "hr:10:u16 unit=2"]})["items"]
    assert [one["value"] for one in read] == [110, 210], read
    connect(api, mode, wire.ours, **line)
    check(api, mode)

    # One line is one connection.
    taken = api.create("/v1/protocols/modbus_serial/test", {"settings": settings})
    assert not taken["connected"] and "one connection" in taken["detail"], taken

    # Noise: what comes is never a value, and it is over when the noise is.
    wire.garble = lambda data: bytes(byte ^ 0x5A for byte in data)
    before = wire.spoiled
    wait_until(lambda: wire.spoiled > before + 3
               and latest(api, f"{mode}.two")["quality"] != "good", "the noise is noticed")
    rows = api.sql(f"SELECT DISTINCT value FROM samples WHERE point = '{mode}.two' "
                   "AND value IS NOT NULL")["rows"]
    assert rows == [[210]], rows
    wire.garble = None
    wait_until(value_is(api, f"{mode}.two", 210), lambda: status(api, mode), 90)
    slaves.stop()
    wait_until(lambda: latest(api, f"{mode}.two")["quality"] != "good", "nobody answers")
    api.call("DELETE", f"/v1/connections/{mode}")
    wire.close()


def test_over_a_serial_device_server(node):
    api = node.client()
    port = free_port()
    slaves = Slaves(lambda context: ModbusTcpServer(
        context, framer=FramerType.RTU, address=("127.0.0.1", port)))
    connect(api, "server", f"tcp://127.0.0.1:{port}")
    check(api, "server")
    api.call("DELETE", "/v1/connections/server")
    slaves.stop()


def test_only_lines_that_are_named(node, tmp_path):
    api = node.client()
    secret = tmp_path / "secret"
    secret.write_text("x")
    for device, words in ((str(secret), "serial_ports"), ("/dev/pts/../null", "serial_ports"),
                          ("/dev/ttyS0", "serial_ports"), ("/dev/pts/99999", "plugged in")):
        tried = api.create("/v1/protocols/modbus_serial/test", {"settings": {"device": device}})
        assert not tried["connected"] and words in tried["detail"], tried
