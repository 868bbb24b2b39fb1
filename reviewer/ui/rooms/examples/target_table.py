"""What a row can fill: each field with the expression that fills it, edited in place or pointed at."""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QTableWidgetItem, QWidget

from reviewer.errors import InputError
from reviewer.formats.rows import RowError
from reviewer.intake.mapping import FIELDS, Mapping, compile_expression
from reviewer.ui import theme
from reviewer.ui.rooms.examples.field_tree import sample_of
from reviewer.ui.widgets.fields_table import FieldsTable

__all__ = ["TargetTable"]

TITLES = {
    "id": "Id", "messages": "Messages", "system": "System prompt", "prompt": "Prompt", "output": "Output",
    "reference": "Reference", "documents": "Documents", "workflow": "Workflow", "time": "Time",
    "latency": "Latency, ms", "latency_s": "Latency, s", "cost": "Cost", "score": "Score", "pass": "Pass",
    "escalated": "Escalated", "error": "Error", "tools": "Tools", "variant": "Variant", "metadata": "All metadata",
}  # fmt: skip
_NAME = Qt.ItemDataRole.UserRole


class TargetTable(FieldsTable):
    """One row a field: its name, the expression, and the first value that it gives."""

    mapping_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("What the rows fill", ("Fills", "From (JMESPath)", "Gives"), 128, parent)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAcceptDrops(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DropOnly)
        self.verticalHeader().setDefaultSectionSize(26)
        self._rows: Sequence[dict[str, Any]] = ()
        self._filling = False
        self.problem = ""
        """Why the mapping cannot be used as it stands; empty when it can."""
        self.itemChanged.connect(self._edited)

    def show_mapping(self, mapping: Mapping, rows: Sequence[dict[str, Any]]) -> None:
        """Show a mapping over these first rows."""
        self._rows = rows
        self._filling = True
        self.setRowCount(0)
        names = list(FIELDS)
        outputs = [name for name in mapping.fields if ":" in name]
        place = names.index("output") + 1
        names[place:place] = outputs
        names += [name for name in mapping.fields if name.startswith("metadata.")]
        for name in names:
            self._add(name, mapping.fields.get(name, ""))
        self._filling = False
        self._show_values()
        self.setCurrentCell(0, 1)

    def _add(self, name: str, expression: str, place: int | None = None) -> int:
        row = self.rowCount() if place is None else place
        self.insertRow(row)
        title = QTableWidgetItem(title_of(name))
        title.setData(_NAME, name)
        title.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDropEnabled)
        what = FIELDS.get(name.partition(":")[0], "one fact about the example")
        title.setData(Qt.ItemDataRole.AccessibleTextRole, f"{title_of(name)}: {what}")
        self.setItem(row, 0, title)
        source = QTableWidgetItem(expression)
        source.setData(Qt.ItemDataRole.AccessibleDescriptionRole, f"The expression for {title_of(name)}")
        self.setItem(row, 1, source)
        gives = QTableWidgetItem("")
        gives.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDropEnabled)
        self.setItem(row, 2, gives)
        return row

    def name_at(self, row: int) -> str:
        """The field of a row of the table."""
        item = self.item(row, 0)
        return str(item.data(_NAME)) if item is not None else ""

    def mapping(self) -> Mapping:
        """The mapping as it stands, fields without an expression left out."""
        found = {}
        for row in range(self.rowCount()):
            item = self.item(row, 1)
            text = item.text().strip() if item is not None else ""
            if text:
                found[self.name_at(row)] = text
        return Mapping(found)

    def current_name(self) -> str:
        """The field at hand."""
        return self.name_at(self.currentRow())

    def assign(self, expression: str, row: int | None = None) -> None:
        """Fill a field, by default the one at hand, from an expression."""
        item = self.item(self.currentRow() if row is None else row, 1)
        if item is not None:
            item.setText(expression)

    def add_field(self, name: str, expression: str) -> None:
        """Add an output or a fact, or fill it when it is there already."""
        for row in range(self.rowCount()):
            if self.name_at(row) == name:
                self.assign(expression, row)
                self.setCurrentCell(row, 1)
                return
        place = None
        if ":" in name:
            place = next(row for row in range(self.rowCount()) if self.name_at(row) == "output") + 1
        self._filling = True
        row = self._add(name, expression, place)
        self._filling = False
        self.setCurrentCell(row, 1)
        self._edited()

    def _edited(self, item: QTableWidgetItem | None = None) -> None:
        if self._filling or (item is not None and item.column() != 1):
            return
        self._show_values()
        self.mapping_changed.emit()

    def _show_values(self) -> None:
        """What each expression gives on the first rows, or what is wrong with it."""
        look = theme.tokens()
        self._filling = True
        self.problem = ""
        for row in range(self.rowCount()):
            source, gives = self.item(row, 1), self.item(row, 2)
            if source is None or gives is None:
                continue
            text = source.text().strip()
            title = self.item(row, 0)
            if title is not None:
                title.setForeground(QColor(look.text if text else look.muted))
            words, tone = "", look.muted
            if text:
                try:
                    words = _first_value(compile_expression(text, title_of(self.name_at(row))), self._rows)
                except InputError as error:
                    words, tone = "not valid", look.bad
                    self.problem = self.problem or str(error)
                except RowError as error:
                    words, tone = error.reason, look.bad
            gives.setText(words)
            gives.setForeground(QColor(tone))
        self._filling = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter edits, Delete empties."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.state() != self.State.EditingState:
            self.setCurrentCell(self.currentRow(), 1)
            self.edit(self.currentIndex())
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.assign("")
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A field of the file may be dropped."""
        if event.mimeData().hasText():
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """It falls on the row under the pointer."""
        if self.indexAt(event.position().toPoint()).isValid():
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        """Fill the row under the pointer."""
        row = self.indexAt(event.position().toPoint()).row()
        if row >= 0 and event.mimeData().hasText():
            event.acceptProposedAction()
            self.setCurrentCell(row, 1)
            self.assign(event.mimeData().text(), row)


def title_of(name: str) -> str:
    """A field's name in words."""
    base, _, variant = name.partition(":")
    if base.startswith("metadata."):
        return base.removeprefix("metadata.")
    title = TITLES.get(base, base)
    return f"{title} of {variant}" if variant else title


def _first_value(get: Any, rows: Sequence[Map[str, Any]]) -> str:
    problem = ""
    for row in rows:
        try:
            value = get(row)
        except Exception as error:
            # jmespath's own errors and those of its functions: shown, as they would be in the import.
            problem = " ".join(str(error).split())
            continue
        if value is not None:
            return sample_of(value)
    if problem:
        raise RowError(problem)
    return "(empty)" if rows else ""
