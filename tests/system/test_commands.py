# SPDX-License-Identifier: Apache-2.0
"""EDG-2, SAP-6: values on their way to devices: rules, approval by somebody else, expiry, sending once,
and the record of it."""

import re
import shlex
import subprocess
import threading

import pytest

from connections import connect_points, latest, seen
from gantryd_process import BIN, Gantryd, signed_in, wait_until
from modbus_liar import Liar, right_answer
from plant_process import Plant, register_map
from sdk_process import CHECKOUT

@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def api(node):
    return node.client()


@pytest.fixture(scope="module")
def station(api):
    """The demo plant's pump 1: its speed can be written, its state read."""
    tags = {point["key"]: point["tag"] for point in register_map()["points"]}
    with Plant() as plant:
        connect_points(api, "pump", "modbus_tcp", {
            "host": "127.0.0.1", "port": plant.port, "groups": {"default": "50ms"}}, {
            "speed": (tags["pump1.speed_setpoint"],
                      {"access": "read_write", "unit": "%", "range": {"min": 0, "max": 100}}),
            "pressure": (tags["pump1.discharge_pressure"], {"unit": "bar"})})
        wait_until(lambda: latest(api, "pump.pressure")["quality"] == "good"
                   and latest(api, "pump.speed")["quality"] == "good", "the pump")
        yield plant


@pytest.fixture
def rules(api):
    """Makes rules that are gone after the test."""
    made = []

    def make(key, **rule):
        made.append(api.create("/v1/command-rules", {"key": key, **rule}))
        return made[-1]

    yield make
    for rule in made:
        api.call("DELETE", f"/v1/command-rules/{rule['key']}")


@pytest.fixture(scope="module")
def operator(node, api):
    return signed_in(node, api, "operator-1", "operator")


@pytest.fixture(scope="module")
def engineer(node, api):
    return signed_in(node, api, "engineer-1", "engineer")


def write(api, value, point="pump.speed", **more):
    return api.post("/v1/commands", {"point": point, "value": value, **more})


def test_a_command_says_what_became_of_it_and_is_kept(api, station):
    done = write(api, 41.5, reason="more flow").json()
    assert (done["state"], done["outcome"], done["read_back"]) == ("done", "confirmed", 41.5)
    assert done["by"]["login"] == "setup" and done["reason"] == "more flow"
    assert done["created"] <= done["finished"]
    assert api.get(f"/v1/commands/{done['id']}") == done
    assert api.get("/v1/commands", point="pump.speed", limit=1)["items"] == [done]
    seen(api, "pump.speed", 41.5)
    entries = [entry for entry in api.get("/v1/audit")["items"] if done["id"] in entry["object"]]
    assert [(entry["action"], entry["outcome"]) for entry in entries] == [
        ("commands:write", "ok"), ("commands:send", "ok")]
    assert "pump.speed = 41.5" in entries[0]["object"] and entries[0]["detail"] == "confirmed"
    # What can never be a value of the point is not a command.
    assert api.refused("POST", "/v1/commands", {"point": "pump.speed", "value": 101}).status == 400
    assert api.refused("POST", "/v1/commands", {"point": "pump.pressure", "value": 1}).status == 403
    assert api.get("/v1/commands", point="pump.speed", limit=1)["items"] == [done]


def test_an_interlock_lets_pass_only_what_its_condition_allows(api, station, rules):
    write(api, 40.0)
    seen(api, "pump.speed", 40.0)
    rules("steps", points="*.speed", condition="abs(value - current) <= 10",
          name={"en": "small steps", "zh": "小步调整"})
    rules("pressure", under="pump", condition="pressure < 1000[bar]")
    check = api.create("/v1/commands/check", {"point": "pump.speed", "value": 80})
    assert not check["passes"] and not check["needs_approval"]
    assert [(rule["rule"], rule["passes"]) for rule in check["rules"]] == [
        ("pressure", True), ("steps", False)]
    refused = write(api, 80).json()
    assert refused["outcome"] == "refused" and refused["state"] == "done"
    assert refused["detail"] == ("rule steps (small steps) forbids it: abs(value - current) <= 10 "
                                 "(value = 80, current = 40)")
    entry = next(entry for entry in api.get("/v1/audit")["items"]
                 if refused["id"] in entry["object"])
    assert entry["outcome"] == "denied" and "small steps" in entry["detail"]
    chinese = api.call("POST", "/v1/commands/check", {"point": "pump.speed", "value": 80},
                       headers={"Accept-Language": "zh-CN"}).json()
    assert "小步调整" in chinese["rules"][1]["detail"]
    assert write(api, 49.0).json()["outcome"] == "confirmed"
    assert latest(api, "pump.speed")["value"] in (40.0, 49.0)


