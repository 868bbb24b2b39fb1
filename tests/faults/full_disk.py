"""Fill the disk in the middle of each operation: the old files stay whole, the message is clear, a retry succeeds.

    python tests/faults/full_disk.py [--times 12] [--operation NAME]... [--seed 1] [--limit]

Each operation runs on a small disk of its own (a tmpfs where one may be mounted, else a limit on the length of files,
which `--limit` chooses) with ever another number of bytes left when it begins. Where room runs out, the person must be
told of the disk and the file in a sentence, the project must be as before or as afterwards, and once there is room the
same operation must succeed. Labelling is done in the real window: the note that was typed must stand in its field.
The exit code is 1 when anything was found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewer.errors import ReviewerError
from tests.faults.care_operations import CARE
from tests.faults.children import Death, Tell, run_child
from tests.faults.disks import Disk, LimitedFiles, any_disk
from tests.faults.kill import look
from tests.faults.operations import NAME, OPERATIONS, Labelling, Operation, worked_project

ALL = {**OPERATIONS, **CARE}
DISK_WORDS = ("disk", "room", "space", "too large")


@dataclass
class Tally:
    """What became of one operation on a full disk."""

    name: str
    trials: int = 0
    full: int = 0
    again: int = 0
    messages: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


def refused(
    work: Callable[[Tell], None], disk: Disk, free: int, within: Path, *, new_files: bool
) -> Callable[[Tell], None]:
    """The work, with so many bytes left from its beginning on; a refusal is told."""

    def squeezed(tell: Tell) -> None:
        def told(line: str) -> None:
            if line == "begin":
                disk.squeeze(free, within, new_files=new_files)
            tell(line)

        try:
            work(told)
        except ReviewerError as error:
            tell(f"refused {' '.join(str(error).split())}")

    return squeezed


def unclear(message: str, folder: Path) -> str | None:
    """What a person would miss in a message about a full disk; None when it has all."""
    if not any(word in message.lower() for word in DISK_WORDS):
        return "it does not speak of the disk"
    if str(folder) not in message and NAME.removesuffix(".reviewer") not in message:
        return "it names no file"
    if not message.rstrip().endswith((".", ")")) or message[:1].islower():
        return "it is no sentence"
    return None


def fill_operation(kind: type[Operation], disk: Disk, times: int, seed: int, size: int) -> Tally:
    """One operation with ever other room left."""
    operation = kind(size)
    tally = Tally(operation.name)
    draw = Random(f"{seed} {operation.name}")
    place = disk.folder / kind.__name__
    base = place / "base"
    base.mkdir(parents=True)
    operation.prepare(base)
    whole = _trial(operation, base, place / "whole", disk, None)
    if not whole.ended:
        raise AssertionError(f"{operation.name} fails with all the room: {whole.failure}")
    operation.learn(place / "whole")
    shutil.rmtree(place / "whole")
    need = _need(operation, base, place, disk)
    for number in range(times):
        free = 0 if number == 0 else draw.randrange(need)
        folder = place / f"trial-{number}"
        death = _trial(operation, base, folder, disk, free)
        tally.trials += 1
        messages = [line.removeprefix("refused ") for line in death.told if line.startswith("refused ")]
        death.told = [line for line in death.told if not line.startswith("refused ")]
        where = f"{operation.name}, {free:,} bytes left"
        for message in messages:
            tally.full += 1
            tally.messages[message.replace(str(folder), "…")] += 1
            missing = unclear(message, folder)
            if missing:
                tally.findings.append(f"{where}: {missing}: {message}")
        tally.findings += [f"{where}: {item.kind}: {item.text}" for item in look(operation, folder, death)]
        if messages:
            operation.tried_before = True
            again = _trial(operation, None, folder, disk, None)
            if again.ended:
                tally.again += 1
                tally.findings += [f"{where}, again: {item.text}" for item in look(operation, folder, again)]
            else:
                tally.findings.append(f"{where}: with room again it fails: {again.failure[-400:]}")
            operation.tried_before = False
        shutil.rmtree(folder)
    shutil.rmtree(place)
    return tally


def _trial(operation: Operation, base: Path | None, folder: Path, disk: Disk, free: int | None) -> Death:
    """One child with so much room; afterwards all the room is there again."""
    if base is not None:
        shutil.copytree(base, folder)

    def work(tell: Tell) -> None:
        operation.work(folder, tell, Random(1))

    done = work if free is None else refused(work, disk, free, folder, new_files=operation.makes_files)
    death = run_child(done, None, disk.folder.with_suffix(".log"))
    disk.relax()
    return death


def _need(operation: Operation, base: Path, place: Path, disk: Disk) -> int:
    """So many bytes that the operation succeeds with them, and not with half of them."""
    need = 1 << 14
    while need < 1 << 26:
        death = _trial(operation, base, place / "need", disk, need)
        shutil.rmtree(place / "need")
        if death.ended and not any(line.startswith("refused") for line in death.told):
            break
        need *= 2
    return need


def label_on_a_full_disk(folder: Path, disk: Disk, free: int, tell: Tell) -> None:
    """Label with notes in the real window until the disk is full, make room, and go on; tells what was wrong."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication, QDialog, QLabel

    from reviewer.triage.queues import Place
    from reviewer.ui.app import build
    from reviewer.ui.rooms.triage import TriageRoom

    app, window = build(["full"], folder / NAME)
    window.session.set_annotator("Ana")
    window.show()
    window.activateWindow()
    room = window.go_to_room("triage")
    assert isinstance(room, TriageRoom)
    room.open_queue(Place("random", "one", None))
    project = window.session.project
    assert project is not None
    annotator = window.session.annotator_id
    while QApplication.activeWindow() is None:
        QApplication.processEvents()

    def dialog() -> QDialog | None:
        QApplication.processEvents()
        boxes = [box for box in QApplication.topLevelWidgets() if isinstance(box, QDialog) and box.isVisible()]
        return boxes[0] if boxes else None

    def label(number: int) -> tuple[int, str]:
        assert room.reading is not None
        output, note = room.reading.output.id, f"typed note {number} " * 40
        room.labelling.write_note()
        QApplication.clipboard().setText(note)
        room.column.note.paste()
        room.view.setFocus()
        QTest.keyClick(app.focusWidget() or window, Qt.Key.Key_2)
        return output, note

    tell("begin")
    disk.squeeze(free, folder, new_files=False)
    for number in range(400):
        output, note = label(number)
        box = dialog()
        if box is None:
            found = project.labels.get(output, annotator)
            assert found is not None
            assert found.note == note
            tell(f"label {output}")
            continue
        words = " ".join(item.text() for item in box.findChildren(QLabel))
        tell(f"refused {' '.join(words.split())}")
        assert room.column.note.toPlainText() == note, "the typed note is gone from its field"
        assert room.reading is not None
        assert room.reading.output.id == output, "another example is on the screen"
        box.close()
        disk.relax()
        QApplication.processEvents()
        assert room.column.note.toPlainText() == note, "the typed note is gone after the message"
        room.view.setFocus()
        QTest.keyClick(app.focusWidget() or window, Qt.Key.Key_2)
        assert dialog() is None, "it fails with room again"
        found = project.labels.get(output, annotator)
        assert found is not None, "the label is not there after the retry"
        assert found.note == note, "the note is not in the label after the retry"
        tell(f"label {output}")
        tell("again")
        break
    else:
        raise AssertionError("the disk was never full")
    window.session.close()


