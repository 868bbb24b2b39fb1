"""A random order over any number of examples that costs nothing to keep: it is computed, place by place."""

from __future__ import annotations

from random import Random

__all__ = ["Shuffle"]

_ROUNDS = 4
_WORD = (1 << 64) - 1


class Shuffle:
    """A pseudo-random order of the numbers from 0 to `size` - 1, fixed by its seed.

    A Feistel network over the next even power of two; numbers past `size` are walked over (Black and Rogaway, 2002).
    So the k-th number and the place of a number are each a few multiplications, with no table of the order anywhere.
    """

    def __init__(self, seed: int, size: int) -> None:
        self.size = size
        self._half = max(1, ((max(size, 2) - 1).bit_length() + 1) // 2)
        self._mask = (1 << self._half) - 1
        draw = Random(seed)
        self._keys = tuple(draw.getrandbits(64) for _ in range(_ROUNDS))

    def at(self, place: int) -> int:
        """The number at a place of the order."""
        half, mask = self._half, self._mask
        value = place
        while True:
            left, right = value >> half, value & mask
            for key in self._keys:
                left, right = right, left ^ (_mix(right, key) & mask)
            value = left << half | right
            if value < self.size:
                return value

    def place_of(self, number: int) -> int:
        """The place that a number has in the order."""
        half, mask = self._half, self._mask
        value = number
        while True:
            left, right = value >> half, value & mask
            for key in reversed(self._keys):
                left, right = right ^ (_mix(left, key) & mask), left
            value = left << half | right
            if value < self.size:
                return value


def _mix(value: int, key: int) -> int:
    value = (value + 1) * 0x9E3779B97F4A7C15 + key & _WORD
    value = (value ^ value >> 32) * 0xD6E8FEB86659FD93 & _WORD
    return value >> 32
