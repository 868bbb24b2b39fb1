"""Disagreements of a closed study: complete, without names, without variants, and only where people contradict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.compare.judgments import AnswerTask, GuessTask
from reviewer.compare.protocol import Protocol
from reviewer.project import Project
from tests.conftest import fill


@pytest.fixture
def disputed(project: Project, ana: int, ben: int) -> Project:
    """A closed study in which Ben calls every base answer wrong, and prefers the other answer of every pair."""
    fill(project)
    project.studies.create("s", "base", "tuned", protocol=Protocol(repeats=0.2, controls=0.2))
    for who in (ana, ben):
        while (task := project.judgments.next("s", who)) is not None:
            if isinstance(task, AnswerTask):
                wrong = who == ben and task.side.text.startswith("Base")
                project.judgments.lock(
                    "s",
                    task.side.id,
                    who,
                    "fail" if wrong else "pass",
                    evidence=[(0, 4)] if wrong else (),
                    severity="high" if wrong else "",
                    note="Off by one." if wrong else "",
                )
            elif isinstance(task, GuessTask):
                project.judgments.guess("s", task.pair_id, who, "left")
            else:
                first = task.left.text < task.right.text
                project.judgments.prefer("s", task.pair_id, who, "left" if first == (who == ana) else "right")
    project.studies.close("s")
    return project


def test_what_people_contradict_each_other_on_is_listed(disputed: Project) -> None:
    report = disputed.studies.report("s")
    answers = [item for item in report.disagreements if item.about == "answer"]
    pairs = [item for item in report.disagreements if item.about == "pair"]
    assert len(answers) == len(pairs) == report.items == 12
    for item in answers:
        assert [said.words for said in item.said] == ["right", "wrong (high, Off by one.)"]
        assert item.answers[0].startswith("Base")
        assert item.to_json()["said"][1]["passages"] == ["Base"]
    assert {item.letters for item in answers} == {"A", "B"}, "a letter does not follow the variant"
    assert all([said.verdict for said in item.said] == ["A better", "B better"] for item in pairs)


def test_errors_are_counted_by_severity_for_either_variant(disputed: Project) -> None:
    errors = disputed.studies.report("s").to_json()["errors"]
    assert errors["base"] == {
        "severity_high": 12,
        "severity_medium": 0,
        "severity_low": 0,
        "ungraded": 0,
        "missing_caveat": 0,
    }
    assert not any(errors["tuned"].values())


def test_neither_names_nor_variants_stand_in_them(disputed: Project) -> None:
    found = [item.to_json() for item in disputed.studies.report("s").disagreements]
    text = json.dumps([{**item, "said": [{**said, "passages": []} for said in item["said"]]} for item in found])
    for word in ("Ana", "Ben", "base", "tuned"):
        assert word not in text


def test_the_order_of_what_was_said_follows_no_person(project: Project, ana: int, ben: int) -> None:
    fill(project)
    project.studies.create("s", "base", "tuned", protocol=Protocol.bare())
    for who in (ana, ben):
        for number in range(24):
            task = project.judgments.next("s", who)
            assert isinstance(task, AnswerTask)
            # Either person is the one who says wrong on every other answer.
            verdict = "fail" if (task.side.id % 2 == 0) == (who == ana) else "pass"
            project.judgments.lock("s", task.side.id, who, verdict)
            del number
    project.studies.close("s")
    found = project.studies.report("s").disagreements
    assert len(found) == 24
    assert {tuple(said.verdict for said in item.said) for item in found} == {("right", "wrong")}


def test_agreement_and_those_who_cannot_judge_are_no_dispute(project: Project, ana: int, ben: int) -> None:
    fill(project)
    project.studies.create("s", "base", "tuned", protocol=Protocol.bare())
    for who, verdict in ((ana, "pass"), (ben, "cannot_judge")):
        while isinstance(task := project.judgments.next("s", who), AnswerTask):
            project.judgments.lock("s", task.side.id, who, verdict)
    project.studies.close("s")
    assert project.studies.report("s").disagreements == ()


def test_preferences_made_elsewhere_without_places_are_disputed_too(filled: Project, tmp_path: Path) -> None:
    filled.studies.create("s", "base", "tuned", protocol=Protocol.bare())
    path = tmp_path / "s.jsonl"
    with path.open("w") as handle:
        for number in range(12):
            for who, choice in (("Ana", "tuned"), ("Ben", "base" if number < 5 else "tie")):
                line = {"example": f"case-{number:04d}", "annotator": who, "passed": {}, "preference": choice}
                handle.write(json.dumps(line) + "\n")
    filled.judgments.import_file("s", path)
    filled.studies.close("s")
    found = filled.studies.report("s").disagreements
    assert [item.key for item in found] == [f"case-{number:04d}" for number in range(5)]
    assert all([said.verdict for said in item.said] == ["A better", "B better"] for item in found)
