"""The command palette: every command by typing a few of its letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsDropShadowEffect,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from reviewer.ui import theme

__all__ = ["Palette", "score"]

Entry = tuple[str, str, str, str, bool]
"""Id, words, menu, key, and whether it can be done now."""
WIDTH = 560
ROWS = 11


def score(query: str, text: str) -> int | None:
    """How well `text` fits what was typed: its letters in order, best at words' starts and side by side; None: not."""
    query, low = query.casefold().replace(" ", ""), text.casefold()
    points, at, run = 0, 0, 0
    for letter in query:
        found = low.find(letter, at)
        if found < 0:
            return None
        start = found == 0 or not low[found - 1].isalnum()
        if not start and found > at:
            # A word that starts with the letter is what was meant, if one comes.
            later = low.find(" " + letter, at)
            if later >= 0:
                found, start = later + 1, True
        run = run + 1 if found == at else 0
        points += 8 * start + 3 * run - min(found - at, 6)
        at = found + 1
    return points - len(low) // 8


class Palette(QWidget):
    """A field and the commands that fit it, laid over the window; Enter carries one out after the palette has gone.

    It is no window of its own: a translucent one turns black where nothing composes the screen.
    """

    def __init__(self, parent: QWidget, entries: Sequence[Entry], run: Callable[[str], None]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Command palette")
        self._over = parent
        self._before = QApplication.focusWidget()
        self._entries = list(entries)
        self._run = run
        self.field = QLineEdit()
        self.field.setPlaceholderText("Type a command")
        self.field.setAccessibleName("Command")
        self.field.textChanged.connect(self._narrow)
        self.field.installEventFilter(self)
        self.list = QListView()
        self.list.setAccessibleName("Commands")
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setProperty("role", "plain")
        self.list.clicked.connect(self._choose)
        self._model = _Entries()
        self.list.setModel(self._model)
        card = QFrame()
        card.setFixedWidth(WIDTH)
        card.setObjectName("paletteCard")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(8, 8, 8, 8)
        inside.setSpacing(8)
        inside.addWidget(self.field)
        inside.addWidget(self.list)
        shadow = QGraphicsDropShadowEffect(card)
        shadow.setBlurRadius(28)
        shadow.setOffset(0, 6)
        shadow.setColor(QColor(0, 0, 0, 110))
        card.setGraphicsEffect(shadow)
        self.list.setFixedHeight(ROWS * (self.fontMetrics().height() + 14) + 4)
        self._card = card
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 72, 0, 32)
        layout.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)
        self._narrow("")
        parent.installEventFilter(self)

    def open(self) -> None:
        """Show it over the window and take the keys."""
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self.field.setFocus()

    def close(self) -> bool:
        """Go, and give the keys back to where they were."""
        self._over.removeEventFilter(self)
        self.field.removeEventFilter(self)
        had_focus = self.field.hasFocus()
        closed = super().close()
        if had_focus and self._before is not None and isValid(self._before):
            self._before.setFocus()
        return closed

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the card puts the palette away."""
        if not self._card.geometry().contains(event.position().toPoint()):
            self.close()

    def _narrow(self, text: str) -> None:
        ranked = []
        for position, entry in enumerate(self._entries):
            points = score(text, entry[1]) if text else 0
            by_menu = points is None
            if points is None and entry[2]:
                points = score(text, f"{entry[1]} {entry[2]}")
            if points is not None:
                # What only its menu matches comes last; of the rest, what cannot be done now comes after what can.
                ranked.append((by_menu, not entry[4], -points, position, entry))
        ranked.sort(key=lambda item: item[:4])
        self._model.show_entries([item[4] for item in ranked])
        if ranked:
            self.list.setCurrentIndex(self._model.index(0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lead the list with the arrows while the field has the focus, and keep to the window's size."""
        if watched is self.parent():
            if event.type() == QEvent.Type.Resize:
                self.setGeometry(self._over.rect())
            return False
        if event.type() == QEvent.Type.FocusOut and QApplication.activeWindow() is self.window():
            self.close()
            return False
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            step = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: ROWS,
                Qt.Key.Key_PageUp: -ROWS,
            }.get(Qt.Key(event.key()))
            if step is not None:
                rows = self._model.rowCount()
                if rows:
                    row = self.list.currentIndex().row() + step
                    row = row % rows if abs(step) == 1 else max(0, min(rows - 1, row))
                    self.list.setCurrentIndex(self._model.index(row))
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose(self.list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _choose(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        action_id, _words, _menu, _key, enabled = self._model.entry(index)
        if enabled:
            self.close()
            self._run(action_id)


class _Entries(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Entry] = []

    def show_entries(self, rows: list[Entry]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def entry(self, index: QModelIndex | QPersistentModelIndex) -> Entry:
        return self._rows[index.row()]

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        _id, words, menu, key, enabled = self.entry(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return words
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{words}, {menu}, {key}" + ("" if enabled else ", not available now")
        return None

    def flags(self, index: QModelIndex | QPersistentModelIndex) -> Qt.ItemFlag:
        # Greyed entries can be looked at too, so they stay selectable.
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


class _Row(QStyledItemDelegate):
    """The words, the menu they are in, and the key at the end."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(WIDTH, option.fontMetrics.height() + 14)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = index.model()
        assert isinstance(model, _Entries)
        _id, words, menu, key, enabled = model.entry(index)
        look = theme.tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = option.rect.adjusted(2, 1, -2, -1)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.accent_ground))
            painter.drawRoundedRect(box, look.radius, look.radius)
        inside = box.adjusted(10, 0, -10, 0)
        text = QColor(look.text if enabled else look.muted)
        if not enabled:
            text.setAlphaF(0.65)
        painter.setFont(theme.font("body"))
        painter.setPen(text)
        left = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(inside, left, words)
        used = painter.fontMetrics().horizontalAdvance(words)
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(look.muted))
        where = menu.replace("/", " › ")
        painter.drawText(inside.adjusted(used + 12, 0, 0, 0), left, where)
        if key:
            native = QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
            width = painter.fontMetrics().horizontalAdvance(native) + 10
            cap = QRect(inside.right() - width, inside.center().y() - 9, width, 19)
            painter.setPen(QColor(look.line_strong))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(cap, 3, 3)
            painter.setPen(QColor(look.muted))
            painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, native)
        painter.restore()
