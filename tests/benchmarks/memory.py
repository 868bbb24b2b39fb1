"""How much memory the window has taken with the project open, after some work in it; beside an empty window.

Linux alone tells what a process holds now; elsewhere the highest that it ever held stands for it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.figures import Bench, Figure, at_most

MEASURE = """
import sys
from pathlib import Path
def held():
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        found = dict(line.split(":", 1) for line in lines if ":" in line)
        return [int(found[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")]
    except OSError:
        import resource
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
        return [most, most]
"""
EMPTY = """
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication([])
window = QMainWindow()
window.resize(1280, 800)
window.show()
for _ in range(20):
    app.processEvents()
print(*held())
"""
PROJECT = """
from tests.benchmarks.browsing import Room
from tests.benchmarks.key_to_paint import Desk
from tests.benchmarks.screen import Screen
screen = Screen(Path(sys.argv[1]))
room = Room(screen)
told = held()
room.steps(25)
for text in ("refund", "delivery"):
    room.type(text)
    screen.until(lambda: not room.room.finder.busy)
room.room.clear_filter()
screen.until(lambda: not room.room.finder.busy)
told += held()
desk = Desk(screen, "Cleo")
for _ in range(25):
    desk.press()
    screen.rest(0.05)
screen.rest(0.5)
told += held()
print(*told)
"""


def held(code: str, *arguments: str, home: Path) -> list[float]:
    """What a process that runs this code tells of its memory, in MB: now and at most, after each stage."""
    environment = {**os.environ, "REVIEWER_HOME": str(home)}
    run = subprocess.run(
        [sys.executable, "-c", MEASURE + code, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=environment,
    )
    return [float(word) for word in run.stdout.split()]


def measure(bench: Bench) -> list[Figure]:
    """The project of the bench's size, opened; then browsed and searched; then labelled."""
    home = bench.folder / "home"
    home.mkdir()
    empty = held(EMPTY, home=home)[0]
    opened, _, browsed, most, labelled, highest = held(PROJECT, str(bench.copy()), home=home)
    named = "an empty window"
    return [
        at_most("memory, open and counted", opened, "MB", floor=200, goal=85, limit=empty, limit_name=named),
        at_most("memory, browsed and searched", browsed, "MB", floor=200, goal=85, limit=empty, limit_name=named),
        at_most("memory, and labelled", labelled, "MB", floor=200, goal=85, limit=empty, limit_name=named),
        at_most("memory at most meanwhile", max(most, highest), "MB", floor=200),
    ]  # fmt: skip
