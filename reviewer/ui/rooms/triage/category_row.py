"""One category in the verdict column: its key, its mark, its name, and whether it is chosen."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from reviewer.triage.taxonomies import Category
from reviewer.ui import theme
from reviewer.ui.messages import plain_tip

__all__ = ["CategoryRow", "paint_mark"]

MARK = 10


def paint_mark(painter: QPainter, x: int, y: int, color: str, side: int = MARK) -> None:
    """Paint a category's mark, a small square with an edge that keeps it visible on both grounds."""
    painter.setPen(QPen(QColor(theme.tokens().muted), 1))
    painter.setBrush(QColor(color))
    painter.drawRect(x, y, side, side)


class CategoryRow(QPushButton):
    """A button for a category; checked when it is the first failure's, and marked when it is a further one."""

    def __init__(self, category: Category, key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.category = category
        self.key = key
        self.further = False
        self._state: tuple[bool, bool] | None = None
        theme.dress(self, "quiet")
        self.setCheckable(True)
        self.setToolTip(plain_tip(category.definition))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_state(chosen=False, further=False)

    def set_state(self, *, chosen: bool, further: bool) -> None:
        """Show whether the category is the first failure's, a further one, or neither."""
        if (chosen, further) == self._state and self.isChecked() == chosen:
            return
        self._state = (chosen, further)
        self.setChecked(chosen)
        self.further = further
        state = ", first failure" if chosen else ", further category" if further else ""
        key = f", key {self.key}" if self.key else ""
        self.setAccessibleName(f"{self.category.name}{key}{state}")
        self.setAccessibleDescription(self.category.definition)
        self.update()

    def sizeHint(self) -> QSize:
        """One line of text with a little air."""
        metrics = self.fontMetrics()
        return QSize(64 + metrics.horizontalAdvance(self.category.name), metrics.height() + 10)

    def minimumSizeHint(self) -> QSize:
        """As low as the hint, and narrow: the name is cut short before the column grows."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the button's ground, then key, mark, name and state."""
        super().paintEvent(event)
        look = theme.tokens()
        painter = QPainter(self)
        box = self.rect().adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(look.muted))
        painter.drawText(QRect(box.left(), box.top(), 14, box.height()), middle | Qt.AlignmentFlag.AlignRight, self.key)
        paint_mark(painter, box.left() + 24, box.center().y() - MARK // 2 + 1, self.category.color)
        tag = "first" if self.isChecked() else "further" if self.further else ""
        width = self.fontMetrics().horizontalAdvance(tag) + 8 if tag else 0
        name = QRect(box.left() + 44, box.top(), box.width() - 44 - width, box.height())
        font = self.font()
        if self.isChecked():
            font.setBold(True)
            painter.setFont(font)
        painter.setPen(QColor(look.text if self.isEnabled() else look.muted))
        shown = painter.fontMetrics().elidedText(self.category.name, Qt.TextElideMode.ElideRight, name.width())
        painter.drawText(name, middle | Qt.AlignmentFlag.AlignLeft, shown)
        if tag:
            painter.setFont(self.font())
            painter.setPen(QColor(look.accent))
            painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, tag)
        painter.end()
