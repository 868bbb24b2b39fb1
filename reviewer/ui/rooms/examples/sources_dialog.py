"""What was imported, and the way to take an import back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from reviewer.intake.sources import Source
from reviewer.store.history import Changes
from reviewer.ui import messages
from reviewer.ui.rooms.examples.example_table import day
from reviewer.ui.session import Session

__all__ = ["SourcesDialog"]

COLUMNS = ("File", "Imported", "Read", "Added", "Already there", "Rejected", "Variant")


class SourcesDialog(QDialog):
    """One row a source; the selected one can be removed, and its rejects file opened."""

    def __init__(self, parent: QWidget, session: Session) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Sources")
        self.setAccessibleName("Sources")
        self.resize(820, 420)
        self._session = session
        self._sources: list[Source] = []
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setAccessibleName("Imported files")
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._selected)
        self.words = messages.plain_label("", "muted", wrap=True)
        self.remove = QPushButton("Remove this import")
        self.remove.setAccessibleName("Remove this import")
        self.remove.clicked.connect(self._remove)
        self.rejects = QPushButton("Open rejects file")
        self.rejects.setAccessibleName("Open rejects file")
        self.rejects.clicked.connect(self._open_rejects)
        close = QPushButton("Close")
        close.setAccessibleName("Close")
        close.setDefault(True)
        close.clicked.connect(self.reject)
        for button in (self.remove, self.rejects):
            button.setAutoDefault(False)
        foot = QHBoxLayout()
        foot.addWidget(self.remove)
        foot.addWidget(self.rejects)
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.words)
        layout.addLayout(foot)
        session.changed.connect(self._changed)
        session.closed.connect(self.close)
        self.fill()

    def fill(self) -> None:
        """List the sources as they are now."""
        project = self._session.project
        self._sources = list(project.sources.list()) if project is not None else []
        self.table.setRowCount(len(self._sources))
        for place, source in enumerate(self._sources):
            numbers = (source.read, source.added, source.duplicates, source.rejected)
            cells = (source.name, day(source.imported_ms), *(f"{number:,}" for number in numbers), source.variant)
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if 2 <= column <= 5:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(place, column, item)
        if self._sources:
            self.table.selectRow(len(self._sources) - 1)
        self._selected()

    def current(self) -> Source | None:
        """The selected source."""
        row = self.table.currentRow()
        return self._sources[row] if 0 <= row < len(self._sources) else None

    def _selected(self) -> None:
        source = self.current()
        self.remove.setEnabled(source is not None)
        file = source.rejects_file if source is not None else None
        self.rejects.setEnabled(bool(file) and Path(str(file)).exists())
        if source is None:
            self.words.setText("Nothing has been imported.")
        else:
            mapping = "  ".join(f"{name}={expression}" for name, expression in source.mapping.items())
            self.words.setText(f"Mapping: {mapping}"[:600])

    def _open_rejects(self) -> None:
        source = self.current()
        if source is not None and source.rejects_file:
            QDesktopServices.openUrl(QUrl.fromLocalFile(source.rejects_file))

    def _remove(self) -> None:
        source, project = self.current(), self._session.project
        if source is None or project is None:
            return

        def go() -> None:
            self._session.tasks.run(
                f"Removing {source.name}",
                lambda report: project.sources.remove(source.id, report),
                self._session.tell_changes,
            )

        messages.confirm(
            self,
            f"Remove the import of {source.name}?",
            f"Its {source.added:,} rows leave the project. Undo does not bring them back; importing the file does.",
            "Remove",
            go,
        )

    def _changed(self, changes: object) -> None:
        if isinstance(changes, Changes) and "sources" in changes.tables:
            self.fill()
