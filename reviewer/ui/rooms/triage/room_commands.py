"""What each of the Triage room's actions does, and when it makes sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["RoomCommands"]

_CHOICES = (
    "triage.pass_kind",
    "triage.queue",
    "triage.variant",
    "triage.reshuffle",
    "triage.import_labels",
    "triage.export_labels",
)


class RoomCommands:
    """The room's part of the table of actions."""

    def __init__(self, room: TriageRoom) -> None:
        self._room = room

    def table(self) -> dict[str, Callable[[], None]]:
        """The handler of each action."""
        room, labelling = self._room, self._room.labelling
        table: dict[str, Callable[[], None]] = {
            "triage.pass": lambda: labelling.say("pass"),
            "triage.fail": lambda: labelling.say("fail"),
            "triage.skip": lambda: labelling.say("skipped"),
            "triage.cannot_judge": lambda: labelling.say("cannot_judge"),
            "triage.evidence": labelling.pin_evidence,
            "triage.note": labelling.write_note,
            "triage.save": room.save_and_go_on,
            "triage.keep": labelling.keep_label,
            "triage.clear": labelling.clear,
            "triage.exclude": labelling.exclude,
            "triage.flag": labelling.flag,
            "triage.reference": labelling.edit_reference,
            "triage.new_truth": room.offer.write,
            "triage.pass_kind": room.choices.choose_pass,
            "triage.queue": room.choices.choose_queue,
            "triage.variant": room.choices.choose_variant,
            "triage.reshuffle": room.choices.reshuffle,
            "triage.auto_advance": room.toggle_auto_advance,
            "triage.import_labels": room.exchange.ask_import,
            "triage.export_labels": room.exchange.ask_export,
            "triage.codebook": room.open_codebook,
            "triage.report": room.toggle_report,
            "edit.revise": labelling.correct_input,
            "go.next": room.way.next,
            "go.previous": room.way.previous,
            "go.next_open": room.way.next_open,
            "edit.find": room.view.open_find,
            "edit.find_next": room.view.find_next,
            "edit.find_previous": room.view.find_previous,
            "view.source": room.view.toggle_source,
            "view.invisibles": room.view.toggle_reveal,
        }
        for number in range(1, 10):
            table[f"triage.category_{number}"] = lambda number=number: labelling.choose_category(number)  # type: ignore[misc]
            table[f"triage.further_{number}"] = lambda number=number: labelling.choose_further(number)  # type: ignore[misc]
        for severity in ("low", "medium", "high"):
            table[f"triage.severity_{severity}"] = lambda severity=severity: labelling.set_severity(severity)  # type: ignore[misc]
        return table

    def enabled(self, action_id: str) -> bool:
        """Whether an action makes sense for what is on the screen."""
        if self._room.session.project is None:
            return False
        if action_id in ("triage.codebook", "triage.report", "triage.auto_advance") or action_id in _CHOICES:
            return True
        if self._room.pages.currentWidget() is self._room.report:
            return False
        if action_id == "triage.new_truth":
            return self._room.offer.possible()
        if action_id.startswith("go."):
            return self._room.queue is not None
        return self._room.reading is not None and self._room.labelling.able(action_id)

    def checked(self, action_id: str) -> bool:
        """Whether a checkable action is on."""
        return {
            "view.source": self._room.view.mode == "source",
            "view.invisibles": self._room.view.revealed,
            "triage.auto_advance": bool(self._room.session.settings.get("auto_advance")),
        }.get(action_id, False)

    def title(self, action_id: str) -> str:
        """The categories' names in the menu."""
        kind, _, number = action_id.rpartition("_")
        if kind in ("triage.category", "triage.further") and number.isdigit():
            categories = self._room.labelling.categories
            if int(number) <= len(categories):
                return categories[int(number) - 1].name.replace("&", "&&")
        if action_id == "triage.flag" and self._room.reading is not None and self._room.reading.example.flagged:
            return "Take the fla&g away"
        if action_id == "triage.exclude" and self._room.reading is not None and self._room.reading.example.excluded:
            return "Take the e&xample in again"
        return ""
