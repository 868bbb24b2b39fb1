"""One untrusted text as rows: rendered where that is safe and complete, as source otherwise."""

from __future__ import annotations

import unicodedata
from typing import Literal

from reviewer.compare.dress import dressed
from reviewer.formats.markdown import BOLD, CODE, IMAGE, URL, Line, read_lines, stretches
from reviewer.ui.widgets.json_rows import json_rows, json_styles, looks_like_json
from reviewer.ui.widgets.rows import MONO, MUTED, SMALL, Place, Row
from reviewer.ui.widgets.source_rows import FIRST_CHUNK, Options, source_rows

__all__ = ["Kind", "past_caps", "text_rows"]

Kind = Literal["markdown", "plain", "json", "dress"]

MOST_CHARACTERS = 100_000
MOST_LINES = 10_000
LONGEST_LINE = 20_000
MOST_TABLE_ROWS = 300
MOST_TABLE_CELLS = 6_000
MOST_BACKTICKS = 2_000
MOST_OPENINGS = 5_000
LONGEST_ADDRESS = 120


def past_caps(text: str) -> str:
    """What of a text is past what is rendered, as a phrase; empty when it is within every cap."""
    if len(text) > MOST_CHARACTERS:
        return f"{len(text):,} characters"
    if (lines := text.count("\n")) > MOST_LINES:
        return f"{lines:,} lines"
    if len(text) > LONGEST_LINE and (longest := max(map(len, text.split("\n")))) > LONGEST_LINE:
        return f"{longest:,} characters in one line"
    if (ticks := text.count("`")) > MOST_BACKTICKS:
        return f"{ticks:,} backticks"
    if (brackets := text.count("[")) > MOST_OPENINGS:
        return f"{brackets:,} brackets"
    bars = text.count("|")
    if bars > MOST_TABLE_CELLS:
        return f"{bars:,} table cells"
    if bars > MOST_TABLE_ROWS:
        rows = sum(1 for line in text.split("\n") if "|" in line)
        if rows > MOST_TABLE_ROWS:
            return f"{rows:,} table rows"
    return ""


def text_rows(
    text: str,
    place: Place,
    *,
    kind: Kind,
    options: Options,
    base: int = 0,
    stop: int | None = FIRST_CHUNK,
    part: str = "",
) -> list[Row]:
    """The rows of a text that begins at offset `base` in the source of `place`.

    A source view shows it to about offset `stop` and then a row that offers the rest; None shows all of it.
    """

    def as_source(shape: str = "source") -> list[Row]:
        return source_rows(text, place, base=base, kind=shape, options=options, part=part, stop=stop)

    if options.source:
        return as_source()
    why = past_caps(text)
    if why and kind in ("dress", "plain"):
        return as_source("text")
    if why:
        note = Row("note", place)
        note.insert(f"Shown as source: {why} are more than is rendered.", MUTED | SMALL)
        return [note, *as_source()]
    if kind == "json" or (kind == "markdown" and looks_like_json(text)):
        laid_out = json_rows(text, place, base=base, reveal=options.reveal)
        if laid_out is not None:
            return _boxed(laid_out)
        if kind == "json":
            return as_source()
    rows: list[Row] = []
    if kind == "markdown":
        rows = _markdown_rows(text, place, base, options)
    elif kind == "dress":
        rows = _dress_rows(text, place, base, options.reveal)
    # A text of marks alone would come out empty: then the marks are the text.
    return rows or as_source("text")


def _boxed(rows: list[Row]) -> list[Row]:
    if rows:
        rows[0].first = rows[-1].last = True
    return rows


def _put_inline(row: Row, text: str, start: int, end: int, base: int, reveal: bool, style: int = 0) -> None:
    """Show a line's content with its emphasis; pictures as a word and their address, never loaded."""
    picture = False
    for piece in stretches(text, start, end):
        if piece.style & IMAGE and not (picture and piece.style & URL):
            row.insert("▨ image ", style | MUTED)
        elif piece.style & URL:
            # Set the address off from the words before it.
            row.insert(" ", style)
        picture = bool(piece.style & IMAGE) and not piece.style & URL
        long = piece.style & URL and piece.end - piece.start > LONGEST_ADDRESS
        if long and text[piece.start + 1 : piece.start + 6].lower() == "data:":
            head = text[piece.start : piece.start + 40]
            kept = f"{head}… {piece.end - piece.start - 2:,} characters)"
            row.stand_for(kept, base + piece.start, piece.end - piece.start, style | MUTED | SMALL, "")
            continue
        row.put(text, piece.start, piece.end, style | piece.style, piece.href, base=base, reveal=reveal)


