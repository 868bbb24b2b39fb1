"""Paired correctness: published figures, an independent oracle, exact mirrors and empty corners."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from reviewer.compare.statistics.paired import (
    Table,
    holm,
    mcnemar_exact,
    mcnemar_midp,
    newcombe,
    noninferiority,
    tango,
    tango_lower,
)
from reviewer.compare.statistics.rates import wilson

counts = st.integers(0, 60)
tables = st.builds(Table, counts, counts, counts, counts)
PUBLISHED = Table(both=59, tuned_only=6, base_only=16, neither=80)


def test_published_figures() -> None:
    assert newcombe(PUBLISHED) == pytest.approx((-0.1186, -0.0046), abs=5e-5)
    assert tango(PUBLISHED) == pytest.approx((-0.1240, -0.0054), abs=5e-5)
    assert mcnemar_midp(6, 16) == pytest.approx(0.03469, abs=5e-6)
    assert mcnemar_exact(6, 16) == pytest.approx(0.05248, abs=5e-6)


@pytest.mark.parametrize("n", [1, 2, 50, 300])
def test_no_discordant_pair_is_no_certainty(n: int) -> None:
    for table in (Table(n, 0, 0, 0), Table(0, 0, 0, n)):
        for interval in (tango(table), newcombe(table)):
            assert interval is not None
            assert interval[0] < 0 < interval[1]
    assert mcnemar_midp(0, 0) == mcnemar_exact(0, 0) == 1


def test_no_discordant_pair_has_a_closed_form() -> None:
    z = 1.959963984540054
    assert tango(Table(40, 0, 0, 10)) == pytest.approx((-z * z / (50 + z * z), z * z / (50 + z * z)))


def test_an_empty_table_has_no_figures() -> None:
    empty = Table(0, 0, 0, 0)
    assert empty.difference is None
    assert tango(empty) is newcombe(empty) is tango_lower(empty) is wilson(0, 0) is None


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Table(1, -1, 0, 0)
    for successes, n in ((5, 4), (-1, 4), (math.nan, 4), (1, math.inf)):
        with pytest.raises(ValueError, match="cannot be"):
            wilson(successes, n)
    with pytest.raises(ValueError, match="confidence"):
        tango(PUBLISHED, confidence=1)


@given(tables)
@settings(max_examples=150, deadline=None)
def test_bounds_hold_the_difference_and_mirror_exactly(table: Table) -> None:
    for method in (tango, newcombe):
        interval, mirrored = method(table), method(table.swapped())
        if table.n == 0:
            assert interval is mirrored is None
            continue
        assert interval is not None
        assert mirrored == (-interval[1], -interval[0])
        assert -1 <= interval[0] <= table.difference <= interval[1] <= 1  # type: ignore[operator]
        assert interval[1] - interval[0] > 0.01
    midp = mcnemar_midp(table.tuned_only, table.base_only)
    assert midp == mcnemar_midp(table.base_only, table.tuned_only)
    assert 0 < midp <= mcnemar_exact(table.tuned_only, table.base_only) <= 1


@given(tables)
@settings(max_examples=60, deadline=None)
def test_one_sided_bound_is_the_two_sided_one_of_twice_the_error(table: Table) -> None:
    interval = tango(table, confidence=0.90)
    assert tango_lower(table) == (None if interval is None else pytest.approx(interval[0], abs=1e-12))


@given(tables)
@settings(max_examples=60, deadline=None)
def test_tango_bounds_solve_the_score_equation(table: Table) -> None:
    interval = tango(table)
    if interval is None or interval[0] == -1:
        return
    low, n, b, c = interval[0], table.n, table.tuned_only, table.base_only
    # The likeliest share of base-only examples at this difference, found by search and not by the quadratic.
    below, above = max(0.0, -low), (1 - low) / 2

    def slope(q: float) -> float:
        rest = 2 * (n - b - c) / (1 - 2 * q - low) if n > b + c else 0
        return rest - (b / (q + low) if b else 0) - (c / q if c else 0)

    for _ in range(200):
        q = (below + above) / 2
        if q <= below or q >= above:
            break
        below, above = (below, q) if slope(q) > 0 else (q, above)
    score = (b - c - n * low) / math.sqrt(n * (2 * q + low * (1 - low)))
    assert score == pytest.approx(1.959964, abs=1e-3)


@given(st.integers(0, 40), st.integers(0, 40))
@settings(max_examples=60, deadline=None)
def test_exact_p_and_wilson_against_statsmodels(b: int, c: int) -> None:
    oracle = mcnemar([[7, b], [c, 3]], exact=True).pvalue
    assert mcnemar_exact(b, c) == pytest.approx(float(oracle), abs=1e-12)
    if b + c:
        low, high = proportion_confint(b, b + c, method="wilson")
        rate = wilson(b, b + c)
        assert rate is not None
        assert (rate.low, rate.high) == (pytest.approx(low, abs=1e-12), pytest.approx(high, abs=1e-12))


@given(st.integers(0, 200), st.integers(1, 100))
def test_a_share_and_the_rest_mirror(halves: int, n: int) -> None:
    successes = min(halves / 2, n)
    rate, rest = wilson(successes, n), wilson(n - successes, n)
    assert rate is not None
    assert rest is not None
    assert rest.rate == 1 - rate.rate
    assert rest.low == pytest.approx(1 - rate.high, abs=1e-15)
    assert rest.high == pytest.approx(1 - rate.low, abs=1e-15)
    assert 0 <= rate.low < rate.high <= 1


def test_thousands_of_discordant_pairs_neither_overflow_nor_vanish() -> None:
    assert 0 < mcnemar_midp(4900, 5100) < 0.05
    assert tango(Table(20_000, 4900, 5100, 20_000)) is not None


def test_holm_steps_down_in_the_order_given() -> None:
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}) == pytest.approx(
        {"a": 0.03, "b": 0.06, "c": 0.06, "d": 0.02}
    )
    assert list(holm({"b": 0.9, "a": 0.8})) == ["b", "a"]
    assert holm({"b": 0.9, "a": 0.8}) == {"b": 1.0, "a": 1.0}
    assert holm({}) == {}
    with pytest.raises(ValueError, match="from 0 to 1"):
        holm({"a": 1.2})


def test_noninferior_inconclusive_and_dropped() -> None:
    assert noninferiority(Table(98, 1, 1, 0), 0.05) == "noninferior"
    assert noninferiority(Table(48, 1, 1, 0), 0.05) == "inconclusive"
    assert noninferiority(Table(80, 0, 20, 0), 0.5) == "dropped", "however wide the margin"
    assert noninferiority(Table(0, 0, 0, 0), 0.05) is None
    with pytest.raises(ValueError, match="margin"):
        noninferiority(PUBLISHED, 0)
