# SPDX-License-Identifier: Apache-2.0
"""Mitsubishi (SLMP) and Omron (FINS): the controllers are ours, pymcprotocol and fins are not, and
look at the same ones."""

import contextlib
import socket
import struct
import threading

import fins.tcp
import pymcprotocol
import pytest

from connections import connect_points, latest, seen, status, value_is
from gantryd_process import Gantryd, wait_until
from word_controllers import Melsec, Omron

CONFIGURATION_ERROR = 0x80890000
DEVICE_FAILURE = 0x808B0000
LAST_USABLE = 0x40900000
NO_COMMUNICATION = 0x80310000

WHOLE = {"type": "int64"}
TEXT = {"type": "string"}
FLAG = {"type": "bool"}
WRITABLE = {"access": "read_write"}


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


def connect(api, key, protocol, plc, points, /, **settings):
    connect_points(api, key, protocol, {"host": "127.0.0.1", "port": plc.port,
                                        "groups": {"default": "50ms"}, **settings}, points)


@contextlib.contextmanager
def melsec_client(plc, kind=pymcprotocol.Type3E):
    client = kind()
    client.connect("127.0.0.1", plc.port)
    try:
        yield client
    finally:
        client.close()


@contextlib.contextmanager
def omron_client(plc):
    client = fins.tcp.TCPFinsConnection()
    client.connect("127.0.0.1", plc.port, bind_port=0)
    try:
        yield client
    finally:
        client.fins_socket.close()


def words_of(form, *values):
    """Of 16 bits, the lowest word first, as both makes have it."""
    return list(struct.unpack(f"<{struct.calcsize(form) // 2}H", struct.pack("<" + form, *values)))


def signed(words):
    """As pymcprotocol has them."""
    return list(struct.unpack(f"<{len(words)}h", struct.pack(f"<{len(words)}H", *words)))


def all_are(api, key, points):
    for name, (_, _, value) in points.items():
        assert seen(api, f"{key}.{name}", value)["quality"] == "good"


def test_melsec_values_of_each_kind(node):
    api = node.client()
    with Melsec() as plc, melsec_client(plc) as other:
        for device, words in (("D100", words_of("f", 21.5) + words_of("i", -70000)),
                              ("D110", [65000, -5 & 0xFFFF, 0x0400]),
                              ("D120", words_of("8s", b"pump")),
                              ("D130", words_of("d", 1.25) + words_of("q", -9))):
            other.batchwrite_wordunits(device, signed(words))
        other.batchwrite_wordunits("W1F", [77])
        other.batchwrite_bitunits("M20", [1, 0, 1])
        other.batchwrite_bitunits("X1F", [1])
        plc.memory["TN"][5] = 12
        points = {
            "real": ("D100:f32", {}, 21.5), "dint": ("D102:i32", WHOLE, -70000),
            "word": ("D110", WHOLE, 65000), "int": ("D111:i16*0.1", {}, -0.5),
            "bit": ("D112.A", FLAG, True), "other": ("D112.9", FLAG, False),
            "text": ("D120:str8", TEXT, "pump"), "double": ("D130:f64", {}, 1.25),
            "long": ("d134:i64", WHOLE, -9), "link": ("W1F", WHOLE, 77), "m20": ("M20", FLAG, True),
            "m21": ("M21", FLAG, False), "m22": ("M22", WHOLE, 1), "input": ("X1F", FLAG, True),
            "timer": ("TN5", WHOLE, 12), "big": ("D100:f32@ABCD", {}, None)}
        wrong = {"beyond": "D1000", "nothing": "ZR5", "last": "D999:u32"}
        connect(api, "melsec", "slmp", plc, {
            **{name: (address, point) for name, (address, point, _) in points.items()},
            **{name: (address, WHOLE) for name, address in wrong.items()}})
        del points["big"]
        all_are(api, "melsec", points)
        # What is wrong fails alone, and says why.
        for name in wrong:
            wait_until(lambda: latest(api, f"melsec.{name}")["quality_code"] == CONFIGURATION_ERROR,  # noqa: B023
                       lambda: latest(api, f"melsec.{name}"))  # noqa: B023
        told = {part["name"]: part["trouble"] for part in status(api, "melsec")["troubles"]}
        assert "out of range" in told["melsec.beyond"] and "0x4031" in told["melsec.last"], told
        assert "does not have such a device" in told["melsec.nothing"], told
        other.batchwrite_wordunits("D100", signed(words_of("f", 22.5)))
        seen(api, "melsec.real", 22.5)
        assert status(api, "melsec")["state"] == "degraded"
    api.call("DELETE", "/v1/connections/melsec")


