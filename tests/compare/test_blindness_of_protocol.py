"""Blindness with everything on: repeats, controls, the original-dress arm, guesses, masks, the rule for stopping."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from reviewer.cli import app
from reviewer.compare import seals
from reviewer.compare.judgments import AnswerTask, GuessTask, PairTask
from reviewer.compare.presentation import presentation
from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError
from reviewer.formats.conversation import Document, Message
from reviewer.project import Project
from reviewer.store.database import dump
from tests.compare.conftest import judge
from tests.compare.test_blindness import PAIRS, TELLING, answers, cells, fill_blind, readable, under_study
from tests.rows import add_example, add_output, add_variant

NAME = "GPT-4o-mini"
FULL = Protocol(
    repeats=0.25, controls=0.25, original_dress=0.5, probes=0.5, stopping="sequential", annotators=("Ana", "Ben")
)


@pytest.fixture
def texts() -> dict[tuple[str, int], str]:
    """Answers that say nothing of their origin, but for one that names its model."""
    found = answers()
    found["tuned", 2] = f"{found['tuned', 2]} Says {NAME}."
    return found


@pytest.fixture
def opened(project: Project, texts: dict[tuple[str, int], str], ana: int, ben: int) -> Project:
    """An open study with everything on: Ana has judged all of it, Ben a part."""
    fill_blind(project, texts, ana)
    with project.database.transaction() as connection:
        connection.execute(
            "UPDATE output_payloads SET documents = ? WHERE output_id IN (SELECT o.id FROM outputs o JOIN variants v"
            " ON v.id = o.variant_id WHERE v.name = 'tuned')",
            (dump([Document("kb-of-one-side", "Ten days.", 0.7251).to_json()]),),
        )
    project.studies.create("first", "base", "tuned", seed=3, annotator_id=ana, protocol=FULL)
    judge(project, "first", ana, lambda task: "pass" if task.side.id % 3 else "fail", lambda pair: "left")
    judge(project, "first", ben, limit=5)
    project.studies.stopping("first")
    return project


def test_sealed_texts_stand_in_sides_alone(opened: Project, texts: dict[tuple[str, int], str]) -> None:
    sealed = set(under_study(opened, texts))
    for table, name, value in cells(opened):
        if (table, name) != ("pair_sides", "body"):
            assert not any(text in readable(value) for text in sealed), f"{table}.{name}"
        assert NAME not in readable(value), "what is masked stands in the seal alone"


def test_which_pairs_are_drawn_stands_in_the_seal_alone(opened: Project) -> None:
    with opened.database.read() as connection:
        sealed = seals.read(connection, 1)
        columns = [row[1] for row in connection.execute("PRAGMA table_info(pairs)")]
    assert len(sealed.repeats) == 3
    assert len(sealed.controls) == 3
    assert columns == ["id", "study_id", "example_id", "slice", "position"]
    plan = json.dumps(opened.studies.get("first").plan)
    for pair in (*(repeat.pair for repeat in sealed.repeats), *(control.pair for control in sealed.controls)):
        assert not re.search(rf"\bpair\D{{1,4}}{pair}\b", plan)
    assert sealed.secret not in plan
    assert not re.search(r"\bsides?\b", plan)


def test_rows_of_judging_name_no_variant_and_no_result(opened: Project) -> None:
    wanted = ("pair_sides", "pairs", "correctness_judgments", "preference_judgments", "guesses")
    for table, name, value in cells(opened):
        if table in wanted:
            found = set(re.findall(r"[a-z_]+", readable(value).lower()))
            assert not found & set(TELLING), f"{table}.{name}"
        if table == "history" and name == "title" and "first" not in str(value):
            assert not re.match(r"(pair|guess) .*(base|tuned)", str(value))
    with opened.database.read() as connection:
        kept = dict(connection.execute("SELECT looks, ended FROM studies").fetchone())
    assert kept == {"looks": 1, "ended": ""}, "that the rule was asked is kept, and not what it said"


def test_what_either_side_retrieved_is_no_sign(opened: Project) -> None:
    with opened.database.read() as connection:
        sealed = seals.read(connection, 1)
        bodies = {row[0]: row[1] for row in connection.execute("SELECT id, body FROM pair_sides")}
    for _, tuned, base in sealed.sides:
        assert json.loads(bodies[tuned])["documents"] == json.loads(bodies[base])["documents"]
    assert not any("0.7251" in body for body in bodies.values())


def test_tasks_name_no_variant_and_no_kind_of_pair(
    project: Project, texts: dict[tuple[str, int], str], ana: int
) -> None:
    fill_blind(project, texts, ana)
    project.studies.create("first", "base", "tuned", protocol=Protocol(repeats=0.25, controls=0.25, probes=0.5))
    kinds = Counter[str]()
    shapes = set()
    while (task := project.judgments.next("first", ana)) is not None:
        kinds[type(task).__name__] += 1
        shapes.add((type(task).__name__, tuple(sorted(task.__dataclass_fields__))))
        told = repr(task)
        assert not any(re.search(rf"\b{word}\b", told) for word in (*TELLING, "repeat", "control", "known"))
        if isinstance(task, AnswerTask):
            project.judgments.lock("first", task.side.id, ana, "pass")
        elif isinstance(task, GuessTask):
            project.judgments.guess("first", task.pair_id, ana, "left")
        else:
            assert isinstance(task, PairTask)
            project.judgments.prefer("first", task.pair_id, ana, "tie")
    assert kinds == {"AnswerTask": 2 * PAIRS, "PairTask": PAIRS + 3 + 3, "GuessTask": PAIRS // 2}
    assert len(shapes) == 3


def test_arms_probes_and_repeats_go_with_no_side(project: Project, ana: int) -> None:
    """Over many studies, tuned is on the left in half of the pairs of each arm, and a repeat always swaps."""
    studies, pairs = 30, 40
    with project.database.transaction() as connection:
        variants = [add_variant(connection, name) for name in ("base", "tuned")]
        for number in range(pairs):
            example_id = add_example(connection, key=f"case-{number}", messages=[Message("user", "?")])
            for variant_id in variants:
                add_output(connection, example_id=example_id, variant_id=variant_id, text=f"{variant_id}")
    left: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for number in range(studies):
        project.studies.create(f"study {number}", "base", "tuned", seed=5, protocol=FULL)
        with project.database.read() as connection:
            study_id = connection.execute("SELECT max(id) FROM studies").fetchone()[0]
            sealed = seals.read(connection, study_id)
            slices = connection.execute("SELECT id, slice FROM pairs WHERE study_id = ?", (study_id,)).fetchall()
        shown = presentation(sealed, [tuple(row) for row in slices], ana, FULL)
        tuned = {pair: side for pair, side, _ in sealed.sides}
        place = {pair: one for pair, one, _ in shown.pairs}
        for repeat in sealed.repeats:
            assert (place[repeat.pair] == repeat.tuned) != (place[repeat.of] == tuned[repeat.of])
            left["repeat"] += place[repeat.pair] == repeat.tuned
            total["repeat"] += 1
        for pair, side in tuned.items():
            arm = "original" if pair in shown.original else "plain"
            left[arm] += place[pair] == side
            total[arm] += 1
        for pair, one, _ in shown.probes:
            left["probe"] += one == tuned[pair]
            total["probe"] += 1
        project.studies.abandon(f"study {number}")
    for name, count in total.items():
        # Six standard deviations of a fair coin.
        assert abs(left[name] - count / 2) < 6 * (count / 4) ** 0.5, (name, left[name], count)


def test_no_command_reports_draws_or_lists_anything_of_an_open_study(
    opened: Project, texts: dict[tuple[str, int], str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    sealed = set(under_study(opened, texts))
    path = str(opened.path)
    with pytest.raises(ConflictError):
        opened.studies.report("first")
    opened.close()
    figures = tmp_path / "figures"
    commands = {
        ("study", "report", path, "first", "--figures", str(figures)): 2,
        ("study", "disagreements", path, "first"): 2,
        ("study", "stopping", path, "first"): 0,
        ("study", "leaks", path, "--base", "base", "--tuned", "tuned"): 0,
        ("study", "new", path, "again", "--base", "base", "--tuned", "tuned", "--dry-run"): 0,
        ("study", "new", path, "again", "--base", "base", "--tuned", "tuned"): 2,
        ("study", "list", path): 0,
    }
    for words, code in commands.items():
        for more in ([], ["--json"]):
            assert app.main([*words, *more]) == code, words
            captured = capsys.readouterr()
            told = captured.out + captured.err
            assert not any(text in told or text.split()[4] in told for text in sealed), words
            if words[1] == "stopping":
                assert not re.search(r"tuned|base|favou?r|%", told)
    assert not figures.exists()
