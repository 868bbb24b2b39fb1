"""What is rendered, what falls back to source, and what JSON looks like."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.ui.widgets.json_rows import call_words, json_rows
from reviewer.ui.widgets.source_rows import Options, rest_rows
from reviewer.ui.widgets.text_rows import Kind, past_caps, text_rows

PLACE = ("output", 0)


def shown(text: str, kind: Kind = "markdown", *, source: bool = False, reveal: bool = False) -> list[str]:
    return [row.shown for row in text_rows(text, PLACE, kind=kind, options=Options(source, reveal))]


@pytest.mark.parametrize(
    "text",
    [
        "<think>a plan nobody closes",
        "a<br>b",
        "Use List<int> and Map<K, V>",
        "<!-- remark -->",
        "&lt;b&gt;",
        "x < y > z",
        "[^1]: the footnote's body",
        "$$x_1 * y_2$$",
        "<style>*{display:none}</style>",
        "<details><summary>More</summary>inside</details>",
    ],
)
def test_nothing_that_looks_like_html_is_hidden(text: str) -> None:
    assert shown(text) == [text]


def test_front_matter_fence_words_surplus_cells_and_picture_words_stay() -> None:
    text = '---\ntitle: x\n---\n```python key=1\ny\n```\n| a |\n|---|\n| 1 | extra |\n![alt](pic.png "tip")'
    together = "\n".join(shown(text))
    for word in ("title: x", "python key=1", "extra", "alt", "pic.png", "tip"):
        assert word in together


def test_a_picture_is_a_placeholder_and_a_data_address_is_shortened() -> None:
    text = f"![map](data:image/png;base64,{'A' * 5000})"
    row = shown(text)[0]
    assert row.startswith("▨ image map (data:image/png")
    assert "5,022 characters" in row
    assert len(row) < 120


def test_lists_headings_and_tables_take_shape() -> None:
    text = "# Head\n- one\n  - two\n10. ten\n\n| a | long |\n|---|---|\n| 漢 | x |"
    assert shown(text) == ["Head", "•\tone", "◦\ttwo", "10.\tten", "", "a  │ long", "漢 │ x"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a" * 100_001, "characters"),
        ("\n" * 10_001, "lines"),
        ("a " * 10_001, "characters in one line"),
        ("`" * 2_001, "backticks"),
        ("| a |\n" * 301, "table rows"),
        ("|" + "a|" * 6_001, "table cells"),
    ],
)
def test_past_a_cap_the_text_shows_as_source_and_says_why(text: str, words: str) -> None:
    assert words in past_caps(text)
    assert words in shown(text)[0]
    assert shown(text)[1:] == shown(text, source=True)


def test_a_long_text_shows_a_chunk_and_offers_the_rest() -> None:
    text = "word " * 100_000
    rows = text_rows(text, PLACE, kind="markdown", options=Options(source=True), part="text")
    assert sum(row.length for row in rows[:-1]) == 30_000
    assert rows[-1].kind == "more"
    assert (rows[-1].target.part, rows[-1].target.at) == ("text", 30_000)
    assert "470,000 more characters" in rows[-1].shown
    whole = text_rows(text, PLACE, kind="markdown", options=Options(source=True), stop=None)
    assert "".join(row.shown for row in whole) == text


@given(st.text(alphabet="ab\n\r ", max_size=60).map(lambda text: text * 300), st.integers(1, 5_000))
def test_chunks_together_are_the_rows_of_the_whole(text: str, characters: int) -> None:
    options = Options(source=True)
    rows = text_rows(text, PLACE, kind="plain", options=options, stop=characters)
    while rows[-1].kind == "more":
        rows[-1:] = rest_rows(rows[-1].target, characters * 3, options)
    whole = text_rows(text, PLACE, kind="plain", options=options, stop=None)
    assert [(row.shown, row.pieces) for row in rows] == [(row.shown, row.pieces) for row in whole]


def test_source_shows_every_line_as_it_is() -> None:
    assert shown("# a\n\n**b**\r\n", source=True) == ["# a", "", "**b**", ""]


def test_json_is_laid_out_with_each_token_as_written() -> None:
    text = '{"a":[1,2.50,1e999],"a":null,"long":{"k":"' + "v" * 70 + '"},"n":' + "9" * 5000 + "}"
    rows = shown(text, "json")
    assert rows[:4] == ["{", '  "a": [1, 2.50, 1e999],', '  "a": null,', '  "long": {']
    assert "9" * 500 in rows[-2]


def test_escapes_of_visible_characters_show_as_characters() -> None:
    assert shown(r'["Caf\u00e9 \ud83d\ude00 \u202e \\u00e9"]') == [r'["Café 😀 \u202e \\u00e9"]']


@pytest.mark.parametrize(
    "text", ["[" * 5000 + "]" * 5000, "{", "[1,]", '{"a" 1}', "[1] tail", "{]", '{"a":1 "b":2}', ""]
)
def test_what_is_no_sound_json_falls_back_to_source(text: str) -> None:
    assert json_rows(text, PLACE, base=0, reveal=False) is None
    text_rows(text, PLACE, kind="json", options=Options())


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=20,
    ),
    st.booleans(),
)
def test_any_json_is_shown_whole(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    rows = json_rows(text, PLACE, base=0, reveal=False)
    assert rows is not None
    covered = {
        place for row in rows for piece in row.pieces for place in range(piece.start, piece.start + piece.length)
    }
    assert all(char == " " for place, char in enumerate(text) if place not in covered)


def test_a_call_is_told_in_its_values() -> None:
    assert call_words('{"id": "EHGLP3", "n": 2, "list": [{"a": 1}], "deep": {"b": []}}') == "EHGLP3, 2, […], {…}"
    assert call_words("not json") == "not json"
    assert call_words("{}") == ""
