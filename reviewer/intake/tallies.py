"""Facet counts of a large project, from kept sums instead of rows: exact, and as quick at a million as at a thousand.

Examples that agree in everything that facets ask about are counted together: first by what their import fixed
(workflow, month, sources, variants), which is summed up once an import and kept in the file; then the few that people
have marked or labelled are moved to sums of their own, read again after any change.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from reviewer.intake.facets import FACETS, NAMED, Facet, made_facet
from reviewer.intake.filters import MONTH, Filter
from reviewer.intake.heads import heard
from reviewer.store.database import Database, dump, load

__all__ = ["LEAST", "Tallies"]

LEAST = 20_000
"""From so many examples on; below, counting the rows is as quick."""
_KEPT = "facet_cells"
_STATES = ("flagged", "excluded")
_FIELDS = {"workflow", "source", "variant", "label", "slice", "annotator", "is", "month"}
# Which variants' outputs an example has and from which sources they came, as one text.
_OUTPUTS = (
    "(SELECT group_concat(x.variant_id || ' ' || coalesce(x.source_id, 0)) FROM (SELECT o.variant_id, o.source_id FROM"
    " outputs o WHERE o.example_id = e.id ORDER BY o.variant_id) x)"
)

_Rows = list[tuple[str, str, int]]


class _Cell(NamedTuple):
    """What an import fixed of some examples."""

    workflow: str
    month: str
    sources: frozenset[int]
    variants: frozenset[int]


class _Mark(NamedTuple):
    """What people made of some examples, labels aside."""

    flagged: bool
    excluded: bool
    slice: str


class _Label(NamedTuple):
    """One label as facets ask about it: the first category and the further ones together."""

    annotator: int
    variant: int
    verdict: str
    categories: frozenset[int]


_Labels = frozenset[_Label]
_PLAIN = _Mark(False, False, "")


class _Names(NamedTuple):
    """The ids behind the names that a filter is written in."""

    sources: list[tuple[int, str]]
    variants: list[tuple[int, str]]
    annotators: dict[str, int]
    codes: dict[str, set[int]]
    named: dict[str, list[tuple[str, str]]]
    """Value and title of each field whose values are listed apart from their counts."""


class _Sums(NamedTuple):
    """How many examples agree in everything."""

    names: _Names
    rows: list[tuple[_Cell, _Mark, _Labels, int]]


class Tallies:
    """The kept sums of one open project."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._stamp: str = ""
        self._cells: Counter[_Cell] = Counter()
        self._cell_of: dict[int, _Cell] = {}
        self._changes: int | None = None
        self._sums: _Sums | None = None

    def facets(self, wanted: Filter, check: Callable[[], None] | None = None) -> tuple[Facet, ...] | None:
        """Every facet under a filter; None where the rows have to be counted: for words, for rarer fields, for a small
        project, and while an import is under way or nobody may write.
        """
        asks_more = wanted.text or any(
            term.field not in _FIELDS
            or (term.field == "is" and term.value not in _STATES)
            or (term.field == "annotator" and term.negated)
            for term in wanted.terms
        )
        if asks_more or self._database.read_only:
            return None
        with self._lock, self._database.read() as connection, heard(connection, check):
            if self._sums is None or self._database.changes() != self._changes:
                self._sums = None
                if not self._has_cells(connection):
                    return None
                self._changes = self._database.changes()
                self._sums = self._read(connection)
            sums = self._sums
        return _facets(sums, wanted, check)

    # Reading

    def _has_cells(self, connection: sqlite3.Connection) -> bool:
        """Bring the sums of imports up to date, where they are to be used."""
        stamp = _stamp_of(connection)
        if stamp is None:
            return False
        if stamp != self._stamp:
            self._cells = _kept_cells(connection, stamp) or self._sum_cells(connection, stamp)
            self._cell_of.clear()
            self._stamp = stamp
        return True

    def _read(self, connection: sqlite3.Connection) -> _Sums:
        marks, labels = _marks(connection), _labels(connection)
        special = marks.keys() | labels.keys()
        self._find_cells(connection, [number for number in special if number not in self._cell_of])
        rows: Counter[tuple[_Cell, _Mark, _Labels]] = Counter()
        left = self._cells.copy()
        none: _Labels = frozenset()
        for number in special:
            cell = self._cell_of.get(number)
            if cell is not None:
                rows[cell, marks.get(number, _PLAIN), labels.get(number, none)] += 1
                left[cell] -= 1
        for cell, count in left.items():
            rows[cell, _PLAIN, none] += count
        return _Sums(_names(connection), [(*key, count) for key, count in rows.items() if count])

    def _sum_cells(self, connection: sqlite3.Connection, stamp: str) -> Counter[_Cell]:
        rows = connection.execute(
            f"SELECT e.workflow, {MONTH}, e.source_id, {_OUTPUTS}, count(*) FROM examples e GROUP BY 1, 2, 3, 4"
        ).fetchall()
        self._database.set_meta(_KEPT, dump([stamp, [tuple(row) for row in rows]]))
        return _summed(map(tuple, rows))

    def _find_cells(self, connection: sqlite3.Connection, numbers: Sequence[int]) -> None:
        rows = connection.execute(
            f"SELECT e.id, e.workflow, {MONTH}, e.source_id, {_OUTPUTS} FROM json_each(?) j"
            " CROSS JOIN examples e ON e.id = j.value",
            (dump(list(numbers)),),
        )
        known: dict[tuple[object, ...], _Cell] = {}
        for number, *facts in rows:
            key = tuple(facts)
            cell = known.get(key)
            if cell is None:
                cell = known[key] = _cell(*facts)
            self._cell_of[number] = cell


