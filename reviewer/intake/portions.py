"""The rows of a file as portions of prepared cases: worked out here, or for a large file by a process beside this one.

A second process parses, maps and hashes while this one writes; it hands portions over as bytes on a pipe, waits while
this one is behind, and ends when this one ends, however that may be.
"""

from __future__ import annotations

import marshal
import queue
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias

from reviewer.errors import ReviewerError
from reviewer.formats.detect import Detected, read
from reviewer.formats.rows import Row, RowError
from reviewer.intake import mapping as mappings
from reviewer.intake.mapping import Case, Mapper
from reviewer.intake.preparing import Prepared, prepare
from reviewer.intake.sheets import Laying, Sheets, packed, unpacked
from reviewer.intake.workers import Worker

__all__ = ["Portion", "case_of", "portions", "portions_beside", "rejects_of"]

ROWS = 500
BYTES = 2_000_000
BESIDE = 8 << 20
"""From so many bytes on, a file is worth a process that reads it."""

_WAITING = 2
_HEAD = struct.Struct("<QQ")
"""How a portion begins on the pipe: the lengths of its values and of its texts."""
_IN_PLACE = ("utf-8", "utf-8-sig", "ascii")

Rejected: TypeAlias = tuple[Row, RowError]
Place: TypeAlias = tuple[int, dict[str, Any] | None, str | bytes | int, int, int]
"""Of a row that became a case: line, value, text, offset, record; the value only where the text is no object, the
text's length alone where it can be read again in the file."""


class Portion(NamedTuple):
    """The next rows: cases, where each stands, rows that cannot be taken, how many are not wanted, the bytes read."""

    cases: list[Prepared] | Sheets
    places: list[Place]
    rejected: list[Rejected]
    skipped: int
    offset: int

    @property
    def wanted(self) -> int:
        """The rows that were wanted."""
        return len(self.places) + len(self.rejected)


def case_of(mapper: Mapper, row: Row) -> tuple[Case | None, RowError | None]:
    """What the row becomes: a case, an error, or neither when it is not wanted."""
    if row.error is not None or row.value is None:
        return None, row.error or RowError("cannot be read.")
    try:
        if not mapper.wanted(row.value):
            return None, None
        return mapper.case(row.value), None
    except RowError as error:
        return None, error
    except RecursionError:
        return None, RowError("is nested too deeply to be read.")


def portions(rows: Iterator[Row], mapper: Mapper, *, in_place: bool = False) -> Iterator[Portion]:
    """The rows in the portions that one transaction writes, bounded in number and in bytes.

    With `in_place` the text of a row that becomes a case is left where it stands in the file.
    """
    laying = Laying()
    places: list[Place] = []
    rejected: list[Rejected] = []
    size = skipped = count = 0
    for row in rows:
        line, value, _, raw, offset, record, taken = row
        count += 1
        size += len(raw)
        if taken is None:
            case, error = case_of(mapper, row)
            taken = None if case is None else prepare(case)
        if taken is not None:
            laying.add(taken)  # type: ignore[arg-type]
            if in_place:
                places.append((line, None, len(raw), offset, record))
            else:  # a row that is an object is written to the rejects file as it stood; of others the values are needed
                places.append((line, None if raw[:1] in ("{", b"{") else value, raw, offset, record))
        elif error is not None:
            rejected.append((row, error))
        else:
            skipped += 1
        if count == ROWS or size > BYTES:
            yield Portion(laying.taken(), places, rejected, skipped, row.offset)
            places, rejected = [], []
            size = skipped = count = 0
    if count:
        yield Portion(laying.taken(), places, rejected, skipped, row.offset)


