"""The Curate room: which examples are in which slice, and what is frozen of them."""

from reviewer.ui.rooms.curate.room import CurateRoom

__all__ = ["CurateRoom"]
