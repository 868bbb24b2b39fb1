"""How far annotators agree, beyond chance, with gaps allowed and an interval on every figure.

Intervals: the jackknife over units (Efron, Stein 1981, Annals of Statistics 9:586–596) with the t quantile, cut to −1
and 1. Where units do not spread, or one of them decides whether the figure is defined, it is joined with the interval
that Wilson's bounds for the share of agreeing pairs give when the agreement by chance is held: full agreement on few
units is no certainty, and no interval has zero width.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations
from math import fsum, isfinite, sqrt
from typing import Literal

from reviewer.triage.intervals import wilson

__all__ = [
    "Agreement",
    "Metric",
    "Ratings",
    "agreement_interval",
    "cohen",
    "cohen_by_category",
    "fleiss",
    "krippendorff",
    "percent",
    "shared",
]

Ratings = Sequence[Mapping[int, Hashable]]
"""One mapping a unit: what each annotator, by id, said of it; who said nothing is absent."""

Metric = Literal["nominal", "ordinal", "interval", "ratio"]

_Pattern = tuple[tuple[int, Hashable], ...]
NARROW = 1e-3


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement beyond chance, −1 to 1, with its 95 % interval."""

    value: float
    low: float
    high: float


def krippendorff(units: Ratings, metric: Metric = "nominal") -> float | None:
    """Krippendorff's α, at most 1, from the coincidence matrix (Krippendorff 2011, Computing Krippendorff's
    Alpha-Reliability).

    α = 1 − D_o/D_e, both summed over pairs of values with δ²: nominal 1 for different values; interval (a − b)²; ratio
    ((a − b)/(a + b))²; ordinal the squared number of values from the one rank to the other, half of both ends left
    out. None where it is undefined: no unit with two values, or one value everywhere. Raises ValueError for values that
    are no finite numbers, or for ratio below 0, where the metric needs them.
    """
    return _alpha(Counter(tuple(unit.items()) for unit in units), metric)


def _alpha(patterns: Mapping[_Pattern, int], metric: Metric = "nominal") -> float | None:
    counted = [
        (values, times)
        for pattern, times in patterns.items()
        if (values := Counter(value for _, value in pattern)).total() >= 2
    ]
    totals: Counter[Hashable] = Counter()
    for values, times in counted:
        for value, count in values.items():
            totals[value] += times * count
    distance = _distance(totals, metric)
    # Summed exactly, so that the order of units and of values says nothing.
    expected = fsum(totals[a] * totals[b] * distance(a, b) for a, b in permutations(totals, 2))
    if expected == 0:
        return None
    observed = fsum(
        times * values[a] * values[b] * distance(a, b) / (values.total() - 1)
        for values, times in counted
        for a, b in permutations(values, 2)
    )
    return 1 - (totals.total() - 1) * observed / expected


def _distance(totals: Counter[Hashable], metric: Metric) -> Callable[[Hashable, Hashable], float]:
    """δ² of two values under a metric."""
    if metric == "nominal":
        return lambda a, b: float(a != b)
    numbers: dict[Hashable, float] = {}
    for value in totals:
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            raise ValueError(f"the {metric} metric needs finite numbers, not {value!r}")
        if metric == "ratio" and value < 0:
            raise ValueError(f"the ratio metric needs numbers from 0, not {value!r}")
        numbers[value] = float(value)
    if metric == "interval":
        return lambda a, b: (numbers[a] - numbers[b]) ** 2
    if metric == "ratio":
        return lambda a, b: ((numbers[a] - numbers[b]) / (numbers[a] + numbers[b])) ** 2
    middle: dict[Hashable, float] = {}
    below = 0.0
    for value in sorted(totals, key=lambda value: numbers[value]):
        middle[value] = below + totals[value] / 2
        below += totals[value]
    return lambda a, b: (middle[a] - middle[b]) ** 2


def cohen(units: Ratings, first: int, second: int) -> float | None:
    """Cohen's κ of two annotators over the units both judged (Cohen 1960); None without one, or with one value only."""
    return _kappa(_both(units, first, second))


def _both(units: Ratings, first: int, second: int) -> list[dict[int, Hashable]]:
    return [{0: unit[first], 1: unit[second]} for unit in units if first in unit and second in unit]


def _kappa(units: Ratings) -> float | None:
    return _kappa_of(Counter(tuple(unit.items()) for unit in units))


def _kappa_of(patterns: Mapping[_Pattern, int]) -> float | None:
    left: Counter[Hashable] = Counter()
    right: Counter[Hashable] = Counter()
    observed = n = 0
    for pattern, times in patterns.items():
        (_, a), (_, b) = pattern
        left[a] += times
        right[b] += times
        n += times
        observed += times * (a == b)
    expected = sum(left[value] * right[value] for value in left)
    if n == 0 or expected == n * n:
        return None
    return (observed * n - expected) / (n * n - expected)


