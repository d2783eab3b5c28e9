# SPDX-License-Identifier: Apache-2.0
"""What the guide of the OPC UA server tells people to do, done."""

import json
import os
import re
import subprocess
import sys

import pytest

from gantryd_process import Client, Gantryd
from opcua_server import free_port, make_certificate
from sdk_process import CHECKOUT

GUIDE = (CHECKOUT / "docs/guide/opcua-server.md").read_text()


def block(first):
    found = re.findall(r"^```\w*\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    [one] = [one for one in found if one.startswith(first)]
    return one


@pytest.fixture
def node(tmp_path):
    made = Gantryd(folder=str(tmp_path))
    yield made
    if made.process:
        made.stop()


def sign_up(node):
    """The token of the principal that the guide makes."""
    made = {}
    for method, path, text in re.findall(r"^([A-Z]+) (\S+) +(\{.*\})$", block("POST"), re.MULTILINE):
        body = json.loads(text)
        if body.get("password") == "…":
            body["password"] = "a-first-password"
        made[path] = node.client().call(method, path, body).json()
        if path == "/v1/principals":
            first = node.anonymous().create(
                "/v1/session", {"login": body["login"], "password": body["password"]})
            Client(node.url, first["access_token"]).call(
                "PUT", "/v1/session/password",
                {"current": body["password"], "new": "a-second-password"})
    assert list(made) == ["/v1/principals", "/v1/tokens"]
    return made["/v1/tokens"]["token"]


def test_a_client_comes_in_as_the_guide_says(node, tmp_path):
    config = tmp_path / "gantry.toml"
    port = free_port()
    config.write_text(block("[opcua_server]").replace("4840", str(port)))
    node.options = ["--config", str(config)]
    node.start()
    api = node.client()
    api.create("/v1/assets", {"key": "plant"})
    api.create("/v1/assets", {"key": "pump3", "parent": "plant"})
    api.create("/v1/points", {"asset": "plant/pump3", "key": "flow", "type": "float64"})
    api.post("/v1/samples", {"samples": [{"point": "plant/pump3.flow", "value": 12.5}]})
    token = sign_up(node)
    node.stop()
    node.start()
    *_, uri = make_certificate(tmp_path, "client")

    def read():
        return subprocess.run(
            [sys.executable, "-c", block("import asyncio"), f"opc.tcp://127.0.0.1:{port}", uri,
             token], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    refused = read()
    assert refused.returncode != 0 and not refused.stdout, refused
    rejected = list((tmp_path / "data/opcua/rejected").iterdir())
    assert len(rejected) == 1
    done = subprocess.run(["sh", "-ec", block("sha256sum")], cwd=tmp_path, capture_output=True,
                          text=True, check=False)
    assert done.returncode == 0 and rejected[0].stem in done.stdout, done
    served = read()
    assert (served.returncode, served.stdout) == (0, "12.5\n"), served.stderr[-3000:]


def test_the_keys_that_the_guide_names_are_there():
    printed = subprocess.run(
        [os.path.join(os.environ.get("GANTRY_BIN", "build/dev/bin"), "gantryd"), "--print-config"],
        capture_output=True, text=True, check=True).stdout
    section = printed.split("[opcua_server]")[1].split("\n[")[0]
    keys = set(re.findall(r"^(\w+) = ", section, re.MULTILINE))
    named = set(re.findall(r"`(\w+_(?:max|least|per_session|per_request))`", GUIDE))
    assert named and named <= keys, named - keys
    limits = dict(re.findall(r"\| ([\d,]+) \| `(\w+)` \|", GUIDE))
    for value, key in limits.items():
        assert f"{key} = {value.replace(',', '')}\n" in section, key


