"""An exported version comes back: imported into another project and frozen again, it has the same content."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewer.formats.conversation import Document, Message, ToolCall
from reviewer.project import Project
from tests.rows import add_example, add_output, add_variant, set_reference

WAIVE = "a test has few examples"
WORDS = st.text(st.characters() | st.sampled_from("\u2028\x85\ud800\x00\r\n"), min_size=1, max_size=20)
CALL = st.builds(ToolCall, st.just("call_1"), st.just("get_order"), st.just('{"order": 7}'))
SPOKEN = st.lists(
    st.builds(Message, st.sampled_from(["system", "user"]), WORDS)
    | st.builds(Message, st.just("assistant"), WORDS, tool_calls=st.lists(CALL, max_size=1).map(tuple)),
    max_size=3,
)
CASES = st.fixed_dictionaries(
    {
        "asked": WORDS,
        "before": SPOKEN,
        "documents": st.lists(st.builds(Document, st.just("kb"), WORDS, st.none() | st.just(0.5)), max_size=2),
        "workflow": st.sampled_from(["", "refunds", "visits"]),
        "metadata": st.dictionaries(st.sampled_from(["channel", "tier", "a b"]), WORDS, max_size=2),
        "reference": st.none() | WORDS,
        "answer": st.none() | WORDS,
        "slice": st.sampled_from(["core", "edge"]),
    }
)


Trip = Callable[[list[dict[str, Any]]], None]


@pytest.fixture
def trip(tmp_path: Path, empty_project_file: Path) -> Trip:
    """Freeze and export cases, import them elsewhere, freeze again, and compare."""
    empty = empty_project_file.read_bytes()
    numbers = count()

    def go(cases: list[dict[str, Any]]) -> None:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        for name in ("first", "second"):
            (folder / f"{name}.reviewer").write_bytes(empty)
        with Project.open(folder / "first.reviewer") as first, Project.open(folder / "second.reviewer") as second:
            _fill(first, cases)
            version = first.versions.freeze("trip", waive=WAIVE)
            export = first.versions.export(version, "reviewer", folder / "out")
            done = second.sources.import_file(export.data, variant="prod", role="production")
            assert (done.read, done.added, done.rejected) == (len(cases), len(cases), 0)
            _assign(second, cases)
            again = second.versions.freeze("trip", waive=WAIVE)
            assert list(second.versions.records(again)) == list(first.versions.records(version))
            assert again.content_hash == version.content_hash

    return go


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cases=st.lists(CASES, min_size=1, max_size=4, unique_by=lambda case: case["asked"]))
def test_content_survives_export_and_import(trip: Trip, cases: list[dict[str, Any]]) -> None:
    trip(cases)


def _fill(project: Project, cases: list[dict[str, Any]]) -> None:
    with project.database.transaction() as connection:
        variant = add_variant(connection, "prod", "production")
        for number, case in enumerate(cases):
            example_id = add_example(
                connection,
                key=f"case-{number}",
                messages=[*case["before"], Message("user", case["asked"])],
                documents=case["documents"],
                metadata=case["metadata"],
                workflow=case["workflow"],
                occurred_ms=1_760_000_000_000 + number,
                tools=[{"name": "get_order"}],
            )
            if case["reference"] is not None:
                set_reference(connection, example_id, case["reference"])
            if case["answer"] is not None:
                add_output(connection, example_id=example_id, variant_id=variant, text=case["answer"], latency_ms=12.5)
    _assign(project, cases)


def _assign(project: Project, cases: list[dict[str, Any]]) -> None:
    for number, case in enumerate(cases):
        project.slices.assign(project.slices.ids_of([f"case-{number}"]), case["slice"], annotator_id=None)
