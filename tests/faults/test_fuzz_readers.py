"""A few spoiled files and odd texts for each reader; the program beside this file tries many."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("fuzz_readers.py")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a case that hangs is ended by an alarm")
def test_readers_say_a_sentence_or_read(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--cases", "60", "--seed", "5", "--keep", str(tmp_path / "failed")],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" in done.stdout
