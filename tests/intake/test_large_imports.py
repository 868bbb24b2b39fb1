"""Large files: built apart or brought in beside the work, read by a process of their own, always to the same end."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import Cancelled, InputError, ProjectError, ReviewerError
from reviewer.intake import beside, import_run, portions, workers
from reviewer.intake.import_run import ImportResult
from reviewer.project import Project
from reviewer.store import database, upkeep
from reviewer.store.building import Building

TABLES = (
    "examples",
    "example_payloads",
    "example_references",
    "outputs",
    "output_payloads",
    "variants",
    "mappings",
    "sources",
)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Project]:
    """An empty project with the name of somebody in it."""
    with Project.create(tmp_path / "new.reviewer") as project:
        project.annotators.get_or_add("Ana")
        yield project


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Rows of every kind: plain, several outputs, a trajectory, odd text, duplicates, wrong ones."""
    rows: list[Any] = [
        {
            "id": f"a {number}" if number % 7 == 0 else f"a{number}",
            "messages": [{"role": "user", "content": f"Where is {number}? é\u2028"}],
            "base": f"Here {number}",
            "tuned": {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "name": "f", "arguments": {}}]},
            "reference": f"ref {number}",
            "metadata": {"n": number, "big": 10**20, "who": "me"},
            "time": "2026-01-31T12:00:00Z",
        }
        for number in range(40)
    ]
    rows[11]["base"] = "\ud800 lone"
    rows += [rows[3], {**rows[4], "base": "another answer"}, {"id": "late", "base": "x"}, {"base": "no id"}]
    path = tmp_path / "rows.jsonl"
    lines = [json.dumps(row) for row in rows]
    lines.insert(5, '{"id": "broken')
    lines.insert(9, '{"id": 1, "id": 2}')
    path.write_text("\n".join(lines) + "\n")
    return path


MAPPING = {"output:base": "base", "output:tuned": "tuned"}


def bring(project: Project, file: Path, **more: Any) -> ImportResult:
    """The file, imported."""
    return project.sources.import_file(file, MAPPING, roles={"base": "base", "tuned": "tuned"}, **more)


