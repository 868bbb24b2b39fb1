"""What annotators of a closed study said differently of the same answer or pair, for somebody to settle.

Whoever settles it learns neither who said what nor which variant an answer is of: what was said stands in an order that
follows from itself, and answers are named by letters that follow from the random ids of their sides.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reviewer.compare import seals
from reviewer.store.database import load

__all__ = ["Disagreement", "Said", "read_disagreements"]

_WORDS = {"pass": "right", "fail": "wrong", "cannot_judge": "cannot judge"}


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """What one annotator said, without a name."""

    verdict: str
    """right, wrong or cannot judge of an answer; A better, B better, tie or both bad of a pair."""
    severity: str = ""
    missing_caveat: bool = False
    note: str = ""
    passages: tuple[tuple[int, int], ...] = ()
    """What was marked as wrong, in code points of the answer."""

    @property
    def words(self) -> str:
        """All of it in words."""
        more = [self.severity, "a caveat is missing" if self.missing_caveat else "", self.note]
        told = ", ".join(part for part in more if part)
        return f"{self.verdict} ({told})" if told else self.verdict


@dataclass(frozen=True, slots=True)
class Disagreement:
    """An answer that was called both right and wrong, or a pair of which either answer was preferred."""

    key: str
    example_id: int
    slice: str
    about: str
    """answer or pair."""
    letters: str
    """A or B for an answer, AB for a pair."""
    answers: tuple[str, ...]
    """The texts, as they were shown."""
    said: tuple[Said, ...]

    def to_json(self) -> dict[str, Any]:
        """The disagreement as reports carry it, without the answers' texts."""
        text = self.answers[0]
        return {
            "example": self.key,
            "slice": self.slice,
            "about": self.about,
            "answer": self.letters if self.about == "answer" else "",
            "said": [
                {
                    "verdict": said.verdict,
                    "severity": said.severity,
                    "missing_caveat": said.missing_caveat,
                    "note": said.note,
                    "passages": [text[start:end] for start, end in said.passages],
                }
                for said in self.said
            ],
        }


def read_disagreements(connection: sqlite3.Connection, study_id: int) -> tuple[Disagreement, ...]:
    """The disagreements of a closed study by example, those on answers first; who calls this has made sure it is.

    Controls and hidden repeats are left out: their outcome is known, or tells of steadiness.
    """
    sides = seals.read(connection, study_id).sides
    counted = {pair: sorted((tuned, base)) for pair, tuned, base in sides}
    tuned_of = {pair: tuned for pair, tuned, _ in sides}
    examples = {
        row["id"]: (row["key"], row["example_id"], row["slice"])
        for row in connection.execute(
            "SELECT p.id, e.key, p.example_id, p.slice FROM pairs p JOIN examples e ON e.id = p.example_id"
            " WHERE p.study_id = ?",
            (study_id,),
        )
        if row["id"] in counted
    }
    found = [*_answers(connection, study_id, counted, examples)]
    found += _pairs(connection, study_id, counted, examples, tuned_of)
    return tuple(sorted(found, key=lambda item: (item.about, item.key, item.letters)))


_Sides = dict[int, list[int]]
_Examples = dict[int, tuple[str, int, str]]


def _answers(
    connection: sqlite3.Connection, study_id: int, counted: _Sides, examples: _Examples
) -> Iterator[Disagreement]:
    place = {side: (pair, "AB"[number]) for pair, sides in counted.items() for number, side in enumerate(sides)}
    said: dict[int, list[Said]] = {}
    for row in connection.execute(
        "SELECT side_id, verdict, severity, missing_caveat, note, evidence FROM correctness_judgments"
        " WHERE study_id = ?",
        (study_id,),
    ):
        if row["side_id"] in place:
            spans = tuple((span["start"], span["end"]) for span in load(row["evidence"]))
            said.setdefault(row["side_id"], []).append(
                Said(_WORDS[row["verdict"]], row["severity"], bool(row["missing_caveat"]), row["note"], spans)
            )
    disputed = {side: told for side, told in said.items() if {"right", "wrong"} <= {one.verdict for one in told}}
    texts = _texts(connection, disputed)
    for side, told in disputed.items():
        pair, letter = place[side]
        yield Disagreement(*examples[pair], "answer", letter, (texts[side],), tuple(sorted(told)))


def _pairs(
    connection: sqlite3.Connection, study_id: int, counted: _Sides, examples: _Examples, tuned_of: dict[int, int]
) -> Iterator[Disagreement]:
    said: dict[int, list[Said]] = {}
    for row in connection.execute(
        "SELECT pair_id, left_side_id, choice, left_share FROM preference_judgments WHERE study_id = ?", (study_id,)
    ):
        if row["pair_id"] in counted:
            # Made elsewhere, without places: the share is then kept as if the tuned answer stood on the left.
            left = tuned_of[row["pair_id"]] if row["left_side_id"] is None else row["left_side_id"]
            first = counted[row["pair_id"]][0] == left
            said.setdefault(row["pair_id"], []).append(Said(_better(row, first=first)))
    disputed = {pair: told for pair, told in said.items() if {"A better", "B better"} <= {one.verdict for one in told}}
    texts = _texts(connection, [side for pair in disputed for side in counted[pair]])
    for pair, told in disputed.items():
        answers = tuple(texts[side] for side in counted[pair])
        yield Disagreement(*examples[pair], "pair", "AB", answers, tuple(sorted(told)))


def _better(row: sqlite3.Row, *, first: bool) -> str:
    """Which answer was preferred, by letters that do not follow the places in which they were shown."""
    if row["choice"] in ("tie", "both_bad"):
        return str(row["choice"]).replace("_", " ")
    share = float({"left": 1.0, "right": 0.0}.get(row["choice"], row["left_share"]))
    if share == 0.5:
        return "tie"
    return "A better" if (share > 0.5) == first else "B better"


def _texts(connection: sqlite3.Connection, sides: Iterable[int]) -> dict[int, str]:
    rows = connection.execute(
        "SELECT id, body FROM pair_sides WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(sides)),)
    )
    return {row["id"]: load(row["body"])["text"] for row in rows}
