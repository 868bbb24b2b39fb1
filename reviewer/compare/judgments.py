"""Judgments: what an annotator is shown next, and what they say of it. Nothing here returns a variant."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reviewer.compare import elsewhere, seals
from reviewer.compare.elsewhere import Imported
from reviewer.compare.presentation import Presentation, presentation
from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.formats.conversation import Document, Message
from reviewer.intake.examples import Examples
from reviewer.store.database import Database, dump, load, now_ms
from reviewer.store.history import Changes

__all__ = ["CHOICES", "VERDICTS", "AnswerTask", "GuessTask", "Judgments", "PairTask", "Progress", "Question", "Side"]

VERDICTS = ("pass", "fail", "cannot_judge")
SEVERITIES = ("", "low", "medium", "high")
CHOICES = ("left", "right", "tie", "both_bad")
_SAID = {"left": "A better", "right": "B better", "tie": "tie", "both_bad": "both bad"}
_VERDICT_SAID = {"pass": "pass", "fail": "fail", "cannot_judge": "cannot judge"}


@dataclass(frozen=True, slots=True)
class Side:
    """One answer as it is judged."""

    id: int
    text: str
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer is judged against."""

    messages: tuple[Message, ...]
    documents: tuple[Document, ...]
    reference: str | None


@dataclass(frozen=True, slots=True)
class AnswerTask:
    """Step one: one answer, to be called right or wrong."""

    study: str
    example_id: int
    question: Question
    side: Side
    number: int
    """Which one of the annotator's answers this is, from 1."""
    total: int


@dataclass(frozen=True, slots=True)
class PairTask:
    """Step two: both answers, to be preferred one over the other."""

    study: str
    example_id: int
    pair_id: int
    question: Question
    left: Side
    right: Side
    number: int
    total: int
    original: bool = False
    """Whether both answers are shown in the dress their models gave them."""


@dataclass(frozen=True, slots=True)
class GuessTask(PairTask):
    """Step three, on some pairs: which of the two is the tuned variant's?"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one annotator is."""

    answers: int
    answers_total: int
    pairs: int
    pairs_total: int
    guesses: int = 0
    guesses_total: int = 0

    @property
    def done(self) -> int:
        """Judgments made."""
        return self.answers + self.pairs + self.guesses

    @property
    def total(self) -> int:
        """Judgments to make."""
        return self.answers_total + self.pairs_total + self.guesses_total

    @property
    def finished(self) -> bool:
        """Whether nothing is left."""
        return self.done >= self.total


