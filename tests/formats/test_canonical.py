"""The canonical record: exact, typed, ASCII, and hashed over what the case says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import InputError
from reviewer.formats import canonical
from reviewer.formats.conversation import Document, Message, ToolCall

# Text with everything that breaks naive readers: line separators, lone surrogates, NUL.
TEXT = st.text(st.characters() | st.sampled_from("\u2028\u2029\x85\ud800\udfff\x00\r\n"), max_size=40)
CALLS = st.builds(ToolCall, TEXT, TEXT, TEXT)
MESSAGES = st.builds(
    Message,
    st.sampled_from(["system", "user", "assistant", "tool"]),
    TEXT,
    st.none() | TEXT,
    st.none() | TEXT,
    st.lists(CALLS, max_size=2).map(tuple),
)
NUMBERS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
RECORDS = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True),
        "dataset": st.just("refunds"),
        "dataset_version": st.integers(1, 99).map(str),
        "revision": st.integers(1, 5),
        "created_ms": st.integers(0, 2**45),
        "slices": st.lists(st.sampled_from(["core", "edge"]), max_size=1),
        "tags": st.lists(TEXT, max_size=2),
        "messages": st.lists(MESSAGES, max_size=3),
        "tools": st.lists(st.dictionaries(TEXT, TEXT | st.integers() | st.none(), max_size=2), max_size=2),
        "documents": st.lists(st.builds(Document, TEXT, TEXT, NUMBERS), max_size=2),
        "expected": st.none() | TEXT,
        "observed": st.none() | TEXT,
        "observed_model": st.none() | TEXT,
        "latency_ms": NUMBERS,
        "trace_id": st.none() | TEXT,
        "metadata": st.dictionaries(TEXT, TEXT, max_size=3),
    }
)


@given(RECORDS)
def test_what_is_written_is_read_back_by_a_reader_that_knows_nothing_of_us(given_: dict[str, Any]) -> None:
    found = canonical.record(**given_)
    line = canonical.encode(found)
    assert line.isascii()
    assert len(line.splitlines()) == 1
    plain = json.loads(line)
    assert plain == found == canonical.decode(line)
    assert list(plain) == sorted(canonical.FIELDS)
    assert canonical.encode(plain) == line
    assert Message.list_from_json(plain["messages"]) == tuple(given_["messages"])
    assert [Document.from_json(item) for item in plain["context"]] == given_["documents"]


def _record(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": "case-1",
        "dataset": "refunds",
        "dataset_version": "1",
        "revision": 1,
        "created_ms": 0,
        "slices": ["core"],
        "tags": [],
        "messages": [Message("system", "s"), Message("user", "first"), Message("user", "last")],
        "tools": [],
        "documents": [Document("d", "text", 1)],
        "expected": '{"b": 1, "a": "é"}',
        "observed": "answer",
        "observed_model": "prod",
        "latency_ms": 5,
        "trace_id": None,
        "metadata": {},
    }
    return canonical.record(**{**values, **changes})


def test_the_prompt_is_the_last_user_text_and_numbers_keep_one_type() -> None:
    found = _record()
    assert found["prompt"] == "last"
    assert found["expected_json"] == '{"a":"\\u00e9","b":1}'
    assert isinstance(found["observed"]["latency_ms"], float)
    assert isinstance(found["context"][0]["score"], float)
    assert _record(messages=[Message("assistant", "hello")])["prompt"] == ""
    assert _record(expected="{not json")["expected_json"] is None


def test_the_hash_is_of_what_the_case_says_and_not_of_the_version_that_carries_it() -> None:
    first = _record()
    assert first["content_hash"].startswith("sha256:")
    assert _record(dataset="other", dataset_version="7", revision=3)["content_hash"] == first["content_hash"]
    assert _record(expected="other")["content_hash"] != first["content_hash"]
    assert _record(slices=["edge"])["content_hash"] != first["content_hash"]


def test_a_number_that_json_cannot_carry_is_refused() -> None:
    with pytest.raises(InputError, match="case-1"):
        _record(latency_ms=float("nan"))
    with pytest.raises(InputError, match="case-1"):
        _record(tools=[{"limit": float("inf")}])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extra": 1}, "extra"),
        ({"prompt": None}, "prompt"),
        ({"revision": True}, "revision"),
        ({"tags": [1]}, "tags"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"observed": {}}, "observed"),
        ({"messages": [{"role": "user"}]}, r"messages\[0\]"),
        ({"expected": "tampered"}, "content_hash"),
        ({"schema": "evalset.case/2"}, "schema"),
    ],
)
def test_a_line_that_is_no_whole_record_is_refused_with_its_field(change: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        canonical.decode(canonical.encode({**_record(), **change}))
    with pytest.raises(InputError, match="no JSON"):
        canonical.decode(b"{")
