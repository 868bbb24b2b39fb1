"""How many examples agree in everything that facets ask about, and every facet's counts from that alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from reviewer.intake.cells import Cell
from reviewer.intake.facets import FACETS, LISTED_STATES, Facet, Rows, made_facet
from reviewer.intake.filters import Filter, Term

__all__ = ["PLAIN", "Kind", "Label", "Names", "Sizes", "Sums", "facets_of"]

_OF_CELLS = ("workflow", "month", "source", "variant")
_OF_KINDS = ("label", "annotator", "variant", "slice", "is")

_REMEMBERED = 500
"""Of so many filters it is remembered which kinds they mean."""

Sizes = Mapping[int, Mapping[int, int]]
"""How many examples, by cell and then by kind."""


class Label(NamedTuple):
    """One label as facets ask about it: the first category and the further ones together."""

    annotator: int
    variant: int
    verdict: str
    categories: frozenset[int]


class Kind(NamedTuple):
    """What people made of some examples."""

    flagged: bool
    excluded: bool
    stale: bool
    """Whether an output answered an earlier input; labels on such a one are none of theirs."""
    slice: str
    labels: frozenset[Label]


PLAIN = Kind(False, False, False, "", frozenset())


class Names(NamedTuple):
    """The ids behind the names that a filter is written in, in the order in which they are listed."""

    sources: list[tuple[int, str]]
    variants: list[tuple[int, str]]
    annotators: list[tuple[int, str]]
    """Those who have labelled anything."""
    categories: list[tuple[int, str, str]]
    """Id, code and name."""


class Sums:
    """The kinds of examples of a project under their names, and which of them a filter means."""

    def __init__(self, names: Names, cells: Sequence[Cell], kinds: Sequence[Kind]) -> None:
        self.names = names
        self.cells = cells
        self.kinds = kinds
        self._meant: dict[tuple[Term, ...], bytearray] = {}

    def meant(self, wanted: Filter) -> bytearray | None:
        """For each kind 1 where a filter means it, else 0; None where it means all of them."""
        terms = _only(wanted, _OF_KINDS)
        if all(term.field == "variant" for term in terms):
            return None
        if len(self._meant) > _REMEMBERED and terms not in self._meant:
            self._meant.clear()
        known = self._meant.setdefault(terms, bytearray())
        if len(known) < len(self.kinds):
            test = _label_test(self.names, wanted)
            marked: dict[tuple[bool, bool, bool, str], bool] = {}
            for kind in self.kinds[len(known) :]:
                mark = kind[:4]
                holds = marked.get(mark)
                if holds is None:
                    holds = marked[mark] = _mark_passes(wanted, kind)
                known.append(holds and test(kind.labels))
        return known

    def means_cell(self, wanted: Filter, cell: Cell) -> bool:
        """Whether a filter means what an import fixed, labels and marks aside."""
        return (
            _passes(wanted, "workflow", {cell.workflow})
            and _passes(wanted, "month", {cell.month})
            and _passes(wanted, "source", {name for number, name in self.names.sources if number in cell.sources})
            and _passes(wanted, "variant", {name for number, name in self.names.variants if number in cell.variants})
        )


class _Count:
    """The sizes of some examples, and what has been added up of them."""

    def __init__(self, sums: Sums, sizes: Sizes) -> None:
        self._sums = sums
        self._sizes = sizes
        self._cells: dict[tuple[Term, ...], list[int]] = {}
        self._by_kind: dict[tuple[Term, ...], Counter[int]] = {}
        self._by_cell: dict[Filter, dict[int, int]] = {}

    def _meant_cells(self, wanted: Filter) -> list[int]:
        terms = _only(wanted, _OF_CELLS)
        found = self._cells.get(terms)
        if found is None:
            cells, means = self._sums.cells, self._sums.means_cell
            found = self._cells[terms] = [number for number in self._sizes if means(wanted, cells[number])]
        return found

    def by_kind(self, wanted: Filter) -> Counter[int]:
        """How many examples of each kind are in the cells that a filter means."""
        terms = _only(wanted, _OF_CELLS)
        found = self._by_kind.get(terms)
        if found is None:
            found = self._by_kind[terms] = Counter()
            for number in self._meant_cells(wanted):
                for kind, count in self._sizes[number].items():
                    found[kind] += count
        return found

    def by_cell(self, wanted: Filter) -> dict[int, int]:
        """How many examples a filter means in each cell."""
        found = self._by_cell.get(wanted)
        if found is None:
            meant, sizes = self._sums.meant(wanted), self._sizes
            numbers = self._meant_cells(wanted)
            if meant is None:
                found = {number: sum(sizes[number].values()) for number in numbers}
            else:
                found = {
                    number: sum([count for kind, count in sizes[number].items() if meant[kind]]) for number in numbers
                }
            self._by_cell[wanted] = found
        return found

    def total(self, wanted: Filter) -> int:
        """How many examples a filter means."""
        by_kind, meant = self.by_kind(wanted), self._sums.meant(wanted)
        if meant is None:
            return sum(by_kind.values())
        return sum([count for kind, count in by_kind.items() if meant[kind]])

    def listed(self, field: str, wanted: Filter) -> Rows:
        """A field's values with their counts; nothing is asked of the field itself."""
        names = self._sums.names
        if field == "label":
            titles = [*_VERDICTS, *((code, name) for _, code, name in names.categories)]
            return self._chosen(field, wanted, titles)
        if field == "annotator":
            return self._chosen(field, wanted, [(name, name) for _, name in names.annotators])
        if field == "variant" and (wanted.values("label") or wanted.values("annotator")):
            return self._chosen(field, wanted, [(name, name) for _, name in names.variants])
        counts: Counter[object] = Counter()
        if field in ("slice", "is"):
            meant = self._sums.meant(wanted)
            for number, count in self.by_kind(wanted).items():
                if count and (meant is None or meant[number]):
                    kind = self._sums.kinds[number]
                    for value in [kind.slice] if field == "slice" else _states_of(kind):
                        counts[value] += count
        else:
            for number, count in self.by_cell(wanted).items():
                if count:
                    cell = self._sums.cells[number]
                    held = getattr(cell, field if field in ("workflow", "month") else f"{field}s")
                    for value in [held] if isinstance(held, str) else held:
                        counts[value] += count
        return _ORDERED[field](names, counts)

    def _chosen(self, field: str, others: Filter, titles: Iterable[tuple[str, str]]) -> Rows:
        """Values each with the count of the filter that choosing it would make."""
        counted = [(value, title, self.total(others.toggled(field, value))) for value, title in titles]
        return [row for row in counted if row[2]]