class Judgments:
    """The judgments of a project's studies."""

    def __init__(self, database: Database, examples: Examples) -> None:
        self._database = database
        self._examples = examples
        self._shown: dict[tuple[int, int], Presentation] = {}

    # -- what is next

    def progress(self, study: str, annotator_id: int) -> Progress:
        """How far this annotator is in a study; raises NotFoundError."""
        with self._database.read() as connection:
            study_id = _study(connection, study)["id"]
            shown = self._presentation(connection, study_id, annotator_id)
            row = connection.execute(
                "SELECT (SELECT count(*) FROM correctness_judgments WHERE study_id = :id AND annotator_id = :who)"
                " AS answers, (SELECT count(*) FROM preference_judgments WHERE study_id = :id AND annotator_id = :who)"
                " AS chosen, (SELECT count(*) FROM guesses WHERE study_id = :id AND annotator_id = :who) AS guesses",
                {"id": study_id, "who": annotator_id},
            ).fetchone()
        return Progress(
            row["answers"], len(shown.answers), row["chosen"], len(shown.pairs), row["guesses"], len(shown.probes)
        )

    def next(self, study: str, annotator_id: int) -> AnswerTask | PairTask | None:
        """What this annotator judges next: every answer first, then the pairs, then guesses; None when all is done.

        Raises NotFoundError, and ConflictError for a study that is not open or is judged elsewhere.
        """
        with self._database.read() as connection:
            row = _judgeable(connection, study)
            shown = self._presentation(connection, row["id"], annotator_id)
            judged = _answered(connection, row["id"], annotator_id)
            for number, side_id in enumerate(shown.answers, 1):
                if side_id not in judged:
                    side, example_id, _ = _side(connection, side_id)
                    return AnswerTask(study, example_id, self.question(example_id), side, number, len(shown.answers))
            for kind, table, pairs in (
                (PairTask, "preference_judgments", shown.pairs),
                (GuessTask, "guesses", shown.probes),
            ):
                done = {
                    found["pair_id"]
                    for found in connection.execute(
                        f"SELECT pair_id FROM {table} WHERE study_id = ? AND annotator_id = ?",
                        (row["id"], annotator_id),
                    )
                }
                for number, (pair_id, left_id, right_id) in enumerate(pairs, 1):
                    if pair_id not in done:
                        left, example_id, _ = _side(connection, left_id)
                        right, _, _ = _side(connection, right_id)
                        return kind(
                            study,
                            example_id,
                            pair_id,
                            self.question(example_id),
                            left,
                            right,
                            number,
                            len(pairs),
                            pair_id in shown.original,
                        )
        return None

    def _presentation(self, connection: sqlite3.Connection, study_id: int, annotator_id: int) -> Presentation:
        key = (study_id, annotator_id)
        if key not in self._shown:
            slices = connection.execute(
                "SELECT id, slice FROM pairs WHERE study_id = ? ORDER BY position", (study_id,)
            ).fetchall()
            plan = connection.execute("SELECT plan FROM studies WHERE id = ?", (study_id,)).fetchone()
            # Of the seal only the order stays in memory; it holds side ids, which say nothing.
            self._shown[key] = presentation(
                seals.read(connection, study_id),
                [(row["id"], row["slice"]) for row in slices],
                annotator_id,
                Protocol.of_plan(load(plan["plan"])),
            )
        return self._shown[key]

    def question(self, example_id: int) -> Question:
        """What an answer to an example is judged against; raises NotFoundError."""
        example = self._examples.get(example_id)
        reference = None if example.reference is None else example.reference.text
        return Question(example.messages, example.documents, reference)

    # -- what is said of it

    def lock(
        self,
        study: str,
        side_id: int,
        annotator_id: int,
        verdict: str,
        *,
        evidence: Iterable[tuple[int, int]] = (),
        severity: str = "",
        missing_caveat: bool = False,
        note: str = "",
    ) -> Changes:
        """Record for good whether one answer is right; `evidence` holds spans of its text in code points.

        A locked verdict cannot be changed or undone. Raises ConflictError when there is one, InputError for values
        that cannot be.
        """
        if verdict not in VERDICTS:
            raise InputError(f"A verdict is {', '.join(VERDICTS)}; {verdict!r} is none.")
        if severity not in SEVERITIES:
            raise InputError(f"A severity is low, medium or high; {severity!r} is none.")
        with self._database.transaction() as connection:
            row = _judgeable(connection, study)
            side, example_id, study_id = _side(connection, side_id)
            if study_id != row["id"] or side_id not in self._presentation(connection, study_id, annotator_id).answers:
                raise NotFoundError(f"{study} has no such answer.")
            spans = sorted({(start, end) for start, end in evidence})
            for start, end in spans:
                if not 0 <= start < end <= len(side.text):
                    raise InputError(f"The passage {start} to {end} lies outside the answer.")
            if side_id in _answered(connection, study_id, annotator_id):
                raise ConflictError("This answer has been judged already, and the verdict is locked.")
            connection.execute(
                "INSERT INTO correctness_judgments (study_id, side_id, annotator_id, verdict, severity, missing_caveat,"
                " note, evidence, locked_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    study_id,
                    side_id,
                    annotator_id,
                    verdict,
                    severity if verdict == "fail" else "",
                    int(missing_caveat),
                    note.strip(),
                    dump([{"start": start, "end": end} for start, end in spans]),
                    now_ms(),
                ),
            )
            _judged_here(connection, study_id)
        return Changes(
            f"Lock {_VERDICT_SAID[verdict]}", frozenset({"correctness_judgments"}), frozenset({example_id}), "compare"
        )

    def prefer(self, study: str, pair_id: int, annotator_id: int, choice: str) -> Changes:
        """Record which answer of a pair is better, as shown: left, right, tie or both_bad; can be undone until closed.

        Raises ConflictError while the annotator still has single answers to judge.
        """
        if choice not in CHOICES:
            raise InputError(f"A choice is {', '.join(CHOICES)}; {choice!r} is none.")
        with self._database.transaction() as connection:
            row = _judgeable(connection, study)
            shown = self._presentation(connection, row["id"], annotator_id)
            if len(_answered(connection, row["id"], annotator_id)) < len(shown.answers):
                raise ConflictError("Every single answer comes first; the pairs follow when the last one is locked.")
            number, left_id = next(
                ((number, left) for number, (pair, left, _) in enumerate(shown.pairs, 1) if pair == pair_id), (0, 0)
            )
            if not number:
                raise NotFoundError(f"{study} has no such pair.")
            there = connection.execute(
                "SELECT id FROM preference_judgments WHERE pair_id = ? AND annotator_id = ?", (pair_id, annotator_id)
            ).fetchone()
            example_id = connection.execute("SELECT example_id FROM pairs WHERE id = ?", (pair_id,)).fetchone()[0]
            _judged_here(connection, row["id"])
            with self._database.action(
                f"pair {number}: {_SAID[choice]}", annotator_id, room="compare", focus=example_id
            ) as action:
                values = {
                    "left_side_id": left_id,
                    "choice": choice,
                    "left_share": None,
                    "dress": "original" if pair_id in shown.original else "plain",
                    "decided_ms": now_ms(),
                }
                if there is not None:
                    action.update("preference_judgments", there["id"], **values)
                else:
                    action.insert(
                        "preference_judgments",
                        study_id=row["id"],
                        pair_id=pair_id,
                        annotator_id=annotator_id,
                        **values,
                    )
        return action.changes

    def guess(self, study: str, pair_id: int, annotator_id: int, side: str) -> Changes:
        """Record which answer, left or right, this annotator takes for the tuned one; can be undone until closed.

        Raises ConflictError while there are pairs to judge: a guess made before could steer them.
        """
        if side not in ("left", "right"):
            raise InputError(f"A guess is left or right; {side!r} is none.")
        with self._database.transaction() as connection:
            row = _judgeable(connection, study)
            shown = self._presentation(connection, row["id"], annotator_id)
            found = next((pair for pair in shown.probes if pair[0] == pair_id), None)
            if found is None:
                raise NotFoundError(f"{study} asks for no guess on such a pair.")
            there = connection.execute(
                "SELECT (SELECT count(*) FROM preference_judgments WHERE study_id = :study AND annotator_id = :who)"
                " AS pairs, (SELECT id FROM guesses WHERE pair_id = :pair AND annotator_id = :who) AS guess,"
                " (SELECT example_id FROM pairs WHERE id = :pair) AS example",
                {"study": row["id"], "who": annotator_id, "pair": pair_id},
            ).fetchone()
            if there["pairs"] < len(shown.pairs):
                raise ConflictError("Every pair comes first; guesses follow when the last one is judged.")
            number = shown.probes.index(found) + 1
            with self._database.action(
                f"guess {number}: {'A' if side == 'left' else 'B'}",
                annotator_id,
                room="compare",
                focus=there["example"],
            ) as action:
                side_id = found[1 if side == "left" else 2]
                if there["guess"] is not None:
                    action.update("guesses", there["guess"], side_id=side_id, decided_ms=now_ms())
                else:
                    action.insert(
                        "guesses",
                        study_id=row["id"],
                        pair_id=pair_id,
                        annotator_id=annotator_id,
                        side_id=side_id,
                        decided_ms=now_ms(),
                    )
        return action.changes

    # -- made elsewhere

    def import_file(self, study: str, path: Path) -> Imported:
        """Take in judgments made elsewhere, one JSON object a line; see `reviewer.compare.elsewhere.read_file`."""
        return elsewhere.read_file(self._database, study, path)

    def export_file(self, study: str, path: Path) -> int:
        """Write a closed study's judgments in the form in which they are imported; returns the number of lines."""
        return elsewhere.write_file(self._database, study, path)


