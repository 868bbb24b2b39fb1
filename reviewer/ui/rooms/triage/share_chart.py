"""The report's chart: a bar a category with its interval; a bar leads to its examples."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from reviewer.triage.figures import CategoryFigures
from reviewer.ui import theme
from reviewer.ui.rooms.triage.share_bar import in_words, paint_share

__all__ = ["ShareChart"]

ROW = 30
AXIS = 22
FIGURES = 150
NARROW = 180
"""A line shorter than this has only its ends and its middle named."""


class ShareChart(QWidget):
    """Rows go from the most frequent category to the rarest; Up, Down and Enter work as in a list."""

    chosen = Signal(str)
    """A category's code: its examples are wanted."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[CategoryFigures] = []
        self._present = 0
        self._under = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Shares of the coded failures by category")

    def show_categories(self, categories: tuple[CategoryFigures, ...]) -> None:
        """Show these shares, the largest first."""
        code = self.present_code
        self._rows = sorted(categories, key=lambda item: -item.share.count)
        codes = [item.code for item in self._rows]
        self._present = codes.index(code) if code in codes else 0
        self.updateGeometry()
        self._tell()
        self.update()

    @property
    def present_code(self) -> str | None:
        """The code of the row that Enter would open."""
        return self._rows[self._present].code if self._rows else None

    def sizeHint(self) -> QSize:
        """A line for each category and one for the axis."""
        return QSize(520, ROW * max(1, len(self._rows)) + AXIS)

    def minimumSizeHint(self) -> QSize:
        """As high as the hint."""
        return QSize(440, self.sizeHint().height())

    def _tell(self) -> None:
        if self._rows:
            item = self._rows[self._present]
            self.setAccessibleDescription(
                f"{item.title}: {item.share.count} of {item.share.total}, {in_words(item.share)}. Enter lists them."
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up and Down move, Enter opens."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is not None and self._rows:
            self._present = max(0, min(len(self._rows) - 1, self._present + step))
            self._tell()
            self.update()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._rows:
            self.chosen.emit(self._rows[self._present].code)
        else:
            super().keyPressEvent(event)

    def _row_at(self, point: QPoint) -> int:
        number = point.y() // ROW
        return number if 0 <= number < len(self._rows) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a row opens it."""
        number = self._row_at(event.position().toPoint())
        if number >= 0:
            self._present = number
            self._tell()
            self.update()
            self.chosen.emit(self._rows[number].code)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The row under the pointer is marked."""
        number = self._row_at(event.position().toPoint())
        if number != self._under:
            self._under = number
            self.setCursor(Qt.CursorShape.PointingHandCursor if number >= 0 else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: object) -> None:
        """No row is under the pointer any more."""
        self._under = -1
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint names, bars, intervals and figures, and the axis under them."""
        look = theme.tokens()
        painter = QPainter(self)
        painter.setFont(theme.font("body"))
        metrics = QFontMetrics(painter.font())
        names = (
            min(220, self.width() // 3, max([metrics.horizontalAdvance(item.title) for item in self._rows], default=0))
            + 16
        )
        left, width = float(names + 4), max(40.0, float(self.width() - names - FIGURES - 16))
        for tick in range(0, 101, 25):
            x = left + width * tick / 100
            painter.setPen(QColor(look.line))
            painter.drawLine(QRectF(x, 0, 0, 1).topLeft(), QRectF(x, ROW * len(self._rows), 0, 1).topLeft())
            if width < NARROW and tick % 50:
                continue
            painter.setPen(QColor(look.muted))
            painter.setFont(theme.font("small"))
            box = QRectF(x - 24, ROW * len(self._rows) + 4, 48, AXIS - 4)
            painter.drawText(box, Qt.AlignmentFlag.AlignHCenter, f"{tick} %")
        painter.setFont(theme.font("body"))
        for number, item in enumerate(self._rows):
            top = number * ROW
            line = QRectF(0, top, self.width(), ROW)
            if number == self._present and self.hasFocus():
                painter.fillRect(line, QColor(look.accent_ground))
            elif number == self._under:
                painter.fillRect(line, QColor(look.raised))
            painter.setPen(QColor(look.text if item.share.count else look.muted))
            name = metrics.elidedText(item.title, Qt.TextElideMode.ElideRight, names - 12)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(8, top, names - 8, ROW), middle, name)
            paint_share(painter, QRectF(left, top + 8, width, ROW - 16), item.share, color=item.color)
            figures = f"{item.share.count:,}   {in_words(item.share)}" if item.share.total else "–"
            painter.setPen(QColor(look.text if item.share.count else look.muted))
            painter.drawText(
                QRectF(left + width + 8, top, FIGURES - 4, ROW), middle | Qt.AlignmentFlag.AlignRight, figures
            )
        painter.end()
