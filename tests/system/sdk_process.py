# SPDX-License-Identifier: Apache-2.0
"""What the tests of both SDKs share: where they are, how their examples are run."""

import os
import pathlib
import subprocess
import sys

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
SDK = CHECKOUT / "sdk"
PYTHON = SDK / "python"
TYPESCRIPT = SDK / "typescript"
GUIDE = CHECKOUT / "docs/guide/sdk.md"

sys.path.insert(0, str(SDK))
sys.path.insert(0, str(PYTHON / "src"))


def run(command, gantryd=None, cwd=None, seconds=120):
    """What a program that ends well says; its words when it does not are the failure's."""
    environment = {**os.environ, "PYTHONPATH": str(PYTHON / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    if gantryd is not None:
        environment |= {"GANTRY_URL": gantryd.url, "GANTRY_TOKEN": gantryd.token}
    done = subprocess.run([str(word) for word in command], env=environment, cwd=cwd, text=True,
                          capture_output=True, timeout=seconds, check=False)
    assert done.returncode == 0, (f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                                  f"{done.stdout}\n{done.stderr}")
    return done.stdout


def blocks_of_guide(language):
    """The code of the guide in one language, in order: what the tests run is what people read."""
    out, code = [], None
    for line in GUIDE.read_text().splitlines():
        if code is None and line.startswith("```" + language):
            code = []
        elif code is not None and line.startswith("```"):
            out.append("\n".join(code) + "\n")
            code = None
        elif code is not None:
            code.append(line)
    return out
