"""The codebook: the categories into which failures are sorted, and how it grows while people learn."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.store.database import Database, now_ms
from reviewer.store.history import Action, Changes
from reviewer.triage.labels import whole

__all__ = ["Categories", "Category"]

ROOM = "triage"
# After the seven marks of the Okabe-Ito palette; each keeps its distance from both grounds.
_FURTHER_COLORS = ("#999999", "#44AA99", "#AA4499", "#DDCC77", "#6699CC", "#EE8866")


@dataclass(frozen=True, slots=True)
class Category:
    """One entry of the codebook."""

    id: int
    code: str
    name: str
    definition: str
    position: int
    color: str
    state: str
    merged_into: int | None
    custom: bool


class Categories:
    """The codebook of a project; every change is one action that can be undone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self, *, everything: bool = False) -> list[Category]:
        """The active categories in the codebook's order; with `everything` the merged and retired ones after them."""
        where = "" if everything else " WHERE state = 'active'"
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT * FROM categories{where} ORDER BY state <> 'active', position, id"
            ).fetchall()
        return [_category(row) for row in rows]

    def get(self, category_id: int) -> Category:
        """One category, active or not; raises NotFoundError."""
        with self._database.read() as connection:
            return _get(connection, category_id)

    def by_name(self, text: str) -> Category:
        """The active category by its code or its name, in any case; raises NotFoundError with the codes there are."""
        wanted = " ".join(text.split()).casefold()
        active = self.list()
        for category in active:
            if wanted in (category.code.casefold(), category.name.casefold()):
                return category
        codes = ", ".join(category.code for category in active)
        raise NotFoundError(f"The codebook has no category “{text}”. It has: {codes}.")

    def label_counts(self) -> dict[int, int]:
        """How many labels have each category as their primary one."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT category_id, count(*) AS n FROM labels WHERE category_id IS NOT NULL GROUP BY category_id"
            ).fetchall()
        return {row["category_id"]: row["n"] for row in rows}

    def split_counts(self, category_id: int, annotator_id: int) -> tuple[int, int]:
        """How many labels a split of this category would have looked at again: this annotator's, and the others'."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT coalesce(sum(l.annotator_id = :me), 0) AS mine, count(*) AS n FROM labels l"
                " WHERE l.category_id = :category OR l.id IN"
                " (SELECT label_id FROM label_categories WHERE category_id = :category)",
                {"me": annotator_id, "category": category_id},
            ).fetchone()
        return int(row["mine"]), int(row["n"]) - int(row["mine"])

    def add(self, name: str, definition: str, annotator_id: int) -> Changes:
        """Add a category at the codebook's end; raises InputError for an empty or taken name."""
        with self._action(f"Add category {_clean(name)}", annotator_id) as action:
            _add(action, name, definition)
        return action.changes

    def rename(self, category_id: int, name: str, annotator_id: int) -> Changes:
        """Give a category another name; its code and its labels stay."""
        with self._action(f"Rename category to {_clean(name)}", annotator_id) as action:
            _get(action.connection, category_id)
            action.update("categories", category_id, name=_free_name(action.connection, name, category_id))
        return action.changes

    def redefine(self, category_id: int, definition: str, annotator_id: int) -> Changes:
        """Give a category another definition."""
        with self._database.read() as connection:
            name = _get(connection, category_id).name
        with self._action(f"Redefine {name}", annotator_id) as action:
            action.update("categories", category_id, definition=whole(definition).strip())
        return action.changes

    def reorder(self, category_ids: Sequence[int], annotator_id: int) -> Changes:
        """Put the active categories in this order, which is also that of the number keys."""
        with self._action("Reorder the codebook", annotator_id) as action:
            active = {row["id"] for row in _active(action.connection)}
            if set(category_ids) != active or len(category_ids) != len(active):
                raise InputError("The new order has to name each category of the codebook once.")
            for position, category_id in enumerate(category_ids, 1):
                action.update("categories", category_id, position=position)
        return action.changes

    def merge(self, category_id: int, into_id: int, annotator_id: int) -> Changes:
        """Move every label of a category to another one and close it; raises ConflictError when they are the same."""
        if category_id == into_id:
            raise ConflictError("A category cannot be merged into itself. Choose another one.")
        with self._database.read() as connection:
            title = f"Merge {_get(connection, category_id).name} into {_get(connection, into_id).name}"
        with self._action(title, annotator_id) as action:
            connection = action.connection
            self._require_active(connection, category_id)
            self._require_active(connection, into_id)
            for row in connection.execute("SELECT id FROM labels WHERE category_id = ?", (category_id,)).fetchall():
                action.update("labels", row["id"], category_id=into_id)
            self._merge_further(action, category_id, into_id)
            for row in connection.execute("SELECT id FROM categories WHERE merged_into = ?", (category_id,)).fetchall():
                action.update("categories", row["id"], merged_into=into_id)
            action.update("categories", category_id, state="merged", merged_into=into_id)
        return action.changes

    @staticmethod
    def _merge_further(action: Action, category_id: int, into_id: int) -> None:
        connection = action.connection
        for row in connection.execute(
            "SELECT id, label_id FROM label_categories WHERE category_id = ?", (category_id,)
        ).fetchall():
            taken = connection.execute(
                "SELECT 1 FROM label_categories WHERE label_id = ? AND category_id = ?", (row["label_id"], into_id)
            ).fetchone()
            if taken:
                action.delete("label_categories", row["id"])
            else:
                action.update("label_categories", row["id"], category_id=into_id)
        # A further category beside the same primary one says nothing.
        for row in connection.execute(
            "SELECT f.id FROM label_categories f JOIN labels l ON l.id = f.label_id"
            " WHERE f.category_id = ? AND l.category_id = ?",
            (into_id, into_id),
        ).fetchall():
            action.delete("label_categories", row["id"])

    def split(self, category_id: int, parts: Sequence[tuple[str, str]], annotator_id: int) -> Changes:
        """Replace a category by new ones (name, definition) and queue its labels to be looked at again.

        The old category is retired; a label keeps it until it has been looked at. Raises InputError for fewer than
        two parts.
        """
        if len(parts) < 2:
            raise InputError("A split makes at least two categories out of one. Name them both.")
        with self._database.read() as connection:
            old = _get(connection, category_id)
        names = " and ".join(_clean(name) for name, _ in parts)
        with self._action(f"Split {old.name} into {names}", annotator_id) as action:
            connection = action.connection
            self._require_active(connection, category_id)
            order = [row["id"] for row in _active(connection)]
            action.update("categories", category_id, state="retired")
            made = [_add(action, name, definition, within=old.code) for name, definition in parts]
            where = order.index(category_id)
            for position, number in enumerate(order[:where] + made + order[where + 1 :], 1):
                action.update("categories", number, position=position)
            reason = f"“{old.name}” was split into {names}"
            for row in connection.execute(
                "SELECT id FROM labels l WHERE (l.category_id = ? OR EXISTS (SELECT 1 FROM label_categories f"
                " WHERE f.label_id = l.id AND f.category_id = ?)) ORDER BY id",
                (category_id, category_id),
            ).fetchall():
                queued = connection.execute("SELECT id FROM rechecks WHERE label_id = ?", (row["id"],)).fetchone()
                if queued:
                    action.update("rechecks", queued["id"], reason=reason)
                else:
                    action.insert("rechecks", label_id=row["id"], reason=reason, created_ms=now_ms())
        return action.changes

    def retire(self, category_id: int, annotator_id: int) -> Changes:
        """Take a category out of the codebook; labels that have it keep it. Raises ConflictError for the last one."""
        with self._database.read() as connection:
            name = _get(connection, category_id).name
        with self._action(f"Retire {name}", annotator_id) as action:
            self._require_active(action.connection, category_id)
            if len(_active(action.connection)) == 1:
                raise ConflictError("This is the codebook's last category; add another one before it is retired.")
            action.update("categories", category_id, state="retired")
        return action.changes

    def restore(self, category_id: int, annotator_id: int) -> Changes:
        """Put a retired category back at the codebook's end."""
        with self._database.read() as connection:
            category = _get(connection, category_id)
        if category.state != "retired":
            raise ConflictError(f"{category.name} is {category.state}; only a retired category can be put back.")
        with self._action(f"Put {category.name} back", annotator_id) as action:
            name = _free_name(action.connection, category.name, category_id)
            action.update("categories", category_id, state="active", name=name, position=_end(action.connection))
        return action.changes

    def _action(self, title: str, annotator_id: int) -> AbstractContextManager[Action]:
        return self._database.action(title, annotator_id, room=ROOM)

    @staticmethod
    def _require_active(connection: sqlite3.Connection, category_id: int) -> None:
        category = _get(connection, category_id)
        if category.state != "active":
            raise ConflictError(f"{category.name} is {category.state} and no longer part of the codebook.")


