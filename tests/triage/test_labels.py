"""Labels: one action each, undone and redone, refused where they make no sense."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.project import Project
from reviewer.triage.evidence import Evidence
from reviewer.triage.labels import Label
from tests.triage.conftest import category, output_ids, seal

TABLES = ("labels", "label_categories", "rechecks", "examples", "example_references")


def snapshot(project: Project) -> dict[str, list[dict[str, Any]]]:
    found = {}
    with project.database.read() as connection:
        for table in TABLES:
            rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
            for row in rows:
                row.pop("touched", None)
            found[table] = sorted(rows, key=lambda row: str(row))
    return found


def label(project: Project, output_id: int, annotator_id: int) -> Label:
    found = project.labels.get(output_id, annotator_id)
    assert found is not None
    return found


def test_a_verdict_is_an_action(filled: Project, ana: int) -> None:
    output = output_ids(filled)[3]
    changes = filled.labels.set_verdict(output, ana, "pass", note="fine")
    example = filled.examples.by_key("case-0003")
    assert changes.title == "Label as Pass"
    assert (changes.room, changes.focus) == ("triage", example.id)
    assert changes.tables == {"labels"}
    assert example.id in changes.examples
    found = label(filled, output, ana)
    assert (found.verdict, found.note, found.stage, found.annotator) == ("pass", "fine", "open", "Ana")
    assert filled.undo_title(ana) == "Label as Pass"
    assert filled.undo(ana).focus == example.id
    assert filled.labels.get(output, ana) is None
    filled.redo(ana)
    assert label(filled, output, ana) == found


def test_a_category_makes_a_coded_fail(filled: Project, ana: int) -> None:
    output = output_ids(filled)[0]
    missing, stale = category(filled, "missing_facts"), category(filled, "stale_facts")
    assert filled.labels.set_category(output, ana, missing).title == "Label as Missing facts"
    filled.labels.set_severity(output, ana, "high")
    filled.labels.toggle_further(output, ana, stale)
    found = label(filled, output, ana)
    assert (found.verdict, found.stage, found.category_id, found.further) == ("fail", "coded", missing, (stale,))
    filled.labels.set_category(output, ana, stale)
    assert label(filled, output, ana).further == ()
    filled.labels.set_verdict(output, ana, "pass")
    found = label(filled, output, ana)
    assert (found.category_id, found.severity, found.stage) == (None, "", "open")
    filled.undo(ana)
    assert label(filled, output, ana).severity == "high"


def test_fail_keeps_the_category(filled: Project, ana: int) -> None:
    output = output_ids(filled)[0]
    missing = category(filled, "missing_facts")
    filled.labels.set_category(output, ana, missing)
    filled.labels.set_verdict(output, ana, "fail", note="again")
    assert label(filled, output, ana).category_id == missing


def test_two_annotators_do_not_meet(filled: Project, ana: int, ben: int) -> None:
    output = output_ids(filled)[0]
    filled.labels.set_verdict(output, ana, "pass")
    filled.labels.set_verdict(output, ben, "fail")
    assert [item.verdict for item in filled.labels.of_output(output)] == ["pass", "fail"]
    filled.undo(ana)
    assert [item.annotator for item in filled.labels.of_output(output)] == ["Ben"]


def test_a_note_without_a_verdict_is_kept(filled: Project, ana: int) -> None:
    output = output_ids(filled)[0]
    filled.labels.set_note(output, ana, "come back to this")
    assert label(filled, output, ana).verdict == "skipped"
    filled.labels.set_verdict(output, ana, "fail")
    assert label(filled, output, ana).note == "come back to this"


def test_evidence_is_checked_against_the_text(filled: Project, ana: int) -> None:
    output = output_ids(filled)[0]
    filled.labels.set_evidence(output, ana, [])
    assert filled.labels.get(output, ana) is None
    filled.labels.set_evidence(output, ana, [Evidence("output", 2, 0, 4)])
    assert label(filled, output, ana).verdict == "fail"
    filled.labels.set_evidence(
        output, ana, [Evidence("output", 2, 0, 4), Evidence("output", 2, 0, 4), Evidence("message", 1, 0, 8)]
    )
    found = label(filled, output, ana).evidence
    assert [(item.place, item.step, item.start, item.end) for item in found] == [
        ("output", 2, 0, 4),
        ("message", 1, 0, 8),
    ]
    assert all(len(item.hash) == 16 for item in found)
    for bad in (Evidence("output", 9, 0, 1), Evidence("output", 2, 0, 9999), Evidence("nowhere", 0, 0, 0)):
        with pytest.raises(InputError):
            filled.labels.set_evidence(output, ana, [bad])
    with pytest.raises(ConflictError, match="Mark it again"):
        filled.labels.set_evidence(output, ana, [Evidence("output", 2, 0, 4, "0" * 16)])
    assert label(filled, output, ana).evidence == found


def test_evidence_in_a_plain_text_output(filled: Project, ana: int) -> None:
    output = output_ids(filled, "base")[0]
    filled.labels.set_verdict(output, ana, "fail")
    filled.labels.set_evidence(output, ana, [Evidence("output", 0, 0, 4)])
    assert label(filled, output, ana).evidence[0].end == 4


def test_clear_takes_everything_that_hangs_on_it(filled: Project, ana: int) -> None:
    output = output_ids(filled)[0]
    before = snapshot(filled)
    filled.labels.set_category(output, ana, category(filled, "missing_facts"))
    filled.labels.toggle_further(output, ana, category(filled, "stale_facts"))
    full = snapshot(filled)
    filled.labels.clear(output, ana)
    assert snapshot(filled) == before
    filled.undo(ana)
    assert snapshot(filled) == full


def test_flag_exclude_include(filled: Project, ana: int) -> None:
    example = filled.examples.by_key("case-0001").id
    filled.labels.set_flag(example, ana, True)
    with pytest.raises(InputError, match="why"):
        filled.labels.exclude(example, ana, "  ")
    filled.labels.exclude(example, ana, "a test case")
    found = filled.examples.get(example)
    assert (found.flagged, found.excluded, found.exclude_reason) == (True, True, "a test case")
    filled.labels.include(example, ana)
    assert not filled.examples.get(example).excluded
    with pytest.raises(NotFoundError):
        filled.labels.set_flag(999_999, ana, True)


def test_the_reference_is_written_corrected_and_taken_away(filled: Project, ana: int) -> None:
    example = filled.examples.by_key("case-0001")
    assert example.reference is not None
    filled.labels.set_reference(example.id, ana, "It is settled in 5 days.")
    corrected = filled.examples.get(example.id).reference
    assert corrected is not None
    assert (corrected.text, corrected.origin) == ("It is settled in 5 days.", "kb")
    assert corrected.as_of_ms is not None
    filled.labels.set_reference(
        example.id, ana, "It is settled in 5 days.", origin="policy v12", as_of_ms=5, shelf_days=30
    )
    again = filled.examples.get(example.id).reference
    assert again is not None
    assert (again.origin, again.as_of_ms, again.shelf_days) == ("policy v12", 5, 30)
    filled.labels.set_reference(example.id, ana, "")
    assert filled.examples.get(example.id).reference is None
    for _ in range(3):
        filled.undo(ana)
    assert filled.examples.get(example.id).reference == example.reference


def test_a_sealed_output_takes_no_label(filled: Project, ana: int) -> None:
    output = output_ids(filled)[0]
    seal(filled, output)
    missing = category(filled, "missing_facts")
    attempts: list[Callable[[], object]] = [
        lambda: filled.labels.set_verdict(output, ana, "pass"),
        lambda: filled.labels.set_category(output, ana, missing),
        lambda: filled.labels.set_note(output, ana, "x"),
        lambda: filled.labels.clear(output, ana),
    ]
    for attempt in attempts:
        with pytest.raises(ConflictError, match="sealed in the study “June”"):
            attempt()
    assert filled.labels.get(output, ana) is None


@pytest.mark.parametrize("verdict", ["", "PASS", "maybe"])
def test_no_other_verdicts(filled: Project, ana: int, verdict: str) -> None:
    with pytest.raises(InputError, match="is none of them"):
        filled.labels.set_verdict(output_ids(filled)[0], ana, verdict)


def test_only_a_failure_has_a_category_and_severity(filled: Project, ana: int) -> None:
    output = output_ids(filled)[0]
    filled.labels.set_verdict(output, ana, "pass")
    with pytest.raises(ConflictError):
        filled.labels.set_severity(output, ana, "high")
    with pytest.raises(ConflictError):
        filled.labels.toggle_further(output, ana, category(filled, "missing_facts"))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["verdict", "category", "further", "severity", "note", "clear", "flag"]), st.integers(0, 6)
    ),
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(STEPS)
def test_undoing_everything_leaves_what_was_and_redoing_what_became(
    filled: Project, steps: list[tuple[str, int]]
) -> None:
    ana = filled.annotators.get_or_add("Ana")
    while filled.undo_title(ana):
        filled.undo(ana)
    labels, outputs = filled.labels, output_ids(filled)
    codes = [item.id for item in filled.categories.list()]
    before = snapshot(filled)
    for step, number in steps:
        output = outputs[number % 2]
        try:
            match step:
                case "verdict":
                    labels.set_verdict(output, ana, ("pass", "fail", "cannot_judge", "skipped")[number % 4])
                case "category":
                    labels.set_category(output, ana, codes[number])
                case "further":
                    labels.toggle_further(output, ana, codes[number])
                case "severity":
                    labels.set_severity(output, ana, ("low", "medium", "high")[number % 3])
                case "note":
                    labels.set_note(output, ana, f"note {number}")
                case "clear":
                    labels.clear(output, ana)
                case "flag":
                    labels.set_flag(filled.examples.by_key("case-0000").id, ana, number % 2 == 0)
        except ConflictError:
            pass
    after = snapshot(filled)
    undone = 0
    while filled.undo_title(ana):
        filled.undo(ana)
        undone += 1
    assert snapshot(filled) == before
    for _ in range(undone):
        filled.redo(ana)
    assert snapshot(filled) == after
    while filled.undo_title(ana):
        filled.undo(ana)
