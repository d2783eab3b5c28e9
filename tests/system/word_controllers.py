# SPDX-License-Identifier: Apache-2.0
"""Controllers of words and bits, answered for after their makers' manuals. Tests look at them by
clients that others have written: what such a client has written is what Gantry is to find."""

import socket
import struct
import threading


class Refusal(Exception):
    """An end code."""


class WordController:
    """Memory, and a server of it: areas are lists of words or bits by name, and answers come from
    respond(stream). A hook may change what is asked for or written before it happens."""

    def __init__(self, port=0, **sizes):
        self.memory = {name: [0] * size for name, size in {**self.areas, **sizes}.items()}
        self.port = port
        self.refusal = None  # of every write
        self.after_write = lambda: None
        self.requests = 0

    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", self.port))
        self.port = self.server.getsockname()[1]
        self.peers = []
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *why):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        for peer in self.peers:
            try:
                peer.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self):
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            self.peers.append(peer)
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        stream = peer.makefile("rwb")
        try:
            while self.respond(stream):
                stream.flush()
        except (OSError, ValueError, struct.error):
            pass
        finally:
            peer.close()

    def take(self, area, start, count):
        cells = self.memory[area]
        if start + count > len(cells):
            raise Refusal(self.beyond)
        return cells[start:start + count]

    def put(self, area, start, values):
        if self.refusal:
            raise Refusal(self.refusal)
        self.take(area, start, len(values))
        self.memory[area][start:start + len(values)] = values
        self.after_write()


class Melsec(WordController):
    """Frames 3E and 4E in binary code."""

    areas = {"D": 1000, "W": 0x400, "TN": 100, "SD": 100, "M": 1000, "X": 0x100, "Y": 0x100}
    codes = {0xA8: "D", 0xB4: "W", 0xC2: "TN", 0xA9: "SD", 0x90: "M", 0x9C: "X", 0x9D: "Y"}
    bits = ("M", "X", "Y")
    beyond = 0x4031

    def respond(self, stream):
        head = stream.read(2)
        if head not in (b"\x50\x00", b"\x54\x00"):
            return False
        serial = stream.read(4) if head[0] == 0x54 else b""
        way = stream.read(5)
        length, = struct.unpack("<H", stream.read(2))
        body = stream.read(length)
        self.requests += 1
        try:
            answer = b"\x00\x00" + self.command(*struct.unpack_from("<HH", body, 2), body[6:])
        except Refusal as refusal:
            answer = struct.pack("<H", refusal.args[0]) + way + body[2:6]
        stream.write(bytes([head[0] | 0x80, 0]) + serial + way + struct.pack("<H", len(answer))
                     + answer)
        return True

    def command(self, command, in_bits, data):
        if command == 0x0101:
            return b"Q03UDECPU".ljust(16) + b"\x68\x02"
        number, code, count = int.from_bytes(data[:3], "little"), data[3], data[4] + 256 * data[5]
        area = self.codes.get(code)
        if area is None:
            raise Refusal(0x4030)
        if in_bits and area not in self.bits:
            raise Refusal(0xC05C)
        if command == 0x0401:
            if in_bits:
                cells = self.take(area, number, count)
                return bytes(16 * a + b for a, b in zip(cells[::2], [*cells[1::2], 0]))
            return struct.pack(f"<{count}H", *self.take(area, number, count))
        if command == 0x1401:
            rest = data[6:]
            self.put(area, number, [rest[i // 2] >> (0 if i % 2 else 4) & 1 for i in range(count)]
                     if in_bits else struct.unpack(f"<{count}H", rest))
            return b""
        raise Refusal(0xC059)


class Omron(WordController):
    """FINS over TCP."""

    areas = {"CIO": 200, "W": 100, "H": 100, "D": 1000, "T": 100, "TU": 100, "E0_": 100}
    words = {0xB0: "CIO", 0xB1: "W", 0xB2: "H", 0x82: "D", 0x89: "T", 0xA0: "E0_"}
    beyond = 0x1104

    def respond(self, stream):
        magic, length, command, _ = struct.unpack(">4sIII", stream.read(16))
        body = stream.read(length - 8)
        if magic != b"FINS":
            return False
        if command == 0:
            self.send(stream, 1, struct.pack(">II", body[3] or 7, 1))
            return True
        head, request = body[:10], body[10:]
        self.requests += 1
        try:
            code, data = 0, self.command(request)
        except Refusal as refusal:
            code, data = refusal.args[0], b""
        back = bytes([0xC0, 0, 2, *head[6:9], *head[3:6], head[9]])
        # A CPU with a flat battery tells so beside every end code.
        self.send(stream, 2, back + request[:2] + struct.pack(">H", code | 0x40) + data)
        return True

    @staticmethod
    def send(stream, command, data):
        stream.write(struct.pack(">4sIII", b"FINS", 8 + len(data), command, 0) + data)

    def command(self, request):
        command, = struct.unpack_from(">H", request)
        if command == 0x0501:
            return b"CJ2M-CPU33".ljust(20) + b"02.01".ljust(20)
        if command == 0x0601:
            return b"\x01\x04" + bytes(24)
        code, word, bit, count = struct.unpack_from(">BHBH", request, 2)
        rest = request[8:]
        if code == 0x09:
            return bytes(self.take("TU", word, count))
        area = self.words.get(code) or self.words.get(code + 0x80)
        if area is None:
            raise Refusal(0x1101)
        if command == 0x0101 and code in self.words:
            return struct.pack(f">{count}H", *self.take(area, word, count))
        if command == 0x0102 and code in self.words:
            self.put(area, word, struct.unpack(f">{count}H", rest))
            return b""
        if command == 0x0102:
            held, = self.take(area, word, 1)
            self.put(area, word, [held & ~(1 << bit) | rest[0] << bit])
            return b""
        raise Refusal(0x0401)
