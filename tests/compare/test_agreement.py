"""Agreement: published figures, gaps, and the cases where it is undefined."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.compare.statistics.agreement import cohen, krippendorff, percent, shared

# Krippendorff's example of four coders and twelve units; 0 is a gap.
FOUR_CODERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]


def units_of(coders: list[list[int]]) -> list[dict[int, int]]:
    return [{coder: value for coder, value in enumerate(unit) if value} for unit in zip(*coders, strict=True)]


def test_krippendorffs_published_example() -> None:
    assert krippendorff(units_of(FOUR_CODERS)) == pytest.approx(0.743, abs=5e-4)


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
