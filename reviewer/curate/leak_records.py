"""What scans of training files found, as the project keeps it: scans, overlaps, and what a version says of both."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from typing import Any

from reviewer.store.database import load
from reviewer.wording import amount

__all__ = ["ASIDE", "KINDS", "Leak", "Scan", "all_scans", "facts_in", "leaks_in", "scan_by_id", "scans_in"]

KINDS = ("exact", "overlap", "near")
ASIDE = "set_aside:"
"""How the rows of `meta` begin that keep why a scan was set aside."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan of a training file, as it is remembered."""

    id: int
    name: str
    sha256: str
    size: int
    format: str
    lines: int
    rejected: int
    examples: int
    outputs: int
    sealed: int
    """Outputs that an open study held back; they are not scanned."""
    found: int
    canaries: tuple[tuple[str, str, int], ...]
    """Canary, the version that it belongs to (empty for another project's), line."""
    active: bool
    seconds: float
    scanned_ms: int
    touched: int
    reason: str = ""
    """Why it was set aside, the last time that it was."""

    @property
    def sentence(self) -> str:
        """What was scanned and found."""
        text = f"{self.name}: {amount(self.lines, 'line')} against {amount(self.examples, 'example')}"
        text += f" and {amount(self.outputs, 'output')}, {amount(self.found, 'overlap')}"
        if self.sealed:
            was = "was" if self.sealed == 1 else "were"
            text += f"; {amount(self.sealed, 'output')} that an open study seals {was} not read"
        if self.rejected:
            text += f"; {amount(self.rejected, 'line')} could not be read"
        return text + "."


@dataclass(frozen=True, slots=True)
class Leak:
    """One example that a line of a training file overlaps with."""

    id: int
    scan_id: int
    file: str
    sha256: str
    example_id: int
    key: str
    slice: str
    line: int
    kind: str
    """exact, overlap: 13 words or more in a row; or near."""
    place: str
    """input, reference or output."""
    words: int
    """The longest run of shared words."""
    similarity: float
    """The share of the example's words that the line has, 0 to 1."""
    waiver: str
    """The reason to keep the example all the same; empty without one."""


_SCANS = f"SELECT s.*, (SELECT value FROM meta WHERE key = '{ASIDE}' || s.id) AS reason FROM leak_scans s"
_LEAKS = """
SELECT h.id, h.scan_id, s.name, s.sha256, h.example_id, e.key, coalesce(m.slice, '') AS slice, h.line, h.kind, h.place,
    h.words, h.similarity, coalesce(w.reason, '') AS waiver
FROM {members}
JOIN leak_scans s ON s.id = h.scan_id AND s.active = 1
CROSS JOIN examples e ON e.id = h.example_id AND e.excluded = 0
{on}
LEFT JOIN leak_waivers w ON w.example_id = h.example_id AND w.sha256 = s.sha256
"""
_ORDER = (
    " ORDER BY h.example_id, CASE h.kind WHEN 'exact' THEN 0 WHEN 'overlap' THEN 1 ELSE 2 END, h.words DESC, h.line"
)


def scans_in(connection: sqlite3.Connection) -> tuple[Scan, ...]:
    """The scans that count, the oldest first."""
    return _scans(connection, "WHERE active = 1 ORDER BY id")


def all_scans(connection: sqlite3.Connection) -> tuple[Scan, ...]:
    """Every scan, the newest first; those that were set aside as well."""
    return _scans(connection, "ORDER BY id DESC")


def scan_by_id(connection: sqlite3.Connection, scan_id: int) -> Scan | None:
    """One scan; None when it has gone."""
    return next(iter(_scans(connection, "WHERE id = ?", scan_id)), None)


def _scans(connection: sqlite3.Connection, which: str, *values: object) -> tuple[Scan, ...]:
    return tuple(_scan(row) for row in connection.execute(f"{_SCANS} {which}", values))


def leaks_in(
    connection: sqlite3.Connection, *, members_only: bool = False, open_only: bool = False
) -> tuple[Leak, ...]:
    """What overlaps, from the scans that count."""
    # The members of slices are few, and asked for after every change: they are where the search begins.
    if members_only:
        query = _LEAKS.format(members="slice_members m CROSS JOIN leak_hits h ON h.example_id = m.example_id", on="")
    else:
        query = _LEAKS.format(members="leak_hits h", on="LEFT JOIN slice_members m ON m.example_id = h.example_id")
    where = " WHERE w.id IS NULL" if open_only else ""
    return tuple(
        Leak(
            row["id"], row["scan_id"], row["name"], row["sha256"], row["example_id"], row["key"], row["slice"],
            row["line"], row["kind"], row["place"], row["words"], row["similarity"], row["waiver"],
        )
        for row in connection.execute(f"{query}{where}{_ORDER}")
    )  # fmt: skip


def facts_in(connection: sqlite3.Connection) -> dict[str, Any]:
    """What a version's manifest says of leakage: the scans that counted, and each waiver with its reason."""
    scans = [
        {
            "file": scan.name,
            "sha256": scan.sha256,
            "lines": scan.lines,
            "overlaps": scan.found,
            "rejected": scan.rejected,
            "scanned_ms": scan.scanned_ms,
            "sealed_outputs": scan.sealed,
        }
        for scan in scans_in(connection)
    ]
    leaks = leaks_in(connection, members_only=True)
    waived: dict[tuple[str, str], dict[str, Any]] = {}
    for leak in leaks:
        if leak.waiver:
            waived.setdefault(
                (leak.key, leak.sha256),
                {"file": leak.file, "id": leak.key, "kind": leak.kind, "reason": leak.waiver, "slice": leak.slice},
            )
    aside = [
        {
            "canaries": len(scan.canaries),
            "file": scan.name,
            "overlaps": scan.found,
            "reason": scan.reason,
            "sha256": scan.sha256,
        }
        for scan in _scans(connection, "WHERE active = 0 ORDER BY id")
    ]
    still = Counter(leak.slice for leak in {leak.key: leak for leak in leaks if not leak.waiver}.values())
    facts = {"open": dict(sorted(still.items())), "scans": scans, "waived": [waived[name] for name in sorted(waived)]}
    return {**facts, **({"set_aside": aside} if aside else {})}


def _scan(row: sqlite3.Row) -> Scan:
    canaries: list[list[Any]] = load(row["canaries"])
    return Scan(
        row["id"], row["name"], row["sha256"], row["size"], row["format"], row["lines"], row["rejected"],
        row["examples"], row["outputs"], row["sealed"], row["found"],
        tuple((str(canary), str(version), int(line)) for canary, version, line in canaries), bool(row["active"]),
        row["seconds"], row["scanned_ms"], row["touched"], "" if row["reason"] is None else str(load(row["reason"])),
    )  # fmt: skip
