"""The import's first page: what the file has, what it fills, and how the first rows come out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from reviewer.errors import Cancelled, ReviewerError
from reviewer.formats.detect import FORMATS
from reviewer.intake.cases import ROLES
from reviewer.intake.import_run import ImportResult, Inspection
from reviewer.intake.mapping import Mapping
from reviewer.intake.sources import PreviewRow
from reviewer.ui import theme
from reviewer.ui.messages import ask_text, plain_label
from reviewer.ui.rooms.examples.field_tree import FieldTree
from reviewer.ui.rooms.examples.preview_table import PreviewTable
from reviewer.ui.rooms.examples.target_table import TargetTable
from reviewer.ui.session import Session
from reviewer.ui.tasks import Report, TaskHandle

__all__ = ["MappingPage"]

DRY_ROWS = 20_000
_NO_INPUT = "Nothing says where the conversation is."


class MappingPage(QWidget):
    """Maps by pointing; every change shows the first rows anew and counts what the import would do."""

    ready_changed = Signal(bool)
    """Whether the mapping can be used as it stands."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.inspection: Inspection | None = None
        self._path: Path | None = None
        self._looking: TaskHandle | None = None
        self._counting: TaskHandle | None = None
        self._roles: dict[str, str] = {}
        self._build()
        self._pause = QTimer(self, singleShot=True, interval=120)
        self._pause.timeout.connect(self._look)
        self.targets.mapping_changed.connect(self._changed)
        self.targets.currentCellChanged.connect(lambda *_: self._show_role())
        self.role.activated.connect(self._choose_role)
        self.where.textEdited.connect(lambda _text: self._changed())
        self.variant.textEdited.connect(lambda _text: self._pause.start())
        self.fields.pointed.connect(self._point)
        self.use.clicked.connect(lambda: self._point(self.fields.expression()))
        self.keep.clicked.connect(self._keep_fact)
        self.add.clicked.connect(self._add_output)
        self.format.activated.connect(self._choose_format)

    def _build(self) -> None:
        self.name = plain_label("", "title")
        self.kind = plain_label("", "muted", wrap=True)
        self.format = QComboBox()
        self.format.setAccessibleName("Format of the file")
        for value, title in FORMATS.items():
            self.format.addItem(title, value)
        self.fields = FieldTree()
        self.use = _button("Fill with this  →", "Fill the field at hand with this one")
        self.keep = _button("Keep as a fact", "Keep this field as metadata")
        self.targets = TargetTable()
        self.add = _button("Add an output…", "Add a further output of the row")
        self.variant = QLineEdit()
        self.variant.setAccessibleName("Name of the variant")
        self.variant.setPlaceholderText("production")
        self.role = QComboBox()
        self.role.setAccessibleName("Role of the variant")
        for role in ROLES:
            self.role.addItem(role.capitalize(), role)
        self.where = QLineEdit()
        self.where.setAccessibleName("Only rows for which this is true")
        self.where.setPlaceholderText("every row; or a JMESPath condition such as  split == 'test'")
        self.problem = plain_label("", "bad", wrap=True)
        self.counts = plain_label("", "muted", wrap=True)
        self.preview = PreviewTable()
        head = QHBoxLayout()
        head.addWidget(self.name, 1)
        head.addWidget(self.format)
        left = _column("IN THE FILE", self.fields, self.use, self.keep)
        right = _column("BECOMES", self.targets, self.add)
        self.upper = QSplitter(Qt.Orientation.Horizontal)
        self.upper.addWidget(left)
        self.upper.addWidget(right)
        self.upper.setChildrenCollapsible(False)
        self.upper.setSizes([340, 560])
        settings = QGridLayout()
        settings.setHorizontalSpacing(8)
        self.role_of = plain_label("Role", "small")
        heads = (plain_label("Variant that answered", "small"), self.role_of, plain_label("Only rows where", "small"))
        for column, (words, widget) in enumerate(zip(heads, (self.variant, self.role, self.where), strict=True)):
            settings.addWidget(words, 0, column)
            settings.addWidget(widget, 1, column)
        settings.setColumnStretch(2, 1)
        self.variant.setMinimumWidth(180)
        lower = QWidget()
        column_layout = QVBoxLayout(lower)
        column_layout.setContentsMargins(0, 8, 0, 0)
        column_layout.setSpacing(6)
        column_layout.addLayout(settings)
        column_layout.addWidget(plain_label("FIRST ROWS AS THEY WILL BE STORED", "caps"))
        column_layout.addWidget(self.preview, 1)
        column_layout.addWidget(self.problem)
        column_layout.addWidget(self.counts)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.upper)
        split.addWidget(lower)
        split.setSizes([330, 300])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.kind)
        layout.addWidget(split, 1)

    # -- the file

    def show_file(self, path: Path, format: str | None = None) -> None:
        """Look into a file off the UI thread, and show what it has."""
        project = self.session.project
        if project is None:
            return
        self._path = path
        self.inspection = None
        self.name.setText(path.name)
        self.kind.setText("Looking into the file…")
        self.problem.setText("")
        self.counts.setText("")
        self.ready_changed.emit(False)

        def inspected(inspection: Inspection) -> None:
            if isValid(self) and path == self._path:
                self._show(inspection)

        def failed(error: Exception) -> None:
            if not isValid(self):
                return
            self.kind.setText("")
            self.problem.setText(str(error))
            if not isinstance(error, ReviewerError):
                from reviewer.ui import messages

                messages.show_error(self, error)

        self.session.tasks.run(
            f"Looking into {path.name}",
            lambda _report: project.sources.inspect(path, format),
            inspected,
            failed,
            quiet=True,
        )

    def _show(self, inspection: Inspection) -> None:
        self.inspection = inspection
        size = inspection.path.stat().st_size
        words = f"{inspection.how}, {_size(size)}."
        if inspection.remembered:
            words += " Mapped as the last file of this shape was."
        elif inspection.mapping.fields:
            words += " The mapping is a suggestion: change what does not fit."
        else:
            words += " Nothing here looks like a conversation or a prompt; point at what is."
        self.kind.setText(words)
        self.format.setCurrentIndex(max(0, self.format.findData(inspection.how.format)))
        self.fields.show_rows(inspection.rows)
        self.targets.show_mapping(inspection.mapping, inspection.rows)
        self._roles = dict(inspection.roles)
        self.variant.setText("" if inspection.mapping.variants() else inspection.variant or "")
        self.role.setCurrentIndex(max(0, self.role.findData(inspection.role or "production")))
        self._look()

    def _choose_format(self) -> None:
        if self._path is not None:
            self.show_file(self._path, self.format.currentData())

    # -- the mapping

    def mapping(self) -> Mapping:
        """The mapping as it stands."""
        return self.targets.mapping()

    def condition(self) -> str | None:
        """What `where` says, or None."""
        return self.where.text().strip() or None

    def roles(self) -> dict[str, str]:
        """The roles of the row's several outputs: as chosen, or as their names say."""
        own = {name: name for name in ROLES}
        return {name: self._roles.get(name, own.get(name, "other")) for name in self.mapping().variants()}

    def _variant_at_hand(self) -> str:
        """The output that the chosen role is about, where the row has several."""
        variants = self.mapping().variants()
        name = self.targets.current_name().partition(":")[2]
        return name if name in variants else variants[0] if variants else ""

    def _show_role(self) -> None:
        name = self._variant_at_hand()
        self.role_of.setText(f"Role of {name}"[:40] if name else "Role")
        self.variant.setEnabled(not name)
        if name:
            self.role.setCurrentIndex(max(0, self.role.findData(self.roles()[name])))

    def _choose_role(self) -> None:
        name = self._variant_at_hand()
        if name:
            self._roles[name] = self.role.currentData()

    def _point(self, expression: str) -> None:
        if expression:
            self.targets.assign(expression)

    def _keep_fact(self) -> None:
        expression = self.fields.expression()
        if expression:
            self.targets.add_field(f"metadata.{expression.replace('.', '_').strip(chr(34))}", expression)

    def _add_output(self) -> None:
        expression = self.fields.expression()
        words = "Name of the variant whose answer this is. The field at hand in the file fills it."
        ask_text(
            self,
            "Add an output",
            words,
            lambda name: self.targets.add_field(f"output:{' '.join(name.split())}", expression),
            yes="Add",
        )

    def _changed(self) -> None:
        self._pause.start()

    def _look(self) -> None:
        """Show the first rows under the present mapping, then count what the import would do."""
        project, inspection = self.session.project, self.inspection
        for handle in (self._looking, self._counting):
            if handle is not None:
                handle.cancel()
        self._looking = self._counting = None
        if project is None or inspection is None:
            return
        self._show_role()
        mapping, where, variant = self.mapping(), self.condition(), self.variant.text().strip() or None

        def shown(rows: Sequence[PreviewRow]) -> None:
            if not isValid(self) or inspection is not self.inspection or mapping != self.mapping():
                return
            self._looking = None
            self.preview.show_rows(rows)
            self._say("")
            self.ready_changed.emit(True)
            self.counts.setText("Counting…")
            self._counting = self.session.tasks.run("Dry run", count, counted, self._failed, quiet=True)

        def count(report: Report) -> ImportResult:
            return project.sources.dry_run(
                inspection, mapping, variant=variant, where=where, limit=DRY_ROWS, report=report
            )

        def counted(result: ImportResult) -> None:
            if not isValid(self):
                return
            self._counting = None
            of = "The file's" if result.complete else "Of the file's first"
            words = [f"{result.added:,} new", f"{result.duplicates:,} already there", f"{result.rejected:,} rejected"]
            first = f" The first: {result.rejects[0]}" if result.rejects else ""
            self.counts.setText(f"{of} {result.read:,} rows: {', '.join(words)}.{first}")

        self._looking = self.session.tasks.run(
            "Preview",
            lambda _report: project.sources.preview(inspection, mapping, where),
            shown,
            self._failed,
            quiet=True,
        )

    def _failed(self, error: Exception) -> None:
        if isinstance(error, Cancelled) or not isValid(self):
            return
        self._looking = self._counting = None
        self.counts.setText("")
        self.preview.show_rows([])
        self._say(str(error))
        self.ready_changed.emit(False)

    def _say(self, problem: str) -> None:
        problem = problem or self.targets.problem
        if problem.startswith(_NO_INPUT):
            problem = (
                f"{_NO_INPUT} Choose the field that holds it on the left and fill messages or prompt with it; "
                "for outputs alone, fill id."
            )
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))

    def stop(self) -> None:
        """Give up what is still being looked at."""
        self._pause.stop()
        for handle in (self._looking, self._counting):
            if handle is not None:
                handle.cancel()


def _button(title: str, spoken: str, act: Callable[[], None] | None = None) -> QPushButton:
    button = QPushButton(title)
    button.setAccessibleName(spoken)
    button.setAutoDefault(False)
    theme.dress(button, "quiet")
    if act is not None:
        button.clicked.connect(act)
    return button


def _column(title: str, body: QWidget, *buttons: QPushButton) -> QWidget:
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 4, 0, 0)
    layout.setSpacing(4)
    layout.addWidget(plain_label(title, "caps"))
    layout.addWidget(body, 1)
    row = QHBoxLayout()
    for button in buttons:
        row.addWidget(button)
    row.addStretch(1)
    layout.addLayout(row)
    return holder


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:,.0f} {unit}" if unit == "bytes" or size >= 100 else f"{size:,.1f} {unit}"
        size /= 1000
    return ""
