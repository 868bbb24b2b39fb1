"""Sealed answers as they stand beside the outputs, in metadata and frozen records: blanked, and put back later."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from typing import Any

from reviewer.compare.sealed_labels import rows_of
from reviewer.errors import ConflictError
from reviewer.formats import canonical
from reviewer.store.database import load

__all__ = ["Texts", "restore_metadata", "restore_records", "take_metadata", "take_records"]

Texts = Mapping[int, Set[str]]
"""Example id to the answers that are sealed there."""

_REDACTED = "(sealed by an open study)"
_LEAST_TELLING = 12
"""Metadata that repeats at least so many characters of an answer is sealed with it."""


def take_metadata(connection: sqlite3.Connection, texts: Texts) -> list[dict[str, Any]]:
    """Blank metadata that repeats an answer of its example, and return what it was."""
    taken = []
    for row in rows_of(
        connection,
        "SELECT example_id, metadata FROM example_payloads WHERE example_id IN (SELECT value FROM json_each(?))",
        texts,
    ):
        metadata = load(row["metadata"])
        if _REDACTED in metadata.values():
            raise _overlapping()
        kept = _redacted(metadata, texts[row["example_id"]])
        if kept != metadata:
            redacted = json.dumps(kept)
            taken.append({"example_id": row["example_id"], "before": row["metadata"], "after": redacted})
            connection.execute(
                "UPDATE example_payloads SET metadata = ? WHERE example_id = ?", (redacted, row["example_id"])
            )
    return taken


def restore_metadata(connection: sqlite3.Connection, taken: Sequence[Mapping[str, Any]]) -> None:
    """Put back the metadata that nobody has changed meanwhile."""
    connection.executemany(
        "UPDATE example_payloads SET metadata = :before WHERE example_id = :example_id AND metadata = :after", taken
    )


def _redacted(metadata: Mapping[str, Any], texts: Collection[str]) -> dict[str, Any]:
    """The metadata without the values that repeat one of the texts, as it is or inside a JSON string."""
    telling = {text.strip() for text in texts if len(text.strip()) >= _LEAST_TELLING}
    telling |= {json.dumps(text, ensure_ascii=escaped)[1:-1] for text in telling for escaped in (True, False)}
    # Among an output's steps, an answer of any length stands whole between its quotation marks.
    steps = {json.dumps(text) for text in texts if text} | telling
    return {
        name: _REDACTED
        if any(text in str(value) for text in (steps if name == canonical.OBSERVED_MESSAGES else telling))
        else value
        for name, value in metadata.items()
    }


def take_records(connection: sqlite3.Connection, texts: Texts) -> list[dict[str, Any]]:
    """Blank the answers that frozen versions show, on whatever example, with their hashes, and return the records.

    A hash could be tried against a text. The records are exact again when the study closes; until then their versions
    refuse to be read.
    """
    everywhere = {text for found in texts.values() for text in found}
    taken, blanked = [], []
    for row in connection.execute("SELECT version_id, row, example_id, content_hash, record FROM version_records"):
        shown = _observed(row["record"])["output"] in everywhere
        if not shown and row["example_id"] not in texts:
            continue
        # What another study has blanked fits no hash.
        record = canonical.decode(row["record"]) if row["content_hash"] else json.loads(row["record"])
        metadata = _redacted(record["metadata"], texts.get(row["example_id"], ()))
        if shown and canonical.OBSERVED_MESSAGES in metadata:
            metadata[canonical.OBSERVED_MESSAGES] = _REDACTED
        if not shown and metadata == record["metadata"]:
            continue
        if not row["content_hash"]:
            raise _overlapping()
        taken.append(
            {
                "version_id": row["version_id"],
                "row": row["row"],
                "content_hash": row["content_hash"],
                "record": row["record"].decode(),
            }
        )
        record["metadata"] = metadata
        if shown:
            record["observed"] = dict.fromkeys(record["observed"])
        record["content_hash"] = ""
        blanked.append((canonical.encode(record), row["version_id"], row["row"]))
    with _thawed(connection, blanked):
        connection.executemany(
            "UPDATE version_records SET record = ?, content_hash = '' WHERE version_id = ? AND row = ?", blanked
        )
    return taken


def _observed(line: bytes) -> dict[str, Any]:
    """The observed output of an encoded record, read without the rest: every record of a project is looked at.

    Inside a JSON string every quotation mark is escaped, so these marks stand only where the keys do.
    """
    start = line.index(b',"observed":{') + len(b',"observed":')
    found: dict[str, Any] = json.loads(line[start : line.index(b'},"prompt":', start) + 1])
    return found


def restore_records(connection: sqlite3.Connection, taken: Sequence[Mapping[str, Any]]) -> None:
    """Put back the records byte for byte."""
    with _thawed(connection, taken):
        connection.executemany(
            "UPDATE version_records SET record = cast(:record AS BLOB), content_hash = :content_hash"
            " WHERE version_id = :version_id AND row = :row",
            taken,
        )


def _overlapping() -> ConflictError:
    """Two seals on one value could not be put back in any order."""
    return ConflictError(
        "An open study seals metadata or frozen records of some of these examples already. Close it first, or choose "
        "other examples."
    )


@contextmanager
def _thawed(connection: sqlite3.Connection, rows: Sequence[object]) -> Iterator[None]:
    """Lift the guard that keeps frozen records from being rewritten, where there are rows to blank or to put back."""
    guards = []
    if rows:
        guards = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'version_records'"
        ).fetchall()
    for guard in guards:
        connection.execute(f"DROP TRIGGER {guard['name']}")
    yield
    for guard in guards:
        connection.execute(guard["sql"])
