"""Cases into a project, many at a time: what is new, what is there already, what cannot be."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence

from reviewer.formats.rows import RowError
from reviewer.intake.examples import add_variant, next_id, stored_text
from reviewer.intake.preparing import Prepared, PreparedOutput
from reviewer.intake.sheets import Sheets, cases_of, keys_of, store
from reviewer.store.database import now_ms

__all__ = ["ROLES", "CaseWriter"]

ROLES = ("production", "base", "tuned", "other")


class _Known:
    """What is known of one example while a chunk is written."""

    __slots__ = ("content_hash", "id", "outputs")

    def __init__(self, example_id: int, content_hash: str) -> None:
        self.id = example_id
        self.content_hash = content_hash
        self.outputs: dict[int, tuple[str | None, bool]] = {}
        """Variant id to content hash and whether a study seals it."""


class CaseWriter:
    """Writes the cases of one source; with `dry`, only says what would become of them.

    With `alone` nobody else writes between the portions, so what was counted need not be counted again.
    """

    def __init__(
        self,
        source_id: int | None,
        variant: str,
        role: str | None,
        roles: Mapping[str, str],
        *,
        dry: bool = False,
        alone: bool = False,
    ) -> None:
        self._source_id = source_id
        self._variant = variant
        self._roles = {**({variant: role} if role else {}), **roles}
        self._dry = dry
        self._alone = alone
        self._counted: tuple[int, int, int] | None = None
        self._variant_ids: dict[str, int] = {}
        self._dry_variants: dict[str, int] = {}
        self._dry_known: dict[str, _Known] = {}
        self.added = 0
        self.duplicates = 0

    def write(self, connection: sqlite3.Connection, coming: Sequence[Prepared] | Sheets) -> list[RowError | None]:
        """Take these cases inside the caller's transaction; answers an error for each that cannot be taken.

        Nothing is answered for cases that are laid out as sheets and all taken.
        """
        if isinstance(coming, Sheets):
            if self._take_sheets(connection, coming):
                return []
            coming = cases_of(coming)
        return self._take_each(connection, coming)

    def _take_sheets(self, connection: sqlite3.Connection, sheets: Sheets) -> bool:
        """Write what is laid out, if all of it is new: which is so for nearly every portion of nearly every file."""
        if self._dry or self._any_known(connection, keys_of(sheets)):
            return False
        variants = [self._variant_id(connection, name) for name in sheets.variants]
        if len(set(variants)) < len(variants):
            return False
        first = self._counted or _next_numbers(connection)
        after = store(connection, sheets, variants, self._source_id, first, now_ms())
        if self._alone:
            self._counted = after
        self.added += len(sheets.named)
        return True

    @staticmethod
    def _any_known(connection: sqlite3.Connection, keys: Sequence[str]) -> bool:
        marks = ", ".join("?" * len(keys))
        found = connection.execute(f"SELECT 1 FROM examples WHERE key IN ({marks}) LIMIT 1", keys).fetchone()
        return found is not None

    def _take_each(self, connection: sqlite3.Connection, cases: Sequence[Prepared]) -> list[RowError | None]:
        known = self._look_up(connection, {case[0] for case in cases})
        chunk = _Chunk(connection, self._source_id, self._dry, self._counted)
        answers: list[RowError | None] = []
        for case in cases:
            try:
                self._take(connection, chunk, known, case)
                answers.append(None)
            except RowError as error:
                answers.append(error)
        if self._dry:
            self._dry_known.update(known)
        else:
            chunk.store()
            if self._alone:
                self._counted = chunk.counted()
        return answers

    def _look_up(self, connection: sqlite3.Connection, keys: set[str]) -> dict[str, _Known]:
        if not keys:
            return {}
        found: dict[str, _Known] = {}
        by_id: dict[int, _Known] = {}
        listed = list(keys)
        marks = ", ".join("?" * len(listed))
        for row in connection.execute(f"SELECT key, id, content_hash FROM examples WHERE key IN ({marks})", listed):
            by_id[row["id"]] = found[row["key"]] = _Known(row["id"], row["content_hash"])
        if by_id:
            marks = ", ".join("?" * len(by_id))
            for row in connection.execute(
                f"SELECT example_id, variant_id, content_hash, sealed_by FROM outputs WHERE example_id IN ({marks})",
                list(by_id),
            ):
                sealed = row["sealed_by"] is not None
                by_id[row["example_id"]].outputs[row["variant_id"]] = (row["content_hash"], sealed)
        if self._dry:
            found.update({key: self._dry_known[key] for key in keys if key in self._dry_known})
        return found

    def _take(self, connection: sqlite3.Connection, chunk: _Chunk, known: dict[str, _Known], case: Prepared) -> None:
        key, identity, digest, empty, columns, *_, given = case
        outputs = [(self._variant_id(connection, item[0]), item) for item in given]
        if len({variant_id for variant_id, _ in outputs}) < len(outputs):
            raise _same_variant_twice()
        existing = known.get(key)
        if existing is not None and identity is None and self._differs(existing, outputs):
            # Without ids, the same input answered otherwise is another case, known by input and answer together.
            key = f"r-{hashlib.sha256((digest + ''.join(item[1] for item in given)).encode()).hexdigest()[:16]}"
            case = (key, *case[1:4], (key, *columns[1:]), *case[5:])
            known.update({} if key in known else self._look_up(connection, {key}))
            existing = known.get(key)
        if existing is None:
            if not digest:
                if empty:
                    raise RowError(f"is empty, and the project has no example “{identity}” to add to.", empty)
                raise RowError(
                    f"“{identity}” belongs to no example yet, and the row has no messages or prompt to make one.", "id"
                )
            created = known[key] = _Known(chunk.add_example(case), digest)
            for variant_id, item in outputs:
                chunk.add_output(created.id, variant_id, item)
                created.outputs[variant_id] = (item[1], False)
            self.added += 1
            return
        if digest and digest != existing.content_hash:
            raise RowError(
                f"“{identity}” belongs to an example with another input. Give the row an id of its own, or correct its"
                " input.",
                "id",
            )
        fresh = []
        for variant_id, item in outputs:
            present = existing.outputs.get(variant_id)
            if present is None:
                fresh.append((variant_id, item))
            elif present[1]:
                # The same answer whether it matches or not: matching would tell which side is whose.
                raise RowError("is sealed by an open study. Import it after the study is closed.", "output")
            elif present[0] != item[1]:
                name = item[0] or self._variant
                raise RowError(
                    f"differs from the output that {name} already has for the example “{identity or key}”. Import it "
                    "as another variant, or give the row an id of its own.",
                    "output",
                )
        if not fresh:
            self.duplicates += 1
            return
        for variant_id, item in fresh:
            chunk.add_output(existing.id, variant_id, item)
            existing.outputs[variant_id] = (item[1], False)
        chunk.touch(existing.id)
        self.added += 1

    @staticmethod
    def _differs(existing: _Known, outputs: list[tuple[int, PreparedOutput]]) -> bool:
        return any(
            (present := existing.outputs.get(variant_id)) is not None and not present[1] and present[0] != item[1]
            for variant_id, item in outputs
        )

    def _variant_id(self, connection: sqlite3.Connection, name: str) -> int:
        """The id of a variant, added when there is none; an empty name means the import's own."""
        found = self._variant_ids.get(name)
        if found is not None:
            return found
        wanted = name or self._variant
        stored = stored_text(wanted)
        row = connection.execute("SELECT id FROM variants WHERE name = ?", (stored,)).fetchone()
        if row is not None:
            found = int(row["id"])
        elif self._dry:
            found = self._dry_variants.setdefault(stored, -1 - len(self._dry_variants))
        else:
            found = add_variant(connection, stored, self._roles.get(wanted) or (wanted if wanted in ROLES else "other"))
        self._variant_ids[name] = found
        return found


