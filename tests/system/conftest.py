# SPDX-License-Identifier: Apache-2.0
"""Lets the tests find the packages of requirements.txt, where ./dev has installed them."""

import pathlib
import sys

PACKAGES = pathlib.Path(__file__).resolve().parents[2] / "build" / "python"
if PACKAGES.is_dir():
    sys.path.append(str(PACKAGES))
