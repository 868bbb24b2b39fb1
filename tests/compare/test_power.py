"""Power: the figures that are shown at planning, exact sums against drawn studies, and values that cannot be."""

from __future__ import annotations

import numpy
import pytest

from reviewer.compare.statistics import power
from reviewer.compare.statistics.paired import Table, noninferiority, tango


@pytest.mark.parametrize(
    ("n", "five", "ten"), [(50, 0.26, 0.63), (100, 0.63, 0.90), (150, 0.86, 0.98), (300, 0.99, 1.0)]
)
def test_preservation_at_planning(n: int, five: float, ten: float) -> None:
    # The planning figures were drawn and not summed; the exact sums lie within one in a hundred of them.
    assert power.preservation_power(n, 0.05, 0.04) == pytest.approx(five, abs=0.01)
    assert power.preservation_power(n, 0.10, 0.10) == pytest.approx(ten, abs=0.01)


def test_exact_sums_agree_with_drawn_studies() -> None:
    rng = numpy.random.default_rng(2)
    drawn = rng.multinomial(80, [0.15, 0.05, 0.8], size=3000)
    better = kept = 0
    for b, c, rest in drawn.tolist():
        table = Table(rest, b, c, 0)
        interval = tango(table)
        better += interval is not None and interval[0] > 0
        kept += noninferiority(table, 0.05) == "noninferior"
    assert power.superiority_power(80, 0.2, 0.1) == pytest.approx(better / 3000, abs=0.03)
    assert power.preservation_power(80, 0.05, 0.2, 0.1) == pytest.approx(kept / 3000, abs=0.03)


def test_more_examples_show_smaller_differences() -> None:
    gains = [power.detectable_difference(n, 0.05) for n in (30, 100, 300)]
    margins = [power.detectable_margin(n, 0.1) for n in (30, 100, 300)]
    rates = [power.detectable_preference(n, annotators=2) for n in (30, 100, 300)]
    for found in (gains, margins, rates):
        assert None not in found
        assert found == sorted(found, reverse=True)  # type: ignore[type-var]
    gain = gains[1]
    assert gain is not None
    assert power.superiority_power(100, gain + 0.1, gain) >= 0.8
    assert power.superiority_power(100, gain + 0.1 - 0.002, gain - 0.002) < 0.8
    assert power.detectable_difference(3, 0.05) is None
    assert power.detectable_margin(1, 0.9) is None


def test_preference_needs_more_where_annotators_agree_and_style_is_confounded() -> None:
    usual = power.preference_power(100, 0.62, annotators=2)
    assert usual < power.preference_power(100, 0.62, annotators=2, agreement=0)
    assert usual < power.preference_power(100, 0.62, annotators=2, inflation=1)
    assert usual == power.preference_power(100, 0.38, annotators=2)
    assert 0 < power.preference_power(5, 0.5) < 0.03


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: power.superiority_power(0, 0.1, 0.0),
        lambda: power.superiority_power(10, 0.1, 0.2),
        lambda: power.preservation_power(10, 0.0, 0.1),
        lambda: power.preference_power(10, 1.0),
        lambda: power.preference_power(10, 0.6, ties=1.0),
    ],
)
def test_studies_that_cannot_be_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        wrong()  # type: ignore[operator]
