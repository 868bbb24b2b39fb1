"""Seeded samples: proportional, and the same everywhere."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.curate.sampling import allocate, allocate_equal, draw, draw_order

SIZES = st.dictionaries(st.text("abc", max_size=3), st.integers(0, 60), min_size=1, max_size=6)


@given(SIZES, st.data())
def test_each_stratum_gives_its_share_to_within_one(sizes: dict[str, int], data: st.DataObject) -> None:
    everything = sum(sizes.values())
    total = data.draw(st.integers(0, everything))
    shares = allocate(total, sizes)
    assert sum(shares.values()) == total
    for name, size in sizes.items():
        assert shares[name] <= size
        assert everything == 0 or abs(shares[name] - total * size / everything) < 1


def test_remainders_are_settled_the_same_way_each_time() -> None:
    assert allocate(2, {"b": 1, "a": 1, "c": 1}) == {"b": 1, "a": 1, "c": 0}
    assert allocate(5, {"big": 70, "mid": 20, "small": 10}) == {"big": 4, "mid": 1, "small": 0}
    with pytest.raises(ValueError, match="cannot draw"):
        allocate(4, {"a": 3})


def test_the_order_of_a_draw_is_the_documented_hash() -> None:
    assert draw_order(7, "case-1") == sha256(b"7\ncase-1").hexdigest()
    keys = [f"case-{number}" for number in range(50)]
    first = draw(10, {"all": keys}, 7)
    assert first == draw(10, {"all": list(reversed(keys))}, 7)
    assert first != draw(10, {"all": keys}, 8)
    # Fixed for good: another machine or release must draw these.
    assert draw(3, {"all": keys}, 7)["all"] == sorted(keys, key=lambda key: sha256(f"7\n{key}".encode()).digest())[:3]


def test_equal_strata_give_the_same_number_each_as_far_as_they_have_it() -> None:
    assert allocate_equal(9, {"a": 100, "b": 50, "c": 10}) == {"a": 3, "b": 3, "c": 3}
    assert allocate_equal(10, {"a": 100, "b": 50, "c": 10}) == {"a": 4, "b": 3, "c": 3}
    assert allocate_equal(30, {"a": 100, "b": 50, "c": 2}) == {"a": 14, "b": 14, "c": 2}
    assert allocate_equal(3, {"a": 1, "b": 1, "c": 1}) == {"a": 1, "b": 1, "c": 1}
    assert allocate_equal(0, {"a": 1}) == {"a": 0}
    with pytest.raises(ValueError, match="cannot draw"):
        allocate_equal(4, {"a": 1, "b": 2})


@given(st.dictionaries(st.text("abcdef", min_size=1), st.integers(0, 40), min_size=1), st.data())
def test_equal_strata_add_up_and_none_gives_more_than_it_has(sizes: dict[str, int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(sizes.values())))
    shares = allocate_equal(total, sizes)
    assert sum(shares.values()) == total
    assert all(shares[name] <= sizes[name] for name in sizes)
    unfilled = [shares[name] for name in sizes if shares[name] < sizes[name]]
    assert not unfilled or max(shares.values()) - min(unfilled) <= 1
