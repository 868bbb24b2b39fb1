"""Facet counts from kept sums instead of rows: exact, and as quick at a million as at a thousand.

Examples that agree in everything that facets ask about are counted together: by what their import fixed (see `cells`),
and by what people have made of them. The sums are moved by those examples alone that were marked or labelled since,
and for words and rarer conditions the examples that these mean are added up.
"""

from __future__ import annotations

import sqlite3
import threading
from array import array
from collections.abc import Callable, Iterable, Sequence

from reviewer.intake.cells import Cells, cells_of, stamp_of
from reviewer.intake.facets import LISTED_STATES, Facet
from reviewer.intake.filters import STATES, Filter, Term
from reviewer.intake.heads import as_of_now, heard
from reviewer.intake.revisions import ANSWERS
from reviewer.intake.sums import PLAIN, Kind, Label, Names, Sizes, Sums, facets_of
from reviewer.store.database import Database, dump, load

__all__ = ["Tallies"]

_FIELDS = {"workflow", "source", "variant", "label", "slice", "annotator", "month"}
_MANY = 5_000
"""So many changed examples are not looked at one by one: all are read again."""
_NARROW = 0xFFFF
"""The highest number of two bytes; where there are more kinds, each number takes four."""
_AT_ONCE = 4_000
"""So many examples are added up between two moments in which that can be given up."""


