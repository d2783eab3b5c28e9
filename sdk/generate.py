#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the generated parts of the SDKs from the openapi.json of a gantryd.

    sdk/generate.py --bin build/dev/bin            of the gantryd in that folder, which it starts
    sdk/generate.py --url http://127.0.0.1:8080    of one that runs
    sdk/generate.py --file openapi.json            of a file; - is standard input
    sdk/generate.py --bin build/dev/bin --check    writes nothing; fails if a file would change

It writes sdk/python/src/gantry/_generated.py, sdk/typescript/src/generated.ts, and the version of the
program into sdk/typescript/package.json and its lock file. Python takes it from _generated.py.
"""

import argparse
import difflib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import typing
import urllib.request

SDK = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(SDK))

from generator.document import DocumentError, read_document  # noqa: E402
from generator.python import write_python  # noqa: E402
from generator.typescript import write_typescript  # noqa: E402

REMEDY = "run ./dev sdk and commit what it changes"


def document_at(url: str) -> dict[str, typing.Any]:
    with urllib.request.urlopen(url.rstrip("/") + "/openapi.json", timeout=30) as answer:
        return dict(json.load(answer))


def document_of_program(folder: str) -> dict[str, typing.Any]:
    """Starts gantryd on an empty data folder, asks it, and stops it."""
    with tempfile.TemporaryDirectory(prefix="gantry-openapi-") as data:
        process = subprocess.Popen(
            [str(pathlib.Path(folder) / "gantryd"), "--data", data + "/data", "--listen",
             "127.0.0.1:0", "--password-file", data + "/password"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            for line in process.stdout or []:
                found = re.search(r"https?://\S+", line)
                if found:
                    return document_at(found.group())
        finally:
            process.terminate()
            process.wait(60)
    raise DocumentError(f"{folder}/gantryd ended before it named its address: run it by hand")


def with_version(path: pathlib.Path, version: str) -> str:
    """package.json or package-lock.json with that version of the package itself."""
    package = json.loads(path.read_text())
    package["version"] = version
    if "" in package.get("packages", {}):
        package["packages"][""]["version"] = version
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def files_for(source: dict[str, typing.Any]) -> dict[pathlib.Path, str]:
    document = read_document(source)
    out = {SDK / "python/src/gantry/_generated.py": write_python(document),
           SDK / "typescript/src/generated.ts": write_typescript(document)}
    for name in ("package.json", "package-lock.json"):
        path = SDK / "typescript" / name
        if path.exists():
            out[path] = with_version(path, document.version)
    return out


def differences(files: dict[pathlib.Path, str]) -> list[str]:
    """What of the files is not what it should be: the first lines of each difference."""
    out = []
    for path, text in files.items():
        before = path.read_text() if path.exists() else ""
        if before != text:
            lines = list(difflib.unified_diff(before.splitlines(), text.splitlines(),
                                              "committed", "from openapi.json", lineterm="", n=0))
            out.append(f"{path.relative_to(SDK.parent)} is not what openapi.json says:\n  "
                       + "\n  ".join(lines[:12]))
    return out


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--bin", help="folder with gantryd")
    source.add_argument("--url", help="address of a gantryd that runs")
    source.add_argument("--file", help="an openapi.json")
    parser.add_argument("--check", action="store_true", help="only compare")
    chosen = parser.parse_args()
    try:
        if chosen.url:
            document = document_at(chosen.url)
        elif chosen.bin:
            document = document_of_program(chosen.bin)
        else:
            with sys.stdin if chosen.file == "-" else open(chosen.file, encoding="utf-8") as file:
                document = json.load(file)
        files = files_for(document)
    except (OSError, ValueError, KeyError, DocumentError) as error:
        print(f"sdk/generate.py: {error}", file=sys.stderr)
        return 1
    changed = differences(files)
    if chosen.check:
        for text in changed:
            print(text, file=sys.stderr)
        if changed:
            print(f"sdk/generate.py: {REMEDY}", file=sys.stderr)
        return 1 if changed else 0
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    print(f"{len(files)} files, {len(changed)} of them changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
