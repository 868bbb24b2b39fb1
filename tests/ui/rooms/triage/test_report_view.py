"""The report over the room, and the codebook."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from reviewer.project import Project
from reviewer.triage.queues import Place
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.triage import TriageRoom
from reviewer.ui.rooms.triage.codebook import CodebookDialog, _Ask
from tests.conftest import fill
from tests.triage.conftest import category, output_ids
from tests.ui.rooms.triage.conftest import Press, here


@pytest.fixture
def labelled(room: TriageRoom, filled: Project) -> TriageRoom:
    """The room over a project with eight labels."""
    me = room.session.annotator_id
    outputs = output_ids(filled)
    for number, code in enumerate(
        ["missing_facts", "missing_facts", "stale_facts", "policy_violation", "missing_facts"]
    ):
        filled.labels.set_category(outputs[number], me, category(filled, code), note=f"note {number}")
    for output in outputs[5:8]:
        filled.labels.set_verdict(output, me, "pass")
    return room


def test_the_report_opens_and_leads_to_an_example(labelled: TriageRoom, press: Press) -> None:
    before = here(labelled)
    press("t")
    view = labelled.report
    assert labelled.pages.currentWidget() is view
    assert "Missing facts leads with 60 % of 5 coded failures" in view.finding.text()
    assert view.basis.text().startswith("8 labelled: 3 pass, 5 fail; 1 failure since")
    assert view.chart.hasFocus()
    assert view.chart.present_code == "missing_facts"
    assert view.workflows.rowCount() == 3
    press("p")  # verdicts do nothing here
    assert labelled.session.project is not None
    assert labelled.session.project.triage.report().passes == 3
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Up)
    press(Qt.Key.Key_Return)
    assert view.examples.hasFocus()
    assert view.examples.count() == 3
    assert "note 0" in view.examples.item(0).text()
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Return)
    assert here(labelled) == 2
    assert labelled.bar.place.text() == "aside"
    press(Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert here(labelled) == before


def test_escape_goes_back_step_by_step(labelled: TriageRoom, press: Press) -> None:
    press("t")
    press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Escape)
    assert labelled.report.chart.hasFocus()
    press(Qt.Key.Key_Escape)
    assert labelled.pages.currentIndex() == 0
    press("t")
    press("t")
    assert labelled.pages.currentIndex() == 0


def open_codebook(room: TriageRoom, press: Press) -> CodebookDialog:
    press("b", Qt.KeyboardModifier.ControlModifier)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, CodebookDialog)
    return dialog


def names(project: Project) -> list[str]:
    return [item.name for item in project.categories.list()]


def test_the_codebook_by_keyboard(labelled: TriageRoom, filled: Project, press: Press, qtbot: QtBot) -> None:
    control, alt = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    labelled.open_queue(Place("random", "one", None))
    before = names(filled)
    dialog = open_codebook(labelled, press)
    press(Qt.Key.Key_Down)
    dialog.name.setFocus()
    dialog.name.selectAll()
    press("Old facts")
    press(Qt.Key.Key_Return)
    assert filled.categories.get(category(filled, "stale_facts")).name == "Old facts"
    dialog.definition.setFocus()
    dialog.definition.selectAll()
    press("Used to be true.")
    dialog.list.setFocus()
    press(Qt.Key.Key_Up)
    assert filled.categories.by_name("stale_facts").definition == "Used to be true."
    press(Qt.Key.Key_Down, alt)
    assert names(filled)[:2] == ["Old facts", "Missing facts"]
    press("n", control)
    press("Tone")
    press(Qt.Key.Key_Return)
    assert names(filled)[-1] == "Tone"
    assert labelled.column.rows[-1].category.name == "Tone"
    dialog.choose(category(filled, "stale_facts"))
    dialog.activateWindow()  # the window manager does that where there is one
    dialog.list.setFocus()
    press("m", control)
    ask = QApplication.activeModalWidget()
    assert ask is not None
    target = ask.findChild(QComboBox)
    assert target is not None
    target.setCurrentIndex(target.findText("Missing facts"))
    press(Qt.Key.Key_Return, control)
    assert "Old facts" not in names(filled)
    assert filled.categories.label_counts()[category(filled, "missing_facts")] == 4
    dialog.activateWindow()
    dialog.list.setFocus()
    press("l", control)
    ask = QApplication.activeModalWidget()
    assert ask is not None
    field = ask.findChild(QPlainTextEdit)
    assert field is not None
    field.setPlainText("Left out: It was there.\nInvented: It was not.")
    press(Qt.Key.Key_Return, control)
    assert names(filled)[:2] == ["Left out", "Invented"]
    assert filled.labels.rechecks(labelled.session.annotator_id) == 4
    dialog.activateWindow()
    dialog.list.setFocus()
    for _ in range(6):
        press("z", control)
    assert names(filled) == before
    dialog.close()


def test_a_name_that_is_taken_is_refused(labelled: TriageRoom, filled: Project, press: Press) -> None:
    dialog = open_codebook(labelled, press)
    before = names(filled)
    dialog.name.setFocus()
    dialog.name.setText("Stale facts")
    dialog.rename()
    warning = QApplication.activeModalWidget()
    assert warning is not None
    assert warning is not dialog
    assert "already" in warning.accessibleName()
    warning.close()
    assert names(filled) == before
    assert dialog.name.text() == "Missing facts"
    dialog.close()


def test_the_panel_says_no_more_than_the_report(labelled: TriageRoom, filled: Project) -> None:
    me = labelled.session.annotator_id
    with filled.database.transaction() as connection:
        connection.execute("UPDATE examples SET key = 'first-' || key")
    fill(filled, 30)
    for output in output_ids(filled)[12:36]:
        filled.labels.set_category(output, me, category(filled, "stale_facts"))
    labelled.feed.now(labelled.place.variant)
    panel = labelled.column.figures
    state = panel._rows["retrieval"][2]
    assert state.text() == "crossed so far"
    assert state.property("role") == "smallmuted"
    assert "32 labelled by anyone, 32 by you" in panel.labelled.accessibleDescription()
    labelled.toggle_report()
    assert labelled.report._rules["retrieval"][2].text() == "too few (crossed so far)"  # type: ignore[attr-defined]
    table = labelled.report.workflows
    cell = table.item(0, 3)
    assert cell.text() in cell.toolTip()
    assert table.columnWidth(0) < table.columnWidth(3)  # a name does not take the room of what went wrong


def test_a_split_says_whose_labels_wait(
    labelled: TriageRoom, filled: Project, qtbot: QtBot, window: MainWindow
) -> None:
    ben = filled.annotators.get_or_add("Ben")
    missing = category(filled, "missing_facts")
    filled.labels.set_category(output_ids(filled)[9], ben, missing)
    labelled.open_codebook()
    dialog = window.findChild(CodebookDialog)
    assert dialog is not None
    dialog.choose(missing)
    dialog.ask_split()
    asked = dialog.findChild(_Ask)
    assert asked is not None
    words = " ".join(label.text() for label in asked.findChildren(QLabel))
    assert "3 of your labels will wait in “To look at again”; 1 of others’ labels will wait in theirs." in words
    asked.findChild(QPlainTextEdit).setPlainText("Tool gave none\nTool not asked")
    asked.accept()
    assert window.status.said.text().startswith("3 of your labels wait")
    assert filled.labels.rechecks(labelled.session.annotator_id) == 3
