"""The four rooms in the house: each opens, keeps its place, follows the others, and goes with its project."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter
from pytestqt.qtbot import QtBot

from reviewer.project import Project
from reviewer.store.history import Changes
from reviewer.ui import actions
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.triage import TriageRoom
from reviewer.ui.widgets.reading_view import ReadingView


def test_every_room_opens_and_says_something(window: MainWindow, qtbot: QtBot) -> None:
    for number, room_id in enumerate(actions.ROOMS, start=1):
        qtbot.keyClick(window, Qt.Key(Qt.Key.Key_0 + number), Qt.KeyboardModifier.ControlModifier)
        assert window.room is not None
        assert window.room.room_id == room_id
        assert window.room.title == actions.plain_title(actions.by_id(f"view.{room_id}"))


def test_every_action_of_a_room_has_its_handler(window: MainWindow) -> None:
    handled: set[str] = set()
    for room_id in actions.ROOMS:
        room = window.go_to_room(room_id)
        assert room is not None
        ids = set(room.commands())
        assert ids <= {spec.id for spec in actions.ACTIONS}, room_id
        handled |= ids
    window.refresh_actions()
    own = set(window._own.table)
    assert {spec.id for spec in actions.ACTIONS} - handled - own == set()


def test_rendered_or_source_is_one_choice_for_all_rooms(window: MainWindow) -> None:
    settings = window.session.settings
    for room_id in ("examples", "triage", "curate"):
        assert window.go_to_room(room_id) is not None
    window.run_action("view.source")
    assert settings.get("text_view") == "source"
    for room_id in ("examples", "triage", "curate"):
        room = window.go_to_room(room_id)
        assert room is not None
        window.refresh_actions()
        assert window.actions_by_id["view.source"].isChecked(), room_id
        assert {view.mode for view in room.findChildren(ReadingView)} == {"source"}
    window.run_action("view.source")
    assert settings.get("text_view") == "rendered"


def test_splitters_keep_their_place(window: MainWindow, qtbot: QtBot) -> None:
    room = window.go_to_room("examples")
    assert room is not None
    splitter = next(found for found in room.findChildren(QSplitter) if found.objectName().startswith("examples."))
    before = splitter.sizes()
    splitter.moveSplitter(before[0] + 30, 1)
    key = splitter.objectName()
    qtbot.waitUntil(lambda: key in window.session.settings.get("layout"))


def test_garbage_for_splitters_does_no_harm(window: MainWindow, empty_project_file: Path, tmp_path: Path) -> None:
    names = {
        splitter.objectName()
        for room_id in actions.ROOMS
        if (room := window.go_to_room(room_id)) is not None
        for splitter in room.findChildren(QSplitter)
        if splitter.objectName()
    }
    assert len(names) >= 3
    window.session.settings.set("layout", dict.fromkeys(names, "AAAA/wAAAAEAAAAC§§"))
    other = tmp_path / "other.reviewer"
    other.write_bytes(empty_project_file.read_bytes())
    assert window.session.open(other)
    for room_id in actions.ROOMS:
        room = window.go_to_room(room_id)
        assert room is not None
        for splitter in room.findChildren(QSplitter):
            assert all(size >= 0 for size in splitter.sizes())
    window.session.close()


def test_undo_leads_back_to_the_room_and_the_example(window: MainWindow, filled: Project) -> None:
    session = window.session
    example_id = filled.examples.by_key("case-0007").id

    def act() -> Changes:
        with filled.database.action("Flag", session.annotator_id, room="curate", focus=example_id) as action:
            action.update("examples", example_id, flagged=1)
        return action.changes

    session.perform(act)
    window.go_to_room("compare")
    window.run_action("edit.undo")
    assert window.room is not None
    assert window.room.room_id == "curate"


@pytest.mark.parametrize("room_id", actions.ROOMS)
def test_a_room_goes_with_its_project(
    window: MainWindow, room_id: str, empty_project_file: Path, tmp_path: Path
) -> None:
    room = window.go_to_room(room_id)
    assert room is not None
    other = tmp_path / "other.reviewer"
    other.write_bytes(empty_project_file.read_bytes())
    assert window.session.open(other)
    assert room_id not in window.rooms or window.rooms[room_id] is not room
    shown = window.go_to_room(room_id)
    assert shown is not None
    assert shown is not room
    window.refresh_actions()
    window.session.close()


def test_the_demo_is_written_once_and_opened(first_window: MainWindow, qtbot: QtBot) -> None:
    session = first_window.session
    first_window.run_action("help.demo")
    qtbot.waitUntil(lambda: session.project is not None, timeout=60_000)
    project = session.project
    assert project is not None
    assert project.examples.count() >= 240
    folder = project.path.parent
    assert not folder.with_name("demo.part").exists()
    written = project.path.stat().st_ino
    first_window.run_action("file.close")
    first_window.run_action("help.demo")
    qtbot.waitUntil(lambda: session.project is not None, timeout=60_000)
    assert session.project is not None
    assert session.project.path.stat().st_ino == written


def test_a_note_being_typed_is_told_about_and_outlives_the_window(
    window: MainWindow, qtbot: QtBot, filled: Project
) -> None:
    room = window.go_to_room("triage")
    assert isinstance(room, TriageRoom)
    qtbot.waitUntil(lambda: room.reading is not None)
    qtbot.keyClick(room.view, Qt.Key.Key_F)
    assert window.status.saved_word.text() == "Saved"
    qtbot.keyClicks(room.column.note, "wrong day")
    assert window.status.saved_word.text() == "Not saved yet"
    path = filled.path
    window.close()
    with Project.open(path, read_only=True) as again, again.database.read() as connection:
        assert [row["note"] for row in connection.execute("SELECT note FROM labels")] == ["wrong day"]
