"""A portion of new examples as SQLite takes it: one flat list of values a table, many rows to a statement.

Nearly every portion of nearly every file holds examples that each bring a key of their own. Such a portion is laid out
in full where the rows are prepared, beside the import for a large file; what is left to whoever writes it is to give
the rows their numbers. A statement that takes many rows costs a third of one a row.
"""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from reviewer.intake.preparing import Prepared, PreparedOutput

__all__ = ["Laying", "Sheets", "cases_of", "keys_of", "packed", "store", "unpacked"]

_NO_FIGURES = (None, None, None, None, None, None)
_BLANK = b"[]"
_MANY = (64, 8, 1)
"""Rows of one statement; each length is parsed once, as long as its connection lives."""


class Sheets(NamedTuple):
    """Rows of the five tables, one after the other in a flat list each.

    Where a row wants its own number stands 0, where it wants its example's or its variant's the place of that in this
    portion. Columns that are empty in every row of a portion are left out of it: which are in it tells `wide`.
    """

    variants: list[str]
    """The variants of the outputs, the import's own with an empty name."""
    named: bytes
    """For each example 1 where its row gave it an id."""
    wide: tuple[bool, bool, bool]
    """Whether documents and tools of examples, figures of outputs, trajectories and documents of outputs are in it."""
    examples: list[Any]
    payloads: list[Any]
    references: list[Any]
    outputs: list[Any]
    output_payloads: list[Any]


_EXAMPLE = 8
_REFERENCE = 2


def _widths(wide: tuple[bool, bool, bool]) -> tuple[int, int, int]:
    return 5 if wide[0] else 3, 10 if wide[1] else 4, 4 if wide[2] else 2


class Laying:
    """A portion being laid out, case by case; what cannot be laid out is kept as cases."""

    def __init__(self, wide: tuple[bool, bool, bool] = (False, False, False)) -> None:
        self.wide = wide
        self._begin()

    def _begin(self) -> None:
        self._one_by_one: list[Prepared] | None = None
        self._keys: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._named = bytearray()
        self._examples: list[Any] = []
        self._payloads: list[Any] = []
        self._references: list[Any] = []
        self._outputs: list[Any] = []
        self._output_payloads: list[Any] = []

    def add(self, case: Prepared) -> None:
        """Lay out one more."""
        if self._one_by_one is not None:
            self._one_by_one.append(case)
            return
        key, identity, digest, _, columns, payload, reference, given = case
        if not digest or key in self._keys or (columns[1] is not None and columns[1] != identity):
            self._one_by_one = [*self._cases(), case]
            return
        wide = self.wide
        if not wide[0] and (payload[1] != _BLANK or payload[2] != _BLANK):
            wide = self._widen(0)
        place = len(self._keys)
        if len(given) > 1 and len({item[0] for item in given}) < len(given):
            self._one_by_one = [*self._cases(), case]
            return
        for variant, answer, figures, texts in given:
            if not wide[1] and figures[:6] != _NO_FIGURES:
                wide = self._widen(1)
            if not wide[2] and (texts[1] != _BLANK or texts[2] != _BLANK):
                wide = self._widen(2)
            number = self._numbers.setdefault(variant, len(self._numbers))
            if wide[1]:
                self._outputs += (0, place, number, answer, *figures[:6])
            else:
                self._outputs += (0, place, number, answer)
            if wide[2]:
                self._output_payloads += (0, *texts)
            else:
                self._output_payloads += (0, texts[0])
        self._keys.add(key)
        self._named.append(identity is not None)
        self._examples += (0, *columns, 0)
        self._payloads += (0, *payload) if wide[0] else (0, payload[0], payload[3])
        if reference is not None:
            self._references += (place, reference)

    def _widen(self, part: int) -> tuple[bool, bool, bool]:
        """Give what is laid out, and all that comes, the columns of one part more."""
        width = _widths(self.wide)[part]
        values = (self._payloads, self._outputs, self._output_payloads)[part]
        rows = list(_rows(values, width))
        values.clear()
        for row in rows:
            if part == 0:
                values += (*row[:2], _BLANK, _BLANK, row[2])
            else:
                values += (*row, *(_NO_FIGURES if part == 1 else (_BLANK, _BLANK)))
        flags = list(self.wide)
        flags[part] = True
        self.wide = (flags[0], flags[1], flags[2])
        return self.wide

    def _sheets(self) -> Sheets:
        return Sheets(
            list(self._numbers),
            bytes(self._named),
            self.wide,
            self._examples,
            self._payloads,
            self._references,
            self._outputs,
            self._output_payloads,
        )

    def _cases(self) -> list[Prepared]:
        return cases_of(self._sheets())

    def taken(self) -> list[Prepared] | Sheets:
        """What has been added since the last time: laid out, or one by one where one of the cases asks for that."""
        found = self._sheets() if self._one_by_one is None and self._keys else self._one_by_one or []
        self._begin()
        return found


