"""How a slice's workflows compare with production's: a distance, what chance alone would give, and what to add."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import asin, ceil, comb, erfc, exp, floor, lgamma, log, log1p, pi, sqrt
from typing import NamedTuple

from reviewer.curate.shelf_life import LEFT_OUT
from reviewer.errors import ProjectError
from reviewer.store.database import Database, dump, load

__all__ = ["FAR", "Mix", "ProductionMix", "chi_square_tail", "mix_of", "read_mix"]

FAR = 0.10
"""The distance past which a mix no longer stands for production's, where chance does not explain it."""
RARE = 5.0
"""Workflows of which fewer are expected are taken together for the chi-square test (Cochran's rule)."""
_OBSERVED = (
    "EXISTS (SELECT 1 FROM variants v CROSS JOIN outputs o ON o.example_id = e.id AND o.variant_id = v.id"
    " WHERE v.role = 'production')"
)
_EXCLUDED = "e.excluded = 1"
_KEPT = "production_mix"


@dataclass(frozen=True, slots=True)
class Mix:
    """A slice's mix of workflows against production's; shares from 0 to 1."""

    count: int
    distance: float
    """Total variation distance: half the sum of the absolute differences of shares, 0 for the same mix."""
    by_chance: float
    """The distance that a random draw of this size from production has on average."""
    by_chance_range: tuple[float, float]
    """Between which distances 95 of 100 such random draws lie."""
    p: float | None
    """The chance of a mix this far or farther if the slice were such a draw (chi-square); None with one workflow."""
    wanted: Mapping[str, float]
    """How many of each workflow the slice would hold at production's mix."""
    actual: Mapping[str, int]
    worst: str
    """The workflow that is missed most."""
    add: int
    """How many more of the worst workflow bring its share to production's."""

    @property
    def far(self) -> bool:
        """Whether it is farther from production than chance explains and than anyone should take."""
        return self.distance > FAR and self.p is not None and self.p < 0.05

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if self.distance < 0.0005:
            return "Its workflows are in production's proportions."
        low, high = (f"{100 * bound:.0f}" for bound in self.by_chance_range)
        average = f"a random draw of {self.count:,} is {100 * self.by_chance:.0f} off on average"
        chance = f"{average}, {low} to {high} in 95 of 100 draws"
        said = f"Mix {100 * self.distance:.0f} points from production's ({chance}{self._p_words})"
        if not self.add:
            return f"{said}."
        name = self.worst or "no workflow"
        return f"{said}; {name} has {self.actual[self.worst]:,} of {self.wanted[self.worst]:.0f}: {self.add:,} more."

    @property
    def _p_words(self) -> str:
        if self.p is None:
            return ""
        return ", p < 0.001" if self.p < 0.001 else f", p = {self.p:.2g}"


class ProductionMix:
    """How many examples production has of each workflow: kept in the project, counted again only after an import."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: _Whole | None = None

    def known(self, connection: sqlite3.Connection) -> bool:
        """Whether `counts` answers at once; a project of a million is otherwise read from one end to the other."""
        return self._kept(connection, _state(connection)) is not None

    def counts(self, connection: sqlite3.Connection) -> dict[str, int]:
        """The examples with a production output by workflow, or all where there is none; excluded ones left out."""
        state = _state(connection)
        whole = self._kept(connection, state)
        if whole is None:
            whole = self._known = _Whole(state, _counted(connection, _OBSERVED), _counted(connection))
            self._keep(connection, whole)
        return _without(whole.observed, _counted(connection, _EXCLUDED, _OBSERVED)) or _without(
            whole.everything, _counted(connection, _EXCLUDED)
        )

    def _kept(self, connection: sqlite3.Connection, state: str) -> _Whole | None:
        if self._known is None or self._known.state != state:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (_KEPT,)).fetchone()
            self._known = None if row is None else _Whole(*load(row["value"]))
        return self._known if self._known is not None and self._known.state == state else None

    def _keep(self, connection: sqlite3.Connection, whole: _Whole) -> None:
        importing = connection.execute("SELECT 1 FROM sources WHERE state = 'importing'").fetchone()
        if importing is None and not self._database.read_only:
            with suppress(ProjectError):  # a full disk: they are counted again the next time
                self._database.set_meta(_KEPT, dump(tuple(whole)))


class _Whole(NamedTuple):
    """What an import fixes of a project, excluded examples included: those that production answered, and all."""

    state: str
    observed: dict[str, int]
    everything: dict[str, int]


def read_mix(connection: sqlite3.Connection, name: str, at_ms: int, whole: Mapping[str, int]) -> Mix | None:
    """A slice's mix against that of the whole; what a freeze would leave out is left out."""
    rows = connection.execute(
        "SELECT e.workflow, count(*) AS n FROM slice_members m CROSS JOIN examples e ON e.id = m.example_id"
        " LEFT JOIN example_references r ON r.example_id = e.id"
        f" WHERE m.slice = :slice AND e.excluded = 0 AND NOT {LEFT_OUT} GROUP BY e.workflow",
        {"slice": name, "at": at_ms},
    )
    return mix_of({row["workflow"]: row["n"] for row in rows}, whole)


def _state(connection: sqlite3.Connection) -> str:
    """What the counts hold for: the imports that there are, the last ids given, and who production is."""
    row = connection.execute(
        "SELECT (SELECT coalesce(group_concat(id || ':' || state || ':' || added), '') FROM sources),"
        " (SELECT coalesce(max(id), 0) FROM examples), (SELECT coalesce(max(id), 0) FROM outputs),"
        " (SELECT coalesce(group_concat(id), '') FROM variants WHERE role = 'production'),"
        " (SELECT coalesce(group_concat(value), '') FROM meta WHERE key IN ('text_epoch', 'restored'))"
    ).fetchone()
    return "|".join(map(str, row))


