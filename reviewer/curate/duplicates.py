"""Near-duplicates: examples that are the same case in other words, in groups, with what a person decided about each."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from reviewer.curate.contracts import SLICES
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.store.database import Database, now_ms
from reviewer.store.history import Action, Changes

__all__ = ["DECISIONS", "SOON", "Duplicates", "Found", "Group", "Like", "groups_in", "mates"]

DECISIONS = ("keep", "merge", "exclude")
SOON = 5_000
"""So few new examples are compared without being asked for."""
Report = Callable[..., None]
_CHUNK = 500


def _no_report(done: int, total: int, note: str = "") -> None:
    """Progress that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Like:
    """One example of a group."""

    example_id: int
    key: str
    slice: str
    """Empty where it is in none."""
    kind: str
    """exact, normal: equal but for case, punctuation and space; or near."""
    similarity: float
    """With the member it was compared with, 0 to 1; 1 for the first."""


@dataclass(frozen=True, slots=True)
class Group:
    """Examples that are the same case."""

    members: tuple[Like, ...]
    """In the order in which they came into the project."""
    decision: str = ""
    reason: str = ""

    @property
    def id(self) -> int:
        """The example that came first."""
        return self.members[0].example_id

    @property
    def keys(self) -> tuple[str, ...]:
        """The members' public ids."""
        return tuple(member.key for member in self.members)

    @property
    def slices(self) -> tuple[str, ...]:
        """The slices that members are in."""
        return tuple(name for name in SLICES if any(member.slice == name for member in self.members))

    @property
    def split(self) -> bool:
        """Whether members are in several slices."""
        return len(self.slices) > 1

    @property
    def kind(self) -> str:
        """The loosest of the kinds of its members."""
        kinds = {member.kind for member in self.members}
        return next(kind for kind in ("near", "normal", "exact") if kind in kinds)

    @property
    def similarity(self) -> float:
        """Of the two that are least alike."""
        return min(member.similarity for member in self.members)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search did."""

    compared: int
    """Examples that were new or had changed."""
    examples: int
    """All of them, or the members of slices where only these were looked for."""
    groups: int
    """Groups that wait for a decision."""
    seconds: float
    changes: Changes | None = field(default=None, compare=False, repr=False)


class Duplicates:
    """The groups of near-duplicates of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- searching

    def find(self, report: Report = _no_report, *, members_only: bool = False) -> Found:
        """Compare every example that is new or has another input since the last search with all others.

        With `members_only` only members of slices are looked for, as a freeze needs it. What is found is stored at the
        end, so a search that is cancelled leaves everything as it was; an open project is needed that can be written.
        """
        from reviewer.curate.duplicate_search import search

        start = time.perf_counter()
        compared = search(self._database, report, members_only=members_only)
        table = "slice_members" if members_only else "examples"
        with self._database.read() as connection:
            total = int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
        waiting = sum(1 for group in self.groups(members_only=members_only) if not group.decision)
        changes = Changes("find near-duplicates", frozenset({"duplicate_members"} if compared else ()), room="curate")
        return Found(compared, total, waiting, time.perf_counter() - start, changes)

    def pending(self, *, members_only: bool = False) -> int:
        """How many examples have not been compared yet, being new or changed."""
        from reviewer.curate.duplicate_search import stale

        with self._database.read() as connection:
            return len(stale(connection, members_only=members_only))

    # -- reading

    def groups(self, *, members_only: bool = False) -> tuple[Group, ...]:
        """The groups of two and more that are not excluded, in order of import; with `members_only` within slices."""
        with self._database.read() as connection:
            return groups_in(connection, members_only=members_only)

    def group_of(self, key: str) -> Group:
        """The group that an example is in, by its public id; raises NotFoundError."""
        for group in self.groups():
            if key in group.keys:
                return group
        raise NotFoundError(f"“{key}” is in no group of near-duplicates. `reviewer duplicates list` names the groups.")

    # -- deciding

    def keep(self, group: Group, reason: str, *, annotator_id: int | None) -> Changes:
        """Keep all of a group, for a reason; it stays in one slice all the same.

        Raises ConflictError for a group that lies in several slices.
        """
        reason = _reason(reason)
        if group.split:
            raise ConflictError(
                f"{' and '.join(group.keys[:5])} lie in {' and '.join(group.slices)}: put them into one slice first"
                " (reviewer slices assign, or the keys of the slices)."
            )
        with self._action(f"keep {_several(group)}", annotator_id, group) as action:
            self._decide(action, group, "keep", reason, annotator_id)
            for member in group.members:
                action.touches(member.example_id)
        return action.changes

    def merge(self, group: Group, into: str, reason: str, *, annotator_id: int | None) -> Changes:
        """Keep the member `into` alone: the others are excluded, and it takes their slice where it has none."""
        reason = _reason(reason)
        kept = next((member for member in group.members if member.key == into), None)
        if kept is None:
            raise NotFoundError(f"“{into}” is not in this group; its members are {', '.join(group.keys)}.")
        with self._action(f"merge {_several(group)} into {into}", annotator_id, group) as action:
            if not kept.slice and group.slices:
                row = next(
                    dict(row)
                    for row in action.connection.execute(
                        "SELECT * FROM slice_members WHERE slice = ? AND example_id IN"
                        " (SELECT value FROM json_each(?)) ORDER BY example_id",
                        (group.slices[0], json.dumps([member.example_id for member in group.members])),
                    )
                )
                row.update(example_id=kept.example_id, how=f"merged from look-alikes into {into}", assigned_ms=now_ms())
                action.insert("slice_members", **{**row, "annotator_id": annotator_id})
            self._exclude(
                action, (member for member in group.members if member is not kept), f"same as {into}: {reason}"
            )
            self._decide(action, group, "merge", reason, annotator_id)
        return action.changes

    def exclude(self, group: Group, keys: Collection[str], reason: str, *, annotator_id: int | None) -> Changes:
        """Exclude these members of a group, for a reason; they leave their slices."""
        reason = _reason(reason)
        chosen = [member for member in group.members if member.key in keys]
        if not chosen or len(chosen) < len(set(keys)):
            odd = sorted(set(keys) - set(group.keys))
            raise NotFoundError(f"{', '.join(odd) or 'Nothing'} is not in this group ({', '.join(group.keys)}).")
        with self._action(f"exclude {', '.join(member.key for member in chosen)}", annotator_id, group) as action:
            self._exclude(action, chosen, reason)
            self._decide(action, group, "exclude", reason, annotator_id)
        return action.changes

    @contextmanager
    def _action(self, title: str, annotator_id: int | None, group: Group) -> Iterator[Action]:
        """An action on a group that is as it was seen; raises ConflictError when a member has gone meanwhile."""
        with self._database.action(title, annotator_id, room="curate", focus=group.id) as action:
            ids = json.dumps([member.example_id for member in group.members])
            there = action.connection.execute(
                "SELECT count(*) FROM examples WHERE excluded = 0 AND id IN (SELECT value FROM json_each(?))", (ids,)
            ).fetchone()[0]
            if there < len(group.members):
                raise ConflictError(
                    "A member of this group is excluded or gone by now; nothing was changed. Look again."
                )
            yield action

    @staticmethod
    def _decide(action: Action, group: Group, decision: str, reason: str, annotator_id: int | None) -> None:
        action.insert(
            "duplicate_decisions",
            members=json.dumps([member.example_id for member in group.members]),
            decision=decision,
            reason=reason,
            annotator_id=annotator_id,
            decided_ms=now_ms(),
        )

    @staticmethod
    def _exclude(action: Action, members: Iterable[Like], reason: str) -> None:
        for member in members:
            action.update("examples", member.example_id, excluded=1, exclude_reason=reason)
            action.delete("slice_members", member.example_id)


