"""A text as rows exactly as it is, however long: in chunks, each of which can be followed by the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from reviewer.ui.widgets.rows import ACTION, MONO, MUTED, SMALL, Place, Row

__all__ = ["FIRST_CHUNK", "NEXT_CHUNK", "Options", "Rest", "rest_rows", "source_rows"]

LONGEST_ROW = 2_000
FIRST_CHUNK = 30_000
NEXT_CHUNK = 200_000
CHARACTERS_PER_LINE = 25
"""A chunk of shorter lines than this on average ends by its number of lines."""


@dataclass(frozen=True, slots=True)
class Options:
    """How texts are shown: rendered or as source, invisible characters revealed or not, and how long a line is."""

    source: bool = False
    reveal: bool = False
    columns: int = 72
    """How many characters of the fixed-width face fit on a line, in steps of four."""


class Rest(NamedTuple):
    """What of a text is not laid out yet: everything from offset `at` on; `part` is its name within its section."""

    text: str
    place: Place
    base: int
    kind: str
    part: str
    at: int


def source_rows(
    text: str,
    place: Place,
    *,
    base: int,
    kind: str,
    options: Options,
    part: str = "",
    start: int = 0,
    stop: int | None = None,
) -> list[Row]:
    """The text from a row's `start` to about `stop`, line by line, long lines in rows of 2,000 characters.

    Where more follows, the last row offers it. Rows begin at the same offsets whatever `start` and `stop` are.
    """
    style = MONO if kind == "source" else 0
    most = None if stop is None else max(500, (stop - start) // CHARACTERS_PER_LINE)
    rows: list[Row] = []
    at = start
    while True:
        newline = text.find("\n", at)
        end = len(text) if newline < 0 else newline
        if newline > at and text[newline - 1] == "\r" and not options.reveal:
            end -= 1
        while True:
            row = Row(kind, place)
            last = min(at + LONGEST_ROW, end)
            row.put(text, at, last, style, base=base, reveal=options.reveal, breaks=False)
            rows.append(row)
            at = max(at, last)
            if at >= end or (stop is not None and at >= stop):
                break
        if at >= end:
            if newline < 0:
                return rows
            at = newline + 1
        if stop is not None and most is not None and at < len(text) and (at >= stop or len(rows) >= most):
            rows.append(_more(Rest(text, place, base, kind, part, at)))
            return rows


def rest_rows(rest: Rest, characters: int, options: Options) -> list[Row]:
    """About so many characters of what was not laid out yet, and a row for what still is not."""
    return source_rows(
        rest.text,
        rest.place,
        base=rest.base,
        kind=rest.kind,
        options=options,
        part=rest.part,
        start=rest.at,
        stop=rest.at + characters,
    )


def _more(rest: Rest) -> Row:
    left = len(rest.text) - rest.at
    row = Row("more", rest.place, target=rest)
    row.insert(f"{left:,} more characters   ", MUTED | SMALL)
    if left > NEXT_CHUNK:
        row.insert(f"Show the next {NEXT_CHUNK:,}", ACTION | SMALL, "more:next")
        row.insert("   ", SMALL)
    row.insert("Show the rest", ACTION | SMALL, "more:rest")
    return row
