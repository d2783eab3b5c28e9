# SPDX-License-Identifier: Apache-2.0
"""POST /v1/query beside pandas."""

import random

import pandas
import pytest

from gantryd_process import Client, Gantryd

HOUR = "2026-01-02T03:00:00Z"


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def plant(node):
    """Two lines with two pumps each; what was written, as a frame."""
    api = node.client()
    api.create("/v1/models", {"key": "pump", "name": "Pump", "properties": [
        {"key": "flow", "type": "float64", "unit": "m3/h"},
        {"key": "power", "type": "float64", "unit": "kW"},
        {"key": "temp", "type": "float64", "unit": "Cel"},
        {"key": "running", "type": "bool"}, {"key": "note", "type": "string"}]})
    api.create("/v1/models", {"key": "fan", "name": "Fan", "properties": [
        {"key": "power", "type": "float64", "unit": "W"}]})
    api.create("/v1/assets", {"key": "plant", "level": "site"})
    rows = []
    chance = random.Random(5)
    for line in ("line1", "line2"):
        api.create("/v1/assets", {"key": line, "parent": "plant", "level": "line"})
        for pump in ("p1", "p2"):
            path = f"plant/{line}/{pump}"
            api.create("/v1/assets", {"key": pump, "parent": f"plant/{line}", "model": "pump"})
            for second in range(0, 3600, 10):
                if chance.random() < 0.3:
                    continue
                rows.append((path, line, second, chance.uniform(1, 100), chance.uniform(1, 50)))
    api.create("/v1/assets", {"key": "f1", "parent": "plant/line1", "model": "fan"})
    samples = [{"point": "plant/line1/f1.power", "time": HOUR, "value": 500}]
    for path, _, second, flow, power in rows:
        time = f"2026-01-02T03:{second // 60:02}:{second % 60:02}Z"
        samples += [{"point": path + ".flow", "time": time, "value": flow},
                    {"point": path + ".power", "time": time, "value": power},
                    {"point": path + ".temp", "time": time, "value": 20 + power,
                     "quality": "uncertain"}]
    api.post("/v1/samples", {"samples": samples})
    return api, pandas.DataFrame(rows, columns=["path", "line", "second", "flow", "power"])


def ask(api, **more):
    question = {"from": HOUR, "to": "2026-01-02T04:00:00Z", "every": "5m",
                "variables": {"flow": {"property": "flow"}, "power": {"property": "power"}},
                "assets": {"under": "plant", "model": "pump"},
                "formulas": [{"name": "energy", "expression": "power / flow"}]}
    question.update(more)
    return api.post("/v1/query", question).json()


def columns(answer):
    return {item.get("group", ""): item["formulas"][0] for item in answer["items"]}


