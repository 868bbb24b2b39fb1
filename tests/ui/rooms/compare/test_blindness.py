"""With a study open, no text, tooltip, name or model of the window goes with one side more than with the other."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, QModelIndex, QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

from reviewer.compare.judgments import AnswerTask
from reviewer.compare.protocol import Protocol
from reviewer.project import Project
from reviewer.ui import log
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.compare import CompareRoom
from tests.compare.test_blindness import PAIRS, answers, fill_blind

TELLING = re.compile(r"\b(base|tuned|prod|production)\b", re.IGNORECASE)


@pytest.fixture
def texts() -> dict[tuple[str, int], str]:
    """Answers that say nothing of their origin."""
    return answers()


@pytest.fixture
def room(first_window: MainWindow, project: Project, texts: dict[tuple[str, int], str]) -> CompareRoom:
    """The Compare room over a study of the base and the tuned variant, nothing judged yet."""
    log.start()
    ana = project.annotators.get_or_add("Ana")
    fill_blind(project, texts, ana)
    project.studies.create("first", "base", "tuned", seed=3, annotator_id=ana, protocol=Protocol.bare())
    first_window.session.adopt(project)
    found = first_window.go_to_room("compare")
    assert isinstance(found, CompareRoom)
    found.judge()
    return found


def told(top: QWidget) -> Iterator[tuple[QObject, str]]:
    """Everything that a window says, shown or not, to eyes, pointers and screen readers."""
    for widget in [top, *top.findChildren(QWidget)]:
        for words in (
            widget.toolTip(),
            widget.statusTip(),
            widget.whatsThis(),
            widget.accessibleName(),
            widget.accessibleDescription(),
            widget.windowTitle(),
            widget.objectName(),
        ):
            yield widget, words
        if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
            yield widget, widget.text()
        if isinstance(widget, QTextEdit | QPlainTextEdit):
            yield widget, widget.toPlainText()
        if isinstance(widget, QLineEdit | QTextEdit | QPlainTextEdit):
            yield widget, widget.placeholderText()
        if isinstance(widget, QComboBox):
            for number in range(widget.count()):
                yield widget, widget.itemText(number)
        if isinstance(widget, QAbstractItemView) and widget.model() is not None:
            yield from ((widget, words) for words in cells(widget.model()))
        for action in widget.actions():
            yield action, f"{action.text()} {action.toolTip()} {action.statusTip()}"
        yield widget, str(widget.property("role") or "")


def cells(model: QAbstractItemModel, parent: QModelIndex | None = None) -> Iterator[str]:
    """Every role of every cell of a model that text may hide in."""
    roles = (
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.ToolTipRole,
        Qt.ItemDataRole.StatusTipRole,
        Qt.ItemDataRole.AccessibleTextRole,
        Qt.ItemDataRole.EditRole,
        Qt.ItemDataRole.UserRole,
    )
    parent = QModelIndex() if parent is None else parent
    for row in range(model.rowCount(parent)):
        # A list model keeps its one column's count to itself.
        for column in range(1 if isinstance(model, QAbstractListModel) else model.columnCount(parent)):
            index = model.index(row, column, parent)
            for role in roles:
                yield str(model.data(index, role) or "")


def windows() -> list[QWidget]:
    return [widget for widget in QApplication.topLevelWidgets() if not widget.parent()]


def sealed(texts: dict[tuple[str, int], str]) -> list[str]:
    return [texts[variant, number] for variant in ("base", "tuned") for number in range(PAIRS)]


def check(room: CompareRoom, texts: dict[tuple[str, int], str]) -> None:
    """The page that is judged names no variant, and only its answer panes show a sealed text."""
    page = room.pages.currentWidget()
    panes = {room.answer.answer.pane, room.pair.panes.left.view.pane, room.pair.panes.right.view.pane}
    for widget, words in told(page):
        if widget not in panes:
            assert not TELLING.search(words), (widget, words)
    for top in windows():
        for widget, words in told(top):
            if any(text in words for text in sealed(texts)):
                assert widget in panes, (widget, words)
            if isinstance(widget, QAction) and widget.objectName().startswith("edit."):
                assert not TELLING.search(words), words
    assert not TELLING.search(room.window().windowTitle())
    assert not TELLING.search(room.status_text())


def test_nothing_in_the_window_tells_the_sides(
    room: CompareRoom, project: Project, texts: dict[tuple[str, int], str], qtbot: QtBot
) -> None:
    window = room.window()
    assert isinstance(window, MainWindow)
    ana = room.session.annotator_id
    for number in range(2 * PAIRS):
        if number % 5 == 0:
            check(room, texts)
        assert isinstance(project.judgments.next("first", ana), AnswerTask)
        room.answer.say("pass" if number % 3 else "fail")
        room.lock()
    assert room.pages.currentWidget() is room.pair
    room.pair.toggle_differences()
    for number in range(PAIRS - 1):
        window.refresh_actions()
        check(room, texts)
        room.prefer(("left", "right", "tie", "both_bad")[number % 4])
    window.refresh_actions()
    check(room, texts)
    room.pair.panes.left.view.select_all()
    room.pair.panes.left.view.copy_selection()
    copied = QGuiApplication.clipboard().text()
    assert not TELLING.search(copied)
    room.session.undo()
    check(room, texts)
    assert log.log_file().parent.is_dir()
    for path in log.log_file().parent.iterdir():
        written = path.read_text()
        assert not TELLING.search(written)
        assert not any(text in written for text in sealed(texts))


def test_the_other_rooms_show_no_sealed_text(
    room: CompareRoom, project: Project, texts: dict[tuple[str, int], str], qtbot: QtBot
) -> None:
    window = room.window()
    assert isinstance(window, MainWindow)
    room.show_studies()
    for room_id in ("examples", "triage", "curate"):
        other = window.go_to_room(room_id)
        assert other is not None, room_id
        with project.database.read() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM examples ORDER BY id LIMIT 4")]
        for example_id in ids:
            other.show_example(example_id)
            QApplication.processEvents()
            for _, words in told(other):
                assert not any(text in words for text in sealed(texts)), (room_id, words)


def test_the_list_says_nothing_of_how_it_stands(room: CompareRoom, project: Project) -> None:
    ben = project.annotators.get_or_add("Ben")
    for _ in range(5):
        task = project.judgments.next("first", ben)
        assert isinstance(task, AnswerTask)
        project.judgments.lock("first", task.side.id, ben, "fail")
    room.show_studies()
    said = [words for _, words in told(room.studies) if words]
    assert not any(re.search(r"\b5\b|fail|%", words) for words in said), said


def test_everything_on_shows_no_more_than_nothing_on(
    first_window: MainWindow, project: Project, texts: dict[tuple[str, int], str], qtbot: QtBot
) -> None:
    """Repeats, controls and pairs in original dress look like any pair; the guess is asked alike of both sides."""
    log.start()
    ana = project.annotators.get_or_add("Ana")
    fill_blind(project, texts, ana)
    protocol = Protocol(repeats=0.25, controls=0.25, original_dress=0.5, probes=0.5)
    project.studies.create("first", "base", "tuned", seed=3, annotator_id=ana, protocol=protocol)
    first_window.session.adopt(project)
    room = first_window.go_to_room("compare")
    assert isinstance(room, CompareRoom)
    room.judge()
    while room.pages.currentWidget() is room.answer:
        room.answer.say("pass")
        room.lock()
    room.pair.toggle_differences()
    seen = set()
    while not room.pair.guessing:
        check(room, texts)
        seen.add(frozenset(words for widget, words in told(room.pair.bar) if words and not re.search(r"\d", words)))
        room.prefer("tie")
    assert len(seen) == 1, "nothing in the bar goes with the kind of a pair"
    shown = {room.pair.panes.left.view.pane, room.pair.panes.right.view.pane}
    asked = set()
    while room.pages.currentWidget() is room.pair:
        telling = {words for widget, words in told(room.pair) if widget not in shown and TELLING.search(words)}
        asked.add(frozenset(telling))
        room.prefer("left")
    (words,) = asked
    swapped = {re.sub(r"\b[AB]\b", lambda found: "BA"["AB".index(found[0])], one) for one in words}
    assert {re.sub(r"[←→]|Left|Right", "", one) for one in swapped} == {
        re.sub(r"[←→]|Left|Right", "", one) for one in words
    }
    for path in log.log_file().parent.iterdir():
        written = path.read_text()
        assert not TELLING.search(written)
        assert not any(text in written for text in sealed(texts))
