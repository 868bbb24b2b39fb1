"""The pane that shows rows: one read-only document, its gutter, its marks, and the way from a selection to rows."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from reviewer.ui import theme
from reviewer.ui.widgets.rows import Row, points_before, units_before
from reviewer.ui.widgets.text_document import (
    BOX_AIR,
    LIST_STEP,
    PAD,
    QUOTE_STEP,
    SafeDocument,
    TextFormats,
    new_document,
)

__all__ = ["Mark", "TextPane"]

COLUMN_CHARACTERS = 84
NARROW = 460

Mark = tuple[int, int, int]
"""A marked stretch: row, first and last shown character."""

_BOXES = ("code", "table")
_SAMPLE = "The tool said that the booking was changed, so the agent told the customer it was done. "


class TextPane(QTextEdit):
    """Rows in one document: paragraph number n shows row n, always."""

    activated = Signal(int, str)
    """A row that does something was clicked or entered: its number, and the link of the run, empty beside one."""
    caret_moved = Signal(int)
    refitted = Signal()
    """The column has another width now; `formats` are those for it."""

    def __init__(self, parent: QWidget | None = None, *, gutter: int = 0) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []
        self._widest_gutter = gutter
        self.current: tuple[int, int] | None = None
        self._marks: dict[str, list[Mark]] = {}
        self._pressed: QPoint | None = None
        self._row_at_caret = -1
        self.painted = False
        """Whether what is shown has been painted since it was given."""
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAcceptDrops(False)
        self.setTabChangesFocus(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.viewport().setMouseTracking(True)
        self.cursorPositionChanged.connect(self._note_caret)
        self._formats_key: tuple[str, int, int] | None = None
        self.formats = self.formats_now()
        self._document = new_document(self.formats)
        self.show_rows(self._document, [], self.formats)

    # Formats and width

    def _room(self) -> int:
        """The width that is there for text, the scroll bar's kept free: it comes and goes, the column shall not."""
        return self.width() - self.verticalScrollBar().sizeHint().width() - 2 * self.frameWidth()

    def _gutter(self) -> int:
        """The width of the gutter, 0 in a narrow pane, whose labels stand above the text instead."""
        return self._widest_gutter if self._room() >= NARROW else 0

    def _column_width(self) -> int:
        """The width of gutter and text column for the pane as it is now: at most 84 characters of text."""
        letter = QFontMetricsF(theme.font("reading")).horizontalAdvance(_SAMPLE) / len(_SAMPLE)
        wanted = self._gutter() + round(letter * COLUMN_CHARACTERS)
        return max(self._gutter() + 120, min(wanted, self._room() - 2 * PAD))

    def formats_now(self) -> TextFormats:
        """The formats for the theme, text size and width of this moment; the same object while these stay the same."""
        key = (theme.tokens().name, theme.zoom(), self._room())
        if key != self._formats_key:
            self._formats_key = key
            gutter = self._gutter()
            self._formats_kept = TextFormats(
                self._column_width(), gutter, labels_above=not gutter and self._widest_gutter > 0
            )
        return self._formats_kept

    # Documents

    def show_rows(self, document: SafeDocument, rows: list[Row], formats: TextFormats) -> None:
        """Show a document whose paragraphs are these rows; the list may grow with the document."""
        self.formats = formats
        self.rows = rows
        self.painted = False
        self.current = None
        self._marks = {}
        # The widget compares new marks with those it holds; marks on a document that has gone take the process down.
        self.setExtraSelections([])
        old, self._document = self._document, document
        if self.lineWrapColumnOrWidth() != formats.width + PAD:
            self.setLineWrapColumnOrWidth(formats.width + PAD)
        self.setDocument(document)
        if old is not document:
            # The widget keeps every document it was ever given; what it takes up has to be given back by hand.
            old.deleteLater()
        self._row_at_caret = -1
        self.verticalScrollBar().setValue(0)

    # Places

    def position_of(self, row: int, points: int) -> int:
        """The document position of a shown character."""
        block = self._document.findBlockByNumber(row)
        return block.position() + units_before(self.rows[row].shown, points)

    def point_at(self, position: int) -> tuple[int, int]:
        """The row and shown character at a document position."""
        block = self._document.findBlock(position)
        number = block.blockNumber()
        if not 0 <= number < len(self.rows):
            return (max(0, len(self.rows) - 1), 0)
        return number, points_before(self.rows[number].shown, position - block.position())

    def selected_points(self) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """The selection as two places, first and last; None without one."""
        cursor = self.textCursor()
        if not cursor.hasSelection() or not self.rows:
            return None
        return self.point_at(cursor.selectionStart()), self.point_at(cursor.selectionEnd())

    def caret_row(self) -> int:
        """The row that the caret stands in."""
        return min(self.textCursor().blockNumber(), max(0, len(self.rows) - 1))

    def move_to(self, row: int, point: int) -> None:
        """Put the caret before a shown character and scroll to it."""
        cursor = QTextCursor(self._document)
        cursor.setPosition(self.position_of(row, point))
        self.setTextCursor(cursor)
        self.reveal_row(row)

    def select_between(self, first: Mark, last: Mark) -> None:
        """Select from the beginning of one stretch to the end of another and scroll to it."""
        cursor = QTextCursor(self._document)
        cursor.setPosition(self.position_of(first[0], first[1]))
        cursor.setPosition(self.position_of(last[0], last[2]), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.reveal_row(first[0])

    def move_to_row(self, row: int, *, top: bool = False) -> None:
        """Put the caret at the beginning of a row and scroll to it; `top` puts the row near the upper edge."""
        if not 0 <= row < len(self.rows):
            return
        cursor = QTextCursor(self._document.findBlockByNumber(row))
        self.setTextCursor(cursor)
        self.reveal_row(row, top=top)

    def reveal_row(self, row: int, *, top: bool = False) -> None:
        """Scroll so that a row is in view with some text around it."""
        rect = self._row_rect(row)
        bar = self.verticalScrollBar()
        height = self.viewport().height()
        if top or rect.top() < bar.value() + 24:
            # At the top no line of what comes before peeks in, but the row's own label does.
            air = 6 + (self.formats.label_height if self.formats.labels_above else 0) if top else 24
            bar.setValue(int(rect.top()) - air)
        elif rect.bottom() > bar.value() + height - 48:
            bar.setValue(int(rect.bottom()) - height + height // 3)

    def _row_rect(self, row: int) -> QRectF:
        return self._document.documentLayout().blockBoundingRect(self._document.findBlockByNumber(row))

    # Marks

    def set_marks(self, name: str, marks: Sequence[Mark]) -> None:
        """Mark stretches as `evidence`, `found` or `hit` (the current find); an empty list takes them away."""
        if marks or name in self._marks:
            self._marks[name] = list(marks)
            self._paint_marks()

    def _paint_marks(self) -> None:
        document = self.document()
        if document is not self._document:
            return  # between two documents nothing is marked
        tokens = theme.tokens()
        selections = []
        for name in ("evidence", "found", "hit"):
            style = QTextCharFormat()
            if name == "evidence":
                style.setBackground(QColor(tokens.mark))
                style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
                style.setUnderlineColor(QColor(tokens.warn))
            elif name == "found":
                style.setBackground(QColor(tokens.accent_ground))
            else:
                style.setBackground(QColor(tokens.accent))
                style.setForeground(QColor(tokens.on_accent))
            for row, first, last in self._marks.get(name, ()):
                if row < len(self.rows):
                    selection = QTextEdit.ExtraSelection()
                    cursor = QTextCursor(document)
                    cursor.setPosition(self.position_of(row, first))
                    cursor.setPosition(self.position_of(row, last), QTextCursor.MoveMode.KeepAnchor)
                    selection.cursor = cursor
                    selection.format = style
                    selections.append(selection)
        self.setExtraSelections(selections)

    def set_current(self, rows: tuple[int, int] | None) -> None:
        """Show the rows from the first to the one before the last as the current step."""
        if rows != self.current:
            self.current = rows
            self.viewport().update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint boxes, gutter and rules under the text."""
        painter = QPainter(self.viewport())
        self._paint_ground(painter, event)
        painter.end()
        super().paintEvent(event)
        self.painted = True

    def _paint_ground(self, painter: QPainter, event: QPaintEvent) -> None:
        tokens = theme.tokens()
        layout = self._document.documentLayout()
        offset = self.verticalScrollBar().value()
        height = self.viewport().height()
        gutter = self.formats.gutter
        left = gutter + PAD
        right = self.formats.width + PAD
        painter.setFont(theme.font("small"))
        line_height = painter.fontMetrics().height()
        block = self.cursorForPosition(QPoint(left + 2, 0)).block()
        box_top: float | None = None
        bar_top = bar_bottom = -1.0
        while block.isValid() and block.blockNumber() < len(self.rows):
            number = block.blockNumber()
            row = self.rows[number]
            rect = layout.blockBoundingRect(block).translated(0, -offset)
            if rect.top() > height and box_top is None:
                break
            if self.current and self.current[0] <= number < self.current[1]:
                bar_top = rect.top() if bar_top < 0 else bar_top
                bar_bottom = rect.bottom()
            if row.kind in _BOXES:
                if box_top is None:
                    box_top = rect.top() - BOX_AIR
                    box_left = left + QUOTE_STEP * row.quotes + LIST_STEP * row.depth
                if row.last or rect.top() > height:
                    bottom = rect.bottom() + (BOX_AIR if row.last else 0)
                    self._paint_box(painter, QRectF(box_left, box_top, right - box_left, bottom - box_top))
                    box_top = None
                    if rect.top() > height:
                        break
            if row.quotes:
                painter.fillRect(QRectF(left + 2, rect.top(), 2, rect.height()), QColor(tokens.line_strong))
            if row.label:
                painter.setPen(QColor(tokens.accent if row.accented else tokens.muted))
                first = block.layout().lineAt(0)
                top = rect.top() + (first.ascent() - painter.fontMetrics().ascent() if first.isValid() else 0)
                room = QRectF(PAD, top, gutter - 14, line_height)
                if self.formats.labels_above:
                    room = QRectF(PAD, rect.top() - line_height - 2, right - PAD, line_height)
                self._paint_label(painter, room, row.label)
            if row.kind == "separator":
                first = block.layout().lineAt(0)
                begin = left + first.naturalTextWidth() + 12 if first.isValid() else left
                painter.setPen(QPen(QColor(tokens.line_strong), 1))
                middle = round(rect.bottom() - (first.height() / 2 if first.isValid() else 0)) + 0.5
                painter.drawLine(round(begin), round(middle), right, round(middle))
                if gutter:
                    painter.drawLine(PAD, round(middle), left - 12, round(middle))
            block = block.next()
        if box_top is not None:
            self._paint_box(painter, QRectF(box_left, box_top, right - box_left, height + 8 - box_top))
        if bar_bottom >= 0 and self._widest_gutter:
            painter.fillRect(QRectF(2, bar_top, 3, bar_bottom - bar_top), QColor(tokens.accent))

    def _paint_label(self, painter: QPainter, rect: QRectF, label: str) -> None:
        text = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, int(rect.width()))
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_box(self, painter: QPainter, rect: QRectF) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.tokens().raised))
        painter.drawRoundedRect(rect, 4, 4)
        painter.restore()

    # Mouse and keys

    def _run_at(self, point: QPoint) -> tuple[int, str] | None:
        """The row under a point and the link of the run there."""
        layout = self._document.documentLayout()
        position = layout.hitTest(self._in_document(point), Qt.HitTestAccuracy.ExactHit)
        if position < 0 or not self.rows:
            return None
        number, points = self.point_at(position)
        at = 0
        for run in self.rows[number].runs:
            at += len(run.text)
            if points < at:
                return number, run.href
        return number, ""

    def _in_document(self, point: QPoint) -> QPointF:
        return QPointF(point.x() + self.horizontalScrollBar().value(), point.y() + self.verticalScrollBar().value())

    def _does_something(self, hit: tuple[int, str] | None) -> bool:
        return hit is not None and (bool(hit[1]) or self.rows[hit[0]].kind in ("fold", "call"))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a click began."""
        self._pressed = event.position().toPoint() if event.button() == Qt.MouseButton.LeftButton else None
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Follow a click on a link or a folded row, but not the end of a selection."""
        super().mouseReleaseEvent(event)
        point = event.position().toPoint()
        pressed, self._pressed = self._pressed, None
        if pressed is None or (point - pressed).manhattanLength() > 4 or self.textCursor().hasSelection():
            return
        hit = self._run_at(point)
        if hit is not None and self._does_something(hit):
            self.activated.emit(*hit)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show a hand over what can be clicked."""
        super().mouseMoveEvent(event)
        over = self._does_something(self._run_at(event.position().toPoint()))
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space work on the row at the caret; other keys move and select."""
        enters = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and not event.modifiers()
        if enters and self.rows:
            number, points = self.point_at(self.textCursor().position())
            at, href = 0, ""
            for run in self.rows[number].runs:
                if at <= points < at + len(run.text):
                    href = run.href
                at += len(run.text)
            if self.rows[number].kind == "more" and not href:
                href = next((run.href for run in self.rows[number].runs if run.href), "")
            if self._does_something((number, href)):
                self.activated.emit(number, href)
                return
        super().keyPressEvent(event)

    def _note_caret(self) -> None:
        row = self.caret_row()
        if row != self._row_at_caret:
            self._row_at_caret = row
            self.caret_moved.emit(row)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the column within the pane; its words wrap anew only when it changed."""
        super().resizeEvent(event)
        formats = self.formats_now()
        if formats.width != self.formats.width:
            self.formats = formats
            self.setLineWrapColumnOrWidth(formats.width + PAD)
            self._fit_tabs()
            self.refitted.emit()

    def _fit_tabs(self) -> None:
        """Put the words at the right edge of folded rows where the edge is now."""
        for number, row in enumerate(self.rows):
            if row.kind in ("fold", "call"):
                QTextCursor(self._document.findBlockByNumber(number)).setBlockFormat(self.formats.block_format(row))
