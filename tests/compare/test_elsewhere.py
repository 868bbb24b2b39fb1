"""Judgments made elsewhere: line by line, once, and never mixed with those made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError, InputError
from reviewer.project import Project
from tests.compare.conftest import judge


@pytest.fixture
def studied(filled: Project) -> Project:
    """A project with an open study of twelve pairs."""
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    return filled


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def line(number: int = 0, annotator: str = "Ana", **more: Any) -> dict[str, Any]:
    return {"example": f"case-{number:04d}", "annotator": annotator, **more}


def test_a_file_goes_in_once(studied: Project, tmp_path: Path) -> None:
    path = write(
        tmp_path / "j.jsonl",
        line(0, passed={"base": True, "tuned": False}, preference="tuned", left="base"),
        line(1, passed={"base": None}, preference="both_bad", left=None),
        line(2, preference=0.25, left="base"),
        line(2, "Ben", preference="base"),
    )
    found = studied.judgments.import_file("first", path)
    assert (found.read, found.added, found.present, found.rejected) == (4, 4, 0, ())
    again = studied.judgments.import_file("first", path)
    assert (again.read, again.added, again.present) == (4, 0, 4)
    study = studied.studies.get("first")
    assert (study.origin, study.correctness, study.preferences) == ("elsewhere", 3, 4)
    studied.studies.close("first")
    with pytest.raises(ConflictError, match="closed"):
        studied.judgments.import_file("first", path)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ("{", ""),
        ("[1]", ""),
        ('{"example": "case-0000", "annotator": "Ana", "preference": NaN}', ""),
        (line(99, preference="tie"), "example"),
        ({"example": 7, "annotator": "Ana", "preference": "tie"}, "example"),
        (line(0, " ", preference="tie"), "annotator"),
        (line(0, "A\ud800na", preference="tie"), "annotator"),
        (line(0, "A\x00na", preference="tie"), "annotator"),
        (line(0, passed={"\ud800": True}), "passed"),
        ({"example": "case-\ud800", "annotator": "Ana", "preference": "tie"}, "example"),
        (line(0, passed=[True]), "passed"),
        (line(0, passed={"prod": True}), "passed"),
        (line(0, passed={"base": 1}), "passed"),
        (line(0), "passed"),
        (line(0, preference="prod"), "preference"),
        (line(0, preference=True), "preference"),
        (line(0, preference=1.2), "preference"),
        (line(0, preference="tie", left="prod"), "left"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_in(studied: Project, tmp_path: Path, bad: Any, field: str) -> None:
    path = write(tmp_path / "j.jsonl", line(1, preference="tie"), "", bad, line(2, preference="tie"))
    found = studied.judgments.import_file("first", path)
    assert (found.read, found.added) == (3, 2)
    assert [(item.line, item.field) for item in found.rejected] == [(3, field)]
    assert found.rejected[0].reason


def test_a_bad_line_is_named_in_plain_words(studied: Project, tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    lines = ["1" * 5000, "[" * 100_000, '"\xff"', "{", "NaN", "{}", '{"example": "case-0000"}']
    path.write_bytes(b"".join(text.encode("latin-1") + b"\n" for text in lines))
    assert [item.reason for item in studied.judgments.import_file("first", path).rejected] == [
        "A number in the line has too many digits.",
        "The line is nested too deeply.",
        "The line is not UTF-8 text; byte 2 of it cannot be read.",
        "The line is not one JSON object: Expecting property name enclosed in double quotes (column 2).",
        "The line is not one JSON object: NaN is no number there.",
        "The field example is missing; it names the example by its id.",
        "The field annotator is missing; every judgment names its annotator.",
    ]


def test_a_contradiction_is_refused_and_the_first_stands(studied: Project, tmp_path: Path) -> None:
    studied.judgments.import_file("first", write(tmp_path / "a", line(0, passed={"base": True}, preference="tie")))
    path = write(tmp_path / "b", line(0, passed={"base": False}), line(0, preference="base"))
    found = studied.judgments.import_file("first", path)
    assert [item.field for item in found.rejected] == ["passed", "preference"]
    assert found.added == 0


def test_here_and_elsewhere_do_not_mix(studied: Project, ana: int, tmp_path: Path) -> None:
    path = write(tmp_path / "j", line(0, preference="tie"))
    judge(studied, "first", ana, limit=1)
    with pytest.raises(ConflictError, match="judged here"):
        studied.judgments.import_file("first", path)
    studied.studies.abandon("first")
    studied.studies.create("second", "base", "tuned", protocol=Protocol.bare())
    studied.judgments.import_file("second", path)
    with pytest.raises(ConflictError, match="elsewhere"):
        studied.judgments.next("second", ana)


def test_a_file_that_is_not_there(studied: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        studied.judgments.import_file("first", tmp_path / "nothing")
    rejected = studied.judgments.import_file("first", write(tmp_path / "j", "{")).rejected
    assert len(rejected) == 1
    assert studied.studies.get("first").origin == ""


def test_judgments_go_out_only_when_closed_and_come_in_again(studied: Project, tmp_path: Path) -> None:
    lines = [
        line(0, passed={"base": True, "tuned": False}, preference="tuned", left="base"),
        line(1, passed={"base": None, "tuned": True}, preference="tie", left="tuned"),
        line(2, passed={}, preference=0.25, left="base"),
        line(3, passed={}, preference="base", left=None),
        line(4, passed={"tuned": True}, preference=None, left=None),
        line(5, passed={}, preference=0.5, left=None),
    ]
    studied.judgments.import_file("first", write(tmp_path / "in", *lines))
    out = tmp_path / "out.jsonl"
    with pytest.raises(ConflictError, match="once it is closed"):
        studied.judgments.export_file("first", out)
    assert not out.exists()
    studied.studies.close("first")
    with pytest.raises(InputError, match="is a folder"):
        studied.judgments.export_file("first", Path())
    assert studied.judgments.export_file("first", out) == 6
    assert [json.loads(text) for text in out.read_text().splitlines()] == lines
    first = studied.studies.report("first").to_json()
    studied.studies.create("second", "base", "tuned", protocol=Protocol.bare())
    studied.judgments.import_file("second", out)
    studied.studies.close("second")
    second = studied.studies.report("second").to_json()
    for name in ("correctness", "preference", "agreement", "flips", "verdict"):
        assert first[name] == second[name]


def test_what_was_said_here_goes_out_with_its_details(studied: Project, ana: int, tmp_path: Path) -> None:
    task = studied.judgments.next("first", ana)
    studied.judgments.lock("first", task.side.id, ana, "fail", severity="high", evidence=[(0, 4)], note="no")  # type: ignore[union-attr]
    studied.studies.close("first")
    studied.judgments.export_file("first", tmp_path / "out")
    found = json.loads((tmp_path / "out").read_text())
    (variant,) = found["passed"]
    assert found["passed"][variant] is False
    assert found["details"][variant]["evidence"] == [{"start": 0, "end": 4}]
    assert task.side.text.lower().startswith(variant)  # type: ignore[union-attr]
