"""The examination of a project: each thing that can be wrong is found, and mended where nothing has to be guessed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.compare.protocol import Protocol
from reviewer.doctor import Checkup
from reviewer.errors import Cancelled
from reviewer.project import Project


@pytest.fixture
def worked(filled: Project) -> Project:
    """A project with labels, slices, a version and a complete text index."""
    ana = filled.annotators.get_or_add("Ana")
    with filled.database.read() as connection:
        outputs = [row["id"] for row in connection.execute("SELECT id FROM outputs ORDER BY id LIMIT 6")]
    for output in outputs:
        filled.labels.set_verdict(output, ana, "fail", note="n")
    filled.undo(ana)
    with filled.database.read() as connection:
        ids = [row["id"] for row in connection.execute("SELECT id FROM examples ORDER BY id LIMIT 5")]
    filled.slices.assign(ids, "core", annotator_id=ana)
    filled.versions.freeze("claims", waive="small", annotator_id=ana)
    filled.search.complete()
    return filled


def spoil(project: Project, *statements: str) -> None:
    """Write to the file what the app never would."""
    with closing(sqlite3.connect(project.path, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement
        for _, sql in triggers:
            connection.execute(sql)


def kinds(checkup: Checkup) -> dict[str, tuple[int, int]]:
    return {one.kind: (one.count, one.repaired) for one in checkup.findings}


def test_a_sound_project_is_well(worked: Project) -> None:
    checkup = worked.examine()
    assert checkup.findings == ()
    assert checkup.ok
    assert checkup.looked_at["examples"] == 12
    assert checkup.looked_at["version records"] == 5
    assert worked.examine(repair=True).findings == ()


def test_a_project_with_an_open_study_is_well_and_nothing_sealed_is_told(worked: Project) -> None:
    worked.studies.create("blind", "prod", "tuned", seed=1, protocol=Protocol.bare())
    worked.search.complete()
    checkup = worked.examine()
    assert checkup.findings == ()
    assert any("sealed by an open study" in note for note in checkup.notes)


@pytest.mark.parametrize(
    ("statements", "kind", "count", "mended"),
    [
        (["DELETE FROM outputs WHERE id = 7"], "orphan", 1, True),
        (["UPDATE examples SET source_id = 99 WHERE id < 4"], "orphan", 3, True),
        (["UPDATE labels SET annotator_id = 99 WHERE id = 2"], "orphan", 1, False),
        (["DELETE FROM example_payloads WHERE example_id = 3"], "text_missing", 1, False),
        (["DELETE FROM output_payloads WHERE output_id IN (20, 21)"], "text_missing", 2, False),
        (["UPDATE version_records SET record = replace(record, 'Question', 'Questi0n')"], "version_hash", 1, False),
        (["DELETE FROM version_records WHERE row = 2"], "version_hash", 1, False),
        (["UPDATE versions SET content_hash = 'sha256:0'"], "version_hash", 1, False),
        (["UPDATE labels SET verdict = 'pass' WHERE id = 2"], "half_action", 1, False),
        (["DELETE FROM labels WHERE id = 3"], "half_action", 1, False),
        (["UPDATE history SET action = 9999 WHERE id = 4"], "history_chain", 1, False),
        (["UPDATE outputs SET sealed_by = NULL, content_hash = NULL WHERE id = 1"], "", 0, False),
        (["UPDATE examples SET touched = 1 WHERE id IN (4, 5)"], "counter", 3, True),
        (["INSERT INTO meta VALUES ('last_examples_id', 'many')"], "counter", 1, True),
        (
            [
                "INSERT INTO sources (id, name, sha256, format, encoding, shape, mapping, state, imported_ms)"
                " VALUES (5, 'half.jsonl', '', 'jsonl', 'utf-8', '', '{}', 'importing', 0)",
                "INSERT INTO examples (id, key, source_id, content_hash, touched, created_ms)"
                " VALUES (90, 'half', 5, '', 900, 0)",
                "INSERT INTO example_payloads (example_id, messages) VALUES (90, '[]')",
            ],
            "half_import",
            1,
            True,
        ),
    ],
)
def test_what_is_wrong_is_found_and_mended_where_nothing_is_guessed(
    worked: Project, statements: list[str], kind: str, count: int, mended: bool
) -> None:
    spoil(worked, *statements)
    found = kinds(worked.examine())
    if not kind:
        assert found == {}
        return
    assert found[kind] == (count, 0)
    assert kinds(worked.examine(repair=True))[kind] == (count, count if mended else 0)
    again = worked.examine()
    worked.search.complete()
    assert (kind in kinds(again)) is not mended
    if mended and kind != "orphan":
        assert worked.examine().ok


def test_seals_that_do_not_belong_together(worked: Project) -> None:
    worked.studies.create("blind", "base", "tuned", seed=1, protocol=Protocol.bare())
    spoil(worked, "DELETE FROM seals", "INSERT INTO output_payloads (output_id, text) VALUES (2, '\"leaked\"')")
    assert kinds(worked.examine())["seal"][0] >= 2


def test_the_text_index_against_the_rows(worked: Project) -> None:
    with closing(sqlite3.connect(worked.search.path, isolation_level=None)) as index:
        index.execute("DELETE FROM docs WHERE example_id IN (3, 4)")
        index.execute("UPDATE docs SET touched = 77 WHERE example_id = 5")
    assert kinds(worked.examine()) == {"text_index": (3, 0)}
    assert kinds(worked.examine(repair=True)) == {"text_index": (3, 3)}
    assert worked.examine().findings == ()
    assert len(worked.search.query("question").hits) == 12
    worked.search.close()
    path = worked.path
    worked.close()
    Path(f"{path.with_suffix('')}.reviewer-index").write_bytes(b"damaged" * 5000)
    with Project.open(path) as opened:
        assert kinds(opened.examine()) == {"text_index": (1, 0)}
        assert opened.examine(repair=True).ok
        assert len(opened.search.query("question").hits) == 12


def test_an_index_that_is_behind_is_no_finding(worked: Project) -> None:
    spoil(worked, "UPDATE examples SET touched = 500 WHERE id = 2")
    checkup = worked.examine()
    assert checkup.findings == ()
    assert any("not built to its end" in note for note in checkup.notes)


def test_a_damaged_page_ends_the_examination(worked: Project) -> None:
    path = worked.path
    worked.close()
    with closing(sqlite3.connect(path)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'labels'").fetchone()[0]
    with path.open("rb+") as handle:
        handle.seek((page - 1) * size)
        handle.write(b"\xff" * size)
    with Project.open(path, read_only=True) as opened:
        checkup = opened.examine()
    assert [one.kind for one in checkup.findings] == ["damaged"]
    assert not checkup.ok


def test_it_can_be_cancelled(worked: Project) -> None:
    def cancel(done: int, total: int, note: str = "") -> None:
        if done >= 3:
            raise Cancelled("no")

    with pytest.raises(Cancelled):
        worked.examine(repair=True, report=cancel)
