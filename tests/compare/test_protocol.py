"""Hidden repeats, controls, the original-dress arm and guess probes: drawn, shown, and known to the seal alone."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from reviewer.compare import seals
from reviewer.compare.judgments import AnswerTask, GuessTask, PairTask
from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.formats.conversation import Document, Message
from reviewer.project import Project
from reviewer.store.database import dump, load
from tests.compare.conftest import judge
from tests.rows import add_example, add_output, add_variant, set_reference

PAIRS = 40


@pytest.fixture
def many(project: Project) -> Project:
    """Forty examples with two answers each, and ten others on which production was right or wrong."""
    with project.database.transaction() as connection:
        ids = {name: add_variant(connection, name) for name in ("base", "tuned", "prod", "gold", "lure")}
        for number in range(PAIRS):
            example = add_example(
                connection, key=f"case-{number:02}", messages=[Message("user", f"Question {number}?")]
            )
            for name in ("base", "tuned"):
                add_output(connection, example_id=example, variant_id=ids[name], text=f"{name} says {number}")
        for number in range(10):
            example = add_example(connection, key=f"known-{number}", messages=[Message("user", f"Known {number}?")])
            add_output(connection, example_id=example, variant_id=ids["gold"], text=f"right {number}")
            add_output(connection, example_id=example, variant_id=ids["lure"], text=f"wrong, and at length {number}")
    return project


def test_what_is_drawn_stands_in_the_plan_and_which_in_the_seal_alone(many: Project) -> None:
    study = many.studies.create("first", "base", "tuned", seed=1, protocol=Protocol(right="gold", wrong="lure"))
    assert study.pairs == PAIRS
    assert study.plan["drawn"] == {"repeats": 4, "controls_same": 1, "controls_known": 1, "masked_answers": 0}
    with many.database.read() as connection:
        sealed = seals.read(connection, study.id)
        ids = [row["id"] for row in connection.execute("SELECT id FROM pairs WHERE study_id = ? ORDER BY id", (1,))]
        bodies = dict(connection.execute("SELECT id, body FROM pair_sides").fetchall())
        columns = [row["name"] for row in connection.execute("PRAGMA table_info(pairs)")]
    assert len(ids) == PAIRS + 6
    assert columns == ["id", "study_id", "example_id", "slice", "position"]
    own = {pair: (tuned, base) for pair, tuned, base in sealed.sides}
    for repeat in sealed.repeats:
        tuned, base = own[repeat.of]
        assert (bodies[repeat.tuned], bodies[repeat.base]) == (bodies[tuned], bodies[base])
    same, known = sorted(sealed.controls, key=lambda control: not control.same)
    assert bodies[same.first] == bodies[same.second]
    assert json.loads(bodies[known.first])["text"].startswith("right")
    assert json.loads(bodies[known.second])["text"].startswith("wrong")


def test_extra_pairs_stand_anywhere_among_the_ids(many: Project) -> None:
    places: Counter[str] = Counter()
    for number in range(12):
        study = many.studies.create(f"study {number}", "base", "tuned", protocol=Protocol(repeats=0.25))
        with many.database.read() as connection:
            sealed = seals.read(connection, study.id)
            ids = [
                row["id"]
                for row in connection.execute("SELECT id FROM pairs WHERE study_id = ? ORDER BY id", (study.id,))
            ]
        for repeat in sealed.repeats:
            places["first half" if ids.index(repeat.pair) < len(ids) / 2 else "second half"] += 1
        many.studies.abandon(study.name)
    assert 30 < places["first half"] < 90, places


def test_a_repeat_comes_late_with_its_sides_swapped(many: Project, ana: int) -> None:
    many.studies.create("first", "base", "tuned", protocol=Protocol(repeats=0.2, controls=0, probes=0))
    judge(many, "first", ana, limit=2 * PAIRS)
    shown: dict[int, list[PairTask]] = {}
    order = []
    while (task := many.judgments.next("first", ana)) is not None:
        assert isinstance(task, PairTask)
        shown.setdefault(task.example_id, []).append(task)
        order.append(task.example_id)
        many.judgments.prefer("first", task.pair_id, ana, "left")
    twice = {example: tasks for example, tasks in shown.items() if len(tasks) == 2}
    assert len(twice) == 8
    for example, (one, other) in twice.items():
        assert (one.left.text, one.right.text) == (other.right.text, other.left.text)
        assert one.original == other.original
        assert order.index(example) < 24 <= len(order) - 1 - order[::-1].index(example)


def test_a_control_with_a_known_answer_is_judged_like_any_other(many: Project, ana: int) -> None:
    many.studies.create(
        "first", "base", "tuned", protocol=Protocol(repeats=0, controls=0.1, probes=0, right="gold", wrong="lure")
    )
    texts = []
    while isinstance(task := many.judgments.next("first", ana), AnswerTask):
        texts.append(task.side.text)
        many.judgments.lock("first", task.side.id, ana, "pass")
    assert len(texts) == 2 * PAIRS + 4
    places = [number for number, text in enumerate(texts) if text.startswith(("right", "wrong"))]
    assert len(places) == 4
    assert sum(place < len(texts) / 2 for place in places) == 2


def test_controls_come_from_labels_where_no_variants_are_named(many: Project, ana: int) -> None:
    with many.database.transaction() as connection:
        prod = connection.execute("SELECT id FROM variants WHERE name = 'prod'").fetchone()["id"]
        for row in connection.execute("SELECT id, key FROM examples WHERE key LIKE 'known-%'").fetchall():
            output = add_output(
                connection, example_id=row["id"], variant_id=prod, text=f"a long and fluent lie {row['key']}"
            )
            set_reference(connection, row["id"], f"true {row['key']}")
            connection.execute(
                "INSERT INTO labels (output_id, annotator_id, verdict, created_ms, updated_ms)"
                " VALUES (?, ?, 'fail', 1, 1)",
                (output, ana),
            )
    study = many.studies.create("first", "base", "tuned", protocol=Protocol(controls=0.1))
    assert study.plan["drawn"]["controls_known"] == 2
    with many.database.read() as connection:
        for control in seals.read(connection, study.id).controls:
            if not control.same:
                right, wrong = (
                    json.loads(connection.execute("SELECT body FROM pair_sides WHERE id = ?", (side,)).fetchone()[0])[
                        "text"
                    ]
                    for side in (control.first, control.second)
                )
                assert (right[:4], wrong[:6]) == ("true", "a long")


def test_without_anything_known_the_plan_says_so(many: Project) -> None:
    study = many.studies.create("first", "base", "tuned", protocol=Protocol(controls=0.1))
    assert study.plan["drawn"]["controls_known"] == 0
    assert study.plan["drawn"]["controls_same"] == 4
    assert "controls with a known answer" in study.plan["not_planned"]


def test_the_original_dress_is_a_part_of_the_pairs_and_is_written_down(many: Project, ana: int) -> None:
    many.studies.create(
        "first", "base", "tuned", protocol=Protocol(repeats=0, controls=0, original_dress=0.25, probes=0)
    )
    judge(many, "first", ana, limit=2 * PAIRS)
    original = set()
    while isinstance(task := many.judgments.next("first", ana), PairTask):
        if task.original:
            original.add(task.pair_id)
        many.judgments.prefer("first", task.pair_id, ana, "tie")
    with many.database.read() as connection:
        rows = dict(connection.execute("SELECT pair_id, dress FROM preference_judgments").fetchall())
    assert {pair for pair, dress in rows.items() if dress == "original"} == original
    assert len(original) == 10


def test_guesses_come_after_every_pair_and_can_be_undone(many: Project, ana: int) -> None:
    many.studies.create("first", "base", "tuned", protocol=Protocol(repeats=0, controls=0, probes=0.1))
    judge(many, "first", ana, limit=3 * PAIRS - 1)
    with many.database.read() as connection:
        sealed = seals.read(connection, 1)
    tuned = {pair: side for pair, side, _ in sealed.sides}
    with pytest.raises(NotFoundError):
        many.judgments.guess("first", 9999, ana, "left")
    judge(many, "first", ana, limit=1)
    first = many.judgments.next("first", ana)
    assert isinstance(first, GuessTask)
    assert (first.number, first.total) == (1, 4)
    many.judgments.guess("first", first.pair_id, ana, "right")
    assert many.judgments.progress("first", ana).guesses == 1
    assert many.undo_title(ana) == "guess 1: B"
    many.undo(ana)
    assert many.judgments.next("first", ana) == first
    with pytest.raises(InputError):
        many.judgments.guess("first", first.pair_id, ana, "A")
    while isinstance(task := many.judgments.next("first", ana), GuessTask):
        many.judgments.guess("first", task.pair_id, ana, "left" if task.left.id == tuned[task.pair_id] else "right")
    assert many.judgments.progress("first", ana).finished


def test_a_guess_before_the_last_pair_is_refused(many: Project, ana: int) -> None:
    many.studies.create("first", "base", "tuned", protocol=Protocol(probes=0.5))
    judge(many, "first", ana, limit=2 * PAIRS + 3)
    with many.database.read() as connection:
        pairs = [pair for pair, _, _ in seals.read(connection, 1).sides]
    refused = 0
    for pair in pairs:
        with pytest.raises((ConflictError, NotFoundError)) as caught:
            many.judgments.guess("first", pair, ana, "left")
        refused += caught.type is ConflictError
    assert refused == PAIRS / 2


def test_masks_stand_in_the_seal_and_the_answers_come_back_as_they_were(many: Project, ana: int) -> None:
    with many.database.transaction() as connection:
        connection.execute(
            "UPDATE output_payloads SET text = ? WHERE output_id = (SELECT o.id FROM outputs o JOIN variants v"
            " ON v.id = o.variant_id WHERE v.name = 'base' ORDER BY o.id LIMIT 1)",
            (dump("I am GPT-4. It is six.<|im_end|>"),),
        )
    leaks = {leak.key: leak for leak in many.studies.leaks("base", "tuned")}
    assert (leaks["name:gpt-4"].more, leaks["name:gpt-4"].less) == (1, 0)
    study = many.studies.create("first", "base", "tuned")
    assert study.plan["drawn"]["masked_answers"] >= 1
    with many.database.read() as connection:
        bodies = [row[0] for row in connection.execute("SELECT body FROM pair_sides")]
        sealed = seals.read(connection, study.id)
    assert not any("GPT-4" in body or "im_end" in body for body in bodies)
    assert any("I am [masked]. It is six." in body for body in bodies)
    assert {entry.text for entry in sealed.masks} == {"GPT-4", "<|im_end|>"}
    judge(many, "first", ana, limit=1)
    many.studies.close("first")
    output = many.examples.by_key("case-00").output_of("base")
    assert output is not None
    assert output.text == "I am GPT-4. It is six.<|im_end|>"


def test_documents_and_their_scores_tell_no_side(many: Project, ana: int) -> None:
    """What base alone retrieved stands beside both answers, and no score with it."""
    document = Document("kb-base-only", "Orders are settled in six days.", 0.83)
    with many.database.transaction() as connection:
        connection.execute(
            "UPDATE output_payloads SET documents = ? WHERE output_id IN (SELECT o.id FROM outputs o JOIN variants v"
            " ON v.id = o.variant_id WHERE v.name = 'base')",
            (dump([document.to_json()]),),
        )
    many.studies.create("first", "base", "tuned")
    with many.database.read() as connection:
        sealed = seals.read(connection, 1)
        bodies = {row["id"]: load(row["body"]) for row in connection.execute("SELECT id, body FROM pair_sides")}
    for _, tuned, base in sealed.sides:
        assert bodies[tuned]["documents"] == bodies[base]["documents"] == [{**document.to_json(), "score": None}]
    judge(many, "first", ana, limit=1)
    many.studies.close("first")
    output, other = (
        many.examples.by_key("case-00").output_of("base"),
        many.examples.by_key("case-00").output_of("tuned"),
    )
    assert output is not None
    assert other is not None
    assert output.documents == (document,)
    assert other.documents == ()


@pytest.mark.parametrize(
    "protocol",
    [
        Protocol(repeats=-0.1),
        Protocol(probes=0.7),
        Protocol(stopping="when it looks good"),
        Protocol(stopping="sequential"),
        Protocol(right="gold"),
        Protocol(right="gold", wrong="gold"),
        Protocol(annotators=("Ana", "Ana")),
    ],
)
def test_a_protocol_that_cannot_be_is_refused(many: Project, protocol: Protocol) -> None:
    with pytest.raises(InputError):
        many.studies.create("first", "base", "tuned", protocol=protocol)
    assert many.studies.list() == []


def test_an_export_of_judgments_has_repeats_and_guesses_beside_what_counts(many: Project, ana: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    many.studies.create("first", "base", "tuned", protocol=Protocol(right="gold", wrong="lure"))
    judge(many, "first", ana)
    many.studies.close("first")
    assert many.judgments.export_file("first", tmp_path / "out.jsonl") == PAIRS
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    details = [line["details"] for line in lines if "details" in line]
    assert sum("repeat" in entry for entry in details) == 4
    assert sum("guessed_tuned" in entry for entry in details) == 8
    assert not any(line["example"].startswith("known") for line in lines)
