"""The operations that are interrupted: how each is set up, what the child does, and what must hold afterwards.

Every operation works on files that are made once and copied for each trial. `work` runs in the child and tells, after
each commit, what has been done; `check` runs in the parent on the project opened again, and compares.
"""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from random import Random

from reviewer.compare.protocol import Protocol
from reviewer.project import Project
from reviewer.store import backup, migrate
from tests.conftest import fill
from tests.faults.children import Death, Tell
from tests.faults.soundness import Finding, content

__all__ = ["OPERATIONS", "Operation", "worked_project"]

NAME = "work.reviewer"
OLD = Path(__file__).resolve().parents[1] / "store" / "old" / "schema-1.reviewer.gz"


class Operation:
    """One kind of work on a project."""

    name = ""
    undoable = True
    """Whether the project holds an action of Ana's that can be undone, whatever the trial did."""
    workers = False
    """Whether one of its own child processes is killed, not itself."""
    makes_files = False
    """Whether it writes new files rather than on the project's own."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.before: dict[str, str] = {}
        self.after: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.tried_before = False
        """Whether an earlier try failed: the ids that it used are not used again, so rows are counted."""

    def prepare(self, folder: Path) -> None:
        """Make the files that each trial gets a copy of."""
        raise NotImplementedError

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        """Do it, in the child: "begin" is told first, then what has been committed."""
        raise NotImplementedError

    def learn(self, folder: Path) -> None:
        """Look at what a trial that nothing interrupted has left."""
        self.after = content(folder / NAME)
        self.counts = counts(folder / NAME)

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        """What is missing or half of an interrupted trial, in the project opened again."""
        raise NotImplementedError

    def whole_or_absent(self, folder: Path, death: Death) -> list[Finding]:
        """Whether the tables are as before or as afterwards, and as afterwards when that was acknowledged."""
        now = content(folder / NAME)
        if now == self.after or (self.tried_before and counts(folder / NAME) == self.counts):
            return []
        if now == self.before:
            return [Finding("missing", f"{death.told[-1]} was acknowledged")] if death.told else []
        odd = [table for table in now if now[table] not in (self.before.get(table), self.after.get(table))]
        return [Finding("half", f"neither as before nor as afterwards: {', '.join(odd) or 'a mixture of tables'}")]


def worked_project(path: Path, size: int, *, labels: int = 60, freeze: bool = True) -> None:
    """A project with three variants, labels by Ana, slices and, with `freeze`, a frozen version."""
    with Project.create(path) as project:
        ids = fill(project, size)
        ana = project.annotators.get_or_add("Ana")
        with project.database.read() as connection:
            outputs = [
                row["id"]
                for row in connection.execute(
                    "SELECT o.id FROM outputs o JOIN variants v ON v.id = o.variant_id WHERE v.name = 'prod'"
                    " ORDER BY o.id LIMIT ?",
                    (labels,),
                )
            ]
        for number, output in enumerate(outputs):
            project.labels.set_verdict(output, ana, "fail" if number % 3 else "pass", note=f"note {number}")
        third = max(1, min(len(ids) // 4, 120))
        project.slices.assign(ids[:third], "core", annotator_id=ana)
        project.slices.assign(ids[third : third + third // 2], "edge", annotator_id=ana)
        if freeze:
            project.versions.freeze("claims", waive="a trial", annotator_id=ana)
        project.search.complete()


def rows_file(path: Path, first: int, count: int, *, bad: bool = True) -> None:
    """A JSONL file of examples with outputs and references; with `bad`, here and there a row that cannot be read."""
    with path.open("w", encoding="utf-8") as handle:
        for number in range(first, first + count):
            if bad and number % 97 == 5:
                handle.write('{"id": "broken", "prompt": \n')
                continue
            row = {
                "id": f"row-{number:06d}",
                "messages": [
                    {"role": "system", "content": "You help."},
                    {"role": "user", "content": f"Where is order {number}? It went to gate {number % 31}. " * 6},
                ],
                "output": f"Order {number} is in hall {number % 17}, tray {number % 113}. " * 8,
                "reference": f"Hall {number % 17}.",
                "workflow": ("refunds", "billing", "visits")[number % 3],
            }
            handle.write(json.dumps(row) + "\n")


class Labelling(Operation):
    """The real window, labelled in by key events; undone and redone here and there."""

    name = "labelling"
    undoable = False  # there may be nothing yet

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size, labels=3, freeze=False)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest
        from PySide6.QtWidgets import QApplication

        from reviewer.triage.queues import Place
        from reviewer.ui.app import build
        from reviewer.ui.rooms.triage import TriageRoom

        app, window = build(["killed"], folder / NAME)
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
        while QApplication.activeWindow() is None:
            QApplication.processEvents()
        tell("begin")
        for _ in range(self.size // 2):
            if room.reading is None:
                break
            undone = draw.random() < 0.1 and project.undo_title(annotator) is not None
            output = 0 if undone else room.reading.output.id
            tell(f"try {output} {room.reading.example.id}")
            if undone:
                QTest.keyClick(app.focusWidget() or window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
                assert room.reading is not None
                output = room.reading.output.id
            else:
                key = Qt.Key.Key_P if draw.random() < 0.4 else Qt.Key(Qt.Key.Key_1 + draw.randrange(7))
                QTest.keyClick(app.focusWidget() or window, key)
            label = project.labels.get(output, annotator)
            what = f"{label.verdict} {label.category_id or 0}" if label is not None else "none 0"
            shown = room.reading.example.id if room.reading is not None else 0
            tell(f"label {output} {what} {shown}")
            QApplication.processEvents()

    def learn(self, folder: Path) -> None:
        """Nothing: keys are drawn anew in each trial."""

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        annotator = project.annotators.get_or_add("Ana")
        told: dict[int, str] = {}
        shown, trying = 0, -1
        for line in death.told:
            kind, *words = line.split()
            if kind == "try":
                trying = int(words[0])
                shown = int(words[1])
            else:
                told[int(words[0])] = f"{words[1]} {words[2]}"
                shown, trying = int(words[3]), -1
        missing = []
        for output, what in told.items():
            label = project.labels.get(output, annotator)
            present = f"{label.verdict} {label.category_id or 0}" if label is not None else "none 0"
            if present != what:
                missing.append((output, what, present))
        # What was under way may or may not have been committed: an undo changes the last label that was told, and a
        # verdict may be on an output whose label was taken back before.
        if trying == 0 and len(missing) == 1:
            missing.clear()
        missing = [one for one in missing if one[0] != trying]
        found = [
            Finding("missing", f"output {one[0]}: {one[1]} was acknowledged, {one[2]} is there") for one in missing
        ]
        if shown and trying != 0:
            resumed = project.queues.open(annotator, "random", "one").current()
            output = project.examples.get(shown).outputs[0].id
            answered = project.labels.get(output, annotator) is not None
            if not answered and (resumed is None or resumed.example_id != shown):
                found.append(Finding("missing", f"example {shown} was on the screen, and {resumed} comes up"))
        return found


class ImportNew(Operation):
    """A file into an empty project."""

    name = "import, new"
    undoable = False

    def prepare(self, folder: Path) -> None:
        Project.create(folder / NAME).close()
        rows_file(folder / "rows.jsonl", 0, self.size * 12)
        self.before = content(folder / NAME)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            tell("begin")
            result = project.sources.import_file(folder / "rows.jsonl", variant="production", role="production")
            tell(f"imported {result.added}")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        found = self.whole_or_absent(folder, death)
        if list(project.sources.unfinished()):
            found.append(Finding("half", "an import is still said to be under way"))
        return found


class ImportOpen(ImportNew):
    """A file into a project that has been worked in: new examples, and another variant's outputs for old ones."""

    name = "import, open"
    undoable = True

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size)
        rows_file(folder / "first.jsonl", 0, self.size, bad=False)
        with Project.open(folder / NAME) as project:
            project.sources.import_file(folder / "first.jsonl", variant="production")
        rows_file(folder / "rows.jsonl", self.size // 2, self.size * 10)
        self.before = content(folder / NAME)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            tell("begin")
            result = project.sources.import_file(folder / "rows.jsonl", variant="candidate", role="other")
            tell(f"imported {result.added}")


class RemoveImport(Operation):
    """An import taken out again: begun, it is brought to its end at the next opening."""

    name = "remove import"

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, 80)
        rows_file(folder / "rows.jsonl", 0, self.size * 5, bad=False)
        with Project.open(folder / NAME) as project:
            project.sources.import_file(folder / "rows.jsonl", variant="candidate")
        self.before = content(folder / NAME)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            tell("begin")
            for source in project.sources.list():  # none is left where an earlier removal was brought to its end
                project.sources.remove(source.id)
            tell("removed")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        return self.whole_or_absent(folder, death)


