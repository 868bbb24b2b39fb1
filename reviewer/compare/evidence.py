"""What was judged in a closed study, read from its tables with the sides unsealed."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from reviewer.compare import seals
from reviewer.compare.correctness import Item, Vote
from reviewer.compare.style import Style, style_of
from reviewer.store.database import load

__all__ = ["Evidence", "read_evidence"]


SIDES = ("tuned", "base")
ERRORS = ("severity_high", "severity_medium", "severity_low", "ungraded", "missing_caveat")


@dataclass(frozen=True, slots=True)
class Evidence:
    """The judgments of a study: what counts for the comparison, and what tells how far they can be relied on."""

    items: tuple[Item, ...]
    """By the examples' keys."""
    lefts: tuple[float, ...] = ()
    """The left side's share of every decided judgment that says which side was left."""
    flipped: tuple[bool, ...] = ()
    """For each hidden repeat that was judged twice, whether it came out otherwise."""
    same: tuple[bool, ...] = ()
    """For each control of one answer against itself, whether neither was preferred."""
    known: tuple[bool, ...] = ()
    """For each control with a right and a wrong answer, whether the right one was preferred."""
    known_answers: tuple[bool, ...] = ()
    """For each answer of such a control that was called right or wrong, whether that is so."""
    guesses: tuple[bool, ...] = ()
    """For each guess at the tuned answer, whether it was right."""
    errors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Per side (tuned, base): judgments that called its answer wrong, by severity, and those that miss a caveat."""


def read_evidence(
    connection: sqlite3.Connection, study_id: int, *, elsewhere: bool, lexicon: Collection[str] = ()
) -> Evidence:
    """The evidence of a study that has been closed; who calls this has made sure that it is.

    What judgments from `elsewhere` were made on is taken to have shown its Markdown. `lexicon` holds the domain's
    words, in lower case.
    """
    sealed = seals.read(connection, study_id)
    sides = {pair: (tuned, base) for pair, tuned, base in sealed.sides}
    verdicts: dict[int, dict[int, str]] = {}
    side_of = {side: name for pair in sides.values() for side, name in zip(pair, SIDES, strict=True)}
    errors: dict[str, Counter[str]] = {name: Counter() for name in SIDES}
    for row in connection.execute("SELECT * FROM correctness_judgments WHERE study_id = ?", (study_id,)):
        if row["side_id"] in side_of:
            counts = errors[side_of[row["side_id"]]]
            counts[f"severity_{row['severity']}" if row["severity"] else "ungraded"] += row["verdict"] == "fail"
            counts["missing_caveat"] += row["missing_caveat"]
        verdicts.setdefault(row["side_id"], {})[row["annotator_id"]] = row["verdict"]
    rows = connection.execute(
        "SELECT * FROM preference_judgments WHERE study_id = ? ORDER BY pair_id, annotator_id", (study_id,)
    ).fetchall()
    votes: dict[int, dict[int, Vote]] = {}
    for row in rows:
        if row["pair_id"] in sides:
            votes.setdefault(row["pair_id"], {})[row["annotator_id"]] = _vote(
                row, sides[row["pair_id"]], markup=elsewhere or row["dress"] != "plain"
            )
    styles = {
        row["id"]: style_of(load(row["body"])["text"], lexicon)
        for row in connection.execute(
            "SELECT s.id, s.body FROM pair_sides s JOIN pairs p ON p.id = s.pair_id WHERE p.study_id = ?", (study_id,)
        )
    }
    items = []
    for row in connection.execute(
        "SELECT p.id, p.slice, p.example_id, e.key FROM pairs p JOIN examples e ON e.id = p.example_id"
        " WHERE p.study_id = ? ORDER BY e.key",
        (study_id,),
    ):
        # A hidden repeat or a control says how well people judge, not which variant is better.
        if row["id"] not in sides:
            continue
        tuned, base = sides[row["id"]]
        items.append(
            Item(
                row["key"],
                row["example_id"],
                row["slice"],
                verdicts.get(tuned, {}),
                verdicts.get(base, {}),
                votes.get(row["id"], {}),
                styles.get(tuned, Style()),
                styles.get(base, Style()),
            )
        )
    return Evidence(
        tuple(items),
        tuple(
            share
            for row in rows
            if row["pair_id"] in sides and row["left_side_id"] is not None and (share := _left_share(row)) != 0.5
        ),
        _flipped(sealed, rows, votes),
        *_controls(sealed, rows, verdicts),
        guesses=tuple(
            row["side_id"] == sides[row["pair_id"]][0]
            for row in connection.execute("SELECT pair_id, side_id FROM guesses WHERE study_id = ?", (study_id,))
            if row["pair_id"] in sides
        ),
        errors={name: {kind: counts[kind] for kind in ERRORS} for name, counts in errors.items()},
    )


def _left_share(row: sqlite3.Row) -> float:
    if row["choice"] in ("tie", "both_bad"):
        return 0.5
    return float({"left": 1.0, "right": 0.0}.get(row["choice"], row["left_share"]))


def _vote(row: sqlite3.Row, sides: tuple[int, int], *, markup: bool) -> Vote:
    """One judgment of a pair as what it says of the tuned side."""
    side = 0 if row["left_side_id"] is None else 1 if row["left_side_id"] == sides[0] else -1
    share = _left_share(row) if side >= 0 else 1 - _left_share(row)
    if row["choice"] in ("tie", "both_bad"):
        return Vote(share, row["choice"], side, markup)
    return Vote(share, "tuned" if share > 0.5 else "base" if share < 0.5 else "tie", side, markup)


def _flipped(sealed: seals.Seal, rows: list[sqlite3.Row], votes: Mapping[int, Mapping[int, Vote]]) -> tuple[bool, ...]:
    repeats = {repeat.pair: repeat for repeat in sealed.repeats}
    found = []
    for row in rows:
        repeat = repeats.get(row["pair_id"])
        first = None if repeat is None else votes.get(repeat.of, {}).get(row["annotator_id"])
        if repeat is not None and first is not None:
            second = _vote(row, (repeat.tuned, repeat.base), markup=first.markup)
            found.append(_leaning(first) != _leaning(second))
    return tuple(found)


def _leaning(vote: Vote) -> int:
    return (vote.share > 0.5) - (vote.share < 0.5)


def _controls(
    sealed: seals.Seal, rows: list[sqlite3.Row], verdicts: Mapping[int, Mapping[int, str]]
) -> tuple[tuple[bool, ...], tuple[bool, ...], tuple[bool, ...]]:
    """Whether each control was passed: one answer against itself, right against wrong, and single answers of these."""
    controls = {control.pair: control for control in sealed.controls}
    same, known = [], []
    for row in rows:
        control = controls.get(row["pair_id"])
        if control is None:
            continue
        if control.same:
            same.append(_left_share(row) == 0.5)
        else:
            known.append(_vote(row, (control.first, control.second), markup=False).choice == "tuned")
    answers = [
        (verdict == "pass") == right
        for control in sealed.controls
        if not control.same
        for side, right in ((control.first, True), (control.second, False))
        for verdict in verdicts.get(side, {}).values()
        if verdict != "cannot_judge"
    ]
    return tuple(same), tuple(known), tuple(answers)
