"""The Triage room: one example at a time, one key a verdict."""

from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["TriageRoom"]
