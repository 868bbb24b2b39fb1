"""References under suspicion: the variants agree with each other, and not with what is expected of them.

Texts are compared by their words and figures without case, markup and marks. Two outputs agree when they have the same
words, or most of them and the same figures; a reference is met by an output that holds most of its words and figures
and no other figures in their place. Outputs that a study has sealed are not looked at, nor is any other output of such
an example, nor one that answered an earlier input.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from reviewer.intake.revisions import ANSWERS
from reviewer.store.database import load

__all__ = ["AGREE", "MET", "Gist", "Suspect", "agreement", "gist", "in_order", "met_by", "suspects"]

AGREE = 0.8
"""The share of words in common from which on two outputs agree (Dice over the words)."""
MET = 0.6
"""The share of a reference's words from which on an output that has its figures meets it."""
_BATCH = 500
_WORD = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Gist:
    """A text as it is compared: its words in order, and its figures."""

    words: tuple[str, ...]
    figures: frozenset[str]


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
    """The largest share of the reference's words that one of them has."""
    fingerprint: str

    @property
    def reason(self) -> str:
        """Why it is here, in words."""
        names = f"{', '.join(self.agreeing[:-1])} and {self.agreeing[-1]}"
        alike = "say the same" if self.agreement == 1 else f"are {self.agreement:.0%} alike"
        return f"{names} {alike}; at most {self.met:.0%} of the reference is in what they say"


def gist(text: str) -> Gist:
    """What is compared of a text: words without case and accents, and figures as written."""
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(letter)
    )
    words = tuple(_WORD.findall(plain))
    return Gist(words, frozenset(word for word in words if word[0].isdigit()))


def agreement(one: Gist, other: Gist) -> float:
    """How alike two texts are, 0 to 1: Dice over their words; 0 where their figures differ, 1 for the same words."""
    if one.words == other.words:
        return 1.0 if one.words else 0.0
    if one.figures != other.figures or not one.words or not other.words:
        return 0.0
    common = sum((Counter(one.words) & Counter(other.words)).values())
    return min(0.99, 2 * common / (len(one.words) + len(other.words)))


def met_by(reference: Gist, output: Gist) -> float:
    """The mean of the shares of a reference's words and of its figures that an output has; 0 to 1.

    Halved where each has figures that the other lacks: another amount or day is another answer.
    """
    if not reference.words:
        return 1.0
    wanted, said = set(reference.words) - reference.figures, set(output.words)
    shares = [len(wanted & said) / len(wanted)] if wanted else []
    if reference.figures:
        shares.append(len(reference.figures & output.figures) / len(reference.figures))
    contradicted = reference.figures - output.figures and output.figures - reference.figures
    return sum(shares) / len(shares) * (0.5 if contradicted else 1.0)


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
    # Variants that tell an old truth together rest on stale facts; the reference has been seen to already.
    if met >= MET or any(met_by(old, gists[name]) >= MET for old in past for name in names):
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
    )


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
