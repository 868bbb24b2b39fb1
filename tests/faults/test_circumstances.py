"""Each fault around a project once: lost logs, places, clocks, locks and other programs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("circumstances.py")


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_each_circumstance_is_met_as_it_should_be(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
