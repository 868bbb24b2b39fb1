"""Full-text search over input, outputs and reference, in an index of its own beside the project.

The index can be thrown away and built again at any time: the project file alone is the truth. It follows the order of
text changes (`examples.touched`), remembers how far it came, and is built behind the work, from where it stopped. It
holds no text, only where each word stands; which variant wrote a word is not in it either, so it tells nothing about a
pair that a study seals, and the words of sealed outputs leave it with the study's start.
"""

from __future__ import annotations

import contextlib
import glob
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from reviewer.errors import Cancelled, ProjectError
from reviewer.intake.index_building import IndexBuilding, Stopped, differences, stamp_of
from reviewer.intake.search_words import fts_query, snippet_around, words_of
from reviewer.intake.text_index import (
    clean,
    facts_of,
    index_path,
    input_text,
    is_damage,
    open_index,
    open_shard,
    output_text,
    shard_path,
)
from reviewer.store.database import Database, load

__all__ = ["Hit", "Hits", "Part", "Search", "hit_of"]

_MEANT = {
    False: "texts JOIN docs ON docs.doc = texts.rowid WHERE texts MATCH ?",
    True: "docs WHERE docs.doc NOT IN (SELECT rowid FROM texts WHERE texts MATCH ?)",
}
"""The rows of the index that hold the words of a query, or that do not."""
_PLACE = {False: "texts.rowid", True: "docs.doc"}


Report = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Hit:
    """An example whose text matches, with the words around the first match."""

    id: int
    key: str
    workflow: str
    snippet: str


