"""The Examples room in the real window: search as one types, scroll, page, step, a facet's click and the counts.

Every time is from the event to the end of the paint that shows its answer. Beside them, in the same run, the limits: a
bare table over rows in memory that scrolls as far, and the bare queries. The same steps in a project of 1,000 examples
say whether the cost is flat.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPoint, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView, QTreeWidgetItem

from reviewer.intake.filters import Filter
from reviewer.ui.rooms.examples import ExamplesRoom
from tests.benchmarks.figures import Bench, Figure, Spread, at_most
from tests.benchmarks.screen import Painted, Screen

TYPED = ("refund", "order payment", "delivery", "confirm", "the amount", "policy -claim")
PACE_S = 0.09
"""From one key to the next: a quick typist."""


class Rows(QAbstractTableModel):
    """The limit of a table: cells of made-up words from memory."""

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """As many as a table of a million has."""
        return 0 if parent.isValid() else 1_000_000

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """As many as the room shows at this width."""
        return 0 if parent.isValid() else 4

    def data(self, index: QModelIndex, role: int = 0) -> str | None:
        """A few words, the same for the same cell."""
        return f"conversation {index.row()} about a refund, {index.column()}" if role == 0 else None


class Room:
    """The Examples room of a window, and what can be done to it."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        room = screen.main.go_to_room("examples")
        assert isinstance(room, ExamplesRoom)
        self.room = room
        self.table = Painted(room.table.viewport())
        self.field = Painted(room.field)
        self.facets = Painted(room.facets.viewport())
        self.reading = Painted(room.reading.view.pane.viewport())
        self.answers = 0
        room.finder.headed.connect(self._answered)
        room.finder.listed.connect(self._answered)
        screen.until(lambda: room.outline is not None and not room.finder.busy)
        screen.rest(0.2)

    def _answered(self, _answer: object) -> None:
        self.answers += 1

    def timed(self, act: Callable[[], object], watched: Painted) -> float:
        """Seconds from an act to the end of the next paint of what is watched."""
        before = watched.count
        start = time.perf_counter()
        act()
        self.screen.until(lambda: watched.count > before)
        return watched.at - start

    def wheel(self) -> None:
        """Three notches down."""
        view = self.room.table.viewport()
        middle = QPoint(view.width() // 2, view.height() // 2)
        event = QWheelEvent(
            middle.toPointF(), view.mapToGlobal(middle).toPointF(), QPoint(), QPoint(0, -360),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view, event)

    def steps(self, times: int) -> dict[str, list[float]]:
        """Scroll by wheel, page by key, drag the bar anywhere, and go to the next row, which is read beside it."""
        table = self.room.table
        draw = Random(7)
        bar = table.verticalScrollBar()
        table.setFocus()
        acts: dict[str, tuple[Callable[[], object], Painted]] = {
            "scroll by the wheel": (self.wheel, self.table),
            "drag the scroll bar anywhere": (lambda: bar.setValue(draw.randrange(1, bar.maximum())), self.table),
            "page down, its example read": (lambda: QTest.keyClick(table, Qt.Key.Key_PageDown), self.reading),
            "next row, its example read": (lambda: QTest.keyClick(table, Qt.Key.Key_Down), self.reading),
        }
        found: dict[str, list[float]] = {}
        for name, (act, watched) in acts.items():
            table.select(0)
            self.screen.rest(0.1)
            found[name] = []
            for _ in range(times):
                if bar.value() == bar.maximum():
                    table.select(0)
                    self.screen.rest(0.1)
                found[name].append(self.timed(act, watched))
                self.screen.rest(0.03)
        return found

    def click_facet(self, title: str) -> float:
        """Click a value; seconds until the list that it leaves is painted."""
        facets = self.room.facets
        item = next(found for found in _items(facets) if found.text(0) == title)
        facets.scrollToItem(item)
        self.screen.rest(0.05)
        spot = facets.visualItemRect(item).center()
        before = self.answers
        start = time.perf_counter()
        QTest.mouseClick(facets.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        self.screen.until(lambda: self.answers > before)
        count = self.table.count
        self.room.table.viewport().update()
        self.screen.until(lambda: self.table.count > count)
        return self.table.at - start

    def counted(self, start: float) -> float:
        """Seconds from then until every count is painted."""
        before = self.facets.count
        self.screen.until(lambda: not self.room.finder.busy)
        self.room.facets.viewport().update()
        self.screen.until(lambda: self.facets.count > before)
        return self.facets.at - start

    def type(self, text: str) -> tuple[list[float], list[float], list[float]]:
        """Type into the field; for each key the seconds to its letter, to the first hits, and the longest stall."""
        room = self.room
        room.clear_filter()
        room.field.setFocus()
        self.screen.until(lambda: not room.finder.busy)
        self.screen.rest(0.1)
        letters, hits, stalls = [], [], []
        for at, letter in enumerate(text):
            typed = text[: at + 1]
            asks = Filter.parse(typed) != room.filter
            before, painted = self.answers, self.field.count
            self.screen.longest = 0.0
            start = time.perf_counter()
            QTest.keyClicks(room.field, letter)
            self.screen.until(lambda painted=painted: self.field.count > painted)  # type: ignore[misc]
            letters.append(self.field.at - start)
            if asks:
                self.screen.until(lambda before=before: self.answers > before)  # type: ignore[misc]
                shown = self.table.count
                room.table.viewport().update()
                (room.none if not room.table.isVisible() else room.table.viewport()).repaint()
                self.screen.until(lambda shown=shown: self.table.count > shown or not room.table.isVisible())  # type: ignore[misc]
                hits.append(time.perf_counter() - start)
            self.screen.rest(max(0.0, PACE_S - (time.perf_counter() - start)))
            stalls.append(self.screen.longest)
        return letters, hits, stalls


def _items(facets: object) -> list[QTreeWidgetItem]:
    tree = facets
    return [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]  # type: ignore[attr-defined]


def bare_table(times: int) -> Spread:
    """The limit: a table over rows in memory, its bar moved anywhere."""
    view = QTableView()
    model = Rows()
    view.setModel(model)
    view.resize(590, 700)
    view.show()
    QApplication.processEvents()
    draw = Random(7)
    bar = view.verticalScrollBar()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        bar.setValue(draw.randrange(bar.maximum()))
        QApplication.processEvents()
        taken.append(time.perf_counter() - start)
    view.close()
    return Spread.of(taken)


def bare_search(project: Path, words: list[str]) -> Spread:
    """The limit: the first fifty of each word in the index, and their rows, without a window."""
    index = sqlite3.connect(project.with_name(f"{project.stem}.reviewer-index"))
    shards = [
        sqlite3.connect(project.with_name(f"{project.stem}.reviewer-index-{name}"))
        for (name,) in index.execute("SELECT name FROM shards WHERE count IS NOT NULL ORDER BY base")
    ]
    rows = sqlite3.connect(project)
    taken = []
    for word in words:
        start = time.perf_counter()
        found: list[tuple[int]] = []
        for part in [index, *shards]:
            found += part.execute(
                "SELECT docs.example_id FROM texts JOIN docs ON docs.doc = texts.rowid WHERE texts MATCH ?"
                " ORDER BY texts.rowid LIMIT ?",
                (f'"{word}"*', 50 - len(found)),
            ).fetchall()
            if len(found) >= 50:
                break
        marks = ", ".join("?" * len(found))
        rows.execute(
            f"SELECT key, workflow, snippet FROM examples WHERE id IN ({marks})", [row[0] for row in found]
        ).fetchall()
        taken.append(time.perf_counter() - start)
    for connection in (index, *shards, rows):
        connection.close()
    return Spread.of(taken)


def exact(room: Room) -> bool:
    """Whether the counts on the screen are those that the rows have."""
    project = room.screen.main.session.project
    assert project is not None
    for facet in room.room.facets._facets:
        for value in facet.values[:3]:
            if (
                project.examples.count(room.room.filter.without(facet.field).toggled(facet.field, value.value))
                != value.count
            ):
                return False
    return True


def measure(bench: Bench) -> list[Figure]:
    """In a copy of the project, p95 of many; and the same steps in a project of 1,000."""
    times = bench.rounds(100)
    small = Screen(bench.copy_of(bench.small, "small"))
    flat = Room(small).steps(times)
    screen = Screen.next(small, bench.copy())
    room = Room(screen)
    scrolled = room.steps(times)
    clicks, counts = [], []
    workflows = [
        item.text(0) for item in _items(room.room.facets) if item.data(0, Qt.ItemDataRole.UserRole) == "workflow"
    ]
    for title in [name for name in workflows for _ in range(2)][: bench.rounds(16)]:
        start = time.perf_counter()
        clicks.append(room.click_facet(title))
        counts.append(room.counted(start) - 0.05)
        screen.rest(0.05)
    right = exact(room)
    letters: list[float] = []
    hits: list[float] = []
    stalls: list[float] = []
    for text in TYPED[: bench.rounds(len(TYPED))]:
        for into, found in zip((letters, hits, stalls), room.type(text), strict=True):
            into += found
    screen.close()
    table = bare_table(times)
    parts = [text[:length] for text in TYPED for length in range(2, len(text)) if " " not in text[:length]]
    search = bare_search(bench.project, parts)
    named = "a bare table from memory"
    figures = []
    for name, taken in scrolled.items():
        figures.append(
            at_most(f"{name}, p95", Spread.of(taken).p95 * 1000, "ms", floor=10, goal=7, limit=table.p95 * 1000,
                    limit_name=named)
        )  # fmt: skip
        figures.append(at_most(f"  of 1,000 examples: {name}, p95", Spread.of(flat[name]).p95 * 1000, "ms"))
    return [
        *figures,
        at_most("a facet's click to its list painted, p95", Spread.of(clicks).p95 * 1000, "ms", floor=10, goal=7),
        at_most(
            "a facet's click to every count painted, median", Spread.of(counts).median * 1000, "ms", floor=100, goal=50,
            note="exact" if right else "NOT EXACT",
        ),
        at_most("search as you type: key to its letter painted, p95", Spread.of(letters).p95 * 1000, "ms", floor=16),
        at_most(
            "search as you type: key to the first hits painted, p95", Spread.of(hits).p95 * 1000, "ms", floor=50,
            goal=16, limit=search.p95 * 1000, limit_name="the bare queries",
        ),
        at_most("search as you type: key to the first hits painted, median", Spread.of(hits).median * 1000, "ms"),
        at_most("search as you type: longest time no key is heard", max(stalls) * 1000, "ms", floor=50),
    ]  # fmt: skip
