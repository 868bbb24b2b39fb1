"""Undo, redo and the audit trail: one table of rows before and after, written in the action's own transaction."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from reviewer.errors import ConflictError

__all__ = ["Action", "Changes", "redo", "redo_title", "touch", "undo", "undo_title"]

# Tables whose rows a person changes, with their primary key. None of them holds a blob.
RECORDED = {
    "annotators": "id",
    "categories": "id",
    "duplicate_decisions": "id",
    "example_payloads": "example_id",
    "example_references": "example_id",
    "examples": "id",
    "guesses": "id",
    "label_categories": "id",
    "labels": "id",
    "leak_scans": "id",
    "leak_waivers": "id",
    "past_references": "id",
    "preference_judgments": "id",
    "rechecks": "id",
    "reference_reviews": "example_id",
    "saved_filters": "id",
    "slice_members": "example_id",
    "slices": "name",
    "variants": "id",
    "version_tags": "id",
}
# Columns that show which example a row is about, so that views can refresh only what they show.
_EXAMPLE_OF = {
    "examples": "id",
    "example_payloads": "example_id",
    "example_references": "example_id",
    "leak_waivers": "example_id",
    "past_references": "example_id",
    "reference_reviews": "example_id",
    "slice_members": "example_id",
}

_INDEXED = ("example_payloads", "example_references")
"""Tables whose texts the index reads."""


class Changes(NamedTuple):
    """What an action touched: enough for a view to know whether it shows any of it."""

    title: str
    tables: frozenset[str] = frozenset()
    examples: frozenset[int] = frozenset()
    room: str = ""
    focus: int | None = None


def touch(connection: sqlite3.Connection, example_id: int) -> None:
    """Move an example to the end of the order of text changes, so that the text index reads it again."""
    connection.execute(
        "UPDATE examples SET touched = (SELECT coalesce(max(touched), 0) + 1 FROM examples) WHERE id = ?",
        (example_id,),
    )


class Action:
    """The row changes of one person's action, recorded as they are made."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        title: str,
        annotator_id: int | None,
        *,
        room: str = "",
        focus: int | None = None,
    ) -> None:
        self.connection = connection
        self.title = title
        self.annotator_id = annotator_id
        self.room = room
        self.focus = focus
        self.at_ms = time.time_ns() // 1_000_000
        self._id: int | None = None
        self._tables: set[str] = set()
        self._examples: set[int] = set() if focus is None else {focus}
        self.changes = Changes(title, room=room, focus=focus)

    def insert(self, table: str, **values: Any) -> int:
        """Add a row; returns its integer key (0 for a table whose key is text)."""
        columns = ", ".join(values)
        marks = ", ".join("?" * len(values))
        cursor = self.connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(values.values()))
        key = RECORDED[table]
        row_id: int | str = values[key] if key in values else int(cursor.lastrowid or 0)
        self._record(table, row_id, None, _row(self.connection, table, row_id))
        return row_id if isinstance(row_id, int) else 0

    def update(self, table: str, row_id: int | str, **values: Any) -> bool:
        """Change columns of a row; returns whether anything differed."""
        before = _row(self.connection, table, row_id)
        if before is None or all(before[name] == value for name, value in values.items()):
            return False
        assignments = ", ".join(f"{name} = ?" for name in values)
        self.connection.execute(
            f"UPDATE {table} SET {assignments} WHERE {RECORDED[table]} = ?", (*values.values(), row_id)
        )
        self._record(table, row_id, before, _row(self.connection, table, row_id))
        return True

    def delete(self, table: str, row_id: int | str) -> bool:
        """Remove a row; returns whether it was there. Rows that hang on it must be deleted first."""
        before = _row(self.connection, table, row_id)
        if before is None:
            return False
        self.connection.execute(f"DELETE FROM {table} WHERE {RECORDED[table]} = ?", (row_id,))
        self._record(table, row_id, before, None)
        return True

    def touches(self, example_id: int) -> None:
        """Tell views that something about this example changed."""
        self._examples.add(example_id)

    def _record(
        self, table: str, row_id: int | str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
    ) -> None:
        if self._id is None:
            # What was undone before can no longer be redone; it stays in the trail.
            self.connection.execute(
                "UPDATE history SET state = 'dropped' WHERE state = 'undone' AND annotator_id IS ?",
                (self.annotator_id,),
            )
        cursor = self.connection.execute(
            "INSERT INTO history (action, title, room, focus, table_name, row_id, before, after, annotator_id, state,"
            " at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'done', ?)",
            (
                self._id or 0,
                self.title,
                self.room,
                self.focus,
                table,
                json.dumps(row_id),
                None if before is None else json.dumps(before),
                None if after is None else json.dumps(after),
                self.annotator_id,
                self.at_ms,
            ),
        )
        if self._id is None:
            self._id = cursor.lastrowid
            self.connection.execute("UPDATE history SET action = id WHERE id = ?", (self._id,))
        _note(table, before or after or {}, self._tables, self._examples)
        if table in _INDEXED:
            touch(self.connection, int(row_id))

    def finish(self) -> None:
        """Fix `changes`; called when the action's block ends."""
        self.changes = Changes(self.title, frozenset(self._tables), frozenset(self._examples), self.room, self.focus)


