"""Outlines have the first example of every page and the exact total, whichever way they are found."""

from __future__ import annotations

import sqlite3
from array import array

import pytest

from reviewer.errors import Cancelled
from reviewer.intake.filters import Filter
from reviewer.intake.pages import PAGE
from reviewer.project import Project
from tests.conftest import fill

FILTERS = (
    "", "workflow:billing", "-workflow:billing", "workflow:billing workflow:refunds", "variant:prod", "-variant:prod",
    "is:flagged", "label:unlabelled", "label:pass", "month:none", "after:2025-01-01", "slice:none", "workflow:nowhere",
    "workflow:billing is:flagged", "has:output",
)  # fmt: skip


@pytest.fixture
def long(project: Project) -> Project:
    """A project of several pages, some flagged and labelled."""
    fill(project, 730, ("prod",))
    ana = project.annotators.get_or_add("Ana")
    for number in range(1, 730, 9):
        project.labels.set_flag(number, ana, True)
        project.labels.set_verdict(project.examples.get(number).outputs[0].id, ana, "pass")
    return project


def agree(project: Project) -> None:
    """Every outline is that of the ids that the filter means."""
    for query in FILTERS:
        wanted = Filter.parse(query)
        condition, values = wanted.where_sql()
        with project.database.read() as connection:
            ids = [
                row[0] for row in connection.execute(f"SELECT id FROM examples e WHERE {condition} ORDER BY id", values)
            ]
        plan = project.examples.outline(wanted)
        assert plan.total == len(ids), query
        assert plan.anchors == array("q", ids[::PAGE]), query
        listed = [row.id for number in range(len(plan.anchors)) for row in project.examples.page(plan, number)]
        assert listed == ids, query


def test_an_outline_has_every_page_of_a_filter(long: Project) -> None:
    agree(long)


@pytest.mark.parametrize("gone", ["id % 3 = 1", "id = 400", "id <= 100", "id > 630", "id > 0"])
def test_also_where_examples_are_gone(long: Project, gone: str) -> None:
    with long.database.transaction() as connection:
        meant = f"SELECT o.id FROM outputs o JOIN examples e ON e.id = o.example_id WHERE e.{gone}"
        connection.execute(f"DELETE FROM labels WHERE output_id IN ({meant})")
        connection.execute(f"DELETE FROM examples AS e WHERE e.{gone}")
    agree(long)


def test_what_no_step_would_do_again_is_walked_a_page_at_a_time(long: Project) -> None:
    queries: list[str] = []
    with long.database.read() as connection:
        connection.set_trace_callback(queries.append)
        long.examples.outline(Filter())
        assert len(queries) == 3  # none is missing in between: no walk at all
        queries.clear()
        long.examples.outline(Filter.parse("workflow:billing"))
        assert not any("OVER" in query for query in queries)
        queries.clear()
        long.examples.outline(Filter.parse("label:pass"))
        assert sum("label" in query for query in queries) <= 2  # the labels are looked through once
        connection.set_trace_callback(None)


def test_an_outline_is_given_up(long: Project) -> None:
    def check() -> None:
        raise Cancelled("a newer question")

    with long.database.transaction() as connection:
        _multiply(connection, 20_000)
    with pytest.raises(Cancelled, match="newer"):
        long.examples.outline(Filter(), check=check)


def _multiply(connection: sqlite3.Connection, count: int) -> None:
    connection.execute(
        "WITH RECURSIVE n(x) AS (SELECT 10000 UNION ALL SELECT x + 1 FROM n WHERE x < ?) INSERT INTO examples"
        " (id, key, content_hash, created_ms) SELECT x, 'm' || x, 'h', 0 FROM n",
        (10_000 + count,),
    )
