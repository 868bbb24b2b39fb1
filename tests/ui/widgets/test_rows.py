"""The map between what is shown and the source it came from, in both directions and in every way of showing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.ui.widgets.characters import count_invisible, has_hidden, shown_parts, symbol
from reviewer.ui.widgets.rows import Row, points_before, span_of, units_before
from reviewer.ui.widgets.source_rows import Options
from reviewer.ui.widgets.text_rows import Kind, text_rows

PLACE = ("output", 0)
HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            'ab *_`#>|-1.[]()!{}":,\\\n\r\t\x00\x07\x7f\x85\u00a0\u00ad\u2028\u2029\u200b\u202e\u2066\ufeff'
            "\ufffc\ufdd0\uffff\ud800\udfff\U0001f600\U000e0041\ufe0fé漢"
        ),
        st.characters(),
    ),
    max_size=120,
)
KINDS: st.SearchStrategy[Kind] = st.sampled_from(["markdown", "plain", "json", "dress"])
OPTIONS = st.builds(Options, st.booleans(), st.booleans())


def rows_of(text: str, kind: Kind, options: Options, base: int = 0) -> list[Row]:
    return text_rows(text, PLACE, kind=kind, options=options, base=base)


@given(HOSTILE, KINDS, OPTIONS)
def test_no_row_holds_what_qt_would_take_for_something_else(text: str, kind: Kind, options: Options) -> None:
    for row in rows_of(text, kind, options):
        assert not set(row.shown) & set("\n\r\x00\u2028\u2029\ufffc\ufdd0\ufdd1\uffff")
        assert not any("\ud800" <= char <= "\udfff" for char in row.shown)
        assert row.length == len(row.shown) == sum(len(run.text) for run in row.runs)


@given(HOSTILE, KINDS, OPTIONS)
def test_pieces_stand_in_order_and_say_the_truth(text: str, kind: Kind, options: Options) -> None:
    shown_at = source_at = 0
    for row in rows_of(text, kind, options, base=7):
        shown_at = 0
        for piece in row.pieces:
            assert piece.shown >= shown_at
            assert piece.start - 7 >= source_at
            shown_at, source_at = piece.shown + piece.shown_length, piece.start - 7 + piece.length
            source = text[piece.start - 7 : source_at]
            shown = row.shown[piece.shown : shown_at]
            if shown != source and not (kind == "markdown" and shown[0] in "•◦─▨d("):
                assert piece.length == 1 or source.startswith("\\u")
        assert shown_at <= row.length


@given(HOSTILE, st.booleans())
def test_source_view_shows_every_character_but_line_ends(text: str, reveal: bool) -> None:
    seen = {
        place
        for row in rows_of(text, "markdown", Options(True, reveal))
        for piece in row.pieces
        for place in range(piece.start, piece.start + piece.length)
    }
    left_out = {place for place in range(len(text)) if place not in seen}
    assert all(text[place] == "\n" or text[place : place + 2] == "\r\n" for place in left_out)


@given(HOSTILE, KINDS, OPTIONS, st.data())
def test_a_span_goes_to_the_screen_and_back(text: str, kind: Kind, options: Options, data: st.DataObject) -> None:
    rows = rows_of(text, kind, options)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    spans = [(number, span) for number, row in enumerate(rows) if (span := row.shown_span(start, end)) is not None]
    pieces = [piece for row in rows for piece in row.pieces]
    touched = [piece for piece in pieces if piece.start < end and piece.start + piece.length > start]
    if start == end or not touched:
        assert not spans
        return
    back = span_of(rows, (spans[0][0], spans[0][1][0]), (spans[-1][0], spans[-1][1][1]), ["output"])
    assert back is not None

    head, tail = touched[0], touched[-1]
    first = head.start if head.shown_length != head.length else max(start, head.start)
    stop = tail.start + tail.length
    assert back == (PLACE, first, stop if tail.shown_length != tail.length else min(end, stop))


@given(HOSTILE, st.integers(0, 120))
def test_utf16_units_and_code_points_agree(text: str, points: int) -> None:
    points = min(points, len(text))
    units = units_before(text, points)
    assert units == len(text[:points].encode("utf-16-le", "surrogatepass")) // 2
    assert points_before(text, units) == points


def test_nbsp_crlf_and_line_separators_keep_their_offsets() -> None:
    text = "a\u00a0b\r\nc\u2028d\U0001f600e"
    rows = rows_of(text, "plain", Options())
    assert [row.shown for row in rows] == ["a\u00a0b", "c⟨2028⟩d\U0001f600e"]
    assert rows[1].source_span(0, 1) == (5, 6)
    assert rows[1].source_span(2, 3) == (6, 7)
    assert text[8:10] == "\U0001f600e"
    assert rows[1].shown_span(8, 10) == (8, 10)


@pytest.mark.parametrize(
    ("char", "sign"),
    [
        ("\x00", "␀"),
        ("\ud800", "⟨D800⟩"),
        ("\u202e", "⟨RLO⟩"),
        ("\u200b", "⟨ZWSP⟩"),
        ("\U000e0041", "⟨tag A⟩"),
        ("\x7f", "␡"),
    ],
)
def test_each_hidden_character_has_its_symbol(char: str, sign: str) -> None:
    assert symbol(char) == sign
    assert [part for part, _, _ in shown_parts(f"a{char}b", 0, 3, reveal=True)] == ["a", sign, "b"]


def test_nul_and_surrogates_are_symbols_without_being_asked() -> None:
    assert "".join(part for part, _, _ in shown_parts("a\x00\udfff\u200bb", 0, 5, reveal=False)) == "a␀⟨DFFF⟩\u200bb"


def test_invisible_characters_are_counted_but_not_those_within_emoji_and_persian() -> None:
    assert count_invisible("a\u200bb\u202e c\U000e0041\x00") == 4
    assert count_invisible("\u2705\ufe0f \U0001f469\u200d\U0001f52c \u0645\u06cc\u200c\u062e") == 0
    assert count_invisible("line\r\nline\n") == 0
    assert has_hidden("\u2705\ufe0f")
    assert not has_hidden("plain\r\ntext")


def test_long_runs_get_breaks_that_are_in_no_source() -> None:
    parts = list(shown_parts("x" * 1200, 0, 1200, reveal=False))
    assert [(len(part), length) for part, _, length in parts] == [(500, 500), (1, 0), (500, 500), (1, 0), (200, 200)]
    assert any(length == 0 for _, _, length in shown_parts(" " * 900, 0, 900, reveal=False))
