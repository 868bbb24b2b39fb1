"""Versions: what a freeze demands, what it keeps, and that nothing ever changes it."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from reviewer.compare.protocol import Protocol
from reviewer.curate.versions import Version
from reviewer.errors import ConflictError, InputError, NotFoundError, ProjectError
from reviewer.formats import canonical
from reviewer.formats.conversation import Message
from reviewer.project import Project
from reviewer.store.restore import choose, restore
from tests.rows import add_example, add_output, add_variant, set_reference

MakeExamples = Callable[[int], list[int]]
WAIVE = "a test has few examples"


@pytest.fixture
def ana(project: Project) -> int:
    return project.annotators.get_or_add("Ana")


@pytest.fixture
def ids(project: Project, make_examples: MakeExamples, ana: int) -> list[int]:
    """Twelve examples: six in core, three in edge, two in preservation, one in none."""
    found = make_examples(12)
    project.slices.assign(found[:6], "core", annotator_id=ana)
    project.slices.assign(found[6:9], "edge", annotator_id=ana)
    project.slices.assign(found[9:11], "preservation", capability="refusal", annotator_id=ana)
    return found


def _records(project: Project, version: Version) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in project.versions.records(version)}


def _contents(folder: Path) -> dict[str, bytes]:
    return {item.name: item.read_bytes() for item in sorted(folder.iterdir())}


def _edit_everything(project: Project, ana: int, ids: list[int]) -> None:
    project.slices.assign(ids, "edge", annotator_id=ana)
    with project.database.action("edit", ana) as action:
        for example_id in ids[:4]:
            action.update("example_references", example_id, body='"other"')
        action.update("examples", ids[4], excluded=1, workflow="other")
    with project.database.transaction() as connection:
        connection.execute("UPDATE output_payloads SET text = '\"gone\"'")
        connection.execute("DELETE FROM examples WHERE id = ?", (ids[5],))


def test_a_freeze_says_what_is_not_met_and_asks_for_a_reason(project: Project, ids: list[int], ana: int) -> None:
    with project.database.action("edit", ana) as action:
        action.delete("example_references", ids[0])
        action.update("examples", ids[1], excluded=1)
        action.update("example_references", ids[2], as_of_ms=1_700_000_000_000, shelf_days=30)
    with project.database.transaction() as connection:
        connection.execute("UPDATE examples SET content_hash = 'x' WHERE id IN (?, ?)", (ids[7], ids[8]))
    check = project.versions.readiness()
    assert [item.kind for item in check.unmet] == [
        "range", "range", "range", "capability", "reference", "excluded", "duplicate", "expired",
    ]  # fmt: skip
    assert check.duplicates == (("case-0007", "case-0008"),)
    assert check.expired == ("case-0002",)
    assert [item.keys for item in check.unmet if item.kind == "reference"] == [("case-0000",)]
    with pytest.raises(ConflictError) as refused:
        project.versions.freeze("refunds", annotator_id=ana)
    assert "8 things are not met" in str(refused.value)
    assert "core has 4 of at least 100 examples; 96 more are needed." in str(refused.value)
    assert "case-0002); it does not count and would be left out" in str(refused.value)
    assert "Confirm, replace or exclude them" in str(refused.value)
    assert "tool use, citation, summarization or reasoning" in str(refused.value)
    assert project.versions.list() == ()
    version = project.versions.freeze("refunds", note="first", waive=WAIVE, annotator_id=ana)
    assert version.waiver == WAIVE
    assert len(version.unmet) == 8
    assert version.counts == {"core": 4, "edge": 3, "preservation": 2}
    assert not {"case-0001", "case-0002"} & {item["id"] for item in project.versions.records(version)}


def test_nothing_unmet_needs_no_waiver(project: Project, ids: list[int], ana: int) -> None:
    for name in ("core", "edge", "preservation"):
        project.slices.edit(name, minimum=1, annotator_id=ana)
    for example_id, capability in zip(ids[:4], ("tool_use", "citation", "summarization", "reasoning"), strict=True):
        project.slices.assign([example_id], "preservation", capability=capability, annotator_id=ana)
    assert project.versions.readiness().unmet == ()
    version = project.versions.freeze("refunds", waive="not needed", annotator_id=ana)
    assert (version.waiver, version.unmet, version.annotator) == ("", (), "Ana")


def test_records_say_what_the_examples_say(project: Project, ids: list[int], ana: int) -> None:
    version = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    assert version.label == "refunds@1"
    assert version.facts["observed_models"] == ["prod"]
    records = list(project.versions.records(version))
    assert [item["id"] for item in records] == sorted(item["id"] for item in records)
    found = _records(project, version)["case-0009"]
    example = project.examples.by_key("case-0009")
    assert found["slices"] == ["preservation"]
    assert found["tags"] == ["capability:refusal", "workflow:refunds"]
    assert found["prompt"] == example.messages[-1].content
    assert found["expected"] == "It is settled in 12 days."
    assert found["observed"] == {
        "latency_ms": 109.0,
        "model": "prod",
        "output": "Prod answer 9: it takes 12 days.",
        "trace_id": None,
    }
    assert found["created_ms"] == example.occurred_ms
    steps = json.loads(found["metadata"].pop("observed_messages"))
    output = example.output_of("prod")
    assert output is not None
    assert steps == [message.to_json() for message in output.messages]
    assert [call["name"] for step in steps for call in step["tool_calls"]] == ["get_order"]
    assert found["metadata"] == {"channel": "chat", "reference_source": "kb", "workflow": "refunds"}
    assert found["context"] == [{"id": "kb-9", "score": 0.5, "text": "Orders in refunds are settled in 12 days."}]
    assert "case-0011" not in _records(project, version)


def test_the_same_content_is_not_frozen_twice_under_a_name(project: Project, ids: list[int], ana: int) -> None:
    first = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    with pytest.raises(ConflictError, match="Nothing has changed since refunds@1"):
        project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    assert project.versions.freeze("other", waive=WAIVE, annotator_id=ana).content_hash == first.content_hash
    project.slices.assign(ids[11:], "core", annotator_id=ana)
    second = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    assert second.number == 2
    project.slices.clear(ids[11:], annotator_id=ana)
    third = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    assert (third.number, third.content_hash) == (3, first.content_hash)
    assert project.versions.get("refunds") == third
    assert project.versions.get("refunds@2") == second
    for label in ("refunds@9", "visits"):
        with pytest.raises(NotFoundError, match="refunds@1, refunds@2, refunds@3"):
            project.versions.get(label)
    with pytest.raises(InputError, match="NAME@N"):
        project.versions.get("refunds@two")


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a@1", "-x", "ü", "a" * 65])
def test_a_name_is_fit_for_a_file(project: Project, ids: list[int], ana: int, name: str) -> None:
    with pytest.raises(InputError, match="cannot name an eval set"):
        project.versions.freeze(name, waive=WAIVE, annotator_id=ana)


def test_nothing_to_freeze_cannot_be_waived(project: Project, ana: int) -> None:
    with pytest.raises(ConflictError, match="nothing to freeze"):
        project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)


def test_a_frozen_version_cannot_be_rewritten_even_by_sql(project: Project, ids: list[int], ana: int) -> None:
    project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    for statement in (
        "UPDATE versions SET note = 'x'",
        "DELETE FROM versions",
        "UPDATE version_records SET record = x'00'",
        "DELETE FROM version_records",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="never rewritten"), project.database.transaction() as writer:
            writer.execute(statement)


def test_a_failure_in_the_middle_freezes_nothing(project: Project, ids: list[int], ana: int) -> None:
    with project.database.transaction() as connection:
        connection.execute("UPDATE example_payloads SET tools = '[{\"limit\": 1e999}]' WHERE example_id = ?", (ids[3],))
    with pytest.raises(InputError, match="case-0003"):
        project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    with project.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM version_records").fetchone()[0] == 0
        assert connection.execute("SELECT count(*) FROM eval_sets").fetchone()[0] == 0


def test_export_then_edits_then_export_gives_the_same_bytes(
    project: Project, ids: list[int], ana: int, tmp_path: Path
) -> None:
    version = project.versions.freeze("refunds", note="für später", waive=WAIVE, annotator_id=ana)
    done = project.versions.export(version, "reviewer", tmp_path / "one")
    first = _contents(done.folder)
    assert sorted(first) == ["index.jsonl", "manifest.json", "refunds-v1.jsonl"]
    lines = first["refunds-v1.jsonl"].split(b"\n")
    records = [json.loads(line) for line in lines[:-1]]
    assert lines[-1] == b""
    assert len(records) == done.records == 11
    index = [json.loads(line) for line in first["index.jsonl"].splitlines()]
    assert [(item["row"], item["id"], item["content_hash"]) for item in index] == [
        (row, item["id"], item["content_hash"]) for row, item in enumerate(records, 1)
    ]
    assert version.content_hash == canonical.set_hash([item["content_hash"] for item in records])
    manifest = json.loads(first["manifest.json"])
    assert manifest["files"]["refunds-v1.jsonl"]["sha256"] == sha256(first["refunds-v1.jsonl"]).hexdigest()
    assert (manifest["set"], manifest["version"], manifest["counts"]) == ("refunds", 1, version.counts)
    assert (manifest["waiver"], manifest["note"]) == (WAIVE, "für später")
    assert manifest["frozen_at"] == version.frozen_at
    _edit_everything(project, ana, ids)
    assert project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana).number == 2
    again = project.versions.export(project.versions.get("refunds@1"), "reviewer", tmp_path / "two")
    assert _contents(again.folder) == first
    with pytest.raises(InputError, match="there is reviewer"):
        project.versions.export(version, "inspect", tmp_path / "three")


_EXPORT = """
import sys
from pathlib import Path
from reviewer.project import Project
with Project.open(Path(sys.argv[1])) as project:
    project.versions.export(project.versions.get("refunds@1"), "reviewer", Path(sys.argv[2]))
