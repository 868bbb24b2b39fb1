"""The strip above what is judged: where one is, and nothing of how it stands."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label

__all__ = ["JudgingBar"]


class JudgingBar(QFrame):
    """The way back, the step, and the progress of this annotator."""

    back = Signal()

    def __init__(self, step: str) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setAccessibleName("Progress")
        self._back = QPushButton(icon("previous"), "All studies")
        self._back.setProperty("role", "quiet")
        self._back.setAccessibleName("All studies")
        self._back.clicked.connect(self.back)
        self.step = plain_label(step, "head")
        self.place = plain_label("", "muted")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName("Judged so far")
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 16, 8)
        row.setSpacing(12)
        row.addWidget(self._back)
        row.addWidget(self.step)
        row.addStretch(1)
        row.addWidget(self.place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(self.progress)

    def show_place(self, noun: str, number: int, total: int, done: int, rest: str) -> None:
        """Show which one of how many this is, how many are done, and how long the rest takes."""
        self.place.setText(f"{noun} {number} of {total}" + (f"  ·  {rest}" if rest else ""))
        self.progress.setMaximum(max(1, total))
        self.progress.setValue(done)
