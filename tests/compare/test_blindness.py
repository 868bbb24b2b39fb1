"""With a study open, nothing an annotator can reach tells the sides apart.

The tests search: every table and column, the text index, the log, what the commands print, and the statistics of ids
and orders. What the window shows is searched in `tests/ui/rooms/compare/test_blindness.py`.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli import app
from reviewer.compare import seals
from reviewer.compare.judgments import AnswerTask
from reviewer.compare.presentation import presentation
from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError
from reviewer.formats.conversation import Message, ToolCall, text_hash
from reviewer.intake.examples import content_hash
from reviewer.project import Project
from tests.compare.conftest import judge
from tests.compare.test_studies import everything, label
from tests.rows import add_example, add_output, add_variant

PAIRS = 12
TELLING = ("base", "tuned", "prod")
AGAIN = {"base": 2, "tuned": 6, "prod": 4}


def answers(seed: int = 1) -> dict[tuple[str, int], str]:
    """Answers of three variants that say nothing of their origin; production's third is the base variant's too."""
    rng = random.Random(seed)
    words = ("claim", "parcel", "refund", "window", "invoice", "meter", "visit", "receipt", "tariff", "deposit")
    found = {
        (variant, number): " ".join(rng.choice(words) + str(rng.randrange(10**6)) for _ in range(9)) + "."
        for variant in TELLING
        for number in range(PAIRS)
    }
    found["prod", 3] = found["base", 3]
    return found


@pytest.fixture
def texts() -> dict[tuple[str, int], str]:
    """The answers of the project `blind`."""
    return answers()


def fill_blind(project: Project, texts: dict[tuple[str, int], str], ana: int) -> Project:
    """Make a project in which an open study could be betrayed in every way we know of."""
    with project.database.transaction() as connection:
        variants = {
            name: add_variant(connection, name, role)
            for name, role in (("prod", "production"), ("base", "base"), ("tuned", "tuned"))
        }
        for number in range(PAIRS):
            metadata = {"channel": "mail"}
            if number % 4 == 0:
                metadata["draft"] = f"sent: {texts['tuned', number]}"
            example_id = add_example(
                connection,
                key=f"case-{number:04d}",
                messages=[Message("user", f"What of order {number}?")],
                metadata=metadata,
                workflow="orders",
            )
            for name, variant_id in variants.items():
                text = texts[name, number]
                steps = [Message("assistant", text)] if number % 2 else []
                add_output(
                    connection,
                    example_id=example_id,
                    variant_id=variant_id,
                    text=text,
                    messages=steps,
                    latency_ms=float(len(text)),
                    cost=len(text) / 1000,
                    score=float(name == "tuned"),
                    passed=name == "tuned",
                    error="timeout" if name == "base" and number == 5 else None,
                )
        # Word for word the same answers once more, on an example that is in no study.
        example_id = add_example(
            connection,
            key="case-again",
            messages=[Message("user", "What of all the orders?")],
            metadata={"draft": f"sent: {texts['tuned', 6]}"},
            workflow="orders",
        )
        for name, variant_id in variants.items():
            text = texts[name, AGAIN[name]]
            add_output(connection, example_id=example_id, variant_id=variant_id, text=text, cost=len(text) / 1000)
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms)"
            " SELECT id, CASE WHEN id % 3 THEN 'core' ELSE 'edge' END, 1 FROM examples"
        )
    for number in (PAIRS, *range(4)):
        for variant in ("prod", "base", "tuned"):
            label(project, ana, variant, number)
    project.undo(ana)
    project.versions.freeze("orders", waive="a test", annotator_id=ana)
    with project.database.transaction() as connection:
        connection.execute("UPDATE examples SET excluded = 1 WHERE key = 'case-again'")
    project.search.complete()
    return project


@pytest.fixture
def blind(project: Project, texts: dict[tuple[str, int], str], ana: int) -> Project:
    """A project in which an open study could be betrayed."""
    return fill_blind(project, texts, ana)


@pytest.fixture(params=[("base", "tuned"), ("prod", "tuned")], ids=["base", "production"])
def opened(blind: Project, ana: int, request: pytest.FixtureRequest) -> Project:
    """The project with an open study, in part judged, over the base or the production variant and the tuned one."""
    blind.studies.create("first", *request.param, seed=3, annotator_id=ana, protocol=Protocol.bare())
    judge(blind, "first", ana, lambda task: "pass" if len(task.side.text) % 2 else "fail", lambda pair: "left")
    blind.undo(ana)
    return blind


def under_study(project: Project, texts: dict[tuple[str, int], str]) -> dict[str, str]:
    """Each sealed text and the variant it is of."""
    study = project.studies.get("first")
    return {texts[variant, number]: variant for variant in (study.base, study.tuned) for number in range(PAIRS)}


def cells(project: Project) -> Iterator[tuple[str, str, Any]]:
    """Every value of every table, but the seal itself."""
    with project.database.read() as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table != "seals":
                for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                    for name in row.keys():  # noqa: SIM118 - a row is no mapping
                        yield table, name, row[name]


def readable(value: Any) -> str:
    """A value as a person with any tool would read it."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return str(value)


