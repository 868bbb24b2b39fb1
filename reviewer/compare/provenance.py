"""What the frozen version behind a study says of itself: whether it came before the models, and what was waived."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from reviewer.curate.frozen import Version, read_versions

__all__ = ["Provenance", "provenance_of"]


@dataclass(frozen=True, slots=True)
class Provenance:
    """The version that was judged, and the two variants that were judged on it."""

    version: Version
    base: str
    tuned: str

    @property
    def order(self) -> tuple[str, ...]:
        """Whether the version was frozen before the project held outputs of either variant, a sentence each."""
        precedence = self.version.precedence
        if precedence.variants is None:
            return (precedence.sentence(self.version.label, self.tuned),)
        return tuple(precedence.sentence(self.version.label, name) for name in (self.tuned, self.base))

    @property
    def came_first(self) -> bool | None:
        """Whether the version was frozen before the project held any output of the tuned variant; None if unknown."""
        return self.version.precedence.before(self.tuned)

    def to_json(self) -> dict[str, Any]:
        """The provenance as reports carry it."""
        version, precedence = self.version, self.version.precedence
        came_first = {"base": precedence.before(self.base), "tuned": precedence.before(self.tuned)}
        return {
            "name": version.name,
            "number": version.number,
            "content_hash": version.content_hash,
            "frozen_at": version.frozen_at,
            "frozen_before_outputs_of": came_first,
            **({"frozen_before_reason": "not written down at freezing"} if None in came_first.values() else {}),
            "waivers": list(version.waivers),
            "touches": version.touches.total,
        }


def provenance_of(connection: sqlite3.Connection, version_id: int | None, base: str, tuned: str) -> Provenance | None:
    """What the version of a study says of itself; None for a study over no version."""
    if version_id is None:
        return None
    return Provenance(read_versions(connection, version_id)[0], base, tuned)
