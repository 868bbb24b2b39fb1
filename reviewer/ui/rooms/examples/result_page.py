"""The import's last page: what went in, and what was set aside."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from reviewer.intake.import_run import ImportResult
from reviewer.ui.messages import plain_label

__all__ = ["ResultPage"]


class ResultPage(QWidget):
    """Counts as a sentence; the rejected rows with line, field and reason."""

    def __init__(self) -> None:
        super().__init__()
        self.file: Path | None = None
        self.head = plain_label("", "title", wrap=True)
        self.words = plain_label("", "muted", wrap=True)
        self.table = QTableWidget(0, 4)
        self.table.setAccessibleName("Rejected rows")
        self.table.setHorizontalHeaderLabels(["Line", "Field", "Reason", "Row"])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(True)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.resizeSection(0, 70)
        header.resizeSection(1, 150)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.Stretch)
        self.open = QPushButton("Open rejects file")
        self.open.setAccessibleName("Open rejects file")
        self.open.clicked.connect(self._open)
        self.copy = QPushButton("Copy its path")
        self.copy.setAccessibleName("Copy the path of the rejects file")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(str(self.file or "")))
        for button in (self.open, self.copy):
            button.setAutoDefault(False)
        row = QHBoxLayout()
        row.addWidget(self.open)
        row.addWidget(self.copy)
        row.addStretch(1)
        self.room = QVBoxLayout(self)
        self.room.setContentsMargins(0, 0, 0, 0)
        self.room.setSpacing(8)
        self.room.addWidget(self.head)
        self.room.addWidget(self.words)
        self.room.addWidget(self.table, 1)
        self.room.addLayout(row)
        self.room.addStretch(0)

    def show_result(self, result: ImportResult) -> None:
        """Show what an import did."""
        self.head.setText(f"{result.added:,} added from {result.source}")
        parts = ["1 row was read" if result.read == 1 else f"{result.read:,} rows were read"]
        if result.duplicates:
            verb = "was" if result.duplicates == 1 else "were"
            parts.append(f"{result.duplicates:,} {verb} in the project already")
        parts.append(f"{result.rejected:,} could not be taken" if result.rejected else "none had to be set aside")
        if result.skipped:
            parts.append(f"{result.skipped:,} {'was' if result.skipped == 1 else 'were'} left out by the condition")
        words = ", ".join(parts) + "."
        self.file = result.rejects_file
        if self.file is not None:
            words += f" The rejected rows are in {self.file}: correct them there and import that file."
        self.words.setText(words)
        shown = bool(result.rejects)
        for widget in (self.table, self.open, self.copy):
            widget.setVisible(shown)
        self.room.setStretch(self.room.count() - 1, 0 if shown else 1)
        self.table.setRowCount(len(result.rejects))
        for place, reject in enumerate(result.rejects):
            text = " ".join(reject.text.split())[:200].replace("\x00", "␀")
            for column, cell in enumerate((f"{reject.line:,}", reject.field or "the row", reject.reason, text)):
                self.table.setItem(place, column, QTableWidgetItem(cell))
        self.table.resizeRowsToContents()
        if shown:
            self.table.selectRow(0)

    def _open(self) -> None:
        if self.file is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.file)))
