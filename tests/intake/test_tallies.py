"""Facets from kept sums are those of the rows, under every filter, before and after people change something."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from random import Random

import pytest

from reviewer.errors import Cancelled, ReviewerError
from reviewer.formats.conversation import Message
from reviewer.intake import cells, tallies
from reviewer.intake import facets as plain
from reviewer.intake.filters import Filter
from reviewer.project import Project
from reviewer.store.database import Database

TERMS = (
    "workflow:refunds", "workflow:billing", "-workflow:visits", "label:fail", "label:unlabelled", "-label:pass",
    "label:stale_facts", "annotator:Ana", "annotator:Ben", "variant:base", "-variant:tuned", "slice:core", "slice:none",
    "-slice:edge", "is:flagged", "is:excluded", "-is:excluded", "month:2025-10", "-month:none", "source:more.jsonl",
    "-source:more.jsonl", "workflow:nowhere", "-annotator:Ana", "has:reference", "-has:label", "is:passed",
    "after:2025-10-15", "before:2026-01-01", "id:case*", "is:stale", "-is:stale",
)  # fmt: skip


@pytest.fixture
def lively(
    project: Project, make_examples: Callable[[int], list[int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project with a second source, labels of two people, slices, flags and exclusions, whose sums are kept."""
    monkeypatch.setattr(cells, "_KEPT_FROM", 1)
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
    for example_id in ids[::9]:
        asked = (Message("user", f"What of {example_id}?"),)
        project.inputs.revise(example_id, messages=asked, annotator_id=people[0])
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
        raise AssertionError("walked over again")

    monkeypatch.setattr(cells, "_walk", never)
    assert tallies.Tallies(lively.database).facets(Filter()) == expected
    assert first.facets(Filter.parse("workflow:billing")) == counted(lively, Filter.parse("workflow:billing"))


def test_words_are_counted_from_what_they_match(lively: Project) -> None:
    lively.search.complete()
    kept = tallies.Tallies(lively.database)
    for query in ("refunds", "refunds label:fail", "-refunds is:flagged", "refunds has:label slice:core"):
        wanted = Filter.parse(query)
        matches = lively.search.ids(wanted.text)
        with lively.database.read() as connection:
            expected = plain.facets(connection, wanted, matches)
        # The index may still know what has just been removed.
        assert kept.facets(wanted, [*matches, 1_000_000]) == expected == lively.examples.facets(wanted), query


def test_an_import_under_way_has_its_rows_counted(lively: Project) -> None:
    kept = tallies.Tallies(lively.database)
    with lively.database.transaction() as connection:
        connection.execute("UPDATE sources SET state = 'importing'")
    assert kept.facets(Filter()) is None
    assert lively.examples.facets(Filter()) == counted(lively, Filter())
    with lively.database.transaction() as connection:
        connection.execute("UPDATE sources SET state = 'done'")
    assert kept.facets(Filter()) == counted(lively, Filter())


def test_who_only_reads_sees_what_others_write(lively: Project) -> None:
    reader = Database(lively.path, read_only=True)
    kept = tallies.Tallies(reader)
    assert kept.facets(Filter()) == counted(lively, Filter())
    ana = lively.annotators.get_or_add("Ana")
    lively.labels.set_flag(lively.examples.by_key("case-0001").id, ana, True)
    assert kept.facets(Filter()) == counted(lively, Filter())
    reader.close()


def test_counting_is_given_up_for_a_newer_question(lively: Project) -> None:
    kept = tallies.Tallies(lively.database)

    def check() -> None:
        raise Cancelled("a newer question")

    with pytest.raises(Cancelled, match="newer"):
        kept.facets(Filter(), None, check)
    assert kept.facets(Filter()) == counted(lively, Filter())


def test_what_is_taken_back_before_it_is_written_is_not_counted(lively: Project) -> None:
    kept = tallies.Tallies(lively.database)
    assert kept.facets(Filter()) == counted(lively, Filter())
    with pytest.raises(RuntimeError), lively.database.transaction() as connection:
        connection.execute("UPDATE examples SET flagged = 1")
        assert kept.facets(Filter()) == counted(lively, Filter())
        raise RuntimeError
    assert kept.facets(Filter()) == counted(lively, Filter())


def test_another_file_in_its_place_is_counted_anew(lively: Project, tmp_path: Path) -> None:
    kept = tallies.Tallies(lively.database)
    ana = lively.annotators.get_or_add("Ana")
    assert kept.facets(Filter()) == counted(lively, Filter())
    other = tmp_path / "other.reviewer"
    with lively.database.exchange(lambda _writer: None) as take_place:
        lively.database.copy_to(other)
        with closing(sqlite3.connect(other)) as connection:
            connection.execute("UPDATE examples SET flagged = 1")
            connection.commit()
        take_place(other)
    assert kept.facets(Filter()) == counted(lively, Filter())
    lively.labels.set_flag(lively.examples.by_key("case-0001").id, ana, False)
    assert kept.facets(Filter()) == counted(lively, Filter())


