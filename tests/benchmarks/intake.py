"""Import, text index, search and facets, with the limits of the first two."""

from __future__ import annotations

import json
import shutil
import sqlite3
from itertools import count
from pathlib import Path

from reviewer.intake.filters import Filter
from reviewer.project import Project
from tests.benchmarks import rows as made
from tests.benchmarks.figures import Bench, Figure, at_most, of_limit

QUERIES = ("refund", "order payment", '"within the"', "confi*", "pro*")


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


def plain_index(rows: Path, target: Path) -> None:
    """The limit: the same texts into one FTS5 table, in one process and one transaction."""
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("CREATE VIRTUAL TABLE texts USING fts5(input, reference, outputs)")
    connection.execute("INSERT INTO texts (texts, rank) VALUES ('hashsize', 33554432)")
    connection.execute("BEGIN")
    with rows.open("rb") as file:
        for line in file:
            row = json.loads(line)
            said = "\n".join(message["content"] for message in row["messages"])
            answers = f"{row['base']}\n{row['tuned']}"
            connection.execute("INSERT INTO texts VALUES (?, ?, ?)", (said, row["reference"], answers))
    connection.execute("COMMIT")
    connection.close()


def show_first(project: Project, rows: Path) -> None:
    """What the import dialog does before its first page stands."""
    inspection = project.sources.inspect(rows)
    project.sources.preview(inspection, inspection.mapping)


def measure(bench: Bench) -> list[Figure]:
    """Each new project and its limit in turn; the searches on the project of the bench's size."""
    number = count()

    def fresh(name: str) -> Path:
        folder = bench.folder / "turn"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder / name

    def imported() -> None:
        with Project.create(fresh("p.reviewer")) as project:
            project.sources.import_file(bench.rows, made.MAPPING, roles=made.ROLES)

    took, limit = bench.in_turn([imported, lambda: plain_insert(bench.rows, fresh("plain.db"))], 3)
    with Project.create(bench.folder / "p.reviewer") as project:
        first = bench.median(lambda: show_first(project, bench.rows))
        project.sources.import_file(bench.rows, made.MAPPING, roles=made.ROLES)
        indexed = bench.seconds(project.search.complete)
        index_limit = bench.seconds(lambda: plain_index(bench.rows, bench.folder / f"index-{next(number)}.db"))
    size = bench.size
    figures = [
        of_limit(
            "import into a new project", size / took, "rows/s", size / limit, "insert in WAL, 1,000 a commit",
            floor=0.5, goal=0.85,
        ),
        of_limit(
            "text index", size / indexed, "rows/s", size / index_limit, "one FTS5 table, one process",
            floor=0.8, goal=0.9,
        ),
        at_most("first page of the file", first * 1000, "ms", floor=500, goal=150),
    ]  # fmt: skip
    with Project.open(bench.copy()) as project:
        for query in QUERIES:
            found = bench.spread(lambda query=query: project.search.query(query, 50), 20)  # type: ignore[misc]
            figures.append(at_most(f"search {query}, p95", found.p95 * 1000, "ms", floor=50, goal=16))
        wanted = Filter.parse("")
        facets = bench.median(lambda: project.examples.facets(wanted))
        figures.append(at_most("facet counts", facets * 1000, "ms", floor=100, goal=50))
    return figures
