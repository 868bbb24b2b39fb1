"""The room before anything was imported."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

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
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addStretch(2)
        for widget in (head, words, self.choose):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
