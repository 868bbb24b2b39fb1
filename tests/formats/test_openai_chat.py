"""Chat messages of all sorts become one shape, and that shape stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.formats.conversation import Message, ToolCall
from reviewer.formats.openai_chat import answer_parts, messages_of, split_trajectory
from reviewer.formats.rows import RowError

CALL = st.builds(ToolCall, st.text(max_size=5), st.text(min_size=1, max_size=8), st.text(max_size=10))
MESSAGE = st.builds(
    Message,
    st.sampled_from(["system", "developer", "user", "assistant", "tool"]),
    st.text(max_size=30),
    st.none() | st.text(max_size=5),
    st.none() | st.text(max_size=5),
    st.lists(CALL, max_size=2).map(tuple),
)


@given(st.lists(MESSAGE, min_size=1, max_size=5))
def test_our_own_messages_stay_as_they_are(messages: list[Message]) -> None:
    stored = [message.to_json() for message in messages]
    assert messages_of(stored) == stored
    assert Message.list_from_json(messages_of(stored)) == tuple(messages)


@given(st.lists(MESSAGE, min_size=1, max_size=6))
def test_input_and_trajectory_are_the_whole(messages: list[Message]) -> None:
    stored = [message.to_json() for message in messages]
    before, after = split_trajectory(stored)
    assert before + after == stored
    assert all(item["role"] in ("system", "developer", "user") for item in before)
    assert not after or after[0]["role"] in ("assistant", "tool")


def shown(value: object) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        (item["role"], item["content"], [(call["name"], call["arguments"]) for call in item["tool_calls"]])
        for item in messages_of(value)
    ]


SHAPES: dict[str, tuple[Any, list[tuple[str, str, list[tuple[str, str]]]]]] = {
    "text": ("hello", [("user", "hello", [])]),
    "one message": ({"role": "user", "content": "x"}, [("user", "x", [])]),
    "json text": ('[{"role": "user", "content": "x"}]', [("user", "x", [])]),
    "text that looks like a list": ("[1] is a footnote", [("user", "[1] is a footnote", [])]),
    "null content": ([{"role": "assistant", "content": None, "tool_calls": None}], [("assistant", "", [])]),
    "tool calls": (
        [{"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"a" : 1}'}}]}],
        [("assistant", "", [("f", '{"a" : 1}')])],
    ),
    "arguments as an object": (
        [{"role": "assistant", "tool_calls": [{"id": "1", "function": "f", "arguments": {"ä": 1}}]}],
        [("assistant", "", [("f", '{"ä": 1}')])],
    ),
    "blocks": (
        [
            {"role": "assistant", "content": [{"type": "text", "text": "Let me see."},
                                              {"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "ok"}]},
        ],
        [("assistant", "Let me see.", [("f", "{}")]), ("tool", "ok", [])],
    ),
    "parts": (
        [{"role": "user", "parts": [{"type": "text", "content": "hi"}]},
         {"role": "assistant", "parts": [{"type": "tool_call", "id": "t", "name": "f", "arguments": {"a": 1}}]},
         {"role": "tool", "parts": [{"type": "tool_call_response", "id": "t", "response": "ok"}]}],
        [("user", "hi", []), ("assistant", "", [("f", '{"a": 1}')]), ("tool", "ok", [])],
    ),
    "sharegpt": (
        [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}],
        [("user", "a", []), ("assistant", "b", [])],
    ),
    "media": (
        [{"role": "user", "content": [{"type": "input_text", "text": "see"}, {"type": "input_image"},
                                      {"type": "input_audio"}, {"type": "file"}]}],
        [("user", "see\n[image]\n[audio]\n[file]", [])],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), SHAPES.values(), ids=SHAPES)
def test_shapes(value: object, expected: object) -> None:
    assert shown(value) == expected


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (3, "messages"),
        ([3], "messages[0]"),
        ([{"role": "user", "content": "x"}, {"content": "y"}], "messages[1].role"),
        ([{"role": "assistant", "tool_calls": [{"function": {}}]}], "messages[0].tool_calls[0].function.name"),
        ([{"role": "assistant", "tool_calls": "x"}], "messages[0].tool_calls"),
        ([{"role": "user", "content": [3]}], "messages[0].content[0]"),
    ],
)
def test_what_is_wrong_is_named(value: object, field: str) -> None:
    with pytest.raises(RowError) as caught:
        messages_of(value)
    assert caught.value.field == field


def test_answers() -> None:
    assert answer_parts("x") == ("x", [])
    assert answer_parts({"role": "assistant", "content": "x"}) == ("x", [])
    assert answer_parts({"choices": [{"message": {"role": "assistant", "content": "x"}}]}) == ("x", [])
    assert answer_parts({"a": 1})[0] == '{\n  "a": 1\n}'
    assert answer_parts(True) == ("true", [])
    text, steps = answer_parts(
        [
            {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]},
            {"role": "tool", "content": "r"},
            {"role": "assistant", "content": "done"},
        ]
    )
    assert (text, len(steps)) == ("done", 3)
