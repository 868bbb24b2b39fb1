"""Feed the readers spoiled files and odd texts: a sentence or a clean result, never anything else.

    python tests/faults/fuzz_readers.py [--minutes 5 | --cases N] [--seed 1] [--target NAME]... [--keep DIR]

Files of every kind that import reads, of labels and of judgments are spoiled and go through the real import into a real
project; filters, expressions, searches, Markdown, settings files and remembered mappings go through their own readers.
For each: no exception but a ReviewerError with a sentence; no hang; an import is whole or nothing of it is there; every
row is added, known already or rejected with its line and reason; what was taken in comes back as known when it is read
again. What fails is written to `--keep` as it was. The exit code is 1 when anything failed.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from reviewer.compare.protocol import Protocol
from reviewer.errors import ReviewerError
from reviewer.project import Project
from tests.conftest import fill
from tests.faults.mutations import LINES, rows_corpus, spoiled, text_corpus

LONGEST_S = 20
ROWS_TABLES = ("sources", "examples", "outputs", "variants", "example_payloads", "output_payloads")


class HungError(Exception):
    """A case took longer than any may."""


class Bench:
    """The projects that cases are tried on, made once and copied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.empty = folder / "empty.reviewer"
        Project.create(self.empty).close()
        self.filled = folder / "filled.reviewer"
        shutil.copy(self.empty, self.filled)
        with Project.open(self.filled) as project:
            fill(project, 12)
            project.studies.create("blind", "base", "tuned", seed=1, protocol=Protocol.bare())
            project.search.complete()
        self.reading = Project.open(self.copy(self.filled, "reading"))

    def copy(self, base: Path, name: str) -> Path:
        """A fresh copy of one of the two in a folder of its own."""
        place = self.folder / name
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        shutil.copy(base, place / base.name)
        return place / base.name

    def close(self) -> None:
        """Close what is kept open."""
        self.reading.close()


def sentence(error: ReviewerError) -> None:
    """An error that a person sees is a sentence, short enough to be read."""
    text = str(error)
    assert text.strip(), "an error without words"
    assert len(text) < 4000, f"an error of {len(text)} characters: {text[:200]}…"
    assert "Traceback" not in text
    text.encode("utf-8", "backslashreplace")


def counts(project: Project) -> dict[str, int]:
    """The rows of the tables that an import fills."""
    with project.database.read() as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ROWS_TABLES}


def try_rows(bench: Bench, name: str, data: bytes) -> str:
    """A spoiled file through preview, dry run, import, and import again."""
    path = bench.copy(bench.empty, "rows")
    file = path.with_name(name)
    file.write_bytes(data)
    with Project.open(path) as project:
        before = counts(project)
        try:
            inspection = project.sources.inspect(file)
            project.sources.preview(inspection, inspection.mapping)
            dry = project.sources.dry_run(inspection, inspection.mapping)
        except ReviewerError as error:
            sentence(error)
            dry = None
        try:
            result = project.sources.import_file(file)
        except ReviewerError as error:
            sentence(error)
            assert counts(project) == before, f"something stayed of an import that failed: {counts(project)}"
            left = [entry.name for entry in path.parent.iterdir() if "rejects" in entry.name]
            assert not left, f"left behind: {left}"
            return "refused"
        assert result.read >= result.rejected >= 0
        assert result.added + result.duplicates + result.rejected >= result.read
        for reject in result.rejects:
            assert reject.line >= 1, reject
            assert reject.reason.strip(), reject
            sentence(ReviewerError(str(reject)))
        if dry is not None:
            assert (dry.read, dry.added, dry.rejected) == (result.read, result.added, result.rejected), (
                "dry run differs"
            )
        with project.database.read() as connection:
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        first = counts(project)
        for row in project.examples.page(project.examples.outline(project_filter()), 0):
            project.examples.get(row.id)
        again = project.sources.import_file(file)
        assert again.added == 0, f"{again.added} of {result.added} rows are new the second time"
        assert again.rejected == result.rejected, "other rejects the second time"
        second = counts(project)
        assert {**second, "sources": 0} == {**first, "sources": 0}, f"{first} and again {second}"
        return "taken" if result.added else "all rejected"


def project_filter() -> object:
    """The filter that means everything."""
    from reviewer.intake.filters import Filter

    return Filter()


def try_labels(bench: Bench, name: str, data: bytes) -> str:
    """A spoiled file of labels."""
    path = bench.copy(bench.filled, "labels")
    file = path.with_name("labels.jsonl")
    file.write_bytes(data)
    with Project.open(path) as project:
        ana = project.annotators.get_or_add("Ana")
        try:
            result = project.labels.import_file(file, annotator="Ana", by=ana)
        except ReviewerError as error:
            sentence(error)
            assert _labels(project) == 0
            return "refused"
        assert result.read == result.added + result.changed + result.unchanged + len(result.rejects)
        for reject in result.rejects:
            assert reject.line >= 1, reject
            sentence(ReviewerError(reject.reason))
        assert _labels(project) == result.added
        again = project.labels.import_file(file, annotator="Ana", by=ana)
        assert (again.added, len(again.rejects)) == (0, len(result.rejects)), "other counts the second time"
        if result.added:
            if again.changed:
                project.undo(ana)
            project.undo(ana)
            assert _labels(project) == 0, "undo left labels"
        return "taken" if result.added else "all rejected"


