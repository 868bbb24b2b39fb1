"""`check --training`, `duplicates` and `leaks`: what they print, what they decide, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli import app
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.rows import add_example

Run = Callable[..., Any]


@pytest.fixture
def run(filled: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the project of twelve examples, one of which is there twice in other words."""
    monkeypatch.setattr(app, "NOUNS", ("curate", "versions", "overlaps"))
    with filled.database.transaction() as connection:
        text = "Hello! QUESTION 3 ABOUT REFUNDS: what happens to order 1003? Thank you very much."
        add_example(connection, key="again", messages=[Message("user", text)])
    path = str(filled.path)
    filled.close()

    def command(*words: str, code: int = 0, plain: bool = False) -> Any:
        noun = 2 if words[0] in ("slices", "duplicates", "leaks") else 1
        arguments = [*words[:noun], path, *words[noun:], *([] if plain else ["--json"])]
        assert app.main(arguments) == code
        captured = capsys.readouterr()
        if code:
            assert captured.out == ""
            return captured.err
        return captured.out if plain else json.loads(captured.out)

    return command


def test_check_finds_groups_and_they_are_decided(run: Run) -> None:
    assert run("check")["duplicates"]["groups"] == [["case-0003", "again"]]
    (detail,) = run("check")["duplicates"]["details"]
    assert detail["kind"] == "near"
    assert 0.6 < detail["similarity"] < 1
    assert "case-0003 = again  near" in run("duplicates", "list", plain=True)
    assert run("duplicates", "keep", "again", "--reason", "both")["kept"] == ["case-0003", "again"]
    assert run("duplicates", "list")["kept"] == [{"ids": ["case-0003", "again"], "reason": "both"}]
    assert run("check")["duplicates"]["groups"] == []
    done = run("duplicates", "merge", "case-0003", "--reason", "twice")
    assert done["excluded"] == ["again"]
    assert "No two examples are the same case." in run("duplicates", "list", plain=True)
    assert "in no group" in run("duplicates", "exclude", "again", "--reason", "x", code=2)


def test_a_training_file_is_scanned_and_waived(run: Run, tmp_path: Path) -> None:
    asked = "Question 4 about billing: what happens to order 1004?"
    training = tmp_path / "train.jsonl"
    rows = [{"messages": [{"role": "user", "content": text}]} for text in ("Nothing.", asked)]
    training.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    run("slices", "assign", "core", "--id", "case-0004", "--id", "case-0005")
    found = run("check", "--training", str(training))["leakage"]
    assert [{name: hit[name] for name in ("example", "line", "kind")} for hit in found["hits"]] == [
        {"example": "case-0004", "line": 2, "kind": "exact"}
    ]
    core = found["rates"]["core"]
    assert (core["rate"], core["overlapping"], core["examples"]) == (0.5, 1, 2)
    assert core["low"] < 0.5 < core["high"]
    assert found["rates"]["edge"]["rate"] is None
    assert found["rates"]["edge"]["rate_reason"] == "the slice is empty"
    assert found["scans"][0]["lines"] == 2
    assert run("leaks", "list")["hits"] == found["hits"]
    words = run("check", "--training", str(training), plain=True)
    assert "case-0004  train.jsonl line 2  exact with its input  core" in words
    assert "1 of 2 overlap: 50.0%" in words
    assert "overlaps with train.jsonl (1 exact)." in run("freeze", "set", code=2)
    assert "--all" in run("leaks", "waive", "--reason", "x", code=2)
    assert run("leaks", "waive", "--all", "--reason", "public question")["waived"] == 1
    assert run("leaks", "list")["hits"][0]["waiver"] == "public question"
    assert not [item for item in run("check")["unmet"] if item["kind"] == "leak"]
    assert run("leaks", "unwaive")["taken_back"] == 1
    run("leaks", "aside", "train.jsonl", "--reason", "not trained on")
    assert run("leaks", "list")["hits"] == []
    assert run("leaks", "aside", "train.jsonl", "--back", plain=True) == "train.jsonl counts again.\n"
    assert len(run("leaks", "list")["hits"]) == 1


def test_bad_usage_says_what_is_wrong(run: Run, tmp_path: Path) -> None:
    assert "--training" in run("check", "--as", "sft", code=2)
    assert "There is no file" in run("check", "--training", str(tmp_path / "absent.jsonl"), code=2)
    training = tmp_path / "train.jsonl"
    training.write_text('{"text": "x"}\n', encoding="utf-8")
    assert "FIELD=EXPR" in run("check", "--training", str(training), "--map", "text", code=2)
    assert "no format" in run("check", "--training", str(training), "--as", "xml", code=2)
    assert "No training file was scanned yet" in run("leaks", "list", plain=True)


def test_a_project_that_is_open_elsewhere_is_checked_without_a_search(run: Run, filled: Project) -> None:
    with Project.open(filled.path):
        found = run("check")["duplicates"]
        assert (found["groups"], found["not_compared"]) == ([], 13)
    assert run("check")["duplicates"]["not_compared"] == 0
