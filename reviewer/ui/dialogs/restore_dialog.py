"""The backups of a project, each with its day, its reason, its size and what it holds, and the way back to one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

from reviewer.errors import ProjectError
from reviewer.store import backup
from reviewer.store.backup import Backup
from reviewer.ui import messages
from reviewer.ui.tasks import Report, Tasks

__all__ = ["RestoreDialog"]

COLUMNS = ("Made", "Why", "Size", *(name.capitalize() for name in backup.COUNTED))


class RestoreDialog(QDialog):
    """One row a backup, the last made first; Enter restores the selected one."""

    def __init__(self, parent: QWidget | None, path: Path, tasks: Tasks, restore: Callable[[Backup], None]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Restore a backup")
        self.setAccessibleName("Restore a backup")
        self.resize(820, 440)
        self._path = path
        self._restore = restore
        self.backups: Sequence[Backup] = backup.listed(path)
        self.table = QTableWidget(len(self.backups), len(COLUMNS))
        self.table.setAccessibleName("Backups")
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
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column in range(2, len(COLUMNS)):
            title = self.table.horizontalHeaderItem(column)
            if title is not None:
                title.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.table.itemActivated.connect(lambda _item: self._go())
        self.words = messages.plain_label(self._what_follows(), "muted", wrap=True)
        self.go = QPushButton("Restore")
        self.go.setAccessibleName("Restore the selected backup")
        self.go.setProperty("role", "primary")
        self.go.setDefault(True)
        self.go.setEnabled(bool(self.backups))
        self.go.clicked.connect(self._go)
        self.folder = QPushButton("Show the folder")
        self.folder.setAccessibleName("Show the folder of the backups")
        self.folder.setAutoDefault(False)
        self.folder.setEnabled(bool(self.backups))
        self.folder.clicked.connect(
            lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(backup.folder(self._path))))
        )
        close = QPushButton("Cancel")
        close.setAccessibleName("Cancel")
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.folder)
        foot.addStretch(1)
        foot.addWidget(close)
        foot.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.words)
        layout.addLayout(foot)
        self._fill()
        if self.backups:
            self.table.selectRow(0)
            self.table.setFocus()
            tasks.run("Reading the backups", self._count, self._show_counts, lambda _error: None, quiet=True)

    def current(self) -> Backup | None:
        """The selected backup."""
        row = self.table.currentRow()
        return self.backups[row] if 0 <= row < len(self.backups) else None

    def _what_follows(self) -> str:
        if not self.backups:
            return (
                f"{self._path.name} has no backups yet. One is made at the first opening after a day's work, before an"
                " import, and by File ▸ Back up now."
            )
        size = sum(one.size for one in self.backups) / 1e6
        return (
            f"{len(self.backups)} backups, {size:,.1f} MB together. The project as it is now is saved as a backup"
            " first, so a restore can be taken back."
        )

    def _fill(self) -> None:
        for row, one in enumerate(self.backups):
            cells = (f"{one.made.astimezone():%Y-%m-%d %H:%M}", one.why, f"{one.size / 1e6:,.1f} MB")
            for column, text in enumerate([*cells, *("…" for _ in backup.COUNTED)]):
                item = QTableWidgetItem(text)
                if column >= 2:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)

    def _count(self, report: Report) -> list[dict[str, int] | None]:
        """What each backup holds, None for one that cannot be read; off the UI thread."""
        found: list[dict[str, int] | None] = []
        for place, one in enumerate(self.backups):
            report(place, len(self.backups))
            try:
                found.append(backup.held(one.path))
            except ProjectError:
                found.append(None)
        return found

    def _show_counts(self, counts: list[dict[str, int] | None]) -> None:
        try:
            for row, held in enumerate(counts):
                for column, name in enumerate(backup.COUNTED, 3):
                    item = self.table.item(row, column)
                    if item is not None:
                        item.setText("unreadable" if held is None else f"{held[name]:,}")
        except RuntimeError:  # the dialog has been closed meanwhile
            return

    def _go(self) -> None:
        chosen = self.current()
        if chosen is not None:
            self.accept()
            self._restore(chosen)
