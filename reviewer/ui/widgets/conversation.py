"""A conversation as it is read: roles in the gutter, tool calls folded with their results, evidence in the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from reviewer.formats.conversation import Document, Message, text_hash
from reviewer.ui.widgets.reading_view import Prepared, ReadingView
from reviewer.ui.widgets.remark import Remark
from reviewer.ui.widgets.sections import conversation_sections, one_line

__all__ = ["ConversationView"]

GUTTER = 88


class ConversationView(ReadingView):
    """Shows the messages of an example and of one output of it, with documents and the reference.

    A step is a message, a tool call or a folded part; the current step is the one that the caret stands in.
    """

    edit_reference_requested = Signal()
    evidence_changed = Signal()
    """What `selected_evidence` answers has changed."""
    step_changed = Signal(int)
    """The caret went to another step: its number, counting from 0."""

    _current = -1
    _last_evidence: dict[str, Any] | None = None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, gutter=GUTTER, names=("output", "message"))
        self.pane.setAccessibleName("Conversation")
        self.remark = Remark("About this answer")
        layout = self.layout()
        if isinstance(layout, QVBoxLayout):
            layout.insertWidget(0, self.remark)
        self.selection_changed.connect(self._selection_changed)

    # Showing

    def set_conversation(
        self,
        input_messages: Sequence[Message],
        output: Sequence[Message] | str | None = None,
        documents: Sequence[Document] = (),
        reference: str | None = None,
        *,
        variant: str = "",
        reference_note: str = "",
        reference_editable: bool = False,
        sealed: bool = False,
        remark: str = "",
        past: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Show a conversation from its beginning; `output` is a trajectory or a text, `variant` the name over it."""
        self.show_prepared(
            self.prepare(
                input_messages,
                output,
                documents,
                reference,
                variant=variant,
                reference_note=reference_note,
                reference_editable=reference_editable,
                sealed=sealed,
                remark=remark,
                past=past,
            )
        )

    def prepare(
        self,
        input_messages: Sequence[Message],
        output: Sequence[Message] | str | None = None,
        documents: Sequence[Document] = (),
        reference: str | None = None,
        *,
        variant: str = "",
        reference_note: str = "",
        reference_editable: bool = False,
        sealed: bool = False,
        remark: str = "",
        past: Sequence[tuple[str, str]] = (),
    ) -> Prepared:
        """Lay out the conversation that comes next, so that `show_prepared` shows it at once.

        `remark` stands above it: what a reader must know of it. `past` are the references before, each with its words.
        """
        title = f"Output of {one_line(variant, 40)}" if variant else "Output"
        sections = conversation_sections(
            input_messages,
            output,
            documents,
            output_title=title if input_messages else "",
            sealed=sealed,
            reference=reference,
            reference_note=reference_note,
            editable=reference_editable,
            past=past,
        )
        prepared = self._prepared(sections)
        prepared.remark = remark
        return prepared

    def show_prepared(self, prepared: Prepared) -> None:
        """Show a conversation that was laid out ahead; marks of the one before are gone."""
        self._evidence = []
        self._current = -1
        self.remark.say(prepared.remark)
        self._present(prepared)
        self._selection_changed()

    # Steps

    @property
    def step_count(self) -> int:
        """How many steps there are to go through."""
        return len(self._steps)

    @property
    def current_step(self) -> int:
        """The step that the caret stands in, counting from 0; -1 in an empty view."""
        return self._current

    def go_to_step(self, number: int) -> None:
        """Put the caret at the beginning of a step and scroll to it."""
        if not self._steps:
            return
        section = self._steps[max(0, min(number, len(self._steps) - 1))]
        self._sheet.build_through(section)
        self._after_layout()
        self.pane.move_to_row(self._sheet.starts[section])

    def next_step(self) -> None:
        """Go to the next step."""
        self.go_to_step(self._current + 1)

    def previous_step(self) -> None:
        """Go to the beginning of this step, or to the step before when the caret is there already."""
        self.go_to_step(self._current - 1)

    def first_output_step(self) -> None:
        """Go to where the output begins."""
        for number, section in enumerate(self._steps):
            if self._sheet.sections[section].place[0] == "output":
                self.go_to_step(number)
                return

    def _caret_moved(self, row: int) -> None:
        section = self._sheet.section_at(row)
        self.pane.set_current(self._sheet.rows_of(section) if section in self._steps else None)
        current = self._steps.index(section) if section in self._steps else -1
        if current != self._current:
            self._current = current
            if current >= 0:
                self.pane.setAccessibleDescription(self._said(section, current))
            self.step_changed.emit(current)

    def _said(self, section: int, current: int) -> str:
        """The current step in words, for a screen reader that does not see the gutter."""
        label = ""
        for number in range(section, -1, -1):
            label = self._sheet.sections[number].label
            if label:
                break
        folded = ", folded" if self._sheet.sections[section].folded else ""
        return f"Step {current + 1} of {len(self._steps)}, {label}{folded}"

    # Folding

    def toggle_fold(self) -> None:
        """Fold or unfold the current step."""
        if self._current >= 0:
            section = self._steps[self._current]
            self._fold(section, not self._sheet.sections[section].folded)

    def fold_all(self) -> None:
        """Fold everything that can be folded."""
        self._fold_every(True)

    def unfold_all(self) -> None:
        """Unfold everything."""
        self._fold_every(False)

    def _fold_every(self, folded: bool) -> None:
        changed = [section for section in self._sheet.sections if section.foldable and section.folded != folded]
        for section in changed:
            section.folded = folded
        if changed:
            self._again()

    # Evidence

    def selected_evidence(self) -> dict[str, Any] | None:
        """The selection as evidence: place, step, start and end in code points of the step's text, and the text's hash.

        None without a selection in the input or the output. A selection over several steps counts for the first.
        """
        found = self.selected_place()
        return None if found is None else self._evidence_of(*found)

    def step_evidence(self) -> dict[str, Any] | None:
        """The whole current step as evidence: a message from its beginning to its end, or one tool call of it."""
        if self._current < 0:
            return None
        section = self._sheet.sections[self._steps[self._current]]
        row = self.pane.rows[self.pane.caret_row()] if self.pane.rows else None
        if row is not None and row.place != section.place and row.place[0] in self._names:
            return self._evidence_of(row.place, 0, len(self._texts[row.place]))
        if section.place[0] not in self._names:
            return None
        return self._evidence_of(section.place, section.start, section.end)

    def _evidence_of(self, place: tuple[str, int], start: int, end: int) -> dict[str, Any]:
        return {
            "place": place[0],
            "step": place[1],
            "start": start,
            "end": end,
            "hash": text_hash(self._texts[place]),
        }

    def evidence_text(self, evidence: Mapping[str, Any]) -> str | None:
        """The words that evidence points to, None when the text is no longer the one it was marked in."""
        text = self._texts.get((str(evidence["place"]), int(evidence["step"])))
        if text is None or text_hash(text) != evidence["hash"]:
            return None
        return text[int(evidence["start"]) : int(evidence["end"])]

    def mark_evidence(self, evidence: Sequence[Mapping[str, Any]]) -> int:
        """Mark evidence in the text instead of what was marked; how many no longer fit their text and are left out."""
        fits = [item for item in evidence if self.evidence_text(item) is not None]
        self._evidence = [
            ((str(item["place"]), int(item["step"])), int(item["start"]), int(item["end"])) for item in fits
        ]
        self._after_layout()
        lost = len(evidence) - len(fits)
        if lost:
            marks = "1 evidence mark" if lost == 1 else f"{lost} evidence marks"
            self.notices.tell(f"{marks} no longer fit the text and cannot be shown.")
        return lost

    def show_evidence(self, evidence: Mapping[str, Any]) -> bool:
        """Scroll to evidence, unfolding what hides it; False when it no longer fits the text."""
        if self.evidence_text(evidence) is None:
            return False
        place = (str(evidence["place"]), int(evidence["step"]))
        for number, section in enumerate(self._sheet.sections):
            if any(place == other for other, _ in section.texts()):
                self._sheet.build_through(number)
                marks = self._sheet.marks(place, int(evidence["start"]), int(evidence["end"]))
                if not marks and section.folded:
                    self._fold(number, False)
                    marks = self._sheet.marks(place, int(evidence["start"]), int(evidence["end"]))
                if marks:
                    self._after_layout()
                    self.pane.move_to_row(marks[0][0])
                    return True
        return False

    def _selection_changed(self) -> None:
        evidence = self.selected_evidence()
        if evidence != self._last_evidence:
            self._last_evidence = evidence
            self.evidence_changed.emit()

    # Keys and links

    def _own_link(self, href: str) -> bool:
        if href == "edit:reference":
            self.edit_reference_requested.emit()
            return True
        return False

    def _key(self, event: QKeyEvent) -> bool:
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if control and event.key() == Qt.Key.Key_Down:
            self.next_step()
        elif control and event.key() == Qt.Key.Key_Up:
            self.previous_step()
        else:
            return super()._key(event)
        return True
