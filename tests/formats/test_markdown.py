"""What of a Markdown text is shown, line by line."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.formats.markdown import BOLD, CODE, IMAGE, ITALIC, LINK, URL, read_lines, stretches


def shown(text: str) -> list[tuple[str, int]]:
    return [(text[piece.start : piece.end], piece.style) for piece in stretches(text, 0, len(text))]


def test_emphasis_and_code_are_styled_and_their_marks_left_out() -> None:
    assert shown("a **b** `c*` ***d***") == [
        ("a ", 0), ("b", BOLD), (" ", 0), ("c*", CODE), (" ", 0), ("d", BOLD | ITALIC),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "<think>hm",
        "a<br>b",
        "List<int>",
        "2*3*4",
        "snake_case_name",
        "**open",
        "&amp; &lt;",
        "[^1]: note",
        "``` a",
        "x \\( y \\)",
    ],
)
def test_what_is_no_mark_stays_as_it_is(text: str) -> None:
    assert "".join(piece for piece, _ in shown(text)) == text


def test_a_link_shows_its_words_and_its_address() -> None:
    assert shown("[here](https://a.b) x") == [("here", LINK), ("(https://a.b)", URL), (" x", 0)]
    assert shown("![alt](/etc/passwd)") == [("alt", IMAGE), ("(/etc/passwd)", IMAGE | URL)]


def test_front_matter_and_fence_words_are_lines_of_their_own() -> None:
    lines = read_lines("---\ntitle: x\n---\n```python title=a\ny\n```\nz")
    assert [line.kind for line in lines] == ["matter", "matter", "matter", "fence", "code", "text"]


def test_lists_nest_by_their_indent_and_end_at_plain_text() -> None:
    lines = read_lines("1. a\n   - b\n     more\n2. c\n\nplain")
    assert [(line.kind, line.depth) for line in lines] == [
        ("item", 1), ("item", 2), ("text", 2), ("item", 1), ("blank", 0), ("text", 0),
    ]  # fmt: skip


@given(st.text(alphabet='ab *_`~[]()!\\|<>#-1.\n\t\r"', max_size=200))
def test_only_marks_are_left_out_and_the_order_is_kept(text: str) -> None:
    kept = set()
    last = 0
    for line in read_lines(text):
        if line.marker:
            kept.update(range(*line.marker))
        for start, end in line.cells or [(line.start, line.end)]:
            for piece in stretches(text, start, end) if line.kind not in ("code", "matter") else [(start, end)]:
                assert last <= piece[0] < piece[1] or piece[0] == piece[1]
                last = piece[1]
                kept.update(range(piece[0], piece[1]))
    assert not [char for place, char in enumerate(text) if place not in kept and char.isalnum()]


@pytest.mark.parametrize(
    "text",
    [
        "*" * 100_000, "*a" * 50_000, "**a **" * 16_000, "`" * 100_000, "`a``" * 25_000, "[" * 100_000, "[](" * 33_000,
        "[a](b" * 20_000, "> " * 50_000, "  - a\n" * 16_000, " " * 100_000, "| " * 50_000 + "\n" + "|-" * 50_000,
        "~~a" * 33_000, "![" * 50_000, "_a_ " * 25_000, "\\*" * 50_000, "https://" * 12_000, "|\n" * 50_000,
        ("*a" * 9_000 + "\n") * 5, ("[" * 500 + "](" * 500 + "\n") * 60, ("`" * 19_000 + "\n") * 5,
    ],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_no_text_within_the_cap_takes_long(text: str) -> None:
    begun = time.process_time()
    for line in read_lines(text):
        for start, end in line.cells or [(line.start, line.end)]:
            stretches(text, start, end)
    assert time.process_time() - begun < 5
