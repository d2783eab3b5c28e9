# SPDX-License-Identifier: Apache-2.0
"""Bridges to Mosquitto: both ways, without echo, and durable."""

import collections
import contextlib
import os
import pathlib
import random
import subprocess

import pytest

from gantryd_process import Client, Gantryd, wait_until
from mosquitto_process import Line, Mosquitto, Person, free_port

BOTH = {"direction": "both", "filter": "#", "qos": 2}


class House:
    """A gantryd with a machine's token, and bridges."""

    def __init__(self, folder):
        config = os.path.join(folder, "gantry.toml")
        pathlib.Path(config).write_text('[mqtt]\nlisten = "127.0.0.1:0"\n')
        self.node = Gantryd("--config", config, folder=str(folder))
        self.start()
        self.token = self.machine(self.api, "plc")

    def start(self):
        before = len(self.node.log_events()) if self.node.process else 0
        self.node.start()
        self.api = self.node.client()
        self.port = next(int(event["address"].rsplit(":", 1)[1])
                         for event in self.node.log_events()[before:]
                         if event["event"] == "listening" and event["module"] == "mqtt")

    def machine(self, api, login, roles=("engineer",)):
        api.create("/v1/principals", {"login": login, "password": "a-first-password",
                                      "roles": list(roles)})
        first = self.node.anonymous().create(
            "/v1/session", {"login": login, "password": "a-first-password"})
        Client(self.node.url, first["access_token"]).call(
            "PUT", "/v1/session/password",
            {"current": "a-first-password", "new": "a-second-password"})
        return api.create("/v1/tokens", {"name": "machine", "principal": login})["token"]

    def person(self, client_id="person", **more):
        return Person(self.port, client_id, user="plc", password=self.token, **more)

    def bridge(self, key, port, *rules, scheme="mqtt", **more):
        return self.api.create("/v1/bridges", {
            "key": key, "address": f"{scheme}://127.0.0.1:{port}",
            "rules": list(rules) or [BOTH], **more})

    def status(self, key):
        return self.api.get(f"/v1/bridges/{key}")["status"]

    def wait(self, key, state="connected", seconds=60):
        def there():
            now = self.status(key)
            return now if now["state"] == state else None
        return wait_until(there, lambda: f"{state}: {self.status(key)}", seconds)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("house"))
    yield made
    made.node.stop()


@pytest.fixture
def broker(tmp_path):
    # With its own limit (20) it hangs up on a Paho client that sends a burst of QoS 2, and on each
    # of its reconnects.
    with Mosquitto(tmp_path, "max_inflight_messages 0") as made:
        yield made


@contextlib.contextmanager
def bridged(house, key, *arguments, **more):
    made = house.bridge(key, *arguments, **more)
    try:
        yield made
    finally:
        house.api.call("DELETE", f"/v1/bridges/{key}")


def until(texts, person):
    """Everything that a person has got, once the last of them is there."""
    wait_until(lambda: set(texts) <= set(person.texts()),
               lambda: f"{texts}: {person.texts()[-20:]}", 60)
    return person.texts()


# ---- both ways


@pytest.mark.parametrize("protocol", ["5.0", "3.1.1", "auto"])
def test_messages_go_both_ways_and_none_comes_back(house, broker, protocol):
    with bridged(house, "two-way", broker.port, BOTH, protocol=protocol), \
            house.person() as here, Person(broker.port) as there:
        status = house.wait("two-way")
        assert status["protocol"] == ("3.1.1" if protocol == "3.1.1" else "5.0")
        assert "reason" not in status
        here.subscribe(f"{protocol}/#")
        there.subscribe(f"{protocol}/#")
        for qos in (0, 1, 2):
            here.publish(f"{protocol}/a", f"from here {qos}", qos)
            there.publish(f"{protocol}/a", f"from there {qos}", qos)
        # What comes last: had anything gone back, it would have come before.
        here.publish(f"{protocol}/end", "here", 2)
        there.publish(f"{protocol}/end", "there", 2)
        everything = sorted(
            [f"{protocol}/a=from {side} {qos}" for side in ("here", "there") for qos in (0, 1, 2)]
            + [f"{protocol}/end=here", f"{protocol}/end=there"])
        last = [f"{protocol}/end=here", f"{protocol}/end=there"]
        assert sorted(until(last, here)) == everything
        assert sorted(until(last, there)) == everything
        here.publish(f"{protocol}/end", "once more", 2)
        there.publish(f"{protocol}/end", "once more too", 2)
        last = [f"{protocol}/end=once more", f"{protocol}/end=once more too"]
        assert sorted(until(last, here)) == sorted(everything + last)
        assert sorted(until(last, there)) == sorted(everything + last)

        def counted():
            now = house.status("two-way")
            return [now[name] for name in ("queued", "messages_in", "messages_out", "dropped")]
        wait_until(lambda: counted() == [0, 5, 5, 0], counted)


