# SPDX-License-Identifier: Apache-2.0
"""What all peers have in common, and the data that they are given."""

import dataclasses
import json
import os
import pathlib
import shutil
import stat
import subprocess
import tempfile

START = 1451606400  # of the data, in seconds
STEP = 10
QUESTIONS = ("sum", "double_groupby_1", "lastpoint")
TABLES = {
    "cpu-only": {"cpu": ("usage_user", "usage_system", "usage_idle", "usage_nice", "usage_iowait",
                         "usage_irq", "usage_softirq", "usage_steal", "usage_guest",
                         "usage_guest_nice")},
    "iot": {"readings": ("latitude", "longitude", "elevation", "velocity", "heading", "grade",
                         "fuel_consumption"),
            "diagnostics": ("fuel_state", "current_load", "status")},
}


@dataclasses.dataclass
class Case:
    """Data of gantry-bench-data, written when it is first asked for, and what it comes to."""

    name: str
    hosts: int
    steps: int
    folder: str
    program: str

    def __post_init__(self):
        self.tables = TABLES[self.name]
        self.key = "hostname" if self.name == "cpu-only" else "name"
        summary = subprocess.run(self.command("summary"), stdout=subprocess.PIPE, check=True)
        self.summary = json.loads(summary.stdout)

    def command(self, form, *more):
        return [self.program, self.name, form, str(self.hosts), str(self.steps), *more]

    def file(self, form, table=None):
        path = pathlib.Path(self.folder,
                            f"{self.name}-{self.hosts}-{self.steps}.{table or 'all'}.{form}")
        if not path.exists():
            with open(path, "wb") as out:
                of_table = [table] if table and len(self.tables) > 1 else []
                subprocess.run(self.command(form, *of_table), stdout=out, check=True)
        return str(path)

    def expected(self, question):
        """What an answer adds up to."""
        return self.summary[{"count": "points", "sum": "sum", "double_groupby_1": "hour_mean_sum",
                             "lastpoint": "last_sum"}[question]]


class Peer:
    """A process with a folder of its own; what it uses until an answer comes is counted."""

    name = durability = way = version = ""
    makes_series = False  # it keeps an index of them, so that each new one costs something

    @classmethod
    def missing(cls):
        """Why it cannot be measured here; None if it can."""
        raise NotImplementedError

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="gantry-peer-")
        self.log = open(os.path.join(self.folder, "log"), "wb")
        try:
            self.start()
        except Exception:
            if hasattr(self, "process"):
                self.process.kill()
            raise
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self):
        raise NotImplementedError

    def files(self, case):
        """What it loads, written before any clock starts."""
        raise NotImplementedError

    def load(self, case):
        raise NotImplementedError

    def settle(self):
        """Lets it bring its files into the form in which they stay."""

    def disk_bytes(self):
        raise NotImplementedError

    def packed(self, case):
        """(how, bytes) of the data in the smallest form that it offers, if it is in another."""

    def ask(self, case, question):
        """The milliseconds until the whole answer has come."""
        raise NotImplementedError

    def read(self, case, question):
        """What the answer adds up to, as Case.expected() has it."""
        raise NotImplementedError


def bytes_of(folder, pattern="*"):
    """On disk; of files that vanish meanwhile, none."""
    total = 0
    for path in pathlib.Path(folder).rglob(pattern):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        total += status.st_blocks * 512 if stat.S_ISREG(status.st_mode) else 0
    return total
