# SPDX-License-Identifier: Apache-2.0
"""A client of HTTP that costs little: requests are bytes made beforehand, answers are hardly read."""

import collections
import itertools
import socket
import threading
import time


class Wire:
    """One connection that is kept."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = bytearray()

    def close(self):
        self.socket.close()

    def call(self, head, body=b""):
        """Status and body of the answer."""
        self.socket.sendall(head)
        if body:
            self.socket.sendall(body)
        head = self.until(b"\r\n\r\n").lower()
        status = int(head[9:12])
        if b"transfer-encoding: chunked" in head:
            return status, self.chunks()
        at = head.find(b"content-length:")
        length = int(head[at + 15:head.index(b"\r\n", at)]) if at >= 0 else 0
        return status, self.take(length)

    def more(self):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise OSError("the server has closed the connection")
        self.rest += piece

    def take(self, size):
        while len(self.rest) < size:
            self.more()
        out = bytes(self.rest[:size])
        del self.rest[:size]
        return out

    def until(self, mark):
        while (at := self.rest.find(mark)) < 0:
            self.more()
        return self.take(at + len(mark))

    def chunks(self):
        out = []
        while size := int(self.until(b"\r\n"), 16):
            out.append(self.take(size))
            self.take(2)
        self.take(2)
        return b"".join(out)


def head_of(method, path, headers, body=b""):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1",
             *(f"{name}: {value}" for name, value in headers.items())]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


Sent = collections.namedtuple("Sent", "seconds refused")


def send_all(port, path, headers, bodies, connections):
    """Each body once, and again while the server says that it is too much just now."""
    left, lock = iter(bodies), threading.Lock()
    refused, failures = itertools.count(), []

    def work():
        wire = Wire(port)
        try:
            while not failures:
                with lock:
                    body = next(left, None)
                if body is None:
                    return
                head = head_of("POST", path, headers, body)
                while (answer := wire.call(head, body))[0] == 503:
                    next(refused)
                    time.sleep(0.01)  # as it asks for
                if answer[0] not in (200, 204):
                    raise RuntimeError(f"{answer[0]} {answer[1][:300]}")
        except Exception as error:  # said where it is waited for
            failures.append(error)
        finally:
            wire.close()

    start = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - start
    if failures:
        raise failures[0]
    return Sent(seconds, next(refused))
