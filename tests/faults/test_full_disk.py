"""A full disk a few times in each operation; the program beside this file does it as often as it is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("full_disk.py")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="tmpfs and RLIMIT_FSIZE as Linux has them")
@pytest.mark.parametrize(
    "options", [["--times", "2"], ["--times", "2", "--limit", "--operation", "labelling", "--operation", "backup"]]
)
def test_a_full_disk_loses_nothing_and_says_so(tmp_path: Path, options: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *options, "--size", "40"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "labelling" in done.stdout
