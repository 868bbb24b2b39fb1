"""What is the same case and what is not: facts decide, dress does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.curate.alike import Usage, compare, read
from reviewer.curate.shingles import fold, normal_form, runs, words_of

ASKED = (
    "My order 4711 from 3 March has not come. I live in Ashford and paid 39.90 euros. Could you send the parcel"
    " again? I am Maria Castellano."
)


def _usage(*texts: str) -> Usage:
    usage = Usage()
    for text in (ASKED, *texts, "He could come and you send it again. She lives here and paid the order."):
        usage.add(text)
    return usage


@pytest.mark.parametrize(
    "other",
    [
        ASKED.upper(),
        ASKED.lower(),
        ASKED.title(),
        ASKED.replace(".", " !!").replace(" !!90", ".90").replace(",", ";"),
        "  " + ASKED.replace(" ", "\u00a0 ") + "\n",
        ASKED.replace("paid", "ｐａｉｄ").replace("a", "a\u0301").replace("'", "’"),
        # Sentences in another order.
        "I am Maria Castellano. Could you send the parcel again? I live in Ashford and paid 39.90 euros."
        " My order 4711 from 3 March has not come.",
        # Neighbouring words that changed places, and a word that means the same.
        ASKED.replace("has not", "not has").replace("send", "ship"),
        # Boilerplate.
        "Dear support team, I hope you are well. " + ASKED + " Many thanks in advance, kind regards.",
    ],
)
def test_the_same_case_in_another_dress(other: str) -> None:
    usage = _usage(other)
    assert compare(read(ASKED, usage), read(other, usage), usage) is not None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("4711", "4712"),
        ("3 March", "3 April"),
        ("Ashford", "Birchwood"),
        ("39.90", "3990"),
        ("39.90", "39.91"),
        ("Maria Castellano", "Petra Castellano"),
        ("has not come", "has come"),
        ("Could you send the parcel again?", "Could you send the parcel again? And may I return the other one?"),
        ("I live in Ashford", "I live in Ashford since 2019"),
    ],
)
def test_another_fact_is_another_case(old: str, new: str) -> None:
    other = ASKED.replace(old, new)
    assert other != ASKED
    usage = _usage(other)
    assert compare(read(ASKED, usage), read(other, usage), usage) is None


def test_facts_that_change_places_are_another_case() -> None:
    usage = _usage()
    one = "I fly from Ashford to Birchwood on the first day and want a seat at the window, please."
    other = one.replace("Ashford", "X").replace("Birchwood", "Ashford").replace("X", "Birchwood")
    assert compare(read(one, usage), read(other, usage), usage) is None


def test_a_name_at_the_beginning_of_a_sentence_is_known_from_the_project() -> None:
    usage = _usage("We wrote to Petra and to Maria about it.", "The letter of Petra came.")
    one, other = "Maria wants the bill on paper again, please.", "Petra wants the bill on paper again, please."
    assert compare(read(one, usage), read(other, usage), usage) is None


def test_the_normal_form_keeps_numbers_apart() -> None:
    assert normal_form("It's 6.50 €, e-mail me!") == normal_form("its 6.50 EMAIL me")
    assert normal_form("1,000 items") == normal_form("1000 Items")
    assert len({normal_form(text) for text in ("6.50", "650", "6 50", "6-50")}) == 4
    assert normal_form("Straße") == normal_form("STRASSE")
    assert normal_form("…!? ") == ""


@given(st.lists(st.text(max_size=60), max_size=12))
def test_words_and_runs_stay_inside_their_texts(texts: list[str]) -> None:
    folded = [fold(text) for text in texts]
    together = words_of(folded)
    hashes, places = runs(together, 3)
    apart = [words_of([text]) for text in folded]
    assert together.hashes.tolist() == [value for one in apart for value in one.hashes.tolist()]
    assert hashes.tolist() == [value for one in apart for value in runs(one, 3)[0].tolist()]
    assert all(together.text[place] == together.text[place + 2] for place in places)


def test_hashes_are_the_same_on_every_machine() -> None:
    assert words_of(["order 4711"]).hashes.tolist() == words_of(["x", "order, 4711!"]).hashes.tolist()[1:]
    assert words_of(["order"]).hashes.tolist() == [6189903436943994001]


def test_signs_without_spaces_are_words() -> None:
    assert len(words_of(["退款需要多久"]).hashes) == 6
    assert len(words_of(["क्यों नहीं"]).hashes) == 2
