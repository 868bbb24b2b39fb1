"""Facets from kept sums are those of the rows, under every filter, before and after people change something."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from reviewer.errors import Cancelled
from reviewer.intake import facets as plain
from reviewer.intake import tallies
from reviewer.intake.filters import Filter
from reviewer.project import Project
from reviewer.store.database import Database

TERMS = (
    "workflow:refunds", "workflow:billing", "-workflow:visits", "label:fail", "label:unlabelled", "-label:pass",
    "label:stale_facts", "annotator:Ana", "annotator:Ben", "variant:base", "-variant:tuned", "slice:core", "slice:none",
    "-slice:edge", "is:flagged", "is:excluded", "-is:excluded", "month:2025-10", "-month:none", "source:more.jsonl",
    "-source:more.jsonl", "workflow:nowhere",
)  # fmt: skip


@pytest.fixture
def lively(
    project: Project, make_examples: Callable[[int], list[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project with a second source, labels of two people, slices, flags and exclusions, whose sums are kept."""
    monkeypatch.setattr(tallies, "LEAST", 1)
    ids = make_examples(60)
    rows = tmp_path / "more.jsonl"
    rows.write_text(
        "\n".join(
            json.dumps({"id": f"more-{n}" if n % 3 else f"case-{n:04d}", "prompt": f"q {n}", "output": "a"})
            for n in range(30)
        )
    )
    project.sources.import_file(rows, variant="other")
    people = [project.annotators.get_or_add(name) for name in ("Ana", "Ben")]
    draw = Random(3)
    categories = [category.id for category in project.categories.list()]
    for example_id in draw.sample(ids, 30):
        outputs = project.examples.get(example_id).outputs
        for who in people:
            if draw.random() < 0.7:
                output = draw.choice(outputs)
                if draw.random() < 0.5:
                    project.labels.set_verdict(output.id, who, draw.choice(["pass", "skipped", "cannot_judge"]))
                else:
                    first, second = draw.sample(categories, 2)
                    project.labels.set_category(output.id, who, first)
                    if draw.random() < 0.5:
                        project.labels.toggle_further(output.id, who, second)
    for example_id in ids[::7]:
        project.labels.set_flag(example_id, people[0], True)
    for example_id in ids[::11]:
        project.labels.exclude(example_id, people[0], "a test")
    project.slices.sample(9, slice="core", annotator_id=people[0], seed=1)
    project.slices.sample(5, slice="edge", annotator_id=people[0], seed=2)
    return project


def counted(project: Project, wanted: Filter) -> tuple[plain.Facet, ...]:
    """The facets as the rows have them."""
    with project.database.read() as connection:
        return plain.facets(connection, wanted, None)


def test_sums_and_rows_agree_under_every_pair_of_conditions(lively: Project) -> None:
    kept = tallies.Tallies(lively.database)
    queries = ["", *TERMS, *(" ".join(pair) for pair in itertools.combinations(TERMS, 2))]
    for query in queries:
        wanted = Filter.parse(query)
        assert kept.facets(wanted) == counted(lively, wanted), query


def test_sums_follow_what_people_do_and_take_back(lively: Project, tmp_path: Path) -> None:
    ana = lively.annotators.get_or_add("Ana")
    kept = tallies.Tallies(lively.database)
    example = lively.examples.by_key("case-0001")
    wanted = Filter.parse("workflow:billing")

    def agrees() -> bool:
        return all(kept.facets(each) == counted(lively, each) for each in (wanted, Filter()))

    assert agrees()
    lively.labels.set_verdict(example.outputs[0].id, ana, "fail")
    assert agrees()
    lively.undo(ana)
    assert agrees()
    lively.labels.set_flag(example.id, ana, not example.flagged)
    assert agrees()
    rows = tmp_path / "third.jsonl"
    rows.write_text('{"id": "third-1", "prompt": "q", "output": "a", "workflow": "billing"}')
    lively.sources.import_file(rows)
    assert agrees()
    lively.sources.remove(lively.sources.list()[-1].id)
    assert agrees()


def test_sums_of_an_import_are_kept_in_the_file(lively: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    first = tallies.Tallies(lively.database)
    expected = first.facets(Filter())
    assert expected is not None

    def never(*_: object) -> None:
        raise AssertionError("summed up again")

    monkeypatch.setattr(tallies.Tallies, "_sum_cells", never)
    assert tallies.Tallies(lively.database).facets(Filter()) == expected


def test_words_and_rarer_fields_are_counted_by_rows(lively: Project) -> None:
    kept = tallies.Tallies(lively.database)
    for query in ("refunds", "has:reference", "is:passed", "id:case*", "after:2026-01-01"):
        assert kept.facets(Filter.parse(query)) is None
    lively.search.complete()
    found = lively.examples.facets(Filter.parse("refunds"))
    assert next(facet for facet in found if facet.field == "workflow").values


def test_a_small_project_a_reader_and_an_import_under_way_count_rows(
    lively: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Database(lively.path, read_only=True)
    assert tallies.Tallies(reader).facets(Filter()) is None
    reader.close()
    with lively.database.transaction() as connection:
        connection.execute("UPDATE sources SET state = 'importing'")
    assert tallies.Tallies(lively.database).facets(Filter()) is None
    with lively.database.transaction() as connection:
        connection.execute("UPDATE sources SET state = 'done'")
    monkeypatch.setattr(tallies, "LEAST", 1_000)
    assert tallies.Tallies(lively.database).facets(Filter()) is None
    assert lively.examples.facets(Filter()) == counted(lively, Filter())


def test_counting_is_given_up_for_a_newer_question(lively: Project) -> None:
    kept = tallies.Tallies(lively.database)

    def check() -> None:
        raise Cancelled("a newer question")

    with pytest.raises(Cancelled, match="newer"):
        kept.facets(Filter(), check)
    assert kept.facets(Filter()) == counted(lively, Filter())
