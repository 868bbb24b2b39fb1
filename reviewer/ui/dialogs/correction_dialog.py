"""An example's input corrected: each part as it is beside what it should be, and what that will make of its answers."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from reviewer.formats.conversation import Document, Message
from reviewer.intake.examples import Example
from reviewer.intake.inputs import Foreseen
from reviewer.intake.revisions import names
from reviewer.project import Project
from reviewer.ui import messages, theme
from reviewer.ui.messages import plain_label
from reviewer.ui.session import Session
from reviewer.ui.widgets.change_pane import ChangePane
from reviewer.ui.widgets.facts_table import FactsTable

__all__ = ["CorrectionDialog", "consequences", "open_correction"]

FORESEE_MS = 150
_WORKFLOW = "workflow"
"""The workflow stands among the facts, but lists and slices know it from the import: it is not corrected here."""
TOO_LONG = (
    "This text of {:,} characters, or a line of it, is too long for an editor. Correct it from a file that names the"
    " example: reviewer revise PROJECT FILE."
)


def consequences(told: Foreseen) -> str:
    """What a correction will do, in sentences."""
    if not told.fields:
        return "Nothing is changed yet."
    if not told.input:
        return "Facts alone make no new revision: answers and labels stay as they are."
    parts = [f"This becomes revision {told.revision} of the input."]
    if told.stale:
        answers = "The answer" if len(told.stale) == 1 else f"The {len(told.stale)} answers"
        one = len(told.stale) == 1
        parts.append(
            f"{answers} of {names(told.stale)} {'is' if one else 'are'} marked as made for an earlier input and"
            f" {'is' if one else 'are'} compared no more."
        )
    if told.labels:
        them = "it" if len(told.stale) == 1 else "them"
        labels = f"1 label on {them} counts" if told.labels == 1 else f"{told.labels:,} labels on {them} count"
        parts.append(f"{labels} nowhere, in no report and no queue.")
    if told.again:
        parts.append(f"What {names(told.again)} answered fits again, and labels on it count again.")
    if told.versions:
        keep = "keeps" if len(told.versions) == 1 else "keep"
        parts.append(f"{names(told.versions)} {keep} the input that was frozen.")
    parts.append("Undo brings all of it back.")
    return " ".join(parts)


class CorrectionDialog(QDialog):
    """Corrects one example in one action."""

    def __init__(self, parent: QWidget, session: Session, project: Project, example: Example, room: str) -> None:
        super().__init__(parent.window())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        title = f"Correct the input of {example.key}"
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._session, self._project, self._example, self._room = session, project, example, room
        self._texts = [message.content for message in example.messages] + [one.text for one in example.documents]
        self._given = list(self._texts)
        self._place = -1
        self._kept = False
        self.parts = QListWidget()
        self.parts.setAccessibleName("Parts of the input")
        self.parts.setFixedWidth(208)
        theme.dress(self.parts, "plain")
        for number, message in enumerate(example.messages, 1):
            self._add_part(f"{number}  {_role(message)}", message.content)
        for document in example.documents:
            self._add_part(f"Document {document.id}", document.text)
        self._add_part("Facts", "")
        self.change = ChangePane()
        self.facts = FactsTable()
        self._facts_given = {name: value for name, value in example.metadata.items() if name != _WORKFLOW}
        self.facts.show_facts(self._facts_given)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.facts, 1)
        column.addWidget(plain_label("An empty value takes a fact away; the last row is for one more.", "smallmuted"))
        self.pages = QStackedWidget()
        self.pages.addWidget(self.change)
        self.pages.addWidget(below)
        self.outcome = plain_label("", wrap=True)
        self.outcome.setAccessibleName("What this will do")
        self.outcome.setMinimumHeight(2 * self.outcome.fontMetrics().lineSpacing())
        self.cancel = self._button("Cancel", self.reject)
        self.keep = self._button("Save the correction", self.accept)
        theme.dress(self.keep, "primary")
        self.keep.setToolTip("Ctrl+Enter")
        self._arrange(title)
        self._timer = QTimer(self, singleShot=True, interval=FORESEE_MS)
        self._timer.timeout.connect(self.foresee)
        self.change.changed.connect(self._timer.start)
        self.facts.changed.connect(self._timer.start)
        self.parts.currentRowChanged.connect(self._show)
        QShortcut(QKeySequence("Ctrl+Return"), self, self._keep_now)
        QShortcut(QKeySequence("Alt+Down"), self, lambda: self._go(1))
        QShortcut(QKeySequence("Alt+Up"), self, lambda: self._go(-1))
        self.parts.setCurrentRow(_last_question(example))
        self.foresee()

    def _add_part(self, title: str, text: str) -> None:
        line = " ".join(text[:200].split())
        item = QListWidgetItem(title)
        item.setData(Qt.ItemDataRole.UserRole, title)
        if line:
            item.setToolTip(messages.plain_tip(line[:120]))
        self.parts.addItem(item)

    def _button(self, title: str, act: object) -> QPushButton:
        button = QPushButton(title)
        button.setAccessibleName(title)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def _arrange(self, title: str) -> None:
        middle = QHBoxLayout()
        middle.setSpacing(12)
        middle.addWidget(self.parts)
        middle.addWidget(self.pages, 1)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(plain_label("Alt+↑ and Alt+↓ go to the next part, Ctrl+Enter saves.", "smallmuted"), 1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.keep)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 20, 20, 16)
        layout.setSpacing(12)
        layout.addWidget(plain_label(title, "head"))
        layout.addWidget(
            plain_label(f"It stands at revision {self._example.revision}. Tool calls stay as they are.", "muted")
        )
        layout.addLayout(middle, 1)
        layout.addWidget(self.outcome)
        layout.addLayout(foot)
        room = self.parentWidget()
        if room is not None:
            self.resize(max(860, min(1320, room.width() - 120)), max(520, min(820, room.height() - 120)))

    # -- parts

    def _show(self, place: int) -> None:
        self._take()
        self._place = place
        if place >= len(self._texts):
            self.pages.setCurrentIndex(1)
            return
        self.pages.setCurrentWidget(self.change)
        given = self._given[place]
        calls = place < len(self._example.messages) and self._example.messages[place].tool_calls
        note = f"It also makes {len(calls):,} tool call{'' if len(calls) == 1 else 's'}." if calls else ""
        self.change.show_text(given, self._texts[place], note, TOO_LONG.format(len(given)))

    def _take(self) -> None:
        """Keep what was written in the part that is shown."""
        if 0 <= self._place < len(self._texts):
            self._texts[self._place] = self.change.written()

    def _go(self, by: int) -> None:
        place = (self.parts.currentRow() + by) % self.parts.count()
        self.parts.setCurrentRow(place)
        if place < len(self._texts):
            self.change.focus()
        else:
            self.facts.setFocus()

    # -- what it comes to

    def written(self) -> tuple[tuple[Message, ...], tuple[Document, ...], dict[str, str]]:
        """The input as it should be: messages, documents and facts."""
        self._take()
        count = len(self._example.messages)
        said = zip(self._example.messages, self._texts[:count], strict=True)
        read = zip(self._example.documents, self._texts[count:], strict=True)
        facts = self.facts.facts()
        kept = {
            name: given if name == _WORKFLOW else facts[name]
            for name, given in self._example.metadata.items()
            if name == _WORKFLOW or name in facts
        }
        return (
            tuple(replace(message, content=text) for message, text in said),
            tuple(replace(document, text=text) for document, text in read),
            {**kept, **facts},
        )

    def foresee(self) -> None:
        """Say what the correction will do, as it is written now."""
        self._timer.stop()
        said, read, facts = self.written()
        told = self._session.perform(
            lambda: self._project.inputs.foresee(self._example.id, messages=said, documents=read, metadata=facts)
        )
        for place in range(self.parts.count()):
            item = self.parts.item(place)
            is_facts = place == len(self._texts)
            other = facts != dict(self._example.metadata) if is_facts else self._texts[place] != self._given[place]
            title = item.data(Qt.ItemDataRole.UserRole)
            item.setText(f"{title}  · changed" if other else title)
        if told is None:
            self.keep.setEnabled(False)
            return
        problem = told.refused or self.facts.problem
        self.outcome.setText(problem or consequences(told))
        theme.dress(self.outcome, "bad" if problem else "")
        self.keep.setEnabled(bool(told.fields) and not problem)
        self._kept = not told.fields

    def _keep_now(self) -> None:
        self.facts.settle()
        self.foresee()
        if self.keep.isEnabled():
            self.accept()

    def accept(self) -> None:
        """Save the correction as one action; the dialog stays when that fails."""
        said, read, facts = self.written()
        annotator, example = self._session.annotator_id, self._example
        done = self._session.perform(
            lambda: self._project.inputs.revise(
                example.id, messages=said, documents=read, metadata=facts, annotator_id=annotator, room=self._room
            )
        )
        if done is None:
            return
        stale = f" {done.stale:,} of its answers were made for an earlier input." if done.stale else ""
        messages.tell(self._session.window, f"{done.key} is corrected: revision {done.revision}.{stale}")
        super().accept()

    def reject(self) -> None:
        """Close; what was written and not saved is asked about first."""
        self.foresee()
        if self._kept:
            super().reject()
            return
        messages.confirm(
            self,
            "Leave without saving the correction?",
            "What you have written here is not kept anywhere else.",
            "Leave",
            super().reject,
            "Go on writing",
        )


def open_correction(parent: QWidget, session: Session, example_id: int | None, room: str) -> CorrectionDialog | None:
    """Open an example's input for correction; None when there is no example."""
    project = session.project
    if project is None or example_id is None:
        return None
    example = session.perform(lambda: project.examples.get(example_id))
    if example is None:
        return None
    dialog = CorrectionDialog(parent, session, project, example, room)
    dialog.open()
    dialog.change.focus()
    return dialog


def _role(message: Message) -> str:
    words = {"system": "System", "user": "User", "assistant": "Agent", "tool": "Tool"}
    return words.get(message.role, message.role) + (f" {message.name}" if message.name else "")


def _last_question(example: Example) -> int:
    """The part that is corrected most: what the user asked last."""
    asked = [place for place, message in enumerate(example.messages) if message.role == "user"]
    return asked[-1] if asked else 0
