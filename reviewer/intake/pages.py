"""The examples that a filter means, as a table of any length reads them: by place, a page at a time, by key."""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from reviewer.intake.revisions import ANSWERS, STALE

__all__ = ["PAGE", "ExampleRow", "Outline", "outline", "place_of", "read_page"]

PAGE = 100


class ExampleRow(NamedTuple):
    """One example as a list shows it."""

    id: int
    key: str
    workflow: str
    snippet: str
    occurred_ms: int | None
    variants: tuple[str, ...]
    label: str
    slice: str
    flagged: bool
    excluded: bool
    stale: bool = False
    """Whether an output answered an earlier input."""


class Outline(NamedTuple):
    """A filter's examples in order: how many, and the id of every hundredth, from which any page is reached at once."""

    total: int
    anchors: array[int]
    """The first id of each page; where `explicit`, the ids themselves."""
    explicit: bool
    condition: str
    values: tuple[object, ...]


def outline(
    connection: sqlite3.Connection,
    condition: str,
    values: Sequence[object],
    ids: Iterable[int] | None = None,
    check: Callable[[], None] | None = None,
    *,
    in_order: str | None = None,
) -> Outline:
    """The outline of what a condition on `examples e` means; `ids` where the examples are known one by one.

    `in_order` is the same condition as it is to be asked in the order of ids. `check` is called again and again and
    may raise.
    """
    if ids is not None:
        listed = array("q", ids)
        return Outline(len(listed), listed, True, "1", ())
    if condition == "1":
        sql = "SELECT (SELECT min(id) FROM examples), (SELECT max(id) FROM examples), (SELECT count(*) FROM examples)"
        least, most, total = connection.execute(sql).fetchone()
        if total and most - least + 1 == total:  # none of the numbers between is missing
            return Outline(total, array("q", range(least, most + 1, PAGE)), False, condition, tuple(values))
    step = f"SELECT e.id FROM examples e WHERE e.id > ? AND ({in_order or condition}) ORDER BY e.id LIMIT 1 OFFSET ?"
    plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {step}", (0, *values, 0))]
    if any("B-TREE" in line or "SUBQUERY" in line for line in plan):  # each step would do it over again
        rows = connection.execute(
            "SELECT id, n, total FROM (SELECT e.id AS id, row_number() OVER (ORDER BY e.id) AS n, count(*) OVER () AS"
            f" total FROM examples e WHERE {condition}) WHERE n % {PAGE} = 1 ORDER BY n",
            values,
        ).fetchall()
        total = rows[0]["total"] if rows else 0
        return Outline(total, array("q", (row["id"] for row in rows)), False, condition, tuple(values))
    anchors = array("q")
    last, skipped = -1 << 62, 0
    while (row := connection.execute(step, (last, *values, skipped)).fetchone()) is not None:
        anchors.append(row["id"])
        last, skipped = row["id"], PAGE - 1
        if check is not None and not len(anchors) % PAGE:
            check()
    rest = f"SELECT count(*) FROM examples e WHERE e.id >= ? AND ({condition})"
    total = (len(anchors) - 1) * PAGE + connection.execute(rest, (last, *values)).fetchone()[0] if anchors else 0
    return Outline(total, anchors, False, condition, tuple(values))


def read_page(connection: sqlite3.Connection, plan: Outline, page: int) -> list[ExampleRow]:
    """The rows from `page * PAGE` on, at most PAGE of them; rows that are gone since are missing at its end."""
    if plan.explicit:
        ids = list(plan.anchors[page * PAGE : (page + 1) * PAGE])
        condition = f"e.id IN ({', '.join('?' * len(ids))})"
        values: list[object] = list(ids)
    else:
        if page >= len(plan.anchors):
            return []
        condition = f"e.id >= ? AND ({plan.condition})"
        values = [plan.anchors[page], *plan.values]
        if page + 1 < len(plan.anchors):
            condition = f"e.id < ? AND {condition}"
            values.insert(0, plan.anchors[page + 1])
    rows = connection.execute(
        "SELECT e.id, e.key, e.workflow, e.snippet, e.occurred_ms, e.flagged, e.excluded, m.slice,"
        f" e.input_hash IS NOT NULL AND EXISTS (SELECT 1 FROM outputs o WHERE o.example_id = e.id AND {STALE}) AS stale"
        " FROM examples e"
        f" LEFT JOIN slice_members m ON m.example_id = e.id WHERE {condition} ORDER BY e.id LIMIT {PAGE}",
        values,
    ).fetchall()
    marks = ", ".join("?" * len(rows))
    shown = [row["id"] for row in rows]
    variants: dict[int, list[str]] = {}
    for row in connection.execute(
        "SELECT o.example_id, v.name FROM outputs o JOIN variants v ON v.id = o.variant_id"
        f" WHERE o.example_id IN ({marks}) ORDER BY v.id",
        shown,
    ):
        variants.setdefault(row["example_id"], []).append(row["name"])
    labels: dict[int, list[str]] = {}
    earlier: dict[int, list[str]] = {}
    for row in connection.execute(
        f"SELECT DISTINCT o.example_id, l.verdict, c.name, NOT {ANSWERS} AS stale FROM labels l"
        " JOIN outputs o ON o.id = l.output_id LEFT JOIN categories c ON c.id = l.category_id"
        f" WHERE o.example_id IN ({marks}) ORDER BY stale, l.verdict, c.position",
        shown,
    ):
        of = earlier if row["stale"] else labels
        of.setdefault(row["example_id"], []).append(row["name"] or _WORDS.get(row["verdict"], row["verdict"]))
    for number, words in earlier.items():
        labels.setdefault(number, []).append(f"earlier input: {', '.join(dict.fromkeys(words))}")
    return [
        ExampleRow(
            row["id"],
            row["key"],
            row["workflow"],
            row["snippet"],
            row["occurred_ms"],
            tuple(variants.get(row["id"], ())),
            ", ".join(dict.fromkeys(labels.get(row["id"], ()))),
            row["slice"] or "",
            bool(row["flagged"]),
            bool(row["excluded"]),
            bool(row["stale"]),
        )
        for row in rows
    ]


_WORDS = {"pass": "Pass", "fail": "Fail", "cannot_judge": "Can't judge", "skipped": "Skipped"}


def place_of(connection: sqlite3.Connection, plan: Outline, example_id: int) -> int | None:
    """The place of an example in an outline; None when it is not in it."""
    if plan.explicit:
        place = bisect_left(plan.anchors, example_id)
        return place if place < plan.total and plan.anchors[place] == example_id else None
    page = bisect_right(plan.anchors, example_id) - 1
    if page < 0:
        return None
    rows = connection.execute(
        f"SELECT e.id FROM examples e WHERE e.id >= ? AND e.id <= ? AND ({plan.condition}) ORDER BY e.id",
        (plan.anchors[page], example_id, *plan.values),
    ).fetchall()
    return page * PAGE + len(rows) - 1 if rows and rows[-1]["id"] == example_id else None