def _note(table: str, row: Mapping[str, Any], tables: set[str], examples: set[int]) -> None:
    tables.add(table)
    column = _EXAMPLE_OF.get(table)
    if column is not None and row.get(column) is not None:
        examples.add(int(row[column]))


def _row(connection: sqlite3.Connection, table: str, row_id: int | str | None) -> dict[str, Any] | None:
    found = connection.execute(f"SELECT * FROM {table} WHERE {RECORDED[table]} = ?", (row_id,)).fetchone()
    return None if found is None else dict(found)


def _last(connection: sqlite3.Connection, annotator_id: int | None, state: str) -> int | None:
    order = "DESC" if state == "done" else "ASC"
    row = connection.execute(
        f"SELECT action FROM history WHERE annotator_id IS ? AND state = ? ORDER BY action {order} LIMIT 1",
        (annotator_id, state),
    ).fetchone()
    return None if row is None else int(row["action"])


def _title(connection: sqlite3.Connection, annotator_id: int | None, state: str) -> str | None:
    action = _last(connection, annotator_id, state)
    if action is None:
        return None
    return str(connection.execute("SELECT title FROM history WHERE id = ?", (action,)).fetchone()["title"])


def undo_title(connection: sqlite3.Connection, annotator_id: int | None) -> str | None:
    """What `undo` would take back, or None."""
    return _title(connection, annotator_id, "done")


def redo_title(connection: sqlite3.Connection, annotator_id: int | None) -> str | None:
    """What `redo` would do again, or None."""
    return _title(connection, annotator_id, "undone")


def undo(connection: sqlite3.Connection, annotator_id: int | None) -> Changes:
    """Take back this annotator's last action; raises ConflictError when there is none or its rows have moved on."""
    return _replay(connection, annotator_id, backwards=True)


def redo(connection: sqlite3.Connection, annotator_id: int | None) -> Changes:
    """Do again what this annotator undid last; raises ConflictError when there is nothing or its rows have moved on."""
    return _replay(connection, annotator_id, backwards=False)


def _replay(connection: sqlite3.Connection, annotator_id: int | None, *, backwards: bool) -> Changes:
    state, word = ("done", "undo") if backwards else ("undone", "redo")
    action = _last(connection, annotator_id, state)
    if action is None:
        raise ConflictError(f"There is nothing to {word}.")
    order = "DESC" if backwards else "ASC"
    rows = connection.execute(f"SELECT * FROM history WHERE action = ? ORDER BY id {order}", (action,)).fetchall()
    tables: set[str] = set()
    examples: set[int] = set()
    for row in rows:
        before = json.loads(row["before"]) if row["before"] else None
        after = json.loads(row["after"]) if row["after"] else None
        source, target = (after, before) if backwards else (before, after)
        table, row_id = row["table_name"], json.loads(row["row_id"])
        _put(connection, table, row_id, source, target, f"“{row['title']}” cannot be taken back or done again")
        _note(table, before or after or {}, tables, examples)
        if table in _INDEXED:
            touch(connection, int(row_id))
    connection.execute("UPDATE history SET state = ? WHERE action = ?", ("undone" if backwards else "done", action))
    first = rows[0]
    if first["focus"] is not None:
        examples.add(int(first["focus"]))
    title = f"{'Undo' if backwards else 'Redo'} {first['title']}"
    return Changes(title, frozenset(tables), frozenset(examples), first["room"], first["focus"])


# Counters that move on their own and are no part of what a person did.
_DRIFT = {"examples": ("touched", "revision")}
# What is worked out once, at the first correction of an input, and stays: older records of a row have nothing there.
_FILLED = {"examples": ("input_hash",), "outputs": ("input_hash",)}


def _put(
    connection: sqlite3.Connection,
    table: str,
    row_id: int | str,
    source: dict[str, Any] | None,
    target: dict[str, Any] | None,
    failure: str,
) -> None:
    """Bring one row from the state `source` to the state `target`, if it still is as `source` says."""
    current = _row(connection, table, row_id)
    drift = _DRIFT.get(table, ())
    for name in drift:
        for side in (source, target):
            if side is not None and current is not None:
                side[name] = current[name]
    for name in _FILLED.get(table, ()):
        for side in (source, target):
            if side is not None and current is not None and side.get(name) is None:
                side[name] = current[name]
    if source is not None and current is not None:
        # A column that the table has had since a later schema stands in no older record of a row.
        for name in current.keys() - source.keys():
            source[name] = current[name]
            if target is not None:
                target.setdefault(name, current[name])
    if current != source:
        raise ConflictError(f"{failure}: what it changed was changed again by something else. Nothing was altered.")
    key = RECORDED[table]
    try:
        if target is None:
            connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (row_id,))
        elif source is None:
            columns = ", ".join(target)
            marks = ", ".join("?" * len(target))
            connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(target.values()))
        else:
            changed = {name: value for name, value in target.items() if source.get(name) != value}
            if changed:
                assignments = ", ".join(f"{name} = ?" for name in changed)
                connection.execute(f"UPDATE {table} SET {assignments} WHERE {key} = ?", (*changed.values(), row_id))
    except sqlite3.IntegrityError as error:
        raise ConflictError(f"{failure}: other rows depend on it now. Nothing was altered.") from error
