"""From the start of a process to the first paint of an open project, beside an empty window in a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.figures import Bench, Figure, at_most, times_limit

EMPTY = """
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1280, 800)
watched = window
"""
PROJECT = """
import gc, sys
gc.disable()
from pathlib import Path
from reviewer.ui.app import build
app, window = build(["reviewer"], Path(sys.argv[1]))
window.resize(1280, 800)
watched = window.room.table.viewport()
"""
PAINT = """
import os, time
from PySide6.QtCore import QCoreApplication, QEvent, QObject
class Painted(QObject):
    told = None
    def eventFilter(self, thing, event):
        if event.type() == QEvent.Type.Paint and not self.told:
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), 1_000_000)
        return False
    def event(self, event):
        if event.type() == QEvent.Type.User and not self.told:
            self.told = [time.time(), time.process_time()]
        return False
painted = Painted()
watched.installEventFilter(painted)
window.show()
while not painted.told:
    app.processEvents()
"""
USEFUL = """
rows = window.room.table.rows.rowCount()
room = window.room
while room.reading.example is None or room.finder.busy:
    app.processEvents()
room.reading.view.pane.viewport().repaint()
room.facets.viewport().repaint()
print(*painted.told, time.time(), time.process_time(), rows)
os._exit(0)
"""
END = """
print(*painted.told)
os._exit(0)
"""


def start(code: str, project: Path, home: Path) -> list[float]:
    """Milliseconds to the first paint, by wall clock and by processor time.

    Of a project then both again to the first example read and every facet counted, and how many rows the first paint
    had.
    """
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "REVIEWER_HOME": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(home / "compiled")
    begun = time.time()
    whole = "import reviewer.ui\n" + code + PAINT + (END if code == EMPTY else USEFUL)
    run = subprocess.run(
        [sys.executable, "-c", whole, str(project)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    told = [float(word) for word in run.stdout.split()]
    times = [told[at] * 1000 - (begun * 1000 if at in (0, 2) else 0) for at in range(len(told) // 2 * 2)]
    return [*times, *told[4:]]


def measure(bench: Bench) -> list[Figure]:
    """The project of the bench's size, and an empty window, in turn."""
    home = bench.folder / "home"
    home.mkdir()
    project = bench.copy()
    taken: dict[str, list[list[float]]] = {EMPTY: [], PROJECT: []}
    for number in range(bench.rounds(9) + 1):
        for code, figures in taken.items():
            found = start(code, project, home)
            if number:  # the first round only compiles
                figures.append(found)
    empty, ours = ([statistics.median(column) for column in zip(*rows, strict=True)] for rows in taken.values())
    named = "an empty window"
    return [
        *(
            times_limit(
                f"start to the first page painted, {kind}", ours[at], "ms", empty[at], named, floor=3, goal=1.35,
                note=f"{ours[4]:.0f} rows",
            )
            for at, kind in enumerate(("wall clock", "processor"))
        ),
        at_most("start to an example read and all counted", ours[2], "ms", limit=empty[0], limit_name=named),
    ]  # fmt: skip