def _rows(values: Sequence[Any], width: int) -> Iterable[tuple[Any, ...]]:
    return zip(*[iter(values)] * width, strict=True)


def cases_of(sheets: Sheets) -> list[Prepared]:
    """The cases that were laid out, each by itself again."""
    payload_width, output_width, text_width = _widths(sheets.wide)
    references = dict(_rows(sheets.references, _REFERENCE))
    given: list[list[PreparedOutput]] = [[] for _ in sheets.named]
    for output, texts in zip(
        _rows(sheets.outputs, output_width), _rows(sheets.output_payloads, text_width), strict=True
    ):
        _, place, variant, digest, *figures = output
        text, *more = texts[1:]
        given[place].append(
            (
                sheets.variants[variant],
                digest,
                (*(figures or _NO_FIGURES), digest),
                (text, *(more or (_BLANK, _BLANK))),
            )
        )
    cases: list[Prepared] = []
    for place, (example, payload) in enumerate(
        zip(_rows(sheets.examples, _EXAMPLE), _rows(sheets.payloads, payload_width), strict=True)
    ):
        columns = example[1:-1]
        key, original = columns[:2]
        packed = payload[1:] if sheets.wide[0] else (payload[1], _BLANK, _BLANK, payload[2])
        cases.append(
            (
                key,
                (key if original is None else original) if sheets.named[place] else None,
                columns[4],
                "",
                columns,
                packed,
                references.get(place),
                tuple(given[place]),
            )
        )
    return cases


def packed(sheets: Sheets) -> tuple[tuple[Any, ...], bytes]:
    """The sheets in two parts: plain values, and all texts as one, which is sooner handed over than each by itself."""
    payload_width, _, text_width = _widths(sheets.wide)
    payloads, output_payloads = sheets.payloads.copy(), sheets.output_payloads.copy()
    del payloads[::payload_width]
    del output_payloads[::text_width]
    texts = [*payloads, *sheets.references[1::_REFERENCE], *output_payloads]
    lengths = array("I", map(len, texts)).tobytes()
    return (*sheets[:4], sheets.references[::_REFERENCE], sheets.outputs, lengths), b"".join(texts)


def unpacked(values: tuple[Any, ...], text: bytes) -> Sheets:
    """What was packed."""
    variants, named, wide, examples, referenced, outputs, lengths = values
    payload_width, _, text_width = _widths(wide)
    ends = accumulate(array("I", lengths), initial=0)
    texts = [text[start:end] for start, end in pairwise(ends)]
    count = len(named) * (payload_width - 1)
    answers = count + len(referenced)
    references: list[Any] = [0] * (2 * len(referenced))
    references[::_REFERENCE] = referenced
    references[1::_REFERENCE] = texts[count:answers]
    return Sheets(
        variants,
        named,
        wide,
        examples,
        _with_room(texts[:count], payload_width),
        references,
        outputs,
        _with_room(texts[answers:], text_width),
    )


