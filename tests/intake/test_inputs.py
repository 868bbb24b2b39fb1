"""Corrected inputs: a new revision each, undone exactly, and nothing that answered an older one compares."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.formats.conversation import Document, Message
from reviewer.project import Project
from tests.conftest import fill
from tests.rows import add_output


@pytest.fixture
def ana(project: Project) -> int:
    return project.annotators.get_or_add("Ana")


@pytest.fixture
def ids(project: Project) -> list[int]:
    return fill(project, 6)


def _asked(project: Project, example_id: int, text: str) -> tuple[Message, ...]:
    messages = project.examples.get(example_id).messages
    return (*messages[:-1], replace(messages[-1], content=text))


def _rows(project: Project, example_id: int) -> list[tuple[object, ...]]:
    """All that is stored of an example but the counters that only grow."""
    found: list[tuple[object, ...]] = []
    with project.database.read() as connection:
        row = connection.execute("SELECT * FROM examples WHERE id = ?", (example_id,)).fetchone()
        found.append(tuple(row[name] for name in row.keys() if name not in ("revision", "touched", "input_hash")))  # noqa: SIM118
        for table in ("example_payloads", "example_references", "slice_members"):
            found += map(tuple, connection.execute(f"SELECT * FROM {table} WHERE example_id = ?", (example_id,)))
    return found


def test_another_input_is_a_new_revision_and_its_outputs_are_stale(project: Project, ids: list[int], ana: int) -> None:
    done = project.inputs.revise(ids[0], messages=_asked(project, ids[0], "And if it is late?"), annotator_id=ana)
    assert (done.key, done.revision, done.fields, done.stale) == ("case-0000", 2, ("messages",), 3)
    assert done.changes.examples == {ids[0]}
    example = project.examples.get(ids[0])
    assert example.messages[-1].content == "And if it is late?"
    assert example.revision == 2
    assert [output.stale for output in example.outputs] == [True, True, True]
    assert not any(output.stale for output in project.examples.get(ids[1]).outputs)
    project.search.complete()
    assert project.examples.find("late").total == 1
    assert project.inputs.revise(ids[0], messages=example.messages, annotator_id=ana).fields == ()


def test_documents_and_tools_are_input_and_metadata_is_not(project: Project, ids: list[int], ana: int) -> None:
    assert project.inputs.revise(ids[0], documents=[Document("kb", "new")], annotator_id=ana).revision == 2
    assert project.inputs.revise(ids[0], tools=[{"name": "get_order"}], annotator_id=ana).revision == 3
    done = project.inputs.revise(ids[1], metadata={"channel": "phone"}, annotator_id=ana)
    assert (done.revision, done.fields, done.stale) == (1, ("metadata",), 0)


def test_undo_and_redo_are_exact_and_revisions_only_grow(project: Project, ids: list[int], ana: int) -> None:
    before = _rows(project, ids[0])
    project.inputs.revise(ids[0], messages=_asked(project, ids[0], "Other?"), annotator_id=ana)
    after = _rows(project, ids[0])
    assert project.undo_title(ana) == "correct the input of case-0000"
    project.undo(ana)
    assert _rows(project, ids[0]) == before
    example = project.examples.get(ids[0])
    assert example.revision == 3
    assert not any(output.stale for output in example.outputs), "what answered this very input answers it again"
    project.redo(ana)
    assert _rows(project, ids[0]) == after
    assert project.examples.get(ids[0]).revision == 4
    assert all(output.stale for output in project.examples.get(ids[0]).outputs)
    with pytest.raises(sqlite3.IntegrityError, match="only grows"), project.database.transaction() as connection:
        connection.execute("UPDATE examples SET revision = 1 WHERE id = ?", (ids[0],))


def test_what_was_done_before_the_first_correction_can_still_be_taken_back(
    project: Project, ids: list[int], ana: int
) -> None:
    with project.database.action("exclude", ana) as action:
        action.update("examples", ids[0], excluded=1)
    project.inputs.revise(ids[0], messages=_asked(project, ids[0], "Another?"), annotator_id=ana)
    project.undo(ana)
    project.undo(ana)
    assert not project.examples.get(ids[0]).excluded
    project.redo(ana)
    project.redo(ana)
    assert project.examples.get(ids[0]).excluded
    assert project.examples.get(ids[0]).messages[-1].content == "Another?"


def test_a_new_output_answers_the_present_input(project: Project, ids: list[int], ana: int) -> None:
    project.inputs.revise(ids[0], messages=_asked(project, ids[0], "Other?"), annotator_id=ana)
    with project.database.transaction() as connection:
        variant = connection.execute("INSERT INTO variants (name) VALUES ('prod-2')").lastrowid or 0
        add_output(connection, example_id=ids[0], variant_id=variant, text="To the new question.")
    fresh = {output.variant: not output.stale for output in project.examples.get(ids[0]).outputs}
    assert fresh == {"prod": False, "base": False, "tuned": False, "prod-2": True}
    project.undo(ana)
    fresh = {output.variant: not output.stale for output in project.examples.get(ids[0]).outputs}
    assert fresh == {"prod": True, "base": True, "tuned": True, "prod-2": False}


def test_what_cannot_be_an_input_is_refused(project: Project, ids: list[int], ana: int) -> None:
    with pytest.raises(InputError, match="case-0000 would be empty"):
        project.inputs.revise(ids[0], messages=[Message("user", "")], annotator_id=ana)
    with pytest.raises(NotFoundError):
        project.inputs.revise(999, messages=[Message("user", "x")], annotator_id=ana)
    assert project.examples.get(ids[0]).revision == 1


def test_a_study_leaves_out_what_answers_an_older_input(project: Project, ids: list[int], ana: int) -> None:
    project.inputs.revise(ids[0], messages=_asked(project, ids[0], "Other?"), annotator_id=ana)
    survey = project.studies.survey("base", "tuned")
    assert (survey.pairs, survey.left_out) == (5, {"the output of base answers an older input": 1})
    study = project.studies.create("spring", "base", "tuned", protocol=Protocol.bare())
    assert study.pairs == 5
    assert study.plan["left_out"] == {"the output of base answers an older input": 1}


def test_a_study_over_a_version_leaves_out_what_was_corrected_since(project: Project, ids: list[int], ana: int) -> None:
    project.slices.assign(ids[:2], "core", annotator_id=ana)
    project.versions.freeze("refunds", waive="few", annotator_id=ana)
    project.inputs.revise(ids[0], messages=_asked(project, ids[0], "Other?"), annotator_id=ana)
    survey = project.studies.survey("base", "tuned", version="refunds@1")
    assert (survey.pairs, survey.left_out) == (1, {"its input was corrected after refunds@1 was frozen": 1})
    project.inputs.revise(ids[1], messages=_asked(project, ids[1], "Other?"), annotator_id=ana)
    with pytest.raises(ConflictError, match=r"2: its input was corrected after refunds@1 .* freeze it anew"):
        project.studies.create("spring", "base", "tuned", version="refunds@1")
    project.undo(ana)
    assert project.studies.survey("base", "tuned", version="refunds@1").pairs == 1


def test_an_open_study_keeps_the_inputs_that_it_shows(project: Project, ids: list[int], ana: int) -> None:
    project.inputs.revise(ids[0], metadata={"draft": "Base answer 0: it takes 3 days."}, annotator_id=ana)
    project.inputs.revise(ids[0], metadata={"channel": "mail"}, annotator_id=ana)
    project.studies.create("spring", "base", "tuned", protocol=Protocol.bare())
    with pytest.raises(ConflictError, match="open study spring judges case-0000"):
        project.inputs.revise(ids[0], messages=_asked(project, ids[0], "Other?"), annotator_id=ana)
    with project.database.read() as connection:
        trail = "".join(f"{row['before']}{row['after']}" for row in connection.execute("SELECT * FROM history"))
    assert "Base answer 0" not in trail
    with pytest.raises(ConflictError, match="nothing to undo"):
        project.undo(ana)
    project.studies.abandon("spring")
    project.undo(ana)
    assert project.examples.get(ids[0]).metadata == {"draft": "Base answer 0: it takes 3 days."}


def test_a_freeze_tells_which_observed_outputs_are_stale(project: Project, ids: list[int], ana: int) -> None:
    project.slices.assign(ids[:2], "core", annotator_id=ana)
    project.inputs.revise(ids[0], messages=_asked(project, ids[0], "Other?"), annotator_id=ana)
    (stale,) = [item for item in project.versions.readiness().unmet if item.kind == "stale"]
    assert stale.keys == ("case-0000",)
    assert stale.remedy
    with pytest.raises(ConflictError, match="answered an older input"):
        project.versions.freeze("refunds", annotator_id=ana)
    version = project.versions.freeze("refunds", waive="few", annotator_id=ana)
    first, second = project.versions.records(version)
    assert (first["revision"], first["observed"]["output"]) == (2, None)
    assert second["observed"]["output"] is not None


def test_a_file_corrects_many_at_once_and_one_undo_takes_it_back(
    project: Project, ids: list[int], ana: int, tmp_path: Path
) -> None:
    before = [_rows(project, example_id) for example_id in ids]
    same = [message.to_json() for message in project.examples.get(ids[2]).messages]
    rows = [
        {"id": "case-0000", "messages": [{"role": "user", "content": "First?"}]},
        {"id": "case-0001", "messages": [{"role": "user", "content": "Second?"}], "metadata": {"channel": "phone"}},
        {"id": "case-0002", "messages": same},
        {"id": "elsewhere", "messages": [{"role": "user", "content": "Third?"}]},
        {"id": "case-0003", "messages": 7},
    ]
    path = tmp_path / "corrected.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    done = project.inputs.revise_from(path, annotator_id=ana)
    assert [item.key for item in done.revised] == ["case-0000", "case-0001"]
    assert (done.unchanged, done.unknown) == (1, ("elsewhere",))
    assert [line for line, _ in done.rejected] == [5]
    assert project.examples.get(ids[1]).messages == (Message("user", "Second?"),)
    project.undo(ana)
    assert [_rows(project, example_id) for example_id in ids] == before


def test_a_file_without_ids_corrects_nothing(project: Project, ids: list[int], ana: int, tmp_path: Path) -> None:
    path = tmp_path / "corrected.jsonl"
    path.write_text(json.dumps({"messages": [{"role": "user", "content": "First?"}]}) + "\n")
    with pytest.raises(InputError, match="names no ids"):
        project.inputs.revise_from(path, annotator_id=ana)
