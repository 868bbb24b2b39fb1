"""From an expired reference to the next version, as a person goes: queue, key, undo, freeze; the clock is faked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from reviewer.project import Project
from reviewer.store.database import now_ms
from reviewer.triage import truths
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.curate import CurateRoom
from reviewer.ui.rooms.curate.freeze_dialog import FreezeDialog
from reviewer.ui.rooms.curate.references_page import ReferencesPage

DAY = 86_400_000
CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let so many days pass."""
    passed = [0]

    def go(days: int) -> None:
        passed[0] += days

    monkeypatch.setattr(truths, "now_ms", lambda: now_ms() + passed[0] * DAY)
    return go


@pytest.fixture
def room(window: MainWindow, project: Project) -> CurateRoom:
    """The room with three members of core, whose references hold for thirty days."""
    ids = project.slices.ids_of(["case-0000", "case-0001", "case-0002"])
    who = window.session.annotator_id
    project.slices.assign(ids, "core", annotator_id=who)
    project.references.set_shelf(ids, 30, annotator_id=who)
    found = window.go_to_room("curate")
    assert isinstance(found, CurateRoom)
    return found


def press(qtbot: QtBot, window: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier | None = None) -> None:
    if QApplication.activeWindow() is None:
        assert [one for one in QApplication.topLevelWidgets() if one.isVisible()] == [window]
    window.activateWindow()
    QApplication.processEvents()
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifiers or Qt.KeyboardModifier.NoModifier)


def page_of(room: CurateRoom) -> ReferencesPage:
    page = room.aside.current()
    assert isinstance(page, ReferencesPage)
    return page


def freeze(room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot) -> tuple[str, set[str]]:
    """Freeze by keys; returns what the dialog said was not met, and who is in the version."""
    room.show_slices()
    before = len(project.versions.list())
    window.run_action("curate.freeze")
    qtbot.waitUntil(lambda: isinstance(QApplication.activeModalWidget(), FreezeDialog))  # near-duplicates come first
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, FreezeDialog)
    said = " ".join(item.told for item in dialog._check.unmet)
    dialog.name.setEditText("refunds")
    dialog.reason.setText("few of them")
    dialog.yes.click()
    qtbot.waitUntil(lambda: room.pages.currentWidget() is room.versions)
    assert len(project.versions.list()) == before + 1
    version = max(project.versions.list(), key=lambda item: item.number)
    return said, {record["id"] for record in project.versions.records(version)}


def test_expired_references_leave_the_gating_slice_until_they_are_confirmed(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot, later: Callable[[int], None]
) -> None:
    all_three = {"case-0000", "case-0001", "case-0002"}
    said, members = freeze(room, window, project, qtbot)
    assert "shelf life" not in said
    assert members == all_three

    window.run_action("curate.references")
    assert page_of(room).finding.text() == "Nothing is due"
    room.show_slices()

    later(31)
    window.run_action("curate.references")  # nothing was changed meanwhile: the time alone has passed
    page = page_of(room)
    assert page.finding.text() == "3 expired, 0 within two weeks"
    assert room.cards["core"].count.text() == "0"
    assert "3 with an expired reference, not counted" in room.cards["core"].expired.text()
    window.activateWindow()
    QApplication.processEvents()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is page.table)

    press(qtbot, window, Qt.Key.Key_H)
    assert page.finding.text() == "2 expired, 0 within two weeks"
    assert room.cards["core"].count.text() == "1"
    press(qtbot, window, Qt.Key.Key_Z)
    assert page.isVisible()
    assert page.finding.text() == "3 expired, 0 within two weeks"
    assert room.cards["core"].count.text() == "0"
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ShiftModifier)
    assert room.cards["core"].count.text() == "1"

    said, members = freeze(room, window, project, qtbot)
    assert "2 examples have a reference past its shelf life" in said
    assert "would be left out, because the slice gates" in said
    assert "Confirm, replace or exclude them" in said
    assert len(members) == 1

    window.run_action("curate.references")
    press(qtbot, window, Qt.Key.Key_A, CTRL)
    press(qtbot, window, Qt.Key.Key_H)
    assert page.finding.text() == "Nothing is due"
    said, members = freeze(room, window, project, qtbot)
    assert "shelf life" not in said
    assert members == all_three


def test_what_expires_while_the_window_stands_open_is_told_by_the_freeze(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot, later: Callable[[int], None]
) -> None:
    assert room.cards["core"].count.text() == "3"
    later(31)
    window.run_action("curate.freeze")
    assert QApplication.activeModalWidget() is None
    said = " ".join(label.text() for label in window.findChildren(QLabel))
    assert "All 3 examples in the slices have a reference past its shelf life: confirm it first, Ctrl+Alt+H." in said
    other = project.slices.ids_of(["case-0003"])
    window.session.tell_changes(project.slices.assign(other, "core", annotator_id=window.session.annotator_id))
    said, members = freeze(room, window, project, qtbot)
    assert "3 examples have a reference past its shelf life" in said
    assert members == {"case-0003"}
