"""What each of the Examples room's actions does, and when it makes sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.ui.rooms.examples.room import ExamplesRoom

__all__ = ["RoomCommands"]


class RoomCommands:
    """The room's part of the table of actions."""

    def __init__(self, room: ExamplesRoom) -> None:
        self._room = room

    def table(self) -> dict[str, Callable[[], None]]:
        """The handler of each action; the reading pane is made by the first that needs it."""
        room = self._room
        return {
            "file.import": room.choose_files,
            "edit.find_example": room.go_to_field,
            "edit.find": lambda: room.reading.view.open_find(),
            "edit.find_next": lambda: room.reading.view.find_next(),
            "edit.find_previous": lambda: room.reading.view.find_previous(),
            "view.source": lambda: room.reading.view.toggle_source(),
            "view.invisibles": lambda: room.reading.view.toggle_reveal(),
            "edit.revise": room.chosen.correct,
            "go.next": lambda: room.table.go(1),
            "go.previous": lambda: room.table.go(-1),
            "go.first": lambda: room.table.select(0),
            "examples.triage": room.chosen.triage,
            "examples.save_filter": room.saved.save,
            "examples.clear_filter": room.clear_filter,
            "examples.flag": room.chosen.flag,
            "examples.exclude": room.chosen.exclude,
            "examples.copy_id": room.chosen.copy_id,
            "examples.next_output": lambda: room.reading.next_output(),
            "examples.sources": room.show_sources,
        }

    def enabled(self, action_id: str) -> bool:
        """What is about one example needs one; saving and clearing need a filter."""
        room = self._room
        if room.session.project is None:
            return False
        if action_id in ("examples.save_filter", "examples.clear_filter"):
            return bool(room.filter)
        if action_id in ("file.import", "examples.sources"):
            return True
        if action_id == "examples.next_output":
            return room.reading.outputs.count() > 1
        if action_id in ("edit.find_example", "go.next", "go.previous", "go.first"):
            return room.pages.currentWidget() is room.split
        return room.table.current_id() is not None

    def checked(self, action_id: str) -> bool:
        """How the reading pane shows text."""
        if action_id == "view.source":
            return self._room.reading.view.mode == "source"
        return action_id == "view.invisibles" and self._room.reading.view.revealed
