"""The rows of a file as portions of prepared cases, each as much as one transaction writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from reviewer.formats.rows import Row, RowError
from reviewer.intake.mapping import Case, Mapper
from reviewer.intake.preparing import Prepared, prepare
from reviewer.intake.sheets import Laying, Sheets

__all__ = ["Portion", "case_of", "portions", "rejects_of"]

ROWS = 600
BYTES = 2_000_000

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
    before: int = 0
    """The lines of the file before those that `places` counts from."""

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


def rejects_of(portion: Portion, answers: Sequence[RowError | None], path: Path) -> list[Rejected]:
    """The rows of a portion that did not go in, in the order of the file; `answers` are those to its cases."""
    if not any(answers):
        return portion.rejected
    refused = [
        (_row_at(path, place, portion.before), error)
        for place, error in zip(portion.places, answers, strict=True)
        if error is not None
    ]  # fmt: skip
    return sorted([*portion.rejected, *refused], key=lambda one: (one[0].line, one[0].record))


def _row_at(path: Path, place: Place, before: int) -> Row:
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
    return Row(before + line, value, None, raw, offset, record)
