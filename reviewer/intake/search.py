"""Full-text search over input, outputs and reference, in an index of its own beside the project.

The index can be thrown away and built again at any time: the project file alone is the truth. It follows the order of
text changes (`examples.touched`), remembers how far it came, and is built behind the work, from where it stopped. It
holds no text, only where each word stands; which variant wrote a word is not in it either, so it tells nothing about a
pair that a study seals, and the words of sealed outputs leave it with the study's start.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reviewer.errors import Cancelled, ProjectError
from reviewer.intake.search_words import Query, fts_query, snippet_around, words_of
from reviewer.intake.text_index import clean, facts_of, index_path, input_text, open_index, output_text, set_fact
from reviewer.store.database import Database, load

__all__ = ["Hit", "Hits", "Search", "hit_of"]

_LAYOUT = "2"
_BATCH = 400
_MEANT = {
    False: "texts JOIN docs ON docs.doc = texts.rowid WHERE texts MATCH ?",
    True: "docs WHERE docs.doc NOT IN (SELECT rowid FROM texts WHERE texts MATCH ?)",
}
"""The rows of the index that hold the words of a query, or that do not."""


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


class Search:
    """The text index of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.path = index_path(database.path)
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._asked: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._again = False
        self._done = 0
        self._total = 0
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
        with self.asking() as index:
            total, rows = self._matches(index, query, limit, after)
        words = words_of(text)
        with self._database.read() as connection:
            hits = [hit for row in rows if (hit := hit_of(connection, row["example_id"], words)) is not None]
        return Hits(total, tuple(hits), complete, rows[-1]["doc"] if len(rows) == limit else None)

    @staticmethod
    def _matches(
        index: sqlite3.Connection, query: Query, limit: int, after: int | None
    ) -> tuple[int, list[sqlite3.Row]]:
        meant = _MEANT[query.inverse]
        total = index.execute(f"SELECT count(*) FROM {meant}", (query.words,)).fetchone()[0]
        rows = index.execute(
            f"SELECT docs.doc, docs.example_id FROM {meant} AND docs.doc < ? ORDER BY docs.doc DESC LIMIT ?",
            (query.words, after if after is not None else 1 << 62, limit),
        ).fetchall()
        return int(total), rows

    def ids(self, text: str, *, typing: bool = False, wait: bool = True) -> list[int]:
        """The ids of all examples whose text matches, in ascending order; with `wait` the index is completed first."""
        if wait:
            self.complete()
        query = fts_query(text, typing=typing)
        if not query:
            return []
        with self.asking() as index:
            rows = index.execute(f"SELECT docs.example_id FROM {_MEANT[query.inverse]}", (query.words,))
            return sorted(row[0] for row in rows)

    def first(self, text: str, limit: int, after: int = 0, *, typing: bool = False) -> list[tuple[int, int]]:
        """The first matches, the oldest change first, as a place in the index and an example's id each.

        `after` is the place to go on from; with `typing` the last word may go on.
        """
        query = fts_query(text, typing=typing)
        if not query:
            return []
        with self.asking() as index:
            place = "docs.doc" if query.inverse else "texts.rowid"
            rows = index.execute(
                f"SELECT docs.doc, docs.example_id FROM {_MEANT[query.inverse]} AND {place} > ?"
                f" ORDER BY {place} LIMIT ?",
                (query.words, after, limit),
            )
            return [(row[0], row[1]) for row in rows]

    def holds(self, text: str, example_id: int, *, typing: bool = False) -> bool:
        """Whether one example's text matches; with `typing` the last word may go on."""
        query = fts_query(text, typing=typing)
        if not query:
            return False
        with self.asking() as index:
            row = index.execute("SELECT doc FROM docs WHERE example_id = ?", (example_id,)).fetchone()
            if row is None:
                return False
            found = index.execute(
                "SELECT 1 FROM texts WHERE texts MATCH ? AND rowid = ?", (query.words, row["doc"])
            ).fetchone()
            return (found is not None) is not query.inverse

    def interrupt(self) -> None:
        """Stop the queries that run now; they raise Cancelled on their threads."""
        with self._lock:
            for connection in self._asked:
                connection.interrupt()

    @contextlib.contextmanager
    def asking(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection to the index, for a query that may be interrupted."""
        try:
            index = self._connection()
            with self._lock:
                self._asked.append(index)
            try:
                yield index
            finally:
                with self._lock:
                    self._asked.remove(index)
        except sqlite3.Error as error:
            if "interrupt" in str(error):
                raise Cancelled("The search was given up for a newer one.") from None
            raise ProjectError(
                f"The text index {self.path.name} cannot be read: {error}. Close the project, delete that file and open"
                " the project again; the index is then built anew."
            ) from error

    def progress(self) -> tuple[int, int]:
        """How many examples are indexed, and of how many."""
        with self._database.read() as connection:
            total = connection.execute("SELECT count(*) FROM examples").fetchone()[0]
        try:
            done = self._connection().execute("SELECT count(*) FROM docs").fetchone()[0]
        except sqlite3.Error:
            done = 0
        return min(done, total), total

    def up_to_date(self) -> bool:
        """Whether every change of text is in the index."""
        try:
            index = self._connection()
            facts = facts_of(index)
        except sqlite3.Error:
            return False
        with self._database.read() as connection:
            last = connection.execute("SELECT coalesce(max(touched), 0) FROM examples").fetchone()[0]
        return facts.get("stamp") == self._stamp() and int(facts.get("touched", "-1")) >= last

    def differences(self) -> int | None:
        """How many entries differ from the examples: missing, too many, or of an older text; None while it is behind.

        A damaged index counts as one.
        """
        try:
            with self.asking() as index:
                # What is looked for in the words of a contentless index is whether they fit each other.
                index.execute("BEGIN IMMEDIATE")
                try:
                    index.execute("INSERT INTO texts(texts) VALUES ('integrity-check')")
                finally:
                    index.execute("ROLLBACK")
            if not self.up_to_date():
                return None
            with self.asking() as index:
                known: dict[int, int] = dict(index.execute("SELECT example_id, touched FROM docs").fetchall())
        except ProjectError:
            return 1
        with self._database.read() as connection:
            present: dict[int, int] = dict(connection.execute("SELECT id, touched FROM examples").fetchall())
        return sum(known.get(key) != value for key, value in present.items()) + len(known.keys() - present.keys())

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
            except _Stopped:
                return
            except Exception as error:
                # The work goes on without the index; whoever searches is told.
                self.error = error
            if self.on_progress is not None:
                self.on_progress()

    def _build(self, report: Report | None) -> None:
        try:
            index = self._connection(build=True)
            self._prepare(index)
            if report is not None:
                report(*self.progress())
            while self._portion(index):
                if self._stop.is_set():
                    raise _Stopped
                if report is not None:
                    report(*self.progress())
                if self.on_progress is not None and threading.current_thread() is self._thread:
                    self.on_progress()
        except sqlite3.Error as error:
            raise ProjectError(
                f"The text index {self.path.name} cannot be built beside the project: {error}. Search does not work"
                " until it can; everything else does."
            ) from error

    def _stamp(self) -> str:
        """What the index depends on beside the order of text changes."""
        with self._database.read() as connection:
            facts = dict(
                connection.execute(
                    "SELECT key, value FROM meta WHERE key IN ('uuid', 'restored', 'text_epoch')"
                ).fetchall()
            )
            sealing = connection.execute(
                "SELECT coalesce(group_concat(id), '') FROM (SELECT id FROM studies WHERE state = 'open' ORDER BY id)"
            ).fetchone()[0]
        # A restored project counts its text changes anew from where its backup was.
        which = facts.get("uuid", "") + facts.get("restored", "")
        return "|".join([_LAYOUT, which, facts.get("text_epoch", "0"), sealing])

    def _prepare(self, index: sqlite3.Connection) -> None:
        """Make the index this project's, at this epoch."""
        stamp = self._stamp()
        index.execute("BEGIN IMMEDIATE")
        try:
            facts = facts_of(index)
            before = facts.get("stamp", "").split("|")
            after = stamp.split("|")
            if facts.get("stamp") != stamp:
                if before[:2] != after[:2] or before[3:] != after[3:]:
                    # Another project's, or a study was opened or closed: no word of what is sealed may stay behind.
                    index.execute("DELETE FROM docs")
                    index.execute("INSERT INTO texts(texts) VALUES ('delete-all')")
                    set_fact(index, "touched", "0")
                else:
                    self._compare(index)
                set_fact(index, "stamp", stamp)
            index.execute("COMMIT")
        except BaseException:
            if index.in_transaction:  # a full disk has ended it already
                index.execute("ROLLBACK")
            raise

    def _compare(self, index: sqlite3.Connection) -> None:
        """After a removal: drop what is gone, and read again from the first difference on."""
        with self._database.read() as connection:
            present = dict(connection.execute("SELECT id, touched FROM examples").fetchall())
        known = dict(index.execute("SELECT example_id, touched FROM docs").fetchall())
        gone = [(example_id,) for example_id, touched in known.items() if present.get(example_id) != touched]
        index.executemany("DELETE FROM docs WHERE example_id = ?", gone)
        missing = [touched for example_id, touched in present.items() if known.get(example_id) != touched]
        last = max(present.values(), default=0)
        set_fact(index, "touched", str(min(missing) - 1 if missing else last))

    def _portion(self, index: sqlite3.Connection) -> bool:
        """Index the next examples in the order of their changes; false when there are none."""
        index.execute("BEGIN IMMEDIATE")
        try:
            place = int(facts_of(index).get("touched", "0"))
            texts = self._texts(place)
            if texts:
                known = {
                    row[0]: row[1]
                    for row in index.execute(
                        f"SELECT example_id, touched FROM docs WHERE example_id IN ({', '.join('?' * len(texts))})",
                        [example_id for example_id, *_ in texts],
                    )
                }
                doc = int(index.execute("SELECT coalesce(max(doc), 0) FROM docs").fetchone()[0])
                doc = max(doc, int(facts_of(index).get("doc", "0")))
                fresh = [row for row in texts if known.get(row[0]) != row[1]]
                index.executemany("DELETE FROM docs WHERE example_id = ?", [(row[0],) for row in fresh])
                index.executemany(
                    "INSERT INTO docs (doc, example_id, touched) VALUES (?, ?, ?)",
                    [(doc + place, row[0], row[1]) for place, row in enumerate(fresh, 1)],
                )
                index.executemany(
                    "INSERT INTO texts (rowid, input, output, reference) VALUES (?, ?, ?, ?)",
                    [(doc + place, *row[2:]) for place, row in enumerate(fresh, 1)],
                )
                set_fact(index, "doc", str(doc + len(fresh)))
                set_fact(index, "touched", str(texts[-1][1]))
            index.execute("COMMIT")
        except BaseException:
            if index.in_transaction:  # a full disk has ended it already
                index.execute("ROLLBACK")
            raise
        return bool(texts)

    def _texts(self, place: int) -> list[tuple[int, int, str, str, str]]:
        """The next examples after a place in the order of changes: id, place, and the text of each column."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT e.id, e.touched, p.messages, r.body FROM examples e JOIN example_payloads p"
                " ON p.example_id = e.id LEFT JOIN example_references r ON r.example_id = e.id"
                " WHERE e.touched > ? ORDER BY e.touched LIMIT ?",
                (place, _BATCH),
            ).fetchall()
            if not rows:
                return []
            outputs: dict[int, list[str]] = {}
            marks = ", ".join("?" * len(rows))
            for row in connection.execute(
                "SELECT o.example_id, p.text, p.messages FROM outputs o JOIN output_payloads p ON p.output_id = o.id"
                f" WHERE o.sealed_by IS NULL AND o.example_id IN ({marks})",
                [row["id"] for row in rows],
            ):
                outputs.setdefault(row["example_id"], []).append(output_text(row["text"], row["messages"]))
        return [
            (
                row["id"],
                row["touched"],
                input_text(row["messages"]),
                # In an order of their own: the index must not say which variant wrote what.
                "\n".join(sorted(outputs.get(row["id"], ()))),
                "" if row["body"] is None else clean(load(row["body"])),
            )
            for row in rows
        ]

    def _connection(self, *, build: bool = False) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is not None:
            return connection
        try:
            connection = open_index(self.path)
        except sqlite3.DatabaseError:
            # Damaged, or no index at all: it is made anew.
            if not build:
                raise
            self._remove()
            connection = open_index(self.path)
        with self._lock:
            self._open.append(connection)
        self._local.connection = connection
        return connection

    def _remove(self) -> None:
        for name in (self.path, Path(f"{self.path}-wal"), Path(f"{self.path}-shm")):
            with contextlib.suppress(OSError):
                name.unlink(missing_ok=True)


class _Stopped(Exception):  # noqa: N818 - not an error: the project is being closed
    """Building was stopped."""


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
                " WHERE o.example_id = ? AND o.sealed_by IS NULL",
                (example_id,),
            )
        )

    return Hit(row["id"], row["key"], row["workflow"], snippet_around(texts(), words).replace("\x00", "␀"))
