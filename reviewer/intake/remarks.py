"""What stands beside an output and a reference when they are read: the words of every room for the same thing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from reviewer.intake.examples import Example, Output, Reference
from reviewer.intake.revisions import REMEDY, stale_words

__all__ = ["past_truths", "reference_note", "remark", "title_of"]

_WHY = {"stale_facts": "the facts changed", "corrected": "corrected", "removed": "taken away"}


def title_of(output: Output | None) -> str:
    """The variant of an output, marked where it answered an earlier input."""
    if output is None:
        return ""
    return f"{output.variant} (earlier input)" if output.stale else output.variant


def reference_note(reference: Reference | None) -> str:
    """What is said beside a reference: that it is older than the input, and where it comes from."""
    if reference is None:
        return ""
    # "import" says only that it came with the file.
    origin = "" if reference.origin == "import" else reference.origin
    return ", ".join(part for part in ("for an earlier input" if reference.earlier else "", origin) if part)


def remark(example: Example, output: Output | None) -> str:
    """What a reader must know of an example beside one of its outputs: what of it belongs to an earlier input."""
    found = []
    if output is not None and output.stale:
        said = stale_words(output.revision, example.revision)
        found.append(f"{said}: compared no more, and labels on it count nowhere. {REMEDY}")
    if example.reference is not None and example.reference.earlier:
        found.append("The reference is older than the present input: R in Triage or Curate confirms or rewrites it.")
    return " ".join(found)


def past_truths(example: Example) -> Sequence[tuple[str, str]]:
    """What was the truth before, the latest first: until when and why in words, and the text."""
    found = []
    for item in example.past:
        since = "" if item.as_of_ms is None else f"{_day(item.as_of_ms)} "
        why = _WHY.get(item.why, item.why)
        found.append((f"was {since}until {_day(item.until_ms)}{f', {why}' if why else ''}", item.text))
    return found


def _day(at_ms: int) -> str:
    try:
        return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
    except (OverflowError, ValueError, OSError):
        return "?"
