# SPDX-License-Identifier: Apache-2.0
"""The store under a limit on its memory: data many times as large, and everything done to it."""

import hashlib
import json
import os
import random
import resource
import subprocess

import pytest

from gantryd_process import BIN, Gantryd, has_sanitizer

MIB = 1024 * 1024
PROGRAM = os.path.join(BIN, "store_test")
GANTRY = os.path.join(BIN, "gantry")


def run_within(mib):
    """The program may have so much memory of its own (RLIMIT_DATA); what it maps of files is not
    counted, for the system takes that back when it needs it."""
    return subprocess.run(
        [PROGRAM, "--gtest_filter=StoreMemory.*", "--gtest_brief=1"], capture_output=True,
        text=True, timeout=500, check=False,
        env={**os.environ, "GANTRY_MEMORY_TEST_BATCHES": "600"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (mib * MIB, mib * MIB)))


@pytest.mark.skipif(has_sanitizer("store_test"),
                    reason="a program with AddressSanitizer takes memory of its own")
def test_a_store_stays_within_its_memory():
    done = run_within(128)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.skipif(has_sanitizer("store_test"),
                    reason="a program with AddressSanitizer takes memory of its own")
def test_the_limit_is_one_that_can_be_met_or_not():
    assert run_within(16).returncode != 0


# --- export: a journal that is larger than the memory

BATCHES = 50
BATCH_ROWS = 100_000
FIRST = 1_767_225_600  # 2026-01-01T00:00:00Z


def run_gantry(*words, mib=None):
    limit = (lambda: resource.setrlimit(resource.RLIMIT_DATA, (mib * MIB, mib * MIB))) if mib \
        else None
    return subprocess.run([GANTRY, *map(str, words)], capture_output=True, timeout=500, check=False,
                          env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}, preexec_fn=limit)


@pytest.fixture(scope="module")
def long_journal(tmp_path_factory):
    """Data of a gantryd all of whose rows are in the journal: most of one point, some of others,
    some late, in a time that is not regular; and how many rows each point has."""
    settings = tmp_path_factory.mktemp("settings") / "gantry.toml"
    settings.write_text("[store]\nmemtable_bytes = 1073741824\njournal_bytes = 2147483648\n"
                        "flush_after = \"24h\"\n")
    numbers = random.Random(11)
    points = ["many"] + [f"few{number}" for number in range(50)]
    times = {point: set() for point in points}
    with Gantryd("--config", str(settings)) as node:
        api = node.client()
        api.create("/v1/assets", {"key": "tank"})
        ids = {point: api.create("/v1/points", {"asset": "tank", "key": point})["id"]
               for point in points}
        for batch in range(BATCHES):
            for point, count in [("many", BATCH_ROWS)] + [(point, 100) for point in points[1:]]:
                start = (batch if batch % 5 else batch // 2) * 100_000_000
                own = [start + n * 1000 + numbers.randrange(1000) for n in range(count)]
                times[point].update(own)
                api.post("/v1/samples?ack=written", {"samples": [{"point": f"tank.{point}", "columns": {
                    "time": [f"2026-01-01T{t // 3_600_000_000:02}:{t // 60_000_000 % 60:02}:"
                             f"{t // 1_000_000 % 60:02}.{t % 1_000_000:06}Z" for t in own],
                    "value": [numbers.random() for _ in own]}}]})
        node.stop()
        yield node.data, {ids[point]: len(times[point]) for point in points}


@pytest.mark.skipif(has_sanitizer("gantry"),
                    reason="a program with AddressSanitizer takes memory of its own")
def test_export_stays_within_its_memory_however_long_the_journal_is(long_journal):
    data, rows = long_journal
    whole = run_gantry("store", "export", data)
    assert whole.returncode == 0, whole.stderr[-2000:]
    counted = {}
    before = ("", "")
    for line in whole.stdout.decode().splitlines()[1:]:
        time, key, _ = line.split(",", 2)
        # Times have as many digits as they need, so padded they are in the order of their text.
        place = (key, time.rstrip("Z").ljust(30, "0") if "." in time
                 else time.rstrip("Z") + "." + "0" * 10)
        assert key != before[0] or place > before
        before = place
        counted[key] = counted.get(key, 0) + 1
    assert counted == rows

    bounded = run_gantry("store", "export", data, mib=72)
    assert bounded.returncode == 0, bounded.stderr[-2000:]
    assert hashlib.sha256(bounded.stdout).digest() == hashlib.sha256(whole.stdout).digest()
    stats = run_gantry("--json", "store", "stats", data, mib=72)
    assert json.loads(stats.stdout)["journal_rows"] >= sum(rows.values())
    # The limit is one that bites: check holds all rows at once.
    assert run_gantry("store", "check", data, mib=72).returncode != 0
