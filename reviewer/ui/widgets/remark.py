"""A line above a text that says what a reader must know of it, for as long as that is so."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout

from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.sign import Sign

__all__ = ["Remark"]


class Remark(QFrame):
    """A sign and a sentence or two; without words it takes no room."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._name = name
        self.words = plain_label("", "small", wrap=True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.setContentsMargins(12, 5, 12, 5)
        row.setSpacing(8)
        row.addWidget(Sign("warning", 16, "warn"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, 1)
        line = QFrame()
        line.setProperty("role", "line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(line)
        self.say("")

    def say(self, text: str) -> None:
        """Show these words, or nothing."""
        self.words.setText(text)
        self.words.setAccessibleName(f"{self._name}: {text}" if text else self._name)
        self.setVisible(bool(text))
