# SPDX-License-Identifier: Apache-2.0
"""gantry store on the files of a real gantryd: beside it, after it, and damaged on purpose."""

import csv
import io
import json
import os
import pathlib
import random
import re
import shutil
import subprocess

import pytest

from gantryd_process import BIN, Gantryd, wait_until

GANTRY = os.path.join(BIN, "gantry")
GUIDE = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "store.md"
ROWS = 5000


def gantry(*words, code=0):
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8",
                   "XDG_CONFIG_HOME": "/nonexistent"}
    done = subprocess.run([GANTRY, *map(str, words)], env=environment, text=True, timeout=120,
                          capture_output=True, stdin=subprocess.DEVNULL)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def document(*words, **more):
    return json.loads(gantry("--json", *words, **more).stdout)


def stamp(number):
    return f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"


def write_samples(node, first, count):
    numbers = range(first, first + count)
    for name, factor in (("flow", 1), ("level", 3)):
        node.client().post("/v1/samples", {"samples": [{"point": f"tank.{name}", "columns": {
            "time": [stamp(number) for number in numbers],
            "value": [number * factor for number in numbers]}}]})


def values(node, name):
    page = node.client().get(f"/v1/points/tank.{name}/samples", limit=100000,
                             **{"from": stamp(0), "to": "2026-01-02T00:00:00Z"})
    return dict(zip(page["columns"]["time"], page["columns"]["value"]))


def tree(folder):
    """Every file with its content, but for the lock, which has none."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(pathlib.Path(folder).rglob("*"))
            if path.is_file() and path.name != "LOCK"}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The data folder of a gantryd that has written segments and a journal, and has stopped."""
    settings = tmp_path_factory.mktemp("settings") / "gantry.toml"
    settings.write_text("[store]\nflush_after = \"1s\"\njournal_file_bytes = 262144\n")
    node = Gantryd("--config", str(settings))
    node.settings = str(settings)
    node.start()
    api = node.client()
    api.create("/v1/assets", {"key": "tank"})
    for name in ("flow", "level"):
        api.create("/v1/points", {"asset": "tank", "key": name, "type": "int64"})
    write_samples(node, 0, ROWS)
    # Beside the running program, while it moves rows from the journal to segments.
    def in_segments():
        report = document("store", "check", node.data)
        assert report["healthy"], report["problems"]
        assert report["segment_rows"] + report["journal_rows"] >= 2 * ROWS
        return report["segment_rows"] == 2 * ROWS

    wait_until(in_segments, "all rows in segments", 60)
    write_samples(node, ROWS, 100)
    assert document("store", "stats", node.data)["rows"] >= 2 * ROWS
    text = gantry("store", "export", node.data).stdout
    assert text.count("\n") == 2 * (ROWS + 100) + 1
    assert "stop it first" in gantry("store", "repair", node.data, "--yes", code=4).stderr
    node.stop()
    yield node
    shutil.rmtree(node.folder, ignore_errors=True)


@pytest.fixture
def copy(stopped, tmp_path):
    """A copy of its data, with which a test may do what it likes."""
    data = tmp_path / "data"
    shutil.copytree(stopped.data, data)
    return data


def start_on(stopped, data):
    node = Gantryd("--config", stopped.settings, folder=str(data.parent))
    shutil.copy(stopped.token_file, node.token_file)
    assert node.data == str(data)
    return node.start()


def segments(data):
    return sorted((data / "store").glob("segment-*.gs"))


def flip(path, offset):
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(content)


def test_a_stopped_store_is_healthy_by_either_of_its_folders(copy):
    for words in ([copy], [copy / "store"], ["--data", copy]):
        done = gantry("store", "check", *words)
        assert "Healthy" in done.stderr.splitlines()[-1]
    assert "one of them" in gantry("store", "check", copy, "--data", copy, code=2).stderr
    gantry("store", "check", copy.parent / "nowhere", code=3)


def test_stats_count_what_is_there(copy):
    use = document("store", "stats", copy)
    assert use["series"] == 2
    assert use["rows"] + use["journal_rows"] >= 2 * (ROWS + 100)
    assert sum(kind["rows"] for kind in use["types"]) == use["rows"]
    assert [kind["type"] for kind in use["types"]] == ["int64"]
    assert sum(partition["rows"] for partition in use["partitions"]) == use["rows"]
    assert sum(series["bytes"] for series in use["largest"]) == use["block_bytes"]
    assert use["first"] == stamp(0)
    assert len(document("store", "stats", copy, "--top", "1")["largest"]) == 1
    assert "LARGEST SERIES" in gantry("store", "stats", copy).stdout


def test_damage_is_named_repaired_and_nothing_else_is_lost(stopped, copy):
    flip(segments(copy)[0], 60)
    done = gantry("store", "check", copy, code=1)
    assert "repair" in done.stderr and "--dry-run" in done.stderr
    damage = [found for segment in document("store", "check", copy, code=1)["segments"]
              for found in segment["damage"]]
    assert len(damage) == 1
    lost = damage[0]["lost"]

    before = tree(copy)
    plan = document("store", "repair", copy, "--dry-run")
    assert tree(copy) == before
    assert [action["action"] for action in plan["actions"]] == ["rewrite_segment"]
    assert plan["actions"][0]["loses"] == [lost]
    assert "add --yes" in gantry("store", "repair", copy, code=2).stderr
    assert tree(copy) == before

    damaged = segments(copy)[0]
    content = damaged.read_bytes()
    assert document("store", "repair", copy, "--yes")["done"] is True
    assert (copy / "store" / "quarantine" / damaged.name).read_bytes() == content
    gantry("store", "check", copy)
    assert document("store", "repair", copy, "--yes")["actions"] == []

    node = start_on(stopped, copy)
    try:
        missing = 0
        for name, factor in (("flow", 1), ("level", 3)):
            found = values(node, name)
            for number in range(ROWS + 100):
                if stamp(number) in found:
                    assert found[stamp(number)] == number * factor
                else:
                    assert lost["first"] <= stamp(number) <= lost["last"]
                    missing += 1
        assert missing == lost["rows"]
        node.stop()
    finally:
        node.process.kill()


