"""Planning figures against the Compare room's exact sums and the published figures."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reviewer.compare.statistics import power as compare
from reviewer.curate.power import (
    EXACT_UP_TO,
    POWER,
    detectable,
    needed,
    power_of,
    preservation_power,
    superiority_power,
)


@pytest.mark.parametrize("count", [1, 20, 50, 137, 300])
@pytest.mark.parametrize(("discordance", "size"), [(0.04, 0.03), (0.1, 0.05), (0.1, 0.1), (0.3, 0.08)])
def test_curate_and_compare_agree(count: int, discordance: float, size: float) -> None:
    assert superiority_power(count, discordance, size) == pytest.approx(
        compare.superiority_power(count, discordance, size), abs=1e-6
    )
    assert preservation_power(count, size, discordance) == pytest.approx(
        compare.preservation_power(count, size, discordance), abs=1e-6
    )


def test_the_planning_figures_of_the_protocol() -> None:
    five = [preservation_power(n, 0.05, 0.04) for n in (50, 100, 150, 300)]
    ten = [preservation_power(n, 0.10, 0.10) for n in (50, 100, 150)]
    assert five == pytest.approx([0.26, 0.63, 0.86, 0.99], abs=0.011)
    assert ten == pytest.approx([0.63, 0.90, 0.98], abs=0.011)


@pytest.mark.parametrize("not_worse", [False, True])
@pytest.mark.parametrize("size", [0.1, 0.08, 0.05])
def test_the_count_it_asks_for_has_the_power_it_promises(size: float, not_worse: bool) -> None:
    count = needed(size, not_worse=not_worse)
    assert count is not None
    assert power_of(count, size, not_worse=not_worse) >= POWER > power_of(count - 1, size, not_worse=not_worse)
    more = needed(size, not_worse=not_worse, more_than=count + 3)
    assert more is not None
    assert more > count + 3


@pytest.mark.parametrize("not_worse", [False, True])
def test_what_is_detectable_shows_and_a_tenth_of_a_point_less_does_not(not_worse: bool) -> None:
    found = [detectable(count, not_worse=not_worse) for count in (60, 100, 200, 400)]
    sizes = [size for size in found if size is not None]
    assert sizes == sorted(sizes, reverse=True)
    for count, size in zip((60, 100, 200, 400), found, strict=True):
        if size is not None:
            assert power_of(count, size, not_worse=not_worse) >= POWER
            assert power_of(count, size - 0.001, not_worse=not_worse) < POWER
    assert detectable(0, not_worse=not_worse) is None


def test_too_few_examples_show_no_gain_at_all() -> None:
    assert detectable(10) is None
    with pytest.raises(ValueError, match="discordance"):
        needed(0.2, 0.1)


@pytest.mark.parametrize("not_worse", [False, True])
def test_the_exact_and_the_approximate_power_meet(not_worse: bool) -> None:
    sides = [power_of(EXACT_UP_TO + more, 0.025, not_worse=not_worse) for more in (0, 1)]
    assert max(abs(one - other) for one, other in pairwise(sides)) < 0.02
