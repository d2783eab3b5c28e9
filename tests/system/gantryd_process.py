# SPDX-License-Identifier: Apache-2.0
"""Runs the real gantryd for a test and talks to it over HTTP."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

BIN = os.environ.get("GANTRY_BIN", "build/dev/bin")
START_SECONDS = 60  # with sanitizers, on a busy machine


def has_sanitizer(program):
    """Whether that program of this build takes memory, and a place in it, of its own."""
    with open(os.path.join(BIN, program), "rb") as file:
        return b"__asan_init" in file.read()


class ApiError(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status, problem, headers):
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem
        self.headers = headers


def wait_until(condition, what, seconds=30.0):
    """Waits for a condition, not for a time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Client:
    """One caller with a token."""

    def __init__(self, url, token=None):
        self.url = url
        self.token = token

    def call(self, method, path, body=None, headers=None, raw=None):
        all_headers = dict(headers or {})
        if self.token:
            all_headers.setdefault("Authorization", "Bearer " + self.token)
        data = raw
        if body is not None:
            data = json.dumps(body).encode()
            all_headers.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.url + path, data=data, headers=all_headers,
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return Answer(response)
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                problem = json.loads(text)
            except ValueError:
                problem = text.decode(errors="replace")
            raise ApiError(error.code, problem, error.headers) from None

    def get(self, path, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        return self.call("GET", path).json()

    def post(self, path, body, **more):
        return self.call("POST", path, body, **more)

    def create(self, path, body):
        return self.call("POST", path, body).json()

    def refused(self, method, path, body=None, **more):
        """The error that the call must be answered with."""
        try:
            answer = self.call(method, path, body, **more)
        except ApiError as error:
            return error
        raise AssertionError(f"{method} {path} was answered with {answer.status}")

    def sql(self, query, **more):
        return self.call("POST", "/v1/sql", {"query": query, **more}).json()


class Gantryd:
    """One gantryd on a data folder of its own, which outlives restarts."""

    def __init__(self, *options, folder=None):
        self.folder = folder or tempfile.mkdtemp(prefix="gantry-system-")
        self.data = os.path.join(self.folder, "data")
        self.token_file = os.path.join(self.folder, "token")
        self.password_file = os.path.join(self.folder, "password")
        self.options = list(options)
        self.process = None
        self.url = None

    def start(self, *more, around=()):
        self.url = None
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen(
            [*around, os.path.join(BIN, "gantryd"), "--data", self.data, "--listen", "127.0.0.1:0",
             "--setup-token", self.token_file, "--password-file", self.password_file,
             *self.options, *more],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        deadline = time.monotonic() + START_SECONDS
        for line in self.process.stdout:
            found = re.search(r"(https?://\S+)", line)
            if found and not self.url:
                self.url = found.group(1)
            if line.startswith("Stop with") or time.monotonic() > deadline:
                break
        assert self.url, "gantryd did not start: " + self.log_text()[-2000:]
        return self

    def log_text(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as file:
            return file.read()

    def log_events(self):
        return [json.loads(line) for line in self.log_text().splitlines()
                if line.startswith("{")]

    @property
    def token(self):
        with open(self.token_file) as file:
            return file.read().strip()

    @property
    def password(self):
        with open(self.password_file) as file:
            return file.read().strip()

    def client(self):
        return Client(self.url, self.token)

    def anonymous(self):
        return Client(self.url)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """Stops it as an operator would; it must end by itself, and well."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                code = self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise AssertionError("gantryd did not stop: " + self.log_text()[-2000:]) from None
            self.process.stdout.close()
            assert code == 0, f"exit code {code}: " + self.log_text()[-3000:]

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        try:
            if kind:
                self.process.kill()
                self.process.wait()
            else:
                self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def signed_in(node, api, login, role):
    """A new principal of that role, past its forced password change."""
    api.create("/v1/principals", {"login": login, "password": "first-password-1", "roles": [role]})
    anonymous = node.anonymous()
    first = anonymous.create("/v1/session", {"login": login, "password": "first-password-1"})
    client = Client(node.url, first["access_token"])
    client.call("PUT", "/v1/session/password",
                {"current": "first-password-1", "new": "second-password-2"})
    return client
