"""Whether a study may stop: all is judged, or the rule of its plan is met. Nothing here tells which way."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reviewer.compare import seals
from reviewer.compare.correctness import consensus
from reviewer.compare.presentation import presentation
from reviewer.compare.protocol import Protocol
from reviewer.compare.statistics.sequential import monitor

__all__ = ["Stopping", "discordant", "ended_by", "stopping"]


@dataclass(frozen=True, slots=True)
class Stopping:
    """What may be known of an open study by those who judge in it."""

    planned: bool
    """Whether its plan has a rule for stopping early."""
    met: bool
    """Whether the rule is met; which variant it favours is not said before the study is closed."""
    complete: bool
    """Whether everybody who has judged, or was to judge, has judged all of it."""
    waiting: tuple[str, ...]
    """Who has something left to judge."""


def stopping(connection: sqlite3.Connection, study: Mapping[str, Any], plan: Mapping[str, Any]) -> Stopping:
    """Where an open study stands; `study` is its row."""
    protocol = Protocol.of_plan(plan)
    waiting = _waiting(connection, study["id"], protocol)
    met = False
    if protocol.stopping == "sequential":
        met = monitor(discordant(connection, study["id"], protocol)).stopped
    return Stopping(protocol.stopping == "sequential", met, waiting is not None and not waiting, waiting or ())


def ended_by(connection: sqlite3.Connection, study: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    """What closes a study now: complete, rule or early; empty for one that was judged elsewhere."""
    if study["origin"] != "here":
        return ""
    found = stopping(connection, study, plan)
    return "complete" if found.complete else "rule" if found.met else "early"


def discordant(connection: sqlite3.Connection, study_id: int, protocol: Protocol) -> list[bool]:
    """Examples that one variant alone got right, True where it was tuned, in the order in which they were complete.

    An example is complete when all annotators of the protocol have judged both its answers; order is that of the rows,
    since a clock can be set back. Where one slice decides, only its examples count.
    """
    annotators = protocol.annotators
    wanted = {
        row["id"]
        for row in connection.execute(
            "SELECT id FROM annotators WHERE name IN (SELECT value FROM json_each(?))", (json.dumps(annotators),)
        )
    }
    if len(wanted) < len(annotators):
        return []  # somebody has not even begun
    said: dict[int, dict[int, str]] = {}
    last: dict[int, int] = {}
    for row in connection.execute(
        "SELECT id, side_id, annotator_id, verdict FROM correctness_judgments WHERE study_id = ? ORDER BY id",
        (study_id,),
    ):
        if row["annotator_id"] in wanted:
            said.setdefault(row["side_id"], {})[row["annotator_id"]] = row["verdict"]
            last[row["side_id"]] = row["id"]
    counted = {
        row["id"]
        for row in connection.execute(
            "SELECT id FROM pairs WHERE study_id = ?1 AND (?2 = '' OR slice = ?2)", (study_id, protocol.primary)
        )
    }
    found = []
    for pair, tuned, base in seals.read(connection, study_id).sides:
        if pair in counted and len(said.get(tuned, ())) == len(wanted) == len(said.get(base, ())):
            passed = [consensus(said[side].values())[0] for side in (tuned, base)]
            if None not in passed and passed[0] is not passed[1]:
                found.append((max(last[tuned], last[base]), bool(passed[0])))
    return [tuned for _, tuned in sorted(found)]


def _waiting(connection: sqlite3.Connection, study_id: int, protocol: Protocol) -> tuple[str, ...] | None:
    """Who of those named, or else of those who began, has something left; None before anybody began."""
    counts = {
        row["name"]: (row["id"], row["answers"], row["pairs"], row["guesses"])
        for row in connection.execute(
            "SELECT a.id, a.name,"
            " (SELECT count(*) FROM correctness_judgments WHERE study_id = ?1 AND annotator_id = a.id) AS answers,"
            " (SELECT count(*) FROM preference_judgments WHERE study_id = ?1 AND annotator_id = a.id) AS pairs,"
            " (SELECT count(*) FROM guesses WHERE study_id = ?1 AND annotator_id = a.id) AS guesses FROM annotators a",
            (study_id,),
        )
    }
    people = protocol.annotators or tuple(name for name, row in counts.items() if any(row[1:]))
    if not people:
        return None
    slices = [
        (row["id"], row["slice"])
        for row in connection.execute("SELECT id, slice FROM pairs WHERE study_id = ? ORDER BY position", (study_id,))
    ]
    shown = presentation(seals.read(connection, study_id), slices, 0, protocol)
    whole = (len(shown.answers), len(shown.pairs), len(shown.probes))
    return tuple(
        name
        for name in people
        if name not in counts or any(done < all_ for done, all_ in zip(counts[name][1:], whole, strict=True))
    )
