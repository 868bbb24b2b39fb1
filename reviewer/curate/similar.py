"""More like these: examples whose input reads like that of chosen ones, such as failures.

The text index names candidates by BM25 over the most telling words of the chosen examples; those are compared with each
chosen one by the cosine of their words weighed by TF-IDF. Only inputs are compared, never an output, so that nothing
here depends on what a variant said.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt

from reviewer.errors import InputError
from reviewer.intake.likeness import Likeness, words_in
from reviewer.intake.search import Search
from reviewer.intake.text_index import input_text
from reviewer.store.database import Database

__all__ = ["MOST_SEEDS", "Similar", "similar"]

MOST_SEEDS = 100
"""The chosen examples that are looked at; of more, evenly many of the whole list."""
_TELLING = 32
"""The words by which candidates are named."""
_COMMON = 0.1
"""A word in a larger share of the inputs tells nothing, unless there are too few others."""
_CANDIDATES = 600
_LEAST = 0.05
"""The score under which two inputs share little more than the words that everybody uses."""

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class _Weights:
    of: Mapping[str, float]
    mean: float


@dataclass(frozen=True, slots=True)
class Similar:
    """An example that reads like one of the chosen ones."""

    example_id: int
    key: str
    workflow: str
    slice: str
    snippet: str
    score: float
    """The cosine to the nearest chosen example, 0 to 1."""
    like: str
    """The public id of that example."""
    words: tuple[str, ...]
    """The words that make them alike, the most telling first."""

    @property
    def reason(self) -> str:
        """Why it is here, in words."""
        return f"like {self.like}: {', '.join(self.words)}" if self.words else f"like {self.like}"


def similar(
    database: Database,
    search: Search,
    seeds: Sequence[int],
    *,
    limit: int = 50,
    free_only: bool = True,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Similar, ...]:
    """The examples most like the chosen ones, the nearest first; chosen and excluded examples are left out.

    With `free_only` only those that are in no slice yet. `report` hears of the text index being completed. Raises
    InputError when nothing is chosen.
    """
    if not seeds:
        raise InputError("Choose the examples that more are wanted of first.")
    search.complete(report)
    likeness = Likeness(search)
    chosen = _texts(database, _thinned(list(dict.fromkeys(seeds))))
    counted = {row["id"]: Counter(words_in(input_text(row["messages"]))) for row in chosen}
    weights = _weights(likeness, {word for words in counted.values() for word in words}, report)
    vectors = {example_id: _vector(words, weights) for example_id, words in counted.items()}
    telling = _telling(vectors, likeness)
    if not telling:
        return ()
    places: dict[str, list[tuple[int, float]]] = {}
    for example_id, vector in vectors.items():
        for word, weight in vector.items():
            places.setdefault(word, []).append((example_id, weight))
    keys = {row["id"]: row["key"] for row in chosen}
    found = []
    for row in _candidates(database, likeness, telling, frozenset(seeds), free_only):
        vector = _vector(Counter(words_in(input_text(row["messages"]))), weights)
        scores: dict[int, float] = {}
        for word, weight in vector.items():
            for example_id, other in places.get(word, ()):
                scores[example_id] = scores.get(example_id, 0.0) + weight * other
        if not scores:
            continue
        nearest, score = max(scores.items(), key=lambda item: (item[1], -item[0]))
        if score < _LEAST:
            continue
        found.append(
            Similar(
                row["id"],
                row["key"],
                row["workflow"],
                row["slice"] or "",
                row["snippet"],
                min(score, 1.0),
                keys[nearest],
                _shared(vector, vectors[nearest], weights),
            )
        )
    return tuple(sorted(found, key=lambda item: (-item.score, item.example_id))[:limit])


def _candidates(
    database: Database, likeness: Likeness, telling: Sequence[str], seeds: frozenset[int], free_only: bool
) -> list[sqlite3.Row]:
    """The examples that may be listed, the best by the index first, with what is compared of them."""
    # The chosen ones rank highest themselves; so many of them are left over at most.
    ranked = likeness.ranked(telling, 4 * _CANDIDATES + len(seeds))
    rest = [example_id for example_id in ranked if example_id not in seeds]
    found: list[sqlite3.Row] = []
    for start in range(0, len(rest), _CANDIDATES):
        rows = _texts(database, rest[start : start + _CANDIDATES])
        found += [row for row in rows if not row["excluded"] and not (free_only and row["slice"])]
        if len(found) >= _CANDIDATES:
            break
    return found[:_CANDIDATES]


def _thinned(seeds: list[int]) -> list[int]:
    if len(seeds) <= MOST_SEEDS:
        return seeds
    return [seeds[place * len(seeds) // MOST_SEEDS] for place in range(MOST_SEEDS)]


def _texts(database: Database, ids: Sequence[int]) -> list[sqlite3.Row]:
    with database.read() as connection:
        return connection.execute(
            "SELECT e.id, e.key, e.workflow, e.snippet, e.excluded, p.messages, m.slice FROM examples e"
            " JOIN example_payloads p ON p.example_id = e.id LEFT JOIN slice_members m ON m.example_id = e.id"
            " WHERE e.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        ).fetchall()


def _weights(likeness: Likeness, words: set[str], report: Callable[[int, int], None]) -> _Weights:
    """log(1 + N/df) of the chosen examples' words, and the mean of them for every other word.

    To look every word of every candidate up would take longer than all else, and other words only tell how much of a
    candidate is about something else.
    """
    count = max(1, likeness.count())
    ordered = sorted(words)
    known: dict[str, int] = {}
    for start in range(0, len(ordered), 200):
        report(start, len(ordered))
        known.update(likeness.frequencies(ordered[start : start + 200]))
    weights = {word: log(1 + count / number) for word, number in known.items() if number}
    mean = sum(weights.values()) / len(weights) if weights else 1.0
    return _Weights(weights, mean)


def _vector(words: Mapping[str, int], weights: _Weights) -> Vector:
    """Words weighed by (1 + log tf) times their weight, of length 1."""
    raw = {word: (1 + log(number)) * weights.of.get(word, weights.mean) for word, number in words.items()}
    length = sqrt(sum(weight * weight for weight in raw.values()))
    return {word: weight / length for word, weight in raw.items()} if length else {}


def _telling(vectors: Mapping[int, Vector], likeness: Likeness) -> list[str]:
    """The words that weigh most over all chosen examples; those of one example alone find nothing else."""
    count = likeness.count()
    total: Counter[str] = Counter()
    for vector in vectors.values():
        total.update(vector)
    known = likeness.frequencies(total)
    ordered = sorted(total, key=lambda word: (-total[word], word))
    several = [word for word in ordered if known[word] > 1]
    rare = [word for word in several if known[word] <= max(3, _COMMON * count)]
    return (rare or several)[:_TELLING]


def _shared(one: Vector, other: Vector, weights: _Weights, most: int = 4) -> tuple[str, ...]:
    """The words that two have in common, those that everybody uses left out where there are others."""
    both = {word: weight * other[word] for word, weight in one.items() if word in other}
    telling = [word for word in both if len(word) > 2 and weights.of.get(word, 0.0) > log(1 + 1 / _COMMON)]
    return tuple(sorted(telling or both, key=lambda word: (-both[word], word))[:most])
