"""The records of a version as they were frozen, or what differs between two versions, example by example."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from reviewer.curate.diffs import text_changes
from reviewer.curate.versions import Diff, RecordHead, Version
from reviewer.errors import ReviewerError
from reviewer.formats.conversation import Document, Message
from reviewer.project import Project
from reviewer.ui.messages import plain_label, tell
from reviewer.ui.rooms.curate.record_changes import (
    ExampleChange,
    composed,
    counted,
    example_changes,
    kind_words,
    record_facts,
    waiver_lines,
)
from reviewer.ui.rooms.curate.record_model import (
    DIFF_COLUMNS,
    RECORD_COLUMNS,
    TableModel,
    change_rows,
    record_rows,
)
from reviewer.ui.rooms.curate.rows_table import rows_table
from reviewer.ui.rooms.curate.side_by_side import SideBySide
from reviewer.ui.session import Session
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.reading_view import ReadingView
from reviewer.wording import amount

__all__ = ["VersionRecords"]

AT_ONCE = 4_000
"""So many records are compared before a person would wait."""
Found = tuple[Diff, list[dict[str, RecordHead]]]


class VersionRecords(QFrame):
    """The list on the left; on the right the record to read, in a comparison what differs or either side of it."""

    read = Signal()
    """A person went to a record of what is shown."""
    compared = Signal(str)
    """Which waivers differ between the two versions that have been compared, in lines; empty when none does."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._versions: tuple[Version, ...] = ()
        """The version that is browsed, or the two that are compared, the earlier first."""
        self._heads: list[dict[str, RecordHead]] = [{}, {}]
        self._changes: tuple[ExampleChange, ...] = ()
        self._way = 0
        """How a change is read as long as it can be: what differs, as in the earlier, as in the later version."""
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        self.columns.addWidget(self._build_left())
        self.columns.addWidget(self._build_right())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.columns)

    def _build_left(self) -> QWidget:
        self.records = TableModel(RECORD_COLUMNS)
        self.record_table = rows_table(self.records, "Records of the version", (110, 110))
        self.record_table.selectionModel().currentRowChanged.connect(self._chosen)
        self.changes = TableModel(DIFF_COLUMNS)
        self.change_table = rows_table(self.changes, "What changed", (110, 110))
        self.change_table.selectionModel().currentRowChanged.connect(self._chosen)
        self.words = QLineEdit()
        self.words.setPlaceholderText("Filter: an id or words of the text")
        self.words.setAccessibleName("Filter the records")
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(lambda _text: self._list_records())
        self.slice = QComboBox()
        self.slice.setAccessibleName("Slice")
        self.slice.activated.connect(lambda _place: self._list_records())
        self.filters = QWidget()
        row = QHBoxLayout(self.filters)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.slice)
        self.finding = plain_label("", "head", wrap=True)
        self.refusal = plain_label("", "", wrap=True)
        self.counts = plain_label("", "muted", wrap=True)
        self.kinds = QComboBox()
        self.kinds.setAccessibleName("Kind of change")
        self.kinds.activated.connect(lambda _place: self._list_changes())
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 8, 8, 12)
        column.setSpacing(8)
        column.addWidget(self.finding)
        column.addWidget(self.counts)
        column.addWidget(self.refusal)
        column.addWidget(self.kinds)
        column.addWidget(self.filters)
        column.addWidget(self.record_table, 1)
        column.addWidget(self.change_table, 1)
        column.addStretch(0)
        return left

    def _build_right(self) -> QWidget:
        self.sides = QFrame()
        row = QHBoxLayout(self.sides)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(4)
        group = QButtonGroup(self)
        self.ways: list[QPushButton] = []
        for way in range(3):
            button = QPushButton()
            button.setProperty("role", "quiet")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, way=way: self._read_as(way))
            group.addButton(button)
            row.addWidget(button)
            self.ways.append(button)
        self.ways[0].setText("What differs")
        self.ways[0].setAccessibleName("What differs, side by side")
        row.addStretch(1)
        self.facts = plain_label("", "smallmuted", wrap=True)
        self.facts.setContentsMargins(12, 6, 12, 6)
        self.diff = SideBySide("The earlier record", "The later record")
        self.reading = ConversationView()
        self.reading.setAccessibleName("The record as it was frozen")
        self.panes = QStackedWidget()
        self.panes.addWidget(self.reading)
        self.panes.addWidget(self.diff)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.sides)
        column.addWidget(self.facts)
        column.addWidget(self.panes, 1)
        return right

    # -- what is shown

    @property
    def versions(self) -> tuple[Version, ...]:
        """The version that is browsed, or the two that are compared."""
        return self._versions

    @property
    def comparing(self) -> bool:
        """Whether two versions are compared."""
        return len(self._versions) == 2

    @property
    def views(self) -> tuple[ReadingView, ...]:
        """Every view of text, to be set alike."""
        return (self.reading, self.diff.left.view, self.diff.right.view)

    @property
    def view(self) -> ReadingView:
        """The view of text that is up and, of two, has the keys."""
        if self.panes.currentWidget() is self.reading:
            return self.reading
        return self.diff.right.view if self.diff.right.view.pane.hasFocus() else self.diff.left.view

    def browse(self, version: Version) -> None:
        """List the records of a version as they were frozen."""
        project = self._begin(version)
        if project is None:
            return
        try:
            self._heads = [{head.key: head for head in project.versions.heads(version)}]
        except ReviewerError as error:
            self._refuse(error)
            return
        kept = self.slice.currentData()
        self.slice.clear()
        self.slice.addItem("Every slice", "")
        for name, count in version.counts.items():
            self.slice.addItem(f"{name}  {count:,}", name)
        self.slice.setCurrentIndex(max(0, self.slice.findData(kept)))
        self.filters.show()
        self.record_table.show()
        self._list_records()

    def _list_records(self) -> None:
        """List the records that the filters keep, and read the first, or the one that was read before."""
        if self.comparing or not self._versions:
            return
        version = self._versions[0]
        wanted, name = self.words.text().casefold().split(), self.slice.currentData()
        shown = [
            head
            for head in self._heads[0].values()
            if (not name or head.slice == name)
            and all(word in head.key.casefold() or word in head.prompt.casefold() for word in wanted)
        ]
        which = f"{len(shown):,} of {version.count:,}" if len(shown) < version.count else f"{version.count:,}"
        self.finding.setText(f"{version.label}: {which} records as they were frozen")
        self._fill(self.record_table, self.records, record_rows(shown))
        if not shown:
            self._show_record(None)

    def _fill(self, table: QTableView, model: TableModel, rows: list[tuple[Any, ...]]) -> None:
        """List rows and read the one that was read before, or the first; that it is read is nobody's doing."""
        before = model.key(table.currentIndex().row())
        with QSignalBlocker(table.selectionModel()):
            model.show(rows)
            keys = [row[0] for row in rows]
            place = keys.index(before) if before in keys else 0
            if keys:
                table.selectRow(place)
        table.viewport().update()
        if keys:
            table.scrollTo(model.index(place, 0), QAbstractItemView.ScrollHint.PositionAtCenter)
            self._read(keys[place])

    def compare(self, first: Version, second: Version) -> None:
        """List what differs from the first version to the second; beside the window where they are many."""
        project = self._begin(first, second)
        if project is None:
            return

        def found() -> Found:
            diff = project.versions.diff(first, second)
            return diff, [{head.key: head for head in project.versions.heads(item)} for item in (first, second)]

        def ended(result: Found) -> None:
            if self._versions == (first, second):
                self._show_diff(*result)

        if first.count + second.count <= AT_ONCE:
            try:
                ended(found())
            except ReviewerError as error:
                self._refuse(error)
            return
        self.finding.setText(f"{first.label} and {second.label} are being compared …")
        self.session.tasks.run(f"Compare {first.label} with {second.label}", lambda _report: found(), ended)

    def _begin(self, *versions: Version) -> Project | None:
        self._versions = versions
        self._heads, self._changes = [{} for _ in versions], ()
        for widget in (
            self.record_table,
            self.filters,
            self.change_table,
            self.kinds,
            self.counts,
            self.refusal,
            self.sides,
            self.facts,
        ):
            widget.hide()
        self.finding.setText("")
        self.records.show([])
        self.changes.show([])
        self.reading.set_conversation([])
        self.panes.setCurrentWidget(self.reading)
        return self.session.project

    def _refuse(self, error: ReviewerError) -> None:
        self.refusal.setText(str(error))
        self.refusal.show()

    def _show_diff(self, diff: Diff, heads: list[dict[str, RecordHead]]) -> None:
        first, second = self._versions
        self._heads = heads
        self._changes = example_changes(diff, *heads)
        counts = counted(self._changes)
        number = len(self._changes)
        differ = f"{amount(number)} {'differs' if number == 1 else 'differ'}" if number else "no example differs"
        self.finding.setText(f"From {first.label} to {second.label}: {differ}")
        self.counts.setText(", ".join(f"{number:,} {kind_words(kind)}" for kind, number in counts))
        self.counts.setVisible(len(counts) > 1)
        self.compared.emit(waiver_lines(diff, first, second))
        for button, version in zip(self.ways[1:], self._versions, strict=True):
            button.setText(f"As in {version.label}")
            button.setAccessibleName(f"The record as in {version.label}")
        kept = self.kinds.currentData()
        self.kinds.clear()
        self.kinds.addItem(f"All that differ  {len(self._changes):,}", "")
        for kind, number in counts:
            self.kinds.addItem(f"{kind[:1].upper()}{kind[1:]}  {number:,}", kind)
        self.kinds.setCurrentIndex(max(0, self.kinds.findData(kept)))
        self.kinds.setVisible(len(counts) > 1)
        self.sides.setVisible(bool(self._changes))
        self.change_table.setVisible(bool(self._changes))
        self._list_changes()

    def _list_changes(self) -> None:
        """List the changes of the chosen kind, and read the first, or the one that was read before."""
        kind = self.kinds.currentData()
        shown = [change for change in self._changes if not kind or kind in change.kinds]
        self._fill(self.change_table, self.changes, change_rows(shown))

    def _chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        model = current.model()
        key = model.key(current.row()) if isinstance(model, TableModel) else None
        if key is not None:
            self._read(key)
            self.read.emit()

    def _read_as(self, way: int) -> None:
        self._way = way
        self.read.emit()
        key = self.changes.key(self.change_table.currentIndex().row())
        if key is not None:
            self._read(key)

    def _read(self, key: str) -> None:
        """Show a record: as it was frozen, or what of it differs."""
        project = self.session.project
        if project is None:
            return
        try:
            records = [
                project.versions.record(version, key) if key in heads else None
                for version, heads in zip(self._versions, self._heads, strict=True)
            ]
        except ReviewerError as error:
            self._refuse(error)
            return
        if not self.comparing:
            self._show_record(records[0])
            return
        before, after = records
        changes = text_changes(before, after) if before is not None and after is not None else ()
        there = (bool(changes), *(record is not None for record in records))
        way = self._way if there[self._way] else next(way for way in (0, 2, 1) if there[way])
        for button, present in zip(self.ways, there, strict=True):
            button.setEnabled(present)
        self.ways[way].setChecked(True)
        if way:
            self._show_record(records[way - 1])
            return
        left, right, places = composed(changes)
        names = [f"{version.label}  {key}" for version in self._versions]
        self.facts.hide()
        self.panes.setCurrentWidget(self.diff)
        self.diff.show_marked((names[0], left), (names[1], right), places)

    def _show_record(self, record: dict[str, Any] | None) -> None:
        self.panes.setCurrentWidget(self.reading)
        self.facts.setVisible(record is not None)
        if record is None:
            self.reading.set_conversation([])
            return
        self.facts.setText(record_facts(record))
        self.reading.set_conversation(
            Message.list_from_json(record["messages"]),
            record["observed"]["output"],
            [Document.from_json(item) for item in record["context"]],
            record["expected"],
            variant=record["observed"]["model"] or "",
            reference_note=record["metadata"].get("reference_source", ""),
        )

    # -- by key

    @property
    def _listed(self) -> tuple[QTableView, TableModel]:
        """The list that is up: changes, or the records of one version."""
        return (self.change_table, self.changes) if self.comparing else (self.record_table, self.records)

    @property
    def listed(self) -> bool:
        """Whether there is a list to go through."""
        return bool(self._listed[1].rows)

    def go(self, step: int) -> None:
        """Choose the next record or change, or with −1 the one before."""
        self.go_to(self._listed[0].currentIndex().row() + step)

    def go_to(self, place: int) -> None:
        """Choose the record or change at a place of the list."""
        table, model = self._listed
        if model.rows:
            place = max(0, min(place, len(model.rows) - 1))
            table.selectRow(place)
            table.scrollTo(model.index(place, 0), QAbstractItemView.ScrollHint.EnsureVisible)

    def go_to_place(self, step: int) -> None:
        """Bring the next difference into sight, or with −1 the one before; past the last, that of the next example."""
        if not self.comparing or not self.changes.rows:
            return
        if self.panes.currentWidget() is self.diff and not self.diff.is_last(step):
            self.diff.go_to_place(step)
            return
        place = self.change_table.currentIndex().row()
        if not 0 <= place + step < len(self.changes.rows):
            tell(self, "This is the last difference." if step > 0 else "This is the first difference.")
            return
        self.go(step)
        if self.panes.currentWidget() is self.diff:
            self.diff.go_to_place(step)
