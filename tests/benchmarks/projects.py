"""The rows and the project that benchmarks share, kept from run to run.

    python -m tests.benchmarks.projects SIZE [--cache DIR]

A project is made by what a person would use: the import, the text index, the labels' import, the slices, a freeze.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import time
from pathlib import Path

from reviewer import paths
from reviewer.errors import ReviewerError
from reviewer.project import Project
from reviewer.store import migrate
from tests.benchmarks import rows

__all__ = ["CACHE", "kept_project", "kept_rows", "room_for", "short"]

CACHE = Path(__file__).resolve().parents[2] / "build" / "bench"
FROZEN = 1_000
ROW_BYTES = 3_700


class NoRoomError(ReviewerError):
    """The disk has not the room that a run needs."""


def short(size: int) -> str:
    """The size as files are named after it: 200, 10k, 1m."""
    for unit, word in ((1_000_000, "m"), (1_000, "k")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{word}"
    return str(size)


def room_for(folder: Path, size: int, shares: float) -> None:
    """Raise NoRoomError unless the disk has room for so many times the rows of that size."""
    folder.mkdir(parents=True, exist_ok=True)
    needed = size * ROW_BYTES * shares + 200e6
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoomError(
            f"Benchmarks at {size:,} examples need about {needed / 1e9:.1f} GB in {folder}, and {free / 1e9:.1f} GB "
            f"are free. Free some, name another folder with --cache, or take a smaller --size."
        )


def kept_rows(cache: Path, size: int) -> Path:
    """The file of so many rows, made now if it is not there or was made by an older generator."""
    path = cache / f"rows-{short(size)}.jsonl"
    if not _is_fresh(path):
        room_for(cache, size, 1.1)
        _say(f"writing {size:,} rows to {path}")
        rows.write(path, size)
        _stamp(path)
    return path


def kept_project(cache: Path, size: int) -> Path:
    """The project of so many examples, made now if it is not there or is of another schema."""
    path = cache / f"p-{short(size)}.reviewer"
    if not _is_fresh(path, _schema()):
        source = kept_rows(cache, size)
        room_for(cache, size, 3.5)
        for old in cache.glob(f"{path.name}*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        _say(f"making the project of {size:,} examples")
        make_project(path, source, size)
        _stamp(path, _schema())
    return path


def make_project(path: Path, source: Path, size: int) -> None:
    """Import the rows, index them, label them, fill the slices and freeze a version of up to a thousand."""
    labels = path.with_name(f"{path.stem}-labels.jsonl")
    rows.write_labels(labels, size)
    with Project.create(path) as project:
        start = time.perf_counter()
        result = project.sources.import_file(source, rows.MAPPING, roles=rows.ROLES)
        _say(f"{result.added:,} added in {time.perf_counter() - start:.0f} s")
        start = time.perf_counter()
        project.search.complete()
        _say(f"indexed in {time.perf_counter() - start:.0f} s")
        start = time.perf_counter()
        taken = project.labels.import_file(labels, annotator="Ana")
        _say(f"{taken.added:,} labels in {time.perf_counter() - start:.0f} s")
        if taken.rejects:
            raise ReviewerError(f"The labels do not fit the rows: {taken.rejects[0].reason}.")
        each = min(FROZEN, size // 2) // 4
        for seed, (name, count) in enumerate((("core", 2 * each), ("edge", each), ("preservation", each))):
            capability = "reasoning" if name == "preservation" else None
            project.slices.sample(count, slice=name, annotator_id=None, seed=seed, capability=capability)
        project.versions.freeze("bench", waive="made-up rows for benchmarks")
    labels.unlink()


def _stamp_of(path: Path) -> Path:
    return path.with_name(f"{path.name.replace('.reviewer', '-project')}.made.json")


def _schema() -> str:
    """The schema that a project made now has: its number, and what its migrations say while none of them is final."""
    digest = hashlib.sha256()
    for step in sorted(paths.migrations().glob("versions/*.py")):
        digest.update(step.read_bytes())
    return f"{migrate.SCHEMA}.{digest.hexdigest()[:12]}"


def _is_fresh(path: Path, schema: str = "") -> bool:
    stamp = _stamp_of(path)
    return path.is_file() and stamp.is_file() and json.loads(stamp.read_text()) == [rows.VERSION, schema]


def _stamp(path: Path, schema: str = "") -> None:
    _stamp_of(path).write_text(json.dumps([rows.VERSION, schema]))


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", type=int)
    parser.add_argument("--cache", type=Path, default=CACHE)
    options = parser.parse_args()
    print(kept_project(options.cache, options.size))


if __name__ == "__main__":
    main()
