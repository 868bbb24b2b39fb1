"""Where the parts of the Triage room stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["arrange"]


def arrange(room: TriageRoom) -> QStackedWidget:
    """Lay the room out; returns its pages: the work, the rest when nothing is left, and the report."""
    line = QFrame()
    line.setProperty("role", "line")
    centre = QFrame()
    centre.setProperty("role", "surface")
    middle = QVBoxLayout(centre)
    middle.setContentsMargins(0, 0, 0, 0)
    middle.setSpacing(0)
    middle.addWidget(room.view, 1)
    middle.addWidget(room.editor)
    middle.addWidget(line)
    middle.addWidget(room.strip)
    upright = QFrame()
    upright.setProperty("role", "vline")
    work = QWidget()
    row = QHBoxLayout(work)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addWidget(centre, 1)
    row.addWidget(upright)
    row.addWidget(room.column)
    pages = QStackedWidget()
    pages.addWidget(work)
    pages.addWidget(room.resting)
    pages.addWidget(room.report)
    layout = QVBoxLayout(room)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    layout.addWidget(room.bar)
    layout.addWidget(pages, 1)
    layout.addWidget(room.offer)
    return pages
