"""Facets: for each field of a filter, its values with the number of examples that each would leave."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reviewer.intake.filters import MONTH, STATES, Filter
from reviewer.intake.revisions import ANSWERS

__all__ = ["FACETS", "LISTED_STATES", "Facet", "FacetValue", "Rows", "facets", "made_facet"]

Rows = list[tuple[str, str, int]]
"""Each value of a field, its title, its number of examples."""

FACETS = {
    "workflow": "Workflow",
    "label": "Label",
    "slice": "Slice",
    "variant": "Variant",
    "source": "Source",
    "month": "Month",
    "annotator": "Annotator",
    "is": "State",
}
"""The fields that have facets, in the order in which they are shown."""

_MOST = 200
LISTED_STATES = {"flagged": "Flagged", "excluded": "Excluded", "stale": "Earlier input"}
"""The states that are listed with their counts, with their words."""

# Verdict, annotator and variant are asked of one and the same label, so each of their values is counted by the filter
# that it would make.
_NAMED = {
    "label": "SELECT 'unlabelled' AS value, 'Unlabelled' AS title, 0 AS place UNION ALL SELECT DISTINCT verdict,"
    " CASE verdict WHEN 'pass' THEN 'Pass' WHEN 'fail' THEN 'Fail' WHEN 'skipped' THEN 'Skipped' ELSE 'Can''t judge'"
    " END, CASE verdict WHEN 'pass' THEN 1 WHEN 'fail' THEN 2 WHEN 'cannot_judge' THEN 3 ELSE 4 END FROM labels"
    " UNION ALL SELECT code, name, 100 + position FROM categories WHERE id IN (SELECT category_id FROM labels UNION"
    " SELECT category_id FROM label_categories) ORDER BY place",
    "annotator": "SELECT name AS value, name AS title FROM annotators WHERE id IN (SELECT annotator_id FROM labels)"
    " ORDER BY id",
    "variant": "SELECT name AS value, name AS title FROM variants ORDER BY id",
}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a field, in the filter's words and in a person's, with its number of examples."""

    value: str
    title: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """One field with its values; values beyond the first two hundred are left out and counted."""

    field: str
    title: str
    values: tuple[FacetValue, ...]
    more: int = 0


def facets(
    connection: sqlite3.Connection,
    wanted: Filter,
    matches: Sequence[int] | None,
    check: Callable[[], None] | None = None,
) -> tuple[Facet, ...]:
    """Every facet under a filter, counted row by row; a field's own conditions do not narrow its counts, so that values
    can be added.

    `matches` are the ids that the filter's text matches; `check` is called between facets and may raise.
    """
    found = []
    for field, title in FACETS.items():
        if check is not None:
            check()
        others = wanted.without(field)
        named = _NAMED.get(field)
        if not others and field in _OVER_ALL:
            total = connection.execute("SELECT count(*) FROM examples").fetchone()[0]
            rows = _OVER_ALL[field](connection, total)
        elif named is not None and (field != "variant" or others.values("label") or others.values("annotator")):
            rows = []
            for row in connection.execute(named).fetchall():
                condition, values = others.toggled(field, row["value"]).where_sql(matches)
                count = connection.execute(f"SELECT count(*) FROM examples e WHERE {condition}", values).fetchone()[0]
                if count:
                    rows.append((row["value"], row["title"], count))
        else:
            condition, values = others.where_sql(matches)
            rows = _COUNTS[field](connection, condition, values)
        if field == "is":  # what is rarer is listed where it is chosen
            for value in wanted.values("is"):
                if value not in LISTED_STATES:
                    condition, values = others.toggled("is", value).where_sql(matches)
                    sql = f"SELECT count(*) FROM examples e WHERE {condition}"
                    rows.append((value, value.capitalize(), connection.execute(sql, values).fetchone()[0]))
        found.append(made_facet(field, title, rows, wanted.values(field)))
    return tuple(found)


def made_facet(field: str, title: str, rows: Rows, chosen: Sequence[str]) -> Facet:
    """A facet of values with their words and counts; those chosen are in it, whatever their count."""
    present = {row[0] for row in rows}
    rows = rows + [(value, value, 0) for value in chosen if value not in present]
    listed = rows[:_MOST] + [row for row in rows[_MOST:] if row[0] in chosen]
    shown = tuple(FacetValue(value, words, count, value in chosen) for value, words, count in listed)
    return Facet(field, title, shown, len(rows) - len(listed))


def _workflow(connection: sqlite3.Connection, condition: str, values: Sequence[object]) -> Rows:
    rows = connection.execute(
        f"SELECT e.workflow AS name, count(*) AS n FROM examples e WHERE {condition} GROUP BY e.workflow"
        " ORDER BY n DESC, name",
        values,
    )
    return [(row["name"], row["name"] or "(none)", row["n"]) for row in rows]


