"""A sheet: sections laid out in one document, the first of them at once and the rest when there is time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtGui import QTextCursor

from reviewer.ui.widgets.rows import Place, Row
from reviewer.ui.widgets.sections import Section
from reviewer.ui.widgets.source_rows import Options, Rest, rest_rows
from reviewer.ui.widgets.text_document import TextFormats, insert_rows, new_document

__all__ = ["Find", "Sheet"]

FIRST_CHARACTERS = 12_000
MOST_FINDS = 2_000


class Find(NamedTuple):
    """A found stretch: its section, the row within the unfolded section, first and last shown character."""

    section: int
    row: int
    first: int
    last: int


class Sheet:
    """Sections, the document they are laid out in, and which row belongs to which section."""

    def __init__(self, sections: Sequence[Section], options: Options, formats: TextFormats) -> None:
        self.sections = list(sections)
        self.options = options
        self.formats = formats
        self.document = new_document(formats)
        self.rows: list[Row] = []
        self.starts: list[int] = []
        self.build(FIRST_CHARACTERS)

    @property
    def built(self) -> int:
        """How many sections are laid out."""
        return len(self.starts)

    @property
    def complete(self) -> bool:
        """Whether every section is laid out."""
        return self.built == len(self.sections)

    def build(self, characters: int) -> None:
        """Lay out further sections until they hold about this many characters."""
        rows: list[Row] = []
        done = 0
        while not self.complete and (done < characters):
            made = self.sections[self.built].rows(self.options)
            self.starts.append(len(self.rows) + len(rows))
            rows += made
            done += sum(row.length + 20 for row in made)
        if rows:
            cursor = QTextCursor(self.document)
            cursor.movePosition(QTextCursor.MoveOperation.End)
            fresh = not self.rows
            self.rows.extend(rows)
            insert_rows(cursor, rows, self.formats, fresh=fresh)

    def build_through(self, section: int) -> None:
        """Lay out the sections up to and with this one."""
        while self.built <= section and not self.complete:
            self.build(1)

    def rows_of(self, section: int) -> tuple[int, int]:
        """The rows of a section, from the first to the one before the last."""
        if section >= self.built:
            return (len(self.rows), len(self.rows))
        return self.starts[section], self.starts[section + 1] if section + 1 < self.built else len(self.rows)

    def section_at(self, row: int) -> int:
        """The section that a row belongs to, -1 in an empty sheet."""
        return bisect_right(self.starts, row) - 1

    def lay_out_again(self, section: int) -> None:
        """Replace a section's rows after it was folded or unfolded."""
        if section < self.built:
            first, stop = self.rows_of(section)
            self._replace(section, first, stop, self.sections[section].rows(self.options))

    def grow(self, row: int, characters: int) -> bool:
        """Lay out more of a long text in the place of the row that offers it; whether still more follows."""
        rest = self.rows[row].target
        section = self.section_at(row)
        if not isinstance(rest, Rest):
            return False
        rows = rest_rows(rest, characters, self.options)
        self.sections[section].stops[rest.part] = rest.at + characters
        self._replace(section, row, row + 1, rows)
        return rows[-1].kind == "more"

    def _replace(self, section: int, first: int, stop: int, rows: list[Row]) -> None:
        """Put other rows in the place of those from `first` to before `stop`; what follows keeps its paragraphs."""
        cursor = QTextCursor(self.document.findBlockByNumber(first))
        cursor.beginEditBlock()
        last = self.document.findBlockByNumber(stop - 1)
        cursor.setPosition(last.position() + last.length() - 1, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        self.rows[first:stop] = rows
        insert_rows(cursor, rows, self.formats, fresh=True)
        cursor.endEditBlock()
        grown = len(rows) - (stop - first)
        self.starts[section + 1 :] = [start + grown for start in self.starts[section + 1 :]]

    def marks(self, place: Place, start: int, end: int) -> list[tuple[int, int, int]]:
        """Where a stretch of a source text is shown, as (row, first, last shown character)."""
        return [
            (number, *span)
            for number, row in enumerate(self.rows)
            if row.place == place and (span := row.shown_span(start, end)) is not None
        ]

    def row_of(self, place: Place, offset: int) -> tuple[int, int] | None:
        """The row and character that show an offset of a source text, or the next one that is shown."""
        for number, row in enumerate(self.rows):
            if row.place == place and row.pieces and row.pieces[-1].start + row.pieces[-1].length > offset:
                span = row.shown_span(offset, offset + 1)
                return number, span[0] if span else 0
        return None

    def find(self, query: str) -> list[Find]:
        """Every place where the shown text holds the query, letter case aside, folded parts included; at most 2,000."""
        wanted = query.lower()
        found: list[Find] = []
        if not wanted:
            return found
        for number, section in enumerate(self.sections):
            for row_number, row in enumerate(section.rows(self.options, whole=True)):
                if row.length < 1:
                    continue
                shown = row.shown
                folded = shown.lower()
                if len(folded) != len(shown):
                    folded = shown
                at = folded.find(wanted)
                while at >= 0:
                    found.append(Find(number, row_number, at, at + len(wanted)))
                    if len(found) == MOST_FINDS:
                        return found
                    at = folded.find(wanted, at + len(wanted))
        return found

    def row_of_find(self, find: Find) -> int:
        """The row that shows a find, its section laid out, unfolded and long enough for it."""
        self.build_through(find.section)
        section = self.sections[find.section]
        if section.folded:
            section.folded = False
            self.lay_out_again(find.section)
        first = self.rows_of(find.section)[0]
        while True:
            more = next(
                (row for row in range(*self.rows_of(find.section)) if self.rows[row].kind == "more"), len(self.rows)
            )
            if first + find.row < more:
                return first + find.row
            # What is found lies behind a row that offers more: rows before it count the same with and without it.
            self.grow(more, 1_000_000)
