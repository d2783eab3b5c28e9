# SPDX-License-Identifier: Apache-2.0
"""BACnet/IP against a device of bacpypes3, and against datagrams that no device should send."""

import socket
import threading
import time

import pytest

from bacnet_device import INSTANCE, BacnetDevice
from connections import connect_points, latest, seen, status, value_is
from gantryd_process import Gantryd, wait_until

CONFIGURATION_ERROR = 0x80890000
DEVICE_FAILURE = 0x808B0000
SENSOR_FAILURE = 0x808C0000
UNCERTAIN = 0x40000000
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


@pytest.fixture
def device():
    with BacnetDevice() as there:
        yield there


def connect(api, key, port, points, /, **settings):
    connect_points(api, key, "bacnet_ip", {"host": "127.0.0.1", "port": port, "timeout": "1s",
                                           "groups": {"default": "200ms", "slow": "1h"},
                                           **settings}, points)


def has_code(api, point, code):
    return wait_until(lambda: (now := latest(api, point))["quality_code"] == code and now,
                      lambda: latest(api, point))


def troubles(api, key):
    return {part["name"]: part["trouble"] for part in status(api, key)["troubles"]}


@pytest.mark.parametrize("apdu", [1476, 128, 50])
def test_values_of_each_kind(node, device, apdu):
    api = node.client()
    key = f"kinds{apdu}"
    points = {
        "ai": ("AI:1", {}, 21.5), "scaled": ("analog-input:1*2+1", {}, 44),
        "name": ("AI:1.object-name", TEXT, "Supply"), "units": ("AI:1.117", WHOLE, 62),
        "av": ("AV:3.present-value", {}, 20), "bi": ("BI:1", FLAG, False),
        "bv": ("BV:2", FLAG, True), "msv": ("MSV:1", WHOLE, 2),
        "state": ("MSV:1.state-text[3]", TEXT, "hand"), "text": ("CSV:1", TEXT, "pump 泵"),
        "count": ("PIV:1", WHOLE, 4_000_000_000), "flags": ("AI:1.status-flags", TEXT, "0000"),
        "id": ("AI:1.object-identifier", TEXT, "analog-input:1"),
        "oos": ("AI:1.out-of-service", FLAG, False)}
    wrong = {"nowhere": ("AI:99", {}, "unknown-object"),
             "nothing": ("AI:1.setpoint", {}, "unknown-property"),
             "beyond": ("MSV:1.state-text[4]", TEXT, "invalid-array-index"),
             "whole": ("AI:1", WHOLE, "holds a float"), "list": ("MSV:1.state-text", TEXT, "list")}
    connect(api, key, device.port, {name: (address, point) for name, (address, point, _) in
                                    {**points, **wrong}.items()}, max_apdu=apdu)
    for name, (_, _, value) in points.items():
        assert seen(api, f"{key}.{name}", value)["quality"] == "good"
    for name, (_, _, why) in wrong.items():  # what is wrong fails alone, and says why
        has_code(api, f"{key}.{name}", CONFIGURATION_ERROR)
        if name != "list" or apdu > 128:
            assert why in troubles(api, key)[f"{key}.{name}"], troubles(api, key)
    device.do("Supply", "presentValue", 22.5)
    seen(api, f"{key}.ai", 22.5)
    api.call("DELETE", f"/v1/connections/{key}")


def test_many_objects_are_read_together(node, device):
    api = node.client()
    connect(api, "many", device.port, {f"n{n}": (f"AV:{100 + n}", {}) for n in range(120)})
    for n in range(120):
        assert seen(api, f"many.n{n}", n)["quality"] == "good"
    api.call("DELETE", "/v1/connections/many")


def test_what_the_device_says_of_a_value_is_its_quality(node, device):
    api = node.client()
    connect(api, "flags", device.port, {"ai": ("AI:1", {})})
    seen(api, "flags.ai", 21.5)
    # The device makes its status flags of these.
    for attribute, said, code, value in (
            ("eventState", "high-limit", 0, 21.5), ("reliability", "no-sensor", SENSOR_FAILURE, None),
            ("reliability", "process-error", DEVICE_FAILURE, None),
            ("reliability", "no-fault-detected", 0, 21.5), ("outOfService", True, UNCERTAIN, 21.5)):
        device.do("Supply", attribute, said)
        found = has_code(api, "flags.ai", code)
        assert found.get("value") == value, found
        if code == SENSOR_FAILURE:
            assert "no-sensor" in troubles(api, "flags")["flags.ai"]
    device.do("Supply", "outOfService", False)
    device.do("Supply", "eventState", "normal")
    api.call("DELETE", "/v1/connections/flags")


