# SPDX-License-Identifier: Apache-2.0
"""Runs a Mosquitto for a test, on a folder that outlives it, and a line to it that can be cut."""

import contextlib
import os
import pathlib
import queue
import shutil
import socket
import subprocess
import threading

import paho.mqtt.client as paho

from gantryd_process import wait_until

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


class Mosquitto:
    """Keeps everything at once on the disk, so that it may be killed."""

    def __init__(self, folder, *lines, users=None):
        self.folder = str(folder)
        self.port = free_port()
        self.process = None
        access = "allow_anonymous true"
        if users:
            passwords = os.path.join(self.folder, "passwords")
            pathlib.Path(passwords).touch(mode=0o600)
            for name, password in users.items():
                subprocess.run(["mosquitto_passwd", "-b", passwords, name, password], check=True,
                               capture_output=True)
            access = f"allow_anonymous false\npassword_file {passwords}"
        self.config = os.path.join(self.folder, "mosquitto.conf")
        pathlib.Path(self.config).write_text("\n".join([
            f"listener {self.port} 127.0.0.1", access, "user root", "persistence true",
            f"persistence_location {self.folder}/", "autosave_on_changes true",
            "autosave_interval 1", "max_queued_messages 0", "log_type all", *lines, ""]))

    def start(self):
        with open(os.path.join(self.folder, "mosquitto.log"), "ab") as log:
            self.process = subprocess.Popen([MOSQUITTO, "-c", self.config], stdout=log, stderr=log)
        wait_until(self.answers, lambda: "Mosquitto: " + self.log()[-500:])
        return self

    def answers(self):
        assert self.process.poll() is None, self.log()
        with contextlib.suppress(OSError), \
                socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def log(self):
        return pathlib.Path(self.folder, "mosquitto.log").read_text(errors="replace")

    def stop(self):
        """As an operator does: what it has goes to the disk first."""
        self.process.terminate()
        self.process.wait(30)

    def kill(self):
        self.process.kill()
        self.process.wait(30)

    def __enter__(self):
        return self.start()

    def __exit__(self, *why):
        if self.process.poll() is None:
            self.kill()


class Person:
    """A Paho client that comes back by itself and keeps all that it has got."""

    def __init__(self, port, client_id="person", user=None, password=None, kept=False):
        self.got = []
        self.said = queue.Queue()
        self.granted = queue.Queue()
        self.client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=client_id,
                                  protocol=paho.MQTTv311, clean_session=not kept)
        if user:
            self.client.username_pw_set(user, password)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda *said: self.said.put(said[3])
        self.client.on_subscribe = lambda *said: self.granted.put(said[3])
        self.client.on_message = lambda client, data, message: self.got.append(message)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        assert not self.said.get(timeout=30).is_failure

    def subscribe(self, *filters, qos=2):
        for one in filters:
            self.client.subscribe(one, qos)
            codes = self.granted.get(timeout=30)
            assert not codes[0].is_failure, codes

    def publish(self, topic, payload, qos=1, retain=False):
        told = self.client.publish(topic, payload, qos, retain)
        told.wait_for_publish(60)
        assert told.is_published(), topic

    def texts(self):
        return [f"{message.topic}={message.payload.decode()}" for message in list(self.got)]

    def leave(self):
        self.client.disconnect()
        self.client.loop_stop()

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.leave()


class Line:
    """A TCP relay whose connections can be cut after so many bytes."""

    def __init__(self, target):
        self.target = target
        self.left = None  # bytes until the next cut; None: never
        self.cuts = 0
        self.open = set()
        self.lock = threading.Lock()
        self.listen(0)

    def listen(self, port):
        self.server = socket.create_server(("127.0.0.1", port))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.server,), daemon=True).start()

    def cut(self):
        with self.lock:
            gone, self.open = self.open, set()
        self.cuts += bool(gone)
        for one in gone:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, server):
        while True:
            try:
                near, _ = server.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            with self.lock:
                self.open |= {near, far}
            for source, sink, send in ((near, far, self.send_on), (far, near, self.send_back)):
                threading.Thread(target=self._pump, args=(source, sink, send), daemon=True).start()

    def send_on(self, sink, data):
        sink.sendall(data)

    def send_back(self, sink, data):
        sink.sendall(data)

    def _pump(self, source, sink, send):
        try:
            while data := source.recv(4096):
                if self.left is not None:  # of both directions together
                    allowed = max(self.left, 0)
                    self.left -= len(data)
                    data = data[:allowed]
                send(sink, data)
                if self.left is not None and self.left <= 0:
                    self.left = None  # one cut: the next connection is a good one
                    break
        except OSError:
            pass
        self.cut()

    def close(self):
        self.server.close()
        self.cut()
