"""What `reviewer` does with its arguments: the window for a project, the command line for the rest."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from reviewer import __main__ as program
from reviewer.ui import app


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """The paths with which the window was opened."""
    paths: list[Path | None] = []
    monkeypatch.setattr(app, "run", lambda path: (paths.append(path), 0)[1])
    return paths


def test_no_argument_and_a_project_open_the_window(opened: list[Path | None], tmp_path: Path) -> None:
    odd = tmp_path / "copy of a project"
    odd.write_bytes(b"")
    assert program.main([]) == 0
    assert program.main(["missing.reviewer"]) == 0
    assert program.main([str(odd)]) == 0
    assert opened == [None, Path("missing.reviewer"), odd]


def test_a_file_named_like_a_command_does_not_hide_it(
    opened: list[Path | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "demo").write_bytes(b"")
    assert not program._is_project("demo")
    assert not program._is_project("--help")
    assert opened == []


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a screen")
def test_without_a_screen_it_says_so() -> None:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    run = subprocess.run(
        [sys.executable, "-m", "reviewer"], capture_output=True, text=True, env=environment, timeout=60, check=False
    )
    assert run.returncode == 2
    assert "needs a screen" in run.stderr
