"""Studies: blind comparisons of two variants, sealed when made, unsealed when closed."""

from __future__ import annotations

import random
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewer.compare import plans, seals
from reviewer.compare.controls import known_answers
from reviewer.compare.leaks import Leak, find_leaks
from reviewer.compare.plans import Population, Survey
from reviewer.compare.protocol import Protocol, count_of
from reviewer.compare.report import StudyReport, make_report
from reviewer.compare.stopping import Stopping, ended_by, stopping
from reviewer.curate.touches import touch
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.store.database import Database, dump, load, now_ms
from reviewer.store.history import Changes

__all__ = ["Studies", "Study"]

_TOUCHED = frozenset({"studies", "outputs", "labels", "version_records", "version_touches"})


@dataclass(frozen=True, slots=True)
class Study:
    """A blind comparison of two variants: its plan, its state, and how much of it is judged."""

    id: int
    name: str
    base: str
    tuned: str
    version: str | None
    slice: str | None
    state: str
    """open, closed or abandoned."""
    origin: str
    """Where it is judged: here, elsewhere, or empty before the first judgment."""
    pairs: int
    """Pairs that count; hidden repeats and controls are not among them."""
    correctness: int
    """Locked judgments of single answers, of all annotators."""
    preferences: int
    plan: Mapping[str, Any]
    plan_hash: str
    created_ms: int
    closed_ms: int | None
    sealed_labels: int = 0
    """At creation: labels that the seal took in."""
    superseded_labels: int = 0
    """At closing: sealed labels in whose place a newer one stands."""
    changes: Changes = field(default=Changes(""), compare=False)

    @property
    def judged(self) -> bool:
        """Whether anybody has judged anything."""
        return bool(self.correctness or self.preferences)