def _study(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM studies WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise NotFoundError(f"The project has no study {name!r}.")
    return dict(row)


def _judgeable(connection: sqlite3.Connection, name: str) -> dict[str, Any]:
    row = _study(connection, name)
    if row["state"] != "open":
        raise ConflictError(f"{name} is {row['state']}; nothing more is judged in it.")
    if row["origin"] == "elsewhere":
        raise ConflictError(
            f"The judgments of {name} come from elsewhere, so it is not judged here as well. Make a new study for that."
        )
    return row


def _judged_here(connection: sqlite3.Connection, study_id: int) -> None:
    connection.execute("UPDATE studies SET origin = 'here' WHERE id = ? AND origin = ''", (study_id,))


def _answered(connection: sqlite3.Connection, study_id: int, annotator_id: int) -> set[int]:
    return {
        row["side_id"]
        for row in connection.execute(
            "SELECT side_id FROM correctness_judgments WHERE study_id = ? AND annotator_id = ?",
            (study_id, annotator_id),
        )
    }


def _side(connection: sqlite3.Connection, side_id: int) -> tuple[Side, int, int]:
    """An answer, its example's id and its study's."""
    row = connection.execute(
        "SELECT s.body, p.example_id, p.study_id FROM pair_sides s JOIN pairs p ON p.id = s.pair_id WHERE s.id = ?",
        (side_id,),
    ).fetchone()
    if row is None:
        raise NotFoundError("There is no such answer.")
    body = load(row["body"])
    documents = tuple(Document.from_json(item) for item in body["documents"])
    return Side(side_id, body["text"], documents), row["example_id"], row["study_id"]
