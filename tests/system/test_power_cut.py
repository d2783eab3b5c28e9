# SPDX-License-Identifier: Apache-2.0
"""Power cuts of the whole program: all that gantryd does to its disk is recorded while clients write,
then it is started on what a disk may hold after a cut at moments of that recording.

The oracle stands outside: what was acknowledged before the cut is there. It is the store, the log of
the broker and the registry (SQLite) at once.
"""

import os
import queue
import random
import shutil
import tempfile

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from disk_recording import Disk, records
from gantryd_process import BIN, Gantryd, has_sanitizer, wait_until

CUTS = int(os.environ.get("GANTRY_POWER_CUTS", "60"))
SEED = int(os.environ.get("GANTRY_POWER_CUT_SEED", "20261130"))
RECORDER = os.path.join(BIN, "gantry-disk-recorder.so")
ROUNDS, ROWS = 60, 40
FROM, TO = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"

# So small that all kinds of files are written, merged, replaced and removed meanwhile.
SETTINGS = """
[store]
memtable_bytes = 16384
journal_file_bytes = 16384
partition = "1h"
cold_after = "0s"

[mqtt]
listen = "127.0.0.1:0"
file_bytes = 16384
checkpoint_bytes = 32768
"""


def time_of(number):
    return f"2026-01-{number // 1440 + 1:02}T{number // 60 % 24:02}:{number % 60:02}:00Z"


def lasting():
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = 3600
    return properties


class Machine:
    """An MQTT client that waits for its acknowledgements."""

    def __init__(self, node, name):
        port = [int(event["address"].rsplit(":", 1)[1]) for event in node.log_events()
                if event["event"] == "listening" and event["module"] == "mqtt"][-1]
        self.messages = queue.Queue()
        self.answers = queue.Queue()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=name,
                                  protocol=paho.MQTTv5, reconnect_on_failure=False)
        self.client.username_pw_set("setup", node.token)
        self.client.on_connect = lambda *said: self.answers.put(said)
        self.client.on_subscribe = lambda *said: self.answers.put(said)
        self.client.on_message = lambda client, data, message: self.messages.put(message)
        self.client.connect("127.0.0.1", port, clean_start=False, properties=lasting())
        self.client.loop_start()
        self.flags, reason = self.answers.get(timeout=30)[2:4]
        assert not reason.is_failure, reason

    def subscribe(self, pattern):
        self.client.subscribe(pattern, qos=2)
        assert self.answers.get(timeout=30)[3][0].value == 2

    def publish(self, topic, text, **more):
        said = self.client.publish(topic, text, **more)
        said.wait_for_publish(30)
        assert said.is_published()

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()


class Recording:
    """A life of gantryd under load, and when it acknowledged what."""

    def __init__(self, folder):
        self.file = os.path.join(folder, "recording")
        config = os.path.join(folder, "gantry.toml")
        with open(config, "w") as file:
            file.write(SETTINGS)
        self.config = config
        self.node = Gantryd("--config", config, folder=folder)
        self.acknowledged = []  # (bytes of the recording by then, what, details)
        self.node.start(around=("env", "LD_PRELOAD=" + RECORDER,
                                "GANTRY_RECORD_ROOT=" + self.node.data,
                                "GANTRY_RECORD_FILE=" + self.file))
        self.load()
        self.node.stop()
        self.length = os.path.getsize(self.file)

    def note(self, what, *details):
        self.acknowledged.append((os.path.getsize(self.file), what, *details))

    def load(self):
        api = self.node.client()
        self.note("ready")
        api.create("/v1/assets", {"key": "load"})
        keeper = Machine(self.node, "keeper")
        keeper.subscribe("line/#")
        self.note("subscribed")
        keeper.leave()
        sender = Machine(self.node, "sender")
        for number in range(ROUNDS):
            if number % 10 == 0:
                point = f"p{number}"
                api.create("/v1/points", {"asset": "load", "key": point, "type": "int64"})
                self.note("point", point)
            rows = range(number * ROWS, (number + 1) * ROWS)
            late = number % 3 == 2  # into a partition that is behind
            rows = [row - 30 * ROWS if late and row >= 30 * ROWS else row for row in rows]
            values = [row + number for row in rows]
            api.post("/v1/samples", {"samples": [{"point": f"load.{point}", "columns": {
                "time": [time_of(row) for row in rows], "value": values}}]})
            self.note("samples", point, dict(zip(map(time_of, rows), values, strict=True)))
            sender.publish(f"line/{number % 4}", str(number), qos=1 + number % 2)
            self.note("message", str(number))
            if number % 5 == 0:
                sender.publish(f"state/{number % 3}", str(number), qos=1, retain=True)
                self.note("retained", f"state/{number % 3}", number)
            if number % 20 == 19:
                api.call("DELETE", f"/v1/points/load.{point}/samples?from={time_of(rows[0])}"
                                   f"&to={time_of(rows[5])}")
                self.note("erased", point, [time_of(row) for row in rows[:5]])
        sender.leave()


pytestmark = pytest.mark.skipif(has_sanitizer("gantryd"),
                                reason="AddressSanitizer wants to be loaded before all others")


@pytest.fixture(scope="module")
def recording():
    folder = tempfile.mkdtemp(prefix="gantry-power-")
    yield Recording(folder)
    shutil.rmtree(folder)


