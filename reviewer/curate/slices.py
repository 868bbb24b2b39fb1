"""The three slices, their contracts, and which example is in which."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from reviewer.curate.contracts import (
    CAPABILITIES,
    SLICES,
    Slice,
    capability_of,
    change_contract,
    known_slice,
    read_slices,
)
from reviewer.curate.coverage import Coverage, coverage
from reviewer.curate.listing import Listing
from reviewer.curate.mix import ProductionMix
from reviewer.curate.pool import pool
from reviewer.curate.sampling import draw
from reviewer.curate.similar import Similar, similar
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.intake.examples import id_of
from reviewer.intake.filters import Filter, Filters
from reviewer.intake.search import Search
from reviewer.store.database import Database, now_ms
from reviewer.store.history import Changes
from reviewer.triage.truths import present_ms
from reviewer.wording import amount

__all__ = ["CAPABILITIES", "SLICES", "Assignment", "Slice", "Slices", "capability_of"]

_CHUNK = 500


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
    along: tuple[tuple[str, str], ...] = ()
    """Near-duplicates of these that came along, so that their group stays in one slice: public id and old slice."""

    @property
    def sentence(self) -> str:
        """What happened, for a status line."""
        if not self.slice:
            if not self.moved:
                return "None of them was in a slice."
            return f"{amount(len(self.moved))} taken out of {_names({old for _, old in self.moved})}."
        done = len(self.added) + len(self.moved)
        if done:
            text = f"{amount(done)} put into {self.slice}"
            if self.moved:
                origin = _names({old for _, old in self.moved})
                moved = "" if done == 1 else f"{'all' if not self.added else len(self.moved)} of them "
                text += f", {moved}moved from {origin}"
        elif self.unchanged:
            text = f"Already in {self.slice}"
        else:
            text = "Nothing to assign"
        if self.along:
            number = len(self.along)
            text += f"; {number:,} {'look-alike' if number == 1 else 'look-alikes'} came along"
            text += f" from {_names({old for _, old in self.along})}"
        if self.excluded:
            text += f"; {amount(len(self.excluded))} left out as excluded"
        return text + "."


def _names(names: Iterable[str]) -> str:
    return " and ".join(sorted(names))


class Slices:
    """The slices of a project."""

    def __init__(self, database: Database, filters: Filters) -> None:
        self._database = database
        self._filters = filters
        self.listing = Listing(database, filters)
        """The examples with their slices, as the Curate room lists them."""
        self._production = ProductionMix(database)

    def list(self, at_ms: int | None = None, *, wait: bool = True) -> tuple[Slice, ...]:
        """The three slices in their order, with contracts and counts as of a time (now, when left out).

        Without `wait` the mix is left out where production's is not counted yet: see `mix_is_known`.
        """
        with self._database.read() as connection:
            at = present_ms(connection) if at_ms is None else at_ms
            ready = wait or self._production.known(connection)
            return read_slices(connection, at, self._production.counts(connection) if ready else {})

    def mix_is_known(self) -> bool:
        """Whether production's mix of workflows is counted; after an import the first to ask for it counts it."""
        with self._database.read() as connection:
            return self._production.known(connection)

    def count_production(self) -> None:
        """Count production's mix of workflows, which in a project of a million takes a second; then it is kept."""
        with self._database.read() as connection:
            self._production.counts(connection)

    def coverage(self, slices: Sequence[str] = SLICES) -> Coverage:
        """Failures by workflow and category, and how many of each these slices hold."""
        for name in slices:
            known_slice(name)
        with self._database.read() as connection:
            return coverage(connection, slices)

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
        gates_on: str | None = None,
        discordance: float | None = None,
    ) -> Changes:
        """Change a slice's contract; raises InputError when its parts make no sense."""
        present = self.get(name)
        wanted = {
            "purpose": purpose,
            "owner": owner,
            "minimum": minimum,
            "maximum": maximum,
            "margin": margin,
            "gates_on": gates_on,
            "discordance": discordance,
        }
        with self._database.action(f"change the contract of {name}", annotator_id, room="curate") as action:
            change_contract(action, present, wanted)
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

        `capability` is for preservation alone; None keeps what an example has. Near-duplicates that are in another
        slice come along, so that no group is split. One action, undone as one.
        """
        from reviewer.curate.duplicates import mates

        known_slice(slice)
        wanted = None if capability is None else capability_of(capability)
        if wanted and slice != "preservation":
            raise InputError(f"Capabilities belong to preservation; {slice} has none.")
        added: list[str] = []
        moved: list[tuple[str, str]] = []
        excluded: list[str] = []
        taken: list[int] = []
        unchanged = 0
        ids = list(dict.fromkeys(example_ids))
        title = f"put {amount(len(ids))} into {slice}"
        focus = ids[0] if ids else None
        along: list[tuple[str, str]] = []
        with self._database.action(title, annotator_id, room="curate", focus=focus) as action:
            at_ms = now_ms()
            for row in _members(action.connection, ids):
                if row["excluded"]:
                    excluded.append(row["key"])
                    continue
                taken.append(row["id"])
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
            for row in _members(action.connection, mates(action.connection, taken, slice)):
                how_along = f"with its look-alike, {how}"
                action.update("slice_members", row["id"], slice=slice, capability="", how=how_along, assigned_ms=at_ms)
                along.append((row["key"], row["slice"]))
        return Assignment(action.changes, slice, tuple(added), tuple(moved), unchanged, tuple(excluded), tuple(along))

    def clear(self, example_ids: Collection[int], *, annotator_id: int | None) -> Assignment:
        """Take examples out of whatever slice they are in; one action."""
        ids = list(dict.fromkeys(example_ids))
        moved = []
        focus = ids[0] if ids else None
        title = f"take {amount(len(ids))} out of the slices"
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
        equal: bool = False,
    ) -> Assignment:
        """Draw examples that are in no slice yet and put them into `slice`: a seeded sample, stratified by fields.

        `by` is workflow, category, source, metadata.NAME, several of them with commas between, or empty for a plain
        random sample; `equal` takes equally many of each stratum instead of in proportion. The same seed over the same
        examples draws the same ones anywhere (see `sampling`). Raises ConflictError when there are too few.
        """
        known_slice(slice)
        drawn, _ = self.draw(number, seed=seed, by=by, where=where, equal=equal)
        how = f"sample of {number}, seed {seed}" + (f", by {by}" if by else "") + (", equally" if equal else "")
        return self.assign(drawn, slice, annotator_id=annotator_id, capability=capability, how=how)

    def draw(
        self, number: int, *, seed: int, by: str = "workflow", where: Filter | str = "", equal: bool = False
    ) -> tuple[Sequence[int], dict[str, tuple[int, int]]]:
        """What `sample` would put in: the ids, and for each stratum how many of how many; nothing is written."""
        if number < 1:
            raise InputError("A sample needs a count of at least 1.")
        condition, values = self._filters.where(where)
        with self._database.read() as connection:
            ids, strata = pool(connection, by, condition, values)
        if number > len(ids):
            raise ConflictError(
                f"{number:,} were asked for, but only {amount(len(ids))} can be drawn: not excluded, in no slice yet"
                + (" and matching the filter. Ask for fewer or widen the filter." if where else ". Ask for fewer.")
            )
        chosen = draw(number, strata, seed, equal=equal)
        table = {name: (len(chosen[name]), len(strata[name])) for name in sorted(strata)}
        return [ids[key] for name in sorted(chosen) for key in chosen[name]], table

    def similar(
        self,
        example_ids: Sequence[int],
        search: Search,
        *,
        limit: int = 50,
        free_only: bool = True,
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> tuple[Similar, ...]:
        """The examples that read most like these; with `free_only` only those in no slice yet."""
        return similar(self._database, search, example_ids, limit=limit, free_only=free_only, report=report)


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
