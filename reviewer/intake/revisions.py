"""Revisions of inputs: which output answered which, as SQL and in words.

An output keeps the hash of the input that it answered. While an example was never corrected neither of the two has one.
Labels on an output that answered an earlier input say nothing of the present one, so nothing counts them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reviewer.store.database import dump, load, now_ms

__all__ = [
    "ANSWERS",
    "REMEDY",
    "REVISED",
    "STALE",
    "Revision",
    "labels_left_out",
    "list_revised",
    "names",
    "note_revision",
    "revisions_of",
    "stale_labels",
    "stale_words",
]

STALE = "o.input_hash IS NOT e.input_hash"
"""Whether output `o` answered another input than example `e` has now."""

ANSWERS = (
    "(o.input_hash IS NULL OR o.input_hash IS (SELECT now.input_hash FROM examples now WHERE now.id = o.example_id))"
)
"""Whether output `o` answered the present input, where its example need not be read: none is, before a correction."""

REMEDY = "Import a new answer as another variant, or undo the correction."
"""What to do about an output that answered an earlier input."""

# No index of the examples tells those apart that were ever corrected, so they are listed, one a key. A project that has
# no list yet is one that an older program wrote, opened for reading.
_LIST = "revised"
_PREFIX = "revised:"
REVISED = (
    "(SELECT CAST(substr(key, 9) AS INTEGER) AS id FROM meta WHERE key >= 'revised:' AND key < 'revised;' UNION ALL"
    # Where there is a list, the examples are not even walked over.
    " SELECT e.id FROM (SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = 'revised')) CROSS JOIN examples e"
    " WHERE e.input_hash IS NOT NULL)"
)
"""The ids of the examples that were ever corrected, as a table in SQL; whether an output is stale is to be asked."""


class Revision(NamedTuple):
    """One input of an example: the revision at which it first stood there, and since when (0: from the beginning)."""

    number: int
    since_ms: int


def list_revised(connection: sqlite3.Connection) -> None:
    """List the examples that were corrected before the project kept such a list; does nothing where it has one."""
    if connection.execute("SELECT 1 FROM meta WHERE key = ?", (_LIST,)).fetchone() is not None:
        return
    connection.execute(
        f"INSERT OR IGNORE INTO meta (key, value) SELECT '{_PREFIX}' || id, '{{}}' FROM examples"
        " WHERE input_hash IS NOT NULL"
    )
    connection.execute("INSERT INTO meta (key, value) VALUES (?, '1')", (_LIST,))


def note_revision(
    connection: sqlite3.Connection, example_id: int, before: tuple[str, int], after: tuple[str, int]
) -> None:
    """Keep at which revision two inputs, each a hash and a number, stood there first."""
    known = {name: list(item) for name, item in revisions_of(connection, example_id).items()}
    known.setdefault(before[0], [before[1], 0])
    # A clock that was set back makes no correction older than what was done before it.
    last = "SELECT coalesce(max(at_ms), 0) FROM (SELECT at_ms FROM history ORDER BY id DESC LIMIT 100)"
    known.setdefault(after[0], [after[1], max(now_ms(), int(connection.execute(last).fetchone()[0]))])
    connection.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (f"{_PREFIX}{example_id}", dump(known))
    )


def revisions_of(connection: sqlite3.Connection, example_id: int) -> Mapping[str, Revision]:
    """The inputs that an example has had, by their hashes; empty for one that was never corrected."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (f"{_PREFIX}{example_id}",)).fetchone()
    return {} if row is None else {name: Revision(*item) for name, item in load(row["value"]).items()}


def stale_words(answered: int | None, present: int) -> str:
    """What is said beside an output that answered an earlier input; `answered` is its revision, where that is known."""
    numbers = f"revision {answered}, now {present}" if answered is not None else f"now revision {present}"
    return f"Made for an earlier input ({numbers})"


def stale_labels(connection: sqlite3.Connection, variant_id: int | None = None, *, excluded: bool = True) -> int:
    """How many labels stand on outputs (of one variant, or any) that answered an earlier input.

    Without `excluded` those of excluded examples, which count nowhere in any case, are passed over.
    """
    row = connection.execute(
        f"SELECT count(*) AS n FROM {REVISED} r CROSS JOIN examples e ON e.id = r.id"
        f" CROSS JOIN outputs o ON o.example_id = e.id AND {STALE} AND o.sealed_by IS NULL"
        " CROSS JOIN labels l ON l.output_id = o.id WHERE (:variant IS NULL OR o.variant_id = :variant)"
        " AND (:excluded OR e.excluded = 0)",
        {"variant": variant_id, "excluded": excluded},
    ).fetchone()
    return int(row["n"])


def labels_left_out(number: int) -> str:
    """That so many labels count nowhere and why, without a full stop."""
    if number == 1:
        return "1 label on an answer to an earlier input is left out"
    return f"{number:,} labels on answers to an earlier input are left out"


def names(variants: Sequence[str]) -> str:
    """Variants in a row, as a sentence has them."""
    if len(variants) < 2:
        return "".join(variants)
    return f"{', '.join(variants[:-1])} and {variants[-1]}"
