"""Stopping: what may be known of an open study, and what its end writes down."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reviewer.compare import seals
from reviewer.compare.judgments import AnswerTask
from reviewer.compare.protocol import Protocol
from reviewer.compare.statistics.sequential import e_value
from reviewer.errors import ConflictError
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.compare.conftest import judge
from tests.rows import add_example, add_output, add_variant

SEQUENTIAL = Protocol(repeats=0, controls=0, original_dress=0, probes=0, stopping="sequential", annotators=("Ana",))


@pytest.fixture
def forty(project: Project) -> Project:
    """Forty examples with two answers each."""
    with project.database.transaction() as connection:
        ids = [add_variant(connection, name) for name in ("base", "tuned")]
        for number in range(40):
            example = add_example(connection, key=f"case-{number:02}", messages=[Message("user", f"{number}?")])
            for variant_id, text in zip(ids, ("wrong", "right"), strict=True):
                add_output(connection, example_id=example, variant_id=variant_id, text=f"{text} {number}")
    return project


def verdict(task: AnswerTask) -> str:
    """The tuned answer alone is right."""
    return "pass" if task.side.text.startswith("right") else "fail"


def test_the_rule_is_met_after_as_many_examples_as_its_e_value_needs(forty: Project, ana: int) -> None:
    forty.studies.create("first", "base", "tuned", protocol=SEQUENTIAL)
    needed = next(n for n in range(40) if e_value(n, 0) >= 20)
    judge(forty, "first", ana, verdict, limit=40 + needed - 1)
    before = forty.studies.stopping("first")
    assert (before.planned, before.met, before.complete, before.waiting) == (True, False, False, ("Ana",))
    judge(forty, "first", ana, verdict, limit=1)
    assert forty.studies.stopping("first").met
    forty.studies.close("first")
    report = forty.studies.report("first")
    assert (report.ended, report.looks, report.verdict) == ("rule", 2, "better on correctness")
    assert not report.intervals_valid
    assert report.monitoring is not None
    assert report.monitoring.stopped_at == needed


def test_a_study_without_a_rule_counts_no_looks(forty: Project, ana: int) -> None:
    forty.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    judge(forty, "first", ana, verdict, limit=60)
    found = forty.studies.stopping("first")
    assert (found.planned, found.met, found.complete, found.waiting) == (False, False, False, ("Ana",))
    forty.studies.close("first")
    report = forty.studies.report("first")
    assert (report.ended, report.looks, report.intervals_valid) == ("early", 0, True)
    with pytest.raises(ConflictError, match="closed"):
        forty.studies.stopping("first")


def test_all_is_judged_when_everybody_named_has_judged_all(forty: Project, ana: int, ben: int) -> None:
    protocol = Protocol(annotators=("Ana", "Ben"))
    forty.studies.create("first", "base", "tuned", protocol=protocol)
    assert not forty.studies.stopping("first").complete
    judge(forty, "first", ana)
    assert forty.studies.stopping("first").waiting == ("Ben",)
    judge(forty, "first", ben)
    assert forty.studies.stopping("first").complete
    forty.studies.close("first")
    assert forty.studies.report("first").ended == "complete"


def test_the_order_is_that_of_judging_whatever_the_clock_says(forty: Project, ana: int) -> None:
    forty.studies.create("first", "base", "tuned", protocol=SEQUENTIAL)
    with forty.database.read() as connection:
        tuned = {side for _, side, _ in seals.read(connection, 1).sides}
    seen = 0

    def mixed(task: AnswerTask) -> str:
        nonlocal seen
        seen += 1
        return "pass" if (task.side.id in tuned) == (seen % 3 > 0) else "fail"

    judge(forty, "first", ana, mixed, limit=80)
    with forty.database.transaction() as connection:
        connection.execute("UPDATE correctness_judgments SET locked_ms = 1000000 - id")
    from reviewer.compare.stopping import discordant

    with forty.database.read() as connection:
        order = discordant(connection, 1, SEQUENTIAL)
        connection.execute("SELECT 1")
    with forty.database.transaction() as connection:
        connection.execute("UPDATE correctness_judgments SET locked_ms = id")
    with forty.database.read() as connection:
        assert discordant(connection, 1, SEQUENTIAL) == order
    assert len(order) > 5


def test_a_study_that_only_its_rule_may_stop_and_somebody_stops_decides_by_the_rule(forty: Project, ana: int) -> None:
    forty.studies.create("first", "base", "tuned", protocol=SEQUENTIAL)
    judge(forty, "first", ana, verdict, limit=45)
    forty.studies.close("first")
    report = forty.studies.report("first")
    assert (report.ended, report.looks, report.intervals_valid) == ("early", 0, False)
    assert report.verdict == "inconclusive"


def test_asking_when_all_is_judged_is_no_look(forty: Project, ana: int) -> None:
    forty.studies.create("first", "base", "tuned", protocol=SEQUENTIAL)
    judge(forty, "first", ana, verdict)
    assert forty.studies.stopping("first").complete
    forty.studies.close("first")
    report = forty.studies.report("first")
    assert (report.ended, report.looks, report.intervals_valid) == ("complete", 0, True)


def test_the_order_of_the_lines_of_a_file_decides_nothing(forty: Project, tmp_path: Path) -> None:
    forty.studies.create("first", "base", "tuned", protocol=SEQUENTIAL)
    path = tmp_path / "judgments.jsonl"
    with forty.database.read() as connection:
        keys = [row[0] for row in connection.execute("SELECT key FROM examples ORDER BY id")]
    lines = [
        {"example": key, "annotator": "Ana", "passed": {"base": place >= 16, "tuned": place < 16 or place >= 32}}
        for place, key in enumerate(keys)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    forty.judgments.import_file("first", path)
    with pytest.raises(ConflictError, match="judged elsewhere"):
        forty.studies.stopping("first")
    forty.studies.close("first")
    report = forty.studies.report("first")
    assert (report.verdict, report.monitoring) == ("inconclusive", None)
    assert "judged elsewhere" in report.to_json()["sequential_reason"]
