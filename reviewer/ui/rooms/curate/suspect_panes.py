"""A suspected reference and what the variants say, side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QVBoxLayout, QWidget

from reviewer.curate.suspects import Suspect
from reviewer.formats.word_differences import aligned
from reviewer.intake.examples import Example
from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.safe_text import SafeTextView

__all__ = ["SuspectPanes"]

_LEAST_WIDTH, _LEAST_HEIGHT = 160, 120
"""In pixels: so much of a text is always in sight."""


class _Pane(QFrame):
    """One text under what it is."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "surface")
        self.head = plain_label("", "caps", wrap=True)
        self.head.setContentsMargins(12, 8, 12, 4)
        self.view = SafeTextView()
        self.setMinimumSize(_LEAST_WIDTH, _LEAST_HEIGHT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.view, 1)

    def show_text(self, head: str, text: str) -> None:
        """Show a text under its head."""
        self.head.setText(head)
        self.view.pane.setAccessibleName(head)
        self.view.set_text(text, kind="plain")


class SuspectPanes(QWidget):
    """The question above; the reference stays on the left, all outputs stand below each other beside it and scroll."""

    def __init__(self, question: ConversationView) -> None:
        super().__init__()
        self.question = question
        self.evidence = plain_label("", "", wrap=True)
        self.evidence.setContentsMargins(12, 8, 12, 8)
        self.reference = _Pane()
        self.reference.show_text("Reference", "")
        self.outputs: list[_Pane] = []
        self._stack = QWidget()
        self._column = QVBoxLayout(self._stack)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setAccessibleName("What the variants say")
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self._stack)
        self.texts = QSplitter(Qt.Orientation.Horizontal)
        self.texts.setChildrenCollapsible(False)
        self.texts.addWidget(self.reference)
        self.texts.addWidget(self.area)
        self.texts.setSizes([400, 400])
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.evidence)
        column.addWidget(self.texts, 1)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.question)
        self.split.addWidget(below)
        self.split.setSizes([220, 360])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.split)

    def show_suspect(self, suspect: Suspect | None, example: Example | None) -> None:
        """Show one, or nothing."""
        self.question.set_conversation(
            () if example is None else example.messages, None, () if example is None else example.documents
        )
        outputs = () if suspect is None else suspect.outputs
        self.evidence.setText("" if suspect is None else suspect.evidence)
        self.reference.show_text("Reference", "" if suspect is None else suspect.reference)
        while len(self.outputs) < len(outputs):
            pane = _Pane()
            self.outputs.append(pane)
            self._column.addWidget(pane)
        for number, pane in enumerate(self.outputs):
            pane.setVisible(number < len(outputs))
            if number < len(outputs) and suspect is not None:
                name, text = outputs[number]
                agrees = "agrees" if name in suspect.agreeing else "says something else"
                pane.show_text(f"{name}: {agrees}", text)
                self._mark(pane, suspect.reference, text, with_reference=not number)
        self.area.verticalScrollBar().setValue(0)

    def _mark(self, pane: _Pane, reference: str, text: str, *, with_reference: bool) -> None:
        """Mark in an output what the reference has not, and in the reference what the first that agrees has not."""
        places = aligned(reference, text) or []
        pane.view.mark_spans([span for _, span in places if span[1] > span[0]])
        if with_reference:
            self.reference.view.mark_spans([span for span, _ in places if span[1] > span[0]])