def _counted(connection: sqlite3.Connection, *conditions: str) -> dict[str, int]:
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    index = "examples_excluded" if _EXCLUDED in conditions else "examples_workflow"
    rows = connection.execute(
        f"SELECT e.workflow, count(*) AS n FROM examples e INDEXED BY {index}{where} GROUP BY e.workflow"
    )
    return {row["workflow"]: row["n"] for row in rows}


def _without(whole: Mapping[str, int], excluded: Mapping[str, int]) -> dict[str, int]:
    return {name: count - excluded.get(name, 0) for name, count in whole.items() if count > excluded.get(name, 0)}


def mix_of(slice_counts: Mapping[str, int], whole: Mapping[str, int]) -> Mix | None:
    """The mix of counts by workflow against those of the whole; None where either is empty."""
    count, everything = sum(slice_counts.values()), sum(whole.values())
    if not count or not everything:
        return None
    names = sorted({*slice_counts, *whole})
    shares = {name: whole.get(name, 0) / everything for name in names}
    actual = {name: slice_counts.get(name, 0) for name in names}
    wanted = {name: shares[name] * count for name in names}
    distance = sum(abs(actual[name] - wanted[name]) for name in names) / (2 * count)
    worst = max(names, key=lambda name: (wanted[name] - actual[name], name))
    share = shares[worst]
    short = wanted[worst] - actual[worst]
    # a + k = p (n + k): adding changes the whole too.
    add = ceil(short / (1 - share) - 1e-9) if short > 0.5 and share < 1 else 0
    return Mix(
        count,
        distance,
        by_chance := sum(_mean_deviation(count, shares[name]) for name in names) / (2 * count),
        _range_by_chance(by_chance, count, [shares[name] for name in names]),
        _chi_square_p(actual, wanted),
        wanted,
        actual,
        worst,
        add,
    )


def _mean_deviation(n: int, p: float) -> float:
    """E|X - np| of a binomial count: 2 v C(n, v) p^v (1 - p)^(n - v + 1), v = floor(np) + 1 (De Moivre)."""
    if p <= 0 or p >= 1:
        return 0.0
    v = floor(n * p) + 1
    if v > n:
        return 2 * n * (1 - p) * p**n
    if n < 1000:
        return 2 * v * comb(n, v) * p**v * (1 - p) ** (n - v + 1)
    ways = lgamma(n + 1) - lgamma(v + 1) - lgamma(n - v + 1)
    return 2 * v * exp(ways + v * log(p) + (n - v + 1) * log1p(-p))


def _range_by_chance(mean: float, n: int, shares: Sequence[float]) -> tuple[float, float]:
    """Where 95 of 100 distances of random draws lie, by the normal approximation around their mean.

    For normal deviations with correlation r, E|Z1 Z2| = 2/pi (sqrt(1 - r^2) + r asin r) (Nabeya 1951); the deviations
    of two workflows of a draw have r = -sqrt(p q / ((1 - p)(1 - q))).
    """
    inner = [share for share in shares if 0 < share < 1]
    variance = 0.0
    for place, p in enumerate(inner):
        variance += p * (1 - p) * (1 - 2 / pi)
        for q in inner[:place]:
            r = -min(1.0, sqrt(p * q / ((1 - p) * (1 - q))))
            together = 2 / pi * (sqrt(max(0.0, 1 - r * r)) + r * asin(r)) - 2 / pi
            variance += 2 * together * sqrt(p * (1 - p) * q * (1 - q))
    half = 1.96 * sqrt(max(0.0, variance) / n) / 2
    return max(0.0, mean - half), min(1.0, mean + half)


def _chi_square_p(actual: Mapping[str, int], wanted: Mapping[str, float]) -> float | None:
    """Pearson's test of goodness of fit, rare workflows taken together; a workflow production lacks is impossible."""
    if any(actual[name] and not wanted[name] for name in actual):
        return 0.0
    cells: list[tuple[float, float]] = []
    rest_actual = rest_wanted = 0.0
    for name in sorted(wanted, key=lambda name: (-wanted[name], name)):
        if wanted[name] >= RARE:
            cells.append((actual[name], wanted[name]))
        else:
            rest_actual, rest_wanted = rest_actual + actual[name], rest_wanted + wanted[name]
    if rest_wanted > 0:
        if rest_wanted < RARE and cells:
            last_actual, last_wanted = cells.pop()
            rest_actual, rest_wanted = rest_actual + last_actual, rest_wanted + last_wanted
        cells.append((rest_actual, rest_wanted))
    if len(cells) < 2:
        return None
    return chi_square_tail(sum((found - due) ** 2 / due for found, due in cells), len(cells) - 1)


def chi_square_tail(x: float, degrees: int) -> float:
    """The chance of a chi-square value of `x` or more, as the finite sum for whole degrees of freedom."""
    if x <= 0:
        return 1.0
    half = x / 2
    if degrees % 2 == 0:
        term = total = 1.0
        for k in range(1, degrees // 2):
            term *= half / k
            total += term
        return min(1.0, exp(-half) * total)
    term = sqrt(2 * x / pi) * exp(-half)
    total = 0.0
    for k in range(3, degrees + 1, 2):
        total += term
        term *= x / k
    return min(1.0, erfc(sqrt(half)) + total)
