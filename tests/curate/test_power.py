"""Planning figures against the exact distribution."""

from __future__ import annotations

from math import comb

import pytest

from reviewer.curate.power import detectable, needed


def _exact_power(count: int, difference: float, discordance: float) -> float:
    """The power of McNemar's mid-p test at 5 %, summed over every number of discordant pairs."""
    share = (discordance + difference) / (2 * discordance)
    power = 0.0
    for pairs in range(count + 1):
        weight = comb(count, pairs) * discordance**pairs * (1 - discordance) ** (count - pairs)
        for won in range(pairs + 1):
            low = min(won, pairs - won)
            tail = sum(comb(pairs, k) for k in range(low)) / 2**pairs + 0.5 * comb(pairs, low) / 2**pairs
            if min(1.0, 2 * tail) <= 0.05:
                power += weight * comb(pairs, won) * share**won * (1 - share) ** (pairs - won)
    return power


@pytest.mark.parametrize("difference", [0.07, 0.05])
def test_the_count_it_asks_for_has_about_the_power_it_promises(difference: float) -> None:
    assert _exact_power(needed(difference), difference, 0.10) == pytest.approx(0.80, abs=0.04)


def test_detectable_turns_needed_round() -> None:
    assert detectable(100) == 0.088
    assert needed(0.088) <= 100 < needed(0.087)
    assert detectable(10) is None
    with pytest.raises(ValueError, match="discordance"):
        needed(0.2, 0.1)
