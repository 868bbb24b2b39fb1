"""The three slices, their contracts, and which example is in which."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from reviewer.curate.listing import Listing
from reviewer.curate.sampling import draw
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.intake.examples import id_of
from reviewer.intake.filters import Filter, Filters
from reviewer.store.database import Database, load, now_ms
from reviewer.store.history import Changes

__all__ = ["CAPABILITIES", "SLICES", "Assignment", "Slice", "Slices", "capability_of"]

SLICES = ("core", "edge", "preservation")
CAPABILITIES = {
    "tool_use": "tool use",
    "citation": "citation",
    "summarization": "summarization",
    "refusal": "refusal",
    "reasoning": "reasoning",
}
"""What the preservation slice must cover, with the words for it."""

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice with its contract and its present count; `count` leaves excluded examples out."""

    name: str
    purpose: str
    owner: str
    minimum: int
    maximum: int
    margin: float
    count: int
    capabilities: dict[str, int] = field(default_factory=dict)
    """Examples by capability, for preservation alone; 0 where nothing covers it."""

    @property
    def met(self) -> bool:
        """Whether the count lies in the range."""
        return self.minimum <= self.count <= self.maximum


@dataclass(frozen=True, slots=True)
class Assignment:
    """What an assignment did; every list holds public ids."""

    changes: Changes
    slice: str
    added: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    """Public id and the slice it came from."""
    unchanged: int = 0
    excluded: tuple[str, ...] = ()
    """Examples that were left out because they are excluded."""

    @property
    def sentence(self) -> str:
        """What happened, for a status line."""
        if not self.slice:
            if not self.moved:
                return "None of them was in a slice."
            return f"{_count(len(self.moved))} taken out of {_names({old for _, old in self.moved})}."
        done = len(self.added) + len(self.moved)
        if done:
            text = f"{_count(done)} put into {self.slice}"
            if self.moved:
                origin = _names({old for _, old in self.moved})
                moved = "" if done == 1 else f"{'all' if not self.added else len(self.moved)} of them "
                text += f", {moved}moved from {origin}"
        elif self.unchanged:
            text = f"Already in {self.slice}"
        else:
            text = "Nothing to assign"
        if self.excluded:
            text += f"; {_count(len(self.excluded))} left out as excluded"
        return text + "."


def _count(number: int) -> str:
    return "1 example" if number == 1 else f"{number:,} examples"


def _names(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))


def capability_of(text: str) -> str:
    """The capability that a person's words mean, or empty for none; raises InputError for an unknown one."""
    name = "_".join(text.lower().replace("-", " ").replace("_", " ").split())
    if name and name not in CAPABILITIES:
        raise InputError(f"“{text}” is no capability; the five are {', '.join(CAPABILITIES)}.")
    return name


def known_slice(name: str) -> str:
    """The slice's name; raises NotFoundError for another word."""
    if name not in SLICES:
        raise NotFoundError(f"There is no slice “{name}”; the three are {', '.join(SLICES)}.")
    return name


