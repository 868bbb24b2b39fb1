"""Repeats, controls, guesses, places and the two dresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.compare.statistics.reliability import arms_difference, blinding, passed, place, repeats


def test_noise_follows_from_flips_and_is_undefined_from_a_half() -> None:
    found = repeats([True] * 18 + [False] * 82)
    assert found is not None
    assert found.noise == pytest.approx((1 - (1 - 0.36) ** 0.5) / 2)
    assert found.noise is not None
    assert found.noise_high is not None
    assert found.noise_low < found.noise < found.noise_high
    for flips in ([True, False], [True] * 3):
        coin = repeats(flips)
        assert coin is not None
        assert coin.noise is coin.noise_high is None
    steady = repeats([False] * 5)
    assert steady is not None
    assert steady.noise == 0
    assert steady.flips.high > 0.3
    assert repeats([]) is None


def test_blinding_broke_when_guesses_beat_a_coin() -> None:
    broke, held = blinding([True] * 20 + [False] * 5), blinding([True] * 14 + [False] * 11)
    assert broke is not None
    assert held is not None
    assert broke.broke
    assert not held.broke
    assert blinding([]) is passed([]) is place([]) is None


shares = st.sampled_from([0.0, 0.5, 1.0, 0.25])


@given(st.lists(st.tuples(shares, st.booleans(), st.integers(0, 12)), max_size=60))
def test_the_effect_of_dress_mirrors_and_has_a_width(rows: list[tuple[float, bool, int]]) -> None:
    columns = [[row[place] for row in rows] for place in range(3)]
    found = arms_difference(*columns)  # type: ignore[arg-type]
    if len({dress for _, dress, _ in rows}) < 2:
        assert found is None
        return
    assert found is not None
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.high - found.low > 1e-3
    mirrored = arms_difference([1 - share for share in columns[0]], *columns[1:])  # type: ignore[arg-type]
    assert mirrored is not None
    assert (mirrored.value, mirrored.low, mirrored.high) == (-found.value, -found.high, -found.low)


def test_a_dress_that_wins_is_found() -> None:
    n = 120
    found = arms_difference(
        [1.0 if k % 4 else 0.0 for k in range(n)] + [1.0 if k % 2 else 0.0 for k in range(n)],
        [True] * n + [False] * n,
        [*range(n), *range(n)],
    )
    assert found is not None
    assert found.value == 0.25
    assert found.finding == "raises"
    with pytest.raises(ValueError, match="do not fit"):
        arms_difference([1.0], [True], [])
