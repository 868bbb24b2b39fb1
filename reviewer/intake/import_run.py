"""One import under way: rows into cases, cases into the project a portion at a time, rejects set aside."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reviewer.errors import InputError, ProjectError
from reviewer.formats.detect import Detected, read
from reviewer.formats.rows import Row
from reviewer.intake import mapping as mappings
from reviewer.intake.beside import BESIDE, portions_beside
from reviewer.intake.cases import CaseWriter
from reviewer.intake.examples import stored_text
from reviewer.intake.mapping import Mapper
from reviewer.intake.portions import Portion, portions, rejects_of
from reviewer.intake.rejects import Reject, Rejects
from reviewer.intake.removal import remove_source
from reviewer.intake.workers import possible
from reviewer.store.building import Building
from reviewer.store.database import Database, dump, now_ms
from reviewer.store.history import Changes
from reviewer.store.upkeep import put_back, take_off

__all__ = ["ImportResult", "ImportRun", "Inspection"]

_CHECKPOINT_PAGES = 6000
_USUAL_CHECKPOINT_PAGES = 1000
_LITTLE = 64 << 20
_APART = 1 << 20
"""From so many bytes on, a file for a project without examples is worth a copy that then takes the project's place."""
_WITHOUT_INDEX = 8 << 20
"""From so many bytes on, and from a quarter of the project on, a file is worth an index that is made anew."""
_SCATTERED = ("ix_examples_content_hash",)
"""The indexes in which neighbours of a file lie anywhere."""
_UNORDERED = (*_SCATTERED, "examples_workflow", "outputs_variant")
"""Those in which they do not lie one after the other."""

Report = Callable[..., None]
"""`report(done, total, note)`; raises Cancelled when the person wants to stop."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or a dry run would do.

    `read` counts the rows that `where` kept, `skipped` those it left out; `rejects` holds the first thousand. `roles`
    are the roles that variants of the project without one now have.
    """

    source: str
    read: int
    added: int
    duplicates: int
    rejected: int
    rejects_file: Path | None
    rejects: tuple[Reject, ...] = ()
    mapping: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    skipped: int = 0
    format: str = ""
    encoding: str = ""
    roles: Mapping[str, str] = field(default_factory=dict)
    changes: Changes = field(default_factory=lambda: Changes("import"))


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a file looks like before anything is imported; `rows` are its first rows that could be read."""

    path: Path
    how: Detected
    shape: str
    rows: tuple[dict[str, Any], ...]
    mapping: mappings.Mapping
    remembered: bool
    variant: str | None = None
    role: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    errors: tuple[Row, ...] = ()
    """The first rows that could not be read."""


FILLED = (
    "sources",
    "variants",
    "mappings",
    "examples",
    "example_payloads",
    "example_references",
    "outputs",
    "output_payloads",
)
"""The tables that an import writes."""

_ROOM_FROM = 1_000_000
"""Bytes of a file from which on it is asked whether the disk has room for it."""
_ROOM = 2.2
"""So many times a file's size are written at most before the log is copied into the project: rows, indexes, the log."""