def _stamp_of(connection: sqlite3.Connection) -> str | None:
    """What the sums of imports depend on; None for a small project, and while an import is under way."""
    count = connection.execute("SELECT count(*) FROM examples").fetchone()[0]
    sources = [tuple(row) for row in connection.execute("SELECT id, state FROM sources ORDER BY id")]
    if count < LEAST or any(state == "importing" for _, state in sources):
        return None
    facts = connection.execute(
        "SELECT (SELECT max(id) FROM examples), (SELECT max(id) FROM outputs),"
        " (SELECT value FROM meta WHERE key = 'text_epoch')"
    ).fetchone()
    return dump([count, sources, *facts])


def _kept_cells(connection: sqlite3.Connection, stamp: str) -> Counter[_Cell] | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_KEPT,)).fetchone()
    kept = load(row["value"]) if row is not None else ["", []]
    return _summed(kept[1]) if kept[0] == stamp else None


def _summed(rows: Iterable[Sequence[object]]) -> Counter[_Cell]:
    sums: Counter[_Cell] = Counter()
    for *facts, count in rows:
        sums[_cell(*facts)] += count  # type: ignore[arg-type, operator]
    return sums


def _cell(workflow: str, month: str, source: int | None, outputs: str | None) -> _Cell:
    pairs = [pair.split(" ") for pair in outputs.split(",")] if outputs else []
    sources = {int(number) for _, number in pairs} | {source or 0}
    return _Cell(workflow, month, frozenset(sources - {0}), frozenset(int(variant) for variant, _ in pairs))


def _marks(connection: sqlite3.Connection) -> dict[int, _Mark]:
    marks: dict[int, _Mark] = {}
    for row in connection.execute("SELECT example_id, slice FROM slice_members"):
        marks[row[0]] = _PLAIN._replace(slice=row[1])
    for state in _STATES:
        for row in connection.execute(f"SELECT id FROM examples INDEXED BY examples_{state} WHERE {state} = 1"):
            mark = marks.get(row[0], _PLAIN)
            marks[row[0]] = mark._replace(flagged=True) if state == "flagged" else mark._replace(excluded=True)
    return marks


