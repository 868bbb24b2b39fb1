"""The members of the slices as canonical records, read in one consistent sweep of the project."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.curate.shelf_life import LEFT_OUT
from reviewer.formats import canonical
from reviewer.formats.conversation import Document, Message
from reviewer.intake.revisions import STALE
from reviewer.store.database import load
from reviewer.triage.truths import present_ms

__all__ = ["Member", "members"]


@dataclass(frozen=True, slots=True)
class Member:
    """One example as it goes into a version."""

    example_id: int
    key: str
    slice: str
    content_hash: str
    record: bytes
    observed: str | None
    """The variant whose output the record carries as observed."""


# The production output is that of the first variant with the role production that has one; a sealed one has no payload.
_MEMBERS = f"""
SELECT e.id, e.key, e.original_id, e.workflow, e.occurred_ms, e.created_ms, e.revision, m.slice, m.capability,
    p.messages, p.documents, p.tools, p.metadata, {STALE} AS stale, r.body, r.origin, r.as_of_ms, r.shelf_days,
    v.name AS variant, o.latency_ms, o.sealed_by, q.text AS observed, q.messages AS steps
FROM slice_members m
CROSS JOIN examples e ON e.id = m.example_id
JOIN example_payloads p ON p.example_id = e.id
LEFT JOIN example_references r ON r.example_id = e.id
LEFT JOIN outputs o ON o.id = (
    SELECT x.id FROM outputs x JOIN variants w ON w.id = x.variant_id
    WHERE x.example_id = e.id AND w.role = 'production' ORDER BY w.id LIMIT 1)
LEFT JOIN variants v ON v.id = o.variant_id
LEFT JOIN output_payloads q ON q.output_id = o.id
WHERE e.excluded = 0 AND NOT {LEFT_OUT}
ORDER BY e.key
"""


def members(connection: sqlite3.Connection, dataset: str, number: int) -> Iterator[Member]:
    """Every member that is frozen now, as its record in version `number` of `dataset`, in order of public id.

    An output that answered an older input is left out of its record. Excluded examples are left out,
    and in slices that gate those whose reference no longer holds.
    """
    for row in connection.execute(_MEMBERS, {"at": present_ms(connection)}):
        open_output = row["observed"] is not None and row["sealed_by"] is None and not row["stale"]
        variant = row["variant"] if open_output else None
        record = canonical.record(
            id=row["key"],
            dataset=dataset,
            dataset_version=str(number),
            revision=row["revision"],
            created_ms=row["created_ms"] if row["occurred_ms"] is None else row["occurred_ms"],
            slices=[row["slice"]],
            tags=_tags(row),
            messages=Message.list_from_json(load(row["messages"])),
            tools=load(row["tools"]),
            documents=[Document.from_json(item) for item in load(row["documents"])],
            expected=None if row["body"] is None else load(row["body"]),
            observed=load(row["observed"]) if open_output else None,
            observed_model=variant,
            latency_ms=row["latency_ms"] if open_output else None,
            trace_id=None,
            metadata=_metadata(row, Message.list_from_json(load(row["steps"])) if open_output else []),
        )
        line = canonical.encode(record)
        yield Member(row["id"], row["key"], row["slice"], record["content_hash"], line, variant)


def _tags(row: sqlite3.Row) -> list[str]:
    found = [("capability", row["capability"]), ("workflow", row["workflow"])]
    return [f"{name}:{value}" for name, value in found if value]


def _metadata(row: sqlite3.Row, steps: Sequence[Message]) -> dict[str, str]:
    """The example's own metadata, and beside it what the record has no field for."""
    more: dict[str, Any] = {
        "workflow": row["workflow"] or None,
        "original_id": row["original_id"],
        # "import" says only that it came with the file.
        "reference_source": None if row["origin"] in ("", "import") else row["origin"],
        "reference_as_of_ms": row["as_of_ms"],
        "reference_shelf_days": row["shelf_days"],
        canonical.OBSERVED_MESSAGES: canonical.steps(steps) if steps else None,
    }
    own: dict[str, str] = load(row["metadata"])
    return {**own, **{name: str(value) for name, value in more.items() if value is not None}}
