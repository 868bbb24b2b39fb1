"""What stands between the present slices and a version that can be trusted, as sentences with their examples."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.curate.contracts import CAPABILITIES, SLICES, Slice
from reviewer.curate.shelf_life import expired_members
from reviewer.store.database import Database
from reviewer.triage.truths import present_ms

__all__ = ["Check", "Unmet", "duplicates", "readiness"]

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Unmet:
    """One thing that is not met, and the public ids of the examples that it is about."""

    kind: str
    """empty, range, mix, capability, reference, excluded, sealed, duplicate or expired."""
    sentence: str
    keys: tuple[str, ...] = ()
    slice: str = ""
    remedy: str = ""
    """The way out, as a sentence."""

    @property
    def told(self) -> str:
        """The sentence and the way out."""
        return f"{self.sentence} {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class Check:
    """The state of the next version."""

    slices: tuple[Slice, ...]
    unmet: tuple[Unmet, ...]
    duplicates: tuple[tuple[str, ...], ...]
    """Groups of members whose input is the same."""
    expired: tuple[str, ...]
    """Members whose reference is past its shelf life."""

    @property
    def count(self) -> int:
        """The examples that would be frozen."""
        return sum(item.count for item in self.slices)


def readiness(database: Database, slices: Sequence[Slice], at_ms: int | None = None) -> Check:
    """The state of the next version at a time (now, when left out)."""
    with database.read() as connection:
        repeats = duplicates(connection, members_only=True)
        stale = expired_members(connection, present_ms(connection) if at_ms is None else at_ms)
        unmet = [
            *_empty(slices),
            *_ranges(slices),
            *_mixes(slices),
            *_capabilities(slices),
            *_references(connection),
            *_excluded(connection),
            *_sealed(connection),
            *_repeats(repeats),
            *_stale(stale),
        ]
    return Check(tuple(slices), tuple(unmet), repeats, tuple(key for _, key, _, _ in stale))


def duplicates(connection: sqlite3.Connection, *, members_only: bool = False) -> tuple[tuple[str, ...], ...]:
    """Groups of examples whose input messages are the same to the letter; excluded examples left out."""
    join = " JOIN slice_members m ON m.example_id = e.id" if members_only else ""
    groups: dict[str, list[str]] = {}
    for row in connection.execute(
        f"SELECT e.key, e.content_hash FROM examples e{join} WHERE e.excluded = 0 AND e.content_hash IN ("
        f"SELECT e.content_hash FROM examples e{join} WHERE e.excluded = 0 GROUP BY e.content_hash HAVING count(*) > 1)"
        " ORDER BY e.key"
    ):
        groups.setdefault(row["content_hash"], []).append(row["key"])
    return tuple(sorted(tuple(keys) for keys in groups.values()))


def _empty(slices: Sequence[Slice]) -> list[Unmet]:
    if any(item.count for item in slices):
        return []
    return [
        Unmet(
            "empty", "No example is in a slice yet, so there is nothing to freeze.", remedy="Assign some or draw them."
        )
    ]


def _ranges(slices: Sequence[Slice]) -> list[Unmet]:
    found = []
    for item in slices:
        if item.count < item.minimum:
            short = item.minimum - item.count
            text = f"{item.name} has {item.count:,} of at least {item.minimum:,} examples; {short:,} more are needed."
            remedy = f"Draw a sample of {short:,}, assign more by hand, or change the contract."
            found.append(Unmet("range", text, slice=item.name, remedy=remedy))
        elif item.count > item.maximum:
            text = f"{item.name} has {item.count:,} examples, {item.count - item.maximum:,} over its {item.maximum:,}."
            remedy = f"Take {item.count - item.maximum:,} out, or change the contract."
            found.append(Unmet("range", text, slice=item.name, remedy=remedy))
    return found


def _mixes(slices: Sequence[Slice]) -> list[Unmet]:
    return [
        Unmet(
            "mix",
            f"{item.name}: {item.mix.sentence[0].lower()}{item.mix.sentence[1:]}",
            slice=item.name,
            remedy=f"Add {item.mix.add:,} of {item.mix.worst or 'no workflow'}, or draw {item.name} anew by workflow.",
        )
        for item in slices
        # A slice that is not full yet is told to fill up first.
        if item.mix is not None and item.mix.far and item.count >= item.minimum
    ]


def _capabilities(slices: Sequence[Slice]) -> list[Unmet]:
    preservation = next(item for item in slices if item.name == "preservation")
    missing = [CAPABILITIES[name] for name, count in preservation.capabilities.items() if not count]
    if not missing or not preservation.count:
        return []
    words = missing[0] if len(missing) == 1 else f"{', '.join(missing[:-1])} or {missing[-1]}"
    return [
        Unmet(
            "capability",
            f"preservation has no example of {words}.",
            slice="preservation",
            remedy="Put examples of it into preservation and say so (P, then the digit).",
        )
    ]


def _references(connection: sqlite3.Connection) -> list[Unmet]:
    found = []
    for name in SLICES:
        keys = _keys(
            connection,
            "SELECT e.key FROM slice_members m JOIN examples e ON e.id = m.example_id WHERE m.slice = ?"
            " AND e.excluded = 0 AND e.id NOT IN (SELECT example_id FROM example_references) ORDER BY e.key",
            name,
        )
        if keys:
            text = f"{_examples(len(keys))} in {name} {_verb(len(keys), 'has', 'have')} no reference{_named(keys)}."
            remedy = "Write the answer that would have been right (R), or take them out."
            found.append(Unmet("reference", text, keys, name, remedy))
    return found


def _excluded(connection: sqlite3.Connection) -> list[Unmet]:
    keys = _keys(
        connection,
        "SELECT e.key FROM slice_members m JOIN examples e ON e.id = m.example_id WHERE e.excluded = 1 ORDER BY e.key",
    )
    if not keys:
        return []
    return [
        Unmet(
            "excluded",
            f"{_examples(len(keys))} in the slices {_verb(len(keys), 'is', 'are')} excluded and would be left out"
            f"{_named(keys)}.",
            keys,
            remedy="Include them again in the Examples room, or take them out of the slices.",
        )
    ]


def _sealed(connection: sqlite3.Connection) -> list[Unmet]:
    found = []
    for study in connection.execute("SELECT id, name FROM studies WHERE state = 'open' ORDER BY id").fetchall():
        keys = _keys(
            connection,
            "SELECT DISTINCT e.key FROM slice_members m JOIN examples e ON e.id = m.example_id"
            " JOIN outputs o ON o.example_id = e.id JOIN variants v ON v.id = o.variant_id AND v.role = 'production'"
            " WHERE e.excluded = 0 AND o.sealed_by = ? ORDER BY e.key",
            study["id"],
        )
        if keys:
            text = (
                f"The study “{study['name']}” seals the production output of {_examples(len(keys))}, which would be"
                " frozen without it; close the study first."
            )
            found.append(Unmet("sealed", text, keys))  # the way out stands in the sentence
    return found


def _repeats(groups: Sequence[tuple[str, ...]]) -> list[Unmet]:
    if not groups:
        return []
    keys = tuple(key for group in groups for key in group)
    surplus = len(keys) - len(groups)
    text = (
        f"{_examples(surplus)} {_verb(surplus, 'repeats', 'repeat')} another's input word for word and"
        f" {_verb(surplus, 'counts', 'count')} twice ({' = '.join(groups[0][:3])}{', …' if len(groups) > 1 else ''})."
    )
    return [Unmet("duplicate", text, keys, remedy="Keep one of each and take the others out or exclude them.")]


def _stale(members: Sequence[tuple[int, str, str, bool]]) -> list[Unmet]:
    if not members:
        return []
    keys = tuple(key for _, key, _, _ in members)
    text = f"{_examples(len(keys))} {_verb(len(keys), 'has', 'have')} a reference past its shelf life{_named(keys)}"
    left_out = sum(1 for _, _, _, out in members if out)
    if left_out:
        which = _verb(left_out, "it does", "they do") if left_out == len(keys) else f"{left_out:,} of them do"
        text += f"; {which} not count and would be left out, because the slice gates"
    remedy = "Confirm, replace or exclude them (References, or reviewer references expired)."
    return [Unmet("expired", f"{text}.", keys, remedy=remedy)]


def _keys(connection: sqlite3.Connection, query: str, *values: object) -> tuple[str, ...]:
    return tuple(row["key"] for row in connection.execute(query, values))


def _examples(number: int) -> str:
    return "1 example" if number == 1 else f"{number:,} examples"


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _named(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else ""
    return f" ({', '.join(keys[:_NAMED])}{more})"
