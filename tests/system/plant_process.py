# SPDX-License-Identifier: Apache-2.0
"""The demo plant as a process of a test, and its register map."""

import json
import os
import re
import select
import signal
import subprocess
import time

BINARY = os.path.join(os.environ.get("GANTRY_BIN", "build/dev/bin"), "gantry-plant")
DEADLINE = 20  # seconds; a sanitizer build on a busy machine is slow


def wait_until(condition, what):
    """Returns the first true value of condition(), asked for again until the deadline."""
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"not within {DEADLINE} s: {what}")


class Plant:
    """Runs gantry-plant on a port, which the system chooses if it is 0; a context manager."""

    def __init__(self, *options, port=0):
        self.options = options
        self.port = port

    def __enter__(self):
        self.process = subprocess.Popen(
            [BINARY, "--listen", f"127.0.0.1:{self.port}", *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], DEADLINE)
        line = self.process.stdout.readline() if ready else ""
        found = re.search(r"serving Modbus TCP on 127\.0\.0\.1:([0-9,-]+):", line)
        if not found:
            self.process.kill()
            raise AssertionError(f"no port in {line!r}: {self.process.communicate()[1]}")
        self.ports = list(expand_ports(found.group(1)))
        self.port = self.ports[0]
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()

    def stop(self, how=signal.SIGTERM):
        """Stops it as an operator would, and returns what it wrote to standard error."""
        self.process.send_signal(how)
        try:
            _, errors = self.process.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert self.process.returncode == 0, errors
        return errors

    def alive(self):
        return self.process.poll() is None


def expand_ports(text):
    for part in text.split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def run(*options):
    """A call that ends by itself."""
    return subprocess.run([BINARY, *options], capture_output=True, text=True, timeout=DEADLINE)


def register_map(*options):
    return json.loads(run("--map", "--json", *options).stdout)