def test_a_step_is_judged_by_what_the_last_command_left(api, station, rules):
    tags = {point["key"]: point["tag"] for point in register_map()["points"]}
    connect_points(api, "slow", "modbus_tcp", {
        "host": "127.0.0.1", "port": station.port, "groups": {"default": "1h"}}, {
        "speed": (tags["pump2.speed_setpoint"],
                  {"access": "read_write", "range": {"min": 0, "max": 100}})})
    wait_until(lambda: latest(api, "slow.speed")["quality"] == "good", "its only poll")
    polled = latest(api, "slow.speed")["value"]
    left = 50.0 if polled > 75 else 95.0
    assert write(api, left, "slow.speed").json()["outcome"] == "confirmed"
    rules("steps", under="slow", condition="abs(value - current) <= 10")
    for _ in range(2):  # what was refused left nothing
        refused = write(api, polled, "slow.speed").json()
        assert f"current = {left:g}" in refused["detail"], refused
    assert latest(api, "slow.speed")["value"] == polled, "it was not polled since"
    assert write(api, left + 5, "slow.speed").json()["outcome"] == "confirmed"
    api.call("DELETE", "/v1/connections/slow")


@pytest.mark.parametrize("condition, why", [
    ("`nowhere.at_all` > 1", "there is no point 'nowhere.at_all'"),
    ("idle", "'idle' has no good value"),
    ("words = 1", "'words' is a text"),
    ("value + 1", "its condition is a number"),
    ("pressure > 1[Cel]", "bar"),
    ("1 / (value - value) > 0", "has no result"),
])
def test_what_cannot_be_judged_forbids(api, station, rules, condition, why):
    for key, kind in (("idle", "bool"), ("words", "string")):
        if not any(point["path"] == f"pump.{key}" for point in api.get("/v1/points")["items"]):
            api.create("/v1/points", {"asset": "pump", "key": key, "type": kind})
    rules("judge", under="pump", condition=condition)
    refused = write(api, 45.0).json()
    assert refused["outcome"] == "refused", refused
    assert "rule judge cannot be judged" in refused["detail"] and why in refused["detail"]


def test_old_values_do_not_count_where_a_rule_says_so(api, station, rules):
    api.create("/v1/points", {"asset": "pump", "key": "gate", "type": "bool"})
    rules("gate", under="pump", condition="gate", max_age="1h")
    api.post("/v1/samples", {"samples": [{"point": "pump.gate", "value": True,
                                          "time": "2026-01-01T00:00:00Z"}]})
    assert "older than 1h" in write(api, 45.0).json()["detail"]
    api.post("/v1/samples", {"samples": [{"point": "pump.gate", "value": True}]})
    assert write(api, 45.0).json()["outcome"] == "confirmed"


def test_somebody_else_approves(api, operator, engineer, station, rules):
    rules("four-eyes", under="pump", approval=True, wait="5m")
    before = latest(api, "pump.speed")["value"]
    answer = write(operator, 55.0, reason="batch 7")
    asked = answer.json()
    assert answer.status == 202 and asked["state"] == "waiting" and "outcome" not in asked
    assert operator.get("/v1/commands", state="waiting")["items"] == [asked]
    assert latest(api, "pump.speed")["value"] == before, "nothing was sent"
    approve = f"/v1/commands/{asked['id']}/approve"
    assert operator.refused("POST", approve, {}).status == 403, "an operator cannot approve"
    done = engineer.create(approve, {"note": "seen"})
    assert done["outcome"] == "confirmed" and done["read_back"] == 55.0
    assert done["decided_by"]["login"] == "engineer-1" and done["note"] == "seen"
    assert done["by"]["login"] == "operator-1"
    again = engineer.refused("POST", approve, {})
    assert again.status == 409 and "confirmed" in again.problem["detail"]
    actions = [(entry["action"], entry["outcome"]) for entry in api.get("/v1/audit")["items"]
               if asked["id"] in entry["object"]
               and entry["action"] in ("commands:write", "commands:approve", "commands:send")
               and entry["outcome"] == "ok"]
    assert actions == [("commands:write", "ok"), ("commands:send", "ok"),
                       ("commands:approve", "ok"), ("commands:write", "ok")]


def test_nobody_approves_what_they_asked_for(engineer, station, rules):
    rules("four-eyes", under="pump", approval=True)
    asked = write(engineer, 56.0).json()
    own = engineer.refused("POST", f"/v1/commands/{asked['id']}/approve", {})
    assert own.status == 403 and "somebody else" in own.problem["detail"]
    withdrawn = engineer.create(f"/v1/commands/{asked['id']}/reject", {"note": "a mistake"})
    assert withdrawn["outcome"] == "refused"
    assert withdrawn["detail"] == "withdrawn by engineer-1: a mistake"


