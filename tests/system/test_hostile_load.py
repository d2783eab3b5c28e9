# SPDX-License-Identifier: Apache-2.0
"""Slow and hostile clients on every door at once, while writers go on: no write is refused or lost,
memory stays bounded, others are answered, and who is hostile is told so and put out.

Nothing here depends on how fast the machine is: what is asked for is that the writers get on between
the hostile clients' own steps.
"""

import contextlib
import datetime
import http.client
import json
import os
import socket
import ssl
import subprocess
import threading

import pytest

import hostile
from gantryd_process import Client, Gantryd, wait_until

START = 1_700_000_000
LOADED_SERIES, LOADED_STEPS = 2000, 360
MIB = 1024 * 1024

SETTINGS = """
[http]
header_timeout = "2s"
idle_timeout = "5s"
progress_timeout = "3s"
body_bytes_total = 201326592

[store]
memtable_bytes = 33554432

[sql]
time_max = "2s"
memory_bytes = 134217728

[postgres]
listen = "127.0.0.1:0"
sign_in_timeout = "2s"
progress_timeout = "3s"
"""

# What may be held at one time by these settings: bodies 192 MiB; samples in memory, twice 32; SQL of
# two tenants, 128 each; PromQL 1 GiB; answers as text that nobody reads, as much; and what a gantryd
# has that does nothing, with its threads and what malloc keeps.
RESIDENT_MAX = (192 + 2 * 32 + 2 * 128 + 2 * 1024 + 256) * MIB


def time_of(number):
    return datetime.datetime.fromtimestamp(START + number, datetime.UTC).isoformat()


class Repeating(threading.Thread):
    """Does its step until it is told to stop, or fails; the test looks at that."""

    def __init__(self, stop):
        super().__init__(daemon=True, name=type(self).__name__)
        self.stop = stop
        self.steps = 0
        self.failure = None

    def run(self):
        try:
            while not self.stop.is_set():
                self.step()
                self.steps += 1
        except Exception as error:
            self.failure = error

    def step(self):
        raise NotImplementedError


class Writer(Repeating):
    """A batch a step, acknowledged before the next; the n-th row has the value n."""

    rows = 2000  # so many that they are not parsed where connections are served

    def __init__(self, stop, node):
        super().__init__(stop)
        self.token = node.token
        self.link = connection(node)

    def step(self):
        first = self.steps * self.rows
        path, kind, body = self.batch(range(first, first + self.rows))
        self.link.request("POST", path, body, {"Authorization": "Bearer " + self.token,
                                               "Content-Type": kind})
        answer = self.link.getresponse()
        text = answer.read()
        assert answer.status == 204, (answer.status, text[:500])

    def count(self):
        return self.steps * self.rows


class LineWriter(Writer):
    def batch(self, numbers):
        return "/write", "text/plain", "".join(
            f"ours,n={number % 50} value={number} {(START + number) * 10**9}\n"
            for number in numbers)

    def stored(self, api):
        answer = api.get("/api/v1/query", time=START + self.count(),
                         query=f"sum(sum_over_time(ours[{self.count()}s]))")
        return int(float(answer["data"]["result"][0]["value"][1]))


class PointWriter(Writer):
    """Points that others follow."""

    def batch(self, numbers):
        samples = [{"point": f"line/pump{number % 10}.flow", "time": time_of(number),
                    "value": number} for number in numbers]
        return "/v1/samples", "application/json", json.dumps({"samples": samples})

    def stored(self, api):
        return int(api.sql("SELECT sum(value) FROM samples")["rows"][0][0])


class Health(Repeating):
    """Asks how the server is, and looks at its memory."""

    def __init__(self, stop, node):
        super().__init__(stop)
        self.node = node
        self.resident = 0

    def step(self):
        for path in ("/health/live", "/health/ready"):
            self.node.anonymous().get(path)
        with open(f"/proc/{self.node.process.pid}/status", encoding="ascii") as status:
            now = next(line for line in status if line.startswith("VmRSS"))
        self.resident = max(self.resident, int(now.split()[1]) * 1024)
        self.stop.wait(0.05)


class Neighbour(Repeating):
    """Small queries of another tenant."""

    def __init__(self, stop, api):
        super().__init__(stop)
        self.api = api

    def step(self):
        assert self.api.sql("SELECT 41 + 1")["rows"] == [[42]]
        assert self.api.get("/api/v1/query", query="vector(1)")["status"] == "success"


def connection(node):
    host, port = node.url.removeprefix("http://").split(":")
    return http.client.HTTPConnection(host, int(port), timeout=600)


def door(folder, settings=SETTINGS):
    file = folder / "gantry.toml"
    file.write_text(settings)
    return Gantryd("--config", str(file))


def port_of_postgres(node):
    return int([event for event in node.log_events()
                if event["event"] == "listening"][-1]["address"].rpartition(":")[2])


