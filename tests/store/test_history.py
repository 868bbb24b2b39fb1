"""Undo, redo and the audit trail."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewer.errors import ConflictError
from reviewer.project import Project
from tests.conftest import fill


def rows(project: Project) -> dict[str, list[tuple[object, ...]]]:
    """Every row a person can change, without the counters that move on their own."""
    with project.database.read() as connection:
        found = {}
        for table in ("labels", "slice_members", "example_references", "label_categories", "saved_filters"):
            found[table] = [tuple(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")]
        found["examples"] = [
            tuple(row) for row in connection.execute("SELECT id, flagged, excluded, exclude_reason FROM examples")
        ]
    return found


def test_undo_goes_back_and_redo_goes_forward(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    before = rows(filled)
    with filled.database.action("Flag", ana, focus=1) as action:
        action.update("examples", 1, flagged=1)
    after = rows(filled)
    assert filled.undo_title(ana) == "Flag"
    changes = filled.undo(ana)
    assert changes.focus == 1
    assert changes.examples == {1}
    assert rows(filled) == before
    assert filled.redo_title(ana) == "Flag"
    filled.redo(ana)
    assert rows(filled) == after


def test_undo_outlives_the_process(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    before = rows(filled)
    with filled.database.action("Exclude", ana, focus=2) as action:
        action.update("examples", 2, excluded=1, exclude_reason="a test ticket")
    path = filled.path
    filled.close()
    with Project.open(path) as again:
        again.undo(ana)
        assert rows(again) == before


def test_each_annotator_undoes_their_own(filled: Project) -> None:
    ana, ben = filled.annotators.get_or_add("Ana"), filled.annotators.get_or_add("Ben")
    for who, example in ((ana, 1), (ben, 2)):
        with filled.database.action("Flag", who) as action:
            action.update("examples", example, flagged=1)
    filled.undo(ana)
    assert not filled.examples.get(1).flagged
    assert filled.examples.get(2).flagged
    with pytest.raises(ConflictError, match="nothing to undo"):
        filled.undo(ana)


def test_undo_refuses_when_the_row_moved_on(filled: Project) -> None:
    ana, ben = filled.annotators.get_or_add("Ana"), filled.annotators.get_or_add("Ben")
    with filled.database.action("Exclude", ana) as action:
        action.update("examples", 1, excluded=1, exclude_reason="a")
    with filled.database.action("Exclude for another reason", ben) as action:
        action.update("examples", 1, exclude_reason="b")
    before = rows(filled)
    with pytest.raises(ConflictError, match="changed again"):
        filled.undo(ana)
    assert rows(filled) == before


def test_a_new_action_ends_redo_and_the_trail_keeps_all(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    for example in (1, 2):
        with filled.database.action("Flag", ana) as action:
            action.update("examples", example, flagged=1)
        if example == 1:
            filled.undo(ana)
    assert filled.redo_title(ana) is None
    with filled.database.read() as connection:
        assert [row["state"] for row in connection.execute("SELECT state FROM history ORDER BY id")] == [
            "dropped",
            "done",
        ]


def test_an_edited_reference_is_indexed_again_also_after_undo(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")

    def touched() -> int:
        with filled.database.read() as connection:
            return int(connection.execute("SELECT touched FROM examples WHERE id = 1").fetchone()[0])

    first = touched()
    with filled.database.action("Correct the reference", ana, focus=1) as action:
        action.update("example_references", 1, body='"new"')
    second = touched()
    filled.undo(ana)
    assert first < second < touched()


def test_a_failing_action_leaves_nothing(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    before = rows(filled)
    with (
        pytest.raises(sqlite3.IntegrityError),
        filled.database.action("Label nothing", ana) as action,
    ):
        action.update("examples", 1, flagged=1)
        action.insert("slice_members", example_id=99_999, slice="core", assigned_ms=0)
    assert rows(filled) == before
    assert filled.undo_title(ana) is None


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["flag", "slice", "clear", "filter", "undo", "redo"]), st.integers(1, 6)), max_size=25
    )
)
def test_undoing_everything_gives_the_first_state(
    steps: list[tuple[str, int]], empty_project_file: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("history") / "h.reviewer"
    path.write_bytes(empty_project_file.read_bytes())  # type: ignore[attr-defined]
    with Project.open(path) as project:
        fill(project, 6)
        ana = project.annotators.get_or_add("Ana")
        first = rows(project)
        for number, (verb, example) in enumerate(steps):
            try:
                if verb == "undo":
                    project.undo(ana)
                elif verb == "redo":
                    project.redo(ana)
                else:
                    with project.database.action(verb, ana, focus=example) as action:
                        if verb == "flag":
                            action.update("examples", example, flagged=number % 2)
                        elif verb == "filter":
                            action.insert("saved_filters", name=f"f{number}", query="is:flagged")
                        else:
                            action.delete("slice_members", example)
                            if verb == "slice":
                                action.insert("slice_members", example_id=example, slice="core", assigned_ms=number)
            except ConflictError:
                continue
        last = rows(project)
        undone = 0
        while project.undo_title(ana) is not None:
            project.undo(ana)
            undone += 1
        assert rows(project) == first
        for _ in range(undone):
            project.redo(ana)
        assert rows(project) == last


def test_the_log_can_be_emptied_into_the_file(filled: Project) -> None:
    log = filled.path.with_name(filled.path.name + "-wal")
    assert log.stat().st_size > 0
    filled.database.fold_log()
    assert log.stat().st_size == 0
    assert filled.examples.get(1).key == "case-0000"


def test_an_action_recorded_before_a_column_was_added_can_be_undone(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    filled.slices.edit("core", owner="Claims", annotator_id=ana)
    with filled.database.transaction() as connection:
        connection.execute(
            "UPDATE history SET before = json_remove(before, '$.gates_on'), after = json_remove(after, '$.gates_on')"
            " WHERE table_name = 'slices'"
        )
    filled.undo(ana)
    assert filled.slices.get("core").owner == ""
    filled.redo(ana)
    assert (filled.slices.get("core").owner, filled.slices.get("core").gates_on) == ("Claims", "better")
