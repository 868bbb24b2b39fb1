"""References under suspicion: the variants agree with each other, and not with what is expected of them.

Texts are compared by their words and figures without case, markup and marks. Two outputs agree when they have the same
words, or most of them and the same figures; they do not meet a reference when they share little with it, or when each
of them contradicts it: another number, day or name in the same place, an opposite, a sentence that is denied. A
reference that says something else in other words of its own is not found. Outputs that a study has sealed are not
looked at, nor is any other output of such an example, nor one that answered an earlier input.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from reviewer.curate.gists import Gist, agreement, contradiction, gist, met_by
from reviewer.intake.revisions import ANSWERS
from reviewer.store.database import load

__all__ = ["AGREE", "MET", "Gist", "Suspect", "agreement", "gist", "in_order", "met_by", "suspects"]

AGREE = 0.8
"""The share of words in common from which on two outputs agree (Dice over the words)."""
MET = 1 / 3
"""The share of words in common from which on an output that contradicts nothing meets a reference."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Suspect:
    """An example whose reference the variants contradict together."""

    example_id: int
    key: str
    workflow: str
    slice: str
    reference: str
    outputs: tuple[tuple[str, str], ...]
    """Variant and text of each output that can be read, those that agree first."""
    agreeing: tuple[str, ...]
    """The variants that agree."""
    agreement: float
    """How alike their outputs are, 0 to 1."""
    met: float
    """The largest share of words that one of them has in common with the reference, 0 to 1."""
    fingerprint: str
    instead: tuple[str, str] = ("", "")
    """A word of the reference and what the outputs have in its place; one is empty where a sentence is denied."""

    @property
    def reason(self) -> str:
        """Why it is here, in words."""
        names = f"{', '.join(self.agreeing[:-1])} and {self.agreeing[-1]}"
        alike = "say the same" if self.agreement == 1 else f"are {self.agreement:.0%} alike"
        mine, theirs = self.instead
        if mine and theirs:
            return f"{names} {alike}; the reference has “{mine}” where they have “{theirs}”"
        if mine or theirs:
            who = "the reference has" if mine else "they have"
            return f"{names} {alike}; {who} a “{mine or theirs}” that the other side lacks"
        return f"{names} {alike}; they share {self.met:.0%} of the words with the reference"

    @property
    def evidence(self) -> str:
        """The whole of it in one sentence: how many agree, how alike they are, how far the reference is from them."""
        return (
            f"{len(self.agreeing)} of {len(self.outputs)} variants agree: {self.reason}"
            f"{'' if not any(self.instead) else f' ({self.met:.0%} of the words are the same)'}."
        )


def suspects(
    connection: sqlite3.Connection,
    report: Callable[[int, int], None] = lambda done, total: None,
    only: Collection[int] | None = None,
) -> tuple[Suspect, ...]:
    """Every suspected reference that nobody has kept as it is, the strongest agreement and least met first.

    Members of slices come before the rest. With `only` no other examples are looked at.
    """
    wanted = None if only is None else json.dumps(sorted(only))
    total = connection.execute(_COUNT, {"only": wanted}).fetchone()[0]
    found: list[Suspect] = []
    last, done = 0, 0
    while rows := connection.execute(_EXAMPLES, {"only": wanted, "last": last, "batch": _BATCH}).fetchall():
        last = rows[-1]["id"]
        ids = [row["id"] for row in rows]
        texts, past = _outputs(connection, ids), _past(connection, ids)
        for row in rows:
            suspect = _judged(row, texts.get(row["id"], []), past.get(row["id"], []))
            if suspect is not None and suspect.fingerprint != row["kept"]:
                found.append(suspect)
        done += len(rows)
        report(done, total)
    return in_order(found)


def in_order(found: Iterable[Suspect]) -> tuple[Suspect, ...]:
    """Members of slices first, then the strongest agreement and what is met least."""
    return tuple(sorted(found, key=lambda item: (not item.slice, -item.agreement, item.met, item.example_id)))