def principal(node, login, tenant="main"):
    """Of a tenant, with an API token."""
    named = {"Gantry-Tenant": tenant}
    node.client().post("/v1/principals", {
        "login": login, "password": "first-password-1", "roles": ["administrator"],
        "must_change_password": False}, headers=named)
    session = node.anonymous().create("/v1/session",
                                      {"login": login, "password": "first-password-1"})
    made = Client(node.url, session["access_token"]).create("/v1/tokens", {"name": "door"})
    return Client(node.url, made["token"])


def load(api):
    """What is worth asking for: series with labels, and points."""
    for step in range(0, LOADED_STEPS, 40):
        api.call("POST", "/write", raw="".join(
            f"load,n={series} value={series + at} {(START + at * 10) * 10**9}\n"
            for at in range(step, step + 40) for series in range(LOADED_SERIES)).encode())
    api.create("/v1/models", {"key": "pump", "properties": [{"key": "flow", "type": "float64"}]})
    api.create("/v1/assets", {"key": "line"})
    for pump in range(10):
        api.create("/v1/assets", {"key": f"pump{pump}", "parent": "line", "model": "pump"})


def metric(node, name):
    text = node.client().call("GET", "/metrics").body.decode()
    return sum(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


def heavy_of(stop, http_port, postgres_port, token):
    """What works the server, far more of it than it has threads: SQL, which ends by its time, and
    PromQL, which may go on for minutes."""
    end = START + LOADED_STEPS * 10
    sql = [*(hostile.cross_join(stop, http_port, token) for _ in range(6)),
           *(hostile.Postgres(stop, postgres_port, token,
                              "SELECT count(*) FROM range(10000000) a, range(10000000) b")
             for _ in range(6))]
    return sql, [hostile.promql_of_all(stop, http_port, token, START, end) for _ in range(6)]


def slow_of(stop, http_port, postgres_port, token):
    """What holds on to things, or sends too many of them."""
    return [hostile.SlowHeads(stop, http_port, token), hostile.SlowBodies(stop, http_port, token),
            hostile.EndlessBodies(stop, http_port, token), hostile.Bombs(stop, http_port, token),
            hostile.HalfOpen(stop, postgres_port)]


def deaf_of(stop, http_port, token):
    """What asks and does not read."""
    end = START + LOADED_STEPS * 10
    large = f"/api/v1/query_range?query=load&start={START}&end={end}&step=5"
    return [hostile.Deaf(stop, http_port, token, large),
            hostile.Deaf(stop, http_port, token, "/v1/live?under=line", "text/event-stream"),
            hostile.DeafSockets(stop, http_port, token, "line")]


def started(threads):
    for thread in threads:
        thread.start()
    return threads


def without_way(threads):
    return [thread.name for thread in threads if not thread.rounds]


def failures(threads):
    return [(thread.name, thread.failure) for thread in threads if thread.failure]


def ended(threads, stop):
    """Told to stop, and gone."""
    stop.set()
    for thread in threads:
        if thread.ident:
            thread.join(120)


@pytest.mark.skipif("GANTRY_NIGHTLY" not in os.environ,
                    reason="minutes: GANTRY_NIGHTLY=1 ./dev test hostile")
def test_hostile_clients_on_every_door_starve_no_writer(tmp_path):
    with door(tmp_path) as node:
        api = node.client()
        load(api)
        api.create("/v1/tenants", {"key": "other"})
        token = principal(node, "hostile").token
        stop, leave = threading.Event(), threading.Event()
        writers = [LineWriter(stop, node), PointWriter(stop, node)]
        watch, neighbour = Health(stop, node), Neighbour(stop, principal(node, "next", "other"))
        honest = started([*writers, watch, neighbour])
        ports = int(node.url.rpartition(":")[2]), port_of_postgres(node)
        sql, promql = heavy_of(stop, *ports, token)
        heavy, slow = sql + promql, slow_of(stop, *ports, token)
        deaf = deaf_of(leave, ports[0], token)
        everybody = honest + heavy + slow + deaf
        try:
            wait_until(lambda: all(thread.steps for thread in honest) or failures(honest),
                       "the honest ones to be at work")
            before = [thread.steps for thread in honest]
            started(heavy + slow + deaf)
            wait_until(lambda: not without_way(sql + slow + deaf) or failures(everybody),
                       lambda: f"them to have their way: {without_way(sql + slow + deaf)}", 300)
            rounds = sum(thread.rounds for thread in heavy)
            steps = [thread.steps - past for thread, past in zip(honest, before)]
            ended(honest + heavy + slow, stop)
            assert not failures(everybody)
            # Whoever reads nothing is put out without having closed; a WebSocket only in minutes.
            wait_until(lambda: metric(node, "gantry_http_connections") <=
                       hostile.DeafSockets.connections + 1, "connections to end", 60)
        finally:
            ended(honest + heavy + slow, stop)
            ended(deaf, leave)
        # Were they served in turn with the heavy ones only, there would be fewer steps than rounds.
        assert all(count >= rounds for count in steps[:2]), (steps, rounds)
        assert steps[2] and steps[3]
        assert watch.resident < RESIDENT_MAX
        told_why(heavy + slow)
        everything_is_there(writers, api)
        node.kill()
        node.start()
        everything_is_there(writers, node.client())


def everything_is_there(writers, api):
    for writer in writers:
        count = writer.count()
        assert writer.stored(api) == count * (count - 1) // 2, writer.name


def told_why(threads):
    """Each refusal says what it is about."""
    said = {}
    for thread in threads:
        said.setdefault(thread.name, []).extend(thread.answers)
    for name, *any_of in (("SlowHeads", b" 408 "), ("SlowBodies", b" 408 ", b" 503 "),
                          ("EndlessBodies", b" 413 ", b" 408 ", b" 503 "),
                          ("Bombs", b" 413 ", b" 400 ", b" 503 "),
                          ("Queries", b" 200 ", b" 413 ", b" 422 ", b" 429 ", b" 503 ", b" 504 "),
                          ("Postgres", b"57014", b"53", b"54000")):
        strange = [text[:300] for text in said[name] if not any(mark in text for mark in any_of)]
        assert said[name] and not strange, (name, strange[:3])


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key.pem", "-out",
                    folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost"],
                   check=True, capture_output=True)
    return folder


