# SPDX-License-Identifier: Apache-2.0
"""What is asked of series over the API and the command line, against pandas on the same samples:
groups of points, states, quality; how long samples are kept, and erasing them."""

import io
import json
import os
import random
import subprocess

import pandas
import pytest

from gantryd_process import BIN, Client, Gantryd

GANTRY = os.path.join(BIN, "gantry")
START = pandas.Timestamp("2026-03-01T00:00:00Z")
END = START + pandas.Timedelta("4h")
SPAN = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-01T04:00:00Z"}
QUALITIES = ["good"] * 8 + ["uncertain", "bad"]
PUMPS = ["pump1", "pump2", "pump3"]
STATES = ["running", "stopped", "fault"]


def stamp(time):
    return time.isoformat().replace("+00:00", "Z")


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def samples(node):
    """Everything that was written, as a table: point, time, value, quality."""
    api = node.client()
    api.create("/v1/models", {"key": "pump", "properties": [
        {"key": "power", "unit": "kW"}, {"key": "head", "unit": "m"},
        {"key": "state", "type": "string"}, {"key": "on", "type": "bool"}]})
    api.create("/v1/assets", {"key": "plant"})
    numbers = random.Random(5)
    rows = []
    for pump in PUMPS:
        api.create("/v1/assets", {"key": pump, "parent": "plant", "model": "pump"})
        for key in ("power", "head", "state", "on"):
            # Also before the range: a state holds into it.
            time = START - pandas.Timedelta("10min")
            while time < END:
                value = {"power": round(numbers.uniform(0, 90), 2),
                         "head": float(numbers.randrange(40)),
                         "state": numbers.choice(STATES),
                         "on": numbers.random() < 0.5}[key]
                rows.append((f"plant/{pump}.{key}", time, value, numbers.choice(QUALITIES)))
                time += pandas.Timedelta(seconds=numbers.randrange(5, 240))
    table = pandas.DataFrame(rows, columns=["point", "time", "value", "quality"])
    api.post("/v1/samples", {"samples": [
        {"point": point, "columns": {"time": [stamp(time) for time in part["time"]],
                                     "value": list(part["value"]),
                                     "quality": list(part["quality"])}}
        for point, part in table.groupby("point")]})
    return table


# What counts for each word of ?quality=.
COUNT = {"good": ["good"], "uncertain": ["good", "uncertain"],
         "all": ["good", "uncertain", "bad"]}


def usable(table, quality):
    return table[table["quality"].isin(COUNT[quality])]


def within(table):
    return table[(table["time"] >= START) & (table["time"] < END)]


def frame(columns):
    out = pandas.DataFrame(columns)
    out["time"] = pandas.to_datetime(out["time"], utc=True)
    return out


# --- groups