def test_omron_values_of_each_kind(node):
    api = node.client()
    with Omron() as plc, omron_client(plc) as other:
        memory = fins.FinsPLCMemoryAreas()

        def put(area, word, *values):
            done = other.memory_area_write(area, word.to_bytes(2, "big") + b"\0",
                                           struct.pack(f">{len(values)}H", *values), len(values))
            assert done[12:14] == b"\0\x40", done

        put(memory.DATA_MEMORY_WORD, 100, *words_of("f", 21.5), *words_of("i", -70000))
        put(memory.DATA_MEMORY_WORD, 110, 65000, -5 & 0xFFFF, *struct.unpack(">4H", b"pump\0\0\0\0"))
        put(memory.CIO_WORD, 10, 0x0020)
        put(memory.WORK_WORD, 5, 3)
        put(memory.HOLDING_WORD, 6, 4)
        plc.memory["E0_"][7] = 5
        plc.memory["T"][8], plc.memory["TU"][8] = 99, 1
        points = {
            "real": ("D100:f32", {}, 21.5), "dint": ("D102:i32", WHOLE, -70000),
            "word": ("D110", WHOLE, 65000), "int": ("D111:i16*0.1", {}, -0.5),
            "text": ("D112:str8", TEXT, "pump"), "bit": ("CIO10.05", FLAG, True),
            "clear": ("CIO10.06", FLAG, False), "work": ("W5", WHOLE, 3), "hold": ("H6", WHOLE, 4),
            "bank": ("E0_7", WHOLE, 5), "timer": ("T8", WHOLE, 99), "up": ("TU8", FLAG, True)}
        wrong = {"beyond": "D1000", "nothing": "EC_5"}
        connect(api, "omron", "fins", plc, {
            **{name: (address, point) for name, (address, point, _) in points.items()},
            **{name: (address, WHOLE) for name, address in wrong.items()}})
        all_are(api, "omron", points)
        for name in wrong:
            wait_until(lambda: latest(api, f"omron.{name}")["quality_code"] == CONFIGURATION_ERROR,  # noqa: B023
                       lambda: latest(api, f"omron.{name}"))  # noqa: B023
        told = {part["name"]: part["trouble"] for part in status(api, "omron")["troubles"]}
        assert "beyond the last address" in told["omron.beyond"], told
        assert "does not have such an area" in told["omron.nothing"], told
    api.call("DELETE", "/v1/connections/omron")