def _labels(project: Project) -> int:
    with project.database.read() as connection:
        return int(connection.execute("SELECT count(*) FROM labels").fetchone()[0])


def try_judgments(bench: Bench, name: str, data: bytes) -> str:
    """A spoiled file of judgments."""
    path = bench.copy(bench.filled, "judgments")
    file = path.with_name("judgments.jsonl")
    file.write_bytes(data)
    with Project.open(path) as project:
        try:
            result = project.judgments.import_file("blind", file)
        except ReviewerError as error:
            sentence(error)
            return "refused"
        assert result.read == result.added + result.present + len(result.rejected)
        for reject in result.rejected:
            assert reject.line >= 1, reject
            sentence(ReviewerError(reject.reason))
        assert project.judgments.import_file("blind", file).added == 0
        if result.added:
            project.studies.close("blind")
            project.judgments.export_file("blind", path.with_name("out.jsonl"))
        return "taken" if result.added else "all rejected"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def try_filter(bench: Bench, name: str, data: bytes) -> str:
    """A text as a filter: what it says of itself is read back as the same filter, and as SQL it runs."""
    from reviewer.intake.filters import Filter

    text = _text(data)
    try:
        found = Filter.parse(text)
        assert Filter.parse(str(found)).terms == found.terms, f"{found!r} is written {str(found)!r}"
        where, values = bench.reading.filters.where(found)
        with bench.reading.database.read() as connection:
            connection.execute(f"SELECT count(*) FROM examples e WHERE {where}", values).fetchone()
    except ReviewerError as error:
        sentence(error)
        return "refused"
    return "taken"


def try_search(bench: Bench, name: str, data: bytes) -> str:
    """A text as a search."""
    try:
        for typing in (False, True):
            hits = bench.reading.search.query(_text(data), typing=typing)
            assert 0 <= len(hits.hits) <= max(hits.total, 0) or hits.total == 0
    except ReviewerError as error:
        sentence(error)
        return "refused"
    return "taken"


def try_expression(bench: Bench, name: str, data: bytes) -> str:
    """A text as a mapping's expression, over rows that fit and rows that do not."""
    from reviewer.formats.rows import RowError
    from reviewer.intake.mapping import Mapper, Mapping

    try:
        mapper = Mapper(Mapping({"prompt": _text(data), "id": "id", "metadata.x": _text(data)}), where=_text(data))
    except ReviewerError as error:
        sentence(error)
        return "refused"
    rows: list[dict[str, object]] = [
        {"id": 1, "messages": [{"role": "user", "content": "q"}], "metadata": {"a": 1}, "task_id": 1, "trial": 2},
        {"id": None, "messages": "x", "metadata": [], "a": {"b c": {"d": [1, 2, 3]}}},
        {},
    ]
    for row in rows:
        try:
            mapper.wanted(row)
            mapper.case(row)
        except RowError as refused:
            reason = refused.reason
            assert reason.strip()
    return "taken"


def try_markdown(bench: Bench, name: str, data: bytes) -> str:
    """A text as Markdown: every line is read, and what is shown stands in the source."""
    from reviewer.formats.markdown import read_lines, stretches

    text = _text(data)
    for line in read_lines(text):
        assert 0 <= line.start <= line.end <= len(text)
        if line.end - line.start < 2000:
            place = line.start
            for stretch in stretches(text, line.start, line.end):
                assert place <= stretch.start <= stretch.end <= line.end
                place = stretch.start
    return "taken"


def try_settings(bench: Bench, name: str, data: bytes) -> str:
    """A spoiled settings file is no reason not to start, and what is kept of it is accepted."""
    from reviewer.settings import SETTINGS, Settings

    file = bench.folder / "settings.json"
    file.write_bytes(data)
    found = Settings(file)
    for setting in SETTINGS:
        assert setting.accepts(found.get(setting.key)), setting.key
    found.set("zoom", 120 if found.get("zoom") != 120 else 110)
    return "taken" if found.overrides() else "refused"


def try_remembered(bench: Bench, name: str, data: bytes) -> str:
    """A project whose remembered mapping was spoiled still imports a file of that shape, or says why not."""
    path = bench.copy(bench.empty, "remembered")
    file = path.with_name("flat.jsonl")
    file.write_bytes(rows_corpus()["flat.jsonl"])
    with Project.open(path) as project:
        shape = project.sources.inspect(file).shape
        with project.database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO mappings (shape, mapping, updated_ms) VALUES (?, ?, 0)",
                (shape, data.decode("utf-8", "replace")),
            )
        try:
            inspection = project.sources.inspect(file)
            project.sources.preview(inspection, inspection.mapping)
            project.sources.import_file(file)
        except ReviewerError as error:
            sentence(error)
            return "refused"
    return "taken"


