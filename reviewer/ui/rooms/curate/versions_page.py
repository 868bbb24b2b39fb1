"""The versions: what was frozen, its records as they were, what changed between two, and export."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from reviewer.curate.versions import Export, Version
from reviewer.errors import ReviewerError
from reviewer.project import Project
from reviewer.ui import actions, messages
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.record_model import VERSION_COLUMNS, TableModel, version_rows
from reviewer.ui.rooms.curate.rows_table import rows_table
from reviewer.ui.rooms.curate.tags_dialog import TagsDialog
from reviewer.ui.rooms.curate.version_records import VersionRecords
from reviewer.ui.session import Session

__all__ = ["VersionsPage"]


class VersionsPage(QWidget):
    """Versions above; below them the chosen one's records, or what differs from another."""

    back_requested = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._versions: tuple[Version, ...] = ()
        self._waivers = ""
        self._counted: set[tuple[int, int, int | None]] = set()
        """The readings that were counted: which project, which version, by whom."""
        self.dialog: TagsDialog | None = None
        """The dialog that was opened last."""
        self._build_head()
        self.model = TableModel(VERSION_COLUMNS, (2, 3, 4, 5))
        self.table = rows_table(self.model, "Versions", (112, 142, 52, 52, 104, 76, 104, 124))
        self.table.selectionModel().currentRowChanged.connect(self._version_chosen)
        self.about = plain_label("", "muted", wrap=True)
        self.about.setAccessibleName("About the version")
        self.about.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
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
        self.records = VersionRecords(session)
        self.records.compared.connect(self._show_waivers)
        self.records.read.connect(self._count_reading)
        self.split.addWidget(self.records)
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
        self.tag_button = QPushButton(f"Tags…    {actions.key_text('curate.tags', self.session.settings)}")
        self.tag_button.setAccessibleName("Tags of the chosen version")
        self.tag_button.clicked.connect(self.ask_tags)
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
        self.head.addWidget(self.tag_button)
        self.head.addWidget(self.export_button)

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
        self.model.show(version_rows(self._versions, self._worn_after))
        there = bool(self._versions)
        self.split.setVisible(there)
        self.empty.setVisible(not there)
        self.export_button.setEnabled(there)
        self.tag_button.setEnabled(there)
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
        self._show_lower()

    def _show_lower(self) -> None:
        """The chosen version's records, or what changed since the version it is compared with."""
        version, other = self.version, self.other.currentData()
        if version is None:
            return
        self._show_waivers("")
        if isinstance(other, Version):
            self.records.compare(*sorted((version, other), key=lambda item: item.id))
        else:
            self.records.browse(version)

    def _show_waivers(self, waivers: str) -> None:
        """Say beside the version's own facts which waivers differ from those of the version it is compared with."""
        self._waivers = waivers
        self._show_facts()

    def _count_reading(self) -> None:
        """Count that a person reads what is shown, once a sitting; when the key that led there has been served."""
        project, annotator = self.session.project, self.session.annotator_id
        for version in self.records.versions:
            key = (id(project), version.id, annotator)
            if project is not None and key not in self._counted:
                self._counted.add(key)
                QTimer.singleShot(0, self, partial(self._count, project, version, annotator))

    def _count(self, project: Project, version: Version, annotator: int | None) -> None:
        if self.session.project is not project:
            return
        try:
            changes = project.versions.viewed(version, annotator)
        except ReviewerError:
            return  # a project that cannot be written can still be read
        if changes is not None:
            self.refresh_facts()  # shown here alone, and nothing that a person has saved

    def refresh_facts(self) -> None:
        """Read again what versions gather, tags and touches; what is being read below stays where it is."""
        project, version = self.session.project, self.version
        if project is None or version is None:
            return
        self._versions = project.versions.list()
        row = self.table.currentIndex().row()
        with QSignalBlocker(self.table.selectionModel()):
            self.model.show(version_rows(self._versions, self._worn_after))
            self.table.selectRow(row)
        self.table.viewport().update()
        self._show_facts()

    def _show_facts(self) -> None:
        version = self.version
        if version is not None:
            self.about.setText("\n".join(filter(None, (self._waivers, self._facts(version)))))

    @property
    def _worn_after(self) -> int:
        return int(self.session.settings.get("worn_after"))

    def _facts(self, version: Version) -> str:
        """When, by whom and in spite of what it was frozen, what came before it, and what it has been through."""
        who = f" by {version.annotator}" if version.annotator else ""
        lines = [f"Frozen {version.frozen_at}{who}. {version.content_hash}"]
        lines += [version.note] if version.note else []
        lines.append(version.touches.sentence(self._worn_after))
        if version.unmet:
            lines.append(f"Frozen all the same, because “{version.waiver}”:")
            lines += [f"–  {sentence}" for sentence in version.unmet]
        unmet = len(version.unmet)
        lines += [f"Waived: {item}" for item in version.waivers[unmet:]]
        lines.append(version.precedence.words())
        return "\n".join(lines)

    def ask_tags(self) -> None:
        """Ask for the chosen version's tags."""
        project, version = self.session.project, self.version
        if project is not None and version is not None:
            self.dialog = TagsDialog(self, self.session, project, version)
            self.dialog.open()

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