def test_melsec_values_are_written_and_read_back(node):
    api = node.client()
    with Melsec() as plc, melsec_client(plc) as other:
        plc.memory["D"][6] = 0x0010
        connect(api, "mwrites", "slmp", plc, {
            "real": ("D0:f32", {"range": {"min": 0, "max": 100}, **WRITABLE}),
            "int": ("D4:i16*0.1", WRITABLE), "bit": ("D6.A", {**FLAG, **WRITABLE}),
            "coil": ("M7", {**FLAG, **WRITABLE}), "text": ("D20:str8", {**TEXT, **WRITABLE}),
            "nowhere": ("D1000", {**WHOLE, **WRITABLE})}, frame="4E")
        seen(api, "mwrites.real", 0)

        def write(point, value):
            return api.create("/v1/commands", {"point": f"mwrites.{point}", "value": value})

        for point, value in (("real", 21.5), ("int", -12.5), ("bit", True), ("coil", True),
                             ("text", "pump")):
            done = write(point, value)
            assert (done["outcome"], done["read_back"]) == ("confirmed", value), done
            seen(api, f"mwrites.{point}", value)
        assert other.batchread_wordunits("D0", 2) == signed(words_of("f", 21.5))
        assert other.batchread_wordunits("D4", 1) == [-125]
        assert other.batchread_wordunits("D6", 1) == [0x0410], "the other bits stay"
        assert other.batchread_bitunits("M6", 3) == [0, 1, 0]
        assert struct.pack("<4H", *other.batchread_wordunits("D20", 4)) == b"pump\0\0\0\0"
        done = write("nowhere", 1)
        assert done["outcome"] == "refused" and "0x4031" in done["detail"], done
        plc.refusal = 0xC055
        done = write("int", 1)
        assert done["outcome"] == "refused" and "online change" in done["detail"], done
        plc.refusal = None
        # A program that holds its own value: what is read back is not what was written.
        plc.after_write = lambda: plc.memory["D"].__setitem__(4, 7)
        done = write("int", 5.0)
        assert done["outcome"] == "failed" and "holds 0.7" in done["detail"], done
    wait_until(lambda: status(api, "mwrites")["state"] == "backing_off", "it is away")
    done = write("real", 1.0)
    assert done["outcome"] == "refused" and "nothing was sent" in done["detail"], done
    api.call("DELETE", "/v1/connections/mwrites")


def test_omron_values_are_written_and_read_back(node):
    api = node.client()
    with Omron() as plc:
        plc.memory["CIO"][10] = 0x0010
        connect(api, "owrites", "fins", plc, {
            "real": ("D0:f32", WRITABLE), "bit": ("CIO10.05", {**FLAG, **WRITABLE}),
            "text": ("D20:str8", {**TEXT, **WRITABLE}), "timer": ("T3", {**WHOLE, **WRITABLE})})
        seen(api, "owrites.real", 0)

        def write(point, value):
            return api.create("/v1/commands", {"point": f"owrites.{point}", "value": value})

        for point, value in (("real", 21.5), ("bit", True), ("text", "pump"), ("timer", 9)):
            done = write(point, value)
            assert (done["outcome"], done["read_back"]) == ("confirmed", value), done
        assert plc.memory["D"][:2] == words_of("f", 21.5)
        assert plc.memory["CIO"][10] == 0x0030, "the other bits stay, without a read before"
        assert plc.memory["D"][20:22] == list(struct.unpack(">2H", b"pump"))
        plc.refusal = 0x2101
        done = write("real", 1)
        assert done["outcome"] == "refused" and "read-only" in done["detail"], done
        api.create("/v1/points", {"asset": "owrites", "key": "flag", **FLAG, **WRITABLE})
        refused = api.refused("POST", "/v1/tags", {"connection": "owrites", "point": "owrites.flag",
                                                   "address": "TU3"})
        assert "read-only" in str(refused.problem), refused.problem
    api.call("DELETE", "/v1/connections/owrites")


@pytest.mark.parametrize("protocol, make", [("slmp", Melsec), ("fins", Omron)])
def test_many_tags_take_few_requests(node, protocol, make):
    api = node.client()
    with make(D=3000) as plc:
        plc.memory["D"][:] = range(3000)
        connect(api, f"many{protocol}", protocol, plc,
                {f"n{n}": (f"D{n}", WHOLE) for n in range(0, 3000, 7)}, groups={"default": "200ms"})
        for n in range(0, 3000, 7):
            assert seen(api, f"many{protocol}.n{n}", n)["quality"] == "good"
        before, polls = plc.requests, status(api, f"many{protocol}")["polls"]
        now = wait_until(lambda: (found := status(api, f"many{protocol}")["polls"]) >= polls + 5
                         and found, "polls")
        assert (plc.requests - before) / (now - polls) < 6
    api.call("DELETE", f"/v1/connections/many{protocol}")


