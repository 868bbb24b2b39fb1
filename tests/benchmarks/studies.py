"""A blind study of 300 pairs judged by three people: making it, what comes next, and its report, cold and warm."""

from __future__ import annotations

import random
from pathlib import Path

from reviewer.compare.judgments import AnswerTask, GuessTask
from reviewer.compare.protocol import Protocol
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.benchmarks.figures import Bench, Figure, Spread, at_most
from tests.rows import add_example, add_output, add_variant

PAIRS = 300
PEOPLE = ("Ana", "Ben", "Cleo")
WORDS = ("the", "claim", "was", "settled", "under", "rules", "perhaps", "evidence", "regarding", "liability", "days")
NAME = "autumn"


def fill(project: Project, pairs: int) -> None:
    """Examples in three slices with an answer of either variant, of 40 to 160 words."""
    rng = random.Random(1)
    with project.database.transaction() as connection:
        variants = {name: add_variant(connection, name, name) for name in ("base", "tuned")}
        for number in range(pairs):
            example = add_example(
                connection, key=f"case-{number:04d}", messages=[Message("user", f"What of claim {number}?")]
            )
            for name, variant in variants.items():
                count = rng.randrange(40, 120) + 40 * (name == "tuned")
                text = f"- **Claim {number}** " + " ".join(rng.choice(WORDS) for _ in range(count))
                add_output(connection, example_id=example, variant_id=variant, text=text)
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms)"
            " SELECT id, CASE id % 4 WHEN 0 THEN 'preservation' WHEN 1 THEN 'edge' ELSE 'core' END, 1 FROM examples"
        )


def judge(project: Project, bench: Bench) -> Spread:
    """Everybody judges everything; how long the next task takes to come."""
    rng = random.Random(2)
    taken = []
    for who in map(project.annotators.get_or_add, PEOPLE):
        while True:
            tasks: list[object] = []
            taken.append(bench.seconds(lambda who=who, tasks=tasks: tasks.append(project.judgments.next(NAME, who))))  # type: ignore[misc]
            task = tasks[0]
            if task is None:
                break
            if isinstance(task, AnswerTask):
                verdict = "pass" if rng.random() < 0.7 else "fail"
                project.judgments.lock(NAME, task.side.id, who, verdict)
            elif isinstance(task, GuessTask):
                project.judgments.guess(NAME, task.pair_id, who, rng.choice(("left", "right")))
            else:
                project.judgments.prefer(NAME, task.pair_id, who, rng.choice(("left", "right", "tie")))  # type: ignore[attr-defined]
    return Spread.of(taken)


def measure(bench: Bench) -> list[Figure]:
    """Seconds for what somebody waits for; 40 pairs where a tiny size only tries the program."""
    pairs = PAIRS if bench.size >= 1_000 else 40
    with Project.create(Path(bench.folder) / "study.reviewer") as project:
        fill(project, pairs)
        made = bench.seconds(lambda: project.studies.create(NAME, "base", "tuned", protocol=Protocol()))
        step = judge(project, bench)
        closed = bench.seconds(lambda: project.studies.close(NAME))
        cold = bench.seconds(lambda: project.studies.report(NAME).to_json())

        def bare() -> None:
            with project.database.read() as connection:
                for table in ("correctness_judgments", "preference_judgments", "guesses", "pair_sides"):
                    connection.execute(f"SELECT * FROM {table}").fetchall()

        warm, limit = bench.in_turn([lambda: project.studies.report(NAME).to_json(), bare])
    what = f"{pairs} pairs, {len(PEOPLE)} annotators"
    return [
        at_most(f"seal a study: {pairs} pairs", made, "s", floor=2),
        at_most("next answer or pair, p95", step.p95 * 1000, "ms", floor=100, goal=30),
        at_most(f"close it: {what}", closed, "s", floor=2),
        at_most(f"its report, the first of a process: {what}", cold, "s", floor=2, goal=1, note="numpy, scipy loaded"),
        at_most(
            f"its report: {what}", warm * 1000, "ms", floor=2000, goal=500, limit=limit * 1000,
            limit_name="read its rows",
        ),
    ]  # fmt: skip
