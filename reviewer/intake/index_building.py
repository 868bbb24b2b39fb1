"""Building the text index behind the work: small changes here, very many texts by processes beside."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from reviewer.intake.index_shards import Shard, Shards, beside
from reviewer.intake.text_index import LAYOUT, facts_of, open_shard, set_fact, texts_of
from reviewer.store.database import Database
from reviewer.store.lock import LockedError, ProjectLock

__all__ = ["IndexBuilding", "Stopped", "differences", "stamp_of"]

FIRST_PORTION, LARGEST_PORTION = 400, 3_200
"""How many texts are read and committed together: few at first, so that something is found soon."""
PORTION_S = 0.4
"""Longer than this no portion is to take: closing the project waits for the one under way."""


class Stopped(Exception):  # noqa: N818 - not an error: the project is being closed
    """Building was stopped."""


def stamp_of(database: Database) -> str:
    """What the index depends on beside the order of text changes."""
    with database.read() as connection:
        facts = dict(
            connection.execute("SELECT key, value FROM meta WHERE key IN ('uuid', 'restored', 'text_epoch')").fetchall()
        )
        sealing = connection.execute(
            "SELECT coalesce(group_concat(id), '') FROM (SELECT id FROM studies WHERE state = 'open' ORDER BY id)"
        ).fetchone()[0]
    # A restored project counts its text changes anew from where its backup was.
    which = facts.get("uuid", "") + facts.get("restored", "")
    return "|".join([str(LAYOUT), which, facts.get("text_epoch", "0"), sealing])


def differences(database: Database, parts: Sequence[sqlite3.Connection], place: int) -> int:
    """How many entries of an index differ from the examples: missing, too many, or of older text.

    `place` is how far it has come in the order of text changes; what was changed after that is no difference.
    """
    right = foreign = 0
    for part in parts:
        part.execute("ATTACH ? AS project", (database.reading_uri(),))
        try:
            row = part.execute(
                "SELECT coalesce(sum(e.touched = d.touched AND e.touched <= ?), 0), coalesce(sum(e.id IS NULL), 0)"
                " FROM docs d LEFT JOIN project.examples e ON e.id = d.example_id",
                (place,),
            ).fetchone()
        finally:
            part.execute("DETACH project")
        right += row[0]
        foreign += row[1]
    with database.read() as connection:
        total: int = connection.execute("SELECT count(*) FROM examples WHERE touched <= ?", (place,)).fetchone()[0]
    return total - right + foreign


class IndexBuilding:
    """One time of bringing the index up to date, from where the last one stopped."""

    def __init__(
        self,
        database: Database,
        path: Path,
        index: sqlite3.Connection,
        stop: threading.Event,
        moved: Callable[[], None],
        up_to_date: Callable[[], bool],
    ) -> None:
        self._database = database
        self._index = index
        self._stop = stop
        self._moved = moved
        self._up_to_date = up_to_date
        self._shards = Shards(path, index)
        self._lock = ProjectLock(path)
        self._portion = FIRST_PORTION
        self.under_way = 0
        """How many texts are in shards that are not whole yet."""

    def run(self) -> None:
        """Build until everything is in; raises Stopped, what `moved` raises, sqlite3.Error and OSError."""
        if not self._alone():
            return
        try:
            self.prepare()
            self._moved()
            while self.step():
                if self._stop.is_set():
                    raise Stopped
                self._moved()
        finally:
            self._lock.release()

    def _alone(self) -> bool:
        """Wait until no other process builds; false when it has done so to the end."""
        while True:
            try:
                self._lock.acquire()
            except LockedError:
                if self._stop.wait(0.1):
                    raise Stopped from None
                self._moved()
                if self._up_to_date():
                    return False
            else:
                return True

    def prepare(self) -> None:
        """Make the index this project's, at this epoch."""
        index = self._index
        stamp = stamp_of(self._database)
        facts = facts_of(index)
        before, after = facts.get("stamp", "").split("|"), stamp.split("|")
        if facts.get("stamp") != stamp:
            if before[:2] != after[:2] or before[3:] != after[3:]:
                # Another project's, or a study was opened or closed: no word of what is sealed may stay behind.
                self._in_one(self._empty)
            else:
                self._compare(int(facts.get("touched", "0")))
            set_fact(index, "stamp", stamp)
        self._shards.missed()
        self._shards.tidy()

    def _in_one(self, work: Callable[[], None]) -> None:
        """Do it in one transaction of the index."""
        index = self._index
        index.execute("BEGIN IMMEDIATE")
        try:
            work()
            index.execute("COMMIT")
        except BaseException:
            if index.in_transaction:  # a full disk has ended it already
                index.execute("ROLLBACK")
            raise

    def _empty(self) -> None:
        self._index.execute("DELETE FROM shards")
        self._index.execute("DELETE FROM docs")
        self._index.execute("INSERT INTO texts(texts) VALUES ('delete-all')")
        set_fact(self._index, "touched", "0")

    def _compare(self, place: int) -> None:
        """After a removal: strike out what is gone, and see whether something is missing."""
        total = self._without_gone(self._index)
        for shard in self._shards.all():
            if shard.count is None or not self._shards.place(shard).exists():
                self._shards.forget(shard)
                place = min(place, shard.first - 1)
                continue
            with closing(open_shard(self._shards.place(shard))) as connection:
                count = self._without_gone(connection)
            if count:
                self._index.execute("UPDATE shards SET count = ? WHERE name = ?", (count, shard.name))
            else:
                self._shards.forget(shard)
            total += count
        with self._database.read() as connection:
            place = min(place, connection.execute("SELECT coalesce(max(touched), 0) FROM examples").fetchone()[0])
            present = connection.execute("SELECT count(*) FROM examples WHERE touched <= ?", (place,)).fetchone()[0]
        # Where the counts differ, every example is looked at again, and what is there already is passed over.
        set_fact(self._index, "touched", str(place if present == total else 0))

    def _without_gone(self, index: sqlite3.Connection) -> int:
        """Strike out examples that are gone or have changed; answers how many are left."""
        index.execute("ATTACH ? AS project", (self._database.reading_uri(),))
        try:
            index.execute(
                "DELETE FROM docs WHERE NOT EXISTS (SELECT 1 FROM project.examples e WHERE e.id = docs.example_id"
                " AND e.touched = docs.touched)"
            )
        finally:
            index.execute("DETACH project")
        return int(index.execute("SELECT count(*) FROM docs").fetchone()[0])

    def step(self) -> bool:
        """Do what comes next; false when there is nothing."""
        waiting = [shard for shard in self._shards.all() if shard.count is None]
        if waiting:
            self._build_shards(waiting)
            return True
        place, worth = int(facts_of(self._index).get("touched", "0")), self._shards.worth()
        with self._database.read() as connection:
            many = connection.execute(
                "SELECT count(*) FROM (SELECT 1 FROM examples WHERE touched > ? LIMIT ?)", (place, worth)
            ).fetchone()[0]
            if many >= worth:
                last = connection.execute("SELECT max(touched) FROM examples").fetchone()[0]
                self._in_one(lambda: self._plan(connection, place, last))
                return True
        return self.portion()

    def _plan(self, connection: sqlite3.Connection, place: int, last: int) -> None:
        base = self._shards.plan(connection, place, self._last_doc())
        set_fact(self._index, "doc", str(base))
        set_fact(self._index, "touched", str(last))

    def _last_doc(self) -> int:
        return int(facts_of(self._index).get("doc", "0"))

    def _build_shards(self, waiting: list[Shard]) -> None:
        known = {"done": 0}

        def check(count: int) -> None:
            if self._stop.is_set():
                raise Stopped
            row = self._index.execute(
                f"SELECT coalesce(sum(count), 0) FROM shards WHERE name IN ({', '.join('?' * len(waiting))})",
                [shard.name for shard in waiting],
            ).fetchone()
            self.under_way = max(0, count - row[0])
            if count != known["done"]:
                known["done"] = count
                self._moved()

        uri = self._database.reading_uri()
        try:
            if beside():
                self._shards.build(uri, waiting, check)
            else:
                for shard in waiting:
                    self._shards.build_here(uri, shard, check)
        finally:
            self.under_way = 0

    def portion(self) -> bool:
        """Index the next examples in the order of their changes here; false when there are none."""
        index = self._index
        began = time.monotonic()
        place = int(facts_of(index).get("touched", "0"))
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, touched FROM examples WHERE touched > ? ORDER BY touched LIMIT ?", (place, self._portion)
            ).fetchall()
            if not rows:
                return False
            known = self._known([row[0] for row in rows])
            texts = texts_of(connection, [(row[0], row[1]) for row in rows if known.get(row[0]) != row[1]])
        for shard in self._shards.all():
            if any(shard.least_id <= row[0] <= shard.most_id for row in texts):
                with closing(open_shard(self._shards.place(shard))) as connection:
                    connection.executemany("DELETE FROM docs WHERE example_id = ?", [(row[0],) for row in texts])

        def write() -> None:
            doc = self._last_doc()
            index.executemany("DELETE FROM docs WHERE example_id = ?", [(row[0],) for row in texts])
            index.executemany(
                "INSERT INTO docs (doc, example_id, touched) VALUES (?, ?, ?)",
                [(doc + at, row[0], row[1]) for at, row in enumerate(texts, 1)],
            )
            index.executemany(
                "INSERT INTO texts (rowid, input, output, reference) VALUES (?, ?, ?, ?)",
                [(doc + at, *row[2:]) for at, row in enumerate(texts, 1)],
            )
            set_fact(index, "doc", str(doc + len(texts)))
            set_fact(index, "touched", str(rows[-1][1]))

        self._in_one(write)
        taken = time.monotonic() - began
        if taken > PORTION_S:
            self._portion = max(FIRST_PORTION // 4, self._portion // 2)
        elif taken < PORTION_S / 2:
            self._portion = min(LARGEST_PORTION, self._portion * 2)
        return True

    def _known(self, ids: list[int]) -> dict[int, int]:
        """The place in the order of changes at which each of these examples is in the index."""
        query = f"SELECT example_id, touched FROM docs WHERE example_id IN ({', '.join('?' * len(ids))})"
        found = {row[0]: row[1] for row in self._index.execute(query, ids)}
        for shard in self._shards.all():
            if shard.count is not None and any(shard.least_id <= example_id <= shard.most_id for example_id in ids):
                with closing(open_shard(self._shards.place(shard))) as connection:
                    found.update({row[0]: row[1] for row in connection.execute(query, ids)})
        return found
