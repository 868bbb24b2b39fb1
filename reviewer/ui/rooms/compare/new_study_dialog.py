"""A new study: which variants, over what, and the drop that counts, fixed before anything is judged."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from reviewer.compare.plans import Survey
from reviewer.compare.studies import Study
from reviewer.project import Project
from reviewer.ui.messages import plain_label, show_error
from reviewer.ui.session import Session

__all__ = ["NewStudyDialog"]

ALL = "All examples"
WORDS = (
    "When the study is made, its plan is fixed and both variants' outputs on its examples are sealed: nobody sees "
    "whose answer is whose until it is closed."
)


class NewStudyDialog(QDialog):
    """Asks for a study's plan and says how many pairs it comes to."""

    def __init__(self, parent: QWidget, session: Session, project: Project, made: Callable[[Study], None]) -> None:
        super().__init__(parent.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("New study")
        self.setAccessibleName("New study")
        self.setMinimumWidth(520)
        self._session = session
        self._project = project
        self._made = made
        self._asked = 0
        self._found: Survey | Exception | None = None
        self._making = False
        variants = project.studies.variants()
        self.name = QLineEdit()
        self.name.setPlaceholderText("such as autumn tune")
        self.base, self.tuned = QComboBox(), QComboBox()
        for field, role in ((self.base, "base"), (self.tuned, "tuned")):
            for name, its in variants:
                field.addItem(f"{name}  ({its})" if its != name else name, name)
            wanted = next((n for n, (_, its) in enumerate(variants) if its == role), None)
            if wanted is None and role == "base":
                wanted = next((n for n, (_, its) in enumerate(variants) if its == "production"), 0)
            field.setCurrentIndex(wanted if wanted is not None else min(1, len(variants) - 1))
        self.version, self.slice = QComboBox(), QComboBox()
        self.version.addItem(ALL, None)
        for version in reversed(project.versions.list()):
            self.version.addItem(f"Version {version.label}", version.label)
        self.slice.addItem("Every slice", None)
        for name in ("core", "edge", "preservation"):
            self.slice.addItem(f"Only {name}", name)
        self.margin = QDoubleSpinBox()
        self.margin.setRange(0.0, 50.0)
        self.margin.setDecimals(1)
        self.margin.setSuffix(" points")
        self.margin.setSpecialValueText("none")
        self.margin.setValue(5.0)
        self.seed = QLineEdit()
        self.seed.setPlaceholderText("drawn at random")
        self.outcome = plain_label("", wrap=True)
        self.outcome.setMinimumHeight(60)
        self.outcome.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._build()
        for field in (self.base, self.tuned, self.version, self.slice):
            field.currentIndexChanged.connect(self._tell)
        self.name.textChanged.connect(self._follow)
        self.seed.textChanged.connect(self._follow)
        self._tell()
        self.name.setFocus()

    def _build(self) -> None:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for words, field, note in (
            ("&Name", self.name, ""),
            ("&Base variant", self.base, ""),
            ("&Tuned variant", self.tuned, ""),
            ("&Over", self.version, ""),
            ("&Slice", self.slice, ""),
            ("Overall &margin", self.margin, "the drop that counts; slices have their own"),
            ("S&eed", self.seed, "fixes the order, never the sides"),
        ):
            plain = words.replace("&", "")
            field.setAccessibleName(plain)
            caption = plain_label(words)
            caption.setBuddy(field)
            if note:
                row = QHBoxLayout()
                row.setSpacing(8)
                row.addWidget(field)
                row.addWidget(plain_label(note, "smallmuted"), 1)
                form.addRow(caption, row)
            else:
                form.addRow(caption, field)
        cancel = QPushButton("Cancel")
        cancel.setAccessibleName("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.yes = QPushButton("Make and seal")
        self.yes.setAccessibleName("Make and seal")
        self.yes.setProperty("role", "primary")
        self.yes.setDefault(True)
        self.yes.clicked.connect(self._make)
        QShortcut(QKeySequence("Ctrl+Return"), self, self.yes.click)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addStretch(1)
        foot.addWidget(cancel)
        foot.addWidget(self.yes)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(plain_label("New study", "head"))
        layout.addWidget(plain_label(WORDS, "muted", wrap=True))
        layout.addLayout(form)
        layout.addWidget(self.outcome)
        layout.addLayout(foot)

    def _tell(self) -> None:
        """Have the pairs counted, off the UI thread, and say what the plan comes to."""
        project = self._project
        asked = (self.base.currentData() or "", self.tuned.currentData() or "")
        version, slice_name = self.version.currentData(), self.slice.currentData()
        self._asked += 1
        number = self._asked

        def answer(found: Survey | Exception) -> None:
            # An answer to an earlier question, or to a window that is gone, comes too late.
            if number == self._asked and isValid(self):
                self._found = found
                self._follow()

        self._session.tasks.run(
            "Counting pairs",
            lambda report: project.studies.survey(*asked, version=version, slice_name=slice_name),
            answer,
            answer,
            quiet=True,
        )

    def _follow(self) -> None:
        """Say what the plan comes to, or why it is none."""
        found = self._found
        ready = False
        if found is None:
            said = ""
        elif isinstance(found, Exception):
            said = str(found)
        elif found.sealed:
            said = f"An open study seals outputs of {found.sealed} of these examples. Close it first."
        else:
            parts = [f"{count} {name}" for name, count in sorted(found.slices.items()) if name]
            said = f"{found.pairs} pairs" + (f" ({', '.join(parts)})" if parts else "") + ": "
            said += f"{2 * found.pairs} answers to judge, then the pairs." if found.pairs else "nothing to compare."
            if found.left_out:
                said += " Left out: " + "; ".join(f"{count} {reason}" for reason, count in found.left_out.items()) + "."
            ready = bool(found.pairs)
        if self._seed() is None and self.seed.text().strip():
            said, ready = "A seed is a whole number.", False
        self.outcome.setText(said)
        self.yes.setEnabled(ready and bool(self.name.text().strip()) and not self._making)

    def _seed(self) -> int | None:
        try:
            return int(self.seed.text())
        except ValueError:
            return None

    def _make(self) -> None:
        project, annotator = self._project, self._session.annotator_id
        name, base, tuned = self.name.text(), self.base.currentData(), self.tuned.currentData()
        version, slice_name, seed = self.version.currentData(), self.slice.currentData(), self._seed()
        margin = round(self.margin.value() / 100, 4) or None
        self._making = True
        self.yes.setEnabled(False)
        self._session.tasks.run(
            "Sealing",
            lambda report: project.studies.create(
                name,
                base,
                tuned,
                version=version,
                slice_name=slice_name,
                seed=seed,
                margin=margin,
                annotator_id=annotator,
            ),
            self._done,
            self._failed,
        )

    def _done(self, made: Study) -> None:
        self._session.tell_changes(made)
        self._made(made)
        if isValid(self):
            self.accept()

    def _failed(self, error: Exception) -> None:
        show_error(self._session.window, error)
        if isValid(self):
            self._making = False
            self._follow()
