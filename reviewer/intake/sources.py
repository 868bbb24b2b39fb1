"""Sources: files into examples, streamed, with nothing left of an import that does not end well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from reviewer.errors import Cancelled, ConflictError, InputError, NotFoundError, ProjectError
from reviewer.formats.detect import FORMATS, detect, read
from reviewer.formats.rows import Row, RowError
from reviewer.intake import mapping as mappings
from reviewer.intake.cases import ROLES, CaseWriter
from reviewer.intake.examples import stored_text
from reviewer.intake.guess import guess, shape_of
from reviewer.intake.import_run import ImportResult, ImportRun, Inspection
from reviewer.intake.mapping import Case, Mapper
from reviewer.intake.portions import case_of, portions, rejects_of
from reviewer.intake.rejects import Reject
from reviewer.intake.removal import remove_source, what_depends
from reviewer.store import due
from reviewer.store.database import Database, load
from reviewer.store.history import Changes

__all__ = ["PreviewRow", "Source", "Sources"]

DEFAULT_VARIANT = "production"
_LOOKED_AT = 50

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
class PreviewRow:
    """A row as it will be stored, or why it will not be."""

    line: int
    case: Case | None
    error: RowError | None


def _backing_up(report: Report | None) -> Report | None:
    """The import's own report, told that a backup comes first: its measure is another than the file's bytes."""
    if report is None:
        return None
    return lambda _done, _total, _note="": report(0, 0, "saving a backup first")


def _nothing_in(inspection: Inspection) -> str:
    """Why there is nothing in a file to import."""
    name = inspection.path.name
    if inspection.errors:
        row = inspection.errors[0]
        where = f"line {row.line}, record {row.record}" if row.record > 1 else f"line {row.line}"
        reason = row.error.reason if row.error is not None else "cannot be read."
        field = row.error.field if row.error is not None else ""
        read_as = FORMATS[inspection.how.format]
        return f"{name} has no row that can be read as {read_as}: {where} {field}{' ' if field else ''}{reason}"
    if inspection.rows:
        return f"{name} holds no records: what it has is empty. Nothing was imported."
    if inspection.how.format in ("csv", "tsv"):
        return f"{name} holds no records: there is no row below its header. Nothing was imported."
    return f"{name} holds no records. Nothing was imported."


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
                row["id"],
                row["name"],
                row["format"],
                row["encoding"],
                row["variant"] or "",
                row["read"],
                row["added"],
                row["duplicates"],
                row["rejected"],
                row["rejects_file"],
                row["imported_ms"],
                load(row["mapping"]).get("fields", {}),
            )
            for row in rows
        ]

    def inspect(self, path: Path, format: str | None = None) -> Inspection:
        """Format, encoding, first rows and suggested mapping of a file; raises InputError when it cannot be read."""
        how = detect(path, format)
        rows: list[dict[str, Any]] = []
        errors: list[Row] = []
        for row in islice(read(path, how), 4 * _LOOKED_AT):
            if row.value is not None and row.error is None:
                rows.append(row.value)
            elif len(errors) < 3:
                errors.append(row)
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
            tuple(errors),
        )

    def preview(
        self, inspection: Inspection, mapping: mappings.Mapping, where: str | None = None, limit: int = 50
    ) -> Sequence[PreviewRow]:
        """The file's first rows as they would be stored; raises InputError for an expression that is wrong."""
        mapper = Mapper(mapping, where)
        found: list[PreviewRow] = []
        for row in islice(read(inspection.path, inspection.how), limit * 20):
            case, error = case_of(mapper, row)
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
                rejects.append(Reject(row.line, error.field, error.reason, raw[:300], row.record))

        with self._database.read() as connection:
            for portion in portions(read(inspection.path, inspection.how), mapper):
                count += portion.wanted
                answers = writer.write(connection, portion.cases)
                for row, error in rejects_of(portion, answers, inspection.path):
                    reject(row, error)
                if report is not None:
                    report(count, 0, f"{count:,} rows")
                if count >= limit:
                    complete = False
                    break
        return ImportResult(
            inspection.path.name,
            count,
            writer.added,
            writer.duplicates,
            rejected,
            None,
            tuple(rejects),
            mapping.to_json(),
            complete,
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
        if not any(inspection.rows) and not any(base in chosen.fields for base in ("messages", "prompt")):
            raise InputError(_nothing_in(inspection))
        mapper = Mapper(chosen, where)
        self._check_roles(chosen, roles or {})
        if variant is None and ".rejects" in path.name:
            variant, role = inspection.variant, role or inspection.role
        name = " ".join(variant.split()) if variant else DEFAULT_VARIANT
        self._check_present_roles({**({name: role} if role else {}), **(roles or {})})
        writer_role = role or (DEFAULT_VARIANT if not variant and not chosen.variants() else None)
        due.before_import(self._database, _backing_up(report))
        run = ImportRun(self._database, inspection, chosen, name)
        try:
            return run.run(mapper, writer_role, roles or {}, report, annotator_id)
        except BaseException as error:
            try:
                run.undo()
            except KeyboardInterrupt:
                raise Cancelled(
                    "The clean-up was stopped as well; what is left of the import is taken out when the project is "
                    "next opened."
                ) from error
            except (ProjectError, OSError):
                raise ProjectError(
                    f"The disk took in only a part of {path.name}, and that cannot be taken out yet: close the project,"
                    " free some room on its disk, and open it; that takes it out."
                ) from error
            raise

    @staticmethod
    def _check_roles(mapping: mappings.Mapping, roles: Mapping[str, str]) -> None:
        for name in roles:
            if name not in mapping.variants():
                raise InputError(f"“{name}” has a role but no output; add --map output:{name}=EXPR.")

    def _check_present_roles(self, wanted: Mapping[str, str]) -> None:
        """Refuse to make another thing of a variant that the project has; one without a role may be given one."""
        with self._database.read() as connection:
            for name, role in wanted.items():
                row = connection.execute("SELECT role FROM variants WHERE name = ?", (stored_text(name),)).fetchone()
                if row is not None and role != "other" and row["role"] not in ("other", role):
                    raise InputError(
                        f"“{name}” is {row['role']} in this project, not {role}. Import it as {row['role']} or without "
                        "a role, or give these outputs a variant of another name. Nothing was imported."
                    )

    def unfinished(self) -> Sequence[str]:
        """The files whose import has not ended: one that another process is at, or one that was interrupted."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT name FROM sources WHERE state = 'importing' ORDER BY id").fetchall()
        return [row["name"] for row in rows]

    def _remembered(self, shape: str) -> dict[str, Any] | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT mapping FROM mappings WHERE shape = ?", (shape,)).fetchone()
        try:
            kept = None if row is None else load(row["mapping"])
        except (ValueError, RecursionError):  # damaged: it is guessed anew
            return None
        return kept if isinstance(kept, dict) else None

    def remove(self, source_id: int, report: Report | None = None) -> Changes:
        """Take everything out that an import put in; raises ConflictError when work depends on it."""
        with self._database.read() as connection:
            row = connection.execute("SELECT name FROM sources WHERE id = ?", (source_id,)).fetchone()
            if row is None:
                raise NotFoundError("That import is gone already.")
            reason = what_depends(connection, source_id)
        if reason:
            raise ConflictError(f"The import of {row['name']} cannot be removed: {reason}. Nothing was changed.")
        try:
            remove_source(self._database, source_id, report)
        except ProjectError as error:
            if row["name"] not in self.unfinished():
                raise
            raise ProjectError(
                f"The removal of {row['name']} stopped in its middle, because the disk that holds "
                f"{self._database.path} failed ({error.__cause__ or error}). It is brought to its end when the project "
                "is next opened and there is room."
            ) from error
        return Changes(f"remove the import of {row['name']}", frozenset({"sources", "examples", "outputs", "variants"}))
