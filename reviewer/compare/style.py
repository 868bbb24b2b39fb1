"""How an answer is written, apart from what it says: length, layout, long words or the domain's own, hedging."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from math import log, log1p

from reviewer.formats.markdown import BOLD, read_lines, stretches

__all__ = ["DOMAIN_WORDS", "FEATURES", "LONG_WORDS", "Style", "differences", "is_word", "style_of"]

LONG_WORDS = "long words"
DOMAIN_WORDS = "domain words"
"""What that feature is called where there is a lexicon."""
FEATURES = ("length", "markup", LONG_WORDS, "hedges")
"""Names of the features, in the order of their coefficients; length is always the first."""

LONG_WORD = 8
"""Letters from which on a word is long."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_HEDGES = frozenset(
    ("about", "apparently", "appear", "appears", "approximately", "around", "arguably", "believe", "could", "depending",
     "depends", "generally", "guess", "hopefully", "likely", "may", "maybe", "might", "mostly", "normally", "often",
     "perhaps", "possible", "possibly", "potentially", "presumably", "probably", "roughly", "seem", "seemingly",
     "seems", "should", "sometimes", "somewhat", "suggest", "suggests", "suppose", "think", "typically", "uncertain",
     "unclear", "unlikely", "unsure", "usually", "would")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """What an answer looks and sounds like, in counts."""

    words: int = 0
    """Separated by blanks."""
    marks: int = 0
    """Headings, list items and bold stretches of its Markdown."""
    terms: float = 0.0
    """Share of its words that are long, or in the domain's lexicon where there is one."""
    hedges: float = 0.0
    """Share of its words that hedge, such as perhaps or usually."""


def is_word(text: str) -> bool:
    """Whether a text is one word as they are counted here."""
    return _WORD.fullmatch(text) is not None


def style_of(text: str, lexicon: Collection[str] = ()) -> Style:
    """The style of a text: hedges of English, and long words or those of a `lexicon`, which is in lower case."""
    words = [word.casefold() for word in _WORD.findall(text)]
    among = max(len(words), 1)
    terms = sum(word in lexicon if lexicon else len(word) >= LONG_WORD for word in words)
    marks = 0
    for line in read_lines(text):
        marks += line.kind in ("heading", "item")
        if line.kind in ("text", "heading", "item"):
            marks += _bold(text, line.start, line.end)
        elif line.kind == "table":
            marks += sum(_bold(text, start, end) for start, end in line.cells)
    return Style(len(text.split()), marks, terms / among, sum(word in _HEDGES for word in words) / among)


def _bold(text: str, start: int, end: int) -> int:
    """The number of bold stretches in a line; one that changes its style on the way counts once."""
    found, before = 0, False
    for stretch in stretches(text, start, end):
        bold = bool(stretch.style & BOLD)
        found += bold and not before
        before = bold
    return found


def differences(tuned: Style, base: Style, *, markup_shown: bool = True) -> dict[str, float]:
    """Each feature's difference, tuned less base; exchanging the two gives exactly the opposite.

    length: log of the ratio of words, an empty answer counting as one word. markup: log1p of headings, list items and
    bold stretches, 0 where Markdown was not shown. long words and hedges: shares of words.
    """
    return {
        "length": log(max(tuned.words, 1)) - log(max(base.words, 1)),
        "markup": log1p(tuned.marks) - log1p(base.marks) if markup_shown else 0.0,
        LONG_WORDS: tuned.terms - base.terms,
        "hedges": tuned.hedges - base.hedges,
    }
