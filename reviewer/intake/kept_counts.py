"""Counts over all examples of what imports alone change, kept in the project so that nobody counts a million again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress

from reviewer.errors import ProjectError
from reviewer.store.database import Database, dump, load

__all__ = ["Counts", "Rows", "keep", "kept"]

Rows = list[tuple[str, str, int]]
Counts = dict[str, Rows]
"""By field: each value, its title, its number of examples."""

_NAME = "facet_counts"


def _state(connection: sqlite3.Connection) -> str:
    """What the counts hold for: the imports that there are, and the last ids that were given."""
    row = connection.execute(
        "SELECT (SELECT coalesce(group_concat(id || ':' || name || ':' || state || ':' || added), '') FROM sources),"
        " (SELECT coalesce(max(id), 0) FROM examples), (SELECT coalesce(max(id), 0) FROM outputs),"
        " (SELECT coalesce(group_concat(id || ':' || name), '') FROM variants),"
        " (SELECT coalesce(max(value), '') FROM meta WHERE key = 'text_epoch')"
    ).fetchone()
    return "|".join(map(str, row))


def kept(connection: sqlite3.Connection, count: Callable[[], Counts]) -> tuple[Counts, str | None]:
    """The counts, worked out anew where those that are kept no longer hold; then also what to `keep`."""
    state = _state(connection)
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_NAME,)).fetchone()
    if row is not None:
        found = load(row["value"])
        if found["state"] == state:
            return {field: [tuple(item) for item in rows] for field, rows in found["counts"].items()}, None
    counts = count()
    return counts, dump({"state": state, "counts": counts})


def keep(database: Database, counts: str) -> None:
    """Keep counts for the next time; not while an import changes them, nor where nothing can be written."""
    if database.read_only:
        return
    with database.read() as connection:
        if connection.execute("SELECT 1 FROM sources WHERE state = 'importing'").fetchone() is not None:
            return
    with suppress(ProjectError):  # a full disk: they are counted again the next time
        database.set_meta(_NAME, counts)