def test_half_open_tls_is_put_out(tmp_path, certificate):
    settings = (f'[http]\nheader_timeout = "2s"\ntls_certificate = "{certificate}/cert.pem"\n'
                f'tls_key = "{certificate}/key.pem"\n')
    with door(tmp_path, settings) as node, contextlib.ExitStack() as stack:
        port = int(node.url.rpartition(":")[2])
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", port), 60))
                  for _ in range(40)]
        for link in silent[::2]:
            link.sendall(b"\x16\x03\x01\x02\x00\x01")  # a hello that does not go on
        trusting = ssl.create_default_context(cafile=str(certificate / "cert.pem"))
        trusting.check_hostname = False
        live = http.client.HTTPSConnection("127.0.0.1", port, context=trusting, timeout=60)
        live.request("GET", "/health/live")
        assert live.getresponse().read()
        for link in silent:
            with contextlib.suppress(ConnectionResetError):
                assert link.recv(4096) in (b"", b"\x15\x03\x01\x00\x02\x02\x16"), "it was let be"
        # One that says no goodbye either.
        rude = stack.enter_context(trusting.wrap_socket(
            socket.create_connection(("127.0.0.1", port), 60)))
        rude.sendall(b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        live.request("GET", "/metrics", headers={"Authorization": "Bearer " + node.token})
        assert live.getresponse().read()

        def open_connections():
            live.request("GET", "/metrics", headers={"Authorization": "Bearer " + node.token})
            text = live.getresponse().read().decode()
            return next(int(line.split()[1]) for line in text.splitlines()
                        if line.startswith("gantry_http_connections "))
        wait_until(lambda: open_connections() == 1, "the others to be closed", 60)


def test_connections_leave_descriptors_for_the_store(tmp_path):
    """More connections than the system allows files: the store goes on opening its own."""
    most = 256
    settings = SETTINGS.replace("[store]\n", "[store]\njournal_file_bytes = 65536\n"
                                             "journal_bytes = 262144\n")

    with door(tmp_path, settings) as node:
        node.stop()
        node.start(around=("prlimit", f"--nofile={most}:{most}"))
        load(node.client())
        stop = threading.Event()
        writer = LineWriter(stop, node)
        with contextlib.ExitStack() as stack:
            started([writer])
            wait_until(lambda: writer.steps or writer.failure, "a first batch")
            host, port = node.url.removeprefix("http://").split(":")
            refused = 0
            for _ in range(2 * most):
                with contextlib.suppress(OSError):
                    stack.enter_context(socket.create_connection((host, int(port)), 10))
                    continue
                refused += 1
            steps = writer.steps
            wait_until(lambda: writer.steps >= steps + 30 or writer.failure, "batches to be stored",
                       120)
            stop.set()
            writer.join(60)
        assert not writer.failure
        assert not [event for event in node.log_events() if event["level"] == "error"]
        wait_until(lambda: metric(node, "gantry_http_connections") <= 2, "connections to end", 60)
        everything_is_there([writer], node.client())


@pytest.mark.parametrize("sql", [
    "SELECT repeat('x', 100000) FROM range(100000)",
    "SELECT string_agg(repeat('x', 100000), '') FROM range(100000)",
    "SELECT list(i) FROM range(100000000) t(i)",
])
def test_an_answer_that_needs_too_much_memory_is_refused(tmp_path, sql):
    with door(tmp_path) as node:
        stop = threading.Event()
        watch = started([Health(stop, node)])[0]
        try:
            refused = node.client().refused("POST", "/v1/sql", {"query": sql, "limit": 100_000})
        finally:
            stop.set()
            watch.join(60)
        assert refused.status in (413, 422, 504), refused
        assert not watch.failure
        assert watch.resident < RESIDENT_MAX
