"""The room before anything was imported."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from reviewer.ui import theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label

__all__ = ["NothingYet"]


class NothingYet(QWidget):
    """Says what belongs here, and has the one button that starts it."""

    def __init__(self) -> None:
        super().__init__()
        head = plain_label("Drop a file here, or press Ctrl+I", "title")
        words = plain_label(
            "JSON Lines, JSON or CSV, with what the model was given and what it answered: conversations with tool"
            " calls, prompts and completions, questions and answers. The first rows are shown as they will be stored"
            " before anything is taken in.",
            "muted",
            wrap=True,
        )
        words.setFixedWidth(460)
        self.choose = QPushButton("Choose a file…")
        self.choose.setAccessibleName("Choose a file to import")
        self.choose.setIcon(icon("import", "on_accent"))
        theme.dress(self.choose, "primary")
        inner = QVBoxLayout()
        inner.setSpacing(12)
        inner.addWidget(head)
        inner.addWidget(words)
        inner.addWidget(self.choose, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addLayout(inner)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(row)
        layout.addStretch(3)
