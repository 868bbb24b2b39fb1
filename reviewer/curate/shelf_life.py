"""Which references still hold: as SQL for counts and freezes, and as the queue of what is due."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from reviewer.store.database import load

__all__ = ["DAY_MS", "EXPIRED", "FRESH", "LEFT_OUT", "SOON_DAYS", "Due", "due", "expired_members"]

DAY_MS = 86_400_000
SOON_DAYS = 14
"""The days before the end of a shelf life from which on a reference is listed as expiring soon."""

EXPIRED = f"(r.expired_ms IS NOT NULL OR coalesce(r.as_of_ms + r.shelf_days * {DAY_MS} < :at, 0))"
"""Whether a reference `r` no longer holds at the bound time `at`; one without a date or a shelf life always does."""
FRESH = f"NOT {EXPIRED}"
"""Whether an example with the reference `r` (left-joined) has none that no longer holds."""
LEFT_OUT = f"({EXPIRED} AND m.slice IN (SELECT name FROM slices WHERE gates_on <> 'nothing'))"
"""Whether a freeze leaves the member `m` out, because its slice gates on what its expired reference would judge."""


@dataclass(frozen=True, slots=True)
class Due:
    """A reference that has expired or will soon."""

    example_id: int
    key: str
    workflow: str
    slice: str
    reference: str
    origin: str
    as_of_ms: int | None
    shelf_days: int | None
    days_left: int
    """Whole days until it expires; below 0 since so many, and 0 on its last day."""
    said: bool
    """Whether a person said that it no longer holds."""

    @property
    def expired(self) -> bool:
        """Whether it no longer holds."""
        return self.said or self.days_left < 0

    @property
    def state(self) -> str:
        """When it expired or will, in words."""
        if self.said:
            return "said to be expired"
        days = abs(self.days_left)
        amount = "1 day" if days == 1 else f"{days:,} days"
        if self.days_left < 0:
            return f"expired {amount} ago"
        return f"expires in {amount}" if days else "expires today"


def expired_members(connection: sqlite3.Connection, at_ms: int) -> tuple[tuple[int, str, str, bool], ...]:
    """Members whose reference no longer holds: id, public id, slice, and whether a freeze leaves it out."""
    rows = connection.execute(
        f"SELECT e.id, e.key, m.slice, {LEFT_OUT} AS left_out FROM slice_members m"
        " CROSS JOIN examples e ON e.id = m.example_id CROSS JOIN example_references r ON r.example_id = e.id"
        f" WHERE e.excluded = 0 AND {EXPIRED} ORDER BY e.key",
        {"at": at_ms},
    )
    return tuple((row["id"], row["key"], row["slice"], bool(row["left_out"])) for row in rows)


def due(connection: sqlite3.Connection, at_ms: int, soon_days: int = SOON_DAYS) -> tuple[Due, ...]:
    """References that have expired or will within so many days: members of slices first, the longest overdue first."""
    rows = connection.execute(
        "SELECT e.id, e.key, e.workflow, coalesce(m.slice, '') AS slice, r.*"
        " FROM example_references r JOIN examples e ON e.id = r.example_id"
        " LEFT JOIN slice_members m ON m.example_id = e.id WHERE e.excluded = 0"
        f" AND (r.expired_ms IS NOT NULL OR r.as_of_ms + r.shelf_days * {DAY_MS} < :soon)"
        " ORDER BY m.slice IS NULL, r.expired_ms IS NULL,"
        f" coalesce(r.as_of_ms + r.shelf_days * {DAY_MS}, r.expired_ms), e.id",
        {"soon": at_ms + soon_days * DAY_MS},
    )
    found = []
    for row in rows:
        ends = None if None in (row["as_of_ms"], row["shelf_days"]) else row["as_of_ms"] + row["shelf_days"] * DAY_MS
        left = 0 if ends is None else (ends - at_ms) // DAY_MS
        found.append(
            Due(
                row["id"],
                row["key"],
                row["workflow"],
                row["slice"],
                load(row["body"]),
                row["origin"],
                row["as_of_ms"],
                row["shelf_days"],
                left,
                row["expired_ms"] is not None,
            )
        )
    return tuple(found)
