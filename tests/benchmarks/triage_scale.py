"""The triage report beside counting its labels, first and after a key, and opening a queue and walking in it."""

from __future__ import annotations

from itertools import cycle

from reviewer.project import Project
from reviewer.triage.queues import KINDS
from reviewer.triage.report import Triage
from tests.benchmarks.figures import Bench, Figure, Spread, at_most


def measure(bench: Bench) -> list[Figure]:
    """Medians over the project's labels; next examples as p95 of many."""
    with Project.open(bench.copy()) as project:

        def bare() -> None:
            with project.database.read() as connection:
                connection.execute(
                    "SELECT l.verdict, l.category_id, count(*) FROM labels l INDEXED BY sqlite_autoindex_labels_1"
                    " CROSS JOIN outputs o ON o.id = l.output_id"
                    " CROSS JOIN examples e ON e.id = o.example_id WHERE o.variant_id = 1 GROUP BY 1, 2"
                ).fetchall()

        with project.database.read() as connection:
            labels = connection.execute("SELECT count(*) FROM labels").fetchone()[0]
            output = connection.execute("SELECT min(output_id) FROM labels").fetchone()[0]
        # The first report reads every label; what is kept of it is moved by each label from then on.
        report, limit = bench.in_turn([lambda: Triage(project.database).report(), bare])
        who = project.annotators.get_or_add("Cleo")
        verdicts = cycle(("pass", "fail"))
        project.triage.report(annotator_id=who)
        followed = []
        for _ in range(bench.rounds(50)):
            project.labels.set_verdict(output, who, next(verdicts))
            followed.append(bench.seconds(lambda: project.triage.report(annotator_id=who)))
        project.labels.clear(output, who)
        figures = [
            at_most(
                f"triage report over {labels:,} labels, the first", report * 1000, "ms", floor=300, goal=100,
                limit=limit * 1000, limit_name="read and count them",
            ),
            at_most("the report after one more label, p95", Spread.of(followed).p95 * 1000, "ms", floor=300, goal=100),
        ]  # fmt: skip
        for kind in KINDS:
            if kind == "recheck":
                continue
            opened = bench.median(lambda kind=kind: project.queues.open(who, kind, seed=7), 3)  # type: ignore[misc]
            queue = project.queues.open(who, kind, seed=7)
            step = bench.spread(queue.forward, 200)
            figures += [
                at_most(f"open the queue: {kind}", opened * 1000, "ms"),
                at_most(f"next example, p95: {kind}", step.p95 * 1000, "ms", floor=10, goal=7),
            ]
    return figures
