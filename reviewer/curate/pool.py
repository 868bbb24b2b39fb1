"""What a sample can be drawn from, sorted into strata by the fields of the examples."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from reviewer.errors import InputError
from reviewer.intake.revisions import STALE
from reviewer.store.database import load

__all__ = ["pool"]

_BETWEEN = " · "
_METADATA = "metadata."
_COLUMNS = {
    "workflow": "e.workflow",
    "source": "coalesce((SELECT name FROM sources s WHERE s.id = e.source_id), '')",
    # The first failure that anybody named; nothing where no label names one.
    "category": "coalesce((SELECT c.name FROM outputs o JOIN labels l ON l.output_id = o.id"
    f" JOIN categories c ON c.id = l.category_id WHERE o.example_id = e.id AND NOT ({STALE})"
    " ORDER BY l.id LIMIT 1), '')",
}


def pool(
    connection: sqlite3.Connection, by: str, condition: str, values: Sequence[object]
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """The ids by public id of what can be drawn under a condition, and the public ids by stratum.

    Excluded examples, members of slices and their near-duplicates cannot be drawn. `by` names fields with commas
    between; raises InputError for one that is none.
    """
    fields = [name.strip() for name in by.split(",") if name.strip()]
    for name in fields:
        if name not in _COLUMNS and not (name.startswith(_METADATA) and len(name) > len(_METADATA)):
            raise InputError(
                f"“{name}” cannot be sampled by; use {', '.join(_COLUMNS)} or metadata.NAME, or several with commas"
                " between."
            )
    metadata = any(name not in _COLUMNS for name in fields)
    columns = [_COLUMNS.get(name, "p.metadata") for name in fields]
    named = "".join(f", {column} AS s{place}" for place, column in enumerate(columns))
    join = " JOIN example_payloads p ON p.example_id = e.id" if metadata else ""
    ids: dict[str, int] = {}
    strata: dict[str, list[str]] = {}
    for row in connection.execute(
        f"SELECT e.id, e.key{named} FROM examples e{join} WHERE e.excluded = 0"
        " AND e.id NOT IN (SELECT example_id FROM slice_members)"
        # A near-duplicate of a member would count the same case twice.
        " AND e.id NOT IN (SELECT d.example_id FROM duplicate_members d JOIN duplicate_members o"
        " ON o.group_id = d.group_id JOIN slice_members m ON m.example_id = o.example_id)"
        f" AND ({condition})",
        values,
    ):
        parts = [
            row[f"s{place}"] if name in _COLUMNS else str(load(row[f"s{place}"]).get(name.removeprefix(_METADATA), ""))
            for place, name in enumerate(fields)
        ]
        stratum = parts[0] if len(parts) == 1 else _BETWEEN.join(part or "none" for part in parts)
        ids[row["key"]] = row["id"]
        strata.setdefault(stratum, []).append(row["key"])
    return ids, strata
