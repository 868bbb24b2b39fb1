"""The portions of a large file, worked out by processes beside this one.

They parse, map and hash while this one writes; each hands its portions over as bytes on a pipe, waits while this one is
behind, and ends when this one ends, however that may be. JSON Lines are read by two, which take turns with the parts
of the file: what reading costs more than writing does not hold up who writes then.
"""

from __future__ import annotations

import marshal
import queue
import struct
import threading
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from reviewer.errors import ReviewerError
from reviewer.formats import jsonl
from reviewer.formats.detect import Detected, read
from reviewer.formats.rows import Row, RowError
from reviewer.intake.mapping import Mapper, Mapping
from reviewer.intake.portions import Portion, portions
from reviewer.intake.sheets import Sheets, packed, unpacked
from reviewer.intake.workers import Worker

__all__ = ["BESIDE", "portions_beside"]

BESIDE = 8 << 20
"""From so many bytes on, a file is worth a process that reads it."""
PART = 4_000_000
"""Bytes of a file that one process reads before the other's turn comes."""
_SEVERAL = 16 << 20
"""From so many bytes on, JSON Lines are worth two."""

_WAITING = 3
_HEAD = struct.Struct("<QQ")
"""How a portion begins on the pipe: the lengths of its values and of its texts."""
_IN_PLACE = ("utf-8", "utf-8-sig", "ascii")


def portions_beside(path: Path, how: Detected, mapping: Mapping, where: str | None) -> Iterator[Portion]:
    """The portions of a file in its order; raises ReviewerError when a process ends before its work does."""
    size = path.stat().st_size
    several = how.format == "jsonl" and how.encoding in _IN_PLACE and size >= _SEVERAL
    parts = max(1, -(-size // PART)) if several else 1
    job: dict[str, object] = {
        "path": str(path), "how": asdict(how), "fields": mapping.to_json(), "where": where, "parts": parts,
        "size": PART if several else 0,
    }  # fmt: skip
    readers = min(2, parts)
    with ExitStack() as stack:
        reading = [
            stack.enter_context(_Reader({**job, "turns": list(range(number, parts, readers))}))
            for number in range(readers)
        ]
        before = 0
        for part in range(parts):
            lines = None
            while lines is None:
                data = reading[part % readers].next()
                if data is None:
                    raise ReviewerError(
                        f"The process that reads {path.name} ended before the file did"
                        f"{reading[part % readers].last_words()}. Nothing was imported; try again."
                    )
                portion, lines = _portion_of(*data, before)
                if portion.offset:
                    yield portion
            before += lines


def _portion_of(values: bytes, text: bytes, before: int) -> tuple[Portion, int | None]:
    """A portion that was handed over, and, with the last one of a part, how many lines that had."""
    cases, places, rejected, skipped, offset, lines = marshal.loads(values)
    wrong = [
        (Row(before + line, value, None, raw, end, record), RowError(reason, field))
        for (line, value, raw, end, record), reason, field in rejected
    ]
    laid_out = unpacked(cases, text) if type(cases) is tuple else cases
    return Portion(laid_out, places, wrong, skipped, offset, before), lines


class _Reader:
    """A process that reads, and a thread that takes its portions while earlier ones are being written."""

    def __init__(self, job: dict[str, object]) -> None:
        self._worker = Worker("reviewer.intake.beside", job)
        self._waiting: queue.Queue[tuple[bytes, bytes] | None] = queue.Queue(_WAITING)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._fetch, name="portions", daemon=True)
        self._thread.start()

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._worker.close()
        while self._thread.is_alive():  # it may be waiting for room
            try:
                self._waiting.get(timeout=0.05)
            except queue.Empty:
                continue

    def next(self) -> tuple[bytes, bytes] | None:
        """The next portion's values and texts; None when the process has ended."""
        return self._waiting.get()

    def last_words(self) -> str:
        """What the process said last, after its end."""
        self._worker.close()
        return self._worker.last_words()

    def _fetch(self) -> None:
        pipe = self._worker.output
        try:
            while not self._stopped.is_set() and len(head := pipe.read(_HEAD.size)) == _HEAD.size:
                sizes = _HEAD.unpack(head)
                values, text = pipe.read(sizes[0]), pipe.read(sizes[1])
                if (len(values), len(text)) != sizes:
                    break
                self._waiting.put((values, text))
        except (OSError, ValueError):  # the pipe was closed on this side
            pass
        self._waiting.put(None)


def work(job: dict[str, Any], output: IO[bytes]) -> None:
    """In a process beside: prepare the rows of its parts of a file, portion by portion."""
    import gc

    from reviewer.intake.plain_rows import PlainRows

    gc.disable()  # rows come and go without leaving circles behind
    gc.freeze()
    how = Detected(**job["how"])
    mapping = Mapping(job["fields"])
    mapper = Mapper(mapping, job["where"])
    in_place = how.format in ("jsonl", "json") and how.encoding in _IN_PLACE
    plain = PlainRows.of(mapping, mapper.where)
    take = None if plain is None else plain.prepared

    def send(portion: Portion, lines: int | None) -> None:
        rejected = [
            ((row.line, row.value, row.raw, row.offset, row.record), error.reason, error.field)
            for row, error in portion.rejected
        ]
        taken = portion.cases
        cases, text = packed(taken) if isinstance(taken, Sheets) else (taken, b"")
        values = marshal.dumps((cases, portion.places, rejected, portion.skipped, portion.offset, lines))
        output.write(_HEAD.pack(len(values), len(text)))
        output.write(values)
        output.write(text)

    number = 0
    for turn in job["turns"]:
        part = _Part(job, how, take, turn)
        for portion in portions(part.rows(), mapper, in_place=in_place):
            send(portion, None)
            number += 1
            if number % 50 == 0:
                gc.collect()
        send(Portion([], [], [], 0, 0), part.lines)


class _Part:
    """The rows that stand in one part of a file, and when they have been read, how many lines there were."""

    def __init__(self, job: dict[str, Any], how: Detected, take: Any, turn: int) -> None:
        self._path = Path(job["path"])
        self._how = how
        self._take = take
        self._start = turn * job["size"]
        # What was written to the file since it was measured belongs to its last part.
        self._end = None if turn == job["parts"] - 1 else self._start + job["size"]
        self._whole = not job["size"]
        self.lines = 0

    def rows(self) -> Generator[Row, None, None]:
        """The rows, in order."""
        if self._whole:
            yield from read(self._path, self._how, self._take)
        else:
            self.lines = yield from jsonl.read_part(self._path, self._start, self._end, self._take)
