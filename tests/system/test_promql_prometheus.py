# SPDX-License-Identifier: Apache-2.0
"""Gantry's PromQL beside Debian's Prometheus: the same samples, the same expressions, the same answers."""

import math
import os
import re

import pytest

from prometheus_process import Lines, Prometheus, is_stale
from promql_expressions import (AT_SINGLE_TIMES, BY_HAND, INSTANT, RANGES, SELECTORS, WRONG,
                                Generator, data)

GENERATED = int(os.environ.get("GANTRY_PROMQL_GENERATED", "600"))


def series_text(labels):
    inside = ",".join('%s="%s"' % (name, value.replace("\\", "\\\\").replace('"', '\\"'))
                      for name, value in sorted(labels.items()) if name != "__name__")
    return f"{labels['__name__']}{{{inside}}}"


def value_text(value):
    if is_stale(value):
        return "stale"
    return "NaN" if math.isnan(value) else repr(value)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    series = data()
    path = tmp_path_factory.mktemp("promql") / "samples.txt"
    rows = [(time, labels, value) for labels, samples in series for time, value in samples]
    rows.sort(key=lambda row: row[0])
    with open(path, "w", encoding="utf-8") as file:
        for time, labels, value in rows:
            file.write(f"{series_text(labels)} {value_text(value)} {time / 1000:.3f}\n")
    with Prometheus("global: {}\n", "--web.enable-remote-write-receiver",
                    "--storage.tsdb.retention.time=100y") as prometheus:
        # In the order of time, as its head wants it.
        for at in range(0, len(rows), 5000):
            prometheus.write([(labels, [(time, value)])
                              for time, labels, value in rows[at:at + 5000]])
        ours = Lines("gantry-promql-eval", str(path))
        yield prometheus, ours
        ours.stop()


def by_labels(result):
    return {tuple(sorted(one["metric"].items())): one.get("values") or [one["value"]]
            for one in result}


def close(ours, theirs):
    """The same number; where it is the same to the bit, also the same text."""
    a, b = float(ours), float(theirs)
    if math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
        return ours == theirs
    if a == b:
        return ours == theirs
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def difference(ours, theirs):
    """What differs between two answers, or nothing."""
    if ours["status"] != theirs["status"]:
        return f"{ours['status']} {ours.get('error')} instead of {theirs['status']} " \
               f"{theirs.get('error')}"
    if ours["status"] == "error":
        return "" if ours["errorType"] == theirs["errorType"] else f"{ours} instead of {theirs}"
    ours_warnings = [text for text in ours.get("warnings", [])]
    their_warnings = [text for text in theirs.get("warnings", []) if "PromQL warning" in text]
    if sorted(ours_warnings) != sorted(their_warnings):
        return f"warnings {ours_warnings} instead of {their_warnings}"
    ours, theirs = ours["data"], theirs["data"]
    if ours["resultType"] != theirs["resultType"]:
        return f"a {ours['resultType']} instead of a {theirs['resultType']}"
    if ours["resultType"] in ("scalar", "string"):
        same = ours["result"] == theirs["result"] or (
            ours["resultType"] == "scalar" and close(ours["result"][1], theirs["result"][1]))
        return "" if same else f"{ours['result']} instead of {theirs['result']}"
    a, b = by_labels(ours["result"]), by_labels(theirs["result"])
    if a.keys() != b.keys():
        return f"series {sorted(a.keys() - b.keys())} too much, {sorted(b.keys() - a.keys())} missing"
    assert len(a) == len(ours["result"]), "labels are there twice"
    for labels, points in a.items():
        if [time for time, _ in points] != [time for time, _ in b[labels]]:
            return f"{labels}: times {points} instead of {b[labels]}"
        for (time, value), (_, wanted) in zip(points, b[labels]):
            if not close(value, wanted):
                return f"{labels} at {time}: {value} instead of {wanted}"
    return ""


def seconds(millis):
    return f"{millis / 1000:.3f}"


def compare(both, text, instants=INSTANT, ranges=RANGES):
    prometheus, ours = both
    found = []
    words = [("instant", seconds(time), text) for time in instants]
    words += [("range", *map(seconds, times), text) for times in ranges]
    for request in words:
        different = difference(ours.ask("\t".join(request)), prometheus.ask(*request))
        if different:
            found.append(f"{' '.join(request)}: {different}")
    return found


@pytest.mark.parametrize("text", BY_HAND)
def test_expressions_by_hand(both, text):
    assert not compare(both, text)


@pytest.mark.parametrize("text", AT_SINGLE_TIMES)
def test_expressions_at_single_times(both, text):
    assert not compare(both, text, ranges=[])


def test_expressions_from_a_generator(both):
    found, filled = [], 0
    for seed in range(GENERATED):
        text = Generator(seed).vector(1 + seed % 3)
        found += compare(both, text, INSTANT[:2], RANGES[seed % 3:seed % 3 + 1])
        filled += bool(both[1].ask(f"instant\t{seconds(INSTANT[0])}\t{text}")
                       .get("data", {}).get("result"))
    assert not found, f"{len(found)} differ:\n" + "\n".join(found[:20])
    assert filled > GENERATED / 4, "most expressions find nothing: they compare nothing"


@pytest.mark.parametrize("name", ["sort", "sort_desc", "topk(3, ", "bottomk(3, "])
@pytest.mark.parametrize("vector", ["load", "temperature", "http_requests_total"])
def test_the_order_of_an_instant_answer(both, name, vector):
    prometheus, ours = both
    text = f"{name}{'' if ' ' in name else '('}{vector})"
    request = ("instant", seconds(INSTANT[0]), text)
    values = [[one["value"][1] for one in asked["data"]["result"]]
              for asked in (ours.ask("\t".join(request)), prometheus.ask(*request))]
    assert values[0] == values[1] and values[0]


@pytest.mark.parametrize("text", WRONG)
def test_errors_name_the_same_place(both, text):
    prometheus, ours = both
    a = ours.ask(f"instant\t0\t{text}")
    b = prometheus.ask("instant", "0", text)
    assert (a["status"], a["errorType"]) == (b["status"], b["errorType"])
    wanted = re.sub(r'^invalid parameter "query": ', "", b["error"])
    assert a["error"] == wanted


@pytest.mark.parametrize("text", SELECTORS)
def test_selectors_find_the_same_series(both, text):
    prometheus, ours = both
    a = ours.ask(f"series\t{text}")
    b = prometheus.ask("series", text)
    if b["status"] == "error":
        assert a["status"] == "error" and a["errorType"] == b["errorType"]
    else:
        assert len(a) == len(b["data"]) > 0
