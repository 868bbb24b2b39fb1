"""The rule that chooses a verdict: each of the five, and what holds a preference back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reviewer.compare.statistics.paired import Table
from reviewer.compare.statistics.preference import Coefficient
from reviewer.compare.statistics.sequential import monitor
from reviewer.compare.verdicts import VERDICTS, rule
from tests.compare.test_report import preferred

EVEN = Table(40, 4, 4, 2)


@pytest.mark.parametrize(
    ("table", "raw", "adjusted", "verdict"),
    [
        (Table(20, 20, 4, 6), 20, 20, "better on correctness"),
        (Table(20, 4, 20, 6), 35, 35, "worse"),
        (EVEN, 35, 32, "preferred, correctness not shown"),
        (EVEN, 30, 21, "preference explained by style"),
        (EVEN, 30, 10, "preference explained by style"),
        (EVEN, 30, 26, "inconclusive"),
        (EVEN, 30, None, "inconclusive"),
        (EVEN, 21, 20, "inconclusive"),
        (EVEN, 5, 5, "inconclusive"),
        (EVEN, 20, 32, "preferred, correctness not shown"),
        (Table(0, 0, 0, 0), 35, 32, "preferred, correctness not shown"),
    ],
)
def test_each_verdict_is_reached(table: Table, raw: int, adjusted: int | None, verdict: str) -> None:
    ruling = rule(table, [], preferred(raw, adjusted))
    assert ruling.verdict == verdict
    assert verdict in VERDICTS
    assert ruling.deciding.endswith(".")


def test_what_had_to_be_kept_comes_before_any_gain() -> None:
    assert rule(Table(20, 20, 4, 6), ["preservation"], preferred(35, 35)).verdict == "worse"


def test_a_preference_of_people_who_saw_through_the_blinding_is_not_counted() -> None:
    for raw, adjusted in ((35, 32), (30, 21), (20, 32)):
        assert rule(EVEN, [], preferred(raw, adjusted), unblinded=True).verdict == "inconclusive"


def test_after_a_look_the_e_value_alone_decides() -> None:
    table = Table(20, 14, 4, 6)
    assert rule(table).verdict == "better on correctness"
    assert rule(table, monitoring=monitor([False] * 4 + [True] * 14)).verdict == "inconclusive"
    assert rule(table, monitoring=monitor([True] * 20)).verdict == "better on correctness"
    assert rule(table, monitoring=monitor([False] * 20)).verdict == "worse"


def test_a_style_that_all_but_decides_the_votes_leaves_no_claim() -> None:
    found = preferred(20, 32)
    assert rule(EVEN, [], found).verdict == "preferred, correctness not shown"
    separated = replace(found, coefficients={"length": Coefficient(6.0, 3.0, 9.0)})
    assert rule(EVEN, [], separated).verdict == "inconclusive"
    assert rule(EVEN, [], replace(preferred(35, 32), coefficients=separated.coefficients)).verdict == "inconclusive"
