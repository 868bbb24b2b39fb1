"""The study commands: what they print for programs and people, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli import app
from reviewer.project import Project

Run = Callable[..., Any]


@pytest.fixture
def run(filled: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a study command on the project of twelve examples; gives its JSON, or its message when `code` is not 0."""
    monkeypatch.setattr(app, "NOUNS", ("study",))
    path = str(filled.path)
    filled.close()

    def command(*words: str, code: int = 0, plain: bool = False) -> Any:
        noun = 2 if words[0] == "judgments" else 1
        arguments = ["study", *words[:noun], path, *words[noun:], *([] if plain else ["--json"])]
        assert app.main(arguments) == code
        captured = capsys.readouterr()
        if code:
            assert captured.out == ""
            return captured.err
        return captured.out if plain else json.loads(captured.out)

    return command


def judgments(path: Path, count: int = 12) -> Path:
    with path.open("w") as handle:
        for number in range(count):
            said = {
                "example": f"case-{number:04d}",
                "annotator": "Ana",
                "passed": {"base": number < 4, "tuned": True},
                "preference": "tuned" if number % 2 else "tie",
                "left": None,
            }
            handle.write(json.dumps(said) + "\n")
    return path


def test_from_a_plan_to_a_verdict(run: Run, tmp_path: Path) -> None:
    made = run(
        "new", "first", "--base", "base", "--tuned", "tuned", "--seed", "7", "--margin", "0.1", "--annotator", "Eng"
    )
    assert (made["study"], made["pairs"], made["state"], made["judged"]) == ("first", 12, "open", None)
    assert made["margins"] == {"overall": 0.1}
    assert len(made["plan_hash"]) == 64
    assert "no report" in run("report", "first", code=2)
    path = judgments(tmp_path / "j.jsonl")
    assert run("judgments", "import", "first", str(path)) == {"read": 12, "added": 12, "present": 0, "rejected": []}
    assert run("judgments", "import", "first", str(path))["present"] == 12
    assert "once it is closed" in run("judgments", "export", "first", str(tmp_path / "out"), code=2)
    closed = run("close", "first", "--annotator", "Eng")
    assert (closed["state"], closed["judged"], closed["correctness_judgments"]) == ("closed", "elsewhere", 24)
    report = run("report", "first")
    assert report["verdict"] == "better on correctness"
    assert report["correctness"]["overall"]["tuned_only"] == 8
    assert report["correctness"]["overall"]["noninferior"] is True
    assert report["judged_elsewhere"] is True
    assert run("judgments", "export", "first", str(tmp_path / "out"))["lines"] == 12
    assert [study["state"] for study in run("list")["studies"]] == ["closed"]


def test_what_people_read(run: Run, tmp_path: Path) -> None:
    assert "No studies yet" in run("list", plain=True)
    said = run("new", "first", "--base", "base", "--tuned", "tuned", plain=True)
    assert "12 pairs, base against tuned" in said
    assert "sealed" in said
    path = judgments(tmp_path / "j.jsonl")
    path.write_text(path.read_text() + '{"example": "nobody", "annotator": "Ana"}\n')
    said = run("judgments", "import", "first", str(path), plain=True)
    assert "12 added" in said
    assert "line 13, example: " in said
    assert "is closed" in run("close", "first", plain=True)
    said = run("report", "first", plain=True)
    assert said.startswith("first: better on correctness")
    assert "not vouched for" in said
    assert "Only tuned passed: case-0004" in said


def test_a_study_is_given_up(run: Run) -> None:
    run("new", "first", "--base", "base", "--tuned", "tuned")
    assert "abandon" in run("close", "first", code=2)
    assert run("abandon", "first")["state"] == "abandoned"
    assert "abandoned" in run("report", "first", code=2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--base", "base", "--tuned", "none"), "no variant 'none'"),
        (("--base", "base", "--tuned", "tuned", "--version", "set@1"), "no version"),
        (("--base", "base", "--tuned", "tuned", "--slice", "corner"), "no slice"),
        (("--base", "base", "--tuned", "tuned", "--margin", "five"), "--margin five"),
        (("--base", "base"), "tuned"),
    ],
)
def test_what_is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    assert said in run("new", "first", *words, code=2)
