# SPDX-License-Identifier: Apache-2.0
"""Acknowledged means durable: kill -9 of the real program under load, again and again.

The oracle stands outside. Each client writes its own series; the value is a running number, and so is
the time. What was acknowledged must be there after the restart; nothing that was never sent may be.
"""

import random
import threading
import urllib.error

from gantryd_process import ApiError, Gantryd

KILLS = 50
CLIENTS = 4
FIRST_NANOSECOND = 1_767_225_600 * 10**9  # 2026-01-01T00:00:00Z


def time_of(number):
    seconds, rest = divmod(FIRST_NANOSECOND + number * 1_000_000, 10**9)
    days, second = divmod(seconds - 1_767_225_600, 86400)
    return (f"2026-01-{days + 1:02}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            f".{rest:09}Z")


class Writer(threading.Thread):
    """Writes batches until the program dies under it."""

    def __init__(self, client, name, oracle, size):
        super().__init__(daemon=True)
        self.client = client
        self.name = name
        self.oracle = oracle
        self.size = size

    def run(self):
        while True:
            first = self.oracle["next"]
            numbers = range(first, first + self.size)
            self.oracle["next"] += self.size
            self.oracle["attempted"].update(numbers)
            body = {"samples": [{"point": f"load.{self.name}", "columns": {
                "time": [time_of(number) for number in numbers], "value": list(numbers)}}]}
            try:
                answer = self.client.post("/v1/samples", body)
            except (OSError, urllib.error.URLError, ApiError):
                return
            if answer.status == 204:
                self.oracle["acknowledged"].update(numbers)


def stored_numbers(api, name):
    """All values of a series, in order of time, through the API."""
    numbers, start = [], "2026-01-01T00:00:00Z"
    while start:
        page = api.get(f"/v1/points/load.{name}/samples", limit=100000,
                       **{"from": start, "to": "2026-02-01T00:00:00Z"})
        assert [time_of(value) for value in page["columns"]["value"]] == [
            stamp if "." in stamp else stamp for stamp in map(full, page["columns"]["time"])]
        numbers += page["columns"]["value"]
        start = page.get("next")
    return numbers


def full(stamp):
    """With nine digits of fraction, as time_of() writes them."""
    head, _, fraction = stamp[:-1].partition(".")
    return f"{head}.{fraction:0<9}Z"


def test_no_kill_loses_an_acknowledged_sample():
    random.seed(20261122)
    node = Gantryd()
    try:
        node.start()
        api = node.client()
        api.create("/v1/assets", {"key": "load"})
        oracles = {}
        for number in range(CLIENTS):
            name = f"client{number}"
            api.create("/v1/points", {"asset": "load", "key": name, "type": "int64"})
            oracles[name] = {"next": 1, "attempted": set(), "acknowledged": set()}
        for kill in range(KILLS):
            writers = [Writer(node.client(), name, oracle, random.choice([1, 10, 200]))
                       for name, oracle in oracles.items()]
            for writer in writers:
                writer.start()
            # Not by time alone: at least one batch must have been acknowledged in this life.
            goal = sum(len(o["acknowledged"]) for o in oracles.values()) + random.randrange(1, 3000)
            while (sum(len(o["acknowledged"]) for o in oracles.values()) < goal
                   and any(writer.is_alive() for writer in writers)):
                writers[0].join(0.005)
            node.kill()
            for writer in writers:
                writer.join()
            node.start()
            api = node.client()
            for name, oracle in oracles.items():
                stored = stored_numbers(api, name)
                there = set(stored)
                assert len(stored) == len(there), f"kill {kill}: {name} has a row twice"
                lost = oracle["acknowledged"] - there
                assert not lost, f"kill {kill}: {name} lost {sorted(lost)[:5]} of {len(lost)}"
                invented = there - oracle["attempted"]
                assert not invented, f"kill {kill}: {name} has {sorted(invented)[:5]}"
        total = sum(len(oracle["acknowledged"]) for oracle in oracles.values())
        assert total > 10_000
        damaged = [event for event in node.log_events() if event["event"] == "damaged"]
        assert not damaged
        node.stop()
    finally:
        if node.process.poll() is None:
            node.process.kill()
            node.process.wait()