def fill_labelling(disk: Disk, times: int, seed: int, size: int) -> Tally:
    """Labelling in the window with ever other room left."""
    operation = Labelling(size)
    tally = Tally(operation.name)
    draw = Random(f"{seed} labelling")
    place = disk.folder / "labelling"
    (place / "base").mkdir(parents=True)
    worked_project(place / "base" / NAME, size + 400, labels=3, freeze=False)
    for number in range(times):
        free = 0 if number == 0 else draw.randrange(1 << 18)
        folder = place / f"trial-{number}"
        shutil.copytree(place / "base", folder)

        def work(tell: Tell, folder: Path = folder, free: int = free) -> None:
            label_on_a_full_disk(folder, disk, free, tell)

        death = run_child(work, None, disk.folder.with_suffix(".log"))
        disk.relax()
        tally.trials += 1
        where = f"labelling, {free:,} bytes left"
        for line in death.told:
            if line.startswith("refused "):
                tally.full += 1
                message = line.removeprefix("refused ")
                tally.messages[message.replace(str(folder), "…")] += 1
                missing = unclear(message, folder)
                if missing:
                    tally.findings.append(f"{where}: {missing}: {message}")
            tally.again += line == "again"
        labels = [line.split()[1] for line in death.told if line.startswith("label ")]
        death.told = []
        tally.findings += [f"{where}: {item.kind}: {item.text}" for item in look(operation, folder, death)]
        tally.findings += _labels_there(folder, labels, where)
        shutil.rmtree(folder)
    shutil.rmtree(place)
    return tally


