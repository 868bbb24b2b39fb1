"""Intervals drawn to one scale: the estimate as a mark, the interval as a line, no difference as a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from reviewer.ui import theme

__all__ = ["Bar", "IntervalChart"]

LABELS = 190
FIGURES = 186
ROW = 30
AXIS = 26


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: an estimate with one interval or two, and its figures in words."""

    label: str
    estimate: float
    low: float
    high: float
    figures: str
    thin: tuple[float, float] | None = None
    """A second interval by another method, drawn below the first."""


class IntervalChart(QWidget):
    """A title that states the finding, rows of intervals, and an axis under them."""

    def __init__(
        self, title: str, bars: Sequence[Bar], span: tuple[float, float], rule: float, unit: str, ticks: Sequence[float]
    ) -> None:
        super().__init__()
        self._title = title
        self._bars = list(bars)
        self._span = span
        self._rule = rule
        self._unit = unit
        self._ticks = list(ticks)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)
        self.setAccessibleDescription("; ".join(f"{bar.label}: {bar.figures}" for bar in bars))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(560, 30 + ROW * len(self._bars) + AXIS)

    def minimumSizeHint(self) -> QSize:
        """Room for labels, figures and some axis."""
        return QSize(LABELS + FIGURES + 120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it all."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.text))
        painter.setFont(theme.font("body", bold=True))
        painter.drawText(QRectF(0, 0, self.width(), 22), int(Qt.AlignmentFlag.AlignLeft), self._title)
        top, bottom = 30.0, 30.0 + ROW * len(self._bars)
        painter.setFont(theme.font("small"))
        for tick in self._ticks:
            x = self._x(tick)
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
            painter.setPen(QColor(tokens.muted))
            words = f"{tick:+.0f}" if self._rule == 0 and tick else f"{tick:.0f}"
            rect = QRectF(x - 40, bottom + 4, 80, 18)
            painter.drawText(rect, int(Qt.AlignmentFlag.AlignHCenter), words.replace("-", "−") + self._unit)
        painter.setPen(QPen(QColor(tokens.muted), 1.5))
        painter.drawLine(QPointF(self._x(self._rule), top - 2), QPointF(self._x(self._rule), bottom + 2))
        for number, bar in enumerate(self._bars):
            self._paint_bar(painter, bar, top + ROW * number + ROW / 2)
        painter.end()

    def _x(self, value: float) -> float:
        low, high = self._span
        width = self.width() - LABELS - FIGURES
        return round(LABELS + (min(max(value, low), high) - low) / (high - low) * width) + 0.5

    def _paint_bar(self, painter: QPainter, bar: Bar, y: float) -> None:
        tokens = theme.tokens()
        painter.setPen(QColor(tokens.text))
        painter.setFont(theme.font("body"))
        metrics = painter.fontMetrics()
        label = metrics.elidedText(bar.label, Qt.TextElideMode.ElideRight, LABELS - 16)
        middle = int(Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(0, y - 12, LABELS - 16, 24), middle | int(Qt.AlignmentFlag.AlignLeft), label)
        painter.drawText(
            QRectF(self.width() - FIGURES + 12, y - 12, FIGURES - 12, 24),
            middle | int(Qt.AlignmentFlag.AlignRight),
            bar.figures,
        )
        y = round(y - (3 if bar.thin else 0)) + 0.5
        accent = QColor(tokens.accent)
        painter.setPen(QPen(accent, 2))
        low, high = self._x(bar.low), self._x(bar.high)
        painter.drawLine(QPointF(low, y), QPointF(high, y))
        for end in (low, high):
            painter.drawLine(QPointF(end, y - 4), QPointF(end, y + 4))
        painter.setBrush(accent)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawEllipse(QPointF(self._x(bar.estimate), y), 4.5, 4.5)
        if bar.thin is not None:
            painter.setPen(QPen(QColor(tokens.muted), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(self._x(bar.thin[0]), y + 8), QPointF(self._x(bar.thin[1]), y + 8))