class Slices:
    """The slices of a project."""

    def __init__(self, database: Database, filters: Filters) -> None:
        self._database = database
        self._filters = filters
        self.listing = Listing(database, filters)
        """The examples with their slices, as the Curate room lists them."""

    def list(self) -> tuple[Slice, ...]:
        """The three slices in their order, with contracts and counts."""
        with self._database.read() as connection:
            rows = {row["name"]: row for row in connection.execute("SELECT * FROM slices")}
            counts: dict[str, dict[str, int]] = {name: {} for name in SLICES}
            for row in connection.execute(
                "SELECT m.slice, m.capability, count(*) AS n FROM slice_members m JOIN examples e"
                " ON e.id = m.example_id WHERE e.excluded = 0 GROUP BY m.slice, m.capability"
            ):
                counts[row["slice"]][row["capability"]] = row["n"]
        return tuple(
            Slice(
                name,
                rows[name]["purpose"],
                rows[name]["owner"],
                rows[name]["minimum"],
                rows[name]["maximum"],
                rows[name]["margin"],
                sum(counts[name].values()),
                {item: counts[name].get(item, 0) for item in CAPABILITIES} if name == "preservation" else {},
            )
            for name in SLICES
        )

    def get(self, name: str) -> Slice:
        """One slice; raises NotFoundError."""
        known_slice(name)
        return next(item for item in self.list() if item.name == name)

    def edit(
        self,
        name: str,
        *,
        annotator_id: int | None,
        purpose: str | None = None,
        owner: str | None = None,
        minimum: int | None = None,
        maximum: int | None = None,
        margin: float | None = None,
    ) -> Changes:
        """Change a slice's contract; raises InputError when the range or margin makes no sense."""
        present = self.get(name)
        low = present.minimum if minimum is None else minimum
        high = present.maximum if maximum is None else maximum
        share = present.margin if margin is None else margin
        if not 0 <= low <= high:
            raise InputError("The range must run from a smaller to a larger count.")
        if not 0 < share <= 1:
            raise InputError("The margin is a share above 0 and at most 1, such as 0.05 for five points.")
        with self._database.action(f"change the contract of {name}", annotator_id, room="curate") as action:
            action.update(
                "slices",
                name,
                purpose=present.purpose if purpose is None else " ".join(purpose.split()),
                owner=present.owner if owner is None else " ".join(owner.split()),
                minimum=low,
                maximum=high,
                margin=share,
            )
        return action.changes

    def assign(
        self,
        example_ids: Collection[int],
        slice: str,
        *,
        annotator_id: int | None,
        capability: str | None = None,
        how: str = "by hand",
    ) -> Assignment:
        """Put examples into a slice, out of any other; excluded ones are left out and told.

        `capability` is for preservation alone; None keeps what an example has. One action, undone as one.
        """
        known_slice(slice)
        wanted = None if capability is None else capability_of(capability)
        if wanted and slice != "preservation":
            raise InputError(f"Capabilities belong to preservation; {slice} has none.")
        added: list[str] = []
        moved: list[tuple[str, str]] = []
        excluded: list[str] = []
        unchanged = 0
        ids = list(dict.fromkeys(example_ids))
        title = f"put {_count(len(ids))} into {slice}"
        focus = ids[0] if ids else None
        with self._database.action(title, annotator_id, room="curate", focus=focus) as action:
            at_ms = now_ms()
            for row in _members(action.connection, ids):
                if row["excluded"]:
                    excluded.append(row["key"])
                    continue
                kept = row["capability"] if row["slice"] == slice else ""
                new = (kept or "") if wanted is None else wanted
                values = {
                    "slice": slice,
                    "capability": new,
                    "how": how,
                    "assigned_ms": at_ms,
                    "annotator_id": annotator_id,
                }
                if row["slice"] is None:
                    action.insert("slice_members", example_id=row["id"], **values)
                    added.append(row["key"])
                elif row["slice"] != slice:
                    action.update("slice_members", row["id"], **values)
                    moved.append((row["key"], row["slice"]))
                elif new != row["capability"]:
                    action.update("slice_members", row["id"], capability=new)
                    unchanged += 1
                else:
                    unchanged += 1
        return Assignment(action.changes, slice, tuple(added), tuple(moved), unchanged, tuple(excluded))

    def clear(self, example_ids: Collection[int], *, annotator_id: int | None) -> Assignment:
        """Take examples out of whatever slice they are in; one action."""
        ids = list(dict.fromkeys(example_ids))
        moved = []
        focus = ids[0] if ids else None
        title = f"take {_count(len(ids))} out of the slices"
        with self._database.action(title, annotator_id, room="curate", focus=focus) as action:
            for row in _members(action.connection, ids):
                if row["slice"] is not None:
                    action.delete("slice_members", row["id"])
                    moved.append((row["key"], row["slice"]))
        return Assignment(action.changes, "", (), tuple(moved), len(ids) - len(moved))

    def matching(self, where: Filter | str, *, with_excluded: bool = False) -> Sequence[int]:
        """The ids of the examples that a filter means, in order of import; excluded ones only when asked for."""
        condition, values = self._filters.where(where)
        allowed = "1" if with_excluded else "e.excluded = 0"
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT e.id FROM examples e WHERE {allowed} AND ({condition}) ORDER BY e.id", values
            )
            return [int(row["id"]) for row in rows]

    def ids_of(self, keys: Iterable[str]) -> Sequence[int]:
        """The ids of examples named by their public ids or their files'; raises NotFoundError for an unknown one."""
        found = []
        with self._database.read() as connection:
            for key in keys:
                example_id = id_of(connection, key)
                if example_id is None:
                    raise NotFoundError(f"The project has no example {key!r}. `reviewer search` lists the ids it has.")
                found.append(example_id)
        return found

    def sample(
        self,
        number: int,
        *,
        slice: str,
        annotator_id: int | None,
        seed: int,
        by: str = "workflow",
        where: Filter | str = "",
        capability: str | None = None,
    ) -> Assignment:
        """Draw examples that are in no slice yet and put them into `slice`: a seeded sample, stratified by a field.

        `by` is workflow, source, metadata.NAME or empty for a plain random sample. The same seed over the same
        examples draws the same ones anywhere (see `sampling`). Raises ConflictError when there are too few.
        """
        known_slice(slice)
        drawn, _ = self.draw(number, seed=seed, by=by, where=where)
        how = f"sample of {number}, seed {seed}" + (f", by {by}" if by else "")
        return self.assign(drawn, slice, annotator_id=annotator_id, capability=capability, how=how)

    def draw(
        self, number: int, *, seed: int, by: str = "workflow", where: Filter | str = ""
    ) -> tuple[Sequence[int], dict[str, tuple[int, int]]]:
        """What `sample` would put in: the ids, and for each stratum how many of how many; nothing is written."""
        if number < 1:
            raise InputError("A sample needs a count of at least 1.")
        ids: dict[str, int] = {}
        strata: dict[str, list[str]] = {}
        for example_id, key, stratum in self._pool(by, where):
            ids[key] = example_id
            strata.setdefault(stratum, []).append(key)
        if number > len(ids):
            raise ConflictError(
                f"{number:,} were asked for, but only {_count(len(ids))} can be drawn: not excluded, in no slice yet"
                + (" and matching the filter. Ask for fewer or widen the filter." if where else ". Ask for fewer.")
            )
        chosen = draw(number, strata, seed)
        table = {name: (len(chosen[name]), len(strata[name])) for name in sorted(strata)}
        return [ids[key] for name in sorted(chosen) for key in chosen[name]], table

    def _pool(self, by: str, where: Filter | str) -> Iterable[tuple[int, str, str]]:
        """Id, public id and stratum of every example that can be drawn."""
        condition, values = self._filters.where(where)
        name = ""
        if by == "workflow":
            column, join = "e.workflow", ""
        elif by == "source":
            column, join = "coalesce(s.name, '')", " LEFT JOIN sources s ON s.id = e.source_id"
        elif by == "":
            column, join = "''", ""
        elif by.startswith("metadata.") and len(by) > len("metadata."):
            name = by.removeprefix("metadata.")
            column, join = "p.metadata", " JOIN example_payloads p ON p.example_id = e.id"
        else:
            raise InputError(f"“{by}” cannot be sampled by; use workflow, source or metadata.NAME.")
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT e.id, e.key, {column} AS stratum FROM examples e{join} WHERE e.excluded = 0"
                f" AND e.id NOT IN (SELECT example_id FROM slice_members) AND ({condition})",
                values,
            ).fetchall()
        for row in rows:
            stratum = str(load(row["stratum"]).get(name, "")) if name else row["stratum"]
            yield row["id"], row["key"], stratum


def _members(connection: sqlite3.Connection, ids: list[int]) -> Iterable[sqlite3.Row]:
    """Key, exclusion and present slice of each example, in the order of `ids`."""
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        marks = ", ".join("?" * len(chunk))
        rows = {
            row["id"]: row
            for row in connection.execute(
                "SELECT e.id, e.key, e.excluded, m.slice, m.capability FROM examples e"
                f" LEFT JOIN slice_members m ON m.example_id = e.id WHERE e.id IN ({marks})",
                chunk,
            )
        }
        for example_id in chunk:
            if example_id not in rows:
                raise NotFoundError("One of these examples is gone from the project; nothing was changed.")
            yield rows[example_id]