@pytest.mark.parametrize("quality", ["good", "uncertain", "all"])
@pytest.mark.parametrize("every", ["15m", "1h", "7m"])
def test_a_group_is_what_pandas_makes_of_all_its_samples(node, samples, quality, every):
    answer = node.client().get("/v1/samples/group", under="plant", key="power", every=every,
                               agg="sum,avg,min,max,count,stddev", quality=quality, **SPAN)
    assert answer["points"] == 3 and answer["unit"] == "kW"
    got = frame(answer["columns"]).set_index("time")
    table = within(usable(samples[samples["point"].str.endswith(".power")], quality))
    table = table.assign(value=table["value"].astype(float))
    groups = table.groupby((table["time"] - START) // pandas.Timedelta(every.replace("m", "min")))
    expected = groups["value"].agg(["sum", "mean", "min", "max", "count",
                                    lambda values: values.std(ddof=0)])
    expected.index = START + expected.index * pandas.Timedelta(every.replace("m", "min"))
    assert list(got.index) == list(expected.index)
    for name, column in zip(["sum", "avg", "min", "max", "count", "stddev"], expected.columns):
        pandas.testing.assert_series_equal(got[name], expected[column], check_names=False,
                                           check_dtype=False, check_freq=False, rtol=1e-9)


def test_a_group_weighs_by_time_where_that_is_asked(node, samples):
    answer = node.client().get("/v1/samples/group", under="plant", key="head", agg="time_avg,integral",
                               every="1h", **SPAN)["columns"]
    ends = [START + pandas.Timedelta(hours=hour) for hour in range(5)]
    for hour, (average, integral) in enumerate(zip(answer["time_avg"], answer["integral"])):
        area = held = 0.0
        for _, part in samples[samples["point"].str.endswith(".head")].groupby("point"):
            rows = list(part[["time", "value", "quality"]].itertuples(index=False))
            for row, after in zip(rows, [row.time for row in rows[1:]] + [END]):
                seconds = (min(after, ends[hour + 1]) - max(row.time, ends[hour])).total_seconds()
                if seconds > 0 and row.quality != "bad":
                    area += row.value * seconds
                    held += seconds
        assert integral == pytest.approx(area)
        assert average == pytest.approx(area / held)


def test_named_points_count_once_and_the_range_is_one_bucket_by_itself(node, samples):
    api = node.client()
    points = ["plant/pump1.power", "plant/pump2.power", "plant/pump1.power"]
    answer = api.get("/v1/samples/group", point=points, agg="count", **SPAN)
    table = within(usable(samples[samples["point"].isin(points)], "uncertain"))
    assert answer["points"] == 2 and answer["columns"]["count"] == [len(table)]
    assert answer["columns"]["time"] == [SPAN["from"]]
    # Whatever they hold, samples can be counted.
    answer = api.get("/v1/samples/group", under="plant", agg="count,good_count", **SPAN)
    assert answer["points"] == 12
    assert answer["columns"]["count"] == [len(within(usable(samples, "uncertain")))]
    assert answer["columns"]["good_count"] == [len(within(usable(samples, "good")))]
    assert api.get("/v1/samples/group", under="plant", key="nothing")["points"] == 0


def test_what_cannot_be_taken_together_is_refused_by_field(node, samples):
    api = node.client()
    for query, field, words in (
            ("under=plant", "point", ["by key"]),
            ("point=plant/pump1.power&point=plant/pump1.head", "point", ["kW", "in m"]),
            ("point=plant/pump1.state", "point", ["texts", "agg=count"]),
            ("", "point", ["under"]),
            ("under=plant&key=power&agg=median", "agg", ["median"]),
            ("under=plant&key=power&quality=best", "quality", ["good", "uncertain", "all"]),
            ("under=plant&key=power&quality=good,all", "quality", ["one of"]),
            ("under=plant&key=power&quality=good,", "quality", ["one of"]),
            ("under=plant&key=power&every=0s", "every", ["longer"]),
            ("under=plant&key=power&from=yesterday", "from", ["yesterday"]),
            ("under=plant&key=power&fill=linear", "?fill", ["query parameter"])):
        error = api.refused("GET", "/v1/samples/group?" + query)
        assert error.status == 400 and error.problem["fields"][0]["field"] == field, query
        assert all(word in error.problem["detail"] for word in words), error.problem
    assert api.refused("GET", "/v1/samples/group?point=plant/pump9.power").status == 404
    error = api.refused("GET", "/v1/samples/group?under=plant&key=power&every=1ms&from=-30d")
    assert error.status == 400 and "100000 buckets" in error.problem["detail"]


# --- quality, one point at a time

@pytest.mark.parametrize("quality", ["good", "uncertain", "all"])
def test_the_quality_that_counts_can_be_said_wherever_samples_are_read(node, samples, quality):
    api = node.client()
    path = "/v1/points/plant%2Fpump1.power/samples"
    table = within(usable(samples[samples["point"] == "plant/pump1.power"], quality))
    raw = api.get(path, quality=quality + ",code", **SPAN)["columns"]
    assert raw["value"] == list(table["value"]) and raw["quality"] == list(table["quality"])
    assert len(raw["quality_code"]) == len(table)
    first = api.get(path, quality=quality, limit=10, **SPAN)
    rest = api.get(path, quality=quality, **{"from": first["next"], "to": SPAN["to"]})
    assert first["columns"]["value"] + rest["columns"]["value"] == list(table["value"])
    buckets = frame(api.get(path, quality=quality, every="30m", agg="sum,count", **SPAN)["columns"])
    groups = table.groupby((table["time"] - START) // pandas.Timedelta("30min"))["value"]
    assert list(buckets["count"]) == list(groups.count())
    assert list(buckets["sum"]) == pytest.approx(list(groups.sum().astype(float)))
    query = f"/v1/samples?point=plant/pump1.power&quality={quality}&from={SPAN['from']}&to={SPAN['to']}"
    csv = pandas.read_csv(io.BytesIO(api.call("GET", query, headers={"Accept": "text/csv"}).body))
    assert list(csv["value"]) == list(table["value"])
    parquet = api.call("GET", query, headers={"Accept": "application/vnd.apache.parquet"})
    assert api.sql("SELECT 1")["rows"] == [[1]]  # the engine that wrote it goes on
    assert parquet.body[:4] == b"PAR1"
    everything = api.call("GET", query.replace(f"quality={quality}&", ""),
                          headers={"Accept": "application/vnd.apache.parquet"})
    assert quality == "all" or len(parquet.body) < len(everything.body)


def test_raw_samples_are_all_and_buckets_are_without_bad_ones_unless_said_otherwise(node, samples):
    api = node.client()
    path = "/v1/points/plant%2Fpump1.power/samples"
    table = within(samples[samples["point"] == "plant/pump1.power"])
    assert len(api.get(path, **SPAN)["columns"]["value"]) == len(table)
    counted = api.get(path, every="4h", agg="count", **SPAN)["columns"]["count"]
    assert counted == [len(usable(table, "uncertain"))]


# --- states

def naive_states(table, bounds, quality):
    """(bucket, state) → seconds and entries, by walking over the rows."""
    out = {}
    rows = list(table[["time", "value", "quality"]].itertuples(index=False))
    before = None
    for row, after in zip(rows, [row.time for row in rows[1:]] + [bounds[-1]]):
        state = row.value if row.quality in COUNT[quality] else None
        for start, end in zip(bounds, bounds[1:]):
            seconds = (min(after, end) - max(row.time, start)).total_seconds()
            entered = state is not None and state != before and start <= row.time < end
            if state is not None and (seconds > 0 or entered):
                found = out.setdefault((start, state), [0.0, 0])
                found[0] += max(seconds, 0)
                found[1] += entered
        before = state
    return out


@pytest.mark.parametrize("key", ["state", "on", "head"])
@pytest.mark.parametrize("every", ["20m", None])
@pytest.mark.parametrize("quality", ["good", "uncertain"])
def test_states_last_as_long_as_a_walk_over_the_rows_says(node, samples, key, every, quality):
    query = {"under": "plant", "key": key, **SPAN, **({"every": every} if every else {})}
    if quality != "uncertain":
        query["quality"] = quality
    answer = node.client().get("/v1/samples/states", **query)
    assert [item["point"] for item in answer["items"]] == [f"plant/{pump}.{key}" for pump in PUMPS]
    step = pandas.Timedelta("20min" if every else "4h")
    bounds = [START + step * n for n in range(int((END - START) / step) + 1)]
    for item in answer["items"]:
        columns = item["columns"]
        got = {(pandas.Timestamp(time), state): (seconds, entries) for time, state, seconds, entries
               in zip(columns["time"], columns["state"], columns["seconds"], columns["entries"])}
        expected = naive_states(samples[samples["point"] == item["point"]], bounds, quality)
        assert got.keys() == expected.keys()
        for place, (seconds, entries) in expected.items():
            assert got[place][0] == pytest.approx(seconds), place
            assert got[place][1] == entries, place


def test_what_is_no_series_of_states_is_refused(node):
    api = node.client()
    api.create("/v1/assets", {"key": "noise"})
    api.create("/v1/points", {"asset": "noise", "key": "v"})
    times = [stamp(START + pandas.Timedelta(milliseconds=n)) for n in range(10_001)]
    api.post("/v1/samples", {"samples": [{"point": "noise.v", "columns": {
        "time": times, "value": list(range(10_001))}}]})
    error = api.refused("GET", "/v1/samples/states?point=noise.v&from={from}&to={to}".format(**SPAN))
    assert error.status == 413 and "noise.v" in error.problem["detail"]
    error = api.refused("GET", "/v1/samples/states?point=noise.v&every=1ms&from=-1h")
    assert error.status == 400 and "10000 buckets" in error.problem["detail"]
    last = "2262-04-11T23:47:16.854775807Z"
    error = api.refused("GET", f"/v1/samples/states?point=noise.v&from=now&to={last}")
    assert error.problem["fields"][0]["field"] == "to"
    assert api.refused("GET", "/v1/samples/states?point=noise.v&quality=fine").status == 400
    assert api.get("/health/ready")["status"] == "ready"


# --- how long samples are kept

def test_a_point_keeps_its_samples_for_as_long_as_it_says(node, tmp_path):
    api = node.client()
    api.create("/v1/models", {"key": "meter", "properties": [
        {"key": "fast", "retention": "1h"}, {"key": "slow"}]})
    api.create("/v1/assets", {"key": "meter1", "model": "meter"})
    api.create("/v1/points", {"asset": "meter1", "key": "own", "retention": "120m"})
    assert api.get("/v1/points/meter1.own")["retention"] == "2h"
    assert api.get("/v1/points/meter1.fast")["retention"] == "1h"
    assert "retention" not in api.get("/v1/points/meter1.slow")

    # The store's clock is its newest sample: these five hours end where the newest of all is.
    newest = pandas.Timestamp("2026-06-01T05:00:00Z")
    times = [newest - pandas.Timedelta(minutes=n) for n in range(300, -1, -1)]
    names = ("fast", "slow", "own")
    api.post("/v1/samples", {"samples": [{"point": f"meter1.{name}", "columns": {
        "time": [stamp(time) for time in times], "value": list(range(301))}} for name in names]})

    def kept(name):
        answer = api.get(f"/v1/points/meter1.{name}/samples",
                         **{"from": "2026-06-01T00:00:00Z", "to": "2026-06-02T00:00:00Z"})
        return len(answer["columns"]["time"])

    def within_of(length):
        return sum(time >= newest - pandas.Timedelta(length) for time in times)

    assert [kept(name) for name in names] == [within_of("1h"), 301, within_of("2h")]

    # Of points of a model the model says it; of others they themselves.
    assert api.refused("PATCH", "/v1/points/meter1.fast", {"retention": "3h"}).status == 409
    model = api.get("/v1/models/meter")
    model["properties"][0]["retention"] = "3h"
    api.call("PUT", "/v1/models/meter", model)
    assert kept("fast") == within_of("3h")
    api.call("PATCH", "/v1/points/meter1.own", {"retention": "30m"})
    assert kept("own") == within_of("30min")
    api.call("PATCH", "/v1/points/meter1.own", {"retention": None})
    assert kept("own") == 301, "hidden, and not on its way from the disk yet"
    for wrong in ("1 week", "-1h", "5ms", "40000d", 30):
        error = api.refused("PATCH", "/v1/points/meter1.own", {"retention": wrong})
        assert error.status == 400 and error.problem["fields"][0]["field"] == "/retention", wrong

    cli = Cli(node, tmp_path)
    cli.run("points", "retention", "meter1.own", "1h", "--yes")
    assert kept("own") == within_of("1h")
    assert "1h" in cli.run("points", "show", "meter1.own").stdout
    cli.run("points", "retention", "meter1.own", "default")
    assert kept("own") == 301


def test_how_long_samples_are_kept_outlives_a_restart():
    node = Gantryd().start()
    try:
        api = node.client()
        api.create("/v1/assets", {"key": "a"})
        for key in ("short", "long"):
            api.create("/v1/points", {"asset": "a", "key": key})
        api.call("PATCH", "/v1/points/a.short", {"retention": "1h"})
        for key in ("short", "long"):
            api.post("/v1/samples", {"samples": [{"point": f"a.{key}", "columns": {
                "time": ["2026-06-01T00:00:00Z", "2026-06-01T10:00:00Z"], "value": [1, 2]}}]})
        node.kill()
        node.start()
        api = node.client()
        for key, expected in (("short", [2]), ("long", [1, 2])):
            answer = api.get(f"/v1/points/a.{key}/samples", **{"from": "2026-06-01", "to": "2026-06-02"})
            assert answer["columns"]["value"] == expected
        node.stop()
    finally:
        if node.process.poll() is None:
            node.kill()


# --- erasing

class Cli:
    def __init__(self, node, folder, token=None):
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
                            "GANTRY_URL": node.url, "GANTRY_TOKEN": token or node.token}

    def run(self, *words, code=0):
        done = subprocess.run([GANTRY, *words], env=self.environment, text=True, timeout=60,
                              capture_output=True, stdin=subprocess.DEVNULL)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def json(self, *words, **more):
        return json.loads(self.run("--json", *words, **more).stdout)


@pytest.fixture
def tank(node):
    api = node.client()
    if not any(item["path"] == "tank" for item in api.get("/v1/assets")["items"]):
        api.create("/v1/assets", {"key": "tank"})
        api.create("/v1/points", {"asset": "tank", "key": "level"})
    times = [f"2026-04-01T00:{minute:02}:00Z" for minute in range(60)]
    api.post("/v1/samples", {"samples": [{"point": "tank.level", "columns": {
        "time": times, "value": list(range(60))}}]})
    return api


DAY = {"from": "2026-04-01", "to": "2026-04-02"}


def levels(api):
    return api.get("/v1/points/tank.level/samples", **DAY)["columns"]["value"]


def test_samples_in_a_range_are_erased_for_good_and_it_is_audited(node, tank):
    where = "/v1/points/tank.level/samples"
    span = "?from=2026-04-01T00:10:00Z&to=2026-04-01T00:20:00Z"
    for query, field in (("", "from"), ("?from=-1h", "to"), ("?from=now&to=-1h", "from"),
                         ("?from=now&to=now", "from"), ("?from=x&to=now", "from"),
                         ("?from=-1h&to=now&point=x", "?point")):
        error = tank.refused("DELETE", where + query)
        assert error.status == 400 and error.problem["fields"][0]["field"] == field, query
    assert len(levels(tank)) == 60
    report = tank.call("DELETE", where + span).json()
    assert report == {"point": "tank.level", "from": "2026-04-01T00:10:00Z",
                      "to": "2026-04-01T00:20:00Z", "rows": 10}
    left = [*range(10), *range(20, 60)]
    assert levels(tank) == left
    assert tank.get("/v1/samples/group", point="tank.level", agg="sum,count", **DAY)[
        "columns"]["sum"] == [sum(left)]
    assert tank.call("DELETE", where + span).json()["rows"] == 0
    entry = next(entry for entry in tank.get("/v1/audit")["items"]
                 if entry["action"] == "samples:erase" and entry["outcome"] == "ok")
    assert "tank.level" in entry["object"] and "from=2026-04-01T00:10:00Z" in entry["object"]

    # What is written into the range afterwards stays.
    tank.post("/v1/samples", {"samples": [{"point": "tank.level", "value": 7,
                                           "time": "2026-04-01T00:15:00Z"}]})
    assert levels(tank) == [*range(10), 7, *range(20, 60)]
    # Also the latest, if that is what goes.
    tank.call("DELETE", where + "?from=2026-04-01T00:30:00Z&to=2026-04-02")
    assert tank.get("/v1/points/tank.level/latest")["value"] == 29


def test_erasing_needs_a_permission_of_its_own(node, tank):
    where = "/v1/points/tank.level/samples?from=2026-04-01&to=2026-04-02"
    tank.create("/v1/roles", {"key": "keeper", "statements": [
        {"effect": "allow", "permissions": ["samples:read", "samples:write", "points:*"]}]})
    tank.create("/v1/roles", {"key": "eraser", "statements": [
        {"effect": "allow", "permissions": ["samples:*"], "under": "tank"}]})

    def of_role(role):
        tank.create("/v1/principals", {"login": role, "password": "first-password-1",
                                       "roles": [role], "must_change_password": False})
        session = node.anonymous().create("/v1/session",
                                          {"login": role, "password": "first-password-1"})
        return Client(node.url, session["access_token"])

    error = of_role("keeper").refused("DELETE", where)
    assert error.status == 403 and "samples:erase" in error.problem["detail"]
    assert of_role("engineer").refused("DELETE", where).status == 403
    assert len(levels(tank)) == 60
    eraser = of_role("eraser")
    assert eraser.refused("DELETE", where.replace("tank", "plant%2Fpump1")).status == 404
    assert eraser.call("DELETE", where).json()["rows"] == 60
    assert levels(tank) == []


def test_erasing_survives_a_power_cut():
    node = Gantryd().start()
    try:
        api = node.client()
        api.create("/v1/assets", {"key": "a"})
        api.create("/v1/points", {"asset": "a", "key": "v"})
        api.post("/v1/samples", {"samples": [{"point": "a.v", "columns": {
            "time": ["2026-06-01T00:00:00Z", "2026-06-01T10:00:00Z"], "value": [1, 2]}}]})
        api.call("DELETE", "/v1/points/a.v/samples?from=2026-06-01&to=2026-06-01T05:00:00Z")
        node.kill()
        node.start()
        answer = node.client().get("/v1/points/a.v/samples",
                                   **{"from": "2026-06-01", "to": "2026-06-02"})
        assert answer["columns"]["value"] == [2]
        node.stop()
    finally:
        if node.process.poll() is None:
            node.kill()


# --- the command line

def test_the_command_line_says_the_same(node, samples, tank, tmp_path):
    cli = Cli(node, tmp_path)
    span = ["--from", SPAN["from"], "--to", SPAN["to"]]
    api = node.client()
    assert cli.json("group", "--under", "plant", "--key", "power", "--every", "1h", "--aggregate",
                    "sum,count", "--quality", "good", *span) == api.get(
        "/v1/samples/group", under="plant", key="power", every="1h", agg="sum,count",
        quality="good", **SPAN)
    table = cli.run("group", "--under", "plant", "--key", "power", "--every", "1h", *span)
    assert table.stdout.splitlines()[0].split() == ["TIME", "AVG", "QUALITY"]
    assert len(table.stdout.splitlines()) == 5 and "3 points together, in kW" in table.stderr
    assert cli.json("states", "plant/pump1.state", *span) == api.get(
        "/v1/samples/states", point="plant/pump1.state", **SPAN)
    assert cli.json("states", "plant/pump1.state", "--quality", "good", *span) == api.get(
        "/v1/samples/states", point="plant/pump1.state", quality="good", **SPAN)
    assert "POINT" in cli.run("states", "--under", "plant", "--key", "on", *span).stdout
    assert "which points" in cli.run("states", code=2).stderr
    good = cli.json("history", "plant/pump1.power", "--quality", "good", *span)
    assert set(good["items"][0]["columns"]["quality"]) == {"good"}
    cli.run("group", "--under", "plant", code=2)

    hour = ["--from", "2026-04-01T00:00:00Z", "--to", "2026-04-01T00:30:00Z"]
    assert "30 values" in cli.run("erase", "tank.level", *hour, "--dry-run").stderr
    assert "--yes" in cli.run("erase", "tank.level", *hour, code=2).stderr
    assert len(levels(tank)) == 60
    assert cli.json("erase", "tank.level", *hour, "--yes")["rows"] == 30
    assert levels(tank) == list(range(30, 60))
