"""The coverage map: workflow by category, each cell with what the slices hold of what triage saw."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from reviewer.curate.coverage import Cell, Coverage
from reviewer.ui import theme

__all__ = ["CoverageMap", "cell_words"]

ROW = 44
HEAD = 52
LEAST_COLUMN = 84
_STEPS = {
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Left: (0, -1),
}


def cell_words(cell: Cell) -> str:
    """A cell's counts as it shows them."""
    return f"{cell.held:,} of {cell.seen:,}" if cell.seen else "–"


class CoverageMap(QWidget):
    """A grid that is walked with the arrows; Enter or a click lists a cell's examples."""

    chosen = Signal(str, str, bool)
    """A workflow, a category's code, and whether only what is in no slice is wanted."""
    moved = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown: Coverage | None = None
        self._codes: list[str] = []
        self.present = (0, 0)
        """Row and column of the cell that Enter would list."""
        self._under: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Coverage of failures by workflow and category")
        theme.changed.connect(self._fit)

    def show_coverage(self, found: Coverage) -> None:
        """Show these counts; the present cell stays where it is."""
        self._shown, self._codes = found, list(found.categories)
        row, column = self.present
        self.present = (
            max(0, min(row, len(found.workflows) - 1)),
            max(0, min(column, len(self._codes) - 1)),
        )
        self._fit()
        self._tell()

    def _fit(self) -> None:
        self.updateGeometry()
        self.setMinimumSize(self.minimumSizeHint())
        self.update()

    @property
    def _scale(self) -> float:
        return theme.zoom() / 100

    def _left(self) -> int:
        """The width of the workflows' names."""
        names = self._shown.workflows if self._shown is not None else ()
        metrics = QFontMetrics(theme.font("body"))
        widest = max((metrics.horizontalAdvance(name or "no workflow") for name in names), default=60)
        return min(widest, round(200 * self._scale)) + 20

    def sizeHint(self) -> QSize:
        """A row for each workflow under the categories' names."""
        rows = len(self._shown.workflows) if self._shown is not None else 1
        return QSize(
            self._left() + round(110 * self._scale) * max(1, len(self._codes)),
            round((HEAD + ROW * max(1, rows)) * self._scale) + 2,
        )

    def minimumSizeHint(self) -> QSize:
        """As high as the hint, narrow columns."""
        return QSize(
            self._left() + round(LEAST_COLUMN * self._scale) * max(1, len(self._codes)), self.sizeHint().height()
        )

    def present_cell(self) -> tuple[str, str, Cell] | None:
        """Workflow, category's code and counts of the present cell."""
        found = self._shown
        if found is None or not found.workflows or not self._codes:
            return None
        row, column = self.present
        workflow, code = found.workflows[row], self._codes[column]
        return workflow, code, found.cell(workflow, code)

    def words(self) -> str:
        """The present cell in words."""
        present = self.present_cell()
        if present is None or self._shown is None:
            return ""
        workflow, code, cell = present
        name = f"{workflow or 'no workflow'}, {self._shown.categories[code]}"
        if not cell.seen:
            return f"{name}: triage saw none."
        return f"{name}: {cell.held:,} held of {cell.seen:,} seen. Enter lists them, Shift+Enter those in no slice."

    def _tell(self) -> None:
        self.setAccessibleDescription(self.words())
        self.moved.emit()

    def _go(self, row: int, column: int) -> None:
        self.present = (row, column)
        self._tell()
        self.update()

    def _choose(self, missing: bool) -> None:
        present = self.present_cell()
        if present is not None and present[2].seen:
            self.chosen.emit(present[0], present[1], missing and present[2].gap > 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move; Enter lists."""
        found, key = self._shown, Qt.Key(event.key())
        if found is None or not found.workflows or not self._codes:
            super().keyPressEvent(event)
            return
        row, column = self.present
        if key in _STEPS and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            down, right = _STEPS[key]
            self._go(
                max(0, min(len(found.workflows) - 1, row + down)), max(0, min(len(self._codes) - 1, column + right))
            )
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._go(row, 0 if key == Qt.Key.Key_Home else len(self._codes) - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys are."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that they are elsewhere."""
        super().focusOutEvent(event)
        self.update()

    def cell_rect(self, row: int, column: int) -> QRectF:
        """Where a cell is painted."""
        left, columns = self._left(), max(1, len(self._codes))
        width = (self.width() - left - 2) / columns
        scale = self._scale
        return QRectF(left + column * width, HEAD * scale + row * ROW * scale, width, ROW * scale)

    def _cell_at(self, point: QPoint) -> tuple[int, int] | None:
        found = self._shown
        if found is None:
            return None
        for row in range(len(found.workflows)):
            for column in range(len(self._codes)):
                if self.cell_rect(row, column).contains(point):
                    return row, column
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on a cell lists its examples."""
        place = self._cell_at(event.position().toPoint())
        if place is not None and event.button() == Qt.MouseButton.LeftButton:
            self._go(*place)
            self._choose(bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The cell under the pointer is marked."""
        place = self._cell_at(event.position().toPoint())
        if place != self._under:
            self._under = place
            self.setCursor(Qt.CursorShape.PointingHandCursor if place is not None else Qt.CursorShape.ArrowCursor)
            self.update()

    def leaveEvent(self, event: object) -> None:
        """No cell is under the pointer any more."""
        self._under = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the names, the cells with their counts, and the marks of gaps and focus."""
        found = self._shown
        if found is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_names(painter, found)
        most = max((cell.seen for cell in found.cells.values()), default=1)
        for row, workflow in enumerate(found.workflows):
            for column, code in enumerate(self._codes):
                self._paint_cell(painter, (row, column), found.cell(workflow, code), most)
        painter.end()

    def _paint_names(self, painter: QPainter, found: Coverage) -> None:
        look = theme.tokens()
        painter.setPen(QColor(look.muted))
        painter.setFont(theme.font("small"))
        for column, code in enumerate(self._codes):
            box = self.cell_rect(0, column).adjusted(6, 0, -6, 0)
            box.moveTop(0)
            box.setHeight(HEAD * self._scale - 6)
            flags = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(box, int(flags), found.categories[code])
        painter.setFont(theme.font("body"))
        painter.setPen(QColor(look.text))
        metrics = QFontMetrics(painter.font())
        for row, workflow in enumerate(found.workflows):
            box = self.cell_rect(row, 0)
            box = QRectF(4, box.top(), self._left() - 16, box.height())
            name = metrics.elidedText(workflow or "no workflow", Qt.TextElideMode.ElideRight, round(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_cell(self, painter: QPainter, place: tuple[int, int], cell: Cell, most: int) -> None:
        look = theme.tokens()
        box = self.cell_rect(*place).adjusted(2, 2, -2, -2)
        painter.setPen(Qt.PenStyle.NoPen)
        if cell.held:
            ground = QColor(look.accent)
            ground.setAlphaF(0.12 + 0.30 * cell.held / most)
            painter.setBrush(ground)
        else:
            painter.setBrush(QColor(look.raised if cell.seen else look.window))
        painter.drawRoundedRect(box, look.radius, look.radius)
        if cell.seen and not cell.held:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(look.warn), 1.2, Qt.PenStyle.DashLine))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), look.radius, look.radius)
        if place == self._under or (place == self.present and self.hasFocus()):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(look.accent), 2 if place == self.present and self.hasFocus() else 1))
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), look.radius, look.radius)
        painter.setFont(theme.font("body", bold=bool(cell.seen and not cell.held)))
        painter.setPen(QColor(look.text if cell.seen else look.muted))
        words = f"gap: {cell.seen:,}" if cell.seen and not cell.held else cell_words(cell)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
