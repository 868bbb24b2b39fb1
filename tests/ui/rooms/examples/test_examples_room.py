"""The Examples room, driven by keys over a real project."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from reviewer.intake.filters import Filter
from reviewer.project import Project
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.examples import ExamplesRoom
from reviewer.ui.rooms.examples.finder import _settled
from reviewer.ui.rooms.examples.sources_dialog import SourcesDialog
from tests.ui.test_accessible import guessing_labels, nameless, unreachable_buttons


def settled(qtbot: QtBot, room: ExamplesRoom) -> None:
    """Wait until the list and its counts are those of the filter."""
    qtbot.waitUntil(lambda: not (room._typed.isActive() or room.finder.busy or room._settled.isActive()))


def press(qtbot: QtBot, window: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
    QApplication.processEvents()  # a dialog that has just closed gives the focus back
    if QApplication.activeWindow() is None:
        window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier or Qt.KeyboardModifier.NoModifier)


@pytest.fixture
def room(window: MainWindow, qtbot: QtBot) -> ExamplesRoom:
    """The room, shown, over twelve examples whose text is indexed."""
    room = window.go_to_room("examples")
    assert isinstance(room, ExamplesRoom)
    project = room.session.project
    assert project is not None
    qtbot.waitUntil(project.search.up_to_date)
    settled(qtbot, room)
    room.table.setFocus()
    return room


def facet(room: ExamplesRoom, field: str, value: str) -> int:
    found = next(facet for facet in room._facets if facet.field == field)
    return next((one.count for one in found.values if one.value == value), 0)


def test_arrows_read_one_example_after_the_other(room: ExamplesRoom, window: MainWindow, qtbot: QtBot) -> None:
    assert room.table.rows.rowCount() == 12
    assert room.reading.key.text() == "case-0000"
    press(qtbot, window, Qt.Key.Key_Down)
    assert room.reading.key.text() == "case-0001"
    assert room.status_text() == "2 of 12"
    assert room.reading.outputs.currentText() == "prod"
    press(qtbot, window, Qt.Key.Key_O)
    assert room.reading.outputs.currentText() == "base"
    press(qtbot, window, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert room.reading.key.text() == "case-0002"
    assert room.reading.outputs.currentText() == "base"


def test_words_are_searched_for_while_they_are_typed(room: ExamplesRoom, window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, window, Qt.Key.Key_Slash)
    assert QApplication.focusWidget() is room.field
    qtbot.keyClicks(room.field, "refu")
    settled(qtbot, room)
    assert room.table.rows.rowCount() == 4
    assert facet(room, "workflow", "refunds") == 4
    qtbot.keyClicks(room.field, "nds 10")
    settled(qtbot, room)
    assert room.table.rows.rowCount() == 4
    qtbot.keyClicks(room.field, "03 -label:fail")
    settled(qtbot, room)
    assert room.table.rows.rowCount() == 1
    press(qtbot, window, Qt.Key.Key_Return)
    assert QApplication.focusWidget() is room.table
    press(qtbot, window, Qt.Key.Key_Escape)
    settled(qtbot, room)
    assert room.table.rows.rowCount() == 12
    # The row that was read stays the current one.
    assert room.reading.key.text() == "case-0003"


def test_a_filter_that_cannot_be_read_says_why_and_lists_what_it_did(
    room: ExamplesRoom, window: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, window, Qt.Key.Key_Slash)
    qtbot.keyClicks(room.field, "is:red")
    qtbot.waitUntil(lambda: room.problem.isVisible())
    assert "flagged" in room.problem.text()
    assert room.table.rows.rowCount() == 12


def test_nothing_found_says_so(room: ExamplesRoom, qtbot: QtBot) -> None:
    room.show_filter(Filter.parse("nosuchword"))
    settled(qtbot, room)
    assert room.none.isVisible()
    assert not room.table.isVisible()
    assert room.reading.example is None


def test_facets_are_pressed_by_keys(room: ExamplesRoom, window: MainWindow, qtbot: QtBot) -> None:
    room.facets.setFocus()
    room.facets._find("workflow", "billing")
    press(qtbot, window, Qt.Key.Key_Space)
    settled(qtbot, room)
    assert room.field.text() == "workflow:billing"
    assert room.table.rows.rowCount() == 4
    assert facet(room, "workflow", "refunds") == 4
    room.facets._find("workflow", "visits")
    press(qtbot, window, Qt.Key.Key_Return)
    settled(qtbot, room)
    assert room.table.rows.rowCount() == 8
    room.facets._find("workflow", "billing")
    press(qtbot, window, Qt.Key.Key_Space)
    settled(qtbot, room)
    assert room.field.text() == "workflow:visits"


def test_flag_and_exclude_can_be_undone(room: ExamplesRoom, window: MainWindow, project: Project, qtbot: QtBot) -> None:
    press(qtbot, window, Qt.Key.Key_G)
    assert project.examples.by_key("case-0000").flagged
    assert room.reading.state.text() == "Flagged"
    settled(qtbot, room)
    press(qtbot, window, Qt.Key.Key_X)
    assert room.dialog is not None
    field = room.dialog.findChild(QLineEdit)
    assert field is not None
    qtbot.keyClicks(field, "a test case")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert project.examples.by_key("case-0000").exclude_reason == "a test case"
    assert room.reading.state.text() == "Excluded: a test case"
    qtbot.waitUntil(lambda: not room.finder.busy and not room._recount.isActive())
    assert facet(room, "is", "excluded") == 1
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    example = project.examples.by_key("case-0000")
    assert not example.flagged
    assert not example.excluded
    row = room.table.rows.row(0)
    assert row is not None
    assert not row.flagged


def test_a_filter_is_saved_used_and_removed(
    room: ExamplesRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    room.show_filter(Filter.parse("workflow:refunds"))
    settled(qtbot, room)
    press(qtbot, window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert room.dialog is not None
    field = room.dialog.findChild(QLineEdit)
    assert field is not None
    qtbot.keyClicks(field, "Refunds")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    (saved,) = project.filters.saved()
    room.clear_filter()
    settled(qtbot, room)
    room.facets.setFocus()
    room.facets._find("saved", str(saved.id))
    press(qtbot, window, Qt.Key.Key_Return)
    settled(qtbot, room)
    assert room.table.rows.rowCount() == 4
    press(qtbot, window, Qt.Key.Key_Delete)
    assert project.filters.saved() == []
    project.undo(room.session.annotator_id)
    assert len(project.filters.saved()) == 1


def test_enter_leads_to_triage_and_the_id_can_be_copied(room: ExamplesRoom, window: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, window, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert QGuiApplication.clipboard().text() == "case-0000"
    with qtbot.waitSignal(room.session.navigate) as signal:
        press(qtbot, window, Qt.Key.Key_Return)
    assert signal.args[0] == "triage"


def test_the_row_s_menu_does_what_the_keys_do(room: ExamplesRoom, project: Project, qtbot: QtBot) -> None:
    room.chosen.flag()
    room.table.customContextMenuRequested.emit(QPoint(5, 5))
    assert room.menu is not None
    titles = [action.text() for action in room.menu.actions()]
    assert titles == ["Triage", "Take the flag away", "Exclude…", "Correct the input…", "Next output", "Copy the id"]
    room.menu.actions()[1].trigger()
    room.menu.close()
    assert not project.examples.by_key("case-0000").flagged


def test_an_example_that_the_filter_leaves_out_is_shown(room: ExamplesRoom, project: Project, qtbot: QtBot) -> None:
    room.show_filter(Filter.parse("workflow:refunds"))
    settled(qtbot, room)
    room.show_example(project.examples.by_key("case-0007").id)
    settled(qtbot, room)
    assert room.field.text() == ""
    assert room.reading.key.text() == "case-0007"


def test_a_long_table_is_read_where_it_is_looked_at(
    window: MainWindow, make_examples: Callable[[int], list[int]], qtbot: QtBot, project: Project
) -> None:
    with project.database.transaction() as connection:
        connection.execute("DELETE FROM examples")
    make_examples(1500)
    room = window.go_to_room("examples")
    assert isinstance(room, ExamplesRoom)
    room.refresh()
    settled(qtbot, room)
    room.table.setFocus()
    press(qtbot, window, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    assert room.reading.key.text() == "case-1499"
    assert len(room.table.rows._pages) < 6
    assert room.table.rows.place(project.examples.by_key("case-0700").id) == 700


def test_an_import_elsewhere_comes_into_the_list(
    room: ExamplesRoom, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps({"id": "new", "prompt": "zebra"}), encoding="utf-8")
    room.session.perform(lambda: project.sources.import_file(path))
    qtbot.waitUntil(lambda: room.table.rows.rowCount() == 13)
    settled(qtbot, room)
    assert facet(room, "source", "more.jsonl") == 1
    qtbot.waitUntil(project.search.up_to_date)
    room.show_filter(Filter.parse("zebra"))
    settled(qtbot, room)
    assert room.table.rows.rowCount() == 1


def test_an_import_is_taken_back_from_the_sources(
    room: ExamplesRoom, window: MainWindow, project: Project, tmp_path: Path, qtbot: QtBot
) -> None:
    path = tmp_path / "more.jsonl"
    path.write_text(json.dumps({"id": "new", "prompt": "zebra", "output": "x"}) + "\noops\n", encoding="utf-8")
    room.session.perform(lambda: project.sources.import_file(path))
    press(qtbot, window, Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    dialog = room.dialog
    assert isinstance(dialog, SourcesDialog)
    assert nameless(dialog) == guessing_labels(dialog) == unreachable_buttons(dialog) == []
    assert dialog.rejects.isEnabled()
    dialog.remove.click()
    confirm = QApplication.activeModalWidget()
    assert confirm is not None
    qtbot.keyClick(confirm, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: project.sources.list() == [])
    qtbot.waitUntil(lambda: dialog.table.rowCount() == 0)
    assert project.examples.count() == 12
    dialog.close()


def test_an_empty_project_says_what_belongs_here(first_window: MainWindow, project: Project, qtbot: QtBot) -> None:
    first_window.session.adopt(project)
    room = first_window.go_to_room("examples")
    assert isinstance(room, ExamplesRoom)
    settled(qtbot, room)
    assert room.empty.isVisible()
    assert room.empty.choose.isVisible()
    assert nameless(room) == guessing_labels(room) == unreachable_buttons(room) == []


def test_finding_after_another_filter_brought_another_text(
    room: ExamplesRoom, window: MainWindow, qtbot: QtBot
) -> None:
    """Ctrl+F, words, Esc, a filter, Ctrl+F, words: the window stays, and Esc closes the bar, not the filter."""
    view = room.reading.view
    field = view.find_bar.field
    for words, filter_text in (("order", "workflow:refunds"), ("refunds", "workflow:billing"), ("what", "")):
        room.table.setFocus()
        press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        assert QApplication.focusWidget() is field
        qtbot.keyClicks(field, words)
        qtbot.waitUntil(lambda: view.find_bar.count.text().startswith("1 of"))
        press(qtbot, window, Qt.Key.Key_Escape)
        assert not view.find_bar.isVisible()
        press(qtbot, window, Qt.Key.Key_Slash)
        qtbot.keyClicks(room.field, filter_text)
        settled(qtbot, room)
        press(qtbot, window, Qt.Key.Key_Down)
        press(qtbot, window, Qt.Key.Key_Tab)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        field.clear()
        qtbot.keyClicks(field, words[:4])
        qtbot.waitUntil(lambda: not view.find_bar._pause.isActive())
        before = room.field.text()
        QApplication.processEvents()
        press(qtbot, window, Qt.Key.Key_Escape)
        assert not view.find_bar.isVisible()
        assert room.field.text() == before
        room.clear_filter()
        settled(qtbot, room)


def test_escape_closes_the_find_bar_before_it_clears_the_filter(
    room: ExamplesRoom, window: MainWindow, qtbot: QtBot
) -> None:
    room.show_filter(Filter.parse("workflow:refunds"))
    settled(qtbot, room)
    room.table.setFocus()
    press(qtbot, window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    room.table.setFocus()
    press(qtbot, window, Qt.Key.Key_Escape)
    assert not room.reading.view.find_bar.isVisible()
    assert room.field.text() == "workflow:refunds"
    press(qtbot, window, Qt.Key.Key_Escape)
    assert room.field.text() == ""


def test_an_id_that_is_typed_comes_first(room: ExamplesRoom, project: Project, qtbot: QtBot) -> None:
    room.go_to_field()
    qtbot.keyClicks(room.field, "case-0007")
    settled(qtbot, room)
    row = room.table.current_row()
    assert row is not None
    assert row.key == "case-0007"
    assert room.outline is not None
    assert room.outline.total >= 1


def test_undo_in_a_search_field_with_nothing_typed_is_the_projects(
    room: ExamplesRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    press(qtbot, window, Qt.Key.Key_Down)
    room.chosen.flag()
    current = room.table.current_id()
    assert current is not None
    assert project.examples.get(current).flagged
    room.go_to_field()
    qtbot.keyClicks(room.field, "x")
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert room.field.text() == ""
    assert project.examples.get(current).flagged
    press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not project.examples.get(current).flagged
    settled(qtbot, room)


def test_facets_say_when_nothing_matches(room: ExamplesRoom, qtbot: QtBot) -> None:
    room.show_filter(Filter.parse("nothinghassuchwords"))
    settled(qtbot, room)
    heads = [
        item.text(0) for place in range(room.facets.topLevelItemCount()) if (item := room.facets.topLevelItem(place))
    ]
    assert heads == ["Nothing matches", "Esc clears the filter"]


def test_the_first_page_is_listed_before_the_rest_is_counted(room: ExamplesRoom, qtbot: QtBot, tmp_path: Path) -> None:
    rows = tmp_path / "more.jsonl"
    rows.write_text("\n".join(json.dumps({"id": f"m-{n}", "prompt": f"q {n}", "output": "a"}) for n in range(250)))
    project = room.session.project
    assert project is not None
    project.sources.import_file(rows)
    room.refresh()
    settled(qtbot, room)
    room.table.select(200)
    read = room.reading.example
    assert read is not None
    seen: list[tuple[int, str]] = []
    room.finder.headed.connect(lambda _head: seen.append((room.table.rows.rowCount(), room.total.text())))
    resets: list[int] = []
    room.table.rows.modelReset.connect(lambda: resets.append(1))
    room.refresh()
    settled(qtbot, room)
    assert seen == [(100, "The first 100 examples; counting…")]
    assert room.table.rows.rowCount() == 262
    assert resets == [1]
    # What was read stays read, though it is not on the first page.
    assert room.table.current_id() == read.id
    assert room.reading.example is not None
    assert room.reading.example.id == read.id


def test_a_single_letter_is_no_question_yet(room: ExamplesRoom, qtbot: QtBot) -> None:
    room.field.setFocus()
    qtbot.keyClicks(room.field, "x")
    settled(qtbot, room)
    assert room.table.rows.rowCount() == 12
    qtbot.keyClicks(room.field, "q")
    settled(qtbot, room)
    assert room.none.isVisible()


def test_counts_do_not_wait_for_the_list(room: ExamplesRoom, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    project = room.session.project
    assert project is not None
    outline = project.examples.outline
    counted = threading.Event()
    waited: list[bool] = []

    def slow(*asked: Any) -> Any:
        waited.append(counted.wait(20))
        return outline(*asked)

    monkeypatch.setattr(project.examples, "outline", slow)
    room.finder.counted.connect(lambda _facets: counted.set())
    room.show_filter(Filter.parse("workflow:billing"))
    settled(qtbot, room)
    assert waited == [True]
    assert room.outline is not None
    assert facet(room, "workflow", "billing") == room.outline.total


@pytest.mark.parametrize(
    ("typed", "asked"),
    [("refund", "refund"), ("refund a", "refund"), ("refund -", "refund"), ("refund -a", "refund"),
     ("refund -an", "refund -an"), ("-a", ""), ('"a b" c', '"a b" c'), ("猫", "猫"), ("refund 7", "refund 7")],
)  # fmt: skip
def test_a_last_letter_alone_is_not_looked_for_yet(typed: str, asked: str) -> None:
    assert _settled(Filter.parse(typed)).text == asked
