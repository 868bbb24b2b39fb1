"""The versions: what was frozen, its records as they were, what changed between two, and export."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from reviewer.curate.versions import Export, Version
from reviewer.errors import ReviewerError
from reviewer.formats.conversation import Document, Message
from reviewer.ui import messages, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.example_list import row_height
from reviewer.ui.rooms.curate.record_model import (
    DIFF_COLUMNS,
    RECORD_COLUMNS,
    VERSION_COLUMNS,
    TableModel,
    diff_rows,
    record_rows,
    version_rows,
)
from reviewer.ui.session import Session
from reviewer.ui.widgets.conversation import ConversationView

__all__ = ["VersionsPage"]


class VersionsPage(QWidget):
    """Versions above; below them the chosen one's records, or what differs from another."""

    back_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._versions: tuple[Version, ...] = ()
        self._sides: list[dict[str, dict[str, Any]]] = [{}, {}]
        self._build_head()
        self.model = TableModel(VERSION_COLUMNS, (2, 3, 4))
        self.table = _table(self.model, "Versions", (130, 142, 64, 64, 96, 124))
        self.table.selectionModel().currentRowChanged.connect(self._version_chosen)
        self.about = plain_label("", "muted", wrap=True)
        self.empty = plain_label(
            "Nothing is frozen yet. Sort examples into the slices, then freeze them with Ctrl+Shift+V.",
            "muted",
            wrap=True,
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        upper = QWidget()
        top = QVBoxLayout(upper)
        top.setContentsMargins(12, 0, 12, 8)
        top.setSpacing(8)
        self.table.setMinimumHeight(92)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(self.about)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("About the version")
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.table, 2)
        top.addWidget(area, 2)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(upper)
        self.split.addWidget(self._build_lower())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self.head)
        layout.addWidget(self.split, 1)
        layout.addWidget(self.empty, 1)

    def _build_head(self) -> None:
        self.back = QPushButton(icon("previous"), "Slices")
        self.back.setProperty("role", "quiet")
        self.back.setAccessibleName("Back to the slices")
        self.back.setToolTip("Back to the slices  Esc")
        self.back.clicked.connect(self.back_requested)
        self.export_button = QPushButton(icon("export"), "Export…")
        self.export_button.setAccessibleName("Export the chosen version")
        self.export_button.clicked.connect(self.export)
        self.other = QComboBox()
        self.other.setAccessibleName("Compare with")
        self.other.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.other.activated.connect(lambda _place: self._show_lower())
        self.head = QHBoxLayout()
        self.head.setContentsMargins(8, 10, 12, 8)
        self.head.setSpacing(8)
        self.head.addWidget(self.back)
        self.head.addWidget(plain_label("Versions", "title"))
        self.head.addStretch(1)
        caption = plain_label("Compare with", "muted")
        caption.setBuddy(self.other)
        self.head.addWidget(caption)
        self.head.addWidget(self.other)
        self.head.addWidget(self.export_button)

    def _build_lower(self) -> QWidget:
        self.records = TableModel(RECORD_COLUMNS)
        self.record_table = _table(self.records, "Records of the version", (110, 110))
        self.record_table.selectionModel().currentRowChanged.connect(self._record_chosen)
        self.changes = TableModel(DIFF_COLUMNS)
        self.change_table = _table(self.changes, "What changed", (90, 120))
        self.change_table.selectionModel().currentRowChanged.connect(self._record_chosen)
        self.finding = plain_label("", "head", wrap=True)
        self.refusal = plain_label("", "", wrap=True)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 8, 8, 12)
        column.setSpacing(8)
        column.addWidget(self.finding)
        column.addWidget(self.refusal)
        column.addWidget(self.record_table, 1)
        column.addWidget(self.change_table, 1)
        column.addStretch(0)
        self.reading = ConversationView()
        self.reading.setAccessibleName("The record as it was frozen")
        self.columns = QSplitter(Qt.Orientation.Horizontal)
        self.columns.addWidget(left)
        self.columns.addWidget(self._build_right())
        frame = QFrame()
        around = QVBoxLayout(frame)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.columns)
        return frame

    def _build_right(self) -> QWidget:
        """The record to read, in a comparison as it was on either side."""
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.sides = QFrame()
        row = QHBoxLayout(self.sides)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(4)
        row.addWidget(plain_label("As in", "muted"))
        group = QButtonGroup(self)
        self.side_buttons: list[QPushButton] = []
        for name in ("earlier", "later"):
            button = QPushButton()
            button.setAccessibleName(f"The record as in the {name} version")
            button.setProperty("role", "quiet")
            button.setCheckable(True)
            button.clicked.connect(self._read_again)
            group.addButton(button)
            row.addWidget(button)
            self.side_buttons.append(button)
        row.addStretch(1)
        column.addWidget(self.sides)
        column.addWidget(self.reading, 1)
        return right

    # -- what is shown

    @property
    def version(self) -> Version | None:
        """The chosen version."""
        found = self.model.key(self.table.currentIndex().row())
        return found if isinstance(found, Version) else None

    def refresh(self, choose: Version | None = None) -> None:
        """Read the versions again and keep the choice, or choose this one."""
        project = self.session.project
        kept = choose or self.version
        self._versions = project.versions.list() if project is not None else ()
        self.model.show(version_rows(self._versions))
        there = bool(self._versions)
        self.split.setVisible(there)
        self.empty.setVisible(not there)
        self.export_button.setEnabled(there)
        if there:
            rows = [row[0].id for row in self.model.rows]
            place = rows.index(kept.id) if kept is not None and kept.id in rows else 0
            # Read once and in any case: what may be shown can have changed where the choice has not.
            with QSignalBlocker(self.table.selectionModel()):
                self.table.selectRow(place)
            self._version_chosen(self.model.index(place, 0), QModelIndex())
            self.table.viewport().update()
        else:
            self.other.clear()

    def _version_chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        version = self.model.key(current.row())
        if not isinstance(version, Version):
            return
        before = self.other.currentData()
        self.other.clear()
        self.other.addItem("nothing", None)
        for other in sorted(self._versions, key=lambda item: item.id, reverse=True):
            if other.id != version.id:
                self.other.addItem(other.label, other)
        kept = [place for place in range(self.other.count()) if self.other.itemData(place) == before]
        self.other.setCurrentIndex(kept[0] if kept and before is not None else 0)
        self.other.setEnabled(self.other.count() > 1)
        who = f" by {version.annotator}" if version.annotator else ""
        words = f"Frozen {version.frozen_at}{who}. {version.content_hash}"
        if version.note:
            words += f"\n{version.note}"
        if version.unmet:
            words += f"\nFrozen all the same, because “{version.waiver}”:"
            words += "".join(f"\n–  {sentence}" for sentence in version.unmet)
        self.about.setText(words)
        self._show_lower()

    def _show_lower(self) -> None:
        """The chosen version's records, or what changed since the version it is compared with."""
        project, version, other = self.session.project, self.version, self.other.currentData()
        if project is None or version is None:
            return
        comparing = isinstance(other, Version)
        shown = sorted((version, other), key=lambda item: item.id) if comparing else [version]
        self.change_table.setVisible(comparing)
        self.sides.setVisible(comparing)
        self.refusal.hide()
        self.reading.set_conversation([])
        try:
            self._sides = [{record["id"]: record for record in project.versions.records(item)} for item in shown]
            refused = False
        except ReviewerError as error:
            self._sides = [{} for _ in shown]
            self.refusal.setText(str(error))
            self.refusal.show()
            refused = True
        self.record_table.setVisible(not comparing and not refused)
        if comparing:
            self._show_differences(*shown)
            return
        self.finding.setText(f"{version.label}: {version.count:,} records as they were frozen")
        self.records.show(record_rows(list(self._sides[0].values())))
        if self.records.rows:
            self.record_table.selectRow(0)

    def _show_differences(self, first: Version, second: Version) -> None:
        project = self.session.project
        if project is None:
            return
        diff = project.versions.diff(first, second)
        counts = (
            ("added", diff.added), ("removed", diff.removed), ("moved", diff.moved), ("changed", diff.changed)
        )  # fmt: skip
        parts = [f"{len(items):,} {word}" for word, items in counts if items]
        self.finding.setText(f"From {first.label} to {second.label}: {', '.join(parts) or 'nothing changed'}")
        for button, side in zip(self.side_buttons, (first, second), strict=True):
            button.setText(side.label)
            button.setAccessibleName(f"The record as in {side.label}")
        self.side_buttons[1].setChecked(True)
        self.changes.show(diff_rows(diff, *self._sides))
        if self.changes.rows:
            self.change_table.selectRow(0)

    def _record_chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        model = current.model()
        key = model.key(current.row()) if isinstance(model, TableModel) else None
        if key is not None:
            self._read(key)

    def _read_again(self) -> None:
        key = self.changes.key(self.change_table.currentIndex().row())
        if key is not None:
            self._read(key)

    def _read(self, key: str) -> None:
        """Show a record as the chosen side has it, or as the one side that has it."""
        there = [key in side for side in self._sides]
        side = 1 if len(there) == 2 and self.side_buttons[1].isChecked() else 0
        if len(there) == 2:
            for button, present in zip(self.side_buttons, there, strict=True):
                button.setEnabled(present)
            if not there[side] and there[1 - side]:
                side = 1 - side
                self.side_buttons[side].setChecked(True)
        record = self._sides[side].get(key)
        if record is None:
            self.reading.set_conversation([])
            return
        self.reading.set_conversation(
            Message.list_from_json(record["messages"]),
            record["observed"]["output"],
            [Document.from_json(item) for item in record["context"]],
            record["expected"],
            variant=record["observed"]["model"] or "",
            reference_note=record["metadata"].get("reference_source", ""),
        )

    # -- export

    def export(self) -> None:
        """Ask for a folder and write the chosen version into a new one inside it."""
        version = self.version
        project = self.session.project
        if version is None or project is None:
            return
        session = self.session

        def chosen(folder: Any) -> None:
            out = folder / version.file_stem

            def ended(done: Export) -> None:
                messages.tell(session.window, f"Exported {version.label}, {done.records:,} records, to {done.folder}")

            session.tasks.run(
                f"Export {version.label}",
                lambda report: project.versions.export(version, "reviewer", out, report),
                ended,
            )

        title = f"Export {version.label}: a folder {version.file_stem} is made inside the one you choose"
        messages.choose_folder(self, title, chosen, folder=project.path.parent)


def _table(model: TableModel, name: str, widths: tuple[int, ...]) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(name)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setDefaultSectionSize(row_height(table))
    theme.changed.connect(partial(_fit_rows, table))
    table.horizontalHeader().setHighlightSections(False)
    table.horizontalHeader().setStretchLastSection(True)
    for column, width in enumerate(widths):
        table.setColumnWidth(column, width)
    return table


def _fit_rows(table: QTableView) -> None:
    if isValid(table):
        table.verticalHeader().setDefaultSectionSize(row_height(table))