class TextIndex(Operation):
    """The text index built anew; the project's own process is killed."""

    name = "text index"
    makes_files = True
    undoable = False
    words = ("order", "hall", "gate 7", "12*", '"tray 3"', "production")

    def prepare(self, folder: Path) -> None:
        Project.create(folder / NAME).close()
        rows_file(folder / "rows.jsonl", 0, self.size * 10, bad=False)
        with Project.open(folder / NAME) as project:
            project.sources.import_file(folder / "rows.jsonl", variant="production")
        for stale in folder.glob("*-index*"):
            stale.unlink()

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            tell("begin")
            project.search.complete()
            tell("indexed")

    def learn(self, folder: Path) -> None:
        with Project.open(folder / NAME) as project:
            self.ids = {word: project.search.ids(word) for word in self.words}
        assert self.ids["order"], "the index finds nothing"

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        found = []
        if death.told and not death.power and not project.search.up_to_date():
            found.append(Finding("missing", "the index was complete, and is not any more"))
        done, total = project.search.progress()
        if not 0 <= done <= total:
            found.append(Finding("half", f"the index says it is at {done} of {total}"))
        project.search.complete()
        for word, expected in self.ids.items():
            got = project.search.ids(word)
            if got != expected:
                found.append(Finding("half", f"“{word}” finds {len(got)} examples, not {len(expected)}"))
        return found


