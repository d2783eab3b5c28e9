# SPDX-License-Identifier: Apache-2.0
"""Our broker beside Mosquitto's: what clients see of both must be the same, or a rule below says why
not. Scripts come from seeds (mqtt_scripts.py): GANTRY_MQTT_SEEDS says how many, GANTRY_MQTT_SEED
where they begin. A difference that no rule explains is shown with the smallest script that has it.
"""

import collections
import dataclasses
import os
import pprint
import socket
import subprocess
import time

import pytest

import mqtt_scripts
from gantryd_process import wait_until
from mqtt_door import Door
from mqtt_player import Player

NIGHTLY = "GANTRY_NIGHTLY" in os.environ
SEEDS = int(os.environ.get("GANTRY_MQTT_SEEDS", "400" if NIGHTLY else "40"))
FIRST_SEED = int(os.environ.get("GANTRY_MQTT_SEED", "1"))
MINIMISE_SECONDS = 60

# As root it would become another user, whom the folder is closed to.
MOSQUITTO = """
user root
listener 0 {folder}/mosquitto.sock
allow_anonymous true
max_queued_messages 0
max_inflight_messages 0
"""


class Told:
    """What the script has told both so far."""

    def __init__(self):
        self.versions = {}
        self.wills = {}
        self.expired = set()  # payloads of messages that had expired when they came
        self.swallowed = set()  # topics of wills of connections that were taken over

    def add(self, step, connected):
        what, client, fields = step
        if what == "connect":
            if client in connected and not fields["clean"] and self.wills.get(client):
                self.swallowed.add(self.wills[client]["topic"])
            self.wills[client] = fields.get("will")
            self.versions[client] = fields["version"]
        if fields.get("properties", {}).get("message_expiry") == 0:
            self.expired.add(fields["payload"])


@dataclasses.dataclass
class Difference:
    """At one step, of one connection."""

    step: tuple
    client: str
    version: int
    ours: list
    theirs: list
    script: "Told"

    @property
    def what(self):
        return self.step[2].get("name", "") if self.step[0].startswith("bad") else self.step[0]


RULES = []


def rule(name, statement, who):
    """Gives both sides as they would be if the brokers did not differ in this. `who` is right: ours,
    theirs or both."""
    def add(soften):
        RULES.append((name, statement, who, soften))
        return soften
    return add


def explained(difference):
    """The names of the rules that explain it, or None."""
    ours, theirs, used = difference.ours, difference.theirs, []
    for name, _, _, soften in RULES:
        softer = soften(difference, ours, theirs)
        if softer != (ours, theirs):
            used.append(name)
            ours, theirs = softer
        if comparable(ours) == comparable(theirs):
            return used
    return None


@rule("nobody subscribes",
      "3.4.2.1, 3.5.2.1: a server that knows that there are no matching subscribers MAY say 0x10. "
      "Mosquitto says it for QoS 1 only, and counts who does not want what is its own", "both")
def _(_, ours, theirs):
    def plain(seen):
        return [(one[0], 0) if one in (("PUBREC", 0x10), ("PUBACK", 0x10)) else one for one in seen]
    return plain(ours), plain(theirs)


