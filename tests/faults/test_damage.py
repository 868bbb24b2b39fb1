"""A few damaged pages, and what opening, doctor and salvage make of them; the program beside this file does many."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).with_name("damage.py")


def test_damage_is_noticed_counted_and_survived(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--times", "12", "--size", "40"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 trials" in done.stdout