def portions_beside(path: Path, how: Detected, mapping: mappings.Mapping, where: str | None) -> Iterator[Portion]:
    """The same, from a process of its own; raises ReviewerError when that ends before the file does."""
    job: dict[str, object] = {"path": str(path), "how": asdict(how), "fields": mapping.to_json(), "where": where}
    with closing(Worker("reviewer.intake.portions", job)) as worker:
        waiting: queue.Queue[tuple[bytes, bytes] | None] = queue.Queue(_WAITING)
        stopped = threading.Event()
        thread = threading.Thread(target=_fetch, args=(worker.output, waiting, stopped), name="portions", daemon=True)
        thread.start()
        try:
            while (data := waiting.get()) is not None:
                cases, places, rejected, skipped, offset = marshal.loads(data[0])
                if cases is None:
                    return
                wrong = [
                    (Row(line, value, None, raw, end, record), RowError(reason, field))
                    for (line, value, raw, end, record), reason, field in rejected
                ]
                laid_out = unpacked(cases, data[1]) if type(cases) is tuple else cases
                yield Portion(laid_out, places, wrong, skipped, offset)
        finally:
            stopped.set()
            worker.close()
            while thread.is_alive():  # it may be waiting for room
                try:
                    waiting.get(timeout=0.05)
                except queue.Empty:
                    continue
        raise ReviewerError(
            f"The process that reads {path.name} ended before the file did{worker.last_words()}. Nothing was imported; "
            "try again."
        )


def _fetch(pipe: IO[bytes], waiting: queue.Queue[tuple[bytes, bytes] | None], stopped: threading.Event) -> None:
    """Take portions from the pipe while earlier ones are being written."""
    try:
        while not stopped.is_set() and len(head := pipe.read(_HEAD.size)) == _HEAD.size:
            sizes = _HEAD.unpack(head)
            values, text = pipe.read(sizes[0]), pipe.read(sizes[1])
            if (len(values), len(text)) != sizes:
                break
            waiting.put((values, text))
    except (OSError, ValueError):  # the pipe was closed on this side
        pass
    waiting.put(None)


def rejects_of(portion: Portion, answers: Sequence[RowError | None], path: Path) -> list[Rejected]:
    """The rows of a portion that did not go in, in the order of the file; `answers` are those to its cases."""
    if not any(answers):
        return portion.rejected
    refused = [
        (_row_at(path, place), error)
        for place, error in zip(portion.places, answers, strict=True)
        if error is not None
    ]  # fmt: skip
    return sorted([*portion.rejected, *refused], key=lambda one: (one[0].line, one[0].record))


def _row_at(path: Path, place: Place) -> Row:
    """The row that stands there, as a rejects file has it."""
    line, value, raw, offset, record = place
    if isinstance(raw, int):
        length, around = raw, raw + 64
        with path.open("rb") as file:
            while True:  # white space may stand between the end of the text and the end of what was read
                file.seek(max(0, offset - around))
                text = file.read(offset - file.tell()).rstrip(b" \t\r\n")
                if len(text) >= length or around > offset:
                    break
                around *= 16
        raw = text[-length:]
    return Row(line, value, None, raw, offset, record)


def work(job: dict[str, object], output: IO[bytes]) -> None:
    """In the process beside: prepare a file's rows, portion by portion."""
    import gc

    from reviewer.intake.plain_rows import PlainRows

    gc.disable()  # rows come and go without leaving circles behind
    gc.freeze()
    how = Detected(**job["how"])  # type: ignore[arg-type]
    mapping = mappings.Mapping(job["fields"])  # type: ignore[arg-type]
    mapper = Mapper(mapping, job["where"])  # type: ignore[arg-type]
    in_place = how.format in ("jsonl", "json") and how.encoding in _IN_PLACE

    def send(cases: Any, text: bytes, *more: Any) -> None:
        values = marshal.dumps((cases, *more))
        output.write(_HEAD.pack(len(values), len(text)))
        output.write(values)
        output.write(text)

    plain = PlainRows.of(mapping, mapper.where)
    rows = read(Path(str(job["path"])), how, None if plain is None else plain.prepared)
    for number, portion in enumerate(portions(rows, mapper, in_place=in_place)):
        rejected = [
            ((row.line, row.value, row.raw, row.offset, row.record), error.reason, error.field)
            for row, error in portion.rejected
        ]
        taken = portion.cases
        cases, text = packed(taken) if isinstance(taken, Sheets) else (taken, b"")
        send(cases, text, portion.places, rejected, portion.skipped, portion.offset)
        if number % 50 == 49:
            gc.collect()
    send(None, b"", (), (), 0, 0)
