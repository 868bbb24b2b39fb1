"""A project that is filled apart from its place: quickly, without a journal, and put in its place when it is whole.

What is killed or fails half-way leaves the project as it was, and a file that the next opening removes.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from reviewer.store.backup import discard, sync_file
from reviewer.store.database import Database
from reviewer.store.failures import explained

__all__ = ["Building"]

_CACHE_KB = 8_000


class Building:
    """A copy of a nearly empty project under way to be the project.

    `filled` names the tables whose rows come from here; those of all others are taken from the project as it is at the
    end, since people may work in it meanwhile. `scattered` names the indexes into which rows do not come in order.
    """

    def __init__(self, database: Database, filled: Sequence[str], scattered: Sequence[str] = ()) -> None:
        self._database = database
        self._filled = frozenset(filled)
        self._scattered = frozenset(scattered)
        path = database.path
        self._part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
        self._connection: sqlite3.Connection | None = None
        try:
            self._changes = database.copy_to(self._part)
            self._connection = self._open()
            self._afterwards = self._without_upkeep()
        except sqlite3.OperationalError as error:
            self.discard()
            raise explained(path, error) from error
        except BaseException:
            self.discard()
            raise

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._part, isolation_level=None, check_same_thread=False, cached_statements=256)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=DELETE")
        if connection.execute("PRAGMA page_size").fetchone()[0] != 16384:
            connection.execute("PRAGMA page_size=16384")
            connection.execute("VACUUM")
        connection.execute("PRAGMA journal_mode=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KB}")
        return connection

    def _without_upkeep(self) -> list[str]:
        """Take scattered indexes, and all triggers of the tables that are filled, off, and say how they are made.

        Such an index is sooner sorted at the end; and nothing is in there yet that a trigger could see to.
        """
        assert self._connection is not None
        rows = [
            row
            for row in self._connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('index', 'trigger')"
                " AND sql IS NOT NULL ORDER BY rowid"
            ).fetchall()
            if row["name"] in self._scattered or (row["type"] == "trigger" and row["tbl_name"] in self._filled)
        ]
        for row in rows:
            self._connection.execute(f'DROP {row["type"]} "{row["name"]}"')
        return [row["sql"] for row in rows]

    @contextmanager
    def portion(self) -> Iterator[sqlite3.Connection]:
        """The connection to what is being built, for one portion of rows; after an error it can only be discarded.

        Nobody reads it before the end, so all portions are one transaction: no page is written before it is full.
        """
        assert self._connection is not None
        try:
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN")
            yield self._connection
        except sqlite3.OperationalError as error:
            raise explained(self._database.path, error) from error

    transaction = portion

    def finish(self) -> None:
        """Make indexes and triggers again, get all onto the disk, and put the file in the project's place."""
        assert self._connection is not None
        try:
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")
            for statement in self._afterwards:
                self._connection.execute(statement)
            self._connection.close()
            with self._database.exchange(self._bring_over) as take_place:
                # The header says WAL from now on; a log is made by whoever writes next.
                with closing(sqlite3.connect(self._part, isolation_level=None)) as connection:
                    connection.execute("PRAGMA journal_mode=WAL")
                sync_file(self._part)
                take_place(self._part)
        except sqlite3.OperationalError as error:
            raise explained(self._database.path, error) from error
        finally:
            self.discard()

    def _bring_over(self, live: sqlite3.Connection) -> None:
        """Bring over what has been done in the project since the building began."""
        if live.total_changes == self._changes:
            return
        live.execute("PRAGMA foreign_keys=OFF")
        try:
            live.execute("ATTACH ? AS part", (str(self._part),))
            try:
                live.execute("BEGIN IMMEDIATE")
                names = [
                    row[0]
                    for row in live.execute(
                        "SELECT name FROM main.sqlite_master WHERE type = 'table' AND (name NOT LIKE 'sqlite_%'"
                        " OR name = 'sqlite_sequence')"
                    )
                ]
                for name in names:
                    if name not in self._filled:
                        live.execute(f'DELETE FROM part."{name}"')
                        live.execute(f'INSERT INTO part."{name}" SELECT * FROM main."{name}"')
                live.execute("COMMIT")
            except BaseException:
                if live.in_transaction:
                    live.execute("ROLLBACK")
                raise
            finally:
                live.execute("DETACH part")
        finally:
            live.execute("PRAGMA foreign_keys=ON")

    def discard(self) -> None:
        """Remove what was built, if it has not taken its place."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        discard(self._part)