Target = Callable[[Bench, str, bytes], str]
TARGETS: dict[str, Target] = {
    "rows": try_rows,
    "labels": try_labels,
    "judgments": try_judgments,
    "filter": try_filter,
    "search": try_search,
    "expression": try_expression,
    "markdown": try_markdown,
    "settings": try_settings,
    "remembered": try_remembered,
}


def corpus(target: str) -> dict[str, bytes]:
    """What the cases of a target begin with."""
    if target == "rows":
        return rows_corpus()
    if target in LINES:
        lines = [json.dumps(line, ensure_ascii=False) for line in LINES[target]]
        return {f"{target}.jsonl": "\n".join(lines).encode() + b"\n"}
    if target == "settings":
        full = {"theme": "dark", "zoom": 120, "recent": ["/a"], "keys": {"triage.pass": "P"}, "annotator": "Ana"}
        return {"settings.json": json.dumps(full).encode()}
    if target == "remembered":
        kept = {"fields": {"id": "id", "prompt": "prompt", "output": "output"}, "variant": "v", "role": "other"}
        return {"mapping": json.dumps({**kept, "roles": {"v": "base"}}).encode()}
    return {f"{target}-{number}": text.encode() for number, text in enumerate(text_corpus()[target])}


def cases(target: str, seed: str) -> Iterator[tuple[str, bytes]]:
    """The corpus as it is, then spoiled without end."""
    draw = Random(seed)
    found = corpus(target)
    yield from found.items()
    names, others = list(found), list(found.values())
    while True:
        name = draw.choice(names)
        yield name, spoiled(draw, found[name], others)


@contextmanager
def watchdog(seconds: int) -> Iterator[None]:
    """Raise HungError in what takes longer; what does not even hear that is ended with its stack shown."""

    def hung(_number: int, _frame: FrameType | None) -> None:
        raise HungError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, hung)
    signal.alarm(seconds)
    faulthandler.dump_traceback_later(3 * seconds, exit=True)
    try:
        yield
    finally:
        signal.alarm(0)
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, before)


def fuzz(
    bench: Bench, target: str, seed: str, *, seconds: float | None = None, number: int | None = None
) -> tuple[Counter[str], list[tuple[str, bytes, str]]]:
    """Try cases for so long, or so many; what became of them, and those that failed with their stack."""
    last = None if seconds is None else time.monotonic() + seconds
    outcomes: Counter[str] = Counter()
    failures: list[tuple[str, bytes, str]] = []
    for done, (name, data) in enumerate(cases(target, f"{seed} {target}")):
        if (number is not None and done >= number) or (last is not None and time.monotonic() > last):
            break
        try:
            with watchdog(LONGEST_S):
                outcomes[TARGETS[target](bench, name, data)] += 1
        except Exception:
            outcomes["FAILED"] += 1
            failures.append((name, data, traceback.format_exc()))
            if len(failures) >= 20:
                break
    return outcomes, failures


def main() -> int:
    """Fuzz each target for its share of the time, print what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--cases", type=int, help="so many of each target, however long they take")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--target", action="append", choices=list(TARGETS))
    parser.add_argument("--keep", type=Path, help="where to write the cases that failed")
    options = parser.parse_args()
    targets = options.target or list(TARGETS)
    # Half of the time is for the files of rows, which have the most readers.
    weights = {name: 8.0 if name == "rows" else 1.0 for name in targets}
    failed = 0
    print(f"{'target':<14}{'cases':>8}{'taken':>8}{'rejected':>10}{'refused':>9}{'FAILED':>8}")
    with tempfile.TemporaryDirectory(prefix="reviewer-fuzz-") as name:
        os.environ["REVIEWER_HOME"] = str(Path(name) / "home")
        bench = Bench(Path(name))
        for target in targets:
            share = options.minutes * 60 * weights[target] / sum(weights.values())
            seconds = share if options.cases is None else None
            outcomes, failures = fuzz(bench, target, options.seed, seconds=seconds, number=options.cases)
            print(
                f"{target:<14}{outcomes.total():>8}{outcomes['taken']:>8}{outcomes['all rejected']:>10}"
                f"{outcomes['refused']:>9}{outcomes['FAILED']:>8}",
                flush=True,
            )
            failed += len(failures)
            for number, (case, data, stack) in enumerate(failures):
                print(f"{target}: {case}, {len(data)} bytes: {data[:120]!r}\n{stack}")
                if options.keep is not None:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / f"{target}-{number}-{case}").write_bytes(data)
        bench.close()
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
