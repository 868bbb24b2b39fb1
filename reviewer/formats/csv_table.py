"""CSV and TSV: one record a row under its header, every cell a string exactly as it stands."""

from __future__ import annotations

import csv
import io
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

from reviewer.formats.rows import LONGEST_ROW, REJECTED, WRONG_BYTES, Row, RowError

__all__ = ["DELIMITERS", "guess_delimiter", "read"]

DELIMITERS = (",", ";", "\t", "|")


def guess_delimiter(sample: str) -> str | None:
    """The delimiter under which the sample is the most even table of two columns or more; None when it is none."""
    best: tuple[float, int, str] | None = None
    for delimiter in DELIMITERS:
        widths: list[int] = []
        try:
            for cells in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                if cells:
                    widths.append(len(cells))
                if len(widths) == 200:
                    break
        except csv.Error:
            pass
        if len(widths) > 1 and widths[0] > 1:
            # The sample may end inside a row, so its last row does not count.
            counted = widths[:-1] if len(widths) > 2 else widths
            even = Counter(counted)[widths[0]] / len(counted)
            rank = (even, widths[0], delimiter)
            if even > 0.5 and (best is None or rank[:2] > best[:2]):
                best = rank
    return best[2] if best else None


def read(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> Iterator[Row]:
    """The rows below the header, in order; one that does not fit the header is a row with its error. Raises OSError."""
    csv.field_size_limit(LONGEST_ROW)
    with path.open("rb") as binary:
        text = io.TextIOWrapper(binary, encoding=encoding, errors=WRONG_BYTES, newline="")
        try:
            yield from _Table(text, binary, delimiter, encoding).rows()
        finally:
            text.detach()


class _Table:
    """The lines of the file, of which those of a broken row can be given back and read again."""

    def __init__(self, text: io.TextIOWrapper, binary: io.BufferedReader, delimiter: str, encoding: str) -> None:
        self._text = text
        self._binary = binary
        self._delimiter = delimiter
        self._encoding = encoding
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self._line = 0

    def _lines(self) -> Iterator[str]:
        while True:
            line = self._again.popleft() if self._again else self._text.readline(LONGEST_ROW)
            if not line:
                return
            self._line += 1
            if self._line == 1:
                line = line.removeprefix("\ufeff")
            self._taken.append(line)
            yield line

    def rows(self) -> Iterator[Row]:
        """Every row below the header, or its error."""
        header: list[str] | None = None
        while True:
            # A new reader after each error: the one that failed is inside a cell that never ended.
            reader = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
            while True:
                self._taken.clear()
                start = self._line + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield self._broken(start, _explain(str(error)))
                    break
                if not cells or (len(cells) == 1 and not cells[0].strip()):
                    continue
                if header is None:
                    header = _names(cells)
                    continue
                if len(cells) != len(header):
                    several = len(self._taken) > 1
                    reason = (
                        f"has {len(cells)} cell{'' if len(cells) == 1 else 's'}, the header has {len(header)}. Add what"
                        " is missing, or put a cell that holds the delimiter in quotation marks."
                    )
                    yield self._broken(start, reason, dict(zip(header, cells, strict=False)))
                    if several:
                        break
                    continue
                yield self._row(start, dict(zip(header, cells, strict=True)))

    def _row(self, start: int, value: dict[str, object]) -> Row:
        value.pop(REJECTED, None)
        raw = "".join(self._taken).rstrip("\r\n")
        for name, cell in value.items():
            try:
                str(cell).encode("utf-8")
            except UnicodeEncodeError as error:
                wrong = ord(str(cell)[error.start]) & 0xFF
                known = "not valid UTF-8" if self._encoding.startswith("utf-8") else f"not known to {self._encoding}"
                reason = f"has the byte 0x{wrong:02x}, which is {known}. Save the file as UTF-8."
                return Row(start, None, RowError(reason, name), raw, self._binary.tell())
        return Row(start, value, None, raw, self._binary.tell())

    def _broken(self, start: int, reason: str, value: dict[str, object] | None = None) -> Row:
        raw = self._taken[0].rstrip("\r\n") if self._taken else ""
        if len(self._taken) > 1:
            self._again.extendleft(reversed(self._taken[1:]))
            self._line = start
        return Row(start, value, RowError(reason), raw, self._binary.tell())


def _names(cells: list[str]) -> list[str]:
    """The header's names, each once and none empty."""
    names: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = cell.strip() or f"column_{place}"
        number = 1
        unique = name
        while unique in names:
            number += 1
            unique = f"{name}_{number}"
        names.append(unique)
    return names


def _explain(error: str) -> str:
    if "unexpected end of data" in error:
        return "opens a quotation mark that nothing closes. Close it, or double a quotation mark that is meant itself."
    if "expected after" in error:
        return "has text after a closing quotation mark. Double a quotation mark that is meant itself."
    if "field larger" in error:
        return f"has a cell of more than {LONGEST_ROW // 1024 // 1024} MB, mostly a quotation mark that nothing closes."
    return f"cannot be read as a row: {error}."
