"""Which system's outputs are triaged."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from reviewer.errors import NotFoundError

__all__ = ["TriagedVariant", "triaged_variant", "triaged_variants"]


@dataclass(frozen=True, slots=True)
class TriagedVariant:
    """A variant whose outputs can be triaged."""

    id: int
    name: str
    role: str


def triaged_variants(connection: sqlite3.Connection) -> list[TriagedVariant]:
    """The variants that have at least one output, production first."""
    rows = connection.execute(
        "SELECT id, name, role FROM variants v WHERE EXISTS (SELECT 1 FROM outputs o WHERE o.variant_id = v.id)"
        " ORDER BY role <> 'production', id"
    ).fetchall()
    return [TriagedVariant(row["id"], row["name"], row["role"]) for row in rows]


def triaged_variant(connection: sqlite3.Connection, name: str | None = None) -> TriagedVariant | None:
    """The variant by that name, or the one to triage by default: the production system, else the first imported.

    None when the project has no outputs; raises NotFoundError for a name that it does not have.
    """
    found = triaged_variants(connection)
    if name is None:
        return found[0] if found else None
    for variant in found:
        if variant.name == name:
            return variant
    names = ", ".join(variant.name for variant in found) or "none yet"
    raise NotFoundError(f"The project has no outputs of a variant “{name}”. It has outputs of: {names}.")
