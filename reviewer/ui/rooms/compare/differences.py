"""Which words of two answers the other one does not have."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

__all__ = ["differences"]

Span = tuple[int, int]

_WORD = re.compile(r"\w+|[^\w\s]")
MOST_WORDS = 4_000
"""Past so many words in one answer nothing is marked: it would take seconds, and mark nearly all."""


def differences(left: str, right: str) -> tuple[list[Span], list[Span]] | None:
    """Stretches in code points of either text whose words differ, case aside; None when the texts are too long."""
    a, b = list(_WORD.finditer(left)), list(_WORD.finditer(right))
    if max(len(a), len(b)) > MOST_WORDS:
        return None
    matcher = SequenceMatcher(None, [m[0].casefold() for m in a], [m[0].casefold() for m in b], autojunk=False)
    found: tuple[list[Span], list[Span]] = ([], [])
    for kind, a_from, a_to, b_from, b_to in matcher.get_opcodes():
        if kind != "equal":
            if a_to > a_from:
                found[0].append((a[a_from].start(), a[a_to - 1].end()))
            if b_to > b_from:
                found[1].append((b[b_from].start(), b[b_to - 1].end()))
    return found