def _source(connection: sqlite3.Connection, condition: str, values: Sequence[object]) -> Rows:
    rows = connection.execute(
        "SELECT s.name AS name, count(*) AS n FROM (SELECT e.source_id AS source_id, e.id AS id FROM examples e"
        f" WHERE {condition} UNION SELECT o.source_id, o.example_id FROM outputs o JOIN examples e"
        f" ON e.id = o.example_id WHERE o.source_id IS NOT e.source_id AND ({condition})) x"
        " JOIN sources s ON s.id = x.source_id GROUP BY s.id ORDER BY s.id DESC",
        [*values, *values],
    )
    return [(row["name"], row["name"], row["n"]) for row in rows]


def _variant(connection: sqlite3.Connection, condition: str, values: Sequence[object]) -> Rows:
    rows = connection.execute(
        "SELECT v.name AS name, v.role AS role, count(*) AS n FROM outputs o JOIN variants v ON v.id = o.variant_id"
        f" JOIN examples e ON e.id = o.example_id WHERE {condition} GROUP BY v.id ORDER BY v.id",
        values,
    )
    return [(row["name"], row["name"], row["n"]) for row in rows]


def _slice(connection: sqlite3.Connection, condition: str, values: Sequence[object]) -> Rows:
    rows = connection.execute(
        "SELECT m.slice AS name, count(*) AS n FROM examples e LEFT JOIN slice_members m ON m.example_id = e.id"
        f" WHERE {condition} GROUP BY m.slice ORDER BY m.slice IS NULL, m.slice",
        values,
    )
    return [(row["name"] or "none", (row["name"] or "in no slice").capitalize(), row["n"]) for row in rows]


def _month(connection: sqlite3.Connection, condition: str, values: Sequence[object]) -> Rows:
    rows = connection.execute(
        f"SELECT {MONTH} AS name, count(*) AS n FROM examples e WHERE {condition} GROUP BY name ORDER BY name DESC",
        values,
    ).fetchall()
    if [row["name"] for row in rows] == ["none"]:
        return []
    return [(row["name"], "No time" if row["name"] == "none" else row["name"], row["n"]) for row in rows]


def _is(connection: sqlite3.Connection, condition: str, values: Sequence[object]) -> Rows:
    found: Rows = []
    for value, title in LISTED_STATES.items():
        count = connection.execute(
            f"SELECT count(*) FROM examples e WHERE {STATES[value]} AND ({condition})", values
        ).fetchone()[0]
        if count:
            found.append((value, title, count))
    return found


_COUNTS: dict[str, Callable[[sqlite3.Connection, str, Sequence[object]], Rows]] = {
    "workflow": _workflow,
    "source": _source,
    "variant": _variant,
    "slice": _slice,
    "month": _month,
    "is": _is,
}

_LABELLED = f"labels l JOIN outputs o ON o.id = l.output_id AND {ANSWERS}"


def _label_over_all(connection: sqlite3.Connection, total: int) -> Rows:
    """The label facet without any condition, in one walk over the labels for each kind of value."""
    verdicts = dict(
        connection.execute(
            f"SELECT l.verdict, count(DISTINCT o.example_id) FROM {_LABELLED} GROUP BY l.verdict"
        ).fetchall()
    )
    labelled = connection.execute(f"SELECT count(DISTINCT o.example_id) FROM {_LABELLED}").fetchone()[0]
    codes = dict(
        connection.execute(
            "SELECT c.code, count(DISTINCT x.example_id) FROM (SELECT l.category_id AS category_id, o.example_id"
            f" FROM {_LABELLED} WHERE l.category_id IS NOT NULL UNION ALL SELECT f.category_id, o.example_id"
            f" FROM label_categories f JOIN labels l ON l.id = f.label_id JOIN outputs o ON o.id = l.output_id"
            f" AND {ANSWERS}) x"
            " JOIN categories c ON c.id = x.category_id GROUP BY c.code"
        ).fetchall()
    )
    counts = {"unlabelled": total - labelled, **verdicts, **codes}
    return [
        (row["value"], row["title"], counts[row["value"]])
        for row in connection.execute(_NAMED["label"])
        if counts.get(row["value"])
    ]


def _annotator_over_all(connection: sqlite3.Connection, _total: int) -> Rows:
    rows = connection.execute(
        f"SELECT a.name, count(DISTINCT o.example_id) FROM {_LABELLED} JOIN annotators a ON a.id = l.annotator_id"
        " GROUP BY a.id ORDER BY a.id"
    )
    return [(row[0], row[0], row[1]) for row in rows]


def _slice_over_all(connection: sqlite3.Connection, total: int) -> Rows:
    rows = connection.execute("SELECT slice, count(*) FROM slice_members GROUP BY slice ORDER BY slice").fetchall()
    found = [(row[0], str(row[0]).capitalize(), int(row[1])) for row in rows]
    rest = total - sum(count for _, _, count in found)
    return [*found, ("none", "In no slice", rest)] if rest else found


_OVER_ALL: dict[str, Callable[[sqlite3.Connection, int], Rows]] = {
    "label": _label_over_all,
    "annotator": _annotator_over_all,
    "slice": _slice_over_all,
}
"""Fields without any condition on the others, from what is small: labels and slices, and the number of all examples."""
