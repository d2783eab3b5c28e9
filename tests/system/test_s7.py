# SPDX-License-Identifier: Apache-2.0
"""S7 communication against the server of snap7, which python-snap7 brings to Python."""

import ctypes
import socket
import struct
import threading

import pytest
from snap7.server import Server
from snap7.type import SrvArea

from connections import connect_points, latest, seen, status, value_is
from gantryd_process import Gantryd, wait_until
from mosquitto_process import Line, free_port

CONFIGURATION_ERROR = 0x80890000
LAST_USABLE = 0x40900000
NO_COMMUNICATION = 0x80310000


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


class Controller:
    """A CPU 315-2 as snap7 imitates one, with blocks and areas that are arrays here."""

    def __init__(self, port=None, **blocks):
        self.port = port or free_port()
        self.areas = {}
        self.server = Server(log=False)
        for name, size in {"DB1": 200, "M": 64, "I": 16, "Q": 16, "T": 20, "C": 20, **blocks}.items():
            self.areas[name] = (ctypes.c_uint8 * size)()
            kind = {"M": SrvArea.MK, "I": SrvArea.PE, "Q": SrvArea.PA, "T": SrvArea.TM,
                    "C": SrvArea.CT}.get(name, SrvArea.DB)
            number = int(name[2:]) if kind == SrvArea.DB else 0
            self.server.register_area(kind, number, self.areas[name])

    def put(self, area, place, form, *values):
        data = struct.pack(">" + form, *values)
        self.areas[area][place:place + len(data)] = data

    def get(self, area, place, form):
        return struct.unpack_from(">" + form, bytes(self.areas[area]), place)

    def __enter__(self):
        self.server.start_to("127.0.0.1", self.port)
        return self

    def __exit__(self, *why):
        self.server.stop()
        self.server.destroy()


def connect(api, key, port, points, /, **settings):
    connect_points(api, key, "s7", {"host": "127.0.0.1", "port": port, "slot": 2,
                                    "groups": {"default": "50ms"}, **settings}, points)


def test_values_of_each_kind(node):
    api = node.client()
    with Controller() as plc:
        plc.put("DB1", 0, "?BbHh", True, 200, -5, 65000, -1000)
        plc.areas["DB1"][0] = 0b1000
        plc.put("DB1", 8, "Iifqd", 4_000_000_000, -7, 21.5, -9, 1.25)
        plc.put("DB1", 40, "BB8s", 8, 4, b"pump")
        plc.put("DB1", 60, "HH8s", 4, 2, "泵1".encode("utf-16-be"))
        plc.put("DB1", 80, "8s", b"\x26\x11\x30\x18\x29\x00\x50\x02")
        plc.put("DB1", 90, "i", 90_000)
        plc.put("M", 10, "h", 77)
        plc.put("I", 0, "B", 1)
        # The first ones: snap7's server finds the others, for its own client too, somewhere else.
        plc.put("T", 0, "H", 0x2127)  # 127 times 1 s
        plc.put("C", 0, "H", 0x0042)
        whole = {"type": "int64"}
        connect(api, "kinds", plc.port, {
            "bit": ("DB1.DBX0.3", {"type": "bool"}), "byte": ("DB1.DBB1", whole),
            "sint": ("DB1.DBB2:sint", whole), "word": ("DB1.DBW3:word", whole),
            "int": ("DB1.DBW5:int*0.1", {}), "dword": ("DB1.DBD8:dword", whole),
            "dint": ("DB1.DBD12:dint", whole), "real": ("DB1.DBD16:real", {}),
            "lint": ("DB1.DBB20:lint", whole), "lreal": ("DB1.DBB28:lreal", {}),
            "text": ("DB1.DBB40:string8", {"type": "string"}),
            "wide": ("DB1.DBB60:wstring4", {"type": "string"}),
            "moment": ("DB1.DBB80:dt", {"type": "string"}), "time": ("DB1.DBD90:time*0.001", {}),
            "marker": ("MW10:int", whole), "input": ("I0.0", {"type": "bool"}),
            "timer": ("T0", whole), "counter": ("C0", whole),
            "nowhere": ("DB1.DBD198:dint", whole), "nothing": ("DB99.DBW0:int", whole)})
        for point, value in (
                ("bit", True), ("byte", 200), ("sint", -5), ("word", 65000), ("int", -100),
                ("dword", 4_000_000_000), ("dint", -7), ("real", 21.5), ("lint", -9),
                ("lreal", 1.25), ("text", "pump"), ("wide", "泵1"),
                ("moment", "2026-11-30T18:29:00.5"), ("time", 90), ("marker", 77),
                ("input", True), ("timer", 127_000), ("counter", 42)):
            assert seen(api, f"kinds.{point}", value)["quality"] == "good"
        # What is not there fails alone, and says why.
        for point in ("nowhere", "nothing"):
            wait_until(lambda: latest(api, f"kinds.{point}")["quality_code"] == CONFIGURATION_ERROR,  # noqa: B023
                       lambda: latest(api, f"kinds.{point}"))  # noqa: B023
        told = str(status(api, "kinds")["troubles"])
        assert "kinds.nowhere" in told and "kinds.nothing" in told, told
        plc.put("DB1", 16, "f", 22.5)
        seen(api, "kinds.real", 22.5)
        assert status(api, "kinds")["state"] == "degraded"
    api.call("DELETE", "/v1/connections/kinds")