def test_a_sealed_text_stands_in_its_side_and_nowhere_else(opened: Project, texts: dict[tuple[str, int], str]) -> None:
    sealed = under_study(opened, texts)
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for table, name, value in cells(opened):
        content = readable(value)
        for text in sealed:
            if text in content or text.split()[4] in content:
                places[text].append((table, name))
    assert set(places) == set(sealed)
    assert {place for found in places.values() for place in found} == {("pair_sides", "body")}
    assert all(len(found) == 1 for found in places.values())
    with opened.database.read() as connection:
        block = connection.execute("SELECT sealed FROM seals").fetchone()[0]
    assert not any(text.encode() in block or variant.encode() in block for text, variant in sealed.items())


def test_the_same_answer_on_another_example_is_sealed_and_comes_back(
    blind: Project, texts: dict[tuple[str, int], str]
) -> None:
    before = everything(blind)
    study = blind.studies.create("first", "prod", "tuned", protocol=Protocol.bare())
    assert study.pairs == PAIRS
    again = blind.examples.by_key("case-again")
    assert {name: output.sealed for name in TELLING if (output := again.output_of(name))} == {
        "prod": True,
        "base": False,
        "tuned": True,
    }
    assert texts["tuned", 6] not in str(again.metadata)
    with pytest.raises(ConflictError, match="“first”"):
        blind.versions.records(blind.versions.get("orders@1"))
    blind.studies.abandon("first")
    after = everything(blind)
    assert before.pop("history")
    assert after.pop("history"), "the same but for what had been undone, which is dropped"
    assert after == before


@pytest.mark.parametrize("text", ["Yes.", 'First "line"\n\nsecond line, ünd more\n', "\ud800 half"])
def test_an_output_of_steps_is_sealed_in_frozen_records_too(project: Project, text: str) -> None:
    """The steps stand in the record's metadata as JSON, and in an example's own when a record was imported again."""
    steps = [Message("assistant", "", tool_calls=(ToolCall("c", "look", "{}"),)), Message("assistant", text)]
    with project.database.transaction() as connection:
        variants = [add_variant(connection, name, role) for name, role in (("prod", "production"), ("tuned", "tuned"))]
        for key in ("one", "again"):
            example_id = add_example(connection, key=key, messages=[Message("user", key)])
            for variant_id, said in zip(variants, (steps, []), strict=True):
                answer = text if said else "Another answer."
                add_output(connection, example_id=example_id, variant_id=variant_id, text=answer, messages=said)
    project.slices.assign(project.slices.ids_of(["one"]), "core", annotator_id=None)
    frozen = project.versions.freeze("set", waive="a test")
    (record,) = project.versions.records(frozen)
    assert [step["content"] for step in json.loads(record["metadata"]["observed_messages"])] == ["", text]
    with project.database.transaction() as connection:
        connection.execute(
            "UPDATE example_payloads SET metadata = ? WHERE example_id = (SELECT id FROM examples WHERE key = 'again')",
            (json.dumps({"observed_messages": record["metadata"]["observed_messages"]}),),
        )
    before = everything(project)
    project.studies.create("first", "prod", "tuned", slice_name="core", protocol=Protocol.bare())
    for table, name, value in cells(project):
        if (table, name) != ("pair_sides", "body"):
            assert json.dumps(text)[1:-1] not in readable(value).replace("\\\\", "\\"), f"{table}.{name}"
    project.studies.abandon("first")
    assert everything(project) == before


