"""How often a version was touched: each look at its examples or at results on it makes it less of a held-out set."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Literal

from reviewer.store.database import now_ms

__all__ = ["KINDS", "Touches", "touch", "touch_once"]

Kind = Literal["viewed", "run", "reported"]
KINDS: tuple[Kind, ...] = ("viewed", "run", "reported")
"""Its examples were read in the window; a variant was run or compared on it; how a variant did on it was reported."""


@dataclass(frozen=True, slots=True)
class Touches:
    """The touches of one version, by kind."""

    viewed: int = 0
    """Once for each person and sitting."""
    run: int = 0
    reported: int = 0
    last_ms: int | None = None

    @property
    def total(self) -> int:
        """All touches."""
        return self.viewed + self.run + self.reported

    def worn(self, worn_after: int) -> bool:
        """Whether there are as many as a held-out set bears; never, for 0."""
        return 0 < worn_after <= self.total

    def sentence(self, worn_after: int) -> str:
        """The touches in words, with what to do when the set is worn out."""
        if not self.total:
            return "Never touched since it was frozen."
        counts = (self.viewed, self.run, self.reported)
        parts = [f"{kind} {count:,}" for kind, count in zip(KINDS, counts, strict=True) if count]
        times = "once" if self.total == 1 else f"{self.total:,} times"
        found = f"Touched {times} since it was frozen ({', '.join(parts)})."
        if self.worn(worn_after):
            found += (
                f" At {worn_after:,} a held-out set counts as worn out: what is chosen by it has come to fit it. Draw"
                " fresh examples and freeze a new set before the next decision."
            )
        return found


def touch(
    connection: sqlite3.Connection, version_id: int, kind: Kind, *, what: str = "", annotator_id: int | None = None
) -> None:
    """Count a touch inside the caller's transaction; `what` names the study or the variant."""
    connection.execute(
        "INSERT INTO version_touches (version_id, kind, what, at_ms, annotator_id) VALUES (?, ?, ?, ?, ?)",
        (version_id, kind, what, now_ms(), annotator_id),
    )


def touch_once(
    connection: sqlite3.Connection, version_id: int, kind: Kind, sitting: str, annotator_id: int | None
) -> bool:
    """Count a touch unless this person has been counted in this sitting already; returns whether it was counted."""
    return bool(
        connection.execute(
            "INSERT INTO version_touches (version_id, kind, sitting, at_ms, annotator_id) SELECT ?1, ?2, ?3, ?4, ?5"
            " WHERE NOT EXISTS (SELECT 1 FROM version_touches WHERE version_id = ?1 AND kind = ?2 AND sitting = ?3"
            " AND annotator_id IS ?5)",
            (version_id, kind, sitting, now_ms(), annotator_id),
        ).rowcount
    )
