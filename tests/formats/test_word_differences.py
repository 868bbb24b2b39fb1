"""Words that differ: what is marked is what is another, and all of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.formats.word_differences import MOST_WORDS, aligned, inline

TEXTS = st.text(st.sampled_from("ab1 .,\n-Ü"), max_size=40)


@settings(max_examples=200, deadline=None)
@given(left=TEXTS, right=TEXTS)
def test_what_is_not_marked_has_the_same_words(left: str, right: str) -> None:
    places = aligned(left, right, exact=True)
    assert places is not None
    for side, text in ((0, left), (1, right)):
        for start, end in (place[side] for place in places):
            assert 0 <= start <= end <= len(text)
    rest = [[], []]  # type: list[list[str]]
    for side, text in ((0, left), (1, right)):
        end = 0
        for place in places:
            rest[side].append(text[end : place[side][0]])
            end = place[side][1]
        rest[side].append(text[end:])
    assert ["".join(part.split()) for part in rest[0]] == ["".join(part.split()) for part in rest[1]]


def test_a_change_in_a_long_text_is_found_where_the_whole_is_too_long() -> None:
    words = [f"w{number}" for number in range(3 * MOST_WORDS)]
    other = words.copy()
    other[5000] = "x"
    assert aligned(" ".join(words), " ".join(other)) == [((28_890, 28_895), (28_890, 28_891))]
    assert aligned(" ".join(words), " ".join(reversed(words))) is None
    assert inline(" ".join(words), " ".join(reversed(words))).startswith("(too different")


def test_a_line_tells_what_went_and_what_came() -> None:
    assert inline("It takes 3 days.", "It takes 12 days.") == "It takes [-3-]{+12+} days."
    assert inline("It takes days.", "It takes 12 days.") == "It takes {+12+} days."
    assert inline("a  b", "a b") == "(other spaces only)"
    assert aligned("Days", "days") == []
    assert aligned("Days", "days", exact=True) == [((0, 4), (0, 4))]
