"""The truth as it is now: written over the old one, which is kept with its dates."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QWidget

from reviewer.intake.examples import Example
from reviewer.project import Project
from reviewer.triage.truths import MOST_SHELF_DAYS, WHY, PastReference
from reviewer.ui import messages
from reviewer.ui.rooms.curate.form import Form
from reviewer.ui.session import Session
from reviewer.ui.widgets.dates import day_field, day_of, days_field, first_moment
from reviewer.ui.widgets.exact_text import shown_in

__all__ = ["ReferenceDialog", "day_words", "past_words"]


def day_words(at_ms: int | None) -> str:
    """A time as its day in UTC, or a dash."""
    return "–" if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def past_words(past: tuple[PastReference, ...]) -> str:
    """What was the truth before, a line each, the latest first."""
    return "\n".join(
        f"{day_words(item.as_of_ms)} to {day_words(item.until_ms)}, {WHY.get(item.why, item.why)}: "
        + " ".join(item.text.split())
        for item in past
    )


class ReferenceDialog(Form):
    """Replaces one reference in one action."""

    def __init__(
        self, parent: QWidget, session: Session, project: Project, example: Example, suggestion: str = ""
    ) -> None:
        super().__init__(parent, f"The truth for {example.key}…", "Keep the new truth")
        self.setMinimumWidth(620)
        self._session = session
        self._project = project
        self._example = example
        reference = example.reference
        self._given = reference.text if reference is not None else ""
        self.was = QPlainTextEdit(self._given)
        self.was.setReadOnly(reference is not None)
        self.was.setPlaceholderText("What held before, if anything did; it is kept with its dates")
        self.text = QPlainTextEdit(suggestion or self._given)
        self.text.setPlaceholderText("The answer that is right now")
        for field, height in ((self.was, 88), (self.text, 120)):
            field.setTabChangesFocus(True)
            field.setFixedHeight(height)
        self.origin = QLineEdit(reference.origin if reference is not None and reference.origin != "import" else "")
        self.origin.setPlaceholderText("a policy, a page, your judgment")
        self.origin.setMaxLength(200)
        self._today = day_of(project.references.present_ms())
        self.as_of = day_field()
        self.as_of.setDate(self._today)
        self.shelf = days_field(MOST_SHELF_DAYS)
        self.shelf.setValue((reference.shelf_days or 0) if reference is not None else 0)
        self.stale = QCheckBox("The facts changed (not: the old one was wrong)")
        self.stale.setAccessibleName("The facts changed")
        self.stale.setChecked(_labelled_stale(project, example))
        self.add("Until now" if reference is not None else "Before", self.was)
        self.add("From now on", self.text)
        self.add("Source", self.origin)
        self.add("As of", self.as_of, "the day from which it holds")
        self.add("Shelf life", self.shelf, "after which somebody must confirm it")
        self.fields.addRow("", self.stale)
        past = past_words(project.references.past(example.id))
        self.outcome.setText(f"Before that:\n{past}" if past else "")
        self.outcome.setVisible(bool(past))
        self.text.textChanged.connect(self._tell)
        self._tell()
        self.text.setFocus()
        self.text.selectAll()
        self.accepted.connect(self._keep)

    def _tell(self) -> None:
        self.yes.setEnabled(bool(self.text.toPlainText().strip()))

    def _keep(self) -> None:
        references, annotator = self._project.references, self._session.annotator_id
        text, was = shown_in(self.text.document()), shown_in(self.was.document())
        day = self.as_of.date()
        # Today means now: the truth that it replaces held until this moment.
        as_of = None if day == self._today and text != self._given else first_moment(day)
        if day == self._today and text == self._given:
            as_of = references.present_ms()
        done = self._session.perform(
            lambda: references.replace(
                self._example.id,
                text,
                annotator_id=annotator,
                origin=self.origin.text().strip(),
                as_of_ms=as_of,
                shelf_days=self.shelf.value(),
                was=was if not self._given else None,
                stale=self.stale.isChecked(),
            )
        )
        if done is not None:
            messages.tell(self._session.window, done.sentence)


def _labelled_stale(project: Project, example: Example) -> bool:
    stale = {category.id for category in project.categories.list(everything=True) if category.code == "stale_facts"}
    return any(
        label.category_id in stale for output in example.outputs for label in project.labels.of_output(output.id)
    )
