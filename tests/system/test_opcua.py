# SPDX-License-Identifier: Apache-2.0
"""The OPC UA connector against a server that we did not write."""

import datetime
import socket
import subprocess
import time

import pytest

from connections import connect_points, latest, status
from gantryd_process import Gantryd, wait_until
from opcua_server import NAMESPACE, POLICIES, SCALARS, OpcuaServer, free_port, make_certificate, ua


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return {name: make_certificate(folder, name) for name in ("server", "other")}


def at(name):
    return f"nsu={NAMESPACE};s={name}"


def settings(url, **more):
    return {"endpoint": url, "security": "none", "groups": {"default": "50ms"}, "timeout": "2s",
            "connect_timeout": "4s", **more}


def connect(api, key, points, values):
    connect_points(api, key, "opcua", values, points)


def has(api, point, value):
    """What JSON has no exact number for comes as a text."""
    shown = str(value) if type(value) is int and abs(value) >= 2**53 else value

    def check():
        now = latest(api, point)
        return now["quality"] == "good" and now["value"] == shown and now
    return check


def code(api, point):
    return latest(api, point)["quality_code"]


def history(api, point):
    item = api.get("/v1/samples", point=point, quality="code", **{"from": "2020-01-01T00:00:00Z"})
    columns = item["items"][0]["columns"]
    return list(zip(columns["time"], columns["value"], columns["quality"]))


def test_values_of_every_scalar_type(node):
    api = node.client()
    nodes = {name: (value, name) for name, (value, _, _) in SCALARS.items()}
    with OpcuaServer(nodes) as server:
        connect(api, "scalars", {name.lower(): (at(name), {"type": kind})
                                 for name, (_, kind, _) in SCALARS.items()}, settings(server.url))
        for name, (_, _, expected) in SCALARS.items():
            wait_until(has(api, f"scalars.{name.lower()}", expected),
                       lambda: f"{name}: {latest(api, 'scalars.' + name.lower())}")
        good = wait_until(lambda: status(api, "scalars")["tags_good"] == len(SCALARS)
                          and status(api, "scalars"), "all tags are good")
        assert good["state"] == "running"
        # Changes come, too.
        server.set("Int64", 2**63 - 1, "Int64")
        wait_until(has(api, "scalars.int64", 2**63 - 1), "the largest int64")
    api.call("DELETE", "/v1/connections/scalars")


def test_types_that_do_not_fit_are_told(node):
    api = node.client()
    nodes = {"Text": ("x", "String"), "Double": (1.5, "Double"), "Huge": (2**64 - 1, "UInt64"),
             "Nan": (float("nan"), "Double"), "List": ([1, 2, 3], "Int32")}
    with OpcuaServer(nodes) as server:
        connect(api, "misfits", {
            "text": (at("Text"), {"type": "float64"}), "double": (at("Double"), {"type": "int64"}),
            "huge": (at("Huge"), {"type": "int64"}), "nan": (at("Nan"), {}),
            "list": (at("List"), {"type": "int64"}), "beyond": (at("List") + " [3]", {"type": "int64"}),
            "nowhere": (at("Nowhere"), {}), "no_space": ("nsu=urn:none;i=1", {}),
        }, settings(server.url))
        codes = ua.StatusCodes
        expected = {"text": codes.BadTypeMismatch, "double": codes.BadTypeMismatch,
                    "huge": codes.BadOutOfRange, "nan": codes.BadSensorFailure,
                    "list": codes.BadTypeMismatch, "beyond": codes.BadIndexRangeNoData,
                    "nowhere": codes.BadNodeIdUnknown, "no_space": codes.BadNodeIdUnknown}
        for name, quality in expected.items():
            wait_until(lambda: code(api, f"misfits.{name}") == quality,
                       lambda: f"{name}: {latest(api, 'misfits.' + name)}")
            assert latest(api, f"misfits.{name}")["value"] is None
        troubles = {part["name"]: part["trouble"] for part in status(api, "misfits")["troubles"]}
        assert "float64" in troubles["misfits.text"] and "String" in troubles["misfits.text"]
        assert "[0]" in troubles["misfits.list"]
        assert "no such node" in troubles["misfits.nowhere"]
        assert "urn:none" in troubles["misfits.no_space"]
        assert status(api, "misfits")["state"] == "degraded"
    api.call("DELETE", "/v1/connections/misfits")


