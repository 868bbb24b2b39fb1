"""Slices: one place for each example, one action for each assignment, samples that can be drawn again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewer.curate.slices import capability_of
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.project import Project

MakeExamples = Callable[[int], list[int]]


@pytest.fixture
def ana(project: Project) -> int:
    return project.annotators.get_or_add("Ana")


def _slices(project: Project) -> dict[str, str]:
    with project.database.read() as connection:
        rows = connection.execute(
            "SELECT e.key, m.slice FROM slice_members m JOIN examples e ON e.id = m.example_id ORDER BY e.key"
        )
        return {row["key"]: row["slice"] for row in rows}


def test_the_three_contracts_are_there_from_the_start(project: Project) -> None:
    found = {item.name: (item.minimum, item.maximum, item.count, item.met) for item in project.slices.list()}
    assert found == {"core": (100, 300, 0, False), "edge": (50, 100, 0, False), "preservation": (50, 100, 0, False)}
    assert list(project.slices.get("preservation").capabilities) == [
        "tool_use",
        "citation",
        "summarization",
        "refusal",
        "reasoning",
    ]
    with pytest.raises(NotFoundError, match="core, edge, preservation"):
        project.slices.get("train")


def test_an_example_is_in_at_most_one_slice_and_a_move_is_told(
    project: Project, make_examples: MakeExamples, ana: int
) -> None:
    ids = make_examples(6)
    first = project.slices.assign(ids[:3], "core", annotator_id=ana)
    assert first.added == ("case-0000", "case-0001", "case-0002")
    assert first.changes.examples == frozenset(ids[:3])
    second = project.slices.assign(ids[2:5], "edge", annotator_id=ana)
    assert second.moved == (("case-0002", "core"),)
    assert second.sentence == "3 examples put into edge, 1 of them moved from core."
    assert project.slices.assign(ids[3:4], "edge", annotator_id=ana).sentence == "Already in edge."
    assert [item.count for item in project.slices.list()] == [2, 3, 0]


def test_many_are_one_action_that_undo_takes_back_and_redo_does_again(
    project: Project, make_examples: MakeExamples, ana: int
) -> None:
    ids = make_examples(6)
    project.slices.assign(ids[:3], "core", annotator_id=ana)
    before = _slices(project)
    project.slices.assign(ids, "preservation", capability="tool use", annotator_id=ana)
    after = _slices(project)
    assert set(after.values()) == {"preservation"}
    project.undo(ana)
    assert _slices(project) == before
    project.redo(ana)
    assert _slices(project) == after
    project.slices.clear(ids, annotator_id=ana)
    assert _slices(project) == {}
    project.undo(ana)
    assert _slices(project) == after


def test_capabilities_belong_to_preservation(project: Project, make_examples: MakeExamples, ana: int) -> None:
    ids = make_examples(4)
    project.slices.assign(ids[:2], "preservation", capability="Tool-use", annotator_id=ana)
    project.slices.assign(ids[1:3], "preservation", annotator_id=ana)  # keeps what is known
    project.slices.assign(ids[2:3], "preservation", capability="refusal", annotator_id=ana)
    assert project.slices.get("preservation").capabilities == {
        "tool_use": 2,
        "citation": 0,
        "summarization": 0,
        "refusal": 1,
        "reasoning": 0,
    }
    with pytest.raises(InputError, match="preservation"):
        project.slices.assign(ids, "core", capability="refusal", annotator_id=ana)
    with pytest.raises(InputError, match="no capability"):
        capability_of("singing")
    project.slices.assign(ids[:1], "core", annotator_id=ana)
    assert project.slices.get("preservation").capabilities["tool_use"] == 1


def test_excluded_examples_are_left_out_and_not_counted(
    project: Project, make_examples: MakeExamples, ana: int
) -> None:
    ids = make_examples(6)
    project.slices.assign(ids[:2], "core", annotator_id=ana)
    with project.database.action("exclude", ana) as action:
        action.update("examples", ids[0], excluded=1)
        action.update("examples", ids[3], excluded=1)
    done = project.slices.assign(ids[2:], "edge", annotator_id=ana)
    assert done.excluded == ("case-0003",)
    assert [item.count for item in project.slices.list()] == [1, 3, 0]
    assert ids[0] not in project.slices.matching("")
    assert ids[0] in project.slices.matching("", with_excluded=True)
    project.slices.clear(ids, annotator_id=ana)
    assert sorted(project.slices.draw(4, seed=1)[0]) == [ids[1], ids[2], ids[4], ids[5]]


def test_a_sample_is_the_same_for_the_same_seed_and_keeps_the_mix(
    project: Project, make_examples: MakeExamples, ana: int
) -> None:
    ids = make_examples(30)
    drawn, strata = project.slices.draw(12, seed=3)
    assert strata == {"billing": (4, 10), "refunds": (4, 10), "visits": (4, 10)}
    assert project.slices.draw(12, seed=3)[0] == drawn
    assert project.slices.draw(12, seed=4)[0] != drawn
    done = project.slices.sample(12, slice="core", seed=3, annotator_id=ana)
    assert len(done.added) == 12
    assert not done.moved
    with project.database.read() as connection:
        how = connection.execute("SELECT DISTINCT how FROM slice_members").fetchall()
    assert [row["how"] for row in how] == ["sample of 12, seed 3, by workflow"]
    # Drawn again, only what is in no slice yet comes.
    assert not set(project.slices.draw(18, seed=3)[0]) & set(drawn)
    with pytest.raises(ConflictError, match="18 examples"):
        project.slices.draw(19, seed=3)
    mail, _ = project.slices.draw(4, seed=1, by="metadata.channel", where="workflow:refunds")
    assert {project.examples.get(item).workflow for item in mail} == {"refunds"}
    assert len(project.slices.draw(3, seed=1, by="source")[0]) == len(project.slices.draw(3, seed=1, by="")[0]) == 3
    with pytest.raises(InputError, match=r"metadata\.NAME"):
        project.slices.draw(1, seed=1, by="moon")
    assert len(ids) == 30


def test_a_contract_can_be_changed_and_the_change_undone(project: Project, ana: int) -> None:
    project.slices.edit("core", owner=" Claims  team ", minimum=20, maximum=40, margin=0.04, annotator_id=ana)
    core = project.slices.get("core")
    assert (core.owner, core.minimum, core.maximum, core.margin) == ("Claims team", 20, 40, 0.04)
    project.undo(ana)
    assert project.slices.get("core").minimum == 100
    with pytest.raises(InputError, match="range"):
        project.slices.edit("core", minimum=400, annotator_id=ana)
    with pytest.raises(InputError, match="margin"):
        project.slices.edit("core", margin=0.0, annotator_id=ana)


def test_unknown_examples_change_nothing(project: Project, make_examples: MakeExamples, ana: int) -> None:
    ids = make_examples(2)
    with pytest.raises(NotFoundError):
        project.slices.assign([*ids, 999], "core", annotator_id=ana)
    assert _slices(project) == {}
    with pytest.raises(NotFoundError, match="nowhere"):
        project.slices.ids_of(["nowhere"])


def test_a_sample_by_two_fields_with_equal_strata(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    ids = list(filled.slices.matching(""))
    stale = filled.categories.by_name("stale_facts").id
    for example_id in ids[:4]:
        filled.labels.set_category(filled.examples.get(example_id).outputs[0].id, ana, stale)
    drawn, strata = filled.slices.draw(6, seed=2, by="workflow,category", equal=True)
    assert strata == {
        "billing · Stale facts": (1, 1),
        "billing · none": (1, 3),
        "refunds · Stale facts": (1, 2),
        "refunds · none": (1, 2),
        "visits · Stale facts": (1, 1),
        "visits · none": (1, 3),
    }
    assert filled.slices.draw(6, seed=2, by=" workflow , category", equal=True)[0] == drawn
    filled.slices.sample(6, slice="edge", seed=2, by="workflow,category", equal=True, annotator_id=ana)
    with filled.database.read() as connection:
        (row,) = connection.execute("SELECT DISTINCT how FROM slice_members").fetchall()
    assert row["how"] == "sample of 6, seed 2, by workflow,category, equally"
    with pytest.raises(InputError, match="category"):
        filled.slices.draw(1, seed=1, by="workflow,moon")
