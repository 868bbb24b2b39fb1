"""Whether judgments can be relied on: hidden repeats, controls, guesses at the blinding, places and the two dresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, sqrt
from typing import Literal

from reviewer.compare.statistics.rates import Rate, mean_share, wilson

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
    """Judgments in original dress and in plain dress."""

    @property
    def finding(self) -> Literal["raises", "lowers", "not shown"]:
        """What original dress does to the preference for the tuned variant."""
        return "raises" if self.low > 0 else "lowers" if self.high < 0 else "not shown"


def arms_difference(shares: Sequence[float], original: Sequence[bool], items: Sequence[int]) -> Difference | None:
    """Preference in original dress less preference in plain dress: the effect of dress, measured and not modelled.

    Of N judgments the tuned side's shares, whether the pair was shown in original dress, and the example; dress is
    drawn at random for every annotator and pair. The difference of both means with CR3 by examples and t with G − 2
    degrees of freedom, joined with the square-and-add of both arms' Wilson intervals (Newcombe 1998, Statistics in
    Medicine 17:873–890, method 10) under 20 examples and where the judgments leave no width. Exchanging the variants
    gives exactly the opposite. None when either arm is empty; raises ValueError for lengths that differ.
    """
    if not len(shares) == len(original) == len(items):
        raise ValueError(f"{len(shares)} shares, {len(original)} dresses and {len(items)} items do not fit")
    first, second = (
        [share - 0.5 for share, dressed in zip(shares, original, strict=True) if dressed is arm]
        for arm in (True, False)
    )
    if not first or not second:
        return None
    value = fsum(first) / len(first) - fsum(second) / len(second)
    low, high = 1.0, -1.0
    reach = _reach(shares, original, items)
    if reach is not None:
        low, high = max(value - reach, -1.0), min(value + reach, 1.0)
    if reach is None or high - low < 1e-3 or len(set(items)) < 20:
        low = min(low, _lower(first, second, value))
        high = max(high, -_lower([-share for share in first], [-share for share in second], -value))
    return Difference(value, low, high, (len(first), len(second)))


def _reach(shares: Sequence[float], original: Sequence[bool], items: Sequence[int]) -> float | None:
    """Half the width of the t interval; None where fewer than three examples leave no degree of freedom."""
    import numpy

    from reviewer.compare.statistics.fractional_logit import fit_line, sandwich, t_quantile

    examples, numbers = numpy.unique(items, return_inverse=True)
    if len(examples) < 3:
        return None
    columns = numpy.column_stack([numpy.ones(len(shares)), numpy.where(original, 1.0, 0.0)])
    variance = float(sandwich(fit_line(columns, numpy.array(shares, dtype=float)), numbers)[1, 1])
    return t_quantile(len(examples) - 2) * sqrt(variance)


def _lower(first: Sequence[float], second: Sequence[float], value: float) -> float:
    one, two = mean_share(first), mean_share(second)
    assert one is not None
    assert two is not None
    return max(value - sqrt((one.rate - one.low) ** 2 + (two.high - two.rate) ** 2), -1.0)
