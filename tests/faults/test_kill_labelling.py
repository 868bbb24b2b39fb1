"""Three kills in the middle of labelling; the program beside this file does twenty."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.faults.kill_labelling import run


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is what the test is about")
def test_no_acknowledged_label_is_lost(tmp_path: Path) -> None:
    assert run(tmp_path, times=3, examples=600, seed=4) > 0
