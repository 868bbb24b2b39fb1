"""Whether judgments can be relied on: hidden repeats, controls, guesses at the blinding, places and the two dresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from reviewer.compare.statistics.rates import Rate, excess, mean_share, wilson

__all__ = ["Blinding", "Difference", "Repeats", "arms_difference", "blinding", "passed", "place", "repeats"]


@dataclass(frozen=True, slots=True)
class Repeats:
    """How often people said something else of the same pair with its sides exchanged."""

    n: int
    flips: Rate
    """The share of repeats that came out otherwise, Wilson's interval."""
    noise: float | None
    """The chance that a judgment is not what its annotator thinks; None from a flip rate of one half on."""
    noise_low: float
    noise_high: float | None
    """None where the interval of the flip rate reaches one half: no upper bound can be told."""


def _noise(flips: float) -> float | None:
    return (1 - sqrt(1 - 2 * flips)) / 2 if flips < 0.5 else None


def repeats(flipped: Sequence[bool]) -> Repeats | None:
    """The flip rate f over hidden repeats, and the noise (1 − √(1 − 2f))/2 that it comes from; None without repeats.

    With two judgments that each go wrong with chance q, f = 2q(1 − q); q is that equation's smaller root, and its
    bounds are those of f put through it. From f = ½ on there is no such q: people choose as if by a coin.
    """
    rate = wilson(sum(flipped), len(flipped))
    if rate is None:
        return None
    return Repeats(len(flipped), rate, _noise(rate.rate), _noise(rate.low) or 0.0, _noise(rate.high))


@dataclass(frozen=True, slots=True)
class Blinding:
    """How often people guessed which answer was the tuned model's."""

    guesses: int
    right: Rate
    broke: bool
    """Whether they guess better than a coin: Wilson's 95 % lower bound above one half."""


def blinding(right: Sequence[bool]) -> Blinding | None:
    """Whether blinding held, from guesses that were right or wrong; None without a guess. That it did not break is not
    shown by few guesses: the upper bound says what may be."""
    rate = wilson(sum(right), len(right))
    return None if rate is None else Blinding(len(right), rate, rate.low > 0.5)


def passed(results: Sequence[bool]) -> Rate | None:
    """The share of controls whose known answer was given, Wilson's interval; None without controls."""
    return wilson(sum(results), len(results))


def place(lefts: Sequence[float]) -> Rate | None:
    """How often the left answer is chosen: the mean of the left side's shares, Wilson's interval; None without any.

    Sides are drawn anew for every annotator, so that without an effect of place the choices of several people on one
    pair are independent of each other however good its answers are.
    """
    return mean_share([share - 0.5 for share in lefts])


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two mean shares with its 95 % interval, −1 to 1."""

    value: float
    low: float
    high: float
    n: tuple[int, int]
    """Pairs in original dress and in plain dress."""

    @property
    def finding(self) -> Literal["raises", "lowers", "not shown"]:
        """What original dress does to the preference for the tuned variant."""
        return "raises" if self.low > 0 else "lowers" if self.high < 0 else "not shown"


def arms_difference(original: Sequence[float], plain: Sequence[float]) -> Difference | None:
    """Preference in original dress less preference in plain dress: the effect of dress, measured and not modelled.

    Each value is one pair's mean share of the tuned side, pairs having been drawn into the arms at random. Interval:
    square-and-add of both Wilson intervals (Newcombe 1998, Statistics in Medicine 17:873–890, method 10), which errs to
    the wide side where shares are not all 0 or 1. Exchanging the variants gives exactly the opposite. None when either
    arm is empty.
    """
    if not original or not plain:
        return None
    value = excess(original) - excess(plain)
    low = _lower(original, plain, value)
    high = -_lower([1 - share for share in original], [1 - share for share in plain], -value)
    return Difference(value, low, high, (len(original), len(plain)))


def _lower(first: Sequence[float], second: Sequence[float], value: float) -> float:
    one, two = mean_share([share - 0.5 for share in first]), mean_share([share - 0.5 for share in second])
    assert one is not None
    assert two is not None
    return max(value - sqrt((one.rate - one.low) ** 2 + (two.high - two.rate) ** 2), -1.0)
