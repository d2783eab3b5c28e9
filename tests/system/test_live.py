# SPDX-License-Identifier: Apache-2.0
"""Live samples by server-sent events, and going on after a connection broke."""

import json
import urllib.request

import pytest
import websockets.sync.client

from gantryd_process import Client, Gantryd, wait_until

POINT = "line/pump.flow"


@pytest.fixture(scope="module")
def node():
    with Gantryd() as gantryd:
        yield gantryd


@pytest.fixture(scope="module")
def api(node):
    client = node.client()
    client.create("/v1/models", {"key": "pump", "name": "Pump", "properties": [
        {"key": "flow", "type": "float64"}, {"key": "state", "type": "string"}]})
    client.create("/v1/assets", {"key": "line", "level": "line"})
    client.create("/v1/assets", {"key": "pump", "parent": "line", "model": "pump"})
    return client


class Events:
    """The events of one request, read as a browser does."""

    def __init__(self, api, query="under=line", last=None):
        headers = {"Authorization": "Bearer " + api.token, "Accept": "text/event-stream"}
        if last:
            headers["Last-Event-ID"] = last
        request = urllib.request.Request(api.url + "/v1/live?" + query, headers=headers)
        self.response = urllib.request.urlopen(request, timeout=40)
        assert self.response.headers["Content-Type"] == "text/event-stream"
        self.last = last

    def next(self):
        """The samples of the next event; None where the stream ends."""
        data = None
        while True:
            line = self.response.readline().decode()
            if not line:
                return None
            line = line.rstrip("\n")
            if line.startswith("id: "):
                self.last = line[4:]
            elif line.startswith("data: "):
                data = json.loads(line[6:])
            elif not line and data:
                return data

    def values(self, count):
        out = []
        while len(out) < count:
            out += [sample["value"] for sample in self.next()["samples"]]
        return out

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.close()


def say(api, *values):
    for value in values:
        api.post("/v1/samples", {"samples": [{"point": POINT, "value": value}]})


def test_events_carry_the_latest_value_and_what_comes(api):
    say(api, 1.5)
    with Events(api) as events:
        assert events.values(1) == [1.5]
        say(api, 2.5, 3.5)
        assert events.values(2) == [2.5, 3.5]


def test_a_broken_connection_goes_on_where_it_was(node, api):
    with Events(api) as events:
        events.next()
        say(api, 10)
        assert events.values(1) == [10]
        last = events.last
    # Each write ends in time what is not read any more; these are gathered meanwhile.
    say(api, *range(11, 40))

    def parked():
        with Events(api, last=last) as again:
            first = again.next()
            return first if first["seq"] > 1 else None

    first = wait_until(parked, "the conversation to be kept")
    assert first["samples"][0]["value"] == 11
    # Nobody else can have it.
    other = api.create("/v1/principals", {"login": "other", "password": "first-password-1",
                                          "roles": ["administrator"],
                                          "must_change_password": False})
    assert other["login"] == "other"
    token = node.anonymous().create("/v1/session", {"login": "other",
                                                    "password": "first-password-1"})
    with Events(Client(node.url, token["access_token"]), last=last) as stranger:
        assert stranger.next()["seq"] == 1


def test_an_unknown_id_begins_anew(api):
    for last in ["nonsense", "abc:7", ":", "x:99999999999999999999999"]:
        with Events(api, last=last) as events:
            assert events.next()["seq"] == 1


def test_websockets_go_on_too(node, api):
    url = node.url.replace("http", "ws") + "/v1/live"
    headers = {"Authorization": "Bearer " + api.token}

    def told(socket, kind):
        while True:
            message = json.loads(socket.recv(10))
            if kind in message:
                return message

    with websockets.sync.client.connect(url, additional_headers=headers) as socket:
        socket.send(json.dumps({"subscribe": {"points": [POINT], "latest": False}}))
        token = told(socket, "subscribed")["resume"]
        say(api, 50)
        assert told(socket, "samples")["seq"] == 1

    def resumed():
        with websockets.sync.client.connect(url, additional_headers=headers) as again:
            again.send(json.dumps({"resume": token, "seq": 1}))
            if not told(again, "resumed")["resumed"]:
                return False
            say(api, 51)
            message = told(again, "samples")
            assert message["seq"] == 2 and message["samples"][0]["value"] == 51
            return True

    assert wait_until(resumed, "the conversation to be kept")
    with websockets.sync.client.connect(url, additional_headers=headers) as again:
        again.send(json.dumps({"resume": "unknown", "seq": 1}))
        assert told(again, "resumed") == {"resumed": False}


def test_who_comes_back_takes_over_a_connection_that_broke_unnoticed(node, api):
    url = node.url.replace("http", "ws") + "/v1/live"
    headers = {"Authorization": "Bearer " + api.token}
    with websockets.sync.client.connect(url, additional_headers=headers) as old:
        old.send(json.dumps({"subscribe": {"points": [POINT], "latest": False}}))
        token = json.loads(old.recv(10))["resume"]
        with websockets.sync.client.connect(url, additional_headers=headers) as new:
            new.send(json.dumps({"resume": token, "seq": 0}))
            assert json.loads(new.recv(10)) == {"resumed": True}
            say(api, 60)
            assert json.loads(new.recv(10))["samples"][0]["value"] == 60
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                old.recv(10)
    with Events(api) as events:
        events.next()
        with Events(api, last=events.last) as again:
            say(api, 61)
            assert again.values(1) == [61]
            while events.next() is not None:
                pass


def test_what_may_not_be_read_is_not_followed(node, api):
    assert api.refused("GET", "/v1/live?point=line/pump.none").status == 404
    assert api.refused("GET", "/v1/live").status == 400
    assert api.refused("GET", "/v1/live?under=line&rate=1000/s").status == 400
    assert Client(node.url).refused("GET", "/v1/live?under=line").status == 401


def test_a_token_that_is_taken_back_ends_the_stream(node, api):
    made = api.create("/v1/tokens", {"name": "taken", "lifetime": "1h"})
    with Events(Client(node.url, made["token"])) as events:
        events.next()
        api.call("DELETE", "/v1/tokens/" + made["id"])
        while events.next() is not None:
            pass
