# SPDX-License-Identifier: Apache-2.0
"""The HTTP API of Prometheus, asked and written to as Prometheus, its sender and Grafana do."""

import json
import time
import urllib.parse

import pytest
import snappy

from gantryd_process import Client, Gantryd, wait_until
from prometheus_process import STALE, Prometheus, write_request, write_request_two
from promql_expressions import BY_HAND, INSTANT, RANGES, SELECTORS, data
from test_promql_prometheus import difference

START = 1_700_000_000_000


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def api(node):
    return node.client()


def write(api, series, second=False):
    kind = ";proto=io.prometheus.write.v2.Request" if second else ""
    body = write_request_two(series, "") if second else write_request(series)
    return api.call("POST", "/api/v1/write", raw=snappy.compress(body), headers={
        "Content-Type": "application/x-protobuf" + kind, "Content-Encoding": "snappy"})


def ask(api, path, method="GET", **parameters):
    text = urllib.parse.urlencode(parameters, doseq=True)
    if method == "POST":
        return api.call("POST", path, raw=text.encode(), headers={
            "Content-Type": "application/x-www-form-urlencoded"}).json()
    return api.call("GET", path + "?" + text).json()


def refused(api, path, **parameters):
    return api.refused("GET", path + "?" + urllib.parse.urlencode(parameters))


def test_answers_through_the_store_equal_those_of_prometheus(node):
    """The same samples in both, by remote write; the store and the index of labels between."""
    other = node.client()
    series = data()
    rows = sorted(((at, labels, value) for labels, samples in series for at, value in samples),
                  key=lambda row: row[0])
    with Prometheus("global: {}\n", "--web.enable-remote-write-receiver",
                    "--storage.tsdb.retention.time=100y") as prometheus:
        for first in range(0, len(rows), 5000):
            part = [(labels, [(at, value)]) for at, labels, value in rows[first:first + 5000]]
            prometheus.write(part)
            assert write(other, part).status == 204
        wrong = []

        def compare(kind, *words):
            theirs = prometheus.ask(kind, *words)
            path, parameters = {
                "instant": ("/api/v1/query", dict(zip(("time", "query"), words))),
                "range": ("/api/v1/query_range",
                          dict(zip(("start", "end", "step", "query"), words))),
                "series": ("/api/v1/series", {"match[]": words[0]})}[kind]
            try:
                ours = ask(other, path, **parameters)
            except Exception as error:  # an answer with an error's status
                ours = error.problem
            if kind == "series" and "error" in (ours["status"], theirs["status"]):
                told = "" if ours["status"] == theirs["status"] else str(ours)
            elif kind == "series":
                same = sorted(map(str, map(sorted, (one.items() for one in ours["data"])))) == \
                    sorted(map(str, map(sorted, (one.items() for one in theirs["data"]))))
                told = "" if same else "other series"
            else:
                told = difference(ours, theirs)
            if told:
                wrong.append(f"{words}: {told}")

        for expression in BY_HAND:
            compare("instant", str(INSTANT[0] / 1000), expression)
            compare("range", *(str(word / 1000) for word in RANGES[0]), expression)
        for selector in SELECTORS:
            compare("series", selector)
        assert not wrong, f"{len(wrong)} differ: " + "\n".join(wrong[:10])


def test_points_of_assets_are_there_with_their_unit(api):
    api.create("/v1/models", {"key": "pump", "name": "Pump", "properties": [
        {"key": "flow", "type": "float64", "unit": "m3/h"}, {"key": "on", "type": "bool"},
        {"key": "note", "type": "string"}]})
    api.create("/v1/assets", {"key": "line", "level": "line"})
    api.create("/v1/assets", {"key": "pump", "parent": "line", "model": "pump"})
    now = int(time.time()) - 60
    stamp = lambda second: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + second))
    api.post("/v1/samples", {"samples": [
        {"point": "line/pump.flow", "time": stamp(0), "value": 7.5},
        {"point": "line/pump.on", "time": stamp(0), "value": True},
        {"point": "line/pump.flow", "time": stamp(10), "value": None,
         "quality": "bad"},
        {"point": "line/pump.flow", "time": stamp(20), "value": 8.5}]})

    def flow(at):
        result = ask(api, "/api/v1/query", query='flow{asset="line/pump"}', time=at)
        return [(one["metric"], one["value"][1]) for one in result["data"]["result"]]

    labels = {"__name__": "flow", "asset": "line/pump", "point": "line/pump.flow",
              "unit": "m3/h"}
    assert flow(now + 5) == [(labels, "7.5")]
    assert flow(now + 15) == []  # bad: no value is made up
    assert flow(now + 25) == [(labels, "8.5")]
    result = ask(api, "/api/v1/query", query='{point=~"line/.*"} * 1', time=now + 5)
    assert sorted(one["value"][1] for one in result["data"]["result"]) == ["1", "7.5"]


