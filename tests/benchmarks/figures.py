"""The shape of a measurement: what was measured, its limit from the same run, and what is owed and wanted of it.

A benchmark is a module of this folder with a function `measure(bench: Bench) -> list[Figure]`. It runs in a process of
its own, so that its peak of memory is its own and it may make the one QApplication that a process can have.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

__all__ = ["Bench", "Figure", "Spread", "at_least", "at_most", "of_limit", "times_limit"]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure, with its raw limit from the same run and the targets it is held against."""

    work: str
    """What a person or the program does, in a few words; where several sizes of it are measured, with the size."""
    value: float
    unit: str
    """`rows/s`, `ms`, `MB`, `s`, `ratio`, …"""
    limit: float | None = None
    """The same work done by the barest means, in the same unit and the same run."""
    limit_name: str = ""
    floor: str = ""
    """What is owed, in words, such as `.5 of the limit` or `500 ms`; empty where nothing is."""
    goal: str = ""
    ratio: float | None = None
    """The figure as a share of its limit: value ÷ limit."""
    met: bool | None = None
    """Whether the floor is met; None where there is none."""
    note: str = ""
    goal_met: bool | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Times of a repeated work, in seconds."""

    median: float
    p95: float
    worst: float
    count: int

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Spread:
        """The spread of these times; raises ValueError when there are none."""
        ordered = sorted(seconds)
        if not ordered:
            raise ValueError("no times to take a median of")
        return cls(
            statistics.median(ordered),
            ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))],
            ordered[-1],
            len(ordered),
        )


@dataclass
class Bench:
    """What a benchmark is given: the data of the wanted size and a folder of its own."""

    size: int
    """Examples in the rows and in the project."""
    folder: Path
    """Empty at the start, and removed when the module has ended."""
    shared: Path
    """For what the modules of a run have in common; removed at its end."""
    rows: Path
    """JSONL of `size` rows of about 3.6 kB (see rows.py)."""
    project_path: Callable[[], Path] = field(repr=False)
    small_path: Callable[[], Path] = field(repr=False)

    @cached_property
    def project(self) -> Path:
        """A project of that size with its text index, labels, slices and a frozen version; to read or to `copy`."""
        return self.project_path()

    @cached_property
    def small(self) -> Path:
        """A project of 1,000 examples, for what must cost the same in any project; to read or to `copy_of`."""
        return self.small_path()

    def copy(self) -> Path:
        """A copy of the project, its index beside it, to be changed at will; one for all modules of a run.

        A million examples take as long to copy as most modules to measure. What the modules before have added, some
        labels and versions, is too little to matter.
        """
        place = self.shared / "copy.reviewer"
        return place if place.exists() else self.copy_of(self.project, place.stem, self.shared)

    def copy_of(self, source: Path, name: str, folder: Path | None = None) -> Path:
        """A copy of a project, its index beside it, in this folder or the own one."""
        target = (folder or self.folder) / f"{name}.reviewer"
        for part in sorted(source.parent.glob(f"{source.name}*")):
            if part.is_file() and not part.name.endswith(("-lock", "-shm")):
                shutil.copyfile(part, target.with_name(target.name + part.name[len(source.name) :]))
        return target

    def rounds(self, wanted: int) -> int:
        """How often to repeat: as wanted, but twice where a tiny size says that only the program itself is tried."""
        return wanted if self.size >= 1_000 else min(wanted, 2)

    @staticmethod
    def seconds(work: Callable[[], object]) -> float:
        """How long it takes, once."""
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    def spread(self, work: Callable[[], object], times: int = 5) -> Spread:
        """The spread of so many runs, in seconds."""
        return Spread.of(self.seconds(work) for _ in range(self.rounds(times)))

    def median(self, work: Callable[[], object], times: int = 5) -> float:
        """The median of so many runs, in seconds."""
        return self.spread(work, times).median

    def in_turn(self, works: Sequence[Callable[[], object]], times: int = 5) -> list[float]:
        """The median of each, in seconds, run in turn (A B A B …), so that a slow moment of the machine meets all."""
        taken = [[self.seconds(work) for work in works] for _ in range(self.rounds(times))]
        return [statistics.median(column) for column in zip(*taken, strict=True)]


def of_limit(
    work: str, value: float, unit: str, limit: float, limit_name: str, *, floor: float, goal: float, note: str = ""
) -> Figure:
    """A rate (more is better) whose targets are shares of its limit."""
    share = value / limit
    return Figure(
        work, value, unit, limit, limit_name, _share(floor), _share(goal), share, share >= floor, note, share >= goal
    )


def at_most(
    work: str,
    value: float,
    unit: str,
    *,
    floor: float | None = None,
    goal: float | None = None,
    limit: float | None = None,
    limit_name: str = "",
    note: str = "",
) -> Figure:
    """A time or a size (less is better) whose targets are in its own unit."""
    return Figure(
        work, value, unit, limit, limit_name,
        "" if floor is None else f"≤ {floor:g} {unit}", "" if goal is None else f"≤ {goal:g} {unit}",
        None if not limit else value / limit, None if floor is None else value <= floor, note,
        None if goal is None else value <= goal,
    )  # fmt: skip


def at_least(
    work: str,
    value: float,
    unit: str,
    *,
    floor: float | None = None,
    goal: float | None = None,
    limit: float | None = None,
    limit_name: str = "",
    note: str = "",
) -> Figure:
    """A rate (more is better) whose targets, where it has any, are in its own unit."""
    return Figure(
        work, value, unit, limit, limit_name,
        "" if floor is None else f"≥ {floor:g} {unit}", "" if goal is None else f"≥ {goal:g} {unit}",
        None if not limit else value / limit, None if floor is None else value >= floor, note,
        None if goal is None else value >= goal,
    )  # fmt: skip


def times_limit(
    work: str, value: float, unit: str, limit: float, limit_name: str, *, floor: float, goal: float, note: str = ""
) -> Figure:
    """A time (less is better) whose targets are multiples of its limit."""
    ratio = value / limit
    return Figure(
        work, value, unit, limit, limit_name, f"≤ {floor:g} × the limit", f"≤ {goal:g} × the limit",
        ratio, ratio <= floor, note, ratio <= goal,
    )  # fmt: skip


def _share(value: float) -> str:
    return f"≥ {value:g} of the limit"
