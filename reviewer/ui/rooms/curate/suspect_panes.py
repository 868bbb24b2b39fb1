"""A suspected reference and what the variants say, side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from reviewer.curate.suspects import Suspect
from reviewer.intake.examples import Example
from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.safe_text import SafeTextView

__all__ = ["MOST_PANES", "SuspectPanes"]

MOST_PANES = 3
"""The outputs that stand beside the reference; those that agree come first."""


class _Pane(QFrame):
    """One text under what it is."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "surface")
        self.head = plain_label("", "caps", wrap=True)
        self.head.setContentsMargins(12, 8, 12, 4)
        self.view = SafeTextView()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.view, 1)

    def show_text(self, head: str, text: str) -> None:
        """Show a text under its head."""
        self.head.setText(head)
        self.view.pane.setAccessibleName(head)
        self.view.set_text(text)


class SuspectPanes(QWidget):
    """The question above; the reference on the left and up to three outputs beside it."""

    def __init__(self, question: ConversationView) -> None:
        super().__init__()
        self.question = question
        self.panes = [_Pane() for _ in range(1 + MOST_PANES)]
        self.texts = QSplitter(Qt.Orientation.Horizontal)
        self.texts.setChildrenCollapsible(False)
        for number, pane in enumerate(self.panes):
            pane.show_text("Reference" if not number else f"Output {number}", "")
            self.texts.addWidget(pane)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.question)
        self.split.addWidget(self.texts)
        self.split.setSizes([260, 320])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.split)

    def show_suspect(self, suspect: Suspect | None, example: Example | None) -> None:
        """Show one, or nothing."""
        self.question.set_conversation(
            () if example is None else example.messages, None, () if example is None else example.documents
        )
        outputs = () if suspect is None else suspect.outputs[:MOST_PANES]
        self.panes[0].show_text("Reference", "" if suspect is None else suspect.reference)
        for number, pane in enumerate(self.panes[1:]):
            pane.setVisible(number < len(outputs))
            if number < len(outputs) and suspect is not None:
                name, text = outputs[number]
                agrees = "agrees" if name in suspect.agreeing else "says something else"
                pane.show_text(f"{name}: {agrees}", text)