def test_lists_and_what_grafana_asks(api):
    write(api, [({"__name__": "listed", "job": "a", "zone": "x"}, [(START, 1)]),
                ({"__name__": "listed", "job": "b"}, [(START, 2)])])
    assert ask(api, "/api/v1/labels", **{"match[]": "listed"})["data"] == [
        "__name__", "job", "zone"]
    assert ask(api, "/api/v1/labels", "POST", **{"match[]": "listed"})["data"] == [
        "__name__", "job", "zone"]
    assert ask(api, "/api/v1/label/job/values", **{"match[]": "listed"})["data"] == ["a", "b"]
    assert "listed" in ask(api, "/api/v1/label/__name__/values")["data"]
    assert ask(api, "/api/v1/series", **{"match[]": ['listed{job="a"}', 'listed{zone="x"}']})[
        "data"] == [{"__name__": "listed", "job": "a", "zone": "x"}]
    limited = ask(api, "/api/v1/label/job/values", limit=1, **{"match[]": "listed"})
    assert limited["data"] == ["a"] and limited["warnings"]
    assert ask(api, "/api/v1/status/buildinfo")["data"]["version"].startswith("2.")
    api.create("/v1/assets", {"key": "tank"})
    api.create("/v1/points", {"asset": "tank", "key": "level", "unit": "cm",
                              "name": {"en": "Level"}, "description": {"en": "Over the ground"}})
    about = [{"type": "gauge", "help": "Over the ground", "unit": "cm"}]
    assert ask(api, "/api/v1/metadata")["data"]["level"] == about
    assert ask(api, "/api/v1/metadata", metric="level")["data"] == {"level": about}
    assert ask(api, "/api/v1/metadata", metric="other")["data"] == {}
    # Grafana's test of a data source.
    assert ask(api, "/api/v1/query", "POST", query="1+1", time=1)["data"]["result"] == [1, "2"]
    assert ask(api, "/api/v1/query_range", "POST", query="listed", start=START / 1000,
               end=START / 1000 + 60, step="15s")["data"]["resultType"] == "matrix"


def test_wrong_questions_have_prometheus_errors(api):
    for path, parameters, status, kind in [
            ("/api/v1/query", {"query": "sum("}, 400, "bad_data"),
            ("/api/v1/query", {"query": "up", "time": "yesterday"}, 400, "bad_data"),
            ("/api/v1/query_range", {"query": "up", "start": 2, "end": 1, "step": 1}, 400,
             "bad_data"),
            ("/api/v1/query_range", {"query": "up", "start": 0, "end": 1}, 400, "bad_data"),
            ("/api/v1/query_range", {"query": "up", "start": 0, "end": 1e6, "step": 1}, 400,
             "bad_data"),
            ("/api/v1/series", {}, 400, "bad_data"),
            ("/api/v1/series", {"match[]": "{"}, 400, "bad_data"),
            ("/api/v1/query", {"query": "listed + on() listed", "time": START / 1000}, 422, "execution")]:
        answer = refused(api, path, **parameters)
        assert answer.status == status, (path, parameters, answer.problem)
        assert answer.problem["status"] == "error" and answer.problem["errorType"] == kind
        assert answer.problem["error"]


def test_remote_write_stores_what_it_can_and_names_the_rest(api):
    assert write(api, [({"__name__": "two", "v": "2"}, [(START, 3)])], second=True).headers[
        "X-Prometheus-Remote-Write-Samples-Written"] == "1"
    series = [({"__name__": "good"}, [(START, 1)]), ({"job": "nameless"}, [(START, 1)]),
              ({"__name__": "future"}, [(START * 3, 1)]),
              ({"__name__": "windows", "volume": "C:\\"}, [(START, 4), (START + 1000, STALE)])]
    answer = None
    try:
        write(api, series)
    except Exception as error:
        answer = error
    assert answer.status == 400 and "series 1" in answer.problem, answer.problem
    at = START / 1000
    assert ask(api, "/api/v1/query", query="good", time=at)["data"]["result"][0]["value"][1] == "1"
    found = ask(api, "/api/v1/query", query='windows{volume="C:\\\\"}', time=at)
    assert found["data"]["result"][0]["metric"]["volume"] == "C:\\"
    assert not ask(api, "/api/v1/query", query="windows", time=at + 2)["data"]["result"]
    garbage = api.refused("POST", "/api/v1/write", raw=b"\xff" * 100, headers={
        "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"})
    assert garbage.status == 400


