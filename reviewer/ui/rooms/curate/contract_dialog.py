"""A slice's contract: purpose, owner, range, what it gates on, and what its count would then detect."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QLineEdit, QPlainTextEdit, QSpinBox, QWidget

from reviewer.curate.contracts import GATES, meter
from reviewer.project import Project
from reviewer.ui.rooms.curate.form import Form
from reviewer.ui.session import Session

__all__ = ["ContractDialog"]


class ContractDialog(Form):
    """Changes one slice's contract in one action."""

    def __init__(self, parent: QWidget, session: Session, project: Project, name: str) -> None:
        super().__init__(parent, f"Contract of {name}…", "Change")
        self._session = session
        self._project = project
        self._name = name
        item = project.slices.get(name)
        self.purpose = QPlainTextEdit(item.purpose)
        self.purpose.setTabChangesFocus(True)
        self.purpose.setFixedHeight(72)
        self.owner = QLineEdit(item.owner)
        self.owner.setPlaceholderText("who answers for it")
        self.minimum = QSpinBox()
        self.maximum = QSpinBox()
        for field, value in ((self.minimum, item.minimum), (self.maximum, item.maximum)):
            field.setRange(0, 1_000_000)
            field.setValue(value)
        self.margin = QDoubleSpinBox()
        self.margin.setRange(0.1, 100.0)
        self.margin.setDecimals(1)
        self.margin.setSuffix(" points")
        self.margin.setValue(item.margin * 100)
        self.add("Purpose", self.purpose)
        self.add("Owner", self.owner)
        self.add("At least", self.minimum, "examples")
        self.add("At most", self.maximum, "examples")
        self.gates = QComboBox()
        for name, words in GATES.items():
            self.gates.addItem(words.capitalize(), name)
        self.gates.setCurrentIndex(max(0, self.gates.findData(item.gates_on)))
        self.discordance = QDoubleSpinBox()
        self.discordance.setRange(0.1, 100.0)
        self.discordance.setDecimals(1)
        self.discordance.setSuffix(" %")
        self.discordance.setValue(item.discordance * 100)
        self.add("Margin", self.margin, "the change that counts")
        self.add("Gates on", self.gates)
        self.add("Differing verdicts", self.discordance, "expected between the two variants")
        self._item = item
        for change in (
            self.minimum.valueChanged,
            self.maximum.valueChanged,
            self.margin.valueChanged,
            self.discordance.valueChanged,
            self.gates.currentIndexChanged,
        ):
            change.connect(self._tell)
        self._tell()
        self.purpose.setFocus()
        self.accepted.connect(self._change)

    def _tell(self) -> None:
        fits = self.minimum.value() <= self.maximum.value()
        self.yes.setEnabled(fits)
        if not fits:
            self.outcome.setText("The range must run from a smaller to a larger count.")
            return
        wanted = replace(
            self._item,
            margin=self.margin.value() / 100,
            gates_on=self.gates.currentData(),
            discordance=self.discordance.value() / 100,
        )
        found = meter(wanted)
        self.outcome.setText(f"Its {wanted.count:,} examples: {found.sentence}\n{found.assumptions}")

    def _change(self) -> None:
        slices, annotator = self._project.slices, self._session.annotator_id
        self._session.perform(
            lambda: slices.edit(
                self._name,
                annotator_id=annotator,
                purpose=self.purpose.toPlainText(),
                owner=self.owner.text(),
                minimum=self.minimum.value(),
                maximum=self.maximum.value(),
                margin=round(self.margin.value() / 100, 4),
                gates_on=self.gates.currentData(),
                discordance=round(self.discordance.value() / 100, 4),
            )
        )