def test_each_asset_as_pandas_computes_it(plant):
    api, frame = plant
    answer = ask(api)
    assert answer["time"][:2] == ["2026-01-02T03:00:00Z", "2026-01-02T03:05:00Z"]
    means = frame.groupby(["path", frame.second // 300])[["flow", "power"]].mean()
    got = columns(answer)
    assert sorted(got) == sorted(frame.path.unique())
    for path, column in got.items():
        expected = means.loc[path].power / means.loc[path].flow
        assert column["unit"] == "kW.h/m3"
        assert column["value"] == pytest.approx(list(expected)), path
        assert set(column["quality"]) == {"good"}


def test_groups_bring_assets_together(plant):
    api, frame = plant
    means = frame.groupby(["line", "path", frame.second // 300]).power.mean()
    answer = ask(api, formulas=[{"expression": "power", "unit": "W"}],
                 group={"by": "line", "agg": "sum"})
    got = columns(answer)
    assert sorted(got) == ["plant/line1", "plant/line2"]
    for line in ("line1", "line2"):
        expected = means.loc[line].groupby("second").sum() * 1000
        assert got[f"plant/{line}"]["value"] == pytest.approx(list(expected))
    for by, names in (("all", ["all"]), ("model", ["pump"]), ("site", ["plant"]),
                      ("parent", ["plant/line1", "plant/line2"])):
        assert sorted(columns(ask(api, group={"by": by}))) == names
    # Power of pumps in kW and of fans in W: one unit must be asked for.
    mixed = {"variables": {"power": {"property": "power"}}, "assets": {"under": "plant/line1"},
             "group": {"by": "all", "agg": "sum"}}
    refused = api.refused("POST", "/v1/query", {
        "from": HOUR, "to": "2026-01-02T04:00:00Z", "every": "1h",
        "formulas": [{"expression": "power"}], **mixed})
    assert "say the unit" in refused.problem["detail"]
    whole = columns(ask(api, every="1h", formulas=[{"expression": "power", "unit": "kW"}], **mixed))
    expected = frame[frame.line == "line1"].groupby("path").power.mean().sum() + 0.5
    assert whole["all"]["value"] == pytest.approx([expected])


def test_points_quality_and_missing_values(plant):
    api, frame = plant
    answer = ask(api, every="10s", assets={}, variables={
        "t": {"point": "plant/line1/p1.temp"}, "f": {"point": "plant/line1/p1.flow"}},
        formulas=[{"expression": "t - 20[Cel]"}, {"expression": "f > 50 and t > 0"}])
    item = answer["items"][0]
    assert "group" not in item
    there = set(frame[frame.path == "plant/line1/p1"].second)
    difference, truth = item["formulas"]
    assert difference["unit"] == "K"
    for row in range(360):
        known = row * 10 in there
        assert (difference["value"][row] is not None) == known
        assert difference["quality"][row] == ("uncertain" if known else None)
        assert truth["value"][row] in ((0, 1) if known else (None,))


def test_mistakes_name_the_field(plant):
    api, _ = plant

    def field(**more):
        question = {"every": "1m", "variables": {"a": {"point": "plant/line1/p1.flow"},
                                                 "n": {"point": "plant/line1/p1.temp"}},
                    "formulas": [{"expression": "a"}]}
        question.update(more)
        problem = api.refused("POST", "/v1/query", question).problem
        return problem.get("fields", [{"field": None}])[0]["field"], problem["detail"]

    assert field(formulas=[{"expression": "a +"}])[0] == "/formulas/0/expression"
    assert field(formulas=[{"expression": "a + n"}])[0] == "/formulas/0/expression"
    assert field(formulas=[{"expression": "a", "unit": "bar"}])[0] == "/formulas/0/unit"
    assert field(formulas=[])[0] == "/formulas"
    assert field(variables={})[0] == "/variables"
    assert field(variables={"a": {}})[0] == "/variables/a"
    assert field(variables={"a": {"point": "plant/line1/p1.note"}})[0] == "/variables/a"
    assert field(every="0s")[0] == "/every"
    assert field(every="1ns")[0] == "/every"
    assert field(group={"by": "nothing"})[0] == "/group/by"
    assert "no point" in field(variables={"a": {"point": "plant/none.flow"}})[1]


def test_only_what_may_be_read_is_computed(node, plant):
    api, _ = plant
    api.create("/v1/roles", {"key": "line2_only", "name": {"en": "l", "zh": "l"}, "statements": [
        {"effect": "allow", "permissions": ["samples:read"], "under": "plant/line2"}]})
    api.create("/v1/principals", {"login": "narrow", "password": "first-password-1",
                                  "roles": ["line2_only"], "must_change_password": False})
    token = node.anonymous().create("/v1/session", {"login": "narrow",
                                                    "password": "first-password-1"})
    narrow = Client(node.url, token["access_token"])
    assert sorted(columns(ask(narrow))) == ["plant/line2/p1", "plant/line2/p2"]
    assert narrow.refused("POST", "/v1/query", {
        "every": "1m", "variables": {"a": {"point": "plant/line1/p1.flow"}},
        "formulas": [{"expression": "a"}]}).status == 404
