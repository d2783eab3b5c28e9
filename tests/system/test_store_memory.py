# SPDX-License-Identifier: Apache-2.0
"""The store under a limit on its memory: data many times as large, and everything done to it."""

import os
import resource
import subprocess

import pytest

from gantryd_process import BIN

MIB = 1024 * 1024
PROGRAM = os.path.join(BIN, "store_test")


def run_within(mib):
    """The program may have so much memory of its own (RLIMIT_DATA); what it maps of files is not
    counted, for the system takes that back when it needs it."""
    return subprocess.run(
        [PROGRAM, "--gtest_filter=StoreMemory.*", "--gtest_brief=1"], capture_output=True,
        text=True, timeout=500, check=False,
        env={**os.environ, "GANTRY_MEMORY_TEST_BATCHES": "600"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (mib * MIB, mib * MIB)))


@pytest.mark.skipif(b"__asan_init" in open(PROGRAM, "rb").read(),
                    reason="a program with AddressSanitizer takes memory of its own")
def test_a_store_stays_within_its_memory():
    done = run_within(128)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.skipif(b"__asan_init" in open(PROGRAM, "rb").read(),
                    reason="a program with AddressSanitizer takes memory of its own")
def test_the_limit_is_one_that_can_be_met_or_not():
    assert run_within(16).returncode != 0
