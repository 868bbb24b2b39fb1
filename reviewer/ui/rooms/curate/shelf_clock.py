"""What time alone changes: a reference expires while nobody does anything, and the room says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from reviewer.ui.rooms.curate.room import CurateRoom

__all__ = ["ShelfClock"]

LOOK_MS = 600_000
"""So often the clock is looked at while the room stands open."""
AGED_MS = 3_600_000
"""After so long the counts of what has expired are read again; a shelf life is counted in days."""


class ShelfClock(QObject):
    """Has the room counted again where enough time has passed since it last was."""

    def __init__(self, room: CurateRoom) -> None:
        super().__init__(room)
        self._room = room
        self._counted_ms: int | None = None
        room.aside.on_time = self.keep
        self._timer = QTimer(self, interval=LOOK_MS)
        self._timer.timeout.connect(lambda: self.keep() if room.isVisible() else None)
        self._timer.start()

    def counted(self) -> None:
        """The room has counted just now."""
        project = self._room.session.project
        self._counted_ms = None if project is None else project.references.present_ms()

    def keep(self) -> None:
        """Count again where the last time is long ago."""
        project, before = self._room.session.project, self._counted_ms
        if project is None or before is None or project.references.present_ms() - before < AGED_MS:
            return
        self._room.aside.forget()
        self._room.refresh()