def test_values_are_written_and_read_back(node, device):
    api = node.client()
    connect(api, "writes", device.port, {
        "av": ("AV:3", {"range": {"min": 0, "max": 100}, **WRITABLE}), "ao": ("AO:1", WRITABLE),
        "low": ("AO:1 prio=16", WRITABLE), "bv": ("BV:2", {**FLAG, **WRITABLE}),
        "msv": ("MSV:1", {**WHOLE, **WRITABLE}), "text": ("CSV:1", {**TEXT, **WRITABLE}),
        "slot": ("AO:1.priority-array[8]", {}), "other": ("AO:1.priority-array[16]", {}),
        "name": ("DEV:1.object-name", {**TEXT, **WRITABLE})})
    seen(api, "writes.av", 20)

    def write(point, value):
        return api.create("/v1/commands", {"point": f"writes.{point}", "value": value})

    for point, value in (("av", 30.5), ("ao", 40.0), ("bv", False), ("msv", 3),
                         ("text", "valve 阀")):
        done = write(point, value)
        assert (done["outcome"], done["read_back"]) == ("confirmed", value), done
        seen(api, f"writes.{point}", value)
    seen(api, "writes.slot", 40)
    done = write("low", 60.0)  # priority 8 holds
    assert done["outcome"] == "failed" and "overruled by priority 8" in done["detail"], done
    assert done["read_back"] == 40
    seen(api, "writes.other", 60)
    device.do("Valve", "presentValue", [70.0, 3])
    done = write("ao", 50.0)
    assert done["outcome"] == "failed" and "overruled by priority 3" in done["detail"], done
    done = write("name", "x")
    assert done["outcome"] == "refused" and "unknown-object" in done["detail"], done
    assert api.refused("POST", "/v1/commands", {"point": "writes.av", "value": 101})
    api.call("DELETE", "/v1/connections/writes")


def test_changes_are_told(node, device):
    api = node.client()
    connect(api, "cov", device.port, {"ai": ("AI:1 cov grp=slow", {}), "bv": ("BV:2 cov", FLAG),
                                      "text": ("CSV:1 cov", TEXT)})
    seen(api, "cov.ai", 21.5)
    seen(api, "cov.text", "pump 泵")
    for value in (25.0, 26.0, 27.5):  # its group is polled once an hour
        device.do("Supply", "presentValue", value)
        assert seen(api, "cov.ai", value)["quality"] == "good"
    api.call("DELETE", "/v1/connections/cov")


def test_a_device_that_goes_and_comes_back(node):
    api = node.client()
    with BacnetDevice() as device:
        connect(api, "back", device.port, {"ai": ("AI:1", {}), "told": ("AV:3 cov", {})},
                stale_after="2s", retries=0)
        seen(api, "back.ai", 21.5)
        seen(api, "back.told", 20)
    has_code(api, "back.ai", LAST_USABLE)
    has_code(api, "back.told", NO_COMMUNICATION)
    with BacnetDevice(port=device.port) as again:
        found = wait_until(value_is(api, "back.ai", 21.5), "it is found again", 90)
        assert found["quality"] == "good"
        again.do("Setpoint", "presentValue", 23.0)
        seen(api, "back.told", 23)
    api.call("DELETE", "/v1/connections/back")


def test_settings_and_addresses_are_tried_before_they_are_saved(node, device):
    api = node.client()
    settings = {"host": "127.0.0.1", "port": device.port, "device": INSTANCE}
    tried = api.create("/v1/protocols/bacnet_ip/test", {"settings": settings})
    assert tried["connected"] and str(INSTANCE) in tried["detail"], tried
    assert "Example Controls Model 7, firmware 1.2.3" in tried["probes"][0]["detail"], tried
    other = api.create("/v1/protocols/bacnet_ip/test", {"settings": {**settings, "device": 5}})
    assert not other["connected"] and f"device {INSTANCE}, not 5" in other["detail"], other
    read = api.create("/v1/protocols/bacnet_ip/read", {"settings": settings, "addresses": [
        "AI:1*2", "AI:99", "AX:1", "PROG:1"]})["items"]
    assert read[0]["value"] == 43 and read[0]["quality"] == "good", read
    assert "unknown-object" in read[1]["detail"] and "analog-value:3" in read[2]["detail"], read
    assert "no present-value" in read[3]["detail"], read
    found = api.create("/v1/protocols/bacnet_ip/scan", {
        "settings": settings, "area": "objects", "from": 0, "count": 500})
    there = {one["address"]: one["value"] for one in found["found"]}
    assert found["done"] and there["analog-input:1"] == 21.5, found
    assert there["analog-input:1.object-name"] == "Supply"
    assert there["analog-input:1.description"] == "supply air"
    assert there["analog-input:1.units"] == "degrees-celsius"
    only = api.create("/v1/protocols/bacnet_ip/scan", {
        "settings": settings, "area": "MSV", "from": 0, "count": 50})["found"]
    assert {one["address"].partition(".")[0] for one in only} == {"multi-state-value:1"}, only
    for wrong, field in (({"priority": 17}, "priority"), ({"network": 5}, "station"),
                         ({"max_apdu": 10}, "max_apdu"), ({"extra": 1}, "extra")):
        refused = api.refused("POST", "/v1/connections", {
            "key": "wrong", "protocol": "bacnet_ip", "settings": {**settings, **wrong}})
        assert refused.status == 400 and field in str(refused.problem), refused.problem