def _labels(connection: sqlite3.Connection) -> dict[int, _Labels]:
    further: dict[int, set[int]] = {}
    for row in connection.execute("SELECT label_id, category_id FROM label_categories"):
        further.setdefault(row[0], set()).add(row[1])
    kinds: dict[tuple[object, ...], _Label] = {}
    of: dict[int, list[_Label]] = {}
    for number, example, *facts in connection.execute(
        "SELECT l.id, o.example_id, l.annotator_id, o.variant_id, l.verdict, l.category_id FROM labels l"
        " CROSS JOIN outputs o ON o.id = l.output_id"
    ):
        more = further.get(number)
        key = (*facts, frozenset(more) if more else None)
        label = kinds.get(key)
        if label is None:
            annotator, variant, verdict, category = facts
            codes = (more or set()) | ({category} if category is not None else set())
            label = kinds[key] = _Label(annotator, variant, verdict, frozenset(codes))
        of.setdefault(example, []).append(label)
    sets: dict[_Labels, _Labels] = {}
    return {number: sets.setdefault(found, found) for number, found in ((n, frozenset(of[n])) for n in of)}


def _names(connection: sqlite3.Connection) -> _Names:
    codes: dict[str, set[int]] = {}
    for row in connection.execute("SELECT code, id FROM categories"):
        codes.setdefault(row[0], set()).add(row[1])
    return _Names(
        [(row[0], row[1]) for row in connection.execute("SELECT id, name FROM sources ORDER BY id DESC")],
        [(row[0], row[1]) for row in connection.execute("SELECT id, name FROM variants ORDER BY id")],
        {row[1]: row[0] for row in connection.execute("SELECT id, name FROM annotators")},
        codes,
        {field: [(row[0], row[1]) for row in connection.execute(sql)] for field, sql in NAMED.items()},
    )


# Counting


def _facets(sums: _Sums, wanted: Filter, check: Callable[[], None] | None) -> tuple[Facet, ...]:
    found = []
    for field, title in FACETS.items():
        if check is not None:
            check()
        others = wanted.without(field)
        if field in ("label", "annotator") or (
            field == "variant" and (others.values("label") or others.values("annotator"))
        ):
            rows = _named(sums, others, field)
        else:
            rows = _grouped(sums, others, field)
        found.append(made_facet(field, title, rows, wanted.values(field)))
    return tuple(found)


def _passing(sums: _Sums, wanted: Filter) -> Iterable[tuple[_Cell, _Mark, _Labels, int]]:
    """The sums that a filter means, its conditions on labels left out; each kind of cell and mark is asked once."""
    cells: dict[_Cell, bool] = {}
    marks: dict[_Mark, bool] = {}
    for row in sums.rows:
        cell, mark = row[0], row[1]
        in_cell = cells.get(cell)
        if in_cell is None:
            in_cell = cells[cell] = _cell_passes(sums.names, wanted, cell)
        if in_cell:
            marked = marks.get(mark)
            if marked is None:
                marked = marks[mark] = _mark_passes(wanted, mark)
            if marked:
                yield row


def _cell_passes(names: _Names, wanted: Filter, cell: _Cell) -> bool:
    held = {
        "workflow": {cell.workflow},
        "month": {cell.month},
        "source": {name for number, name in names.sources if number in cell.sources},
        "variant": {name for number, name in names.variants if number in cell.variants},
    }
    return all(_passes(wanted, field, values) for field, values in held.items())


def _mark_passes(wanted: Filter, mark: _Mark) -> bool:
    states = {state for state in _STATES if getattr(mark, state)}
    asked, refused = set(wanted.values("is")), set(wanted.values("is", negated=True))
    return asked <= states and not refused & states and _passes(wanted, "slice", {mark.slice or "none"})


def _passes(wanted: Filter, field: str, held: set[str]) -> bool:
    asked, refused = wanted.values(field), wanted.values(field, negated=True)
    return (not asked or not held.isdisjoint(asked)) and held.isdisjoint(refused)