"""


def test_another_place_day_and_hash_seed_give_the_same_bytes(
    project: Project, ids: list[int], ana: int, tmp_path: Path
) -> None:
    project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    path = project.path
    project.close()
    found = []
    for number, (zone, locale, seed) in enumerate(
        [("Asia/Kolkata", "C", "0"), ("America/St_Johns", "tr_TR.UTF-8", "4242")]
    ):
        out = tmp_path / f"out-{number}"
        environment = {**os.environ, "TZ": zone, "LC_ALL": locale, "LANG": locale, "PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, "-c", _EXPORT, str(path), str(out)], env=environment, check=True)
        found.append(_contents(out))
    assert found[0] == found[1]


def test_a_full_disk_in_the_middle_leaves_the_old_export(
    project: Project, ids: list[int], ana: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    out = project.versions.export(version, "reviewer", tmp_path / "out").folder
    before = _contents(out)

    def fsync(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("reviewer.formats.export_folder.os.fsync", fsync)
    with pytest.raises(ProjectError, match="No space left"):
        project.versions.export(version, "reviewer", out)
    monkeypatch.undo()
    assert _contents(out) == before


def test_a_diff_names_what_was_added_removed_moved_and_changed(project: Project, ids: list[int], ana: int) -> None:
    first = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    project.slices.assign(ids[11:], "core", annotator_id=ana)
    project.slices.clear(ids[:1], annotator_id=ana)
    project.slices.assign(ids[1:2], "edge", annotator_id=ana)
    project.slices.assign(ids[9:10], "preservation", capability="citation", annotator_id=ana)
    with project.database.action("edit", ana) as action:
        action.update("example_references", ids[2], body='"other"', origin="")
    second = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    found = project.versions.diff(first, second)
    assert found.added == ("case-0011",)
    assert found.removed == ("case-0000",)
    assert found.moved == (("case-0001", "core", "edge"),)
    assert found.changed == (("case-0002", ("expected", "metadata")), ("case-0009", ("tags",)))
    back = project.versions.diff(second, first)
    assert (back.added, back.removed) == (found.removed, found.added)
    assert project.versions.diff(first, first).same


@pytest.fixture
def open_study(project: Project, ids: list[int], ana: int) -> Iterator[Callable[[], None]]:
    """Open a study that seals the production variant; called once the version is there."""

    def seal() -> None:
        project.studies.create("spring", "prod", "tuned", protocol=Protocol.bare())

    return seal


def test_what_an_open_study_seals_is_neither_shown_nor_exported(
    project: Project, ids: list[int], ana: int, tmp_path: Path, open_study: Callable[[], None]
) -> None:
    version = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    open_study()
    for attempt in (
        lambda: project.versions.export(version, "reviewer", tmp_path / "out"),
        lambda: project.versions.records(version),
        lambda: project.versions.diff(version, version),
    ):
        with pytest.raises(ConflictError, match="spring"):
            attempt()
    assert not (tmp_path / "out").exists()
    assert [item.kind for item in project.versions.readiness().unmet][-1] == "sealed"
    blind = project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    assert _records(project, blind)["case-0000"]["observed"] == {
        "latency_ms": None,
        "model": None,
        "output": None,
        "trace_id": None,
    }
    project.studies.abandon("spring")
    assert project.versions.export(version, "reviewer", tmp_path / "out").records == 11


def test_lone_surrogates_and_line_separators_survive_exactly(project: Project, ana: int, tmp_path: Path) -> None:
    text = "a\ud800b\u2028c\x85d\x00"
    with project.database.transaction() as connection:
        variant = add_variant(connection, "prod", "production")
        example_id = add_example(connection, key="odd", messages=[Message("user", text)], metadata={"k": text})
        add_output(connection, example_id=example_id, variant_id=variant, text=text)
        set_reference(connection, example_id, text)
    project.slices.assign([example_id], "core", annotator_id=ana)
    version = project.versions.freeze("odd", waive=WAIVE, annotator_id=ana)
    done = project.versions.export(version, "reviewer", tmp_path / "out")
    (line,) = done.data.read_text("ascii").splitlines()
    found = json.loads(line)
    assert found["prompt"] == found["expected"] == found["observed"]["output"] == found["metadata"]["k"] == text


def _exported(path: Path, out: Path) -> dict[str, bytes]:
    with Project.open(path) as project:
        return _contents(project.versions.export(project.versions.get("refunds@1"), "reviewer", out).folder)


def test_whatever_becomes_of_the_file_a_version_gives_the_same_bytes(
    project: Project, ids: list[int], ana: int, tmp_path: Path
) -> None:
    project.versions.freeze("refunds", waive=WAIVE, annotator_id=ana)
    path = project.path
    saved = project.back_up("hand")
    project.close()
    first = _exported(path, tmp_path / "first")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute(f"PRAGMA page_size={size * 2 if size < 65536 else 4096}")
        connection.execute("VACUUM")
        assert connection.execute("PRAGMA page_size").fetchone()[0] != size
    assert _exported(path, tmp_path / "other-pages") == first
    with Project.open(path) as opened:
        file = tmp_path / "more.jsonl"
        file.write_text(
            "".join(json.dumps({"id": f"a-{n}", "prompt": f"More {n}?", "output": "x"}) + "\n" for n in range(30))
        )
        opened.sources.import_file(file, variant="prod", role="production")
        ben = opened.annotators.get_or_add("Ben")
        opened.slices.assign(opened.slices.ids_of(["a-1", "a-2"]), "edge", annotator_id=ben)
        opened.examine(repair=True)
    assert _exported(path, tmp_path / "among-others") == first
    restore(path, choose(path, saved.name))
    assert _exported(path, tmp_path / "restored") == first


def test_the_order_in_which_examples_came_in_does_not_matter_to_the_hash(tmp_path: Path) -> None:
    rows = [
        {
            "id": f"c-{number}",
            "prompt": f"Question {number}?",
            "output": f"Answer {number}.",
            "reference": f"{number}.",
            "time": f"2026-11-{number + 1:02d}T12:00:00Z",
        }
        for number in range(12)
    ]
    hashes = set()
    for name, ordered in (("one", rows), ("other", rows[7:] + rows[:7]), ("back", rows[::-1])):
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in ordered))
        with Project.create(tmp_path / f"{name}.reviewer") as made:
            made.sources.import_file(file, variant="prod", role="production")
            who = made.annotators.get_or_add(f"Somebody {name}")
            made.slices.assign(made.slices.matching(""), "core", annotator_id=who)
            hashes.add(made.versions.freeze("refunds", waive=WAIVE, annotator_id=who).content_hash)
    assert len(hashes) == 1
