"""Paints the rows of the table of examples in one go: a cell costs the drawing of its text, and no question twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics, QIcon, QPainter, QPalette

from reviewer.ui import theme

__all__ = ["PADDING", "Cell", "RowPainter"]

PADDING = 9
"""From the edge of a column to its text, in pixels, as under the style sheet."""
_ICON = 16
_KEPT = 4_000


class Cell(NamedTuple):
    """What stands in one cell, from where on, and how wide the cell is."""

    text: str
    x: int
    width: int
    muted: bool = False
    icon: QIcon | None = None


class RowPainter:
    """Draws rows; texts that were shortened to their column are kept for the next time."""

    def __init__(self) -> None:
        self._shortened: dict[tuple[str, int], str] = {}
        self._font = QFont()
        self._metrics = QFontMetrics(self._font)

    def paint(self, painter: QPainter, palette: QPalette, rows: Iterable[tuple[QRect, list[Cell], bool]]) -> None:
        """Rows: the box of each, its cells, and whether it is selected."""
        font = painter.font()
        if font != self._font:
            self._font, self._metrics = QFont(font), QFontMetrics(font)
            self._shortened.clear()
        if len(self._shortened) > _KEPT:
            self._shortened.clear()
        height, ascent = self._metrics.height(), self._metrics.ascent()
        plain: list[tuple[int, int, str]] = []
        muted: list[tuple[int, int, str]] = []
        for box, cells, selected in rows:
            if selected:
                painter.fillRect(box, palette.brush(QPalette.ColorRole.Highlight))
            base = box.y() + (box.height() - height) // 2 + ascent
            for text, x, width, is_muted, icon in cells:
                left = x + PADDING
                if icon is not None:
                    top = box.y() + (box.height() - _ICON) // 2
                    icon.paint(painter, QRect(left - 1, top, _ICON, _ICON))
                    left += _ICON + 3
                if text:
                    line = self._fitted(text, width - (left - x) - PADDING)
                    (muted if is_muted and not selected else plain).append((left, base, line))
        for pen, lines in ((palette.color(QPalette.ColorRole.Text), plain), (theme.tokens().muted, muted)):
            painter.setPen(pen)
            for left, base, line in lines:
                painter.drawText(left, base, line)

    def _fitted(self, text: str, width: int) -> str:
        key = (text, width)
        line = self._shortened.get(key)
        if line is None:
            line = self._shortened[key] = self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
        return line
