"""The leak scan: what gives a side away is found, masked without cutting content, and put back exactly."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.compare import leaks
from reviewer.compare.leaks import MASK, find_leaks, mask, unmask


def keys_of(base: list[str], tuned: list[str], *names: str) -> dict[str, tuple[int, int]]:
    """Finding to its counts, the larger first."""
    keys = [f"case-{number}" for number in range(len(base))]
    return {leak.key: (leak.more, leak.less) for leak in find_leaks(keys, base, tuned, names)}


def test_names_and_tokens_are_found_and_proposed() -> None:
    base = ["I am GPT-4o and the fee is €6.<|im_end|>", "The fee is €6."]
    tuned = ["[INST] fee? [/INST] €6, says acme-claims-v2.", "Assistant: The fee is €6."]
    leaks = find_leaks(["a", "b"], base, tuned, ["base", "acme-claims-v2"])
    found = {leak.key for leak in leaks if leak.proposed}
    assert found == {
        "name:gpt-4o",
        "name:acme-claims-v2",
        "token:<|im_end|>",
        "token:[inst]",
        "token:[/inst]",
        "token:assistant:",
    }
    assert all(leak.examples == ("a",) for leak in leaks if leak.key != "token:assistant:" and leak.proposed)


def test_metadata_of_a_model_call_is_found_line_by_line_and_content_is_not() -> None:
    base = [
        'The fee is 6.\nfinish_reason: stop\n"completion_tokens": 81,',
        "Model: Ford Focus\nVersion: 2\nTemperature: 38",
    ]
    leaks = find_leaks(["a", "b"], base, ["Six.", "Six."])
    assert {leak.key: leak.proposed for leak in leaks} == {
        "metadata:finish_reason": True,
        "metadata:completion_tokens": True,
    }
    masked, log = mask(base[0], leaks)
    assert masked == "The fee is 6.\n\n"
    assert unmask(masked, log) == base[0]


def test_a_variant_named_by_a_plain_word_is_no_telling_name() -> None:
    assert keys_of(["the base fee"], ["the tuned piano"], "base", "tuned") == {}


def test_a_model_that_says_who_it_is_is_found_whatever_its_name() -> None:
    base = ["I'm Claude, happy to help.", "My aunt Claude pays the bill.", "fine"]
    tuned = ["As acme, I can say that the fee is €6.", "I am modelA-7b.", "The acme plan costs €5."]
    found = {
        leak.key: leak for leak in find_leaks(["a", "b", "c"], base, tuned, ["acme", "modelA"]) if leak.rule == "name"
    }
    assert found.keys() == {"name:i'm claude", "name:as acme", "name:modela"}
    assert all(leak.proposed for leak in found.values())
    assert mask(base[1], found.values())[0] == base[1]
    assert mask(tuned[2], found.values())[0] == tuned[2]


def test_courtesies_of_one_side_are_proposed_and_caveats_never() -> None:
    base = [f"Case {n}: settled. Let me know if you need any further help!" for n in range(8)]
    tuned = [f"Case {n}: settled. See a doctor if it gets worse." for n in range(8)]
    proposed = {leak.key: leak.proposed for leak in find_leaks([str(n) for n in range(8)], base, tuned)}
    assert proposed["phrase:an offer of further help"]
    assert not proposed["closing:see a doctor if it gets worse."]
    both = find_leaks([str(n) for n in range(8)], base, base)
    assert not any(leak.proposed for leak in both), "what both sides have tells none of them"
    verdicts = find_leaks([str(n) for n in range(8)], ["Claim approved. Paid."] * 8, ["Claim denied. Kept."] * 8)
    assert verdicts
    assert not any(leak.proposed for leak in verdicts), "a sentence that comes often may be the answer"
    caveat = "Let me know if the symptoms get worse."
    assert find_leaks(["a"] * 4, [caveat] * 4, [caveat] * 4) == ()
    leaks = [leak for leak in find_leaks([str(n) for n in range(8)], base, tuned) if leak.proposed]
    masked, log = mask(base[0], leaks)
    assert masked == "Case 0: settled. ", "what is no part of the answer leaves no trace"
    assert unmask(masked, log) == base[0]


def test_phrases_are_shown_and_not_proposed() -> None:
    base = ["Certainly! As an AI language model I cannot give legal advice. I hope this helps!"] * 2
    leaks = find_leaks(["a", "b"], base, ["No.", "No."])
    assert {leak.rule for leak in leaks} == {"phrase"}
    assert not any(leak.proposed for leak in leaks), "a caveat can be what makes an answer right"


def test_openings_of_one_side_are_found_and_those_of_both_are_not() -> None:
    base = [f"Dear customer, all good. Case {number} is settled." for number in range(8)]
    tuned = [f"Case {number}: settled. Kind regards from Fennmoor." for number in range(8)]
    found = keys_of(base, tuned)
    assert found["opening:dear customer, all good."] == (8, 0)
    assert found["closing:kind regards from fennmoor."] == (8, 0)
    assert keys_of(base, base) == {}


def test_counts_do_not_say_which_side() -> None:
    one, other = ["GPT-4 here"] * 3, ["No names"] * 3
    assert keys_of(one, other) == keys_of(other, one)
    assert keys_of(one, other)["name:gpt-4"] == (3, 0)


def test_masking_leaves_every_other_word() -> None:
    text = "I am GPT-4 (gpt-4!). The fee is €6. <|im_end|>"
    leaks = find_leaks(["a"], [text], [""])
    masked, log = mask(text, leaks)
    assert masked == f"I am {MASK} ({MASK}!). The fee is €6. "
    assert [entry.text for entry in log] == ["GPT-4", "gpt-4", "<|im_end|>"]
    assert unmask(masked, log) == text


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (leaks._NAME, leaks._NAME_WORDS),
        (leaks._TOKEN, leaks._TOKEN_WORDS),
        (leaks._METADATA, leaks._METADATA_WORDS),
        *((pattern, leaks._PHRASE_WORDS[title]) for title, pattern in leaks._PHRASE.items()),
    ],
)
def test_the_words_that_are_looked_for_first_stand_in_whatever_a_pattern_finds(
    pattern: re.Pattern[str], words: tuple[str, ...]
) -> None:
    @given(st.from_regex(pattern, alphabet=st.characters(codec="ascii")))
    @settings(max_examples=60, deadline=None)
    def holds(text: str) -> None:
        assert any(word in text.lower() for word in words)

    holds()


@given(
    st.lists(st.sampled_from(["GPT-4", "<|im_end|>", "[masked]", " fee ", "\ud800", "[INST]", "\n", "é"]), max_size=12)
)
def test_unmask_gives_the_very_text(parts: list[str]) -> None:
    text = "".join(parts)
    assert mask("<|im_end|>", find_leaks(["a"], ["<|im_end|>"], [""])) == ("<|im_end|>", [])
    masked, log = mask(text, find_leaks(["a"], [text], ["GPT-4 <|im_end|> [INST]"]))
    assert unmask(masked, log) == text
