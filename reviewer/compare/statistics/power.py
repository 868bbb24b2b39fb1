"""What a study of a chosen size can find, worked out before anything is judged."""

from __future__ import annotations

from collections.abc import Callable
from math import comb, exp, lgamma, log, sqrt
from statistics import NormalDist

from reviewer.compare.statistics.paired import Table, tango_statistic
from reviewer.triage.intervals import z_of

__all__ = [
    "detectable_difference",
    "detectable_margin",
    "detectable_preference",
    "preference_power",
    "preservation_power",
    "superiority_power",
]

_NORMAL = NormalDist()
_NEGLIGIBLE = 1e-9


def _check(n: int, discordance: float, difference: float) -> None:
    if n < 1:
        raise ValueError(f"a study has one example or more, not {n}")
    if not abs(difference) <= discordance <= 1:
        raise ValueError(
            f"the share of examples that one variant alone gets right lies from the difference {difference} to 1, "
            f"not at {discordance}"
        )


def _binomial(k: int, n: int, p: float) -> float:
    """The chance of just `k` successes in `n`, also where the number of ways overflows."""
    if p <= 0 or p >= 1:
        return float(k == (n if p >= 1 else 0))
    if n < 1000:
        return comb(n, k) * p**k * (1 - p) ** (n - k)
    return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p))


def _chance(n: int, discordance: float, difference: float, least: Callable[[int], int]) -> float:
    """The chance that of m discordant pairs at least `least(m)` are the tuned variant's, summed over m exactly."""
    _check(n, discordance, difference)
    tuned = (discordance + difference) / (2 * discordance) if discordance else 0.5
    total = 0.0
    for m in range(n + 1):
        weight = _binomial(m, n, discordance)
        if weight > _NEGLIGIBLE:
            total += weight * sum(_binomial(b, m, tuned) for b in range(least(m), m + 1))
    return min(total, 1.0)


def _first(m: int, passes: Callable[[int], bool]) -> int:
    """The least b of 0…m for which it passes, m + 1 if none does; who passes at b passes above."""
    low, high = 0, m + 1
    while low < high:
        middle = (low + high) // 2
        if passes(middle):
            high = middle
        else:
            low = middle + 1
    return low


def superiority_power(n: int, discordance: float, difference: float, confidence: float = 0.95) -> float:
    """The chance to show the tuned variant better on correctness: Tango's two-sided lower bound above 0.

    Of `n` examples a share `discordance` is right with one variant alone, tuned less base being `difference`. Exact:
    the sum over all trinomial outcomes, the bound being above 0 where (b − c)/√(b + c) passes the normal quantile.
    Raises ValueError for shares that cannot be.
    """
    z = z_of(confidence)
    return _chance(n, discordance, difference, lambda m: _first(m, lambda b: 2 * b - m > z * sqrt(m)))


def preservation_power(
    n: int, margin: float, discordance: float, difference: float = 0.0, confidence: float = 0.95
) -> float:
    """The chance to show that nothing beyond `margin` was lost: Tango's one-sided lower bound above −margin.

    Exact: the sum over all trinomial outcomes, with `difference` 0 where the variants are equally often right. Raises
    ValueError for shares that cannot be.
    """
    if not 0 < margin < 1:
        raise ValueError(f"a margin lies between 0 and 1, not at {margin}")
    z = z_of(confidence, sides=1)

    def least(m: int) -> int:
        return _first(m, lambda b: tango_statistic(Table(n - m, b, m - b, 0), -margin) > z)

    return _chance(n, discordance, difference, least)


def preference_power(
    n: int,
    rate: float,
    *,
    annotators: int = 1,
    ties: float = 0.1,
    agreement: float = 0.5,
    inflation: float = 1.5,
    confidence: float = 0.95,
) -> float:
    """The chance that the interval of the adjusted preference lies above one half when the true one is `rate`.

    Normal approximation: Φ(|rate − ½|/s − z), s² = v·(1 + (A − 1)·ρ)/(A·n)·f. v = (1 − t)/4 − (rate − ½)² is the
    variance of a judgment with a share t of ties, ρ = `agreement` the correlation of two annotators on one pair (the
    design effect of Kish 1965, Survey Sampling, §8.2), f = `inflation` what taking style off costs: 1/(1 − m²/q) for a
    style column of mean m and mean square q, about 1.3 where the tuned answer is longer on 70 % of pairs and 1.6 on
    80 %. Raises ValueError for shares that cannot be.
    """
    if n < 1 or annotators < 1 or not 0 <= ties < 1 or not 0 <= agreement <= 1 or inflation < 1:
        raise ValueError("no such study: n and annotators from 1, ties and agreement from 0 to 1, inflation from 1")
    gap = abs(rate - 0.5)
    variance = (1 - ties) / 4 - gap * gap
    if not 0 < rate < 1 or variance <= 0:
        raise ValueError(f"with {ties} of ties the preference cannot be {rate}")
    spread = sqrt(variance * (1 + (annotators - 1) * agreement) / (annotators * n) * inflation)
    return _NORMAL.cdf(gap / spread - z_of(confidence))


def _least(passes: Callable[[float], bool], low: float, high: float) -> float | None:
    """The least value for which it passes, to a thousandth; None where not even `high` does."""
    if not passes(high):
        return None
    while high - low > 5e-4:
        middle = (low + high) / 2
        if passes(middle):
            high = middle
        else:
            low = middle
    return high


def detectable_difference(n: int, base_only: float, power: float = 0.8) -> float | None:
    """The least gain in correctness that `n` examples show with that chance; None where no gain is large enough.

    `base_only` is the share of examples that the tuned variant breaks; the discordance is the gain and twice that.
    """
    _check(n, 2 * base_only, 0.0)
    most = 1 - 2 * base_only
    return _least(lambda gain: superiority_power(n, gain + 2 * base_only, gain) >= power, 0.0, most)


def detectable_margin(n: int, discordance: float, power: float = 0.8) -> float | None:
    """The least drop that `n` examples rule out with that chance when there is none; None where no margin will do."""
    return _least(lambda margin: preservation_power(n, margin, discordance) >= power, 1e-3, 0.999)


def detectable_preference(
    n: int,
    *,
    annotators: int = 1,
    ties: float = 0.1,
    agreement: float = 0.5,
    inflation: float = 1.5,
    power: float = 0.8,
) -> float | None:
    """The least adjusted preference above one half that shows with that chance; None where none does."""
    most = 0.5 + sqrt((1 - ties) / 4) - 1e-3
    return _least(
        lambda rate: (
            preference_power(n, rate, annotators=annotators, ties=ties, agreement=agreement, inflation=inflation)
            >= power
        ),
        0.5 + 1e-6,
        min(most, 1 - 0.5 * ties - 1e-3),
    )
