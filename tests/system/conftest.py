# SPDX-License-Identifier: Apache-2.0
"""Lets the tests find the packages of requirements.txt, where ./dev has installed them; fixtures of
more than one file."""

import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

PACKAGES = pathlib.Path(__file__).resolve().parents[2] / "build" / "python"
if PACKAGES.is_dir():
    sys.path.append(str(PACKAGES))


@pytest.fixture
def small_disk():
    """A file system of 96 MiB, in memory, of its own; only root may mount."""
    folder = tempfile.mkdtemp(prefix="gantry-disk-")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder],
                             capture_output=True, check=False)
    if mounted.returncode != 0:
        os.rmdir(folder)
        pytest.skip("mounting a small disk needs root: " + mounted.stderr.decode().strip())
    yield folder
    subprocess.run(["umount", "-l", folder], check=False)
    os.rmdir(folder)
