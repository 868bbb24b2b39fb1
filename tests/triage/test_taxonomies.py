"""The codebook and how it changes."""

from __future__ import annotations

import pytest

from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.project import Project
from tests.triage.conftest import category, output_ids


def names(project: Project) -> list[str]:
    return [item.name for item in project.categories.list()]


def rows(project: Project, table: str) -> list[tuple[object, ...]]:
    with project.database.read() as connection:
        return [tuple(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY id")]


def test_begins_with_the_seven(project: Project) -> None:
    assert [item.code for item in project.categories.list()] == [
        "missing_facts",
        "stale_facts",
        "prompt_misunderstanding",
        "tool_use_failure",
        "reasoning_failure",
        "policy_violation",
        "formatting_failure",
    ]
    assert all(item.definition for item in project.categories.list())


def test_add_rename_redefine_reorder_and_back(project: Project, ana: int) -> None:
    before = rows(project, "categories")
    categories = project.categories
    categories.add("  Wrong   tone ", "Rude or cold.", ana)
    added = categories.by_name("wrong tone")
    assert (added.code, added.custom, added.definition) == ("wrong_tone", True, "Rude or cold.")
    categories.rename(added.id, "Tone", ana)
    categories.redefine(added.id, "Not the house's voice.", ana)
    categories.reorder([added.id, *[item.id for item in categories.list() if item.id != added.id]], ana)
    assert names(project)[0] == "Tone"
    assert categories.get(added.id).code == "wrong_tone"
    for _ in range(4):
        project.undo(ana)
    assert rows(project, "categories") == before


@pytest.mark.parametrize("name", ["", "  ", "Missing FACTS", "stale_facts"])
def test_a_name_is_needed_and_free(project: Project, ana: int, name: str) -> None:
    with pytest.raises(InputError):
        project.categories.add(name, "", ana)


def test_two_names_with_one_code(project: Project, ana: int) -> None:
    project.categories.add("Très froid", "", ana)
    project.categories.add("Tr s froid!", "", ana)
    assert [item.code for item in project.categories.list()[-2:]] == ["tr_s_froid", "tr_s_froid_2"]


def test_merge_moves_labels_in_one_step(filled: Project, ana: int, ben: int) -> None:
    missing, stale, policy = (category(filled, code) for code in ("missing_facts", "stale_facts", "policy_violation"))
    outputs = output_ids(filled)
    labels = filled.labels
    labels.set_category(outputs[0], ana, stale)
    labels.set_category(outputs[1], ana, missing)
    labels.toggle_further(outputs[1], ana, stale)  # becomes further beside itself: goes
    labels.set_category(outputs[2], ana, policy)
    labels.toggle_further(outputs[2], ana, stale)  # moves
    labels.toggle_further(outputs[2], ana, missing)  # is there already
    labels.set_category(outputs[3], ben, stale)
    before = {table: rows(filled, table) for table in ("categories", "labels", "label_categories")}

    changes = filled.categories.merge(stale, missing, ana)

    assert changes.title == "Merge Stale facts into Missing facts"
    assert "Stale facts" not in names(filled)
    first, second, third = (labels.get(outputs[number], ana) for number in range(3))
    assert first is not None
    assert first.category_id == missing
    assert second is not None
    assert second.further == ()
    assert third is not None
    assert third.further == (missing,)
    filled.undo(ana)
    assert {table: rows(filled, table) for table in before} == before
    filled.redo(ana)
    assert (labels.get(outputs[3], ben) or first).category_id == missing


def test_a_merged_category_follows_the_next_merge(filled: Project, ana: int) -> None:
    one, two, three = (item.id for item in filled.categories.list()[:3])
    filled.categories.merge(one, two, ana)
    filled.categories.merge(two, three, ana)
    assert filled.categories.get(one).merged_into == three


def test_split_queues_just_its_labels(filled: Project, ana: int) -> None:
    reasoning, policy = category(filled, "reasoning_failure"), category(filled, "policy_violation")
    outputs = output_ids(filled)
    filled.labels.set_category(outputs[0], ana, reasoning)
    filled.labels.set_category(outputs[1], ana, policy)
    filled.labels.set_category(outputs[2], ana, policy)
    filled.labels.toggle_further(outputs[2], ana, reasoning)
    place = names(filled).index("Reasoning failure")

    filled.categories.split(reasoning, [("Bad sum", "Arithmetic."), ("Bad order", "Steps.")], ana)

    assert names(filled)[place : place + 2] == ["Bad sum", "Bad order"]
    assert filled.categories.by_name("Bad sum").code == "reasoning_failure.bad_sum"
    assert filled.labels.rechecks(ana) == 2
    queue = filled.queues.open(ana, "recheck")
    assert (queue.position, queue.total) == (1, 2)
    stop = queue.current()
    assert stop is not None
    assert stop.output_id == outputs[0]
    assert "Reasoning failure” was split into Bad sum and Bad order" in stop.why
    filled.labels.set_category(outputs[0], ana, filled.categories.by_name("Bad sum").id)
    assert filled.labels.rechecks(ana) == 1
    following = queue.forward()
    assert following is not None
    assert following.output_id == outputs[2]
    filled.labels.keep(outputs[2], ana)
    assert queue.forward() is None
    for _ in range(3):
        filled.undo(ana)
    assert "Reasoning failure" in names(filled)
    assert filled.labels.rechecks(ana) == 0


def test_a_closed_category_takes_no_labels(filled: Project, ana: int) -> None:
    stale = category(filled, "stale_facts")
    filled.categories.retire(stale, ana)
    with pytest.raises(ConflictError, match="retired"):
        filled.labels.set_category(output_ids(filled)[0], ana, stale)
    with pytest.raises(ConflictError):
        filled.categories.merge(stale, category(filled, "missing_facts"), ana)
    filled.categories.restore(stale, ana)
    assert names(filled)[-1] == "Stale facts"
    with pytest.raises(NotFoundError, match="has no category"):
        filled.categories.by_name("nonsense")


def test_the_last_category_stays(project: Project, ana: int) -> None:
    for item in project.categories.list()[1:]:
        project.categories.retire(item.id, ana)
    with pytest.raises(ConflictError, match="last category"):
        project.categories.retire(project.categories.list()[0].id, ana)


def test_bad_changes_alter_nothing(project: Project, ana: int) -> None:
    before = rows(project, "categories")
    first = project.categories.list()[0].id
    with pytest.raises(ConflictError):
        project.categories.merge(first, first, ana)
    with pytest.raises(InputError):
        project.categories.split(first, [("Only one", "")], ana)
    with pytest.raises(InputError):
        project.categories.split(first, [("Same", ""), ("same", "")], ana)
    with pytest.raises(InputError):
        project.categories.reorder([first], ana)
    assert rows(project, "categories") == before