def _with_room(texts: list[Any], width: int) -> list[Any]:
    """The rows, each with a place in front for its number."""
    found: list[Any] = [0] * (len(texts) // (width - 1) * width)
    for column in range(1, width):
        found[column::width] = texts[column - 1 :: width - 1]
    return found


def keys_of(sheets: Sheets) -> list[str]:
    """The keys of the examples, in order."""
    return sheets.examples[1::_EXAMPLE]


def store(
    connection: sqlite3.Connection,
    sheets: Sheets,
    variants: Sequence[int],
    source_id: int | None,
    first: tuple[int, int, int],
    now: int,
) -> tuple[int, int, int]:
    """Write them, all of which are new, from these numbers on: of examples, of outputs, in the order of text changes.

    `variants` are the ids of `sheets.variants`. Answers the numbers that follow.
    """
    wide = sheets.wide
    payload_width, output_width, text_width = _widths(wide)
    example, output, touch = first
    count = len(sheets.named)
    numbers = range(example, example + count)
    sheets.examples[::_EXAMPLE] = numbers
    sheets.examples[_EXAMPLE - 1 :: _EXAMPLE] = range(touch + 1, touch + 1 + count)
    sheets.payloads[::payload_width] = numbers
    sheets.references[::_REFERENCE] = [example + place for place in sheets.references[::_REFERENCE]]
    outputs = sheets.outputs
    answers = range(output, output + len(outputs) // output_width)
    outputs[::output_width] = answers
    outputs[1::output_width] = [example + place for place in outputs[1::output_width]]
    outputs[2::output_width] = [variants[number] for number in outputs[2::output_width]]
    sheets.output_payloads[::text_width] = answers
    _insert(connection, _EXAMPLES, _EXAMPLE, sheets.examples, (source_id, now))
    _insert(connection, _WIDE_PAYLOADS if wide[0] else _PAYLOADS, payload_width, sheets.payloads, ())
    _insert(connection, _REFERENCES, _REFERENCE, sheets.references, (now,))
    _insert(connection, _WIDE_OUTPUTS if wide[1] else _OUTPUTS, output_width, outputs, (source_id,))
    _insert(connection, _WIDE_TEXTS if wide[2] else _TEXTS, text_width, sheets.output_payloads, ())
    return example + count, output + len(answers), touch + count


class _Table(NamedTuple):
    """Where a statement writes, and each of its rows: `?` for a value of its own, `:n` for the nth that all have."""

    into: str
    row: str


_TEXT = "CAST(? AS TEXT)"
_EXAMPLES = _Table(
    "examples (id, key, original_id, workflow, occurred_ms, content_hash, snippet, touched, source_id, created_ms)",
    "?, ?, ?, ?, ?, ?, ?, ?, :1, :2",
)
_PAYLOADS = _Table("example_payloads (example_id, messages, metadata)", f"?, {_TEXT}, {_TEXT}")
_WIDE_PAYLOADS = _Table(
    "example_payloads (example_id, messages, documents, tools, metadata)", f"?, {_TEXT}, {_TEXT}, {_TEXT}, {_TEXT}"
)
_REFERENCES = _Table("example_references (example_id, body, origin, updated_ms)", f"?, {_TEXT}, 'import', :1")
_OUTPUTS = _Table("outputs (id, example_id, variant_id, content_hash, source_id)", "?, ?, ?, ?, :1")
_WIDE_OUTPUTS = _Table(
    "outputs (id, example_id, variant_id, content_hash, latency_ms, cost, score, passed, escalated, error, source_id)",
    "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, :1",
)
_TEXTS = _Table("output_payloads (output_id, text)", f"?, {_TEXT}")
_WIDE_TEXTS = _Table("output_payloads (output_id, text, messages, documents)", f"?, {_TEXT}, {_TEXT}, {_TEXT}")


@cache
def _statement(table: _Table, rows: int, common: int) -> str:
    """An insert of so many rows, whose first parameters are the values that all rows have."""
    number = common
    written = []
    for _ in range(rows):
        row = []
        for piece in table.row.split("?"):
            row.append(piece)
            number += 1
            row.append(f"?{number}")
        number -= 1
        written.append("".join(row[:-1]).replace(":", "?"))
    return f"INSERT OR FAIL INTO {table.into} VALUES ({'), ('.join(written)})"


def _insert(
    connection: sqlite3.Connection, table: _Table, width: int, values: list[Any], common: tuple[int | None, ...]
) -> None:
    done, count = 0, len(values) // width
    for rows in _MANY:
        if count - done < rows:
            continue
        statement = _statement(table, rows, len(common))
        while count - done >= rows:
            connection.execute(statement, (*common, *values[done * width : (done + rows) * width]))
            done += rows