class ImportRun:
    """One import under way: into the project, or, while that has no examples, into a copy that then takes its place."""

    def __init__(self, database: Database, inspection: Inspection, mapping: mappings.Mapping, variant: str) -> None:
        self._database = database
        self._inspection = inspection
        self._path = inspection.path
        self._mapping = mapping
        self._variant = variant
        self._rejects = Rejects(database.path.parent, self._path)
        self._source_id: int | None = None
        self._building: Building | None = None

    def run(
        self,
        mapper: Mapper,
        role: str | None,
        roles: Mapping[str, str],
        report: Report | None,
        annotator_id: int | None,
    ) -> ImportResult:
        before = self._path.stat()
        total = before.st_size
        self._must_fit(total)
        digest = _Digest(self._path)
        remember = {"fields": self._mapping.to_json(), "variant": self._variant, "role": role, "roles": dict(roles)}
        try:
            name = self._begin(remember, annotator_id)
            if total >= _APART and self._is_empty():
                self._building = Building(self._database, FILLED, _UNORDERED)
            elif total >= max(_WITHOUT_INDEX, self._database.path.stat().st_size // 4):
                take_off(self._database, _SCATTERED)
            target = self._building or self._database
            writer = CaseWriter(self._source_id, self._variant, role, roles, alone=self._building is not None)
            count, skipped = self._stream(mapper, writer, total, report)
            if not count and not self._rejects.count:
                reason = "no row for which --where is true" if skipped else "no row"
                raise InputError(f"{self._path.name} has {reason}; nothing was imported.")
            after = self._path.stat()
            if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
                raise InputError(
                    f"{self._path.name} was changed while it was read; nothing was imported. Import it again when it is"
                    " complete."
                )
            sha256 = digest.result()
            put_back(self._database)
        finally:
            digest.stop()
            self._set_checkpoints(_USUAL_CHECKPOINT_PAGES)
        rejects_file = self._rejects.finish()
        with target.transaction() as connection:
            if writer.added:
                connection.execute(
                    "UPDATE sources SET state = 'done', sha256 = ?, read = ?, added = ?, duplicates = ?, rejected = ?,"
                    " rejects_file = ?, variant_id = (SELECT id FROM variants WHERE name = ?) WHERE id = ?",
                    (
                        sha256,
                        count,
                        writer.added,
                        writer.duplicates,
                        self._rejects.count,
                        stored_text(str(rejects_file)) if rejects_file else None,
                        stored_text(self._variant),
                        self._source_id,
                    ),
                )
            else:  # nothing of it is in the project, so there is nothing to list or to remove
                connection.execute("DELETE FROM sources WHERE id = ?", (self._source_id,))
                name = self._path.name
            given = self._give_roles(connection, {**({self._variant: role} if role else {}), **roles})
            shapes = [self._inspection.shape, *([f"rejects of {rejects_file.name}"] if rejects_file else [])]
            connection.executemany(
                "INSERT OR REPLACE INTO mappings (shape, mapping, updated_ms) VALUES (?, ?, ?)",
                [(stored_text(shape), dump(remember), now_ms()) for shape in shapes],
            )
        if self._building is not None:
            self._building.finish()
        return ImportResult(
            name,
            count,
            writer.added,
            writer.duplicates,
            self._rejects.count,
            rejects_file,
            tuple(self._rejects.first),
            self._mapping.to_json(),
            skipped=skipped,
            format=self._inspection.how.format,
            encoding=self._inspection.how.encoding,
            roles=given,
            changes=Changes(f"import {name}", frozenset({"sources", "examples", "outputs", "variants"})),
        )

    def _is_empty(self) -> bool:
        """Whether the project has nothing yet that an import could meet or that would take long to copy."""
        with self._database.read() as connection:
            return (
                connection.execute("SELECT 1 FROM examples UNION ALL SELECT 1 FROM versions LIMIT 1").fetchone() is None
                and connection.execute("SELECT count(*) FROM sources").fetchone()[0] == 1
                and self._database.path.stat().st_size < _LITTLE
            )

    @staticmethod
    def _give_roles(connection: sqlite3.Connection, wanted: Mapping[str, str]) -> dict[str, str]:
        """Give the roles asked for to variants that have none yet; answers which were given."""
        given = {}
        for name, role in wanted.items():
            changed = connection.execute(
                "UPDATE variants SET role = ?1 WHERE name = ?2 AND role = 'other' AND ?1 <> 'other'",
                (role, stored_text(name)),
            ).rowcount
            if changed:
                given[name] = role
        return given

    def _begin(self, remember: Mapping[str, object], annotator_id: int | None) -> str:
        how = self._inspection.how
        with self._database.transaction() as connection:
            base = name = stored_text(self._path.name)
            number = 1
            while connection.execute("SELECT 1 FROM sources WHERE name = ?", (name,)).fetchone():
                number += 1
                name = f"{base} ({number})"
            cursor = connection.execute(
                "INSERT INTO sources (name, sha256, format, encoding, shape, mapping, state, imported_ms, annotator_id)"
                " VALUES (?, '', ?, ?, ?, ?, 'importing', ?, ?)",
                (name, how.format, how.encoding, self._inspection.shape, dump(remember), now_ms(), annotator_id),
            )
            self._source_id = int(cursor.lastrowid or 0)
        return name

    def _stream(self, mapper: Mapper, writer: CaseWriter, total: int, report: Report | None) -> tuple[int, int]:
        count = skipped = 0
        target = self._building or self._database
        self._set_checkpoints(_CHECKPOINT_PAGES)
        with closing(self._portions(mapper, total)) as coming:
            for portion in coming:
                count += portion.wanted
                skipped += portion.skipped
                with target.portion() as connection:
                    answers = writer.write(connection, portion.cases)
                for row, error in rejects_of(portion, answers, self._path):
                    self._rejects.add(row, error)
                if report is not None:
                    report(min(portion.offset, total), total, f"{count:,} rows")
        return count, skipped

    def _portions(self, mapper: Mapper, total: int) -> Generator[Portion, None, None]:
        how = self._inspection.how
        if total >= BESIDE and possible():
            yield from portions_beside(self._path, how, self._mapping, mapper.where)
        else:
            yield from portions(read(self._path, how), mapper)

    def _must_fit(self, total: int) -> None:
        """Raise ProjectError when the disk lacks room for a large file: full in the middle, it has none to undo it."""
        if total < _ROOM_FROM:
            return
        free = shutil.disk_usage(self._database.path.parent).free
        needed = int(total * _ROOM)
        if free < needed:
            raise ProjectError(
                f"{self._path.name} needs about {_mb(needed)} of room beside the project, and {_mb(free)} are free."
                " Free some, or move the project to a larger disk; nothing was changed."
            )

    def _set_checkpoints(self, pages: int) -> None:
        """Copy the WAL into the file seldom while much is written: each time it waits for the disk."""
        with self._database.transaction() as connection:
            connection.execute(f"PRAGMA wal_autocheckpoint={pages}")

    def undo(self) -> None:
        """Take out what the run put in; interrupted, it goes on when the project is next opened."""
        self._rejects.discard()
        if self._building is not None:
            self._building.discard()
        if self._source_id is not None:
            remove_source(self._database, self._source_id)
        with suppress(ProjectError):  # a full disk: they are made at the next opening
            put_back(self._database)


class _Digest:
    """The SHA-256 of a file, worked out beside the import."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = hashlib.sha256()
        self._stopped = threading.Event()
        self._error: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="digest", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        try:
            with self._path.open("rb") as file:
                while not self._stopped.is_set() and (piece := file.read(1 << 20)):
                    self._hash.update(piece)
        except OSError as error:
            self._error = error

    def result(self) -> str:
        self._thread.join()
        if self._error is not None:
            raise InputError(f"{self._path} could not be read to its end: {self._error.strerror}.")
        return self._hash.hexdigest()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join()


def _mb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:,.0f} MB"