# What a connection is closed with, or a CONNECT refused: ours, theirs (None: closed without a
# word), why. Of what is not here both say the same.
CLOSED = {
    "publish to a wildcard": (0x90, 0x81, "3.3.2.1, 0x90: topic name invalid"),
    "publish to #": (0x90, 0x81, "3.3.2.1, 0x90: topic name invalid"),
    "publish to nothing": (0x82, 0x81, "3.3.2.1: no topic and no alias is a Protocol Error"),
    "subscribe to nothing": (0x82, 0x81, "4.7.3-1 without a code of its own"),
    "subscribe to a#": (0x8F, 0x81, "3.9.3, 0x8F: topic filter invalid"),
    "subscribe to #/a": (0x8F, 0x81, "3.9.3, 0x8F: topic filter invalid"),
    "subscribe to a+": (0x8F, 0x81, "3.9.3, 0x8F: topic filter invalid"),
    "subscribe with QoS 3": (0x82, 0x81, "3.8.3.1: QoS 3 is a Protocol Error"),
    "unsubscribe from a#": (0x8F, 0x81, "3.11.3, 0x8F: topic filter invalid"),
    "unsubscribe from nothing": (0x82, 0x81, "4.7.3-1 without a code of its own"),
    "a second CONNECT": (0x82, None, "3.1.0-2: a Protocol Error"),
    "packet type 0": (0x81, 0x82, "2.1.2: reserved, so malformed"),
    "SUBSCRIBE with identifier 0": (0x82, 0x81, "2.2.1-3 without a code of its own"),
    "SUBSCRIBE without filters": (0x82, 0x81, "3.8.3-2: a Protocol Error"),
    "UNSUBSCRIBE without filters": (0x82, 0x81, "3.10.3-2: a Protocol Error"),
    "PINGREQ with a body": (0x81, None, "4.13.1: a malformed packet may be told so"),
    "a length of five bytes": (0x81, None, "4.13.1: a malformed packet may be told so"),
    "an alias of 0": (0x94, 0x82, "3.3.2.3.4: 0 is not permitted; 0x94: topic alias invalid"),
    "a property of CONNECT in PUBLISH": (0x81, 0x82, "2.2.2.2: of another packet is malformed"),
    "subscription identifier 0": (0x82, 0x81, "3.8.2.1.2: 0 is a Protocol Error"),
    "retain handling 3": (0x82, 0x81, "3.8.3.1: 3 is a Protocol Error"),
    "a share without a filter": (0x8F, 0x82, "4.8.2: it is not valid; 0x8F"),
    "a share whose filter is empty": (0x8F, 0x82, "4.8.2: it is not valid; 0x8F"),
    "a share with a wildcard in its name": (0x8F, 0x81, "4.8.2-2: it is not valid; 0x8F"),
    "DISCONNECT with a reason that there is not": (0x82, None, "4.13.1: it may be told so"),
    "another protocol": (1, None, "3.1.2-1: the server MAY say so"),
    "version 6": (0x84, 1, "3.1.2-2: with the code of 5.0 or that of 3.1.1"),
    "no client identifier and no clean session": (
        5, 2, "3.1.3-8 (3.1.1); ours asks first who it is, and does not know"),
    "receive maximum 0": (0x82, None, "3.1.2.11.3: a Protocol Error"),
    "a maximum packet size of 0": (0x82, None, "3.1.2.11.4: a Protocol Error"),
    "a session expiry twice": (0x82, None, "3.1.2.11.2: a Protocol Error")}


@rule("with which reason", "the table CLOSED; 4.13.1: the code SHOULD be sent", "both")
def _(difference, ours, theirs):
    if difference.what not in CLOSED or ("closed",) not in ours or ("closed",) not in theirs:
        return ours, theirs

    def without(seen, reason):
        said = {("DISCONNECT", reason), ("CONNACK", 0, reason, False)}
        return [one for one in seen if one not in said]
    mine, other, _ = CLOSED[difference.what]
    return without(ours, mine), without(theirs, other)


@rule("what Mosquitto lets pass", "3.3.4-6: no subscription identifier in a client's PUBLISH. 4.8.2-1: "
      "a share has a name. 3.1.2.11.10: no authentication data without a method", "ours")
def _(difference, ours, theirs):
    passed = {"a subscription identifier in PUBLISH": ([("DISCONNECT", 0x82)], []),
              "a share without a name": ([("DISCONNECT", 0x8F)], [("SUBACK", 0)]),
              "authentication data without a method": ([("CONNACK", 0, 0x82, False)],
                                                       [("CONNACK", 0, 0, False)])}
    if passed.get(difference.what) == (ours[:-1], theirs) and ours[-1] == ("closed",):
        return [], []
    return ours, theirs


@rule("an identifier that is not known", "3.6.2.1, 3.7.2.1: the reason is 0x92", "ours")
def _(difference, ours, theirs):
    if difference.what.endswith("that nobody waits for") and theirs in (
            [("PUBREL", 0)], [("PUBCOMP", 0)]) and ours == [(theirs[0][0], 0x92)]:
        return [], []
    return ours, theirs


WILL_IS_LEFT = {"a second CONNECT", "DISCONNECT with a reason of servers",
                "DISCONNECT with a reason that there is not", "a share without a name",
                "a subscription identifier in PUBLISH"}


@rule("the will of who breaks the rules", "3.1.2.5: it is published when the server closes because of "
      "a protocol error. 3.14.4-3: only a DISCONNECT with reason 0 discards it", "ours")
def _(difference, ours, theirs):
    if difference.what not in WILL_IS_LEFT:
        return ours, theirs
    extra = [one for one in ours if one[0] == "PUBLISH" and one not in theirs]
    return without_messages(ours, extra[:1]), theirs


@rule("a message that has no time", "3.3.2-5: when the interval has passed the server MUST delete the "
      "copy. 3.3.2-6: what is sent has what is left of it. Mosquitto takes 0 for never", "ours")
