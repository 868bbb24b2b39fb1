"""`reviewer triage` and `reviewer labels`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.cli.app import main
from reviewer.compare.protocol import Protocol
from reviewer.project import Project


@pytest.fixture
def closed(filled: Project) -> Path:
    """The path of a closed project with twelve examples."""
    filled.close()
    return filled.path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_labels_in_report_and_out(closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "labels.jsonl"
    file.write_text(
        '{"example": "case-0000", "verdict": "fail", "category": "missing_facts", "annotator": "Ana"}\n'
        '{"example": "case-0001", "verdict": "pass"}\n'
        '{"example": "case-0099", "verdict": "pass"}\n'
    )
    code, out, _ = run(capsys, "labels", "import", str(closed), str(file), "--json")
    data = json.loads(out)
    assert (code, data["read"], data["added"], data["rejected"]) == (0, 3, 2, 1)
    assert data["rejects"][0]["line"] == 3
    code, out, _ = run(capsys, "labels", "import", str(closed), str(file))
    assert "line 3, example: the project has no example “case-0099”" in out
    code, out, _ = run(capsys, "triage", str(closed), "--json")
    data = json.loads(out)
    assert (code, data["labelled"], data["failures"], data["enough"]) == (0, 2, 1, False)
    assert data["rules"]["retrieval"]["state"] == "too few"
    code, out, _ = run(capsys, "triage", str(closed))
    assert "Labelled 2 (200 are asked for): 1 pass, 1 fail" in out
    assert "Missing facts" in out
    target = tmp_path / "out.jsonl"
    code, out, _ = run(capsys, "labels", "export", str(closed), str(target), "--json")
    assert (code, json.loads(out)["labels"]) == (0, 2)
    assert [json.loads(line)["annotator"] for line in target.read_text().splitlines()] == ["Ana", "imported"]


def test_labels_that_rest_in_a_seal_are_spoken_of(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "labels.jsonl"
    lines = [{"example": f"case-000{number}", "verdict": "pass"} for number in range(3)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run(capsys, "labels", "import", str(closed), str(file))
    assert json.loads(run(capsys, "triage", str(closed), "--json")[1])["sealed"] == []
    run(capsys, "study", "new", str(closed), "first", "--base", "prod", "--tuned", "tuned")
    told = "3 labels rest in the seal of the open study first and come back when it is closed"
    sealed = [{"study": "first", "labels": 3}]
    assert json.loads(run(capsys, "triage", str(closed), "--json")[1])["sealed"] == sealed
    assert told in run(capsys, "triage", str(closed))[1]
    target = str(tmp_path / "out.jsonl")
    _, out, err = run(capsys, "labels", "export", str(closed), target, "--json")
    assert json.loads(out) == {"labels": 0, "file": target, "sealed": sealed, "stale_labels": 0}
    assert told in err
    assert json.loads(run(capsys, "triage", str(closed), "--variant", "base", "--json")[1])["sealed"] == []
    run(capsys, "study", "abandon", str(closed), "first")
    _, out, err = run(capsys, "labels", "export", str(closed), target, "--json")
    assert (json.loads(out)["labels"], json.loads(out)["sealed"], err) == (3, [], "")


@pytest.mark.parametrize("words", [("labels", "import"), ("study", "judgments", "import")])
def test_the_help_shows_a_line_that_can_be_imported(
    filled: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    filled.close()
    code, out, _ = run(capsys, *words, "--help")
    shown = " ".join(out.split())
    line, _ = json.JSONDecoder().raw_decode(shown, shown.index('{"example"'))
    line.pop("evidence", None)
    file = tmp_path / "lines.jsonl"
    file.write_text(json.dumps(line))
    study = ("first",) if words[0] == "study" else ()
    code, out, _ = run(capsys, *words, str(filled.path), *study, str(file), "--json")
    assert (code, json.loads(out)["added"]) == (0, 1)


def test_an_unknown_variant_is_named(closed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "triage", str(closed), "--variant", "gone")
    assert code == 2
    assert "no outputs of a variant “gone”" in err


def test_labels_on_answers_to_an_earlier_input_are_spoken_of(
    closed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, rows, target = tmp_path / "labels.jsonl", tmp_path / "corrected.jsonl", tmp_path / "out.jsonl"
    lines = [{"example": f"case-000{number}", "verdict": "pass"} for number in range(3)]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    run(capsys, "labels", "import", str(closed), str(file))
    rows.write_text(json.dumps({"id": "case-0001", "prompt": "And if it is late?"}) + "\n")
    run(capsys, "revise", str(closed), str(rows))
    told = "1 label on an answer to an earlier input is left out"
    data = json.loads(run(capsys, "triage", str(closed), "--json")[1])
    assert (data["labelled"], data["stale_labels"]) == (2, 1)
    assert f"{told}; no figure here counts them." in run(capsys, "triage", str(closed))[1]
    _, out, err = run(capsys, "labels", "export", str(closed), str(target), "--json")
    assert (json.loads(out)["labels"], json.loads(out)["stale_labels"]) == (2, 1)
    assert told in err
    assert [json.loads(line)["example"] for line in target.read_text().splitlines()] == ["case-0000", "case-0002"]
    status = json.loads(run(capsys, "status", str(closed), "--json")[1])
    assert (status["labels"], status["labelled"], status["stale_labels"], status["stale_outputs"]) == (3, 2, 1, 3)
    words = run(capsys, "status", str(closed))[1]
    assert "3 outputs answered an earlier input; 1 labels on them count nowhere" in words
    found = json.loads(run(capsys, "search", str(closed), "is:stale", "--json")[1])
    assert [hit["id"] for hit in found["hits"]] == ["case-0001"]
    again = json.loads(run(capsys, "labels", "import", str(closed), str(file), "--json")[1])
    assert (again["unchanged"], again["stale"]) == (3, 1)
