"""From the choice of a file to its first examples on the screen, as they will be stored; whatever the file's size.

Beside it the limit: the first rows read by the json module and painted in a bare table.
"""

from __future__ import annotations

import json
import time
from itertools import islice
from pathlib import Path

from PySide6.QtWidgets import QApplication, QTableWidget, QTableWidgetItem

from reviewer.ui.rooms.examples import ExamplesRoom
from reviewer.ui.rooms.examples.import_dialog import ImportDialog
from tests.benchmarks.figures import Bench, Figure, Spread, at_most
from tests.benchmarks.screen import Painted, Screen

FIRST = 50


def bare(rows: Path) -> float:
    """Seconds for the first rows in a table of strings."""
    start = time.perf_counter()
    with rows.open("rb") as file:
        found = [json.loads(line) for line in islice(file, FIRST)]
    table = QTableWidget(len(found), 4)
    for place, row in enumerate(found):
        for column, name in enumerate(("id", "workflow", "reference", "base")):
            table.setItem(place, column, QTableWidgetItem(row[name][:200]))
    table.resize(1000, 400)
    table.show()
    table.viewport().repaint()
    QApplication.processEvents()
    taken = time.perf_counter() - start
    table.close()
    return taken


def choose(screen: Screen, room: ExamplesRoom, rows: Path) -> tuple[float, float]:
    """Seconds until the first examples are painted, and the longest time that no key was heard."""
    screen.longest = 0.0
    start = time.perf_counter()
    room.import_files([rows])
    dialog = room.dialog
    assert isinstance(dialog, ImportDialog)
    preview = dialog.mapping.preview
    painted = Painted(preview.viewport())
    screen.until(lambda: preview.rowCount() > 0)
    count = painted.count
    screen.until(lambda: painted.count > count)
    taken = painted.at - start
    dialog.reject()
    screen.rest(0.3)
    return taken, screen.longest


def measure(bench: Bench) -> list[Figure]:
    """In the real window over a small project; medians of some, the first apart."""
    screen = Screen(bench.copy_of(bench.small, "few"))
    room = screen.main.go_to_room("examples")
    assert isinstance(room, ExamplesRoom)
    screen.until(lambda: room.outline is not None and not room.finder.busy)
    first, _ = choose(screen, room, bench.rows)
    taken, limits, stalls = [], [], []
    for _ in range(bench.rounds(7)):
        again, stall = choose(screen, room, bench.rows)
        taken.append(again)
        stalls.append(stall)
        limits.append(bare(bench.rows))
    screen.close()
    size = f"a file of {bench.rows.stat().st_size / 1e6:,.0f} MB"
    named = "json and a bare table"
    limit = Spread.of(limits).median * 1000
    return [
        at_most(
            "a file chosen to its first examples painted, the first time", first * 1000, "ms", floor=500, goal=150,
            limit=limit, limit_name=named, note=size,
        ),
        at_most(
            "a file chosen to its first examples painted", Spread.of(taken).median * 1000, "ms", floor=500, goal=150,
            limit=limit, limit_name=named,
        ),
        at_most("longest time no key is heard meanwhile", max(stalls) * 1000, "ms", floor=100),
    ]  # fmt: skip
