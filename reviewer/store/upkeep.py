"""Indexes that much writing goes without: taken off before it, made again after it or, if that never came, at opening.

An entry that falls anywhere into a large index costs a page each in the log and in the file. Sorted at the end, all of
them together cost as much as a few thousand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from reviewer.store.database import Database, dump, load

__all__ = ["is_off", "put_back", "take_off"]

_OFF = "indexes_taken_off"
"""The row of `meta` that says, while indexes are off, how they are made."""


def take_off(database: Database, names: Sequence[str]) -> None:
    """Take these indexes off, and note how they are made; they only make reading quicker."""
    marks = ", ".join("?" * len(names))
    with database.transaction() as connection:
        rows = connection.execute(
            f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND name IN ({marks})", names
        ).fetchall()
        off = {**_noted(connection), **{row["name"]: row["sql"] for row in rows}}
        for row in rows:
            connection.execute(f'DROP INDEX "{row["name"]}"')
        connection.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (_OFF, dump(off)))


def put_back(database: Database) -> None:
    """Make the indexes again that are off; all of them or, where that fails, none."""
    if not is_off(database):
        return
    with database.transaction() as connection:
        for name, statement in _noted(connection).items():
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is None:
                connection.execute(statement)
        connection.execute("DELETE FROM meta WHERE key = ?", (_OFF,))


def is_off(database: Database) -> bool:
    """Whether any are off."""
    return bool(database.meta(_OFF))


def _noted(connection: sqlite3.Connection) -> dict[str, str]:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_OFF,)).fetchone()
    return {} if row is None else dict(load(row["value"]))
