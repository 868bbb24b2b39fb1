"""The Compare room by the keyboard alone: a study made, judged, undone, closed and reported."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from reviewer.compare.figures import figures
from reviewer.compare.judgments import AnswerTask, PairTask
from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError
from reviewer.formats.word_differences import differences
from reviewer.project import Project
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.compare import CompareRoom
from reviewer.ui.rooms.compare.dispute_dialog import DisputeDialog
from reviewer.ui.rooms.compare.new_study_dialog import NewStudyDialog
from reviewer.ui.rooms.compare.pace import Pace

Key = Qt.Key


@pytest.fixture
def room(window: MainWindow) -> CompareRoom:
    """The Compare room of the window over twelve examples."""
    found = window.go_to_room("compare")
    assert isinstance(found, CompareRoom)
    return found


@pytest.fixture
def judged(room: CompareRoom, filled: Project) -> CompareRoom:
    """The room with a study in which every single answer is locked."""
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    ana = room.session.annotator_id
    while isinstance(task := filled.judgments.next("first", ana), AnswerTask):
        filled.judgments.lock("first", task.side.id, ana, "pass")
    room.refresh()
    room.judge()
    return room


def press(qtbot: QtBot, key: Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    widget = QApplication.focusWidget()
    assert widget is not None
    qtbot.keyClick(widget, key, modifier)


def dialog(kind: type[QDialog] = QDialog) -> QDialog:
    return next(found for found in QApplication.topLevelWidgets() if isinstance(found, kind) and found.isVisible())


def agree(found: QDialog, words: str) -> None:
    next(button for button in found.findChildren(QPushButton) if button.text() == words).click()


def test_an_empty_room_says_what_belongs_there(room: CompareRoom, qtbot: QtBot) -> None:
    assert room.studies.pages.currentIndex() == 1
    room.studies.first.click()
    found = dialog(NewStudyDialog)
    assert isinstance(found, NewStudyDialog)
    assert (found.what.base.currentData(), found.what.tuned.currentData()) == ("base", "tuned")
    qtbot.waitUntil(lambda: "12 pairs" in found.what.outcome.text())
    assert not found.yes.isEnabled()
    found.what.name.setText("first")
    assert found.yes.isEnabled()
    found.judging.seed.setText("seven")
    assert not found.yes.isEnabled()
    found.judging.seed.setText("7")
    found.what.tuned.setCurrentIndex(found.what.tuned.findData("base"))
    qtbot.waitUntil(lambda: "two variants" in found.what.outcome.text())
    found.what.tuned.setCurrentIndex(found.what.tuned.findData("tuned"))
    found.what.slice.setCurrentIndex(1)
    qtbot.waitUntil(lambda: "nothing to compare" in found.what.outcome.text())
    assert not found.yes.isEnabled()
    found.what.slice.setCurrentIndex(0)
    qtbot.waitUntil(found.yes.isEnabled)
    found.yes.click()
    qtbot.waitUntil(lambda: room.studies.current is not None)
    assert room.studies.current is not None
    assert room.studies.current.name == "first"
    assert room.studies.current.plan["margins"] == {"overall": 0.05}
    assert "24 single answers, then 14 pairs" in room.studies.progress.text()


def test_a_study_from_the_first_key_to_the_report(room: CompareRoom, filled: Project, qtbot: QtBot) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    room.refresh()
    room.studies.list.setFocus()
    press(qtbot, Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    for number in range(24):
        assert room.pages.currentWidget() is room.answer
        assert room.answer.bar.place.text().startswith(f"Answer {number + 1} of 24")
        tuned = room.answer.answer.text.startswith("Tuned")
        press(qtbot, Key.Key_P if tuned else Key.Key_F)
        press(qtbot, Key.Key_Return)
    for number in range(12):
        assert room.pages.currentWidget() is room.pair
        assert room.pair.bar.place.text().startswith(f"Pair {number + 1} of 12")
        press(qtbot, (Key.Key_Left, Key.Key_Right, Key.Key_Down, Key.Key_Up)[number % 4])
    assert room.pages.currentWidget() is room.studies
    assert "judged everything" in room.studies.progress.text()
    press(qtbot, Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    agree(dialog(), "Close and report")
    qtbot.waitUntil(lambda: room.pages.currentWidget() is room.report)
    report = room.report.report
    assert report is not None
    assert report.verdict == "better on correctness"
    assert report.overall.table.tuned_only == 12
    assert sum(report.preference.choices.values()) == 12
    assert (report.preference.choices["tie"], report.preference.choices["both_bad"]) == (3, 3)
    room.window().activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    press(qtbot, Key.Key_Escape)
    assert room.pages.currentWidget() is room.studies


def test_what_is_said_of_an_answer_is_stored_when_it_is_locked(
    room: CompareRoom, filled: Project, qtbot: QtBot
) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    room.refresh()
    room.judge()
    page = room.answer
    assert not page.lock.isEnabled()
    press(qtbot, Key.Key_Return)
    assert filled.judgments.progress("first", room.session.annotator_id).answers == 0
    press(qtbot, Key.Key_2)
    assert page.severity == ""
    press(qtbot, Key.Key_F)
    press(qtbot, Key.Key_2)
    press(qtbot, Key.Key_C)
    assert page.answer.select_span(0, 5)
    press(qtbot, Key.Key_W)
    assert page.spans == [(0, 5)]
    assert page.answer.select_span(6, 12)
    press(qtbot, Key.Key_E)
    assert page.answer.select_span(1, 3)
    press(qtbot, Key.Key_W)
    assert page.spans == [(6, 12)]
    press(qtbot, Key.Key_N)
    for letter in "pf":
        qtbot.keyClicks(page.note, letter)
    assert (page.verdict, page.note.text()) == ("fail", "pf")
    press(qtbot, Key.Key_Return)
    press(qtbot, Key.Key_Return)
    with filled.database.read() as connection:
        row = connection.execute("SELECT * FROM correctness_judgments").fetchone()
    assert (row["verdict"], row["severity"], row["missing_caveat"], row["note"]) == ("fail", "medium", 1, "pf")
    assert json.loads(row["evidence"]) == [{"start": 6, "end": 12}]
    assert (page.verdict, page.severity, page.spans, page.note.text()) == ("", "", [], "")
    assert not page.caveat.isChecked()
    page.caveat.click()
    assert page.caveat.isChecked()
    assert page.missing_caveat
    assert page.task is not None
    assert page.task.number == 2


def test_what_was_said_and_not_locked_survives_a_look_elsewhere(
    room: CompareRoom, filled: Project, window: MainWindow, qtbot: QtBot
) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    room.refresh()
    room.judge()
    press(qtbot, Key.Key_F)
    press(qtbot, Key.Key_N)
    qtbot.keyClicks(room.answer.note, "half a thought")
    press(qtbot, Key.Key_Escape)
    assert room.pages.currentWidget() is room.answer
    window.go_to_room("curate")
    window.go_to_room("compare")
    assert (room.answer.verdict, room.answer.note.text()) == ("fail", "half a thought")
    press(qtbot, Key.Key_Escape)
    assert room.pages.currentWidget() is room.studies
    room.judge()
    assert room.answer.verdict == "fail"
    room.session.set_annotator("Ben")
    room.judge()
    assert (room.answer.verdict, room.answer.note.text()) == ("", "")


def test_undo_goes_back_to_the_pair(judged: CompareRoom, window: MainWindow, filled: Project, qtbot: QtBot) -> None:
    first = judged.pair.task
    assert isinstance(first, PairTask)
    press(qtbot, Key.Key_Left)
    assert judged.pair.task is not None
    assert judged.pair.task.number == 2
    press(qtbot, Key.Key_Z)
    assert judged.pair.task == first
    assert judged.pages.currentWidget() is judged.pair
    press(qtbot, Key.Key_Z, Qt.KeyboardModifier.ShiftModifier)
    assert judged.pair.task.number == 2


def test_undo_does_not_reach_past_a_locked_verdict(room: CompareRoom, filled: Project, qtbot: QtBot) -> None:
    ana = room.session.annotator_id
    with filled.database.action("flag case-0000", ana, room="examples", focus=1) as action:
        action.update("examples", 1, flagged=1)
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    room.refresh()
    room.judge()
    press(qtbot, Key.Key_P)
    press(qtbot, Key.Key_Return)
    press(qtbot, Key.Key_Z)
    assert room.pages.currentWidget() is room.answer
    assert filled.undo_title(ana) == "flag case-0000"
    press(qtbot, Key.Key_Escape)
    press(qtbot, Key.Key_Z)
    assert filled.undo_title(ana) is None


def test_the_panes_are_alike_to_the_pixel(judged: CompareRoom, window: MainWindow, qtbot: QtBot) -> None:
    twins = judged.pair.panes
    task = judged.pair.task
    assert task is not None
    text = "Refunds take five days.\n\n- by card\n- by transfer"
    for width in (1000, 1001, 1280, 1333):
        window.resize(width, 700)
        QApplication.processEvents()
        for view in (twins.left.view, twins.right.view):
            view.set_text(text)
            view.mark_spans([])
        QApplication.processEvents()
        assert twins.left.size() == twins.right.size()
        assert twins.left.y() == twins.right.y()
        assert twins.left.view.geometry() == twins.right.view.geometry()
        assert twins.left.view.grab().toImage() == twins.right.view.grab().toImage()


def test_differences_and_scrolling(judged: CompareRoom, qtbot: QtBot) -> None:
    page = judged.pair
    long = "\n\n".join(f"Paragraph {n} of a long answer." for n in range(80))
    page.panes.left.view.set_text(long)
    page.panes.right.view.set_text(long + "\n\n" + long)
    QApplication.processEvents()
    bars = [pane.view.pane.verticalScrollBar() for pane in (page.panes.left, page.panes.right)]
    qtbot.waitUntil(lambda: all(bar.maximum() > 0 for bar in bars))
    press(qtbot, Key.Key_PageDown)
    assert all(bar.value() > 0 for bar in bars)
    press(qtbot, Key.Key_Home)
    assert all(bar.value() == 0 for bar in bars)
    press(qtbot, Key.Key_Y)
    bars[0].setValue(50)
    assert bars[1].value() == 0
    press(qtbot, Key.Key_D)
    assert page.shows_differences
    assert page.panes.left.view.pane.extraSelections()
    press(qtbot, Key.Key_D)
    assert not page.panes.left.view.pane.extraSelections()


def test_word_differences() -> None:
    assert differences("It takes 3 days.", "it takes five days") == ([(9, 10), (15, 16)], [(9, 13)])
    assert differences("", "new") == ([], [(0, 3)])
    assert differences("same", "same") == ([], [])
    assert differences("word " * 5000, "word") is None


def test_letters_of_judging_do_nothing_in_the_list(room: CompareRoom, filled: Project, qtbot: QtBot) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    room.refresh()
    room.studies.list.setFocus()
    for key in (Key.Key_P, Key.Key_Return, Key.Key_Left, Key.Key_Down):
        assert not room.enabled("compare.pass")
        press(qtbot, key)
        room.show_studies()
    assert not filled.studies.get("first").judged


def test_another_annotator_begins_at_the_list(judged: CompareRoom) -> None:
    judged.session.set_annotator("Ben")
    assert judged.pages.currentWidget() is judged.studies
    assert "not begun" in judged.studies.progress.text()


def test_a_study_is_given_up(room: CompareRoom, filled: Project, qtbot: QtBot) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    room.refresh()
    assert not room.enabled("compare.close")
    assert room.enabled("compare.abandon")
    room.ends.abandon()
    # A hasty Enter takes nothing back for good.
    asked = dialog()
    qtbot.keyClick(asked, Key.Key_Return)
    assert filled.studies.get("first").state == "open"
    qtbot.waitUntil(lambda: not isValid(asked) or not asked.isVisible())
    room.ends.abandon()
    agree(dialog(), "Give it up")
    assert filled.studies.get("first").state == "abandoned"
    assert not room.enabled("compare.report")


def test_the_report_is_copied_and_saved(judged: CompareRoom, filled: Project, tmp_path: Path, qtbot: QtBot) -> None:
    judged.show_studies()
    filled.studies.close("first")
    judged.refresh()
    judged.files.show_report()
    qtbot.waitUntil(lambda: judged.pages.currentWidget() is judged.report)
    judged.files.copy_summary()
    report = judged.report.report
    assert report is not None
    assert QGuiApplication.clipboard().text() == report.summary
    judged.files._save(report, tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text())["verdict"] == report.verdict
    assert judged.report.lists[0].count() == 0


def test_asking_the_rule_is_counted_and_said_before(room: CompareRoom, filled: Project, qtbot: QtBot) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol(stopping="sequential", annotators=("Ana",)))
    task = filled.judgments.next("first", room.session.annotator_id)
    assert isinstance(task, AnswerTask)
    filled.judgments.lock("first", task.side.id, room.session.annotator_id, "pass")
    room.refresh()
    room._run("compare.stopping")
    asked = dialog()
    assert "Asking is counted" in " ".join(label.text() for label in asked.findChildren(QLabel))
    agree(asked, "Ask")
    with filled.database.read() as connection:
        assert connection.execute("SELECT looks FROM studies").fetchone()[0] == 1


def test_the_report_is_worked_out_off_the_ui_thread(
    judged: CompareRoom, filled: Project, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged.show_studies()
    filled.studies.close("first")
    judged.refresh()
    threads = []
    found = filled.studies.report("first")
    monkeypatch.setattr(filled.studies, "report", lambda name: threads.append(threading.get_ident()) or found)
    judged.files.show_report()
    qtbot.waitUntil(lambda: judged.pages.currentWidget() is judged.report)
    assert threads
    assert threading.get_ident() not in threads


def test_figures_are_drawn_and_saved_and_disputes_shown_without_names(
    judged: CompareRoom, filled: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    ben = filled.annotators.get_or_add("Ben Contrary")
    while isinstance(task := filled.judgments.next("first", ben), AnswerTask):
        filled.judgments.lock("first", task.side.id, ben, "fail", evidence=[(0, 3)], note="Not so.")
    judged.show_studies()
    filled.studies.close("first")
    judged.refresh()
    judged.files.show_report()
    qtbot.waitUntil(lambda: judged.pages.currentWidget() is judged.report)
    report = judged.report.report
    assert report is not None
    drawn = [chart.accessibleName() for chart in judged.report.findChildren(QWidget) if hasattr(chart, "_figure")]
    assert set(drawn) == {figure.title for figure in figures(report)}
    judged.files._write_figures(report, tmp_path / "figures")
    assert {path.stem for path in (tmp_path / "figures").iterdir()} == {f.name for f in figures(report)}
    assert len(report.disagreements) == 24
    judged._run("compare.disputes")
    found = dialog(DisputeDialog)
    assert isinstance(found, DisputeDialog)
    found.next.click()
    assert found.number == 1
    for label in found.findChildren(QLabel):
        for word in ("Contrary", "tuned", "base"):
            assert word not in label.text()
    assert "wrong (Not so.)" in found.said.text()
    found.close()


def test_a_study_closed_meanwhile_leads_back_to_the_list(judged: CompareRoom, filled: Project) -> None:
    filled.studies.close("first")
    judged.refresh()
    assert judged.pages.currentWidget() is judged.studies
    with pytest.raises(ConflictError):
        filled.judgments.next("first", judged.session.annotator_id)


def test_every_control_has_a_name(judged: CompareRoom) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QTextEdit, QWidget

    for page in (judged.studies, judged.answer, judged.pair, judged.report):
        for control in page.findChildren(QWidget):
            # Buttons inside a field are Qt's own.
            if isinstance(control.parentWidget(), QLineEdit):
                continue
            if isinstance(control, QAbstractButton | QAbstractItemView | QComboBox | QLineEdit | QTextEdit):
                assert control.accessibleName() or getattr(control, "text", lambda: "")(), (control, control.parent())


def test_pace_is_ones_own() -> None:
    pace = Pace()
    pace.start()
    assert pace.rest(10) == ""
    for _ in range(6):
        pace.judged()
    assert pace.rest(10) == "less than a minute left"
    assert pace.rest(0) == ""
    now = [0.0]
    slow = Pace(lambda: now[0])
    slow.start()
    for _ in range(6):
        now[0] += 45
        slow.judged()
    assert slow.rest(40) == "about 30 min left, 80 an hour"
    now[0] = 1500.0
    assert not slow.break_due(0)
    assert not slow.break_due(30)
    now[0] = 1801.0
    assert slow.break_due(30), "so many minutes without a pause"
    assert not slow.break_due(30), "then the count begins anew"


def test_work_begins_in_the_list_and_the_pair_shows_its_focus(
    window: MainWindow, filled: Project, qtbot: QtBot
) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    room = window.go_to_room("compare")
    assert isinstance(room, CompareRoom)
    assert window.focusWidget() is room.studies.list
    room.judging = "first"
    room.pages.setCurrentWidget(room.pair)
    room.pair.setFocus()
    assert room.pair.panes.frame.isVisible()
    room.pair.buttons["compare.differences"].setFocus()
    assert not room.pair.panes.frame.isVisible()
