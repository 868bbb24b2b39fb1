"""Shards of the text index: the texts of very many examples, each in a file that a process beside this one builds.

A shard has its name only when it is whole, so a kill costs the shard under way and nothing else. It holds the examples
of one stretch in the order of text changes; what changes later goes into the index itself and is struck out here.
"""

from __future__ import annotations

import os
import queue
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from reviewer.errors import ProjectError
from reviewer.intake.text_index import make_tables, open_shard, shard_path, texts_of
from reviewer.intake.workers import Worker, possible
from reviewer.store.backup import discard, sync_file, sync_folder

__all__ = ["Shard", "Shards"]

MANY = 20_000
"""So many texts that wait are worth processes of their own whatever there is already."""
FEW, SCARCE = 5_000, 8
"""And so many while there are less than so many shards: each is one more file for a search to ask."""
MOST = 50_000
PROCESSES = min(2, os.cpu_count() or 1)
_BATCH = 250
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Shard:
    """One shard: its stretch of the order of changes, and the numbers (base, base + size] of its texts."""

    name: str
    first: int
    last: int
    base: int
    size: int
    count: int | None
    """How many texts it has; None before it is built."""
    least_id: int
    most_id: int


class Shards:
    """The shards of one index, as the one who builds sees them."""

    def __init__(self, path: Path, index: sqlite3.Connection) -> None:
        self._path = path
        self._index = index

    def all(self) -> list[Shard]:
        """Every shard, in the order of its texts."""
        return [Shard(*row) for row in self._index.execute("SELECT * FROM shards ORDER BY base")]

    def worth(self) -> int:
        """So many texts that wait are worth shards of their own."""
        return min(FEW, MANY) if len(self.all()) < SCARCE else MANY

    def place(self, shard: Shard) -> Path:
        """The file of a shard."""
        return shard_path(self._path, shard.name)

    def plan(self, project: sqlite3.Connection, after: int, base: int) -> int:
        """Note the shards for all texts after a place in the order of changes; answers the last of their numbers.

        The first are short, so that something is found soon.
        """
        waiting = project.execute("SELECT count(*) FROM examples WHERE touched > ?", (after,)).fetchone()[0]
        for taken in _sizes(waiting):
            stretch = project.execute(
                "SELECT min(touched), max(touched), min(id), max(id) FROM (SELECT touched, id FROM examples"
                " WHERE touched > ? ORDER BY touched LIMIT ?)",
                (after, taken),
            ).fetchone()
            self._index.execute(
                "INSERT INTO shards VALUES (?, ?, ?, ?, ?, NULL, ?, ?)",
                (secrets.token_hex(4), *stretch[:2], base, taken, *stretch[2:]),
            )
            after, base = stretch[1], base + taken
        return base

    def build(
        self,
        uri: str,
        waiting: list[Shard],
        check: Callable[[int], None],
    ) -> None:
        """Build shards in processes beside this one; `check` hears how many texts are in them so far, and may raise."""
        told: queue.SimpleQueue[tuple[Shard, int | None]] = queue.SimpleQueue()
        under_way: dict[str, tuple[Worker, threading.Thread]] = {}
        rest = list(reversed(waiting))
        counts: dict[str, int] = {}
        tries: dict[str, int] = {}
        try:
            while rest or under_way:
                while rest and len(under_way) < PROCESSES:
                    shard = rest.pop()
                    tries[shard.name] = tries.get(shard.name, 0) + 1
                    under_way[shard.name] = self._start(shard, uri, told)
                with suppress(queue.Empty):
                    shard, count = told.get(timeout=0.2)
                    if count is not None:
                        counts[shard.name] = count
                    else:
                        worker, thread = under_way.pop(shard.name)
                        thread.join()
                        worker.close()
                        if counts.get(shard.name, 0) < 0:
                            counts[shard.name] = self._take(shard, -1 - counts[shard.name])
                        elif tries[shard.name] < _TRIES:
                            rest.append(shard)
                        else:
                            raise ProjectError(
                                f"A process that builds the text index {self._path.name} ended early"
                                f"{worker.last_words()}. Search finds what is in it; building is tried again at the"
                                " next change."
                            )
                check(sum(count if count >= 0 else -1 - count for count in counts.values()))
        finally:
            for worker, _ in under_way.values():
                worker.close()
            for _, thread in under_way.values():
                thread.join()
            for shard in waiting:
                discard(self._part(shard))

    def build_here(self, uri: str, shard: Shard, check: Callable[[int], None]) -> None:
        """Build one shard in this process."""
        part = self._part(shard)
        try:
            count = 0
            for count in fill(uri, part, shard.first, shard.last, shard.base):
                check(count)
            self._take(shard, count)
        finally:
            discard(part)

    def _part(self, shard: Shard) -> Path:
        return self._path.with_name(f"{self.place(shard).name}.part")

    def _start(
        self, shard: Shard, uri: str, told: queue.SimpleQueue[tuple[Shard, int | None]]
    ) -> tuple[Worker, threading.Thread]:
        job: dict[str, object] = {
            "project": uri,
            "part": str(self._part(shard)),
            "first": shard.first,
            "last": shard.last,
            "base": shard.base,
        }
        worker = Worker("reviewer.intake.index_shards", job)
        thread = threading.Thread(target=_listen, args=(shard, worker.output, told), name=shard.name, daemon=True)
        thread.start()
        return worker, thread

    def _take(self, shard: Shard, count: int) -> int:
        """Give a shard that is whole its name, and strike out what others have of its examples."""
        sync_file(self._part(shard))
        self._part(shard).replace(self.place(shard))
        sync_folder(self._path.parent)
        others = [other for other in self.all() if other.count is not None and other.name != shard.name]
        for other in others:
            if other.least_id <= shard.most_id and shard.least_id <= other.most_id:
                with closing(open_shard(self.place(other))) as connection:
                    self._strike(connection, shard)
                    if connection.execute("SELECT 1 FROM docs LIMIT 1").fetchone() is None:
                        self.forget(other)
        self._strike(self._index, shard)
        self._index.execute("UPDATE shards SET count = ? WHERE name = ?", (count, shard.name))
        return count

    def _strike(self, connection: sqlite3.Connection, shard: Shard) -> None:
        connection.execute("ATTACH ? AS newer", (str(self.place(shard)),))
        try:
            connection.execute("DELETE FROM docs WHERE example_id IN (SELECT example_id FROM newer.docs)")
        finally:
            connection.execute("DETACH newer")

    def forget(self, shard: Shard) -> None:
        """Take a shard out of the index."""
        self._index.execute("DELETE FROM shards WHERE name = ?", (shard.name,))
        discard(self.place(shard))

    def missed(self) -> None:
        """Have those built again whose files are gone."""
        for shard in self.all():
            if shard.count is not None and not self.place(shard).exists():
                self._index.execute("UPDATE shards SET count = NULL WHERE name = ?", (shard.name,))

    def tidy(self) -> None:
        """Remove the files of shards that the index does not know, which an end in the middle may have left."""
        known = {shard.name for shard in self.all()}
        head = f"{self._path.name}-"
        for entry in self._path.parent.glob(f"{_escaped(head)}*"):
            tail = entry.name.removeprefix(head).partition(".")[0].partition("-")[0]
            if len(tail) == 8 and tail not in known:
                with suppress(OSError):
                    entry.unlink(missing_ok=True)


