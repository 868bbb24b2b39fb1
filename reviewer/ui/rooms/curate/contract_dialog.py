"""A slice's contract: purpose, owner, range and margin."""

from __future__ import annotations

from PySide6.QtWidgets import QDoubleSpinBox, QLineEdit, QPlainTextEdit, QSpinBox, QWidget

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
        self.add("Margin", self.margin, "the drop that counts")
        for field in (self.minimum, self.maximum):
            field.valueChanged.connect(self._tell)
        self._tell()
        self.purpose.setFocus()
        self.accepted.connect(self._change)

    def _tell(self) -> None:
        fits = self.minimum.value() <= self.maximum.value()
        self.yes.setEnabled(fits)
        self.outcome.setText("" if fits else "The range must run from a smaller to a larger count.")
        self.outcome.setVisible(not fits)

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
            )
        )
