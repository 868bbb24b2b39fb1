"""What is cut out of a row's bytes is the same, to the byte, as what the whole of the row would have become."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reviewer.formats.rows import RowError, parse_object
from reviewer.intake.mapping import Mapper, Mapping
from reviewer.intake.plain_rows import PlainRows
from reviewer.intake.preparing import Prepared, prepare

FIELDS = {
    "id": "id", "messages": "messages", "output:a": "a", "output:b": "b", "reference": "reference",
    "workflow": "workflow", "time": "time", "metadata": "facts",
}  # fmt: skip
WITHOUT_IDS = {"messages": "messages", "output": "a"}
ROW: dict[str, Any] = {
    "id": "a 1",
    "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Wo  ist es? \n é €"}],
    "a": 'It is "here".\n',
    "b": "",
    "reference": "there\\",
    "workflow": " re\tfunds ",
    "time": "2026-01-31T12:00:00Z",
    "facts": {"tier": "plus", "minutes": 4.50, "none": None, "deep": {"a": [1, 2]}},
    "more": [{"x": 1}, None],
    "n": 12,
}


def usual(raw: bytes, fields: dict[str, str]) -> Prepared | None:
    """What the row becomes when it is read as a whole; None when it is refused."""
    try:
        return prepare(Mapper(Mapping(fields)).case(parse_object(raw)))
    except (RowError, RecursionError):
        return None


def plain(raw: bytes, fields: dict[str, str]) -> Prepared | None:
    """What is made of it without that."""
    rows = PlainRows.of(Mapping(fields), None)
    assert rows is not None
    return rows.prepared(raw)


def written(value: object, how: int) -> bytes:
    """The value as different programs write it."""
    if how == 0:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    if how == 1:
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return json.dumps(value, indent=1 if how == 3 else None).replace("\n", " ").encode()


@pytest.mark.parametrize("how", [0, 1])
@pytest.mark.parametrize("fields", [FIELDS, WITHOUT_IDS])
def test_a_usual_row_needs_no_parsing_whether_spaced_or_not(how: int, fields: dict[str, str]) -> None:
    found = plain(written(ROW, how), fields)
    assert found is not None
    assert found == usual(written(ROW, how), fields)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y","a":"z"}',
        b'{"id":"1","messages":[{"role":"user","content":"x","content":"y"}],"a":"y"}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y","facts":{"k":1,"k":2}}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y","other":{"k":1,"k":2}}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y","other":[NaN]}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"\xff"}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"\\u00e9"}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"\\/"}',
        b'{"id":"1","messages":[{"role":"user","content":"\x01"}],"a":"y"}',
        b'{"id":"1","messages":[{"role":"bot","content":"x"}],"a":"y"}',
        b'{"id":"1","messages":[{"role":"user","content":["x"]}],"a":"y"}',
        b'{"id":"1","messages":[{"role":"user","content":"x","name":"n"}],"a":"y"}',
        b'{"id":"1","messages":[],"a":"y"}',
        b'{"id":"1","messages":"x","a":"y"}',
        b'{"id":"1","a":"y"}',
        b'{"id":" ","messages":[{"role":"user","content":"x"}],"a":"y"}',
        b'{"id":1.0,"messages":[{"role":"user","content":"x"}],"a":"y"}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":{"text":"y"}}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y","time":"never"}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y","other":12345678901234567890}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y","_rejected":{"line":1}}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}] ,"a":"y"}',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y"',
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"\\',
        b"[1]",
        b'{"id":"1","messages":[{"role":"user","content":"x"}],"a":"y","other":' + b"[" * 3000 + b"]" * 3000 + b"}",
    ],
)
def test_what_is_unusual_is_left_to_who_reads_it_as_a_whole(raw: bytes) -> None:
    assert plain(raw, FIELDS) is None


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        (FIELDS, "id"),
        ({**FIELDS, "system": "s"}, None),
        ({**FIELDS, "latency:a": "l"}, None),
        ({**FIELDS, "metadata.x": "x"}, None),
        ({**FIELDS, "id": "a.b"}, None),
        ({**FIELDS, "id": "to_string(n)"}, None),
        ({**FIELDS, "id": '"my id"'}, None),
        ({"messages": "messages"}, None),
        ({"prompt": "p", "output": "a"}, None),
    ],
)
def test_a_mapping_that_asks_for_more_reads_rows_as_a_whole(fields: dict[str, str], where: str | None) -> None:
    assert PlainRows.of(Mapping(fields), where) is None


TEXTS = st.text(max_size=12) | st.sampled_from(["", " x  y ", "a\\b", 'say "so"', "\n\t\x7f\u2028\ufeff", "\U0001f600"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2))
MESSAGES = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["system", "user", "assistant", "tool", "bot"]), "content": TEXTS})
    | st.dictionaries(st.sampled_from(["role", "content", "name"]), TEXTS),
    max_size=3,
)
ROWS = st.fixed_dictionaries(
    {"id": TEXTS | st.integers(), "messages": MESSAGES | VALUES, "a": TEXTS},
    optional={
        "b": TEXTS | VALUES,
        "reference": TEXTS | VALUES,
        "workflow": TEXTS | VALUES,
        "time": st.sampled_from(["2026-01-31T12:00:00Z", 1_700_000_000, "31.1.", None]) | VALUES,
        "facts": st.dictionaries(TEXTS, VALUES, max_size=3) | VALUES,
        "other": VALUES,
        "é": TEXTS,
    },
)


@settings(max_examples=400, deadline=None)
@given(row=ROWS, how=st.integers(0, 3), cut=st.tuples(st.integers(0, 200), st.binary(max_size=2)) | st.none())
@example(row=ROW, how=0, cut=None)
def test_whatever_is_made_of_a_row_is_what_the_whole_of_it_becomes(
    row: dict[str, Any], how: int, cut: tuple[int, bytes] | None
) -> None:
    raw = written(row, how)
    if cut is not None:
        place, change = cut
        raw = raw[:place] + change + raw[place + 1 :]
    raw = raw.replace(b"\n", b" ").strip()
    for fields in (FIELDS, WITHOUT_IDS):
        found = plain(raw, fields)
        if found is not None:
            assert found == usual(raw, fields)


@settings(max_examples=200, deadline=None)
@given(text=st.text())
def test_a_text_without_rarer_escapes_is_stored_as_it_stands(text: str) -> None:
    raw = orjson.dumps({"messages": [{"role": "user", "content": text}], "a": text})
    found = plain(raw, WITHOUT_IDS)
    assert found == usual(raw, WITHOUT_IDS) or (found is None and b"\\u" in raw)