def test_topics_have_other_names_at_the_other_side(house, broker):
    rules = [{"direction": "out", "filter": "#", "local_prefix": "plant/", "remote_prefix": "p7/"},
             {"direction": "in", "filter": "+/set", "local_prefix": "wishes/",
              "remote_prefix": "p7/in/"},
             {"direction": "out", "local_prefix": "alarm", "remote_prefix": "all/p7/alarm"}]
    with house.person() as here, Person(broker.port) as there:
        here.publish("plant/state", "on", 1, retain=True)
        here.publish("plant/weak", "on", 0, retain=True)
        with bridged(house, "renamed", broker.port, *rules):
            house.wait("renamed")
            here.subscribe("wishes/#")
            there.subscribe("#")
            here.publish("plant/a/b", "1")
            here.publish("office/a", "2")
            here.publish("plant", "3")
            here.publish("alarm", "4")
            there.publish("p7/in/x/set", "5")
            there.publish("p7/in/x/get", "6")
            until(["all/p7/alarm=4", "p7/a/b=1"], there)
            assert until(["wishes/x/set=5"], here) == ["wishes/x/set=5"]
            assert not {"p7=3", "p7/=3", "office/a=2"} & set(there.texts())
            # What is retained is retained there, too; also what was so before.
            with Person(broker.port, "later") as later:
                later.subscribe("p7/#")
                until(["p7/state=on", "p7/weak=on"], later)
                assert all(message.retain for message in later.got)
        here.publish("plant/state", "", 1, retain=True)
        here.publish("plant/weak", "", 1, retain=True)


# ---- who is who


def test_a_wrong_password_is_said_and_can_be_set_right(house, tmp_path):
    secret = "correct-horse-battery"
    with Mosquitto(tmp_path, users={"gantry": secret}) as broker, \
            bridged(house, "guarded", broker.port, user="gantry", password="wrong-secret"):
        for protocol, code in (("auto", "0x87"), ("3.1.1", "0x87")):
            before = house.api.get("/v1/bridges/guarded")
            house.api.call("PUT", "/v1/bridges/guarded", {**before, "protocol": protocol})
            status = house.wait("guarded", "refused")
            assert code in status["reason"] and "not authorized" in status["reason"], status
        before = house.api.get("/v1/bridges/guarded")
        assert before["has_password"] and "password" not in before
        house.api.call("PUT", "/v1/bridges/guarded", {**before, "password": secret})
        house.wait("guarded")
        # It stays when it is not given again; but not for another address.
        after = house.api.get("/v1/bridges/guarded")
        house.api.call("PUT", "/v1/bridges/guarded", {**after, "keep_alive": "30s"})
        house.wait("guarded")
        moved = {**after, "address": f"mqtt://localhost:{broker.port}"}
        refused = house.api.refused("PUT", "/v1/bridges/guarded", moved)
        assert refused.status == 400 and refused.problem["fields"][0]["field"] == "/password", refused.problem
        house.api.call("PUT", "/v1/bridges/guarded", {**moved, "password": ""})
        house.wait("guarded", "refused")
        for path in pathlib.Path(house.node.folder).rglob("*"):
            if path.is_file():
                assert secret.encode() not in path.read_bytes(), path
        assert "wrong-secret" not in house.node.log_text()
    key = pathlib.Path(house.node.data, "sealing.key")
    assert key.stat().st_mode & 0o777 == 0o600 and key.stat().st_size == 32


