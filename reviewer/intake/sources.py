"""Sources: files into examples, streamed, with nothing left of an import that does not end well."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

from reviewer.errors import Cancelled, ConflictError, InputError, NotFoundError
from reviewer.formats.detect import Detected, detect, read
from reviewer.formats.rows import Row, RowError
from reviewer.intake import mapping as mappings
from reviewer.intake.cases import ROLES, CaseWriter
from reviewer.intake.examples import stored_text
from reviewer.intake.guess import guess, shape_of
from reviewer.intake.mapping import Case, Mapper
from reviewer.intake.rejects import Reject, Rejects
from reviewer.store.database import Database, dump, load, now_ms
from reviewer.store.history import Changes

__all__ = ["ImportResult", "Inspection", "PreviewRow", "Source", "Sources", "clear_unfinished"]

DEFAULT_VARIANT = "production"
_CHUNK = 1000
_CHUNK_BYTES = 4_000_000
_LOOKED_AT = 50
_CHECKPOINT_PAGES = 6000
_USUAL_CHECKPOINT_PAGES = 1000

Report = Callable[..., None]
"""`report(done, total, note)`; raises Cancelled when the person wants to stop."""


@dataclass(frozen=True, slots=True)
class Source:
    """One imported file."""

    id: int
    name: str
    format: str
    encoding: str
    variant: str
    read: int
    added: int
    duplicates: int
    rejected: int
    rejects_file: str | None
    imported_ms: int
    mapping: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or a dry run would do.

    `read` counts the rows that `where` kept, `skipped` those it left out; `rejects` holds the first thousand.
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


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it will be stored, or why it will not be."""

    line: int
    case: Case | None
    error: RowError | None