def test_elements_of_arrays_and_scaling(node):
    api = node.client()
    nodes = {"Doubles": ([1.5, 2.5, 3.5], "Double"), "Texts": (["a", "b"], "String"),
             "Bits": ([True, False], "Boolean"), "Raw": (100, "UInt16"), "Name *2": (7, "Int32")}
    with OpcuaServer(nodes) as server:
        connect(api, "arrays", {
            "third": (at("Doubles") + " [2]", {}), "second": (at("Texts") + " [1]", {"type": "string"}),
            "bit": (at("Bits") + " [1]", {"type": "bool"}),
            "scaled": (at("Raw") + " *0.1-40", {}), "whole": (at("Raw") + " *3+1", {"type": "int64"}),
            "blank": (at("Name *2") + " -- *2", {"type": "int64"}),
        }, settings(server.url))
        for name, value in {"third": 3.5, "second": "b", "bit": False, "scaled": -30,
                            "whole": 301, "blank": 14}.items():
            wait_until(has(api, f"arrays.{name}", value),
                       lambda: f"{name}: {latest(api, 'arrays.' + name)}")
        server.set("Doubles", [1.5, 2.5, -3.5], "Double")
        wait_until(has(api, "arrays.third", -3.5), "a change of the element")
    api.call("DELETE", "/v1/connections/arrays")


def test_source_time_and_status_are_the_servers(node):
    api = node.client()
    with OpcuaServer({"Level": (1.0, "Double")}) as server:
        first = datetime.datetime(2026, 1, 2, 3, 4, 5, 600000, datetime.timezone.utc)
        server.set("Level", 10.0, "Double", first)
        connect(api, "times", {"level": (at("Level"), {})}, settings(server.url))
        # The value is older than the connection: it stands at its own time, and holds from now on.
        now = wait_until(has(api, "times.level", 10.0), "the first value")
        assert now["time"] > "2026-11"
        assert ("2026-01-02T03:04:05.6Z", 10.0, "good") in history(api, "times.level")
        # From then on the device's time is the sample's, to the 100 ns of OPC UA.
        later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(milliseconds=1)
        server.set("Level", 11.0, "Double", later)
        now = wait_until(has(api, "times.level", 11.0), "the second value")
        assert now["time"] == later.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0") + "Z"
        # A status code comes as it is; a bad one without a value.
        server.set("Level", 12.0, "Double", status=0x408F0000)
        now = wait_until(lambda: latest(api, "times.level")["value"] == 12.0
                         and latest(api, "times.level"), "an uncertain value")
        assert now["quality_code"] == 0x408F0000
        server.set("Level", 13.0, "Double", status=0x808B0000)
        now = wait_until(lambda: code(api, "times.level") == ua.StatusCodes.BadDeviceFailure
                         and latest(api, "times.level"), "a bad status")
        assert now["value"] is None
        server.set("Level", 14.0, "Double")
        wait_until(has(api, "times.level", 14.0), "it is good again")
    api.call("DELETE", "/v1/connections/times")


def test_a_deadband_reports_changes_only(node):
    api = node.client()
    with OpcuaServer({"Level": (0.0, "Double"), "End": (0, "Int32")}) as server:
        connect(api, "deadband", {"level": (at("Level") + " db=1", {}),
                                  "end": (at("End"), {"type": "int64"})},
                settings(server.url, queue_size=100))
        wait_until(has(api, "deadband.level", 0.0), "the first value")
        for value in (0.5, 0.9, 2.0, 2.5, 1.5, -1.0):
            server.set("Level", value, "Double")
        server.set("End", 1, "Int32")
        wait_until(has(api, "deadband.end", 1), "the last change")
        wait_until(has(api, "deadband.level", -1.0), "the last value")
        values = [value for _, value, quality in history(api, "deadband.level")
                  if quality == "good" and value != 0.0]
        assert values == [2.0, -1.0]
    api.call("DELETE", "/v1/connections/deadband")


