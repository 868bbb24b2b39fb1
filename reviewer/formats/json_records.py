"""A JSON file that holds records: an array of objects, an object with such an array inside, objects one after another.

The file is never in memory as a whole: the end of each record is found in the bytes and the record parsed alone, so
that one bad record costs itself and not the file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from reviewer.formats.rows import LONGEST_ROW, WRONG_BYTES, Row, RowError, parse_object

__all__ = ["ENTRY_KEY", "read"]

ENTRY_KEY = "_key"
"""Where a record keeps its name when the file is an object of records by name."""

_CHUNK = 1 << 20
_SPACE = b" \t\r\n"
# A JSON string holds no raw line feed, so one that meets the end of its line is broken.
_PART = re.compile(rb'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|[{}\[\]"]', re.DOTALL)
_KEY = re.compile(rb'\s*("[^"\\\n]*(?:\\.[^"\\\n]*)*")\s*:\s*')
_FIRST_KEY = re.compile(rb'\{\s*("[^"\\\n]*(?:\\.[^"\\\n]*)*")')
_RECORD_NAMES = frozenset(
    b"data rows records examples items instances samples results questions cases dataset train test validation logs "
    b"traces runs eval evals entries".split()
)
_SPLITS = frozenset(b"train training test testing dev val validation eval evaluation".split())
"""Lists of the same kind of record, which files keep beside each other."""
_NAME_BEFORE = re.compile(rb'"([^"\\]*)"\s*:\s*\Z')
_NOT_RECORDS = frozenset(
    b"messages conversation conversations traj trajectory turns tools documents docs context contexts choices "
    b"tool_calls steps input output prompt candidates references annotations".split()
)


def read(path: Path, encoding: str = "utf-8") -> Iterator[Row]:
    """The records of the file, in order; one that cannot be read is a row with its error. Raises OSError."""
    with path.open("rb") as file:
        yield from _Scanner(_Feed(file, encoding)).rows()


class _Feed:
    """The file as UTF-8, piece by piece."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._decoder = None
        if encoding not in ("utf-8", "utf-8-sig", "ascii"):
            self._decoder = codecs.getincrementaldecoder(encoding)(errors=WRONG_BYTES)
        self.offset = 0

    def read(self, size: int) -> bytes:
        """At least one byte more, or nothing at the end."""
        while True:
            raw = self._file.read(size)
            first = self.offset == 0
            self.offset += len(raw)
            if self._decoder is None:
                return raw.removeprefix(codecs.BOM_UTF8) if first else raw
            text = self._decoder.decode(raw, final=not raw)
            if first:
                text = text.removeprefix("\ufeff")
            if text or not raw:
                return text.encode("utf-8", "surrogatepass")