def test_a_version_of_examples_outside_refuses_by_the_studys_name(blind: Project) -> None:
    """The record shows a sealed answer though its example is gone."""
    with blind.database.transaction() as connection:
        connection.execute("DELETE FROM slice_members WHERE example_id <> (SELECT max(id) FROM examples)")
        connection.execute("UPDATE examples SET excluded = 0")
    outside = blind.versions.freeze("outside", waive="a test")
    assert outside.count == 1
    with blind.database.transaction() as connection:
        connection.execute("DELETE FROM examples WHERE key = 'case-again'")
    exact = list(blind.versions.records(outside))
    blind.studies.create("first", "prod", "tuned", protocol=Protocol.bare())
    with pytest.raises(ConflictError, match="“first”"):
        blind.versions.records(outside)
    blind.studies.abandon("first")
    assert list(blind.versions.records(outside)) == exact


def test_no_hash_of_a_sealed_text_is_left(opened: Project, texts: dict[tuple[str, int], str]) -> None:
    hashes = set()
    for text in under_study(opened, texts):
        for value in (text, json.dumps(text)):
            for name in ("sha256", "sha1", "md5"):
                hashes.add(hashlib.new(name, value.encode()).hexdigest())
        for steps in ([], [Message("assistant", text).to_json()]):
            hashes.add(content_hash([text, steps]))
        hashes |= {text_hash(text), content_hash(text), content_hash([text])}
    hashes |= {found[:16] for found in hashes}
    for table, name, value in cells(opened):
        content = readable(value)
        assert not any(found in content for found in hashes), f"{table}.{name}"


def test_no_figure_label_or_past_of_a_sealed_output_is_left(opened: Project) -> None:
    with opened.database.read() as connection:
        for row in connection.execute("SELECT * FROM outputs WHERE sealed_by IS NOT NULL"):
            told = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a row is no mapping
            kept = {name for name, value in told.items() if value is not None}
            assert kept <= {"id", "example_id", "variant_id", "source_id", "sealed_by"}
        sealed = {row[0] for row in connection.execute("SELECT id FROM outputs WHERE sealed_by IS NOT NULL")}
        assert not sealed & {row[0] for row in connection.execute("SELECT output_id FROM labels")}
        for row in connection.execute("SELECT before, after FROM history"):
            for side in (row["before"], row["after"]):
                values = json.loads(side) if side else {}
                assert values.get("output_id") not in sealed


def test_no_join_leads_from_a_side_to_a_variant(project: Project) -> None:
    """Every foreign key is followed, both ways; studies, examples and annotators stand for both sides alike."""
    links: dict[str, set[str]] = defaultdict(set)
    with project.database.read() as connection:
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            for row in connection.execute(f"PRAGMA foreign_key_list({table})"):
                links[table].add(row["table"])
                links[row["table"]].add(table)
    shared = {"studies", "examples", "annotators"}
    seen, ahead = set(), ["pair_sides", "pairs", "correctness_judgments", "preference_judgments"]
    while ahead:
        table = ahead.pop()
        if table not in seen and table not in shared:
            seen.add(table)
            ahead.extend(links[table])
    assert seen == {"pair_sides", "pairs", "correctness_judgments", "preference_judgments", "guesses"}