def _(difference, ours, theirs):
    def timeless(seen):
        return [(*one[:7], tuple(two for two in one[7] if two != ("message_expiry", "0")))
                if one[0] == "PUBLISH" else one for one in seen]
    ours = timeless(ours)
    there = {one[1:3] for one in ours if one[0] == "PUBLISH"}
    late = [one for one in theirs if one[0] == "PUBLISH" and one[1:3] not in there
            and one[2] in difference.script.expired]
    return ours, without_messages(theirs, late)


@rule("the will of who is taken over", "3.1.4-3 and the comment there: it is sent unless Clean Start is 0 "
      "and it has a delay. 3.1.2-8 (3.1.1): when the connection is closed without a DISCONNECT. "
      "Mosquitto forgets it where the session goes on, so what is retained differs, too", "ours")
def _(difference, ours, theirs):
    topics = difference.script.swallowed
    out = []
    for seen, other in ((ours, theirs), (theirs, ours)):
        extra = [one for one in seen if one[0] == "PUBLISH" and one[1] in topics
                 and one not in other and (one[4] or seen is ours)]
        out.append(without_messages(seen, extra))
    return tuple(out)


@rule("when a message of QoS 2 goes on", "4.3.3: with PUBLISH, as ours, or with PUBREL, as Mosquitto's. "
      "Who loses the connection in between gets its own before and again, or once behind it", "both")
def _(difference, ours, theirs):
    if not difference.step[2].get("lose"):
        return ours, theirs
    out = []
    for seen in (ours, theirs):
        seen = merged([(*one[:5], 0, *one[6:]) if one[0] == "PUBLISH" else one for one in seen])
        messages = sorted(one for one in seen if one[0] == "PUBLISH")
        out.append(messages + [one for one in seen if one[0] != "PUBLISH"])
    return tuple(out)


@rule("subscriptions that overlap", "3.3.4-2, -4: one copy with the highest QoS and all identifiers, as "
      "ours, or one for each subscription, as Mosquitto for 5.0 where clients are there. 3.3.5-1 (3.1.1): "
      "of the highest QoS, which Mosquitto does not look for", "both; of one copy ours")
def _(_, ours, theirs):
    ours, theirs = merged(ours), merged(theirs)
    best = {one[1:3]: one for one in ours if one[0] == "PUBLISH"}

    def raised(one):
        mine = best.get(one[1:3]) if one[0] == "PUBLISH" else None
        if mine and mine[3] >= one[3] and not collections.Counter(one[6]) - collections.Counter(mine[6]):
            return (*one[:3], mine[3], *one[4:6], mine[6], one[7])
        return one
    return ours, [raised(one) for one in theirs]


def without_messages(seen, messages):
    """And without as many PUBREL as there are for them."""
    releases = sum(one[3] == 2 for one in messages)
    out = []
    for one in reversed(seen):
        if one == ("PUBREL", 0) and releases:
            releases -= 1
        elif one not in messages:
            out.append(one)
    return out[::-1]


def merged(seen):
    """Copies of one message as one: the highest QoS, all identifiers. Without PUBREL, of which
    there are as many as there are copies."""
    out = {}
    for number, one in enumerate(seen):
        if one[0] != "PUBLISH":
            out[number] = one
        elif one[1:3] not in out:
            out[one[1:3]] = one
        else:
            before = out[one[1:3]]
            out[one[1:3]] = (*one[:3], *(max(before[i], one[i]) for i in (3, 4, 5)),
                             tuple(sorted(before[6] + one[6])), one[7])
    return [one for one in out.values() if one != ("PUBREL", 0)]


# ---- comparing


def split(seen):
    """Messages by topic and QoS, in order; what else there was, in order. Across topics brokers are
    free, and whether a SUBACK or the retained messages come first, an own message or its PUBREC."""
    messages, others = collections.defaultdict(list), collections.defaultdict(list)
    for one in seen:
        if one[0] == "PUBLISH":
            messages[one[1], one[3]].append(one)
        else:
            others["receiver" if one[0] == "PUBREL" else "sender"].append(one)
    return dict(messages), dict(others)


def comparable(seen):
    messages, others = split(seen)
    return {key: value for key, value in messages.items() if not key[0].startswith("~s/")}, others


def shared(seen):
    """Of topics that are shared, by all clients."""
    return collections.Counter(
        one[:5] for all_ in seen.values() for one in all_
        if one[0] == "PUBLISH" and one[1].startswith("~s/"))


