"""Text that no file can hold, as a terminal hands it over: refused in a sentence, wherever it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.cli.app import main
from reviewer.compare.protocol import Protocol
from reviewer.errors import InputError
from reviewer.project import Project

ODD = "s\udcff"


@pytest.mark.parametrize(
    "words",
    [
        ("study", "new", "P", ODD, "--base", "base", "--tuned", "tuned"),
        ("study", "new", "P", "first", "--base", ODD, "--tuned", "tuned"),
        ("study", "new", "P", "first", "--base", "base", "--tuned", "tuned", "--annotator", ODD),
        ("slices", "assign", "P", "core", "--id", ODD),
        ("slices", "assign", "P", "core", "--where", f"workflow:{ODD}"),
        ("freeze", "P", "set", "--note", ODD),
        ("export", "P", ODD, "--to", "reviewer", "--out", "out"),
        ("search", "P", ODD),
        ("triage", "P", "--variant", ODD),
        ("labels", "import", "P", "none", f"--annotator={ODD}"),
        ("import", "P", "none", "--variant", ODD),
    ],
)
def test_an_argument_that_is_no_text(
    filled: Project, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    filled.close()
    assert main([str(filled.path) if word == "P" else word for word in words]) == 2
    said = capsys.readouterr().err
    assert "is not valid text" in said
    assert "\\udcff" in said


def test_text_that_gets_past_the_command_line(filled: Project, tmp_path: Path) -> None:
    """Whatever room binds it, the store refuses it in words, and nothing of the transaction stays."""
    for attempt in (
        lambda: filled.studies.create("a\ud800", "base", "tuned", protocol=Protocol.bare()),
        lambda: filled.studies.get("a\ud800"),
        lambda: filled.annotators.get_or_add("a\ud800"),
    ):
        with pytest.raises(InputError, match="lone surrogate"):
            attempt()
    assert not filled.studies.list()
