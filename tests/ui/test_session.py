"""The session: open, perform, undo and who is working."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reviewer.errors import ConflictError
from reviewer.project import Project
from reviewer.store.history import Changes
from reviewer.ui.session import Session


def flag(project: Project, session: Session, example_id: int) -> Changes:
    with project.database.action("Flag", session.annotator_id, room="examples", focus=example_id) as action:
        action.update("examples", example_id, flagged=1)
    return action.changes


def test_perform_tells_what_changed_after_the_commit(session: Session, filled: Project, qtbot: QtBot) -> None:
    session.adopt(filled)
    seen = []

    def look(changes: Changes) -> None:
        other = Project.open(filled.path, read_only=True)
        with other.database.read() as connection:
            seen.append((changes.title, connection.execute("SELECT sum(flagged) FROM examples").fetchone()[0]))
        other.close()

    session.changed.connect(look)
    session.perform(lambda: flag(filled, session, 1))
    assert seen == [("Flag", 1)]


def test_perform_shows_an_error_and_tells_nobody(session: Session, filled: Project, qtbot: QtBot) -> None:
    session.adopt(filled)
    seen: list[object] = []
    session.changed.connect(seen.append)

    def refuse() -> Changes:
        raise ConflictError("The study is sealed. Close it first.")

    assert session.perform(refuse) is None
    assert seen == []
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    assert dialog.accessibleName() == "The study is sealed."
    dialog.close()


def test_a_bug_is_not_taken_for_an_error(session: Session, filled: Project) -> None:
    session.adopt(filled)

    def break_down() -> Changes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        session.perform(break_down)


def test_undo_goes_where_the_action_was(session: Session, filled: Project) -> None:
    session.adopt(filled)
    session.perform(lambda: flag(filled, session, 7))
    went: list[tuple[str, object]] = []
    session.navigate.connect(lambda room, example: went.append((room, example)))
    assert filled.undo_title(session.annotator_id) == "Flag"
    session.undo()
    assert went == [("examples", 7)]
    assert not filled.examples.get(7).flagged
    session.redo()
    assert filled.examples.get(7).flagged


def test_the_annotator_joins_the_project_when_first_needed(session: Session, project: Project) -> None:
    session.adopt(project)
    assert [annotator.name for annotator in project.annotators.list()] == []
    ana = session.annotator_id
    session.set_annotator("  Bo   Berg ")
    assert session.annotator_name == "Bo Berg"
    assert session.annotator_id != ana
    assert [annotator.name for annotator in project.annotators.list()] == ["Ana", "Bo Berg"]
    assert session.settings.get("annotator") == "Bo Berg"


def test_the_first_name_takes_the_place_of_the_systems(session: Session, project: Project) -> None:
    session.settings.reset("annotator")
    session.adopt(project)
    stand_in = session.annotator_id
    session.set_annotator("Carla Conti")
    assert session.annotator_id == stand_in
    assert [annotator.name for annotator in project.annotators.list()] == ["Carla Conti"]
    session.set_annotator("Dov")
    assert [annotator.name for annotator in project.annotators.list()] == ["Carla Conti"]
    assert session.annotator_id != stand_in


def test_a_file_that_is_no_project_is_refused_and_the_open_one_stays(
    session: Session, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    session.adopt(project)
    empty = tmp_path / "zero.reviewer"
    empty.write_bytes(b"")
    assert not session.open(empty)
    assert session.project is project
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    assert "empty" in dialog.accessibleName()
    dialog.close()


def test_recent_projects_are_ten_at_most(session: Session, tmp_path: Path) -> None:
    for number in range(13):
        session.remember_recent(tmp_path / f"{number}.reviewer")
    recent = session.settings.get("recent")
    assert len(recent) == 10
    assert recent[0].endswith("12.reviewer")
