# SPDX-License-Identifier: Apache-2.0
"""Clients that mean no good, each a thread on sockets of its own, until they are told to stop."""

import contextlib
import gzip
import json
import select
import socket
import struct
import threading
import urllib.parse

import psycopg

SMALL_BUFFER = 4096  # of a socket that does not read


class Hostile(threading.Thread):
    """`rounds` counts what came to its end: a refusal, an error, a connection that was closed."""

    def __init__(self, stop, port, token=None):
        super().__init__(daemon=True, name=type(self).__name__)
        self.stop = stop
        self.port = port
        self.token = token
        self.rounds = 0
        self.answers = []  # what was said, for the test to look at
        self.failure = None

    def run(self):
        try:
            while not self.stop.is_set():
                with contextlib.suppress(OSError):  # the server may close as it likes
                    self.round()
        except Exception as error:  # the test looks at it
            self.failure = error

    def round(self):
        raise NotImplementedError

    def connect(self, receive=None):
        link = socket.socket()
        if receive:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        link.settimeout(60)
        link.connect(("127.0.0.1", self.port))
        return link

    def head(self, method, path, *lines):
        return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x",
                            f"Authorization: Bearer {self.token}", *lines, "", ""]).encode()

    def ended(self, said=b""):
        self.rounds += 1
        if said:
            self.answers.append(said)


def answer_of(link):
    """All that the server says until it closes; the first of it."""
    said = b""
    with contextlib.suppress(OSError):
        while piece := link.recv(65536):
            if len(said) < 65536:
                said += piece
    return said


def full_answer(link):
    """One answer that says its length, or is chunked: the first of it."""
    said = b""
    while b"\r\n\r\n" not in said:
        piece = link.recv(65536)
        if not piece:
            return said
        said += piece
    head, _, body = said.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n")
                   if line.startswith(b"content-length:")), None)
    have = len(body)
    while length is not None and have < length:
        piece = link.recv(1 << 20)
        if not piece:
            break
        have += len(piece)
        if len(said) < 65536:
            said += piece
    return said


class SlowHeads(Hostile):
    """Heads that come a byte at a time, on many connections at once."""

    connections = 40

    def round(self):
        text = self.head("GET", "/health/live", "X-Slow: " + "a" * 10_000)
        with contextlib.ExitStack() as stack:
            links = {stack.enter_context(self.connect()): 0 for _ in range(self.connections)}
            while links and not self.stop.wait(0.02):
                for link in list(links):
                    links[link] += 1
                    try:
                        link.sendall(text[links[link]:links[link] + 1])
                        readable = select.select([link], [], [], 0)[0]
                    except OSError:
                        readable = [link]
                    if readable:
                        self.ended(answer_of(link))
                        del links[link]