def test_gaps_and_many_cells(lively: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with lively.database.transaction() as connection:
        connection.execute("DELETE FROM examples WHERE id % 5 = 2 AND id NOT IN (SELECT example_id FROM slice_members)")
        connection.execute("UPDATE examples SET occurred_ms = -500 WHERE id % 7 = 1")
        connection.execute("UPDATE examples SET workflow = 'w' || id, occurred_ms = 1 << 60 WHERE id % 7 = 3")
    kept = tallies.Tallies(lively.database)
    assert kept.facets(Filter()) == counted(lively, Filter())
    monkeypatch.setattr(cells, "_NARROW", 3)
    monkeypatch.setattr(tallies, "_NARROW", 3)
    with lively.database.transaction() as connection:
        connection.execute("DELETE FROM meta WHERE key = 'example_cells'")
    for _ in ("walked over", "as kept"):
        wide = tallies.Tallies(lively.database)
        for query in ("", "label:fail", "workflow:w3"):
            assert wide.facets(Filter.parse(query)) == counted(lively, Filter.parse(query))
        assert wide._cells.of.typecode == wide._kind_of.typecode == "I"


@pytest.mark.parametrize("seed", range(4))
def test_a_life_of_marks_imports_and_undoing_is_counted_to_the_last_one(
    lively: Project, tmp_path: Path, seed: int
) -> None:
    draw = Random(seed)
    project = lively
    kept = tallies.Tallies(project.database)
    people = [project.annotators.get_or_add(name) for name in ("Ana", "Ben", "Cleo")]
    categories = [category.id for category in project.categories.list()]
    brought = 0

    def someone() -> int:
        return draw.choice(people)

    def ids() -> list[int]:
        with project.database.read() as connection:
            return [row[0] for row in connection.execute("SELECT id FROM examples ORDER BY id")]

    def an_output() -> int:
        with project.database.read() as connection:
            return draw.choice([row[0] for row in connection.execute("SELECT id FROM outputs ORDER BY id")])

    def bring() -> None:
        nonlocal brought
        brought += 1
        path = tmp_path / f"brought-{brought}.jsonl"
        lines = [
            # Some of them are examples that are there, of which this file brings a further output.
            {"id": f"case-{draw.randrange(80):04d}" if draw.random() < 0.4 else f"b{brought}-{number}", "prompt": "q",
             "output": f"a {number}", "workflow": draw.choice(["billing", "new", ""])}
            | ({"time": f"2026-0{draw.randint(1, 9)}-11"} if draw.random() < 0.5 else {})
            for number in range(draw.randint(1, 12))
        ]  # fmt: skip
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        with suppress(ReviewerError):
            project.sources.import_file(path, variant=draw.choice(["other", "fourth", "base"]))

    acts: list[Callable[[], object]] = [
        lambda: project.labels.set_verdict(an_output(), someone(), draw.choice(["pass", "fail", "skipped"])),
        lambda: project.labels.set_category(an_output(), someone(), draw.choice(categories)),
        lambda: project.labels.toggle_further(an_output(), someone(), draw.choice(categories)),
        lambda: project.labels.clear(an_output(), someone()),
        lambda: project.labels.set_flag(draw.choice(ids()), someone(), draw.random() < 0.7),
        lambda: project.labels.exclude(draw.choice(ids()), someone(), "a test"),
        lambda: project.labels.include(draw.choice(ids()), someone()),
        lambda: project.slices.assign(
            draw.sample(ids(), 3), draw.choice(["core", "edge", "preservation"]), annotator_id=someone()
        ),
        lambda: project.slices.clear(draw.sample(ids(), 3), annotator_id=someone()),
        lambda: project.inputs.revise(
            draw.choice(ids()), messages=(Message("user", f"What of {draw.random()}?"),), annotator_id=someone()
        ),
        lambda: project.categories.merge(draw.choice(categories), draw.choice(categories), someone()),
        lambda: project.undo(someone()),
        lambda: project.undo(someone()),
        lambda: project.redo(someone()),
        bring,
        lambda: project.sources.remove(draw.choice(project.sources.list()).id) if draw.random() < 0.3 else None,
        lambda: project.filters.save(f"kept {draw.random()}", Filter.parse(draw.choice(TERMS)), someone()),
    ]
    done = Counter[int]()
    for _ in range(120):
        number = draw.randrange(len(acts))
        with suppress(ReviewerError):  # what cannot be done at this moment
            acts[number]()
            done[number] += 1
        saved = [one.filter for one in project.filters.saved()]
        wanted = draw.choice([Filter(), Filter.parse(" ".join(draw.sample(TERMS, draw.randint(1, 3)))), *saved[:2]])
        assert kept.facets(wanted) == counted(project, wanted), str(wanted)
    assert len(done) > len(acts) * 2 // 3
    assert tallies.Tallies(project.database).facets(Filter()) == kept.facets(Filter())


def test_a_label_touches_its_own_example_alone(
    lively: Project, make_examples: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = lively.annotators.get_or_add("Ana")
    wanted = Filter.parse("workflow:billing")
    lively.examples.facets(wanted)
    tally = lively.examples._tallies
    assert tally is not None
    moved: list[int] = []
    read: list[str | None] = []
    move, read_kinds = tallies.Tallies._move, tallies.Tallies._read_kinds
    monkeypatch.setattr(
        tallies.Tallies, "_move", lambda self, number, kind: (moved.append(number), move(self, number, kind))[1]
    )
    monkeypatch.setattr(
        tallies.Tallies, "_read_kinds", lambda self, link, ids: (read.append(ids), read_kinds(self, link, ids))[1]
    )
    example = lively.examples.by_key("case-0002")
    lively.labels.set_verdict(example.outputs[0].id, ana, "cannot_judge")
    lively.examples.facets(wanted)
    assert read == [f"[{example.id}]"]
    assert set(moved) == {example.id}
    lively.examples.facets(Filter())
    assert len(read) == 1