def test_rules_are_asked_again_when_it_is_approved(api, operator, engineer, station, rules):
    rules("four-eyes", under="pump", approval=True)
    gate = rules("gate", under="pump", condition="value < 60")
    asked = write(operator, 57.0).json()
    api.call("PUT", f"/v1/command-rules/{gate['key']}",
             {"key": "gate", "under": "pump", "condition": "value < 50"})
    approve = f"/v1/commands/{asked['id']}/approve"
    now = engineer.refused("POST", approve, {})
    assert now.status == 409 and "not now" in now.problem["detail"] and "gate" in now.problem["detail"]
    assert operator.get(f"/v1/commands/{asked['id']}")["state"] == "waiting"
    api.call("PUT", f"/v1/command-rules/{gate['key']}",
             {"key": "gate", "under": "pump", "condition": "value < 60"})
    assert engineer.create(approve, {})["outcome"] == "confirmed"


def test_who_may_not_send_any_more_is_not_obeyed(node, api, engineer, station, rules):
    rules("four-eyes", under="pump", approval=True)
    leaver = signed_in(node, api, "leaver", "operator")
    asked = write(leaver, 58.0).json()
    api.call("PATCH", "/v1/principals/leaver", {"disabled": True})
    gone = engineer.refused("POST", f"/v1/commands/{asked['id']}/approve", {})
    assert gone.status == 409 and "leaver" in gone.problem["detail"]
    assert engineer.create(f"/v1/commands/{asked['id']}/reject", {})["outcome"] == "refused"


def test_what_nobody_approves_in_time_is_refused(api, operator, engineer, station, rules):
    rules("four-eyes", under="pump", approval=True, wait="1h")
    soon = write(operator, 59.0, expires_in="1s").json()
    late = write(operator, 59.5).json()
    done = wait_until(lambda: (one := api.get(f"/v1/commands/{soon['id']}"))["state"] == "done"
                      and one, "the end of it")
    assert (done["outcome"], done["detail"]) == ("refused", "nobody approved it in time")
    assert engineer.refused("POST", f"/v1/commands/{soon['id']}/approve", {}).status == 409
    assert api.get(f"/v1/commands/{late['id']}")["state"] == "waiting"
    engineer.create(f"/v1/commands/{late['id']}/reject", {})


def test_rules_and_commands_end_where_a_role_ends(node, api, station, rules):
    api.create("/v1/assets", {"key": "elsewhere"})
    api.create("/v1/roles", {"key": "neighbour", "name": "Neighbour", "statements": [
        {"effect": "allow", "under": "elsewhere",
         "permissions": ["commands:*", "command_rules:*", "points:read"]}]})
    neighbour = signed_in(node, api, "neighbour", "neighbour")
    assert neighbour.refused("POST", "/v1/commands", {"point": "pump.speed", "value": 1}).status \
        in (403, 404)
    rules("four-eyes", under="pump", approval=True)
    asked = write(api, 60.0).json()
    assert neighbour.get("/v1/commands")["items"] == []
    for path in ("", "/approve", "/reject"):
        method = "POST" if path else "GET"
        assert neighbour.refused(method, f"/v1/commands/{asked['id']}{path}").status == 404
    for under in ("", "pump"):
        assert neighbour.refused("POST", "/v1/command-rules", {
            "key": "mine", "under": under, "approval": True}).status in (403, 404)
    assert neighbour.refused("DELETE", "/v1/command-rules/four-eyes").status in (403, 404)
    neighbour.create("/v1/command-rules", {"key": "mine", "under": "elsewhere", "approval": True})
    neighbour.call("DELETE", "/v1/command-rules/mine")
    api.create(f"/v1/commands/{asked['id']}/reject", {})


