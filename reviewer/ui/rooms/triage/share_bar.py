"""A share with its interval on a line from 0 to 100 %, and the threshold it is held against."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from reviewer.triage.figures import Share, percent
from reviewer.ui import theme

__all__ = ["ShareBar", "in_words", "paint_share"]


def in_words(share: Share) -> str:
    """`46 % [33–59]`, or a dash when there is nothing to say."""
    if share.share is None or share.low is None or share.high is None:
        return "–"
    return f"{share.share * 100:.0f} % [{share.low * 100:.0f}–{share.high * 100:.0f}]"


def paint_share(
    painter: QPainter, box: QRectF, share: Share, *, color: str, threshold: float | None = None, bar: bool = True
) -> None:
    """Paint the interval as a line with ends, the share as a bar or a point, the threshold as an upright line."""
    look = theme.tokens()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(look.line_strong), 1))
    painter.drawLine(box.bottomLeft(), box.bottomRight())
    middle = box.center().y()
    if share.share is not None and share.low is not None and share.high is not None:
        at = box.left() + share.share * box.width()
        if bar:
            painter.setPen(QPen(QColor(look.muted), 1))
            painter.setBrush(QColor(color))
            painter.drawRect(QRectF(box.left(), box.top(), max(1.0, at - box.left()), box.height()))
        low, high = box.left() + share.low * box.width(), box.left() + share.high * box.width()
        # An edge in the ground's colour keeps the interval readable across the bar.
        for pen in (QPen(QColor(look.surface), 3.5), QPen(QColor(look.text), 1.5)):
            painter.setPen(pen)
            painter.drawLine(
                QRectF(low, middle, high - low, 0).topLeft(), QRectF(low, middle, high - low, 0).topRight()
            )
            for end in (low, high):
                painter.drawLine(QRectF(end, middle - 4, 0, 8).topLeft(), QRectF(end, middle - 4, 0, 8).bottomLeft())
        if not bar:
            painter.setPen(QPen(QColor(look.text), 1))
            painter.setBrush(QColor(look.text))
            painter.drawEllipse(QRectF(at - 3, middle - 3, 6, 6))
    if threshold is not None:
        painter.setPen(QPen(QColor(look.accent), 1.5, Qt.PenStyle.DashLine))
        x = box.left() + threshold * box.width()
        painter.drawLine(
            QRectF(x, box.top() - 3, 0, box.height() + 6).topLeft(),
            QRectF(x, box.top() - 3, 0, box.height() + 6).bottomLeft(),
        )


class ShareBar(QWidget):
    """A thin line with a share's interval and its threshold."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._share = Share(0, 0, None, None, None)
        self._threshold: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    def sizeHint(self) -> QSize:
        """Wide as there is room, and thin."""
        return QSize(120, 14)

    def show_share(self, share: Share, threshold: float | None) -> None:
        """Show another share against a threshold, both from 0 to 1."""
        self._share = share
        self._threshold = threshold
        against = "" if threshold is None else f" against {percent(threshold)}"
        self.setAccessibleDescription(f"{in_words(share)}{against}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the line."""
        painter = QPainter(self)
        box = QRectF(self.rect()).adjusted(4, 3, -4, -4)
        paint_share(painter, box, self._share, color=theme.tokens().line, threshold=self._threshold, bar=False)
        painter.end()