def _reason(text: str) -> str:
    reason = " ".join(text.split())
    if not reason:
        raise InputError("A decision about near-duplicates needs a reason; it stands in the history.")
    return reason


def _several(group: Group) -> str:
    return f"{len(group.members):,} near-duplicates"


_MATES = """
SELECT o.example_id AS id FROM duplicate_members d
JOIN duplicate_members o ON o.group_id = d.group_id
JOIN slice_members m ON m.example_id = o.example_id AND m.slice <> ?1
WHERE d.example_id IN (SELECT value FROM json_each(?2))
UNION
SELECT o.id FROM examples e JOIN examples o ON o.content_hash = e.content_hash
JOIN slice_members m ON m.example_id = o.id AND m.slice <> ?1
WHERE e.id IN (SELECT value FROM json_each(?2))
"""


def mates(connection: sqlite3.Connection, example_ids: Sequence[int], slice: str) -> list[int]:
    """The near-duplicates of these examples that are in another slice than `slice`, excluded ones as well."""
    found: set[int] = set()
    for start in range(0, len(example_ids), _CHUNK):
        ids = json.dumps(list(example_ids[start : start + _CHUNK]))
        found.update(int(row["id"]) for row in connection.execute(_MATES, (slice, ids)))
    return sorted(found)


# A member whose input has changed since is in no group until it is compared again.
_STORED = """
SELECT d.example_id, d.group_id, d.kind, d.similarity FROM {members} duplicate_members d {on}
CROSS JOIN examples e ON e.id = d.example_id
CROSS JOIN duplicate_prints p ON p.example_id = d.example_id AND p.content_hash = e.content_hash
WHERE e.excluded = 0 ORDER BY d.example_id
"""
# What has the same input to the letter is known without a search.
_EXACT = """
SELECT e.id, e.content_hash FROM {members} examples e {on} WHERE e.excluded = 0 AND e.content_hash IN (
    SELECT e.content_hash FROM {members} examples e {on} WHERE e.excluded = 0
    GROUP BY e.content_hash HAVING count(*) > 1)
ORDER BY e.id
"""


