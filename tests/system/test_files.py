# SPDX-License-Identifier: Apache-2.0
"""Files: growing logs and dropped files, written by Python's csv module and rotated as logrotate
does, through restarts and kill -9."""

import csv
import io
import json
import os
import random
import threading
import time

import pytest

from connections import connect_points, latest, seen, status
from gantryd_process import Gantryd, wait_until

LAST_USABLE = 0x40900000
FLOAT = {"type": "float64"}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("watched")


@pytest.fixture(scope="module")
def config(root, tmp_path_factory):
    path = tmp_path_factory.mktemp("node") / "gantry.toml"
    path.write_text(f'[mqtt]\nlisten = "127.0.0.1:0"\n[connectors]\nfolders = ["{root}"]\n')
    return str(path)


@pytest.fixture(scope="module")
def node(config):
    with Gantryd("--config", config) as gantryd:
        yield gantryd


def line(*cells, delimiter=","):
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow(cells)
    return out.getvalue()


def moment(number):
    return f"2026-11-30T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z"


def samples(api, point):
    """All values, in the order of their times."""
    found = api.get("/v1/samples", point=point, limit=100000,
                    **{"from": "2026-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"})
    return [value for item in found["items"] for value in item["columns"]["value"]
            if value is not None]


def connect(api, key, path, points, /, **settings):
    connect_points(api, key, "file", {"path": str(path), "rescan": "200ms", "settle": "200ms",
                                      **settings}, points)


def test_a_growing_log_is_followed_through_half_lines_rotation_and_truncation(node, root):
    api = node.client()
    log = root / "press.csv"
    with open(log, "w") as file:
        file.write(line("time", "speed", "text") + line(moment(0), 0, 'a "quoted", text\nof two'))
    connect(api, "press", log, {"speed": ("speed", {"type": "int64"}),
                                "text": ("text", {"type": "string"})}, time="time")
    seen(api, "press.speed", 0)
    assert latest(api, "press.text")["value"] == 'a "quoted", text\nof two'
    with open(log, "a") as file:
        half = line(moment(1), 1, "b")
        file.write(half[:12])
        file.flush()
        time.sleep(0.5)  # nothing may come of it: there is no condition to wait for
        assert samples(api, "press.speed") == [0]
        file.write(half[12:])
    seen(api, "press.speed", 1)
    # logrotate, create: renamed while somebody still writes into it.
    writer = open(log, "a")
    os.rename(log, root / "press.csv.1")
    writer.write(line(moment(2), 2, "c"))
    writer.flush()
    with open(log, "w") as file:
        file.write(line("time", "speed", "text") + line(moment(3), 3, "d"))
    seen(api, "press.speed", 3)
    writer.close()
    # logrotate, copytruncate; what follows is longer than what was there.
    with open(log, "w") as file:
        file.write(line("time", "speed", "text") + "".join(
            line(moment(i), i, "e") for i in range(4, 50)))
    seen(api, "press.speed", 49)
    assert samples(api, "press.speed") == list(range(50))
    with open(log, "a") as file:
        file.write("no,time\n" + line(moment(50), "fast", "x") + line(moment(51), 51, "y"))
    seen(api, "press.speed", 51)
    troubles = wait_until(lambda: "rows left out" in (said := json.dumps(
        status(api, "press")["troubles"])) and said, "what was left out is told")
    assert "rows left out: 1" in troubles, troubles


def test_kill_9_neither_loses_nor_repeats_rows(root, config):
    log = root / "killed.csv"
    bare = root / "bare.jsonl"
    count = 3000
    log.write_text(line("time", "n"))
    bare.write_text("")

    def write():
        with open(log, "a") as one, open(bare, "a") as other:
            for i in range(count):
                row = line(moment(i), i)
                one.write(row[:5])
                one.flush()
                one.write(row[5:])
                other.write(json.dumps({"deep": {"n": i}}) + "\n")
                one.flush()
                other.flush()
                time.sleep(0.002)

    node = Gantryd("--config", config)
    node.start()
    try:
        api = node.client()
        connect(api, "killed", log, {"n": ("n", {"type": "int64"})}, time="time")
        connect(api, "bare", bare, {"n": ("$.deep.n", {"type": "int64"})}, format="jsonl")
        writer = threading.Thread(target=write)
        writer.start()
        chance = random.Random(7)
        while writer.is_alive():
            time.sleep(chance.uniform(0.2, 1.0))
            node.kill()
            node.start()
        writer.join()
        api = node.client()
        seen(api, "killed.n", count - 1)
        seen(api, "bare.n", count - 1)
        assert samples(api, "killed.n") == list(range(count))
        assert samples(api, "bare.n") == list(range(count)), "rows without a time of their own"
        node.stop()
        node.start()
        with open(bare, "a") as file:
            file.write('{"deep": {"n": 7777}}\n')
        api = node.client()
        seen(api, "bare.n", 7777)
        assert samples(api, "bare.n") == [*range(count), 7777]
        node.stop()
    finally:
        if node.process.poll() is None:
            node.kill()