class Studies:
    """The studies of a project."""

    def __init__(self, database: Database, reindex: Callable[[], None] = lambda: None) -> None:
        """`reindex` has the text index begin to drop what is sealed, or take in what is not sealed any more."""
        self._database = database
        self._reindex = reindex

    def list(self) -> Sequence[Study]:
        """Every study, the newest first."""
        return self._select("ORDER BY s.id DESC", ())

    def get(self, name: str) -> Study:
        """The study by that name; raises NotFoundError."""
        found = self._select("WHERE s.name = ?", (name,))
        if not found:
            there = ", ".join(study.name for study in self.list())
            raise NotFoundError(
                f"The project has no study {name!r}. " + (f"It has {there}." if there else "Make one first.")
            )
        return found[0]

    def _select(self, rest: str, values: tuple[Any, ...], **more: Any) -> Sequence[Study]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT s.*, b.name AS base, t.name AS tuned,"
                " (SELECT count(*) FROM correctness_judgments WHERE study_id = s.id) AS correctness,"
                " (SELECT count(*) FROM preference_judgments WHERE study_id = s.id) AS preferences"
                " FROM studies s JOIN variants b ON b.id = s.base_variant_id"
                f" JOIN variants t ON t.id = s.tuned_variant_id {rest}",
                values,
            ).fetchall()
        return [
            Study(
                id=row["id"],
                name=row["name"],
                base=row["base"],
                tuned=row["tuned"],
                version=(plan := load(row["plan"])).get("version"),
                slice=row["slice"],
                state=row["state"],
                origin=row["origin"],
                pairs=len(plan.get("items", ())),
                correctness=row["correctness"],
                preferences=row["preferences"],
                plan=plan,
                plan_hash=row["plan_hash"],
                created_ms=row["created_ms"],
                closed_ms=row["closed_ms"],
                **more,
            )
            for row in rows
        ]

    def variants(self) -> Sequence[tuple[str, str]]:
        """Name and role of every variant that has outputs."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT name, role FROM variants v WHERE EXISTS (SELECT 1 FROM outputs WHERE variant_id = v.id)"
                " ORDER BY id"
            )
            return [(row["name"], row["role"]) for row in rows]

    def survey(self, base: str, tuned: str, *, version: str | None = None, slice_name: str | None = None) -> Survey:
        """How many pairs a study over these would have, before it is made; raises like `create`."""
        with self._database.read() as connection:
            return plans.survey(connection, base, tuned, version=version, slice_name=slice_name)

    def leaks(
        self, base: str, tuned: str, *, version: str | None = None, slice_name: str | None = None
    ) -> Sequence[Leak]:
        """What in the answers of a study over these would give sides away; raises like `create`."""
        with self._database.read() as connection:
            return _leaks(plans.choose(connection, base, tuned, version=version, slice_name=slice_name))

    def create(
        self,
        name: str,
        base: str,
        tuned: str,
        *,
        version: str | None = None,
        slice_name: str | None = None,
        seed: int | None = None,
        margin: float | None = None,
        margins: Mapping[str, float] | None = None,
        protocol: Protocol | None = None,
        annotator_id: int | None = None,
    ) -> Study:
        """Fix a plan under its hash and seal the outputs of both variants on its examples.

        The seed orders the pairs; the sides come from a secret that is drawn with the seal. Raises NotFoundError,
        InputError, and ConflictError for a taken name, no pairs, or outputs that another open study seals.
        """
        protocol = protocol or Protocol()
        protocol.check()
        name = " ".join(name.split())
        if not name:
            raise InputError("A study needs a name.")
        seed = secrets.randbelow(1 << 63) if seed is None else seed
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM studies WHERE name = ?", (name,)).fetchone():
                raise ConflictError(f"There is a study named {name} already; a changed plan is a new study. Rename it.")
            population = plans.choose(connection, base, tuned, version=version, slice_name=slice_name)
            if population.sealed_by is not None:
                raise ConflictError(
                    f"The open study {population.sealed_by} seals some of these outputs. Close it first, or choose "
                    "other examples or variants."
                )
            fixed = plans.margins_of(connection, sorted(population.slices), margin, margins)
            if not population.chosen:
                raise plans.nothing_to_compare(population)
            if protocol.primary and not population.slices.get(protocol.primary):
                raise InputError(
                    f"Correctness over {protocol.primary} was to decide, and none of its examples is in the study."
                )
            leaks = _leaks(population)
            if protocol.masks is None:
                masked = [leak for leak in leaks if leak.proposed]
            else:
                masked = [leak for leak in leaks if leak.key in protocol.masks]
                unknown = sorted(set(protocol.masks) - {leak.key for leak in leaks})
                if unknown:
                    raise InputError(
                        f"Nothing that the leak scan found is called “{unknown[0]}”. See reviewer study leaks for the "
                        "keys of what it found."
                    )
            known = known_answers(
                connection,
                protocol,
                count_of(protocol.controls, len(population.chosen)) // 2,
                {item.example_id for item in population.chosen},
                (population.base_id, population.tuned_id),
                random.Random(f"controls:{seed}"),
            )
            cursor = connection.execute(
                "INSERT INTO studies (name, version_id, slice, base_variant_id, tuned_variant_id, plan, plan_hash,"
                " created_ms, annotator_id) VALUES (?, ?, ?, ?, ?, '{}', '', ?, ?)",
                (
                    name,
                    population.version_id,
                    slice_name,
                    population.base_id,
                    population.tuned_id,
                    now_ms(),
                    annotator_id,
                ),
            )
            study_id = int(cursor.lastrowid or 0)
            if population.version_id is not None:
                touch(connection, population.version_id, "run", what=name, annotator_id=annotator_id)
            made = seals.seal(connection, study_id, population.chosen, seed, protocol, known, masked)
            plan = plans.fix(name, population, fixed, protocol, made)
            connection.execute(
                "UPDATE studies SET plan = ?, plan_hash = ? WHERE id = ?", (dump(plan), plans.plan_hash(plan), study_id)
            )
            self._note(connection, f"New study {name}", study_id, annotator_id)
        # The log still holds the pages as they were before sealing.
        self._database.fold_log()
        self._reindex()
        changes = Changes(
            f"New study {name}", _TOUCHED, frozenset(item.example_id for item in population.chosen), "compare"
        )
        return self._select("WHERE s.id = ?", (study_id,), sealed_labels=made.labels, changes=changes)[0]

    def stopping(self, name: str) -> Stopping:
        """Whether a study may stop: all is judged, or its plan's rule is met; never which way.

        Where the plan has a rule, each asking before all is judged is counted, and the report tells how many there
        were. Raises ConflictError for a study that is not open, or whose judgments came from elsewhere.
        """
        study = self.get(name)
        if study.state != "open":
            raise ConflictError(f"{name} is {study.state}; there is nothing left to stop.")
        if study.plan.get("stopping") != "sequential":
            with self._database.read() as connection:
                return stopping(connection, {"id": study.id}, study.plan)
        if study.origin == "elsewhere":
            raise ConflictError(
                f"{name} was judged elsewhere, in an order that is not known; the rule for stopping says nothing of it."
            )
        with self._database.transaction() as connection:
            found = stopping(connection, {"id": study.id}, study.plan)
            if not found.complete:  # at the end nothing can be stopped before it
                connection.execute("UPDATE studies SET looks = looks + 1 WHERE id = ?", (study.id,))
        return found

    def close(self, name: str, *, annotator_id: int | None = None) -> Study:
        """End the judging for good: unseal everything, so that the study can be reported.

        Raises ConflictError for a study that is not open, or in which nothing has been judged.
        """
        study = self.get(name)
        if study.state == "open" and not study.judged:
            raise ConflictError(
                f"Nothing has been judged in {name}, so closing it would end in an empty report. Judge it, or give it "
                "up (reviewer study abandon)."
            )
        return self._end(study, "closed", annotator_id)

    def abandon(self, name: str, *, annotator_id: int | None = None) -> Study:
        """Give an open study up: unseal everything, and never report it. It stays in the list.

        Raises ConflictError for a study that is not open.
        """
        return self._end(self.get(name), "abandoned", annotator_id)

    def _end(self, study: Study, state: str, annotator_id: int | None) -> Study:
        if study.state != "open":
            raise ConflictError(f"{study.name} is {study.state} already.")
        with self._database.transaction() as connection:
            if plans.plan_hash(study.plan) != study.plan_hash:
                raise ConflictError(
                    f"The plan of {study.name} is not the one its hash was made of: the file was changed by another "
                    "program. Open a backup of the project."
                )
            ended = ""
            if state == "closed":
                ended = ended_by(connection, {"id": study.id, "origin": study.origin}, study.plan)
            restored = seals.unseal(connection, study.id, study.plan["seal_commitment"])
            connection.execute(
                "UPDATE studies SET state = ?, closed_ms = ?, ended = ? WHERE id = ?",
                (state, now_ms(), ended, study.id),
            )
            row = connection.execute("SELECT version_id FROM studies WHERE id = ?", (study.id,)).fetchone()
            if state == "closed" and row["version_id"] is not None:
                touch(connection, row["version_id"], "reported", what=study.name, annotator_id=annotator_id)
            title = f"{'Close' if state == 'closed' else 'Abandon'} study {study.name}"
            self._note(connection, title, study.id, annotator_id)
            # Judgments of a study that has ended are no longer taken back or done again.
            connection.execute(
                "UPDATE history SET state = CASE state WHEN 'done' THEN 'final' ELSE 'dropped' END"
                " WHERE table_name IN ('preference_judgments', 'guesses') AND state IN ('done', 'undone')"
                " AND json_extract(coalesce(after, before), '$.study_id') = ?",
                (study.id,),
            )
            examples = frozenset(
                row["example_id"]
                for row in connection.execute("SELECT example_id FROM pairs WHERE study_id = ?", (study.id,))
            )
        self._reindex()
        changes = Changes(title, _TOUCHED, examples, "compare")
        return self._select("WHERE s.id = ?", (study.id,), superseded_labels=restored.superseded, changes=changes)[0]

    @staticmethod
    def _note(connection: sqlite3.Connection, title: str, study_id: int, annotator_id: int | None) -> None:
        """Write to the audit trail who made or ended a study; it cannot be undone."""
        connection.execute(
            "INSERT INTO history (action, title, room, table_name, row_id, annotator_id, state, at_ms)"
            " VALUES (0, ?, 'compare', 'studies', ?, ?, 'final', ?)",
            (title, str(study_id), annotator_id, now_ms()),
        )
        connection.execute("UPDATE history SET action = id WHERE id = last_insert_rowid()")

    def report(self, name: str) -> StudyReport:
        """What a closed study found; raises ConflictError for an open or abandoned one."""
        study = self.get(name)
        if study.state == "open":
            raise ConflictError(
                f"{name} is open, and an open study has no report: nobody can peek. Close it first "
                "(reviewer study close); that is for good."
            )
        if study.state != "closed":
            raise ConflictError(f"{name} was abandoned, so it has no report.")
        with self._database.read() as connection:
            return make_report(connection, study.id)


def _leaks(population: Population) -> tuple[Leak, ...]:
    return find_leaks(
        [item.key for item in population.chosen],
        [load(item.base_body)["text"] for item in population.chosen],
        [load(item.tuned_body)["text"] for item in population.chosen],
        (population.base, population.tuned),
    )
