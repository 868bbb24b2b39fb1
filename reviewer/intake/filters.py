"""Filters: which examples are meant, as a small language that reads and writes itself, and as SQL.

    workflow:refunds label:fail -is:excluded after:2026-01-01 "late delivery"

Several values of one field mean any of them (of `is` and `has`: all); different fields must all hold; `-` in front
means not. What is left is
searched for in the text of the examples (see `reviewer.intake.search`).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from reviewer.errors import InputError, NotFoundError
from reviewer.intake.revisions import ANSWERS, REVISED, STALE
from reviewer.store.database import Database
from reviewer.store.history import Changes

if TYPE_CHECKING:
    from reviewer.intake.search import Search

__all__ = ["FIELDS", "MONTH", "STATES", "Filter", "Filters", "SavedFilter", "Term", "check_names"]

FIELDS = {
    "workflow": "the workflow, as imported",
    "source": "the name of the imported file",
    "variant": "examples that have an output of this variant",
    "label": "pass, fail, cannot_judge, skipped, unlabelled or a category's code; said of an answer to the present"
    " input",
    "slice": "core, edge, preservation or none",
    "annotator": "examples that this person has labelled",
    "id": "an example's id, or its start and *",
    "is": "flagged, excluded, stale (an output answered an earlier input), passed, failed or escalated (the last three"
    " as the file says)",
    "has": "reference, output, label or error",
    "month": "when it happened, as in 2026-01; none without a time",
    "after": "from this day on, as in 2026-01-31",
    "before": "before this day",
}
"""Every field of the filter language, with what it asks for."""

_ALIASES = {"verdict": "label", "category": "label"}
_VERDICTS = ("pass", "fail", "cannot_judge", "skipped")
_SLICES = ("core", "edge", "preservation")
_CHOICES = {
    "is": ("flagged", "excluded", "stale", "passed", "failed", "escalated"),
    "has": ("reference", "output", "label", "error"),
}
_TOKEN = re.compile(
    r"""(?P<minus>-?)(?:(?P<field>[A-Za-z_]+):)?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"\*?|(?P<bare>[^\s"]*))""", re.DOTALL
)


class Term(NamedTuple):
    """One condition on one field, or its opposite."""

    field: str
    value: str
    negated: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.negated else ''}{self.field}:{_quoted(self.value)}"


class Filter(NamedTuple):
    """Which examples are meant: conditions on fields, and words to search for in their text."""

    terms: tuple[Term, ...] = ()
    text: str = ""

    @classmethod
    def parse(cls, query: str) -> Filter:
        """The filter that `query` describes; raises InputError that names the word and what would do instead."""
        terms: list[Term] = []
        words: list[str] = []
        place = 0
        query = query.strip()
        while place < len(query):
            if query[place].isspace():
                place += 1
                continue
            found = _TOKEN.match(query, place)
            if found is None or found.end() == place:  # a quotation mark that nothing closes: a phrase being typed
                if query[place + 1 :].strip(' "'):
                    words.append(query[place:].replace('"', " ").strip().join('""'))
                break
            place = found.end()
            field = found["field"]
            if field is not None:
                name = _ALIASES.get(field.lower(), field.lower())
                value = found["bare"] if found["quoted"] is None else _unquoted(found["quoted"])
                if name in FIELDS and (value or found["quoted"] is not None):
                    terms.append(Term(name, _checked(name, value), bool(found["minus"])))
                    continue
                # One letter is a drive, and what goes on with a slash an address: words like any other.
                if name not in FIELDS and value and len(field) > 1 and value[0] not in "/\\":
                    import difflib

                    near = difflib.get_close_matches(name, FIELDS, 1, 0.75)
                    raise InputError(
                        f"“{field}:” is not a field of filters"
                        + (f"; did you mean “{near[0]}:”? " if near else ". ")
                        + f"The fields are {', '.join(FIELDS)}. To search for the words themselves, put them in "
                        "quotation marks."
                    )
                if name in FIELDS:  # `label:` with its value still to be typed
                    continue
            words.append(found[0])
        return cls(_unique(terms), " ".join(words))

    def __str__(self) -> str:
        """The query that `parse` reads back as this filter."""
        return " ".join([*map(str, self.terms), *([self.text] if self.text else [])])

    def __bool__(self) -> bool:
        return bool(self.terms or self.text)

    def values(self, field: str, *, negated: bool = False) -> tuple[str, ...]:
        """What is asked of a field."""
        return tuple(term.value for term in self.terms if term.field == field and term.negated is negated)

    def toggled(self, field: str, value: str) -> Filter:
        """This filter with one condition added, or taken out when it is there."""
        term = Term(field, value)
        if term in self.terms:
            return Filter(tuple(other for other in self.terms if other != term), self.text)
        return Filter((*self.terms, term), self.text)

    def without(self, field: str) -> Filter:
        """This filter with nothing asked of a field."""
        return Filter(tuple(term for term in self.terms if term.field != field), self.text)

    def with_text(self, text: str) -> Filter:
        """This filter with other words to search for."""
        return Filter(self.terms, text)

    def where_sql(self, matches: Iterable[int] | None = None, *, in_order: bool = False) -> tuple[str, list[object]]:
        """The condition on `examples e` and its bound values.

        With `in_order` it is written for a walk in the order of ids, which no index of several workflows gives.

        `matches` are the ids of the examples whose text matches `text`. A filter with text needs them: callers that
        do not search themselves use `Filters.where`.
        """
        if self.text and matches is None:
            raise InputError(f"“{self.text}” asks for a text search, which is not possible here; use fields alone.")
        clauses: list[str] = []
        values: list[object] = []

        def add(clause: str, bound: Iterable[object] = ()) -> None:
            clauses.append(clause)
            values.extend(bound)

        self._labels(add)
        others = self.values("annotator", negated=True)
        if others:
            clause, bound = _annotator(others)
            add(f"NOT ({clause})", bound)
        for field, build in _BUILDERS.items():
            for negated in (False, True):
                wanted = self.values(field, negated=negated)
                if wanted:
                    clause, bound = build(wanted)
                    if in_order and field == "workflow" and len(wanted) > 1:
                        clause = f"+{clause}"
                    add(f"NOT ({clause})" if negated else f"({clause})", bound)
        for field in ("is", "has"):
            for value in self.values(field):
                add(STATES[value])
            for value in self.values(field, negated=True):
                add(f"NOT ({STATES[value]})")
        if self.text:
            import json

            add("e.id IN (SELECT value FROM json_each(?))", [json.dumps(list(matches or ()))])
        return " AND ".join(clauses) or "1", values

    def _labels(self, add: Callable[[str, Iterable[object]], None]) -> None:
        """Conditions on labels: verdict, annotator and variant are asked of one and the same label."""
        who, on = self.values("annotator"), self.values("variant")
        scope = ""
        bound: list[object] = []
        if who:
            scope += f" AND a.name IN ({_marks(who)})"
            bound += list(who)
        if on:
            scope += f" AND v.name IN ({_marks(on)})"
            bound += list(on)
        base = (
            "SELECT o.example_id FROM labels l JOIN outputs o ON o.id = l.output_id"
            " JOIN annotators a ON a.id = l.annotator_id JOIN variants v ON v.id = o.variant_id"
            f" WHERE {ANSWERS}{scope}"
        )
        for negated in (False, True):
            wanted = self.values("label", negated=negated)
            if not wanted:
                continue
            parts: list[str] = []
            given: list[object] = []
            coded = [value for value in wanted if value != "unlabelled"]
            if coded:
                marks = _marks(coded)
                parts.append(
                    f"e.id IN ({base} AND (l.verdict IN ({marks}) OR l.category_id IN"
                    f" (SELECT id FROM categories WHERE code IN ({marks})) OR l.id IN (SELECT x.label_id FROM"
                    f" label_categories x JOIN categories c ON c.id = x.category_id WHERE c.code IN ({marks}))))"
                )
                given += [*bound, *coded, *coded, *coded]
            if "unlabelled" in wanted:
                parts.append(f"e.id NOT IN ({base})")
                given += bound
            clause = " OR ".join(parts)
            add(f"NOT ({clause})" if negated else f"({clause})", given)
        if who and not self.values("label"):
            add(f"e.id IN ({base})", bound)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _workflow(values: Sequence[str]) -> tuple[str, list[object]]:
    return f"e.workflow IN ({_marks(values)})", list(values)


def _source(values: Sequence[str]) -> tuple[str, list[object]]:
    ids = f"(SELECT id FROM sources WHERE name IN ({_marks(values)}))"
    return (
        # One without a source is in none, which NULL alone would not say.
        f"(e.source_id IN {ids} AND e.source_id IS NOT NULL)"
        f" OR e.id IN (SELECT example_id FROM outputs WHERE source_id IN {ids})",
        [*values, *values],
    )


def _variant(values: Sequence[str]) -> tuple[str, list[object]]:
    return (
        "EXISTS (SELECT 1 FROM outputs o WHERE o.example_id = e.id AND o.variant_id IN"
        f" (SELECT id FROM variants WHERE name IN ({_marks(values)})))",
        list(values),
    )


def _annotator(values: Sequence[str]) -> tuple[str, list[object]]:
    return (
        "e.id IN (SELECT o.example_id FROM labels l JOIN outputs o ON o.id = l.output_id"
        f" JOIN annotators a ON a.id = l.annotator_id WHERE {ANSWERS} AND a.name IN ({_marks(values)}))",
        list(values),
    )


MONTH = "coalesce(strftime('%Y-%m', e.occurred_ms / 1000, 'unixepoch'), 'none')"
"""The month of an example, as SQL."""


def _month(values: Sequence[str]) -> tuple[str, list[object]]:
    return f"{MONTH} IN ({_marks(values)})", list(values)


def _slice(values: Sequence[str]) -> tuple[str, list[object]]:
    parts: list[str] = []
    bound: list[object] = []
    named = [value for value in values if value != "none"]
    if named:
        parts.append(f"e.id IN (SELECT example_id FROM slice_members WHERE slice IN ({_marks(named)}))")
        bound += named
    if "none" in values:
        parts.append("e.id NOT IN (SELECT example_id FROM slice_members)")
    return " OR ".join(parts), bound


def _id(values: Sequence[str]) -> tuple[str, list[object]]:
    parts: list[str] = []
    bound: list[object] = []
    for value in values:
        if value.endswith("*"):
            # The keys of [A-Za-z0-9_-] sort below "{", so this is the range of the prefix on the index.
            parts.append("(e.key >= ? AND e.key < ?)")
            bound += [value[:-1], value[:-1] + "{"]
        else:
            parts.append("e.key = ? OR e.original_id = ?")
            bound += [value, value]
    return " OR ".join(parts), bound


# A sealed output's figures say as much as its text, so they are not asked; those of an output that answered an earlier
# input say nothing of the present one.
_OUTPUT = (
    f"EXISTS (SELECT 1 FROM outputs o WHERE o.example_id = e.id AND o.sealed_by IS NULL AND NOT ({STALE}) AND {{}})"
)
STATES = {
    "flagged": "e.flagged = 1",
    "excluded": "e.excluded = 1",
    "passed": _OUTPUT.format("(o.passed = 1 OR (o.passed IS NULL AND o.score >= 1))"),
    "failed": _OUTPUT.format("(o.passed = 0 OR (o.passed IS NULL AND o.score < 1))"),
    "stale": f"e.id IN {REVISED} AND EXISTS (SELECT 1 FROM outputs o WHERE o.example_id = e.id AND {STALE})",
    "escalated": _OUTPUT.format("o.escalated = 1"),
    "reference": "e.id IN (SELECT example_id FROM example_references)",
    "output": "EXISTS (SELECT 1 FROM outputs o WHERE o.example_id = e.id)",
    "label": f"e.id IN (SELECT o.example_id FROM labels l JOIN outputs o ON o.id = l.output_id WHERE {ANSWERS})",
    "error": _OUTPUT.format("coalesce(o.error, '') <> ''"),
}


def _after(values: Sequence[str]) -> tuple[str, list[object]]:
    return "e.occurred_ms >= ?", [max(_day(value) for value in values)]


def _before(values: Sequence[str]) -> tuple[str, list[object]]:
    return "e.occurred_ms < ?", [min(_day(value) for value in values)]


_BUILDERS = {
    "workflow": _workflow,
    "source": _source,
    "variant": _variant,
    "slice": _slice,
    "month": _month,
    "id": _id,
    "after": _after,
    "before": _before,
}


def _day(value: str) -> int:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _checked(field: str, value: str) -> str:
    if field in _CHOICES:
        value = value.lower()
        if value not in _CHOICES[field]:
            raise InputError(f"“{field}:{value}” is not known; {field} takes {', '.join(_CHOICES[field])}.")
    elif field in ("after", "before"):
        try:
            _day(value)
        except ValueError as error:
            raise InputError(f"“{field}:{value}” is not a day; write it as 2026-01-31.") from error
    elif field == "slice":
        value = value.lower()
        if value not in (*_SLICES, "none"):
            raise InputError(f"There is no slice “{value}”; slice takes {', '.join(_SLICES)} or none.")
    elif field == "label":
        value = value.lower() if value.lower() in (*_VERDICTS, "unlabelled") else value
    return value


def check_names(connection: sqlite3.Connection, wanted: Filter) -> None:
    """Raise InputError for a label that is neither a verdict nor a category's code of this project."""
    codes: list[str] | None = None
    for term in wanted.terms:
        if term.field == "label" and term.value not in (*_VERDICTS, "unlabelled"):
            if codes is None:
                codes = [row["code"] for row in connection.execute("SELECT code FROM categories ORDER BY position, id")]
            if term.value not in codes:
                raise InputError(
                    f"There is no verdict or category “{term.value}”; label takes "
                    f"{', '.join([*_VERDICTS, 'unlabelled', *codes])}."
                )


