"""Whether two texts are the same case: one that was reordered, reworded or dressed up is, one with other facts is not.

Numbers, names, dates, negations decide: a text in which one of them is another asks for another answer, however alike
the rest is. What is left is compared word by word, a rare word weighing more than a common one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from math import log

from reviewer.curate.common_words import FIXED, NEGATIONS, PLAIN
from reviewer.curate.shingles import fold, normal_form

__all__ = [
    "ALIKE",
    "Reading",
    "SHARED_SENTENCE",
    "Usage",
    "compare",
    "fillers",
    "read",
    "sentence_key",
    "sentences",
    "swaps",
]

ALIKE = 0.66
"""The share of the words, weighed by rarity, that two texts must have in common to be the same case."""
_ADDED_AT_MOST = 0.6
"""How much one text may add in sentences of its own, as a share of the other's weight."""
_COVERED = 0.5
"""The weight of a sentence's words that the other text must have, for the sentence to be no addition."""
_LONGEST_SWAPPED = 2_000
_SAID_OFTEN = 1.0
"""The weight of a whole sentence that many examples have, where one text adds it."""
_MET = 0.75
"""Or so many of its words, the rare one counting as any other."""
_PLAIN_WEIGHT = 0.8
_FEW = 50
"""In a project of fewer examples than this, a word that stands once is not taken for a common one."""
SHARED_SENTENCE = 3
"""A sentence that stands in so many examples is no part of what makes one of them a case."""

# Signs of scripts without spaces stand for a word each.
_ALONE = "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]"
_TOKEN = re.compile(rf"\d+(?:[.,:/-]\d+)*|{_ALONE}|[^\W\d_]+")
_SENTENCE = re.compile(r"(?<=[.!?…。！？])[\"'”’)\]]*\s+|\n+|(?<=[。！？])")
_GREETING = re.compile(r"\s*(?:dear|hello|hi|hey|good\s+\w+)\b[^,.!?:\n]{0,40}[,!:]\s*", re.IGNORECASE)
_CAPITAL = re.compile(r"[^\W\d_]+")
_BEGINS = re.compile(r"""[.!?…:;\n"“”„«»()\[\]{}*#>|—–•]""")
_THOUSANDS = re.compile(r",(?=\d{3}(?!\d))")


@dataclass(slots=True)
class Usage:
    """How words and sentences are used in the project: what is rare, what is a name, what is said everywhere."""

    examples: int = 0
    spread: Counter[str] = field(default_factory=Counter)
    """Word to the number of examples that have it."""
    capital: Counter[str] = field(default_factory=Counter)
    small: Counter[str] = field(default_factory=Counter)
    shared: frozenset[int] = frozenset()
    """Keys of the sentences that many examples have."""

    def add(self, text: str) -> None:
        """Count the words of one example."""
        self.examples += 1
        self.spread.update(set(_TOKEN.findall(fold(text))))
        if not _mixed_case(text):
            return
        capital, small = Counter[str](), Counter[str]()  # each word is folded once, however often it stands
        end = 0
        for found in _CAPITAL.finditer(text):
            start, before = found.start(), end
            word = found[0]
            end = found.end()
            if not word[0].isupper():
                small[word] += 1
            elif before and not _begins(text[before:start]):
                capital[word] += 1
        for counts, into in ((capital, self.capital), (small, self.small)):
            for word, count in counts.items():
                into[fold(word)] += count

    def is_name(self, word: str) -> bool | None:
        """Whether the word is written with a capital wherever it stands; None when the project does not tell."""
        capital, small = self.capital[word], self.small[word]
        if not capital and not small:
            return None
        return capital > 2 * small

    def weight(self, word: str) -> float:
        """The rarer, the heavier."""
        found = log(1 + max(self.examples, _FEW) / (1 + self.spread[word]))
        return min(found, _PLAIN_WEIGHT) if word in PLAIN else found