def _markdown_rows(text: str, place: Place, base: int, options: Options) -> list[Row]:
    reveal = options.reveal
    rows: list[Row] = []
    table: list[Line] = []
    info = ""
    for line in read_lines(text):
        if line.kind == "table":
            if line.header and table:
                rows.extend(_table_rows(text, place, table, base, options.reveal, options.columns - 2))
                table = []
            table.append(line)
            continue
        if table:
            rows.extend(_table_rows(text, place, table, base, options.reveal, options.columns - 2))
            table = []
        if line.kind == "blank":
            if rows and rows[-1].kind != "blank":
                rows.append(Row("blank", place, line.quotes))
            continue
        row = Row(line.kind, place, line.quotes, line.depth, line.level)
        if line.kind == "fence":
            info = text[line.start : line.end].strip()
            if not info:
                continue
            row.kind = "code"
            row.put(text, line.start, line.end, MONO | MUTED | SMALL, base=base, reveal=reveal)
        elif line.kind == "code":
            if info.lower().startswith("json"):
                for start, end, style in json_styles(text, line.start, line.end):
                    row.put(text, start, end, style, base=base, reveal=reveal)
            else:
                row.put(text, line.start, line.end, MONO, base=base, reveal=reveal)
        elif line.kind == "matter":
            row.kind = "code"
            row.put(text, line.start, line.end, MONO, base=base, reveal=reveal)
        elif line.kind == "rule":
            row.stand_for("─" * 12, base + line.start, line.end - line.start, MUTED)
        else:
            info = ""
            style = BOLD if line.kind == "heading" else 0
            if line.kind == "item" and line.marker is not None:
                start, end = line.marker
                sign = text[start:end] if text[start].isdigit() else "•" if line.depth % 2 else "◦"
                row.stand_for(sign, base + start, end - start)
                row.insert("\t" if end - start < 4 else " ")
            _put_inline(row, text, line.start, line.end, base, reveal, style)
        rows.append(row)
    if table:
        rows.extend(_table_rows(text, place, table, base, options.reveal, options.columns - 2))
    while rows and rows[-1].kind == "blank":
        rows.pop()
    _box_runs(rows)
    return rows


def _box_runs(rows: list[Row]) -> None:
    """Mark the first and last row of each run of code or table rows."""
    last = ""
    for number, row in enumerate(rows):
        boxed = row.kind in ("code", "table")
        if boxed and row.kind != last:
            row.first = True
        if boxed and (number + 1 == len(rows) or rows[number + 1].kind != row.kind):
            row.last = True
        last = row.kind


def _width(shown: str) -> int:
    """How many columns a text takes in a fixed-width face."""
    if shown.isascii():
        return len(shown)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in shown
    )


def _table_rows(text: str, place: Place, lines: list[Line], base: int, reveal: bool, widest: int) -> list[Row]:
    """A table in columns of a fixed-width face; cells with bars between them when it is wider than the column."""
    grid: list[list[Row]] = []
    for line in lines:
        cells = []
        for start, end in line.cells:
            cell = Row("cell", place)
            _put_inline(cell, text, start, end, base, reveal, BOLD if line.header else 0)
            cells.append(cell)
        grid.append(cells)
    columns = max(len(cells) for cells in grid)
    widths = [max((_width(cells[n].shown) for cells in grid if n < len(cells)), default=0) for n in range(columns)]
    aligned = sum(widths) + 3 * (columns - 1) <= widest
    rows = []
    for line, cells in zip(lines, grid, strict=True):
        row = Row("table", place, line.quotes, level=1 if line.header else 0)
        for number, cell in enumerate(cells):
            if number:
                row.insert(" │ ", MUTED | (MONO if aligned else 0))
            if aligned:
                cell.runs = [run._replace(style=(run.style & ~CODE) | MONO) for run in cell.runs]
            row.extend(cell)
            if aligned and number + 1 < len(cells):
                row.insert(" " * (widths[number] - _width(cell.shown)), MONO)
        rows.append(row)
    return rows


def _dress_rows(text: str, place: Place, base: int, reveal: bool) -> list[Row]:
    rows: list[Row] = []
    row = Row("text", place)
    for part in dressed(text):
        if part.text == "\n":
            rows.append(row)
            row = Row("text", place)
        elif part.start is None:
            row.insert(part.text)
        elif len(part.text) > LONGEST_ADDRESS and part.text[:6].lower() == "(data:":
            row.stand_for(f"{part.text[:40]}… {len(part.text) - 2:,} characters)", base + part.start, len(part.text))
        else:
            row.put(text, part.start, part.start + len(part.text), base=base, reveal=reveal)
    if row.length:
        rows.append(row)
    return rows
