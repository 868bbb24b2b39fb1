"""What counts as style, and that exchanging the answers gives the opposite."""

from __future__ import annotations

from math import log

from hypothesis import given
from hypothesis import strategies as st

from reviewer.compare.style import FEATURES, Style, differences, style_of


def test_an_answer_in_counts() -> None:
    text = "# Reimbursement\n\n- It **usually** takes ten days\n- Perhaps **fewer**\n\nPlain __bold words__ here."
    found = style_of(text)
    assert found.words == 15
    assert found.marks == 1 + 2 + 3
    assert found.terms == 1 / 12
    assert found.hedges == 2 / 12
    assert style_of("") == Style()
    assert style_of("no excess, no claim", {"excess", "claim"}).terms == 0.5


def test_what_was_not_shown_does_not_differ() -> None:
    rich, plain = style_of("# A\n\n- b\n- c"), style_of("A b c")
    assert differences(rich, plain)["markup"] > 0
    assert differences(rich, plain, markup_shown=False)["markup"] == 0
    assert differences(style_of(""), style_of("one two"))["length"] == -log(2)


@given(st.text(max_size=200), st.text(max_size=200))
def test_exchanging_the_answers_gives_the_opposite(one: str, two: str) -> None:
    there, back = differences(style_of(one), style_of(two)), differences(style_of(two), style_of(one))
    assert tuple(there) == FEATURES
    assert all(there[name] == -back[name] for name in FEATURES)
