# SPDX-License-Identifier: Apache-2.0
"""Tags and whole fleets of machines from CSV files, read from the demo plant."""

import csv
import io
import os
import shlex
import subprocess

import pytest

from connections import latest
from gantryd_process import BIN, Gantryd, wait_until
from plant_process import Plant
from test_cli import Cli, write_file
from test_mqtt_guides import blocks

PROFILE = """key,address,type,unit,min,max,access,name,name_zh
flow,ir:{first}:f32@BADC,float64,m3/h,0,130,read,Flow,流量
duty,ir:11:u16 db=0,int64,,1,2,,"Duty, pump",
serial,,string,,,,,Serial number,
"""
MACHINES = "asset,key,name,port,first\n" + "".join(
    f"fleet/hall{n % 3}/press{n},press-{n},Press {n},{{port}},4\n" for n in range(40))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with Gantryd() as node, Plant() as plant:
        folder = tmp_path_factory.mktemp("person")
        yield Cli(folder, node.url, node.token), node.client(), plant, folder


def counts(document):
    return {name: document[name]["made"] for name in ("models", "assets", "connections", "tags",
                                                      "points")}


def test_one_profile_brings_forty_machines(world):
    cli, api, plant, folder = world
    words = ("connections", "import", write_file(folder, "m.csv", MACHINES.replace(
        "{port}", str(plant.port))), "--profile", write_file(folder, "press.csv", PROFILE),
             "--set", "host=127.0.0.1", "--set", "port={port}")
    wanted = {"models": 1, "assets": 44, "connections": 40, "tags": 80, "points": 0}
    assert counts(cli.json(*words, "--dry-run")) == wanted
    assert api.get("/v1/connections")["items"] == []
    assert counts(cli.json(*words)) == wanted
    for n in (0, 17, 39):
        point = f"fleet/hall{n % 3}/press{n}"
        wait_until(lambda: latest(api, f"{point}.flow")["quality"] == "good",  # noqa: B023
                   lambda: latest(api, f"{point}.flow"))  # noqa: B023
        assert latest(api, f"{point}.duty")["value"] in (1, 2)
    found = api.get("/v1/points/fleet%2Fhall1%2Fpress1.flow")
    assert (found["unit"], found["range"], found["name"]) == (
        "m3/h", {"min": 0, "max": 130}, {"en": "Flow", "zh": "流量"})
    assert api.get("/v1/connections/press-1")["settings"]["port"] == plant.port
    # Again: nothing; and with other addresses these alone.
    done = cli.json(*words)
    assert set(counts(done).values()) == {0} and done["tags"]["changed"] == 0, done
    write_file(folder, "press.csv", PROFILE.replace("db=0", "max=30s db=0"))
    said = cli.run(*words).stderr
    assert "40 new addresses" in said, said


def test_the_guide_does_what_it_says(world):
    cli, api, plant, folder = world
    [profile] = blocks("machines.md", "key,")
    [machines] = blocks("machines.md", "asset,")
    write_file(folder, "station.csv", profile)
    for n in (5, 6):
        machines = machines.replace(f"192.168.0.{n},502", f"127.0.0.1,{plant.port}")
    write_file(folder, "stations.csv", machines)
    for block in blocks("machines.md", "gantry "):
        for line in block.splitlines():
            subprocess.run([os.path.join(BIN, "gantry"), *shlex.split(line)[1:]], cwd=folder,
                           env=cli.environment, check=True, capture_output=True)
    wait_until(lambda: latest(api, "water/south.flow")["quality"] == "good", "a flow")
    assert api.get("/v1/connections/water-north")["protocol"] == "modbus_tcp"
    (folder / "tags.csv").unlink()


def test_tags_go_out_are_edited_and_come_in_again(world):
    cli, api, plant, folder = world
    cli.run("connections", "add", "plc1", "--set", "host=127.0.0.1", "--set", f"port={plant.port}")
    tags = write_file(folder, "tags.csv", "point,address,type,unit,min,max\n"
                      "site/line1/pump.flow,ir:4:f32@BADC,float64,m3/h,0,130\n"
                      "site/line1/pump.duty,ir:11:u16,int64,,,\n")
    done = cli.json("tags", "import", tags, "--connection", "plc1")
    assert counts(done) == {"models": 0, "assets": 3, "connections": 0, "tags": 2, "points": 2}
    wait_until(lambda: latest(api, "site/line1/pump.flow")["quality"] == "good", "the flow")
    out = cli.run("tags", "export", "--connection", "plc1").stdout
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["point"]: (row["connection"], row["address"], row["type"], row["unit"], row["min"])
            for row in rows} == {
        "site/line1/pump.flow": ("plc1", "ir:4:f32@BADC", "float64", "m3/h", "0"),
        "site/line1/pump.duty": ("plc1", "ir:11:u16", "int64", "", "")}
    edited = out.replace("ir:11:u16", "ir:11:u16 db=0") + \
        "plc1,site/line1/pump.starts,ir:16:u16,int64,,,,,,\n"
    done = cli.json("tags", "import", "-", input=edited)
    assert (done["tags"]["made"], done["tags"]["changed"], done["tags"]["there"]) == (1, 1, 1), done
    path = folder / "all.csv"
    cli.run("tags", "export", "-o", str(path))
    assert len(path.read_text().splitlines()) == 1 + 80 + 4 + 3
    assert "all.csv" in cli.error("tags", "export", "-o", str(path), code=1)  # it is there


@pytest.mark.parametrize("text, told", [
    ("", "is empty"), ("point\na/b.c\n", "no column 'address'"),
    ("point,adress,address\nx,y,z\n", "no column 'adress'"),
    ("point,address\na.b\n", "line 2 has 1 fields"), ("point,address\n,ir:1\n", "line 2 has no point"),
    ("point,address\nnowhere,ir:1\n", "line 2: 'nowhere' is not the path of a point"),
    ("point,address,type,min\na.b,ir:1,float64,low\n", "line 2: min is 'low'")])
def test_what_is_wrong_in_a_file_is_named(world, text, told):
    cli, _, _, folder = world
    path = write_file(folder, "wrong.csv", text)
    assert told in cli.error("tags", "import", path, "--connection", "plc1", code=2)


def test_what_the_server_refuses_is_named(world):
    cli, _, _, folder = world
    path = write_file(folder, "one.csv", "point,address,type\nsite/x.a,ir:1:u16,int64\n"
                                         "site/x.b,ir:99999:u16,int64\n")
    said = cli.error("tags", "import", path, "--connection", "plc1", code=2)
    assert "tag of site/x.b" in said and "99999" in said, said
    assert "nothing-like-it" in cli.error("tags", "import", path, "--connection",
                                          "nothing-like-it", code=3)
    machines = write_file(folder, "machines.csv", "asset\nsite/y\n")
    profile = write_file(folder, "profile.csv", "key,address\na,ir:{offset}:u16\n")
    said = cli.error("connections", "import", machines, "--profile", profile, code=2)
    assert "no column 'offset'" in said and "profile.csv, line 2" in said, said
