"""Plain dress loses no word and knows where each piece came from."""

import re
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reviewer.compare.dress import dressed, plain_dress

_MARKDOWN = st.lists(
    st.sampled_from(
        [
            *("# ", "## ", "**", "*", "_", "`", "``", "```\n", "~~~", "> ", "- ", "1. ", "10) ", "\n", "\n\n", "  "),
            *("[a](b)", "![pic](x.png)", "](", "[", "](http://a.b/c_d)", "---\n", "***", "\\*", "word", "Caf\u00e9"),
            *("<br>", "<think>", "List<int>", "https://x.y/z", "a \\| b", "x\\y", ":---", "7", ".", ", ", "\t", "\r\n"),
            *("|", "    ", "&amp;", "[^1]:", "| a | b |\n|---|---|\n", "| 1 | 2 | 3 |\n", "---\nkey: value\n---\n"),
        ]
    ),
    max_size=40,
).map("".join)


def _letters(text: str) -> list[str]:
    return [char for char in text if char.isalnum()]


def _words(text: str) -> Counter[str]:
    return Counter(re.findall(r"[^\W_]+", text))


@given(_MARKDOWN)
def test_no_letter_is_ever_lost_added_or_moved(text: str) -> None:
    assert _letters(plain_dress(text)) == _letters(text)


@given(st.text(max_size=300))
def test_no_letter_of_any_text_is_lost(text: str) -> None:
    assert _letters(plain_dress(text)) == _letters(text)


_WORDS = st.sampled_from(["refund", "**30**", "days", "`code`", "_not_", "# Head", "- item", "1. one"])


@given(st.lists(_WORDS, max_size=20))
def test_every_word_stays_a_word(words: list[str]) -> None:
    text = "\n".join(words)
    assert _words(plain_dress(text)) == _words(text)


@given(_MARKDOWN)
def test_each_piece_stands_where_it_says_in_the_source(text: str) -> None:
    last = 0
    for part in dressed(text):
        if part.start is not None:
            assert text[part.start : part.start + len(part.text)] == part.text
            assert part.start >= last
            last = part.start + len(part.text)


def test_headings_emphasis_and_lists_become_plain_lines() -> None:
    text = (
        "# Refunds\n\n**Yes**, within *30 days*.\n* one\n* two\n  1) inner\n\n---\n\n"
        "```sql\nselect 1\n```\n> said `so`\n"
    )
    assert plain_dress(text) == ("Refunds\n\nYes, within 30 days.\n- one\n- two\n   1. inner\n\nsql\nselect 1\nsaid so")


def test_two_answers_that_differ_in_dress_alone_look_alike() -> None:
    one = "## Answer\n\n\n* **Fee**: 30\n* Time: 2 days\n"
    two = "**Answer**\n\n- Fee: 30\n- *Time*: 2 days"
    assert plain_dress(one) == plain_dress(two)


def test_a_table_keeps_its_surplus_cells() -> None:
    assert plain_dress("|a|b|\n|-|-|\n|1|2|3|") == "a | b\n1 | 2 | 3"


def test_a_link_keeps_its_address() -> None:
    assert plain_dress("see [the policy](https://x.org/p)") == "see the policy (https://x.org/p)"
