"""A file of lines that is read in parts gives each of its rows once, in order, with the line and place it has."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.formats import jsonl
from reviewer.formats.rows import Row


def told(row: Row, before: int = 0) -> tuple[object, ...]:
    """What a row says, with its error in words."""
    return before + row.line, row.value, str(row.error), row.raw, row.offset


def in_parts(path: Path, size: int) -> list[tuple[object, ...]]:
    """The rows of the file, read in parts of so many bytes."""
    found: list[tuple[object, ...]] = []
    lines = 0
    length = path.stat().st_size
    for start in range(0, max(length, 1), size):
        reading = jsonl.read_part(path, start, start + size if start + size < length else None)
        while True:
            try:
                found.append(told(next(reading), lines))
            except StopIteration as end:
                lines += end.value
                break
    return found


LINES = st.lists(
    st.sampled_from(
        [b"", b" ", b"{}", b'{"a":1}', b'{"b":"\xc3\xa9 long enough for several parts"}', b"{", b"\r", b"\xff"]
    )
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=LINES,
    ending=st.sampled_from([b"", b"\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    size=st.integers(1, 60),
)
def test_parts_are_together_the_file(tmp_path: Path, lines: list[bytes], ending: bytes, mark: bytes, size: int) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(mark + b"\n".join(lines) + ending)
    assert in_parts(path, size) == [told(row) for row in jsonl.read(path)]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_a_line_too_long_is_refused_once(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LONGEST_ROW", 20)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a":1}\n{"a":"' + b"x" * 50 + b'"}\n{"a":2}\n')
    found = in_parts(path, size)
    assert found == [told(row) for row in jsonl.read(path)]
    assert [line for line, *_ in found] == [1, 2, 3]
