"""What a count of examples can show: planning figures for a paired comparison of two variants on a slice.

Two questions, as a slice's contract asks them: *better* (Tango's two-sided 95 % lower bound above 0) and *not worse*
(its one-sided 95 % lower bound above minus the margin). Both are exact sums over the outcomes up to `EXACT_UP_TO`
examples and normal approximations beyond, where the two no longer differ by a point of power.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import ceil, exp, floor, lgamma, log, log1p, sqrt
from statistics import NormalDist

__all__ = [
    "ALPHA",
    "DISCORDANCE",
    "EXACT_UP_TO",
    "POWER",
    "detectable",
    "needed",
    "power_of",
    "preservation_power",
    "superiority_power",
]

DISCORDANCE = 0.10
"""The share of examples on which the two variants' verdicts are taken to differ, where nobody says otherwise."""
POWER = 0.8
"""The chance to show a difference that is there, at which it counts as detectable."""
ALPHA = 0.05
EXACT_UP_TO = 1500
MOST = 1_000_000
"""The count past which no more examples are asked for."""

_NORMAL = NormalDist()
_TWO_SIDED = _NORMAL.inv_cdf(1 - ALPHA / 2)
_ONE_SIDED = _NORMAL.inv_cdf(1 - ALPHA)
_NEGLIGIBLE = 1e-9


def superiority_power(count: int, discordance: float, difference: float) -> float:
    """The chance to show the tuned variant better when it is right on `difference` more of the examples.

    `discordance` is the share on which one variant alone is right; shares from 0 to 1. Raises ValueError for shares
    that cannot be.
    """
    _check(count, discordance, difference)

    def least(pairs: int) -> int:
        # (b - c)/sqrt(b + c) > z, with c = pairs - b
        return floor((pairs + _TWO_SIDED * sqrt(pairs)) / 2) + 1

    return _chance(count, discordance, difference, least)


def preservation_power(count: int, margin: float, discordance: float) -> float:
    """The chance to show that no more than `margin` was lost when nothing was; raises ValueError for impossible shares.

    Tango's score statistic (Statistics in Medicine 17, 1998, 891-908, formula 7) at minus the margin.
    """
    if not 0 < margin < 1:
        raise ValueError(f"a margin lies between 0 and 1, not at {margin}")
    _check(count, discordance, 0.0)

    def least(pairs: int) -> int:
        low, high = 0, pairs + 1
        while low < high:
            middle = (low + high) // 2
            if _score(count, middle, pairs - middle, margin) > _ONE_SIDED:
                high = middle
            else:
                low = middle + 1
        return low

    return _chance(count, discordance, 0.0, least)


def _check(count: int, discordance: float, difference: float) -> None:
    if count < 1 or not 0 < discordance <= 1 or not abs(difference) <= discordance:
        raise ValueError(
            "no such comparison: one example or more, a discordance above 0 and at most 1, and a difference of at most"
            " the discordance"
        )


def _score(count: int, tuned_only: int, base_only: int, margin: float) -> float:
    """Tango's statistic for a difference of minus `margin`."""
    b = -tuned_only - base_only - (2 * count - tuned_only + base_only) * margin
    c = base_only * margin * (1 + margin)
    share = (sqrt(max(b * b - 8 * count * c, 0.0)) - b) / (4 * count)
    variance = count * (2 * share - margin * (1 + margin))
    gap = tuned_only - base_only + count * margin
    if variance <= 0:
        return 0.0 if gap == 0 else float("inf") if gap > 0 else float("-inf")
    return gap / sqrt(variance)


def _chance(count: int, discordance: float, difference: float, least: Callable[[int], int]) -> float:
    """The chance that of m discordant examples at least `least(m)` are the tuned variant's, summed over m."""
    tuned = (discordance + difference) / (2 * discordance)
    total = 0.0
    for pairs in range(count + 1):
        weight = _binomial(pairs, count, discordance)
        if weight > _NEGLIGIBLE:
            total += weight * _tail(least(pairs), pairs, tuned)
    return min(total, 1.0)


def _binomial(k: int, n: int, p: float) -> float:
    if p >= 1:
        return float(k == n)
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p))


def _tail(least: int, n: int, p: float) -> float:
    """The chance of at least so many of `n`, each with chance `p`."""
    if least > n:
        return 0.0
    if least <= 0 or p >= 1:
        return 1.0
    term = _binomial(least, n, p)
    total = term
    for k in range(least, n):
        term *= (n - k) / (k + 1) * p / (1 - p)
        total += term
    return min(total, 1.0)


def power_of(count: int, size: float, discordance: float = DISCORDANCE, *, not_worse: bool = False) -> float:
    """The chance to show a gain of `size`, or with `not_worse` to rule a drop of `size` out; 0 without examples."""
    if count < 1:
        return 0.0
    if count <= EXACT_UP_TO:
        if not_worse:
            return preservation_power(count, size, discordance)
        return superiority_power(count, discordance, size)
    if not_worse:
        return _NORMAL.cdf(size * sqrt(count / discordance) - _ONE_SIDED)
    # Connor, Biometrics 43 (1987) 207-211.
    spread = sqrt(max(discordance - size * size, 1e-12))
    return _NORMAL.cdf((size * sqrt(count) - _TWO_SIDED * sqrt(discordance)) / spread)


@lru_cache(maxsize=4096)
def needed(size: float, discordance: float = DISCORDANCE, *, not_worse: bool = False, more_than: int = 0) -> int | None:
    """The examples, more than `more_than`, with which a gain or drop of `size` shows in 80 of 100 comparisons.

    None where a million would not do. Raises ValueError unless the size is above 0, and for a gain at most the
    discordance.
    """
    if not 0 < size < 1 or (not not_worse and size > discordance):
        raise ValueError("the size must be above 0, and a gain at most the discordance")
    # An approximate answer first, then the exact one around it: the power is dear to compute far out.
    spread = _ONE_SIDED + _NORMAL.inv_cdf(POWER) if not_worse else _TWO_SIDED + _NORMAL.inv_cdf(POWER)
    guess = max(ceil(discordance * (spread / size) ** 2), more_than + 1, 2)
    low, high = more_than, guess
    while power_of(high, size, discordance, not_worse=not_worse) < POWER:
        if high > MOST:
            return None
        low, high = high, ceil(high * 1.15) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if power_of(middle, size, discordance, not_worse=not_worse) < POWER:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=4096)
def detectable(count: int, discordance: float = DISCORDANCE, *, not_worse: bool = False) -> float | None:
    """The least gain that so many examples show, or the least drop that they rule out, in 80 of 100 comparisons.

    In whole tenths of a point, as a share; None where even the largest that can be (for a gain the discordance, all
    differing examples going the same way) would not show.
    """
    low, high = 0, 999 if not_worse else floor(discordance * 1000 + 1e-9)
    if count < 1 or high < 1 or power_of(count, high / 1000, discordance, not_worse=not_worse) < POWER:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if power_of(count, middle / 1000, discordance, not_worse=not_worse) < POWER:
            low = middle
        else:
            high = middle
    return high / 1000