def test_a_store_without_a_manifest_gets_one(stopped, copy):
    for path in (copy / "store").glob("MANIFEST*"):
        flip(path, 20)
    report = document("store", "check", copy, code=1)
    assert report["manifest"]["lost"] is True
    # Even so everything can be taken out.
    assert gantry("store", "export", copy).stdout.count("\n") == 2 * (ROWS + 100) + 1
    gantry("store", "repair", copy, "--yes")
    gantry("store", "check", copy)
    node = start_on(stopped, copy)
    try:
        assert len(values(node, "flow")) == ROWS + 100
        node.stop()
    finally:
        node.process.kill()


def test_export_takes_out_what_can_be_read(copy, tmp_path):
    table = list(csv.DictReader(io.StringIO(gantry("store", "export", copy).stdout)))
    assert list(table[0]) == ["time", "key", "type", "value", "quality"]
    keys = sorted({row["key"] for row in table})
    assert len(keys) == 2
    one = gantry("store", "export", copy, "--series", keys[0][:-1] + "*", "--from", stamp(10),
                 "--to", stamp(20)).stdout
    assert [row["time"] for row in csv.DictReader(io.StringIO(one))] == list(
        map(stamp, range(10, 20)))

    flip(segments(copy)[0], 60)
    file = tmp_path / "all.csv"
    done = gantry("store", "export", copy, "-o", file, code=1)
    told = int(re.search(r": (\d+) rows of .* cannot be read", done.stderr).group(1))
    assert len(list(csv.DictReader(file.open()))) == len(table) - told
    assert "--yes" in gantry("store", "export", copy, "-o", file, code=1).stderr


def test_stats_count_by_codec(copy):
    use = document("store", "stats", copy, "--codecs")
    columns = {}
    for codec in use["codecs"]:
        columns.setdefault(codec["column"], []).append(codec)
    assert set(columns) == {"time", "quality", "value"}
    for codecs in columns.values():
        assert sum(codec["values"] for codec in codecs) == use["rows"]
        assert sum(codec["blocks"] for codec in codecs) == use["blocks"]
    assert [codec["codec"] for codec in columns["quality"]] == ["all_good"]
    assert 0 < sum(codec["bytes"] for codec in use["codecs"]) < use["block_bytes"]
    assert "codecs" not in document("store", "stats", copy)
    assert "CODEC" in gantry("store", "stats", copy, "--codecs").stdout

    flip(segments(copy)[0], 60)
    use = document("store", "stats", copy, "--codecs")
    assert use["blocks_damaged"] == 1
    assert "1 damaged block" in gantry("store", "stats", copy, "--codecs").stderr


@pytest.fixture
def noisy(tmp_path):
    """The data of a gantryd with numbers that do not shrink: segments of many pages."""
    settings = tmp_path / "gantry.toml"
    settings.write_text("[store]\nflush_after = \"1s\"\n")
    numbers = random.Random(3)
    with Gantryd("--config", str(settings)) as node:
        api = node.client()
        api.create("/v1/assets", {"key": "tank"})
        for name in ("flow", "level"):
            api.create("/v1/points", {"asset": "tank", "key": name})
            api.post("/v1/samples", {"samples": [{"point": f"tank.{name}", "columns": {
                "time": [stamp(number) for number in range(20000)],
                "value": [numbers.random() for _ in range(20000)]}}]})
        wait_until(lambda: document("store", "stats", node.data)["rows"] == 40000,
                   "all rows in segments", 60)
        node.stop()
        yield pathlib.Path(node.data)


def test_export_goes_on_where_the_disk_does_not_give_back_what_it_mapped(noisy, tmp_path):
    """A file that is cut behind its mapping gives the same SIGBUS as a bad sector does. The export
    waits in the middle, because nobody reads what it writes."""
    whole = set(gantry("store", "export", noisy).stdout.splitlines())
    assert len(whole) == 40001
    sizes = {path: path.stat().st_size for path in segments(noisy)}
    assert max(sizes.values()) > 16 * 4096
    with open(tmp_path / "said", "wb+") as said:
        process = subprocess.Popen([GANTRY, "store", "export", noisy], stdout=subprocess.PIPE,
                                   stderr=said, env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"})
        head = process.stdout.readline()
        assert head == b"time,key,type,value,quality\n"
        for path in sizes:
            os.truncate(path, 4096)
        text = (head + process.stdout.read()).decode()
        code = process.wait(60)
        said.seek(0)
        message = said.read().decode()
    assert code == 1, f"{code}: {message}"
    assert "cannot be read" in message or "could be read a moment ago" in message
    exported = text.splitlines()
    assert len(exported) == len(set(exported)) and set(exported) <= whole
    assert len(exported) < len(whole)


def test_the_commands_of_the_guide_work(copy, tmp_path):
    text = GUIDE.read_text(encoding="utf-8")
    commands = [line.split("  ")[0] for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
                for line in block.splitlines() if line.startswith("gantry store")]
    assert len(commands) >= 6
    for command in commands:
        words = command.replace("/var/lib/gantry", str(copy)).replace(
            "all.csv", str(tmp_path / "all.csv")).split()[1:]
        gantry(*[word.strip("'") for word in words],
               *(["--yes"] if words[1] == "repair" else []))