def _sizes(count: int) -> Iterator[int]:
    """How so many texts are divided: ever larger, and so that all processes end at about the same time."""
    size = min(MOST, MANY)
    while count:
        if count <= PROCESSES * size:
            taken = -(-count // PROCESSES)
            while count:
                yield min(taken, count)
                count -= min(taken, count)
            return
        for _ in range(PROCESSES):
            yield size
            count -= size
        size = min(MOST, size * 2)


def _escaped(text: str) -> str:
    import glob

    return glob.escape(text)


def beside() -> bool:
    """Whether shards can be built by processes beside this one."""
    return possible()


def _listen(shard: Shard, output: IO[bytes], told: queue.SimpleQueue[tuple[Shard, int | None]]) -> None:
    """Pass on what a process says: how many texts it has, and below zero, counted from -1, when that is all."""
    with suppress(OSError, ValueError):
        for line in output:
            told.put((shard, int(line)))
    told.put((shard, None))


def fill(uri: str, part: Path, first: int, last: int, base: int) -> Iterator[int]:
    """Write the texts of a stretch of the order of changes into a new file; yields how many there are, again and again.

    Nobody reads the file before it is whole, so it is written without a journal, in one transaction.
    """
    discard(part)
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as project:
        project.execute("PRAGMA query_only=ON")
        project.execute("PRAGMA busy_timeout=10000")
        with closing(sqlite3.connect(part, isolation_level=None)) as index:
            if os.name != "nt":
                part.chmod(0o600)
            index.execute("PRAGMA page_size=16384")
            index.execute("PRAGMA journal_mode=OFF")
            index.execute("PRAGMA synchronous=OFF")
            index.execute("PRAGMA cache_size=-8000")
            index.execute("BEGIN")
            make_tables(index)
            index.execute("INSERT INTO texts(texts, rank) VALUES ('automerge', 0)")
            count, place = 0, first - 1
            while rows := project.execute(
                "SELECT id, touched FROM examples WHERE touched > ? AND touched <= ? ORDER BY touched LIMIT ?",
                (place, last, _BATCH),
            ).fetchall():
                texts = texts_of(project, rows)
                place = rows[-1][1]
                number = base + count
                index.executemany(
                    "INSERT INTO docs (doc, example_id, touched) VALUES (?, ?, ?)",
                    [(number + at, row[0], row[1]) for at, row in enumerate(texts, 1)],
                )
                index.executemany(
                    "INSERT INTO texts (rowid, input, output, reference) VALUES (?, ?, ?, ?)",
                    [(number + at, *row[2:]) for at, row in enumerate(texts, 1)],
                )
                count += len(texts)
                yield count
            index.execute("COMMIT")
    yield count


def work(job: dict[str, object], output: IO[bytes]) -> None:
    """In the process beside: build one shard."""
    import gc

    gc.disable()
    count = 0
    for count in fill(
        str(job["project"]),
        Path(str(job["part"])),
        int(str(job["first"])),
        int(str(job["last"])),
        int(str(job["base"])),
    ):
        output.write(b"%d\n" % count)
        output.flush()
    output.write(b"%d\n" % (-1 - count))
