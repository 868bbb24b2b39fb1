"""What a check of the project found, and what can be done about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
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

from reviewer.doctor import Checkup
from reviewer.ui import messages
from reviewer.ui.widgets.banners import Way
from reviewer.ui.widgets.sign import Sign

__all__ = ["CheckDialog"]

COLUMNS = ("What", "Found", "Repaired", "Left")


class CheckDialog(QDialog):
    """A line that says whether all is well, one row a finding, and the ways on."""

    def __init__(self, parent: QWidget | None, name: str, checkup: Checkup, ways: Sequence[Way]) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Check project")
        self.setAccessibleName("Check project")
        self.setMinimumWidth(640)
        left = sum(one.open for one in checkup.findings)
        if not checkup.findings:
            what = f"All is well with {name}."
        elif not left:
            what = f"All that was found in {name} is repaired."
        else:
            what = f"Not all is well with {name}."
        self.head = messages.plain_label(what, "title", wrap=True)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(Sign("warning" if left else "pass", 20, "warn" if left else "good"))
        top.addWidget(self.head, 1)
        looked = ", ".join(f"{count:,} {kind}" for kind, count in checkup.looked_at.items())
        self.looked = messages.plain_label(f"Looked at: {looked}." if looked else "", "muted", wrap=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addLayout(top)
        layout.addWidget(self.looked)
        self.table = QTableWidget(len(checkup.findings), len(COLUMNS))
        self.table.setAccessibleName("Findings")
        if checkup.findings:
            self._fill(checkup)
            layout.addWidget(self.table, 1)
        for note in checkup.notes:
            layout.addWidget(messages.plain_label(note, "muted", wrap=True))
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        for title, act in ways:
            button = QPushButton(title)
            button.setAccessibleName(title)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, act=act: self._go(act))
            foot.addWidget(button)
        self.ok = QPushButton("Close")
        self.ok.setAccessibleName("Close")
        self.ok.setDefault(True)
        self.ok.clicked.connect(self.reject)
        foot.addWidget(self.ok)
        layout.addLayout(foot)
        self.ok.setFocus()

    def _go(self, act: Callable[[], None]) -> None:
        self.accept()
        act()

    def _fill(self, checkup: Checkup) -> None:
        table = self.table
        table.setHorizontalHeaderLabels(list(COLUMNS))
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.setWordWrap(True)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for row, one in enumerate(checkup.findings):
            for column, text in enumerate((one.text, f"{one.count:,}", f"{one.repaired:,}", f"{one.open:,}")):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                table.setItem(row, column, item)
        table.resizeRowsToContents()
        table.setMinimumHeight(min(260, 34 + sum(table.rowHeight(row) for row in range(table.rowCount())) + 8))
