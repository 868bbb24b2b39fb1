"""Import, text index, search and facets, with the limits of the first two."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import islice
from pathlib import Path

import orjson

from reviewer.intake.filters import Filter
from reviewer.project import Project
from tests.benchmarks import rows as made
from tests.benchmarks.figures import Bench, Figure, at_most, of_limit

QUERIES = ("refund", "order payment", '"within the"', "confi*", "pro*")
TABLE = (
    "CREATE TABLE rows (id INTEGER PRIMARY KEY, key TEXT, workflow TEXT, messages TEXT, reference TEXT, base TEXT,"
    " tuned TEXT, metadata TEXT)"
)
INSERT = "INSERT INTO rows (key, workflow, messages, reference, base, tuned, metadata) VALUES (?, ?, ?, ?, ?, ?, ?)"
IMPORT = """
import resource, sys, time
from pathlib import Path
from reviewer.project import Project
from tests.benchmarks import rows as made
project = Path(sys.argv[1])
with Project.open(project) if project.exists() else Project.create(project) as opened:
    start = time.perf_counter()
    opened.sources.import_file(Path(sys.argv[2]), made.MAPPING, roles=made.ROLES)
    taken = time.perf_counter() - start
peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(taken, (peaks[0] + 2 * peaks[1]) / (1 << 20 if sys.platform == "darwin" else 1 << 10))
"""
INDEX = """
import resource, sys, time
from pathlib import Path
from reviewer.project import Project
with Project.open(Path(sys.argv[1])) as opened:
    start = time.perf_counter()
    opened.search.complete()
    taken = time.perf_counter() - start
peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(taken, (peaks[0] + 2 * peaks[1]) / (1 << 20 if sys.platform == "darwin" else 1 << 10))
"""
HALF = """
import sys
from pathlib import Path
from tests.benchmarks.intake import plain_index
plain_index(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), 2)
"""


def values(line: bytes) -> tuple[object, ...]:
    """A line as the columns of one plain table."""
    row = orjson.loads(line)
    messages, metadata = orjson.dumps(row["messages"]), orjson.dumps(row["metadata"])
    return row["id"], row["workflow"], messages, row["reference"], row["base"], row["tuned"], metadata


def plain_file(rows: Path, target: Path) -> None:
    """The limit: parsed and written to one table of a new file, without a journal, then synced."""
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        for setting in ("page_size=16384", "journal_mode=OFF", "synchronous=OFF", "cache_size=-4000"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute(TABLE)
        connection.execute("BEGIN")
        with rows.open("rb", buffering=1 << 20) as file:
            connection.executemany(INSERT, map(values, file))
        connection.execute("COMMIT")
    with target.open("rb+") as written:
        os.fsync(written.fileno())


def plain_log(rows: Path, target: Path) -> None:
    """The limit: parsed and written to one table of an open file with a write-ahead log, 500 a commit."""
    with closing(sqlite3.connect(target, isolation_level=None)) as connection:
        for setting in ("page_size=16384", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute(TABLE)
        with rows.open("rb", buffering=1 << 20) as file:
            while chunk := list(islice(file, 500)):
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany(INSERT, map(values, chunk))
                connection.execute("COMMIT")


def plain_index(rows: Path, target: Path, part: int = 0, parts: int = 1) -> None:
    """The limit: the same texts into one FTS5 table without their content, in one process and one transaction."""
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA page_size=16384")
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("CREATE VIRTUAL TABLE texts USING fts5(input, reference, outputs, content='')")
    connection.execute("INSERT INTO texts (texts, rank) VALUES ('hashsize', 33554432)")
    connection.execute("BEGIN")
    with rows.open("rb") as file:
        for number, line in enumerate(file):
            if number % parts != part:
                continue
            row = json.loads(line)
            said = "\n".join(message["content"] for message in row["messages"] if message["role"] != "system")
            answers = f"{row['base']}\n{row['tuned']}"
            connection.execute(
                "INSERT INTO texts (rowid, input, reference, outputs) VALUES (?, ?, ?, ?)",
                (number, said, row["reference"], answers),
            )
    connection.execute("COMMIT")
    connection.close()


def two_halves(rows: Path, folder: Path) -> None:
    """The limit: half of the texts each into an index of its own, by two processes."""
    root = Path(__file__).resolve().parents[2]
    under_way = [
        subprocess.Popen([sys.executable, "-c", HALF, str(rows), str(folder / f"half-{part}.db"), str(part)], cwd=root)
        for part in range(2)
    ]
    if any(process.wait() for process in under_way):
        raise RuntimeError("an index could not be written")


def apart(code: str, *arguments: Path) -> tuple[float, float]:
    """Seconds of a work in a process of its own, and the memory that it and its own processes took at most, in MB."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, memory = map(float, done.stdout.split())
    return seconds, memory


