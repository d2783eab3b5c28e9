# SPDX-License-Identifier: Apache-2.0
"""EtherNet/IP against cpppo, which imitates a Logix controller; pylogix looks at it, too."""

import socket
import threading

import pytest

from connections import connect_points, latest, seen, status, value_is
from gantryd_process import Gantryd, wait_until
from logix_process import Logix
from mosquitto_process import Line

CONFIGURATION_ERROR = 0x80890000
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


def connect(api, key, port, points, /, **settings):
    connect_points(api, key, "ethernet_ip", {"host": "127.0.0.1", "port": port,
                                             "groups": {"default": "200ms"}, **settings}, points)


def counted(api, what):
    name = f'gantry_connector_{what}_total{{protocol="ethernet_ip"}} '
    lines = api.call("GET", "/metrics").body.decode().splitlines()
    return float(next(line for line in lines if line.startswith(name)).split()[-1])


@pytest.mark.parametrize("connected", [True, False])
def test_values_of_each_kind(node, connected):
    api = node.client()
    key = f"kinds{connected:d}"
    with Logix("Flag=BOOL", "Short=SINT", "Word=INT[8]", "Line=DINT[100]", "Long=LINT",
               "Byte=USINT", "UWord=UINT", "UDouble=UDINT", "ULong=ULINT", "Level=REAL",
               "Fine=LREAL", "Program:Main.Speed=REAL", "T1.ACC=DINT", "Name=SSTRING") as plc:
        plc.write(Flag=True, Short=-5, Byte=200, UWord=65000, UDouble=4_000_000_000, Long=-9,
                  ULong=9, Level=21.5, Fine=1.25, T1__ACC=99, Name="pump", Text="valve")
        plc.write_tag("Word[3]", -1000)
        plc.write_tag("Word[4]", 0b100000)
        plc.write_tag("Line[99]", -7)
        plc.write_tag("Program:Main.Speed", 2.5)
        points = {
            "flag": ("Flag", FLAG, True), "short": ("Short", WHOLE, -5), "byte": ("Byte", WHOLE, 200),
            "word": ("Word[3]*0.1", {}, -100), "bit": ("Word[4].5", FLAG, True),
            "other": ("Word[4].4", FLAG, False), "uword": ("UWord", WHOLE, 65000),
            "line": ("Line[99]", WHOLE, -7), "udouble": ("UDouble", WHOLE, 4_000_000_000),
            "long": ("Long", WHOLE, -9), "ulong": ("ULong", WHOLE, 9), "level": ("Level", {}, 21.5),
            "fine": ("Fine", {}, 1.25), "speed": ("Program:Main.Speed", {}, 2.5),
            "acc": ("T1.ACC*0.001", {}, 0.099), "name": ("Name", TEXT, "pump"),
            "string": ("Text", TEXT, "valve")}
        wrong = {"nowhere": ("Nothing", WHOLE, "no such tag"),
                 "beyond": ("Line[100]", WHOLE, "index within the array"),
                 "real": ("Level", WHOLE, "holds a float"), "text": ("Level", TEXT, "holds a number")}
        connect(api, key, plc.port, {name: (address, point) for name, (address, point, _) in
                                     {**points, **wrong}.items()}, connected=connected)
        for name, (_, _, value) in points.items():
            assert seen(api, f"{key}.{name}", value)["quality"] == "good"
        # What is wrong fails alone, and says why.
        for name in wrong:
            wait_until(lambda: latest(api, f"{key}.{name}")["quality_code"] == CONFIGURATION_ERROR,  # noqa: B023
                       lambda: latest(api, f"{key}.{name}"))  # noqa: B023
        told = {part["name"]: part["trouble"] for part in status(api, key)["troubles"]}
        for name, (_, _, why) in wrong.items():
            assert why in told[f"{key}.{name}"], told
        plc.write(Level=22.5)
        seen(api, f"{key}.level", 22.5)
        assert status(api, key)["state"] == "degraded"
    api.call("DELETE", f"/v1/connections/{key}")