class Sources:
    """The imported files of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> Sequence[Source]:
        """Every imported file, in the order in which they came."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT s.*, v.name AS variant FROM sources s LEFT JOIN variants v ON v.id = s.variant_id"
                " WHERE s.state = 'done' ORDER BY s.id"
            ).fetchall()
        return [
            Source(
                row["id"], row["name"], row["format"], row["encoding"], row["variant"] or "", row["read"], row["added"],
                row["duplicates"], row["rejected"], row["rejects_file"], row["imported_ms"],
                load(row["mapping"]).get("fields", {}),
            )
            for row in rows
        ]

    def inspect(self, path: Path, format: str | None = None) -> Inspection:
        """Format, encoding, first rows and suggested mapping of a file; raises InputError when it cannot be read."""
        how = detect(path, format)
        rows: list[dict[str, Any]] = []
        for row in islice(read(path, how), 4 * _LOOKED_AT):
            if row.value is not None and row.error is None:
                rows.append(row.value)
            if len(rows) == _LOOKED_AT:
                break
        shape = shape_of(rows)
        # What was rejected has gaps and mistakes, so its shape is another: its own import's mapping goes with its name.
        own = self._remembered(f"rejects of {path.name}") if ".rejects" in path.name else None
        kept = own or self._remembered(shape)
        remembered = kept is not None and bool(kept.get("fields"))
        return Inspection(
            path,
            how,
            shape,
            tuple(rows),
            mappings.Mapping(kept["fields"]) if kept is not None and remembered else guess(rows),
            remembered,
            kept.get("variant") if kept else None,
            kept.get("role") if kept else None,
            (kept.get("roles") if kept else None) or {},
        )

    def preview(
        self, inspection: Inspection, mapping: mappings.Mapping, where: str | None = None, limit: int = 50
    ) -> Sequence[PreviewRow]:
        """The file's first rows as they would be stored; raises InputError for an expression that is wrong."""
        mapper = Mapper(mapping, where)
        found: list[PreviewRow] = []
        for row in islice(read(inspection.path, inspection.how), limit * 20):
            case, error = _case(mapper, row)
            if case is not None or error is not None:
                found.append(PreviewRow(row.line, case, error))
            if len(found) == limit:
                break
        return found

    def dry_run(
        self,
        inspection: Inspection,
        mapping: mappings.Mapping,
        *,
        variant: str | None = None,
        where: str | None = None,
        limit: int = 20_000,
        report: Report | None = None,
    ) -> ImportResult:
        """What an import of the file's first `limit` rows would do, without doing it."""
        mapper = Mapper(mapping, where)
        writer = CaseWriter(None, variant or DEFAULT_VARIANT, None, {}, dry=True)
        rejects: list[Reject] = []
        count = rejected = 0
        complete = True

        def reject(row: Row, error: RowError) -> None:
            nonlocal rejected
            rejected += 1
            if len(rejects) < 1000:
                raw = row.raw.decode("utf-8", "replace") if isinstance(row.raw, bytes) else row.raw
                rejects.append(Reject(row.line, error.field, error.reason, raw[:300]))

        with self._database.read() as connection:
            for chunk in _chunks(read(inspection.path, inspection.how)):
                taken = []
                for row in chunk:
                    case, error = _case(mapper, row)
                    count += case is not None or error is not None
                    if error is not None:
                        reject(row, error)
                    elif case is not None:
                        taken.append((row, case))
                for (row, _), error in zip(taken, writer.write(connection, [case for _, case in taken]), strict=True):
                    if error is not None:
                        reject(row, error)
                if report is not None:
                    report(count, 0, f"{count:,} rows")
                if count >= limit:
                    complete = False
                    break
        return ImportResult(
            inspection.path.name, count, writer.added, writer.duplicates, rejected, None, tuple(rejects),
            mapping.to_json(), complete,
        )

    def import_file(
        self,
        path: Path,
        mapping: mappings.Mapping | Mapping[str, str] | None = None,
        *,
        variant: str | None = None,
        role: str | None = None,
        roles: Mapping[str, str] | None = None,
        where: str | None = None,
        format: str | None = None,
        report: Report | None = None,
        annotator_id: int | None = None,
        exact: bool = False,
    ) -> ImportResult:
        """Import a file; rows that cannot be taken go to the rejects file, the rest goes in.

        What `mapping` does not speak of is taken from the mapping remembered for the file's shape, or guessed; with
        `exact`, `mapping` is all there is. `roles` gives a role to the variants that `output:NAME` names. Raises
        InputError for a file or an expression that cannot be used, Cancelled from `report`; then nothing is left in the
        project.
        """
        path = path.absolute()
        for one in [*([role] if role else []), *(roles or {}).values()]:
            if one not in ROLES:
                raise InputError(f"“{one}” is not a role; a variant is {', '.join(ROLES[:-1])} or {ROLES[-1]}.")
        inspection = self.inspect(path, format)
        given = mapping if isinstance(mapping, mappings.Mapping) else mappings.Mapping(dict(mapping or {}))
        for name in given.fields:
            mappings.check_field(name)
        chosen = given if exact else given.over(inspection.mapping)
        mapper = Mapper(chosen, where)
        self._check_roles(chosen, roles or {})
        if variant is None and ".rejects" in path.name:
            variant, role = inspection.variant, role or inspection.role
        name = " ".join(variant.split()) if variant else DEFAULT_VARIANT
        writer_role = role or (DEFAULT_VARIANT if not variant and not chosen.variants() else None)
        run = _Import(self._database, inspection, chosen, name)
        try:
            return run.run(mapper, writer_role, roles or {}, report, annotator_id)
        except BaseException:
            run.undo()
            raise

    @staticmethod
    def _check_roles(mapping: mappings.Mapping, roles: Mapping[str, str]) -> None:
        for name in roles:
            if name not in mapping.variants():
                raise InputError(f"“{name}” has a role but no output; add --map output:{name}=EXPR.")

    def _remembered(self, shape: str) -> dict[str, Any] | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT mapping FROM mappings WHERE shape = ?", (shape,)).fetchone()
        return None if row is None else load(row["mapping"])

    def remove(self, source_id: int, report: Report | None = None) -> Changes:
        """Take everything out that an import put in; raises ConflictError when work depends on it."""
        with self._database.read() as connection:
            row = connection.execute("SELECT name FROM sources WHERE id = ?", (source_id,)).fetchone()
            if row is None:
                raise NotFoundError("That import is gone already.")
            reason = _depends(connection, source_id)
        if reason:
            raise ConflictError(f"The import of {row['name']} cannot be removed: {reason}. Nothing was changed.")
        with self._database.transaction() as connection:
            # From here on the removal is finished at the next opening, should it be interrupted.
            connection.execute("UPDATE sources SET state = 'importing' WHERE id = ?", (source_id,))
        _remove(self._database, source_id, report)
        return Changes(f"remove the import of {row['name']}", frozenset({"sources", "examples", "outputs", "variants"}))


