"""`reviewer triage` and `reviewer labels`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.cli.app import main
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


def test_an_unknown_variant_is_named(closed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "triage", str(closed), "--variant", "gone")
    assert code == 2
    assert "no outputs of a variant “gone”" in err
