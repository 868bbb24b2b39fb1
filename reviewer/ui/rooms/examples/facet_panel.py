"""The facets: saved filters, and each field's values with their counts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from reviewer.intake.facets import Facet
from reviewer.intake.filters import SavedFilter
from reviewer.ui import theme
from reviewer.ui.icons import icon

__all__ = ["FacetPanel"]

_FIRST = 8
_KIND = Qt.ItemDataRole.UserRole
_VALUE = Qt.ItemDataRole.UserRole + 1
_COUNT = Qt.ItemDataRole.UserRole + 2
_CHOSEN = Qt.ItemDataRole.UserRole + 3


class FacetPanel(QTreeWidget):
    """A list of values under their fields; Enter, Space or a click adds one to the filter or takes it out."""

    toggled = Signal(str, str)
    """A field and the value that was pressed."""
    saved_chosen = Signal(int)
    """A saved filter's id."""
    saved_removed = Signal(int)
    """A saved filter's id, for which Delete was pressed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Facets")
        self.setProperty("role", "plain")
        self.setHeaderHidden(True)
        self.setColumnCount(1)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Rows(self))
        self.setMinimumWidth(150)
        self._open: set[str] = set()
        self._facets: Sequence[Facet] = ()
        self._saved: Sequence[SavedFilter] = ()
        self._current = ""
        self.itemClicked.connect(lambda item, _column: self._press(item))

    def show_facets(self, facets: Sequence[Facet], saved: Sequence[SavedFilter], current: str) -> None:
        """Show these facets; `current` is the filter in force, which marks a saved one as chosen."""
        self._facets, self._saved, self._current = facets, saved, current
        item = self.currentItem()
        kept = (item.data(0, _KIND), item.data(0, _VALUE)) if item is not None else None
        scrolled = self.verticalScrollBar().value()
        self.clear()
        if saved:
            self._head("Saved filters")
            for one in saved:
                chosen = str(one.filter) == current
                self._value("saved", str(one.id), one.name, None, chosen, f"Saved filter {one.name}: {one.filter}")
        for facet in facets:
            if not facet.values:
                continue
            self._head(facet.title)
            every = facet.field in self._open
            for place, value in enumerate(facet.values):
                if every or place < _FIRST or value.chosen:
                    spoken = f"{facet.title} {value.title}, {value.count:,} examples"
                    self._value(facet.field, value.value, value.title, value.count, value.chosen, spoken)
            hidden = len(facet.values) - _FIRST
            if hidden > 0:
                words = "Show fewer" if every else f"Show all {len(facet.values):,}"
                self._value("more", facet.field, words, None, False, f"{words} of {facet.title}")
            if facet.more and every:
                self._head(f"and {facet.more:,} rarer values; type them as {facet.field}:…")
        if current and not any(facet.values for facet in facets):
            self._head("Nothing matches")
            self._head("Esc clears the filter")
        if kept is not None:
            self._find(*kept)
        self.verticalScrollBar().setValue(scrolled)

    def _head(self, title: str) -> None:
        item = QTreeWidgetItem(self, [title])
        item.setFlags(Qt.ItemFlag.NoItemFlags)
        item.setData(0, _KIND, "head")

    def _value(self, kind: str, value: str, title: str, count: int | None, chosen: bool, spoken: str) -> None:
        item = QTreeWidgetItem(self, [title])
        item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        item.setData(0, _KIND, kind)
        item.setData(0, _VALUE, value)
        item.setData(0, _COUNT, "" if count is None else f"{count:,}")
        item.setData(0, _CHOSEN, chosen)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, spoken + (", chosen" if chosen else ""))

    def _find(self, kind: str, value: str) -> None:
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            if item is not None and item.data(0, _KIND) == kind and item.data(0, _VALUE) == value:
                self.setCurrentItem(item)
                return

    def _press(self, item: QTreeWidgetItem | None) -> None:
        if item is None:
            return
        kind, value = item.data(0, _KIND), item.data(0, _VALUE)
        if kind == "saved":
            self.saved_chosen.emit(int(value))
        elif kind == "more":
            self._open ^= {value}
            self.show_facets(self._facets, self._saved, self._current)
        elif kind not in ("head", None):
            self.toggled.emit(kind, value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space press the current value; Delete removes a saved filter."""
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._press(item)
        elif event.key() == Qt.Key.Key_Delete and item is not None and item.data(0, _KIND) == "saved":
            self.saved_removed.emit(int(item.data(0, _VALUE)))
        else:
            super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Letters are the room's actions."""


class _Rows(QStyledItemDelegate):
    """Paints a field's name as a small head, a value with its count at the right edge."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """A head stands further from what is above it."""
        height = option.fontMetrics.height()
        if index.data(_KIND) == "head":
            return QSize(60, height + (8 if index.row() == 0 else 18))
        return QSize(60, height + 8)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Words at the left, shortened; the count at the right; a tick before what is chosen."""
        look = theme.tokens()
        painter.save()
        kind = index.data(_KIND)
        box: QRect = option.rect.adjusted(8, 0, -10, 0)
        title = str(index.data(Qt.ItemDataRole.DisplayRole))
        if kind == "head":
            painter.setFont(theme.font("small", bold=True))
            painter.setPen(QColor(look.muted))
            bottom = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom
            line = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box.adjusted(0, 0, 0, -4), bottom, line)
            painter.restore()
            return
        state = option.state
        chosen = bool(index.data(_CHOSEN))
        row: QRect = option.rect.adjusted(2, 1, -4, -1)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen:
            painter.setBrush(QColor(look.accent_ground))
            painter.drawRoundedRect(row, look.radius, look.radius)
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.setBrush(QColor(look.raised))
            painter.drawRoundedRect(row, look.radius, look.radius)
        focused = option.widget is not None and option.widget.hasFocus()
        if state & QStyle.StateFlag.State_Selected and focused:
            painter.setPen(QColor(look.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row.adjusted(0, 0, -1, -1), look.radius, look.radius)
        painter.setFont(theme.font("body", bold=chosen))
        count = str(index.data(_COUNT) or "")
        width = painter.fontMetrics().horizontalAdvance(count) + 8 if count else 0
        if chosen:
            size = 14
            icon("pass").paint(painter, QRect(box.left(), box.center().y() - size // 2, size, size))
            box.setLeft(box.left() + size + 6)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(look.accent if kind == "more" else look.text))
        words = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, box.width() - width)
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignLeft, words)
        painter.setFont(theme.font("small"))
        painter.setPen(QColor(look.muted))
        painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, count)
        painter.restore()
