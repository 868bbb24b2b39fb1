"""More like these: the nearest by their words, from inputs alone."""

from __future__ import annotations

import pytest

from reviewer.errors import InputError
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.rows import add_example, add_output, add_variant

TEXTS = {
    "fee-1": "Why was I charged a late fee of six euros although the bill was paid?",
    "fee-2": "There is a late fee on my bill, please waive the late fee.",
    "fee-3": "A late fee again! Can the fee be waived once more?",
    "move-1": "I am moving house in May, does my fibre contract move along?",
    "move-2": "Moving to another town: can the contract move with me?",
    "hub-1": "The hub blinks amber since this morning and nothing works.",
    "hub-2": "My hub is dark, no light at all on the hub.",
    "odd-1": "Ünïcödé café, naïve résumé",
    "odd-2": "unicode cafe naive resume",
}


@pytest.fixture
def ids(project: Project) -> dict[str, int]:
    found = {}
    with project.database.transaction() as connection:
        variant = add_variant(connection, "base", "base")
        for key, text in TEXTS.items():
            found[key] = add_example(connection, key=key, workflow=key.split("-")[0], messages=[Message("user", text)])
            # What a variant said must not matter: every output speaks of the same thing.
            add_output(connection, example_id=found[key], variant_id=variant, text="late fee late fee waived")
    return found


def test_the_nearest_come_first_with_score_and_reason(project: Project, ids: dict[str, int]) -> None:
    found = project.slices.similar([ids["fee-1"]], project.search)
    assert [item.key for item in found[:2]] in (["fee-2", "fee-3"], ["fee-3", "fee-2"])
    assert 1 >= found[0].score >= found[-1].score > 0
    assert found[0].like == "fee-1"
    assert {"late", "fee"} <= set(found[0].words)
    assert found[0].reason.startswith("like fee-1: ")
    assert {"move-1", "hub-2"}.isdisjoint(item.key for item in found[:2])


def test_each_is_told_which_of_the_chosen_it_is_like(project: Project, ids: dict[str, int]) -> None:
    found = project.slices.similar([ids["move-1"], ids["hub-1"]], project.search)
    assert {item.key: item.like for item in found}["move-2"] == "move-1"
    assert {item.key: item.like for item in found}["hub-2"] == "hub-1"
    assert not {"move-1", "hub-1"} & {item.key for item in found}


def test_accents_and_case_make_no_difference(project: Project, ids: dict[str, int]) -> None:
    (found,) = project.slices.similar([ids["odd-1"]], project.search)
    assert (found.key, round(found.score, 6)) == ("odd-2", 1.0)


def test_members_and_excluded_examples_are_left_out(project: Project, ids: dict[str, int]) -> None:
    ana = project.annotators.get_or_add("Ana")
    project.slices.assign([ids["fee-2"]], "edge", annotator_id=ana)
    project.labels.exclude(ids["fee-3"], ana, "test")
    assert not {"fee-2", "fee-3"} & {item.key for item in project.slices.similar([ids["fee-1"]], project.search)}
    everything = project.slices.similar([ids["fee-1"]], project.search, free_only=False)
    assert (everything[0].key, everything[0].slice) == ("fee-2", "edge")
    with pytest.raises(InputError, match="Choose"):
        project.slices.similar([], project.search)


def test_it_is_the_same_each_time_and_as_long_as_asked(project: Project, ids: dict[str, int]) -> None:
    chosen = [ids["fee-1"], ids["hub-1"]]
    first = project.slices.similar(chosen, project.search, limit=2)
    assert len(first) == 2
    assert project.slices.similar(chosen, project.search, limit=2) == first
