# SPDX-License-Identifier: Apache-2.0
"""Programs of tests/clients: clients that are not ours, in Node, told what to do line by line."""

import hashlib
import itertools
import json
import pathlib
import queue
import subprocess
import threading

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "clients"


def install():
    """What the lock file says, where ./dev test has not installed it."""
    lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest() + "  -"
    stamp = FOLDER / "node_modules" / ".gantry-lock"
    if stamp.exists() and stamp.read_text().strip() == lock:
        return
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit"], cwd=FOLDER, check=True,
                   capture_output=True, timeout=600)
    stamp.write_text(lock + "\n")


class Refused(Exception):
    """What the program could not do."""

    def __init__(self, answer):
        super().__init__(answer["error"])
        self.code = answer["code"]


class NodeProgram:
    """One process. Events are handed to `hear` on a thread of their own."""

    def __init__(self, script, hear):
        self.process = subprocess.Popen(["node", script], cwd=FOLDER, text=True, encoding="utf-8",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.hear = hear
        self.numbers = itertools.count(1)
        self.waiting = {}
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "event" in said:
                self.hear(said)
            else:
                self.waiting.pop(said["id"]).put(said)
        for answer in list(self.waiting.values()):
            answer.put({"error": "the program has ended", "code": None})

    def begin(self, do, **order):
        """Tells it; what it answers is waited for by calling what is returned."""
        number = next(self.numbers)
        answer = self.waiting[number] = queue.Queue()
        self.process.stdin.write(json.dumps({"id": number, "do": do, **order}) + "\n")
        self.process.stdin.flush()

        def wait(seconds=60):
            said = answer.get(timeout=seconds)
            if "error" in said:
                raise Refused(said)
            return said["answer"]

        return wait

    def ask(self, do, seconds=60, **order):
        return self.begin(do, **order)(seconds)

    def kill(self):
        self.process.kill()
        self._end()

    def stop(self):
        self.process.stdin.close()
        self._end()

    def _end(self):
        self.process.wait(30)
        self.reader.join(30)
        self.process.stdout.close()
