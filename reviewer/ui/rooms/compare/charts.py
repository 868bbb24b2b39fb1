"""The figures of a study's report as widgets: a title that states the finding, what is drawn, and an axis."""

from __future__ import annotations

from math import log10

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from reviewer.compare.figures import Counts, Course, Figure, Intervals, Row
from reviewer.ui import theme

__all__ = ["CountsChart", "CourseChart", "IntervalChart", "chart_of"]

LABELS = 260
WORDS = 186
TITLE = 48
ROW = 30
AXIS = 26
DEEP = 180
LEFT = int(Qt.AlignmentFlag.AlignLeft)
RIGHT = int(Qt.AlignmentFlag.AlignRight)
MIDDLE = int(Qt.AlignmentFlag.AlignVCenter)
CENTRE = int(Qt.AlignmentFlag.AlignHCenter)


def chart_of(figure: Figure) -> QWidget:
    """The widget that draws a figure."""
    if isinstance(figure, Intervals):
        return IntervalChart(figure)
    return CountsChart(figure) if isinstance(figure, Counts) else CourseChart(figure)


class _Chart(QWidget):
    """A title, a note under it, and what a figure draws below."""

    def __init__(self, figure: Figure, deep: int, said: str) -> None:
        super().__init__()
        self._title = figure.title
        self._note = figure.note
        self._deep = deep
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(figure.title)
        self.setAccessibleDescription(said)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As high as its rows."""
        return QSize(560, TITLE + self._deep + AXIS)

    def minimumSizeHint(self) -> QSize:
        """Room for labels, figures and some axis."""
        return QSize(LABELS + WORDS + 120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it all."""
        tokens = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(tokens.text))
        painter.setFont(theme.font("body", bold=True))
        self._write(painter, QRectF(0, 0, self.width(), 22), self._title, LEFT)
        painter.setPen(QColor(tokens.muted))
        painter.setFont(theme.font("small"))
        self._write(painter, QRectF(0, 20, self.width(), 20), self._note, LEFT)
        self._draw(painter, tokens)
        painter.end()

    def _draw(self, painter: QPainter, tokens: theme.Tokens) -> None:
        raise NotImplementedError

    @staticmethod
    def _write(painter: QPainter, place: QRectF, words: str, side: int) -> None:
        """One line of words in a place, cut where they are longer."""
        cut = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, int(place.width()))
        painter.drawText(place, MIDDLE | side, cut)


