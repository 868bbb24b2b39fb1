"""Preference with style taken off: the oracle, exact mirrors, every edge case, and published votes relabelled."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.regression.linear_model import OLS

from reviewer.compare.statistics.fractional_logit import fit_line, fit_logit, sandwich, t_quantile
from reviewer.compare.statistics.preference import Adjusted, Votes, adjust
from reviewer.compare.statistics.rates import wilson
from reviewer.compare.style import FEATURES
from tests.benchmarks.simulations import SCENARIOS, cover, draw, published, relabelled, simulate


def made_up(scenario: int = 0, items: int = 100, annotators: int = 2, seed: int = 1) -> Votes:
    return draw(numpy.random.default_rng(seed), SCENARIOS[scenario], items, annotators)


def votes(shares: list[float | None], lengths: list[float] | None = None, **more: Any) -> Votes:
    """One judgment an item."""
    n = len(shares)
    style = more.pop("style", {"length": lengths or [(-1) ** k * (1 + k % 7) / 5 for k in range(n)]})
    return Votes(shares, list(range(n)), [0] * n, more.pop("sides", [0] * n), style, **more)


def check(found: Adjusted) -> None:
    """No figure that is no number, no interval without width, no refusal without a reason."""
    for rate in (found.raw, found.adjusted, found.ols, found.longer):
        if rate is not None:
            assert all(math.isfinite(value) for value in (rate.rate, rate.low, rate.high))
            assert 0 <= rate.low <= rate.rate <= rate.high <= 1
            assert rate.high - rate.low > 1e-3
    assert (found.adjusted is None) == bool(found.reason) == (found.ols is None) == (found.range is None)
    for coefficient in found.coefficients.values():
        assert coefficient.low < coefficient.value < coefficient.high


# -- the fit against statsmodels


@pytest.mark.parametrize("annotators", [1, 3])
def test_without_a_ridge_the_fit_is_statsmodels_clustered_glm(annotators: int) -> None:
    rng = numpy.random.default_rng(3)
    n = 120 * annotators
    columns = numpy.column_stack([numpy.ones(n), rng.normal(size=(n, 3))])
    shares = rng.choice([0.0, 0.5, 1.0, 0.25], size=n)
    clusters = numpy.tile(numpy.arange(120), annotators)
    fit = fit_logit(columns, shares, numpy.zeros((4, 4)))
    glm = GLM(shares, columns, family=Binomial()).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    assert fit.coefficients == pytest.approx(glm.params, abs=1e-9)
    assert sandwich(fit, clusters, "CR1") == pytest.approx(glm.cov_params(), rel=1e-6, abs=1e-9)
    line = fit_line(columns, shares)
    ols = OLS(shares, columns).fit(cov_type="cluster", cov_kwds={"groups": clusters})
    assert line.coefficients + numpy.array([0.5, 0, 0, 0]) == pytest.approx(ols.params, abs=1e-9)
    assert sandwich(line, clusters, "CR1") == pytest.approx(ols.cov_params(), rel=1e-6, abs=1e-9)


def test_cr3_of_a_line_is_the_jackknife_over_clusters() -> None:
    rng = numpy.random.default_rng(4)
    columns = numpy.column_stack([numpy.ones(60), rng.normal(size=60)])
    shares, clusters = rng.random(60), numpy.arange(60) // 3
    whole = fit_line(columns, shares).coefficients
    moved = [fit_line(columns[clusters != g], shares[clusters != g]).coefficients - whole for g in range(20)]
    jackknife = sum(numpy.outer(step, step) for step in moved) * 19 / 20
    assert sandwich(fit_line(columns, shares), clusters) == pytest.approx(jackknife, rel=1e-9)


def test_shapes_that_do_not_fit_are_refused() -> None:
    ones = numpy.ones((4, 1))
    for columns, shares, penalty in (
        (ones, numpy.ones(3), numpy.zeros((1, 1))),
        (ones, numpy.ones(4) * 2, numpy.zeros((1, 1))),
        (ones, numpy.ones(4), numpy.zeros((2, 2))),
        (numpy.ones((0, 1)), numpy.ones(0), numpy.zeros((1, 1))),
    ):
        with pytest.raises(ValueError, match=r"fit|from 0 to 1"):
            fit_logit(columns, shares, penalty)
    with pytest.raises(ValueError, match="two of them"):
        sandwich(fit_line(ones, numpy.zeros(4)), numpy.zeros(4, dtype=int))
    with pytest.raises(ValueError, match="no t quantile"):
        t_quantile(0)
    with pytest.raises(ValueError, match="from 0 to 1"):
        votes([1.5])
    with pytest.raises(ValueError, match="do not fit"):
        Votes([1.0], [0, 1], [0], [0], {"length": [0.0]})
    with pytest.raises(ValueError, match="finite"):
        votes([1.0], [math.nan])
    with pytest.raises(ValueError, match="side"):
        votes([1.0], sides=[2])


# -- mirrors


@pytest.mark.parametrize("scenario", range(len(SCENARIOS)))
@pytest.mark.parametrize(("items", "annotators"), [(50, 1), (120, 3), (60, 11)])
def test_swapping_the_variants_gives_exactly_one_minus_the_rate(scenario: int, items: int, annotators: int) -> None:
    given_votes = made_up(scenario, items, annotators)
    one, two = adjust(given_votes), adjust(given_votes.swapped())
    check(one)
    for first, second in ((one.raw, two.raw), (one.adjusted, two.adjusted), (one.ols, two.ols)):
        assert (first is None) == (second is None)
        if first is not None and second is not None:
            assert (first.rate, first.low, first.high) == (1 - second.rate, 1 - second.high, 1 - second.low)
    assert (one.wins, one.losses, one.overlap_ok) == (two.losses, two.wins, two.overlap_ok)
    assert one.coefficients == two.coefficients
    if one.range is not None and two.range is not None:
        assert one.range == (1 - two.range[1], 1 - two.range[0])


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 1.0, 0.25, None]), st.integers(-9, 9), st.sampled_from([-1, 0, 1])),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 3),
)
@settings(max_examples=120, deadline=None)
def test_any_votes_give_figures_or_a_reason(rows: list[tuple[float | None, int, int]], people: int) -> None:
    n = len(rows)
    found = Votes(
        [share for share, _, _ in rows],
        [number // people for number in range(n)],
        [number % people for number in range(n)],
        [side for _, _, side in rows],
        {"length": [float(d) for _, d, _ in rows], "markup": [float(d * d) for _, d, _ in rows]},
    )
    one, two = adjust(found), adjust(found.swapped())
    check(one)
    assert (one.adjusted is None) == (two.adjusted is None)
    if one.adjusted is not None and two.adjusted is not None:
        assert one.adjusted.rate == 1 - two.adjusted.rate


# -- the edge table


def test_too_few_items_or_losses_leave_the_raw_rate_alone() -> None:
    few = adjust(votes([1.0, 0.0] * 9))
    assert "fewer than 20" in few.reason
    assert few.raw == wilson(9, 18)
    ahead = adjust(votes([1.0] * 33 + [0.0] * 5))
    assert ahead.losses == 5
    assert "on 5 pairs only, and 6 are needed" in ahead.reason
    enough = adjust(votes([1.0] * 33 + [0.0] * 6))
    assert enough.adjusted is not None
    four = {name: [(-1) ** k * (1 + k % prime) for k in range(120)] for name, prime in zip(FEATURES, (7, 5, 11, 3))}  # noqa: B905
    assert "12 are needed" in adjust(votes([1.0] * 109 + [0.0] * 11, style=four)).reason
    assert adjust(votes([1.0] * 108 + [0.0] * 12, style=four)).adjusted is not None
    for found in (few, ahead, enough):
        check(found)


@pytest.mark.parametrize(("longer", "ok"), [(0.09, False), (0.1, True), (0.5, True), (0.9, True), (0.91, False)])
def test_without_overlap_style_and_quality_are_one(longer: float, ok: bool) -> None:
    n = 100
    lengths = [1.0 + k / n if k < longer * n - 1e-9 else -1.0 - k / n for k in range(n)]
    rng = random.Random(5)
    found = adjust(votes([float(rng.random() < 0.5) for _ in range(n)], lengths))
    check(found)
    assert found.overlap_ok is ok
    assert (found.adjusted is not None) is ok
    if not ok:
        assert ("longer one" if longer > 0.5 else "shorter one") in found.reason


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n", [1, 19, 20, 150])
def test_all_ties_and_all_wins_have_wilsons_width(share: float, n: int) -> None:
    found = adjust(votes([share] * n))
    check(found)
    assert found.raw == wilson(share * n, n)
    assert found.adjusted is None


def test_no_variance_left_joins_with_wilson() -> None:
    # Every item won by one annotator and lost by the other, as many wins and losses as it takes, no spread at all.
    shares: list[float | None] = [1.0] * 20 + [0.0] * 20
    found = adjust(votes(shares, [0.5] * 20 + [-0.5] * 20))
    check(found)
    assert found.separated == ("length",) or abs(found.coefficients["length"].value) > 3
    assert found.ols is not None
    assert found.raw is not None
    assert found.ols.high - found.ols.low >= found.raw.high - found.raw.low


def test_separation_is_finite_and_flagged() -> None:
    n = 200
    lengths = [(-1) ** k * (0.2 + k / n) for k in range(n)]
    found = adjust(votes([1.0 if d > 0 else 0.0 for d in lengths], lengths))
    check(found)
    assert found.separated == ("length",)
    assert found.adjusted is not None
    assert found.adjusted.low < 0.5 < found.adjusted.high


def test_features_without_variance_and_unknown_sides_are_dropped_and_said() -> None:
    n = 40
    style = {"length": [(-1.0) ** k * (1 + k % 3) for k in range(n)], "markup": [0.0] * n, "hedges": [0.1] * n}
    found = adjust(votes([float(k % 3 == 0) for k in range(n)], style=style, unseen={"long words": "not counted"}))
    check(found)
    assert set(found.coefficients) == {"length"}
    assert found.dropped == {
        "long words": "not counted",
        "markup": "the same for every pair",
        "hedges": "the same for every pair",
        "side": "which side was on the left is not known",
    }


def test_missing_judgments_are_dropped_counted_and_warned_of() -> None:
    shares: list[float | None] = [float(k % 2) for k in range(57)]
    few = adjust(votes([*shares, None, None, None]))
    assert (few.items, few.missing, few.warnings) == (57, 3, ())
    many = adjust(votes([*shares, None, None, None, None]))
    assert many.missing == 4
    assert "more than one in twenty" in many.warnings[0]
    nobody = adjust(votes([None, None]))
    assert (nobody.raw, nobody.adjusted, nobody.reason) == (None, None, "nobody judged a pair")


def test_two_columns_under_a_hundred_items_and_four_from_there() -> None:
    assert list(adjust(made_up(items=99)).coefficients) == ["length", "other style", "side"]
    assert list(adjust(made_up(items=100)).coefficients) == [*FEATURES, "side"]


def test_from_ten_annotators_on_they_are_clusters() -> None:
    nine, ten = adjust(made_up(items=60, annotators=9)), adjust(made_up(items=60, annotators=10))
    assert (nine.df, ten.df) == (60 - 4 - 8, 9)
    check(ten)


# -- what it does over many studies


def test_style_does_not_win_and_the_interval_covers() -> None:
    null = simulate(SCENARIOS[0], 100, 2, 150, seed=7)
    assert abs(null.bias) < 0.03
    assert null.coverage >= 0.90
    assert null.wins <= 0.06
    assert null.raw_wins >= 0.70
    worse = simulate(SCENARIOS[1], 100, 2, 80, seed=7)
    assert worse.wins <= 0.02


def test_published_votes_relabelled_by_length(pandalm_file: Path) -> None:
    pairs = published(pandalm_file)
    covered, raw_covered, bias = cover(pairs, 200)
    assert covered >= 0.93
    assert raw_covered == 0
    assert abs(bias) < 0.015
    always = adjust(relabelled(pairs, 1.0, 0))
    assert always.adjusted is None
    assert "cannot be separated" in always.reason
