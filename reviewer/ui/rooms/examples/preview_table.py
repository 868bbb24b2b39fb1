"""The first rows as they would be stored, and those that would not be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from reviewer.intake.examples import snippet
from reviewer.intake.mapping import Case
from reviewer.intake.sources import PreviewRow
from reviewer.ui import theme

__all__ = ["PreviewTable"]

COLUMNS = ("Line", "Id", "Input", "Output", "Reference", "Workflow", "Also")


class PreviewTable(QTableWidget):
    """One line a row; a row that is rejected says why across it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self.setAccessibleName("First rows as they will be stored")
        self.setHorizontalHeaderLabels(list(COLUMNS))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column, width in enumerate((64, 90, 0, 0, 120, 96, 186)):
            if width:
                header.resizeSection(column, width)
            else:
                header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)

    def show_rows(self, rows: Sequence[PreviewRow]) -> None:
        """Show these rows."""
        look = theme.tokens()
        self.clearSpans()
        self.setRowCount(len(rows))
        for place, row in enumerate(rows):
            for column in range(len(COLUMNS)):
                self.setItem(place, column, QTableWidgetItem(""))
            self._cell(place, 0, f"{row.line:,}", look.muted)
            if row.error is not None:
                field = f"{row.error.field} " if row.error.field else "the row "
                self._cell(place, 1, f"Rejected: {field}{row.error.reason}", look.bad)
                self.setSpan(place, 1, 1, len(COLUMNS) - 1)
            elif row.case is not None:
                for column, text in enumerate(_cells(row.case), 1):
                    self._cell(place, column, text, look.muted if column == len(COLUMNS) - 1 else look.text)

    def _cell(self, row: int, column: int, text: str, tone: str) -> None:
        item = self.item(row, column)
        if item is not None:
            item.setText(text)
            item.setForeground(QColor(tone))
            if column == 0:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


def _cells(case: Case) -> tuple[str, ...]:
    last = next((item for item in reversed(case.messages) if item["role"] == "user" and item["content"]), None)
    said = snippet((last or case.messages[-1])["content"]) if case.messages else "(joins by its id)"
    answers = []
    for output in case.outputs:
        text = snippet(output.text) or ("(no text)" if not output.messages else "(no final answer)")
        answers.append(f"{output.variant}: {text}" if output.variant else text)
    also = [f"{len(case.messages)} messages"] if len(case.messages) > 1 else []
    steps = max((len(output.messages) for output in case.outputs), default=0)
    for count, word in ((steps, "step"), (len(case.documents), "document"), (len(case.metadata), "fact")):
        also += [f"{count} {word}{'' if count == 1 else 's'}"] if count else []
    return (
        "by content" if case.id is None else snippet(case.id, 80),
        said,
        "  |  ".join(answers) or "(none)",
        snippet(case.reference or ""),
        snippet(case.workflow, 80),
        ", ".join(also),
    )
