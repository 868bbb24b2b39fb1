"""Labels on sealed outputs: taken out with their history, and put back under ids that are free by then."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

__all__ = ["restore_labels", "rows_of", "take_labels"]

_LABELLED = ("labels", "label_categories", "rechecks")


def rows_of(connection: sqlite3.Connection, query: str, ids: Iterable[int | str]) -> list[dict[str, Any]]:
    """The rows of a query with one `?` for a list of ids."""
    return [dict(row) for row in connection.execute(query, (json.dumps(sorted(ids)),))]


def take_labels(
    connection: sqlite3.Connection, outputs: set[int], examples: Iterable[int] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Remove the labels on these outputs with all that hangs on them, and every action of theirs from the history.

    So are corrections of the examples' inputs: what stood in metadata before may repeat an answer.
    """
    wanted = "IN (SELECT value FROM json_each(?))"
    labels = rows_of(connection, f"SELECT * FROM labels WHERE output_id {wanted} ORDER BY id", outputs)
    touched = {row["id"] for row in labels}
    past = [
        dict(row)
        for row in connection.execute(
            "SELECT action, row_id FROM history WHERE table_name = 'labels'"
            f" AND json_extract(coalesce(after, before), '$.output_id') {wanted}",
            (json.dumps(sorted(outputs)),),
        )
    ]
    touched |= {json.loads(row["row_id"]) for row in past}
    actions = {row["action"] for row in past}
    actions |= {
        row["action"]
        for row in rows_of(
            connection,
            "SELECT DISTINCT action FROM history WHERE table_name IN ('label_categories', 'rechecks')"
            f" AND json_extract(coalesce(after, before), '$.label_id') {wanted}",
            touched,
        )
    }
    actions |= {
        row["action"]
        for row in rows_of(
            connection,
            "SELECT DISTINCT action FROM history WHERE table_name = 'example_payloads'"
            f" AND CAST(row_id AS INTEGER) {wanted}",
            examples,
        )
    }
    ids = [row["id"] for row in labels]
    taken = {
        "labels": labels,
        "label_categories": rows_of(
            connection, f"SELECT * FROM label_categories WHERE label_id {wanted} ORDER BY id", ids
        ),
        "rechecks": rows_of(connection, f"SELECT * FROM rechecks WHERE label_id {wanted} ORDER BY id", ids),
        "history": rows_of(connection, f"SELECT * FROM history WHERE action {wanted} ORDER BY id", actions),
    }
    for table in reversed(_LABELLED):
        connection.executemany(f"DELETE FROM {table} WHERE id = ?", [(row["id"],) for row in taken[table]])
    # An empty row stays in the place of each, so that its number is not given away.
    connection.executemany(
        "UPDATE history SET title = '', room = '', focus = NULL, table_name = '', row_id = 'null', before = NULL,"
        " after = NULL, annotator_id = NULL, state = 'sealed', at_ms = 0 WHERE id = ?",
        [(row["id"],) for row in taken["history"]],
    )
    return taken


def restore_labels(connection: sqlite3.Connection, contents: dict[str, Any]) -> tuple[int, int]:
    """Put labels and their history back under ids that are free by now; returns how many came back and did not."""
    renamed = {table: _free_ids(connection, table, contents) for table in _LABELLED}
    merged = {
        row["id"]: row["merged_into"] for row in connection.execute("SELECT id, merged_into FROM categories").fetchall()
    }
    back: dict[int, int] = {}
    superseded: set[int] = set()
    for row in contents["labels"]:
        there = connection.execute(
            "SELECT (SELECT count(*) FROM outputs WHERE id = :output_id) AS output,"
            " (SELECT count(*) FROM labels WHERE output_id = :output_id AND annotator_id = :annotator_id) AS label",
            row,
        ).fetchone()
        if not there["output"] or there["label"]:
            superseded.add(row["id"])
            continue
        back[row["id"]] = renamed["labels"].get(row["id"], row["id"])
        _insert(connection, "labels", {**row, "id": back[row["id"]], "category_id": _known(row["category_id"], merged)})
    for table in ("label_categories", "rechecks"):
        for row in contents[table]:
            if row["label_id"] in back:
                row = {**row, "id": renamed[table].get(row["id"], row["id"]), "label_id": back[row["label_id"]]}
                if "category_id" in row:
                    row["category_id"] = _known(row["category_id"], merged)
                    if row["category_id"] is None:
                        continue
                _insert(connection, table, row, "OR IGNORE ")
    lost = {
        row["action"]
        for row in contents["history"]
        if row["table_name"] == "labels" and json.loads(row["row_id"]) in superseded
    }
    for row in contents["history"]:
        # What was undone before the study can no longer be redone in its place.
        state = "dropped" if row["state"] == "undone" or row["action"] in lost else row["state"]
        _insert(connection, "history", {**_renamed(row, renamed), "state": state}, "OR REPLACE ")
    return len(back), len(superseded)


def _known(category_id: int | None, merged: dict[int, int | None]) -> int | None:
    """The category by that id today: where it was merged meanwhile, the one it went into."""
    seen = set()
    while category_id in merged and merged[category_id] is not None and category_id not in seen:
        seen.add(category_id)
        category_id = merged[category_id]
    return category_id if category_id in merged else None


def _free_ids(connection: sqlite3.Connection, table: str, contents: dict[str, Any]) -> dict[int, int]:
    """New ids for those sealed rows of a table whose old ids SQLite has given to other rows since."""
    wanted = {row["id"] for row in contents[table]}
    wanted |= {json.loads(row["row_id"]) for row in contents["history"] if row["table_name"] == table}
    taken = {
        row["id"]
        for row in rows_of(connection, f"SELECT id FROM {table} WHERE id IN (SELECT value FROM json_each(?))", wanted)
    }
    highest = connection.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]
    first = max(highest, *wanted, 0) + 1 if wanted else 1
    return {old: first + number for number, old in enumerate(sorted(taken))}


def _renamed(row: dict[str, Any], renamed: dict[str, dict[int, int]]) -> dict[str, Any]:
    """A history row with the ids its table's rows have now."""
    table = row["table_name"]
    if table not in renamed:
        return row
    changed = dict(row)
    old = json.loads(row["row_id"])
    changed["row_id"] = json.dumps(renamed[table].get(old, old))
    for side in ("before", "after"):
        if row[side]:
            values = json.loads(row[side])
            values["id"] = renamed[table].get(values["id"], values["id"])
            if "label_id" in values:
                values["label_id"] = renamed["labels"].get(values["label_id"], values["label_id"])
            changed[side] = json.dumps(values)
    return changed


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, Any], otherwise: str = "") -> None:
    columns = ", ".join(row)
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT {otherwise}INTO {table} ({columns}) VALUES ({marks})", tuple(row.values()))