def _begins(between: str) -> bool:
    """Whether what stands before a word makes it the first of a sentence or of a line."""
    return between != " " and (_BEGINS.search(between) is not None or between.strip() == "-")


def _mixed_case(text: str) -> bool:
    """Whether capitals tell anything in the text."""
    words = _CAPITAL.findall(text)
    capitals = sum(1 for word in words if word[0].isupper())
    return 0 < capitals * 2 <= len(words)


@dataclass(slots=True)
class Reading:
    """One text, read for a comparison."""

    normal: str
    sentences: list[tuple[str, ...]]
    marks: list[str]
    """What each sentence ends with: a question asks for something."""
    words: Counter[str]
    facts: frozenset[str]
    """The words of it that decide."""


def _number(word: str) -> str:
    """A number, date or time in one way of writing."""
    plain = _THOUSANDS.sub("", word).replace("/", "-").replace(":", "-").replace(",", ".")
    return plain.lstrip("0") or "0"


def _words(text: str) -> list[str]:
    found = _TOKEN.findall(fold(text))
    for place, word in enumerate(found):
        if word[0].isdigit():
            found[place] = _number(word)
        elif word in NEGATIONS:
            found[place] = "not"
    return found


def sentence_key(words: Sequence[str]) -> int:
    """A number for a sentence, the same on every machine."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(" ".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest())


def sentences(text: str) -> list[tuple[tuple[str, ...], str]]:
    """The sentences of a text as words, and the sign that ends each."""
    found = []
    # A greeting mostly runs on into the first sentence, and is none of it.
    greeting = _GREETING.match(text)
    begin = greeting.end() if greeting is not None else 0
    for piece in (text[:begin], *_SENTENCE.split(text[begin:])):
        words = _words(piece)
        if words:
            found.append((tuple(words), piece.rstrip()[-1:]))
    return found


def read(text: str, usage: Usage) -> Reading:
    """Make a text ready to be compared."""
    pieces = sentences(text)
    words: Counter[str] = Counter()
    for piece, _ in pieces:
        words.update(piece)
    here = _capitals(text)
    facts = set()
    for word in words:
        if word[0].isdigit() or word in FIXED or word == "not":
            facts.add(word)
        elif word not in PLAIN and len(word) > 1:
            known = usage.is_name(word)
            if known or (known is None and word in here):
                facts.add(word)
    said, marks = [piece for piece, _ in pieces], [mark for _, mark in pieces]
    return Reading(normal_form(text), said, marks, words, frozenset(facts))


def _capitals(text: str) -> set[str]:
    """Words that are written with a capital here, where capitals tell anything."""
    if not _mixed_case(text):
        return set()
    return {fold(word) for word in _CAPITAL.findall(text) if word[0].isupper()}


def compare(one: Reading, other: Reading, usage: Usage) -> float | None:
    """How alike two texts are, 0 to 1, what one of them adds included; None when they are different cases."""
    if one.normal == other.normal:
        return 1.0
    only_one, only_other = one.facts - other.facts, other.facts - one.facts
    if only_one and only_other:
        return None  # a fact has become another one
    if _weight(one.words, usage) > _weight(other.words, usage):
        one, other = other, one
    own, own_extra = _without_added(one, other, usage)
    theirs, their_extra = _without_added(other, one, usage)
    if own is None or theirs is None or (own_extra and their_extra):
        return None
    facts = one.facts | other.facts
    left, right = _count(own), _count(theirs)
    if any(left[word] != right[word] for word in facts if word[0].isdigit() or word == "not"):
        return None
    if any((word in left) != (word in right) for word in facts):
        return None
    base = _weight(left, usage)
    if not base or max(own_extra, their_extra) > _ADDED_AT_MOST * base:
        return None
    if _traded(own, theirs, facts):
        return None
    shared = _weight(left & right, usage)
    # A word that stands for another one counts once: as the rarer of both.
    apart = max(_weight(left - right, usage), _weight(right - left, usage))
    if not shared or shared < ALIKE * (shared + apart):
        return None
    return shared / (shared + apart + own_extra + their_extra)


_Kept = list[tuple[str, ...]]


def _without_added(text: Reading, other: Reading, usage: Usage) -> tuple[_Kept | None, float]:
    """The sentences without those that only this text has, and the weight of these; None when they ask or tell more."""
    kept: _Kept = []
    rest = Counter(other.sentences)
    extra = 0.0
    for words, mark in zip(text.sentences, text.marks, strict=True):
        if rest[words] > 0:
            rest[words] -= 1
            kept.append(words)
            continue
        end = _with_ending(words, rest, usage)
        if end:
            rest[words[:-end]] -= 1
            kept.append(words[:-end])
            extra += _SAID_OFTEN
            continue
        whole = sum(usage.weight(word) for word in words)
        covered = sum(usage.weight(word) for word in words if word in other.words)
        met = sum(1 for word in words if word in other.words)
        if covered >= _COVERED * whole or met >= _MET * len(words):
            kept.append(words)
            continue
        if mark and mark in "?？":
            return None, 0.0
        if sentence_key(words) in usage.shared:
            extra += _SAID_OFTEN
            continue
        if any(word[0].isdigit() or word in FIXED or word == "not" for word in words):
            return None, 0.0
        extra += whole
    return kept, extra


def _with_ending(words: tuple[str, ...], others: Counter[tuple[str, ...]], usage: Usage) -> int:
    """How many words at the end of a sentence are one that many examples have, run on without a full stop.

    What stands before them must be a whole sentence of the other text; 0 where it is not so.
    """
    for end in range(2, len(words) - 1):
        if others[words[:-end]] > 0 and sentence_key(words[-end:]) in usage.shared:
            return end
    return 0


def _count(kept: _Kept) -> Counter[str]:
    found: Counter[str] = Counter()
    for words in kept:
        found.update(words)
    return found


def _weight(words: Mapping[str, int], usage: Usage) -> float:
    return sum(usage.weight(word) * count for word, count in words.items())


def _traded(own: _Kept, theirs: _Kept, facts: frozenset[str]) -> bool:
    """Whether facts have changed places in otherwise equal sentences: from A to B is not from B to A."""
    left, right = Counter(own), Counter(theirs)
    a = [word for words in (left - right).elements() for word in words]
    b = [word for words in (right - left).elements() for word in words]
    if len(a) != len(b):
        return False
    places = [place for place in range(len(a)) if a[place] != b[place]]
    if not places or any(a[place] not in facts or b[place] not in facts for place in places):
        return False
    return places[-1] - places[0] >= len(places)


Swap = tuple[str, str, str, str]
"""The word before, a word of the one text, what stands in its place in the other, the word after."""
EDGE = ""


def swaps(one: Reading, other: Reading) -> list[Swap]:
    """The words of one text that stand for others in the other text; words that say little are passed over."""
    left, right = Counter(one.sentences), Counter(other.sentences)
    a = [word for words in (left - right).elements() for word in (*words, EDGE)]
    b = [word for words in (right - left).elements() for word in (*words, EDGE)]
    if not a or not b or max(len(a), len(b)) > _LONGEST_SWAPPED:
        return []
    found = []
    for kind, start, end, from_, to in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind == "replace" and end - start == to - from_ <= 2:
            before = a[start - 1] if start else EDGE
            for place in range(end - start):
                x, y = a[start + place], b[from_ + place]
                after = a[end] if place == end - start - 1 and end < len(a) else EDGE
                if x and y and x not in PLAIN and y not in PLAIN and not (place or end - start > 1):
                    found.append((before, x, y, after))
    return found


def fillers(reading: Reading, before: str, after: str) -> list[str]:
    """What stands in a text between these two words."""
    return [
        word
        for words in reading.sentences
        for place, word in enumerate(words)
        if (words[place - 1] if place else EDGE) == before
        and (words[place + 1] if place + 1 < len(words) else EDGE) == after
    ]
