"""Production's mix of workflows: kept in the project, and after every change what counting the rows says."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from reviewer.curate.mix import ProductionMix
from reviewer.project import Project


def kept(project: Project) -> dict[str, int]:
    with project.database.read() as connection:
        return ProductionMix(project.database).counts(connection)


def counted(project: Project) -> dict[str, int]:
    """The same by the plainest means: every example and every output by itself."""
    with project.database.read() as connection:
        observed = {
            row[0]
            for row in connection.execute(
                "SELECT example_id FROM outputs WHERE variant_id IN (SELECT id FROM variants WHERE role = 'production')"
            )
        }
        examples = connection.execute("SELECT id, workflow FROM examples WHERE excluded = 0").fetchall()
    found = Counter(row["workflow"] for row in examples if row["id"] in observed)
    return dict(found or Counter(row["workflow"] for row in examples))


def bring(project: Project, path: Path, first: int, count: int, role: str) -> int:
    lines = [
        {"id": f"n{number}", "prompt": f"What of {number}?", "output": f"{role} {number}", "workflow": f"w{number % 4}"}
        for number in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    project.sources.import_file(path, variant=role, role=role)
    with project.database.read() as connection:
        return int(connection.execute("SELECT max(id) FROM sources").fetchone()[0])


def exclude(project: Project, annotator_id: int, ids: list[int]) -> None:
    with project.database.action("exclude", annotator_id) as action:
        for example_id in ids:
            action.update("examples", example_id, excluded=1)


def test_the_kept_mix_is_what_counting_says_after_every_change(project: Project, tmp_path: Path) -> None:
    ana = project.annotators.get_or_add("Ana")
    assert kept(project) == counted(project) == {}
    bring(project, tmp_path / "a.jsonl", 0, 20, "base")
    assert kept(project) == counted(project) == {"w0": 5, "w1": 5, "w2": 5, "w3": 5}
    first = bring(project, tmp_path / "b.jsonl", 10, 14, "production")
    assert kept(project) == counted(project) == {"w0": 3, "w1": 3, "w2": 4, "w3": 4}
    exclude(project, ana, list(range(9, 16)))
    assert kept(project) == counted(project) != {}
    project.undo(ana)
    assert kept(project) == counted(project)
    exclude(project, ana, list(range(11, 25)))  # every example that production answered
    assert kept(project) == counted(project) == {"w0": 3, "w1": 3, "w2": 2, "w3": 2}
    project.undo(ana)
    with project.database.action("another role", ana) as action:
        row = action.connection.execute("SELECT id FROM variants WHERE role = 'base'").fetchone()
        action.update("variants", row["id"], role="production")
    assert kept(project) == counted(project)
    project.sources.remove(first)
    assert kept(project) == counted(project) == {"w0": 5, "w1": 5, "w2": 5, "w3": 5}
    bring(project, tmp_path / "c.jsonl", 40, 3, "production")
    assert kept(project) == counted(project)


def test_a_mix_that_is_kept_is_not_counted_again(filled: Project) -> None:
    with filled.database.read() as connection:
        assert not ProductionMix(filled.database).known(connection)
    assert filled.slices.list(wait=False)[0].mix is None
    ana = filled.annotators.get_or_add("Ana")
    filled.slices.assign([1, 2, 3], "core", annotator_id=ana)
    assert filled.slices.list(wait=False)[0].mix is None, "nobody waits for a count"
    assert not filled.slices.mix_is_known()
    filled.slices.count_production()
    assert filled.slices.mix_is_known()
    assert filled.slices.list(wait=False)[0].mix == filled.slices.list()[0].mix is not None
    path = filled.path
    filled.close()
    asked: list[str] = []
    with Project.open(path, read_only=True) as again, again.database.read() as connection:
        connection.set_trace_callback(asked.append)
        assert ProductionMix(again.database).counts(connection) == {"refunds": 4, "billing": 4, "visits": 4}
    assert not [text for text in asked if "examples_workflow" in text]


def test_who_may_not_write_counts_all_the_same(filled: Project) -> None:
    path = filled.path
    filled.close()
    with Project.open(path, read_only=True) as again:
        assert kept(again) == counted(again)
        assert again.database.meta("production_mix") == ""
