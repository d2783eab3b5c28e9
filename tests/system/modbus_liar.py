# SPDX-License-Identifier: Apache-2.0
"""A Modbus TCP device that answers as a test wants it to."""

import socketserver
import struct
import threading


class Liar(socketserver.ThreadingTCPServer):
    """Answers each request with what it was told to, right or wrong."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answer):
        self.answer = answer
        self.asked = 0
        super().__init__(("127.0.0.1", 0), self.Session)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    class Session(socketserver.BaseRequestHandler):
        def handle(self):
            while request := self.request.recv(1024):
                self.server.asked += 1
                answer = self.server.answer(request)
                if answer is None:
                    return
                self.request.sendall(answer)


def right_answer(request):
    count = struct.unpack(">H", request[10:12])[0]
    data = struct.pack(">BB", request[7], 2 * count) + b"\x00\x2a" * count
    return request[:4] + struct.pack(">HB", len(data) + 1, request[6]) + data
