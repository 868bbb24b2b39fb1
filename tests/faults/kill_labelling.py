"""Kill the app in the middle of labelling, again and again: no acknowledged label may be missing.

    python tests/faults/kill_labelling.py [--times 20] [--examples 400] [--seed 1]

A child process runs the real window and labels by key events; after each commit it prints the label's id. The parent
kills it with SIGKILL at a random moment, opens the project again, and checks that every label that was printed is
there, that the same example comes up, and that undo works.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))


def label_until_killed(path: Path) -> None:
    """The child: label by keys as fast as it goes, and acknowledge each label after its commit."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from reviewer.triage.queues import Place
    from reviewer.ui.app import build
    from reviewer.ui.rooms.triage import TriageRoom

    app, window = build(["kill-labelling"], path)
    window.session.set_annotator("Ana")
    window.show()
    window.activateWindow()
    room = window.go_to_room("triage")
    assert isinstance(room, TriageRoom)
    if room.place.pass_ != "one":
        room.open_queue(Place("random", "one", None))
    project = window.session.project
    assert project is not None
    annotator = window.session.annotator_id
    draw = Random()
    while QApplication.activeWindow() is None:
        QApplication.processEvents()
    print("ready", room.reading.example.id if room.reading else 0, flush=True)
    while room.reading is not None:
        output = room.reading.output.id
        key = Qt.Key.Key_P if draw.random() < 0.4 else Qt.Key(Qt.Key.Key_1 + draw.randrange(7))
        QTest.keyClick(app.focusWidget() or window, key)
        label = project.labels.get(output, annotator)
        assert label is not None
        shown = room.reading.example.id if room.reading else 0
        print("label", label.id, label.verdict, label.category_id or 0, shown, flush=True)
        QApplication.processEvents()
    print("done", flush=True)


def kill_once(path: Path, home: Path, after: float) -> tuple[int, list[tuple[int, str, int]]]:
    """Start the child, kill it `after` seconds into its labelling; the example shown last, what it acknowledged."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "REVIEWER_HOME": str(home)}
    child = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), "--child", str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=ROOT,
    )
    assert child.stdout is not None
    shown, acknowledged = 0, []
    killer = threading.Timer(after, lambda: child.send_signal(signal.SIGKILL))
    with child:
        for line in child.stdout:
            if not line.endswith("\n"):
                break  # cut off by the kill: not acknowledged
            words = line.split()
            if words[0] == "ready":
                shown = int(words[1])
                killer.start()
            elif words[0] == "label":
                acknowledged.append((int(words[1]), words[2], int(words[3])))
                shown = int(words[4])
    killer.cancel()
    code = child.returncode
    if code != -signal.SIGKILL:
        raise AssertionError(f"the app ended by itself with code {code}, before it was killed")
    return shown, acknowledged


def check(path: Path, acknowledged: dict[int, tuple[str, int]], shown: int) -> tuple[int, str]:
    """Open the project after a kill: everything acknowledged is there and undo works; labels, and what was undone."""
    from reviewer.project import Project

    with Project.open(path) as project:
        with project.database.read() as connection:
            verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
            rows = {
                row["id"]: (row["verdict"], row["category_id"] or 0)
                for row in connection.execute("SELECT id, verdict, category_id FROM labels")
            }
        if verdict != "ok":
            raise AssertionError(f"the file is damaged: {verdict}")
        missing = {number: what for number, what in acknowledged.items() if rows.get(number) != what}
        if missing:
            raise AssertionError(f"acknowledged, and missing or different: {missing}")
        annotator = project.annotators.get_or_add("Ana")
        title = project.undo_title(annotator)
        if title is None:
            raise AssertionError("there is nothing to undo")
        project.undo(annotator)
        with project.database.read() as connection:
            left = int(connection.execute("SELECT count(*) AS n FROM labels").fetchone()["n"])
        if left != len(rows) - 1:
            raise AssertionError(f"undo took {len(rows) - left} labels away instead of one")
        project.redo(annotator)
        with project.database.read() as connection:
            again = int(connection.execute("SELECT count(*) AS n FROM labels").fetchone()["n"])
        if again != len(rows):
            raise AssertionError("redo did not bring the label back")
        resumed = project.queues.open(annotator, "random", "one").current()
        example = project.examples.get(shown)
        answered = project.labels.get(example.outputs[0].id, annotator) is not None
        if not answered and (resumed is None or resumed.example_id != shown):
            raise AssertionError(f"example {shown} was on the screen, and {resumed} comes up")
        return len(rows), title


def run(folder: Path, times: int, examples: int, seed: int) -> int:
    """Kill so often; the number of labels that were acknowledged. Raises AssertionError for the first that is lost."""
    from reviewer.project import Project
    from tests.conftest import fill

    path = folder / "kill.reviewer"
    project = Project.create(path)
    fill(project, examples, ("prod",))
    project.close()
    draw = Random(seed)
    total: dict[int, tuple[str, int]] = {}
    for number in range(1, times + 1):
        after = draw.uniform(0.02, 0.6)
        shown, acknowledged = kill_once(path, folder / "home", after)
        total |= {label: (verdict, category) for label, verdict, category in acknowledged}
        stored, undone = check(path, total, shown)
        print(
            f"kill {number:>2} after {after:.2f} s: {len(acknowledged):>3} acknowledged, "
            f"{stored:>4} in the file, none missing; undid “{undone}”",
            flush=True,
        )
    return len(total)


def main() -> None:
    """Kill and check, or be the child that is killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--examples", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        label_until_killed(options.child)
        return
    with tempfile.TemporaryDirectory() as name:
        count = run(Path(name), options.times, options.examples, options.seed)
    print(f"{options.times} kills, {count} acknowledged labels, none missing.")


if __name__ == "__main__":
    main()
