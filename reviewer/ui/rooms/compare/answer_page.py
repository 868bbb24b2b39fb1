"""Step one: a single answer, called right or wrong against reference and documents, and locked."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QSplitter, QVBoxLayout, QWidget

from reviewer.compare.judgments import AnswerTask
from reviewer.ui import actions, theme
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label, tell
from reviewer.ui.rooms.compare.judging_bar import JudgingBar
from reviewer.ui.rooms.compare.question_pane import QuestionPane, SourcesPane, documents_of
from reviewer.ui.session import Session
from reviewer.ui.widgets.safe_text import PlainDressView

__all__ = ["AnswerPage"]


class AnswerPage(QWidget):
    """One answer, what it is judged against, and what is said of it until it is locked."""

    asked = Signal(str)
    """The id of an action whose button was pressed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.task: AnswerTask | None = None
        self.verdict = ""
        self.severity = ""
        self.missing_caveat = False
        self.spans: list[tuple[int, int]] = []
        self.bar = JudgingBar("Step 1: is this answer right?")
        self.question = QuestionPane()
        self.answer = PlainDressView()
        self.answer.pane.setAccessibleName("Answer")
        theme.dress(self.answer.pane, "reading")
        self.sources = SourcesPane()
        self.verdicts = {
            "pass": self._button("compare.pass", "Pass", "pass", "good"),
            "fail": self._button("compare.fail", "Fail", "fail", "bad"),
            "cannot_judge": self._button("compare.cannot_judge", "Can't judge", "cannot-judge", ""),
        }
        self.severities = {
            name: self._button(f"compare.severity_{name}", name.capitalize()) for name in ("low", "medium", "high")
        }
        self.wrong = self._button("compare.evidence", "Wrong passage", "pin", "", checkable=False)
        self.caveat = self._button("compare.caveat", "Missing caveat", "warning", "")
        self.lock = self._button("compare.lock", "Lock and go on", checkable=False)
        self.lock.setProperty("role", "primary")
        self.note = QLineEdit()
        self.note.setAccessibleName("Note")
        self.note.setPlaceholderText(f"Note ({actions.key_text('compare.note', session.settings)})")
        self.note.returnPressed.connect(lambda: self.answer.setFocus())
        self.hint = plain_label("", "muted")
        self._build()

    def _button(
        self, action_id: str, word: str, picture: str = "", tone: str = "", *, checkable: bool = True
    ) -> QPushButton:
        key = actions.key_text(action_id, self._session.settings).replace("Return", "Enter")
        button = QPushButton(f"{word}    {key}")
        if picture:
            button.setIcon(icon(picture, tone))
        button.setCheckable(checkable)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(f"{word}, key {key}")
        button.clicked.connect(lambda: self.asked.emit(action_id))
        return button

    def _build(self) -> None:
        left = QSplitter(Qt.Orientation.Vertical)
        left.addWidget(_headed("Question", self.question))
        left.addWidget(_headed("Answer", self.answer))
        left.setStretchFactor(1, 1)
        left.setChildrenCollapsible(False)
        left.setSizes([210, 430])
        body = QSplitter(Qt.Orientation.Horizontal)
        body.addWidget(left)
        body.addWidget(_headed("Reference and documents", self.sources))
        body.setStretchFactor(0, 1)
        body.setChildrenCollapsible(False)
        body.setSizes([780, 420])
        self.splitters = (body, left)
        first = QHBoxLayout()
        first.setSpacing(8)
        for button in self.verdicts.values():
            first.addWidget(button)
        first.addSpacing(16)
        first.addWidget(plain_label("Severity", "muted"))
        for button in self.severities.values():
            first.addWidget(button)
        first.addStretch(1)
        first.addWidget(self.lock)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self.wrong)
        second.addWidget(self.caveat)
        second.addWidget(self.note, 1)
        second.addWidget(self.hint)
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 10, 16, 10)
        foot.setSpacing(8)
        foot.addLayout(first)
        foot.addLayout(second)
        line = QFrame()
        line.setProperty("role", "line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(body, 1)
        layout.addWidget(line)
        layout.addLayout(foot)

    # -- showing

    def show_task(self, task: AnswerTask, rest: str) -> None:
        """Show the next answer, with nothing said of it yet; the one that is shown keeps what was said."""
        same = self.task is not None and self.task.side.id == task.side.id
        self.task = task
        self.bar.show_place("Answer", task.number, task.total, task.number - 1, rest)
        if same:
            return
        self.verdict = self.severity = ""
        self.missing_caveat = False
        self.spans = []
        self.note.clear()
        self.question.show_question(task.question)
        self.answer.set_text(task.side.text)
        self.sources.show_sources(task.question.reference, documents_of(task.question, task.side))
        self._follow()
        self.answer.setFocus()

    def forget(self) -> None:
        """Drop what was said and not locked: another person, or another study."""
        self.task = None

    def _follow(self) -> None:
        """Show what has been said so far, and what is still wanted."""
        for name, button in self.verdicts.items():
            button.setChecked(name == self.verdict)
        for name, button in self.severities.items():
            button.setChecked(name == self.severity)
            button.setEnabled(self.verdict == "fail")
        self.caveat.setChecked(self.missing_caveat)
        self.lock.setEnabled(bool(self.verdict))
        self.answer.mark_spans(self.spans)
        marked = f"{len(self.spans)} marked  ·  " if self.spans else ""
        self.hint.setText(marked + ("locked for good with Enter" if self.verdict else "P, F or J"))

    # -- saying

    def say(self, verdict: str) -> None:
        """Choose a verdict; it counts when it is locked."""
        self.verdict = verdict
        if verdict != "fail":
            self.severity = ""
        self._follow()

    def grade(self, severity: str) -> None:
        """Choose how bad it is, or take that back."""
        self.severity = "" if self.severity == severity else severity
        self._follow()

    def toggle_caveat(self) -> None:
        """Say that a caveat is missing, or take that back."""
        self.missing_caveat = not self.missing_caveat
        self._follow()

    def mark(self) -> None:
        """Mark the selected words as wrong; where they are marked already, take the mark away."""
        span = self.answer.selected_span()
        if span is None:
            tell(self, "Select the wrong words in the answer first, then mark them.")
            return
        kept = [found for found in self.spans if found[1] <= span[0] or span[1] <= found[0]]
        self.spans = kept if len(kept) < len(self.spans) else sorted([*kept, span])
        cursor = self.answer.pane.textCursor()
        cursor.clearSelection()
        self.answer.pane.setTextCursor(cursor)
        self._follow()


def _headed(title: str, view: QWidget) -> QWidget:
    """A view under its name, on the ground that text is read on."""
    frame = QFrame()
    theme.dress(frame, "surface")
    head = plain_label(title, "caps")
    head.setContentsMargins(16, 8, 16, 4)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(head)
    layout.addWidget(view, 1)
    return frame
