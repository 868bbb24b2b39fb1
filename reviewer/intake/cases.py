"""Cases into a project, many at a time: what is new, what is there already, what cannot be."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from reviewer.formats.rows import RowError
from reviewer.intake.examples import add_variant, content_hash, key_of, next_id, snippet, stored_text
from reviewer.intake.mapping import Case, CaseOutput
from reviewer.store.database import dump, now_ms

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
    """Writes the cases of one source; with `dry`, only says what would become of them."""

    def __init__(
        self,
        source_id: int | None,
        variant: str,
        role: str | None,
        roles: Mapping[str, str],
        *,
        dry: bool = False,
    ) -> None:
        self._source_id = source_id
        self._variant = variant
        self._roles = {**({variant: role} if role else {}), **roles}
        self._dry = dry
        self._variant_ids: dict[str, int] = {}
        self._dry_known: dict[str, _Known] = {}
        self.added = 0
        self.duplicates = 0

    def write(self, connection: sqlite3.Connection, cases: Iterable[Case]) -> list[RowError | None]:
        """Take these cases inside the caller's transaction; answers an error for each that cannot be taken."""
        prepared = []
        for case in cases:
            messages, digest = _packed(case.messages) if case.messages else ("", "")
            key = key_of(case.id) if case.id is not None else f"r-{digest[:16]}"
            prepared.append((case, key, messages, digest))
        known = self._look_up(connection, {key for _, key, _, _ in prepared})
        chunk = _Chunk(connection, self._dry)
        answers: list[RowError | None] = []
        for case, key, messages, digest in prepared:
            try:
                self._take(connection, chunk, known, case, key, messages, digest)
                answers.append(None)
            except RowError as error:
                answers.append(error)
        if self._dry:
            self._dry_known.update(known)
        else:
            chunk.store(connection, self._source_id)
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

    def _take(
        self,
        connection: sqlite3.Connection,
        chunk: _Chunk,
        known: dict[str, _Known],
        case: Case,
        key: str,
        messages: str,
        digest: str,
    ) -> None:
        outputs = []
        for output in case.outputs:
            variant_id = self._variant_id(connection, output.variant or self._variant)
            trajectory = dump(output.messages) if output.messages else "[]"
            outputs.append((output, variant_id, trajectory, _output_hash(output)))
        existing = known.get(key)
        if existing is not None and case.id is None and self._differs(existing, outputs):
            # Without ids, the same input answered otherwise is another case, known by input and answer together.
            key = f"r-{hashlib.sha256((digest + ''.join(item[3] for item in outputs)).encode()).hexdigest()[:16]}"
            known.update({} if key in known else self._look_up(connection, {key}))
            existing = known.get(key)
        if existing is None:
            if not case.messages:
                if case.empty:
                    raise RowError(f"is empty, and the project has no example “{case.id}” to add to.", case.empty)
                raise RowError(
                    f"“{case.id}” belongs to no example yet, and the row has no messages or prompt to make one.", "id"
                )
            created = known[key] = _Known(chunk.add_example(case, key, messages, digest), digest)
            for output, variant_id, trajectory, output_hash in outputs:
                if variant_id in created.outputs:
                    raise RowError("names the same variant for two outputs of the row.", "variant")
                chunk.add_output(created.id, variant_id, output, trajectory, output_hash)
                created.outputs[variant_id] = (output_hash, False)
            self.added += 1
            return
        if case.messages and digest != existing.content_hash:
            raise RowError(
                f"“{case.id}” belongs to an example with another input. Give the row an id of its own, or correct its"
                " input.",
                "id",
            )
        fresh = []
        for output, variant_id, trajectory, output_hash in outputs:
            present = existing.outputs.get(variant_id)
            if present is None:
                fresh.append((output, variant_id, trajectory, output_hash))
            elif present[1]:
                # The same answer whether it matches or not: matching would tell which side is whose.
                raise RowError("is sealed by an open study. Import it after the study is closed.", "output")
            elif present[0] != output_hash:
                name = output.variant or self._variant
                raise RowError(
                    f"differs from the output that {name} already has for the example “{case.id or key}”. Import it as "
                    "another variant, or give the row an id of its own.",
                    "output",
                )
        if not fresh:
            self.duplicates += 1
            return
        for output, variant_id, trajectory, output_hash in fresh:
            chunk.add_output(existing.id, variant_id, output, trajectory, output_hash)
            existing.outputs[variant_id] = (output_hash, False)
        chunk.touch(existing.id)
        self.added += 1

    @staticmethod
    def _differs(existing: _Known, outputs: list[tuple[CaseOutput, int, str, str]]) -> bool:
        return any(
            (present := existing.outputs.get(variant_id)) is not None and not present[1] and present[0] != output_hash
            for _, variant_id, _, output_hash in outputs
        )

    def _variant_id(self, connection: sqlite3.Connection, name: str) -> int:
        found = self._variant_ids.get(name)
        if found is not None:
            return found
        stored = stored_text(name)
        row = connection.execute("SELECT id FROM variants WHERE name = ?", (stored,)).fetchone()
        if self._dry:
            found = row["id"] if row is not None else -1 - len(self._variant_ids)
        elif row is None:
            found = add_variant(connection, stored, self._roles.get(name) or (name if name in ROLES else "other"))
        else:
            found = int(row["id"])
        self._variant_ids[name] = found
        return found

    def forget_variants(self) -> None:
        """Look variants up again: the transaction that added them did not last."""
        self._variant_ids.clear()


