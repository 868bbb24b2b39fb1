"""What all labels on an output come to, one verdict and category an output, and the sums of it over a variant.

The sums are kept while a project is open and moved by those examples alone that were labelled or excluded since.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from reviewer.intake.heads import as_of_now
from reviewer.intake.revisions import ANSWERS, STALE
from reviewer.store.database import Database, dump

__all__ = ["Counted", "Outcome", "Outcomes", "agreed"]

_MANY = 5_000
"""So many changed examples are not looked at one by one: all labels are read again."""


class Outcome(NamedTuple):
    """What the labels on one output come to."""

    workflow: str
    verdict: str
    category_id: int | None
    even: bool
    """Whether as many said pass as said fail, so that the label written last decided."""


class Outcomes:
    """How often each outcome is there among a variant's outputs; those of the variant asked for last are kept."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._kept: _Kept | None = None

    @contextmanager
    def over(self, variant_id: int, annotator_id: int | None = None) -> Iterator[Counted]:
        """The outcomes of a variant's labelled outputs as they are now, and how many of them an annotator decided.

        What is read inside is of the same moment.
        """
        with self._lock:
            marked = self._database.marked(self)
            kept, self._kept = self._kept, None  # nothing is kept of what is broken off
            with self._database.read() as connection, as_of_now(connection):
                if kept is None or kept.variant_id != variant_id or marked is None or len(marked) > _MANY:
                    kept = _Kept(variant_id)
                    kept.read(connection)
                elif marked:
                    kept.move(connection, marked)
                if annotator_id is not None and kept.annotator_id != annotator_id:
                    kept.read_own(connection, annotator_id)
                yield Counted(connection, kept.counts, kept.coded, len(kept.own))
            self._kept = kept


class Counted(NamedTuple):
    """The outcomes of a variant's labelled outputs, counted."""

    connection: sqlite3.Connection
    """Reads as of the moment that was counted."""
    counts: Mapping[Outcome, int]
    coded: Mapping[int, int]
    """Of each output with a coded failure, by its example, the first label that says so."""
    own: int
    """The outputs of which one annotator said pass or fail."""

    def coded_until(self, label_id: int) -> int:
        """How many outputs had a coded failure once that label was written."""
        return sum(1 for first in self.coded.values() if first <= label_id)


class _Kept:
    """What the labels of one variant come to, by example; a variant has one output for each."""

    def __init__(self, variant_id: int) -> None:
        self.variant_id = variant_id
        self.counts: Counter[Outcome] = Counter()
        self.coded: dict[int, int] = {}
        self.annotator_id: int | None = None
        self.own: set[int] = set()
        self._of: dict[int, Outcome] = {}

    def read(self, connection: sqlite3.Connection) -> None:
        """Read all labels."""
        outcomes: dict[tuple[str, str, int | None], Outcome] = {}  # one object for each, however many outputs have it
        unclear: dict[int, tuple[int, str]] = {}
        rows = _rows(connection, _ALL, {"variant": self.variant_id})
        for example_id, output_id, workflow, verdict, category_id, coded in rows:
            if coded is not None:
                self.coded[example_id] = coded
            if verdict is None:
                unclear[output_id] = (example_id, workflow)
                continue
            known = (workflow, verdict, category_id)
            outcome = outcomes.get(known)
            if outcome is None:
                outcome = outcomes[known] = Outcome(*known, False)
            self._of[example_id] = outcome
        self.counts.update(self._of.values())
        rows = _rows(connection, _LABELS, {"outputs": dump(sorted(unclear))})
        for output_id, group in groupby(rows, key=itemgetter(0)):
            example_id, workflow = unclear[output_id]
            self._put(example_id, Outcome(workflow, *agreed([(row[1], row[2], row[3:]) for row in group])))

    def read_own(self, connection: sqlite3.Connection, annotator_id: int) -> None:
        """Read which outputs an annotator decided."""
        self.annotator_id = annotator_id
        rows = _rows(connection, _OWN, {"variant": self.variant_id, "annotator": annotator_id})
        self.own = {example_id for (example_id,) in rows}

    def move(self, connection: sqlite3.Connection, examples: Collection[int]) -> None:
        """Read the labels on these examples again."""
        for example_id in examples:
            outcome = self._of.pop(example_id, None)
            if outcome is not None:
                self.counts[outcome] -= 1
                if not self.counts[outcome]:
                    del self.counts[outcome]
            self.coded.pop(example_id, None)
        self.own.difference_update(examples)
        rows = _rows(connection, _SOME, {"variant": self.variant_id, "examples": dump(sorted(examples))})
        for example_id, group in groupby(rows, key=itemgetter(0)):
            labels = list(group)
            self._put(example_id, Outcome(labels[0][1], *agreed([(row[2], row[3], row[4:6]) for row in labels])))
            coded = [row[5] for row in labels if row[2] == "fail" and row[3] is not None]
            if coded:
                self.coded[example_id] = min(coded)
            if any(row[6] == self.annotator_id and row[2] in ("pass", "fail") for row in labels):
                self.own.add(example_id)

    def _put(self, example_id: int, outcome: Outcome) -> None:
        self._of[example_id] = outcome
        self.counts[outcome] += 1


