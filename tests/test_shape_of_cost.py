"""What an action costs does not grow with the project: statements, rows and steps of SQLite, at 300 and 3,000 examples.

Not time: a slow machine changes nothing here, a list that is read as a whole does.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reviewer.intake.filters import Filter
from reviewer.project import Project

SIZES = (300, 3_000)
STEP = 100
"""So many steps of SQLite's machine are counted at once."""


@dataclass
class Cost:
    """What one action took: statements, and steps of SQLite's machine in hundreds."""

    statements: int = 0
    steps: int = 0


class Meter:
    """Counts what every connection of the program does on this thread; what others do is no cost of an action."""

    def __init__(self) -> None:
        self.cost = Cost()
        self._thread = threading.get_ident()

    def connect(self, *arguments: Any, **named: Any) -> sqlite3.Connection:
        """A connection that is counted."""
        step = self._step

        class Counted(sqlite3.Connection):
            """Goes on counting when the program sets a handler of its own, as a search does that can be broken off."""

            def set_progress_handler(self, handler: Callable[[], int | None] | None, _steps: int) -> None:
                super().set_progress_handler(lambda: step() or (handler() if handler is not None else 0), STEP)

        connection = sqlite3.dbapi2.connect(*arguments, **{"factory": Counted, **named})
        connection.set_trace_callback(self._statement)
        connection.set_progress_handler(None, STEP)
        return connection

    def _statement(self, text: str) -> None:
        if (
            not text.startswith("--") and threading.get_ident() == self._thread
        ):  # what the text index asks of its own tables
            self.cost.statements += 1

    def _step(self) -> int:
        self.cost.steps += threading.get_ident() == self._thread
        return 0

    def of(self, action: Callable[[], object]) -> Cost:
        """What the action costs."""
        self.cost = Cost()
        action()
        found, self.cost = self.cost, Cost()
        return found


def rows(path: Path, count: int) -> Path:
    """So many rows with an answer, in three workflows; every tenth mentions a parcel."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {
                "id": f"row-{number:05d}",
                "prompt": f"Where is {'my parcel' if number % 10 == 0 else 'it'}, number {number}?",
                "output": f"It is in hall {number % 17}.",
                "workflow": ("refunds", "billing", "visits")[number % 3],
            }
            file.write(json.dumps(row) + "\n")
    return path


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, Cost]]:
    """Of each action its cost at each size, the second time it is done."""
    found: dict[str, dict[int, Cost]] = {}
    with pytest.MonkeyPatch.context() as patch:
        for size in SIZES:
            folder = tmp_path_factory.mktemp(f"size-{size}")
            meter = Meter()
            with Project.create(folder / "p.reviewer") as made:
                made.sources.import_file(rows(folder / "rows.jsonl", size), variant="prod", role="production")
                made.search.complete()
            patch.setattr(sqlite3, "connect", meter.connect)
            with Project.open(folder / "p.reviewer") as project:
                for name, action in actions(project).items():
                    action()
                    found.setdefault(name, {})[size] = meter.of(action)
            patch.undo()
    return found


def actions(project: Project) -> dict[str, Callable[[], object]]:
    """What is done again and again, each as a call that can be repeated."""
    ana = project.annotators.get_or_add("Ana")
    queue = project.queues.open(ana, "random", "one", seed=7)
    outputs = iter([output.id for number in range(20, 60) for output in project.examples.get(number).outputs])
    plan = project.examples.outline(Filter())
    verdicts = iter(["pass", "fail"] * 40)
    labelled = next(outputs)
    project.slices.assign(range(1, 41), "core", annotator_id=ana)
    return {
        "the next example": queue.forward,
        "an example read": lambda: project.examples.get(150),
        "an example by its id": lambda: project.examples.by_key("row-00150"),
        "a verdict on another output": lambda: project.labels.set_verdict(next(outputs), ana, "pass"),
        "a verdict changed": lambda: project.labels.set_verdict(labelled, ana, next(verdicts)),
        "undo and redo": lambda: (project.undo(ana), project.redo(ana)),
        "a page of the list": lambda: project.examples.page(plan, 1),
        "the first page of a filter": lambda: project.examples.head(Filter.parse("workflow:refunds")),
        "fifty hits of a search": lambda: project.search.first("where", 50),
        "fifty hits of a word being typed": lambda: project.search.first("parc", 20, typing=True),
        "whether the index is up to date": project.search.up_to_date,
        "what keeps the slices from being frozen": project.versions.readiness,
    }


ACTIONS = (
    "the next example",
    "an example read",
    "an example by its id",
    "a verdict on another output",
    "a verdict changed",
    "undo and redo",
    "a page of the list",
    "the first page of a filter",
    "fifty hits of a search",
    "fifty hits of a word being typed",
    "whether the index is up to date",
    "what keeps the slices from being frozen",
)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_cost_of_an_action_does_not_grow_with_the_project(action: str, costs: dict[str, dict[int, Cost]]) -> None:
    few, many = (costs[action][size] for size in SIZES)
    assert few.statements, "nothing was counted"
    # A walk over a tenth of the project more, and nothing that reads all of it, stays within these bounds.
    assert many.statements <= few.statements + 3
    assert many.steps <= few.steps * 1.2 + 10


def test_every_action_is_held(costs: dict[str, dict[int, Cost]]) -> None:
    assert set(costs) == set(ACTIONS)


def test_the_meter_sees_a_list_that_is_read_as_a_whole(tmp_path: Path) -> None:
    meter = Meter()
    with pytest.MonkeyPatch.context() as patch:
        taken = []
        for size in SIZES:
            with Project.create(tmp_path / f"{size}.reviewer") as made:
                made.sources.import_file(rows(tmp_path / "rows.jsonl", size), variant="prod")
            patch.setattr(sqlite3, "connect", meter.connect)
            with Project.open(tmp_path / f"{size}.reviewer") as project:
                taken.append(meter.of(lambda project=project: project.examples.count(Filter.parse("is:flagged"))))  # type: ignore[misc]
                taken.append(meter.of(project.duplicates.pending))
            patch.undo()
    assert taken[3].steps > taken[1].steps * 5
