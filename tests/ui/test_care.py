"""Backups, restore, check and salvage in the window; what is pointed out, and what a drive that is gone keeps."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from reviewer.project import Project
from reviewer.store import backup, lock, place
from reviewer.store.place import Notice
from reviewer.ui import session as sessions
from reviewer.ui.dialogs.check_dialog import CheckDialog
from reviewer.ui.dialogs.restore_dialog import RestoreDialog
from reviewer.ui.main_window import MainWindow


def shown(kind: type[QDialog]) -> QDialog | None:
    """The dialog of a kind that is shown."""
    return next((box for box in QApplication.topLevelWidgets() if isinstance(box, kind) and box.isVisible()), None)


def press(dialog: QDialog, name: str) -> None:
    """Press a button of a dialog."""
    button = next(one for one in dialog.findChildren(QPushButton) if one.text() == name)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def words(dialog: QDialog) -> str:
    return " ".join(label.text() for label in dialog.findChildren(QLabel))


def idle(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not [one for one in window.session.tasks.running if not one.quiet], timeout=20_000)


def banners(window: MainWindow) -> dict[str, str]:
    return {one.kind: one.words.text() for one in window.banners.shown}


def labels(window: MainWindow) -> int:
    assert window.session.project is not None
    return int(window.session.project.examples.status()["labels"])


def test_backup_restore_and_back_by_keys(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    project = session.project
    assert project is not None
    window.run_action("file.backup")
    idle(window, qtbot)
    assert [one.reason for one in project.backups()] == ["hand"]
    project.labels.set_verdict(1, session.annotator_id, "pass")
    window.run_action("file.restore")
    dialog = shown(RestoreDialog)
    assert isinstance(dialog, RestoreDialog)
    qtbot.waitUntil(lambda: dialog.table.item(0, 3).text() == "12", timeout=5000)
    assert dialog.table.item(0, 1).text() == "by hand"
    assert dialog.table.item(0, 5).text() == "0"
    QTest.keyClick(dialog.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.project is not None and session.project is not project, timeout=20_000)
    assert labels(window) == 0
    assert "as it was on" in banners(window)["restored"]
    window.banners.shown[0].buttons[0].click()
    restored = session.project
    qtbot.waitUntil(lambda: session.project is not None and session.project is not restored, timeout=20_000)
    assert labels(window) == 1


def test_a_restore_that_fails_opens_the_project_as_it_was(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    project = session.project
    assert project is not None
    project.labels.set_verdict(1, session.annotator_id, "pass")
    saved = project.back_up()
    saved.write_bytes(saved.read_bytes()[:5000])
    window.run_action("file.restore")
    dialog = shown(RestoreDialog)
    assert isinstance(dialog, RestoreDialog)
    qtbot.waitUntil(lambda: dialog.table.item(0, 3).text() == "unreadable", timeout=5000)
    press(dialog, "Restore")
    qtbot.waitUntil(lambda: session.project is not None and session.project is not project, timeout=20_000)
    assert labels(window) == 1


def test_a_sound_project_is_well(window: MainWindow, qtbot: QtBot) -> None:
    window.run_action("tools.check")
    qtbot.waitUntil(lambda: shown(CheckDialog) is not None, timeout=20_000)
    dialog = shown(CheckDialog)
    assert dialog is not None
    assert "All is well with test." in words(dialog)
    dialog.close()


def test_what_is_found_can_be_repaired(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project is not None
    with closing(sqlite3.connect(project.path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM outputs WHERE id = 3")
    window.run_action("tools.check")
    qtbot.waitUntil(lambda: shown(CheckDialog) is not None, timeout=20_000)
    dialog = shown(CheckDialog)
    assert isinstance(dialog, CheckDialog)
    assert dialog.table.item(0, 1).text() == "1"
    press(dialog, "Repair")
    qtbot.waitUntil(lambda: shown(CheckDialog) not in (None, dialog), timeout=20_000)
    again = shown(CheckDialog)
    assert again is not None
    assert "is repaired" in words(again)
    assert project.backups()[0].reason == "repair"
    again.close()


def test_the_backup_after_a_day_is_made_beside_the_work(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = window.session.project
    assert project is not None
    monkeypatch.setattr(Project, "backup_due", lambda self: not self.backups())
    window._own.care.after_opening(project)
    idle(window, qtbot)
    assert [one.reason for one in project.backups()] == ["day"]


def test_a_backup_that_finds_no_room_says_so(window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    project = window.session.project
    assert project is not None
    monkeypatch.setattr(Project, "backup_due", lambda self: True)
    backup.folder(project.path).write_text("a file in the place of the folder")
    window._own.care.after_opening(project)
    qtbot.waitUntil(lambda: "backup" in banners(window), timeout=10_000)
    assert "could not be made" in banners(window)["backup"]


def test_a_damaged_project_offers_backups_and_salvage(
    first_window: MainWindow, filled: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    path = filled.path
    filled.back_up()
    filled.close()
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'sources'").fetchone()[0]
    with path.open("rb+") as handle:
        handle.seek((page - 1) * size)
        handle.write(b"\xff" * size)
    first_window.session.open(path)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    assert {"Restore a backup…", "Salvage…"} <= {one.text() for one in dialog.findChildren(QPushButton)}
    dialog.close()
    out = tmp_path / "out.reviewer"
    first_window._own.care.salvage_to(path, out)
    qtbot.waitUntil(out.exists, timeout=20_000)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None, timeout=5000)
    told = QApplication.activeModalWidget()
    assert isinstance(told, QDialog)
    assert "rows were read into out.reviewer" in words(told)
    press(told, "Open it")
    assert first_window.session.project is not None
    assert first_window.session.project.path == out


def test_a_header_overwritten_offers_the_backups(first_window: MainWindow, filled: Project, qtbot: QtBot) -> None:
    path = filled.path
    filled.back_up()
    filled.close()
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    session = first_window.session
    session.open(path)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    assert "is not a Reviewer project" in words(dialog)
    press(dialog, "Restore a backup…")
    choose = shown(RestoreDialog)
    assert choose is not None
    press(choose, "Restore")
    qtbot.waitUntil(lambda: session.project is not None, timeout=20_000)
    assert "The damaged file that was there is kept in" in banners(first_window)["restored"]


def test_a_lost_log_is_pointed_out_and_the_file_looked_through(
    first_window: MainWindow, filled: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    copy = tmp_path / "copied.reviewer"
    filled.annotators.get_or_add("Ben")
    copy.write_bytes(filled.path.read_bytes())
    filled.close()
    first_window.session.open(copy)
    qtbot.waitUntil(lambda: "found nothing wrong" in banners(first_window).get("log_missing", ""), timeout=20_000)
    assert "copied.reviewer-wal" in banners(first_window)["log_missing"]
    first_window.banners.shown[0].cross.click()
    assert banners(first_window) == {}
    assert not first_window.banners.isVisible()


def test_where_nothing_can_be_written_the_project_opens_for_reading(
    first_window: MainWindow, filled: Project, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled.path
    filled.search.complete()
    filled.close()
    for module in (lock, place):
        monkeypatch.setattr(module, "writable", lambda _path: False)
    content = path.read_bytes()
    session = first_window.session
    assert session.open(path)
    qtbot.waitUntil(lambda: "read_only" in banners(first_window), timeout=5000)
    assert "open for reading only" in banners(first_window)["read_only"]
    for room in ("examples", "triage", "curate", "compare"):
        first_window.go_to_room(room)
        QApplication.processEvents()
        assert QApplication.activeModalWidget() is None, room
    first_window.go_to_room("triage")
    first_window.run_action("triage.pass")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    assert "reading only" in words(dialog)
    dialog.close()
    session.close()
    assert path.read_bytes() == content


def test_warnings_of_a_place_are_shown(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project is not None
    project.notices = (Notice("network", "On a network drive."), Notice("synced", "In a synced folder."))
    window._own.care.after_opening(project)
    assert banners(window) == {"network": "On a network drive.", "synced": "In a synced folder."}
    window.session.close()
    assert banners(window) == {}


def test_a_drive_that_is_gone_pauses_the_work_and_keeps_what_was_typed(window: MainWindow, qtbot: QtBot) -> None:
    project = window.session.project
    assert project is not None
    window.go_to_room("triage")
    room = window.room
    assert room is not None
    room.column.note.setPlainText("typed before the drive went")  # type: ignore[attr-defined]
    away = project.path.with_name("away.reviewer")
    project.path.rename(away)
    window.run_action("triage.pass")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    assert "is not there any more" in words(dialog)
    dialog.close()
    assert room.column.note.toPlainText() == "typed before the drive went"  # type: ignore[attr-defined]
    away.rename(project.path)
    window.run_action("triage.pass")
    assert QApplication.activeModalWidget() is None
    assert labels(window) == 1


def test_a_project_that_a_command_has_open_is_waited_for(
    first_window: MainWindow, filled: Project, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = first_window.session
    assert not session.open(filled.path)
    assert QApplication.activeModalWidget() is None
    filled.close()
    qtbot.waitUntil(lambda: session.project is not None, timeout=5000)
    session.close()
    monkeypatch.setattr(sessions, "LOCK_PATIENCE_S", 0.3)
    with Project.open(filled.path):
        session.open(filled.path)
        qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None, timeout=5000)
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        assert "open in another Reviewer window or command" in words(dialog)
