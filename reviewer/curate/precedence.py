"""Which model runs a project held when a version was frozen: the proof that the set came before a model, or did not.

It names variants, counts and the hashes of the files that outputs came from. Hashes of the outputs themselves are not
in it: while a study seals them, they could be tried against the answers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from json import dumps
from typing import Any

__all__ = ["Precedence", "runs_in"]


@dataclass(frozen=True, slots=True)
class Precedence:
    """The variants that had outputs when a version was frozen; None where its freeze did not write that down."""

    variants: tuple[Mapping[str, Any], ...] | None
    sha256: str = ""

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Precedence:
        """What the facts of a manifest say."""
        runs = facts.get("model_runs")
        return cls(None) if runs is None else cls(tuple(runs["variants"]), runs["sha256"])

    def before(self, variant: str) -> bool | None:
        """Whether the version was frozen before any output of the variant was in the project; None when unknown."""
        if self.variants is None:
            return None
        return all(item["name"] != variant for item in self.variants)

    def sentence(self, label: str, variant: str) -> str:
        """The order of a version and a variant, in words."""
        if self.variants is None:
            return f"{label} does not say which outputs there were when it was frozen."
        found = next((item for item in self.variants if item["name"] == variant), None)
        if found is None:
            return f"{label} was frozen before the project held any output of {variant}."
        if not found["outputs_on_the_set"]:
            return (
                f"{label} was frozen when the project held {found['outputs']:,} outputs of {variant}, none of them on"
                " its examples."
            )
        return (
            f"{label} was frozen when {variant} had answered {found['outputs_on_the_set']:,} of its examples already:"
            " it does not show that the set came first."
        )

    def words(self) -> str:
        """What there was, one line a variant."""
        if self.variants is None:
            return "Which outputs there were at freezing was not written down."
        if not self.variants:
            return "No output of any variant was in the project at freezing."
        lines = ["In the project at freezing:"]
        for item in self.variants:
            when = f", imported {_day(item['first_import_ms'])}" if item["first_import_ms"] is not None else ""
            if item["last_import_ms"] is not None and _day(item["last_import_ms"]) != _day(item["first_import_ms"]):
                when += f" to {_day(item['last_import_ms'])}"
            lines.append(
                f"–  {item['name']} ({item['role']}): {item['outputs_on_the_set']:,} outputs on these examples of"
                f" {item['outputs']:,} in all{when}"
            )
        return "\n".join(lines)


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d")


def runs_in(connection: sqlite3.Connection) -> dict[str, Any]:
    """What a manifest says of the runs that there are now, with a hash over it; the set is what the slices hold."""
    totals = {
        row["variant_id"]: row["n"]
        for row in connection.execute("SELECT variant_id, count(*) AS n FROM outputs GROUP BY variant_id")
    }
    on_the_set: dict[int, int] = {}
    sources: dict[int, list[dict[str, Any]]] = {}
    for row in connection.execute(
        "SELECT o.variant_id, s.name, s.sha256, s.imported_ms, count(*) AS n FROM slice_members m"
        " CROSS JOIN examples e ON e.id = m.example_id AND e.excluded = 0 CROSS JOIN outputs o ON o.example_id = e.id"
        " LEFT JOIN sources s ON s.id = o.source_id GROUP BY o.variant_id, o.source_id ORDER BY s.imported_ms, s.name"
    ):
        on_the_set[row["variant_id"]] = on_the_set.get(row["variant_id"], 0) + row["n"]
        if row["name"] is not None:
            sources.setdefault(row["variant_id"], []).append(
                {"file": row["name"], "imported_ms": row["imported_ms"], "outputs": row["n"], "sha256": row["sha256"]}
            )
    variants = []
    for row in connection.execute("SELECT id, name, role FROM variants ORDER BY name"):
        if not totals.get(row["id"]):
            continue
        files = sources.get(row["id"], [])
        variants.append(
            {
                "first_import_ms": min((item["imported_ms"] for item in files), default=None),
                "last_import_ms": max((item["imported_ms"] for item in files), default=None),
                "name": row["name"],
                "outputs": totals[row["id"]],
                "outputs_on_the_set": on_the_set.get(row["id"], 0),
                "role": row["role"],
                "sources": files,
            }
        )
    text = dumps(variants, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return {"sha256": sha256(text.encode("ascii")).hexdigest(), "variants": variants}
