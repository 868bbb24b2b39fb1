"""The fields of a file's first rows, as a tree to point at: each has an expression and a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from reviewer.formats.openai_chat import as_text
from reviewer.intake.guess import path_of

__all__ = ["FieldTree"]

_EXPRESSION = Qt.ItemDataRole.UserRole
_MOST = 60
_DEEPEST = 4


class FieldTree(QTreeWidget):
    """What the file has; Enter or a double click gives the field at hand to the target at hand."""

    pointed = Signal(str)
    """The expression of the field that was pointed at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Fields of the file")
        self.setColumnCount(2)
        self.setHeaderLabels(["Field", "First value"])
        self.setIndentation(14)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setUniformRowHeights(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.header().resizeSection(0, 150)
        self.itemDoubleClicked.connect(lambda item, _column: self._point(item))

    def show_rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Show every key of these rows with the first value that it has."""
        self.clear()
        self._fill(self.invisibleRootItem(), list(rows), ())
        for place in range(min(self.topLevelItemCount(), 12)):
            item = self.topLevelItem(place)
            if item is not None and item.childCount() <= 6:
                item.setExpanded(True)
        first = self.topLevelItem(0)
        if first is not None:
            self.setCurrentItem(first)

    def _fill(self, parent: QTreeWidgetItem, rows: list[dict[str, Any]], path: tuple[str, ...]) -> None:
        keys = list(dict.fromkeys(key for row in rows for key in row))
        for key in keys[:_MOST]:
            values = [row[key] for row in rows if row.get(key) is not None]
            item = QTreeWidgetItem(parent, [key, sample_of(values[0]) if values else "(empty)"])
            item.setData(0, _EXPRESSION, path_of(*path, key))
            item.setToolTip(0, "")
            inner = [value for value in values if isinstance(value, dict)]
            if inner and len(inner) == len(values) and len(path) < _DEEPEST:
                self._fill(item, inner, (*path, key))
        if len(keys) > _MOST:
            more = QTreeWidgetItem(parent, [f"and {len(keys) - _MOST:,} more", "write the expression by hand"])
            more.setFlags(Qt.ItemFlag.NoItemFlags)

    def expression(self) -> str:
        """The expression of the field at hand; empty without one."""
        item = self.currentItem()
        return str(item.data(0, _EXPRESSION) or "") if item is not None else ""

    def _point(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and item.data(0, _EXPRESSION):
            self.pointed.emit(item.data(0, _EXPRESSION))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter points."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._point(self.currentItem())
        else:
            super().keyPressEvent(event)

    def mimeData(self, items: Sequence[QTreeWidgetItem]) -> QMimeData:
        """What is dragged is the expression."""
        data = QMimeData()
        if items:
            data.setText(str(items[0].data(0, _EXPRESSION) or ""))
        return data


def sample_of(value: object, limit: int = 120) -> str:
    """A value on one line, shortened."""
    if isinstance(value, list):
        kind = "messages" if value and isinstance(value[0], dict) and "role" in value[0] else "items"
        return f"{len(value):,} {kind}"
    if isinstance(value, dict):
        return "{" + ", ".join(list(value)[:8]) + "}"
    line = " ".join(as_text(value)[: limit * 4].split()).replace("\x00", "␀")
    return line if len(line) <= limit else line[: limit - 1] + "…"
