"""What imports fixed of each example, as facets ask about it: a number an example, the same where all of it agrees.

One walk over the examples finds it. A large project keeps it in the file, for as long as no import changes it.
"""

from __future__ import annotations

import sqlite3
import sys
from array import array
from collections.abc import Iterator
from typing import Any, NamedTuple

from reviewer.intake.filters import MONTH
from reviewer.store.database import Database, dump, load

__all__ = ["Cell", "Cells", "cells_of", "stamp_of"]

_KEPT = "example_cells"
_KEPT_FROM = 20_000
"""From so many examples on they are kept; fewer are walked over in a moment."""
_HOUR_MS = 3_600_000
_NARROW = 0xFFFF
"""The highest number of two bytes; where there are more cells, each number takes four."""


class Cell(NamedTuple):
    """What an import fixed of some examples."""

    workflow: str
    month: str
    sources: frozenset[int]
    variants: frozenset[int]


class Cells(NamedTuple):
    """The cells of a project, which of them each example is in, and how many examples are in each."""

    cells: list[Cell]
    """The first one is nobody's."""
    of: array[int]
    """By an example's id; 0 where there is no such example."""
    sizes: list[int]


_NOBODY = Cell("", "", frozenset(), frozenset())


def stamp_of(connection: sqlite3.Connection) -> str | None:
    """What the cells depend on; None while an import is under way."""
    sources = [tuple(row) for row in connection.execute("SELECT id, state FROM sources ORDER BY id")]
    if any(state == "importing" for _, state in sources):
        return None
    facts = connection.execute(
        "SELECT (SELECT count(*) FROM examples), (SELECT max(id) FROM examples), (SELECT max(id) FROM outputs),"
        " (SELECT value FROM meta WHERE key = 'text_epoch')"
    ).fetchone()
    return dump([sources, *facts])


def cells_of(database: Database, connection: sqlite3.Connection, stamp: str) -> Cells:
    """The cells as they are kept, or found by walking over the examples; then they are kept."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_KEPT,)).fetchone()
    kept = load(row["value"]) if row is not None else {}
    if kept.get("stamp") == stamp:
        return _unpacked(kept)
    facts, of, sizes = _walk(connection)
    if sum(sizes) >= _KEPT_FROM and not database.read_only:
        database.set_meta(_KEPT, dump({"stamp": stamp, "facts": facts, "sizes": sizes, "of": _packed(of)}))
    return Cells([_NOBODY, *map(_cell, facts)], of, sizes)


_Facts = tuple[str, str, int | None, str]
"""Workflow, month, source, and each output's variant and source as one text."""


def _walk(connection: sqlite3.Connection) -> tuple[list[_Facts], array[int], list[int]]:
    facts: list[_Facts] = []
    numbers: dict[_Facts, int] = {}
    sizes = [0]
    of = array("H")
    months: dict[int | None, str] = {}
    # In the order of the index on both: the same outputs make the same text.
    outputs: Iterator[tuple[int, str]] = map(
        tuple,
        connection.execute(
            "SELECT example_id, group_concat(variant_id || ' ' || coalesce(source_id, 0))"
            " FROM outputs GROUP BY example_id ORDER BY example_id"
        ),
    )
    nothing = (1 << 62, "")
    answered, made = next(outputs, nothing)
    for example_id, workflow, moment, source in connection.execute(
        "SELECT id, workflow, occurred_ms, source_id FROM examples ORDER BY id"
    ):
        while answered < example_id:
            answered, made = next(outputs, nothing)
        hour = None if moment is None else moment // _HOUR_MS if moment >= 0 else moment
        month = months.get(hour)
        if month is None:
            month = months[hour] = _month(connection, moment)
        known = (workflow, month, source, made if answered == example_id else "")
        number = numbers.get(known)
        if number is None:
            facts.append(known)
            sizes.append(0)
            number = numbers[known] = len(facts)
            if number > _NARROW and of.typecode == "H":
                of = array("I", of)
        if example_id > len(of):
            of.extend(array(of.typecode, bytes((example_id - len(of)) * of.itemsize)))
        of.append(number)
        sizes[number] += 1
    return facts, of, sizes


def _month(connection: sqlite3.Connection, moment: int | None) -> str:
    sql = f"SELECT {MONTH} FROM (SELECT ? AS occurred_ms) e"
    return str(connection.execute(sql, (moment,)).fetchone()[0])


def _cell(facts: _Facts) -> Cell:
    workflow, month, source, outputs = facts
    pairs = [pair.split(" ") for pair in outputs.split(",")] if outputs else []
    sources = {int(number) for _, number in pairs} | {source or 0}
    return Cell(workflow, month, frozenset(sources - {0}), frozenset(int(variant) for variant, _ in pairs))


def _packed(of: array[int]) -> list[str]:
    import base64
    import zlib

    return [of.typecode, base64.b64encode(zlib.compress(_in_file_order(of).tobytes(), 1)).decode()]


def _unpacked(kept: dict[str, Any]) -> Cells:
    import base64
    import zlib

    width, numbers = kept["of"]
    of = array(width, zlib.decompress(base64.b64decode(numbers)))
    return Cells([_NOBODY, *(_cell(tuple(facts)) for facts in kept["facts"])], _in_file_order(of), kept["sizes"])


def _in_file_order(of: array[int]) -> array[int]:
    """The same numbers with the least byte first, as they are in the file, or from that."""
    if sys.byteorder == "little":
        return of
    turned = array(of.typecode, of)
    turned.byteswap()
    return turned