def test_no_row_names_a_side_and_a_variant(opened: Project) -> None:
    for table, name, value in cells(opened):
        if table in ("pair_sides", "pairs", "correctness_judgments", "preference_judgments", "guesses"):
            words = set(re.findall(r"[a-z_]+", readable(value).lower()))
            assert not words & set(TELLING), f"{table}.{name}"
    with opened.database.read() as connection:
        for row in connection.execute("SELECT title, before, after FROM history WHERE table_name LIKE '%judgments'"):
            assert not any(word in f"{row['title']}{row['before']}{row['after']}" for word in TELLING)


def test_ids_slots_and_orders_go_with_no_variant(project: Project, ana: int, ben: int) -> None:
    counts: Counter[str] = Counter()
    studies, pairs = 25, 40
    with project.database.transaction() as connection:
        variants = [add_variant(connection, name) for name in ("base", "tuned")]
        for number in range(pairs):
            example_id = add_example(connection, key=f"case-{number}", messages=[Message("user", "?")])
            for variant_id in variants:
                add_output(connection, example_id=example_id, variant_id=variant_id, text=f"{variant_id}")
    for number in range(studies):
        study = project.studies.create(f"study {number}", "base", "tuned", seed=5, protocol=Protocol.bare())
        with project.database.read() as connection:
            sealed = seals.read(connection, study.id)
            slots = dict(
                connection.execute(
                    "SELECT s.id, s.slot FROM pair_sides s JOIN pairs p ON p.id = s.pair_id WHERE p.study_id = ?",
                    (study.id,),
                ).fetchall()
            )
            slices = connection.execute("SELECT id, slice FROM pairs WHERE study_id = ?", (study.id,)).fetchall()
        order = sorted(slots)
        shown = [presentation(sealed, [tuple(row) for row in slices], who, Protocol.bare()) for who in (ana, ben)]
        lefts = [{pair: left for pair, left, _ in one.pairs} for one in shown]
        for pair, tuned, base in sealed.sides:
            counts["slot"] += slots[tuned]
            counts["id"] += tuned < base
            counts["first half of ids"] += order.index(tuned) < pairs
            counts["left is slot 0"] += slots[lefts[0][pair]] == 0
            counts["left is the lower id"] += lefts[0][pair] == min(tuned, base)
            counts["left is met first"] += shown[0].answers.index(lefts[0][pair]) < pairs
            counts["both annotators alike"] += lefts[0][pair] == lefts[1][pair]
            counts["left"] += lefts[0][pair] == tuned
        project.studies.abandon(study.name)
    total = studies * pairs
    assert counts.pop("left") == total / 2, "balanced in every study"
    # Six standard deviations of a fair coin: a false alarm is one in a thousand million.
    assert all(abs(count - total / 2) < 6 * (total / 4) ** 0.5 for count in counts.values()), counts


def test_the_index_finds_no_sealed_word(opened: Project, texts: dict[tuple[str, int], str]) -> None:
    opened.search.complete()
    for text in under_study(opened, texts):
        assert opened.search.query(text.split()[4]).total == 0
    free = texts["base" if opened.studies.get("first").base == "prod" else "prod", 7]
    assert opened.search.query(free.split()[4]).total == 1
    files = [path for path in opened.search.path.parent.iterdir() if path.name.startswith(opened.search.path.name)]
    assert files
    for path in files:
        data = path.read_bytes()
        assert not any(text.encode() in data for text in under_study(opened, texts))


def test_filters_say_the_same_of_both_variants(opened: Project) -> None:
    study = opened.studies.get("first")
    for rest in ("", " is:passed", " is:failed", " has:error", " label:fail", " label:unlabelled", " annotator:Ana"):
        found = [
            {hit.key for hit in opened.examples.find(f"variant:{variant}{rest}", 50).hits}
            for variant in (study.base, study.tuned)
        ]
        assert found[0] == found[1], rest


