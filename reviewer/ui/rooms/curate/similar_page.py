"""More like these: what reads like chosen examples, the nearest first, to be sorted by the same keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QCheckBox, QSplitter, QTableView, QVBoxLayout, QWidget

from reviewer.curate.similar import Similar
from reviewer.store.history import Changes
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.example_model import slice_words
from reviewer.ui.rooms.curate.record_model import TableModel
from reviewer.ui.rooms.curate.rows_table import rows_table, select_near, selected_rows
from reviewer.ui.rooms.curate.side_page import SidePage
from reviewer.ui.session import Session
from reviewer.ui.widgets.conversation import ConversationView

__all__ = ["SimilarPage"]

COLUMNS = ("Alike", "Id", "Slice", "Workflow", "Why", "Last user text")
MOST = 100


class SimilarPage(SidePage):
    """The list with score and reason, and the example to read."""

    def __init__(self, session: Session, reading: ConversationView) -> None:
        super().__init__(session, "More like these")
        self._seeds: tuple[int, ...] = ()
        self._found: tuple[Similar, ...] = ()
        self.everything = QCheckBox("Members of slices too")
        self.everything.setAccessibleName("List members of slices too")
        self.everything.toggled.connect(lambda _on: self.read())
        self.head.addStretch(1)
        self.head.addWidget(self.everything)
        self.model = TableModel(COLUMNS, (0,))
        self.table: QTableView = rows_table(self.model, "Examples like these", (64, 96, 88, 100, 210), several=True)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self.state_changed.emit())
        self.hint = plain_label("C core   E edge   P preservation   U take out", "smallmuted")
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 0, 8, 8)
        column.setSpacing(8)
        column.addWidget(self.finding)
        column.addWidget(self.table, 1)
        column.addWidget(self.hint, 0, Qt.AlignmentFlag.AlignRight)
        self.reading = reading
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(left)
        self.split.addWidget(self.reading)
        self.column.addWidget(self.split, 1)

    def first_focus(self) -> QWidget:
        """The list."""
        return self.table

    def ask(self, seeds: Sequence[int]) -> None:
        """List what reads like these examples."""
        self._seeds = tuple(seeds)
        self.read()

    def read(self) -> None:
        """Look for them, off the window's thread."""
        project, seeds, free = self.session.project, self._seeds, not self.everything.isChecked()
        if project is None or not seeds:
            return
        count = f"{len(seeds):,} example{'' if len(seeds) == 1 else 's'}"
        self.finding.setText(f"Looking for more like {count}…")
        self._show(())

        def ended(found: tuple[Similar, ...]) -> None:
            if project is not self.session.project or seeds != self._seeds:
                return
            which = "" if not free else " that are in no slice yet"
            self.finding.setText(
                f"{len(found):,} most like {count}{which}, by the words of their inputs"
                if found
                else f"Nothing{which} reads like {count}."
            )
            self._show(found)
            if self.isVisible() and found:
                self.table.setFocus()

        def failed(error: Exception) -> None:
            self.finding.setText(str(error))

        self.session.tasks.run(
            "Look for more like these",
            lambda report: project.slices.similar(seeds, project.search, limit=MOST, free_only=free, report=report),
            ended,
            failed,
        )

    def _show(self, found: tuple[Similar, ...]) -> None:
        self._found = found
        self._rows()
        if found:
            select_near(self.table, 0)
        self.state_changed.emit()

    def _rows(self) -> None:
        """Show the rows with the slices that they are in now."""
        project = self.session.project
        now = {} if project is None else project.slices.listing.rows([item.example_id for item in self._found])
        self.model.show(
            [
                (
                    item.example_id,
                    f"{item.score:.2f}",
                    item.key,
                    slice_words(now[item.example_id]) if item.example_id in now else "gone",
                    item.workflow,
                    item.reason,
                    item.snippet,
                )
                for item in self._found
            ]
        )

    def on_changed(self, changes: Changes) -> None:
        """Show assignments where they were made; the list stays as it was asked for."""
        if changes.examples & {item.example_id for item in self._found}:
            row = self.table.currentIndex().row()
            self._rows()
            select_near(self.table, row)

    def show_example(self, example_id: int) -> bool:
        """Select an example of the list; false when it is not in it."""
        places = [row for row, item in enumerate(self._found) if item.example_id == example_id]
        if places:
            select_near(self.table, places[0])
        return bool(places)

    # -- what Assigning asks of a list

    def selected_ids(self) -> list[int]:
        """The ids of the selected examples, from top to bottom."""
        return [self._found[row].example_id for row in selected_rows(self.table) if row < len(self._found)]

    def current_id(self) -> int | None:
        """The example whose row is current."""
        row = self.table.currentIndex().row()
        return self._found[row].example_id if 0 <= row < len(self._found) else None

    def current_of(self, index: QModelIndex) -> int | None:
        """The example of a row."""
        return self._found[index.row()].example_id if 0 <= index.row() < len(self._found) else None

    def go(self, by: int) -> None:
        """Select the row so many below the current one."""
        select_near(self.table, self.table.currentIndex().row() + by)
