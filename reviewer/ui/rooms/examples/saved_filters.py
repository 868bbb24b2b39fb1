"""Filters under a name: saved, used and taken away again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.intake.filters import Filter
from reviewer.ui import messages

if TYPE_CHECKING:
    from reviewer.ui.rooms.examples.room import ExamplesRoom

__all__ = ["SavedFilters"]


class SavedFilters:
    """The project's saved filters, as the Examples room works with them."""

    def __init__(self, room: ExamplesRoom) -> None:
        self._room = room

    def save(self) -> None:
        """Ask for a name and save the filter under it."""
        session, wanted = self._room.session, self._room.filter
        project = session.project
        if project is None or not wanted:
            return
        annotator = session.annotator_id
        self._room.dialog = messages.ask_text(
            self._room,
            "Save this filter",
            str(wanted)[:200],
            lambda name: (session.perform(lambda: project.filters.save(name, wanted, annotator)), None)[1],
            yes="Save",
        )

    def use(self, filter_id: int) -> None:
        """List what a saved filter means; once more, and everything is listed again."""
        project = self._room.session.project
        saved = next((one for one in project.filters.saved() if one.id == filter_id), None) if project else None
        if saved is not None:
            self._room.show_filter(Filter() if saved.filter == self._room.filter else saved.filter)

    def remove(self, filter_id: int) -> None:
        """Take a saved filter away."""
        session = self._room.session
        project = session.project
        if project is not None:
            annotator = session.annotator_id
            session.perform(lambda: project.filters.delete(filter_id, annotator))