def test_undo_brings_nothing_sealed_into_sight(opened: Project, ana: int, texts: dict[tuple[str, int], str]) -> None:
    sealed = under_study(opened, texts)
    for verb in (opened.undo, opened.redo):
        for _ in range(60):
            try:
                verb(ana)
            except ConflictError:
                break
            with opened.database.read() as connection:
                assert not connection.execute(
                    "SELECT 1 FROM labels l JOIN outputs o ON o.id = l.output_id WHERE o.sealed_by IS NOT NULL"
                ).fetchone()
    for table, name, value in cells(opened):
        if (table, name) != ("pair_sides", "body"):
            assert not any(text in readable(value) for text in sealed)


def test_what_the_commands_print(
    opened: Project, texts: dict[tuple[str, int], str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sealed = under_study(opened, texts)
    path = str(opened.path)
    opened.close()
    word = next(iter(sealed)).split()[4]
    out = tmp_path / "out"
    commands = {
        ("status", path): 0,
        ("search", path, word): 0,
        ("search", path, "order"): 0,
        ("search", path, "variant:tuned"): 0,
        ("triage", path): 0,
        ("check", path): 0,
        ("versions", path): 0,
        ("diff", path, "orders@1", "orders@1"): 2,
        ("export", path, "orders@1", "--to", "reviewer", "--out", str(out)): 2,
        ("labels", "export", path, str(tmp_path / "labels.jsonl")): 0,
        ("study", "list", path): 0,
        ("study", "report", path, "first"): 2,
        ("study", "judgments", "export", path, "first", str(tmp_path / "judgments.jsonl")): 2,
    }
    for words, code in commands.items():
        for more in ([], ["--json"]):
            if words[0] == "export" and more:
                continue
            assert app.main([*words, *more]) == code, words
            captured = capsys.readouterr()
            for text in sealed:
                assert text not in captured.out + captured.err, words
                assert text.split()[4] not in (captured.out + captured.err).replace(word, ""), words
    assert not (tmp_path / "judgments.jsonl").exists()
    written = [
        found for found in tmp_path.rglob("*") if found.is_file() and found.suffix in (".jsonl", ".json", ".log")
    ]
    for found in written:
        content = found.read_text()
        assert not any(text in content for text in sealed), found


def test_importing_the_file_again_is_no_oracle(
    opened: Project, texts: dict[tuple[str, int], str], tmp_path: Path
) -> None:
    """A row that is exactly a variant's output and one that is not get the same answer."""
    study = opened.studies.get("first")
    answers = []
    for number, text in enumerate((texts["tuned", 1], texts[study.base, 1], "something else")):
        path = tmp_path / f"again-{number}.jsonl"
        row = {"id": "case-0001", "prompt": "What of order 1?", "output": text}
        path.write_text(json.dumps(row) + "\n")
        found = opened.sources.import_file(path, variant="tuned")
        answers.append((found.added, found.duplicates, found.rejected))
    assert len(set(answers)) == 1


def test_tasks_name_no_variant(opened: Project, ana: int, ben: int) -> None:
    task = opened.judgments.next("first", ben)
    assert isinstance(task, AnswerTask)
    pair = opened.judgments.next("first", ana)
    for found in (task, pair, opened.judgments.progress("first", ana)):
        assert not any(re.search(rf"\b{word}\b", repr(found)) for word in TELLING)


def test_the_freed_pages_of_the_file_are_overwritten(blind: Project, texts: dict[tuple[str, int], str]) -> None:
    blind.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    path = blind.path
    assert path.with_name(path.name + "-wal").stat().st_size == 0, "nor do they stay in the log"
    blind.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = path.read_bytes()
    for (variant, _), text in texts.items():
        if variant in ("base", "tuned"):
            assert data.count(text.encode()) == 1, "once, in its side"
