"""Queues: which example comes next, and why.

No order is stored and none is sorted. The random order is a `Shuffle` of the examples' ids, computed place by place
from a stored seed; a place without an example that is still to do is walked over, each place once in the life of the
queue, so *next* costs the same at a thousand examples and at a million. What was imported after the queue began comes
after it, in a random order of its own. Where an annotator stands is kept in `meta`.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from reviewer.errors import InputError
from reviewer.store.database import Database, dump, load
from reviewer.triage.variants import TriagedVariant, triaged_variant
from reviewer.triage.walks import Walk

__all__ = ["KINDS", "PASSES", "Place", "Queue", "Queues", "Stop"]

KINDS = {
    "random": "Random",
    "stratified": "By workflow",
    "flagged": "Flagged first",
    "unlabelled": "Unlabelled",
    "recheck": "To look at again",
}
PASSES = {"open": "Open pass", "coding": "Coding pass", "one": "One pass"}

_TRAIL = 500


@dataclass(frozen=True, slots=True)
class Place:
    """The queue an annotator last worked in."""

    kind: str
    pass_: str
    variant: str | None


@dataclass(frozen=True, slots=True)
class Stop:
    """One example of a queue: the output to label, its place counted from 1, and why it is this one's turn."""

    example_id: int
    output_id: int
    position: int
    why: str
    aside: bool = False


