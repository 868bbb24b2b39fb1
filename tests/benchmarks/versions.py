"""Freeze of the slices, and export of a version beside copying its stored records to one synced file."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from reviewer.curate.versions import Version
from reviewer.project import Project
from tests.benchmarks.figures import Bench, Figure, at_most, of_limit


def copy(project: Project, version: Version, target: Path) -> None:
    """The limit: the stored records as they are, line by line, into one file that is synced."""
    with target.open("wb") as handle, project.database.read() as connection:
        for row in connection.execute(
            "SELECT record FROM version_records WHERE version_id = ? ORDER BY row", (version.id,)
        ):
            handle.write(row["record"] + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def measure(bench: Bench) -> list[Figure]:
    """The frozen version of up to a thousand, in a copy of the project."""
    number = count()
    with Project.open(bench.copy()) as project:
        version = project.versions.get("bench")
        checked = bench.median(project.versions.readiness)
        frozen = bench.median(lambda: project.versions.freeze(f"s{next(number)}", waive="a benchmark"))
        exported, copied = bench.in_turn(
            [
                lambda: project.versions.export(version, "reviewer", bench.folder / f"out-{next(number)}"),
                lambda: copy(project, version, bench.folder / "records"),
            ]
        )
    return [
        at_most("what is not met", checked * 1000, "ms"),
        at_most(f"freeze {version.count:,}", frozen, "s", floor=1, goal=0.3),
        of_limit(
            f"export {version.count:,}", version.count / exported, "rows/s", version.count / copied,
            "copy the stored records", floor=0.5, goal=0.9,
        ),
    ]  # fmt: skip
