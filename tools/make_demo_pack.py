#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes packs/demo-plant from the register map: gantry-plant --map --json | make_demo_pack.py FOLDER

What is where in the plant is told here; what each register holds is told by the map.
"""

import json
import pathlib
import sys

SITE = "demo"

# Path below the site: level, name in English and Chinese, model, and which keys of the map belong to
# it as (unit, first part of the key, what stands before the rest in the point's key).
ASSETS = [
    ("", "site", "Demo plant", "演示工厂", None, []),
    ("pump-station", "area", "Pump station", "泵站", "pump_station",
     [(1, "station", ""), (1, "demand", "demand_"), (1, "reservoir", "reservoir_"),
      (1, "header", "header_"), (1, "water", "water_"), (1, "fault", "fault_"),
      (1, "nameplate", "nameplate_")]),
    ("pump-station/tank", "unit", "Header tank", "高位水箱", "tank", [(1, "tank", "")]),
    ("pump-station/pump1", "unit", "Pump 1", "1号泵", "pump", [(1, "pump1", "")]),
    ("pump-station/pump2", "unit", "Pump 2", "2号泵", "pump", [(1, "pump2", "")]),
    ("bottling-line", "line", "Bottling line", "灌装线", "bottling_line",
     [(2, "line", ""), (2, "alarm", "alarm_"), (2, "batch", "batch_"), (2, "product", "product_"),
      (2, "fault", "fault_")]),
    ("bottling-line/filler", "unit", "Filler", "灌装机", "filler", [(2, "filler", "")]),
    ("bottling-line/capper", "unit", "Capper", "旋盖机", "capper", [(2, "capper", "")]),
    ("bottling-line/labeller", "unit", "Labeller", "贴标机", "labeller", [(2, "labeller", "")]),
    ("bottling-line/conveyor", "unit", "Conveyor", "输送带", "conveyor", [(2, "conveyor", "")]),
    ("bottling-line/air", "unit", "Compressed air", "压缩空气", "compressed_air",
     [(2, "air", ""), (2, "compressor", "compressor_")]),
    ("energy-meter", "unit", "Energy meter", "电能表", "energy_meter",
     [(3, word, "" if word in ("frequency", "thd", "power_factor", "dips") else word + "_")
      for word in ("voltage", "current", "frequency", "thd", "power_factor", "power", "energy",
                   "dips", "mains", "fault", "nameplate")]),
]
MODELS = {
    "pump_station": ("Pump station", "泵站"), "tank": ("Tank", "水箱"),
    "pump": ("Centrifugal pump", "离心泵"), "bottling_line": ("Bottling line", "灌装线"),
    "filler": ("Filler", "灌装机"), "capper": ("Capper", "旋盖机"),
    "labeller": ("Labeller", "贴标机"), "conveyor": ("Conveyor", "输送带"),
    "compressed_air": ("Compressed air", "压缩空气"), "energy_meter": ("Energy meter", "电能表"),
}
SLOW = ("nameplate", "hours", "starts", "energy", "dips", "changeovers")


def value_type(point):
    kind = point["type"]
    if kind.startswith("str"):
        return "string"
    if kind == "bool" or ".b" in kind or "." in point["tag"].split(":")[2].split("*")[0]:
        return "bool"
    if kind.startswith("f") or point["scale"] != 1 or point["offset"] != 0:
        return "float64"
    return "int64"


def strip_name(text, asset):
    """"Pump 1 flow" of the asset "Pump 1" is "Flow"."""
    if text.lower().startswith(asset.lower()) and len(text) > len(asset):
        text = text[len(asset):].strip(" :：")
        text = text[:1].upper() + text[1:]
    return text


def property_of(point, key, asset):
    out = {"key": key, "name": {"en": strip_name(point["name_en"], asset[2]),
                                "zh": strip_name(point["name_zh"], asset[3])},
           "type": value_type(point)}
    if point["about"]:
        out["description"] = {"en": point["about"]}
    if out["type"] in ("int64", "float64"):
        if point["ucum"]:
            out["unit"] = point["ucum"]
        if point["least"] is not None:
            out["range"] = {"min": point["least"], "max": point["most"]}
    if point["writable"]:
        out["access"] = "read_write"
    return out


def make(map_document):
    models, assets, tags, used = {}, [], [], 0
    by_group = {}
    for point in map_document["points"]:
        word, _, rest = point["key"].partition(".")
        by_group.setdefault((point["unit"], word), []).append((rest or word, point))
    for asset in ASSETS:
        path, level, en, zh, model, groups = asset
        full = f"{SITE}/{path}" if path else SITE
        entry = {"path": full, "level": level, "name": {"en": en, "zh": zh}}
        if model:
            entry["model"] = model
        assets.append(entry)
        properties = []
        for unit, word, prefix in groups:
            for rest, point in by_group[unit, word]:
                used += 1
                key = (prefix + rest).replace("-", "_").replace(".", "_")
                properties.append(property_of(point, key, asset))
                address = point["tag"]
                if unit != 1:
                    address += f" unit={unit}"
                if word in SLOW or rest in SLOW:
                    address += " grp=slow"
                tags.append({"point": f"{full}.{key}", "address": address})
        if model:
            entry_model = {"key": model, "name": dict(zip(("en", "zh"), MODELS[model])),
                           "properties": properties}
            known = models.setdefault(model, entry_model)
            assert known == entry_model, f"two assets of model {model} differ"
    assert used == len(map_document["points"]), "a register of the map belongs to no asset"
    connection = {
        "key": "demo-plant", "name": {"en": "Demo plant (gantry-plant)", "zh": "演示工厂（gantry-plant）"},
        "protocol": "modbus_tcp",
        "settings": {"host": "127.0.0.1", "port": 5020, "unit": 1,
                     "groups": {"default": "1s", "slow": "10s"}},
        "tags": tags}
    return {"models.json": {"items": list(models.values())}, "assets.json": {"items": assets},
            "connections.json": {"items": [connection]}}


def dump(document):
    """One property, asset or tag a line, so that a change shows as itself."""
    lines = []
    for item in document["items"]:
        inner = next((name for name in ("properties", "tags") if name in item), None)
        if not inner:
            lines.append("  " + json.dumps(item, ensure_ascii=False))
            continue
        head = json.dumps({k: v for k, v in item.items() if k != inner}, ensure_ascii=False)[:-1]
        rows = ",\n    ".join(json.dumps(row, ensure_ascii=False) for row in item[inner])
        lines.append(f'  {head}, "{inner}": [\n    {rows}]}}')
    return '{"items": [\n' + ",\n".join(lines) + "\n]}\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in make(json.load(sys.stdin)).items():
        (folder / name).write_text(dump(document), encoding="utf-8")


if __name__ == "__main__":
    main()
