"""A small picture beside words: one of our line icons, always in the theme's colour."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from reviewer.ui.icons import icon

__all__ = ["Sign"]


class Sign(QWidget):
    """Paints an icon; it takes no focus and no clicks."""

    def __init__(self, name: str, side: int = 16, tone: str = "") -> None:
        super().__init__()
        self._icon = icon(name, tone)
        self.setFixedSize(QSize(side, side))

    def show_icon(self, name: str, tone: str = "") -> None:
        """Show another icon."""
        self._icon = icon(name, tone)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint it as large as the widget."""
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()