class _Scanner:
    """A window over the bytes of the file that only moves forward."""

    def __init__(self, feed: _Feed) -> None:
        self._feed = feed
        self._data = b""
        self._at = 0
        self._line = 1
        self._counted = 0
        self._ended = False
        # What the records seen so far look like: how one ends, to find the next end without counting brackets.
        self._needle = b""
        self._needle_keeps = 0
        self._misses = 0
        self._number = 0
        self._cut_off = False

    def rows(self) -> Iterator[Row]:
        """Every record, or its error: of the file's first list or object, and of every other that follows it."""
        first = self._peek()
        if first and first not in b"[{":
            self._count()
            rest = self._data[self._at : self._at + 2000]
            yield self._numbered(
                Row(self._line, None, RowError("is not a JSON record. The file must be a list of objects."), rest, 0)
            )
            return
        holder_may_come = True
        while lead := self._peek():
            if lead == b"[":
                self._at += 1
                yield from self._records(b"]")
                holder_may_come = False
            elif holder_may_come and lead == b"{" and (levels := self._enter_records()) is not None:
                closing = self._data[self._at : self._at + 1]
                name = _NAME_BEFORE.search(self._data, max(0, self._at - 100), self._at)
                self._at += 1
                yield from self._records(b"]" if closing == b"[" else b"}")
                while name is not None and name[1].lower() in _SPLITS and self._enter_sibling():
                    yield from self._records(b"]")
                yield from self._leave(levels)
            else:
                yield from self._records(b"")
                holder_may_come = False

    def _numbered(self, row: Row) -> Row:
        self._number += 1
        return row._replace(record=self._number)

    def _enter_sibling(self) -> bool:
        """Move into the list of records that follows the one just read in its object; false when none does."""
        if self._cut_off or self._peek() != b",":
            return False
        key = self._match(_KEY, self._at + 1)
        if key is None or key[1].strip(b'"').lower() not in _SPLITS:
            return False
        place = key.end()
        while place >= len(self._data) and self._more():
            pass
        if self._data[place : place + 1] != b"[":
            return False
        self._at = place + 1
        return True

    def _leave(self, levels: int) -> Iterator[Row]:
        """Pass over what so many objects around the records still hold."""
        while levels and not self._cut_off:
            found = _PART.search(self._data, self._at)
            if found is not None and (found[0] != b'"' or b"\n" in self._data[found.end() :]):
                self._at = found.end()
                levels += {b"{": 1, b"[": 1, b"}": -1, b"]": -1}.get(found[0], 0)
                self._drop()
                continue
            self._at = len(self._data) if found is None else found.start()
            self._drop()
            if not self._more():
                self._at = len(self._data)
                yield self._end_missing("object around its records")

    def _end_missing(self, what: str) -> Row:
        self._cut_off = True
        self._count()
        reason = f"is cut off: the file ends before its {what} does. What came before it was read."
        return self._numbered(Row(self._line, None, RowError(reason), b"", self._feed.offset))

    # The window

    def _more(self) -> bool:
        """Read on; false at the end of the file. Positions stay valid until `_drop`."""
        if self._ended:
            return False
        piece = self._feed.read(max(_CHUNK, (len(self._data) - self._at) // 2))
        if not piece:
            self._ended = True
            return False
        self._data += piece
        return True

    def _drop(self) -> None:
        """Forget what lies before the present place."""
        if self._at >= _CHUNK:
            self._count()
            self._data = self._data[self._at :]
            self._at = self._counted = 0

    def _count(self) -> None:
        self._line += self._data.count(b"\n", self._counted, self._at)
        self._counted = self._at

    def _peek(self) -> bytes:
        """The next byte that is not white space, where the window then stands; empty at the end."""
        while True:
            length = len(self._data)
            while self._at < length and self._data[self._at] in _SPACE:
                self._at += 1
            if self._at < length:
                return self._data[self._at : self._at + 1]
            if not self._more():
                return b""

    # Finding the records

    def _enter_records(self) -> int | None:
        """Move to the bracket that opens the records of the object here, and say how many objects are around it.

        None when the object itself is a record.
        """
        start = self._at
        found = self._find_holder(start + 1, 0)
        self._at = start if found is None else found[0]
        return None if found is None else found[1]

    def _find_holder(self, place: int, depth: int) -> tuple[int, int] | None:
        values: list[tuple[int, int]] = []
        fallback: tuple[int, int] | None = None
        opened = place - 1
        while True:
            key = self._match(_KEY, place)
            if key is None:
                break
            name = key[1].strip(b'"').lower()
            value = key.end()
            while value >= len(self._data) and self._more():
                pass
            lead = self._data[value : value + 1]
            if lead == b"[" and self._after(value + 1) == b"{" and self._holds_records(name, value):
                if name in _RECORD_NAMES:
                    return value, depth + 1
                fallback = (value, depth + 1) if fallback is None else fallback
            elif lead == b"{" and depth == 0 and name in _RECORD_NAMES:
                inner = self._find_holder(value + 1, 1)
                if inner is not None:
                    return inner
            end = self._end_of(value, _CHUNK * 16)
            if end is None:  # broken, or so long that it can only be the records
                return fallback
            if lead == b"{":
                values.append((value, end))
            if depth == 0 and len(values) == 2 and fallback is None and self._alike(values, opened):
                return opened, 0
            place = end
            while (byte := self._data[place : place + 1]) == b"" or byte in (b" ", b"\n", b"\r", b"\t"):
                if byte == b"" and not self._more():
                    return fallback
                place += 1 if byte else 0
            if byte != b",":
                break
            place += 1
        return fallback

    def _holds_records(self, name: bytes, value: int) -> bool:
        """Whether a list of objects is one of records; a conversation and its parts are none."""
        if name not in (b"conversations", b"dialogs", b"dialogues", b"chats"):
            return name not in _NOT_RECORDS
        start = self._data.index(b"{", value)
        end = self._end_of(start, _CHUNK)
        try:
            first = parse_object(self._data[start:end])
        except RowError:
            return False
        return "role" not in first and "from" not in first

    def _match(self, pattern: re.Pattern[bytes], place: int) -> re.Match[bytes] | None:
        while (found := pattern.match(self._data, place)) is None or found.end() == len(self._data):
            if len(self._data) - place > _CHUNK or not self._more():
                break
        return found

    def _after(self, place: int) -> bytes:
        while True:
            while place < len(self._data) and self._data[place] in _SPACE:
                place += 1
            if place < len(self._data) or not self._more():
                return self._data[place : place + 1]

    def _alike(self, values: list[tuple[int, int]], opened: int) -> bool:
        """Whether the object is nothing but records by name: its first two values are objects with the same keys."""
        (start, end), (start_2, end_2) = values
        if self._data[opened:start].count(b":") != 1 or b"," not in self._data[end:start_2]:
            return False
        try:
            return parse_object(self._data[start:end]).keys() == parse_object(self._data[start_2:end_2]).keys()
        except RowError:
            return False

    # The records

    def _records(self, closing: bytes) -> Iterator[Row]:
        named = closing == b"}"
        expect_comma = False
        while True:
            self._drop()
            lead = self._peek()
            self._count()
            if not lead:
                if closing:
                    yield self._end_missing("list of records")
                return
            if lead == closing:
                self._at += 1
                return
            if not closing and lead == b"[":
                return
            if not closing and lead not in b"{,":
                yield self._numbered(self._stray())
                continue
            if lead == b",":
                self._at += 1
                expect_comma = False
                continue
            start = self._at
            if expect_comma and closing:
                reason = "stands where a comma between two records was expected."
                yield self._numbered(self._broken(start, RowError(reason)))
                expect_comma = False
                continue
            name = None
            if named:
                key = self._match(_KEY, start)
                if key is None:
                    yield self._numbered(self._broken(start, RowError("is not a record with its name before it.")))
                    continue
                name, self._at = key[1], key.end()
            yield self._numbered(self._record(start, name))
            expect_comma = True

    def _stray(self) -> Row:
        """What stands between or after the records and is none, to the end of its line."""
        start, line = self._at, self._line
        place = start
        while (end := self._data.find(b"\n", place)) < 0:
            place = len(self._data)
            if place - start > LONGEST_ROW or not self._more():
                end = len(self._data)
                break
        self._at = end
        error = RowError("stands after the end of the records and is no record. Take it out, or write it as an object.")
        return Row(line, None, error, self._data[start:end].strip(_SPACE), self._feed.offset - (len(self._data) - end))

    def _record(self, start: int, name: bytes | None) -> Row:
        """The record at the present place, which is left behind it."""
        body, line = self._at, self._line
        end, value, error = self._guess(body)
        if end is None:
            end = self._end_of(body, LONGEST_ROW)
            if end is None:
                return self._broken(start, RowError("has a bracket or a quotation mark that nothing closes."))
            try:
                value = parse_object(self._data[body:end])
            except RowError as reason:
                error = reason
            else:
                self._learn(body, end)
        raw = self._data[start:end]
        self._at = end
        if value is not None and name is not None:
            try:
                value = {ENTRY_KEY: next(iter(parse_object(b"{" + name + b":0}"))), **value}
            except RowError as reason:
                value, error = None, RowError(f"has a name that {reason.reason}")
        return Row(line, value, error, raw, self._feed.offset - (len(self._data) - end))

    def _guess(self, start: int) -> tuple[int | None, dict[str, object] | None, RowError | None]:
        """The end of the record here, found by what ended those before it, when parsing proves the guess right.

        No beginning of a JSON object is itself one, so what parses is the record.
        """
        if not self._needle or self._misses > 50:
            return None, None, None
        place = self._data.find(self._needle, start)
        if place < 0:
            return None, None, None
        end = place + self._needle_keeps
        try:
            value = parse_object(self._data[start:end])
        except RowError:
            self._misses += 1
            return None, None, None
        self._misses = 0
        return end, value, None

    def _learn(self, start: int, end: int) -> None:
        if self._needle:
            return
        indent_from = self._data.rfind(b"\n", 0, start) + 1
        indent = self._data[indent_from:start]
        closing = b"\n" + indent + b"}"
        if not indent.strip(_SPACE) and self._data[start:end].endswith(closing):
            self._needle, self._needle_keeps = closing, len(closing)
            return
        following = end
        while following + 1000 > len(self._data) and self._more():
            pass
        separator = re.compile(rb"\s*,?\s*\{\s*").match(self._data, following)
        first = _FIRST_KEY.match(self._data, start)
        if separator is not None and first is not None and self._data.startswith(first[1], separator.end()):
            self._needle, self._needle_keeps = b"}" + separator[0] + first[1], 1

    def _end_of(self, start: int, limit: int) -> int | None:
        """The place after the JSON value at `start`; None when brackets or quotation marks do not close in `limit`."""
        lead = self._data[start : start + 1]
        if lead not in (b"{", b"[", b'"'):
            scalar = re.compile(rb"[^\s,\]}]*")
            while (found := scalar.match(self._data, start)) and found.end() == len(self._data) and self._more():
                pass
            return found.end() if found and found.end() > start else None
        depth = 0
        place = start
        while True:
            for found in _PART.finditer(self._data, place):
                part = self._data[found.start()]
                if part == 0x22:
                    if found.end() - found.start() == 1:  # not closed on its line, or not read yet
                        place = found.start()
                        break
                elif part in (0x7B, 0x5B):
                    depth += 1
                else:
                    depth -= 1
                place = found.end()
                if depth <= 0:
                    return place
            if b"\n" in self._data[place + 1 :] and self._data[place : place + 1] == b'"':
                return None
            if len(self._data) - start > limit or not self._more():
                return None

    def _broken(self, start: int, error: RowError) -> Row:
        """The error for what stands at `start`; the window moves on to where the next record seems to begin."""
        line = self._line
        first = _FIRST_KEY.match(self._data, start)
        key = re.escape(first[1]) if first else rb'"'
        pattern = re.compile(rb",\s*(?=\{\s*" + key + rb")")
        place = start + 1
        while True:
            found = pattern.search(self._data, place)
            if found is not None:
                end = found.start()
                break
            place = max(place, len(self._data) - 10_000)
            if len(self._data) - start > LONGEST_ROW or not self._more():
                end = len(self._data)
                break
        raw = self._data[start:end]
        closing = raw.rstrip(_SPACE)
        if (
            end == len(self._data) and closing.endswith(b"]") and len(closing) > 1
        ):  # the last record: the list's own bracket is not its
            end = start + len(closing) - 1
            raw = self._data[start:end]
        self._at = end
        return Row(line, None, error, raw.strip(_SPACE), self._feed.offset - (len(self._data) - end))