def _unique(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(dict.fromkeys(terms))


def _quoted(value: str) -> str:
    if value and not any(character.isspace() or character in '"\\' for character in value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


class SavedFilter(NamedTuple):
    """A filter that a person saved under a name."""

    id: int
    name: str
    filter: Filter


class Filters:
    """The saved filters of a project, and filters as SQL with their text searched for."""

    def __init__(self, database: Database, search: Search | None = None) -> None:
        self._database = database
        self._search = search

    def where(self, wanted: Filter | str) -> tuple[str, list[object]]:
        """The condition on `examples e` and its bound values; text is searched for first, in the whole index."""
        chosen = Filter.parse(wanted) if isinstance(wanted, str) else wanted
        with self._database.read() as connection:
            check_names(connection, chosen)
        if not chosen.text or self._search is None:
            return chosen.where_sql()
        return chosen.where_sql(self._search.ids(chosen.text))

    def saved(self) -> list[SavedFilter]:
        """The saved filters, in the order in which they were saved."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT id, name, query FROM saved_filters ORDER BY position, id").fetchall()
        found = []
        for row in rows:
            try:
                found.append(SavedFilter(row["id"], row["name"], Filter.parse(row["query"])))
            except InputError:  # a query of another version's language: kept in the file, not offered
                continue
        return found

    def save(self, name: str, wanted: Filter, annotator_id: int | None) -> Changes:
        """Save a filter under a name, replacing an older one; raises InputError for an empty name or filter."""
        name = " ".join(name.split())
        if not name:
            raise InputError("A saved filter needs a name.")
        if not wanted:
            raise InputError("There is no filter to save: choose a facet or type a search first.")
        with self._database.action(f"save the filter {name}", annotator_id, room="examples") as action:
            row = action.connection.execute("SELECT id FROM saved_filters WHERE name = ?", (name,)).fetchone()
            if row is not None:
                action.update("saved_filters", row["id"], query=str(wanted))
            else:
                last = action.connection.execute("SELECT coalesce(max(position), 0) FROM saved_filters").fetchone()[0]
                action.insert("saved_filters", name=name, query=str(wanted), position=last + 1)
        return action.changes

    def delete(self, filter_id: int, annotator_id: int | None) -> Changes:
        """Remove a saved filter; raises NotFoundError."""
        with self._database.action("remove a saved filter", annotator_id, room="examples") as action:
            if not action.delete("saved_filters", filter_id):
                raise NotFoundError("That saved filter is gone already.")
        return action.changes
