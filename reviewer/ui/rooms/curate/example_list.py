"""The middle of the room: a filter, a few facets, and the examples that they leave."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from reviewer.curate.listing import Query
from reviewer.curate.slices import SLICES
from reviewer.errors import ReviewerError
from reviewer.intake.filters import Filter
from reviewer.project import Project
from reviewer.store.history import Changes
from reviewer.ui import theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.example_model import ExampleModel
from reviewer.ui.session import Session
from reviewer.ui.widgets.search_field import SearchField

__all__ = ["ExampleList", "row_height"]

WORKFLOW_COLUMN = 2
FARTHEST = 5_000
"""The rows that are read to get to an example; beyond them it is listed alone."""
EVERY = "every workflow"
FACETS = (("", "All"), ("none", "No slice"), *((name, name.capitalize()) for name in SLICES))


def row_height(table: QTableView) -> int:
    """The height of a dense row at the text size in force."""
    return table.fontMetrics().height() + 9


class ExampleList(QWidget):
    """Filter, facets and table; the current row is what the reading pane shows."""

    current_changed = Signal(object)
    """The id of the current example, or None."""
    selection_changed = Signal()
    shown_slice_changed = Signal(str)
    """The one slice that is listed, or empty."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._filter = Filter()
        self._only: tuple[str, tuple[str, ...]] | None = None
        self._query: Query | None = None
        self._count: int | None = None
        self._build_filter()
        self._build_table()
        facets = QHBoxLayout()
        facets.setSpacing(2)
        for button in self.facets.values():
            facets.addWidget(button)
        facets.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.field, 1)
        top.addWidget(self.workflow)
        foot = QHBoxLayout()
        foot.addWidget(self.total, 1)
        foot.addWidget(self.hint)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addLayout(facets)
        layout.addWidget(self.only, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.problem)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.nothing, 1)
        layout.addLayout(foot)
        self.setTabOrder(self.field, self.table)

    def _build_filter(self) -> None:
        self.field = SearchField()
        self.field.setAccessibleName("Filter")
        self.field.setPlaceholderText("Filter: words, label:fail, is:flagged …")
        self.field.setClearButtonEnabled(True)
        self.field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._typed = QTimer(self, singleShot=True, interval=150)
        self._typed.timeout.connect(self.apply_field)
        self.field.textEdited.connect(lambda _text: self._typed.start())
        self.field.textChanged.connect(lambda text: None if text else self._typed.start())
        self.field.returnPressed.connect(self._leave_field)
        self.facets: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        for value, title in FACETS:
            button = QPushButton(title)
            button.setProperty("role", "quiet")
            button.setCheckable(True)
            button.setAccessibleName(f"List: {title}")
            button.clicked.connect(lambda _checked=False, value=value: self.show_slice(value))
            group.addButton(button)
            self.facets[value] = button
        self.facets[""].setChecked(True)
        self.workflow = QComboBox()
        self.workflow.setAccessibleName("Workflow")
        self.workflow.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.workflow.setMinimumContentsLength(13)
        self.workflow.activated.connect(self._choose_workflow)
        self.only = QPushButton()
        self.only.setAccessibleName("Show everything again")
        self.only.setIcon(icon("close"))
        self.only.setProperty("role", "quiet")
        self.only.clicked.connect(self.show_everything)
        self.only.hide()
        self.problem = plain_label("", "bad", wrap=True)
        self.problem.hide()

    def _build_table(self) -> None:
        self.model = ExampleModel()
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setAccessibleName("Examples")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setWordWrap(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setStretchLastSection(True)
        for column, width in enumerate((96, 124, 88)):
            self.table.setColumnWidth(column, width)
        selection = self.table.selectionModel()
        selection.currentRowChanged.connect(self._current_row_changed)
        selection.selectionChanged.connect(self._selection_changed)
        self.total = plain_label("", "smallmuted")
        self.hint = plain_label("C core   E edge   P preservation   U take out", "smallmuted")
        self._build_nothing()
        theme.changed.connect(self._fit_rows)
        self._fit_rows()

    def _build_nothing(self) -> None:
        """What stands in the table's place when nothing is listed."""
        self.nothing = QWidget()
        self.empty = plain_label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.start = QPushButton(icon("import", "on_accent"), "Import…")
        self.start.setAccessibleName("Import examples")
        self.start.setProperty("role", "primary")
        self.start.clicked.connect(self._import)
        column = QVBoxLayout(self.nothing)
        column.setSpacing(12)
        column.addStretch(1)
        column.addWidget(self.empty)
        column.addWidget(self.start, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        self.nothing.hide()

    def _import(self) -> None:
        run = getattr(self.session.window, "run_action", None)
        if run is not None:
            run("file.import")

    def _fit_rows(self) -> None:
        self.table.verticalHeader().setDefaultSectionSize(row_height(self.table))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the keys where there is room for it."""
        super().resizeEvent(event)
        self.hint.setVisible(self.hint.sizeHint().width() + 130 < self.width())

    # -- what is listed

    @property
    def project(self) -> Project | None:
        """The open project."""
        return self.session.project

    @property
    def filter(self) -> Filter:
        """What is asked for, without a list of examples opened from elsewhere."""
        return self._filter

    @property
    def query(self) -> Query | None:
        """The query behind the table."""
        return self._query

    @property
    def count(self) -> int | None:
        """How many examples are listed, once they are counted."""
        return self._count

    def filter_words(self) -> str:
        """What is listed, as a person reads it."""
        if self._only is not None:
            return self._only[0]
        return str(self._filter)

    def refresh(self) -> None:
        """Read workflows and rows again; the current example stays current where it is still near the beginning."""
        project, current = self.project, self.current_id()
        self.workflow.clear()
        self.workflow.addItem(EVERY.capitalize(), None)
        if project is not None:
            workflows = project.slices.listing.workflows()
            for name, count in workflows.items():
                self.workflow.addItem(f"{name or 'No workflow'}  ({count:,})", name)
            self.table.setColumnHidden(WORKFLOW_COLUMN, len(workflows) < 2)
        self._show_filter(self._filter, self._only)
        if current is not None:
            self._select(current)

    def forget(self) -> None:
        """Begin anew with another project."""
        self._filter, self._only = Filter(), None
        self.field.clear()

    def apply_field(self) -> None:
        """List what the field asks for; a field that cannot be read says why and lists what it did before."""
        try:
            wanted = Filter.parse(self.field.text())
        except ReviewerError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self._show_filter(wanted, None, write=False)

    def show_slice(self, value: str) -> None:
        """List one slice, what is in none, or everything."""
        wanted = self._filter.without("slice")
        self._show_filter(wanted.toggled("slice", value) if value else wanted, None)

    def show_only(self, title: str, keys: Sequence[str]) -> None:
        """List just these examples, under a title that says why."""
        self._show_filter(Filter(), (title, tuple(keys)))

    def show_filter(self, wanted: Filter) -> None:
        """List what a filter means."""
        self._show_filter(wanted, None)

    def show_everything(self) -> None:
        """Take every filter away."""
        self._show_filter(Filter(), None)

    def _choose_workflow(self, place: int) -> None:
        wanted = self._filter.without("workflow")
        name = self.workflow.itemData(place)
        self._show_filter(wanted if name is None else wanted.toggled("workflow", name), self._only)

    def _show_filter(self, wanted: Filter, only: tuple[str, tuple[str, ...]] | None, *, write: bool = True) -> None:
        project = self.project
        self._typed.stop()
        try:
            query = None
            if project is not None:
                query = project.slices.listing.open(wanted, None if only is None else only[1])
        except ReviewerError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        self.problem.hide()
        self._filter, self._only, self._query = wanted, only, query
        if write and str(wanted) != self.field.text():
            self.field.setText(str(wanted))
            self._typed.stop()
        slices = wanted.values("slice")
        for value, button in self.facets.items():
            button.setChecked(slices == (value,) if value else not slices)
        workflows = wanted.values("workflow")
        self.workflow.setCurrentIndex(max(0, self.workflow.findData(workflows[0])) if len(workflows) == 1 else 0)
        self.only.setVisible(only is not None)
        if only is not None:
            self.only.setText(f"{only[0]}: show everything again")
            self.only.setAccessibleName(f"Listed: {only[0]}. Show everything again")
        self._list()
        self.shown_slice_changed.emit(slices[0] if len(slices) == 1 and only is None else "")

    def _list(self) -> None:
        """Show the first page, and count in the background."""
        self._count = None
        self.model.show(self._query)
        there = bool(self.model.rows)
        self.table.setVisible(there)
        self.nothing.setVisible(not there)
        filtered = bool(self._filter) or self._only is not None
        self.empty.setText(
            "No example matches. Take something out of the filter, or press Esc to list everything."
            if filtered
            else "There are no examples yet. Import some, then sort them into the three slices here."
        )
        self.start.setVisible(not filtered)
        if there:
            self.table.selectRow(0)
        else:
            self.current_changed.emit(None)
        query = self._query
        if query is not None:

            def counted(count: int) -> None:
                if query is self._query:
                    self._count = count
                    self._show_total()

            self.session.tasks.run("Count examples", lambda _report: query.count(), counted, quiet=True)
        self._show_total()

    def _show_total(self) -> None:
        chosen = len(self.table.selectionModel().selectedRows())
        total = "" if self._count is None else f"{self._count:,} listed"
        self.total.setText(f"{total}, {chosen:,} selected" if chosen > 1 else total)

    # -- rows

    def selected_ids(self) -> list[int]:
        """The ids of the selected examples, from top to bottom."""
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.model.rows[row].id for row in rows]

    def current_id(self) -> int | None:
        """The example whose row is current."""
        row = self.table.currentIndex().row()
        return self.model.rows[row].id if 0 <= row < len(self.model.rows) else None

    def go(self, by: int) -> None:
        """Select the row so many below the current one."""
        self.select_row(self.table.currentIndex().row() + by)

    def select_row(self, row: int) -> None:
        """Select one row, the nearest there is."""
        if row >= len(self.model.rows) - 1:
            self.model.fetchMore()
        if self.model.rows:
            self.table.selectRow(max(0, min(row, len(self.model.rows) - 1)))

    def show_example(self, example_id: int) -> None:
        """Select an example; it is listed alone when the filter leaves it out or the way to it is long."""
        project, query = self.project, self._query
        if project is None or query is None:
            return
        if self.model.place(example_id) is None:
            place = query.place(example_id)
            if place is None or place > FARTHEST:
                found = project.slices.listing.rows([example_id]).get(example_id)
                if found is not None:
                    self.show_only(found.key, [found.key])
                return
            while self.model.place(example_id) is None and self.model.canFetchMore():
                self.model.fetchMore()
        self._select(example_id)

    def _select(self, example_id: int) -> bool:
        place = self.model.place(example_id)
        if place is None:
            return False
        self.table.selectRow(place)
        self.table.scrollTo(self.model.index(place, 0))
        return True

    def on_changed(self, changes: Changes) -> None:
        """Read changed rows again in their places; after an import or its undoing, everything."""
        project = self.project
        if project is None:
            return
        if changes.tables & {"slice_members", "example_references"} or changes.examples:
            self.model.renew(project.slices.listing, changes.examples)
        if not changes.examples and changes.tables & {"examples", "sources"}:
            self.refresh()

    def _current_row_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        row = current.row()
        self.current_changed.emit(self.model.rows[row].id if 0 <= row < len(self.model.rows) else None)

    def _selection_changed(self) -> None:
        self._show_total()
        self.selection_changed.emit()

    def _leave_field(self) -> None:
        self.apply_field()
        if self.model.rows:
            self.table.setFocus()
