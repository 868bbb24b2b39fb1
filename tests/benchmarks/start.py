"""From the start of a process to the first paint of an open project, beside an empty window in a process of its own."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.benchmarks.figures import Bench, Figure, times_limit

EMPTY = """
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1280, 800)
"""
PROJECT = """
import gc, sys
gc.disable()
from pathlib import Path
from reviewer.ui.app import build
app, window = build(["reviewer"], Path(sys.argv[1]))
window.resize(1280, 800)
"""
PAINT = """
window.show()
app.processEvents()
window.grab()
import time
print(time.time(), time.process_time())
import os
os._exit(0)
"""


def start(code: str, project: Path, home: Path) -> tuple[float, float]:
    """Milliseconds to the first paint, by wall clock and by processor time."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "REVIEWER_HOME": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(home / "compiled")
    begun = time.time()
    run = subprocess.run(
        [sys.executable, "-c", "import reviewer.ui\n" + code + PAINT, str(project)],
        capture_output=True, text=True, check=True, env=environment,
    )  # fmt: skip
    ended, processor = map(float, run.stdout.split())
    return (ended - begun) * 1000, processor * 1000


def measure(bench: Bench) -> list[Figure]:
    """The project of the bench's size, and an empty window, in turn."""
    home = bench.folder / "home"
    home.mkdir()
    project = bench.copy()
    taken: dict[str, list[tuple[float, float]]] = {EMPTY: [], PROJECT: []}
    for number in range(bench.rounds(7) + 1):
        for code, figures in taken.items():
            found = start(code, project, home)
            if number:  # the first round only compiles
                figures.append(found)
    empty, ours = ([statistics.median(column) for column in zip(*rows, strict=True)] for rows in taken.values())
    return [
        times_limit(f"start to first paint, {kind}", ours[at], "ms", empty[at], "an empty window", floor=3, goal=1.35)
        for at, kind in enumerate(("wall clock", "processor"))
    ]
