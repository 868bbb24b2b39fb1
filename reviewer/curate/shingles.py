"""Words of texts as numbers, and runs of words as hashes, thousands of texts at a time.

What counts as the same word: case, punctuation, accents and the width of letters aside. Scripts that are written
without spaces count each sign as a word. The hashes are the same on every machine; they propose, and a comparison of
the texts themselves decides, so a collision costs time and never a wrong answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Words", "fold", "normal_form", "runs", "span_hashes", "words_of"]

_BASE = 0x9E3779B97F4A7C15
_RUN_BASE = 0xD6E8FEB86659FD93
_TABLE = 0x30000
_ALONE = (
    (0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x9FFF), (0x20000, 0x2FFFF),
)  # fmt: skip
"""Thai, Lao, Burmese, Khmer, Kana and Han: no spaces between words, so each sign stands for one."""
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")
# In the blocks from Hebrew to Burmese and in Khmer some of the signs between letters are vowels.
_BETWEEN_WORDS = re.compile(r"(?:(?![\u0590-\u109f\u1780-\u17ff])[\W_])+")
_APOSTROPHES = "'’‘ʼ`´"
_ACCENTS = re.compile("[\u0300-\u036f]+")


class Words(NamedTuple):
    """The words of several texts in a row: hash, number of the text, place of the first character in all the texts."""

    hashes: NDArray[Any]
    text: NDArray[Any]
    start: NDArray[Any]


def fold(text: str) -> str:
    """The text with case, accents, letter widths and apostrophes taken out of it."""
    for sign in _APOSTROPHES:
        if sign in text:
            text = text.replace(sign, "")
    if text.isascii():
        return text.lower()
    # Only the accents of Latin, Greek and Cyrillic fall away; the signs of other scripts carry the meaning.
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", plain).casefold()


def normal_form(text: str) -> str:
    """The letters and digits of the text alone: equal for texts that differ in case, punctuation, space or accents.

    Between two digits a sign stays, so that 6.50 and 650, or 1 23 and 12 3, are not the same.
    """
    folded = _THOUSANDS.sub("", fold(text))
    return _BETWEEN_WORDS.sub("", _BETWEEN_DIGITS.sub(_kept_sign, folded))


def _kept_sign(found: re.Match[str]) -> str:
    between = found[0].strip()
    # A letter that no text has stands for the sign, so that it outlives the signs that fall away.
    return "ꙮs" if not between else "ꙮp" if between in ".," else "ꙮd"


@lru_cache(maxsize=1)
def _classes() -> NDArray[Any]:
    """For each code point: 0 between words, 1 part of a word, 2 a word by itself."""
    import numpy

    kinds = bytearray(_TABLE)
    for point in range(_TABLE):
        sign = chr(point)
        kinds[point] = 1 if sign.isalnum() or unicodedata.category(sign)[0] == "M" else 0
    for first, last in _ALONE:
        for point in range(first, last + 1):
            kinds[point] = 2 if kinds[point] else 0
    found: NDArray[Any] = numpy.frombuffer(bytes(kinds), dtype=numpy.uint8)
    return found


@lru_cache(maxsize=8)
def _powers(base: int, length: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The powers of an odd base modulo 2^64 from the 0th on, and their inverses."""
    import numpy

    inverse = pow(base, -1, 1 << 64)
    found = []
    for factor in (base, inverse):
        steps = numpy.full(length, factor, dtype=numpy.uint64)
        steps[0] = 1
        found.append(numpy.multiply.accumulate(steps))
    return found[0], found[1]


def _room(length: int) -> int:
    """Lengths in a few sizes, so that the tables of powers are made once."""
    size = 1 << 16
    while size < length:
        size *= 4
    return size


def _mixed(values: NDArray[Any]) -> NDArray[Any]:
    """Every bit of a number made to depend on all others: the finish of SplitMix64."""
    import numpy

    found = values ^ (values >> numpy.uint64(30))
    found *= numpy.uint64(0xBF58476D1CE4E5B9)
    found ^= found >> numpy.uint64(27)
    found *= numpy.uint64(0x94D049BB133111EB)
    last: NDArray[Any] = found ^ (found >> numpy.uint64(31))
    return last


def _sums(values: NDArray[Any], base: int) -> NDArray[Any]:
    """Sums of value times power from the beginning up to each place, one longer than the values."""
    import numpy

    powers, _ = _powers(base, _room(len(values)))
    sums = numpy.zeros(len(values) + 1, dtype=numpy.uint64)
    numpy.cumsum(values * powers[: len(values)], out=sums[1:])
    return sums


def words_of(texts: Sequence[str]) -> Words:
    """The words of the texts, which must be folded already."""
    import numpy

    # The sign between two texts is no part of a word, so that none goes from one text into the next.
    joined = "\n".join(texts)
    points = numpy.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=numpy.uint32)
    kinds = _classes()[numpy.minimum(points, _TABLE - 1)] if len(points) else numpy.zeros(0, dtype=numpy.uint8)
    before = numpy.zeros(len(kinds), dtype=numpy.uint8)
    before[1:] = kinds[:-1]
    start = numpy.flatnonzero((kinds == 2) | ((kinds == 1) & (before != 1)))
    after = numpy.zeros(len(kinds), dtype=numpy.uint8)
    after[:-1] = kinds[1:]
    end = numpy.flatnonzero((kinds == 2) | ((kinds == 1) & (after != 1))) + 1
    sums = _sums(points.astype(numpy.uint64) + numpy.uint64(1), _BASE)
    _, inverse = _powers(_BASE, _room(len(points)))
    hashes = _mixed((sums[end] - sums[start]) * inverse[start])
    lengths = numpy.fromiter((len(text) + 1 for text in texts), dtype=numpy.int64, count=len(texts))
    first = numpy.zeros(len(texts), dtype=numpy.int64)
    first[1:] = numpy.cumsum(lengths)[:-1]
    text = numpy.searchsorted(first, start, side="right") - 1
    return Words(hashes, text, start)


def runs(words: Words, size: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The hash of each run of so many words within one text, and the places of the words that begin them."""
    import numpy

    count = len(words.hashes) - size + 1
    if count <= 0:
        return numpy.zeros(0, dtype=numpy.uint64), numpy.zeros(0, dtype=numpy.int64)
    places = numpy.flatnonzero(words.text[:count] == words.text[size - 1 :])
    sums = _sums(words.hashes, _RUN_BASE)
    _, inverse = _powers(_RUN_BASE, _room(len(words.hashes)))
    return _mixed((sums[places + size] - sums[places]) * inverse[places]), places


def span_hashes(words: Words, begin: NDArray[Any], end: NDArray[Any]) -> NDArray[Any]:
    """The hash of the words from each `begin` up to its `end`; not that of `runs`, since the length goes into it."""
    import numpy

    sums = _sums(words.hashes, _RUN_BASE)
    _, inverse = _powers(_RUN_BASE, _room(len(words.hashes)))
    return _mixed((sums[end] - sums[begin]) * inverse[begin] + (end - begin).astype(numpy.uint64))
