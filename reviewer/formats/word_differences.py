"""Which words of two texts the other one does not have: of two answers, two duplicates, two versions of an example."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

__all__ = ["MOST_WORDS", "Span", "aligned", "differences", "inline"]

Span = tuple[int, int]

_WORD = re.compile(r"\w+|[^\w\s]")
MOST_WORDS = 4_000
"""Past so many words between the first and the last that differ nothing is marked: it would take seconds."""
_AROUND = 40


def aligned(left: str, right: str, *, exact: bool = False) -> list[tuple[Span, Span]] | None:
    """Places where the words differ, in code points of either text; None when the texts differ over too many words.

    Case counts only with `exact`. Where one text has nothing, its span is empty and says where the other has more.
    """
    a, b = list(_WORD.finditer(left)), list(_WORD.finditer(right))
    ours, theirs = _folded(a, exact), _folded(b, exact)
    head = _common(ours, theirs)
    tail = _common(ours[head:][::-1], theirs[head:][::-1])
    ours, theirs = ours[head : len(ours) - tail], theirs[head : len(theirs) - tail]
    if max(len(ours), len(theirs)) > MOST_WORDS:
        return None
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    return [
        (
            _span(a, head + a_from, head + a_to, len(left)),
            _span(b, head + b_from, head + b_to, len(right)),
        )
        for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes()
        if kind != "equal"
    ]


def _folded(words: Sequence[re.Match[str]], exact: bool) -> list[str]:
    return [found[0] if exact else found[0].casefold() for found in words]


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _span(words: Sequence[re.Match[str]], first: int, end: int, length: int) -> Span:
    if end > first:
        return words[first].start(), words[end - 1].end()
    place = words[first].start() if first < len(words) else length
    return place, place


def differences(left: str, right: str) -> tuple[list[Span], list[Span]] | None:
    """The stretches of either text that `aligned` finds, without the empty ones; None when they differ too much."""
    found = aligned(left, right)
    if found is None:
        return None
    return [one for one, _ in found if one[1] > one[0]], [other for _, other in found if other[1] > other[0]]


def inline(left: str, right: str, limit: int = 240) -> str:
    """The second text on one line with `[-words-]` that went and `{+words+}` that came, what is the same cut short."""
    places = aligned(left, right, exact=True)
    if places is None:
        return "(too different to be told word by word)"
    if not places:
        return "(other spaces only)" if left != right else ""
    parts = []
    end = 0
    for (gone_from, gone_to), (new_from, new_to) in places:
        parts.append(_short(right[end:new_from], first=not end))
        gone, new = left[gone_from:gone_to], right[new_from:new_to]
        parts.append((f"[-{gone}-]" if gone else "") + (f"{{+{new}+}}" if new else ""))
        end = new_to
    parts.append(_short(right[end:], last=True))
    line = " ".join("".join(parts).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def _short(text: str, *, first: bool = False, last: bool = False) -> str:
    if first:
        return text if len(text) <= _AROUND else "…" + text[-_AROUND:]
    if last:
        return text if len(text) <= _AROUND else text[:_AROUND] + "…"
    return text if len(text) <= 2 * _AROUND else f"{text[:_AROUND]} … {text[-_AROUND:]}"
