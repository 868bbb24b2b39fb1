"""Labels that rest in the seals of open studies, so that what is counted or written without them can say so."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["SealedLabels", "sealed_labels", "to_json"]


@dataclass(frozen=True, slots=True)
class SealedLabels:
    """The labels that one open study took in, on the outputs of all its variants."""

    study: str
    labels: int

    @property
    def clause(self) -> str:
        """Where they are and when they come back, without a full stop."""
        if self.labels == 1:
            return f"1 label rests in the seal of the open study {self.study} and comes back when it is closed"
        return f"{self.labels:,} labels rest in the seal of the open study {self.study} and come back when it is closed"


def sealed_labels(connection: sqlite3.Connection, variant_id: int | None = None) -> tuple[SealedLabels, ...]:
    """What each open study sealed, of those that seal outputs of this variant, or of any; only those with labels.

    How many of the labels are on which variant's outputs is in the seal, and stays there.
    """
    rows = connection.execute(
        "SELECT name, json_extract(plan, '$.sealed_labels') AS labels FROM studies s WHERE state = 'open'"
        " AND (?1 IS NULL OR ?1 IN (base_variant_id, tuned_variant_id)"
        " OR EXISTS (SELECT 1 FROM outputs WHERE sealed_by = s.id AND variant_id = ?1)) ORDER BY id",
        (variant_id,),
    )
    return tuple(SealedLabels(row["name"], row["labels"]) for row in rows if row["labels"])


def to_json(sealed: Sequence[SealedLabels]) -> list[dict[str, Any]]:
    """The sealed labels as the command line prints them."""
    return [{"study": item.study, "labels": item.labels} for item in sealed]
