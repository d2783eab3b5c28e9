# SPDX-License-Identifier: Apache-2.0
"""EDG-3: each connector behind a line that is cut, slow, dead without a word, or full of noise: quality
says so while it lasts, no value is ever made up, and it goes on by itself."""

import contextlib
import json
import random
import socket
import time

import c104
import pytest

from connections import connect_points, latest, status
from gantryd_process import Gantryd, wait_until
from logix_process import Logix
from modbus_liar import Liar, right_answer
from mosquitto_process import Line, Mosquitto, Person
from opcua_server import NAMESPACE, OpcuaServer
from test_http_json import Device
from test_iec104 import Station
from test_s7 import Controller
from word_controllers import Melsec, Omron

TRUTH = 21.5  # what each device shows all the time: whatever else arrives was made up on the way
TRUE_REGISTER = 42


class FaultyLine(Line):
    """Passes bytes on as its fault lets it."""

    def __init__(self, target):
        self.fault = None
        self.noise = random.Random(7)
        super().__init__(target)

    def send_on(self, sink, data):
        if self.fault == "slow":
            time.sleep(0.05)  # this is the fault
        if self.fault != "dead":
            sink.sendall(data)

    def send_back(self, sink, data):
        if self.fault == "split":
            for byte in data:
                sink.sendall(bytes([byte]))
        else:
            self.send_on(sink, self.noise.randbytes(len(data)) if self.fault == "noise" else data)

    def begin(self, fault):
        self.fault = fault
        if fault == "refused":
            self.server.shutdown(socket.SHUT_RDWR)  # who waits in accept() is woken
            self.server.close()
            self.cut()

    def end(self):
        if self.fault == "refused":
            self.listen(self.port)
        self.fault = None


@contextlib.contextmanager
def modbus(_):
    device = Liar(right_answer)
    with device:
        yield device.port, "modbus_tcp", {"timeout": "500ms", "groups": {"default": "50ms"}}, \
            "hr:0:u16", TRUE_REGISTER


@contextlib.contextmanager
def s7(_):
    with Controller() as plc:
        plc.put("DB1", 0, "f", TRUTH)
        yield plc.port, "s7", {"slot": 2, "timeout": "500ms", "groups": {"default": "50ms"}}, \
            "DB1.DBD0:REAL", TRUTH


@contextlib.contextmanager
def iec104(_):
    with Station() as station:
        station.point(7, c104.Type.M_ME_NC_1, TRUTH, report_ms=100)
        yield station.port, "iec104", {"t1": "2s", "t2": "1s", "t3": "3s"}, "7", TRUTH


@contextlib.contextmanager
def opcua(_):
    with OpcuaServer({"Level": (TRUTH, "Double")}) as server:
        yield server.port, "opcua", {"security": "none", "groups": {"default": "50ms"},
                                     "timeout": "1s", "connect_timeout": "2s"}, \
            f"nsu={NAMESPACE};s=Level", TRUTH


@contextlib.contextmanager
def mqtt(folder):
    with Mosquitto(folder) as broker, Person(broker.port) as person:
        person.publish("level", str(TRUTH), retain=True)
        yield broker.port, "mqtt", {"keep_alive": "5s", "connect_timeout": "1s"}, "level", TRUTH


@contextlib.contextmanager
def http_json(_):
    with Device({"/v": json.dumps({"v": TRUTH})}) as device:
        yield device.port, "http_json", {"timeout": "500ms", "connect_timeout": "1s",
                                         "groups": {"default": "50ms"}}, "/v json=$.v", TRUTH


@contextlib.contextmanager
def slmp(_):
    with Melsec() as plc:
        plc.memory["D"][0] = TRUE_REGISTER
        yield plc.port, "slmp", {"timeout": "500ms", "groups": {"default": "50ms"}}, "D0", \
            TRUE_REGISTER


@contextlib.contextmanager
def fins(_):
    with Omron() as plc:
        plc.memory["D"][0] = TRUE_REGISTER
        yield plc.port, "fins", {"timeout": "500ms", "connect_timeout": "1s",
                                 "groups": {"default": "50ms"}}, "D0", TRUE_REGISTER


@contextlib.contextmanager
def ethernet_ip(_):
    with Logix("Level=REAL") as plc:
        plc.write(Level=TRUTH)
        yield plc.port, "ethernet_ip", {"timeout": "500ms", "connect_timeout": "1s",
                                        "groups": {"default": "50ms"}}, "Level", TRUTH


DEVICES = [modbus, s7, iec104, opcua, mqtt, http_json, slmp, fins, ethernet_ip]


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.mark.parametrize("device", DEVICES, ids=lambda device: device.__name__)
def test_a_faulty_line_is_told_and_survived(node, tmp_path, device):
    api = node.client()
    key = device.__name__
    with device(tmp_path) as (port, protocol, settings, address, truth), \
            contextlib.closing(FaultyLine(port)) as line:
        way = {"opcua": {"endpoint": f"opc.tcp://127.0.0.1:{line.port}"},
               "http_json": {"url": f"http://127.0.0.1:{line.port}"}}.get(
                   protocol, {"host": "127.0.0.1", "port": line.port})
        connect_points(api, key, protocol, {**way, **settings}, {"value": (address, {})})
        point = f"{key}.value"

        def good():
            now = latest(api, point)
            return now["quality"] == "good" and now["value"] == truth

        wait_until(good, lambda: f"{latest(api, point)} {status(api, key)}")
        for fault in ("split", "slow"):
            line.begin(fault)
            line.cut()  # also the hand-shake is to pass this way
            # A question over HTTP may simply be asked again.
            wait_until(lambda: status(api, key)["restarts"] or protocol == "http_json",
                       lambda: f"{fault}: the cut is noticed: {status(api, key)}", seconds=90)
            wait_until(lambda: good() and status(api, key)["state"] == "running",
                       lambda: f"{fault}: {latest(api, point)} {status(api, key)}", seconds=60)
            line.end()
        for fault in ("refused", "dead", "noise"):
            before = status(api, key)["restarts"]
            line.begin(fault)
            told = wait_until(lambda: not good() and latest(api, point),
                              lambda: f"{fault}: {status(api, key)}", seconds=60)
            # The last one: a body that is noise behind a head that was none.
            assert told["quality_code"] in (0x40900000, 0x80310000, 0x800A0000, 0x80050000,
                                            0x80740000), told
            assert told["value"] in (truth, None)
            assert wait_until(lambda: status(api, key)["restarts"] > before
                              and status(api, key)["last_error"] or protocol == "modbus_tcp",
                              lambda: f"{fault}: the reason: {status(api, key)}", seconds=90)
            line.end()
            wait_until(good, lambda: f"{fault}: {latest(api, point)} {status(api, key)}",
                       seconds=90)
        made_up = api.sql(f"SELECT value FROM samples WHERE point = '{point}' AND quality = 'good' "
                          f"AND value <> {truth}")
        assert made_up["rows"] == []
        api.call("DELETE", f"/v1/connections/{key}")
