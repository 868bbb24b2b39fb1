"""Kill the app in the middle of each operation, again and again: nothing acknowledged may be missing, nothing half.

    python tests/faults/kill.py [--times 500] [--operation NAME]... [--seed 1] [--keep DIR]

A forked child does the real work on a copy of a small project and acknowledges each commit on a pipe; the parent ends
it with SIGKILL, half of the times at a random moment of the operation's own measured duration, half at one of the
turns at which the disk's state changes (a statement that opens or ends a transaction, a file opened, renamed, removed).
Then it opens the project again, compares with what was acknowledged, and looks for half actions, damage, processes and
files left behind. The exit code is 1 when anything was found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from random import Random
from typing import Protocol

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewer.errors import ReviewerError
from reviewer.project import Project
from tests.faults.care_operations import CARE
from tests.faults.children import Death, Moment, run_child
from tests.faults.operations import NAME, OPERATIONS, Operation
from tests.faults.soundness import Finding, findings_of, leftovers, undo_and_redo

ALL = {**OPERATIONS, **CARE}
KINDS = ("missing", "half", "doctor", "left")
MISSES = 3
"""So many trials a kill wanted at most: what ends before its moment comes is tried again, for it was not killed."""


@dataclass
class Tally:
    """What became of the kills of one operation."""

    name: str
    kills: int = 0
    midway: int = 0
    acknowledged: int = 0
    milliseconds: float = 0.0
    turns: int = 0
    findings: Counter[str] = field(default_factory=Counter)
    texts: list[str] = field(default_factory=list)


def look(operation: Operation, folder: Path, death: Death) -> list[Finding]:
    """Everything that is wrong after a trial."""
    found: list[Finding] = []
    if death.orphans:
        found.append(Finding("left", f"{death.orphans} processes outlived their parent"))
    if death.hung:
        found.append(Finding("half", "it hung"))
    if death.failure:
        found.append(Finding("half", f"it failed by itself: {death.failure[-600:]}"))
    try:
        with Project.open(folder / NAME) as project:
            found += operation.check(folder, project, death)
            found += findings_of(project)
            if operation.undoable:
                found += undo_and_redo(project)
    except ReviewerError as error:
        found.append(Finding("missing", f"the project does not open: {error}"))
    except sqlite3.DatabaseError as error:
        found.append(Finding("doctor", f"the project is damaged: {error}"))
    left = leftovers(folder, NAME)
    if left:
        found.append(Finding("left", f"files left behind: {', '.join(left)}"))
    return found


def trial(operation: Operation, base: Path, folder: Path, moment: Moment | None, seed: int) -> Death:
    """One child on a fresh copy of the operation's files."""
    shutil.copytree(base, folder)
    return run_child(
        lambda tell: operation.work(folder, tell, Random(seed)), moment, folder.with_suffix(".log"), patience=120
    )


def moments(draw: Random, seconds: float, turns: int, *, worker: bool) -> Iterator[Moment]:
    """When to kill, without end: all over the operation's duration and, every other time, at one of its turns."""
    for number in count():
        if number % 2 and turns and not worker:
            yield Moment(turn=draw.randint(1, turns))
        else:
            # A little before its end at the latest, so that most kills hit; what runs slower is hit all the same.
            yield Moment(seconds=draw.uniform(0.0, seconds), worker=worker)


