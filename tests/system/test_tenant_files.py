# SPDX-License-Identifier: Apache-2.0
"""A whole tenant exported, and imported at another server, compares equal (INI-1)."""

import json
import pathlib

import pytest

from gantryd_process import Gantryd
from test_cli import Cli

SERVER_FIELDS = {"status", "id", "created", "updated", "version", "asset", "parent", "model", "connection",
                 "point"}


@pytest.fixture(scope="module")
def nodes():
    with Gantryd() as here, Gantryd() as there:
        yield here, there


@pytest.fixture(scope="module")
def plant(nodes):
    api = nodes[0].client()
    base = api.create("/v1/models", {"key": "zz_base", "name": {"en": "Base", "zh": "基"},
                                     "properties": [{"key": "on", "type": "bool"}]})
    api.create("/v1/models", {"key": "machine", "name": "Machine", "parent": base["id"],
                              "properties": [
                                  {"key": "temp", "type": "float64", "unit": "Cel",
                                   "range": {"min": -50, "max": 150}},
                                  {"key": "count", "type": "int64"},
                                  {"key": "text", "type": "string"}]})
    api.create("/v1/assets", {"key": "site", "level": "site", "name": {"zh": "厂", "en": "Site"}})
    for number in range(40):
        api.create("/v1/assets", {"key": f"m{number}", "parent": "site", "model": "machine",
                                  "attributes": {"serial": f"S-{number}"}})
    api.create("/v1/points", {"asset": "site/m0", "key": "extra", "type": "float64"})
    api.create("/v1/roles", {"key": "shift", "name": {"en": "Shift", "zh": "班"}, "statements": [
        {"effect": "allow", "permissions": ["samples:read"], "under": "site/m1"}]})
    api.create("/v1/connections", {"key": "plc", "protocol": "modbus_tcp", "enabled": False,
                                   "settings": {"host": "127.0.0.1", "port": 1502}})
    api.post("/v1/tags", {"items": [{"connection": "plc", "point": "site/m0.temp",
                                     "address": "hr:0:f32"}]})
    samples = []
    values = {"temp": [1.5, -0.0, 1e-300, 0.1 + 0.2, None, 151.25],
              "count": [0, -1, 2**63 - 1, -2**63, 7, None],
              "text": ["plain", "", "with \"quotes\", commas\nand lines", "温度", None, "a" * 5000],
              "on": [True, False, None, True, False, True]}
    qualities = ["good", "uncertain", "good", "BadTimeout", "bad", "good"]
    for number in range(40):
        for key, column in values.items():
            for second, value in enumerate(column):
                if value is None and qualities[second] == "good":
                    quality = "bad"
                else:
                    quality = qualities[second]
                sample = {"point": f"site/m{number}.{key}",
                          "time": f"2026-01-01T00:00:{second:02}.{number:09}Z", "quality": quality,
                          "value": str(value) if key == "count" and value is not None else value}
                samples.append(sample)
    report = api.post("/v1/samples", {"samples": samples})
    assert report.status == 204, report.body
    return api


def everything(api):
    """What a tenant holds, without ids."""
    out = {}
    for collection in ("models", "assets", "points", "connections", "roles", "tags"):
        items = []
        cursor = {}
        while True:
            page = api.get("/v1/" + collection, limit=1000, **cursor)
            items += page["items"]
            if "next" not in page:
                break
            cursor = {"cursor": page["next"]}
        names = {item["id"]: item.get("key") or item.get("path") for item in items}
        out[collection] = sorted(
            ({key: [names.get(v, v) for v in value] if key == "aspects" else value
              for key, value in item.items() if key not in SERVER_FIELDS} for item in items),
            key=lambda item: json.dumps(item, sort_keys=True))
    out["samples"] = api.get("/v1/samples", under="site", **{
        "from": "2020-01-01", "to": "2026-06-01", "quality": "code", "limit": 1000})["items"]
    return out


def test_exported_and_imported_elsewhere_it_is_equal(nodes, plant, tmp_path):
    here = Cli(tmp_path, nodes[0].url, nodes[0].token)
    there = Cli(tmp_path, nodes[1].url, nodes[1].token)
    folder = str(tmp_path / "plant")
    report = here.json("export", "tenant", folder)
    assert report["done"] if "done" in report else report["points"] == 161
    files = sorted(pathlib.Path(folder, "samples").iterdir())
    assert len(files) == 3
    # Broken off: one file is not there yet, and the others are not written again.
    kept = files[0].stat().st_mtime_ns
    lost = files[1].read_bytes()
    files[1].unlink()
    here.run("export", "tenant", folder)
    assert files[1].read_bytes() == lost and files[0].stat().st_mtime_ns == kept

    dry = there.run("import", "tenant", folder, "--dry-run")
    assert "Would make 2 thing models, 41 assets" in dry.stderr, dry
    there.run("import", "tenant", folder)
    before, after = everything(plant), everything(nodes[1].client())
    for part, content in before.items():
        assert after[part] == content, part
    again = there.run("import", "tenant", folder)
    assert "3 were brought in before" in again.stderr, again
    assert everything(nodes[1].client()) == after


def test_what_is_no_such_folder_is_named(nodes, tmp_path):
    there = Cli(tmp_path, nodes[1].url, nodes[1].token)
    done = there.run("import", "tenant", str(tmp_path / "nothing"), code=3)
    assert "models.json" in done.stderr
    broken = tmp_path / "broken"
    (broken / "samples").mkdir(parents=True)
    for name in ("models", "assets", "connections"):
        (broken / f"{name}.json").write_text('{"items": []}')
    (broken / "samples" / "00001.csv").write_text("point,time,value\nsite/none.x,2026-01-01,1\n")
    done = there.run("import", "tenant", str(broken), code=2)
    assert "00001.csv" in done.stderr and "site/none.x" in done.stderr
