"""The Examples room: import, search, facets, reading."""

from reviewer.ui.rooms.examples.room import ExamplesRoom

__all__ = ["ExamplesRoom"]
