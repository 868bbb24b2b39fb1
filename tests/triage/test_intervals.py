"""The interval behind every share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from reviewer.triage.intervals import wilson


@given(st.integers(1, 100_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_agrees_with_statsmodels(case: tuple[int, int]) -> None:
    count, total = case
    low, high = proportion_confint(count, total, method="wilson")
    assert wilson(count, total) == pytest.approx((low, high), abs=1e-9)


def test_nothing_counted_has_no_interval() -> None:
    assert wilson(0, 0) is None


def test_none_and_all_keep_some_width() -> None:
    low, high = wilson(0, 10) or (1, 1)
    assert low == 0
    assert high > 0.2
    assert wilson(10, 10) == pytest.approx((1 - high, 1))
