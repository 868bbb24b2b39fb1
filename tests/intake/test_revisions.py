"""Labels on answers to an earlier input: nothing counts them, everything says so, and undo brings them back exactly."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reviewer.compare.controls import known_answers
from reviewer.compare.protocol import Protocol
from reviewer.curate.coverage import coverage, failures_in
from reviewer.curate.pool import pool
from reviewer.intake import revisions, tallies
from reviewer.intake.filters import FIELDS, Filter
from reviewer.project import Project
from reviewer.triage.queues import KINDS, PASSES
from tests.conftest import fill
from tests.rows import add_output, add_variant

WANTED = (
    "label:fail", "label:pass", "label:stale_facts", "label:unlabelled", "-label:fail", "annotator:Ana", "has:label",
    "variant:prod label:fail", "is:failed", "is:passed", "is:escalated", "is:stale", "-is:stale",
    "label:tool_use_failure",
)  # fmt: skip


class Labelled:
    """A project whose first example has every kind of label on it, beside others that stay as they are."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.ids = fill(project, 8)
        self.ana, self.ben = (project.annotators.get_or_add(name) for name in ("Ana", "Ben"))
        self.codes = {category.code: category.id for category in project.categories.list()}
        self.first = self._output(0, "prod")
        labels = project.labels
        labels.set_category(self.first, self.ana, self.codes["stale_facts"])
        labels.toggle_further(self.first, self.ana, self.codes["tool_use_failure"])
        labels.set_verdict(self.first, self.ben, "fail", note="no category yet")
        labels.set_verdict(self._output(0, "base"), self.ana, "pass")
        labels.set_category(self._output(1, "prod"), self.ana, self.codes["missing_facts"])
        labels.set_verdict(self._output(2, "prod"), self.ana, "pass")
        labels.set_verdict(self._output(3, "prod"), self.ana, "fail")
        for number in (0, 1):
            labels.set_flag(self.ids[number], self.ana, True)
        project.slices.assign(self.ids[:2], "core", annotator_id=self.ana)
        with project.database.transaction() as connection:
            connection.execute("UPDATE outputs SET passed = 0, escalated = 1 WHERE id = ?", (self.first,))
            label = connection.execute("SELECT min(id) FROM labels").fetchone()[0]
            connection.execute("INSERT INTO rechecks (label_id, reason, created_ms) VALUES (?, 'split', 0)", (label,))
            for name, text in (("twin", "Another answer."), ("echo", "Another answer.")):
                add_output(
                    connection, example_id=self.ids[0], variant_id=add_variant(connection, name, "other"), text=text
                )

    def _output(self, number: int, variant: str) -> int:
        output = self.project.examples.get(self.ids[number]).output_of(variant)
        assert output is not None
        return output.id

    def correct(self) -> None:
        """Correct the input of the first example."""
        messages = self.project.examples.get(self.ids[0]).messages
        wanted = (*messages[:-1], replace(messages[-1], content="What about the late one?"))
        self.project.inputs.revise(self.ids[0], messages=wanted, annotator_id=self.ana)

    def counts(self, tmp_path: Path) -> dict[str, object]:
        """Everything that counts labels."""
        project, found = self.project, dict[str, object]()
        for variant in ("prod", "base"):
            found[f"report {variant}"] = project.triage.report(variant, self.ana).to_json()
            found[f"own {variant}"] = project.triage.report(variant, self.ana).own
        for code in (*self.codes, None):
            found[f"behind {code}"] = [item.key for item in project.triage.examples(code)]
        for kind in KINDS:
            for pass_ in PASSES:
                queue = project.queues.open(self.ana, kind, pass_, "prod", seed=1)
                stops = []
                while (stop := queue.forward()) is not None and stop.example_id not in stops:
                    stops.append(stop.example_id)
                found[f"queue {kind} {pass_}"] = (queue.left, queue.total, sorted(stops))
        found["rechecks"] = project.labels.rechecks(self.ana)
        with project.database.read() as connection:
            found["coverage"] = {
                place: (cell.seen, cell.held) for place, cell in coverage(connection, ["core"]).cells.items()
            }
            found["failures in core"] = failures_in(connection, "core")
            variants = {row["name"]: row["id"] for row in connection.execute("SELECT id, name FROM variants")}
            taken = (variants["tuned"], variants["echo"])
            known = known_answers(connection, Protocol.bare(), 9, (), taken, random.Random(1))
            found["controls"] = sorted(item.key for item in known)
            named = replace(Protocol.bare(), right="twin", wrong="prod")
            found["named controls"] = [
                item.key for item in known_answers(connection, named, 9, (), taken, random.Random(1))
            ]
        for query in WANTED:
            outline = project.examples.outline(Filter.parse(query))
            rows = project.examples.page(outline, 0) if outline.total else ()
            found[f"filter {query}"] = [(row.key, row.label, row.stale) for row in rows]
            found[f"facets {query}"] = {
                (facet.field, value.value): value.count
                for facet in project.examples.facets(Filter.parse(query))
                for value in facet.values
            }
        found["facets"] = [(facet.field, facet.values) for facet in project.examples.facets(Filter())]
        found["suspects"] = [item.key for item in project.references.suspects()]
        found["status"] = {
            name: value for name, value in project.examples.status().items() if name in ("labels", "labelled")
        }
        path = tmp_path / "labels.jsonl"
        project.labels.export_file(path)
        found["export"] = sorted(json.loads(line)["example"] for line in path.read_text().splitlines())
        return found


