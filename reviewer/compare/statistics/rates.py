"""A share with its interval, and Wilson's way to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum

from reviewer.triage import intervals

__all__ = ["Rate", "mean_share", "mirrored_share", "wilson"]


@dataclass(frozen=True, slots=True)
class Rate:
    """A share from 0 to 1 with its interval."""

    rate: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """The rate as reports carry it."""
        return {"rate": self.rate, "low": self.low, "high": self.high}

    def mirrored(self) -> Rate:
        """The share of everything else."""
        return Rate(1 - self.rate, 1 - self.high, 1 - self.low)

    def joined(self, other: Rate) -> Rate:
        """This share with the smallest interval that holds both intervals."""
        return Rate(self.rate, min(self.low, other.low), max(self.high, other.high))


def mirrored_share(over_half: float) -> float:
    """One half plus `over_half` (−½ to ½), rounded so that the shares of `x` and `−x` add up to exactly 1."""
    share = min(0.5 + abs(over_half), 1.0)
    return share if over_half >= 0 else 1 - share


def mean_share(over_half: Iterable[float]) -> Rate | None:
    """The mean of shares with Wilson's interval as over so many trials, each share given less one half.

    Mirrors exactly: opposite values give one minus the rate and one minus its bounds. None without shares. A mean of
    shares that are not all 0 or 1 varies less than a count of successes, so the interval then errs to the wide side.
    """
    found = list(over_half)
    n = len(found)
    if not n:
        return None
    total = fsum(found)
    more = min(n / 2 + abs(total), float(n))
    return wilson(more if total >= 0 else n - more, n)


def wilson(successes: float, n: float, confidence: float = 0.95) -> Rate | None:
    """A share with its Wilson interval (see `reviewer.triage.intervals`); exchanging the variants mirrors it exactly.

    None when `n` is 0; raises ValueError for impossible counts.
    """
    bounds = intervals.wilson(successes, n, confidence)
    if bounds is None:
        return None
    share = 1 - (n - successes) / n if successes * 2 < n else successes / n
    # Numbers near 0 are finer than those near 1: only what survives the way there and back can mirror exactly.
    return Rate(share, 1 - (1 - bounds[0]), 1 - (1 - bounds[1]))
