"""Rows as a text document: the formats that the theme asks for, and a document that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextOption,
)

from reviewer.ui import theme
from reviewer.ui.widgets.rows import (
    ACTION,
    BAD,
    BOLD,
    CODE,
    GOOD,
    IMAGE,
    ITALIC,
    KEY,
    LINK,
    MONO,
    MUTED,
    NUMBER,
    SMALL,
    STRIKE,
    STRING,
    SYMBOL,
    URL,
    WARN,
    WORD,
    Row,
)

__all__ = [
    "BOX_AIR", "LIST_STEP", "PAD", "QUOTE_STEP", "SafeDocument", "TextFormats", "insert_rows", "new_document",
]  # fmt: skip

PAD = 12
BOX_AIR = 6
"""How far the ground of a block of code reaches above and below its text, in pixels."""

_HEADINGS = {1: 1.3, 2: 1.15}
_BOX_PADDING = 10
LIST_STEP = 28
QUOTE_STEP = 16


class SafeDocument(QTextDocument):
    """A document that never opens a file or address; whatever asks for a resource gets an empty picture."""

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """An empty picture: for a null answer Qt would open the file itself."""
        picture = QImage(1, 1, QImage.Format.Format_ARGB32)
        picture.fill(Qt.GlobalColor.transparent)
        return picture


class TextFormats:
    """The formats of one theme and column width; cached, since a conversation asks for few kinds many times."""

    def __init__(self, width: int = 0, gutter: int = 0, *, labels_above: bool = False) -> None:
        self.tokens = theme.tokens()
        self.width = width
        self.gutter = gutter
        self.labels_above = labels_above
        self.font = theme.font("reading")
        self.size = self.font.pointSizeF()
        self.small = theme.font("small").pointSizeF()
        self.label_height = round(QFontMetricsF(theme.font("small")).height()) + 4
        self.mono = theme.font("code").families()
        self._chars: dict[tuple[int, int], QTextCharFormat] = {}
        self._blocks: dict[tuple[Any, ...], QTextBlockFormat] = {}

    @property
    def columns(self) -> int:
        """How many characters of the fixed-width face fit in the column, in steps of four and at most 96."""
        face = QFont(self.font)
        face.setFamilies(self.mono)
        face.setPointSizeF(self.size * 0.92)
        return max(24, min(96, int(self.column / QFontMetricsF(face).horizontalAdvance("0")) // 4 * 4))

    @property
    def key(self) -> tuple[Any, ...]:
        """What a document that was made with these formats depends on."""
        return (self.tokens.name, self.size, self.width, self.gutter)

    @property
    def column(self) -> int:
        """The width of the text column in pixels, the gutter left out."""
        return self.width - self.gutter

    def char_format(self, style: int, level: int = 0) -> QTextCharFormat:
        """The format of a run; `level` is the heading it stands in, 0 for none."""
        key = (style, level)
        if (found := self._chars.get(key)) is not None:
            return found
        tokens = self.tokens
        made = QTextCharFormat()
        size = self.size
        if style & (MONO | CODE):
            made.setFontFamilies(self.mono)
            made.setFontFixedPitch(True)
            size *= 0.92
        if style & SMALL:
            size = min(size, self.small)
        if level:
            size *= _HEADINGS.get(level, 1.0)
        if size != self.size:
            made.setFontPointSize(size)
        if style & BOLD:
            made.setFontWeight(QFont.Weight.Bold)
        if style & ITALIC:
            made.setFontItalic(True)
        if style & STRIKE:
            made.setFontStrikeOut(True)
        if style & CODE:
            made.setBackground(QColor(tokens.raised))
        if style & LINK:
            made.setFontUnderline(True)
        for bits, colour in (
            (SYMBOL | WARN, tokens.warn),
            (BAD, tokens.bad),
            (GOOD, tokens.good),
            (LINK | ACTION | KEY, tokens.accent),
            (STRING, tokens.text),
            (NUMBER | WORD, tokens.warn),
            (MUTED | URL | IMAGE, tokens.muted),
        ):
            if style & bits:
                made.setForeground(QColor(colour))
                break
        self._chars[key] = made
        return made

    def block_format(self, row: Row) -> QTextBlockFormat:
        """The format of a row's paragraph: its indent, the air around it, its line height."""
        key = (row.kind, row.quotes, row.depth, row.level, row.first, row.last, row.gap, bool(row.label))
        if (found := self._blocks.get(key)) is not None:
            return found
        made = QTextBlockFormat()
        kind = row.kind
        left = QUOTE_STEP * row.quotes + LIST_STEP * row.depth
        top, bottom = float(row.gap), 0.0
        if row.label and self.labels_above:
            top += self.label_height
        height = 138.0
        if kind in ("code", "table"):
            left += _BOX_PADDING
            made.setRightMargin(_BOX_PADDING)
            height = 125.0
            if row.first:
                top += 2 * BOX_AIR
            if row.last:
                bottom += 2 * BOX_AIR
        elif kind == "source":
            height = 125.0
        elif kind == "item":
            made.setTextIndent(-LIST_STEP)
            made.setTabPositions([QTextOption.Tab(LIST_STEP, QTextOption.TabType.LeftTab)])
            top += 2
        elif kind == "heading":
            top, bottom = max(top, 6.0), 2.0
        elif kind in ("fold", "call"):
            made.setTabPositions([QTextOption.Tab(max(80, self.column - 4), QTextOption.TabType.RightTab)])
        if kind == "blank":
            made.setLineHeight(self.size * 0.8, QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        else:
            made.setLineHeight(height, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        made.setLeftMargin(left)
        made.setTopMargin(top)
        made.setBottomMargin(bottom)
        self._blocks[key] = made
        return made


def new_document(formats: TextFormats) -> SafeDocument:
    """An empty document for these formats, laid out to their width."""
    document = SafeDocument()
    document.setUndoRedoEnabled(False)
    document.setDefaultFont(formats.font)
    document.setDocumentMargin(0)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    document.setDefaultTextOption(option)
    frame = QTextFrameFormat()
    frame.setLeftMargin(PAD + formats.gutter)
    # The first paragraph gets no air of its own, so the room for its label is the frame's.
    frame.setTopMargin(8 + (formats.label_height if formats.labels_above else 0))
    frame.setBottomMargin(24)
    document.rootFrame().setFrameFormat(frame)
    document.setTextWidth(formats.width + PAD)
    return document


def insert_rows(cursor: QTextCursor, rows: Sequence[Row], formats: TextFormats, *, fresh: bool) -> None:
    """Write rows as one paragraph each at a cursor; `fresh` when its own empty paragraph is the first of them."""
    cursor.beginEditBlock()
    plain = formats.char_format(0)
    for row in rows:
        runs = row.runs
        lead = formats.char_format(runs[0].style, row.level if row.kind == "heading" else 0) if runs else plain
        if fresh:
            cursor.setBlockFormat(formats.block_format(row))
            cursor.setBlockCharFormat(lead)
            fresh = False
        else:
            cursor.insertBlock(formats.block_format(row), lead)
        level = row.level if row.kind == "heading" else 0
        for run in runs:
            cursor.insertText(run.text, formats.char_format(run.style, level))
    cursor.endEditBlock()