@pytest.fixture(params=["rows", "sums"])
def labelled(project: Project, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Labelled:
    """Labels to count, with facets from rows and from kept sums."""
    if request.param == "rows":
        monkeypatch.setattr(tallies.Tallies, "facets", lambda *_: None)
    return Labelled(project)


def test_no_count_has_them_and_undo_brings_them_back_exactly(labelled: Labelled, tmp_path: Path) -> None:
    project = labelled.project
    before = labelled.counts(tmp_path)
    labelled.correct()
    after = labelled.counts(tmp_path)
    report = project.triage.report("prod", labelled.ana)
    assert (report.labelled, report.failures, report.coded, report.own, report.stale) == (3, 2, 1, 3, 2)
    assert report.since_new == 0
    assert report.left_out == ("2 labels on answers to an earlier input are left out",)
    assert project.triage.report("base").left_out == ("1 label on an answer to an earlier input is left out",)
    data = report.to_json()
    assert (data["stale_labels"], data["shares"]["stale_facts"]["count"]) == (2, 0)
    assert (
        after["behind stale_facts"] == after["filter label:stale_facts"] == after["filter label:tool_use_failure"] == []
    )
    assert after["behind None"] == ["case-0003"]
    assert after["rechecks"] == 0
    assert before["queue random one"] == (4, 8, labelled.ids[4:])
    assert after["queue random one"] == (4, 7, labelled.ids[4:])
    assert after["queue unlabelled one"] == (4, 4, labelled.ids[4:])
    assert before["queue recheck one"] == (1, 1, labelled.ids[:1])
    assert after["queue recheck one"] == (0, 0, [])
    assert after["queue flagged open"] == (4, 7, labelled.ids[4:])
    assert [key for key, *_ in after["filter is:stale"]] == ["case-0000"]  # type: ignore[attr-defined]
    assert after["filter is:stale"] == [("case-0000", "earlier input: Fail, Stale facts, Pass", True)]
    assert after["filter is:failed"] == after["filter is:escalated"] == []
    assert ("case-0000" in str(after["filter label:unlabelled"]), after["filter annotator:Ana"]) == (
        True,
        [("case-0001", "Missing facts", False), ("case-0002", "Pass", False), ("case-0003", "Fail", False)],
    )
    assert before["coverage"] != after["coverage"]
    assert after["failures in core"]["Stale facts"] == 0  # type: ignore[index]
    assert before["controls"] == ["case-0000", "case-0001", "case-0003"]
    assert after["controls"] == ["case-0001", "case-0003"]
    assert (before["named controls"], after["named controls"]) == (["case-0000"], [])
    assert (before["suspects"], after["suspects"]) == (["case-0000"], [])
    assert after["status"] == {"labels": 6, "labelled": 3}
    assert project.examples.status()["stale_labels"] == 3
    assert project.examples.status()["stale_outputs"] == 5
    assert "case-0000" not in after["export"]  # type: ignore[operator]
    assert project.triage.stale() == 3
    project.undo(labelled.ana)
    assert labelled.counts(tmp_path) == before
    project.redo(labelled.ana)
    assert labelled.counts(tmp_path) == after


def test_a_sample_is_stratified_by_what_was_said_of_present_answers(labelled: Labelled) -> None:
    project = labelled.project

    def strata() -> dict[str, list[str]]:
        with project.database.read() as connection:
            return pool(connection, "category", "e.key = 'case-0000'", ())[1]

    project.slices.clear(labelled.ids[:1], annotator_id=labelled.ana)
    assert strata() == {"Stale facts": ["case-0000"]}
    labelled.correct()
    assert strata() == {"": ["case-0000"]}
    project.undo(labelled.ana)
    assert strata() == {"Stale facts": ["case-0000"]}


def test_a_label_on_a_new_answer_counts(labelled: Labelled) -> None:
    project = labelled.project
    labelled.correct()
    with project.database.transaction() as connection:
        variant = add_variant(connection, "prod-2", "other")
        output = add_output(connection, example_id=labelled.ids[0], variant_id=variant, text="To the new question.")
    project.labels.set_category(output, labelled.ana, labelled.codes["stale_facts"])
    report = project.triage.report("prod-2")
    assert (report.coded, report.stale) == (1, 0)
    assert [row.key for row in _listed(project, "label:stale_facts")] == ["case-0000"]
    example = project.examples.get(labelled.ids[0])
    assert {item.variant for item in example.outputs if item.stale} == {"prod", "base", "tuned", "twin", "echo"}


def _listed(project: Project, query: str) -> list[object]:
    return list(project.examples.page(project.examples.outline(Filter.parse(query)), 0))


def test_an_excluded_example_is_not_counted_twice(labelled: Labelled) -> None:
    project = labelled.project
    labelled.correct()
    project.labels.exclude(labelled.ids[0], labelled.ana, "a test case")
    assert project.triage.report("prod").stale == 0
    assert project.queues.open(labelled.ana, "random", "one", "prod").total == 7


def test_which_revision_an_output_answered_and_a_reference_was_written_for(project: Project) -> None:
    (first, *_) = fill(project, 2)
    ana = project.annotators.get_or_add("Ana")
    messages = project.examples.get(first).messages
    assert [output.revision for output in project.examples.get(first).outputs] == [None, None, None]

    def ask(text: str) -> None:
        project.inputs.revise(first, messages=(replace(messages[-1], content=text),), annotator_id=ana)

    ask("Second?")
    with project.database.transaction() as connection:
        later = add_variant(connection, "later", "other")
        add_output(connection, example_id=first, variant_id=later, text="To the second.")
    example = project.examples.get(first)
    assert example.reference is not None
    assert example.reference.earlier
    assert {output.variant: output.revision for output in example.outputs} == {
        "prod": 1, "base": 1, "tuned": 1, "later": None,
    }  # fmt: skip
    ask("Third?")
    assert {output.variant: output.revision for output in project.examples.get(first).outputs} == {
        "prod": 1, "base": 1, "tuned": 1, "later": 2,
    }  # fmt: skip
    project.references.confirm([first], annotator_id=ana)
    reference = project.examples.get(first).reference
    assert reference is not None
    assert not reference.earlier
    for _ in range(3):
        project.undo(ana)
    example = project.examples.get(first)
    assert {output.variant: output.revision for output in example.outputs} == {
        "prod": None, "base": None, "tuned": None, "later": 2,
    }  # fmt: skip
    assert example.reference is not None
    assert not example.reference.earlier
    assert revisions.stale_words(2, example.revision) == "Made for an earlier input (revision 2, now 5)"
    assert revisions.stale_words(None, 3) == "Made for an earlier input (now revision 3)"


def test_a_project_without_the_list_of_corrected_examples_counts_alike(labelled: Labelled, tmp_path: Path) -> None:
    project = labelled.project
    labelled.correct()
    after = labelled.counts(tmp_path)
    path = project.path
    with project.database.transaction() as connection:
        connection.execute("DELETE FROM meta WHERE key LIKE 'revised%'")
    project.close()
    with Project.open(path, read_only=True) as reading:
        assert reading.triage.report("prod").stale == 2
        assert reading.examples.count(Filter.parse("is:stale")) == 1
    again = Project.open(path)
    try:
        labelled.project = again
        assert again.database.meta("revised") == "1"
        assert again.database.meta(f"revised:{labelled.ids[0]}") == "{}"
        assert labelled.counts(tmp_path) == after
        stale = again.examples.get(labelled.ids[0]).outputs[0]
        assert (stale.stale, stale.revision) == (True, None)
    finally:
        again.close()


def test_what_a_correction_would_do_is_told_before(labelled: Labelled) -> None:
    project, first = labelled.project, labelled.ids[0]
    project.versions.freeze("refunds", waive="few", annotator_id=labelled.ana)
    messages = project.examples.get(first).messages
    wanted = (*messages[:-1], replace(messages[-1], content="What about the late one?"))
    told = project.inputs.foresee(first, messages=messages)
    assert (told.fields, told.input, told.revision, told.stale, told.labels, told.refused) == ((), False, 1, (), 0, "")
    told = project.inputs.foresee(first, messages=wanted)
    assert (told.fields, told.input, told.revision) == (("messages",), True, 2)
    assert (told.stale, told.again, told.labels) == (("prod", "base", "tuned", "twin", "echo"), (), 3)
    assert told.versions == ("refunds@1",)
    told = project.inputs.foresee(first, metadata={"channel": "phone"})
    assert (told.fields, told.input, told.revision, told.stale) == (("metadata",), False, 1, ())
    done = project.inputs.revise(first, messages=wanted, annotator_id=labelled.ana)
    assert (done.revision, done.stale) == (2, 5)
    told = project.inputs.foresee(first, messages=messages)
    assert (told.stale, told.again, told.labels) == ((), ("prod", "base", "tuned", "twin", "echo"), 0)
    empty = project.inputs.foresee(first, messages=[replace(messages[-1], content="")])
    assert "would be empty" in empty.refused


def test_an_open_study_refuses_beforehand(project: Project, make_examples: Callable[[int], list[int]]) -> None:
    ids = make_examples(3)
    project.studies.create("spring", "base", "tuned", protocol=Protocol.bare())
    told = project.inputs.foresee(ids[0], messages=project.examples.get(ids[0]).messages[:1])
    assert "open study spring judges case-0000" in told.refused


def test_the_filter_is_documented() -> None:
    assert "stale" in FIELDS["is"]
