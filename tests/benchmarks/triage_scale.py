"""The triage report beside counting its labels, and opening a queue and taking the next example from it."""

from __future__ import annotations

from reviewer.project import Project
from reviewer.triage.queues import KINDS
from tests.benchmarks.figures import Bench, Figure, at_most


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
        report, limit = bench.in_turn([project.triage.report, bare])
        figures = [
            at_most(
                f"triage report over {labels:,} labels", report * 1000, "ms", floor=300, goal=100, limit=limit * 1000,
                limit_name="read and count them",
            )
        ]  # fmt: skip
        who = project.annotators.get_or_add("Cleo")
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