class SlowBodies(Hostile):
    """Bodies of which nearly all comes, and the rest a byte at a time: they fill what bodies may
    take together."""

    connections = 4
    size = 60 * 1024 * 1024

    def round(self):
        with contextlib.ExitStack() as stack:
            links = [stack.enter_context(self.connect()) for _ in range(self.connections)]
            head = self.head("POST", "/write", f"Content-Length: {self.size}")
            piece = b"#" * (1 << 20)
            waiting = {}
            for link in links:
                try:
                    link.sendall(head)
                    for _ in range(self.size // len(piece) - 1):
                        if self.stop.is_set() or select.select([link], [], [], 0)[0]:
                            break
                        link.sendall(piece)
                    waiting[link] = True
                except OSError:
                    self.ended(answer_of(link))
            while waiting and not self.stop.wait(0.02):
                for link in list(waiting):
                    try:
                        readable = select.select([link], [], [], 0)[0]
                        if not readable:
                            link.sendall(b"#")
                    except OSError:
                        readable = [link]
                    if readable:
                        self.ended(answer_of(link))
                        del waiting[link]


class EndlessBodies(Hostile):
    """Chunks without an end; and a length beyond all limits."""

    def round(self):
        with self.connect() as link:
            link.sendall(self.head("POST", "/write", "Content-Length: 99999999999"))
            self.ended(answer_of(link))
        with self.connect() as link:
            link.sendall(self.head("POST", "/write", "Transfer-Encoding: chunked"))
            chunk = b"100000\r\n" + b"#" * 0x100000 + b"\r\n"
            with contextlib.suppress(OSError):
                while not self.stop.is_set() and not select.select([link], [], [], 0)[0]:
                    link.sendall(chunk)
            self.ended(answer_of(link))


class Bombs(Hostile):
    """Small bodies that become large ones: 16 GiB of empty lines, one line of 256 MiB, a block of
    snappy that says it is 4 GiB."""

    empty = gzip.compress(b"\n" * (1 << 26), 6) * 256
    long = gzip.compress(b"m,t=" + b"a" * (1 << 28), 6)
    snappy = b"\xff\xff\xff\xff\x0f" + b"\x00" * 64

    def round(self):
        for path, encoding, body in (("/write", "gzip", self.long),
                                     ("/write", "gzip", self.empty),
                                     ("/api/v1/write", "snappy", self.snappy)):
            if self.stop.is_set():
                return
            with self.connect() as link:
                link.sendall(self.head("POST", path, f"Content-Encoding: {encoding}",
                                       f"Content-Length: {len(body)}") + body)
                self.ended(full_answer(link))


class Queries(Hostile):
    """Requests one after the other, each read."""

    def __init__(self, stop, port, token, method, path, body=b""):
        super().__init__(stop, port, token)
        self.request = self.head(method, path, "Content-Type: application/json",
                                 f"Content-Length: {len(body)}") + body

    def round(self):
        with self.connect() as link:
            while not self.stop.is_set():
                link.sendall(self.request)
                while not select.select([link], [], [], 0.1)[0]:
                    if self.stop.is_set():
                        return
                self.ended(full_answer(link))


def cross_join(stop, port, token):
    body = json.dumps({"query": "SELECT count(*) FROM range(10000000) a, range(10000000) b"})
    return Queries(stop, port, token, "POST", "/v1/sql", body.encode())


def promql_of_all(stop, port, token, start, end):
    query = urllib.parse.urlencode({
        "query": 'sum by (n) (stddev_over_time({__name__=~".+"}[1h]))', "start": start,
        "end": end, "step": max((end - start) / 10_000, 0.001)})
    return Queries(stop, port, token, "GET", "/api/v1/query_range?" + query)


class Deaf(Hostile):
    """Asks for much and reads nothing of it."""

    connections = 8

    def __init__(self, stop, port, token, path, accept="*/*"):
        super().__init__(stop, port, token)
        self.request = self.head("GET", path, "Accept: " + accept)

    def round(self):
        with contextlib.ExitStack() as stack:
            for _ in range(self.connections):
                link = stack.enter_context(self.connect(SMALL_BUFFER))
                link.sendall(self.request)
            self.rounds += self.connections
            self.stop.wait()


class DeafSockets(Deaf):
    """WebSockets that follow all, and read nothing but the handshake."""

    connections = 16

    def __init__(self, stop, port, token, under):
        super().__init__(stop, port, token, "/v1/live")
        self.request = self.head(
            "GET", "/v1/live", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
        text = json.dumps({"subscribe": {"under": under}}).encode()
        mask = bytes(4)
        self.frame = b"\x81" + bytes([0x80 | len(text)]) + mask + text

    def round(self):
        with contextlib.ExitStack() as stack:
            for _ in range(self.connections):
                link = stack.enter_context(self.connect(SMALL_BUFFER))
                link.sendall(self.request)
                said = b""
                while b"\r\n\r\n" not in said:
                    said += link.recv(1)
                assert b" 101 " in said, said
                link.sendall(self.frame)
            self.rounds += self.connections
            self.stop.wait()


class Postgres(Hostile):
    """Statements at the PostgreSQL door, one after the other."""

    def __init__(self, stop, port, token, sql):
        super().__init__(stop, port, token)
        self.sql = sql

    def round(self):
        try:
            with psycopg.connect(host="127.0.0.1", port=self.port, user="hostile",
                                 password=self.token, dbname="main", autocommit=True) as link:
                while not self.stop.is_set():
                    try:
                        link.execute(self.sql)
                        self.ended(b"done")
                    except psycopg.Error as error:
                        self.ended(f"{error.sqlstate} {error}".encode())
        except psycopg.OperationalError as error:
            self.ended(f"{error.sqlstate} {error}".encode())


class HalfOpen(Hostile):
    """At the PostgreSQL door: says nothing, or asks for TLS and says nothing more."""

    connections = 20
    ask_for_tls = struct.pack("!II", 8, 80877103)

    def round(self):
        with contextlib.ExitStack() as stack:
            links = [stack.enter_context(self.connect()) for _ in range(self.connections)]
            for number, link in enumerate(links):
                if number % 2:
                    link.sendall(self.ask_for_tls)
            while links and not self.stop.is_set():
                for link in select.select(links, [], [], 0.1)[0]:
                    if not link.recv(4096):
                        links.remove(link)
                        self.ended()
