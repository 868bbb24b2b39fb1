"""Leakage: what is found of planted overlaps, and how fast a training file goes past beside reading it alone.

python -m tests.benchmarks.leaks [LINES]     the planted truth alone: what was found of each kind
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson

from reviewer.curate.leak_index import words_in
from reviewer.formats import jsonl
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.benchmarks import rows as shared_rows
from tests.benchmarks.duplicates import MOST, some
from tests.benchmarks.figures import Bench, Figure, at_least, at_most, of_limit
from tests.benchmarks.planted import planted
from tests.benchmarks.planted_leaks import KINDS, Line, lines
from tests.rows import add_example

LINES = 5_000
LEAKS = 300
EXAMPLES = 1_500


def plant(project: Project, path: Path, count: int, leaks: int) -> tuple[list[Line], dict[str, str]]:
    """Demo-like examples into the project, and a training file of which some lines repeat them."""
    asked = list(planted(EXAMPLES + count, 0, 0, seed=3))
    examples = [(row.id, row.text, "") for row in asked[:EXAMPLES]]
    with project.database.transaction() as connection:
        for key, text, _ in examples:
            add_example(connection, key=key, messages=[Message("user", text)])
    clean = ((row.text, "Thank you, that is noted.") for row in asked[EXAMPLES:])
    made = list(lines(examples, clean, count, leaks))
    path.write_bytes(b"".join(orjson.dumps(line.row, option=orjson.OPT_APPEND_NEWLINE) for line in made))
    return made, {key: text for key, text, _ in examples}


def score(project: Project, made: list[Line], texts: dict[str, str]) -> tuple[dict[str, tuple[int, int]], int, int]:
    """What was found of each kind and of how many; clean lines called exact; overlaps that are said and are none."""
    found = {(leak.line, leak.key): leak.kind for leak in project.leakage.leaks()}
    there, of, exact, untrue = Counter[str](), Counter[str](), 0, 0
    for number, line in enumerate(made, 1):
        if line.kind:
            of[line.kind] += 1
            there[line.kind] += (number, line.of) in found
    for (number, key), kind in found.items():
        line = made[number - 1]
        exact += kind == "exact" and not line.kind
        if kind == "overlap" and not line.kind:
            untrue += not _overlaps(texts[key], line.row["messages"][1]["content"])
    return {kind: (there[kind], of[kind]) for kind in KINDS}, exact, untrue


def _overlaps(one: str, other: str) -> bool:
    """By the plainest means: whether both have thirteen words in a row, or the whole of a shorter one."""
    own, theirs = words_in(one), words_in(other)
    size = min(13, len(own))
    runs = {tuple(own[place : place + size]) for place in range(len(own) - size + 1)}
    return any(tuple(theirs[place : place + size]) in runs for place in range(len(theirs) - size + 1))


def long_file(path: Path, count: int) -> None:
    """So many lines of chat fine-tuning that repeat nothing: words of another made-up language."""

    def chats() -> Iterator[bytes]:
        for row in shared_rows.rows(count, seed=777):
            said = [
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": row["messages"][-1]["content"]},
                {"role": "assistant", "content": row["reference"]},
            ]
            yield orjson.dumps({"messages": said}, option=orjson.OPT_APPEND_NEWLINE)

    with path.open("wb") as file:
        file.writelines(chats())


def measure(bench: Bench) -> list[Figure]:
    """The planted truth, and a file of ten lines an example of the project, a million at 100,000."""
    count = min(LINES, bench.size * 5)
    planted_file, path = bench.folder / "planted.jsonl", bench.folder / "train.jsonl"
    with Project.create(bench.folder / "planted.reviewer") as project:
        made, texts = plant(project, planted_file, count, count * LEAKS // LINES)
        project.leakage.scan(planted_file)
        kinds, exact, untrue = score(project, made, texts)
    total = min(1_000_000, bench.size * 10)
    long_file(path, total)
    many = min(MOST, bench.size)
    with Project.open(some(bench, many)) as project:
        taken = bench.seconds(lambda: project.leakage.scan(path))
    read = bench.seconds(lambda: sum(1 for _ in jsonl.read(path)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shares = {kind: there / max(1, of) for kind, (there, of) in kinds.items()}
    return [
        at_least("planted exact lines found", shares["exact"], "share", floor=1),
        at_least("planted 13-word overlaps found", shares["overlap"], "share", floor=1),
        at_least("planted paraphrases found", shares["near"], "share", goal=0.9),
        at_most("clean lines called exact", exact, "lines", floor=0),
        at_most("overlaps that are none", untrue, "lines", floor=0),
        of_limit(
            f"scan {total:,} lines for {many:,}", total / taken, "lines/s", total / read, "parse the lines alone",
            floor=0.02, goal=0.1,
        ),
        at_most("memory at its peak", peak, "MB", floor=1_000, goal=500),
    ]  # fmt: skip


def main() -> None:
    """Plant, scan, and say how much was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=int, nargs="?", default=LINES)
    parser.add_argument("--leaks", type=int, default=LEAKS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Project.create(Path(folder, "planted.reviewer")) as project:
        path = Path(folder, "train.jsonl")
        made, texts = plant(project, path, options.lines, options.leaks)
        start = time.perf_counter()
        done = project.leakage.scan(path)
        taken = time.perf_counter() - start
        kinds, exact, untrue = score(project, made, texts)
    print(f"{done.scan.sentence} {taken:.1f} s")
    for kind, (there, of) in kinds.items():
        print(f"  {kind:<8} {there:>4} of {of}")
    print(f"  clean lines called exact: {exact}; overlaps that are none: {untrue}")


if __name__ == "__main__":
    main()
