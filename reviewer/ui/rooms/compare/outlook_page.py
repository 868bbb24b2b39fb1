"""The page of a new study that says what its size can show, before anything is judged."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from reviewer.compare.planning import BROKEN, Outlook
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.compare.study_pages import form_of, margin_field

__all__ = ["OutlookPage"]

SLICES = ("core", "edge", "preservation")
PRIMARY = (
    "What decides is correctness, judged blind one answer at a time. Preference comes second, with style taken off. A "
    "margin is the drop that counts; it is fixed with the plan."
)


class OutlookPage(QWidget):
    """The margins, and what the chosen size can detect."""

    changed = Signal()

    def __init__(self, margins: Mapping[str, float]) -> None:
        super().__init__()
        self.primary = QComboBox()
        self.primary.addItem("Correctness over all pairs", "")
        for name in SLICES:
            self.primary.addItem(f"Correctness over {name}", name)
        self.margin = margin_field(0.05)
        self.margins = {name: margin_field(margins.get(name, 0.05)) for name in SLICES}
        self.broken = margin_field(BROKEN)
        self.broken.setSuffix(" % of examples")
        self.broken.setSpecialValueText("")
        self.broken.setFixedWidth(170)
        self.said = plain_label("", wrap=True)
        self.said.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.said.setAccessibleName("What this size can show")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(plain_label(PRIMARY, "muted", wrap=True))
        column.addLayout(
            form_of(
                [
                    ("&Primary endpoint", self.primary, ""),
                    ("Overall &margin", self.margin, ""),
                    *((f"Margin, {name}", self.margins[name], "") for name in SLICES),
                    ("&Breaks", self.broken, "what you think the tuned variant gets wrong that was right"),
                ]
            )
        )
        column.addWidget(plain_label("What this size can show", "caps"))
        column.addWidget(self.said)
        column.addStretch(1)
        self.primary.currentIndexChanged.connect(self.changed)
        for field in (self.margin, self.broken, *self.margins.values()):
            field.valueChanged.connect(self.changed)

    def overall(self) -> float | None:
        """The overall margin as a share; None without one."""
        return round(self.margin.value() / 100, 4) or None

    def of_slices(self) -> dict[str, float]:
        """The margins of the slices as shares."""
        return {name: round(field.value() / 100, 4) for name, field in self.margins.items() if field.value()}

    def show_outlook(self, found: Outlook | None) -> None:
        """Say what the size can show, or that it is being worked out."""
        self.said.setText("Working it out…" if found is None else "\n\n".join(found.sentences()))
