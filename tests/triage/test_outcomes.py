"""Outcomes that are kept and moved: whatever was done, the same as reading every label and as counting by hand."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from reviewer.errors import ReviewerError
from reviewer.formats.conversation import Message
from reviewer.project import Project
from reviewer.triage import outcomes
from reviewer.triage.report import Triage
from tests.conftest import fill
from tests.triage.conftest import category, output_ids, seal


def by_hand(project: Project, variant: str, annotator_id: int) -> dict[str, Any]:
    """The figures by the plainest means: every output by itself, its labels one after the other."""
    with project.database.read() as connection:
        rows = connection.execute(
            "SELECT l.*, e.workflow FROM labels l JOIN outputs o ON o.id = l.output_id JOIN variants v"
            " ON v.id = o.variant_id JOIN examples e ON e.id = o.example_id"
            " WHERE v.name = ? AND o.sealed_by IS NULL AND e.excluded = 0 AND o.input_hash IS e.input_hash",
            (variant,),
        ).fetchall()
        codes = {row["id"]: row["code"] for row in connection.execute("SELECT id, code FROM categories")}
    verdicts, shares, workflows, disputed = Counter[str](), Counter[str](), Counter[tuple[str, str]](), 0
    for output_id in {row["output_id"] for row in rows}:
        labels = sorted(
            (row for row in rows if row["output_id"] == output_id), key=lambda r: (r["updated_ms"], r["id"])
        )
        said = [row["verdict"] for row in labels]
        passes, fails = said.count("pass"), said.count("fail")
        decided = [row for row in labels if row["verdict"] in ("pass", "fail")]
        if decided:
            verdict = decided[-1]["verdict"] if passes == fails else "pass" if passes > fails else "fail"
        else:
            verdict = "cannot_judge" if "cannot_judge" in said else "skipped"
        disputed += bool(decided) and passes == fails
        verdicts[verdict] += 1
        workflows[labels[0]["workflow"], verdict] += 1
        if verdict == "fail":
            named = [row["category_id"] for row in labels if row["verdict"] == "fail" and row["category_id"]]
            if named:
                most = max(named.count(one) for one in named)
                shares[codes[[one for one in named if named.count(one) == most][-1]]] += 1
    coded_labels = sorted(
        (row for row in rows if row["verdict"] == "fail" and row["category_id"]), key=lambda r: r["id"]
    )
    first: dict[str, int] = {}
    for row in coded_labels:
        first.setdefault(codes[row["category_id"]].partition(".")[0], row["id"])
    newest = max(first.values(), default=0)
    until = len({row["output_id"] for row in coded_labels if row["id"] <= newest})
    return {
        "verdicts": (verdicts["pass"], verdicts["fail"], verdicts["cannot_judge"], verdicts["skipped"]),
        "shares": dict(shares),
        "failures": {name: count for (name, verdict), count in workflows.items() if verdict == "fail"},
        "disputed": disputed,
        "since_new": max(0, shares.total() - until) if shares else None,
        "own": sum(1 for row in rows if row["annotator_id"] == annotator_id and row["verdict"] in ("pass", "fail")),
    }


def told(triage: Triage, variant: str, annotator_id: int) -> dict[str, Any]:
    """What the report says of the same."""
    report = triage.report(variant, annotator_id)
    return {
        "verdicts": (report.passes, report.failures, report.cannot_judge, report.skipped),
        "shares": {item.code: item.share.count for item in report.categories if item.share.count},
        "failures": {item.workflow: item.failures for item in report.workflows if item.failures},
        "disputed": report.disputed,
        "since_new": report.since_new,
        "own": report.own,
    }


def act(project: Project, draw: Random, people: list[int], outputs: list[int]) -> None:
    """One thing that changes what the report says, or nothing."""
    who, output = draw.choice(people), draw.choice(outputs)
    codes = ["missing_facts", "stale_facts", "policy_violation", "tool_use_failure"]
    kind = draw.choice(
        ["verdict", "verdict", "category", "category", "note", "clear", "exclude", "undo", "redo", "merge"]
    )
    with project.database.read() as connection:
        example_id = connection.execute("SELECT example_id FROM outputs WHERE id = ?", (output,)).fetchone()[0]
    try:
        if kind == "verdict":
            project.labels.set_verdict(output, who, draw.choice(["pass", "fail", "cannot_judge", "skipped"]))
        elif kind == "category":
            project.labels.set_category(output, who, category(project, draw.choice(codes)))
        elif kind == "note":  # whose label was written last is another then
            project.labels.set_note(output, who, f"note {draw.random()}")
        elif kind == "clear":
            project.labels.clear(output, who)
        elif kind == "exclude":
            way = draw.choice([project.labels.include, lambda a, b: project.labels.exclude(a, b, "a test")])
            way(example_id, who)
        elif kind == "revise" and draw.random() < 0.3:
            asked = [Message("user", draw.choice(["What now?", "And then?"]))]
            project.inputs.revise(example_id, messages=asked, annotator_id=who)
        elif kind == "merge" and draw.random() < 0.2:
            project.categories.merge(category(project, codes[0]), category(project, codes[1]), who)
        elif kind in ("undo", "redo"):
            (project.undo if kind == "undo" else project.redo)(who)
    except ReviewerError:
        pass  # nothing to undo, nothing labelled yet, a category that is merged already


@pytest.mark.parametrize("seed", range(6))
def test_kept_outcomes_are_what_reading_every_label_says(project: Project, seed: int) -> None:
    fill(project, 18)
    draw = Random(seed)
    people = [project.annotators.get_or_add(name) for name in ("Ana", "Ben", "Cleo")]
    outputs = output_ids(project)[:12]
    for step in range(150):
        act(project, draw, people, outputs)
        if step % 3 == 0:
            who = people[step % 2]
            expected = by_hand(project, "prod", who)
            assert told(project.triage, "prod", who) == expected, step
            assert told(Triage(project.database), "prod", who) == expected, step
    seal(project, outputs[0])
    assert told(project.triage, "prod", people[0]) == by_hand(project, "prod", people[0])
    assert told(project.triage, "base", people[0]) == by_hand(project, "base", people[0])
    assert told(project.triage, "prod", people[1]) == by_hand(project, "prod", people[1])


def test_only_what_was_labelled_since_is_read_again(filled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = filled.annotators.get_or_add("Ana")
    outputs = output_ids(filled)
    for output in outputs[:6]:
        filled.labels.set_verdict(output, ana, "fail")
    assert filled.triage.report("prod", ana).failures == 6
    asked: list[set[int]] = []
    move = outcomes._Kept.move

    def noted(kept: outcomes._Kept, connection: Any, examples: set[int]) -> None:
        asked.append(set(examples))
        move(kept, connection, examples)

    monkeypatch.setattr(outcomes._Kept, "move", noted)
    monkeypatch.setattr(outcomes._Kept, "read", lambda *_: pytest.fail("all labels were read again"))
    monkeypatch.setattr(outcomes._Kept, "read_own", lambda *_: pytest.fail("all own labels were read again"))
    assert filled.triage.report("prod", ana).failures == 6
    filled.labels.set_verdict(outputs[7], ana, "fail")
    report = filled.triage.report("prod", ana)
    assert (report.failures, report.own) == (7, 7)
    assert asked == [{filled.examples.by_key("case-0007").id}]
    filled.undo(ana)
    assert filled.triage.report("prod", ana).failures == 6


def test_a_report_inside_an_action_that_fails_leaves_nothing_behind(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    output = output_ids(filled)[0]
    filled.labels.set_verdict(output, ana, "pass")
    assert filled.triage.report().labelled == 1
    with pytest.raises(ZeroDivisionError), filled.database.transaction():
        filled.labels.set_verdict(output_ids(filled)[1], ana, "pass")
        assert filled.triage.report().labelled == 2
        raise ZeroDivisionError
    assert filled.triage.report().labelled == 1


def test_a_label_that_is_only_written_again_can_decide(filled: Project) -> None:
    ana, ben = (filled.annotators.get_or_add(name) for name in ("Ana", "Ben"))
    output = output_ids(filled)[0]
    filled.labels.set_verdict(output, ana, "fail")
    filled.labels.set_verdict(output, ben, "pass")
    assert filled.triage.report().passes == 1
    with filled.database.transaction() as connection:
        connection.execute("UPDATE labels SET updated_ms = updated_ms + 5000 WHERE annotator_id = ?", (ana,))
    assert filled.triage.report().failures == 1
