"""Freeze and export against copying the records out: `python tests/benchmarks/versions.py [EXAMPLES]`.

Records are of about 3.5 kB. The limit, copying what is stored to one file and syncing it, is measured in the same run.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from reviewer.curate.versions import Version
from reviewer.project import Project
from tests.conftest import fill

ROUNDS = 5


def seconds(work: Callable[[], object]) -> float:
    """The time that a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def copy(project: Project, version: Version, target: Path) -> None:
    """The limit: the stored records as they are, line by line, into one file that is synced."""
    with target.open("wb") as handle, project.database.read() as connection:
        for row in connection.execute(
            "SELECT record FROM version_records WHERE version_id = ? ORDER BY row", (version.id,)
        ):
            handle.write(row["record"] + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def main(count: int) -> None:
    """Print medians in milliseconds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Project.create(folder / "p.reviewer") as project:
            ids = fill(project, count, ("prod",))
            with project.database.transaction() as connection:
                connection.execute("UPDATE output_payloads SET text = ?", ('"' + "x" * 1500 + '"',))
                connection.execute("UPDATE example_references SET body = ?", ('"' + "y" * 1000 + '"',))
            assigning = seconds(lambda: project.slices.assign(ids, "core", annotator_id=None))
            checking = seconds(project.versions.readiness)
            versions: list[Version] = []
            freezing = [
                seconds(
                    lambda number=number: versions.append(project.versions.freeze(f"s{number}", waive="a benchmark"))
                )
                for number in range(ROUNDS)
            ]
            version = versions[-1]
            copying = [seconds(lambda: copy(project, version, folder / "copy")) for _ in range(ROUNDS)]
            exporting = [
                seconds(lambda number=number: project.versions.export(version, "reviewer", folder / f"out-{number}"))
                for number in range(ROUNDS)
            ]
        copied, exported = statistics.median(copying), statistics.median(exporting)
        print(f"{count:,} examples, {(folder / 'copy').stat().st_size / 1e6:.1f} MB")
        print(f"assign as one action  {assigning * 1000:8.1f} ms")
        print(f"what is not met       {checking * 1000:8.1f} ms")
        print(f"freeze                {statistics.median(freezing) * 1000:8.1f} ms")
        print(f"copy the records      {copied * 1000:8.1f} ms")
        print(f"export                {exported * 1000:8.1f} ms, {copied / exported:.2f} of copying")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