def clear_unfinished(database: Database) -> None:
    """Take out what imports that never ended had already put in."""
    with database.read() as connection:
        found = [row["id"] for row in connection.execute("SELECT id FROM sources WHERE state = 'importing'")]
    for source_id in found:
        _remove(database, source_id)


class _Import:
    """One import under way."""

    def __init__(self, database: Database, inspection: Inspection, mapping: mappings.Mapping, variant: str) -> None:
        self._database = database
        self._inspection = inspection
        self._path = inspection.path
        self._mapping = mapping
        self._variant = variant
        self._rejects = Rejects(database.path.parent, self._path)
        self._source_id: int | None = None

    def run(
        self,
        mapper: Mapper,
        role: str | None,
        roles: Mapping[str, str],
        report: Report | None,
        annotator_id: int | None,
    ) -> ImportResult:
        total = self._path.stat().st_size
        digest = _Digest(self._path)
        remember = {"fields": self._mapping.to_json(), "variant": self._variant, "role": role, "roles": dict(roles)}
        try:
            name = self._begin(remember, annotator_id)
            writer = CaseWriter(self._source_id, self._variant, role, roles)
            count, skipped = self._stream(mapper, writer, total, report)
            if not count and not self._rejects.count:
                reason = "no row for which --where is true" if skipped else "no row"
                raise InputError(f"{self._path.name} has {reason}; nothing was imported.")
            sha256 = digest.result()
        finally:
            digest.stop()
            self._set_checkpoints(_USUAL_CHECKPOINT_PAGES)
        rejects_file = self._rejects.finish()
        with self._database.transaction() as connection:
            if writer.added:
                connection.execute(
                    "UPDATE sources SET state = 'done', sha256 = ?, read = ?, added = ?, duplicates = ?, rejected = ?,"
                    " rejects_file = ?, variant_id = (SELECT id FROM variants WHERE name = ?) WHERE id = ?",
                    (
                        sha256, count, writer.added, writer.duplicates, self._rejects.count,
                        stored_text(str(rejects_file)) if rejects_file else None, stored_text(self._variant),
                        self._source_id,
                    ),
                )
            else:  # nothing of it is in the project, so there is nothing to list or to remove
                connection.execute("DELETE FROM sources WHERE id = ?", (self._source_id,))
                name = self._path.name
            shapes = [self._inspection.shape, *([f"rejects of {rejects_file.name}"] if rejects_file else [])]
            connection.executemany(
                "INSERT OR REPLACE INTO mappings (shape, mapping, updated_ms) VALUES (?, ?, ?)",
                [(stored_text(shape), dump(remember), now_ms()) for shape in shapes],
            )
        return ImportResult(
            name, count, writer.added, writer.duplicates, self._rejects.count, rejects_file, tuple(self._rejects.first),
            self._mapping.to_json(),
            skipped=skipped,
            changes=Changes(f"import {name}", frozenset({"sources", "examples", "outputs", "variants"})),
        )

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
        self._set_checkpoints(_CHECKPOINT_PAGES)
        for chunk in _chunks(read(self._path, self._inspection.how)):
            taken: list[tuple[Row, Case]] = []
            for row in chunk:
                case, error = _case(mapper, row)
                if error is not None:
                    count += 1
                    self._rejects.add(row, error)
                elif case is not None:
                    count += 1
                    taken.append((row, case))
                else:
                    skipped += 1
            with self._database.transaction() as connection:
                answers = writer.write(connection, [case for _, case in taken])
            for (row, _), error in zip(taken, answers, strict=True):
                if error is not None:
                    self._rejects.add(row, error)
            if report is not None:
                report(min(chunk[-1].offset, total), total, f"{count:,} rows")
        return count, skipped

    def _set_checkpoints(self, pages: int) -> None:
        """Copy the WAL into the file seldom while much is written: each time it waits for the disk."""
        with self._database.transaction() as connection:
            connection.execute(f"PRAGMA wal_autocheckpoint={pages}")

    def undo(self) -> None:
        self._rejects.discard()
        if self._source_id is not None:
            _remove(self._database, self._source_id)


