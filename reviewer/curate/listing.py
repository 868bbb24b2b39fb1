"""The examples with their slices, page by page, for choosing what goes where."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reviewer.intake.filters import Filter, Filters
from reviewer.intake.revisions import STALE
from reviewer.store.database import Database, load

__all__ = ["Listing", "Query", "Row"]

_COLUMNS = (
    "SELECT e.id, e.key, e.workflow, e.snippet, e.flagged, e.excluded, m.slice, m.capability,"
    " EXISTS (SELECT 1 FROM example_references r WHERE r.example_id = e.id) AS has_reference,"
    f" e.input_hash IS NOT NULL AND EXISTS (SELECT 1 FROM outputs o WHERE o.example_id = e.id AND {STALE}) AS stale"
    " FROM examples e LEFT JOIN slice_members m ON m.example_id = e.id"
)


@dataclass(frozen=True, slots=True)
class Row:
    """One example as the list shows it."""

    id: int
    key: str
    workflow: str
    snippet: str
    slice: str
    capability: str
    flagged: bool
    excluded: bool
    has_reference: bool
    stale: bool = False
    """Whether an output answered an earlier input."""


class Query:
    """A filter whose words have been searched for once; pages and counts come from it."""

    def __init__(self, database: Database, condition: str, values: Sequence[object]) -> None:
        self._database = database
        self._condition = condition
        self._values = values

    def page(self, after: int = 0, limit: int = 200) -> Sequence[Row]:
        """The next rows after an example's id, in order of import."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_COLUMNS} WHERE e.id > ? AND ({self._condition}) ORDER BY e.id LIMIT ?",
                (after, *self._values, limit),
            )
            return [_row(row) for row in rows]

    def ids(self) -> Sequence[int]:
        """The ids of everything that matches and is not excluded, in order of import."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT e.id FROM examples e WHERE e.excluded = 0 AND ({self._condition}) ORDER BY e.id", self._values
            )
            return [int(row["id"]) for row in rows]

    def place(self, example_id: int) -> int | None:
        """How many come before an example, None when it does not match."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT count(*) AS n, max(e.id) AS last FROM examples e WHERE e.id <= ? AND ({self._condition})",
                (example_id, *self._values),
            ).fetchone()
        return int(row["n"]) - 1 if row["last"] == example_id else None

    def count(self) -> int:
        """How many match."""
        with self._database.read() as connection:
            row = connection.execute(f"SELECT count(*) FROM examples e WHERE {self._condition}", self._values)
            return int(row.fetchone()[0])


class Listing:
    """Filters over the examples of a project, and what facets need."""

    def __init__(self, database: Database, filters: Filters) -> None:
        self._database = database
        self._filters = filters

    def open(self, where: Filter | str = "", only: Iterable[str] | None = None) -> Query:
        """The examples that a filter means, or of those just the ones with these public ids."""
        condition, values = self._filters.where(where)
        if only is not None:
            condition = f"e.key IN (SELECT value FROM json_each(?)) AND ({condition})"
            values = [json.dumps(list(only)), *values]
        return Query(self._database, condition, values)

    def rows(self, ids: Iterable[int]) -> dict[int, Row]:
        """These examples as they are now, by id; those that are gone are left out."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_COLUMNS} WHERE e.id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
            )
            return {row["id"]: _row(row) for row in rows}

    def workflows(self) -> dict[str, int]:
        """Every workflow with its number of examples."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT workflow, count(*) AS n FROM examples GROUP BY workflow ORDER BY workflow"
            )
            return {row["workflow"]: row["n"] for row in rows}

    def metadata_keys(self, look_at: int = 500) -> Sequence[str]:
        """The metadata fields of the first examples, by which a sample can be stratified."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT metadata FROM example_payloads ORDER BY example_id LIMIT ?", (look_at,))
            return sorted({key for row in rows for key in load(row["metadata"])})


def _row(row: sqlite3.Row) -> Row:
    return Row(
        row["id"],
        row["key"],
        row["workflow"],
        row["snippet"],
        row["slice"] or "",
        row["capability"] or "",
        bool(row["flagged"]),
        bool(row["excluded"]),
        bool(row["has_reference"]),
        bool(row["stale"]),
    )
