"""Rows: what one line of a view shows, and the map between what is shown and the source it came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from reviewer.formats.markdown import BOLD, CODE, IMAGE, ITALIC, LINK, STRIKE, URL
from reviewer.ui.widgets.characters import shown_parts

__all__ = [
    "ACTION", "BAD", "BOLD", "CODE", "GOOD", "IMAGE", "ITALIC", "KEY", "LINK", "MONO", "MUTED", "NUMBER", "SMALL",
    "STRIKE", "STRING", "SYMBOL", "URL", "WARN", "WORD", "Piece", "Place", "Row", "Run", "points_before", "span_of",
    "units_before",
]  # fmt: skip

# Style bits beside those of Markdown.
MUTED, SYMBOL, KEY, STRING, NUMBER, WORD, MONO, ACTION, GOOD, BAD, SMALL, WARN = (1 << bit for bit in range(8, 20))

Place = tuple[str, int]
"""Which source text: ("output", step), ("message", step), ("document", number), ("reference", 0)."""


class Run(NamedTuple):
    """Text in one style, with the link it belongs to."""

    text: str
    style: int
    href: str = ""


class Piece(NamedTuple):
    """A shown stretch and the source it stands for: equal lengths go character by character, others all or nothing."""

    shown: int
    shown_length: int
    start: int
    length: int


@dataclass(slots=True)
class Row:
    """One line of a view. Offsets count code points, of the shown text on one side and of the source on the other.

    `first` and `last` begin and end a box of code; `gap` is the air above in pixels, `label` the word in the gutter.
    """

    kind: str
    place: Place = ("", 0)
    quotes: int = 0
    depth: int = 0
    level: int = 0
    runs: list[Run] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    length: int = 0
    target: Any = None
    first: bool = False
    last: bool = False
    gap: int = 0
    label: str = ""
    accented: bool = False

    @property
    def shown(self) -> str:
        """The text of the row as it is shown."""
        return "".join(run.text for run in self.runs)

    def insert(self, text: str, style: int = 0, href: str = "") -> None:
        """Show something that is not in the source."""
        if text:
            self.runs.append(Run(text, style, href))
            self.length += len(text)

    def stand_for(self, text: str, start: int, length: int, style: int = 0, href: str = "") -> None:
        """Show `text` for a stretch of the source of another length or spelling, all or nothing in the map."""
        if text:
            self.pieces.append(Piece(self.length, len(text), start, length))
            self.insert(text, style, href)

    def put(
        self,
        text: str,
        start: int,
        end: int,
        style: int = 0,
        href: str = "",
        *,
        base: int = 0,
        reveal: bool,
        breaks: bool = True,
    ) -> None:
        """Show a stretch of the source as it is, what does not show as symbols; `base` is where `text` begins in it."""
        for shown, place, length in shown_parts(text, start, end, reveal=reveal, breaks=breaks):
            if length == 0:
                self.insert(shown, style, href)
                continue
            self.pieces.append(Piece(self.length, len(shown), base + place, length))
            same = len(shown) == length and text.startswith(shown, place)
            self.insert(shown, style if same else style | SYMBOL, href)

    def extend(self, other: Row) -> None:
        """Append what another row shows."""
        self.pieces.extend(piece._replace(shown=piece.shown + self.length) for piece in other.pieces)
        self.runs.extend(other.runs)
        self.length += other.length

    def source_span(self, first: int, last: int) -> tuple[int, int] | None:
        """The stretch of the source that the shown characters `first` to `last` stand for, None when there is none."""
        start = end = -1
        at = max(0, bisect_right(self.pieces, first, key=lambda piece: piece.shown) - 1)
        for piece in self.pieces[at:]:
            if piece.shown >= last:
                break
            low, high = max(first, piece.shown), min(last, piece.shown + piece.shown_length)
            if low >= high:
                continue
            if piece.shown_length == piece.length:
                begins, stops = piece.start + low - piece.shown, piece.start + high - piece.shown
            else:
                begins, stops = piece.start, piece.start + piece.length
            start = begins if start < 0 else min(start, begins)
            end = max(end, stops)
        return None if start < 0 else (start, end)

    def shown_span(self, start: int, end: int) -> tuple[int, int] | None:
        """The shown characters that stand for the source from `start` to `end`, None when none of it is in this row."""
        first = last = -1
        for piece in self.pieces:
            low, high = max(start, piece.start), min(end, piece.start + piece.length)
            if low >= high:
                continue
            if piece.shown_length == piece.length:
                begins, stops = piece.shown + low - piece.start, piece.shown + high - piece.start
            else:
                begins, stops = piece.shown, piece.shown + piece.shown_length
            first = begins if first < 0 else min(first, begins)
            last = max(last, stops)
        return None if first < 0 else (first, last)


def units_before(text: str, points: int) -> int:
    """How many UTF-16 units, as Qt counts, the first `points` code points of a text take."""
    head = text[:points]
    return points if head.isascii() else points + sum(1 for char in head if char > "\uffff")


def points_before(text: str, units: int) -> int:
    """How many code points the first `units` UTF-16 units of a text are; half a pair counts as the whole one."""
    if text[:units].isascii():
        return units
    counted = 0
    for points, char in enumerate(text):
        if counted >= units:
            return points
        counted += 2 if char > "\uffff" else 1
    return len(text)


def span_of(
    rows: Sequence[Row], first: tuple[int, int], last: tuple[int, int], names: Sequence[str]
) -> tuple[Place, int, int] | None:
    """The source span of a selection from (row, shown character) to (row, shown character), kept to one source text.

    A selection over several texts belongs to the first of them whose place has one of these names.
    """
    place: Place | None = None
    start = end = -1
    for number in range(first[0], last[0] + 1):
        row = rows[number]
        if row.place[0] not in names or (place is not None and row.place != place):
            continue
        span = row.source_span(first[1] if number == first[0] else 0, last[1] if number == last[0] else row.length)
        if span is None:
            continue
        if place is None:
            place, start, end = row.place, *span
        else:
            start, end = min(start, span[0]), max(end, span[1])
    return None if place is None else (place, start, end)
