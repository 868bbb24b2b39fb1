"""Broken characters of wide encodings: their own row is refused, the others are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from reviewer.formats.detect import detect, read

ROWS = [f'{{"id": "r{number}", "prompt": "Wie geht es?", "output": "gut {number}"}}' for number in range(6)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_half_a_character_costs_its_own_row(tmp_path: Path, encoding: str, kind: str) -> None:
    lines = ROWS if kind == "jsonl" else ["id,prompt,output", *(f"r{number},Wie geht es?,gut" for number in range(6))]
    data = ("\ufeff" + "\n".join(lines) + "\n").encode(encoding)
    width = 2 if "16" in encoding else 4
    place = data.index("r2".encode(encoding)) + width
    # A high surrogate, or a code point past the last, in the place of a digit.
    wrong = {"utf-16-le": b"\x00\xd8", "utf-16-be": b"\xd8\x00"}.get(encoding, b"\xff" * width)
    path = tmp_path / f"broken.{kind}"
    path.write_bytes(data[:place] + wrong + data[place + width :])
    found = list(read(path, detect(path)))
    assert [row.error is None for row in found].count(False) == 1
    assert [row.value["id"] for row in found if row.error is None and row.value] == ["r0", "r1", "r3", "r4", "r5"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-32-be"])
def test_a_file_cut_through_a_character(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "cut.jsonl"
    path.write_bytes(("\ufeff" + "\n".join(ROWS) + "\n").encode(encoding)[:-1])
    found = list(read(path, detect(path)))
    assert [row.error is None for row in found][:5] == [True] * 5
