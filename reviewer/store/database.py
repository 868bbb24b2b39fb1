"""One open project file: one connection that writes, one per thread that reads.

SQLite before 3.51.3 has a rare corruption when several connections write and checkpoint the same WAL; so one
connection does all of that, behind a lock, and every other one only reads.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from reviewer.errors import ProjectError, refused_text
from reviewer.store.failures import damaged, explained, is_damage, unopened
from reviewer.store.history import Action

if TYPE_CHECKING:
    from reviewer.store.marking import Marking

__all__ = ["APPLICATION_ID", "SQLITE_VERSION", "Database", "dump", "load", "now_ms"]

APPLICATION_ID = 0x52657677  # "Revw"
SQLITE_VERSION = sqlite3.sqlite_version
BUSY_MS = 5000
WRITER_CACHE_KB = 16_000
READER_CACHE_KB = 3_000
"""There are half a dozen readers, and behind them the system keeps the same pages once for all."""
SHRINK_BYTES = 20_000_000
KEPT_BYTES = 200_000_000
SWAP_SECONDS = 30
"""How long a file that takes the place of another waits for those who read."""


def now_ms() -> int:
    """The present time in epoch milliseconds."""
    return time.time_ns() // 1_000_000


def dump(value: object) -> str:
    """`value` as JSON text for a payload column; lone surrogates survive as escapes."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):  # a lone surrogate, or an integer past 64 bits
        import json

        return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def load(text: str) -> Any:
    """The value that `dump` wrote."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        import json

        return json.loads(text)


class Database:
    """The connections to one project file."""

    def __init__(self, path: Path, *, read_only: bool = False, still: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        # Nobody writes and no log waits: the file can be read as it lies, also where no file can be put beside it.
        self._as_it_lies = read_only and still and not _waits(path)
        self._lock = threading.RLock()
        self._depth = 0
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []
        # Reading stops for the moment in which another file takes this one's place.
        self._gate = threading.Condition()
        self._reading = 0
        self._swapping = False
        self._generation = 0
        self._marked = self._counted = self._hurried = False
        self._marking: Marking | None = None
        self._writer = None if read_only else self._connect(write=True)
        self._place = _place(path)

    def reading_uri(self) -> str:
        """The file as another process, or another database, opens it to read it while it is open here."""
        return f"{self.path.absolute().as_uri()}?mode=ro{'&immutable=1' if self._as_it_lies else ''}"

    def _connect(self, *, write: bool) -> sqlite3.Connection:
        mode = "rw" if write or not self.read_only else "ro"
        if self._as_it_lies:
            mode += "&immutable=1"
        try:
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
            )
            connection.row_factory = sqlite3.Row
            connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KB if write else READER_CACHE_KB}")
            if write:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
            else:
                connection.execute("PRAGMA query_only=ON")
        except sqlite3.OperationalError as error:
            raise unopened(self.path, error, write=write) from error
        except sqlite3.DatabaseError as error:
            raise damaged(self.path, error) from error
        return connection

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """This thread's reading connection; inside `transaction` on the same thread, the writing one.

        Raises InputError for a text that cannot be looked up, because it holds a lone surrogate.
        """
        if self._depth and self._owns_lock():
            assert self._writer is not None
            yield self._writer
            return
        inside = getattr(self._local, "reading", 0)
        if not inside:
            with self._gate:
                while self._swapping:
                    self._gate.wait()
                self._reading += 1
        self._local.reading = inside + 1
        try:
            yield self._reader()
        except UnicodeEncodeError as error:
            raise refused_text(error) from error
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise damaged(self.path, error) from error
            raise
        finally:
            self._local.reading = inside
            if not inside:
                with self._gate:
                    self._reading -= 1
                    if self._swapping:
                        self._gate.notify_all()

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None or self._local.generation != self._generation:
            connection = self._connect(write=False)
            self._local.connection = connection
            self._local.generation = self._generation
            self._readers.append(connection)
        return connection

    def _owns_lock(self) -> bool:
        return bool(getattr(self._local, "writing", False))

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """The writing connection inside one transaction; it has been committed to disk when the block ends.

        A block inside a block joins the outer transaction. Raises ProjectError when the file cannot be written,
        InputError for a text that no file can hold, because it holds a lone surrogate.
        """
        return self._transaction(hurried=False)

    def portion(self) -> AbstractContextManager[sqlite3.Connection]:
        """A transaction of bulk work that is marked as unfinished: what a crash leaves of it is taken out again.

        So it need not reach the disk before the next one begins; and its rows name only rows that it has seen.
        """
        return self._transaction(hurried=True)

    @contextmanager
    def _transaction(self, *, hurried: bool) -> Iterator[sqlite3.Connection]:
        if self._writer is None:
            raise ProjectError(f"{self.path.name} is open for reading only; nothing was changed.")
        with self._lock:
            if self._depth:
                yield self._writer
                return
            self._must_be_there()
            self._hurry(hurried)
            try:
                if not self._counted:
                    self._begin_sitting(self._writer)
                self._writer.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise self._explain(error) from error
            self._depth = 1
            self._local.writing = True
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as error:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise self._explain(error) from error
                if isinstance(error, UnicodeEncodeError):
                    raise refused_text(error) from error
                if isinstance(error, sqlite3.DatabaseError) and is_damage(error):
                    raise damaged(self.path, error) from error
                raise
            finally:
                self._depth = 0
                self._local.writing = False

    def _hurry(self, hurried: bool) -> None:
        """Set the connection to bulk work, or back to what people's actions ask for.

        Only where it is set otherwise: each change costs the connection all its prepared statements.
        """
        if self._hurried is not hurried:
            assert self._writer is not None
            self._writer.execute(f"PRAGMA foreign_keys={'OFF' if hurried else 'ON'}")
            self._writer.execute(f"PRAGMA synchronous={'NORMAL' if hurried else 'FULL'}")
            self._hurried = hurried

    def _begin_sitting(self, writer: sqlite3.Connection) -> None:
        """Count the sitting, and mark the file itself as being worked in.

        The mark goes when the file is closed in order. A file that bears it and has no log beside it has lost its log.
        """
        writer.execute("BEGIN IMMEDIATE")
        try:
            writer.executemany(
                "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
                [("open_since", str(now_ms())), ("sitting_day", time.strftime("%Y-%m-%d"))],
            )
            writer.execute(
                "INSERT OR REPLACE INTO meta (key, value) VALUES ('sitting', coalesce((SELECT CAST(value AS INTEGER)"
                " FROM meta WHERE key = 'sitting'), 0) + 1)"
            )
            writer.execute("COMMIT")
        except BaseException:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
            raise
        self._counted = True
        if not self._marked:
            self._marked = True
            writer.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _must_be_there(self) -> None:
        """Raise ProjectError when the open file no longer lies where it was opened: a write to it would be lost."""
        if self._place is None or _place(self.path) == self._place:
            return
        raise ProjectError(
            f"{self.path} is not there any more: its drive was removed, or the file was moved or replaced. Nothing was"
            " changed, and nothing can be until it is back in its place; what you have typed stays in its field."
        )

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A connection of its own that sees the project as it is now, whatever is written meanwhile.

        What is written from here on counts as a new sitting, so that a backup of this one does not pass for it.
        """
        with self._lock:
            connection = self._connect(write=False)
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM meta").fetchone()
            self._counted = False
        try:
            yield connection
        finally:
            connection.close()

    def _explain(self, error: sqlite3.OperationalError) -> Exception:
        return explained(self.path, error)

    @contextmanager
    def action(
        self, title: str, annotator_id: int | None, *, room: str = "", focus: int | None = None
    ) -> Iterator[Action]:
        """One person's action: one transaction, whose row changes are recorded so that it can be undone.

        `title` is what the Undo entry says, `focus` the example to show when it is undone.
        """
        with self.transaction() as connection:
            action = Action(connection, title, annotator_id, room=room, focus=focus)
            yield action
            action.finish()

    def fold_log(self) -> None:
        """Fold the write-ahead log into the file and empty it, so that nothing overwritten stays readable in it."""
        with self._lock:
            if self._writer is not None and not self._depth:
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def give_back_room(self) -> None:
        """Shrink the file when most of it stands empty, as after the removal of a large import."""
        with self._lock:
            if self._writer is None or self._depth:
                return
            size, empty, pages = (
                self._writer.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_size", "freelist_count", "page_count")
            )
            # What is kept is written anew, so it must be little enough to be a matter of seconds.
            if empty * size < SHRINK_BYTES or empty * 2 < pages or (pages - empty) * size > KEPT_BYTES:
                return
            try:
                self._writer.execute("VACUUM")
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.OperationalError:
                return  # a full disk, or a reader in the way: the empty room is used again by what comes next

    def marked(self, asker: object) -> set[int] | None:
        """The examples whose labels, slice, flag, exclusion, input or seal were written since the same one asked last.

        None where that is not known: the first time, inside a transaction, and after another file took this one's
        place. What is read after this has at least what it speaks of.
        """
        with self._lock:
            if self._writer is None:
                return None
            if self._depth:  # what has been written in it may still be taken back
                if self._marking is not None:
                    self._marking.lose()
                return None
            if self._marking is None:
                from reviewer.store.marking import Marking

                self._marking = Marking(self._writer)
            return self._marking.take(asker)

    def copy_to(self, target: Path) -> int:
        """Copy everything to a new file, as it lies; answers how many rows had been written here at that moment."""
        with self._lock:
            assert self._writer is not None
            with closing(sqlite3.connect(target, isolation_level=None)) as copy:
                self._writer.backup(copy)
            return self._writer.total_changes

    @contextmanager
    def exchange(self, bring_over: Callable[[sqlite3.Connection], None]) -> Iterator[Callable[[Path], None]]:
        """Nobody writes inside; called with the path of another file, what is given lets it take this one's place.

        `bring_over` is called with the writing connection first. Whoever reads meanwhile waits, or, where a reader
        does not end, the other file's content is copied in.
        """
        with self._lock:
            if self._writer is None or self._depth:
                raise ProjectError(f"{self.path.name} is being written; nothing was changed.")
            self._hurry(False)
            bring_over(self._writer)
            yield self._take_place

    def _take_place(self, other: Path) -> None:
        assert self._writer is not None
        with self._gate:
            self._swapping = True
        try:
            with self._gate:
                alone = self._gate.wait_for(lambda: not self._reading, SWAP_SECONDS)
            busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            if not alone or busy or not self._swapped(other):
                with closing(sqlite3.connect(other, isolation_level=None)) as source:
                    source.backup(self._writer)
                if self._marking is not None:
                    self._marking.lose()
        except sqlite3.OperationalError as error:
            raise self._explain(error) from error
        finally:
            with self._gate:
                self._swapping = False
                self._gate.notify_all()

    def _swapped(self, other: Path) -> bool:
        """Put the other file in this one's place; false where something holds this one open."""
        from reviewer.store.backup import sync_folder

        for reader in self._readers:
            reader.close()
        self._readers.clear()
        self._generation += 1
        assert self._writer is not None
        self._writer.close()
        try:
            try:
                # The log is empty. A process that reads the old file keeps what it has of both.
                for name in (f"{self.path}-wal", f"{self.path}-shm"):
                    Path(name).unlink(missing_ok=True)
                other.replace(self.path)
            except OSError:
                return False
            sync_folder(self.path.parent)
        finally:
            self._writer = self._connect(write=True)
            self._place = _place(self.path)
            if self._marking is not None:
                self._marking.watch(self._writer)
        return True

    def meta(self, key: str, default: str = "") -> str:
        """The value of one row of `meta`."""
        with self.read() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row["value"]) if row else default

    def set_meta(self, key: str, value: str) -> None:
        """Write one row of `meta`."""
        with self.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?, ?)", (key, value))

    def close(self) -> None:
        """Close every connection; the last one folds the WAL into the file."""
        for reader in self._readers:
            reader.close()
        self._readers.clear()
        self._local = threading.local()
        if self._writer is not None:
            if _place(self.path) == self._place:
                # On a full disk the mark stays, and the log is folded in all the same.
                with suppress(sqlite3.Error):
                    self._writer.execute("DELETE FROM meta WHERE key = 'open_since'")
            self._writer.close()
            self._writer = None


def _place(path: Path) -> tuple[int, int] | None:
    """Which file lies at a path; None where the system numbers none or there is no file."""
    try:
        state = path.stat()
    except OSError:
        return None
    return (state.st_dev, state.st_ino) if state.st_ino else None


def _waits(path: Path) -> bool:
    """Whether a write-ahead log beside the file still holds something."""
    log = Path(f"{path}-wal")
    return log.exists() and log.stat().st_size > 0
