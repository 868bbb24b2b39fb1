"""Correcting an input in the window, by keys: old beside new, what it will do, one action, undone exactly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from reviewer.compare.protocol import Protocol
from reviewer.formats.conversation import Message, ToolCall
from reviewer.intake.filters import Filter
from reviewer.project import Project
from reviewer.ui.dialogs.correction_dialog import CorrectionDialog, consequences
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.examples.room import ExamplesRoom
from reviewer.ui.rooms.triage import TriageRoom
from tests.ui.rooms.triage.conftest import here
from tests.ui.test_accessible import guessing_labels, nameless, unreachable_buttons

CTRL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def room(window: MainWindow, qtbot: QtBot) -> ExamplesRoom:
    """The Examples room with its first example at hand."""
    found = window.go_to_room("examples")
    assert isinstance(found, ExamplesRoom)
    qtbot.waitUntil(lambda: found.table.current_id() is not None)
    found.table.select(0)
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    found.table.setFocus()
    return found


@pytest.fixture
def opened(window: MainWindow, room: ExamplesRoom) -> CorrectionDialog:
    """The dialog over it, opened by its key."""
    QTest.keyClick(room.table, Qt.Key.Key_F2)
    return dialog_of()


def dialog_of() -> CorrectionDialog:
    QApplication.processEvents()
    found = QApplication.activeModalWidget()
    assert isinstance(found, CorrectionDialog), getattr(getattr(found, "rest", None), "text", str)()
    return found


def write(dialog: CorrectionDialog, text: str) -> None:
    """Type at the end of the part that is shown."""
    field = dialog.change.text
    QTest.keyClick(field, Qt.Key.Key_End, CTRL)
    QTest.keyClicks(field, text)
    dialog.change.mark()
    dialog.foresee()


def test_a_correction_by_keys_and_its_undo(
    window: MainWindow, room: ExamplesRoom, opened: CorrectionDialog, filled: Project
) -> None:
    example = filled.examples.by_key("case-0000")
    who = window.session.annotator_id
    filled.labels.set_verdict(example.outputs[0].id, who, "pass")
    before = example.messages[-1].content
    assert opened.windowTitle() == "Correct the input of case-0000"
    assert opened.parts.currentItem().text() == "2  User"
    assert opened.change.was.text == opened.change.text.toPlainText() == before
    assert opened.outcome.text() == "Nothing is changed yet."
    assert not opened.keep.isEnabled()
    write(opened, " And if it is late?")
    assert opened.parts.currentItem().text() == "2  User  · changed"
    assert opened.change.counted.text() == "1 place changed"
    (mark,) = opened.change.text.extraSelections()
    assert mark.cursor.selectedText() == "And if it is late?"
    told = opened.outcome.text()
    assert "This becomes revision 2 of the input. The 3 answers of prod, base and tuned are marked as made for" in told
    assert "1 label on them counts nowhere" in told
    QTest.keyClick(opened.change.text, Qt.Key.Key_Return, CTRL)
    assert QApplication.activeModalWidget() is None
    after = filled.examples.by_key("case-0000")
    assert (after.messages[-1].content, after.revision) == (f"{before} And if it is late?", 2)
    assert filled.triage.report("prod").stale == 1
    assert "Made for an earlier input (revision 1, now 2)" in room.reading.view.remark.words.text()
    assert room.reading.view.remark.isVisible()
    assert "Import a new answer as another variant" in room.reading.view.remark.words.accessibleName()
    assert room.reading.outputs.itemText(0) == "prod (earlier input)"
    row = room.table.rows.row(0)
    assert row is not None
    assert (row.label, row.stale) == ("earlier input: Pass", True)
    state = room.table.rows.index(0, 7).data(Qt.ItemDataRole.AccessibleTextRole)
    assert state == "Earlier input"
    (cell,) = room.table.rows.cells(0, [(7, 0, 104)])
    assert cell.icon is not None
    room.show_filter(Filter.parse("is:stale"))
    window.run_action("edit.undo")
    assert filled.examples.by_key("case-0000").messages == example.messages
    assert filled.triage.report("prod").stale == 0
    assert filled.triage.report("prod").labelled == 1


def test_facts_alone_make_no_new_revision(opened: CorrectionDialog, filled: Project) -> None:
    QTest.keyClick(opened.change.text, Qt.Key.Key_Down, ALT)
    assert opened.parts.currentItem().text() == "Document kb-0"
    QTest.keyClick(opened.change.text, Qt.Key.Key_Down, ALT)
    assert opened.parts.currentItem().text() == "Facts"
    assert opened.facts.hasFocus()
    opened.facts.setCurrentCell(0, 2)
    QTest.keyClick(opened.facts, Qt.Key.Key_Return)
    editor = opened.facts.indexWidget(opened.facts.currentIndex())
    assert editor is not None
    QTest.keyClick(editor, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(editor, "phone")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()
    opened.facts.item(1, 0).setText("region")
    opened.foresee()
    assert opened.outcome.text().startswith("Facts alone make no new revision")
    opened.facts.item(2, 2).setText("left over")
    opened.foresee()
    assert opened.outcome.text() == "A fact needs a name."
    assert not opened.keep.isEnabled()
    opened.facts.item(2, 2).setText("")
    opened.facts.setCurrentCell(1, 2)
    QTest.keyClick(opened.facts, Qt.Key.Key_Return)
    editor = opened.facts.indexWidget(opened.facts.currentIndex())
    assert editor is not None
    QTest.keyClicks(editor, "north")
    QTest.keyClick(editor, Qt.Key.Key_Return, CTRL)
    assert QApplication.activeModalWidget() is None
    after = filled.examples.by_key("case-0000")
    assert (after.metadata, after.revision) == ({"channel": "phone", "region": "north"}, 1)
    assert not any(output.stale for output in after.outputs)


def test_a_fact_is_taken_away_by_an_empty_value(opened: CorrectionDialog, filled: Project) -> None:
    opened.parts.setCurrentRow(opened.parts.count() - 1)
    opened.facts.setCurrentCell(0, 2)
    QTest.keyClick(opened.facts, Qt.Key.Key_Delete)
    QTest.keyClick(opened.facts, Qt.Key.Key_Return, CTRL)
    assert filled.examples.by_key("case-0000").metadata == {}


def test_an_open_study_is_told_of_before_anything_is_written(
    window: MainWindow, room: ExamplesRoom, filled: Project
) -> None:
    filled.studies.create("spring", "base", "tuned", protocol=Protocol.bare())
    QTest.keyClick(room.table, Qt.Key.Key_F2)
    dialog = dialog_of()
    write(dialog, " more")
    assert "The open study spring judges case-0000" in dialog.outcome.text()
    assert dialog.outcome.property("role") == "bad"
    assert not dialog.keep.isEnabled()
    QTest.keyClick(dialog.change.text, Qt.Key.Key_Return, CTRL)
    assert dialog.isVisible()
    assert filled.examples.by_key("case-0000").revision == 1
    dialog._kept = True


def test_what_was_written_is_not_lost_by_escape(opened: CorrectionDialog, filled: Project) -> None:
    write(opened, " more")
    QTest.keyClick(opened.change.text, Qt.Key.Key_Escape)
    question = QApplication.activeModalWidget()
    assert question is not None
    assert question is not opened
    assert question.accessibleName() == "Leave without saving the correction?"
    buttons = {button.text(): button for button in question.findChildren(QPushButton)}
    buttons["Go on writing"].click()
    assert opened.isVisible()
    assert opened.change.text.toPlainText().endswith(" more")
    QTest.keyClick(opened.change.text, Qt.Key.Key_Escape)
    question = QApplication.activeModalWidget()
    assert question is not None
    next(button for button in question.findChildren(QPushButton) if button.text() == "Leave").click()
    assert not opened.isVisible()
    assert filled.examples.by_key("case-0000").revision == 1


def test_nothing_written_is_left_without_a_question(opened: CorrectionDialog) -> None:
    QTest.keyClick(opened.change.text, Qt.Key.Key_Escape)
    assert QApplication.activeModalWidget() is None


def test_hostile_and_long_texts(window: MainWindow, room: ExamplesRoom, filled: Project, qtbot: QtBot) -> None:
    example = filled.examples.by_key("case-0001")
    call = ToolCall("1", "get_order", "{}")
    hostile = "<img src=file:///etc/passwd> ![](/etc/passwd)\r\n\x00 \u202e\u2028 \ud800 `{{` " + "<b>" * 30
    filled.inputs.revise(
        example.id,
        messages=(
            Message("system", "x" * 300_000),
            Message("user", hostile),
            Message("assistant", "", tool_calls=(call,)),
        ),
        annotator_id=window.session.annotator_id,
    )
    room.show_example(example.id)
    qtbot.waitUntil(lambda: room.table.current_id() == example.id)
    window.run_action("edit.revise")
    dialog = dialog_of()
    stored = filled.examples.by_key("case-0001").messages[1].content
    assert dialog.written()[0][1].content == stored
    write(dialog, "!")
    assert dialog.written()[0][1].content == f"{stored}!"
    QTest.keyClick(dialog.change.text, Qt.Key.Key_Up, ALT)
    assert not dialog.change.text.isEnabled()
    assert "300,000 characters" in dialog.change.note.text()
    assert "reviewer revise PROJECT FILE" in dialog.change.note.text()
    dialog.parts.setCurrentRow(2)
    assert dialog.change.note.text() == "It also makes 1 tool call."
    QTest.keyClick(dialog.change.text, Qt.Key.Key_Return, CTRL)
    after = filled.examples.by_key("case-0001")
    assert (after.messages[0].content, after.messages[1].content) == ("x" * 300_000, f"{stored}!")
    assert after.messages[2].tool_calls == (call,)


def test_every_control_has_a_name(opened: CorrectionDialog) -> None:
    assert nameless(opened) == []
    assert guessing_labels(opened) == []
    assert unreachable_buttons(opened) == []


def test_from_triage_and_back_by_undo(window: MainWindow, filled: Project, qtbot: QtBot) -> None:
    triage = window.go_to_room("triage")
    assert isinstance(triage, TriageRoom)
    example_id = here(triage)
    left = triage.queue.left if triage.queue is not None else -1
    QTest.keyClick(triage.view.pane, Qt.Key.Key_F2)
    dialog = dialog_of()
    write(dialog, " Please hurry.")
    QTest.keyClick(dialog.change.text, Qt.Key.Key_Return, CTRL)
    assert here(triage) == example_id
    assert triage.queue is not None
    assert triage.queue.left == left - 1
    assert "Please hurry." in triage.view.pane.toPlainText()
    assert "prod (earlier input)" in triage.view.pane.toPlainText()
    assert triage.view.remark.isVisible()
    assert "labels on it count nowhere" in triage.view.remark.words.text()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    QTest.keyClick(triage.view.pane, Qt.Key.Key_Z)
    assert here(triage) == example_id
    assert not triage.view.remark.isVisible()
    assert "Please hurry." not in triage.view.pane.toPlainText()
    assert triage.queue.left == left


def test_the_consequences_in_words(filled: Project) -> None:
    example = filled.examples.by_key("case-0002")
    told = filled.inputs.foresee(example.id, messages=example.messages[1:])
    assert "The 3 answers of prod, base and tuned" in consequences(told)
    one = replace(told, stale=("prod",), labels=2, again=("twin",), versions=("refunds@1", "refunds@2"))
    words = consequences(one)
    assert "The answer of prod is marked as made for an earlier input and is compared no more." in words
    assert "2 labels on it count nowhere" in words
    assert "What twin answered fits again" in words
    assert "refunds@1 and refunds@2 keep the input that was frozen." in words


def test_curate_marks_it_in_list_and_pane(window: MainWindow, filled: Project, make: Callable[[], None]) -> None:
    make()
    curate = window.go_to_room("curate")
    assert curate is not None
    model = curate.examples.model  # type: ignore[attr-defined]
    spoken = model.index(0, 3).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "An answer was made for an earlier input: Another question?"
    assert model.index(0, 3).data(Qt.ItemDataRole.DecorationRole) is not None
    assert model.index(1, 3).data(Qt.ItemDataRole.DecorationRole) is None
    assert curate.reading.remark.isVisible()  # type: ignore[attr-defined]


def test_from_curate(window: MainWindow, filled: Project, qtbot: QtBot) -> None:
    curate = window.go_to_room("curate")
    assert curate is not None
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    QTest.keyClick(curate.examples.table, Qt.Key.Key_F2)  # type: ignore[attr-defined]
    dialog = dialog_of()
    write(dialog, " More.")
    QTest.keyClick(dialog.change.text, Qt.Key.Key_Return, CTRL)
    assert filled.examples.by_key("case-0000").revision == 2
    window.run_action("edit.undo")
    assert curate.isVisible()
    assert not any(output.stale for output in filled.examples.by_key("case-0000").outputs)
    window.run_action("curate.versions")
    assert not curate.enabled("edit.revise")


@pytest.fixture
def make(window: MainWindow, filled: Project) -> Callable[[], None]:
    """Correct the first example without the window."""

    def correct() -> None:
        example = filled.examples.by_key("case-0000")
        asked = (*example.messages[:-1], replace(example.messages[-1], content="Another question?"))
        done = filled.inputs.revise(example.id, messages=asked, annotator_id=window.session.annotator_id)
        window.session.tell_changes(done)

    return correct