def test_prometheus_loses_nothing_over_a_restart_of_ours(node, api):
    """It scrapes itself and sends on; ours is killed meanwhile and comes back."""
    config = f"""
global: {{scrape_interval: 200ms, external_labels: {{sender: real}}}}
scrape_configs:
- job_name: self
  static_configs: [{{targets: ['127.0.0.1:PORT']}}]
remote_write:
- url: {node.url}/api/v1/write
  basic_auth: {{username: any, password: {api.token}}}
  queue_config: {{min_backoff: 30ms, max_backoff: 200ms, batch_send_deadline: 500ms}}
"""

    class Self(Prometheus):
        """Scrapes its own port, which is known only when it is chosen."""

        def __init__(self):
            import prometheus_process
            port = prometheus_process.free_port()
            chosen, prometheus_process.free_port = prometheus_process.free_port, lambda: port
            try:
                super().__init__(config.replace("PORT", str(port)))
            finally:
                prometheus_process.free_port = chosen

    def count(asker, at):
        result = asker(f'count_over_time(prometheus_build_info{{job="self"}}[1h])', at)
        return int(result["data"]["result"][0]["value"][1]) if result["data"]["result"] else 0

    def ours(query, at):
        return ask(Client(node.url, api.token), "/api/v1/query", query=query, time=at)

    def theirs(query, at):
        return prometheus.ask("instant", str(at), query)

    with Self() as prometheus:
        wait_until(lambda: count(ours, time.time()) > 5, "samples by remote write", 60)
        port = node.url.rpartition(":")[2]
        node.kill()
        before = count(theirs, time.time())
        wait_until(lambda: count(theirs, time.time()) > before + 5, "samples meanwhile", 60)
        node.start("--listen", f"127.0.0.1:{port}")
        end = time.time()
        # theirs is asked again too: a scrape of before the end may come in after it
        wait_until(lambda: count(ours, end) == count(theirs, end), "all samples to arrive", 60)
        metric = ours("prometheus_build_info", end)["data"]["result"][0]["metric"]
        assert metric["sender"] == "real" and metric["job"] == "self"


def test_only_what_may_be_read_or_written(node, api):
    write(api, [({"__name__": "open_metric"}, [(START, 1)]),
                ({"__name__": "secret_metric"}, [(START, 1)])])
    api.create("/v1/roles", {"key": "open_only", "name": {"en": "o", "zh": "o"}, "statements": [
        {"effect": "allow", "permissions": ["metrics:*"], "under": "open_metric"}]})
    api.create("/v1/principals", {"login": "narrow", "password": "first-password-1",
                                  "roles": ["open_only"], "must_change_password": False})
    token = Client(node.url).create("/v1/session", {"login": "narrow",
                                                    "password": "first-password-1"})
    narrow = Client(node.url, token["access_token"])
    at = START / 1000
    assert ask(narrow, "/api/v1/query", query='count({__name__=~".+"})', time=at)["data"][
        "result"][0]["value"][1] == "1"
    assert ask(narrow, "/api/v1/label/__name__/values")["data"] == ["open_metric"]
    try:
        write(narrow, [({"__name__": "secret_metric"}, [(START, 2)])])
        raise AssertionError("it was taken")
    except Exception as error:
        assert error.status == 400 and "metrics:write" in error.problem
    assert Client(node.url).refused("GET", "/api/v1/query?query=up").status == 401
    # Another tenant has none of it.
    api.create("/v1/tenants", {"key": "other", "name": "Other"})
    api.post("/v1/principals", {"login": "outsider", "password": "first-password-1",
                                "roles": ["administrator"], "must_change_password": False},
             headers={"Gantry-Tenant": "other"})
    token = Client(node.url).create("/v1/session", {"login": "outsider",
                                                    "password": "first-password-1"})
    outsider = Client(node.url, token["access_token"])
    assert ask(outsider, "/api/v1/label/__name__/values")["data"] == []
    assert json.dumps(ask(outsider, "/api/v1/query", query='{__name__=~".+"}', time=at)).count(
        "metric") == 0


def test_series_are_erased_by_selector_and_time(api):
    for host in "abc":
        write(api, [({"__name__": "gone", "host": host},
                     [(START + step * 1000, step) for step in range(10)])])

    def counts():
        found = ask(api, "/api/v1/query", query="count_over_time(gone[1m])",
                    time=START / 1000 + 10)["data"]["result"]
        return {one["metric"]["host"]: int(one["value"][1]) for one in found}

    def erase(**parameters):
        return api.call("POST", "/api/v1/admin/tsdb/delete_series?" + urllib.parse.urlencode(
            parameters, doseq=True)).status
    assert counts() == {"a": 10, "b": 10, "c": 10}
    # Both ends go, as in Prometheus.
    assert erase(**{"match[]": 'gone{host="a"}', "start": START / 1000 + 2,
                    "end": START / 1000 + 4}) == 204
    assert counts() == {"a": 7, "b": 10, "c": 10}
    assert erase(**{"match[]": ['gone{host="a"}', 'gone{host=~"b"}']}) == 204
    assert counts() == {"c": 10}
    write(api, [({"__name__": "gone", "host": "a"}, [(START, 1)])])
    assert counts() == {"a": 1, "c": 10}
    assert api.refused("POST", "/api/v1/admin/tsdb/delete_series").status == 400


def test_who_may_read_and_write_metrics_may_not_erase_them(node, api):
    write(api, [({"__name__": "kept"}, [(START, 1)])])
    api.create("/v1/principals", {"login": "writer", "password": "first-password-1",
                                  "roles": ["engineer"], "must_change_password": False})
    session = node.anonymous().create(
        "/v1/session", {"login": "writer", "password": "first-password-1"})
    writer = Client(node.url, session["access_token"])
    assert ask(writer, "/api/v1/query", query="kept", time=START / 1000)["data"]["result"]
    refusal = writer.refused("POST", "/api/v1/admin/tsdb/delete_series?match[]=kept")
    assert refusal.status == 403
    assert ask(api, "/api/v1/query", query="kept", time=START / 1000)["data"]["result"]