class IndexWorker(TextIndex):
    """The text index built anew; one of the processes that build it is killed."""

    name = "index worker"
    workers = True

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        from reviewer.intake import index_shards

        # So few texts are worth no process otherwise.
        index_shards.MANY = 200
        index_shards.MOST = 600
        super().work(folder, tell, draw)


class Freeze(Operation):
    """Versions frozen one after the other."""

    name = "freeze"

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            tell("begin")
            done = {version.name for version in project.versions.list()}
            for number in range(4):
                if f"set{number}" in done:
                    continue
                version = project.versions.freeze(f"set{number}", waive="a trial")
                tell(f"frozen {version.label} {version.content_hash}")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        there = {f"frozen {version.label} {version.content_hash}" for version in project.versions.list()}
        return [Finding("missing", line) for line in death.told if line not in there]


class Export(Operation):
    """A version exported into a new folder, and over an earlier export."""

    name = "export"
    makes_files = True

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size)
        with Project.open(folder / NAME) as project:
            project.versions.export(project.versions.get("claims"), "reviewer", folder / "old")
        self.files = _files(folder / "old")

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            version = project.versions.get("claims")
            tell("begin")
            for name in ("new", "old", "newer"):
                project.versions.export(version, "reviewer", folder / name)
                tell(f"exported {name}")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        found = []
        for name in ("old", "new", "newer"):
            files = _files(folder / name)
            if files == self.files:
                continue
            if f"exported {name}" in death.told or name == "old":
                found.append(Finding("missing", f"the folder “{name}” has {sorted(files)}"))
            elif files:
                found.append(Finding("half", f"the folder “{name}” has {sorted(files)}"))
        version = project.versions.get("claims")
        for name in ("old", "new", "newer"):
            project.versions.export(version, "reviewer", folder / name)
        return found


