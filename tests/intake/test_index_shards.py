"""Very many texts: shards built by processes beside the work, found in like the rest, struck out of when changed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reviewer.errors import Cancelled, ProjectError
from reviewer.intake import index_building, index_shards, workers
from reviewer.intake.filters import Filter
from reviewer.intake.likeness import Likeness
from reviewer.intake.search import Search
from reviewer.project import Project
from tests.intake.test_search import add

MakeExamples = Callable[[int], list[int]]


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards of 5, 10 and at most 20 texts."""
    monkeypatch.setattr(index_shards, "MANY", 20)
    monkeypatch.setattr(index_shards, "MOST", 20)


def shards(project: Project) -> list[Path]:
    """The files of the index's shards."""
    head = f"{project.search.path.name}-"
    return sorted(
        path for path in project.path.parent.iterdir() if path.name.startswith(head) and len(path.name) == len(head) + 8
    )


@pytest.mark.parametrize("here", [True, False])
def test_shards_find_what_one_index_finds(
    project: Project, make_examples: MakeExamples, here: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_examples(130)
    if here:
        monkeypatch.setattr(index_building, "beside", lambda: False)
    project.search.complete()
    assert len(shards(project)) >= 6
    assert project.search.progress() == (130, 130)
    everything = project.search.ids("question")
    assert len(everything) == 130 == project.search.query("question").total
    some = project.search.ids("billing")
    assert [hit.id for hit in project.search.query("billing", 200).hits] == some[::-1]
    first = project.search.query("billing", 7)
    then = project.search.query("billing", 200, first.after)
    assert [hit.id for hit in (*first.hits, *then.hits)] == some[::-1]
    assert [example for _, example in project.search.first("billing", 200)] == some
    (*_, (place, _)) = project.search.first("billing", 9)
    assert [example for _, example in project.search.first("billing", 200, place)] == some[9:]
    assert project.search.ids("-billing") == sorted(set(everything) - set(some))
    assert [hit.id for hit in project.search.query("-billing", 5).hits] == sorted(set(everything) - set(some))[:-6:-1]
    assert project.search.holds("billing", some[3])
    assert not project.search.holds("billing", min(set(everything) - set(some)))
    likeness = Likeness(project.search)
    assert likeness.count() == 130
    assert likeness.frequencies(["billing", "nothing"]) == {"billing": len(some), "nothing": 0}
    assert set(likeness.ranked(["billing"], 500)) == set(some)


def test_changes_and_removals_leave_the_shards(project: Project, make_examples: MakeExamples, tmp_path: Path) -> None:
    make_examples(60)
    project.search.complete()
    ana = project.annotators.get_or_add("Ana")
    with project.database.action("write", ana, focus=7) as action:
        action.update("example_references", 7, body='"Only tomorrow."')
    assert project.search.ids("tomorrow") == [7]
    assert project.search.ids("question") == list(range(1, 61))
    assert project.search.query("question").total == 60
    project.undo(ana)
    assert project.search.ids("tomorrow") == []
    assert project.search.query("question").total == 60
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"id": "n{n}", "prompt": "apple {n}", "output": "x"}}\n' for n in range(50)))
    project.sources.import_file(rows)
    assert len(project.search.ids("apple")) == 50
    project.sources.remove(project.sources.list()[-1].id)
    before = len(shards(project))
    assert project.search.ids("apple") == []
    assert len(shards(project)) < before, "a shard of nothing but removed examples goes"
    assert project.search.query("question").total == 60
    add(project, "late", "an apple after all")
    assert len(project.search.ids("apple")) == 1


def test_a_second_output_of_very_many_examples_is_found_once(
    project: Project, make_examples: MakeExamples, tmp_path: Path
) -> None:
    make_examples(50)
    project.search.complete()
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"id": "case-{n:04d}", "output": "banana {n}"}}\n' for n in range(50)))
    project.sources.import_file(rows, {"id": "id", "output": "output"}, variant="second", exact=True)
    assert len(project.search.ids("banana")) == 50
    assert project.search.query("question").total == 50
    assert project.search.progress() == (50, 50)


def test_the_words_of_sealed_outputs_leave_the_shards(project: Project) -> None:
    for number in range(40):
        add(project, f"k{number}", f"asked {number}", f"monday {number}")
    project.search.complete()
    old = shards(project)
    assert old
    assert len(project.search.ids("monday")) == 40
    with project.database.transaction() as connection:
        connection.execute(
            "INSERT INTO studies (name, base_variant_id, tuned_variant_id, plan, plan_hash, created_ms)"
            " SELECT 's', id, id, '{}', '', 0 FROM variants"
        )
        connection.execute("UPDATE outputs SET sealed_by = 1, content_hash = NULL")
    assert project.search.ids("monday") == []
    assert not any(path.exists() for path in old)
    assert len(project.search.ids("asked")) == 40
    for path in [project.search.path, *shards(project)]:
        with closing(sqlite3.connect(path)) as index:
            index.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, texts, 'row')")
            assert "monday" not in {row[0] for row in index.execute("SELECT term FROM words")}