class Queues:
    """The triage queues of a project."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(
        self,
        annotator_id: int,
        kind: str = "random",
        pass_: str = "open",
        variant: str | None = None,
        *,
        seed: int | None = None,
    ) -> Queue:
        """The queue of one annotator, where it was left; `seed` begins it anew in that order.

        Raises InputError for an unknown kind or pass, NotFoundError for an unknown variant.
        """
        if kind not in KINDS or pass_ not in PASSES:
            raise InputError(f"A queue is one of {', '.join(KINDS)}, a pass one of {', '.join(PASSES)}.")
        with self._database.read() as connection:
            found = triaged_variant(connection, variant)
        return Queue(self._database, annotator_id, kind, pass_, found, seed)

    def place(self, annotator_id: int) -> Place:
        """The queue this annotator last worked in; at first random, in the open pass, on the production system."""
        stored = self._database.meta(f"triage.place.{annotator_id}")
        if stored:
            kind, pass_, variant = load(stored)
            if kind in KINDS and pass_ in PASSES:
                return Place(kind, pass_, variant)
        return Place("random", "open", None)

    def remember(self, annotator_id: int, place: Place) -> None:
        """Keep the queue this annotator works in."""
        if place != self.place(annotator_id) and not self._database.read_only:
            stored = dump([place.kind, place.pass_, place.variant])
            self._database.set_meta(f"triage.place.{annotator_id}", stored)


class Queue:
    """One annotator's way through one variant's outputs, forwards and back."""

    def __init__(
        self,
        database: Database,
        annotator_id: int,
        kind: str,
        pass_: str,
        variant: TriagedVariant | None,
        seed: int | None,
    ) -> None:
        self._database = database
        self._annotator_id = annotator_id
        self.kind = kind
        self.pass_ = pass_
        self.variant = variant
        self._aside: Stop | None = None
        self._saved = ""
        self._state: dict[str, Any] = {}
        self._walk: Walk | None = None
        self._left = 0
        self._known: dict[int, bool] = {}
        self._start(seed)

    @property
    def seed(self) -> int:
        """The seed of the random order."""
        return int(self._state["seed"])

    @property
    def position(self) -> int:
        """The place of the present stop, counted from 1."""
        place = int(self._state["offset"]) + max(0, int(self._state["at"])) + 1
        return max(1, min(place, int(self._state["total"])))  # one passed over comes round again, as the last

    @property
    def total(self) -> int:
        """How many stops the queue has, those already made included."""
        return int(self._state["total"])

    @property
    def left(self) -> int:
        """How many outputs are still to do, wherever the annotator stands."""
        return self._left

    def recount(self, example_ids: Collection[int] | None = None) -> None:
        """Bring `left` up to date after an action that touched these examples, None for who knows which.

        An example that was a stop costs one look at it; any other one has everything counted.
        """
        if self._walk is None:
            return
        with self._database.read() as connection:
            if example_ids is None or not self._known.keys() >= set(example_ids):
                self._known.clear()
                self._left = self._walk.count(connection)[1]
                return
            for example_id in example_ids:
                now = self._walk.to_do(connection, example_id)
                self._left += now - self._known[example_id]
                self._known[example_id] = now

    def current(self) -> Stop | None:
        """The present stop; None when there is nothing to do."""
        if self._aside is not None:
            return self._aside
        state = self._state
        while state["trail"] and state["at"] >= 0:
            stop = self._stop(state["trail"][state["at"]])
            if stop is not None:
                return stop
            state["trail"].pop(state["at"])
            state["at"] = min(state["at"], len(state["trail"]) - 1)
        return self.forward()

    def peek(self) -> Stop | None:
        """What `forward` would come to, without going there."""
        state = self._state
        if self._aside is not None and state["trail"]:
            return self._stop(state["trail"][state["at"]])
        for example_id in state["trail"][state["at"] + 1 :]:
            stop = self._stop(example_id)
            if stop is not None:
                return replace(stop, position=min(self.position + 1, self.total))
        found = self._find()
        if found is None:
            return None
        return replace(found, position=min(self.position + 1, self.total) if state["trail"] else self.position)

    def forward(self) -> Stop | None:
        """Go to the next stop; None, staying where it is, when nothing is left to do."""
        state = self._state
        if self._aside is not None:
            self._aside = None
            if state["trail"]:
                return self.current()
        while state["at"] + 1 < len(state["trail"]):
            stop = self._stop(state["trail"][state["at"] + 1])
            if stop is None:
                state["trail"].pop(state["at"] + 1)
                continue
            state["at"] += 1
            return replace(stop, position=self.position)
        found = self._find()
        if found is None:
            return None
        state["ahead"] = None
        state["trail"].append(found.example_id)
        state["at"] = len(state["trail"]) - 1
        if len(state["trail"]) > _TRAIL:
            cut = len(state["trail"]) - _TRAIL
            del state["trail"][:cut]
            state["at"] -= cut
            state["offset"] += cut
        return replace(found, position=self.position)

    def back(self) -> Stop | None:
        """Go to the stop before; None, staying where it is, at the first one."""
        state = self._state
        if self._aside is not None:
            self._aside = None
            return self.current()
        while state["at"] > 0:
            stop = self._stop(state["trail"][state["at"] - 1])
            state["at"] -= 1
            if stop is not None:
                return replace(stop, position=self.position)
            state["trail"].pop(state["at"])
        return None

    def to_open(self) -> Stop | None:
        """Go on to the next stop that has no answer yet, past those already answered; None when there is none."""
        here = self.current()
        if self._walk is None or here is None:
            return None
        while True:
            stop = self.forward()
            if stop is None:
                return None
            with self._database.read() as connection:
                if self._walk.to_do(connection, stop.example_id):
                    return stop

    def visit(self, example_id: int) -> Stop | None:
        """Go to one example: its stop on the way, or aside from it; None when it has no output that can be labelled."""
        state = self._state
        for index in range(len(state["trail"]) - 1, -1, -1):
            if state["trail"][index] == example_id:
                self._aside = None
                state["at"] = index
                return self.current()
        stop = self._stop(example_id)
        self._aside = None if stop is None else replace(stop, why="opened from elsewhere", aside=True)
        return self._aside

    def save(self) -> None:
        """Keep where the annotator stands; written only when it differs."""
        text = dump(self._state)
        if text != self._saved and self.variant is not None and not self._database.read_only:
            self._database.set_meta(self._key, text)
            self._saved = text

    # How the way is found

    @property
    def _key(self) -> str:
        stage = "coding" if self.pass_ == "coding" else "label"
        return f"triage.queue.{self._annotator_id}.{self.variant.id if self.variant else 0}.{self.kind}.{stage}"

    def _start(self, seed: int | None) -> None:
        stored = self._database.meta(self._key)
        with self._database.read() as connection:
            newest = int(connection.execute("SELECT coalesce(max(id), 0) AS n FROM examples").fetchone()["n"])
            if stored and seed is None:
                self._saved = stored
                self._state = load(stored)
                if newest > self._state["bounds"][-1]:
                    if self._state["trail"]:
                        self._state["bounds"].append(newest)
                    else:
                        self._state = _fresh(self.seed, newest)
            else:
                self._state = _fresh(secrets.randbits(32) if seed is None else seed, newest)
            if self.variant is None:
                return
            state = self._state
            self._walk = Walk(self._annotator_id, self.variant, self.kind, coding=self.pass_ == "coding", state=state)
            # What was answered before the program stopped is not asked again.
            trail = state["trail"]
            while state["at"] + 1 < len(trail) and not self._walk.to_do(connection, trail[state["at"]]):
                state["at"] += 1
            answered = state["at"] >= 0 and not self._walk.to_do(connection, trail[state["at"]])
            done, left = self._walk.count(connection)
            self._left = left
            before = state["at"] + 1 if answered else max(0, state["at"])
            done = before if done is None else done
            state["offset"] = max(0, done - before)
            state["total"] = done + left
        if answered:
            self.forward()

    def _stop(self, example_id: int) -> Stop | None:
        """The stop at one example, unless its output is gone or sealed."""
        if self.variant is None:
            return None
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT o.id, e.workflow, e.flagged, r.reason, l.verdict, l.stage FROM outputs o"
                " JOIN examples e ON e.id = o.example_id"
                " LEFT JOIN labels l ON l.output_id = o.id AND l.annotator_id = ?"
                " LEFT JOIN rechecks r ON r.label_id = l.id"
                " WHERE o.example_id = ? AND o.variant_id = ? AND o.sealed_by IS NULL",
                (self._annotator_id, example_id, self.variant.id),
            ).fetchone()
            if row is not None and self._walk is not None and example_id not in self._known:
                self._known[example_id] = self._walk.to_do(connection, example_id)
        if row is None:
            return None
        return Stop(example_id, row["id"], self.position, self._why(row))

    def _why(self, row: sqlite3.Row) -> str:
        if row["reason"]:
            return str(row["reason"])
        if self.pass_ == "coding":
            return "failed, and has no category yet" if row["verdict"] == "fail" and row["stage"] == "open" else "coded"
        if self.kind == "flagged" and row["flagged"]:
            return "flagged"
        if self.kind == "stratified":
            turn = row["workflow"] or "those without a workflow"
            return f"the turn of {turn}, random among them"
        if self.kind == "unlabelled":
            return "nobody has labelled it, random"
        return "random"

    def _find(self) -> Stop | None:
        """The next stop, remembered until it is taken."""
        if self._walk is None:
            return None
        state = self._state
        here = state["trail"][state["at"]] if state["trail"] else None
        with self._database.read() as connection:
            ahead = state["ahead"]
            if ahead is None or ahead == here or not self._walk.to_do(connection, ahead):
                state["ahead"] = self._walk.next(connection, here, set(state["trail"]))
        return None if state["ahead"] is None else self._stop(state["ahead"])


def _fresh(seed: int, newest: int) -> dict[str, Any]:
    return {**Walk.fresh(seed, newest), "trail": [], "at": -1, "offset": 0, "total": 0, "ahead": None}
