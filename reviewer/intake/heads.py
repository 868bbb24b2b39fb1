"""The first examples that a filter means, found without looking for the rest: what a list shows while that goes on."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from array import array
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from reviewer.errors import Cancelled
from reviewer.intake.pages import PAGE, ExampleRow, Outline, read_page
from reviewer.store.database import Database

if TYPE_CHECKING:
    from reviewer.intake.filters import Filter
    from reviewer.intake.search import Search

__all__ = ["Head", "as_of_now", "heard", "read_head"]

PATIENCE_S = 0.15
"""How long is looked for the first examples of a rare kind before that is left to the whole list."""
_MANY = 2_000
_HEARD_EVERY = 20_000


class Head(NamedTuple):
    """The first page of what a filter means."""

    rows: tuple[ExampleRow, ...]
    complete: bool
    """Whether these are all there are."""
    holds: bool
    """Whether the example that was asked about is among all that the filter means."""


@contextlib.contextmanager
def heard(connection: sqlite3.Connection, check: Callable[[], object] | None) -> Iterator[None]:
    """Ask `check` again and again while queries run; what it raises ends them."""
    raised: list[BaseException] = []

    def ask() -> int:
        try:
            assert check is not None
            check()
        except BaseException as error:  # it comes out below, once SQLite has let go
            raised.append(error)
            return 1
        return 0

    if check is None:
        yield
        return
    connection.set_progress_handler(ask, _HEARD_EVERY)
    try:
        yield
    except sqlite3.OperationalError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


@contextlib.contextmanager
def as_of_now(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything that is read inside is of one moment."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


class _TooLong(Cancelled):
    """The first examples are not to be had at once."""


def read_head(
    database: Database,
    search: Search | None,
    wanted: Filter,
    current: int | None,
    *,
    typing: bool,
    patience_s: float = PATIENCE_S,
) -> Head | None:
    """The first page of a filter and whether it means `current`; None when that takes longer than a moment.

    With `typing` the last word may go on.
    """
    deadline = time.perf_counter() + patience_s

    def check() -> None:
        if time.perf_counter() > deadline:
            raise _TooLong("later")

    try:
        with database.read() as connection, heard(connection, check):
            if wanted.text and search is not None:
                return _of_text(connection, search, wanted, current, check, typing=typing)
            condition, values = wanted.where_sql()
            rows = read_page(connection, _first(connection, wanted) or _with(condition, values), 0)
            return Head(tuple(rows), len(rows) < PAGE, _means(connection, condition, values, current))
    except _TooLong:
        return None


def _first(connection: sqlite3.Connection, wanted: Filter) -> Outline | None:
    """The first ids of a filter on several workflows: of each the first, in the index that has them one by one."""
    workflows = wanted.values("workflow")
    if len(workflows) < 2:
        return None
    found: list[int] = []
    others = type(wanted)(tuple(term for term in wanted.terms if term.field != "workflow" or term.negated))
    for workflow in workflows:
        condition, values = others.toggled("workflow", workflow).where_sql()
        sql = f"SELECT e.id FROM examples e WHERE {condition} ORDER BY e.id LIMIT {PAGE}"
        found += [row["id"] for row in connection.execute(sql, values)]
    ids = array("q", sorted(found)[:PAGE])
    return Outline(len(ids), ids, True, "1", ())


def _of_text(
    connection: sqlite3.Connection,
    search: Search,
    wanted: Filter,
    current: int | None,
    check: Callable[[], None],
    *,
    typing: bool,
) -> Head:
    rows: list[ExampleRow] = []
    after, more = 0, True
    while more and len(rows) < PAGE:
        check()
        found = search.first(wanted.text, PAGE if not wanted.terms else _MANY, after, typing=typing)
        more = bool(found)
        if found:
            after = found[-1][0]
            condition, values = wanted.where_sql(example_id for _, example_id in found)
            rows += read_page(connection, _with(condition, values), 0)
    holds = current is not None and search.holds(wanted.text, current, typing=typing)
    if holds and wanted.terms:
        condition, values = wanted.with_text("").where_sql()
        holds = _means(connection, condition, values, current)
    return Head(tuple(rows[:PAGE]), not more, holds)


def _with(condition: str, values: list[object]) -> Outline:
    return Outline(PAGE, array("q", [0]), False, condition, tuple(values))


def _means(connection: sqlite3.Connection, condition: str, values: list[object], current: int | None) -> bool:
    if current is None:
        return False
    sql = f"SELECT 1 FROM examples e WHERE e.id = ? AND ({condition})"
    return connection.execute(sql, [current, *values]).fetchone() is not None