def test_write_and_read_back(node):
    api = node.client()
    nodes = {"Speed": (1, "Int16"), "Float": (0.0, "Float"), "Text": ("", "String"),
             "On": (False, "Boolean"), "List": ([1.0, 2.0, 3.0], "Double"), "Fixed": (1, "Int32")}
    with OpcuaServer(nodes) as server:
        server.call(server.variables["Fixed"].set_writable(False))
        write = {"access": "read_write"}
        connect(api, "writes", {
            "speed": (at("Speed") + " *0.1", {**write, "range": {"min": 0, "max": 5000}}),
            "float": (at("Float"), write), "text": (at("Text"), {**write, "type": "string"}),
            "on": (at("On"), {**write, "type": "bool"}), "second": (at("List") + " [1]", write),
            "fixed": (at("Fixed"), {**write, "type": "int64"}),
            "nowhere": (at("Nowhere"), write)}, settings(server.url))
        wait_until(lambda: status(api, "writes")["tags_good"] == 6, "values")

        def command(name, value):
            return api.create("/v1/commands", {"point": f"writes.{name}", "value": value})

        for name, value in {"speed": 85.5, "float": 0.25, "text": "泵 2", "on": True,
                            "second": -7.5}.items():
            done = command(name, value)
            assert done["outcome"] == "confirmed", (name, done)
            assert done["read_back"] == pytest.approx(value), done
        assert server.get("Speed") == 855 and server.get("Text") == "泵 2"
        assert server.get("List") == [1.0, -7.5, 3.0]
        wait_until(has(api, "writes.on", True), "the written value comes back")
        # What does not fit is not sent.
        out_of_bits = command("speed", 4000)
        assert out_of_bits["outcome"] == "refused" and "16 bits" in out_of_bits["detail"]
        assert server.get("Speed") == 855
        fixed = command("fixed", 2)
        assert fixed["outcome"] == "refused", fixed
        assert "BadNotWritable" in fixed["detail"] or "BadUserAccessDenied" in fixed["detail"]
        assert command("nowhere", 1)["outcome"] == "refused"
    away = api.create("/v1/commands", {"point": "writes.speed", "value": 60})
    assert away["outcome"] == "refused", away
    api.call("DELETE", "/v1/connections/writes")


def test_a_server_that_restarts_is_found_again(node):
    api = node.client()
    port = free_port()
    with OpcuaServer({"Level": (1.0, "Double")}, port=port) as server:
        connect(api, "restart", {"level": (at("Level"), {})},
                settings(server.url, stale_after="2s"))
        wait_until(has(api, "restart.level", 1.0), "a value")
    wait_until(lambda: code(api, "restart.level") == ua.StatusCodes.UncertainLastUsableValue
               and latest(api, "restart.level")["value"] == 1.0, "the last value counts as usable")
    wait_until(lambda: code(api, "restart.level") == ua.StatusCodes.BadNoCommunication,
               "and then no more")
    assert latest(api, "restart.level")["value"] is None
    state = wait_until(lambda: status(api, "restart")["state"] == "backing_off"
                       and status(api, "restart"), "back-off")
    assert str(port) in state["last_error"]
    # Its namespaces have other numbers now; the address names the URI.
    with OpcuaServer({"Level": (2.0, "Double")}, port=port,
                     namespaces=("urn:another", NAMESPACE)) as server:
        wait_until(has(api, "restart.level", 2.0), "the server is found again", seconds=90)
        assert status(api, "restart")["restarts"] >= 1
        server.set("Level", 3.0, "Double")
        wait_until(has(api, "restart.level", 3.0), "and sends again")
    api.call("DELETE", "/v1/connections/restart")


@pytest.mark.parametrize("policy, mode, kind", [
    ("Basic256Sha256", "sign_and_encrypt", POLICIES.Basic256Sha256_SignAndEncrypt),
    ("Basic256Sha256", "sign", POLICIES.Basic256Sha256_Sign),
    ("Aes128_Sha256_RsaOaep", "sign_and_encrypt", POLICIES.Aes128Sha256RsaOaep_SignAndEncrypt),
    ("Aes256_Sha256_RsaPss", "sign_and_encrypt", POLICIES.Aes256Sha256RsaPss_SignAndEncrypt)])
