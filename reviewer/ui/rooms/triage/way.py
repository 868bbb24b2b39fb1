"""The way through the queue on the screen: on, back, and on to what has no verdict yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.ui import messages

if TYPE_CHECKING:
    from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["Way"]


class Way:
    """Steps of one annotator; a note that was being written is saved before each."""

    def __init__(self, room: TriageRoom) -> None:
        self._room = room

    def advance(self) -> None:
        """After a verdict: the next example, if the person wants that."""
        if self._room.session.settings.get("auto_advance"):
            self.next()

    def next(self) -> None:
        """The next example of the queue."""
        room, queue = self._room, self._room.queue
        if queue is None:
            return
        room.labelling.keep_note()
        stop = queue.forward()
        if stop is None:
            room.rest()
        else:
            room.show_stop(stop)

    def previous(self) -> None:
        """The example before."""
        room, queue = self._room, self._room.queue
        if queue is None:
            return
        if room.reading is None:
            room.show_stop(queue.current())
            return
        room.labelling.keep_note()
        stop = queue.back()
        if stop is None:
            messages.tell(room, "This is where the queue begins.")
        else:
            room.show_stop(stop)

    def next_open(self) -> None:
        """The next example that has no verdict yet."""
        room, queue = self._room, self._room.queue
        if queue is None:
            return
        room.labelling.keep_note()
        stop = queue.to_open()
        if stop is None:
            messages.tell(room, "Every example of this queue has its verdict.")
        else:
            room.show_stop(stop)