class Tallies:
    """The sums of one open project."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._stamp: str | None = None
        self._cells = Cells([], array("H"), [])
        self._kinds: list[Kind] = [PLAIN]
        self._number: dict[Kind, int] = {PLAIN: 0}
        self._kind_of: array[int] = array("H")
        self._sizes: list[dict[int, int]] = []
        # None where what people made of the examples has to be read as a whole.
        self._marked: set[int] | None = None
        self._sums: Sums | None = None

    def facets(
        self, wanted: Filter, matches: Sequence[int] | None = None, check: Callable[[], None] | None = None
    ) -> tuple[Facet, ...] | None:
        """Every facet under a filter; None while an import is under way, when the rows have to be counted.

        `matches` are the ids that the filter's text matches; `check` is called again and again and may raise.
        """
        with self._lock:
            marked = self._database.marked(self)
            self._marked = None if marked is None or self._marked is None else self._marked | marked
            with self._database.read() as connection, heard(connection, check), as_of_now(connection):
                stamp = stamp_of(connection)
                if stamp is None:
                    return None
                sums = self._up_to_date(connection, stamp)
                return facets_of(sums, wanted, self._sizes_for(connection, matches, check), check)

    # Keeping up

    def _up_to_date(self, connection: sqlite3.Connection, stamp: str) -> Sums:
        if stamp != self._stamp:
            self._marked = None
            self._cells = cells_of(self._database, connection, stamp)
            self._stamp = stamp
        names = _names(connection)
        marked = self._marked
        if marked is None or len(marked) > _MANY:
            self._marked = self._sums = None
            self._kinds, self._number = [PLAIN], {PLAIN: 0}
            self._kind_of = array("H", bytes(2 * len(self._cells.of)))
            self._sizes = [{0: size} for size in self._cells.sizes]
            self._read_kinds(connection, None)
        elif marked:
            for example_id in marked:
                self._move(example_id, 0)
            self._read_kinds(connection, dump(sorted(marked)))
        self._marked = set()
        if self._sums is None or self._sums.names != names:
            self._sums = Sums(names, self._cells.cells, self._kinds)
        return self._sums

    def _read_kinds(self, connection: sqlite3.Connection, ids: str | None) -> None:
        """Add to plain examples what people made of them; of all, or of those listed as JSON."""
        only, given = ("", ()) if ids is None else (" IN (SELECT value FROM json_each(?))", (ids,))
        for state in ("flagged", "excluded"):
            # Few of a million are: the index of them is asked, and only then which of them are meant.
            sql = f"SELECT id FROM examples INDEXED BY examples_{state} WHERE {state} = 1"
            self._add([row[0] for row in connection.execute(sql + (only and f" AND id{only}"), given)], state)
        sql = f"SELECT e.id FROM examples e WHERE {STATES['stale']}"
        self._add([row[0] for row in connection.execute(sql + (only and f" AND e.id{only}"), given)], "stale")
        sql = "SELECT slice, example_id FROM slice_members"
        members: dict[str, list[int]] = {}
        for row in connection.execute(sql + (only and f" WHERE example_id{only}"), given):
            members.setdefault(row[0], []).append(row[1])
        for name, numbers in members.items():
            self._add(numbers, f"slice {name}")
        # Labels that say the same come as one row with their examples: a hundred thousand rows would take the thread
        # that hears the keys a hundred thousand times out of its work.
        facts = "l.annotator_id, o.variant_id, l.verdict, l.category_id"
        alone = "labels l CROSS JOIN outputs o ON o.id = l.output_id"
        with_more = "label_categories x CROSS JOIN labels l ON l.id = x.label_id CROSS JOIN outputs o"
        with_more += " ON o.id = l.output_id"
        meant = ANSWERS
        if only:
            alone = "outputs o CROSS JOIN labels l ON l.output_id = o.id"
            with_more = f"{alone} CROSS JOIN label_categories x ON x.label_id = l.id"
            meant += f" AND o.example_id{only}"
        for annotator, variant, verdict, category, numbers in connection.execute(
            f"SELECT {facts}, json_group_array(o.example_id) FROM {alone} WHERE {meant} AND NOT EXISTS"
            " (SELECT 1 FROM label_categories x WHERE x.label_id = l.id) GROUP BY 1, 2, 3, 4",
            given,
        ):
            self._add(load(numbers), Label(annotator, variant, verdict, frozenset({category} - {None})))
        for annotator, variant, verdict, category, example_id, more in connection.execute(
            f"SELECT {facts}, o.example_id, json_group_array(x.category_id) FROM {with_more} WHERE {meant}"
            " GROUP BY l.id",
            given,
        ):
            codes = frozenset({category, *load(more)} - {None})
            self._add([example_id], Label(annotator, variant, verdict, codes))

    def _add(self, example_ids: Iterable[int], what: Label | str) -> None:
        """The kind of examples with one thing more: a label, a state, or a slice."""
        end = len(self._kind_of)
        known: dict[int, int] = {}
        for example_id in example_ids:
            if example_id < end:
                held = self._kind_of[example_id]
                number = known.get(held)
                if number is None:
                    number = known[held] = self._numbered(self._kinds[held], what)
                self._move(example_id, number)

    def _numbered(self, kind: Kind, what: Label | str) -> int:
        """The number of a kind with one thing more."""
        if isinstance(what, Label):
            kind = kind._replace(labels=kind.labels | {what})
        elif what == "flagged":
            kind = kind._replace(flagged=True)
        elif what == "excluded":
            kind = kind._replace(excluded=True)
        elif what == "stale":
            kind = kind._replace(stale=True)
        else:
            kind = kind._replace(slice=what.removeprefix("slice "))
        number = self._number.get(kind)
        if number is None:
            number = self._number[kind] = len(self._kinds)
            self._kinds.append(kind)
            if number > _NARROW and self._kind_of.typecode == "H":
                self._kind_of = array("I", self._kind_of)
        return number

    def _move(self, example_id: int, kind: int) -> None:
        cell = self._cells.of[example_id] if example_id < len(self._kind_of) else 0
        held = self._kind_of[example_id] if cell else kind
        if held != kind:
            sizes = self._sizes[cell]
            sizes[held] -= 1
            sizes[kind] = sizes.get(kind, 0) + 1
            if not sizes[held]:
                del sizes[held]
            self._kind_of[example_id] = kind

    # What other conditions mean

    def _sizes_for(
        self,
        connection: sqlite3.Connection,
        matches: Sequence[int] | None,
        check: Callable[[], None] | None,
    ) -> Callable[[Filter], Sizes]:
        """For a filter, the sums of what its words and those of its conditions mean that the sums do not know."""
        known: dict[Filter, Sizes] = {}

        def sizes_for(wanted: Filter) -> Sizes:
            asked = Filter(tuple(term for term in wanted.terms if not _is_known(term)), wanted.text)
            found = known.get(asked)
            if found is None:
                if not asked:
                    found = dict(enumerate(self._sizes))
                elif asked.terms:
                    condition, values = asked.where_sql(matches)
                    rows = connection.execute(f"SELECT e.id FROM examples e WHERE {condition}", values)
                    found = self._added_up((row[0] for row in rows), check)
                else:
                    found = self._added_up(matches or (), check)
                known[asked] = found
            return found

        return sizes_for

    def _added_up(self, ids: Iterable[int], check: Callable[[], None] | None) -> Sizes:
        sizes: dict[int, dict[int, int]] = {}
        cell_of, kind_of = self._cells.of, self._kind_of
        end = len(cell_of)
        for place, example_id in enumerate(ids):
            if check is not None and not place % _AT_ONCE:
                check()
            cell = cell_of[example_id] if example_id < end else 0
            if cell:  # the text index may still know one that has just been removed
                held = sizes.get(cell)
                if held is None:
                    held = sizes[cell] = {}
                kind = kind_of[example_id]
                held[kind] = held.get(kind, 0) + 1
        return sizes


def _is_known(term: Term) -> bool:
    return term.field in _FIELDS or (term.field == "is" and term.value in LISTED_STATES)


def _names(connection: sqlite3.Connection) -> Names:
    def listed(sql: str) -> list[tuple[int, str]]:
        return [(row[0], row[1]) for row in connection.execute(sql)]

    return Names(
        listed("SELECT id, name FROM sources ORDER BY id DESC"),
        listed("SELECT id, name FROM variants ORDER BY id"),
        listed(
            "SELECT id, name FROM annotators a WHERE EXISTS (SELECT 1 FROM labels l WHERE l.annotator_id = a.id)"
            " ORDER BY id"
        ),
        [tuple(row) for row in connection.execute("SELECT id, code, name FROM categories ORDER BY position, id")],
    )
