# SPDX-License-Identifier: Apache-2.0
"""How many points a tenant may have: two tenants on one server, one of them at its limit."""

import json
import os
import subprocess

import pytest

from gantryd_process import BIN, ApiError, Client, Gantryd, wait_until

GANTRY = os.path.join(BIN, "gantry")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    settings = tmp_path_factory.mktemp("settings") / "gantry.toml"
    settings.write_text("[tenants]\npoints_max = 7\n")
    with Gantryd("--config", str(settings)) as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def operator(node):
    return node.client()


def tenant_of(node, operator, key, **more):
    """A new tenant, and its administrator."""
    operator.create("/v1/tenants", {"key": key, **more})
    named = {"Gantry-Tenant": key}
    operator.post("/v1/principals", {"login": f"{key}-admin", "password": "first-password-1",
                                     "roles": ["administrator"], "must_change_password": False},
                  headers=named)
    session = node.anonymous().create(
        "/v1/session", {"login": f"{key}-admin", "password": "first-password-1"})
    client = Client(node.url, session["access_token"])
    client.create("/v1/models", {"key": "pump", "properties": [
        {"key": "flow"}, {"key": "head"}, {"key": "power"}]})
    return client


def usage(client):
    return client.get("/v1/usage")["points"]


def metric(client, name):
    text = client.call("GET", "/metrics").body.decode()
    return [float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " ")]


def test_a_tenant_at_its_quota_gets_no_more_and_starves_nobody(node, operator):
    small = tenant_of(node, operator, "small", points_quota=4)
    other = tenant_of(node, operator, "other")
    small.create("/v1/assets", {"key": "p1", "model": "pump"})
    assert usage(small) == {"used": 3, "max": 4}
    assert usage(other) == {"used": 0, "max": 7}

    # A whole pump does not fit any more: neither it nor one of its points is there.
    refused = small.refused("POST", "/v1/assets", {"key": "p2", "model": "pump"},
                            headers={"Accept-Language": "zh"})
    assert refused.status == 403 and refused.problem["code"] == "quota_exceeded"
    assert refused.problem["title"] == "配额已用尽"
    detail = refused.problem["detail"]
    assert "'small' has 3 of the 4 points" in detail and "needs 3 more" in detail
    assert "remove points" in detail and "operator" in detail
    assert small.refused("GET", "/v1/assets/p2").status == 404
    assert usage(small)["used"] == 3

    small.create("/v1/points", {"asset": "p1", "key": "own"})
    refused = small.refused("POST", "/v1/points", {"asset": "p1", "key": "one_more"})
    assert refused.status == 403 and refused.problem["code"] == "quota_exceeded"
    assert metric(small, "gantry_registry_points") == [4]
    assert metric(small, "gantry_registry_points_max") == [4]
    assert metric(other, "gantry_registry_points") == [0]

    # The other one goes on; and what was there before takes samples.
    other.create("/v1/assets", {"key": "p1", "model": "pump"})
    for client in (small, other):
        client.post("/v1/samples", {"samples": [{"point": "p1.flow", "value": 1.5}]})
        assert client.get("/v1/points/p1.flow/latest")["value"] == 1.5

    small.call("DELETE", "/v1/points/p1.own")
    small.create("/v1/points", {"asset": "p1", "key": "one_more"})


def test_lines_beyond_the_quota_are_refused_and_the_others_stored(node, operator):
    small = tenant_of(node, operator, "lines", points_quota=2)
    lines = [f"cpu,host={host} v={value} {1_700_000_000 + value}" for value, host in
             enumerate("abca")]
    refused = small.refused("POST", "/write?precision=s", raw="\n".join(lines).encode())
    assert refused.status == 400
    text = str(refused.problem)
    assert "line 3" in text and "2 of the 2 series" in text and "larger quota" in text, text
    assert small.get("/v1/usage")["series"] == {"used": 2, "max": 2}
    assert metric(small, "gantry_labels_series") == [2]
    counts = small.get("/api/v1/query", query='count_over_time({host=~".+"}[1h])',
                       time="1700000010")["data"]["result"]
    assert {one["metric"]["host"]: one["value"][1] for one in counts} == {"a": "2", "b": "1"}

    operator.call("PATCH", "/v1/tenants/lines", {"points_quota": 3})

    def taken():
        try:
            return small.call("POST", "/write?precision=s", raw=lines[2].encode()).status == 204
        except ApiError:
            return False
    wait_until(taken, "the larger quota to be seen")


