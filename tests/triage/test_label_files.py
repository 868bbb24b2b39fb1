"""Labels out and in again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import InputError, NotFoundError, ProjectError
from reviewer.project import Project
from reviewer.triage.evidence import Evidence
from reviewer.triage.label_files import LabelImport, export_labels, import_labels
from tests.triage.conftest import category, output_ids, seal


def write(path: Path, *lines: dict[str, Any] | str) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def take(project: Project, path: Path) -> LabelImport:
    return import_labels(project.database, path, annotator="Ana", by=project.annotators.get_or_add("Me"))


def rows(project: Project) -> list[tuple[Any, ...]]:
    with project.database.read() as connection:
        return [
            tuple(row)
            for row in connection.execute(
                "SELECT output_id, annotator_id, verdict, stage, category_id, severity, note, evidence FROM labels"
                " ORDER BY output_id, annotator_id"
            )
        ]


def test_out_and_in_again(filled: Project, ana: int, ben: int, tmp_path: Path) -> None:
    one, two, three = output_ids(filled)[:3]
    labels = filled.labels
    labels.set_category(one, ana, category(filled, "stale_facts"))
    labels.toggle_further(one, ana, category(filled, "policy_violation"))
    labels.set_severity(one, ana, "high")
    labels.set_evidence(one, ana, [Evidence("output", 2, 5, 11), Evidence("message", 1, 0, 3)])
    labels.set_note(one, ana, "half \ud800")
    assert (labels.of_output(one)[0]).note == "half \ufffd"
    labels.set_note(one, ana, "odd \x00 \u2028 note")
    labels.set_verdict(two, ben, "pass")
    labels.set_verdict(three, ana, "cannot_judge")
    labels.set_verdict(output_ids(filled, "tuned")[0], ana, "fail")
    before = rows(filled)
    path = tmp_path / "labels.jsonl"
    assert export_labels(filled.database, path) == 4
    first = json.loads(path.read_text().split("\n")[0])
    assert first["example"] == "case-0000"
    assert (first["variant"], first["annotator"], first["category"]) == ("prod", "Ana", "stale_facts")
    assert first["further"] == ["policy_violation"]
    assert first["evidence"][0]["quote"] == "answer"
    for output, annotator in ((one, ana), (two, ben), (three, ana), (output_ids(filled, "tuned")[0], ana)):
        labels.clear(output, annotator)
    result = take(filled, path)
    assert (result.read, result.added, result.rejects) == (4, 4, [])
    assert rows(filled) == before
    result = take(filled, path)
    assert (result.added, result.changed, result.unchanged) == (0, 0, 4)
    assert export_labels(filled.database, tmp_path / "tuned.jsonl", variant="tuned") == 1


def test_an_import_is_undone_in_one_step(filled: Project, tmp_path: Path) -> None:
    path = write(
        tmp_path / "l.jsonl",
        {"example": "case-0000", "verdict": "fail", "category": "Missing facts", "further": ["stale_facts"]},
        {"example": "case-0001", "verdict": "pass", "annotator": "Somebody new"},
    )
    result = take(filled, path)
    assert result.changes is not None
    assert result.changes.title == "Import labels from l.jsonl"
    assert len(result.changes.examples) == 2
    assert len(rows(filled)) == 2
    filled.undo(filled.annotators.get_or_add("Me"))
    assert rows(filled) == []


def test_bad_lines_are_named_and_the_rest_goes_in(filled: Project, tmp_path: Path) -> None:
    seal(filled, output_ids(filled)[5])
    path = write(
        tmp_path / "l.jsonl",
        {"example": "case-0000", "verdict": "pass"},
        "{not json",
        "[1]",
        "",
        {"example": "nowhere", "verdict": "pass"},
        {"verdict": "pass"},
        {"example": "case-0001", "verdict": "good"},
        {"example": "case-0001"},
        {"example": "case-0001", "verdict": "fail", "category": "bad_vibes"},
        {"example": "case-0001", "verdict": "pass", "category": "stale_facts"},
        {"example": "case-0001", "verdict": "fail", "severity": "huge"},
        {"example": "case-0001", "verdict": "fail", "note": 7},
        {"example": "case-0001", "verdict": "fail", "evidence": [{"step": 2, "quote": "not said"}]},
        {"example": "case-0001", "verdict": "fail", "evidence": [{"step": 44, "quote": "x"}]},
        {"example": "case-0001", "verdict": "fail", "variant": "nobody"},
        {"example": "case-0001", "verdict": "fail", "colour": "red"},
        {"example": "case-0005", "verdict": "fail"},
        '{"example": "case-0001", "verdict": ' + "[" * 100_000,
        {"example": "case-0002", "verdict": "fail", "evidence": [{"step": 2, "quote": "answer"}]},
    )
    result = take(filled, path)
    assert (result.read, result.added) == (18, 2)
    assert [(item.line, item.field) for item in result.rejects] == [
        (2, ""),
        (3, ""),
        (5, "example"),
        (6, "example"),
        (7, "verdict"),
        (8, "verdict"),
        (9, "category"),
        (10, "category"),
        (11, "severity"),
        (12, "note"),
        (13, "evidence[0]"),
        (14, "evidence[0]"),
        (15, "variant"),
        (16, "colour"),
        (17, "example"),
        (18, ""),
    ]
    assert all(item.reason for item in result.rejects)
    assert "sealed" in result.rejects[14].reason
    assert len(rows(filled)) == 2


def test_bytes_that_are_no_text(filled: Project, tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"example": "case-0000", "verdict": "pass"}\n{"example": "\xff"}\n')
    result = take(filled, path)
    assert (result.added, [item.line for item in result.rejects]) == (1, [2])


def test_half_a_surrogate_pair_is_refused_and_never_changed(filled: Project, tmp_path: Path) -> None:
    path = write(
        tmp_path / "l.jsonl",
        {"example": "case-0000", "verdict": "pass", "note": "half \ud800"},
        {"example": "case-0001", "verdict": "pass", "annotator": "A\ud800"},
        {"example": "case-0002", "verdict": "pass", "note": "whole \U0001f600"},
    )
    result = take(filled, path)
    assert [(item.line, item.field) for item in result.rejects] == [(1, "note"), (2, "annotator")]
    assert (result.added, rows(filled)[0][6]) == (1, "whole \U0001f600")


def test_a_bad_line_is_named_in_plain_words(filled: Project, tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    lines = ["1" * 5000, "[" * 100_000, '{"example": "\xff"}', '{"example": }']
    path.write_bytes(b"".join(text.encode("latin-1") + b"\n" for text in lines))
    assert [item.reason for item in take(filled, path).rejects] == [
        "a number in this line has too many digits",
        "this line is nested too deeply",
        "this line is not UTF-8 text; byte 14 of it cannot be read",
        "this line is not JSON: Expecting value (column 13)",
    ]


def test_files_that_cannot_be_read_or_written(filled: Project, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        take(filled, tmp_path / "none.jsonl")
    with pytest.raises(ProjectError, match="untouched"):
        export_labels(filled.database, tmp_path / "no" / "folder.jsonl")
    for folder in (Path(), tmp_path):
        with pytest.raises(InputError, match="is a folder"):
            export_labels(filled.database, folder)
    kept = write(tmp_path / "kept.jsonl", "old")
    with pytest.raises(NotFoundError):
        export_labels(filled.database, kept, variant="nobody")
    assert kept.read_text() == "old\n"
    assert sorted(path.name for path in tmp_path.glob(".*part")) == []


def test_an_example_is_named_by_the_id_of_its_file_too(filled: Project, ana: int, tmp_path: Path) -> None:
    source = write(tmp_path / "rows.jsonl", {"id": "Fälle/1", "prompt": "x", "output": "y"})
    filled.sources.import_file(source, variant="prod")
    label = {"example": "Fälle/1", "variant": "prod", "verdict": "pass"}
    done = take(filled, write(tmp_path / "labels.jsonl", label))
    assert done.added == 1