def test_only_the_pinned_certificate_is_trusted(node, certificates, policy, mode, kind):
    api = node.client()
    key = f"secure_{policy}_{mode}".lower()
    fingerprint = certificates["server"][2]
    with OpcuaServer({"Level": (1.0, "Double")}, certificate=certificates["server"],
                     policies=(POLICIES.NoSecurity, kind)) as server:
        def wanted(**more):
            return settings(server.url, security=policy, mode=mode, **more)

        # At first nothing is trusted, and the error says what would be.
        tried = api.create("/v1/protocols/opcua/test", {"settings": wanted()})
        assert not tried["connected"]
        shown = ":".join(fingerprint[i:i + 2] for i in range(0, 64, 2)).upper()
        assert shown in tried["detail"] and "server_certificate" in tried["detail"]
        other = api.create("/v1/protocols/opcua/test",
                           {"settings": wanted(server_certificate=certificates["other"][2])})
        assert not other["connected"] and "another certificate" in other["detail"]
        right = api.create("/v1/protocols/opcua/test",
                           {"settings": wanted(server_certificate=shown)})
        assert right["connected"] and policy in right["detail"], right
        # A running connection with the wrong one stays without values, and gets them by a change.
        connect(api, key, {"level": (at("Level"), {"access": "read_write"})},
                wanted(server_certificate=certificates["other"][2]))
        wait_until(lambda: "another certificate" in status(api, key).get("last_error", ""),
                   "the wrong certificate is refused")
        assert latest(api, f"{key}.level")["value"] is None
        api.call("PATCH", f"/v1/connections/{key}",
                 {"settings": wanted(server_certificate=fingerprint)})
        wait_until(has(api, f"{key}.level", 1.0), lambda: f"a value: {status(api, key)}")
        assert api.create("/v1/commands", {"point": f"{key}.level", "value": 5.0})[
            "outcome"] == "confirmed"
    api.call("DELETE", f"/v1/connections/{key}")


def test_a_policy_that_is_not_offered_is_named(node, certificates):
    api = node.client()
    with OpcuaServer({}, certificate=certificates["server"],
                     policies=(POLICIES.Basic256Sha256_SignAndEncrypt,)) as server:
        tried = api.create("/v1/protocols/opcua/test", {"settings": settings(server.url)})
        assert not tried["connected"]
        assert "does not offer" in tried["detail"] and "Basic256Sha256" in tried["detail"]


def test_user_and_password(node, certificates):
    api = node.client()
    fingerprint = certificates["server"][2]
    with OpcuaServer({"Level": (1.0, "Double")}, certificate=certificates["server"],
                     policies=(POLICIES.NoSecurity, POLICIES.Basic256Sha256_SignAndEncrypt),
                     tokens=(ua.UserNameIdentityToken,)) as server:
        secure = settings(server.url, security="Basic256Sha256", server_certificate=fingerprint)
        anonymous = api.create("/v1/protocols/opcua/test", {"settings": secure})
        assert not anonymous["connected"] and "anonymous" in anonymous["detail"]
        wrong = api.create("/v1/protocols/opcua/test", {"settings": {
            **secure, "user": "operator", "password": "guess"}})
        assert not wrong["connected"] and "refuses the user" in wrong["detail"], wrong
        connect(api, "user", {"level": (at("Level"), {})},
                {**secure, "user": "operator", "password": "correct horse"})
        wait_until(has(api, "user.level", 1.0), lambda: f"a value: {status(api, 'user')}")
        # The password is nowhere to be seen, and stays when other settings change.
        stored = api.get("/v1/connections/user")["settings"]
        assert stored["password"].startswith("sealed:") and "horse" not in str(stored)
        api.call("PATCH", "/v1/connections/user", {"settings": {"queue_size": 2}})
        server.set("Level", 2.0, "Double")
        wait_until(has(api, "user.level", 2.0), "values with the kept password")
        assert api.create("/v1/connections/user/test", {})["connected"]
        # It is not sent to another server.
        refused = api.refused("PATCH", "/v1/connections/user",
                              {"settings": {"endpoint": "opc.tcp://127.0.0.1:1"}})
        assert refused.status == 400 and "needed again" in str(refused.problem)
        for folder in (node.data,):
            found = subprocess.run(["grep", "-rl", "correct horse", folder], capture_output=True,
                                   text=True, check=False)
            assert found.returncode == 1, found.stdout
        # A wrong password is not tried again and again.
        api.call("PATCH", "/v1/connections/user", {"settings": {"password": "guess"}})
        wait_until(lambda: status(api, "user")["state"] == "failed_configuration",
                   "the refusal is final")
        wait_until(lambda: code(api, "user.level") == ua.StatusCodes.BadNoCommunication,
                   "and shows in the values")
    api.call("DELETE", "/v1/connections/user")


