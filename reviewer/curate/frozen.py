"""A frozen version as it stands in the project: what never changes of it, and the tags and touches it has gathered."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from reviewer.curate.contracts import SLICES
from reviewer.curate.precedence import Precedence
from reviewer.curate.touches import Touches
from reviewer.store.database import load
from reviewer.store.history import Changes
from reviewer.wording import amount

__all__ = ["Version", "read_versions"]


@dataclass(frozen=True, slots=True)
class Version:
    """One frozen, hashed state of an eval set."""

    id: int
    name: str
    number: int
    content_hash: str
    frozen_ms: int
    annotator: str
    note: str
    waiver: str
    unmet: tuple[str, ...]
    counts: dict[str, int]
    facts: dict[str, Any]
    tags: tuple[str, ...] = field(default=(), compare=False)
    touches: Touches = field(default=Touches(), compare=False)
    changes: Changes | None = field(default=None, compare=False, repr=False)

    @property
    def label(self) -> str:
        """NAME@N, as the command line takes it."""
        return f"{self.name}@{self.number}"

    @property
    def frozen_at(self) -> str:
        """When it was frozen, in UTC and ISO 8601."""
        return datetime.fromtimestamp(self.frozen_ms / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    @property
    def count(self) -> int:
        """Its examples."""
        return sum(self.counts.values())

    @property
    def file_stem(self) -> str:
        """What its data file is called, without the ending."""
        return f"{self.name}-v{self.number}"

    @property
    def precedence(self) -> Precedence:
        """Which variants had answered anything when it was frozen."""
        return Precedence.of(self.facts)

    @property
    def waivers(self) -> tuple[str, ...]:
        """Every reason that was given for something that it does not meet, as sentences; empty where all is met."""
        found = [f"Frozen all the same, because “{self.waiver}”: {sentence}" for sentence in self.unmet]
        leaks: Sequence[dict[str, Any]] = self.facts.get("leakage", {}).get("waived", ())
        found += [
            f"{item['id']} overlaps with {item['file']} ({item['kind']}), waived because “{item['reason']}”."
            for item in leaks
        ]
        aside: Sequence[dict[str, Any]] = self.facts.get("leakage", {}).get("set_aside", ())
        for item in aside:
            held = amount(item["overlaps"], "overlap")
            if item["canaries"]:
                held += " and 1 canary" if item["canaries"] == 1 else f" and {item['canaries']:,} canaries"
            found.append(f"The scan of {item['file']} ({held}) was set aside because “{item['reason']}”.")
        kept: Sequence[dict[str, Any]] = self.facts.get("near_duplicates_kept", ())
        found += [f"{' and '.join(item['ids'])} are alike and kept, because “{item['reason']}”." for item in kept]
        return tuple(found)


_VERSIONS = (
    "SELECT v.*, s.name,"
    " (SELECT json_group_array(tag) FROM (SELECT tag FROM version_tags WHERE version_id = v.id ORDER BY tag)) AS tags,"
    " (SELECT count(*) FROM version_touches WHERE version_id = v.id AND kind = 'viewed') AS viewed,"
    " (SELECT count(*) FROM version_touches WHERE version_id = v.id AND kind = 'run') AS run,"
    " (SELECT count(*) FROM version_touches WHERE version_id = v.id AND kind = 'reported') AS reported,"
    " (SELECT max(at_ms) FROM version_touches WHERE version_id = v.id) AS touched_ms"
    " FROM versions v JOIN eval_sets s ON s.id = v.eval_set_id"
)


def read_versions(
    connection: sqlite3.Connection, version_id: int | None = None, changes: Changes | None = None
) -> tuple[Version, ...]:
    """Every version by set in the order of their numbers, or the one of that id."""
    rows = connection.execute(
        f"{_VERSIONS} WHERE ?1 IS NULL OR v.id = ?1 ORDER BY s.name, v.number", (version_id,)
    ).fetchall()
    return tuple(_version(row, changes) for row in rows)


def _version(row: sqlite3.Row, changes: Changes | None) -> Version:
    facts: dict[str, Any] = load(row["manifest"])
    unmet: Sequence[str] = load(row["unmet"])
    return Version(
        row["id"],
        row["name"],
        row["number"],
        row["content_hash"],
        row["frozen_ms"],
        str(facts.get("annotator", "")),
        row["note"],
        row["waiver"],
        tuple(unmet),
        {name: row[name] for name in SLICES},
        facts,
        tuple(load(row["tags"])),
        Touches(row["viewed"], row["run"], row["reported"], row["touched_ms"]),
        changes,
    )
