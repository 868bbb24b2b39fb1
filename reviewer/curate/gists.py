"""What a short answer says, as far as its words tell: how much two answers share, and where one contradicts the other.

A contradiction is another number, day or name in the same place, a word's opposite in a sentence about the same, or a
sentence about the same that is denied. Opposites and the ways to deny are English. Words that mean another thing
without being any of these are told apart by nothing here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from reviewer.curate.common_words import FIXED, NEGATIONS, OPPOSITES, PLAIN
from reviewer.curate.shingles import fold

__all__ = ["Gist", "agreement", "contradiction", "gist", "met_by"]

_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_]+")
_NAME = re.compile(r"(?<=\w )[A-ZÀ-Þ][^\W\d_]+")
_SENTENCE = re.compile(r"(?<=[.!?…;。！？])\s+|\n+")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")
_MONTH_NAMES = "january february march april may june july august september october november december"
_NUMBER_NAMES = "two three four five six seven eight nine ten eleven twelve"
_MONTHS = {name: str(number) for number, name in enumerate(_MONTH_NAMES.split(), 1)}
_SPELT = {name: str(number) for number, name in enumerate(_NUMBER_NAMES.split(), 2)}
_DENYING = NEGATIONS | {
    "not",
    "none",
    "nothing",
    "never",
    "without",
    "neither",
    "nor",
    "nobody",
    "unable",
    "impossible",
}
_SAME_SENTENCE = 0.5
"""The share of content words in common (Dice) from which on two sentences speak of the same."""
_LIKE_SENTENCE = 1 / 3
"""The share from which on they may."""

_FEW_FIGURES = 2
"""Texts with so few figures contradict each other when they have none in common."""
_SHORT = 60
"""Texts of so many words are compared as one sentence, too."""
_REACH = 3
"""So many words after a "not" are what it denies."""


@dataclass(frozen=True, slots=True)
class Gist:
    """A text as it is compared."""

    words: tuple[str, ...]
    """Its words in order, without case and accents, figures and dates in one way of writing."""
    figures: frozenset[str]
    content: frozenset[str]
    """Its words without figures and without those that say little."""
    names: frozenset[str]
    """Words that have a capital within a sentence."""
    sentences: tuple[tuple[str, ...], ...]


def gist(text: str) -> Gist:
    """What is compared of a text."""
    sentences = tuple(words for piece in _SENTENCE.split(text) if (words := tuple(_words(piece))))
    words = tuple(word for sentence in sentences for word in sentence)
    figures = frozenset(word for word in words if word[0].isdigit())
    names = frozenset(fold(token) for token in _NAME.findall(text))
    return Gist(words, figures, _content(words), names - PLAIN, sentences)


def _content(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word for word in words if not word[0].isdigit() and word not in PLAIN and word not in _DENYING)


def _words(piece: str) -> Iterator[str]:
    tokens = _TOKEN.findall(fold(piece))
    for place, token in enumerate(tokens):
        if token[0].isdigit():
            yield from _figures(token)
        elif token in _MONTHS and any(
            other[0].isdigit() for other in (*tokens[max(0, place - 1) : place], *tokens[place + 1 : place + 2])
        ):
            yield _MONTHS[token]
        else:
            yield _SPELT.get(token, token)


def _figures(token: str) -> Iterator[str]:
    """A number in one way of writing; of a date or a span each of its numbers."""
    plain = _THOUSANDS.sub("", token)
    parts = re.split(r"[/:-]", plain)
    if len(parts) == 1 and plain.count(".") > 1:
        parts = plain.split(".")
    for part in parts:
        number = part.replace(",", ".")
        if "." in number:
            number = number.rstrip("0").rstrip(".")
        yield number.lstrip("0") or "0"


def agreement(one: Gist, other: Gist) -> float:
    """How alike two texts are, 0 to 1: Dice over their words; 0 where their figures differ, 1 for the same words."""
    if one.words == other.words:
        return 1.0 if one.words else 0.0
    if one.figures != other.figures or not one.words or not other.words:
        return 0.0
    common = sum((Counter(one.words) & Counter(other.words)).values())
    return min(0.99, 2 * common / (len(one.words) + len(other.words)))


def met_by(reference: Gist, output: Gist) -> float:
    """How much of what the shorter of the two says the other one says as well, 0 to 1.

    Counted over content words and figures: an answer may be shorter than its reference, or longer.
    """
    wanted, said = reference.content | reference.figures, output.content | output.figures
    if not reference.words:
        return 1.0
    if not wanted or not said:  # a bare yes or no: all its words count
        wanted, said = frozenset(reference.words), frozenset(output.words)
    return len(wanted & said) / min(len(wanted), len(said)) if said else 0.0


def contradiction(reference: Gist, output: Gist) -> tuple[str, str] | None:
    """What of a reference an output contradicts: its word, and what stands in its place; None when nothing.

    An empty word stands for a sentence that is denied, or not.
    """
    begins = (reference.words[:1], output.words[:1])
    if begins in ((("yes",), ("no",)), (("no",), ("yes",))):
        return reference.words[0], output.words[0]
    for mine in reference.sentences:
        theirs, alike = _nearest(mine, output.sentences)
        if alike < _LIKE_SENTENCE:
            continue
        found = _other_in_place(mine, theirs, reference, output) or _opposite(mine, theirs, reference, output)
        if found is None and alike >= _SAME_SENTENCE:
            found = _denied(mine, theirs, output) or _turned(_denied(theirs, mine, reference))
        if found is not None:
            return found
    if (
        max(len(reference.words), len(output.words)) <= _SHORT
    ):  # one of them may break its lines where the other does not
        found = _other_in_place(reference.words, output.words, reference, output)
        if found is not None and met_by(reference, output) >= _SAME_SENTENCE:
            return found
    few = max(len(reference.figures), len(output.figures)) <= _FEW_FIGURES
    if few and reference.figures and output.figures and not reference.figures & output.figures:
        return min(reference.figures), min(output.figures)
    return None


def _nearest(mine: tuple[str, ...], others: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], float]:
    best: tuple[tuple[str, ...], float] = ((), 0.0)
    own = set(_content(mine)) | {word for word in mine if word[0].isdigit()}
    for other in others:
        said = set(_content(other)) | {word for word in other if word[0].isdigit()}
        share = 2 * len(own & said) / (len(own) + len(said)) if own or said else float(mine == other)
        if share > best[1] or not best[0]:
            best = (other, share)
    return best


def _denied(mine: tuple[str, ...], theirs: tuple[str, ...], other: Gist) -> tuple[str, str] | None:
    """The word with which a sentence denies what another says, where the other text denies it nowhere."""
    for place, word in enumerate(mine):
        if word not in _DENYING or (not place and word == "no"):  # a No by itself answers the question
            continue
        what = _content(mine[place + 1 : place + 1 + _REACH])
        if what and what <= _content(theirs) and not any(_denies(sentence, what) for sentence in other.sentences):
            return word, ""
    return None


def _denies(sentence: tuple[str, ...], what: frozenset[str]) -> bool:
    return any(word in _DENYING for word in sentence) and bool(what & _content(sentence))


def _turned(found: tuple[str, str] | None) -> tuple[str, str] | None:
    return None if found is None else (found[1], found[0])


def _opposite(mine: tuple[str, ...], theirs: tuple[str, ...], reference: Gist, output: Gist) -> tuple[str, str] | None:
    for word in mine:
        for other in OPPOSITES.get(word, ()):
            if other in theirs and other not in reference.words and word not in output.words:
                return word, other
    return None


def _other_in_place(
    mine: tuple[str, ...], theirs: tuple[str, ...], reference: Gist, output: Gist
) -> tuple[str, str] | None:
    """A word of a sentence that the other text has not, and another of its kind in the same place of its sentence."""
    there = set(output.words)
    for place, word in enumerate(mine):
        if word in there or (word in PLAIN and not word[0].isdigit()):
            continue
        for where, other in enumerate(theirs):
            if other in reference.words or other in PLAIN:
                continue
            kind = _kind(word, reference)
            if not kind or kind != _kind(other, output):
                continue
            if _same_place(mine, place, theirs, where, kind):
                return word, other
    return None


def _kind(word: str, where: Gist) -> str:
    if word[0].isdigit():
        return "figure"
    if word in FIXED:
        return "fixed"
    return "name" if word in where.names else ""


def _same_place(mine: tuple[str, ...], place: int, theirs: tuple[str, ...], where: int, kind: str) -> bool:
    """Whether the words beside are the same: both, or for what is a fact by itself one that says something."""
    before = _at(mine, place - 1), _at(theirs, where - 1)
    after = _at(mine, place + 1), _at(theirs, where + 1)
    equal = [one for one, other in (before, after) if one == other]
    if len(equal) == 2 and any(equal):
        return True
    return any(word and (word not in PLAIN or kind != "name") for word in equal)


def _at(words: tuple[str, ...], place: int) -> str:
    return words[place] if 0 <= place < len(words) else ""
