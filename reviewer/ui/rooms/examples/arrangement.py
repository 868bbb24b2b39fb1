"""Where the parts of the Examples room stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from reviewer.ui.rooms.examples.room import ExamplesRoom

__all__ = ["READING_PLACE", "READING_STRETCH", "arrange"]

READING_PLACE, READING_STRETCH = 2, 2
_FACETS_WIDTH = 154


def arrange(room: ExamplesRoom) -> tuple[QSplitter, QVBoxLayout]:
    """Lay the room out; returns its columns, the third of which is still to be read in, and where the facets go."""
    bar = QHBoxLayout()
    bar.setSpacing(8)
    bar.addWidget(room.field, 1)
    bar.addWidget(room.save)
    bar.addWidget(room.take)
    foot = QHBoxLayout()
    foot.addWidget(room.total, 1)
    foot.addWidget(room.index.label)
    middle = QWidget()
    column = QVBoxLayout(middle)
    column.setContentsMargins(12, 12, 12, 8)
    column.setSpacing(8)
    column.addLayout(bar)
    column.addWidget(room.problem)
    column.addWidget(room.table, 1)
    column.addWidget(room.none, 1)
    column.addLayout(foot)
    left = QWidget()
    left.setMinimumWidth(_FACETS_WIDTH)
    panel = QVBoxLayout(left)
    panel.setContentsMargins(4, 8, 0, 8)
    split = QSplitter(Qt.Orientation.Horizontal)
    for place, (widget, stretch) in enumerate(((left, 0), (middle, 3), (QWidget(), READING_STRETCH))):
        split.addWidget(widget)
        split.setStretchFactor(place, stretch)
    return split, panel