def kill_operation(
    kind: type[Operation], folder: Path, times: int, seed: int, *, size: int = 240, keep: Path | None = None
) -> Tally:
    """Measure one operation, then kill it so often."""
    operation = kind(size)
    tally = Tally(operation.name)
    draw = Random(f"{seed} {operation.name}")
    base = folder / "base"
    base.mkdir(parents=True)
    operation.prepare(base)
    untouched = [trial(operation, base, folder / f"whole-{number}", None, number) for number in range(2)]
    for death in untouched:
        if not death.ended:
            raise AssertionError(f"{operation.name} fails without any kill: {death.failure}")
    operation.learn(folder / "whole-1")
    for number, death in enumerate(untouched):
        for finding in look(operation, folder / f"whole-{number}", death):
            raise AssertionError(f"{operation.name}, not killed: {finding.text}")
        shutil.rmtree(folder / f"whole-{number}")
    seconds = min(death.seconds for death in untouched)
    tally.milliseconds, tally.turns = seconds * 1000, untouched[0].turns
    for number, moment in enumerate(moments(draw, seconds, tally.turns, worker=operation.workers)):
        if tally.kills >= times or number >= MISSES * times:
            break
        place = folder / f"trial-{number}"
        death = trial(operation, base, place, moment, draw.randrange(1 << 30))
        found = look(operation, place, death)
        tally.kills += death.killed or death.killed_worker
        tally.midway += death.midway or (death.killed_worker and death.began)
        tally.acknowledged += sum(not line.startswith("try ") for line in death.told)
        for finding in found:
            tally.findings[finding.kind] += 1
            tally.texts.append(f"{operation.name}, kill {number + 1} {moment}: {finding.kind}: {finding.text}")
        if found and keep is not None:
            shutil.copytree(place, keep / f"{operation.name.replace(', ', '-').replace(' ', '-')}-{number + 1}")
        shutil.rmtree(place)
    return tally


def table(tallies: Sequence[Tally]) -> str:
    """The counts of every operation, one a line."""
    head = f"{'operation':<16}{'ms':>7}{'turns':>7}{'kills':>7}{'midway':>8}{'acknowledged':>14}" + "".join(
        f"{kind:>9}" for kind in KINDS
    )
    lines = [head, "-" * len(head)]
    for item in tallies:
        lines.append(
            f"{item.name:<16}{item.milliseconds:>7.0f}{item.turns:>7}{item.kills:>7}{item.midway:>8}"
            f"{item.acknowledged:>14}" + "".join(f"{item.findings[kind]:>9}" for kind in KINDS)
        )
    total = Counter[str]()
    for item in tallies:
        total.update(item.findings)
    lines.append("-" * len(head))
    lines.append(
        f"{'together':<30}{sum(item.kills for item in tallies):>7}{sum(item.midway for item in tallies):>8}"
        f"{sum(item.acknowledged for item in tallies):>14}" + "".join(f"{total[kind]:>9}" for kind in KINDS)
    )
    return "\n".join(lines)


class Trials(Protocol):
    """Interrupts one operation so often, in a folder of its own."""

    def __call__(
        self, kind: type[Operation], folder: Path, times: int, seed: int, *, size: int, keep: Path | None
    ) -> Tally: ...


def run(
    folder: Path,
    names: Sequence[str],
    times: int,
    seed: int,
    *,
    size: int = 240,
    keep: Path | None = None,
    trials: Trials = kill_operation,
) -> list[Tally]:
    """Interrupt each of the operations its share of `times`."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["REVIEWER_HOME"] = str(folder / "home")
    tallies = []
    for place, name in enumerate(names):
        share = times // len(names) + (place < times % len(names))
        if share:
            where = folder / f"operation-{place}"
            tallies.append(trials(ALL[name], where, share, seed, size=size, keep=keep))
            shutil.rmtree(where)
    return tallies


def told(tallies: Sequence[Tally]) -> int:
    """Print the table and all that was found; 1 when anything was."""
    print(table(tallies))
    for item in tallies:
        for text in item.texts:
            print(text)
    return 1 if any(item.findings for item in tallies) else 0


def main() -> int:
    """Kill, check, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=500, help="kills that hit, over all operations")
    parser.add_argument("--operation", action="append", choices=list(ALL), help="only these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=240, help="examples of the projects, about")
    parser.add_argument("--keep", type=Path, help="where to keep the files of trials with findings")
    options = parser.parse_args()
    if not hasattr(signal, "SIGKILL") or not hasattr(os, "fork"):
        print("This system has neither fork nor SIGKILL; run it on Linux or macOS.", file=sys.stderr)
        return 2
    import PySide6.QtTest  # noqa: F401 - loaded once, before the children are forked

    import reviewer.ui.app  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="reviewer-kill-") as name:
        tallies = run(
            Path(name),
            options.operation or list(ALL),
            options.times,
            options.seed,
            size=options.size,
            keep=options.keep,
        )
    return told(tallies)


if __name__ == "__main__":
    raise SystemExit(main())
