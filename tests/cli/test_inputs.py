"""Corrected inputs on the command line: what belongs to an earlier one is listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.cli.app import main
from reviewer.project import Project


def test_what_belongs_to_an_earlier_input_is_listed(
    filled: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = filled.annotators.get_or_add("Ana")
    for number in (0, 3):
        filled.labels.set_verdict(filled.examples.by_key(f"case-000{number}").outputs[0].id, ana, "pass")
    filled.close()
    path = str(filled.path)

    def run(*words: str) -> str:
        assert main(list(words)) == 0
        return capsys.readouterr().out

    assert "belongs to the present input" in run("stale", path)
    assert json.loads(run("stale", path, "--json")) == {"examples": []}
    rows = tmp_path / "corrected.jsonl"
    rows.write_text("".join(f'{{"id": "case-000{number}", "prompt": "And if it is late?"}}\n' for number in (3, 1)))
    run("revise", path, str(rows), "--annotator", "Ana")
    first, second = json.loads(run("stale", path, "--json"))["examples"]
    assert (first["id"], first["revision"], first["reference"]) == ("case-0001", 2, True)
    assert second["outputs"] == [
        {"variant": "prod", "revision": 1, "labels": 1},
        {"variant": "base", "revision": 1, "labels": 0},
        {"variant": "tuned", "revision": 1, "labels": 0},
    ]
    assert "case-0003  now revision 2: prod (revision 1, 1 label), base (revision 1)" in run("stale", path)
    run("references", "confirm", path, "--id", "case-0001")
    assert [item["reference"] for item in json.loads(run("stale", path, "--json"))["examples"]] == [False, True]
    with Project.open(filled.path) as project:
        project.labels.exclude(project.examples.by_key("case-0003").id, ana, "a test")
        with project.database.transaction() as connection:
            connection.execute("UPDATE meta SET value = '{}' WHERE key LIKE 'revised:%'")
    (only,) = json.loads(run("stale", path, "--json"))["examples"]
    assert only["id"] == "case-0001"
    assert only["outputs"][0] == {
        "variant": "prod", "revision": None, "revision_reason": "nobody wrote it down", "labels": 0,
    }  # fmt: skip
