"""What is laid out for many rows to a statement is the same as what goes in one by one."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from reviewer.intake import sheets
from reviewer.intake.mapping import Mapper, Mapping
from reviewer.intake.preparing import Prepared, prepare

FULL = {
    "id": "one",
    "messages": [{"role": "user", "content": "Where?\n"}],
    "a": "Here",
    "b": {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "name": "f", "arguments": {}}]},
    "reference": "there",
    "docs": ["d"],
    "tools": [{"name": "f"}],
    "late": 12,
}
PLAIN = {"id": "two", "messages": [{"role": "user", "content": "When?"}], "a": "Now"}
MAPPING = {
    "id": "id", "messages": "messages", "output:a": "a", "output:b": "b", "reference": "reference", "documents": "docs",
    "tools": "tools", "latency:a": "late",
}  # fmt: skip


def prepared(*rows: dict[str, Any], without: tuple[str, ...] = ()) -> list[Prepared]:
    """The rows as cases that are ready to be stored."""
    mapper = Mapper(Mapping({name: text for name, text in MAPPING.items() if name not in without}))
    return [prepare(mapper.case(row)) for row in rows]


def laid(cases: list[Prepared]) -> list[Prepared] | sheets.Sheets:
    """The cases laid out, if they can be."""
    laying = sheets.Laying()
    for case in cases:
        laying.add(case)
    taken = laying.taken()
    assert laying.taken() == []
    return taken


@pytest.mark.parametrize("rows", [[PLAIN], [FULL], [PLAIN, FULL], [FULL, PLAIN, {**PLAIN, "id": "a 3"}]])
def test_cases_come_out_of_their_sheets_as_they_went_in(rows: list[dict[str, Any]]) -> None:
    cases = prepared(*rows)
    laid_out = laid(cases)
    assert isinstance(laid_out, sheets.Sheets)
    assert sheets.keys_of(laid_out) == [case[0] for case in cases]
    assert sheets.cases_of(laid_out) == cases
    assert sheets.unpacked(*sheets.packed(laid_out)) == laid_out


def test_cases_without_ids_stay_without() -> None:
    cases = prepared(PLAIN, without=("id",))
    laid_out = laid(cases)
    assert isinstance(laid_out, sheets.Sheets)
    assert sheets.cases_of(laid_out) == cases
    assert cases[0][1] is None


@pytest.mark.parametrize(
    "rows", [[], [PLAIN, PLAIN], [PLAIN, {"id": "x", "a": "only an output"}], [PLAIN, {**PLAIN, "id": "a\x00b"}]]
)
def test_cases_that_need_a_look_are_not_laid_out(rows: list[dict[str, Any]]) -> None:
    cases = prepared(*rows)
    assert laid(cases) == cases


@pytest.mark.parametrize("count", [1, 7, 8, 63, 64, 65, 137])
def test_any_number_of_rows_is_written_in_order(count: int) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE output_payloads (output_id, text, messages, documents)")
    values = [value for number in range(count) for value in (number, b'"text"', b"[1]", b"[]")]
    sheets._insert(connection, sheets._WIDE_TEXTS, 4, values, ())
    rows = connection.execute("SELECT *, typeof(text) FROM output_payloads ORDER BY rowid").fetchall()
    assert rows == [(number, '"text"', "[1]", "[]", "text") for number in range(count)]
