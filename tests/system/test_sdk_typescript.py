# SPDX-License-Identifier: Apache-2.0
"""The SDK for TypeScript: compiles strictly, passes its tests against the real gantryd, and its examples
and its guide run."""

import json
import re
import subprocess

import pytest

import sdk_process
from gantryd_process import Gantryd

HERE = sdk_process.TYPESCRIPT


def tsc(*arguments):
    return sdk_process.run(["npx", "--no-install", "tsc", *arguments], cwd=HERE, seconds=300)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    if not (HERE / "node_modules/typescript").exists():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit"], cwd=HERE, check=True,
                       capture_output=True, timeout=600)
    tsc("-p", "tsconfig.json")
    tsc("-p", "tsconfig.examples.json")


def test_the_client_does_what_it_says():
    with Gantryd() as node:
        said = sdk_process.run(["node", "--test", "--test-reporter=tap", "test/"], node, cwd=HERE,
                               seconds=300)
    assert re.search(r"^# fail 0$", said, re.MULTILINE)
    assert int(re.search(r"^# pass (\d+)$", said, re.MULTILINE).group(1)) > 15


def test_the_examples_run():
    with Gantryd() as node:
        def example(name):
            return sdk_process.run(["node", f"build/examples/{name}.js"], node, cwd=HERE)
        said = example("onboarding")
        assert "works/pump1.flow float64 m3/h" in said and "already there" not in said
        assert example("onboarding").count("already there") == 5
        said = example("write_and_read")
        assert "written: 1440" in said and "row 1 of works/pump1.running" in said
        assert "read: 1440 rows in m3/h" in said and "least: 40.0" in said
        assert example("live").splitlines()[-1] == "works/pump1.starts 5 good"
        said = example("errors")
        for word in ("not found:", "wrong: /properties/0/unit", "changed meanwhile:",
                     "rejected: not_found", "nobody there"):
            assert word in said


def test_the_guide_runs():
    folder = HERE / "build/guide"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "guide.ts").write_text("".join(sdk_process.blocks_of_guide("ts")))
    (folder / "tsconfig.json").write_text(json.dumps({
        "extends": "../../tsconfig.json", "files": ["guide.ts"], "include": [],
        "compilerOptions": {"rootDir": ".", "outDir": ".", "noUnusedLocals": False}}))
    tsc("-p", folder / "tsconfig.json")
    with Gantryd() as node:
        said = sdk_process.run(["node", folder / "guide.js"], node, cwd=HERE)
    assert "plant/line2/pump3.flow" in said


def test_the_package_has_what_it_needs():
    listed = json.loads(sdk_process.run(
        ["npm", "pack", "--dry-run", "--ignore-scripts", "--json"], cwd=HERE))
    names = {entry["path"] for entry in listed[0]["files"]}
    assert {"dist/index.js", "dist/index.d.ts", "dist/generated.d.ts", "README.md", "LICENSE",
            "package.json", "src/index.ts"} <= names
    assert not any(name.startswith(("test/", "examples/", "build/")) for name in names)
    package = json.loads((HERE / "package.json").read_text())
    assert "dependencies" not in package and list(package["devDependencies"]) == ["typescript"]