def _labels_there(folder: Path, outputs: Sequence[str], where: str) -> list[str]:
    from reviewer.project import Project

    with Project.open(folder / NAME) as project:
        ana = project.annotators.get_or_add("Ana")
        return [f"{where}: label {one} is missing" for one in outputs if project.labels.get(int(one), ana) is None]


def table(tallies: Sequence[Tally], disk: str) -> str:
    """The counts of every operation, one a line."""
    head = f"{'operation':<16}{'trials':>8}{'disk full':>11}{'done on retry':>15}{'findings':>10}"
    lines = [f"room runs out by {disk}", head, "-" * len(head)]
    lines += [
        f"{item.name:<16}{item.trials:>8}{item.full:>11}{item.again:>15}{len(item.findings):>10}" for item in tallies
    ]
    return "\n".join(lines)


def run(
    folder: Path, names: Sequence[str], times: int, seed: int, *, size: int = 120, limit: bool = False
) -> tuple[list[Tally], str]:
    """Fill the disk so often in each of the operations."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["REVIEWER_HOME"] = str(folder / "home")
    disk = LimitedFiles(folder / "disk") if limit else any_disk(folder / "disk")
    try:
        tallies = []
        for name in names:
            if name == Labelling.name:
                tallies.append(fill_labelling(disk, times, seed, size))
            elif not ALL[name].workers:
                tallies.append(fill_operation(ALL[name], disk, times, seed, size))
    finally:
        disk.close()
    return tallies, disk.kind


def main() -> int:
    """Fill, check, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=12, help="trials of each operation")
    parser.add_argument("--operation", action="append", choices=list(ALL), help="only these")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=120, help="examples of the projects, about")
    parser.add_argument("--limit", action="store_true", help="limit the length of files, mount nothing")
    parser.add_argument("--messages", action="store_true", help="print every message that was shown")
    options = parser.parse_args()
    import PySide6.QtTest  # noqa: F401 - loaded once, before the children are forked

    import reviewer.ui.app  # noqa: F401

    with tempfile.TemporaryDirectory(prefix="reviewer-full-") as name:
        tallies, kind = run(
            Path(name),
            options.operation or list(ALL),
            options.times,
            options.seed,
            size=options.size,
            limit=options.limit,
        )
    print(table(tallies, kind))
    for item in tallies:
        if options.messages:
            for message, count in item.messages.most_common():
                print(f"{item.name} ({count}): {message}")
        for text in item.findings:
            print(text)
    return 1 if any(item.findings for item in tallies) else 0


if __name__ == "__main__":
    raise SystemExit(main())
