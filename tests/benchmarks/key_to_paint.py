"""How long from a verdict's key until the next example is painted, its label on the disk.

Runs the real window over the project and presses real keys. Beside it, in the same run, the limits: a bare
commit of as many rows with synchronous=FULL, and a bare text browser that is given the same text and painted.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from random import Random
from statistics import median

from reviewer.triage.queues import Place
from tests.benchmarks.figures import Bench, Figure, at_most

WORDS = (
    "account", "address", "agent", "amount", "balance", "booking", "cancel", "card", "charge", "claim", "confirm",
    "contract", "customer", "date", "delay", "delivery", "deposit", "discount", "document", "fee", "flight",
    "insurance", "invoice", "letter", "limit", "meter", "notice", "number", "offer", "order", "payment", "period",
    "plan", "policy", "price", "product", "rate", "reason", "receipt", "record", "refund", "request", "return",
)  # fmt: skip


def prose(draw: Random, characters: int) -> str:
    """Made-up sentences of about so many characters, with lists and emphasis here and there."""
    pieces: list[str] = []
    size = 0
    while size < characters:
        sentence = " ".join(draw.choice(WORDS) for _ in range(draw.randint(6, 16))).capitalize() + "."
        if draw.random() < 0.1:
            sentence = f"\n\n- **{draw.choice(WORDS)}** {sentence}\n- {sentence}\n\n"
        pieces.append(sentence)
        size += len(sentence) + 1
    return " ".join(pieces)


def spread(seconds: list[float]) -> dict[str, float]:
    """Median, 95th percentile and worst, in milliseconds."""
    ordered = sorted(seconds)
    return {
        "median": round(median(ordered) * 1000, 3),
        "p95": round(ordered[int(len(ordered) * 0.95)] * 1000, 3),
        "worst": round(ordered[-1] * 1000, 3),
    }


def raw_commit(folder: Path, times: int) -> dict[str, float]:
    """A commit of three small rows with WAL and synchronous=FULL, as a label and its history make."""
    connection = sqlite3.connect(folder / "raw.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            connection.execute("INSERT INTO t (a) VALUES (?)", ("x" * 200,))
        connection.execute("COMMIT")
        taken.append(time.perf_counter() - start)
    connection.close()
    return spread(taken)


def raw_paint(times: int) -> dict[str, float]:
    """A text browser of the conversation's size that is given a plain text of 3.6 kB and painted."""
    from PySide6.QtWidgets import QApplication, QTextBrowser

    draw = Random(3)
    browser = QTextBrowser()
    browser.resize(796, 660)
    browser.show()
    texts = [prose(draw, 3600) for _ in range(20)]
    taken = []
    for number in range(times):
        start = time.perf_counter()
        browser.setPlainText(texts[number % 20])
        browser.repaint()
        QApplication.processEvents()
        taken.append(time.perf_counter() - start)
    browser.close()
    return spread(taken)


def room_times(path: Path, labels: int) -> dict[str, dict[str, float]]:
    """Press a verdict key for each label; from each key the time to its commit and to the next example's paint.

    At a person's pace the next key comes when the example after has been laid out; the second time, at once.
    """
    from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from reviewer.ui.app import build
    from reviewer.ui.rooms.triage import TriageRoom

    class Painted(QObject):
        """Notes when a paint of the conversation has reached the screen's buffer.

        The event that it posts while the window paints is delivered when that paint has ended and been flushed, and
        before what the idle loop does next.
        """

        count = 0
        at = 0.0
        cpu = 0.0

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value)
            return False

        def event(self, event: QEvent) -> bool:
            if event.type() == QEvent.Type.User:
                self.count += 1
                self.at = time.perf_counter()
                self.cpu = time.thread_time()
            return super().event(event)

    app, window = build(["benchmark"], path)
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    room = window.go_to_room("triage")
    assert isinstance(room, TriageRoom)
    painted = Painted()
    room.view.pane.viewport().installEventFilter(painted)
    commits: list[float] = []
    window.session.changed.connect(lambda _: commits.append(time.perf_counter()))
    rows: dict[str, dict[str, float]] = {}
    for pace in ("at a person's pace", "keys at once"):
        idle = pace == "at a person's pace"
        window.session.set_annotator(pace)
        room.open_queue(Place("random", "one", None), seed=11)
        for _ in range(20):
            QApplication.processEvents()
        draw = Random(5)
        to_commit, to_paint, own = [], [], []
        for _ in range(labels):
            deadline = time.perf_counter() + (0.08 if idle else 0)
            while idle and (room.ahead is None or time.perf_counter() < deadline):
                QApplication.processEvents()
            before, example = painted.count, room.reading
            key = Qt.Key.Key_P if draw.random() < 0.5 else Qt.Key(Qt.Key.Key_1 + draw.randrange(7))
            commits.clear()
            start, worked = time.perf_counter(), time.thread_time()
            QTest.keyClick(app.focusWidget(), key)
            while painted.count == before:
                QApplication.processEvents()
            to_paint.append(painted.at - start)
            own.append(painted.cpu - worked)
            to_commit.append(commits[0] - start)
            assert room.reading is not example
        rows[f"key to commit, {pace}"] = spread(to_commit)
        rows[f"key to next example painted, {pace}"] = spread(to_paint)
        rows[f"  of which the window's own processor time, {pace}"] = spread(own)
    window.close()
    return rows


def measure(bench: Bench) -> list[Figure]:
    """Verdict keys in the real window, over a copy of the project; p95 of them, beside the bare commit and paint."""
    labels = bench.rounds(200)
    times = room_times(bench.copy(), labels)
    commit, paint = raw_commit(bench.folder, labels)["p95"], raw_paint(labels)["p95"]
    figures = []
    for name, found in times.items():
        if name.startswith("key to commit"):
            figures.append(at_most(f"{name}, p95", found["p95"], "ms", limit=commit, limit_name="a bare commit, FULL"))
        elif name.startswith("key to next"):
            figures.append(
                at_most(
                    f"{name}, p95", found["p95"], "ms", floor=16, goal=8, limit=commit + paint,
                    limit_name="a bare commit and a bare text browser",
                )
            )  # fmt: skip
        else:
            figures.append(at_most(f"{name.strip()}, p95", found["p95"], "ms"))
    return figures
