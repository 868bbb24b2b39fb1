"""Mapping: what is guessed, what a person says over it, and what single values become."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import InputError
from reviewer.formats.rows import RowError
from reviewer.intake.guess import guess, path_of, shape_of
from reviewer.intake.mapping import Mapper, Mapping, compile_expression
from reviewer.intake.values import documents_of, moment_of, number_of, truth_of


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3))
def test_a_path_leads_to_its_key(keys: list[str]) -> None:
    row: Any = "found"
    for key in reversed(keys):
        row = {key: row}
    assert compile_expression(path_of(*keys), "id")(row) == "found"


def test_the_shape_is_that_of_keys_and_kinds() -> None:
    assert shape_of([{"a": 1, "b": "x"}]) == shape_of([{"b": "y", "a": 2.5}, {"b": None}])
    assert shape_of([{"a": 1}]) != shape_of([{"a": "1"}])


MESSAGES = [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]
GUESSES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "trajectory": ({"id": "1", "messages": MESSAGES}, {"messages": "messages", "id": "id"}),
    "tau-bench": (
        {"task_id": 0, "trial": 0, "reward": 1.0, "traj": MESSAGES},
        {"messages": "traj", "score": "reward", "id": "join('-', [to_string(task_id), to_string(trial)])"},
    ),
    "prompt and completion": ({"prompt": "x", "completion": "y"}, {"prompt": "prompt", "output": "completion"}),
    "question and answer": (
        {"question": "x", "answer": "y", "contexts": ["z"], "ground_truth": "w"},
        {"prompt": "question", "output": "answer", "documents": "contexts", "reference": "ground_truth"},
    ),
    "chat input and ideal": ({"input": MESSAGES[:1], "ideal": "y"}, {"messages": "input", "reference": "ideal"}),
    "traced run": (
        {"inputs": {"question": "x"}, "outputs": {"answer": "y"}, "id": "1"},
        {"prompt": "inputs.question", "output": "outputs.answer", "id": "id"},
    ),
    "preferences": (
        {"input": {"messages": MESSAGES[:1]}, "preferred_output": MESSAGES[1:]},
        {"messages": "input.messages", "output": "preferred_output"},
    ),
    "odd keys": ({"my id": "1", "prompt": "x", "the channel": "mail"}, {"metadata.the channel": '"the channel"'}),
}


@pytest.mark.parametrize(("row", "expected"), GUESSES.values(), ids=GUESSES)
def test_guesses(row: dict[str, Any], expected: dict[str, str]) -> None:
    rows = [row, {**row, "trial": 1}] if "trial" in row else [row]
    found = guess(rows)
    assert expected.items() <= dict(found.fields).items()
    Mapper(found).case(row)


def test_a_person_speaks_over_the_guess() -> None:
    guessed = guess([{"id": "1", "messages": MESSAGES, "model": "m", "topic": "t", "n": 1}])
    said = Mapping({"messages": "messages[:1]", "output": "messages[-1]", "workflow": ""}).over(guessed)
    assert dict(said.fields) == {"messages": "messages[:1]", "output": "messages[-1]", "id": "id", "metadata.n": "n"}


def test_a_join_leaves_nothing_out() -> None:
    row = {"instruction": "Do", "input": "", "output": "x"}
    mapper = Mapper(guess([row]))
    assert mapper.case(row).messages[0]["content"] == "Do"
    assert mapper.case({**row, "input": "this"}).messages[0]["content"] == "Do\n\nthis"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-02T03:04:05Z", 1767323045000),
        ("2026-01-02 03:04:05", 1767323045000),
        ("2026/01/02", 1767312000000),
        ("2026-01-02T05:04:05+02:00", 1767323045000),
        ("Fri, 02 Jan 2026 03:04:05 GMT", 1767323045000),
        (1767323045, 1767323045000),
        (1767323045.5, 1767323045500),
        ("1767323045", 1767323045000),
        (1767323045000, 1767323045000),
        (1767323045000000, 1767323045000),
        ("1767323045000000000", 1767323045000),
        (None, None),
        ("", None),
    ],
)
def test_times(value: object, expected: int | None) -> None:
    assert moment_of(value) == expected


@given(st.text() | st.integers() | st.floats() | st.booleans() | st.lists(st.integers()))
def test_any_value_is_taken_or_refused_with_words(value: object) -> None:
    named: list[bool] = []
    for take in (
        moment_of,
        lambda item: number_of(item, "cost"),
        lambda item: truth_of(item, "pass"),
        lambda item: documents_of(item, "documents"),
    ):
        try:
            take(value)  # type: ignore[no-untyped-call]
        except RowError as error:
            named.append(bool(error.field and error.reason))
    assert all(named)


def test_documents() -> None:
    found = documents_of(
        ["plain", {"page_content": "langchain", "metadata": {"source": "a.md"}},
         {"document": {"content": "inner", "id": 7}, "score": "0.5"}],
        "documents",
    )  # fmt: skip
    assert found == [
        {"id": "1", "score": None, "text": "plain"},
        {"id": "a.md", "score": None, "text": "langchain"},
        {"id": "7", "score": 0.5, "text": "inner"},
    ]
    assert documents_of('[{"text": "x"}]', "documents")[0]["text"] == "x"
    with pytest.raises(RowError, match="has no text") as caught:
        documents_of([{"id": 1}], "documents")
    assert caught.value.field == "documents[0]"


def test_outputs_alone_are_guessed_to_join_by_their_id() -> None:
    assert guess([{"id": "a", "output": "yes", "latency_ms": 3}]).fields == {
        "id": "id",
        "output": "output",
        "latency": "latency_ms",
    }


def test_an_expression_that_is_only_an_argument_is_refused() -> None:
    with pytest.raises(InputError, match="begins with &"):
        Mapper(Mapping({"prompt": "& !not_null(id)", "id": "id"}), where=None)
