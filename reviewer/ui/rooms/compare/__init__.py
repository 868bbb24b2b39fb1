"""The Compare room: blind studies made, judged and reported."""

from reviewer.ui.rooms.compare.room import CompareRoom

__all__ = ["CompareRoom"]