def _category(row: sqlite3.Row) -> Category:
    return Category(
        row["id"],
        row["code"],
        row["name"],
        row["definition"],
        row["position"],
        row["color"],
        row["state"],
        row["merged_into"],
        bool(row["custom"]),
    )


def _get(connection: sqlite3.Connection, category_id: int) -> Category:
    row = connection.execute("SELECT * FROM categories WHERE id = ?", (category_id,)).fetchone()
    if row is None:
        raise NotFoundError("That category is not in this project's codebook.")
    return _category(row)


def _active(connection: sqlite3.Connection) -> list[sqlite3.Row]:
    return connection.execute("SELECT * FROM categories WHERE state = 'active' ORDER BY position, id").fetchall()


def _end(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT coalesce(max(position), 0) + 1 AS n FROM categories").fetchone()
    return int(row["n"])


def _clean(name: str) -> str:
    return " ".join(whole(name).replace("\x00", "").split())


def _free_name(connection: sqlite3.Connection, name: str, own_id: int | None = None) -> str:
    cleaned = _clean(name)
    if not cleaned:
        raise InputError("A category needs a name.")
    for row in _active(connection):
        if row["id"] != own_id and cleaned.casefold() in (row["name"].casefold(), row["code"].casefold()):
            raise InputError(f"The codebook has a category “{row['name']}” already. Choose another name.")
    return cleaned


def _add(action: Action, name: str, definition: str, *, within: str = "") -> int:
    connection = action.connection
    cleaned = _free_name(connection, name)
    stem = re.sub(r"[^a-z0-9]+", "_", cleaned.lower()).strip("_") or "category"
    if within:  # a part keeps its origin in its code, so that a rule about the whole still counts it
        stem = f"{within}.{stem}"
    taken = {row["code"] for row in connection.execute("SELECT code FROM categories")}
    code, number = stem, 1
    while code in taken:
        number += 1
        code = f"{stem}_{number}"
    customs = connection.execute("SELECT count(*) AS n FROM categories WHERE custom = 1").fetchone()["n"]
    return action.insert(
        "categories",
        code=code,
        name=cleaned,
        definition=whole(definition).strip(),
        position=_end(connection),
        color=_FURTHER_COLORS[customs % len(_FURTHER_COLORS)],
        custom=1,
    )