_VERDICTS = (
    ("unlabelled", "Unlabelled"),
    ("pass", "Pass"),
    ("fail", "Fail"),
    ("cannot_judge", "Can't judge"),
    ("skipped", "Skipped"),
)


def facets_of(
    sums: Sums, wanted: Filter, sizes_for: Callable[[Filter], Sizes], check: Callable[[], None] | None
) -> tuple[Facet, ...]:
    """Every facet under a filter; `sizes_for` a filter are those of the examples that its words and its conditions on
    what sums do not know mean.
    """
    counts: dict[int, _Count] = {}

    def counted(asked: Filter) -> _Count:
        sizes = sizes_for(asked)
        if id(sizes) not in counts:
            counts[id(sizes)] = _Count(sums, sizes)
        return counts[id(sizes)]

    found = []
    for field, title in FACETS.items():
        if check is not None:
            check()
        others = wanted.without(field)
        rows = counted(others).listed(field, others)
        if field == "is":
            for value in wanted.values("is"):
                if value not in LISTED_STATES:
                    chosen = others.toggled("is", value)
                    rows.append((value, value.capitalize(), counted(chosen).total(others)))
        found.append(made_facet(field, title, rows, wanted.values(field)))
    return tuple(found)


def _only(wanted: Filter, fields: Sequence[str]) -> tuple[Term, ...]:
    return tuple(term for term in wanted.terms if term.field in fields)


def _mark_passes(wanted: Filter, kind: Kind) -> bool:
    states = set(_states_of(kind))
    asked = {value for value in wanted.values("is") if value in LISTED_STATES}  # the rarer ones are asked of the rows
    refused = set(wanted.values("is", negated=True))
    return asked <= states and not refused & states and _passes(wanted, "slice", {kind.slice or "none"})


def _states_of(kind: Kind) -> list[str]:
    return [state for state in LISTED_STATES if getattr(kind, state)]


def _passes(wanted: Filter, field: str, held: set[str]) -> bool:
    asked, refused = wanted.values(field), wanted.values(field, negated=True)
    return (not asked or not held.isdisjoint(asked)) and held.isdisjoint(refused)


def _label_test(names: Names, wanted: Filter) -> Callable[[frozenset[Label]], bool]:
    """Whether a filter's conditions on labels hold: verdict, annotator and variant are asked of one and the same."""
    who, on = wanted.values("annotator"), wanted.values("variant")
    people = {number for number, name in names.annotators if name in who}
    others = {number for number, name in names.annotators if name in wanted.values("annotator", negated=True)}
    variants = {number for number, name in names.variants if name in on}
    asked, refused = wanted.values("label"), wanted.values("label", negated=True)

    def codes(values: Sequence[str]) -> frozenset[int]:
        return frozenset(number for number, code, _ in names.categories if code in values)

    conditions = [(values, codes(values), values is refused) for values in (asked, refused) if values]

    def holds(labels: frozenset[Label]) -> bool:
        if others and any(label.annotator in others for label in labels):
            return False
        meant: Iterable[Label] = labels
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

    known: dict[frozenset[Label], bool] = {}

    def test(labels: frozenset[Label]) -> bool:
        answer = known.get(labels)
        if answer is None:
            answer = known[labels] = holds(labels)
        return answer

    return test


def _workflows(_names: Names, counts: Counter[object]) -> Rows:
    found = sorted(((str(name), count) for name, count in counts.items()), key=lambda row: (-row[1], row[0]))
    return [(name, name or "(none)", count) for name, count in found]


def _months(_names: Names, counts: Counter[object]) -> Rows:
    found = sorted(((str(name), count) for name, count in counts.items()), reverse=True)
    if [name for name, _ in found] == ["none"]:
        return []
    return [(name, "No time" if name == "none" else name, count) for name, count in found]


def _slices(_names: Names, counts: Counter[object]) -> Rows:
    found = sorted(((str(name), count) for name, count in counts.items()), key=lambda row: (not row[0], row[0]))
    return [(name or "none", (name or "in no slice").capitalize(), count) for name, count in found]


def _by_id(named: Sequence[tuple[int, str]], counts: Counter[object]) -> Rows:
    return [(name, name, counts[number]) for number, name in named if counts[number]]


def _states(_names: Names, counts: Counter[object]) -> Rows:
    return [(state, title, counts[state]) for state, title in LISTED_STATES.items() if counts[state]]


_ORDERED: dict[str, Callable[[Names, Counter[object]], Rows]] = {
    "workflow": _workflows,
    "month": _months,
    "slice": _slices,
    "source": lambda names, counts: _by_id(names.sources, counts),
    "variant": lambda names, counts: _by_id(names.variants, counts),
    "is": _states,
}
