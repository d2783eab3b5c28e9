# SPDX-License-Identifier: Apache-2.0
"""Tells how the steps of ./dev test went: summary.py <results folder> [filter...].

Reads `steps` (name, exit code, seconds), the JUnit files beside it and the logs. Exit code 1 when a
step failed, or when filters were given and nothing had such a name.
"""

import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

LOG_LINES = 60


class Step:
    def __init__(self, folder, line):
        self.name, status, seconds = line.split("\t")
        self.status, self.seconds = int(status), int(seconds)
        self.log = folder / f"{self.name}.log"
        self.counts = collections.Counter()
        self.failures = []
        self.skipped = 0
        files = [folder / f"{self.name}.xml", *(folder / f"{self.name}.cases").glob("*.xml")]
        for file in files:
            if file.exists():
                self.read(file)

    def read(self, file):
        """Counts the cases of a JUnit file; an entry of ctest that ran a gtest program is its cases."""
        of_ctest = file.name.startswith("ctest-")
        of_gtest = file.parent.name.endswith(".cases") or file.name.startswith("cases-")
        for case in ElementTree.parse(file).iter("testcase"):
            name = case.get("name")
            if of_gtest:
                name = f"{case.get('classname')}.{name}"
            if case.get("status") in ("notrun", "disabled") and not of_ctest:
                continue
            if case.find("skipped") is not None or case.get("result") == "skipped":
                self.skipped += 1
                continue
            self.counts["entries" if of_ctest else "cases"] += 1
            if case.find("failure") is not None or case.find("error") is not None \
                    or case.get("status") == "fail":
                self.failures.append(name)

    def empty(self):
        return not self.counts

    def failed(self):
        # pytest ends with 5 when no name matched.
        return self.status != 0 and not (self.name == "system" and self.status == 5)

    def amount(self):
        parts = [f"{count} {what}" for what, count in sorted(self.counts.items())]
        if self.skipped:
            parts.append(f"{self.skipped} skipped")
        return ", ".join(parts)


def duration(seconds):
    return f"{seconds} s" if seconds < 60 else f"{seconds // 60} min {seconds % 60} s"


def names_to_run_again(step):
    """The cases that failed; an entry of ctest only when none of its cases tells more."""
    cases = [name for name in step.failures if "." in name]
    return cases or step.failures or [step.name]


def main():
    folder, filters = pathlib.Path(sys.argv[1]), sys.argv[2:]
    steps = [Step(folder, line) for line in (folder / "steps").read_text().splitlines()]
    if filters:
        steps = [step for step in steps if step.failed() or not step.empty()]
        if not steps:
            print(f"dev: no test has {' or '.join(map(repr, filters))} in its name")
            return 1
    for step in steps:
        if step.failed():
            lines = step.log.read_text(errors="replace").rstrip().splitlines()
            if len(lines) > LOG_LINES:
                print(f"dev: the end of {step.log}:")
            print("\n".join(lines[-LOG_LINES:]) + "\n")
    print("dev: result  step                     time        what ran")
    for step in steps:
        result = "FAILED" if step.failed() else "ok"
        print(f"dev: {result:<7} {step.name:<24} {duration(step.seconds):<11} {step.amount()}")
    for step in steps:
        for crash in re.findall(r"Test unit written to (\S+)", step.log.read_text(errors="replace")):
            print(f"dev: {step.name} crashes on {crash}")
    failed = [step for step in steps if step.failed()]
    total = duration(sum(step.seconds for step in steps))
    if not failed:
        print(f"dev: all passed, {total}")
        return 0
    print(f"dev: {len(failed)} of {len(steps)} steps failed, {total}")
    again = [name for step in failed for name in names_to_run_again(step)
             if not step.name.startswith("fuzz-")]
    checks = {"format": "./dev format", "console-test": "npm --prefix console test",
              "console-check": "npm --prefix console run check"}
    named = [name for name in again if name not in checks]
    for name in again:
        if name in checks:
            print(f"dev: again: {checks[name]}")
    if named:
        words = " ".join(f"'{name}'" if re.search(r"[^\w./-]", name) else name for name in named)
        print(f"dev: again: ./dev test {words}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