def _same_variant_twice() -> RowError:
    return RowError("names the same variant for two outputs of the row.", "variant")


def _next_numbers(connection: sqlite3.Connection) -> tuple[int, int, int]:
    """The next ids of examples and outputs, and the last place in the order of text changes."""
    return (
        next_id(connection, "examples"),
        next_id(connection, "outputs"),
        int(connection.execute("SELECT coalesce(max(touched), 0) FROM examples").fetchone()[0]),
    )


class _Chunk:
    """The rows of one transaction, gathered and then written with one prepared statement a table."""

    def __init__(
        self, connection: sqlite3.Connection, source_id: int | None, dry: bool, counted: tuple[int, int, int] | None
    ) -> None:
        self._connection = connection
        self._source_id = source_id
        self._examples: list[tuple[object, ...]] = []
        self._payloads: list[tuple[object, ...]] = []
        self._references: list[tuple[object, ...]] = []
        self._outputs: list[tuple[object, ...]] = []
        self._output_payloads: list[tuple[object, ...]] = []
        self._touched: dict[int, int] = {}
        self._now = now_ms()
        self._example_id, self._output_id, self._touch = counted or _next_numbers(connection)
        self._dry = dry

    def counted(self) -> tuple[int, int, int]:
        """The next ids of examples and outputs, and the last place in the order of text changes."""
        return self._example_id, self._output_id, self._touch

    def add_example(self, case: Prepared) -> int:
        example_id = self._example_id
        self._example_id += 1
        if self._dry:
            return example_id
        self._touch += 1
        self._examples.append((example_id, *case[4], self._touch))
        self._payloads.append((example_id, *case[5]))
        if case[6] is not None:
            self._references.append((example_id, case[6]))
        return example_id

    def add_output(self, example_id: int, variant_id: int, output: PreparedOutput) -> None:
        if self._dry:
            return
        output_id = self._output_id
        self._output_id += 1
        self._outputs.append((output_id, example_id, variant_id, *output[2]))
        self._output_payloads.append((output_id, *output[3]))

    def touch(self, example_id: int) -> None:
        self._touch += 1
        self._touched[example_id] = self._touch

    def store(self) -> None:
        """Write what was gathered, a table after the other."""
        connection, source_id = self._connection, self._source_id
        connection.executemany(
            "INSERT INTO examples (id, key, original_id, workflow, occurred_ms, content_hash, snippet, touched,"
            f" source_id, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, {int(source_id or 0) or 'NULL'}, {self._now})",
            self._examples,
        )
        connection.executemany(
            "INSERT INTO example_payloads (example_id, messages, documents, tools, metadata) VALUES (?,"
            " CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS TEXT))",
            self._payloads,
        )
        connection.executemany(
            "INSERT INTO example_references (example_id, body, origin, updated_ms) VALUES (?, CAST(? AS TEXT),"
            f" 'import', {self._now})",
            self._references,
        )
        connection.executemany(
            "INSERT INTO outputs (id, example_id, variant_id, latency_ms, cost, score, passed, escalated, error,"
            f" content_hash, source_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {int(source_id or 0) or 'NULL'})",
            self._outputs,
        )
        connection.executemany(
            "INSERT INTO output_payloads (output_id, text, messages, documents) VALUES (?, CAST(? AS TEXT),"
            " CAST(? AS TEXT), CAST(? AS TEXT))",
            self._output_payloads,
        )
        connection.executemany(
            "UPDATE examples SET touched = ? WHERE id = ?",
            [(touched, example_id) for example_id, touched in self._touched.items()],
        )