def test_dropped_files_are_read_once_in_their_order_and_put_aside(node, root):
    api = node.client()
    folder = root / "drop"
    folder.mkdir()
    (folder / "b.csv").write_text("Zeit;Maschine;Wert\n01.12.2026 09:00:01;M1;1.234,5\n"
                                  "01.12.2026 09:00:01;M2;7,25\n01.12.2026 09:00:03;M1;3,5")
    (folder / "a.csv").write_text("Zeit;Maschine;Wert\n01.12.2026 09:00:00;M1;0,5\n")
    (folder / "c.csv").write_text("Zeit;Zeit;Wert\nx;y;z\n")
    (folder / "note.txt").write_text("not for us")
    connect(api, "drop", folder,
            {"m1": ("Wert where=Maschine:M1", FLOAT),
             "m2": ("Wert*10+1 where=Maschine:M2".replace("*", " *"), FLOAT)},
            pattern="*.csv", mode="drop", delimiter=";", decimal_comma=True, time="Zeit",
            time_format="%d.%m.%Y %H:%M:%S", time_zone="+08:00", after="move")
    seen(api, "drop.m1", 3.5)
    seen(api, "drop.m2", 73.5)
    assert samples(api, "drop.m1") == [0.5, 1234.5, 3.5]
    assert latest(api, "drop.m1")["time"].startswith("2026-12-01T01:00:03")
    wait_until(lambda: sorted(os.listdir(folder)) == ["done", "failed", "note.txt"],
               lambda: os.listdir(folder))
    assert sorted(os.listdir(folder / "done")) == ["a.csv", "b.csv"]
    assert os.listdir(folder / "failed") == ["c.csv"]
    assert "c.csv" in json.dumps(status(api, "drop")["troubles"])
    # The same name once more: the one that is there stays.
    (folder / "a.csv").write_text("Zeit;Maschine;Wert\n01.12.2026 09:00:09;M1;9\n")
    seen(api, "drop.m1", 9)
    wait_until(lambda: sorted(os.listdir(folder / "done")) == ["a.csv", "a.csv.1", "b.csv"],
               lambda: os.listdir(folder / "done"))


def test_only_allowed_folders_are_read(node, root, tmp_path):
    api = node.client()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    os.symlink(tmp_path, root / "way-out")
    os.symlink(tmp_path / "secret.csv", root / "link.csv")
    for path in (tmp_path / "secret.csv", root / ".." / "x.csv", "/etc/passwd",
                 root / "way-out" / "secret.csv"):
        report = api.create("/v1/protocols/file/test", {"settings": {"path": str(path)}})
        assert not report["connected"], report
        assert "folders" in report["detail"], report
    report = api.create("/v1/protocols/file/test", {
        "settings": {"path": str(root / "link.csv")}})
    assert not report["probes"], "a link is no file"
    connect(api, "outside", tmp_path / "secret.csv", {"a": ("a", FLOAT)})
    wait_until(lambda: status(api, "outside")["state"] == "failed_configuration",
               lambda: status(api, "outside"))


def test_trials_show_rows_and_columns(node, root):
    api = node.client()
    (root / "trial.csv").write_text("ts,flow rate,state\n1764547200,2.5,on\n")
    settings = {"path": str(root / "trial.csv"), "time": "ts", "time_format": "s"}
    found = api.create("/v1/protocols/file/read", {
        "settings": settings, "addresses": ['"flow rate" *2', "missing"]})
    assert [item.get("value") for item in found["items"]] == [5, None], found
    assert found["items"][0]["time"].startswith("2025-12-01T00:00:00")
    found = api.create("/v1/protocols/file/scan", {
        "settings": settings, "area": "", "from": 0, "count": 10})
    assert [one["address"] for one in found["found"]] == ["ts", '"flow rate"', "state"], found


def test_a_folder_that_goes_away_is_said_to_be_away(node, root):
    api = node.client()
    folder = root / "share"
    folder.mkdir()
    (folder / "x.csv").write_text("time,v\n" + line(moment(1), 1))
    connect(api, "share", folder / "x.csv", {"v": ("v", FLOAT)}, time="time")
    seen(api, "share.v", 1)
    os.rename(folder, root / "elsewhere")
    wait_until(lambda: latest(api, "share.v")["quality_code"] == LAST_USABLE,
               lambda: (latest(api, "share.v"), status(api, "share")))
    os.rename(root / "elsewhere", folder)
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    with open(folder / "x.csv", "a") as file:
        file.write(line(later, 2))
    seen(api, "share.v", 2, 90)
    assert samples(api, "share.v")[-1] == 2