# An example of which an open study holds an output is left alone: what its other outputs say may tell of that one.
_WHERE = (
    " FROM examples e JOIN example_references r ON r.example_id = e.id WHERE e.excluded = 0 AND r.expired_ms IS NULL"
    " AND NOT EXISTS (SELECT 1 FROM outputs o WHERE o.example_id = e.id AND o.sealed_by IS NOT NULL)"
    " AND (:only IS NULL OR e.id IN (SELECT value FROM json_each(:only)))"
)
_COUNT = "SELECT count(*)" + _WHERE
_EXAMPLES = (
    "SELECT e.id, e.key, e.workflow, r.body,"
    " (SELECT slice FROM slice_members m WHERE m.example_id = e.id) AS slice,"
    " (SELECT fingerprint FROM reference_reviews k WHERE k.example_id = e.id) AS kept"
    f"{_WHERE} AND e.id > :last ORDER BY e.id LIMIT :batch"
)


def _outputs(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    marks = ", ".join("?" * len(ids))
    for row in connection.execute(
        "SELECT o.example_id, v.name, p.text FROM outputs o JOIN output_payloads p ON p.output_id = o.id"
        f" JOIN variants v ON v.id = o.variant_id WHERE o.sealed_by IS NULL AND {ANSWERS} AND o.example_id IN ({marks})"
        " ORDER BY v.id",
        ids,
    ):
        found.setdefault(row["example_id"], []).append((row["name"], load(row["text"])))
    return found


def _past(connection: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[Gist]]:
    """What was the truth before the facts changed; a reference that was corrected proves nothing."""
    found: dict[int, list[Gist]] = {}
    marks = ", ".join("?" * len(ids))
    for row in connection.execute(
        f"SELECT example_id, body FROM past_references WHERE why = 'stale_facts' AND example_id IN ({marks})", ids
    ):
        found.setdefault(row["example_id"], []).append(gist(load(row["body"])))
    return found


def _judged(row: sqlite3.Row, outputs: list[tuple[str, str]], past: Sequence[Gist]) -> Suspect | None:
    if len(outputs) < 2:
        return None
    reference_text: str = load(row["body"])
    reference = gist(reference_text)
    gists = {name: gist(text) for name, text in outputs}
    best: tuple[float, tuple[str, ...]] = (0.0, ())
    for names in _groups(list(gists)):
        alike = min(agreement(gists[one], gists[other]) for one, other in combinations(names, 2))
        if alike >= AGREE and (len(names), alike) > (len(best[1]), best[0]):
            best = (alike, names)
    alike, names = best
    if not names:
        return None
    met = max(met_by(reference, gists[name]) for name in names)
    against = [contradiction(reference, gists[name]) for name in names]
    instead = next((found for found in against if found is not None), None) if None not in against else None
    if met >= MET and instead is None:
        return None
    # Variants that tell an old truth together rest on stale facts; the reference has been seen to already.
    if any(_meets(old, gists[name]) for old in past for name in names):
        return None
    ordered = sorted(outputs, key=lambda item: item[0] not in names)
    return Suspect(
        row["id"],
        row["key"],
        row["workflow"],
        row["slice"] or "",
        reference_text,
        tuple(ordered),
        names,
        alike,
        met,
        fingerprint(reference_text, outputs),
        instead or ("", ""),
    )


def _meets(reference: Gist, output: Gist) -> bool:
    return met_by(reference, output) >= MET and contradiction(reference, output) is None


def _groups(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """All of several variants, else every pair: with many variants the groups between are too many to try."""
    if len(names) > 2:
        yield tuple(names)
    yield from combinations(names, 2)


def fingerprint(reference: str, outputs: Sequence[tuple[str, str]]) -> str:
    """sha256 hex over a reference and the outputs beside it."""
    parts = [reference, *(part for pair in sorted(outputs) for part in pair)]
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(f"{len(data)}:".encode() + data)
    return digest.hexdigest()