def _case(mapper: Mapper, row: Row) -> tuple[Case | None, RowError | None]:
    """What the row becomes: a case, an error, or neither when it is not wanted."""
    if row.error is not None or row.value is None:
        return None, row.error or RowError("cannot be read.")
    try:
        if not mapper.wanted(row.value):
            return None, None
        return mapper.case(row.value), None
    except RowError as error:
        return None, error
    except RecursionError:
        return None, RowError("is nested too deeply to be read.")


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows in the portions that one transaction writes, bounded in number and in bytes."""
    first = next(rows, None)
    if first is None:
        return
    chunk: list[Row] = []
    size = 0
    for row in chain([first], rows):
        chunk.append(row)
        size += len(row.raw)
        if len(chunk) == _CHUNK or size > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


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


_DEPENDENTS = {
    "{} of its examples are in slices": "SELECT count(*) FROM slice_members WHERE example_id IN"
    " (SELECT id FROM examples WHERE source_id = ?1)",
    "{} of its examples are in studies": "SELECT count(*) FROM pairs WHERE example_id IN"
    " (SELECT id FROM examples WHERE source_id = ?1 UNION SELECT example_id FROM outputs WHERE source_id = ?1)",
    "{} labels are on its outputs": "SELECT count(*) FROM labels WHERE output_id IN (SELECT id FROM outputs WHERE"
    " source_id = ?1 OR example_id IN (SELECT id FROM examples WHERE source_id = ?1))",
    "{} outputs of other imports belong to its examples": "SELECT count(*) FROM outputs o JOIN examples e"
    " ON e.id = o.example_id WHERE e.source_id = ?1 AND o.source_id IS NOT ?1",
}


def _depends(connection: sqlite3.Connection, source_id: int) -> str:
    found = []
    for words, query in _DEPENDENTS.items():
        count = connection.execute(query, (source_id,)).fetchone()[0]
        if count:
            found.append(words.format(f"{count:,}"))
    return ", ".join(found)


def _remove(database: Database, source_id: int, report: Report | None = None) -> None:
    """Take a source out in portions; one that is interrupted stays marked and goes on at the next opening."""
    with database.transaction() as connection:
        variants = [
            row["variant_id"]
            for row in connection.execute("SELECT DISTINCT variant_id FROM outputs WHERE source_id = ?", (source_id,))
        ]
        # Ids are not used again: the history and the text index know them.
        for table in ("examples", "outputs"):
            connection.execute(
                f"INSERT OR REPLACE INTO meta (key, value) SELECT ?1, max(coalesce((SELECT max(id) FROM {table}), 0),"
                " coalesce((SELECT CAST(value AS INTEGER) FROM meta WHERE key = ?1), 0))",
                (f"last_{table}_id",),
            )
        # Examples that stay and lose an output read otherwise from now on.
        connection.execute(
            "UPDATE examples SET touched = (SELECT max(touched) FROM examples) + id WHERE source_id IS NOT ?1"
            " AND id IN (SELECT example_id FROM outputs WHERE source_id = ?1)",
            (source_id,),
        )
    done = 0
    for table in ("outputs", "examples"):
        while True:
            with database.transaction() as connection:
                count = connection.execute(
                    f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE source_id = ? LIMIT 5000)",
                    (source_id,),
                ).rowcount
            done += count
            if report is not None:
                try:
                    report(done, 0, f"{done:,} removed")
                except Cancelled:  # what has begun to go cannot stay by halves
                    report = None
            if count < 5000:
                break
    with database.transaction() as connection:
        connection.execute("DELETE FROM sources WHERE id = ?", (source_id,))
        # The order of text changes may have lost its end: the text index compares instead of reading on.
        connection.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('text_epoch', coalesce((SELECT CAST(value AS INTEGER)"
            " FROM meta WHERE key = 'text_epoch'), 0) + 1)"
        )
        for variant_id in variants:
            connection.execute(
                "DELETE FROM variants WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM outputs WHERE variant_id = ?1)"
                " AND NOT EXISTS (SELECT 1 FROM studies WHERE base_variant_id = ?1 OR tuned_variant_id = ?1)"
                " AND NOT EXISTS (SELECT 1 FROM sources WHERE variant_id = ?1)",
                (variant_id,),
            )