def test_addresses_are_tried_and_found(node):
    api = node.client()
    nodes = {"Level": (1.5, "Double"), "List": ([1, 2], "Int32"), "Name": ("x", "String")}
    with OpcuaServer(nodes) as server:
        values = settings(server.url)
        read = api.create("/v1/protocols/opcua/read", {"settings": values, "addresses": [
            at("Level"), at("List") + " [1]", {"address": at("Name"), "type": "string"},
            at("Nowhere"), "nonsense"]})["items"]
        assert [item["value"] for item in read] == [1.5, 2.0, "x", None, None]
        assert read[0]["quality"] == "good" and read[3]["quality"].startswith("bad")
        assert "BadNodeIdUnknown" in read[3]["detail"] and "nonsense" in read[4]["detail"]
        scan = api.create("/v1/protocols/opcua/scan", {"settings": values, "area": "i=85"})
        found = {item["address"]: item["value"] for item in scan["found"]}
        assert found[at("Level")] == 1.5 and found[at("List") + " [1]"] == 2 and scan["done"]
        below = api.create("/v1/protocols/opcua/scan",
                           {"settings": values, "area": at("Plant"), "count": 1})
        assert len(below["found"]) == 1 and not below["done"]
        refused = api.refused("POST", "/v1/protocols/opcua/scan",
                              {"settings": values, "area": at("Nowhere")})
        assert refused.status == 400 and "BadNodeId" in str(refused.problem)
    nobody = api.create("/v1/protocols/opcua/test", {"settings": values})
    assert not nobody["connected"] and "is the server on" in nobody["detail"], nobody


def test_wrong_settings_and_addresses_are_refused_with_advice(node):
    api = node.client()
    for change, field in (({"endpoint": "http://x"}, "endpoint"), ({"security": "Basic128Rsa15"}, "security"),
                          ({"mode": "encrypt"}, "mode"), ({"server_certificate": "abc"}, "server_certificate"),
                          ({"password": "x"}, "user"), ({"sekurity": "none"}, "sekurity")):
        refused = api.refused("POST", "/v1/connections", {
            "key": "wrong", "protocol": "opcua",
            "settings": {"endpoint": "opc.tcp://127.0.0.1:4840", **change}})
        assert refused.status == 400 and field in str(refused.problem), refused
    api.create("/v1/assets", {"key": "advice"})
    api.create("/v1/points", {"asset": "advice", "key": "p"})
    api.create("/v1/connections", {"key": "advice", "protocol": "opcua", "settings": {
        "endpoint": f"opc.tcp://127.0.0.1:{free_port()}", "security": "none"}})
    refused = api.refused("POST", "/v1/tags", {"connection": "advice", "point": "advice.p",
                                               "address": "Line1.Temp"})
    assert refused.status == 400 and "ns=2;s=Line1.Temp" in str(refused.problem)
    api.call("DELETE", "/v1/connections/advice")


def test_a_stop_while_nobody_answers_is_quick():
    with socket.socket() as silent, Gantryd() as node:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        api = node.client()
        connect(api, "lost", {"p": ("ns=2;i=1", {})},
                settings(f"opc.tcp://127.0.0.1:{silent.getsockname()[1]}", connect_timeout="60s"))
        silent.settimeout(30)
        with silent.accept()[0] as held:
            assert held.recv(3) == b"HEL"
            assert status(api, "lost")["state"] == "connecting"
            start = time.monotonic()
            node.stop()
            assert time.monotonic() - start < 10