def test_many_tags_fit_small_pdus(node):
    api = node.client()
    with Controller(DB2=2000) as plc:
        for n in range(400):
            plc.put("DB2", 4 * n, "i", n)
        plc.put("DB2", 1700, "BB254s", 254, 254, b"x" * 254)
        points = {f"n{n}": (f"DB2.DBD{4 * n}:dint", {"type": "int64"}) for n in range(0, 400, 3)}
        points["long"] = ("DB2.DBB1700:string254", {"type": "string"})
        connect(api, "many", plc.port, points, pdu_bytes=240, max_gap=0)
        seen(api, "many.long", "x" * 254)
        for n in range(0, 400, 3):
            assert seen(api, f"many.n{n}", n)["quality"] == "good"
        assert status(api, "many")["state"] == "running"
    api.call("DELETE", "/v1/connections/many")


def test_values_are_written_and_read_back(node):
    api = node.client()
    with Controller() as plc:
        plc.put("DB1", 40, "BB8s", 8, 1, b"a")
        plc.put("DB1", 60, "HH8s", 4, 0, b"")
        writable = {"access": "read_write"}
        connect(api, "writes", plc.port, {
            "real": ("DB1.DBD0:real", {"range": {"min": 0, "max": 100}, **writable}),
            "int": ("DB1.DBW4:int*0.1", writable), "bit": ("DB1.DBX6.5", {"type": "bool", **writable}),
            "text": ("DB1.DBB40:string8", {"type": "string", **writable}),
            "wide": ("DB1.DBB60:wstring4", {"type": "string", **writable}),
            "output": ("Q1.0", {"type": "bool", **writable}),
            "nowhere": ("DB9.DBW0:int", {"type": "int64", **writable})})
        seen(api, "writes.real", 0)
        plc.areas["DB1"][6] = 0b0001_0000

        def write(point, value):
            return api.create("/v1/commands", {"point": f"writes.{point}", "value": value})

        for point, value in (("real", 21.5), ("int", -12.5), ("bit", True), ("text", "pump"),
                             ("wide", "泵"), ("output", True)):
            done = write(point, value)
            assert (done["outcome"], done["read_back"]) == ("confirmed", value), done
            seen(api, f"writes.{point}", value)
        assert plc.get("DB1", 0, "fh") == (21.5, -125)
        assert plc.areas["DB1"][6] == 0b0011_0000, "the other bits stay"
        assert plc.get("DB1", 40, "BB4s") == (8, 4, b"pump")
        assert plc.get("DB1", 60, "HH") == (4, 1)
        done = write("nowhere", 1)
        assert done["outcome"] == "refused" and "no such object" in done["detail"], done
        done = write("text", "much too long")
        assert done["outcome"] == "refused" and "room for 8" in done["detail"], done
        assert api.refused("POST", "/v1/commands", {"point": "writes.real", "value": 101})
        for address, point in (("I0.0", {"type": "bool"}), ("T1", {"type": "int64"})):
            api.create("/v1/points", {"asset": "writes", "key": address.replace(".", "_"), **point,
                                      **writable})
            refused = api.refused("POST", "/v1/tags", {
                "connection": "writes", "point": f"writes.{address.replace('.', '_')}",
                "address": address})
            assert "read-only" in str(refused.problem), refused.problem

        # A program that holds its own value: what is read back is not what was written.
        plc.server.set_read_events_callback(lambda event: plc.put("DB1", 4, "h", 7))
        done = write("int", 5.0)
        assert done["outcome"] == "failed" and "holds 0.7" in done["detail"], done
        assert done["read_back"] == pytest.approx(0.7)
    wait_until(lambda: status(api, "writes")["state"] == "backing_off", "it is away")
    done = write("real", 1.0)
    assert done["outcome"] == "refused" and "nothing was sent" in done["detail"], done
    api.call("DELETE", "/v1/connections/writes")