def _files(folder: Path) -> dict[str, bytes]:
    return {entry.name: entry.read_bytes() for entry in folder.iterdir()} if folder.is_dir() else {}


class MergeLabels(Operation):
    """Labels made elsewhere, taken in as one action."""

    name = "merge labels"

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size)
        with (folder / "labels.jsonl").open("w", encoding="utf-8") as handle:
            for number in range(self.size):
                for who in ("Ana", "Ben", "Caro"):
                    verdict = {"verdict": "fail", "category": "stale_facts", "note": f"{who} {number}"}
                    line = {"example": f"case-{number:04d}", "variant": "prod", "annotator": who, **verdict}
                    handle.write(json.dumps(line) + "\n")
                    if number % 50 == 7:
                        handle.write("{half a line\n")
        self.before = content(folder / NAME)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            ana = project.annotators.get_or_add("Ana")
            tell("begin")
            result = project.labels.import_file(folder / "labels.jsonl", annotator="Ana", by=ana)
            tell(f"merged {result.added + result.changed}")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        return self.whole_or_absent(folder, death)


class MergeJudgments(Operation):
    """Judgments made elsewhere, taken into an open study."""

    name = "merge judgments"

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size)
        with Project.open(folder / NAME) as project:
            project.studies.create("blind", "base", "tuned", seed=3, protocol=Protocol.bare())
        with (folder / "judgments.jsonl").open("w", encoding="utf-8") as handle:
            for number in range(self.size):
                for who in ("Ana", "Ben"):
                    said = {"passed": {"base": number % 2 == 0, "tuned": True}, "preference": "tuned", "left": "base"}
                    handle.write(json.dumps({"example": f"case-{number:04d}", "annotator": who, **said}) + "\n")
        self.before = content(folder / NAME)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            tell("begin")
            result = project.judgments.import_file("blind", folder / "judgments.jsonl")
            tell(f"merged {result.added}")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        return self.whole_or_absent(folder, death)


class Study(Operation):
    """A study begun, and given up: its outputs are sealed as a whole and unsealed as a whole."""

    name = "study"

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            tell("begin")
            states = {study.name: study.state for study in project.studies.list()}
            for number in range(2):
                if f"s{number}" not in states:
                    project.studies.create(f"s{number}", "base", "tuned", seed=3, protocol=Protocol.bare())
                    tell(f"study s{number} open")
                if states.get(f"s{number}") == "abandoned":
                    continue
                project.studies.abandon(f"s{number}")
                tell(f"study s{number} abandoned")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        states = {study.name: study.state for study in project.studies.list()}
        told: dict[str, str] = dict(line.split()[1:] for line in death.told)
        allowed = {"open": {"open", "abandoned"}, "abandoned": {"abandoned"}}
        found = [
            Finding("missing", f"study {name} was {state}, and is {states.get(name)}")
            for name, state in told.items()
            if states.get(name) not in allowed[state]
        ]
        still_open = sum(state == "open" for state in states.values())
        with project.database.read() as connection:
            sealed = connection.execute("SELECT count(*) FROM outputs WHERE sealed_by IS NOT NULL").fetchone()[0]
        if sealed != still_open * 2 * self.size:
            found.append(Finding("half", f"{sealed} outputs are sealed by {still_open} open studies"))
        return found


