"""What annotators said differently, one answer or pair after the other, without a name and without a variant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from reviewer.compare.disagreements import Disagreement
from reviewer.compare.judgments import Question
from reviewer.ui import theme
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.compare.question_pane import QuestionPane, SourcesPane
from reviewer.ui.widgets.safe_text import PlainDressView

__all__ = ["DisputeDialog"]


class DisputeDialog(QDialog):
    """Shows the disagreements of a closed study to whoever settles them."""

    def __init__(
        self, parent: QWidget, disputes: Sequence[Disagreement], question_of: Callable[[int], Question], first: int = 0
    ) -> None:
        super().__init__(parent.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Disagreements")
        self.setAccessibleName("Disagreements")
        self._disputes = list(disputes)
        self._question_of = question_of
        self.number = first
        self.place = plain_label("", "head")
        self.said = plain_label("", wrap=True)
        self.said.setAccessibleName("What was said")
        self.question = QuestionPane()
        self.sources = SourcesPane()
        self.answers = [PlainDressView(), PlainDressView()]
        for letter, view in zip("AB", self.answers, strict=True):
            view.pane.setAccessibleName(f"Answer {letter}")
            theme.dress(view.pane, "reading")
        self._build()
        self.show_dispute(first)
        self.resize(1080, 720)

    def _build(self) -> None:
        above = QSplitter(Qt.Orientation.Horizontal)
        above.addWidget(self.question)
        above.addWidget(self.sources)
        below = QSplitter(Qt.Orientation.Horizontal)
        for view in self.answers:
            below.addWidget(view)
        body = QSplitter(Qt.Orientation.Vertical)
        body.addWidget(above)
        body.addWidget(below)
        body.setSizes([220, 340])
        for splitter in (above, below, body):
            splitter.setChildrenCollapsible(False)
        self.back = self._button("&Previous", lambda: self.show_dispute(self.number - 1))
        self.next = self._button("&Next", lambda: self.show_dispute(self.number + 1))
        close = self._button("Close", self.reject)
        self.next.setDefault(True)
        QShortcut(QKeySequence("Alt+Left"), self, self.back.click)
        QShortcut(QKeySequence("Alt+Right"), self, self.next.click)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(close)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.next)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(self.place)
        layout.addWidget(self.said)
        layout.addWidget(body, 1)
        layout.addLayout(foot)

    def _button(self, words: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.setAccessibleName(words.replace("&", ""))
        button.setAutoDefault(False)
        button.clicked.connect(lambda: act())
        return button

    def show_dispute(self, number: int) -> None:
        """Show one of the disagreements."""
        if not 0 <= number < len(self._disputes):
            return
        self.number = number
        dispute = self._disputes[number]
        what = "is this answer right?" if dispute.about == "answer" else "which answer is better?"
        self.place.setText(f"{number + 1} of {len(self._disputes)}  ·  {dispute.key}  ·  {what}")
        self.said.setText("\n".join(f"–  {said.words}" for said in dispute.said))
        question = self._question_of(dispute.example_id)
        self.question.show_question(question)
        self.sources.show_sources(question.reference, question.documents)
        self.answers[1].setVisible(dispute.about == "pair")
        for view, text in zip(self.answers, dispute.answers, strict=False):
            view.set_text(text)
        if dispute.about == "answer":
            self.answers[0].mark_spans([span for said in dispute.said for span in said.passages])
        self.back.setEnabled(number > 0)
        self.next.setEnabled(number < len(self._disputes) - 1)