def test_a_write_over_a_line_that_breaks_is_unknown(node):
    api = node.client()
    with Controller() as plc:
        line = Line(plc.port)
        connect(api, "cut", line.port, {"real": ("DB1.DBD0:real", {"access": "read_write"})},
                groups={"default": "1h"})
        seen(api, "cut.real", 0)
        line.left = 40  # less than the request: the answer never comes
        done = api.create("/v1/commands", {"point": "cut.real", "value": 21.5})
        assert done["outcome"] == "unknown" and "before the controller answered" in done["detail"], done
        line.left = None
        wait_until(lambda: status(api, "cut")["restarts"] >= 1
                   and status(api, "cut")["state"] == "running", "it goes on", 90)
        line.close()
    api.call("DELETE", "/v1/connections/cut")


def test_a_controller_that_goes_and_comes_back(node):
    api = node.client()
    with Controller() as plc:
        plc.put("DB1", 0, "f", 1.5)
        connect(api, "back", plc.port, {"real": ("DB1.DBD0:real", {})}, stale_after="1s")
        seen(api, "back.real", 1.5)
    found = wait_until(lambda: (now := latest(api, "back.real"))["quality_code"] == LAST_USABLE and now,
                       "the last value, as uncertain")
    assert found["value"] == 1.5
    wait_until(lambda: latest(api, "back.real")["quality_code"] == NO_COMMUNICATION, "no value")
    with Controller(port=plc.port) as again:
        again.put("DB1", 0, "f", 2.5)
        found = wait_until(value_is(api, "back.real", 2.5), "it is found again", 90)
        assert found["quality"] == "good"
    api.call("DELETE", "/v1/connections/back")


def test_settings_and_addresses_are_tried_before_they_are_saved(node):
    api = node.client()
    with Controller() as plc:
        plc.put("DB1", 0, "f", 21.5)
        settings = {"host": "127.0.0.1", "port": plc.port, "slot": 2}
        tried = api.create("/v1/protocols/s7/test", {"settings": settings})
        assert tried["connected"] and len(tried["probes"]) == 1, tried
        whole = {"type": "int64"}
        connect(api, "tried", plc.port, {"a": ("DB1.DBB0", whole), "b": ("DB7.DBB0", whole),
                                         "c": ("MB0", whole), "d": ("DB1.DBB1", whole)})
        tried = api.create("/v1/connections/tried/test", {})
        api.call("DELETE", "/v1/connections/tried")
        assert tried["connected"] and "PDUs of 480 bytes" in tried["detail"], tried
        probes = {probe["name"]: probe for probe in tried["probes"]}
        who = next(name for name in probes if name.startswith("6ES7"))
        assert "RUN" in probes[who]["detail"], probes
        assert probes["DB1"]["answered"] and probes["markers"]["answered"], probes
        assert not probes["DB7"]["answered"] and "no such object" in probes["DB7"]["detail"], probes
        read = api.create("/v1/protocols/s7/read", {"settings": settings, "addresses": [
            "DB1.DBD0:real*2", "DB7.DBW0:int", "DB1.DBW0", "DB1.DBD199:real"]})["items"]
        assert read[0]["value"] == 43 and read[0]["quality"] == "good", read
        assert "no such object" in read[1]["detail"], read
        assert ":int" in read[2]["detail"] and "long enough" in read[3]["detail"], read
        found = api.create("/v1/protocols/s7/scan", {
            "settings": settings, "area": "DB1", "from": 0, "count": 500})
        assert found["done"] and len(found["found"]) == 200, found  # up to its end
        assert found["found"][0] == {"address": "DB1.DBB0", "value": 65}
        assert api.refused("POST", "/v1/protocols/s7/scan", {
            "settings": settings, "area": "X", "from": 0, "count": 1}).status == 400
    tried = api.create("/v1/protocols/s7/test", {"settings": settings})
    assert not tried["connected"] and str(plc.port) in tried["detail"], tried
    for wrong, field in (({"slot": 32}, "slot"), ({"resource": "x"}, "resource"),
                         ({"remote_tsap": "10"}, "remote_tsap"), ({"extra": 1}, "extra")):
        refused = api.refused("POST", "/v1/connections", {
            "key": "wrong", "protocol": "s7", "settings": {**settings, **wrong}})
        assert refused.status == 400 and field in str(refused.problem), refused.problem


@pytest.mark.parametrize("words, told", [
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not S7"), (b"", "closed the connection"),
    (b"\x03\x00\x00\x16\x11\x80\x00\x00\x00\x01\x00\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02",
     "rack and slot")])
def test_who_does_not_speak_it_is_named(node, words, told):
    api = node.client()
    with socket.create_server(("127.0.0.1", 0)) as server:
        def talk():
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    peer.recv(64)
                    peer.sendall(words)
        threading.Thread(target=talk, daemon=True).start()
        tried = api.create("/v1/protocols/s7/test", {
            "settings": {"host": "127.0.0.1", "port": server.getsockname()[1]}})
        assert not tried["connected"] and told in tried["detail"], tried