# Joins run in the order in which they are written: from the labels, of which there are fewer than of all else. What
# the labels of one output come to is worked out before anything is looked up for it; the verdict is null where their
# order in time decides, or how often each category was said. Excluded examples, sealed outputs and those
# that answered an earlier input are left out.
_ALL = f"""
SELECT o.example_id, l.output_id, e.workflow,
    CASE WHEN passes > fails THEN 'pass' WHEN fails > passes AND least IS most THEN 'fail'
        WHEN fails = 0 AND passes = 0 THEN CASE WHEN unsure THEN 'cannot_judge' ELSE 'skipped' END END AS verdict,
    CASE WHEN fails > passes THEN least END AS category_id, coded
FROM (
    SELECT output_id, sum(verdict = 'pass') AS passes, sum(verdict = 'fail') AS fails,
        max(verdict = 'cannot_judge') AS unsure,
        min(CASE verdict WHEN 'fail' THEN category_id END) AS least,
        max(CASE verdict WHEN 'fail' THEN category_id END) AS most,
        min(CASE WHEN verdict = 'fail' AND category_id IS NOT NULL THEN id END) AS coded
    FROM labels INDEXED BY sqlite_autoindex_labels_1 GROUP BY output_id
) l
CROSS JOIN outputs o ON o.id = l.output_id AND o.variant_id = :variant AND o.sealed_by IS NULL
CROSS JOIN examples e ON e.id = o.example_id AND e.excluded = 0 AND NOT ({STALE})
"""
_LABELS = """
SELECT output_id, verdict, category_id, updated_ms, id FROM labels
WHERE output_id IN (SELECT value FROM json_each(:outputs)) ORDER BY output_id
"""
_OWN = f"""
SELECT o.example_id FROM labels l INDEXED BY labels_annotator CROSS JOIN outputs o ON o.id = l.output_id
WHERE l.annotator_id = :annotator AND l.verdict IN ('pass', 'fail') AND o.variant_id = :variant AND o.sealed_by IS NULL
    AND {ANSWERS} AND o.example_id NOT IN (SELECT id FROM examples INDEXED BY examples_excluded WHERE excluded = 1)
"""
# A variant has one output for an example, so an example's rows stand together and are all of one output.
_SOME = f"""
SELECT o.example_id, e.workflow, l.verdict, l.category_id, l.updated_ms, l.id, l.annotator_id
FROM json_each(:examples) j
CROSS JOIN outputs o ON o.example_id = j.value AND o.variant_id = :variant AND o.sealed_by IS NULL
CROSS JOIN examples e ON e.id = o.example_id AND e.excluded = 0 AND NOT ({STALE})
CROSS JOIN labels l ON l.output_id = o.id
"""


def _rows(connection: sqlite3.Connection, query: str, values: Mapping[str, object]) -> Iterator[Any]:
    cursor = connection.cursor()
    cursor.row_factory = None  # a hundred thousand rows: their names would cost as much again
    return cursor.execute(query, values)


def agreed(labels: Sequence[tuple[str, int | None, tuple[int, int]]]) -> tuple[str, int | None, bool]:
    """The one verdict and category of an output that several annotators labelled, and whether they were even.

    A label is its verdict, its category and when it was written. The majority of pass and fail counts; where they are
    even, the label written last. Can't judge and skipped count only where nobody said pass or fail. The category is
    the most frequent one among the fails, even ones decided by the last label again.
    """
    decided = [label for label in labels if label[0] in ("pass", "fail")]
    if not decided:
        return ("cannot_judge" if any(label[0] == "cannot_judge" for label in labels) else "skipped"), None, False
    fails = sum(label[0] == "fail" for label in decided)
    even = 2 * fails == len(decided)
    last = max(decided, key=lambda label: label[2])
    verdict = last[0] if even else "fail" if 2 * fails > len(decided) else "pass"
    if verdict == "pass":
        return verdict, None, even
    weights: dict[int, tuple[int, tuple[int, int]]] = {}
    for label, category_id, written in decided:
        if label == "fail" and category_id is not None:
            count, latest = weights.get(category_id, (0, (0, 0)))
            weights[category_id] = (count + 1, max(latest, written))
    return verdict, max(weights, key=lambda number: weights[number], default=None), even