def certificates(folder):
    """An authority, and what it vouches for: a server and a client."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=folder)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key",
            "-out", "ca.pem")
    for name in ("server", "client"):
        openssl("req", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out",
                f"{name}.csr")
        pathlib.Path(folder, "ext").write_text("subjectAltName=IP:127.0.0.1\n")
        openssl("x509", "-req", "-days", "2", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey",
                "ca.key", "-CAcreateserial", "-extfile", "ext", "-out", f"{name}.pem")
    return {path.name: path.read_text() for path in pathlib.Path(folder).iterdir()
            if path.suffix in (".pem", ".key")}


def test_with_tls_an_authority_and_a_client_certificate(house, tmp_path):
    files = certificates(tmp_path)
    tls = free_port()
    with Mosquitto(tmp_path, f"listener {tls} 127.0.0.1", f"cafile {tmp_path}/ca.pem",
                   f"certfile {tmp_path}/server.pem", f"keyfile {tmp_path}/server.key",
                   "require_certificate true") as broker, \
            bridged(house, "secure", tls, BOTH, scheme="mqtts") as made:
        status = house.wait("secure", "failed")
        assert "not trusted" in status["reason"], "the system's authorities do not know it"
        house.api.call("PUT", "/v1/bridges/secure", {**made, "ca": files["ca.pem"]})
        reason = wait_until(lambda: "not trusted" not in house.wait("secure", "failed")["reason"]
                            and house.status("secure")["reason"], "another reason")
        assert reason, "the server wants a certificate"
        wrong = {**made, "ca": files["ca.pem"], "certificate": files["client.pem"],
                 "client_key": files["server.key"]}
        refused = house.api.refused("PUT", "/v1/bridges/secure", wrong)
        assert refused.status == 400 and refused.problem["fields"][0]["field"] == "/certificate"
        shown = house.api.call("PUT", "/v1/bridges/secure",
                               {**wrong, "client_key": files["client.key"]}).json()
        assert shown["has_client_key"] and "client_key" not in shown
        house.wait("secure")
        with house.person() as here, Person(broker.port) as there:
            there.subscribe("tls/#")
            here.publish("tls/a", "x")
            until(["tls/a=x"], there)


def test_what_is_no_broker_is_said_so(house):
    port = int(house.node.url.rsplit(":", 1)[1])
    with bridged(house, "web", port), bridged(house, "nobody", free_port()):
        assert "refused" in house.wait("nobody", "failed")["reason"].lower()
        assert house.wait("web", "failed")["reason"]


# ---- durable


def test_nothing_is_lost_while_the_other_broker_is_away(house, broker):
    with bridged(house, "away", broker.port, {**BOTH, "qos": 1}), house.person() as here, \
            Person(broker.port, kept=True) as there:
        house.wait("away")
        there.subscribe("away/#")
        here.publish("away/n", "before")
        until(["away/n=before"], there)
        broker.kill()
        house.wait("away", "failed")
        for n in range(300):
            here.publish("away/n", str(n))
        wait_until(lambda: house.status("away")["queued"] >= 300, lambda: house.status("away"))
        broker.start()
        house.wait("away")
        expected = ["away/n=before"] + [f"away/n={n}" for n in range(300)]
        until(expected, there)
        # In their order, which MQTT promises to whoever does not lose its connection again.
        firsts = list(dict.fromkeys(there.texts()))
        assert firsts == expected
        wait_until(lambda: house.status("away")["queued"] == 0, lambda: house.status("away"))
        assert house.status("away")["dropped"] == 0


def test_what_waits_outlives_a_kill_of_gantryd(tmp_path, broker):
    house = House(tmp_path)
    house.bridge("spool", broker.port)
    house.wait("spool")
    with Person(broker.port, kept=True) as there:
        there.subscribe("spool/#")
        broker.stop()
        house.wait("spool", "failed")
        here = house.person()
        for n in range(200):
            here.publish(f"spool/{1 + n % 2}", str(n), qos=1 + n % 2)
        house.node.kill()
        here.client.loop_stop()
        house.start()
        wait_until(lambda: house.status("spool")["queued"] == 200, lambda: house.status("spool"))
        broker.start()
        house.wait("spool")
        until([f"spool/{1 + n % 2}={n}" for n in range(200)], there)
        wait_until(lambda: house.status("spool")["queued"] == 0, lambda: house.status("spool"))
        counts = collections.Counter(there.texts())
        assert all(counts[f"spool/2={n}"] == 1 for n in range(1, 200, 2)), counts
    house.node.stop()


@pytest.mark.parametrize("protocol", ["5.0", "3.1.1"])
def test_exactly_once_over_a_bad_line(house, broker, protocol):
    """Cut after every few packets, at whatever byte; QoS 2 comes once, both ways."""
    line = Line(broker.port)
    chance = random.Random(7)
    topic = "line" + protocol
    with bridged(house, "line", line.port, BOTH, protocol=protocol), house.person() as here, \
            Person(broker.port) as there:
        house.wait("line")
        here.subscribe(f"{topic}/in")
        there.subscribe(f"{topic}/out")
        for n in range(150):
            here.client.publish(f"{topic}/out", str(n), 2)
            there.client.publish(f"{topic}/in", str(n), 2)
            if n % 30 == 0:  # not more: the pause before the next try doubles with each cut
                house.wait("line")
                line.left = chance.randrange(40, 900)
                cuts = line.cuts
                wait_until(lambda: line.cuts > cuts or line.left > 0 and len(there.got) > n,  # noqa: B023
                           "a cut", 60)
        line.left = None
        outs = [f"{topic}/out={n}" for n in range(150)]
        ins = [f"{topic}/in={n}" for n in range(150)]
        assert sorted(until(outs, there)) == sorted(outs)
        assert sorted(until(ins, here)) == sorted(ins)
        assert line.cuts >= 3
    line.close()


def test_exactly_once_over_kills_of_gantryd(tmp_path, broker):
    house = House(tmp_path)
    house.bridge("kills", broker.port)
    outs, ins = [], []
    with Person(broker.port) as there:
        there.subscribe("kills/out")
        listener = house.person("listener", kept=True)
        listener.subscribe("kills/in")
        listener.leave()
        for life in range(3):
            house.wait("kills")
            here = house.person("talker")
            for n in range(100):
                here.publish("kills/out", f"{life}-{n}", 2)
                outs.append(f"kills/out={life}-{n}")
                there.client.publish("kills/in", f"{life}-{n}", 2)
                ins.append(f"kills/in={life}-{n}")
            house.node.kill()
            here.client.loop_stop()
            house.start()
        house.wait("kills")
        assert sorted(until(outs, there)) == sorted(outs)
        with house.person("listener", kept=True) as listener:
            # It was subscribed all the time: its session has what came meanwhile.
            assert sorted(until(ins, listener)) == sorted(ins)
    house.node.stop()


# ---- its life


def test_disabled_it_waits_and_removed_it_is_gone(house, broker):
    made = house.bridge("life", broker.port)
    client = "$bridge/" + made["id"]
    house.wait("life")
    with house.person() as here, Person(broker.port, kept=True) as there:
        there.subscribe("life/#")
        house.api.call("PUT", "/v1/bridges/life", {**made, "enabled": False})
        house.wait("life", "disabled")
        here.publish("life/a", "kept")
        wait_until(lambda: house.status("life")["queued"] == 1, lambda: house.status("life"))
        assert there.texts() == []
        house.api.call("PUT", "/v1/bridges/life", {**made, "enabled": True})
        house.wait("life")
        until(["life/a=kept"], there)
        # Other rules: what is not in them any more is not collected any more.
        rules = [{"direction": "out", "filter": "other/#", "qos": 1}]
        house.api.call("PUT", "/v1/bridges/life", {**made, "rules": rules})
        house.wait("life")
        there.subscribe("other/#")
        here.publish("life/a", "not for it")
        here.publish("other/a", "for it")
        assert until(["other/a=for it"], there) == ["life/a=kept", "other/a=for it"]
        there.publish("life/a", "nor back")
    house.api.call("DELETE", "/v1/bridges/life")
    wait_until(lambda: not [one for one in house.api.get("/v1/broker/sessions")["items"]
                            if one["client_id"] == client], "the session to end")
    assert house.api.refused("GET", "/v1/bridges/life").status == 404
    wait_until(lambda: "gantry-" + made["id"] not in broker.log()
               or "disconnected" in broker.log(), "a goodbye")


def test_nobody_else_may_be_its_client(house, broker):
    made = house.bridge("own", broker.port)
    house.wait("own")
    code = subprocess.run(
        ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(house.port), "-u", "plc", "-P", house.token,
         "-V", "5", "-i", "$bridge/" + made["id"], "-t", "x", "-m", "x"],
        capture_output=True, text=True, check=False)
    assert code.returncode != 0 and "identifier" in code.stderr.lower(), code
    assert house.status("own")["state"] == "connected"
    house.api.call("DELETE", "/v1/bridges/own")


def test_permissions_and_other_tenants(house):
    def caller(login, *statements):
        house.api.create("/v1/roles", {
            "key": login, "name": {"en": login, "zh": login},
            "statements": [{"effect": "allow", "under": "", **one} for one in statements]})
        return Client(house.node.url, house.machine(house.api, login, [login]))
    body = {"key": "theirs", "address": f"mqtt://127.0.0.1:{free_port()}",
            "rules": [{"direction": "out", "filter": "#", "local_prefix": "line1/"}]}
    reader = caller("reader", {"permissions": ["bridges:read"]})
    assert reader.get("/v1/bridges")["items"] == []
    assert reader.refused("POST", "/v1/bridges", body).status == 403
    # Who writes one needs what it will do.
    narrow = caller("narrow", {"permissions": ["bridges:*"]},
                    {"permissions": ["topics:subscribe"], "under": "line1"})
    assert narrow.refused("POST", "/v1/bridges", {
        **body, "rules": [{"direction": "out", "filter": "#"}]}).status in (403, 404)
    assert narrow.refused("POST", "/v1/bridges", {
        **body, "rules": [{**body["rules"][0], "direction": "both"}]}).status in (403, 404)
    narrow.create("/v1/bridges", body)
    assert house.api.refused("POST", "/v1/bridges", body).status == 409
    house.api.create("/v1/tenants", {"key": "neighbour", "name": "Neighbour"})
    headers = {"Gantry-Tenant": "neighbour"}
    assert house.api.call("GET", "/v1/bridges", headers=headers).json()["items"] == []
    with pytest.raises(Exception, match="404"):
        house.api.call("DELETE", "/v1/bridges/theirs", headers=headers)
    audit = house.api.get("/v1/audit", limit=200)["items"]
    assert any("/v1/bridges" in entry["action"] + entry["object"] for entry in audit), audit[:3]
    house.api.call("DELETE", "/v1/bridges/theirs")


# ---- Mosquitto's own bridge, to us


def test_mosquitto_bridges_to_us(house, tmp_path):
    with Mosquitto(tmp_path, "connection gantry", f"address 127.0.0.1:{house.port}",
                   "bridge_protocol_version mqttv50", "remote_username plc",
                   f"remote_password {house.token}", "remote_clientid mosquitto-bridge",
                   "notifications false",
                   "topic theirs/# both 2") as broker, \
            house.person() as here, Person(broker.port) as there:
        wait_until(lambda: [one for one in house.api.get("/v1/broker/sessions")["items"]
                            if one["client_id"] == "mosquitto-bridge" and one["connected"]
                            and one["subscriptions"] == 1], broker.log)
        here.subscribe("theirs/#")
        there.subscribe("theirs/#")
        here.publish("theirs/a", "down", 2)
        there.publish("theirs/a", "up", 2)
        assert sorted(until(["theirs/a=up"], here)) == ["theirs/a=down", "theirs/a=up"]
        assert sorted(until(["theirs/a=down"], there)) == ["theirs/a=down", "theirs/a=up"]
