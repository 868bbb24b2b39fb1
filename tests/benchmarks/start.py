"""From the start of the process to the first paint of an open project, beside its limit: an empty window.

    python tests/benchmarks/start.py [PROJECT] [--rounds N]

Both are measured in turn, in processes of their own, by wall clock and by processor time (the steadier of the two where
a machine is shared). Without PROJECT the demo is written and used.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        os.environ["REVIEWER_HOME"] = folder
        from reviewer import demo

        project = given.project or demo.write(home)
        taken: dict[str, list[tuple[float, float]]] = {"empty window": [], "project": []}
        for number in range(given.rounds + 1):
            for name, code in (("empty window", EMPTY), ("project", PROJECT)):
                figures = start(code, project.absolute(), home)
                if number:  # the first round only compiles
                    taken[name].append(figures)
    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in taken.items()}
    for name, (wall, processor) in medians.items():
        print(f"{name:14} {wall:7.0f} ms wall {processor:7.0f} ms processor")
    ratios = [ours / limit for ours, limit in zip(medians["project"], medians["empty window"], strict=True)]
    print(f"{'ratio':14} {ratios[0]:7.2f} {'':7} {ratios[1]:7.2f}")


if __name__ == "__main__":
    main()
