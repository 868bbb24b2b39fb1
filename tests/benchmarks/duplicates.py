"""Near-duplicates: what is found of planted ones and what is not, how long the first look takes, and how long the next.

python -m tests.benchmarks.duplicates [SIZE]     the planted truth alone: precision and recall by kind
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from collections import Counter
from itertools import islice, pairwise
from pathlib import Path

from reviewer.curate.shingles import fold
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.benchmarks import rows as shared_rows
from tests.benchmarks.figures import Bench, Figure, at_least, at_most, times_limit
from tests.benchmarks.planted import KINDS, Planted, planted
from tests.rows import add_example

PLANTED = 20_000
MOST = 100_000
"""So many examples are compared with each other at most; a million take hours, and nothing is owed there."""


def fill(project: Project, rows: list[Planted]) -> None:
    """Put the questions into a project."""
    with project.database.transaction() as connection:
        for row in rows:
            said = [Message("system", row.system), Message("user", row.text)]
            add_example(connection, key=row.id, messages=said, workflow=row.workflow)


def hash_all(project: Project) -> int:
    """The limit: every pair of neighbouring words of every input hashed once, and nothing done with the hashes."""
    from reviewer.curate.case_readings import case_of

    total = 0
    with project.database.read() as connection:
        for row in connection.execute("SELECT messages FROM example_payloads ORDER BY example_id"):
            for _, text in case_of(row["messages"]):
                words = fold(text).split()
                total += len({hash(pair) for pair in pairwise(words)})
    return total


def score(project: Project, rows: list[Planted]) -> tuple[float, float, dict[str, tuple[int, int]], int]:
    """Precision, recall, what was found of each kind and of how many, and the planted twins that were taken for one."""
    kinds = {frozenset((row.id, row.of)): row.kind for row in rows if row.of}
    truth = {pair for pair, kind in kinds.items() if kind != "twin"}
    found = {
        frozenset((one, other))
        for group in project.duplicates.groups()
        for one in group.keys
        for other in group.keys
        if one < other
    }
    there, of = Counter(kinds[pair] for pair in found & truth), Counter(kinds[pair] for pair in truth)
    twins = sum(1 for pair in found if kinds.get(pair) == "twin")
    right = len(found & truth)
    return (
        right / max(1, len(found)),
        right / max(1, len(truth)),
        {kind: (there[kind], of[kind]) for kind in KINDS},
        twins,
    )


def some(bench: Bench, many: int) -> Path:
    """A project of the bench's rows, of the first so many where the bench has more."""
    if many == bench.size:
        return bench.copy()
    path, rows = bench.folder / "some.reviewer", bench.folder / "some.jsonl"
    with bench.rows.open("rb") as source, rows.open("wb") as target:
        target.writelines(islice(source, many))
    with Project.create(path) as project:
        project.sources.import_file(rows, shared_rows.MAPPING, roles=shared_rows.ROLES)
    return path


def measure(bench: Bench) -> list[Figure]:
    """The planted truth at up to 20,000, and the first and the next look over the bench's own rows."""
    size = min(PLANTED, bench.size)
    rows = list(planted(size, size // 20, size // 40))
    with Project.create(bench.folder / "planted.reviewer") as project:
        fill(project, rows)
        project.duplicates.find()
        precision, recall, _, twins = score(project, rows)
    many = min(MOST, bench.size)
    with Project.open(some(bench, many)) as project:
        first = bench.seconds(project.duplicates.find)
        limit = bench.seconds(lambda: hash_all(project))
        with project.database.transaction() as connection:
            add_example(connection, key="one-more", messages=[Message("user", "One more question about order 4711.")])
        again = bench.seconds(project.duplicates.find)
        nothing = bench.median(project.duplicates.find)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        at_least(f"precision of {size:,} planted", precision, "share", floor=0.95),
        at_least(f"recall of {size:,} planted", recall, "share", floor=0.95),
        at_most("planted twins taken for duplicates", twins, "pairs"),
        times_limit(
            f"first look at {many:,}", first, "s", limit, "hash all word pairs once", floor=20, goal=8,
            note="120 s are owed at 100,000",
        ),
        at_most("look after one more", again, "s", goal=3),
        at_most("look after nothing", nothing * 1000, "ms", goal=300),
        at_most("memory at its peak", peak, "MB", floor=1_000, goal=500),
    ]  # fmt: skip


def main() -> None:
    """Plant, look, and say how much was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", type=int, nargs="?", default=PLANTED)
    parser.add_argument("--repeats", type=int, default=1_000)
    parser.add_argument("--twins", type=int, default=500)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    rows = list(planted(options.size, options.repeats, options.twins, options.seed))
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder, "planted.reviewer")) as project:
        fill(project, rows)
        start = time.perf_counter()
        project.duplicates.find()
        taken = time.perf_counter() - start
        precision, recall, kinds, twins = score(project, rows)
    print(f"{len(rows):,} examples in {taken:.1f} s: precision {precision:.4f}, recall {recall:.4f}")
    for kind, (there, of) in kinds.items():
        print(f"  {kind:<12} {there:>5} of {of}")
    print(f"  twins taken for duplicates: {twins} of {options.twins}")
    print(f"  memory at its peak: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB", file=sys.stderr)


if __name__ == "__main__":
    main()
