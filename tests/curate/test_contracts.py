"""Contracts: what a slice gates on, what its count can show, how near production it is and what it has seen."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewer.curate.contracts import GATES, meter
from reviewer.curate.mix import chi_square_tail, mix_of
from reviewer.curate.power import POWER, power_of
from reviewer.errors import InputError
from reviewer.project import Project

MakeExamples = Callable[[int], list[int]]


@pytest.fixture
def ana(project: Project) -> int:
    return project.annotators.get_or_add("Ana")


def test_core_must_get_better_and_the_others_not_worse(project: Project) -> None:
    assert [item.gates_on for item in project.slices.list()] == ["better", "not_worse", "not_worse"]
    assert {item.discordance for item in project.slices.list()} == {0.1}


def test_a_contract_says_what_it_gates_on_and_takes_it_back(project: Project, ana: int) -> None:
    project.slices.edit("edge", gates_on="nothing", discordance=0.2, annotator_id=ana)
    assert (project.slices.get("edge").gates_on, project.slices.get("edge").discordance) == ("nothing", 0.2)
    project.undo(ana)
    assert project.slices.get("edge").gates
    with pytest.raises(InputError, match="better, not_worse, nothing"):
        project.slices.edit("edge", gates_on="everything", annotator_id=ana)
    with pytest.raises(InputError, match="differing verdicts"):
        project.slices.edit("edge", discordance=0.0, annotator_id=ana)
    assert list(GATES) == ["better", "not_worse", "nothing"]


def test_the_meter_asks_for_the_examples_that_reach_the_margin(
    project: Project, make_examples: MakeExamples, ana: int
) -> None:
    project.slices.assign(make_examples(60), "preservation", annotator_id=ana)
    found = meter(project.slices.get("preservation"))
    assert found.not_worse
    assert found.detects is not None
    assert found.detects > found.wanted == 0.1
    assert found.more is not None
    assert found.more > 0
    assert power_of(60 + found.more, 0.1, not_worse=True) >= POWER > power_of(59 + found.more, 0.1, not_worse=True)
    assert f"{found.more} more for 10 points" in found.sentence
    assert "80%" in found.assumptions
    assert "10% of the examples" in found.assumptions
    project.slices.edit("preservation", margin=0.2, annotator_id=ana)
    assert meter(project.slices.get("preservation")).more == 0


def test_a_wanted_gain_is_no_larger_than_the_verdicts_can_differ(project: Project, ana: int) -> None:
    project.slices.edit("core", margin=0.4, annotator_id=ana)
    found = meter(project.slices.get("core"))
    assert found.wanted == found.discordance == 0.1
    assert "Too few" in found.sentence


def test_a_mix_is_measured_against_production(project: Project, make_examples: MakeExamples, ana: int) -> None:
    ids = make_examples(30)
    assert project.slices.get("core").mix is None
    project.slices.assign(ids[::3], "core", annotator_id=ana)  # refunds alone
    mix = project.slices.get("core").mix
    assert mix is not None
    assert mix.distance == pytest.approx(2 / 3)
    assert dict(mix.actual) == {"billing": 0, "refunds": 10, "visits": 0}
    assert mix.worst in ("billing", "visits")
    assert mix.add == 5  # 5 of 15 is a third
    assert mix.p is None, "with three of each expected the test says nothing"
    assert f"{mix.worst} has 0 of 3: 5 more" in mix.sentence
    project.slices.assign(ids, "core", annotator_id=ana)
    mix = project.slices.get("core").mix
    assert mix is not None
    assert (mix.distance, mix.add, mix.far) == (0.0, 0, False)
    with project.database.action("exclude", ana) as action:
        for example_id in ids[::3]:
            action.update("examples", example_id, excluded=1)
    mix = project.slices.get("core").mix
    assert mix is not None
    assert mix.distance == 0.0, "production's mix follows the examples"


def test_a_mix_far_from_productions_is_not_met(project: Project, make_examples: MakeExamples, ana: int) -> None:
    ids = make_examples(90)
    project.slices.edit("core", minimum=20, annotator_id=ana)
    project.slices.assign(ids[::3], "core", annotator_id=ana)
    (found,) = [item for item in project.versions.readiness().unmet if item.kind == "mix"]
    assert "points from production's" in found.sentence
    assert found.remedy.startswith("Add 15 of ")
    project.slices.assign(ids[:60], "core", annotator_id=ana)
    project.slices.clear(ids[60:], annotator_id=ana)
    assert not [item for item in project.versions.readiness().unmet if item.kind == "mix"]


def test_the_distance_of_a_random_draw_is_what_chance_gives() -> None:
    from random import Random

    whole = {"a": 500, "b": 300, "c": 150, "d": 50}
    random = Random(7)
    names, weights = list(whole), list(whole.values())
    distances = []
    for _ in range(2000):
        drawn = random.choices(names, weights, k=60)
        mix = mix_of({name: drawn.count(name) for name in names}, whole)
        assert mix is not None
        distances.append(mix.distance)
    assert sum(distances) / len(distances) == pytest.approx(mix.by_chance, abs=0.003)


def test_the_chi_square_tail_is_scipys() -> None:
    from scipy.stats import chi2

    for degrees in (1, 2, 3, 6, 11):
        for x in (0.1, 1.0, 5.0, 20.0):
            assert chi_square_tail(x, degrees) == pytest.approx(float(chi2.sf(x, degrees)), rel=1e-9)


def test_a_workflow_that_production_lacks_and_one_that_stands_alone() -> None:
    strange = mix_of({"a": 5, "x": 5}, {"a": 100})
    assert strange is not None
    assert (strange.p, strange.distance) == (0.0, 0.5)
    alone = mix_of({"a": 5}, {"a": 100})
    assert alone is not None
    assert (alone.p, alone.distance, alone.add) == (None, 0.0, 0)
    assert mix_of({}, {"a": 1}) is None


def test_edge_tells_which_failures_it_has_seen(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    ids = list(filled.slices.matching(""))
    codes = {category.code: category.id for category in filled.categories.list()}
    for example_id, code in zip(ids[:3], ("stale_facts", "stale_facts", "tool_use_failure"), strict=True):
        output = filled.examples.get(example_id).outputs[0]
        filled.labels.set_category(output.id, ana, codes[code])
    filled.labels.toggle_further(filled.examples.get(ids[0]).outputs[0].id, ana, codes["policy_violation"])
    filled.slices.assign(ids[:2], "edge", annotator_id=ana)
    seen = {name: count for name, count in filled.slices.get("edge").failures.items() if count}
    assert seen == {"Stale facts": 2, "Policy violation": 1}
    assert len(filled.slices.get("edge").failures) == 7

    found = filled.slices.coverage()
    assert found.cell("refunds", "stale_facts") == found.cell("billing", "stale_facts")
    assert (found.cell("refunds", "stale_facts").seen, found.cell("refunds", "stale_facts").held) == (1, 1)
    assert (found.cell("visits", "tool_use_failure").seen, found.cell("visits", "tool_use_failure").held) == (1, 0)
    assert found.gaps == 1
    assert "hold none" in found.sentence
    for (workflow, code), cell in found.cells.items():
        assert len(filled.slices.matching(found.filter_of(workflow, code))) == cell.seen
        assert len(filled.slices.matching(found.filter_of(workflow, code, missing=True))) == cell.gap
    assert filled.slices.coverage(("core",)).gaps == 4


@pytest.mark.parametrize(
    ("n", "whole"),
    [
        (50, {"a": 40, "b": 30, "c": 20, "d": 10}),
        (126, {"a": 30, "b": 25, "c": 15, "d": 12, "e": 8, "f": 6, "g": 4}),
        (300, {"a": 70, "b": 30}),
    ],
)
def test_the_range_of_random_draws_is_what_random_draws_give(n: int, whole: dict[str, int]) -> None:
    import numpy

    shares = numpy.array(list(whole.values())) / sum(whole.values())
    drawn = numpy.random.default_rng(5).multinomial(n, shares, size=20_000)
    distances = numpy.abs(drawn / n - shares).sum(axis=1) / 2
    mix = mix_of({"a": n}, whole)
    assert mix is not None
    low, high = mix.by_chance_range
    assert mix.by_chance == pytest.approx(float(distances.mean()), abs=0.001)
    within = float(((distances >= low) & (distances <= high)).mean())
    assert 0.93 <= within <= 0.975


def test_a_contract_over_more_than_anybody_gates_on_is_refused(project: Project, ana: int) -> None:
    for maximum in (0, 99_999_999_999_999_999_999):
        with pytest.raises(InputError, match="holds at most 1 to"):
            project.slices.edit("core", minimum=0, maximum=maximum, annotator_id=ana)
