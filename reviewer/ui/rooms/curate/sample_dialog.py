"""Draw a sample: how many, from what, by which field, with which seed, into which slice."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QSpinBox, QWidget
from shiboken6 import isValid

from reviewer.curate.slices import CAPABILITIES, SLICES, Assignment
from reviewer.project import Project
from reviewer.ui import messages
from reviewer.ui.rooms.curate.form import Form
from reviewer.ui.session import Session
from reviewer.ui.theme import dress

__all__ = ["SampleDialog"]

BY = (
    ("workflow", "Workflow"),
    ("workflow,category", "Workflow and first failure"),
    ("category", "First failure"),
    ("source", "Source"),
    ("", "Nothing: a plain random sample"),
)
MOST_STRATA = 6


class SampleDialog(Form):
    """Says what would be drawn before it is; the same seed draws the same examples on any machine."""

    def __init__(
        self, parent: QWidget, session: Session, project: Project, where: str, slice: str, number: int = 0
    ) -> None:
        super().__init__(
            parent,
            "Draw a sample…",
            "Draw",
            "From the examples that are in no slice yet and not excluded, in the proportions of the field chosen.",
        )
        self._session = session
        self._project = project
        self.number = QSpinBox()
        self.number.setRange(1, 1_000_000)
        self.slice = QComboBox()
        for name in SLICES:
            self.slice.addItem(name.capitalize(), name)
        self.slice.setCurrentIndex(max(0, self.slice.findData(slice or "core")))
        self.capability = QComboBox()
        self.capability.addItem("No particular one", "")
        for name, words in CAPABILITIES.items():
            self.capability.addItem(words.capitalize(), name)
        self.by = QComboBox()
        for value, title in BY:
            self.by.addItem(title, value)
        self.by.setEditable(False)
        for key in project.slices.listing.metadata_keys():
            self.by.addItem(f"Metadata: {key}", f"metadata.{key}")
        self.seed = QSpinBox()
        self.seed.setRange(0, 2_000_000_000)
        self.seed.setValue(1)
        self.where = QLineEdit(where)
        self.where.setPlaceholderText("everything")
        self.add("Into", self.slice)
        self._capability_label = self.add("Capability", self.capability)
        self.add("How many", self.number)
        self.add("Matching", self.where)
        self.add("By", self.by)
        self.equal = QCheckBox("Equally many of each, not in proportion")
        self.equal.setAccessibleName("Equally many of each stratum")
        self.fields.addRow("", self.equal)
        self.add("Seed", self.seed, "the same seed draws the same examples")
        self._suggest()
        if number:
            self.number.setValue(number)
        self.slice.currentIndexChanged.connect(self._suggest)
        for change in (
            self.number.valueChanged,
            self.seed.valueChanged,
            self.where.textChanged,
            self.by.currentIndexChanged,
            self.slice.currentIndexChanged,
            self.equal.toggled,
        ):
            change.connect(self._ask)
        self._asked = QTimer(self, singleShot=True, interval=150)
        self._asked.timeout.connect(self._look)
        self._look()
        self.number.setFocus()
        self.number.selectAll()
        self.accepted.connect(self._draw)

    def _suggest(self) -> None:
        """As many as the slice still needs."""
        item = self._project.slices.get(self.slice.currentData())
        self.number.setValue(max(1, item.minimum - item.count))
        preservation = item.name == "preservation"
        self.capability.setVisible(preservation)
        self._capability_label.setVisible(preservation)

    def _ask(self) -> None:
        self.yes.setEnabled(False)
        self._asked.start()

    def _look(self) -> None:
        """Find out in the background what would be drawn."""
        number, seed, by, where = self.number.value(), self.seed.value(), self.by.currentData(), self.where.text()
        equal = self.equal.isChecked()
        slices = self._project.slices
        self._question = question = object()
        self.yes.setEnabled(False)

        def told(strata: dict[str, tuple[int, int]]) -> None:
            if question is self._question and isValid(self):
                self._tell(strata)

        def refused(error: Exception) -> None:
            if question is self._question and isValid(self):
                self.outcome.setText(str(error))
                dress(self.outcome, "bad")

        self._session.tasks.run(
            "Draw a sample",
            lambda _report: slices.draw(number, seed=seed, by=by, where=where, equal=equal)[1],
            told,
            refused,
            quiet=True,
        )

    def _tell(self, strata: dict[str, tuple[int, int]]) -> None:
        parts = [f"{name or 'none'} {taken:,} of {there:,}" for name, (taken, there) in strata.items()]
        more = f" and {len(parts) - MOST_STRATA} more" if len(parts) > MOST_STRATA else ""
        detail = f": {', '.join(parts[:MOST_STRATA])}{more}" if self.by.currentData() else ""
        self.outcome.setText(f"Draws {sum(taken for taken, _ in strata.values()):,}{detail}.")
        dress(self.outcome, "muted")
        self.yes.setEnabled(True)

    def _draw(self) -> None:
        slices, annotator, session = self._project.slices, self._session.annotator_id, self._session
        number, seed, by, where = self.number.value(), self.seed.value(), self.by.currentData(), self.where.text()
        equal = self.equal.isChecked()
        slice = self.slice.currentData()
        capability = self.capability.currentData() if slice == "preservation" else None

        def ended(done: Assignment) -> None:
            session.tell_changes(done)
            messages.tell(session.window, done.sentence)

        session.tasks.run(
            f"Draw {number:,} into {slice}",
            lambda _report: slices.sample(
                number,
                slice=slice,
                annotator_id=annotator,
                seed=seed,
                by=by,
                where=where,
                capability=capability,
                equal=equal,
            ),
            ended,
        )
