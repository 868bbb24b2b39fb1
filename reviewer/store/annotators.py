"""The people, and models acting as people, who label and judge."""

from __future__ import annotations

from typing import NamedTuple

from reviewer.errors import InputError
from reviewer.store.database import Database, now_ms

__all__ = ["Annotator", "Annotators"]


class Annotator(NamedTuple):
    """A person, or a model acting as one."""

    id: int
    name: str
    kind: str


class Annotators:
    """The annotators of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def list(self) -> list[Annotator]:
        """Every annotator, in the order in which they came."""
        with self._database.read() as connection:
            return [
                Annotator(row["id"], row["name"], row["kind"])
                for row in connection.execute("SELECT id, name, kind FROM annotators ORDER BY id")
            ]

    def get_or_add(self, name: str, kind: str = "person") -> int:
        """The id of the annotator by that name, added when new; raises InputError for an empty name."""
        name = " ".join(name.split())
        if not name:
            raise InputError("An annotator needs a name.")
        with self._database.read() as connection:
            row = connection.execute("SELECT id FROM annotators WHERE name = ?", (name,)).fetchone()
        if row is not None:
            return int(row["id"])
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO annotators (name, kind, created_ms) VALUES (?, ?, ?)", (name, kind, now_ms())
            )
            return int(cursor.lastrowid or 0)

    def rename(self, annotator_id: int, name: str) -> bool:
        """Give an annotator another name; False, and no change, when it is empty or somebody has it already."""
        name = " ".join(name.split())
        with self._database.transaction() as connection:
            taken = connection.execute("SELECT 1 FROM annotators WHERE name = ?", (name,)).fetchone()
            if not name or taken is not None:
                return False
            connection.execute("UPDATE annotators SET name = ? WHERE id = ?", (name, annotator_id))
            return True
