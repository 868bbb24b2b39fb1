"""The operations that keep a project safe, interrupted themselves: restore, repair and salvage."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random

from reviewer.project import Project
from reviewer.store import backup, restore
from reviewer.store.salvage import salvage
from tests.faults.children import Death, Tell
from tests.faults.operations import NAME, Operation, counts, rows_file, sound_backups, worked_project
from tests.faults.soundness import Finding, content

__all__ = ["CARE"]


class Restore(Operation):
    """A project brought back to its backup, and from there to the state before."""

    name = "restore"
    makes_files = True

    def prepare(self, folder: Path) -> None:
        path = folder / NAME
        worked_project(path, self.size, labels=6, freeze=False)
        backup.backup(path, "hand")
        self.after = content(path)
        rows_file(folder / "rows.jsonl", 0, self.size, bad=False)
        with Project.open(path) as project:
            project.sources.import_file(folder / "rows.jsonl", variant="production")
            project.search.complete()
        self.before = content(path)

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        path = folder / NAME
        tell("begin")
        done = restore.restore(path, restore.choose(path, "1"))
        tell("restored")
        assert done.before is not None
        restore.restore(path, restore.choose(path, done.before.name))
        tell("back")

    def learn(self, folder: Path) -> None:
        """Nothing: both states were made before."""

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        path = folder / NAME
        now = content(path)
        saved = backup.backups(path)
        found = sound_backups(saved)
        if now not in (self.before, self.after):
            return [*found, Finding("half", "neither the backup nor the state before it")]
        # On a second try the state before may be what the first has restored.
        if death.told[-1:] == ["back"] and now != self.before and not self.tried_before:
            found.append(Finding("missing", "the way back was acknowledged"))
        states = [content(one) for one in saved]
        for state, what in ((self.before, "the state before the restore"), (self.after, "the backup")):
            if now != state and state not in states:
                found.append(Finding("missing", f"{what} is in no backup"))
        project.search.complete()
        expected = self.size if now == self.before else 0
        if len(project.search.ids("gate")) != expected:
            found.append(Finding("half", "the text index does not follow"))
        return found


class Repair(Operation):
    """A project in which rows and index entries are wrong, mended."""

    name = "repair"
    makes_files = True

    def prepare(self, folder: Path) -> None:
        path = folder / NAME
        worked_project(path, self.size, labels=3)
        with Project.open(path) as project:
            project.search.complete()
            index = project.search.path
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("DELETE FROM outputs WHERE id > (SELECT max(id) - 20 FROM outputs)")
            connection.execute("UPDATE examples SET touched = 1 WHERE id IN (2, 3)")
        with closing(sqlite3.connect(index, isolation_level=None)) as connection:
            connection.execute("DELETE FROM docs WHERE example_id < 9")
        self.rows = counts(path)
        self.wrong = {"orphan", "counter", "text_index"}

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        with Project.open(folder / NAME) as project:
            tell("begin")
            project.back_up("repair")
            tell("saved")
            found = {one.kind for one in project.examine(repair=True).findings}
            assert self.tried_before or found == self.wrong, found
            tell("repaired")

    def learn(self, folder: Path) -> None:
        """Nothing: what is left is looked at by the examination itself."""

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        found = sound_backups(backup.backups(folder / NAME))
        if "saved" in death.told and not backup.backups(folder / NAME):
            found.append(Finding("missing", "the backup before the repair"))
        left = [one.kind for one in project.examine().findings]
        if "repaired" in death.told and left:
            found.append(Finding("missing", f"a repair was acknowledged, and {left} are left"))
        if set(left) - self.wrong:
            found.append(Finding("half", f"the repair has made {set(left) - self.wrong}"))
        if not project.examine(repair=True).ok:
            found.append(Finding("half", "it cannot be repaired any more"))
        now = counts(folder / NAME)
        lost = [name for name in self.rows if name != "output_payloads" and now[name] < self.rows[name]]
        if lost or now["output_payloads"] < self.rows["output_payloads"] - 20:
            found.append(Finding("missing", f"rows of {lost or 'output_payloads'}"))
        project.search.complete()
        return found


class SalvageDamaged(Operation):
    """What a damaged file still holds, read into a new one."""

    name = "salvage"
    makes_files = True

    def prepare(self, folder: Path) -> None:
        worked_project(folder / NAME, self.size)
        hurt = folder / "hurt.reviewer"
        worked_project(hurt, self.size)
        with closing(sqlite3.connect(hurt)) as connection:
            size = connection.execute("PRAGMA page_size").fetchone()[0]
            page = connection.execute(
                "SELECT max(pageno) FROM dbstat WHERE name = 'output_payloads' AND pagetype = 'leaf'"
            ).fetchone()[0]
        with hurt.open("rb+") as handle:
            handle.seek((page - 1) * size)
            handle.write(Random(1).randbytes(size))
        self.hash = sha256(hurt.read_bytes()).hexdigest()

    def work(self, folder: Path, tell: Tell, draw: Random) -> None:
        tell("begin")
        got = salvage(folder / "hurt.reviewer", folder / "out.reviewer")
        tell(f"salvaged {got.read} {got.lost}")

    def learn(self, folder: Path) -> None:
        self.after = content(folder / "out.reviewer")

    def check(self, folder: Path, project: Project, death: Death) -> list[Finding]:
        out = folder / "out.reviewer"
        found = []
        if sha256((folder / "hurt.reviewer").read_bytes()).hexdigest() != self.hash:
            found.append(Finding("half", "the damaged file was changed"))
        if not out.exists():
            if death.told:
                found.append(Finding("missing", "the salvaged project"))
            salvage(folder / "hurt.reviewer", out)
        if content(out) != self.after:
            found.append(Finding("half", "the salvaged project is not what can be salvaged"))
        out.unlink()
        return found


CARE: dict[str, type[Operation]] = {kind.name: kind for kind in (Restore, Repair, SalvageDamaged)}
