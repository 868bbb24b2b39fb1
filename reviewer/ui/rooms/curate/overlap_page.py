"""What the pages of near-duplicates and of leaks share: head, list, two texts side by side, buttons, empty state."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from reviewer.ui import actions
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.record_model import TableModel
from reviewer.ui.rooms.curate.rows_table import rows_table
from reviewer.ui.rooms.curate.side_by_side import SideBySide
from reviewer.ui.session import Session

__all__ = ["OverlapPage"]


class OverlapPage(QWidget):
    """A list above, the chosen entry side by side below it, and what can be done about it at the foot."""

    back_requested = Signal()
    asked = Signal(str)
    """The id of an action whose button was pressed."""
    chosen = Signal()
    """Another entry is chosen."""

    def __init__(
        self,
        session: Session,
        title: str,
        columns: Sequence[str],
        widths: tuple[int, ...],
        sides: tuple[str, str],
        buttons: Sequence[tuple[str, str]],
        start: tuple[str, str, str],
    ) -> None:
        super().__init__()
        self.session = session
        self.setAccessibleName(title)
        self.buttons: dict[str, QPushButton] = {}
        self.back = QPushButton(icon("previous"), "Slices")
        self.back.setProperty("role", "quiet")
        self.back.setAccessibleName("Back to the slices")
        self.back.setToolTip("Back to the slices  Esc")
        self.back.clicked.connect(self.back_requested)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(8, 10, 12, 8)
        self.head.setSpacing(8)
        self.head.addWidget(self.back)
        self.head.addWidget(plain_label(title, "title"))
        self.head.addStretch(1)
        start_id, start_words, start_icon = start
        self.start = self._button(start_id, start_words)
        self.start.setIcon(icon(start_icon))
        self.head.addWidget(self.start)
        self.finding = plain_label("", "head", wrap=True)
        self.about = plain_label("", "muted", wrap=True)
        self.model = TableModel(columns)
        self.table = rows_table(self.model, title, widths)
        self.table.selectionModel().currentRowChanged.connect(self._row_chosen)
        self.side = SideBySide(*sides)
        upper = QWidget()
        top = QVBoxLayout(upper)
        top.setContentsMargins(12, 0, 12, 8)
        top.setSpacing(6)
        top.addWidget(self.finding)
        top.addWidget(self.about)
        self.lists = QHBoxLayout()
        self.lists.setSpacing(12)
        self.lists.addWidget(self.table, 3)
        top.addLayout(self.lists, 1)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(upper)
        self.split.addWidget(self.side)
        self.split.setStretchFactor(1, 1)
        self.empty = plain_label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        line = QFrame()
        line.setProperty("role", "line")
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 8, 12, 8)
        foot.setSpacing(8)
        for action_id, words in buttons:
            foot.addWidget(self._button(action_id, words))
        foot.addStretch(1)
        self.foot = QWidget()
        around = QVBoxLayout(self.foot)
        around.setContentsMargins(0, 0, 0, 0)
        around.setSpacing(0)
        around.addWidget(line)
        around.addLayout(foot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.head)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.foot)
        self.setFocusProxy(self.table)

    def _button(self, action_id: str, words: str) -> QPushButton:
        key = actions.key_text(action_id, self.session.settings)
        button = QPushButton(f"{words}    {key}")
        button.setAccessibleName(f"{words}, key {key}")
        button.clicked.connect(lambda _=False: self.asked.emit(action_id))
        self.buttons[action_id] = button
        return button

    def show_rows(self, rows: Sequence[tuple[object, ...]], place: int, empty: str) -> None:
        """List these rows and choose one; without any, say what to do."""
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show([tuple(row) for row in rows])
        self.split.setVisible(bool(rows))
        self.foot.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        self.empty.setText(empty)
        if rows:
            place = max(0, min(place, len(rows) - 1))
            with QSignalBlocker(self.table.selectionModel()):
                self._select(place)
            self.table.viewport().update()
            if self.window().focusWidget() is self.start:
                self.table.setFocus()  # what was asked for is there; the keys are for it now
        self.show_entry(self.model.key(place) if rows else None)
        self.chosen.emit()

    def _select(self, place: int) -> None:
        index = self.model.index(place, 0)
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        self.table.selectionModel().setCurrentIndex(index, flags)
        self.table.scrollTo(index)

    def _row_chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.show_entry(self.model.key(current.row()))
        self.chosen.emit()

    @property
    def place(self) -> int:
        """The number of the chosen row, −1 without one."""
        return self.table.currentIndex().row() if self.model.rows else -1

    def go(self, step: int) -> None:
        """Choose the next entry, or with −1 the one before."""
        if self.model.rows:
            self._select(max(0, min(self.place + step, len(self.model.rows) - 1)))

    def go_to(self, place: int) -> None:
        """Choose the entry at a place."""
        if self.model.rows:
            self._select(max(0, min(place, len(self.model.rows) - 1)))

    def show_entry(self, entry: object) -> None:
        """Show one entry side by side; None shows nothing."""

    def refresh(self) -> None:
        """Read the list again and keep the place."""