def cohen_by_category(units: Ratings, first: int, second: int) -> dict[Hashable, Agreement | None]:
    """κ of two annotators on whether it is this category or any other, for each that either gave; None if undefined."""
    both = _both(units, first, second)
    given = dict.fromkeys(value for unit in both for value in unit.values())
    return {
        category: agreement_interval(
            [{who: value == category for who, value in unit.items()} for unit in both], "cohen"
        )
        for category in given
    }


def fleiss(units: Ratings) -> float | None:
    """Fleiss' κ (Fleiss 1971, Psychological Bulletin 76:378–382) over the units that as many judged as any unit.

    None where it is undefined: no unit with two values, or one value everywhere.
    """
    return _fleiss(Counter(tuple(unit.items()) for unit in units))


def _fleiss(patterns: Mapping[_Pattern, int]) -> float | None:
    m = max((len(pattern) for pattern in patterns), default=0)
    if m < 2:
        return None
    totals: Counter[Hashable] = Counter()
    n = agreed = 0
    for pattern, times in patterns.items():
        if len(pattern) == m:
            values = Counter(value for _, value in pattern)
            n += times
            agreed += times * sum(count * (count - 1) for count in values.values())
            for value, count in values.items():
                totals[value] += times * count
    if n == 0:
        return None
    every = (n * m) ** 2
    chance = sum(count * count for count in totals.values())
    if chance == every:
        return None
    observed = agreed / (n * m * (m - 1))
    return (observed - chance / every) / (1 - chance / every)


def percent(units: Ratings) -> float | None:
    """The share of pairs of values on the same unit that are equal, 0 to 1; None without such a pair."""
    same = pairs = 0
    for unit in units:
        for a, b in combinations(unit.values(), 2):
            pairs += 1
            same += a == b
    return same / pairs if pairs else None


def shared(units: Ratings) -> int:
    """The number of units that two or more annotators judged."""
    return sum(len(unit) >= 2 for unit in units)


def agreement_interval(
    units: Ratings, figure: Literal["krippendorff", "cohen", "fleiss"] = "krippendorff", metric: Metric = "nominal"
) -> Agreement | None:
    """A figure of agreement with its 95 % interval; None where the figure is undefined.

    For cohen the units hold two annotators' values each. Units with the same values are taken out once and counted.
    """
    found: Callable[[Mapping[_Pattern, int]], float | None]
    if figure == "krippendorff":
        found = lambda patterns: _alpha(patterns, metric)  # noqa: E731
    else:
        found = _kappa_of if figure == "cohen" else _fleiss
    patterns = Counter(tuple(unit.items()) for unit in units if len(unit) >= 2)
    value = found(patterns)
    if value is None:
        return None
    n = patterns.total()
    others: list[tuple[float, int]] = []
    for pattern, times in list(patterns.items()):
        patterns[pattern] -= 1
        without = found(+patterns)
        patterns[pattern] += 1
        if without is not None:
            others.append((without, times))
    low, high = 1.0, -1.0
    counted = sum(times for _, times in others)
    if counted == n and n >= 2:
        mean = fsum(other * times for other, times in others) / n
        variance = (n - 1) / n * fsum(times * (other - mean) ** 2 for other, times in others)
        from reviewer.compare.statistics.fractional_logit import t_quantile

        reach = t_quantile(n - 1) * sqrt(variance)
        low, high = max(value - reach, -1.0), min(value + reach, 1.0)
    if high - low < NARROW:
        least, most = _by_chance(units, value)
        low, high = min(low, least), max(high, most)
    return Agreement(value, min(low, value), max(high, value))


def _by_chance(units: Ratings, value: float) -> tuple[float, float]:
    """The bounds of agreement that Wilson's for the share of equal pairs give, agreement by chance held."""
    same = percent(units) or 0.0
    n = shared(units)
    bounds = wilson(min(same * n, n), n)
    if bounds is None or same == 1 == value:
        # All agree: what they would by chance follows from the values alone.
        totals = Counter(said for unit in units if len(unit) >= 2 for said in unit.values())
        chance = sum(count * count for count in totals.values()) / totals.total() ** 2
    else:
        chance = (same - value) / (1 - value) if value < 1 else 0.0
    if bounds is None or chance >= 1:
        return -1.0, 1.0
    low, high = ((share - chance) / (1 - chance) for share in bounds)
    return max(low, -1.0), min(high, 1.0)
