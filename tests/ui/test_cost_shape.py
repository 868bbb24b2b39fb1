"""What a key costs, counted and not timed: the same queries, work, layouts and paints at 300 examples and at 3,000."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reviewer.intake import heads, tallies
from reviewer.intake.filters import Filter
from reviewer.project import Project
from reviewer.store.database import Database
from reviewer.triage.queues import Place
from reviewer.ui.commands import WindowCommands
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.examples import ExamplesRoom
from reviewer.ui.rooms.triage import TriageRoom
from reviewer.ui.session import Session
from reviewer.ui.widgets.sheet import Sheet
from tests.conftest import fill

SIZES = (300, 3_000)
_BOUND = re.compile(r"'[^']*'|\b[0-9]+\b")
_EACH = 50
"""How many of SQLite's own steps are counted as one."""


@dataclass
class Cost:
    """What was done while it was counted."""

    queries: list[str] = field(default_factory=list)
    steps: int = 0
    layouts: int = 0
    paints: int = 0

    @property
    def shape(self) -> tuple[list[str], int, int]:
        """What must be the same to the last one."""
        return self.queries, self.layouts, self.paints


class Meter(QObject):
    """Counts on every connection and in every sheet that there is, on this thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self._cost: Cost | None = None
        connect, build = Database._connect, Sheet.__init__

        def counted(database: Database, *, write: bool) -> Any:
            connection = connect(database, write=write)
            connection.set_trace_callback(self._query)
            connection.set_progress_handler(self._step, _EACH)
            return connection

        def built(sheet: Sheet, *arguments: Any) -> None:
            if self._cost is not None:
                self._cost.layouts += 1
            build(sheet, *arguments)

        monkeypatch.setattr(Database, "_connect", counted)
        for module in (heads, tallies):  # else who asks whether to go on takes the place of who counts the steps
            monkeypatch.setattr(module, "heard", lambda _connection, _check: nullcontext())
        monkeypatch.setattr(WindowCommands, "after_opening", lambda _commands: None)
        monkeypatch.setattr(Sheet, "__init__", built)

    def _query(self, sql: str) -> None:
        if self._cost is not None and threading.current_thread() is threading.main_thread():
            self._cost.queries.append(_BOUND.sub("?", sql)[:80])

    def _step(self) -> int:
        if self._cost is not None and threading.current_thread() is threading.main_thread():
            self._cost.steps += 1
        return 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count paints."""
        if self._cost is not None and event.type() == QEvent.Type.Paint:
            self._cost.paints += 1
        return False

    @contextmanager
    def counting(self) -> Iterator[Cost]:
        """Count what happens in the block."""
        self._cost = Cost()
        try:
            yield self._cost
        finally:
            self._cost = None


@pytest.fixture
def meter(monkeypatch: pytest.MonkeyPatch) -> Meter:
    """A meter under every project that is opened from now on."""
    return Meter(monkeypatch)


@pytest.fixture
def window_over(
    meter: Meter, session: Session, qtbot: QtBot, tmp_path: Path, empty_project_file: Path
) -> Callable[[int], MainWindow]:
    """The window over a project of so many examples."""

    def opened(count: int) -> MainWindow:
        path = tmp_path / f"of-{count}.reviewer"
        path.write_bytes(empty_project_file.read_bytes())
        project = Project.open(path)
        fill(project, count, ("prod",))
        window = session.window if isinstance(session.window, MainWindow) else MainWindow(session)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        window.activateWindow()
        session.adopt(project)
        return window

    return opened


