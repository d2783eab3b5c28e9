# SPDX-License-Identifier: Apache-2.0
"""Real recordings, which are not part of the project; a test without them is skipped."""

import os
import pathlib

import pytest

CHECKOUT = pathlib.Path(__file__).parents[2]
FOLDER = pathlib.Path(os.environ.get("GANTRY_RECORDINGS", CHECKOUT.parent / "shared" / "data"))


def recording(name):
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"the recording {name} is not in {FOLDER}; GANTRY_RECORDINGS names the folder")
    return path


def machine_temperature():
    """22,695 rows of the Numenta Anomaly Benchmark: one step back in time, 12 times repeated."""
    return recording("nab/machine_temperature_system_failure.csv")
