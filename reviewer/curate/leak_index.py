"""What the examples say, as hashes of runs of words, so that a training file can be held against it line by line.

A run of 13 shared words is never missed: of any 13 words in a row, one of the runs of 8 that begin at every sixth word
lies wholly inside them, and these are what is kept. Near-duplicates are looked for by the runs of 3 words with the
lowest hashes of each text (a bottom-k sketch: Broder 1997). Both only propose; the words themselves decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from reviewer.curate.shingles import Words, fold, runs, span_hashes, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OVERLAP", "LeakIndex", "Proposal", "Unit", "Said", "words_in"]

OVERLAP = 13
"""Words in a row that make an overlap: Brown et al. (2020), Language Models are Few-Shot Learners, appendix C."""
_SEED = 8
_STEP = OVERLAP - _SEED + 1
_SKETCH = 16
_TRIPLE = 3
_NEAR = 0.2
"""The share of a sketch that must be met before a text is looked at as a near-duplicate."""
_MOST = 48
"""Of the examples that one line may overlap with, so many are looked at: those with most in common first."""
_POSTINGS = 64
"""Of the texts that share one run, as those of a template do, so many are kept; their other runs find the rest."""
_LEAST_EXACT = {"input": 8, "reference": 3, "output": 8}
"""So many words a text has at least of which the whole is looked for; fewer of an answer are a courtesy that many
share. What an example asks is looked for however short it is."""


class Unit(NamedTuple):
    """One text of an example: which example, where it stands, whether it is what the example asks."""

    example_id: int
    place: str
    prompt: bool


class Proposal(NamedTuple):
    """A text of the file and a text of an example that may have something in common."""

    text: int
    unit: int
    kind: str


class LeakIndex:
    """The texts of examples in a form that can be looked up; add them, `close` it, then look texts up.

    `members` are the ids of the examples in slices: where not all can be looked at, they come first.
    """

    def __init__(self, members: frozenset[int]) -> None:
        self._members = members
        self.units: list[Unit] = []
        self._seeds: list[NDArray[Any]] = []
        self._seed_units: list[NDArray[Any]] = []
        self._triples: list[NDArray[Any]] = []
        self._triple_units: list[NDArray[Any]] = []
        self._whole: list[NDArray[Any]] = []
        self._whole_units: list[NDArray[Any]] = []
        self.entries = 0

    def add(self, units: Sequence[Unit], texts: Sequence[str]) -> None:
        """Take in a portion of texts."""
        import numpy

        first = len(self.units)
        self.units += units
        words = words_of([fold(text) for text in texts])
        begin, end = _bounds(words, len(texts))
        seeds, places = runs(words, _SEED)
        chosen = numpy.flatnonzero((places - begin[words.text[places]]) % _STEP == 0)
        self._seeds.append(seeds[chosen])
        self._seed_units.append((words.text[places[chosen]] + first).astype(numpy.uint32))
        triples, places = runs(words, _TRIPLE)
        owner = words.text[places]
        order = numpy.lexsort((triples, owner))
        triples, owner = triples[order], owner[order]
        fresh = numpy.ones(len(triples), dtype=bool)
        fresh[1:] = (triples[1:] != triples[:-1]) | (owner[1:] != owner[:-1])
        triples, owner = triples[fresh], owner[fresh]
        start = numpy.searchsorted(owner, numpy.arange(len(texts)))
        lowest = numpy.arange(len(owner)) - start[owner] < _SKETCH
        self._triples.append(triples[lowest])
        self._triple_units.append((owner[lowest] + first).astype(numpy.uint32))
        length = end - begin
        least = numpy.array([1 if unit.prompt else _LEAST_EXACT[unit.place] for unit in units], dtype=numpy.int64)
        long = numpy.flatnonzero(length >= least)
        self._whole.append(span_hashes(words, begin[long], end[long]))
        self._whole_units.append((long + first).astype(numpy.uint32))
        self.entries += len(chosen) + int(lowest.sum()) + len(long)

    def close(self) -> None:
        """Make it ready for looking up."""
        import numpy

        rank = numpy.array([unit.example_id not in self._members for unit in self.units], dtype=numpy.uint8)
        self._rank = rank
        self._sizes = numpy.zeros(len(self.units), dtype=numpy.int64)
        for part in self._triple_units:
            self._sizes += numpy.bincount(part, minlength=len(self.units))
        # Each table empties the lists that it is made of, before the next one needs room.
        self._seed_table = _Table(self._seeds, self._seed_units, rank)
        self._triple_table = _Table(self._triples, self._triple_units, rank)
        self._whole_table = _Table(self._whole, self._whole_units, rank)

    def proposals(self, texts: Sequence[str]) -> list[Proposal]:
        """What may be shared between these texts and the examples, the closest kind first."""
        import numpy

        words = words_of([fold(text) for text in texts])
        if not len(words.hashes):
            return []
        begin, end = _bounds(words, len(texts))
        filled = numpy.flatnonzero(end > begin)
        found: list[Proposal] = []
        whole, units = self._whole_table.look_up(span_hashes(words, begin[filled], end[filled]))
        found += _chosen(filled[whole], units, None, "exact", self._rank)
        seeds, places = runs(words, _SEED)
        at, units = self._seed_table.look_up(seeds)
        found += _chosen(words.text[places[at]], units, None, "overlap", self._rank)
        triples, places = runs(words, _TRIPLE)
        at, units = self._triple_table.look_up(triples)
        least = numpy.maximum(2, numpy.ceil(self._sizes * _NEAR))
        found += _chosen(words.text[places[at]], units, least, "near", self._rank)
        return found


def _chosen(
    texts: NDArray[Any], units: NDArray[Any], least: NDArray[Any] | None, kind: str, rank: NDArray[Any]
) -> list[Proposal]:
    """Each pair once; of a text with very many, those that were met most often."""
    import numpy

    if not len(texts):
        return []
    codes, counts = numpy.unique(texts.astype(numpy.int64) << 32 | units.astype(numpy.int64), return_counts=True)
    owner, unit = codes >> 32, codes & 0xFFFFFFFF
    if least is not None:
        enough = counts >= least[unit]
        owner, unit, counts = owner[enough], unit[enough], counts[enough]
    found: list[Proposal] = []
    starts = [0, *(numpy.flatnonzero(owner[1:] != owner[:-1]) + 1).tolist()] if len(owner) else []
    for start, end in zip(starts, [*starts[1:], len(owner)] if starts else [], strict=True):
        mine = list(range(start, end))
        if len(mine) > _MOST:
            mine = sorted(mine, key=lambda place: (-int(counts[place]), int(rank[unit[place]])))[:_MOST]
        found += [Proposal(int(owner[place]), int(unit[place]), kind) for place in mine]
    return found


def _bounds(words: Words, count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The first word of each text, and the one after its last."""
    import numpy

    numbers = numpy.arange(count)
    return numpy.searchsorted(words.text, numbers), numpy.searchsorted(words.text, numbers, side="right")