@pytest.mark.parametrize("protocol, make", [("slmp", Melsec), ("fins", Omron)])
def test_a_controller_that_goes_and_comes_back(node, protocol, make):
    api = node.client()
    key = f"back{protocol}"
    with make() as plc:
        plc.memory["D"][0] = 15
        connect(api, key, protocol, plc, {"v": ("D0", WHOLE)}, stale_after="1s")
        seen(api, f"{key}.v", 15)
    found = wait_until(lambda: (now := latest(api, f"{key}.v"))["quality_code"] == LAST_USABLE and now,
                       "the last value, as uncertain")
    assert found["value"] == 15
    wait_until(lambda: latest(api, f"{key}.v")["quality_code"] == NO_COMMUNICATION, "no value")
    with make(port=plc.port) as again:
        again.memory["D"][0] = 25
        assert wait_until(value_is(api, f"{key}.v", 25), "it is found again", 90)["quality"] == "good"
    api.call("DELETE", f"/v1/connections/{key}")


@pytest.mark.parametrize("protocol, make, model, octal", [
    ("slmp", Melsec, "Q03UDECPU", {"octal": True}), ("fins", Omron, "CJ2M-CPU33, RUN", {})])
def test_settings_and_addresses_are_tried_before_they_are_saved(node, protocol, make, model, octal):
    api = node.client()
    with make() as plc:
        plc.memory["D"][0:2] = words_of("f", 21.5)
        settings = {"host": "127.0.0.1", "port": plc.port, **octal}
        tried = api.create(f"/v1/protocols/{protocol}/test", {"settings": settings})
        assert tried["connected"] and tried["probes"][0]["name"] == model, tried
        read = api.create(f"/v1/protocols/{protocol}/read", {"settings": settings, "addresses": [
            "D0:f32*2", "D1000", "D99999999", "Q7", "D0:f31", "D0.16"]})["items"]
        assert read[0]["value"] == 43 and read[0]["quality"] == "good", read
        assert "end code" in read[1]["detail"], read
        for row, word in zip(read[2:], ("goes from 0", "the devices are", "not a type", "bit")):
            assert word in row["detail"], row
        found = api.create(f"/v1/protocols/{protocol}/scan", {
            "settings": settings, "area": "D", "from": 900, "count": 500})
        assert found["done"] and len(found["found"]) == 100, found  # up to its end
        assert found["found"][0] == {"address": "D900", "value": 0}
        if octal:
            plc.memory["X"][8] = 1
            read = api.create("/v1/protocols/slmp/read", {"settings": settings,
                                                          "addresses": ["X10", "X9"]})["items"]
            assert read[0]["value"] == 1 and "octal" in read[1]["detail"], read
        assert api.refused("POST", f"/v1/protocols/{protocol}/scan", {
            "settings": settings, "area": "Q", "from": 0, "count": 1}).status == 400
    tried = api.create(f"/v1/protocols/{protocol}/test", {"settings": settings})
    assert not tried["connected"] and str(plc.port) in tried["detail"], tried
    refused = api.refused("POST", "/v1/connections", {
        "key": "wrong", "protocol": protocol, "settings": {**settings, "extra": 1}})
    assert refused.status == 400 and "extra" in str(refused.problem), refused.problem


@pytest.mark.parametrize("protocol, words, told", [
    ("slmp", b"HTTP/1.1 400 Bad Request\r\n\r\n", "not SLMP"),
    ("slmp", b"D00000FF03FF000004C059", "binary code"),  # an answer in ASCII code
    ("fins", b"HTTP/1.1 400 Bad Request\r\n\r\n", "not FINS"), ("fins", b"", "closed the connection"),
    ("fins", struct.pack(">4sIII", b"FINS", 8, 3, 0x20), "connections of the controller are in use"),
    ("fins", struct.pack(">4sIII", b"FINS", 2**31, 1, 0), "not FINS")])
def test_who_does_not_speak_it_is_named(node, protocol, words, told):
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
        tried = api.create(f"/v1/protocols/{protocol}/test", {
            "settings": {"host": "127.0.0.1", "port": server.getsockname()[1]}})
        assert not tried["connected"] and told in tried["detail"], tried
