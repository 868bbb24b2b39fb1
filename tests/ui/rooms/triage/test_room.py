"""Labelling with the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from reviewer.errors import ProjectError
from reviewer.project import Project
from reviewer.triage.queues import Place
from reviewer.ui import messages, theme
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.triage import TriageRoom
from tests.conftest import fill
from tests.triage.conftest import category, seal
from tests.ui.rooms.triage.conftest import Press, here, label_of

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def shown(room: TriageRoom) -> str:
    return room.view.pane.toPlainText()


def test_pass_saves_and_the_next_is_there(room: TriageRoom, press: Press) -> None:
    first = here(room)
    assert room.bar.place.text() == "1 of 12"
    press("p")
    found = label_of(room, first)
    assert found is not None
    assert found.verdict == "pass"
    assert here(room) != first
    assert room.bar.place.text() == "2 of 12"
    assert room.status_text() == "Open pass, random: 11 to go"


def test_a_hundred_by_keyboard(window: MainWindow, press: Press, filled: Project) -> None:
    with filled.database.transaction() as connection:
        connection.execute("UPDATE examples SET key = 'first-' || key")
    fill(filled, 100)
    room = window.go_to_room("triage")
    assert isinstance(room, TriageRoom)
    room.open_queue(Place("stratified", "one", None), seed=2)
    for number in range(100):
        press(str(number % 7 + 1) if number % 2 else "p")
    report = filled.triage.report()
    assert (report.labelled, report.failures, report.coded) == (100, 50, 50)
    assert room.bar.place.text() == "101 of 112"


def test_the_open_pass_asks_for_a_note(room: TriageRoom, press: Press) -> None:
    first = here(room)
    assert not room.column.rows[0].isVisible()
    press("1")  # the codebook is hidden, its keys too
    assert label_of(room, first) is None
    press("f")
    assert room.column.note.hasFocus()
    press("past the deadline: p f 1")  # letters of a note are no verdicts
    assert room.column.figures.saved.text() == "Note not saved"
    press(Qt.Key.Key_Return)
    found = label_of(room, first)
    assert found is not None
    assert (found.verdict, found.stage, found.note) == ("fail", "open", "past the deadline: p f 1")
    assert room.session.project is not None
    assert room.session.project.undo_title(room.session.annotator_id) == "the note"
    assert here(room) != first
    assert room.column.note.toPlainText() == ""
    assert not room.column.note.hasFocus()
    press("p")
    assert label_of(room, first) == found


def test_the_coding_pass(room: TriageRoom, press: Press) -> None:
    first = here(room)
    press("f")
    press(Qt.Key.Key_Return)
    room.open_queue(Place("random", "coding", None))
    assert here(room) == first
    assert room.column.rows[0].isVisible()
    press("l")
    press("3", SHIFT)
    press("e")
    found = label_of(room, first)
    assert found is not None
    assert (found.severity, len(found.further), len(found.evidence)) == ("low", 1, 1)
    press("2")
    found = label_of(room, first)
    assert found is not None
    assert found.stage == "coded"
    assert found.category_id == category(room.session.project, "stale_facts")  # type: ignore[arg-type]
    assert room.pages.currentWidget() is room.resting
    assert room.resting.head.text() == "Every failure has its category"


def test_shift_and_a_digit_as_a_keyboard_sends_it(window: MainWindow, room: TriageRoom, press: Press) -> None:
    room.open_queue(Place("random", "one", None), seed=1)
    action = window.actions_by_id["triage.further_3"]
    window.refresh_actions()
    assert not action.isEnabled()
    press("f")
    # Of Shift+3 only the sign above the digit reaches the program, before the shortcuts are looked up.
    event = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_NumberSign, SHIFT, "#")
    QApplication.sendEvent(window, event)
    assert action.isEnabled()


def test_a_note_waits_for_its_verdict(room: TriageRoom, press: Press) -> None:
    first = here(room)
    press("n")
    press("odd")
    press(Qt.Key.Key_Escape)
    assert label_of(room, first) is None
    assert room.column.note.toPlainText() == "odd"
    press("p")
    found = label_of(room, first)
    assert found is not None
    assert found.note == "odd"


def test_a_note_is_not_lost_on_the_way_out(room: TriageRoom, press: Press) -> None:
    first = here(room)
    press("n")
    press("look again")
    press(Qt.Key.Key_Right, ALT)
    found = label_of(room, first)
    assert found is not None
    assert (found.verdict, found.note) == ("skipped", "look again")


def test_shift_enter_writes_a_line(room: TriageRoom, press: Press) -> None:
    first = here(room)
    press("f")
    press("one")
    press(Qt.Key.Key_Return, SHIFT)
    press("two")
    press(Qt.Key.Key_Return, CTRL)
    found = label_of(room, first)
    assert found is not None
    assert found.note == "one\ntwo"


def test_undo_and_redo_span_examples(room: TriageRoom, press: Press) -> None:
    first = here(room)
    press("p")
    second = here(room)
    press("s")
    third = here(room)
    press("z")
    assert here(room) == second
    assert label_of(room, second) is None
    press("z", CTRL)
    assert here(room) == first
    assert label_of(room, first) is None
    assert room.bar.place.text() == "1 of 12"
    press("z", SHIFT)
    found = label_of(room, first)
    assert found is not None
    assert found.verdict == "pass"
    press("z", CTRL | SHIFT)
    assert here(room) == second
    press(Qt.Key.Key_Right, ALT)
    assert here(room) == third


def test_undo_survives_a_restart(room: TriageRoom, press: Press, window: MainWindow, filled: Project) -> None:
    first = here(room)
    press("j")
    second = here(room)
    path = filled.path
    assert window.session.close()
    assert window.session.open(path)
    again = window.go_to_room("triage")
    assert isinstance(again, TriageRoom)
    assert here(again) == second
    assert again.bar.place.text() == "2 of 12"
    press("z")
    assert here(again) == first
    assert label_of(again, first) is None


def test_back_and_forward(room: TriageRoom, press: Press) -> None:
    first = here(room)
    press("p")
    second = here(room)
    press(Qt.Key.Key_Left, ALT)
    assert here(room) == first
    assert room.column.passed.isChecked()
    press(Qt.Key.Key_Left, ALT)
    assert here(room) == first
    press(Qt.Key.Key_Down, ALT)
    assert here(room) == second


def test_four_ways_to_leave_one_out(room: TriageRoom, press: Press, window: MainWindow) -> None:
    ids = []
    for key in "sj":
        ids.append(here(room))
        press(key)
    flagged = here(room)
    press("g")
    assert here(room) == flagged
    press("p")
    excluded = here(room)
    press("x")
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QDialog)
    press("a test case")
    press(Qt.Key.Key_Return)
    project = room.session.project
    assert project is not None
    verdicts = [label.verdict for number in ids if (label := label_of(room, number))]
    assert verdicts == ["skipped", "cannot_judge"]
    assert project.examples.get(flagged).flagged
    assert project.examples.get(excluded).exclude_reason == "a test case"
    assert here(room) != excluded
    room.show_example(excluded)
    assert room.bar.mark.text() == "excluded: a test case"
    press("x")
    assert not project.examples.get(excluded).excluded


def test_evidence_from_a_selection_and_off_again(room: TriageRoom, press: Press, qtbot: QtBot) -> None:
    first = here(room)
    room.view.first_output_step()
    press(Qt.Key.Key_Down, CTRL)
    step = room.view.step_evidence()
    assert step is not None
    press("e")
    found = label_of(room, first)
    assert found is not None
    assert found.verdict == "fail"
    assert [item.to_json() for item in found.evidence] == [step]
    off = [item for item in room.column.evidence.findChildren(QWidget) if item.accessibleName().startswith("Take off")]
    qtbot.mouseClick(off[0], Qt.MouseButton.LeftButton)
    found = label_of(room, first)
    assert found is not None
    assert found.evidence == ()


def test_the_reference_is_corrected_in_place(room: TriageRoom, press: Press) -> None:
    number = here(room)
    project = room.session.project
    assert project is not None
    press("r")
    assert room.editor.isVisible()
    press(" And p is typed.")
    press(Qt.Key.Key_Return, CTRL)
    reference = project.examples.get(number).reference
    assert reference is not None
    assert reference.text.endswith(" And p is typed.")
    assert "And p is typed." in shown(room)
    assert label_of(room, number) is None
    press("z")
    assert "And p is typed." not in shown(room)
    press("r")
    press("nothing")
    press(Qt.Key.Key_Escape)
    assert not room.editor.isVisible()
    assert "nothing" not in shown(room)


def test_without_auto_advance_it_stays(room: TriageRoom, press: Press) -> None:
    room.session.settings.set("auto_advance", False)
    first = here(room)
    press("p")
    assert here(room) == first
    assert room.column.passed.isChecked()
    press(Qt.Key.Key_Delete)
    assert label_of(room, first) is None
    assert not room.column.passed.isChecked()


def test_the_next_example_is_laid_out_ahead(room: TriageRoom, press: Press) -> None:
    room.look_ahead()
    ahead = room.ahead
    assert ahead is not None
    press("p")
    assert room.reading is ahead
    assert ahead.example.messages[-1].content[:10] in shown(room)


def test_a_split_brings_its_labels_again(room: TriageRoom, press: Press) -> None:
    project = room.session.project
    assert project is not None
    room.open_queue(Place("random", "one", None), seed=1)
    first = here(room)
    press("5")
    second = here(room)
    press("5")
    reasoning = category(project, "reasoning_failure")
    me = room.session.annotator_id
    room.session.perform(lambda: project.categories.split(reasoning, [("Sum", ""), ("Order", "")], me))
    assert [row.category.name for row in room.column.rows][4:6] == ["Sum", "Order"]
    room.open_queue(Place("recheck", "one", None))
    assert here(room) == first
    assert "Look again" in room.column.other.text()
    press("5")
    assert here(room) == second
    press("k")
    assert room.pages.currentWidget() is room.resting
    assert project.labels.rechecks(me) == 0


def test_a_queue_of_second_looks_follows_the_codebook(room: TriageRoom, press: Press) -> None:
    project = room.session.project
    assert project is not None
    room.open_queue(Place("random", "one", None), seed=1)
    first = here(room)
    press("5")
    reasoning = category(project, "reasoning_failure")
    me = room.session.annotator_id
    room.open_queue(Place("recheck", "one", None))
    assert room.pages.currentWidget() is room.resting
    room.session.perform(lambda: project.categories.split(reasoning, [("Sum", ""), ("Order", "")], me))
    assert here(room) == first
    assert room.status_text().endswith(": 1 to go")
    room.session.undo()
    assert room.pages.currentWidget() is room.resting
    assert [row.category.id for row in room.column.rows][4] == reasoning


def test_to_go_counts_what_is_open_not_the_place(room: TriageRoom, press: Press) -> None:
    for _ in range(5):
        press(Qt.Key.Key_Right, ALT)
    assert room.status_text() == "Open pass, random: 12 to go"
    press("f")
    press("wrong")
    press(Qt.Key.Key_Return)
    assert room.status_text() == "Open pass, random: 11 to go"
    room.session.undo()
    room.session.undo()
    assert room.status_text() == "Open pass, random: 12 to go"
    room.session.redo()
    room.open_queue(Place("random", "coding", None))
    assert room.status_text() == "Coding pass, random: 1 to go"
    press("f")
    press("2")
    room.session.undo()
    assert room.status_text() == "Coding pass, random: 1 to go"


def test_a_refused_further_category_leaves_no_trace(window: MainWindow, room: TriageRoom, press: Press) -> None:
    room.open_queue(Place("random", "one", None), seed=1)
    row = room.column.rows[2]
    example = here(room)
    row.setChecked(True)  # as the click does that asks for it
    room.column.further_asked.emit(row.category.id)
    assert not row.isChecked()
    assert QApplication.activeModalWidget() is None
    assert "Say Fail first" in window.status.said.text()
    assert label_of(room, example) is None
    press("p")  # what was said does not outlive the next action
    assert window.status.said.text() == ""


@pytest.mark.parametrize(("width", "height", "zoom"), [(880, 560, 100), (1280, 800, 180), (880, 560, 160)])
def test_nothing_is_cut_when_the_room_is_small(
    window: MainWindow, room: TriageRoom, qtbot: QtBot, qapp: QApplication, width: int, height: int, zoom: int
) -> None:
    room.open_queue(Place("random", "one", None), seed=1)
    room.labelling.say("fail")
    try:
        theme.set_zoom(qapp, zoom)
        window.resize(width, height)
        column = room.column
        parts = [*column.rows, *column.severities.values(), column.passed, column.figures.news, column.figures.labelled]

        def whole() -> bool:
            keys = [button for button in room.strip.buttons.values() if button.isVisible()]
            wide = keys and all(key.width() >= key.sizeHint().width() for key in keys)
            high = all(part.height() >= part.minimumSizeHint().height() for part in parts)
            return bool(wide and high and room.strip.rect().right() >= keys[-1].geometry().right())

        qtbot.waitUntil(whole)
        assert column.rows[0].height() >= column.rows[0].fontMetrics().height()
        room.labelling.write_note()
        assert not column.note.visibleRegion().isEmpty()
    finally:
        theme.set_zoom(qapp, 100)


def test_a_long_codebook_has_the_room_before_the_note(room: TriageRoom, window: MainWindow, qtbot: QtBot) -> None:
    window.resize(1280, 800)
    room.open_queue(Place("random", "one", None), seed=1)
    project = room.session.project
    assert project is not None
    for name in ("Tone", "Length", "Language"):
        room.session.perform(lambda name=name: project.categories.add(name, "", room.session.annotator_id))
    last = room.column.rows[-1]
    qtbot.waitUntil(lambda: not last.visibleRegion().isEmpty())
    assert last.visibleRegion().boundingRect() == last.rect()


def test_choosing_a_queue_by_keys(room: TriageRoom, press: Press) -> None:
    press("q", CTRL | SHIFT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    press("2")
    assert room.queue is not None
    assert room.queue.kind == "stratified"
    press("m", CTRL)
    press("3")
    assert (room.queue.kind, room.queue.pass_) == ("stratified", "one")
    project = room.session.project
    assert project is not None
    assert project.queues.place(room.session.annotator_id) == Place("stratified", "one", "prod")


def test_another_annotator_has_another_way(room: TriageRoom, press: Press) -> None:
    press("p")
    room.session.set_annotator("Ben")
    assert room.bar.place.text() == "1 of 12"
    press("f")
    room.session.set_annotator("Ana")
    assert room.bar.place.text() == "2 of 12"


def test_sealed_outputs_are_not_shown(room: TriageRoom, filled: Project) -> None:
    example = filled.examples.get(here(room))
    output = example.output_of("prod")
    assert output is not None
    seal(filled, output.id)
    room.open_queue(room.place)
    assert here(room) != example.id
    room.show_example(example.id)
    assert here(room) != example.id


def test_an_empty_project_says_what_to_do(first_window: MainWindow, project: Project) -> None:
    first_window.session.adopt(project)
    room = first_window.go_to_room("triage")
    assert isinstance(room, TriageRoom)
    assert room.pages.currentWidget() is room.resting
    assert room.resting.head.text() == "Nothing to triage yet"
    assert not room.enabled("triage.pass")


def test_figures_follow(room: TriageRoom, press: Press, qtbot: QtBot) -> None:
    room.open_queue(Place("random", "one", None), seed=1)
    press("1")
    press("p")
    qtbot.waitUntil(lambda: room.column.figures.labelled.text() == "2 of 200 labelled")
    assert room.column.figures.saved.text() == "Saved"
    assert room.column.figures.news.text() == "0 failures since the last new kind"


def test_every_control_has_a_name(room: TriageRoom, press: Press) -> None:
    press("f")
    press(Qt.Key.Key_Escape)
    press("e")
    from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QPlainTextEdit

    for kind in (QAbstractButton, QLineEdit, QPlainTextEdit, QAbstractItemView):
        for widget in room.findChildren(kind):
            if not widget.objectName().startswith("qt_") and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                assert widget.accessibleName(), widget


@pytest.mark.parametrize("source", [True, False])
def test_source_and_rendered(room: TriageRoom, press: Press, source: bool) -> None:
    if source:
        press("v")
    assert room.checked("view.source") is source
    press("p")
    assert (room.view.mode == "source") is source


def test_labels_out_and_in_by_file(room: TriageRoom, press: Press, tmp_path: Path, qtbot: QtBot) -> None:
    first = here(room)
    press("p")
    before = label_of(room, first)
    path = tmp_path / "labels.jsonl"
    room.exchange.write(path)
    qtbot.waitUntil(path.is_file)
    press("z")
    assert label_of(room, first) is None
    path.write_text(path.read_text() + '{"example": "nowhere", "verdict": "pass"}\n')
    room.exchange.take(path)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    warning = QApplication.activeModalWidget()
    assert warning is not None
    assert warning.accessibleName() == "One line was not taken in."
    warning.close()
    after = label_of(room, first)
    assert before is not None
    assert after is not None
    assert (after.verdict, after.annotator) == (before.verdict, before.annotator)
    assert room.column.passed.isChecked()  # it is on the screen
    press("z")
    assert label_of(room, first) is None


def test_nothing_says_saved_after_a_verdict_that_was_refused(
    window: MainWindow, room: TriageRoom, press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.open_queue(Place("random", "one", None), seed=1)
    press("p")
    assert room.column.figures.saved.text() == "Saved"
    assert window.status.saved_word.text() == "Saved"
    project = window.session.project
    assert project is not None

    def full(*_arguments: object, **_named: object) -> None:
        raise ProjectError("The disk is full.")

    room.open_queue(Place("random", "one", None), seed=1)
    monkeypatch.setattr(project.labels, "set_verdict", full)
    monkeypatch.setattr(messages, "show_error", lambda *_arguments: None)
    press("p")
    assert room.column.figures.saved.text() == "Not saved"
    assert window.status.saved_word.isHidden()
    monkeypatch.undo()
    press("p")
    assert room.column.figures.saved.text() == "Saved"