class IntervalChart(_Chart):
    """Intervals to one scale: the estimate as a mark, the interval as a line, no difference as a rule."""

    def __init__(self, figure: Intervals) -> None:
        super().__init__(figure, ROW * len(figure.rows), "; ".join(f"{row.label}: {row.words}" for row in figure.rows))
        self._figure = figure

    def _draw(self, painter: QPainter, tokens: theme.Tokens) -> None:
        figure = self._figure
        top, bottom = float(TITLE), float(TITLE + self._deep)
        for tick in figure.ticks:
            x = self._x(tick)
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(QPointF(x, top), QPointF(x, bottom))
            painter.setPen(QColor(tokens.muted))
            words = f"{tick:+g}" if figure.rule == 0 and tick else f"{tick:g}"
            self._write(painter, QRectF(x - 40, bottom + 4, 80, 18), words.replace("-", "−") + figure.unit, CENTRE)
        if figure.rule is not None:
            painter.setPen(QPen(QColor(tokens.muted), 1.5))
            painter.drawLine(QPointF(self._x(figure.rule), top - 2), QPointF(self._x(figure.rule), bottom + 2))
        for number, row in enumerate(figure.rows):
            self._row(painter, tokens, row, top + ROW * number + ROW / 2)

    def _x(self, value: float) -> float:
        low, high = self._figure.span
        width = self.width() - LABELS - WORDS
        return round(LABELS + (min(max(value, low), high) - low) / (high - low) * width) + 0.5

    def _row(self, painter: QPainter, tokens: theme.Tokens, row: Row, y: float) -> None:
        painter.setPen(QColor(tokens.text))
        painter.setFont(theme.font("body"))
        self._write(painter, QRectF(0, y - 12, LABELS - 16, 24), row.label, LEFT)
        self._write(painter, QRectF(self.width() - WORDS + 8, y - 12, WORDS - 8, 24), row.words, RIGHT)
        y = round(y - (3 if row.thin else 0)) + 0.5
        accent = QColor(tokens.accent)
        painter.setPen(QPen(accent, 2))
        low, high = self._x(row.low), self._x(row.high)
        painter.drawLine(QPointF(low, y), QPointF(high, y))
        for end in (low, high):
            painter.drawLine(QPointF(end, y - 4), QPointF(end, y + 4))
        if row.estimate is not None:
            painter.setBrush(accent)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(QPointF(self._x(row.estimate), y), 4.5, 4.5)
        if row.thin is not None:
            painter.setPen(QPen(QColor(tokens.muted), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(self._x(row.thin[0]), y + 8), QPointF(self._x(row.thin[1]), y + 8))


class CountsChart(_Chart):
    """Counts of two outcomes on either side of a rule."""

    def __init__(self, figure: Counts) -> None:
        said = "; ".join(
            f"{row.label}: {row.left} {figure.sides[0]}, {row.right} {figure.sides[1]}" for row in figure.rows
        )
        super().__init__(figure, ROW * len(figure.rows), said)
        self._figure = figure

    def _draw(self, painter: QPainter, tokens: theme.Tokens) -> None:
        figure, bottom = self._figure, TITLE + self._deep
        middle = round(LABELS + (self.width() - LABELS) / 2) + 0.5
        reach = (self.width() - LABELS) / 2 - 48
        most = max([1, *(max(row.left, row.right) for row in figure.rows)])
        painter.setFont(theme.font("body"))
        for number, row in enumerate(figure.rows):
            y = TITLE + ROW * number + 6
            left, right = row.left / most * reach, row.right / most * reach
            painter.fillRect(QRectF(middle - left, y, left, ROW - 12), QColor(tokens.bad))
            painter.fillRect(QRectF(middle, y, right, ROW - 12), QColor(tokens.good))
            painter.setPen(QColor(tokens.text))
            self._write(painter, QRectF(0, y - 3, LABELS - 16, 24), row.label, LEFT)
            self._write(painter, QRectF(middle - left - 46, y - 3, 40, 24), str(row.left), RIGHT)
            self._write(painter, QRectF(middle + right + 6, y - 3, 40, 24), str(row.right), LEFT)
        painter.setPen(QPen(QColor(tokens.muted), 1.5))
        painter.drawLine(QPointF(middle, TITLE - 2), QPointF(middle, bottom + 2))
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(tokens.muted))
        self._write(painter, QRectF(LABELS, bottom + 4, middle - LABELS - 8, 18), f"← {figure.sides[0]}", RIGHT)
        self._write(painter, QRectF(middle + 8, bottom + 4, reach, 18), f"{figure.sides[1]} →", LEFT)


class CourseChart(_Chart):
    """The evidence over the examples, with the height at which the rule was met."""

    def __init__(self, figure: Course) -> None:
        said = (
            f"At the end {figure.values[-1]:.3g}, at most {max(figure.values):.3g}, to be stopped at {figure.limit:g}"
        )
        super().__init__(figure, DEEP, said)
        self._figure = figure

    def _draw(self, painter: QPainter, tokens: theme.Tokens) -> None:
        figure, top, bottom = self._figure, float(TITLE), float(TITLE + self._deep)
        levels = [log10(max(value, 1e-12)) for value in (1.0, *figure.values)]
        low, high = min(-1.0, *levels), max(log10(figure.limit) + 0.5, *levels)
        begin, end = 72.0, self.width() - 24.0

        def up(level: float) -> float:
            return bottom - (level - low) / (high - low) * (bottom - top)

        painter.setFont(theme.font("small"))
        for power in range(round(low), int(high) + 1, max(1, round((high - low) / 6))):
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.drawLine(QPointF(begin, up(power)), QPointF(end, up(power)))
            painter.setPen(QColor(tokens.muted))
            words = f"{10**power:,}" if 0 <= power < 6 else f"{10.0**power:g}"
            self._write(painter, QRectF(0, up(power) - 10, begin - 8, 20), words, RIGHT)
        limit = up(log10(figure.limit))
        self._write(painter, QRectF(end - 160, limit - 20, 160, 20), f"stop at {figure.limit:g}", RIGHT)
        self._write(painter, QRectF(end - 160, bottom + 4, 160, 18), f"{len(figure.values)} examples", RIGHT)
        painter.setPen(QPen(QColor(tokens.muted), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(begin, limit), QPointF(end, limit))
        wide = (end - begin) / max(1, len(levels) - 1)
        painter.setPen(QPen(QColor(tokens.accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        points = [QPointF(begin + number * wide, up(level)) for number, level in enumerate(levels)]
        painter.drawPolyline(QPolygonF(points))
        painter.setBrush(QColor(tokens.accent))
        painter.drawEllipse(points[-1], 4.0, 4.0)
