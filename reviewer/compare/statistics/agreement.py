"""How far annotators agree, on nominal values with gaps allowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from itertools import combinations

__all__ = ["Ratings", "cohen", "krippendorff", "percent", "shared"]

Ratings = Sequence[Mapping[int, Hashable]]
"""One mapping a unit: what each annotator, by id, said of it; who said nothing is absent."""


def krippendorff(units: Ratings) -> float | None:
    """Krippendorff's α for nominal values, −1 to 1 (Krippendorff 2011, computed from the coincidence matrix).

    None where it is undefined: no unit with two values, or one value everywhere.
    """
    coincidences: Counter[Hashable] = Counter()
    agreed = 0.0
    total = 0
    for unit in units:
        values = Counter(unit.values())
        m = sum(values.values())
        if m < 2:
            continue
        total += m
        coincidences.update(values)
        agreed += sum(count * (count - 1) for count in values.values()) / (m - 1)
    if total < 2:
        return None
    by_chance = sum(count * (count - 1) for count in coincidences.values())
    expected = total * (total - 1) - by_chance
    if expected == 0:
        return None
    return 1 - (total - agreed) * (total - 1) / expected


def cohen(units: Ratings, first: int, second: int) -> float | None:
    """Cohen's κ of two annotators over the units both judged; None where undefined: no unit, or one value only."""
    pairs = [(unit[first], unit[second]) for unit in units if first in unit and second in unit]
    if not pairs:
        return None
    n = len(pairs)
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    expected = sum(left[value] * right[value] for value in left)
    if expected == n * n:
        return None
    observed = sum(a == b for a, b in pairs)
    return (observed * n - expected) / (n * n - expected)


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
