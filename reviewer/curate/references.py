"""References over time: what is due, what replaces it, and what was the truth before."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection
from dataclasses import dataclass

from reviewer.curate.shelf_life import SOON_DAYS, Due, due
from reviewer.curate.suspects import Suspect, suspects
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.store.database import Database
from reviewer.store.history import Changes
from reviewer.triage.labels import whole
from reviewer.triage.truths import MOST_SHELF_DAYS, PastReference, past_references, present_ms, write_reference

__all__ = ["Decided", "References"]

ROOM = "curate"


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided on references, as one action."""

    changes: Changes
    keys: tuple[str, ...]
    sentence: str


class References:
    """The references of a project: their shelf lives, the doubts about them, and the truths before them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def present_ms(self) -> int:
        """The time by which shelf lives are judged; a clock that was set back changes nothing."""
        with self._database.read() as connection:
            return present_ms(connection)

    def due(self, at_ms: int | None = None, soon_days: int = SOON_DAYS) -> tuple[Due, ...]:
        """References that have expired or will within so many days, members of slices first, the longest due first."""
        with self._database.read() as connection:
            return due(connection, present_ms(connection) if at_ms is None else at_ms, soon_days)

    def past(self, example_id: int) -> tuple[PastReference, ...]:
        """What was the truth for an example before, the latest first."""
        with self._database.read() as connection:
            return past_references(connection, example_id)

    def confirm(
        self, example_ids: Collection[int], *, annotator_id: int | None, shelf_days: int | None = None
    ) -> Decided:
        """Say that references still hold: as of now, for their shelf life anew; one action.

        `shelf_days` gives them another shelf life, 0 none. Raises ConflictError for an example without a reference.
        """
        _check_days(shelf_days)
        ids = list(dict.fromkeys(example_ids))
        title = f"confirm {_references(len(ids))}"
        with self._database.action(title, annotator_id, room=ROOM, focus=ids[0] if ids else None) as action:
            now = present_ms(action.connection)
            keys = []
            for example_id in ids:
                row = _held(action.connection, example_id)
                action.update(
                    "example_references",
                    example_id,
                    # One that is dated ahead of the clock stays so.
                    as_of_ms=max(now, row["as_of_ms"] or 0),
                    shelf_days=row["shelf_days"] if shelf_days is None else (shelf_days or None),
                    expired_ms=None,
                    updated_ms=now,
                    annotator_id=annotator_id,
                )
                keys.append(row["key"])
        return Decided(action.changes, tuple(keys), f"{_references(len(keys)).capitalize()} confirmed as of today.")

    def set_shelf(self, example_ids: Collection[int], days: int, *, annotator_id: int | None) -> Decided:
        """Give references a shelf life of so many days from their date on, or none with 0; one action.

        One without a date is as of now. Examples without a reference are passed over.
        """
        _check_days(days)
        ids = list(dict.fromkeys(example_ids))
        title = f"set the shelf life of {_references(len(ids))}"
        with self._database.action(title, annotator_id, room=ROOM, focus=ids[0] if ids else None) as action:
            now = present_ms(action.connection)
            keys = []
            for example_id in ids:
                row = _row(action.connection, example_id)
                if row["body"] is None:
                    continue
                since = now if row["as_of_ms"] is None and days else row["as_of_ms"]
                if action.update("example_references", example_id, shelf_days=days or None, as_of_ms=since):
                    keys.append(row["key"])
        words = f"a shelf life of {days:,} days" if days else "no shelf life"
        return Decided(action.changes, tuple(keys), f"{_references(len(keys)).capitalize()} with {words}.")

    def expire(self, example_ids: Collection[int], *, annotator_id: int | None) -> Decided:
        """Say that references no longer hold, whatever their shelf life; one action. Raises as `confirm` does."""
        ids = list(dict.fromkeys(example_ids))
        title = f"call {_references(len(ids))} expired"
        with self._database.action(title, annotator_id, room=ROOM, focus=ids[0] if ids else None) as action:
            now = present_ms(action.connection)
            keys = []
            for example_id in ids:
                keys.append(_held(action.connection, example_id)["key"])
                action.update(
                    "example_references", example_id, expired_ms=now, updated_ms=now, annotator_id=annotator_id
                )
        return Decided(action.changes, tuple(keys), f"{_references(len(keys)).capitalize()} expired until reconfirmed.")

    def exclude(self, example_ids: Collection[int], reason: str, *, annotator_id: int | None) -> Decided:
        """Take examples out of everything with a reason, instead of a truth that nobody can give; one action."""
        reason = whole(reason).strip()
        if not reason:
            raise InputError("Say why the example is excluded: out of scope, no longer answerable…")
        ids = list(dict.fromkeys(example_ids))
        count = "1 example" if len(ids) == 1 else f"{len(ids):,} examples"
        with self._database.action(
            f"exclude {count}", annotator_id, room=ROOM, focus=ids[0] if ids else None
        ) as action:
            keys = []
            for example_id in ids:
                keys.append(_row(action.connection, example_id)["key"])
                action.update("examples", example_id, excluded=1, exclude_reason=reason)
        return Decided(action.changes, tuple(keys), f"{count} excluded.")

    def replace(
        self,
        example_id: int,
        text: str,
        *,
        annotator_id: int | None,
        origin: str | None = None,
        as_of_ms: int | None = None,
        shelf_days: int | None = None,
        was: str | None = None,
        stale: bool = False,
    ) -> Decided:
        """Write the truth as it is now; the one before is kept with its dates.

        `was` is what held before where the project had no reference, `stale` says that the facts changed rather than
        that the reference was wrong. Raises InputError for an empty text or an impossible shelf life.
        """
        if not text.strip():
            raise InputError("Write the answer that would have been right; to drop a reference, exclude the example.")
        why = "stale_facts" if stale else "corrected"
        with self._database.action("replace a reference", annotator_id, room=ROOM, focus=example_id) as action:
            row = action.connection.execute("SELECT key FROM examples WHERE id = ?", (example_id,)).fetchone()
            if row is None:
                raise NotFoundError("That example is no longer in the project.")
            write_reference(
                action,
                example_id,
                text,
                origin=origin,
                as_of_ms=as_of_ms,
                shelf_days=shelf_days,
                was=was,
                why=why,
                first_origin="written in curate",
            )
        return Decided(
            action.changes, (row["key"],), f"The reference of {row['key']} is replaced; the old one is kept."
        )

    def suspects(
        self,
        report: Callable[[int, int], None] = lambda done, total: None,
        only: Collection[int] | None = None,
    ) -> tuple[Suspect, ...]:
        """Examples on which variants agree with each other but not with the reference, the clearest first.

        With `only` no other examples than these are looked at.
        """
        with self._database.read() as connection:
            return suspects(connection, report, only)

    def keep(self, suspect: Suspect, *, annotator_id: int | None, note: str = "") -> Decided:
        """Say that a suspected reference is right; it comes back when its text or the outputs change."""
        with self._database.action("keep a reference", annotator_id, room=ROOM, focus=suspect.example_id) as action:
            values = {
                "fingerprint": suspect.fingerprint,
                "note": note,
                "decided_ms": present_ms(action.connection),
                "annotator_id": annotator_id,
            }
            there = action.connection.execute(
                "SELECT 1 FROM reference_reviews WHERE example_id = ?", (suspect.example_id,)
            ).fetchone()
            if there is None:
                action.insert("reference_reviews", example_id=suspect.example_id, **values)
            else:
                action.update("reference_reviews", suspect.example_id, **values)
        return Decided(action.changes, (suspect.key,), f"The reference of {suspect.key} stands.")


def _row(connection: sqlite3.Connection, example_id: int) -> sqlite3.Row:
    """An example's key and reference, empty where it has none; raises NotFoundError when the example is gone."""
    row: sqlite3.Row | None = connection.execute(
        "SELECT e.key, r.* FROM examples e LEFT JOIN example_references r ON r.example_id = e.id WHERE e.id = ?",
        (example_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError("One of these examples is gone from the project; nothing was changed.")
    return row


def _held(connection: sqlite3.Connection, example_id: int) -> sqlite3.Row:
    row = _row(connection, example_id)
    if row["body"] is None:
        raise ConflictError(f"{row['key']} has no reference; write one first. Nothing was changed.")
    return row


def _check_days(days: int | None) -> None:
    if days is not None and not 0 <= days <= MOST_SHELF_DAYS:
        raise InputError(f"A shelf life is a number of days from 1 to {MOST_SHELF_DAYS:,}, or 0 for none.")


def _references(number: int) -> str:
    return "1 reference" if number == 1 else f"{number:,} references"
