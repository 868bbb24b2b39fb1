"""What the Triage room does after an action, its own or another room's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.intake.examples import Example
from reviewer.store.history import Changes
from reviewer.ui.rooms.triage.reading import read

if TYPE_CHECKING:
    from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["Following"]

_SHOWN = {
    "labels",
    "label_categories",
    "rechecks",
    "categories",
    "examples",
    "example_payloads",
    "example_references",
}


def _shown(example: Example) -> tuple[object, ...]:
    """What is on the screen of an example, labels aside."""
    return example.reference, example.past, example.messages, example.documents, example.revision


class Following:
    """Keeps the label on the screen, the codebook, the queue and the figures true."""

    def __init__(self, room: TriageRoom) -> None:
        self._room = room

    def follow(self, changes: Changes) -> None:
        """Follow an action: the label on the screen, the codebook, the figures."""
        project = self._room.session.project
        if project is None:
            return
        if changes.room != self._room.room_id and not changes.tables <= _SHOWN:
            # Examples or outputs came or went: an import, a study that seals or gives back.
            self._room.stale = True
            if self._room.isVisible():
                self._room.refresh()
            return
        if not changes.tables & _SHOWN:
            return
        if "categories" in changes.tables:
            self._room.labelling.read_categories()
            self._recount_waiting()
        elif self._room.queue is not None:
            self._room.queue.recount(changes.examples or None)
        if self._room.offer.example_id in changes.examples:
            self._room.offer.drop()  # its label was taken back, or its truth is written
        reading = self._room.reading
        if self._room.labelling.leaving:
            reading = None  # its example is about to go; what comes is read in any case
        if reading is not None and (reading.example.id in changes.examples or "categories" in changes.tables):
            if changes.tables & {"examples", "example_references"}:
                fresh = read(project, self._room.view, reading.stop, self._room.session.annotator_id)
                if fresh is not None:
                    self._room.reading = fresh
                    if _shown(fresh.example) != _shown(reading.example):
                        self._room.view.show_prepared(fresh.laid_out)
                    self._room.bar.show_stop(self._room.queue, fresh.stop, fresh.example)
            self._room.labelling.read_label()
            self._room.show_label()
        if self._room.ahead is not None and self._room.ahead.example.id in changes.examples:
            self._room.drop_ahead()
        if changes.tables & {"labels", "label_categories", "categories", "examples"}:
            self._room.feed.ask(self._room.place.variant)
        self._room.status_changed.emit()

    def _recount_waiting(self) -> None:
        """After the codebook changed: a split or its undoing gives labels a second look, or takes it from them."""
        queue = self._room.queue
        if queue is None:
            return
        if queue.kind != "recheck":
            queue.recount()
        elif self._room.isVisible() and self._room.pages.currentWidget() is not self._room.report:
            self._room.labelling.keep_note()
            self._room.open_queue()
        else:
            self._room.stale = True