def test_many_tags_are_read_together(node):
    api = node.client()
    names = [f"Tag{n:03}" for n in range(200)]
    with Logix(*(f"{name}=DINT" for name in names), "Line=INT[1000]") as plc:
        with plc.client() as client:
            for at in range(0, 200, 50):
                for done in client.Write([(name, n + at) for n, name in
                                          enumerate(names[at:at + 50])]):
                    assert done.Status == "Success", done
            done = client.Write("Line[500]", list(range(300)))
            assert done.Status == "Success", done
        points = {name: (name, WHOLE) for name in names}
        # Longer than this controller puts into one answer, so it comes in fragments.
        points.update({f"l{n}": (f"Line[{500 + n}]", WHOLE) for n in range(300)})
        connect(api, "many", plc.port, {**points, "nowhere": ("Nothing", WHOLE)}, max_gap=400,
                timeout="30s")
        for n, name in enumerate(names):
            assert seen(api, f"many.{name}", n, 60)["quality"] == "good"
        for n in range(300):
            assert seen(api, f"many.l{n}", n)["quality"] == "good"
        wait_until(lambda: latest(api, "many.nowhere")["quality_code"] == CONFIGURATION_ERROR,
                   lambda: latest(api, "many.nowhere"))
        assert status(api, "many")["tags_bad"] == 1, status(api, "many")
        requests, polls = counted(api, "requests"), counted(api, "polls")
        wait_until(lambda: counted(api, "polls") >= polls + 5, "five polls", 60)
        asked = counted(api, "requests") - requests
        assert asked <= 5 * (counted(api, "polls") - polls + 1), (asked, "requests for 500 tags")
    api.call("DELETE", "/v1/connections/many")


def test_values_are_written_and_read_back(node):
    api = node.client()
    with Logix("Flag=BOOL", "Level=REAL", "Word=INT[4]", "Line=DINT[10]", "Name=SSTRING",
               "Short=SINT", "Program:Main.Speed=REAL") as plc:
        plc.write(Name="a")
        connect(api, "writes", plc.port, {
            "level": ("Level", {"range": {"min": 0, "max": 100}, **WRITABLE}),
            "word": ("Word[2]*0.1", WRITABLE), "flag": ("Flag", {**FLAG, **WRITABLE}),
            "line": ("Line[9]", {**WHOLE, **WRITABLE}), "speed": ("Program:Main.Speed", WRITABLE),
            "short": ("Short", {**WHOLE, **WRITABLE}), "name": ("Name", {**TEXT, **WRITABLE}),
            "string": ("Text", {**TEXT, **WRITABLE}),
            "nowhere": ("Nothing", {**WHOLE, **WRITABLE}), "fixed": ("Level", {})})
        seen(api, "writes.level", 0)

        def write(point, value):
            return api.create("/v1/commands", {"point": f"writes.{point}", "value": value})

        for point, value, tag, there in (
                ("level", 21.5, "Level", 21.5), ("word", -12.5, "Word[2]", -125),
                ("flag", True, "Flag", True), ("line", 123456, "Line[9]", 123456),
                ("speed", 1.25, "Program:Main.Speed", 1.25), ("name", "pump 泵", "Name", "pump 泵"),
                ("string", "valve 阀", "Text", "valve 阀")):
            done = write(point, value)
            assert (done["outcome"], done["read_back"]) == ("confirmed", value), done
            assert plc.read(tag) == there
            seen(api, f"writes.{point}", value)
        assert plc.read("Word[1]") == 0 and plc.read("Line[8]") == 0, "the others stay"
        done = write("nowhere", 1)
        assert done["outcome"] == "refused" and "no such tag" in done["detail"], done
        done = write("short", 128)
        assert done["outcome"] == "refused" and "does not fit" in done["detail"], done
        done = write("string", "x" * 83)
        assert done["outcome"] == "refused" and "room for 82" in done["detail"], done
        assert api.refused("POST", "/v1/commands", {"point": "writes.level", "value": 101})
        assert api.refused("POST", "/v1/commands", {"point": "writes.fixed", "value": 1})
    wait_until(lambda: status(api, "writes")["state"] == "backing_off", "it is away")
    done = write("level", 1.0)
    assert done["outcome"] == "refused" and "nothing was sent" in done["detail"], done
    api.call("DELETE", "/v1/connections/writes")


def test_a_write_over_a_line_that_breaks_is_unknown(node):
    api = node.client()
    with Logix("Level=REAL") as plc:
        line = Line(plc.port)
        connect(api, "cut", line.port, {"level": ("Level", WRITABLE)}, groups={"default": "1h"})
        seen(api, "cut.level", 0)
        line.left = 150  # the look at the tag, and not all of the write
        done = api.create("/v1/commands", {"point": "cut.level", "value": 21.5})
        assert done["outcome"] == "unknown" and "before the controller answered" in done["detail"], done
        line.left = None
        wait_until(lambda: status(api, "cut")["restarts"] >= 1
                   and status(api, "cut")["state"] == "running", "it goes on", 90)
        line.close()
    api.call("DELETE", "/v1/connections/cut")


