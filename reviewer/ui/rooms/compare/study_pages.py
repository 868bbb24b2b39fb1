"""The pages of a new study on which its plan is chosen: what is compared, and how it is judged."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from reviewer.compare.protocol import Protocol
from reviewer.project import Project
from reviewer.ui.messages import plain_label

__all__ = ["ALL", "ProtocolPage", "WhatPage"]

ALL = "All examples"
FROM_LABELS = "From labels: what was called wrong beside what is right"


def form_of(rows: list[tuple[str, QWidget, str]]) -> QFormLayout:
    """Fields under each other, each with its caption, its accessible name and a note behind it."""
    form = QFormLayout()
    form.setHorizontalSpacing(16)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
    form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
    for words, field, note in rows:
        field.setAccessibleName(words.replace("&", ""))
        caption = plain_label(words)
        # The underlined letter makes the words a little wider than a label thinks.
        caption.setContentsMargins(0, 0, 4, 0)
        caption.setBuddy(field)
        if note:
            said = plain_label(note, "smallmuted", wrap=True)
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(field)
            row.addWidget(said, 1)
            form.addRow(caption, row)
        else:
            form.addRow(caption, field)
    return form


class WhatPage(QWidget):
    """Which variants, over which examples."""

    changed = Signal()

    def __init__(self, project: Project) -> None:
        super().__init__()
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
        self.outcome = plain_label("", wrap=True)
        self.outcome.setMinimumHeight(60)
        self.outcome.setAlignment(Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(
            form_of(
                [
                    ("&Name", self.name, ""),
                    ("&Base variant", self.base, ""),
                    ("&Tuned variant", self.tuned, ""),
                    ("&Over", self.version, ""),
                    ("S&lice", self.slice, ""),
                ]
            )
        )
        column.addWidget(self.outcome)
        column.addStretch(1)
        for field in (self.base, self.tuned, self.version, self.slice):
            field.currentIndexChanged.connect(self.changed)
        self.name.setFocus()


class ProtocolPage(QWidget):
    """What keeps style and habit from winning: repeats, controls, the arm in original dress, guesses, people."""

    changed = Signal()

    def __init__(self, project: Project) -> None:
        super().__init__()
        usual = Protocol()
        self.repeats = _share(usual.repeats)
        self.controls = _share(usual.controls)
        self.original = _share(usual.original_dress)
        self.probes = _share(usual.probes)
        self.known = QComboBox()
        self.known.addItem(FROM_LABELS, None)
        names = [name for name, _ in project.studies.variants()]
        for right in names:
            for wrong in names:
                if right != wrong:
                    self.known.addItem(f"{right} is right, {wrong} is wrong", (right, wrong))
        self.annotators = QLineEdit()
        self.annotators.setPlaceholderText("whoever judges")
        self.annotators.setMinimumWidth(260)
        self.stopping = QComboBox()
        self.stopping.addItem("When all is judged", "none")
        self.stopping.addItem("Early, by the sequential rule", "sequential")
        self.seed = QLineEdit()
        self.seed.setPlaceholderText("drawn at random")
        self.problem = plain_label("", "warning", wrap=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addLayout(
            form_of(
                [
                    ("Hidden &repeats", self.repeats, "the same pair again, sides swapped: how steady are judgments?"),
                    ("&Controls", self.controls, "pairs with a known outcome: does sounding good win?"),
                    ("&Known answers", self.known, ""),
                    ("Original &dress", self.original, "pairs shown as the model wrote them: what does style do?"),
                    ("&Guesses", self.probes, "after all judging: which was the tuned one? Did it stay blind?"),
                    ("&Annotators", self.annotators, "names with commas; two or more let findings reach further"),
                    ("&Ends", self.stopping, "the rule needs the annotators' names"),
                    ("S&eed", self.seed, "fixes the order, never the sides"),
                ]
            )
        )
        column.addWidget(self.problem)
        column.addStretch(1)
        for share in (self.repeats, self.controls, self.original, self.probes):
            share.valueChanged.connect(self.changed)
        for choice in (self.known, self.stopping):
            choice.currentIndexChanged.connect(self.changed)
        for line in (self.annotators, self.seed):
            line.textChanged.connect(self.changed)

    def people(self) -> tuple[str, ...]:
        """The annotators named."""
        return tuple(name for part in self.annotators.text().split(",") if (name := " ".join(part.split())))

    def number(self) -> int | None:
        """The seed; None where none is given, raises ValueError for one that is no whole number."""
        text = self.seed.text().strip()
        return int(text) if text else None

    def protocol(self, masks: tuple[str, ...] | None) -> Protocol:
        """The protocol as it is chosen, with these findings masked."""
        right, wrong = self.known.currentData() or (None, None)
        return Protocol(
            self.repeats.value() / 100,
            self.controls.value() / 100,
            right,
            wrong,
            self.original.value() / 100,
            self.probes.value() / 100,
            self.stopping.currentData(),
            self.people(),
            masks,
        )


def _share(value: float) -> QSpinBox:
    field = QSpinBox()
    field.setRange(0, 50)
    field.setSuffix(" %")
    field.setSpecialValueText("none")
    field.setValue(round(100 * value))
    field.setFixedWidth(96)
    return field


def margin_field(value: float) -> QDoubleSpinBox:
    """A field for a margin in points; `value` is a share."""
    field = QDoubleSpinBox()
    field.setRange(0.0, 50.0)
    field.setDecimals(1)
    field.setSuffix(" points")
    field.setSpecialValueText("none")
    field.setValue(100 * value)
    field.setFixedWidth(110)
    return field
