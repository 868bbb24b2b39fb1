"""Agreement: published figures, gaps, and the cases where it is undefined."""

from __future__ import annotations

import json
from pathlib import Path

import krippendorff as oracle
import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.compare.statistics.agreement import (
    Metric,
    agreement_interval,
    cohen,
    cohen_by_category,
    fleiss,
    krippendorff,
    percent,
    shared,
)

# Krippendorff's example of four coders and twelve units; 0 is a gap.
FOUR_CODERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]


def units_of(coders: list[list[int]]) -> list[dict[int, int]]:
    return [{coder: value for coder, value in enumerate(unit) if value} for unit in zip(*coders, strict=True)]


@pytest.mark.parametrize(
    ("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorffs_published_example(metric: Metric, alpha: float) -> None:
    found = krippendorff(units_of(FOUR_CODERS), metric)
    assert found == pytest.approx(alpha, abs=5e-4)
    whole = agreement_interval(units_of(FOUR_CODERS), metric=metric)
    assert whole is not None
    assert whole.value == found
    assert whole.low < alpha < whole.high <= 1


@given(
    st.lists(st.lists(st.integers(0, 4), min_size=3, max_size=3), min_size=1, max_size=15),
    st.sampled_from(["nominal", "ordinal", "interval", "ratio"]),
)
@settings(max_examples=80, deadline=None)
def test_alpha_against_another_program(rows: list[list[int]], metric: Metric) -> None:
    units = [{coder: value for coder, value in enumerate(row) if value} for row in rows]
    found = krippendorff(units, metric)
    whole = agreement_interval(units, metric=metric)
    assert (found is None) == (whole is None)
    if found is None or whole is None:
        return
    assert -1 <= whole.low <= found <= whole.high <= 1
    assert whole.high - whole.low > 1e-3
    data = numpy.array([[value or numpy.nan for value in row] for row in rows], dtype=float).T
    assert found == pytest.approx(oracle.alpha(data, level_of_measurement=metric), abs=1e-9)


def test_metrics_of_numbers_refuse_words() -> None:
    for values, metric in (("ab", "interval"), ((-1, 2), "ratio"), ((True, False), "ordinal")):
        with pytest.raises(ValueError, match="metric needs"):
            krippendorff([dict(enumerate(values))], metric)  # type: ignore[arg-type]


def test_undefined_agreement_is_none() -> None:
    assert krippendorff([]) is None
    assert krippendorff([{1: "pass"}, {2: "fail"}]) is None
    assert krippendorff([{1: "pass", 2: "pass"}] * 5) is None
    assert cohen([{1: "pass", 2: "pass"}] * 5, 1, 2) is None
    assert cohen([{1: "pass"}], 1, 2) is None
    assert percent([{1: "pass"}]) is None


def test_one_unit_in_dispute_is_the_least_agreement() -> None:
    assert krippendorff([{1: "pass", 2: "fail"}]) == pytest.approx(0.0)
    assert percent([{1: "pass", 2: "fail"}, {1: "pass", 2: "pass"}, {1: "fail"}]) == 0.5
    assert shared([{1: "pass", 2: "fail"}, {1: "fail"}]) == 1


def test_perfect_agreement_is_one() -> None:
    units = [{1: "pass", 2: "pass"}, {1: "fail", 2: "fail"}]
    assert krippendorff(units) == 1
    assert cohen(units, 1, 2) == 1


def test_three_people_on_published_pairs(pandalm_file: Path) -> None:
    rows = json.loads(pandalm_file.read_text())
    units = [{coder: row[f"annotator{coder}"] for coder in (1, 2, 3)} for row in rows]
    assert krippendorff(units) == pytest.approx(0.8642, abs=5e-5)
    kappas = sorted(cohen(units, a, b) or 0 for a, b in ((1, 2), (1, 3), (2, 3)))
    assert kappas == pytest.approx(sorted([0.8520, 0.8789, 0.8617]), abs=5e-5)
    assert fleiss(units) == pytest.approx(0.8642, abs=5e-5)
    for figure in ("krippendorff", "fleiss"):
        found = agreement_interval(units, figure)  # type: ignore[arg-type]
        assert found is not None
        assert (found.low, found.high) == (pytest.approx(0.842, abs=2e-3), pytest.approx(0.887, abs=2e-3))


def test_each_category_has_its_kappa() -> None:
    units = [{1: "pass", 2: "pass"}] * 6 + [{1: "fail", 2: "fail"}] * 3 + [{1: "tie", 2: "fail"}, {1: "pass"}]
    found = cohen_by_category(units, 1, 2)
    assert list(found) == ["pass", "fail", "tie"]
    good, tie = found["pass"], found["tie"]
    assert good is not None
    assert good.value == 1 > good.low
    assert tie is not None
    assert tie.value == 0


def test_full_agreement_on_few_units_is_no_certainty() -> None:
    few = [{1: "a", 2: "a"}] * 4 + [{1: "b", 2: "b"}] * 4
    many = few * 50
    for units in (few, many):
        found = agreement_interval(units, "cohen")
        assert found is not None
        assert found.value == found.high == 1
    low = [found.low for units in (few, many) if (found := agreement_interval(units)) is not None]
    assert low[0] < 0.5 < 0.9 < low[1] < 1
    assert fleiss([{1: "a"}]) is fleiss([]) is fleiss(few[:4]) is None
