"""What must hold of a project after anything: whole rows, whole actions, whole versions, nothing left lying about."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from reviewer.errors import ReviewerError
from reviewer.formats import canonical
from reviewer.project import Project

__all__ = ["Finding", "content", "findings_of", "leftovers", "undo_and_redo"]

# What moves on its own, or names the folder of the trial; times are left out as well.
_MOVING = {"touched", "revision", "rejects_file"}
_LEFT_OUT = {"meta", "mappings", "history", "alembic_version"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be: `kind` is the column of the table in which it counts."""

    kind: str
    text: str


def content(path: Path, leave_out: Iterable[str] = ()) -> dict[str, str]:
    """A hash of the content of each table, without times and counters; the file is only read."""
    skipped = _LEFT_OUT | set(leave_out)
    found = {}
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        names = [
            row[0]
            for row in connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
        ]
        for name in names:
            if name in skipped:
                continue
            columns = [
                row[1]
                for row in connection.execute(f'PRAGMA table_info("{name}")')
                if row[1] not in _MOVING and not row[1].endswith("_ms")
            ]
            digest = sha256()
            for row in connection.execute(f'SELECT {", ".join(columns)} FROM "{name}" ORDER BY 1, 2'):
                digest.update(repr(row).encode())
            found[name] = digest.hexdigest()
    return found


def findings_of(project: Project) -> list[Finding]:
    """What is wrong with an open project: all that doctor finds, and half actions and versions looked for once more."""
    found = [Finding("doctor", f"{one.kind}, {one.count}: {one.text}") for one in project.examine().findings]
    with project.database.read() as connection:
        found += _half_actions(connection)
        found += _half_versions(connection)
    return found


def _half_actions(connection: sqlite3.Connection) -> list[Finding]:
    """Rows that are not as the last action that stands left them."""
    found = []
    keys = {"labels": "id", "label_categories": "id", "slice_members": "example_id"}
    for table, key in keys.items():
        last: dict[str, str | None] = {}
        for row in connection.execute(
            "SELECT row_id, before, after, state FROM history WHERE table_name = ? ORDER BY id", (table,)
        ):
            if row["state"] in ("done", "final"):
                last[row["row_id"]] = row["after"]
            else:
                last.setdefault(row["row_id"], row["before"])
        for row_id, expected in last.items():
            row = connection.execute(f"SELECT * FROM {table} WHERE {key} = ?", (json.loads(row_id),)).fetchone()
            if (None if row is None else dict(row)) != (None if expected is None else json.loads(expected)):
                found.append(Finding("half", f"{table} {row_id} is not as its last action left it"))
    lost = connection.execute(
        "SELECT count(*) FROM history WHERE action NOT IN (SELECT id FROM history h WHERE h.id = h.action)"
    ).fetchone()[0]
    if lost:
        found.append(Finding("half", f"{lost} rows of the history without the action's first"))
    return found


def _half_versions(connection: sqlite3.Connection) -> list[Finding]:
    found = []
    for version in connection.execute("SELECT * FROM versions").fetchall():
        hashes = [
            (row["content_hash"], row["record"])
            for row in connection.execute(
                "SELECT content_hash, record FROM version_records WHERE version_id = ? ORDER BY row", (version["id"],)
            )
        ]
        told = version["core"] + version["edge"] + version["preservation"]
        if len(hashes) != told or canonical.set_hash([item for item, _ in hashes]) != version["content_hash"]:
            found.append(
                Finding("half", f"version {version['id']} has {len(hashes)} of {told} records or another hash")
            )
    return found


def undo_and_redo(project: Project, name: str = "Ana") -> list[Finding]:
    """Undo takes the last action back and redo brings exactly the same rows again."""
    annotator = project.annotators.get_or_add(name)
    if project.undo_title(annotator) is None:
        return [Finding("half", "there is nothing to undo")]
    before = content(project.path)
    try:
        project.undo(annotator)
        between = content(project.path)
        project.redo(annotator)
    except ReviewerError as error:
        return [Finding("half", f"undo and redo: {error}")]
    found = []
    if between == before:
        found.append(Finding("half", "undo changed nothing"))
    if content(project.path) != before:
        found.append(Finding("half", "redo did not bring back what undo took away"))
    return found


def leftovers(folder: Path, name: str) -> list[str]:
    """The files in a folder that belong to no project, export or rejects file and that nobody would tidy away."""
    own = {name, f"{name}-lock", f"{name}-wal", f"{name}-shm"}
    found = []
    for entry in sorted(folder.rglob("*")):
        inside = entry.relative_to(folder).parts
        if inside[0] in own or (len(inside) == 1 and inside[0].startswith(f"{name}-") and "part" not in inside[0]):
            continue
        if any(part.startswith(".") for part in inside) or ".part" in entry.name or entry.name.endswith("-journal"):
            found.append(str(entry.relative_to(folder)))
    return found