def _label_test(names: _Names, wanted: Filter) -> Callable[[_Labels], bool]:
    """Whether a filter's conditions on labels hold: verdict, annotator and variant are asked of one and the same."""
    who, on = wanted.values("annotator"), wanted.values("variant")
    people = {names.annotators.get(name) for name in who}
    variants = {number for number, name in names.variants if name in on}
    asked, refused = wanted.values("label"), wanted.values("label", negated=True)

    def codes(values: Sequence[str]) -> frozenset[int]:
        return frozenset(chain.from_iterable(names.codes.get(value, ()) for value in values))

    conditions = [(values, codes(values), values is refused) for values in (asked, refused) if values]

    def holds(labels: _Labels) -> bool:
        meant: Iterable[_Label] = labels
        if who:
            meant = [label for label in meant if label.annotator in people]
        if on:
            meant = [label for label in meant if label.variant in variants]
        for values, kinds, negated in conditions:
            found = "unlabelled" in values and not meant
            for label in meant:
                if label.verdict in values or not kinds.isdisjoint(label.categories):
                    found = True
                    break
            if found is negated:
                return False
        return bool(meant) if who and not asked else True

    known: dict[_Labels, bool] = {}

    def test(labels: _Labels) -> bool:
        answer = known.get(labels)
        if answer is None:
            answer = known[labels] = holds(labels)
        return answer

    return test


def _grouped(sums: _Sums, wanted: Filter, field: str) -> _Rows:
    """The values of a field that each example has by itself, with the counts under a filter on the other fields."""
    asks_labels = any(term.field in ("label", "annotator") for term in wanted.terms)
    test = _label_test(sums.names, wanted)
    by_cell: Counter[_Cell] = Counter()
    by_mark: Counter[_Mark] = Counter()
    for cell, mark, labels, count in _passing(sums, wanted):
        if asks_labels and not test(labels):
            continue
        by_cell[cell] += count
        by_mark[mark] += count
    counts: Counter[object] = Counter()
    if field in ("slice", "is"):
        for mark, count in by_mark.items():
            for value in [mark.slice] if field == "slice" else [state for state in _STATES if getattr(mark, state)]:
                counts[value] += count
    else:
        for cell, count in by_cell.items():
            held = getattr(cell, field if field in ("workflow", "month") else f"{field}s")
            for value in [held] if isinstance(held, str) else held:
                counts[value] += count
    return _ORDERED[field](sums.names, counts)


def _named(sums: _Sums, others: Filter, field: str) -> _Rows:
    """The listed values of a field, each with the count of the filter that choosing it would make."""
    if field == "variant":
        counts = {}
        for value, _ in sums.names.named[field]:
            chosen = others.toggled(field, value)
            test = _label_test(sums.names, chosen)
            counts[value] = sum(count for _, _, labels, count in _passing(sums, chosen) if test(labels))
    else:
        by_labels: Counter[_Labels] = Counter()
        for _, _, labels, count in _passing(sums, others):
            by_labels[labels] += count
        counts = {}
        for value, _ in sums.names.named[field]:
            chosen = others.toggled(field, value)
            test = _label_test(sums.names, chosen)
            counts[value] = sum(count for labels, count in by_labels.items() if test(labels))
    return [(value, title, counts[value]) for value, title in sums.names.named[field] if counts[value]]


def _workflows(_names: _Names, counts: Counter[object]) -> _Rows:
    found = sorted(((str(name), count) for name, count in counts.items()), key=lambda row: (-row[1], row[0]))
    return [(name, name or "(none)", count) for name, count in found]


def _months(_names: _Names, counts: Counter[object]) -> _Rows:
    found = sorted(((str(name), count) for name, count in counts.items()), reverse=True)
    if [name for name, _ in found] == ["none"]:
        return []
    return [(name, "No time" if name == "none" else name, count) for name, count in found]


def _slices(_names: _Names, counts: Counter[object]) -> _Rows:
    found = sorted(((str(name), count) for name, count in counts.items()), key=lambda row: (not row[0], row[0]))
    return [(name or "none", (name or "in no slice").capitalize(), count) for name, count in found]


def _by_id(named: Sequence[tuple[int, str]], counts: Counter[object]) -> _Rows:
    return [(name, name, counts[number]) for number, name in named if counts[number]]


def _states(_names: _Names, counts: Counter[object]) -> _Rows:
    return [(state, state.capitalize(), counts[state]) for state in _STATES if counts[state]]


_ORDERED: dict[str, Callable[[_Names, Counter[object]], _Rows]] = {
    "workflow": _workflows,
    "month": _months,
    "slice": _slices,
    "source": lambda names, counts: _by_id(names.sources, counts),
    "variant": lambda names, counts: _by_id(names.variants, counts),
    "is": _states,
}
