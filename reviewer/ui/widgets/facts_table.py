"""Named values as they are beside the same ones as they should be."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent
from PySide6.QtWidgets import QTableWidgetItem

from reviewer.ui import theme
from reviewer.ui.widgets.fields_table import FieldsTable

__all__ = ["FactsTable"]

_TITLES = ("Name", "As it is", "As it should be")
_MOST = 2_000
"""A longer value, or one of several lines, would not come back from a cell as it went in."""


class FactsTable(FieldsTable):
    """One row a fact; an empty value takes it away, and the last row is for one more."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Facts", _TITLES, 160)
        self._given: dict[str, str] = {}
        self._filling = False
        self.itemChanged.connect(self._written)

    def show_facts(self, given: Mapping[str, str]) -> None:
        """Show facts, each the same on both sides."""
        self._given = dict(given)
        self._filling = True
        self.setRowCount(0)
        for name, value in given.items():
            self._add(name, value, value)
        self._add("", "", "")
        self._filling = False
        self.setCurrentCell(0, 2)

    def _add(self, name: str, was: str, now: str) -> None:
        row = self.rowCount()
        self.insertRow(row)
        fixed = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        writable = fixed | Qt.ItemFlag.ItemIsEditable
        whole = len(was) <= _MOST and "\n" not in was and "\r" not in was
        for column, (text, flags) in enumerate(
            ((name, fixed if name else writable), (was, fixed), (now, writable if whole else fixed))
        ):
            item = QTableWidgetItem(text if whole else " ".join(text[:_MOST].split()))
            item.setFlags(flags)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, f"{_TITLES[column]} of {name or 'one more fact'}")
            if column < 2 and name:
                item.setForeground(QColor(theme.tokens().muted))
            self.setItem(row, column, item)

    def settle(self) -> None:
        """Take what stands in a cell that is being written in."""
        editor = self.indexWidget(self.currentIndex())
        if editor is not None:
            self.commitData(editor)

    def facts(self) -> dict[str, str]:
        """The facts as they should be."""
        found = {}
        for row in range(self.rowCount()):
            name, now = self._text(row, 0).strip(), self.item(row, 2)
            if not name or now is None:
                continue
            if not now.flags() & Qt.ItemFlag.ItemIsEditable:
                found[name] = self._given[name]
            elif now.text() or self._given.get(name) == "":
                found[name] = now.text()
        return found

    @property
    def problem(self) -> str:
        """Why the facts cannot be kept as they are written; empty when they can."""
        names = [self._text(row, 0).strip() for row in range(self.rowCount())]
        for row, name in enumerate(names):
            if name and name in names[:row]:
                return f"The name “{name}” stands twice."
            if not name and self._text(row, 2):
                return "A fact needs a name."
        return ""

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text() if item is not None else ""

    def _written(self, item: QTableWidgetItem) -> None:
        if self._filling:
            return
        self._filling = True
        row = item.row()
        now = self.item(row, 2)
        if now is not None:
            face = QFont(self.font())
            face.setUnderline(now.text() != self._text(row, 1))
            now.setFont(face)
            now.setBackground(QColor(theme.tokens().mark) if face.underline() else QColor(Qt.GlobalColor.transparent))
        last = self.rowCount() - 1
        if self._text(last, 0).strip() or self._text(last, 2):
            self._add("", "", "")
        self._filling = False
        self.changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter edits, Delete empties."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.state() != self.State.EditingState:
            if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                event.ignore()
            else:
                self.edit(self.currentIndex())
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            item = self.currentItem()
            if item is not None and item.flags() & Qt.ItemFlag.ItemIsEditable:
                item.setText("")
        else:
            super().keyPressEvent(event)
