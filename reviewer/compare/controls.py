"""Controls with a known answer: a right answer beside a wrong one that sounds better, found in the project."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from reviewer.compare.protocol import Protocol
from reviewer.errors import NotFoundError
from reviewer.intake.revisions import ANSWERS
from reviewer.store.database import dump, load

__all__ = ["Known", "known_answers"]

_LONGER = 1.2
"""A wrong answer this many times as long as the right one is the more fluent of the two."""


@dataclass(frozen=True, slots=True)
class Known:
    """A control: an example outside the study with a right and a wrong answer to it."""

    example_id: int
    key: str
    slice: str
    right: str
    """The body of the side, as JSON."""
    wrong: str


def known_answers(
    connection: sqlite3.Connection,
    protocol: Protocol,
    wanted: int,
    taken: Collection[int],
    variants: tuple[int, int],
    rng: random.Random,
) -> Sequence[Known]:
    """At most `wanted` controls, on examples that are not among those taken, a random choice of the longest wrong ones.

    From the two variants that the protocol names; otherwise from outputs of other variants that annotators called
    fail, against an output they called pass or, where there is none, against the example's reference. Raises
    NotFoundError for a variant the project does not have.
    """
    if not wanted:
        return ()
    if protocol.right is not None and protocol.wrong is not None:
        found = _named(connection, protocol.right, protocol.wrong)
    else:
        found = _labelled(connection, variants)
    usable = [
        (example_id, key, slice_name, right.strip(), wrong.strip())
        for example_id, key, slice_name, right, wrong in found
        if example_id not in taken and right.strip() and wrong.strip() and right.strip() != wrong.strip()
    ]
    fluent = [item for item in usable if len(item[4].split()) >= _LONGER * len(item[3].split())]
    rng.shuffle(usable)
    rng.shuffle(fluent)
    chosen = fluent + [item for item in usable if item not in fluent]
    return [
        Known(example_id, key, slice_name, _body(right), _body(wrong))
        for example_id, key, slice_name, right, wrong in chosen[:wanted]
    ]


_Found = list[tuple[int, str, str, str, str]]


def _named(connection: sqlite3.Connection, right: str, wrong: str) -> _Found:
    ids = []
    for name in (right, wrong):
        row = connection.execute("SELECT id FROM variants WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise NotFoundError(
                f"The project has no variant {name!r} to take controls from. Import their answers first, the right "
                "ones as one variant and the wrong ones as another."
            )
        ids.append(row["id"])
    rows = connection.execute(
        "SELECT e.id, e.key, coalesce(m.slice, '') AS slice, r.text AS right_text, w.text AS wrong_text FROM examples e"
        " JOIN outputs a ON a.example_id = e.id AND a.variant_id = ? JOIN output_payloads r ON r.output_id = a.id"
        " JOIN outputs b ON b.example_id = e.id AND b.variant_id = ? JOIN output_payloads w ON w.output_id = b.id"
        " LEFT JOIN slice_members m ON m.example_id = e.id WHERE e.excluded = 0"
        " AND a.input_hash IS e.input_hash AND b.input_hash IS e.input_hash ORDER BY e.id",
        ids,
    )
    return [(row["id"], row["key"], row["slice"], load(row["right_text"]), load(row["wrong_text"])) for row in rows]


def _labelled(connection: sqlite3.Connection, variants: tuple[int, int]) -> _Found:
    """Answers of other variants that everybody who judged them called fail, with a right one beside each."""
    rows = connection.execute(
        "WITH judged AS (SELECT o.id, o.example_id, min(l.verdict) AS least, max(l.verdict) AS most FROM labels l"
        " JOIN outputs o ON o.id = l.output_id WHERE l.verdict IN ('pass', 'fail')"
        " AND o.variant_id NOT IN (SELECT value FROM json_each(?)) AND o.sealed_by IS NULL"
        f" AND {ANSWERS} GROUP BY o.id)"
        " SELECT e.id, e.key, coalesce(m.slice, '') AS slice, w.text AS wrong_text,"
        " coalesce((SELECT p.text FROM judged j JOIN output_payloads p ON p.output_id = j.id"
        " WHERE j.example_id = e.id AND j.least = 'pass' ORDER BY j.id LIMIT 1), r.body) AS right_text"
        " FROM judged f JOIN examples e ON e.id = f.example_id JOIN output_payloads w ON w.output_id = f.id"
        " LEFT JOIN example_references r ON r.example_id = e.id LEFT JOIN slice_members m ON m.example_id = e.id"
        " WHERE f.most = 'fail' AND e.excluded = 0 ORDER BY e.id, f.id",
        (json.dumps(variants),),
    )
    found = {
        row["id"]: (row["id"], row["key"], row["slice"], load(row["right_text"]), load(row["wrong_text"]))
        for row in rows
        if row["right_text"] is not None
    }
    return list(found.values())


def _body(text: str) -> str:
    # Without documents on either side: what was retrieved for one answer only would tell them apart.
    return dump({"text": text, "documents": []})
