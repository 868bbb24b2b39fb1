"""Import, text index, search and facets beside their limits, in one run.

    python tests/benchmarks/intake.py [ROWS]

The machines that this runs on are shared: read the ratios, not the seconds.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from reviewer.intake.filters import Filter
from reviewer.project import Project


def write_rows(path: Path, count: int) -> None:
    """Rows of about 2 kB: messages, a reference, two outputs, metadata."""
    draw = random.Random(1)
    words = [f"w{int(draw.paretovariate(0.7)) % 50_000}x" for _ in range(200_000)]

    def text(length: int) -> str:
        start = draw.randrange(len(words) - length)
        return " ".join(words[start : start + length])

    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {
                "id": f"c-{number}",
                "messages": [{"role": "system", "content": "You help."}, {"role": "user", "content": text(150)}],
                "reference": text(60),
                "base": text(120),
                "tuned": text(120),
                "workflow": draw.choice(["refunds", "billing", "visits"]),
                "channel": "mail",
            }
            file.write(json.dumps(row) + "\n")


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def plain_insert(rows: Path, target: Path) -> None:
    """The limit: each line into one table of an open project's kind, a thousand a commit."""
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA page_size=16384")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, key TEXT UNIQUE, body TEXT)")
    with rows.open("rb") as file:
        while chunk := [line for _, line in zip(range(1000), file, strict=False)]:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                "INSERT INTO rows (key, body) VALUES (?, ?)",
                [(json.loads(line)["id"], line.decode()) for line in chunk],
            )
            connection.execute("COMMIT")
    connection.close()


def show_first(project: Project, rows: Path) -> None:
    """What the import dialog does before its first page stands."""
    inspection = project.sources.inspect(rows)
    project.sources.preview(inspection, inspection.mapping)


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = folder / "rows.jsonl"
        write_rows(rows, count)
        parse = seconds(lambda: [None for line in rows.open("rb") if json.loads(line) is None])
        limit = seconds(lambda: plain_insert(rows, folder / "plain.db"))
        with Project.create(folder / "p.reviewer") as project:
            first = seconds(lambda: show_first(project, rows))
            mapping = {"output:base": "base", "output:tuned": "tuned"}
            took = seconds(lambda: project.sources.import_file(rows, mapping))
            again = seconds(lambda: project.sources.import_file(rows, mapping))
            index = seconds(project.search.complete)
            print(f"{count:,} rows of {rows.stat().st_size // count:,} bytes")
            print(f"parse with json     {count / parse:10,.0f} rows/s")
            print(f"plain insert        {count / limit:10,.0f} rows/s")
            print(f"import              {count / took:10,.0f} rows/s, {limit / took:.2f} of the plain insert")
            print(f"the same file again {count / again:10,.0f} rows/s")
            print(f"text index          {count / index:10,.0f} rows/s")
            print(f"first page of the file {first * 1000:.0f} ms")
            for query in ("w77x", "w77x w100x", '"w5x w1x"', "w12*", "w123*"):
                times = [seconds(lambda query=query: project.search.query(query, 50)) for _ in range(20)]
                print(f"search {query:12} {statistics.median(times) * 1000:7.1f} ms, worst {max(times) * 1000:.1f}")
            for query in ("", "workflow:refunds", "label:unlabelled"):
                wanted = Filter.parse(query)
                listed = seconds(lambda wanted=wanted: project.examples.outline(wanted))
                counted = seconds(lambda wanted=wanted: project.examples.facets(wanted))
                print(f"filter {query or 'nothing':18} outline {listed * 1000:.0f} ms, facets {counted * 1000:.0f} ms")


if __name__ == "__main__":
    main()
