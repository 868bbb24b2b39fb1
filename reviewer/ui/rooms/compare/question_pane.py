"""What an answer is judged against: the question, the reference and the documents."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from reviewer.compare.judgments import Question, Side
from reviewer.formats.conversation import Document
from reviewer.ui import theme
from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.conversation import ConversationView

__all__ = ["QuestionPane", "SourcesPane", "documents_of"]


def documents_of(question: Question, *sides: Side) -> list[Document]:
    """The documents of the example and of these answers, each once and in an order that names no side."""
    found = {(document.id, document.text): document for document in question.documents}
    more = {(item.id, item.text): item for side in sides for item in side.documents}
    return [*found.values(), *(more[key] for key in sorted(more.keys() - found.keys()))]


class QuestionPane(QWidget):
    """The conversation up to the answer."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Question")
        self.view = ConversationView()
        self.view.pane.setAccessibleName("Question")
        theme.dress(self.view.pane, "reading")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.view)

    def show_question(self, question: Question) -> None:
        """Show it from where the user last spoke."""
        self.view.set_conversation(question.messages)
        if len(question.messages) > 1:
            last = max((n for n, message in enumerate(question.messages) if message.role == "user"), default=0)
            self.view.go_to_step(last)
            # Whole lines from the top: a question that is longer than the pane begins where it begins.
            self.view.pane.move_to_row(self.view.pane.caret_row(), top=True)


class SourcesPane(QWidget):
    """Reference and documents."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Reference and documents")
        self.view = ConversationView()
        self.view.pane.setAccessibleName("Reference and documents")
        theme.dress(self.view.pane, "reading")
        self.nothing = plain_label("No reference and no documents: judge by what you know.", "muted", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.nothing.setContentsMargins(16, 16, 16, 16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.nothing, 1)

    def show_sources(self, reference: str | None, documents: Sequence[Document]) -> None:
        """Show them, or say that there are none."""
        some = reference is not None or bool(documents)
        self.view.setVisible(some)
        self.nothing.setVisible(not some)
        if some:
            self.view.set_conversation((), None, documents, reference)
