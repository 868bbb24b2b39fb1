"""backup, restore and doctor: what they print for programs, what they say to people, and how they end."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli import app
from reviewer.project import Project

Run = Callable[..., Any]


@pytest.fixture
def run(filled: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the project of twelve examples; gives its JSON, or its words with `plain`."""
    monkeypatch.setattr(app, "NOUNS", ("backup", "doctor", "status"))
    path = str(filled.path)
    filled.search.complete()
    filled.close()

    def command(name: str, *words: str, code: int = 0, plain: bool = False) -> Any:
        assert app.main([name, path, *words, *([] if plain else ["--json"])]) == code
        captured = capsys.readouterr()
        if code == app.EXIT_BAD_INPUT:
            assert captured.out == ""
            return captured.err
        return captured.out if plain else json.loads(captured.out)

    return command


def test_backup_restore_and_back(run: Run, filled: Project) -> None:
    assert "has no backups" in run("restore", code=2)
    assert "has no backups" in run("backup", "--list", plain=True)
    made = run("backup")["made"]
    assert (made["number"], made["reason"], made["counts"]["examples"]) == (1, "hand", 12)
    assert Path(made["file"]).is_file()
    with Project.open(filled.path) as project:
        project.labels.set_verdict(1, project.annotators.get_or_add("Ana"), "pass")
    done = run("restore", "1")
    assert (done["restored"]["number"], done["before_number"]) == (1, 2)
    assert run("status")["labels"] == 0
    assert "To take this back: reviewer restore" in run("restore", plain=True)
    assert run("status")["labels"] == 1
    listed = run("backup", "--list")
    assert listed["made"] is None
    assert [one["number"] for one in listed["backups"]] == [3, 2, 1]
    assert "before a restore" in run("backup", "--list", plain=True)
    assert "no backup “9”" in run("restore", "9", code=2)


def test_doctor_on_a_sound_project(run: Run, filled: Project) -> None:
    before = filled.path.read_bytes()
    found = run("doctor")
    assert (found["ok"], found["findings"], found["backup"]) == (True, [], None)
    assert "all is well" in run("doctor", plain=True)
    assert filled.path.read_bytes() == before
    assert run("doctor", "--repair")["backup"] is None


def test_doctor_finds_mends_and_saves_the_state_before(run: Run, filled: Project) -> None:
    with closing(sqlite3.connect(filled.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM outputs WHERE id = 1")
    found = run("doctor", code=1)
    assert found["ok"] is False
    assert [(one["kind"], one["count"], one["repaired"]) for one in found["findings"]] == [("orphan", 1, 0)]
    assert "--repair" in run("doctor", plain=True, code=1)
    mended = run("doctor", "--repair")
    assert (mended["ok"], mended["findings"][0]["repaired"]) == (True, 1)
    assert Path(mended["backup"]).name.endswith("-repair.reviewer")
    assert run("doctor")["findings"] == []


def test_doctor_and_salvage_of_a_damaged_project(run: Run, filled: Project, tmp_path: Path) -> None:
    with closing(sqlite3.connect(filled.path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        pages = [
            row[0]
            for row in connection.execute(
                "SELECT pageno FROM dbstat WHERE name = 'output_payloads' AND pagetype = 'leaf'"
            )
        ]
    whole = filled.path.read_bytes()
    hurt = bytearray(whole)
    hurt[(pages[-1] - 1) * size : pages[-1] * size] = b"\xaa" * size
    filled.path.write_bytes(hurt)
    found = run("doctor", code=1)
    assert [one["kind"] for one in found["findings"]] == ["damaged"]
    assert "--salvage" in run("doctor", plain=True, code=1)
    out = tmp_path / "out.reviewer"
    got = run("doctor", "--salvage", str(out))
    assert got["ok"] is False
    assert got["tables"]["examples"] == {"read": 12, "lost": 0, "orphaned": 0}
    lost = got["tables"]["output_payloads"]["lost"]
    assert 0 < lost <= 36
    assert got["lost"] == lost
    assert filled.path.read_bytes() == hurt
    assert "exists already" in run("doctor", "--salvage", str(out), code=2)
    with Project.open(out) as opened:
        assert opened.examples.status()["examples"] == 12
        assert {one.kind: one.count for one in opened.examine().findings} == {"text_missing": lost}
    filled.path.write_bytes(b"\0" * 100 + whole[100:])
    assert "not a Reviewer project" in run("doctor", code=2)
