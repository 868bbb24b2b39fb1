"""What is done to the example at hand: hand it to Triage, flag, exclude, copy its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from reviewer.project import Project
from reviewer.ui import messages

if TYPE_CHECKING:
    from reviewer.ui.rooms.examples.room import ExamplesRoom

__all__ = ["ChosenExample"]

_MENU = {
    "examples.triage": "Triage",
    "examples.flag": "Flag",
    "examples.exclude": "Exclude…",
    "edit.revise": "Correct the input…",
    "examples.next_output": "Next output",
    "examples.copy_id": "Copy the id",
}


class ChosenExample:
    """The example that is selected in the list."""

    def __init__(self, room: ExamplesRoom) -> None:
        self._room = room

    def title(self, action_id: str) -> str:
        """Flag and Exclude say what they would do to the example at hand."""
        row = self._room.table.current_row()
        if row is not None and action_id == "examples.flag" and row.flagged:
            return "Take the &flag away"
        if row is not None and action_id == "examples.exclude" and row.excluded:
            return "&Include again"
        return ""

    def triage(self) -> None:
        """Go to Triage with this example."""
        example_id = self._room.table.current_id()
        if example_id is not None:
            self._room.session.goto("triage", example_id)

    def flag(self) -> None:
        """Flag the example, or take the flag away."""
        session = self._room.session
        row, project = self._room.table.current_row(), session.project
        if row is not None and project is not None:
            annotator, room = session.annotator_id, self._room.room_id
            session.perform(lambda: project.labels.set_flag(row.id, annotator, not row.flagged, room=room))

    def exclude(self) -> None:
        """Exclude the example with a reason, or take it in again."""
        session = self._room.session
        row, project = self._room.table.current_row(), session.project
        if row is None or project is None:
            return
        annotator, room = session.annotator_id, self._room.room_id
        if row.excluded:
            session.perform(lambda: project.labels.include(row.id, annotator, room=room))
            return
        self._room.dialog = messages.ask_text(
            self._room,
            "Exclude this example",
            "Why is it excluded? It stays in the project and leaves queues, reports and slices alone.",
            lambda reason: self._exclude(project, row.id, reason),
            yes="Exclude",
        )

    def _exclude(self, project: Project, example_id: int, reason: str) -> None:
        session, room = self._room.session, self._room.room_id
        annotator = session.annotator_id
        session.perform(lambda: project.labels.exclude(example_id, annotator, reason, room=room))

    def correct(self) -> None:
        """Open the example's input for correction."""
        from reviewer.ui.dialogs.correction_dialog import open_correction

        room = self._room
        room.dialog = open_correction(room, room.session, room.table.current_id(), room.room_id)

    def copy_id(self) -> None:
        """Put the example's id on the clipboard."""
        row = self._room.table.current_row()
        if row is not None:
            QGuiApplication.clipboard().setText(row.key)
            messages.tell(self._room, f"Copied {row.key}")

    def show_menu(self, place: QPoint) -> None:
        """What can be done with the row, under the pointer or at the Menu key."""
        room = self._room
        commands = room.commands()
        room.menu = QMenu(room)
        for action_id, title in _MENU.items():
            words = self.title(action_id).replace("&", "") or title
            action = room.menu.addAction(words, commands[action_id])
            action.setEnabled(room.enabled(action_id))
        room.menu.popup(room.table.viewport().mapToGlobal(place))