class _Table:
    """Hashes with the units that have them; what is not there is mostly told by one look at a map of bits."""

    def __init__(self, hashes: list[NDArray[Any]], units: list[NDArray[Any]], rank: NDArray[Any]) -> None:
        import numpy

        found = numpy.concatenate(hashes) if hashes else numpy.zeros(0, dtype=numpy.uint64)
        hashes.clear()
        owner = numpy.concatenate(units) if units else numpy.zeros(0, dtype=numpy.uint32)
        units.clear()
        if rank.any() and not rank.all():
            first = numpy.argsort(rank[owner], kind="stable")
            found, owner = found[first], owner[first]
            del first
        order = numpy.argsort(found, kind="stable")
        self._hashes, self._units = found[order], owner[order]
        del found, owner, order
        bits = min(26, max(16, len(self._hashes).bit_length() + 4))
        self._shift = numpy.uint64(64 - bits)
        self._map = numpy.zeros(1 << bits, dtype=bool)
        self._map[(self._hashes >> self._shift).astype(numpy.int64)] = True

    def look_up(self, hashes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """For each hash that is there and each of its units: the place of the hash, and the unit."""
        import numpy

        maybe = numpy.flatnonzero(self._map[(hashes >> self._shift).astype(numpy.int64)])
        wanted = hashes[maybe]
        first = numpy.searchsorted(self._hashes, wanted)
        last = numpy.searchsorted(self._hashes, wanted, side="right")
        counts = numpy.minimum(last - first, _POSTINGS)
        hit = numpy.flatnonzero(counts)
        counts, first, maybe = counts[hit], first[hit], maybe[hit]
        total = int(counts.sum())
        within = numpy.arange(total) - numpy.repeat(numpy.cumsum(counts) - counts, counts)
        return numpy.repeat(maybe, counts), self._units[numpy.repeat(first, counts) + within]


def words_in(text: str) -> list[int]:
    """The hashes of the words of one text."""
    found: list[int] = words_of([fold(text)]).hashes.tolist()
    return found


class Said:
    """The words of one text, ready to be held against many others."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = words_in(text)
        self._size = min(_SEED, len(self.words))

    @cached_property
    def _places(self) -> dict[tuple[int, ...], list[int]]:
        found: dict[tuple[int, ...], list[int]] = {}
        for place in range(len(self.words) - self._size + 1) if self._size else ():
            found.setdefault(tuple(self.words[place : place + self._size]), []).append(place)
        return found

    def longest_run(self, other: Sequence[int]) -> tuple[int, int]:
        """The longest run of words that the other one has too: how many, and at which of its words it begins."""
        own, size = self.words, self._size
        best, where = 0, 0
        place = 0
        while size and place <= len(other) - size:
            furthest = 0
            for begin in self._places.get(tuple(other[place : place + size]), ())[:64]:
                length = size
                while (
                    begin + length < len(own)
                    and place + length < len(other)
                    and own[begin + length] == other[place + length]
                ):
                    length += 1
                furthest = max(furthest, length)
            if furthest > best:
                best, where = furthest, place
            place += max(1, furthest - size + 1)
        return best, where
