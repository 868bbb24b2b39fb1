"""Which pass, which queue, whose outputs: each chosen from a menu under its button."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from reviewer.triage.queues import KINDS, PASSES, Place
from reviewer.ui import messages

if TYPE_CHECKING:
    from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["Choices"]


class Choices:
    """Opens another queue as the person chooses."""

    def __init__(self, room: TriageRoom) -> None:
        self._room = room

    def choose_pass(self) -> None:
        """Choose open pass, coding pass, or both in one."""
        place = self._room.place
        entries = [(name, words, name == place.pass_) for name, words in PASSES.items()]
        self._room.bar.choose(
            self._room.bar.pass_kind,
            entries,
            lambda name: self._room.open_queue(Place(place.kind, name, place.variant)),
        )

    def choose_queue(self) -> None:
        """Choose in which order examples come."""
        place = self._room.place
        project = self._room.session.project
        waiting = project.labels.rechecks(self._room.session.annotator_id) if project is not None else 0
        entries = [
            (name, f"{words} ({waiting})" if name == "recheck" else words, name == place.kind)
            for name, words in KINDS.items()
        ]
        self._room.bar.choose(
            self._room.bar.kind, entries, lambda name: self._room.open_queue(Place(name, place.pass_, place.variant))
        )

    def choose_variant(self) -> None:
        """Choose whose outputs are triaged."""
        project = self._room.session.project
        if project is None:
            return
        place = self._room.place
        entries = [
            (item.name, f"{item.name}  ({item.role})", item.name == place.variant) for item in project.triage.variants()
        ]
        self._room.bar.choose(
            self._room.bar.variant, entries, lambda name: self._room.open_queue(Place(place.kind, place.pass_, name))
        )

    def reshuffle(self) -> None:
        """Begin the queue anew in another random order; what has its verdict is not asked again."""
        self._room.open_queue(self._room.place, seed=secrets.randbits(32))
        messages.tell(self._room, "A new random order; nothing that has its verdict comes again.")