def differences(step, script, ours, theirs):
    for client in sorted({*ours, *theirs}):
        mine, other = ours.get(client, []), theirs.get(client, [])
        if comparable(mine) != comparable(other):
            yield Difference(step, client, script.versions.get(client.split()[0], 0), mine,
                             other, script)
    if shared(ours) != shared(theirs):
        yield Difference(step, "all", 0, sorted(shared(ours).elements()),
                         sorted(shared(theirs).elements()), script)


class Pair:
    """Both brokers."""

    def __init__(self, ours, theirs):
        self.ours, self.theirs = ours, theirs
        self.scripts = 0
        self.used = collections.Counter()

    def run(self, script):
        """The first difference that no rule explains, or None."""
        self.scripts += 1
        for one in (self.ours, self.theirs):
            one.begin(f"d{self.scripts}")
        try:
            return self._run(script)
        finally:
            for one in (self.ours, self.theirs):
                one.end()

    def _run(self, script):
        told = Told()
        for step in script:
            told.add(step, self.ours.connections)
            seen = [one.play(step) for one in (self.ours, self.theirs)]
            for difference in differences(step, told, *seen):
                rules = explained(difference)
                if rules is None:
                    return difference
                self.used.update(rules)
            if step[2].get("name") in WILL_IS_LEFT \
                    or self.ours.connections.keys() != self.theirs.connections.keys():
                return None  # from here on they know different things
        return None

    def minimise(self, script):
        """Steps that are not needed for a difference are left out, one by one."""
        deadline = time.monotonic() + MINIMISE_SECONDS
        at = len(script) - 1
        while at >= 0 and time.monotonic() < deadline:
            shorter = script[:at] + script[at + 1:]
            if self.run(shorter) is not None:
                script = shorter
            at = min(at, len(script)) - 1
        return script

    def check(self, script, name):
        if self.run(script) is None:
            return
        script = self.minimise(script)
        difference = self.run(script)
        pytest.fail(f"{name}: {pprint.pformat(difference, width=100)}\n"
                    f"in the script\n{pprint.pformat(script, width=100)}", pytrace=False)


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("differential"))
    path = folder + "/mosquitto.sock"
    with open(folder + "/mosquitto.conf", "w") as file:
        file.write(MOSQUITTO.format(folder=folder))
    door = Door(folder)
    token = door.principal("plc")["token"]
    with open(folder + "/mosquitto.log", "w") as log:
        mosquitto = subprocess.Popen(["mosquitto", "-c", folder + "/mosquitto.conf"], stderr=log)

    def dial_theirs():
        made = socket.socket(socket.AF_UNIX)
        made.connect(path)
        return made

    def is_up():
        try:
            dial_theirs().close()
            return True
        except OSError:
            return mosquitto.poll() is not None

    wait_until(is_up, "Mosquitto")
    assert mosquitto.poll() is None, open(folder + "/mosquitto.log").read()
    yield Pair(Player(lambda: socket.create_connection(("127.0.0.1", door.port)), "plc", token),
               Player(dial_theirs))
    mosquitto.terminate()
    mosquitto.wait(30)
    door.node.stop()


@pytest.mark.parametrize("name, script", [pytest.param(name, script, id=name)
                                          for name, script in mqtt_scripts.every_bad_thing()])
def test_what_is_not_allowed(pair, name, script):
    pair.check(script, name)


@pytest.mark.parametrize("before, after", [(8, 0), (0, 8), (4, 0), (0, 4)])
def test_subscribing_again_replaces_all_options(pair, before, after):
    """3.8.4-3. Mosquitto 2.0 keeps no local (4) and retain as published (8) as they were, so it is no
    judge of that."""
    pair.ours.begin(f"again-{before}-{after}")
    for step in mqtt_scripts.subscribing_again(before, after):
        seen = pair.ours.play(step)["a"]
        if step[0] == "publish":
            got = [one for one in seen if one[0] == "PUBLISH"]
            own = step[1] == "a"
            assert got == ([] if own and after == 4 else [
                ("PUBLISH", "a", step[1], 1, int(after == 8), 0, (2,), ())])
    pair.ours.end()


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + SEEDS))
def test_clients_see_the_same(pair, seed):
    pair.check(mqtt_scripts.Generator(seed).script(), f"seed {seed}")


@pytest.mark.skipif(SEEDS < 400, reason="few seeds need few rules")
def test_every_rule_is_needed(pair):
    """Behind all others: a rule that explains nothing would hide what comes."""
    assert {name for name, *_ in RULES} <= set(pair.used)