class Migration(Operation):
    """A project of schema 1 opened by this program."""

    name = "migration"
    makes_files = True

    def prepare(self, folder: Path) -> None:
        path = folder / NAME
        path.write_bytes(gzip.decompress(OLD.read_bytes()))
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            grow(connection, self.size * 4)
        self.schema = migrate.inspect(path)
        self.counts = counts(path)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        tell("begin")
        with Project.open(folder / NAME):
            tell("opened")

    def learn(self, folder: Path) -> None:
        """Nothing: the rows are counted instead."""

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        found = []
        now = counts(folder / NAME)
        lost = {name: (count, now.get(name)) for name, count in self.counts.items() if now.get(name) != count}
        if lost:
            found.append(Finding("half", f"rows before and now: {lost}"))
        saved = backup.backups(folder / NAME)
        if self.schema < migrate.SCHEMA and not saved:
            found.append(Finding("missing", "no backup was made before the migration"))
        return found + sound_backups(saved, self.counts)


def grow(connection: sqlite3.Connection, times: int) -> None:
    """Add copies of the first example with its outputs to a project of any schema."""
    connection.execute("BEGIN")
    connection.execute("PRAGMA defer_foreign_keys=ON")
    tables: Mapping[str, tuple[str, ...]] = {
        "examples": ("id",),
        "example_payloads": ("example_id",),
        "example_references": ("example_id",),
        "outputs": ("id", "example_id"),
        "output_payloads": ("output_id",),
    }
    for table in tables:
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        per = 1 if table.startswith("example") else 3
        chosen = []
        for name in columns:
            if name in ("id", "output_id") and per == 3:
                chosen.append(
                    "t.id * 0 + 100000 + n.value * 3 + row_number() OVER (PARTITION BY n.value) - 1"
                    if name == "id"
                    else "100000 + n.value * 3 + row_number() OVER (PARTITION BY n.value) - 1"
                )
            elif name in ("id", "example_id"):
                chosen.append("100000 + n.value")
            elif name == "key":
                chosen.append("'grown-' || n.value")
            elif name == "touched":
                chosen.append("100000 + n.value")
            else:
                chosen.append(f"t.{name}")
        where = {
            "examples": "t.id = 1",
            "example_payloads": "t.example_id = 1",
            "example_references": "t.example_id = 1",
            "outputs": "t.example_id = 1",
            "output_payloads": "t.output_id IN (SELECT id FROM outputs WHERE example_id = 1)",
        }[table]
        connection.execute(
            "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ?)"
            f" INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(chosen)} FROM n, {table} t WHERE {where}",
            (times,),
        )
    connection.execute("COMMIT")


def counts(path: Path) -> dict[str, int]:
    """The number of rows of each table of schema 1 that holds work."""
    names = ("examples", "outputs", "output_payloads", "example_references", "labels", "version_records", "history")
    names += ("studies", "correctness_judgments", "preference_judgments", "slice_members", "categories", "annotators")
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


def sound_backups(saved: list[Path], expected: Mapping[str, int] | None = None) -> list[Finding]:
    """What is wrong with backups that are listed: each must be whole, with all rows."""
    found = []
    for path in saved:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            found.append(Finding("half", f"the backup {path.name}: {verdict}"))
        elif expected is not None and counts(path) != expected:
            found.append(Finding("half", f"the backup {path.name} has other counts"))
    return found


class Backup(Operation):
    """Backups made one after the other."""

    name = "backup"
    makes_files = True

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size)
        self.counts = counts(folder / NAME)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME):
            tell("begin")
            for _ in range(3):
                made = backup.backup(folder / NAME, "hand")
                tell(f"saved {made.name}")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        saved = backup.backups(folder / NAME)
        there = {path.name for path in saved}
        found = [Finding("missing", line) for line in death.told if line.split(" ", 1)[1] not in there]
        return found + sound_backups(saved, self.counts)


OPERATIONS: dict[str, type[Operation]] = {
    kind.name: kind
    for kind in (
        Labelling,
        ImportNew,
        ImportOpen,
        RemoveImport,
        TextIndex,
        IndexWorker,
        Freeze,
        Export,
        MergeLabels,
        MergeJudgments,
        Study,
        Migration,
        Backup,
    )
}


def copy_tree(base: Path, folder: Path) -> None:
    """A trial's own copy of an operation's files."""
    shutil.copytree(base, folder)
