"""How long from a verdict's key until the next example is painted, its label on the disk.

Runs the real window over the project and presses real keys: at a person's pace, each as soon as the one before is
answered, and many at once before anything was painted. Beside it, between the keys and so under the same conditions,
the limits: a bare commit of as many rows with synchronous=FULL, and a bare text browser that is given the same text and
painted. The same in a project of 1,000 examples says whether the cost is flat.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from random import Random

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTextBrowser

from reviewer.triage.queues import Place
from reviewer.ui.rooms.triage import TriageRoom
from tests.benchmarks.figures import Bench, Figure, Spread, at_most
from tests.benchmarks.screen import Painted, Screen

PERSON, QUICK = "at a person's pace", "each at once"
PACE_S = 0.08
MANY = 25


class Bare:
    """The limits: a commit of three small rows as a label and its history make, and a text given to a text browser."""

    def __init__(self, folder: Path) -> None:
        self._connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, a TEXT)")
        self._browser = QTextBrowser()
        self._browser.resize(796, 660)
        self._browser.show()
        self.commits: list[float] = []
        self.paints: list[float] = []

    def measure(self, text: str) -> None:
        """Both once."""
        start = time.perf_counter()
        self._connection.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            self._connection.execute("INSERT INTO t (a) VALUES (?)", ("x" * 200,))
        self._connection.execute("COMMIT")
        committed = time.perf_counter()
        self._browser.setPlainText(text)
        self._browser.viewport().repaint()
        self.paints.append(time.perf_counter() - committed)
        self.commits.append(committed - start)

    def close(self) -> None:
        """Close both."""
        self._browser.close()
        self._connection.close()


class Desk:
    """The Triage room of a window, with a queue to go through."""

    def __init__(self, screen: Screen, annotator: str) -> None:
        self.screen = screen
        screen.main.session.set_annotator(annotator)
        room = screen.main.go_to_room("triage")
        assert isinstance(room, TriageRoom)
        self.room = room
        self.painted = Painted(room.view.pane.viewport())
        self.commits: list[float] = []
        screen.main.session.changed.connect(lambda _changes: self.commits.append(time.perf_counter()))
        room.open_queue(Place("random", "one", None), seed=11)
        screen.rest(0.3)
        screen.main.activateWindow()
        room.view.setFocus()
        self._draw = Random(5)

    def key(self) -> Qt.Key:
        """A verdict: pass, or the category of a failure."""
        return Qt.Key.Key_P if self._draw.random() < 0.5 else Qt.Key(Qt.Key.Key_1 + self._draw.randrange(7))

    def press(self) -> tuple[float, float, float]:
        """One key; seconds to its commit, to the next example's paint, and of that the window's own processor time."""
        before, example = self.painted.count, self.room.reading
        self.commits.clear()
        start, worked = time.perf_counter(), time.thread_time()
        QTest.keyClick(self._focus(), self.key())
        self.screen.until(lambda: self.painted.count > before)
        if self.room.reading is example:
            raise RuntimeError("a verdict's key did not bring the next example")
        return self.commits[0] - start, self.painted.at - start, self.painted.cpu - worked

    def press_many(self, count: int) -> tuple[float, int]:
        """So many keys before the event loop turns; seconds to the last paint, and keys whose example nobody saw."""
        before, painted = len(self.commits), self.painted.count
        shown = _Shown(self.room.view.pane.viewport())
        start = time.perf_counter()
        for _ in range(count):
            QTest.keyClick(self._focus(), self.key())
        self.screen.until(lambda: self.painted.count > painted)
        taken = self.painted.at - start
        if len(self.commits) - before != count:
            raise RuntimeError("a key was lost")
        return taken, max(0, count - shown.count)

    def _focus(self) -> object:
        return self.screen.app.focusWidget()


class _Shown(Painted):
    """Counts paints as they happen, whether the event loop turns or not."""

    def eventFilter(self, watched: object, event: object) -> bool:
        """Count."""
        if event.type() == event.Type.Paint:  # type: ignore[attr-defined]
            self.count += 1
        return False


def at_pace(desk: Desk, bare: Bare, labels: int) -> list[tuple[float, float, float]]:
    """Keys of a person, to whom the next example is laid out before the key comes; the limits in between."""
    found = []
    for _ in range(labels):
        deadline = time.perf_counter() + PACE_S
        desk.screen.until(lambda deadline=deadline: desk.room.ahead is not None and time.perf_counter() > deadline)  # type: ignore[misc]
        found.append(desk.press())
        reading = desk.room.reading
        assert reading is not None
        bare.measure("\n\n".join([*(message.text for message in reading.example.messages), reading.output.text]))
        QApplication.processEvents()
    return found


def measure(bench: Bench) -> list[Figure]:
    """Verdict keys in the real window, over a copy of the project; p95 of them."""
    labels = bench.rounds(200)
    bare_small, bare = (_folder(bench, name) for name in ("small", "here"))
    small = Screen(bench.copy_of(bench.small, "few"))
    limits = Bare(bare_small)
    few = at_pace(Desk(small, PERSON), limits, min(labels, 100))
    limits.close()
    screen = Screen.next(small, bench.copy())
    limits = Bare(bare)
    paced = at_pace(Desk(screen, PERSON), limits, labels)
    desk = Desk(screen, QUICK)
    quick = [desk.press() for _ in range(labels)]
    screen.rest(0.2)
    many, unseen = desk.press_many(bench.rounds(MANY))
    screen.close()
    limits.close()
    commit, paint = (Spread.of(times).p95 * 1000 for times in (limits.commits, limits.paints))
    both = Spread.of(map(sum, zip(limits.commits, limits.paints, strict=True))).p95 * 1000

    def p95(rows: list[tuple[float, float, float]], at: int) -> float:
        return Spread.of(row[at] for row in rows).p95 * 1000

    named = "a bare commit, a bare text browser"
    return [
        at_most(f"key to commit, {PERSON}, p95", p95(paced, 0), "ms", limit=commit, limit_name="a bare commit, FULL"),
        at_most(
            f"key to next example painted, {PERSON}, p95", p95(paced, 1), "ms", floor=16, goal=8, limit=both,
            limit_name=named,
        ),
        at_most(f"  of 1,000 examples: {PERSON}, p95", p95(few, 1), "ms"),
        at_most(f"  of which after the commit, {PERSON}, p95",
                Spread.of(row[1] - row[0] for row in paced).p95 * 1000, "ms", limit=paint,
                limit_name="a bare text browser"),
        at_most(f"  of which the window's own processor time, {PERSON}, p95", p95(paced, 2), "ms"),
        at_most(
            f"key to next example painted, {QUICK}, p95", p95(quick, 1), "ms", floor=16, goal=8, limit=both,
            limit_name=named,
        ),
        at_most(f"  of which the window's own processor time, {QUICK}, p95", p95(quick, 2), "ms"),
        at_most(f"{MANY} keys sent together: each", many / bench.rounds(MANY) * 1000, "ms", floor=16, goal=8),
        at_most(f"{MANY} keys sent together: whose example was not painted", unseen, "keys", floor=0, goal=0),
    ]  # fmt: skip


def _folder(bench: Bench, name: str) -> Path:
    folder = bench.folder / f"bare-{name}"
    folder.mkdir()
    return folder
