"""A few kills in the middle of each operation; the program beside this file does hundreds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("kill.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the children are forked and killed with SIGKILL")
def test_nothing_acknowledged_is_lost_and_nothing_is_half(tmp_path: Path) -> None:
    # A process of its own, since this one may already hold a window, which no fork survives.
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--times", "39", "--size", "60", "--seed", "4"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "together" in done.stdout
