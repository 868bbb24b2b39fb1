"""Statistics of paired correctness: two variants judged pass or fail on the same examples.

Of N examples, `tuned_only` passed with the tuned variant alone (b), `base_only` with the base variant alone (c),
`both` with both and `neither` with none; the difference is (b − c)/N. Needs nothing but the standard library and the
intervals of triage.

Exchanging the variants gives each interval exactly mirrored, bit by bit: an upper bound is computed as minus the lower
bound of the exchanged table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import comb, sqrt
from typing import Literal

from reviewer.triage.intervals import Interval, score_bounds, z_of

__all__ = [
    "NonInferiority",
    "Table",
    "holm",
    "mcnemar_exact",
    "mcnemar_midp",
    "newcombe",
    "noninferiority",
    "tango",
    "tango_lower",
    "tango_statistic",
]

NonInferiority = Literal["noninferior", "inconclusive", "dropped"]


@dataclass(frozen=True, slots=True)
class Table:
    """How often both variants passed, one of them alone, or neither; raises ValueError for a negative count."""

    both: int
    tuned_only: int
    base_only: int
    neither: int

    def __post_init__(self) -> None:
        if min(self.both, self.tuned_only, self.base_only, self.neither) < 0:
            raise ValueError(f"counts cannot be negative: {self}")

    @property
    def n(self) -> int:
        """The number of examples judged on both sides."""
        return self.both + self.tuned_only + self.base_only + self.neither

    @property
    def difference(self) -> float | None:
        """Tuned minus base pass rate, −1 to 1; None without examples."""
        return (self.tuned_only - self.base_only) / self.n if self.n else None

    def swapped(self) -> Table:
        """The table with base and tuned exchanged."""
        return Table(self.both, self.base_only, self.tuned_only, self.neither)


def tango_statistic(table: Table, delta: float) -> float:
    """Tango's score statistic for the difference `delta` (Tango 1998, formula 7): large when `delta` is far too low.

    The table is not empty, and `delta` lies from −1 to 1. At 0 it is McNemar's (b − c)/√(b + c).
    """
    n, b, c = table.n, table.tuned_only, table.base_only
    # The share of base-only examples that is likeliest if the difference is delta.
    qa = 2 * n
    qb = -b - c + (2 * n - b + c) * delta
    qc = -c * delta * (1 - delta)
    q = (sqrt(max(qb * qb - 4 * qa * qc, 0.0)) - qb) / (2 * qa)
    variance = n * (2 * q + delta * (1 - delta))
    gap = b - c - n * delta
    if variance <= 0:
        return 0.0 if gap == 0 else (float("inf") if gap > 0 else float("-inf"))
    return gap / sqrt(variance)


def _tango_bound(table: Table, z: float) -> float:
    """The difference below the observed one at which Tango's statistic reaches `z`."""
    low, high = -1.0, (table.tuned_only - table.base_only) / table.n
    while True:
        middle = (low + high) / 2
        if middle <= low or middle >= high:
            return low
        if tango_statistic(table, middle) > z:
            low = middle
        else:
            high = middle


def tango(table: Table, confidence: float = 0.95) -> Interval | None:
    """Tango's score interval for the paired difference (Tango 1998, Statistics in Medicine 17:891–908).

    Never of zero width, also without discordant pairs. None when the table is empty.
    """
    if table.n == 0:
        return None
    z = z_of(confidence)
    return _tango_bound(table, z), -_tango_bound(table.swapped(), z)


def tango_lower(table: Table, confidence: float = 0.95) -> float | None:
    """Tango's one-sided lower bound for the paired difference, the one that non-inferiority is read from.

    Non-inferior within a margin Δ means: this bound lies above −Δ. None when the table is empty.
    """
    return _tango_bound(table, z_of(confidence, sides=1)) if table.n else None


