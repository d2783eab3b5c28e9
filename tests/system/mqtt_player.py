# SPDX-License-Identifier: Apache-2.0
"""Plays a script of mqtt_scripts against a broker, a step at a time, and says what each client saw.

A step is over when the broker has nothing more to say about it: every connection has been answered
a PINGREQ, which stands behind all that was sent before, until a round of them brought nothing new.
No clock is asked."""

import itertools
import socket

import mqtt_wire as wire

SECONDS = 60  # until a broker that says nothing is given up
ROUNDS = 60
ANSWER = {wire.PUBREC: wire.PUBREL, wire.PUBREL: wire.PUBCOMP}


class Connection:
    def __init__(self, player, name, version):
        self.player = player
        self.name = name
        self.version = version
        self.socket = player.dial()
        self.socket.settimeout(SECONDS)
        self.buffer = b""
        self.open = True
        self.seen = []
        self.pongs = 0
        self.holds = False
        self.pending = []
        self.own = set()  # identifiers of ours that wait for an answer
        self.releases = True  # answers PUBREC

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass  # what the broker said before it closed is still to be read

    def receive(self):
        """Reads once."""
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            self.open = False
            self.socket.close()
            assert not self.buffer, f"{self.name}: the broker closed within a packet"
            self.seen.append(("closed",))
            return
        self.buffer += data
        while found := wire.whole_packet(self.buffer):
            first, body, self.buffer = found
            self.take(wire.read(self.version, first, body))

    def take(self, packet):
        kind = packet["kind"]
        if kind == wire.PINGRESP:
            self.pongs += 1
            return
        self.seen.append(self.describe(packet))
        if kind in (wire.PUBACK, wire.PUBCOMP, wire.SUBACK, wire.UNSUBACK, wire.PUBREC) \
                and packet["number"] not in self.own:
            self.seen.append(("an identifier of nobody", wire.NAMES[kind]))
        if kind == wire.PUBLISH and packet["qos"]:
            self.answer(wire.PUBACK if packet["qos"] == 1 else wire.PUBREC, packet["number"])
        elif kind == wire.PUBREL:
            self.answer(wire.PUBCOMP, packet["number"])
        elif kind == wire.PUBREC and packet["reason"] < 0x80 and self.releases:
            self.send(wire.acknowledge(wire.PUBREL, packet["number"]))

    def answer(self, kind, number):
        if self.holds:
            self.pending.append((kind, number))
        else:
            self.send(wire.acknowledge(kind, number))

    def say_pending(self):
        pending, self.pending = self.pending, []
        for kind, number in pending:
            self.send(wire.acknowledge(kind, number))

    def describe(self, packet):
        kind = packet["kind"]
        if kind == wire.PUBLISH:
            return self.describe_message(packet)
        if kind == wire.CONNACK:
            return ("CONNACK", packet["session"], packet["reason"],
                    "assigned_client_identifier" in packet["properties"])
        if kind in (wire.SUBACK, wire.UNSUBACK):
            return (wire.NAMES[kind], *packet["codes"])
        return (wire.NAMES[kind], packet["reason"])

    def describe_message(self, packet):
        properties = dict(packet["properties"])
        identifiers = tuple(sorted(properties.pop("subscription_identifier", ())))
        if "message_expiry" in properties:
            # Some of it may have gone by.
            properties["message_expiry"] = -(-properties["message_expiry"] // 1000)
        return ("PUBLISH", self.player.relative(packet["topic"]), packet["payload"].decode(),
                packet["qos"], packet["retain"], packet["dup"], identifiers,
                tuple(sorted((key, str(value)) for key, value in properties.items())))

    def ping(self):
        self.pongs = 0
        self.send(wire.PING)
        while self.open and self.pongs == 0:
            self.receive()

    def until_closed(self):
        while self.open:
            self.receive()


class Player:
    """One broker. `dial` makes a socket that is connected to it."""

    def __init__(self, dial, login="plc", password="any"):
        self.dial = dial
        self.login, self.password = login, password
        self.numbers = itertools.cycle(range(1, 5000))
        self.begin("none")

    def begin(self, prefix):
        """A script with names that no other has."""
        self.prefix = prefix
        self.connections = {}
        self.gone = []

    def absolute(self, topic):
        """Wills have topics beside the others."""
        if topic.startswith("~"):
            return self.prefix + topic
        return self.prefix if topic == "" else f"{self.prefix}/{topic}"

    def relative(self, topic):
        return topic.removeprefix(self.prefix).removeprefix("/")

    def client_id(self, client):
        return f"{self.prefix}-{client}"

    def play(self, step):
        """What each connection saw, by its name."""
        what, client, fields = step
        connection = self.connections.get(client)
        if what == "connect":
            self.connect(client, fields)
        elif what == "bad start":
            self.bad_start(fields)
        elif connection:
            getattr(self, what)(connection, fields)
        return self.settle()

    def settle(self):
        for _ in range(ROUNDS):
            before = sum(len(one.seen) for one in self.all())
            # Whoever acted first: what that made is behind its answer.
            for one in self.all():
                if one.open:
                    one.ping()
            if sum(len(one.seen) for one in self.all()) == before:
                break
        else:
            raise AssertionError("the broker does not come to rest")
        out = {}
        for one in self.all():
            out.setdefault(one.name, []).extend(one.seen)
            one.seen = []
        self.gone = [one for one in self.gone if one.open]
        self.connections = {name: one for name, one in self.connections.items() if one.open}
        return out

    def all(self):
        return [*self.gone, *self.connections.values()]

    # ---- steps

    def connect(self, client, fields):
        version = fields["version"]
        will = fields.get("will")
        if will:
            will = {**will, "topic": self.absolute(will["topic"])}
        given = {name: fields[name] for name in ("session_expiry", "receive_maximum") if name in fields}
        if client in self.connections and self.connections[client].open:
            old = self.connections[client]
            old.name += " before"
            self.gone.append(old)
        made = self.connections[client] = Connection(self, client, version)
        made.send(wire.connect(version, self.client_id(client), fields["clean"], self.login,
                               self.password, will, **given))
        made.ping()

    def bad_start(self, fields):
        made = Connection(self, "x", 5 if fields["bytes"][16:18] == "05" else 4)
        self.gone.append(made)
        made.send(bytes.fromhex(fields["bytes"]))
        made.ping()

    def publish(self, connection, fields):
        number = next(self.numbers)
        connection.own.add(number)
        connection.send(wire.publish(
            connection.version, self.absolute(fields["topic"]), fields["payload"].encode(),
            fields["qos"], fields["retain"], number=number, **self.properties(connection, fields)))
        connection.ping()

    @staticmethod
    def properties(connection, fields):
        return fields.get("properties", {}) if connection.version == 5 else {}

    def twice(self, connection, fields):
        number = next(self.numbers)
        topic, payload = self.absolute(fields["topic"]), fields["payload"].encode()
        connection.releases = False
        connection.own.add(number)
        connection.send(wire.publish(connection.version, topic, payload, 2, number=number))
        connection.ping()
        if fields["lose"]:
            self.drop(connection, {})
            self.gone.append(connection)
            self.connect(connection.name, {**fields["again"], "version": connection.version})
            connection = self.connections[connection.name]
            connection.own.add(number)
            connection.releases = False
        connection.send(wire.publish(connection.version, topic, payload, 2, dup=True, number=number))
        connection.ping()
        connection.releases = True
        connection.send(wire.acknowledge(wire.PUBREL, number))
        connection.ping()

    def subscribe(self, connection, fields):
        number = next(self.numbers)
        connection.own.add(number)
        share = f"$share/{self.prefix}{fields['group']}/" if "group" in fields else ""
        filters = [(share + self.absolute(one), options) for one, options in fields["filters"]]
        given = {"subscription_identifier": fields["identifier"]} if "identifier" in fields else {}
        connection.send(wire.subscribe(connection.version, number, filters, **given))
        connection.ping()

    def unsubscribe(self, connection, fields):
        number = next(self.numbers)
        connection.own.add(number)
        connection.send(wire.unsubscribe(connection.version, number,
                                         [self.absolute(one) for one in fields["filters"]]))
        connection.ping()

    def drop(self, connection, _):
        """Without a word. The broker has seen it when it closes, too."""
        connection.socket.shutdown(socket.SHUT_WR)
        connection.until_closed()

    def leave(self, connection, fields):
        given = {"session_expiry": fields["session_expiry"]} if "session_expiry" in fields else {}
        connection.send(wire.disconnect(connection.version, fields.get("reason", 0), **given))
        connection.until_closed()

    def hold(self, connection, _):
        connection.holds = True

    def say(self, connection, _):
        connection.say_pending()
        connection.ping()

    def release(self, connection, _):
        connection.holds = False
        connection.say_pending()
        connection.ping()

    def bad(self, connection, fields):
        connection.own.update((9000, 9001, 9002, 9003, 9004, 7777))
        connection.send(bytes.fromhex(fields["bytes"]))
        connection.ping()

    def end(self):
        for one in self.all():
            one.socket.close()
        self.connections, self.gone = {}, []
