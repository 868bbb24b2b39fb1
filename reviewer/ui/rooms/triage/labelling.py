"""What the keys do to the label on the screen: each an action of its own, and then the next example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt

from reviewer.project import Project
from reviewer.store.history import Changes
from reviewer.triage.evidence import Evidence
from reviewer.triage.taxonomies import Category
from reviewer.ui import messages
from reviewer.ui.rooms.triage.reading import Reading
from reviewer.ui.rooms.triage.reference_editor import Written
from reviewer.ui.rooms.triage.truth_offer import CODE

if TYPE_CHECKING:
    from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["Labelling"]

NEEDS_FAIL = ("triage.severity_low", "triage.severity_medium", "triage.severity_high")


class Labelling:
    """The label of the example on the screen, and the note that is being written."""

    def __init__(self, room: TriageRoom) -> None:
        self._room = room
        self.categories: list[Category] = []
        self._note = ""
        """The note as it is on the disk."""
        self._loading = False
        self.leaving = False
        """Whether the action under way ends with the next example."""

    # -- state

    @property
    def _reading(self) -> Reading:
        reading = self._room.reading
        assert reading is not None
        return reading

    @property
    def coding(self) -> bool:
        """Whether the codebook is in sight: in every pass but the open one, and for labels that wait for a look."""
        queue = self._room.queue
        return queue is not None and (queue.pass_ != "open" or queue.kind == "recheck")

    @property
    def saved(self) -> bool:
        """Whether everything on the screen is on the disk."""
        return self._text() == self._note

    def able(self, action_id: str) -> bool:
        """Whether an action makes sense for the label as it is."""
        label = self._reading.label
        kind, _, last = action_id.rpartition("_")
        if kind in ("triage.category", "triage.further"):
            if not self.coding or int(last) > len(self.categories):
                return False
            return kind == "triage.category" or (label is not None and label.verdict == "fail")
        if action_id in NEEDS_FAIL:
            return self.coding and label is not None and label.verdict == "fail"
        if action_id == "triage.keep":
            return label is not None and label.recheck is not None
        if action_id == "triage.clear":
            return label is not None
        return True

    def read_categories(self) -> None:
        """Read the codebook again."""
        project = self._room.session.project
        if project is not None:
            self.categories = project.categories.list()
            self._room.column.show_categories(self.categories)

    def category_id(self, code: str) -> int | None:
        """The id of the codebook's category by its code; None when it has none by that."""
        return next((category.id for category in self.categories if category.code == code), None)

    def begin(self, reading: Reading) -> None:
        """Start on another example."""
        self._show_note(reading.label.note if reading.label is not None else "")

    def read_label(self) -> None:
        """Read the label again after an action; a note that is being written stays as it is."""
        project = self._room.session.project
        if project is None:
            return
        reading = self._reading
        dirty = not self.saved
        reading.label = project.labels.get(reading.output.id, self._room.session.annotator_id)
        note = reading.label.note if reading.label is not None else ""
        if dirty and self._text() != note:
            self._note = note
        elif note != self._note:
            self._show_note(note)

    def _show_note(self, note: str) -> None:
        self._note = note
        if self._text() != note:
            self._loading = True
            self._room.column.note.setPlainText(note)
            self._loading = False

    def _text(self) -> str:
        return self._room.column.note.toPlainText()

    def quotes(self) -> list[tuple[Evidence, str | None]]:
        """The label's evidence with its words."""
        label = self._reading.label
        if label is None:
            return []
        return [(item, self._room.view.evidence_text(item.to_json())) for item in label.evidence]

    # -- acting

    def _perform_and_go(self, act: Callable[[Project, int, int], Changes]) -> bool:
        """Run one action that completes the label, and go on where the person wants that; False when it failed."""
        self._room.offer.drop()  # whoever goes on labelling has passed on
        self.leaving = bool(self._room.session.settings.get("auto_advance"))
        try:
            done = self._perform(act)
        finally:
            self.leaving = False
        if done:
            self._room.way.advance()
        return done

    def _perform(self, act: Callable[[Project, int, int], Changes]) -> bool:
        """Run one action on the output on the screen; False when it failed and the error was shown."""
        session = self._room.session
        project = session.project
        if project is None or self._room.reading is None:
            return False
        pane = self._room.view.pane
        if not pane.painted and pane.isVisible():
            pane.viewport().repaint()  # keys came faster than the screen: nobody judges what was never shown
        output_id, annotator_id = self._reading.output.id, session.annotator_id
        done = session.perform(lambda: act(project, output_id, annotator_id)) is not None
        if not done:
            self._room.show_label()  # a button that was pressed goes back to what is stored
        return done

    def _unsaved_note(self) -> str | None:
        return None if self.saved else self._text()

    def say(self, verdict: str) -> None:
        """Say pass, fail, cannot_judge or skipped, and go on where that completes the label."""
        note = self._unsaved_note()

        def act(project: Project, output: int, who: int) -> Changes:
            return project.labels.set_verdict(output, who, verdict, note=note)

        if verdict != "fail":
            self._perform_and_go(act)
        elif self._perform(act) and not self.coding:
            self.write_note()

    def choose_category(self, number: int) -> None:
        """Name the first failure's category by its place in the codebook, and go on."""
        if number <= len(self.categories):
            self.set_category(self.categories[number - 1].id)

    def set_category(self, category_id: int) -> None:
        """Name the first failure's category, and go on."""
        note, example = self._unsaved_note(), self._reading.example
        done = self._perform_and_go(
            lambda project, output, who: project.labels.set_category(output, who, category_id, note=note)
        )
        if done and category_id == self.category_id(CODE):
            self._room.offer.make(example)

    def choose_further(self, number: int) -> None:
        """Add a further category by its place in the codebook, or take it away."""
        if number <= len(self.categories):
            self.toggle_further(self.categories[number - 1].id)

    def toggle_further(self, category_id: int) -> None:
        """Add a further category, or take it away; only a failure has one, beside the first."""
        if self._room.reading is None:
            return
        label = self._reading.label
        refused = ""
        if label is None or label.verdict != "fail":
            refused = "Say Fail first: a further category stands beside a failure's first one."
        elif label.category_id == category_id:
            refused = "That is the first failure's category already."
        if refused:
            messages.tell(self._room, refused)
            self._room.show_label()  # the row that was clicked goes back to what is stored
            return
        self._perform(lambda project, output, who: project.labels.toggle_further(output, who, category_id))

    def set_severity(self, severity: str) -> None:
        """Say how bad it is; the same key again takes it back."""
        label = self._reading.label
        wanted = "" if label is not None and label.severity == severity else severity
        self._perform(lambda project, output, who: project.labels.set_severity(output, who, wanted))

    def keep_label(self) -> None:
        """A label that waited for a second look stands; go on."""
        self._perform_and_go(lambda project, output, who: project.labels.keep(output, who))

    def clear(self) -> None:
        """Take the label away."""
        if self._perform(lambda project, output, who: project.labels.clear(output, who)):
            self._show_note("")
            self._room.show_label()

    # -- evidence

    def pin_evidence(self) -> None:
        """Pin the selected words, or the step that the caret stands in."""
        view = self._room.view
        found: dict[str, Any] | None = view.selected_evidence() or view.step_evidence()
        if found is None:
            messages.tell(self._room, "Select words of the conversation, or put the caret in a step of it.")
            return
        label = self._reading.label
        present = label.evidence if label is not None else ()
        self._set_evidence([*present, Evidence.from_json(found)])

    def remove_evidence(self, evidence: Evidence) -> None:
        """Take one span off the label."""
        label = self._reading.label
        if label is not None:
            self._set_evidence([item for item in label.evidence if item != evidence])

    def _set_evidence(self, evidence: Sequence[Evidence]) -> None:
        self._perform(lambda project, output, who: project.labels.set_evidence(output, who, evidence))

    # -- the note

    def write_note(self) -> None:
        """Put the caret into the note."""
        note = self._room.column.note
        note.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._room.column.show_note()
        note.moveCursor(note.textCursor().MoveOperation.End)

    def note_typed(self) -> None:
        """The note changed under the person's fingers: it is not saved yet."""
        if not self._loading:
            self._room.column.figures.show_saved(self.saved)
            self._room.status_changed.emit()

    def keep_note(self) -> bool:
        """Save the note if it differs; on an output without a label that makes a skipped one."""
        if self._room.reading is None or self.saved:
            return True
        note = self._text()
        if not note.strip() and self._reading.label is None:
            self._show_note("")
            return True
        return self._perform(lambda project, output, who: project.labels.set_note(output, who, note))

    def note_done(self) -> None:
        """Save the note and go on; without a verdict the note waits for one."""
        if self._room.reading is None:
            return
        label = self._reading.label
        if label is None:
            self._room.view.setFocus()
            messages.tell(self._room, "The note is saved with the verdict: P pass, F fail, J can't judge.")
            return
        if self.keep_note():
            self._room.view.setFocus()
            self._room.way.next()

    def note_left(self) -> None:
        """Leave the note; what is written is saved if there is a label to save it with."""
        if self._reading.label is not None:
            self.keep_note()
        self._room.view.setFocus()

    # -- the example

    def flag(self) -> None:
        """Flag the example, or take the flag away."""
        example = self._reading.example
        self._perform(lambda project, _, who: project.labels.set_flag(example.id, who, not example.flagged))

    def exclude(self) -> None:
        """Ask why, take the example out of queues and reports, and go on; an excluded one is taken in again."""
        example = self._reading.example
        if example.excluded:
            self._perform(lambda project, _, who: project.labels.include(example.id, who))
            return

        def because(reason: str) -> None:
            self._perform_and_go(lambda project, _, who: project.labels.exclude(example.id, who, reason))

        messages.ask_text(
            self._room,
            "Exclude the example",
            "Why? It leaves the queues and the report; X takes it in again.",
            because,
            yes="Exclude",
        )

    def correct_input(self) -> None:
        """Open the example's input for correction."""
        from reviewer.ui.dialogs.correction_dialog import open_correction

        if self._room.reading is not None and self.keep_note():
            open_correction(self._room, self._room.session, self._reading.example.id, self._room.room_id)

    def edit_reference(self, *, stale: bool = False) -> None:
        """Open the reference for writing, under the conversation; `stale` when the facts changed."""
        project = self._room.session.project
        if project is not None:
            self._room.editor.edit(self._reading.example, project.references.present_ms(), stale=stale)

    def save_reference(self, written: Written) -> bool:
        """Keep the reference as it is written now."""
        example = self._reading.example
        return self._perform(
            lambda project, _, who: project.labels.set_reference(
                example.id,
                who,
                written.text,
                origin=written.origin,
                as_of_ms=written.as_of_ms,
                shelf_days=written.shelf_days,
                was=written.was,
            )
        )