def test_the_guide(node, api, engineer, station):
    """What it tells people to type, but with ids that are there."""
    tags = {point["key"]: point["tag"] for point in register_map()["points"]}
    for parent, key in (("", "plant"), ("plant", "line2")):
        api.create("/v1/assets", {"key": key, **({"parent": parent} if parent else {})})
    connect_points(api, "pump3", "modbus_tcp", {"host": "127.0.0.1", "port": station.port}, {})
    api.create("/v1/assets", {"key": "pump3", "parent": "plant/line2"})
    api.create("/v1/points", {"asset": "plant/line2/pump3", "key": "speed_setpoint",
                              "access": "read_write", "range": {"min": 0, "max": 100}})
    api.create("/v1/tags", {"items": [{
        "connection": "pump3", "point": "plant/line2/pump3.speed_setpoint",
        "address": tags["pump2.speed_setpoint"]}]})
    text = (CHECKOUT / "docs/guide/commands.md").read_text()
    lines = [line.split("#")[0].strip() for block in re.findall(r"^```\n(gantry .*?)^```", text, re.M | re.S)
             for line in block.splitlines()]
    assert len(lines) == 8
    made = []
    for line in lines:
        words = shlex.split(line)[1:]
        if "cmd_01J…" in words:
            api.create("/v1/command-rules", {"key": "ask", "under": "plant", "approval": True})
            asked = write(api, 75, "plant/line2/pump3.speed_setpoint").json()
            api.call("DELETE", "/v1/command-rules/ask")
            words[words.index("cmd_01J…")] = asked["id"]
        if "create" in words:
            made.append(words[words.index("create") + 1])
        who = engineer if "approve" in words else api
        words += ["--yes"] if "approve" in words else []
        token = api.create("/v1/tokens", {"name": "guide", **(
            {"principal": "engineer-1"} if who is engineer else {})})["token"]
        done = subprocess.run([f"{BIN}/gantry", *words, "--url", node.url, "--token-file", "-"],
                              input=token, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stderr)
        assert "approve" not in words or done.stdout.startswith("confirmed")
    assert made == ["pump-stands", "small-steps", "four-eyes"]
    for key in made:
        api.call("DELETE", f"/v1/command-rules/{key}")


def test_wrong_rules_name_the_field(api):
    for body, field in [({"condition": "value >"}, "/condition"), ({}, "/condition"),
                        ({"approval": True, "wait": "0s"}, "/wait"),
                        ({"condition": "value > 1", "max_age": "1000h"}, "/max_age"),
                        ({"condition": "value > 1", "points": ""}, "/points"),
                        ({"approval": True, "surprise": 1}, "/surprise")]:
        wrong = api.refused("POST", "/v1/command-rules", {"key": "wrong", **body})
        assert wrong.status == 400 and wrong.problem["fields"][0]["field"] == field, wrong.problem


class SilentOnWrite(Liar):
    """Answers reads, and to a write says nothing; it counts them."""

    def __init__(self):
        self.writes = 0
        super().__init__(self.answer_reads)

    def answer_reads(self, request):
        if request[7] == 3:
            return right_answer(request)
        self.writes += 1
        return b""


def test_a_command_is_sent_once_also_when_gantryd_is_killed_meanwhile():
    with SilentOnWrite() as device, Gantryd() as node:
        api = node.client()
        connect_points(api, "mute", "modbus_tcp", {
            "host": "127.0.0.1", "port": device.port, "timeout": "60s"}, {
            "value": ("hr:0:u16", {"type": "int64", "access": "read_write"})})
        wait_until(lambda: latest(api, "mute.value")["quality"] == "good", "the device")
        key = {"Idempotency-Key": "shift-7-dose"}
        order = {"point": "mute.value", "value": 5}

        def send():
            try:
                api.call("POST", "/v1/commands", order, headers=key)
            except OSError:
                pass  # it is killed before it answers

        sender = threading.Thread(target=send)
        sender.start()
        wait_until(lambda: device.writes == 1, "the write at the device")
        meanwhile = api.call("POST", "/v1/commands", order, headers=key)
        assert meanwhile.status == 202 and meanwhile.json()["state"] == "sending"
        node.kill()
        sender.join()
        node.start()
        api = node.client()
        again = api.call("POST", "/v1/commands", order, headers=key)
        done = again.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        assert done["id"] == meanwhile.json()["id"]
        assert done["outcome"] == "unknown" and "read the point" in done["detail"]
        other = api.refused("POST", "/v1/commands", {**order, "value": 6}, headers=key)
        assert other.status == 409
        assert device.writes == 1


def test_a_command_goes_on_when_its_client_leaves():
    with SilentOnWrite() as device, Gantryd() as node:
        api = node.client()
        connect_points(api, "mute", "modbus_tcp", {
            "host": "127.0.0.1", "port": device.port, "timeout": "1s"}, {
            "value": ("hr:0:u16", {"type": "int64", "access": "read_write"})})
        wait_until(lambda: latest(api, "mute.value")["quality"] == "good", "the device")
        client = subprocess.Popen(
            ["curl", "-s", "-X", "POST", "-H", f"Authorization: Bearer {api.token}",
             "-H", "Content-Type: application/json",
             "-d", '{"point": "mute.value", "value": 5}', node.url + "/v1/commands"])
        wait_until(lambda: device.writes == 1, "the write at the device")
        client.kill()
        client.wait()
        done = wait_until(lambda: (one := api.get("/v1/commands")["items"][0])["state"] == "done"
                          and one, "what became of it")
        assert done["outcome"] in ("unknown", "failed")