def test_a_killed_process_is_begun_again(
    project: Project, make_examples: MakeExamples, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_examples(60)
    begin = workers.Worker.__init__
    killed: list[int] = []

    def begun(self: workers.Worker, module: str, job: dict[str, object]) -> None:
        begin(self, module, job)
        if len(killed) < 2:
            killed.append(self.pid)
            os.kill(self.pid, signal.SIGKILL)

    monkeypatch.setattr(workers.Worker, "__init__", begun)
    project.search.complete()
    assert len(killed) == 2
    assert len(project.search.ids("question")) == 60


def test_processes_that_never_end_well_are_told_of_and_leave_nothing(
    project: Project, make_examples: MakeExamples, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_examples(60)
    begin = workers.Worker.__init__

    def begun(self: workers.Worker, module: str, job: dict[str, object]) -> None:
        begin(self, module, {**job, "project": "file:/nowhere/at/all?mode=ro"})

    monkeypatch.setattr(workers.Worker, "__init__", begun)
    with pytest.raises(ProjectError, match="ended early"):
        project.search.complete()
    assert shards(project) == []
    assert not project.search.up_to_date()
    assert project.search.query("question").complete is False
    monkeypatch.undo()
    monkeypatch.setattr(index_shards, "MANY", 20)
    project.search.complete()
    assert len(project.search.ids("question")) == 60


def test_it_is_usable_meanwhile_and_goes_on_where_it_was_stopped(project: Project, make_examples: MakeExamples) -> None:
    make_examples(130)

    def stop(done: int, total: int) -> None:
        if done >= 10 and shards(project):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        project.search.complete(stop)
    built = shards(project)
    assert built
    hits = project.search.query("question", 500)
    assert 0 < hits.total < 130
    assert not hits.complete
    done, total = project.search.progress()
    assert hits.total <= done < total == 130
    left = [path.name for path in project.path.parent.iterdir() if ".part" in path.name]
    assert left == []
    project.search.complete()
    assert set(built) <= set(shards(project)), "what was built is not built again"
    assert project.search.query("question").total == 130


def test_files_of_an_end_in_the_middle_are_removed(project: Project, make_examples: MakeExamples) -> None:
    head = project.search.path.name
    strays = [
        project.path.with_name(f"{head}-{name}") for name in ("0123abcd", "89abcdef.part", "89abcdef.part-journal")
    ]
    for stray in strays:
        stray.write_bytes(b"half")
    make_examples(30)
    project.search.complete()
    assert not any(stray.exists() for stray in strays)
    assert project.examples.count(Filter.parse("question")) == 30


def test_nothing_outlives_the_project(project: Project, make_examples: MakeExamples) -> None:
    make_examples(130)
    started: list[workers.Worker] = []
    begin = workers.Worker.__init__

    def begun(self: workers.Worker, module: str, job: dict[str, object]) -> None:
        begin(self, module, job)
        started.append(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers.Worker, "__init__", begun)
        project.search.on_progress = lambda: project.search._stop.set() if started else None
        project.search.start()
        thread = project.search._thread
        assert thread is not None
        thread.join(30)
        project.search.close()
    assert started
    assert not any(worker.alive() for worker in started)
    assert not list(project.path.parent.glob("*.part*"))


def test_two_who_build_take_turns(project: Project, make_examples: MakeExamples) -> None:
    make_examples(60)
    other = Search(project.database)
    project.search.start()
    other.complete()
    assert other.query("question").total == 60
    thread = project.search._thread
    if thread is not None:
        thread.join(30)
    assert project.search.up_to_date()
    other.close()


@pytest.mark.parametrize("count", [1, 9, 19, 20, 41, 1000])
def test_shards_hold_together_what_waits(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_shards, "PROCESSES", 2)
    sizes = list(index_shards._sizes(count))
    assert sum(sizes) == count
    assert max(sizes) <= 20


def test_an_index_is_renamed_with_its_project_and_a_lost_shard_is_built_again(
    project: Project, make_examples: MakeExamples, tmp_path: Path
) -> None:
    make_examples(60)
    project.search.complete()
    project.close()
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for path in project.path.parent.glob(f"{project.path.stem}.reviewer*"):
        if path.is_file() and not path.name.endswith("-lock"):
            shutil.copyfile(path, folder / path.name.replace(project.path.stem, "renamed"))
    with Project.open(folder / "renamed.reviewer") as copy:
        assert copy.search.up_to_date()
        assert copy.search.query("question").total == 60
        lost = shards(copy)[0]
    lost.unlink()
    with Project.open(folder / "renamed.reviewer") as copy:
        assert not copy.search.up_to_date()
        hits = copy.search.query("question")
        assert 0 < hits.total < 60
        assert not hits.complete
        assert copy.search.ids("question") == list(range(1, 61))


def test_fewer_texts_are_worth_shards_while_there_are_few(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_shards, "MANY", 40)
    monkeypatch.setattr(index_shards, "MOST", 40)
    monkeypatch.setattr(index_shards, "FEW", 10)
    monkeypatch.setattr(index_shards, "SCARCE", 3)
    monkeypatch.setattr(index_shards, "PROCESSES", 2)
    for turn, (count, files) in enumerate(((9, 0), (12, 2), (12, 4), (30, 4), (45, 6))):
        path = tmp_path / f"{turn}.jsonl"
        path.write_text("".join(f'{{"id": "{turn}-{n}", "prompt": "question {n}"}}\n' for n in range(count)))
        project.sources.import_file(path)
        project.search.complete()
        assert len(shards(project)) == files, turn
    assert len(project.search.ids("question")) == 9 + 12 + 12 + 30 + 45
    assert project.search.differences() == 0
