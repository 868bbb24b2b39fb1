"""Facets over all examples: each count is that of the filter it makes, after every change."""

from __future__ import annotations

import json
from pathlib import Path

from reviewer.intake.facets import FACETS
from reviewer.intake.filters import Filter
from reviewer.project import Project


def compared(project: Project) -> dict[str, list[tuple[str, int]]]:
    """Every value's count as the facets say, held against counting the filter that it makes."""
    facets = project.examples.facets(Filter())
    assert [facet.field for facet in facets] == list(FACETS)
    for facet in facets:
        for value in facet.values:
            assert value.count == project.examples.count(Filter().toggled(facet.field, value.value)), value
    assert project.examples.facets(Filter()) == facets
    return {facet.field: [(value.value, value.count) for value in facet.values] for facet in facets}


def bring(project: Project, path: Path, first: int, count: int, variant: str) -> None:
    lines = [
        {"id": f"n{number}", "prompt": "x", "output": f"{variant} {number}", "workflow": f"w{number % 4}"}
        | ({"time": f"2026-0{1 + number % 3}-01"} if number % 2 else {})
        for number in range(first, first + count)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    project.sources.import_file(path, variant=variant)


def test_counts_follow_imports_removals_labels_and_slices(filled: Project, tmp_path: Path) -> None:
    before = compared(filled)
    ana = filled.annotators.get_or_add("Ana")
    ben = filled.annotators.get_or_add("Ben")
    outputs = [output.id for number in range(1, 9) for output in filled.examples.get(number).outputs]
    for number, output in enumerate(outputs):
        filled.labels.set_verdict(output, (ana, ben)[number % 2], ("pass", "fail", "cannot_judge")[number % 3])
    filled.slices.assign([1, 2, 3], "core", annotator_id=ana)
    worked = compared(filled)
    assert worked["workflow"] == before["workflow"]
    assert worked["label"] != before["label"]
    assert dict(worked["slice"])["core"] == 3
    bring(filled, tmp_path / "one.jsonl", 0, 30, "prod")
    bring(filled, tmp_path / "two.jsonl", 10, 30, "second")
    more = compared(filled)
    assert dict(more["variant"])["second"] == 30
    filled.sources.remove(filled.sources.list()[-1].id)
    assert "second" not in dict(compared(filled)["variant"])
