"""Which failures of which workflows the slices hold: workflow by category, with what was seen in triage beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reviewer.intake.filters import Filter
from reviewer.intake.revisions import ANSWERS, STALE

__all__ = ["Cell", "Coverage", "coverage", "failures_in"]

# A label counts for its first and its further categories, as the filter label:CODE does; each example counts once.
_FAILED = (
    "SELECT DISTINCT o.example_id, x.category_id FROM (SELECT id, output_id, category_id FROM labels"
    " WHERE category_id IS NOT NULL UNION SELECT l.id, l.output_id, f.category_id FROM label_categories f"
    " JOIN labels l ON l.id = f.label_id) x JOIN outputs o ON o.id = x.output_id"
    f" AND {ANSWERS}"
)

_LABELS_OF_SLICE = (
    "FROM slice_members m CROSS JOIN examples e ON e.id = m.example_id AND e.excluded = 0 AND m.slice = :slice"
    f" JOIN outputs o ON o.example_id = m.example_id AND NOT ({STALE}) JOIN labels l ON l.output_id = o.id"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """The examples of one workflow that failed in one way."""

    seen: int
    """In the project, excluded ones left out."""
    held: int
    """Of those, in the slices that were asked for."""

    @property
    def gap(self) -> int:
        """Failures that triage saw and no slice holds."""
        return self.seen - self.held


@dataclass(frozen=True, slots=True)
class Coverage:
    """Failures by workflow and category."""

    workflows: tuple[str, ...]
    categories: Mapping[str, str]
    """Code to name, in the codebook's order."""
    cells: Mapping[tuple[str, str], Cell]
    """By workflow and code; a pair that is not there has nothing."""
    slices: tuple[str, ...]
    """The slices that were asked for."""

    def cell(self, workflow: str, code: str) -> Cell:
        """One cell."""
        return self.cells.get((workflow, code), Cell(0, 0))

    def filter_of(self, workflow: str, code: str, *, missing: bool = False) -> Filter:
        """What lists a cell's examples; with `missing` those that are in no slice."""
        wanted = Filter().toggled("workflow", workflow).toggled("label", code)
        return wanted.toggled("slice", "none") if missing else wanted

    @property
    def gaps(self) -> int:
        """The cells with failures of which the slices hold none."""
        return sum(1 for cell in self.cells.values() if cell.seen and not cell.held)

    @property
    def sentence(self) -> str:
        """The finding in words."""
        seen = [cell for cell in self.cells.values() if cell.seen]
        where = "the slices" if len(self.slices) == 3 else " and ".join(self.slices)
        if not seen:
            return "Nothing is labelled with a category yet; label failures in the Triage room first."
        if not self.gaps:
            return f"Of each of the {len(seen):,} kinds of failure that triage saw, {where} hold at least one."
        words = "kind" if self.gaps == 1 else "kinds"
        return f"Of {self.gaps:,} {words} of failure, of {len(seen):,} that triage saw, {where} hold none."


def coverage(connection: sqlite3.Connection, slices: Sequence[str]) -> Coverage:
    """Failures by workflow and category, and how many of each are in these slices."""
    marks = ", ".join("?" * len(slices)) or "''"
    categories = {
        row["code"]: row["name"]
        for row in connection.execute("SELECT code, name FROM categories WHERE state = 'active' ORDER BY position, id")
    }
    workflows = tuple(
        row["workflow"]
        for row in connection.execute("SELECT DISTINCT workflow FROM examples WHERE excluded = 0 ORDER BY workflow")
    )
    cells = {
        (row["workflow"], row["code"]): Cell(row["seen"], row["held"])
        for row in connection.execute(
            f"SELECT e.workflow, c.code, count(*) AS seen, sum(m.slice IN ({marks})) AS held"
            f" FROM ({_FAILED}) f JOIN examples e ON e.id = f.example_id JOIN categories c ON c.id = f.category_id"
            " LEFT JOIN slice_members m ON m.example_id = e.id WHERE e.excluded = 0 AND c.state = 'active'"
            " GROUP BY e.workflow, c.code",
            tuple(slices),
        )
    }
    held = {place: Cell(cell.seen, cell.held or 0) for place, cell in cells.items()}
    return Coverage(workflows, categories, held, tuple(slices))


def failures_in(connection: sqlite3.Connection, slice: str) -> dict[str, int]:
    """How many of a slice's examples failed in each way, by the category's name in the codebook's order."""
    found = {
        row["category_id"]: row["n"]
        for row in connection.execute(
            "SELECT x.category_id, count(DISTINCT x.example_id) AS n FROM ("
            f"SELECT m.example_id, l.category_id {_LABELS_OF_SLICE}"
            f" UNION SELECT m.example_id, f.category_id {_LABELS_OF_SLICE}"
            " JOIN label_categories f ON f.label_id = l.id) x GROUP BY x.category_id",
            {"slice": slice},
        ).fetchall()
        if row["category_id"] is not None
    }
    rows = connection.execute("SELECT id, name FROM categories WHERE state = 'active' ORDER BY position, id")
    return {row["name"]: found.get(row["id"], 0) for row in rows}