def same_content(one, other):
    """Differences between two folders of files."""
    found = []
    for folder, _, files in os.walk(one):
        at = os.path.relpath(folder, one)
        for name in files:
            paths = [os.path.join(root, at, name) for root in (one, other)]
            with open(paths[0], "rb") as file:
                content = file.read()
            if not os.path.exists(paths[1]):
                found.append(f"{at}/{name} is only in the first")
                continue
            with open(paths[1], "rb") as file:
                if file.read() != content:
                    found.append(f"{at}/{name} differs")
    return found


def test_the_recording_misses_nothing(recording):
    disk = Disk(recording.node.data)
    for _, *record in records(recording.file):
        disk.play(*record)
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "data")
        disk.save(copy, random.Random(1), kept=1)
        for one, other in [(copy, recording.node.data), (recording.node.data, copy)]:
            # SQLite writes its index of the log into memory; it makes it anew.
            assert [line for line in same_content(one, other) if "-shm" not in line] == []


def stored(api, point):
    found, start = {}, FROM
    while start:
        page = api.get(f"/v1/points/load.{point}/samples", limit=100000,
                       **{"from": start, "to": TO})
        found |= zip(page["columns"]["time"], page["columns"]["value"], strict=True)
        start = page.get("next")
    return found


def expected_samples(acknowledged):
    """By point: what must be there, and what may be: overwritten, or erased, by something later."""
    points = {}
    for what, *details in acknowledged:
        if what == "samples":
            points.setdefault(details[0], {}).update(details[1])
        elif what == "erased":
            for moment in details[1]:
                points[details[0]].pop(moment, None)
    return points


def check_samples(api, acknowledged, under_way):
    for point, rows in expected_samples(acknowledged).items():
        there = stored(api, point)
        for moment, value in rows.items():
            # What was being done at the cut may have been done.
            allowed = {value}
            for what, *details in under_way:
                if what == "samples" and details[0] == point:
                    allowed.add(details[1].get(moment, value))
                elif what == "erased" and details[0] == point and moment in details[1]:
                    allowed.add(None)
            assert there.get(moment) in allowed, (
                f"{point} has {there.get(moment)} at {moment}, not {allowed}")
        for what, *details in acknowledged:
            if what == "erased" and details[0] == point:
                came_back = [moment for moment in details[1]
                             if moment in there and moment not in rows]
                assert not came_back, f"{point}: erased, and back: {came_back}"


def check_messages(node, acknowledged):
    kinds = [what for what, *_ in acknowledged]
    if "subscribed" not in kinds:
        return
    keeper = Machine(node, "keeper")
    assert keeper.flags.session_present, "the session is gone"
    wanted = [details[0] for what, *details in acknowledged if what == "message"]
    got = []

    def all_came():
        while not keeper.messages.empty():
            got.append(keeper.messages.get().payload.decode())
        return set(wanted) <= set(got)
    wait_until(all_came, lambda: f"messages {sorted(set(wanted) - set(got))}", seconds=10)
    assert len(got) == len(set(got)), f"twice: {got}"
    keeper.leave()
    retained = {details[0]: details[1] for what, *details in acknowledged if what == "retained"}
    reader = Machine(node, "reader")
    reader.subscribe("state/#")
    found = {}

    def all_states():
        while not reader.messages.empty():
            message = reader.messages.get()
            found[message.topic] = int(message.payload)
        return all(found.get(topic, -1) >= number for topic, number in retained.items())
    wait_until(all_states, lambda: f"{retained}, not {found}", seconds=10)
    reader.leave()


def check(recording, folder, acknowledged, under_way):
    node = Gantryd("--config", recording.config, folder=folder)
    for name in ("token", "password"):
        path = os.path.join(recording.node.folder, name)
        shutil.copy(path, os.path.join(folder, name))
    try:
        node.start()
        if not acknowledged:
            return
        api = node.client()
        for what, *details in acknowledged:
            if what == "point":
                assert api.get(f"/v1/points/load.{details[0]}")["type"] == "int64"
        check_samples(api, acknowledged, under_way)
        check_messages(node, acknowledged)
        damaged = [event for event in node.log_events() if event["event"] == "damaged"]
        assert not damaged, damaged
        node.stop()
    except BaseException:
        print(node.log_text()[-3000:])
        raise
    finally:
        if node.process and node.process.poll() is None:
            node.kill()


def test_what_was_acknowledged_outlives_a_power_cut(recording):
    dice = random.Random(SEED)
    starts = [at for at, *_ in records(recording.file)]
    cuts = sorted(dice.sample(starts, min(CUTS, len(starts))))
    disk = Disk(recording.node.data)
    play = records(recording.file)
    for number, cut in enumerate(cuts):
        for at, *record in play:
            disk.play(*record)
            if at >= cut:
                break
        length = at
        done = [what for size, *what in recording.acknowledged if size <= length]
        under_way = [what for size, *what in recording.acknowledged if size > length][:1]
        kept = dice.choice([0, 0.5, 0.5, 1])
        folder = tempfile.mkdtemp(prefix="gantry-cut-")
        disk.save(os.path.join(folder, "data"), dice, kept)
        try:
            check(recording, folder, done, under_way)
        except BaseException:
            print(f"cut {number} after byte {length}, kept {kept}, seed {SEED}, in {folder}")
            raise
        shutil.rmtree(folder)