def noninferiority(table: Table, margin: float) -> NonInferiority | None:
    """What a table says of a drop by `margin`, a share above 0 that was fixed beforehand; None for an empty table.

    noninferior: Tango's one-sided 95 % lower bound lies above −margin. dropped: the two-sided 95 % upper bound lies
    below 0, however wide the margin. inconclusive: neither, which is not the same as no drop. Raises ValueError for a
    margin that is not between 0 and 1.
    """
    if not 0 < margin < 1:
        raise ValueError(f"a margin lies between 0 and 1, not at {margin}")
    interval, lower = tango(table), tango_lower(table)
    if interval is None or lower is None:
        return None
    if interval[1] < 0:
        return "dropped"
    return "noninferior" if lower > -margin else "inconclusive"


def _newcombe_bound(table: Table, z: float) -> float:
    n = table.n
    passes_tuned, passes_base = table.both + table.tuned_only, table.both + table.base_only
    low_tuned, _ = score_bounds(passes_tuned, n, z)
    _, high_base = score_bounds(passes_base, n, z)
    below = passes_tuned / n - low_tuned
    above = high_base - passes_base / n
    squares = below * below + above * above - 2 * _phi(table) * below * above
    return max((table.tuned_only - table.base_only) / n - sqrt(max(squares, 0.0)), -1.0)


def _phi(table: Table) -> float:
    """The correlation between the two variants' passes, shrunk towards 0 by N/2 where positive, as method 10 has it."""
    margins = (
        (table.both + table.tuned_only)
        * (table.base_only + table.neither)
        * (table.both + table.base_only)
        * (table.tuned_only + table.neither)
    )
    if margins == 0:
        return 0.0
    cross = table.both * table.neither - table.tuned_only * table.base_only
    return (max(cross - table.n / 2, 0) if cross > 0 else cross) / sqrt(margins)


def newcombe(table: Table, confidence: float = 0.95) -> Interval | None:
    """Newcombe's square-and-add interval for the paired difference (Newcombe 1998, Stat. in Medicine 17:2635–2650).

    His method 10: two Wilson intervals added in squares, with the correlation between the variants taken off. None
    when the table is empty.
    """
    if table.n == 0:
        return None
    z = z_of(confidence)
    return _newcombe_bound(table, z), -_newcombe_bound(table.swapped(), z)


def _tail(b: int, c: int) -> tuple[int, int, int]:
    """Ways, of 2^(b+c), to get at most the rarer count of discordant pairs; ways to get just it; and 2^(b+c)."""
    if b < 0 or c < 0:
        raise ValueError(f"counts cannot be negative: {b}, {c}")
    n, k = b + c, min(b, c)
    return sum(comb(n, i) for i in range(k + 1)), comb(n, k), 1 << n


def mcnemar_exact(b: int, c: int) -> float:
    """McNemar's exact two-sided p over `b` and `c` discordant pairs: min(1, 2·P(X ≤ min(b, c))), X of Bin(b+c, ½)."""
    tail, _, total = _tail(b, c)
    return min(1.0, 2 * tail / total)


def mcnemar_midp(b: int, c: int) -> float:
    """McNemar's two-sided mid-p (Fagerland, Lydersen, Laake 2013): the exact p less the chance of just this outcome.

    1 when no pair is discordant.
    """
    tail, point, total = _tail(b, c)
    return min(1.0, (2 * tail - point) / total)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Holm's step-down p values, in the order given (Holm 1979, Scandinavian Journal of Statistics 6:65–70).

    Each claim whose value is at most α can be made, and the chance that any of them is false stays at α. Raises
    ValueError for a value that is not from 0 to 1.
    """
    if any(not 0 <= p <= 1 for p in p_values.values()):
        raise ValueError(f"p values lie from 0 to 1: {list(p_values.values())}")
    adjusted: dict[str, float] = {}
    so_far = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda name: p_values[name])):
        so_far = max(so_far, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = so_far
    return {name: adjusted[name] for name in p_values}
