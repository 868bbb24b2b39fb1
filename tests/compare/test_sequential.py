"""The rule for stopping early: published figures, no more than 5 % under the null, and an interval that stays valid."""

from __future__ import annotations

from math import comb

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.compare.statistics.sequential import STOP_AT, anytime_interval, e_value, monitor
from tests.benchmarks.simulations import peeking


def test_published_figures() -> None:
    assert e_value(15, 5) == pytest.approx(3.298, abs=5e-4)
    assert e_value(20, 5) == pytest.approx(16.121, abs=5e-4)
    assert e_value(0, 0) == 1
    assert STOP_AT == 20


@given(st.integers(0, 4000), st.integers(0, 4000))
def test_the_e_value_is_a_number_and_has_no_favourite(b: int, c: int) -> None:
    assert e_value(b, c) == e_value(c, b)
    assert 0 <= e_value(b, c) < float("inf")
    low, high = anytime_interval(b, c)
    assert anytime_interval(c, b) == (1 - high, 1 - low)
    if b + c:
        assert 0 <= low <= b / (b + c) <= high <= 1
        assert low < high


@pytest.mark.parametrize("n", [1, 7, 40])
def test_without_a_difference_the_expected_e_value_stays_one(n: int) -> None:
    assert sum(comb(n, b) / 2**n * e_value(b, n - b) for b in range(n + 1)) == pytest.approx(1)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        e_value(-1, 3)


def test_peeking_after_each_pair_stops_in_at_most_one_study_of_twenty() -> None:
    assert 0.01 < peeking(2000, 1000, seed=3) <= 0.05


def test_monitoring_remembers_when_it_could_have_stopped() -> None:
    found = monitor([True] * 12 + [False] * 12)
    assert found.stopped_at == next(n for n in range(1, 13) if e_value(n, 0) >= STOP_AT)
    assert found.highest == e_value(12, 0)
    assert found.e == e_value(12, 12) < 1
    assert found.p_anytime == 1 / found.highest
    assert found.share == 0.5
    assert "1 of 20" in monitor([True] * 12).statement
    assert "tuned" in monitor([True] * 12).statement
    never = monitor([True, False])
    assert not never.stopped
    assert "no evidence" in never.statement
    assert monitor([]).interval == (0, 1)
    assert monitor([]).share is None


def test_the_anytime_interval_holds_the_truth_at_every_look() -> None:
    rng = numpy.random.default_rng(8)
    missed = 0
    for _ in range(150):
        wins = (rng.random(80) < 0.7).cumsum()
        missed += any(
            not low <= 0.7 <= high
            for n in range(5, 81, 5)
            for low, high in [anytime_interval(int(wins[n - 1]), n - int(wins[n - 1]))]
        )
    assert missed <= 0.08 * 150
