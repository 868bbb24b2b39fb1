"""How long the rest of the work takes, from the person's own pace in this sitting."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

__all__ = ["Pace"]

LEAST = 4
LONGEST_PAUSE = 300.0
"""Seconds; longer than that the person was away."""


class Pace:
    """Remembers when judgments were made; of anybody else's it knows nothing."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: float | None = None
        self._since: float | None = None
        self._taken: list[float] = []

    def start(self) -> None:
        """The person begins, or comes back."""
        now = self._clock()
        if self._since is None or self._last is None or now - self._last >= LONGEST_PAUSE:
            self._since = now
        self._last = now

    def judged(self) -> None:
        """One more judgment was made."""
        now = self._clock()
        if self._last is not None and now - self._last < LONGEST_PAUSE:
            self._taken = [*self._taken[-19:], now - self._last]
        else:
            self._since = now
        self._last = now

    def break_due(self, minutes: int) -> bool:
        """Whether the person has judged so many minutes without a pause; then the count begins anew."""
        now = self._clock()
        if not minutes or self._since is None or now - self._since < 60 * minutes:
            return False
        self._since = now
        return True

    def rest(self, left: int) -> str:
        """The time that `left` further judgments take and the pace, in words; empty while nothing is known of it."""
        if len(self._taken) < LEAST or not left:
            return ""
        each = median(self._taken)
        minutes = round(each * left / 60)
        # Faster than one a second nobody reads.
        rate = f", {3600 / each:.0f} an hour" if each >= 1 else ""
        if minutes < 1:
            return f"less than a minute left{rate}"
        if minutes < 90:
            return f"about {minutes} min left{rate}"
        return f"about {minutes / 60:.0f} h left{rate}"
