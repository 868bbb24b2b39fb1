"""Which words of two answers the other one does not have."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

__all__ = ["Span", "aligned", "differences"]

Span = tuple[int, int]

_WORD = re.compile(r"\w+|[^\w\s]")
MOST_WORDS = 4_000
"""Past so many words in one answer nothing is marked: it would take seconds, and mark nearly all."""


def aligned(left: str, right: str) -> list[tuple[Span, Span]] | None:
    """Places where the words differ, case aside, in code points of either text; None when the texts are too long.

    Where one text has nothing, its span is empty and says where the other one has more.
    """
    a, b = list(_WORD.finditer(left)), list(_WORD.finditer(right))
    if max(len(a), len(b)) > MOST_WORDS:
        return None
    matcher = SequenceMatcher(None, [m[0].casefold() for m in a], [m[0].casefold() for m in b], autojunk=False)
    return [
        (_span(a, a_from, a_to, len(left)), _span(b, b_from, b_to, len(right)))
        for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes()
        if kind != "equal"
    ]


def _span(words: list[re.Match[str]], first: int, end: int, length: int) -> Span:
    if end > first:
        return words[first].start(), words[end - 1].end()
    place = words[first].start() if first < len(words) else length
    return place, place


def differences(left: str, right: str) -> tuple[list[Span], list[Span]] | None:
    """The stretches of either text that `aligned` finds, without the empty ones; None when the texts are too long."""
    found = aligned(left, right)
    if found is None:
        return None
    return [one for one, _ in found if one[1] > one[0]], [other for _, other in found if other[1] > other[0]]