@dataclass(frozen=True, slots=True)
class Hits:
    """How many examples match, and the first of them, the latest change first.

    `complete` is false while the index is still being built; `after` continues the list.
    """

    total: int
    hits: tuple[Hit, ...]
    complete: bool
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A connection to the index itself or to one of its shards, with the numbers between which its texts stand."""

    index: sqlite3.Connection
    least: int
    most: int


class Search:
    """The text index of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.path = index_path(database.path)
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._asked: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._again = False
        self._building: IndexBuilding | None = None
        self.error: Exception | None = None
        self.on_progress: Callable[[], None] | None = None
        """Called on the building thread after each portion and at the end."""

    # Reading

    def query(self, text: str, limit: int = 50, after: int | None = None, *, typing: bool = False) -> Hits:
        """The examples whose text matches, with the words around the match; `after` continues an earlier answer."""
        query = fts_query(text, typing=typing)
        complete = self.up_to_date()
        if not query:
            return Hits(0, (), complete)
        with self.asking() as parts:
            meant, place = _MEANT[query.inverse], _PLACE[query.inverse]
            total = sum(
                part.index.execute(f"SELECT count(*) FROM {meant}", (query.words,)).fetchone()[0] for part in parts
            )
            below = after if after is not None else 1 << 62
            rows: list[tuple[int, int]] = []
            # The index itself may hold any number, the shards each their own: the highest come first.
            for part in [parts[0], *reversed(parts[1:])]:
                if part.least >= below or (len(rows) >= limit and rows[limit - 1][0] > part.most):
                    continue
                found = part.index.execute(
                    f"SELECT docs.doc, docs.example_id FROM {meant} AND {place} < ? ORDER BY {place} DESC LIMIT ?",
                    (query.words, below, limit),
                )
                rows = sorted([*rows, *map(tuple, found)], reverse=True)[:limit]
        words = words_of(text)
        with self._database.read() as connection:
            hits = [hit for _, example_id in rows if (hit := hit_of(connection, example_id, words)) is not None]
        return Hits(total, tuple(hits), complete, rows[-1][0] if len(rows) == limit else None)

    def ids(self, text: str, *, typing: bool = False, wait: bool = True) -> list[int]:
        """The ids of all examples whose text matches, in ascending order; with `wait` the index is completed first."""
        if wait:
            self.complete()
        query = fts_query(text, typing=typing)
        if not query:
            return []
        found: list[int] = []
        with self.asking() as parts:
            for part in parts:
                rows = part.index.execute(f"SELECT docs.example_id FROM {_MEANT[query.inverse]}", (query.words,))
                found += [row[0] for row in rows]
        return sorted(found)

    def first(self, text: str, limit: int, after: int = 0, *, typing: bool = False) -> list[tuple[int, int]]:
        """The first matches, the oldest change first, as a place in the index and an example's id each.

        `after` is the place to go on from; with `typing` the last word may go on. No more of the index is asked than it
        takes to find so many.
        """
        query = fts_query(text, typing=typing)
        if not query:
            return []
        rows: list[tuple[int, int]] = []
        with self.asking() as parts:
            meant, place = _MEANT[query.inverse], _PLACE[query.inverse]
            for part in parts:
                if part.most <= after or (len(rows) >= limit and rows[limit - 1][0] <= part.least):
                    continue
                found = part.index.execute(
                    f"SELECT docs.doc, docs.example_id FROM {meant} AND {place} > ? ORDER BY {place} LIMIT ?",
                    (query.words, after, limit),
                )
                rows = sorted([*rows, *map(tuple, found)])[:limit]
        return rows

    def holds(self, text: str, example_id: int, *, typing: bool = False) -> bool:
        """Whether one example's text matches; with `typing` the last word may go on."""
        query = fts_query(text, typing=typing)
        if not query:
            return False
        with self.asking() as parts:
            for part in parts:
                row = part.index.execute("SELECT doc FROM docs WHERE example_id = ?", (example_id,)).fetchone()
                if row is None:
                    continue
                found = part.index.execute(
                    "SELECT 1 FROM texts WHERE texts MATCH ? AND rowid = ?", (query.words, row[0])
                ).fetchone()
                return (found is not None) is not query.inverse
        return False

    def interrupt(self) -> None:
        """Stop the queries that run now; they raise Cancelled on their threads."""
        with self._lock:
            for connection in self._asked:
                connection.interrupt()

    @contextlib.contextmanager
    def asking(self) -> Iterator[list[Part]]:
        """This thread's connections to the index, for queries that may be interrupted: the index itself, its shards."""
        asked: list[sqlite3.Connection] = []
        try:
            parts = self._parts()
            asked = [part.index for part in parts]
            with self._lock:
                self._asked += asked
            try:
                yield parts
            finally:
                with self._lock:
                    for connection in asked:
                        self._asked.remove(connection)
        except sqlite3.Error as error:
            if "interrupt" in str(error):
                raise Cancelled("The search was given up for a newer one.") from None
            raise ProjectError(
                f"The text index {self.path.name} cannot be read: {error}. Close the project, delete that file and open"
                " the project again; the index is then built anew."
            ) from error

    def _parts(self) -> list[Part]:
        index = self._connection()
        shards: dict[str, sqlite3.Connection] = self._local.shards
        found = [Part(index, -1, 1 << 62)]
        present = set()
        for row in index.execute("SELECT name, base, size FROM shards WHERE count IS NOT NULL ORDER BY base"):
            name = row["name"]
            present.add(name)
            connection = shards.get(name)
            if connection is None:
                try:
                    connection = open_shard(shard_path(self.path, name))
                except sqlite3.OperationalError:
                    if not shard_path(self.path, name).exists():
                        continue  # given up a moment ago, or lost: then it is built again
                    raise
                shards[name] = connection
                with self._lock:
                    self._open.append(connection)
            found.append(Part(connection, row["base"], row["base"] + row["size"]))
        for name in shards.keys() - present:
            with self._lock:
                self._open.remove(shards[name])
            shards.pop(name).close()
        return found

    def progress(self) -> tuple[int, int]:
        """How many examples are indexed, and of how many."""
        with self._database.read() as connection:
            total = connection.execute("SELECT count(*) FROM examples").fetchone()[0]
        building = self._building
        try:
            index = self._connection()
            done = index.execute(
                "SELECT (SELECT count(*) FROM docs) + (SELECT coalesce(sum(count), 0) FROM shards)"
            ).fetchone()[0]
        except sqlite3.Error:
            done = 0
        return min(done + (building.under_way if building is not None else 0), total), total

    def readiness(self) -> tuple[int, int]:
        """As `progress`, but without making an index where there is none."""
        if self.path.exists():
            return self.progress()
        with self._database.read() as connection:
            return 0, connection.execute("SELECT count(*) FROM examples").fetchone()[0]

    def up_to_date(self) -> bool:
        """Whether every change of text is in the index."""
        try:
            place = self._place(self._connection())
        except sqlite3.Error:
            return False
        with self._database.read() as connection:
            last = connection.execute("SELECT coalesce(max(touched), 0) FROM examples").fetchone()[0]
        return place is not None and place >= last

    def _place(self, index: sqlite3.Connection) -> int | None:
        """How far the index has come in the order of text changes; None while it has to begin anew, or in shards."""
        facts = facts_of(index)
        for name, count in index.execute("SELECT name, count FROM shards").fetchall():
            if count is None or not shard_path(self.path, name).exists():
                return None
        return int(facts.get("touched", "-1")) if facts.get("stamp") == stamp_of(self._database) else None

    def differences(self) -> int | None:
        """How many entries differ from the examples: missing, too many, or of an older text.

        What the index has not come to yet is no difference; None while it is built from the start. A damaged index
        counts as one.
        """
        try:
            with self.asking() as parts:
                for part in parts:
                    # What is looked for in the words of a contentless index is whether they fit each other.
                    part.index.execute("BEGIN IMMEDIATE")
                    try:
                        part.index.execute("INSERT INTO texts(texts) VALUES ('integrity-check')")
                    finally:
                        part.index.execute("ROLLBACK")
                place = self._place(parts[0].index)
                return None if place is None else differences(self._database, [part.index for part in parts], place)
        except ProjectError:
            return 1

    def rebuild(self, report: Report | None = None) -> None:
        """Throw the index away and build it again; raises ProjectError when it cannot be written."""
        with self._lock:
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join()
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._local = threading.local()
            self._remove()
            self._stop.clear()
        self.complete(report)

    # Building

    def start(self) -> None:
        """Bring the index up to date behind the work; harmless when it is or when that is under way."""
        with self._lock:
            if self._stop.is_set():
                return
            self._again = True
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="text index", daemon=True)
                self._thread.start()

    def complete(self, report: Report | None = None) -> None:
        """Bring the index up to date now; raises ProjectError when it cannot be written."""
        if self.up_to_date():
            return
        self._build(report)

    def close(self) -> None:
        """Stop building, where it is, and close the index."""
        with self._lock:
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join()
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                if not self._again:
                    self._thread = None
                    return
                self._again = False
            try:
                self._build(None)
                self.error = None
            except Stopped:
                return
            except Exception as error:
                # The work goes on without the index; whoever searches is told.
                self.error = error
            if self.on_progress is not None:
                self.on_progress()

    def _build(self, report: Report | None) -> None:
        def moved() -> None:
            if report is not None:
                report(*self.progress())
            if self.on_progress is not None and threading.current_thread() is self._thread:
                self.on_progress()

        try:
            index = self._connection(build=True)
            building = IndexBuilding(self._database, self.path, index, self._stop, moved, self.up_to_date)
            self._building = building
            try:
                building.run()
            finally:
                self._building = None
        except (sqlite3.Error, OSError) as error:
            raise ProjectError(
                f"The text index {self.path.name} cannot be built beside the project: {error}. Search does not work"
                " until it can; everything else does."
            ) from error

    def _connection(self, *, build: bool = False) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            return connection
        with self._opening:  # one at a time: no thread removes what another has just opened
            try:
                connection = open_index(self.path)
            except sqlite3.DatabaseError as error:
                # Damaged, or no index at all: it is made anew.
                if not build or not is_damage(error):
                    raise
                self._remove()
                connection = open_index(self.path)
        with self._lock:
            self._open.append(connection)
        self._local.connection = connection
        self._local.shards = {}
        return connection

    def _remove(self) -> None:
        for name in self.path.parent.glob(f"{glob.escape(self.path.name)}*"):
            if not name.name.endswith("-lock"):
                with contextlib.suppress(OSError):
                    name.unlink(missing_ok=True)


def hit_of(connection: sqlite3.Connection, example_id: int, words: Sequence[tuple[str, bool]]) -> Hit | None:
    """An example as a search shows it; None when it is gone."""
    row = connection.execute(
        "SELECT e.id, e.key, e.workflow, p.messages, r.body FROM examples e JOIN example_payloads p"
        " ON p.example_id = e.id LEFT JOIN example_references r ON r.example_id = e.id WHERE e.id = ?",
        (example_id,),
    ).fetchone()
    if row is None:
        return None

    def texts() -> Iterable[str]:
        yield input_text(row["messages"])
        if row["body"] is not None:
            yield clean(load(row["body"]))
        # In an order of their own, as in the index.
        yield from sorted(
            output_text(output["text"], output["messages"])
            for output in connection.execute(
                "SELECT p.text, p.messages FROM outputs o JOIN output_payloads p ON p.output_id = o.id"
                " WHERE o.example_id = ? AND +o.sealed_by IS NULL",
                (example_id,),
            )
        )

    return Hit(row["id"], row["key"], row["workflow"], snippet_around(texts(), words).replace("\x00", "␀"))