def show_first(project: Project, rows: Path) -> None:
    """What the import dialog does before its first page stands."""
    inspection = project.sources.inspect(rows)
    project.sources.preview(inspection, inspection.mapping)


def first_rows(rows: Path, target: Path) -> None:
    """A small file, so that a project has been worked in."""
    with rows.open("rb") as file, target.open("wb") as small:
        for line in islice(file, 10):
            row = orjson.loads(line)
            small.write(orjson.dumps({**row, "id": f"first-{row['id']}"}) + b"\n")


def measure(bench: Bench) -> list[Figure]:
    """Each new project and its limit in turn; the searches on the project of the bench's size."""
    size = bench.size
    peaks: dict[str, list[float]] = {"new": [], "open": [], "index": []}
    took: dict[str, list[float]] = {"new": [], "open": [], "index": []}

    def fresh(name: str) -> Path:
        folder = bench.folder / "turn"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder / name

    def noted(kind: str, code: str, *arguments: Path) -> None:
        seconds, memory = apart(code, *arguments)
        took[kind].append(seconds)
        peaks[kind].append(memory)

    def imported() -> None:
        noted("new", IMPORT, fresh("p.reviewer"), bench.rows)

    def opened() -> None:
        project, small = fresh("p.reviewer"), bench.folder / "small.jsonl"
        first_rows(bench.rows, small)
        with Project.create(project) as made_now:
            made_now.sources.import_file(small, made.MAPPING, roles=made.ROLES)
        noted("open", IMPORT, project, bench.rows)

    times = 3 if size < 500_000 else 1
    _, file_limit = bench.in_turn([imported, lambda: plain_file(bench.rows, fresh("plain.db"))], times)
    _, log_limit = bench.in_turn([opened, lambda: plain_log(bench.rows, fresh("plain.db"))], times)
    kept = bench.folder / "kept" / "p.reviewer"
    kept.parent.mkdir()
    apart(IMPORT, kept, bench.rows)
    one = bench.seconds(lambda: plain_index(bench.rows, fresh("index.db")))

    def indexed() -> None:
        for part in kept.parent.glob("*index*"):
            part.unlink()
        noted("index", INDEX, kept)

    _, halves = bench.in_turn([indexed, lambda: two_halves(bench.rows, fresh("x").parent)], times)
    with Project.open(kept) as project:
        first = bench.median(lambda: show_first(project, bench.rows))
    shutil.rmtree(kept.parent)
    shutil.rmtree(bench.folder / "turn", ignore_errors=True)
    middle = {kind: sorted(seconds)[len(seconds) // 2] for kind, seconds in took.items()}
    figures = [
        of_limit(
            "import into a new project", size / middle["new"], "rows/s", size / file_limit,
            "insert into a new file without a journal", floor=0.5, goal=0.85,
        ),
        at_most("its memory, all processes", max(peaks["new"]), "MB", floor=300, goal=100),
        of_limit(
            "import into an open project", size / middle["open"], "rows/s", size / log_limit,
            "insert with a log, 500 a commit", floor=0.5, goal=0.85,
        ),
        at_most("its memory, all processes, open", max(peaks["open"]), "MB", floor=300),
        of_limit(
            "text index, beside one process", size / middle["index"], "rows/s", size / one,
            "one FTS5 table, one process", floor=0.8, goal=0.8,
        ),
        of_limit(
            "text index, beside two processes", size / middle["index"], "rows/s", size / halves,
            "two FTS5 tables, two processes", floor=0.4, goal=0.9,
        ),
        at_most("memory while indexing, all processes", max(peaks["index"]), "MB"),
        at_most("first page of the file", first * 1000, "ms", floor=500, goal=150),
    ]  # fmt: skip
    with Project.open(bench.copy()) as project:
        for query in QUERIES:
            found = bench.spread(lambda query=query: project.search.first(query, 50), 20)  # type: ignore[misc]
            figures.append(at_most(f"first fifty of {query}, p95", found.p95 * 1000, "ms", floor=50, goal=16))
        counted = bench.median(lambda: project.search.query("refund", 50), 3)
        figures.append(at_most("fifty of refund and the exact count of all", counted * 1000, "ms"))
        wanted = Filter.parse("")
        facets = bench.median(lambda: project.examples.facets(wanted))
        figures.append(at_most("facet counts", facets * 1000, "ms", floor=100, goal=50))
    return figures
