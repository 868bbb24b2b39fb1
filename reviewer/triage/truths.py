"""What an example's expected answer is now, and what it was before: nothing that was once the truth is lost."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime

from reviewer.errors import InputError
from reviewer.store.database import dump, load, now_ms
from reviewer.store.history import Action

__all__ = ["WHY", "PastReference", "past_references", "present_ms", "write_reference"]

WHY = {"stale_facts": "the facts changed", "corrected": "corrected", "removed": "taken away"}
"""Why a truth was replaced, with the words for it."""

MOST_SHELF_DAYS = 36_500
_DAY_MS = 86_400_000
"""A day may have begun elsewhere already."""


@dataclass(frozen=True, slots=True)
class PastReference:
    """An expected answer that held from `as_of_ms` (None: nobody wrote it down) until `until_ms`."""

    text: str
    origin: str
    as_of_ms: int | None
    shelf_days: int | None
    until_ms: int
    why: str
    annotator: str


def past_references(connection: sqlite3.Connection, example_id: int) -> tuple[PastReference, ...]:
    """What was the truth for this example before, the latest first."""
    rows = connection.execute(
        "SELECT p.*, coalesce(a.name, '') AS annotator FROM past_references p"
        " LEFT JOIN annotators a ON a.id = p.annotator_id WHERE p.example_id = ? ORDER BY p.until_ms DESC, p.id DESC",
        (example_id,),
    )
    return tuple(
        PastReference(
            load(row["body"]),
            row["origin"],
            row["as_of_ms"],
            row["shelf_days"],
            row["until_ms"],
            row["why"],
            row["annotator"],
        )
        for row in rows
    )


def present_ms(connection: sqlite3.Connection) -> int:
    """The time by which shelf lives are judged: the clock's, or a later one that the project has seen already.

    A clock that is set back so makes nothing fresh again, and no reference newer than what was confirmed after it.
    """
    row = connection.execute(
        "SELECT max((SELECT coalesce(max(frozen_ms), 0) FROM versions),"
        " (SELECT coalesce(max(updated_ms), 0) FROM example_references WHERE annotator_id IS NOT NULL),"
        " (SELECT coalesce(max(decided_ms), 0) FROM reference_reviews),"
        " (SELECT coalesce(max(at_ms), 0) FROM (SELECT at_ms FROM history ORDER BY id DESC LIMIT 100)))"
    ).fetchone()
    return max(now_ms(), int(row[0]))


def write_reference(
    action: Action,
    example_id: int,
    text: str,
    *,
    origin: str | None = None,
    as_of_ms: int | None = None,
    shelf_days: int | None = None,
    was: str | None = None,
    why: str = "corrected",
    first_origin: str = "",
) -> bool:
    """Make `text` the expected answer inside an action; returns whether anything changed.

    What is not given stays, a shelf life of 0 takes it away, and an empty text takes the reference away. Another text
    is as of now unless `as_of_ms` says otherwise, and the one that it replaces (or `was`, what held before where the
    project had none) is kept with its dates. Raises InputError for a shelf life that cannot be.
    """
    if shelf_days is not None and not 0 <= shelf_days <= MOST_SHELF_DAYS:
        raise InputError(f"A shelf life is a number of days from 1 to {MOST_SHELF_DAYS:,}, or 0 for none.")
    connection = action.connection
    row = connection.execute("SELECT * FROM example_references WHERE example_id = ?", (example_id,)).fetchone()
    now = present_ms(connection)
    if not text.strip():
        if row is None:
            return False
        _keep(action, row, now, "removed")
        return action.delete("example_references", example_id)
    if as_of_ms is not None and as_of_ms > now + _DAY_MS:
        day = datetime.fromtimestamp(as_of_ms / 1000, UTC).strftime("%Y-%m-%d")
        raise InputError(f"{day} is still to come; a truth is written down from the day on which it holds.")
    days = None if shelf_days == 0 else shelf_days
    if row is None:
        held = (was or "").strip()
        since = now if as_of_ms is None else as_of_ms
        if held:
            action.insert(
                "past_references",
                example_id=example_id,
                body=dump(was),
                origin="",
                until_ms=since,
                why=why,
                annotator_id=action.annotator_id,
            )
        action.insert(
            "example_references",
            example_id=example_id,
            body=dump(text),
            origin=first_origin if origin is None else origin,
            as_of_ms=since,
            shelf_days=days,
            updated_ms=now,
            annotator_id=action.annotator_id,
        )
        return True
    same = load(row["body"]) == text
    since = (row["as_of_ms"] if same else now) if as_of_ms is None else as_of_ms
    values: dict[str, object] = {
        "body": dump(text),
        "origin": row["origin"] if origin is None else origin,
        "as_of_ms": since,
        "shelf_days": row["shelf_days"] if shelf_days is None else days,
        # Who writes another truth, or dates it anew, says that it holds.
        "expired_ms": row["expired_ms"] if same and as_of_ms is None else None,
    }
    if all(row[name] == value for name, value in values.items()):
        return False
    if not same:
        _keep(action, row, since, why)
    return action.update("example_references", example_id, **values, updated_ms=now, annotator_id=action.annotator_id)


def _keep(action: Action, row: sqlite3.Row, until_ms: int, why: str) -> None:
    """Keep a reference that is about to go, with its dates; it held no less than no time at all."""
    action.insert(
        "past_references",
        example_id=row["example_id"],
        body=row["body"],
        origin=row["origin"],
        as_of_ms=row["as_of_ms"],
        shelf_days=row["shelf_days"],
        until_ms=until_ms if row["as_of_ms"] is None else max(until_ms, row["as_of_ms"]),
        why=why,
        annotator_id=action.annotator_id,
    )
