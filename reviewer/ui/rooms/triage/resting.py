"""The room when there is nothing to label: nothing has come in yet, or everything is done."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from reviewer.triage.queues import KINDS, PASSES
from reviewer.ui import theme
from reviewer.ui.messages import plain_label

__all__ = ["Resting"]


class Resting(QWidget):
    """Says what belongs here and what to do next."""

    asked = Signal(str)
    """The id of an action, or `coding` for the coding pass."""

    def __init__(self) -> None:
        super().__init__()
        self.head = plain_label("", "title")
        self.words = plain_label("", "muted", wrap=True)
        self.words.setFixedWidth(460)
        self.first = QPushButton()
        theme.dress(self.first, "primary")
        self.second = QPushButton()
        self.second.setAccessibleName("Start the coding pass")
        self._asks = {self.first: "", self.second: ""}
        for button in self._asks:
            button.clicked.connect(lambda _=False, button=button: self.asked.emit(self._asks[button]))
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.first)
        buttons.addWidget(self.second)
        buttons.addStretch(1)
        inner = QVBoxLayout()
        inner.setSpacing(12)
        inner.addWidget(self.head)
        inner.addWidget(self.words)
        inner.addLayout(buttons)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addLayout(inner)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addLayout(row)
        layout.addStretch(3)
        self.setFocusProxy(self.first)
        self.show_empty()
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def show_empty(self) -> None:
        """Nothing has come in that could be labelled."""
        self._say(
            "Nothing to triage yet",
            "Triage reads what a production system answered, one example at a time. Import its examples and outputs "
            "first.",
            ("file.import", "Import…"),
            None,
        )

    def show_done(self, kind: str, pass_: str, total: int) -> None:
        """This queue has come to its end."""
        if pass_ == "coding":
            head, words = "Every failure has its category", "The coding pass is done."
        elif kind == "recheck":
            head, words = "Nothing waits to be looked at again", "Labels of a split category come here."
        elif total:
            head = "Every example of this queue has its verdict"
            words = f"{PASSES[pass_]}, {KINDS[kind].lower()}: {total:,} done."
            if pass_ == "open":
                words += " The coding pass gives each failure its category."
        else:
            head, words = "This queue is empty", "Choose another queue or another variant above."
        second = ("coding", "Start the coding pass") if pass_ == "open" and kind != "recheck" else None
        self._say(head, words, ("triage.report", "Open the report"), second)

    def _say(self, head: str, words: str, first: tuple[str, str], second: tuple[str, str] | None) -> None:
        self.head.setText(head)
        self.words.setText(words)
        self._asks[self.first], word = first
        self.first.setText(word)
        self.first.setAccessibleName(word)
        self.second.setVisible(second is not None)
        if second is not None:
            self._asks[self.second] = second[0]
            self.second.setText(second[1])