def test_only_the_operator_changes_a_quota_and_it_is_audited(node, operator):
    client = tenant_of(node, operator, "third", points_quota=3)
    client.create("/v1/assets", {"key": "p1", "model": "pump"})
    for method, path, body in (("GET", "/v1/tenants", None), ("GET", "/v1/tenants/third", None),
                               ("PATCH", "/v1/tenants/third", {"points_quota": 100})):
        assert client.refused(method, path, body).status == 404
    assert usage(client) == {"used": 3, "max": 3}
    assert operator.refused("PATCH", "/v1/tenants/third", {"points_quota": -1}).problem[
        "fields"][0]["field"] == "/points_quota"
    assert operator.refused("PATCH", "/v1/tenants/third", {"points_quota": "many"}).problem[
        "fields"][0]["field"] == "/points_quota"

    changed = operator.call("PATCH", "/v1/tenants/third", {"points_quota": 4})
    assert changed.json()["points_max"] == 4 and changed.json()["points"] == 3
    client.create("/v1/points", {"asset": "p1", "key": "x"})
    tag = changed.headers["ETag"]
    changed = operator.call("PATCH", "/v1/tenants/third", {"points_quota": None},
                            headers={"If-Match": tag}).json()
    assert changed["points_max"] == 7 and "points_quota" not in changed
    assert operator.refused("PATCH", "/v1/tenants/third", {"points_quota": 9},
                            headers={"If-Match": tag}).status == 412
    audit = operator.get("/v1/audit")["items"]
    assert sum(entry["object"] == "patchTenant third" and entry["outcome"] == "ok"
               for entry in audit) == 2


def test_the_command_line_shows_usage_and_sets_quotas(node, operator, tmp_path):
    client = tenant_of(node, operator, "fourth")

    def gantry(*words, token=operator.token, code=0):
        done = subprocess.run(
            [GANTRY, *words], text=True, timeout=60, capture_output=True, stdin=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8",
                 "GANTRY_URL": node.url, "GANTRY_TOKEN": token})
        assert done.returncode == code, done.stdout + done.stderr
        return done

    gantry("tenants", "quota", "fourth", "2")
    assert json.loads(gantry("--json", "tenants", "show", "fourth").stdout)["points_max"] == 2
    assert "0 of 2" in gantry("usage", token=client.token).stdout
    refused = gantry("assets", "create", "p1", "--model", "pump", token=client.token, code=4)
    assert "0 of the 2 points" in refused.stderr
    gantry("tenants", "quota", "fourth", "default")
    assert json.loads(gantry("--json", "usage", token=client.token).stdout)["points"]["max"] == 7
    assert "fourth" in gantry("tenants", "list").stdout
    gantry("tenants", "quota", "fourth", "few", code=2)
    gantry("tenants", "quota", "nobody", "2", code=3)


def test_who_asks_too_often_is_told_to_wait_and_others_are_not(tmp_path):
    settings = tmp_path / "gantry.toml"
    settings.write_text("[general]\nrequests_per_second = 5\n")
    with Gantryd("--config", str(settings)) as node:
        hasty, calm = node.client(), tenant_of(node, node.client(), "calm")

        def refusal():
            try:
                hasty.get("/v1/about")
            except ApiError as error:
                return error
            return None
        error = wait_until(refusal, "a request too many")
        assert error.status == 429 and error.problem["code"] == "rate_limited"
        assert "more than 5 requests a second" in error.problem["detail"]
        assert error.headers["Retry-After"] == "1"
        assert error.headers["RateLimit-Policy"] == '"principal";q=5;w=1'
        assert error.headers["RateLimit"] == '"principal";r=0;t=1'
        answer = calm.call("GET", "/v1/about")
        assert answer.json()["product"] == "Gantry"
        assert answer.headers["RateLimit"].startswith('"principal";r=')
        wait_until(lambda: refusal() is None, "a request that is answered again")
