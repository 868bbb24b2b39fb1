"""Damage whole pages of a project at random, and see what opening, doctor and salvage make of it.

    python tests/faults/damage.py [--times 60] [--seed 1] [--size 240] [--pages 1]

Each trial overwrites pages of a copy of a worked project: with noise, with zeros, or with another of its pages.
Whatever was hit, no exception but a ReviewerError with a sentence may come out; the damaged file stays as it is, byte
for byte; what is salvaged is a sound project in which doctor finds no damage; and every row of the whole project is in
it or counted as lost. One that is in it with another content must have been noticed. The exit code is 1 when anything
was found.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewer.errors import DamagedError, ProjectError, ReviewerError
from reviewer.project import Project
from reviewer.store import backup
from reviewer.store.salvage import salvage
from tests.faults.operations import NAME, worked_project

COUNTED = ("examples", "outputs", "labels", "version_records", "history", "example_payloads", "output_payloads")


def rows_of(path: Path) -> dict[str, dict[int, str]]:
    """Each row of the tables that hold work, as text, under its number."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return {
            table: {row[0]: repr(row[1:]) for row in connection.execute(f"SELECT rowid, * FROM {table}")}
            for table in COUNTED
        }


def hurt(path: Path, draw: Random, pages: int) -> str:
    """Overwrite so many pages beyond the first; says which and how."""
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        count = connection.execute("PRAGMA page_count").fetchone()[0]
    done = []
    with path.open("rb+") as handle:
        for page in sorted(draw.sample(range(1, count), min(pages, count - 1))):
            how = draw.choice(("noise", "zeros", "another"))
            if how == "another":
                handle.seek(draw.randrange(1, count) * size)
                data = handle.read(size)
            else:
                data = draw.randbytes(size) if how == "noise" else bytes(size)
            handle.seek(page * size)
            handle.write(data)
            done.append(f"page {page + 1} of {count}: {how}")
    return ", ".join(done)


class Trial:
    """What came of one damaged file."""

    def __init__(self) -> None:
        self.findings: list[str] = []
        self.opened = self.noticed = self.salvaged = False
        self.lost = self.read = 0


def try_one(base: Path, whole: dict[str, dict[int, str]], folder: Path, draw: Random, pages: int) -> tuple[Trial, str]:
    """Damage a copy, open it, have it examined, salvage it, and compare."""
    trial = Trial()
    folder.mkdir()
    path = folder / NAME
    shutil.copy(base, path)
    where = hurt(path, draw, pages)
    before = sha256(path.read_bytes()).hexdigest()
    try:
        with Project.open(path, read_only=True) as project:
            trial.opened = True
            checkup = project.examine()
            trial.noticed = any(one.kind in ("damaged", "index_damaged") for one in checkup.findings)
    except DamagedError:
        trial.noticed = True
    except ReviewerError as error:
        trial.findings.append(f"not a damage, but {error}")
    out = folder / "out.reviewer"
    try:
        got = salvage(path, out)
        trial.salvaged = True
    except ProjectError as error:
        if "list of its tables" not in str(error):
            trial.findings.append(f"no salvage: {error}")
        return trial, where
    if sha256(path.read_bytes()).hexdigest() != before:
        trial.findings.append("the damaged file was changed")
    trial.read, trial.lost = got.read, got.lost
    found = rows_of(out)
    counted = {one.table: (one.lost, one.orphaned) for one in got.tables}
    for table, rows in whole.items():
        missing = rows.keys() - found[table].keys()
        lost, orphaned = counted[table]
        # With several pages damaged, one may be of an index that then names rows that never were.
        counted_rows = None if lost is None else lost + orphaned
        if counted_rows is not None and (len(missing) > counted_rows or (pages == 1 and len(missing) != counted_rows)):
            trial.findings.append(f"{table}: {len(missing)} rows are missing, {lost} + {orphaned} are counted")
        other = [number for number in rows.keys() & found[table].keys() if rows[number] != found[table][number]]
        if other and not trial.noticed:
            trial.findings.append(f"{table}: {len(other)} rows are others, and nothing was noticed")
    with Project.open(out) as project:
        bad = [
            one for one in project.examine(repair=True).findings if one.kind in ("damaged", "orphan", "index_damaged")
        ]
        trial.findings += [f"the salvaged project: {one.kind}, {one.count}" for one in bad if one.open]
    return trial, where


def header(base: Path, folder: Path) -> list[str]:
    """A header that was overwritten: no project, and its backups are offered; a restore brings it back."""
    from reviewer.store import restore

    folder.mkdir()
    path = folder / NAME
    shutil.copy(base, path)
    backup.backup(path, "hand")
    with path.open("rb+") as handle:
        handle.write(b"\0" * 100)
    try:
        Project.open(path).close()
        return ["a file without its header was opened"]
    except ReviewerError as error:
        if "not a Reviewer project" not in str(error) or "backup" not in str(error):
            return [f"the message offers no backup: {error}"]
    done = restore.restore(path, restore.choose(path))
    with Project.open(path) as project:
        found = [f"after the restore: {one.kind}" for one in project.examine().findings]
    kept = done.before / NAME if done.before is not None else folder
    return found if kept.is_file() else [*found, "the damaged file was not kept"]


def main() -> int:
    """Damage, look, print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--size", type=int, default=240, help="examples of the project, about")
    parser.add_argument("--pages", type=int, default=1, help="pages that are damaged in each trial")
    options = parser.parse_args()
    draw = Random(options.seed)
    counts: Counter[str] = Counter()
    texts: list[str] = []
    with tempfile.TemporaryDirectory(prefix="reviewer-damage-") as name:
        os.environ["REVIEWER_HOME"] = str(Path(name) / "home")
        base = Path(name) / "base" / NAME
        base.parent.mkdir()
        worked_project(base, options.size)
        whole = rows_of(base)
        texts += [f"header: {text}" for text in header(base, Path(name) / "header")]
        for number in range(options.times):
            trial, where = try_one(base, whole, Path(name) / f"trial-{number}", draw, options.pages)
            counts.update(
                trials=1,
                opened=trial.opened,
                noticed=trial.noticed,
                salvaged=trial.salvaged,
                rows_read=trial.read,
                rows_lost=trial.lost,
            )
            texts += [f"trial {number + 1}, {where}: {text}" for text in trial.findings]
            shutil.rmtree(Path(name) / f"trial-{number}")
    rows = sum(len(found) for found in whole.values())
    print(f"a project of about {rows:,} rows, {options.pages} page(s) damaged in each trial")
    print(", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items()))
    print(f"{len(texts)} findings")
    for text in texts:
        print(text)
    return 1 if texts else 0


if __name__ == "__main__":
    raise SystemExit(main())