def test_a_controller_that_goes_and_comes_back(node):
    api = node.client()
    with Logix("Level=REAL") as plc:
        plc.write(Level=1.5)
        connect(api, "back", plc.port, {"level": ("Level", {})}, stale_after="1s")
        seen(api, "back.level", 1.5)
    found = wait_until(lambda: (now := latest(api, "back.level"))["quality_code"] == LAST_USABLE and now,
                       "the last value, as uncertain")
    assert found["value"] == 1.5
    wait_until(lambda: latest(api, "back.level")["quality_code"] == NO_COMMUNICATION, "no value")
    with Logix("Level=DINT", port=plc.port) as again:  # with another program
        again.write(Level=2)
        found = wait_until(value_is(api, "back.level", 2), "it is found again", 90)
        assert found["quality"] == "good"
    api.call("DELETE", "/v1/connections/back")


def test_settings_and_addresses_are_tried_before_they_are_saved(node):
    api = node.client()
    with Logix("Level=REAL", "Program:Main.Speed=REAL", "Line=INT[10]") as plc:
        plc.write(Level=21.5)
        settings = {"host": "127.0.0.1", "port": plc.port}
        tried = api.create("/v1/protocols/ethernet_ip/test", {"settings": settings})
        assert tried["connected"] and "2 connections" in tried["detail"], tried
        probes = {probe["name"]: probe for probe in tried["probes"]}
        assert "1756-L61" in probes["controller"]["detail"], probes
        assert "1756-L61" in probes[f"device at 127.0.0.1:{plc.port}"]["detail"], probes
        connect(api, "tried", plc.port, {"a": ("Level", {}), "b": ("Program:Main.Speed", {}),
                                         "c": ("Program:Other.Speed", {})}, connected=False)
        tried = api.create("/v1/connections/tried/test", {})
        api.call("DELETE", "/v1/connections/tried")
        assert tried["connected"] and "without connections" in tried["detail"], tried
        probes = {probe["name"]: probe for probe in tried["probes"]}
        assert probes["Level"]["answered"] and "REAL" in probes["Level"]["detail"], probes
        assert probes["Program:Main.Speed"]["answered"], probes
        assert "no such tag" in probes["Program:Other.Speed"]["detail"], probes
        read = api.create("/v1/protocols/ethernet_ip/read", {"settings": settings, "addresses": [
            "Level*2", "Nothing", "Level.", "Line[10]", "Line[9]"]})["items"]
        assert read[0]["value"] == 43 and read[0]["quality"] == "good", read
        assert "no such tag" in read[1]["detail"] and "Studio 5000" in read[2]["detail"], read
        assert "index" in read[3]["detail"] and read[4]["value"] == 0, read
        # This one does not tell its tags.
        found = api.create("/v1/protocols/ethernet_ip/scan", {
            "settings": settings, "area": "controller", "from": 0, "count": 10})
        assert found["found"] == [] and "status 0x8" in found["detail"], found
        assert api.refused("POST", "/v1/protocols/ethernet_ip/scan", {
            "settings": settings, "area": "hr", "from": 0, "count": 1}).status == 400
    tried = api.create("/v1/protocols/ethernet_ip/test", {"settings": settings})
    assert not tried["connected"] and str(plc.port) in tried["detail"], tried
    for wrong, field in (({"slot": 256}, "slot"), ({"route": "1"}, "route"),
                         ({"max_requests": 0}, "max_requests"), ({"extra": 1}, "extra")):
        refused = api.refused("POST", "/v1/connections", {
            "key": "wrong", "protocol": "ethernet_ip", "settings": {**settings, **wrong}})
        assert refused.status == 400 and field in str(refused.problem), refused.problem


def test_the_slot_that_is_asked_for_is_the_one(node):
    api = node.client()
    with Logix("Level=REAL", options=("--route-path", "1/3")) as plc:
        settings = {"host": "127.0.0.1", "port": plc.port, "connected": False}
        for more, connected in (({"slot": 3}, True), ({"route": "1,3"}, True), ({"slot": 2}, False)):
            tried = api.create("/v1/protocols/ethernet_ip/test", {"settings": {**settings, **more}})
            assert tried["connected"] == connected, tried


@pytest.mark.parametrize("words, told", [
    (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not EtherNet/IP"), (b"", "closed the connection"),
    (b"\x65\0\0\0" + bytes(4) + b"\x69\0\0\0" + bytes(12), "another version")])
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
        read = api.refused("POST", "/v1/protocols/ethernet_ip/read", {
            "settings": {"host": "127.0.0.1", "port": server.getsockname()[1]},
            "addresses": ["Level"]})
        assert told in str(read.problem), read.problem
