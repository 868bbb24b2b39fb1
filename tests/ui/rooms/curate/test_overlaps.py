"""Near-duplicates and leaks in the Curate room, driven by keys over a real project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from reviewer.formats.conversation import Message
from reviewer.project import Project
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.curate import CurateRoom
from reviewer.ui.rooms.curate.overlaps import ScanDialog
from reviewer.ui.rooms.curate.side_by_side import shared
from reviewer.ui.tasks import TaskHandle
from tests.rows import add_example
from tests.ui.test_accessible import guessing_labels, nameless


@pytest.fixture
def room(window: MainWindow, project: Project, qtbot: QtBot) -> CurateRoom:
    """The room over twelve examples, two of which are there again in other words, already found."""
    with project.database.transaction() as connection:
        for number, key in ((3, "again-3"), (4, "again-4")):
            asked = (
                f"Hello! question {number} about {('refunds', 'billing', 'visits')[number % 3]}: what happens to order"
            )
            add_example(
                connection, key=key, messages=[Message("user", f"{asked} {1000 + number}? Thank you very much.")]
            )
    project.duplicates.find()
    room = window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    room.examples.table.setFocus()
    return room


def _press(qtbot: QtBot, window: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier or Qt.KeyboardModifier.NoModifier)


def _answer(qtbot: QtBot, room: CurateRoom, words: str) -> None:
    dialog = room.overlaps.dialog
    assert dialog is not None
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.setText(words)
    qtbot.keyClick(field, Qt.Key.Key_Return)


def _is_loud(handle: TaskHandle) -> bool:
    """Quick look-ups of the list end now and then as well."""
    return not handle.quiet


def _slices(project: Project) -> dict[str, str]:
    return {row.key: row.slice for row in project.slices.listing.open().page() if row.slice}


def test_groups_are_decided_by_keys_and_taken_back(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    page = room.overlaps.duplicates
    _press(qtbot, window, Qt.Key.Key_D)
    assert room.pages.currentWidget() is page
    assert page.finding.text() == "2 groups wait for a decision"
    assert page.group is not None
    assert page.group.keys == ("case-0003", "again-3")
    assert page.side.left.head.text().startswith("case-0003")
    assert "Hello!" in page.side.right.view.text
    assert page.side.places
    _press(qtbot, window, Qt.Key.Key_Period)
    assert page.side.right.view.selected_span() is not None
    _press(qtbot, window, Qt.Key.Key_K)
    _answer(qtbot, room, "both are frequent")
    assert page.finding.text() == "1 group waits for a decision"
    assert "1 kept." in page.about.text()
    # What waits comes first, so the place is at the next one.
    assert page.group is not None
    assert page.group.keys == ("case-0004", "again-4")
    _press(qtbot, window, Qt.Key.Key_M)
    _answer(qtbot, room, "asked twice")
    assert project.examples.by_key("case-0004").excluded
    assert not project.examples.by_key("again-4").excluded
    assert page.finding.text() == "0 groups wait for a decision"
    _press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not project.examples.by_key("case-0004").excluded
    assert room.pages.currentWidget() is page
    assert page.group is not None
    assert page.group.keys == ("case-0004", "again-4")
    _press(qtbot, window, Qt.Key.Key_X)
    _answer(qtbot, room, "noise")
    assert project.examples.by_key("again-4").exclude_reason == "noise"
    _press(qtbot, window, Qt.Key.Key_Escape)
    assert room.pages.currentWidget() is room.bench


def test_a_split_group_is_put_into_one_slice_from_its_page(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    ana = window.session.annotator_id
    ids = [project.examples.by_key(key).id for key in ("case-0003", "again-3", "case-0000")]
    with project.database.action("split", ana) as action:
        for example_id, name in zip(ids, ("core", "edge", "core"), strict=True):
            action.insert("slice_members", example_id=example_id, slice=name, assigned_ms=1)
    window.session.tell_changes(action.changes)
    assert room.next_version.buttons["split"].text() == "1 group split"
    assert room.next_version.buttons["duplicate"].text() == "1 group of near-duplicates"
    room.next_version.buttons["split"].click()
    page = room.overlaps.duplicates
    assert room.pages.currentWidget() is page
    assert page.finding.text() == "2 groups wait for a decision, 1 lies in several slices"
    _press(qtbot, window, Qt.Key.Key_C)
    assert _slices(project) == {"case-0003": "core", "again-3": "core", "case-0000": "core"}
    assert page.group is not None
    assert not page.group.split
    assert "split" not in room.next_version.buttons


def test_new_examples_are_compared_when_the_page_opens(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    with project.database.transaction() as connection:
        add_example(
            connection, key="new", messages=[Message("user", "QUESTION 5 about visits: what happens to order 1005?")]
        )
    page = room.overlaps.duplicates
    with qtbot.waitSignal(window.session.tasks.ended, timeout=20_000, check_params_cb=_is_loud):
        _press(qtbot, window, Qt.Key.Key_D)
        assert "1 example is new" in page.about.text()
    assert page.finding.text() == "3 groups wait for a decision"
    assert project.duplicates.pending() == 0


def test_a_training_file_is_scanned_shown_and_waived(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    ana = window.session.annotator_id
    ids = [project.examples.by_key(key).id for key in ("case-0005", "case-0006")]
    window.session.tell_changes(project.slices.assign(ids, "core", annotator_id=ana))
    page = room.overlaps.leaks
    _press(qtbot, window, Qt.Key.Key_L)
    assert room.pages.currentWidget() is page
    assert "No training file was scanned yet" in page.empty.text()
    training = tmp_path / "tune.jsonl"
    asked = "A customer wrote: question 5 about visits: what happens to order 1005? Please answer."
    rows = [{"text": "Nothing."}, {"text": asked}, {"text": "Question 7 about billing: what happens to order 1007?"}]
    training.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    room.overlaps.ask_format(training)
    dialog = room.overlaps.dialog
    assert isinstance(dialog, ScanDialog)
    assert nameless(dialog) == []
    with qtbot.waitSignal(window.session.tasks.ended, timeout=20_000, check_params_cb=_is_loud):
        dialog.accept()
    assert page.finding.text() == "1 example in the slices overlaps and is not waived; 1 outside them"
    assert "tune.jsonl: 3 lines against 14 examples" in page.about.text()
    assert "core 1 of 2: 50.0% [9.5%–90.5%]" in page.about.text()
    leak = page.leak
    assert leak is not None
    assert (leak.key, leak.line, leak.kind) == ("case-0005", 2, "overlap")
    assert page.side.left.head.text() == "case-0005, its input  ·  core"
    assert page.side.right.head.text() == "tune.jsonl, line 2"
    (place,) = page.side.places
    assert asked[slice(*place[1])] == "question 5 about visits: what happens to order 1005"
    assert room.next_version.buttons["leak"].text() == "1 leak"
    with qtbot.waitActive(window):  # the dialog has gone
        window.activateWindow()
    assert page.table.hasFocus()
    _press(qtbot, window, Qt.Key.Key_Y)
    _answer(qtbot, room, "a public question")
    assert page.leak is not None
    assert page.leak.waiver == "a public question"
    assert "leak" not in room.next_version.buttons
    assert room.action_title("curate.waive") == "Take the &waiver back"
    _press(qtbot, window, Qt.Key.Key_Y)
    assert page.leak.waiver == ""
    _press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.leak.waiver == "a public question"
    assert room.pages.currentWidget() is page
    _press(qtbot, window, Qt.Key.Key_Delete)
    assert _slices(project) == {"case-0006": "core"}
    window.run_action("curate.set_scan_aside")
    _answer(qtbot, room, "it is not trained on")
    assert "Set aside: tune.jsonl" in page.empty.text()
    assert nameless(room) == []
    assert guessing_labels(room) == []


def test_shared_words_are_runs_in_both_texts() -> None:
    left, right = "The Old Meter needs a new battery.", "Well: the old meter needs (a) battery now"
    assert [(left[slice(*a)], right[slice(*b)]) for a, b in shared(left, right) or []] == [
        ("The Old Meter needs a", "the old meter needs (a")
    ]
    assert shared("a " * 5_000, "b") is None
