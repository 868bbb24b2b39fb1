"""What stands between the present slices and a version that can be trusted, as sentences with their examples."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.curate.contracts import CAPABILITIES, SLICES, Slice
from reviewer.curate.duplicates import Group, groups_in
from reviewer.curate.leak_records import KINDS, Leak, leaks_in, scans_in
from reviewer.curate.shelf_life import expired_members
from reviewer.intake.revisions import STALE
from reviewer.store.database import Database
from reviewer.triage.truths import present_ms
from reviewer.wording import amount

__all__ = ["Check", "Unmet", "readiness"]

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Unmet:
    """One thing that is not met, and the public ids of the examples that it is about."""

    kind: str
    """empty, range, mix, capability, reference, excluded, sealed, duplicate, split, leak, unscanned, canary or
    expired or stale."""
    sentence: str
    keys: tuple[str, ...] = ()
    slice: str = ""
    remedy: str = ""
    """The way out, as a sentence."""
    number: int = 0
    """How many there are, where it is not the examples that count."""

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
    """Groups of members that are the same case and on which nothing is decided."""
    expired: tuple[str, ...]
    """Members whose reference is past its shelf life."""

    @property
    def count(self) -> int:
        """The examples that would be frozen."""
        return sum(item.count for item in self.slices)


def readiness(database: Database, slices: Sequence[Slice], at_ms: int | None = None) -> Check:
    """The state of the next version at a time (now, when left out)."""
    with database.read() as connection:
        groups = groups_in(connection, members_only=True)
        stale = expired_members(connection, present_ms(connection) if at_ms is None else at_ms)
        unmet = [
            *_empty(slices),
            *_ranges(slices),
            *_mixes(slices),
            *_capabilities(slices),
            *_references(connection),
            *_excluded(connection),
            *_sealed(connection),
            *_answered(connection),
            *_repeats([group for group in groups if not group.decision]),
            *_split([group for group in groups if group.split]),
            *_leaks(leaks_in(connection, members_only=True, open_only=True)),
            *_scans(connection),
            *_stale(stale),
        ]
    repeats = tuple(group.keys for group in groups if not group.decision)
    return Check(tuple(slices), tuple(unmet), repeats, tuple(key for _, key, _, _ in stale))


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
            "SELECT e.key FROM slice_members m CROSS JOIN examples e ON e.id = m.example_id WHERE m.slice = ?"
            " AND e.excluded = 0 AND e.id NOT IN (SELECT example_id FROM example_references) ORDER BY e.key",
            name,
        )
        if keys:
            text = f"{amount(len(keys))} in {name} {_verb(len(keys), 'has', 'have')} no reference{_named(keys)}."
            remedy = "Write the answer that would have been right (R), or take them out."
            found.append(Unmet("reference", text, keys, name, remedy))
    return found


def _excluded(connection: sqlite3.Connection) -> list[Unmet]:
    keys = _keys(
        connection,
        "SELECT e.key FROM slice_members m CROSS JOIN examples e ON e.id = m.example_id WHERE e.excluded = 1"
        " ORDER BY e.key",
    )
    if not keys:
        return []
    return [
        Unmet(
            "excluded",
            f"{amount(len(keys))} in the slices {_verb(len(keys), 'is', 'are')} excluded and would be left out"
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
            "SELECT DISTINCT e.key FROM slice_members m CROSS JOIN examples e ON e.id = m.example_id"
            " CROSS JOIN outputs o ON o.example_id = e.id"
            " JOIN variants v ON v.id = o.variant_id AND v.role = 'production' WHERE e.excluded = 0"
            " AND o.sealed_by = ? ORDER BY e.key",
            study["id"],
        )
        if keys:
            text = (
                f"The study “{study['name']}” seals the production output of {amount(len(keys))}, which would be"
                " frozen without it; close the study first."
            )
            found.append(Unmet("sealed", text, keys))  # the way out stands in the sentence
    return found


def _answered(connection: sqlite3.Connection) -> list[Unmet]:
    """Members whose production output answered the input as it was before it was corrected."""
    keys = _keys(
        connection,
        "SELECT DISTINCT e.key FROM slice_members m CROSS JOIN examples e ON e.id = m.example_id"
        " CROSS JOIN outputs o ON o.example_id = e.id JOIN variants v ON v.id = o.variant_id AND v.role = 'production'"
        f" WHERE e.excluded = 0 AND e.input_hash IS NOT NULL AND {STALE} ORDER BY e.key",
    )
    if not keys:
        return []
    text = (
        f"{amount(len(keys))} in the slices {_verb(len(keys), 'has', 'have')} a production output that answered an"
        f" older input and would be frozen without it{_named(keys)}."
    )
    remedy = "Undo the correction, take them out, or freeze without what was observed and give the reason."
    return [Unmet("stale", text, keys, remedy=remedy)]


def _repeats(groups: Sequence[Group]) -> list[Unmet]:
    if not groups:
        return []
    keys = tuple(key for group in groups for key in group.keys)
    surplus = len(keys) - len(groups)
    first = " = ".join(groups[0].keys[:3]) + (", …" if len(groups) > 1 else "")
    text = (
        f"{amount(surplus)} {_verb(surplus, 'repeats', 'repeat')} another's case in the same or other words and"
        f" {_verb(surplus, 'counts', 'count')} twice ({first})."
    )
    remedy = "Keep, merge or exclude them (Near-duplicates, or reviewer duplicates list)."
    return [Unmet("duplicate", text, keys, remedy=remedy, number=len(groups))]


def _split(groups: Sequence[Group]) -> list[Unmet]:
    if not groups:
        return []
    keys = tuple(key for group in groups for key in group.keys)
    first = f"{' = '.join(groups[0].keys[:3])} in {' and '.join(groups[0].slices)}"
    text = (
        f"{len(groups):,} {_verb(len(groups), 'group of near-duplicates lies', 'groups of near-duplicates lie')} in"
        f" several slices ({first}{', …' if len(groups) > 1 else ''})."
    )
    remedy = "Put each into one: a member that is assigned takes the others along."
    return [Unmet("split", text, keys, remedy=remedy, number=len(groups))]


def _leaks(leaks: Sequence[Leak]) -> list[Unmet]:
    if not leaks:
        return []
    closest = {leak.key: leak for leak in reversed(leaks)}  # of each example the closest kind, which comes first
    keys = tuple(sorted(closest))
    kinds = Counter(leak.kind for leak in closest.values())
    files = sorted({leak.file for leak in leaks})
    counted = ", ".join(f"{kinds[kind]:,} {kind}" for kind in KINDS if kinds[kind])
    text = (
        f"{amount(len(keys))} in the slices{_named(keys)} {_verb(len(keys), 'overlaps', 'overlap')} with"
        f" {' and '.join(files)} ({counted})."
    )
    them = _verb(len(keys), "it", "them")
    remedy = f"Take {them} out, or waive {them} for a reason (Leaks, or reviewer leaks waive)."
    return [Unmet("leak", text, keys, remedy=remedy)]


def _scans(connection: sqlite3.Connection) -> list[Unmet]:
    """What the scans of training files leave to be done; nothing where no file was scanned."""
    found = []
    for scan in scans_in(connection):
        own = [(version, line) for _, version, line in scan.canaries]
        if own:
            version, line = next(((name, line) for name, line in own if name), own[0])
            whose = version or "another project's version"
            text = f"{scan.name} holds the canary of {whose} (line {line:,}): what was frozen is in the training data."
            remedy = (
                "Take it out of the file and scan again, or set the scan aside for a reason (reviewer leaks aside)."
            )
            found.append(Unmet("canary", text, remedy=remedy))
        keys = _keys(
            connection,
            "SELECT e.key FROM slice_members m CROSS JOIN examples e ON e.id = m.example_id"
            " WHERE e.excluded = 0 AND e.touched > ? ORDER BY e.key",
            scan.touched,
        )
        if keys:
            text = (
                f"{amount(len(keys))} in the slices {_verb(len(keys), 'is', 'are')} new or changed since"
                f" {scan.name} was scanned{_named(keys)}."
            )
            remedy = "Scan it again (reviewer check --training FILE)."
            found.append(Unmet("unscanned", text, keys, remedy=remedy))
    return found


def _stale(members: Sequence[tuple[int, str, str, bool]]) -> list[Unmet]:
    if not members:
        return []
    keys = tuple(key for _, key, _, _ in members)
    text = f"{amount(len(keys))} {_verb(len(keys), 'has', 'have')} a reference past its shelf life{_named(keys)}"
    left_out = sum(1 for _, _, _, out in members if out)
    if left_out:
        which = _verb(left_out, "it does", "they do") if left_out == len(keys) else f"{left_out:,} of them do"
        text += f"; {which} not count and would be left out, because the slice gates"
    remedy = "Confirm, replace or exclude them (References, or reviewer references expired)."
    return [Unmet("expired", f"{text}.", keys, remedy=remedy)]


def _keys(connection: sqlite3.Connection, query: str, *values: object) -> tuple[str, ...]:
    return tuple(row["key"] for row in connection.execute(query, values))


def _verb(number: int, one: str, many: str) -> str:
    return one if number == 1 else many


def _named(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else ""
    return f" ({', '.join(keys[:_NAMED])}{more})"
