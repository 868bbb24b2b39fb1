"""What differs between two versions, as rows of a list and as two texts side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from reviewer.curate.diffs import KINDS, Diff, TextChange
from reviewer.curate.versions import RecordHead, Version
from reviewer.formats.word_differences import Span, aligned

__all__ = ["ExampleChange", "composed", "counted", "example_changes", "kind_words", "record_facts", "waiver_lines"]

ABSENT = "(not there)"
_MOST_DIGITS = 15
_MOST_JSON = 200_000
_ORDER = ("added", "removed", "moved", *dict.fromkeys(KINDS.values()))


@dataclass(frozen=True, slots=True)
class ExampleChange:
    """One example that differs between two versions."""

    key: str
    kinds: tuple[str, ...]
    """added, removed or moved; and what of it is another: input, reference, metadata and so on."""
    slices: tuple[str, str]
    """Before and after; empty where it is not there."""
    revisions: tuple[int, int]
    """Before and after; 0 where it is not there."""

    @property
    def change(self) -> str:
        """What happened to it, in a word or two."""
        first = self.kinds[0]
        if first in ("added", "removed"):
            return first
        rest = len(self.kinds) > 1
        return ("moved, changed" if rest else "moved") if first == "moved" else "changed"

    @property
    def words(self) -> str:
        """What is another, in words."""
        before, after = self.slices
        if self.kinds[0] == "added":
            return f"to {after}"
        if self.kinds[0] == "removed":
            return f"from {before}"
        parts = [f"from {before} to {after}"] if "moved" in self.kinds else []
        changed = ", ".join(kind for kind in self.kinds if kind != "moved")
        parts += [changed] if changed else []
        if self.revisions[0] != self.revisions[1]:
            parts.append(f"revision {self.revisions[0]} to {self.revisions[1]}")
        return "; ".join(parts)


def example_changes(
    diff: Diff, before: Mapping[str, RecordHead], after: Mapping[str, RecordHead]
) -> tuple[ExampleChange, ...]:
    """Every example that differs, once, in order of public id within added, removed, and all others."""
    kinds: dict[str, list[str]] = {key: ["added"] for key in diff.added}
    kinds.update({key: ["removed"] for key in diff.removed})
    others: dict[str, list[str]] = {key: ["moved"] for key, _, _ in diff.moved}
    for key, fields in diff.changed:
        others.setdefault(key, []).extend(dict.fromkeys(KINDS.get(name, name) for name in fields))
    kinds.update(sorted(others.items()))
    found = []
    for key, mine in kinds.items():
        old, new = before.get(key), after.get(key)
        slices = (old.slice if old is not None else "", new.slice if new is not None else "")
        revisions = (old.revision if old is not None else 0, new.revision if new is not None else 0)
        found.append(ExampleChange(key, tuple(mine), slices, revisions))
    return tuple(found)


def counted(changes: Sequence[ExampleChange]) -> list[tuple[str, int]]:
    """How many examples there are of each kind, in the order in which a person asks: those that there are."""
    counts = Counter(kind for change in changes for kind in change.kinds)
    order = {kind: place for place, kind in enumerate(_ORDER)}
    return sorted(counts.items(), key=lambda item: (order.get(item[0], len(order)), item[0]))


def kind_words(kind: str) -> str:
    """A kind of change behind its count: 3 added, 2 with another reference."""
    if kind in ("added", "removed", "moved"):
        return kind
    return f"with other {kind}" if kind in ("metadata", "documents", "tags") else f"with another {kind}"


def waiver_lines(diff: Diff, first: Version, second: Version) -> str:
    """The waivers that one of two versions has and the other has not, a line each."""
    lines = [f"Waived since {first.label}: {item}" for item in diff.waived]
    lines += [f"No longer waived in {second.label}: {item}" for item in diff.no_longer_waived]
    return "\n".join(lines)


def composed(changes: Sequence[TextChange]) -> tuple[str, str, list[tuple[Span, Span]]]:
    """The texts that differ, one below the other under their names, for either side; and the places that differ."""
    sides = ["", ""]
    places: list[tuple[Span, Span]] = []
    for change in changes:
        head = _head(change)
        gap = "\n\n" if sides[0] else ""
        starts = [len(side) + len(gap) + len(head) + 1 for side in sides]
        said = (change.before, change.after)
        given = tuple(None if text is None else _readable(change.place, text) for text in said)
        texts = [ABSENT if text is None else text for text in given]
        sides = [f"{side}{gap}{head}\n{text}" for side, text in zip(sides, texts, strict=True)]
        differ: Sequence[tuple[Span, Span]] | None = change.places
        if given != said and None not in given:
            differ = aligned(texts[0], texts[1], exact=True)  # the words stand elsewhere in what is read
        if not differ:
            # One side has no such text, or they have too little in common to be told apart word by word.
            differ = [((0, 0 if given[0] is None else len(texts[0])), (0, 0 if given[1] is None else len(texts[1])))]
        places += [
            ((starts[0] + left[0], starts[0] + left[1]), (starts[1] + right[0], starts[1] + right[1]))
            for left, right in differ
        ]
    return sides[0], sides[1], places


def record_facts(record: Mapping[str, Any]) -> str:
    """What stands around a frozen record, on one line: slices, revision, where its reference is from and how long it
    holds, tags."""
    metadata: Mapping[str, str] = record["metadata"]
    parts = [", ".join(record["slices"]), f"revision {record['revision']}"]
    as_of, days = metadata.get("reference_as_of_ms"), metadata.get("reference_shelf_days")
    if record["expected"] is not None:
        held = [f"as of {_readable('_ms', as_of)[:10]}"] if as_of else []
        held += [f"to be confirmed after {days} days"] if days else []
        source = metadata.get("reference_source", "")
        said = ", ".join([*([f"from {source}"] if source else []), *held])
        parts += [f"reference {said}"] if said else []
    parts += [f"tags {', '.join(record['tags'])}"] if record["tags"] else []
    return "  ·  ".join(part for part in parts if part)


_NAMES = {
    "reference_as_of_ms": "Reference: as of",
    "reference_shelf_days": "Reference: shelf life in days",
    "reference_source": "Reference: source",
    "observed_messages": "Observed output: its steps",
}
"""What stands in a record's metadata and is about something else, with the words for it."""


def _head(change: TextChange) -> str:
    if change.field == "metadata" and change.place in _NAMES:
        return f"▸ {_NAMES[change.place]}"
    kind = KINDS.get(change.field, change.field)
    name = kind[:1].upper() + kind[1:]
    return f"▸ {name}" if change.place in (kind, name, change.field) else f"▸ {name}: {change.place}"


def _readable(place: str, text: str) -> str:
    """A text as a person reads it: a moment as a date, JSON in lines and without escapes, all else as it stands."""
    if place.endswith("_ms") and text.isdecimal() and len(text) < _MOST_DIGITS:
        moment = datetime.fromtimestamp(int(text) / 1000, UTC)
        return f"{moment:%Y-%m-%d %H:%M} UTC"
    if text[:1] in "[{" and len(text) <= _MOST_JSON:
        try:
            return json.dumps(json.loads(text), ensure_ascii=False, indent=1)
        except (ValueError, RecursionError):
            return text
    return text
