"""Near-duplicates in a project: found once, decided with a reason, kept in one slice, never in the way of undo."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewer.errors import Cancelled, ConflictError, InputError, NotFoundError
from reviewer.formats.conversation import Message
from reviewer.intake.examples import content_hash
from reviewer.project import Project
from reviewer.store.database import dump
from tests.benchmarks.planted import Planted, planted
from tests.rows import add_example

Add = Callable[..., int]
ASKED = "My order 4711 from 3 March has not come. I live in Ashford. Could you send the parcel again?"


@pytest.fixture
def ana(project: Project) -> int:
    return project.annotators.get_or_add("Ana")


@pytest.fixture
def add(project: Project) -> Add:
    def add(key: str, *texts: str, system: str = "") -> int:
        said = [Message("system", system)] if system else []
        said += [Message(("user", "assistant")[place % 2], text) for place, text in enumerate(texts)]
        with project.database.transaction() as connection:
            return add_example(connection, key=key, messages=said)

    return add


def _groups(project: Project) -> list[tuple[str, ...]]:
    project.duplicates.find()
    return [group.keys for group in project.duplicates.groups() if not group.decision]


def test_planted_duplicates_are_found_and_their_twins_are_not(project: Project) -> None:
    rows: list[Planted] = list(planted(1_500, 100, 60, seed=11))
    with project.database.transaction() as connection:
        for row in rows:
            said = [Message("system", row.system), Message("user", row.text)]
            add_example(connection, key=row.id, messages=said, workflow=row.workflow)
    truth = {frozenset((row.id, row.of)) for row in rows if row.of and row.kind != "twin"}
    groups = _groups(project)
    found = {frozenset((one, other)) for keys in groups for one in keys for other in keys if one < other}
    assert len(found & truth) / len(found) > 0.95
    assert len(found & truth) / len(truth) > 0.95


def test_instructions_do_not_make_a_case_and_turns_do(project: Project, add: Add) -> None:
    add("a", ASKED, system="You are a helpful agent of the parcel service.")
    add("b", ASKED.upper(), system="You are a helpful agent of the parcel service.")
    add("c", "How do I change my address?", system="You are a helpful agent of the parcel service.")
    add("d", ASKED, "Yes, it is on its way.", "And when will it be here, do you think?")
    add("e", ASKED, "Yes, it is on its way.", "And what do I pay for that, do you think?")
    assert _groups(project) == [("a", "b")]


def test_only_what_is_new_or_changed_is_compared(project: Project, add: Add) -> None:
    first = add("a", ASKED)
    add("b", "How do I change my address in the app?")
    assert project.duplicates.pending() == 2
    assert project.duplicates.find().compared == 2
    assert project.duplicates.find().compared == 0
    add("c", "Hello! " + ASKED)
    assert project.duplicates.pending() == 1
    found = project.duplicates.find()
    assert (found.compared, found.examples, found.groups) == (1, 3, 1)
    with project.database.transaction() as connection:
        said = [Message("user", "Something else entirely is asked here now.").to_json()]
        connection.execute("UPDATE example_payloads SET messages = ? WHERE example_id = ?", (dump(said), first))
        connection.execute("UPDATE examples SET content_hash = ? WHERE id = ?", (content_hash(said), first))
    assert project.duplicates.groups() == ()
    assert _groups(project) == []


def test_a_group_that_a_changed_member_held_together_is_compared_again(project: Project, add: Add) -> None:
    ids = [add(key, text) for key, text in (("a", ASKED), ("b", ASKED.upper()), ("c", ASKED.lower()))]
    assert _groups(project) == [("a", "b", "c")]
    with project.database.transaction() as connection:
        connection.execute("DELETE FROM examples WHERE id = ?", (ids[0],))
    add("d", "Another question that nobody asked before today.")
    assert _groups(project) == [("b", "c")]


def test_the_same_letters_are_known_without_a_search(project: Project, add: Add) -> None:
    add("a", ASKED)
    add("b", ASKED)
    (group,) = project.duplicates.groups()
    assert (group.keys, group.kind, group.similarity) == (("a", "b"), "exact", 1.0)


def test_a_cancelled_search_leaves_everything(project: Project, add: Add) -> None:
    add("a", ASKED)
    add("b", ASKED.upper())

    def stop(done: int, total: int, note: str = "") -> None:
        if done:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        project.duplicates.find(stop)
    assert project.duplicates.pending() == 2
    assert project.duplicates.groups() == ()


def test_keep_holds_until_another_joins(project: Project, add: Add, ana: int) -> None:
    add("a", ASKED)
    add("b", ASKED.upper())
    project.duplicates.find()
    (group,) = project.duplicates.groups()
    with pytest.raises(InputError, match="reason"):
        project.duplicates.keep(group, " ", annotator_id=ana)
    project.duplicates.keep(group, "shouting is a case of its own", annotator_id=ana)
    (group,) = project.duplicates.groups()
    assert (group.decision, group.reason) == ("keep", "shouting is a case of its own")
    add("c", "Hello! " + ASKED)
    assert _groups(project) == [("a", "b", "c")]
    project.undo(ana)
    assert [group.decision for group in project.duplicates.groups()] == [""]


def test_merge_and_exclude_are_taken_back_whole(project: Project, add: Add, ana: int) -> None:
    ids = [add(key, text) for key, text in (("a", ASKED), ("b", ASKED.upper()), ("c", ASKED.lower()))]
    project.slices.assign([ids[1]], "edge", annotator_id=ana)
    project.duplicates.find()
    (group,) = project.duplicates.groups()
    with pytest.raises(NotFoundError, match="z"):
        project.duplicates.merge(group, "z", "x", annotator_id=ana)
    project.duplicates.merge(group, "a", "asked three times", annotator_id=ana)
    assert project.duplicates.groups() == ()
    assert project.examples.get(ids[1]).exclude_reason == "same as a: asked three times"
    assert [row.slice for row in project.slices.listing.open().page()] == ["edge", "", ""]
    with pytest.raises(ConflictError):
        project.duplicates.merge(group, "a", "again", annotator_id=ana)
    project.undo(ana)
    assert project.duplicates.groups() == (group,)
    project.duplicates.exclude(group, ["c"], "of no use", annotator_id=ana)
    assert [found.keys for found in project.duplicates.groups()] == [("a", "b")]
    assert project.duplicates.group_of("b").keys == ("a", "b")


def test_a_group_stays_in_one_slice(project: Project, add: Add, ana: int) -> None:
    ids = [add(key, text) for key, text in (("a", ASKED), ("b", ASKED.upper()), ("c", "What does it cost to leave?"))]
    project.duplicates.find()
    project.slices.assign([ids[0]], "core", annotator_id=ana)
    done = project.slices.assign([ids[1], ids[2]], "edge", annotator_id=ana)
    assert done.along == (("a", "core"),)
    assert "1 look-alike came along from core" in done.sentence
    assert {row.key: row.slice for row in project.slices.listing.open().page()} == dict.fromkeys("abc", "edge")
    project.undo(ana)
    assert {row.key: row.slice for row in project.slices.listing.open().page()} == {"a": "core", "b": "", "c": ""}
    # What is drawn counts no case twice.
    drawn, _ = project.slices.draw(1, seed=1, by="")
    assert list(drawn) == [ids[2]]
    with pytest.raises(ConflictError, match="1 example"):
        project.slices.draw(2, seed=1, by="")


def test_a_freeze_asks_about_groups_and_looks_for_them_itself(project: Project, add: Add, ana: int) -> None:
    ids = [add(key, text) for key, text in (("a", ASKED), ("b", ASKED.upper()))]
    project.slices.assign([ids[0]], "core", annotator_id=ana)
    project.slices.assign([ids[1]], "edge", annotator_id=ana)
    with pytest.raises(ConflictError) as refused:
        project.versions.freeze("set", annotator_id=ana)
    assert "1 example repeats another's case in the same or other words and counts twice (a = b)" in str(refused.value)
    assert "1 group of near-duplicates lies in several slices (a = b in core and edge)" in str(refused.value)
    assert "reviewer duplicates list" in str(refused.value)
    (group,) = project.duplicates.groups()
    assert group.split
    project.slices.assign([ids[1]], "core", annotator_id=ana)
    project.duplicates.keep(project.duplicates.group_of("a"), "both ways to write", annotator_id=ana)
    assert not {item.kind for item in project.versions.readiness().unmet} & {"duplicate", "split"}
    version = project.versions.freeze("set", waive="small", annotator_id=ana)
    assert version.facts["near_duplicates_kept"] == [{"ids": ["a", "b"], "reason": "both ways to write"}]


@pytest.mark.parametrize("dress", ["<p>{}</p>", '<div class="mail">{}</div>', "{}<br/>", "<B>{}</B>"])
def test_the_same_words_in_markup_are_the_same_case(project: Project, dress: str) -> None:
    text = "Good morning, my late husband used to deal with the accounts and I missed the July payment of 40 euros."
    with project.database.transaction() as connection:
        add_example(connection, key="plain", messages=[Message("user", text)])
        add_example(connection, key="dressed", messages=[Message("user", dress.format(text))])
        other = text.replace("40", "50")
        add_example(connection, key="other", messages=[Message("user", dress.format(other))])
    project.duplicates.find()
    assert [group.keys for group in project.duplicates.groups()] == [("plain", "dressed")]