class Mean:
    """A relay to the device that does what networks and bad devices do."""

    def __init__(self, device, change):
        self.device = ("127.0.0.1", device.port)
        self.change = change
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind(("127.0.0.1", 0))
        self.port = self.line.getsockname()[1]
        self.back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.back.connect(self.device)
        self.asker = None
        for target in (self.there, self.home):
            threading.Thread(target=target, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.line.close()
        self.back.close()

    def there(self):
        while True:
            try:
                asked, self.asker = self.line.recvfrom(2000)
                self.back.send(asked)
            except OSError:
                return

    def home(self):
        count = 0
        while True:
            try:
                said = self.back.recv(2000)
                count += 1
                for one in self.change(count, said):
                    self.line.sendto(one, self.asker)
            except OSError:
                return


def noise(count, said):
    other = bytearray(said)
    if len(other) > 7 and other[6] >> 4 in (2, 3):
        other[7] ^= 0x55  # of a request that was not made
    return [b"", b"\x81", b"\xff" * 1400, said[:-1], bytes(other), said, said]


def lossy(count, said):
    return [said] if count % 3 else []


def late(count, said):
    if count % 5 == 0:
        time.sleep(0.7)
    return [said]


@pytest.mark.parametrize("change", [noise, lossy, late])
def test_datagrams_that_are_lost_late_double_or_none(node, device, change):
    api = node.client()
    key = change.__name__
    with Mean(device, change) as mean:
        connect(api, key, mean.port, {"ai": ("AI:1", {}), "no": ("AI:9", {})}, timeout="500ms")
        for value in (1.5, 2.5, 3.5):
            device.do("Supply", "presentValue", value)
            assert seen(api, f"{key}.ai", value)["quality"] == "good"
        assert status(api, key)["restarts"] == 0, status(api, key)
        api.call("DELETE", f"/v1/connections/{key}")


def aborting(reason, longest):
    """Answers that are longer than that are aborted, as by devices that cannot send them."""
    def change(_, said):
        if len(said) > longest and said[6] >> 4 == 3:
            return [bytes.fromhex("810a0009010071") + said[7:8] + bytes([reason])]
        return [said]
    return change


def rejecting(_, said):
    """It does not know ReadPropertyMultiple, whatever it says of itself."""
    if len(said) > 8 and said[6] >> 4 == 3 and said[8] == 14:
        return [bytes.fromhex("810a0009010060") + said[7:8] + b"\x09"]
    return [said]


def segmenting(_, said):
    if len(said) > 150 and said[6] >> 4 == 3:
        length = (len(said) + 2).to_bytes(2, "big")
        return [said[:2] + length + said[4:6] + b"\x3c" + said[7:8] + b"\x00\x01" + said[8:]]
    return [said]


@pytest.mark.parametrize("name, change", [
    ("overflow", aborting(1, 150)), ("segments", aborting(4, 100)), ("rejecting", rejecting),
    ("segmenting", segmenting)])
def test_devices_that_can_do_less(node, device, name, change):
    api = node.client()
    with Mean(device, change) as mean:
        connect(api, name, mean.port, {f"n{n}": (f"AV:{100 + n}", {}) for n in range(40)})
        for n in range(40):
            assert seen(api, f"{name}.n{n}", n)["quality"] == "good"
        api.call("DELETE", f"/v1/connections/{name}")


def test_who_is_silent_is_named(node):
    api = node.client()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        port = mute.getsockname()[1]
        settings = {"host": "127.0.0.1", "port": port, "timeout": "100ms", "retries": 2}
        tried = api.create("/v1/protocols/bacnet_ip/test", {"settings": settings})
        assert not tried["connected"] and "3 attempts" in tried["detail"], tried
    tried = api.create("/v1/protocols/bacnet_ip/test", {"settings": settings})
    assert not tried["connected"] and "nobody listens" in tried["detail"], tried