def rows_of(path: Path) -> dict[str, list[Any]]:
    """What stands in the tables that an import writes, without the times of writing."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {
            table: [
                {name: row[name] for name in row.keys() if not name.endswith("_ms") or name == "occurred_ms"}  # noqa: SIM118
                for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1")
            ]
            for table in TABLES
        }


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("by_others", [True, False])
def test_a_large_file_becomes_the_same_whichever_way_it_comes_in(
    apart: bool, by_others: bool, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "ROWS", 9)
    monkeypatch.setattr(beside, "_SEVERAL", 0)
    monkeypatch.setattr(beside, "PART", 1_500)
    found = []
    for way in (False, True):
        monkeypatch.setattr(import_run, "_APART", 0 if way and apart else 1 << 40)
        monkeypatch.setattr(import_run, "BESIDE", 0 if way and by_others else 1 << 40)
        folder = tmp_path / str(way)
        folder.mkdir()
        with Project.create(folder / "p.reviewer") as project:
            result = bring(project, file)
        rejects = result.rejects_file
        assert rejects is not None
        found.append((rows_of(folder / "p.reviewer"), rejects.read_text(), result.read, result.added, result.rejects))
        assert (result.read, result.added, result.duplicates, result.rejected) == (46, 40, 1, 5)
        with closing(sqlite3.connect(folder / "p.reviewer")) as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            kept = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' ORDER BY 1").fetchall()
        found[-1] += (kept,)  # type: ignore[assignment]
        assert sorted(entry.name for entry in folder.iterdir()) == ["p.reviewer", "p.reviewer-lock", rejects.name]
    stored = [json.dumps(one, default=str).replace("/True/", "/False/") for one in found]
    assert stored[0] == stored[1]


def test_payloads_are_text_and_their_hash_is_that_of_their_content(new: Project, file: Path) -> None:
    bring(new, file)
    with new.database.read() as connection:
        kinds = connection.execute(
            "SELECT DISTINCT typeof(messages), typeof(metadata), (SELECT group_concat(DISTINCT typeof(text))"
            " FROM output_payloads), (SELECT group_concat(DISTINCT typeof(body)) FROM example_references)"
            " FROM example_payloads"
        ).fetchall()
        assert [tuple(row) for row in kinds] == [("text", "text", "text", "text")]
        text = connection.execute("SELECT messages FROM example_payloads WHERE example_id = 2").fetchone()[0]
        digest = connection.execute("SELECT content_hash FROM examples WHERE id = 2").fetchone()[0]
    assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_what_people_do_while_a_project_is_built_apart_is_in_it(
    new: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "_APART", 0)
    with new.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM examples").fetchone()[0] == 0

    def busy(*_: object) -> None:
        new.annotators.get_or_add("Ben")
        new.database.set_meta("meanwhile", "yes")

    bring(new, file, report=busy)
    assert {person.name for person in new.annotators.list()} == {"Ana", "Ben"}
    assert new.database.meta("meanwhile") == "yes"
    assert new.examples.count() == 40
    with new.database.transaction() as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert connection.execute("PRAGMA page_size").fetchone()[0] == 16384


def test_whoever_reads_on_another_thread_goes_on_with_the_new_file(
    new: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "_APART", 0)
    counts: list[int] = []
    errors: list[Exception] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                counts.append(new.examples.count())
            counts.append(new.examples.count())
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    bring(new, file)
    done.set()
    for thread in threads:
        thread.join()
    assert errors == []
    assert set(counts) == {0, 40}
    assert sorted(counts) == [*sorted(counts)[: counts.count(0)], *[40] * counts.count(40)]


@pytest.mark.parametrize("why", ["a reader that does not end", "a system that does not rename what is open"])
def test_where_a_file_cannot_take_the_place_its_content_is_copied_in(
    new: Project, file: Path, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "_APART", 0)
    monkeypatch.setattr(database, "SWAP_SECONDS", 0.01)
    go_on, reading = threading.Event(), threading.Event()

    def read() -> None:
        with new.database.read() as connection:
            connection.execute("SELECT * FROM meta").fetchone()
            reading.set()
            go_on.wait(10)

    thread = threading.Thread(target=read)
    if why.startswith("a reader"):
        thread.start()
        assert reading.wait(10)
    else:

        def refused(*_: object) -> None:
            raise PermissionError("in use")

        monkeypatch.setattr(Path, "replace", refused)
        file.write_text(json.dumps({"id": "1", "prompt": "x", "base": "y", "tuned": "z"}) + "\n")
    result = bring(new, file)
    go_on.set()
    if thread.ident:
        thread.join()
    assert result.added == new.examples.count() > 0
    assert not list(new.path.parent.glob(".*"))


def test_cancelling_a_build_leaves_the_project_and_its_folder_as_they_were(
    new: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "_APART", 0)
    monkeypatch.setattr(import_run, "BESIDE", 0)
    monkeypatch.setattr(portions, "ROWS", 3)
    before = rows_of(new.path)
    started: list[workers.Worker] = []
    begin = workers.Worker.__init__

    def begun(self: workers.Worker, *arguments: Any) -> None:
        begin(self, *arguments)
        started.append(self)

    monkeypatch.setattr(workers.Worker, "__init__", begun)

    def stop(done: int, *_: object) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        bring(new, file, report=stop)
    assert rows_of(new.path) == before
    assert not list(new.path.parent.glob(".*"))
    assert [worker.alive() for worker in started] == [False]


def test_a_reading_process_that_dies_ends_the_import_with_a_sentence(
    new: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "BESIDE", 0)
    begin = workers.Worker.__init__

    def begun(self: workers.Worker, *arguments: Any) -> None:
        begin(self, *arguments)
        os.kill(self.pid, 9)

    monkeypatch.setattr(workers.Worker, "__init__", begun)
    before = rows_of(new.path)
    with pytest.raises(ReviewerError, match=r"process that reads rows\.jsonl ended"):
        bring(new, file)
    assert rows_of(new.path) == before


@pytest.mark.parametrize("which", [0, 1])
def test_either_of_two_reading_processes_may_die(
    which: int, new: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_run, "BESIDE", 0)
    monkeypatch.setattr(beside, "_SEVERAL", 0)
    monkeypatch.setattr(beside, "PART", 1_500)
    begin = workers.Worker.__init__
    started: list[workers.Worker] = []

    def begun(self: workers.Worker, *arguments: Any) -> None:
        begin(self, *arguments)
        started.append(self)
        if len(started) == which + 1:
            os.kill(self.pid, 9)

    monkeypatch.setattr(workers.Worker, "__init__", begun)
    before = rows_of(new.path)
    with pytest.raises(ReviewerError, match=r"process that reads rows\.jsonl ended"):
        bring(new, file)
    assert rows_of(new.path) == before
    assert [worker.alive() for worker in started] == [False, False]


def test_conditions_hold_in_the_reading_process_too(new: Project, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_run, "BESIDE", 0)
    with pytest.raises(InputError, match="nothing was imported"):
        file.write_text(json.dumps({"id": "1", "prompt": "x", "base": "y"}) + "\n")
        bring(new, file, where="id == 'nobody'")
    assert bring(new, file, where="id == '1'").added == 1


def test_a_build_that_nobody_finishes_is_removed(new: Project) -> None:
    building = Building(new.database, import_run.FILLED)
    assert list(new.path.parent.glob(".new.reviewer.*.part"))
    building.discard()
    assert not list(new.path.parent.glob(".*"))


def test_a_large_file_goes_without_the_index_that_it_would_scatter_over_and_leaves_it_whole(
    new: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = file.with_name("first.jsonl")
    first.write_text(json.dumps({"id": "first", "prompt": "x", "base": "y", "tuned": "z"}) + "\n")
    bring(new, first)
    monkeypatch.setattr(import_run, "_WITHOUT_INDEX", 0)
    monkeypatch.setattr(portions, "ROWS", 3)
    monkeypatch.setattr(import_run, "_LITTLE", 0)
    size = file.stat().st_size
    file.write_text(file.read_text() + "\n" * (new.path.stat().st_size // 4 - size + 1))
    seen: list[bool] = []

    def watch(*_: object) -> None:
        seen.append(upkeep.is_off(new.database))

    def stop(*_: object) -> None:
        raise Cancelled("enough")

    def made() -> list[str]:
        with new.database.read() as connection:
            rows = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'index' ORDER BY name").fetchall()
        return [row["sql"] for row in rows]

    before = made()
    with pytest.raises(Cancelled):
        bring(new, file, report=stop)
    assert (made(), new.examples.count(), upkeep.is_off(new.database)) == (before, 1, False)
    bring(new, file, report=watch)
    assert set(seen) == {True}
    assert made() == before
    assert not upkeep.is_off(new.database)
    with new.database.read() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        plan = connection.execute("EXPLAIN QUERY PLAN SELECT id FROM examples WHERE content_hash = ''").fetchone()
        assert "ix_examples_content_hash" in plan["detail"]


def test_work_between_the_portions_of_an_import_keeps_its_own_promises(
    new: Project, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "ROWS", 3)
    kept: set[tuple[int, int]] = set()

    def busy(*_: object) -> None:
        with new.database.transaction() as connection:
            kept.add(
                tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("foreign_keys", "synchronous"))
            )

    bring(new, file, report=busy)
    assert kept == {(1, 2)}
    with new.database.portion() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == 1


def test_a_file_for_which_the_disk_has_no_room_is_refused_before_anything_is_written(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.jsonl"
    rows = ({"id": f"r-{number}", "prompt": "x" * 900, "output": "y"} for number in range(1_200))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=2_000_000))
    with pytest.raises(ProjectError, match=r"needs about \d MB of room"):
        project.sources.import_file(path, variant="v")
    assert not project.sources.list()
    monkeypatch.undo()
    assert project.sources.import_file(path, variant="v").added == 1_200


def test_a_file_that_changes_while_it_is_read_is_not_imported(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps({"id": f"r-{n}", "prompt": "x", "output": "y"}) + "\n" for n in range(2_000)))

    def report(_done: int, _total: int, _note: str = "") -> None:
        with path.open("a") as file:
            file.write('{"id": "late", "prompt": "x", "output": "y"}\n')

    with pytest.raises(InputError, match="was changed while it was read"):
        project.sources.import_file(path, variant="v", report=report)
    assert not project.sources.list()
    assert project.examples.count() == 0
