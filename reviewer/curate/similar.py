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

MOST_SEEDS = 400
"""The chosen examples that are looked at; of more, evenly many of the whole list."""
_TELLING = 32
"""The words by which candidates are named."""
_COMMON = 0.2
"""A word in a larger share of the inputs tells nothing, unless there are too few others."""
_CANDIDATES = 600

Vector = dict[str, float]


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
    count = max(1, likeness.count())
    chosen = _texts(database, _thinned(list(dict.fromkeys(seeds))))
    counted = {row["id"]: Counter(words_in(input_text(row["messages"]))) for row in chosen}
    likeness.frequencies(word for words in counted.values() for word in words)
    vectors = {example_id: _vector(words, likeness, count) for example_id, words in counted.items()}
    telling = _telling(vectors, likeness, count)
    if not telling:
        return ()
    taken = set(seeds)
    candidates = [item for item in likeness.ranked(telling, _CANDIDATES + len(taken)) if item not in taken]
    keys = {row["id"]: row["key"] for row in chosen}
    found = []
    rows = [row for row in _texts(database, candidates) if not row["excluded"] and not (free_only and row["slice"])]
    bags = [Counter(words_in(input_text(row["messages"]))) for row in rows]
    likeness.frequencies(word for bag in bags for word in bag)
    for row, bag in zip(rows, bags, strict=True):
        vector = _vector(bag, likeness, count)
        nearest, score = max(
            ((example_id, _cosine(vector, other)) for example_id, other in vectors.items()),
            key=lambda pair: (pair[1], -pair[0]),
        )
        if score > 0:
            found.append(
                Similar(
                    row["id"],
                    row["key"],
                    row["workflow"],
                    row["slice"] or "",
                    row["snippet"],
                    min(score, 1.0),
                    keys[nearest],
                    _shared(vector, vectors[nearest]),
                )
            )
    return tuple(sorted(found, key=lambda item: (-item.score, item.example_id))[:limit])


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


def _vector(words: Mapping[str, int], likeness: Likeness, count: int) -> Vector:
    """Words weighed by (1 + log tf) · log(1 + N/df), of length 1."""
    known = likeness.frequencies(words)
    weights = {word: (1 + log(number)) * log(1 + count / known[word]) for word, number in words.items() if known[word]}
    length = sqrt(sum(weight * weight for weight in weights.values()))
    return {word: weight / length for word, weight in weights.items()} if length else {}


def _telling(vectors: Mapping[int, Vector], likeness: Likeness, count: int) -> list[str]:
    """The words that weigh most over all chosen examples; those of one example alone find nothing else."""
    total: Counter[str] = Counter()
    for vector in vectors.values():
        total.update(vector)
    known = likeness.frequencies(total)
    ordered = sorted(total, key=lambda word: (-total[word], word))
    several = [word for word in ordered if known[word] > 1]
    rare = [word for word in several if known[word] <= max(3, _COMMON * count)]
    return (rare or several)[:_TELLING]


def _cosine(one: Vector, other: Vector) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other.get(word, 0.0) for word, weight in one.items())


def _shared(one: Vector, other: Vector, most: int = 4) -> tuple[str, ...]:
    weights = {word: weight * other[word] for word, weight in one.items() if word in other}
    return tuple(sorted(weights, key=lambda word: (-weights[word], word))[:most])