def _packed(messages: list[dict[str, Any]]) -> tuple[str, str]:
    """The messages as they are stored, and the hash of their content."""
    try:
        # The keys of a message are written in sorted order, so this is also what `content_hash` reads.
        packed = orjson.dumps(messages, option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError):
        return dump(messages), content_hash(messages)
    return packed.decode(), hashlib.sha256(packed).hexdigest()


def _output_hash(output: CaseOutput) -> str:
    return content_hash([output.text, output.messages])


class _Chunk:
    """The rows of one transaction, gathered and then written with one prepared statement a table."""

    def __init__(self, connection: sqlite3.Connection, dry: bool) -> None:
        self._examples: list[tuple[object, ...]] = []
        self._payloads: list[tuple[object, ...]] = []
        self._references: list[tuple[object, ...]] = []
        self._outputs: list[tuple[object, ...]] = []
        self._output_payloads: list[tuple[object, ...]] = []
        self._touched: dict[int, int] = {}
        self._now = now_ms()
        self._example_id = next_id(connection, "examples")
        self._output_id = next_id(connection, "outputs")
        self._touch = int(connection.execute("SELECT coalesce(max(touched), 0) FROM examples").fetchone()[0])
        self._dry = dry

    def add_example(self, case: Case, key: str, messages: str, digest: str) -> int:
        example_id = self._example_id
        self._example_id += 1
        if self._dry:
            return example_id
        self._touch += 1
        last = next((item for item in reversed(case.messages) if item["role"] == "user" and item["content"]), None)
        self._examples.append(
            (
                example_id,
                key,
                None if case.id is None or case.id == key else stored_text(case.id),
                stored_text(case.workflow),
                case.occurred_ms,
                digest,
                snippet((last or case.messages[-1])["content"]),
                self._touch,
            )
        )
        self._payloads.append(
            (
                example_id,
                messages,
                dump(case.documents) if case.documents else "[]",
                dump(case.tools) if case.tools else "[]",
                dump(case.metadata) if case.metadata else "{}",
            )
        )
        if case.reference is not None:
            self._references.append((example_id, dump(case.reference), self._now))
        return example_id

    def add_output(
        self, example_id: int, variant_id: int, output: CaseOutput, trajectory: str, output_hash: str
    ) -> None:
        if self._dry:
            return
        output_id = self._output_id
        self._output_id += 1
        self._outputs.append(
            (
                output_id,
                example_id,
                variant_id,
                output.latency_ms,
                output.cost,
                output.score,
                None if output.passed is None else int(output.passed),
                None if output.escalated is None else int(output.escalated),
                None if output.error is None else stored_text(output.error),
                output_hash,
            )
        )
        self._output_payloads.append(
            (output_id, dump(output.text), trajectory, dump(output.documents) if output.documents else "[]")
        )

    def touch(self, example_id: int) -> None:
        self._touch += 1
        self._touched[example_id] = self._touch

    def store(self, connection: sqlite3.Connection, source_id: int | None) -> None:
        connection.executemany(
            "INSERT INTO examples (id, key, original_id, workflow, occurred_ms, content_hash, snippet, touched,"
            f" source_id, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, {int(source_id or 0) or 'NULL'}, {self._now})",
            self._examples,
        )
        connection.executemany(
            "INSERT INTO example_payloads (example_id, messages, documents, tools, metadata) VALUES (?, ?, ?, ?, ?)",
            self._payloads,
        )
        connection.executemany(
            "INSERT INTO example_references (example_id, body, origin, updated_ms) VALUES (?, ?, 'import', ?)",
            self._references,
        )
        connection.executemany(
            "INSERT INTO outputs (id, example_id, variant_id, latency_ms, cost, score, passed, escalated, error,"
            f" content_hash, source_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {int(source_id or 0) or 'NULL'})",
            self._outputs,
        )
        connection.executemany(
            "INSERT INTO output_payloads (output_id, text, messages, documents) VALUES (?, ?, ?, ?)",
            self._output_payloads,
        )
        connection.executemany(
            "UPDATE examples SET touched = ? WHERE id = ?",
            [(touched, example_id) for example_id, touched in self._touched.items()],
        )