def groups_in(connection: sqlite3.Connection, *, members_only: bool = False) -> tuple[Group, ...]:
    """The groups of two and more that are not excluded; with `members_only` only what of them is in slices."""
    parents: dict[int, int] = {}

    def root(example_id: int) -> int:
        while parents[example_id] != example_id:
            parents[example_id] = parents[parents[example_id]]
            example_id = parents[example_id]
        return example_id

    def join(one: int, other: int) -> None:
        first, second = sorted((root(one), root(other)))
        parents[second] = first

    # The members of slices are few, and asked for after every change: nothing else is read for them.
    begin = "slice_members m CROSS JOIN" if members_only else ""
    stored = _STORED.format(members=begin, on="ON d.example_id = m.example_id" if members_only else "")
    exact = _EXACT.format(members=begin, on="ON e.id = m.example_id" if members_only else "")
    likeness: dict[int, tuple[str, float]] = {}
    heads: dict[int, int] = {}
    for row in connection.execute(stored):
        parents[row["example_id"]] = row["example_id"]
        likeness[row["example_id"]] = (row["kind"], row["similarity"])
        join(row["example_id"], heads.setdefault(row["group_id"], row["example_id"]))
    same: dict[str, int] = {}
    for row in connection.execute(exact):
        parents.setdefault(row["id"], row["id"])
        likeness.setdefault(row["id"], ("exact", 1.0))
        join(row["id"], same.setdefault(row["content_hash"], row["id"]))
    together: dict[int, list[int]] = {}
    for example_id in sorted(parents):
        together.setdefault(root(example_id), []).append(example_id)
    rows = _rows(connection, [example_id for found in together.values() if len(found) > 1 for example_id in found])
    decided = _decisions(connection)
    groups = []
    for found in together.values():
        members = tuple(
            Like(example_id, *rows[example_id], *likeness[example_id]) for example_id in found if example_id in rows
        )
        if len(members) > 1:
            decision, reason = _decision_on({member.example_id for member in members}, decided)
            groups.append(Group(members, decision, reason))
    return tuple(groups)


def _rows(connection: sqlite3.Connection, ids: list[int]) -> dict[int, tuple[str, str]]:
    rows = connection.execute(
        "SELECT e.id, e.key, coalesce(m.slice, '') AS slice FROM examples e"
        " LEFT JOIN slice_members m ON m.example_id = e.id WHERE e.id IN (SELECT value FROM json_each(?))",
        (json.dumps(ids),),
    )
    return {row["id"]: (row["key"], row["slice"]) for row in rows}


_Decision = tuple[frozenset[int], str, str]


def _decisions(connection: sqlite3.Connection) -> dict[int, list[_Decision]]:
    """What was decided to keep, under each member; the newest last."""
    found: dict[int, list[_Decision]] = {}
    for row in connection.execute(
        "SELECT members, decision, reason FROM duplicate_decisions WHERE decision = 'keep' ORDER BY id"
    ):
        members = frozenset(json.loads(row["members"]))
        for example_id in members:
            found.setdefault(example_id, []).append((members, row["decision"], row["reason"]))
    return found


def _decision_on(members: set[int], decided: dict[int, list[_Decision]]) -> tuple[str, str]:
    """A decision holds for the members that it was about: a new one among them opens the group again."""
    for about, decision, reason in reversed(decided.get(min(members), [])):
        if members <= about:
            return decision, reason
    return "", ""
