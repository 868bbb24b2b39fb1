"""What the triage report and the next example cost in a large project.

    python tests/benchmarks/triage_scale.py [--examples 100000] [--labels 100000] [--json FILE]

Beside the report, in the same run, its limit: reading as many labels with their outputs and counting them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reviewer.project import Project
from reviewer.triage.queues import KINDS


def generate(path: Path, examples: int, labels: int) -> None:
    """A project of narrow rows: one output an example, twenty workflows, labels by one annotator."""
    draw = Random(1)
    with Project.create(path) as project, project.database.transaction() as connection:
        connection.execute("INSERT INTO annotators (name, created_ms) VALUES ('Ana', 0)")
        connection.execute("INSERT INTO variants (name, role) VALUES ('production', 'production')")
        connection.executemany(
            "INSERT INTO examples (key, workflow, content_hash, snippet, created_ms, touched, flagged)"
            " VALUES (?, ?, ?, ?, 0, ?, ?)",
            (
                (f"e{n}", f"flow {int(draw.random() ** 2 * 20)}", f"{n:064x}", "x" * 120, n, int(n % 5000 == 0))
                for n in range(examples)
            ),
        )
        connection.execute("INSERT INTO outputs (example_id, variant_id) SELECT id, 1 FROM examples")
        rows = []
        for at, output in enumerate(draw.sample(range(1, examples + 1), min(labels, examples))):
            fail = draw.random() < 0.4
            category = draw.randint(1, 7) if fail else None
            rows.append((output, "fail" if fail else "pass", "coded" if fail else "open", category, at, at))
        connection.executemany(
            "INSERT INTO labels (output_id, annotator_id, verdict, stage, category_id, created_ms, updated_ms)"
            " VALUES (?, 1, ?, ?, ?, ?, ?)",
            rows,
        )


def spread(work: Callable[[], object], times: int) -> dict[str, float]:
    """Median, 95th percentile and worst of so many runs, in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return {"median": median(taken), "p95": taken[int(len(taken) * 0.95)], "worst": taken[-1]}


def measure(path: Path) -> dict[str, dict[str, float]]:
    """The times of the report, its limit, and the next example of each queue."""
    with Project.open(path) as project:

        def bare() -> None:
            with project.database.read() as connection:
                connection.execute(
                    "SELECT l.verdict, l.category_id, count(*) FROM labels l INDEXED BY sqlite_autoindex_labels_1"
                    " CROSS JOIN outputs o ON o.id = l.output_id"
                    " CROSS JOIN examples e ON e.id = o.example_id WHERE o.variant_id = 1 GROUP BY 1, 2"
                ).fetchall()

        rows = {
            "triage report": spread(project.triage.report, 5),
            "limit: read and count the labels": spread(bare, 5),
        }
        for kind in KINDS:
            if kind == "recheck":
                continue
            rows[f"open the queue: {kind}"] = spread(lambda kind=kind: project.queues.open(1, kind, seed=7), 1)  # type: ignore[misc]
            queue = project.queues.open(1, kind, seed=7)
            rows[f"next example: {kind}"] = spread(queue.forward, 300)
    return rows


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=100_000)
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "scale.reviewer"
        generate(path, options.examples, options.labels)
        rows = measure(path)
    width = max(len(name) for name in rows)
    print(f"{'milliseconds':<{width}}  {'median':>8} {'p95':>8} {'worst':>8}")
    for what, times in rows.items():
        print(f"{what:<{width}}  {times['median']:>8.2f} {times['p95']:>8.2f} {times['worst']:>8.2f}")
    if options.json is not None:
        options.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