def test_a_verdict_costs_the_same_in_any_project(
    meter: Meter, window_over: Callable[[int], MainWindow], monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    found: list[list[Cost]] = []
    for size in SIZES:
        window = window_over(size)
        room = window.go_to_room("triage")
        assert isinstance(room, TriageRoom)
        # The figures beside the conversation are brought up to date when there is time, behind the next example.
        monkeypatch.setattr(room.feed, "ask", lambda _variant: None)
        room.feed.stop()
        viewport = room.view.pane.viewport()
        viewport.installEventFilter(meter)
        room.open_queue(Place("random", "one", None), seed=11)
        room.view.setFocus()
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
        costs = []
        for _ in range(12):
            room._ahead_timer.stop()
            room._save_timer.stop()
            room.look_ahead()
            QApplication.processEvents()
            with meter.counting() as cost:
                QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_P)
                QApplication.processEvents()
                room._ahead_timer.stop()
                room.look_ahead()
            costs.append(cost)
        found.append(costs)
    few, many = found
    assert [cost.shape for cost in few[2:]] == [cost.shape for cost in many[2:]]
    assert all(cost.paints == cost.layouts == 1 for cost in many[2:])
    # Rows touched: a deeper index costs a step or two, a search through the examples thousands.
    assert sum(cost.steps for cost in many[2:]) <= sum(cost.steps for cost in few[2:]) * 1.2 + 10


def test_a_step_and_a_page_of_the_list_cost_the_same_in_any_project(
    meter: Meter, window_over: Callable[[int], MainWindow], qtbot: QtBot
) -> None:
    found: list[list[Cost]] = []
    for size in SIZES:
        room = window_over(size).go_to_room("examples")
        assert isinstance(room, ExamplesRoom)
        qtbot.waitUntil(lambda room=room: room.outline is not None and not room.finder.busy)  # type: ignore[misc]
        project = room.session.project
        assert project is not None
        qtbot.waitUntil(project.search.up_to_date, timeout=60_000)
        qtbot.waitUntil(lambda room=room: not room.index.busy)  # type: ignore[misc]
        room.table.setFocus()
        room.table.viewport().installEventFilter(meter)
        costs = []
        for key in (Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_Down, Qt.Key.Key_PageDown):
            room._ahead.stop()
            room._look_ahead()
            with meter.counting() as cost:
                QTest.keyClick(room.table, key)
                room._ahead.stop()
                QApplication.processEvents()
            costs.append(cost)
        with meter.counting() as cost:
            room.table.select(size // 2 + 30)
            room._ahead.stop()
            QApplication.processEvents()
        costs.append(cost)
        found.append(costs)
    few, many = found
    assert [cost.shape for cost in few] == [cost.shape for cost in many]
    assert sum(cost.steps for cost in many) <= sum(cost.steps for cost in few) * 1.2 + 10


def test_the_first_page_of_a_filter_costs_the_same_in_any_project(
    meter: Meter, window_over: Callable[[int], MainWindow]
) -> None:
    found = []
    for size in SIZES:
        project = window_over(size).session.project
        assert project is not None
        for query in ("", "workflow:billing"):
            with meter.counting() as cost:
                head = project.examples.head(Filter.parse(query))
            assert head is not None
            assert len(head.rows) == 100
            found.append((query, cost))
    for (_, few), (_, many) in zip(found[:2], found[2:], strict=True):
        assert few.queries == many.queries
        assert many.steps <= few.steps * 1.2 + 10


def test_counts_after_a_label_cost_the_same_in_any_project(
    meter: Meter, window_over: Callable[[int], MainWindow]
) -> None:
    found = []
    for size in SIZES:
        project = window_over(size).session.project
        assert project is not None
        wanted = Filter.parse("workflow:billing")
        ana = project.annotators.get_or_add("Ana")
        project.labels.set_verdict(project.examples.get(7).outputs[0].id, ana, "pass")
        project.examples.facets(wanted)
        project.labels.set_verdict(project.examples.get(size - 7).outputs[0].id, ana, "fail")
        with meter.counting() as cost:
            facets = project.examples.facets(wanted)
        assert sum(value.count for value in facets[0].values) == size
        found.append(cost)
    few, many = found
    assert few.queries == many.queries
    assert many.steps <= few.steps * 1.2 + 10
