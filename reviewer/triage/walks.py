"""The way through an order of examples that is never stored: which is the next one that is still to do."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from typing import Any

from reviewer.intake.revisions import ANSWERS, REVISED, STALE
from reviewer.store.database import dump
from reviewer.triage.orders import Shuffle
from reviewer.triage.variants import TriagedVariant

__all__ = ["Walk"]

_BATCH = 16
_LARGEST_BATCH = 512
_FEW = 2048
"""Workflows of at most so many examples are ordered in memory: walking the shuffle would miss them too often."""

# Joins are written in the order in which they are to run: without statistics the planner would begin at the outputs.
# The excluded ones are few and have an index of their own; reading each example's row for that would cost far more.
# What answered an earlier input is no longer judged: nothing that is said of it counts.
_COUNTED = (
    f"o.variant_id = :variant AND o.sealed_by IS NULL AND {ANSWERS}"
    " AND o.example_id NOT IN (SELECT id FROM examples INDEXED BY examples_excluded WHERE excluded = 1)"
)


class Walk:
    """Finds the next example of one annotator's queue; `state` holds how far it has come and is changed in place."""

    def __init__(
        self, annotator_id: int, variant: TriagedVariant, kind: str, *, coding: bool, state: dict[str, Any]
    ) -> None:
        self._annotator_id = annotator_id
        self._variant = variant
        self._kind = kind
        self._coding = coding
        self._state = state
        self._shuffles: dict[tuple[int, int], Shuffle] = {}
        self._few: dict[tuple[str, int], list[tuple[int, int]] | None] = {}

    @staticmethod
    def fresh(seed: int, newest: int) -> dict[str, Any]:
        """The state before the first step; `newest` is the largest example id that there is."""
        return {"seed": seed, "bounds": [newest], "walk": [0, 0], "turn": None, "walks": {}, "after": 0}

    def to_do(self, connection: sqlite3.Connection, example_id: int) -> bool:
        """Whether one example is still to do."""
        sql = f"SELECT 1 FROM outputs o WHERE o.example_id = :example AND {_COUNTED} AND {self._open}"
        return connection.execute(sql, self._bound(example=example_id)).fetchone() is not None

    def count(self, connection: sqlite3.Connection) -> tuple[int | None, int]:
        """How many this annotator has answered (None where nothing keeps count of it), and how many are left."""
        source = "labels l INDEXED BY labels_annotator"
        if self._kind == "recheck":
            source = "rechecks r CROSS JOIN labels l ON l.id = r.label_id"
        mine = f"FROM {source} CROSS JOIN outputs o ON o.id = l.output_id WHERE l.annotator_id = :me AND {_COUNTED}"
        if self._kind == "recheck":
            return None, int(connection.execute(f"SELECT count(*) AS n {mine}", self._bound()).fetchone()["n"])
        if self._coding:
            row = connection.execute(
                "SELECT coalesce(sum(l.stage = 'coded'), 0) AS done, coalesce(sum(l.stage = 'open'), 0) AS left"
                f" {mine} AND l.verdict = 'fail'",
                self._bound(),
            ).fetchone()
            return int(row["done"]), int(row["left"])
        # Counted on narrow indexes: all outputs, less the few that are sealed, excluded or answered an earlier input.
        row = connection.execute(
            "SELECT (SELECT count(*) FROM outputs WHERE variant_id = :variant)"
            " - (SELECT count(*) FROM outputs WHERE sealed_by IS NOT NULL AND variant_id = :variant)"
            " - (SELECT count(*) FROM examples e INDEXED BY examples_excluded CROSS JOIN outputs o"
            " ON o.example_id = e.id AND o.variant_id = :variant"
            " WHERE e.excluded = 1 AND o.sealed_by IS NULL)"
            f" - (SELECT count(*) FROM {REVISED} r CROSS JOIN examples e ON e.id = r.id AND e.excluded = 0"
            f" CROSS JOIN outputs o ON o.example_id = e.id AND o.variant_id = :variant AND {STALE}"
            " WHERE o.sealed_by IS NULL) AS n",
            self._bound(),
        ).fetchone()
        members = int(row["n"])
        if self._kind == "unlabelled":
            taken = connection.execute(
                "SELECT count(DISTINCT l.output_id) AS n FROM labels l CROSS JOIN outputs o ON o.id = l.output_id"
                f" WHERE {_COUNTED} AND l.verdict <> 'skipped'",
                self._bound(),
            ).fetchone()["n"]
            return None, members - int(taken)
        done = int(connection.execute(f"SELECT count(*) AS n {mine}", self._bound()).fetchone()["n"])
        return done, members - done

    def next(self, connection: sqlite3.Connection, here: int | None, passed: set[int]) -> int | None:
        """The next example that is still to do, those that were `passed` last of all; None when nothing is left."""
        keyed = self._kind == "recheck" or self._coding
        found = self._next_keyed(connection, here) if keyed else self._next_random(connection, passed)
        if found is not None:
            return found
        if keyed:
            self._state["after"] = 0
            return self._next_keyed(connection, here)
        row = connection.execute(
            f"SELECT o.example_id FROM outputs o WHERE {_COUNTED} AND {self._open}"
            " AND o.example_id IS NOT :here ORDER BY o.example_id LIMIT 1",
            self._bound(here=here),
        ).fetchone()
        return None if row is None else int(row["example_id"])

    @property
    def _open(self) -> str:
        """What makes an output `o` one that is still to do."""
        mine = "EXISTS (SELECT 1 FROM labels l WHERE l.output_id = o.id AND l.annotator_id = :me"
        if self._kind == "recheck":
            return f"{mine} AND EXISTS (SELECT 1 FROM rechecks r WHERE r.label_id = l.id))"
        if self._coding:
            return f"{mine} AND l.verdict = 'fail' AND l.stage = 'open')"
        if self._kind == "unlabelled":
            return "NOT EXISTS (SELECT 1 FROM labels l WHERE l.output_id = o.id AND l.verdict <> 'skipped')"
        return f"NOT {mine})"

    def _bound(self, **values: Any) -> dict[str, Any]:
        return {"me": self._annotator_id, "variant": self._variant.id, **values}

    def _next_keyed(self, connection: sqlite3.Connection, here: int | None) -> int | None:
        """The next label to look at again, or to code, in the order in which they came."""
        if self._kind == "recheck":
            source, order = "rechecks r CROSS JOIN labels l ON l.id = r.label_id", "r.id"
            where = "l.annotator_id = :me"
        else:
            source, order = "labels l INDEXED BY labels_annotator", "l.id"
            where = "l.annotator_id = :me AND l.verdict = 'fail' AND l.stage = 'open'"
        return self._after(
            connection,
            f"SELECT {order} AS after, o.example_id FROM {source} CROSS JOIN outputs o ON o.id = l.output_id"
            f" WHERE {where} AND {order} > :after AND {_COUNTED}"
            f" AND o.example_id IS NOT :here ORDER BY {order} LIMIT 1",
            here,
        )

    def _after(self, connection: sqlite3.Connection, sql: str, here: int | None) -> int | None:
        row = connection.execute(sql, self._bound(after=self._state["after"], here=here)).fetchone()
        if row is None:
            return None
        self._state["after"] = row["after"]
        return int(row["example_id"])

    def _next_random(self, connection: sqlite3.Connection, passed: set[int]) -> int | None:
        if self._kind == "flagged":
            while True:
                found = self._after(
                    connection,
                    "SELECT e.id AS after, e.id AS example_id FROM examples e INDEXED BY examples_flagged"
                    " CROSS JOIN outputs o ON o.example_id = e.id"
                    f" WHERE e.flagged = 1 AND e.id > :after AND {_COUNTED} AND {self._open}"
                    " AND o.example_id IS NOT :here ORDER BY e.id LIMIT 1",
                    None,
                )
                if found is None:
                    break
                if found not in passed:
                    return found
        if self._kind == "stratified":
            return self._next_in_turn(connection, passed)
        return self._along(connection, self._state["walk"], None, passed)

    def _next_in_turn(self, connection: sqlite3.Connection, passed: set[int]) -> int | None:
        """The next example of the workflow after the last one's; a workflow that is used up is passed over."""
        state = self._state
        first = workflow = _workflow_after(connection, state["turn"])
        while workflow is not None:
            found = self._along(connection, state["walks"].setdefault(workflow, [0, 0]), workflow, passed)
            if found is not None:
                state["turn"] = workflow
                return found
            workflow = _workflow_after(connection, workflow)
            if workflow == first:
                break
        return None

    def _along(
        self, connection: sqlite3.Connection, walk: list[int], workflow: str | None, passed: set[int]
    ) -> int | None:
        """The next example still to do along the shuffle, whose place `walk` (segment, place) moves on past it."""
        bounds = self._state["bounds"]
        while walk[0] < len(bounds):
            low = bounds[walk[0] - 1] if walk[0] else 0
            size = bounds[walk[0]] - low
            few = None if workflow is None else self._few_places(connection, workflow, walk[0], low, size)
            shuffle = self._shuffle(walk[0], size)
            index = 0 if few is None else bisect_left(few, (walk[1], 0))
            batch = _BATCH
            while True:
                if few is None:
                    stretch = range(walk[1], min(walk[1] + batch, size))
                    part = [(place, low + 1 + shuffle.at(place)) for place in stretch]
                else:
                    part = few[index : index + batch]
                if not part:
                    break
                open_ids = self._open_among(connection, [example_id for _, example_id in part], workflow)
                for place, example_id in part:
                    if example_id in open_ids and example_id not in passed:
                        walk[1] = place + 1
                        return example_id
                walk[1] = part[-1][0] + 1
                index += len(part)
                batch = min(batch * 2, _LARGEST_BATCH)
            walk[0] += 1
            walk[1] = 0
        return None

    def _shuffle(self, segment: int, size: int) -> Shuffle:
        key = (segment, size)
        if key not in self._shuffles:
            self._shuffles[key] = Shuffle(self._state["seed"] + segment, size)
        return self._shuffles[key]

    def _few_places(
        self, connection: sqlite3.Connection, workflow: str, segment: int, low: int, size: int
    ) -> list[tuple[int, int]] | None:
        """The places of a workflow's examples in the shuffle, in order; None when there are too many to list."""
        key = (workflow, segment)
        if key not in self._few:
            rows = connection.execute(
                "SELECT id FROM examples WHERE workflow = ? AND id > ? AND id <= ? LIMIT ?",
                (workflow, low, low + size, _FEW + 1),
            ).fetchall()
            shuffle = self._shuffle(segment, size)
            self._few[key] = (
                None if len(rows) > _FEW else sorted((shuffle.place_of(row["id"] - low - 1), row["id"]) for row in rows)
            )
        return self._few[key]

    def _open_among(self, connection: sqlite3.Connection, ids: list[int], workflow: str | None) -> set[int]:
        sql = (
            "SELECT o.example_id FROM json_each(:ids) j CROSS JOIN outputs o ON o.example_id = j.value"
            f" CROSS JOIN examples e ON e.id = o.example_id WHERE {_COUNTED} AND {self._open}"
            " AND (:workflow IS NULL OR e.workflow = :workflow)"
        )
        rows = connection.execute(sql, self._bound(ids=dump(ids), workflow=workflow))
        return {row["example_id"] for row in rows}


def _workflow_after(connection: sqlite3.Connection, workflow: str | None) -> str | None:
    """The workflow that follows in the alphabet, after the last one the first again."""
    row = None
    if workflow is not None:
        row = connection.execute(
            "SELECT workflow FROM examples WHERE workflow > ? ORDER BY workflow LIMIT 1", (workflow,)
        ).fetchone()
    if row is None:
        row = connection.execute("SELECT workflow FROM examples ORDER BY workflow LIMIT 1").fetchone()
    return None if row is None else str(row["workflow"])
