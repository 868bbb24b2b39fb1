"""Which examples are worth a closer look together: MinHash over pairs of neighbouring words, in bands.

Two texts that share three tenths of their word pairs fall into one bucket with a chance above .99; the buckets only
propose, `alike.compare` decides. Where a bucket is large, as with a thousand cases of one template, its members are
told apart by their facts first: two that are the same case share every fact of the one that has fewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from reviewer.curate.shingles import fold, runs, words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["BANDS", "METHOD", "bands_of", "pairs_in"]

BANDS = 48
_ROWS = 2
_SEED = 20_26
METHOD = "minhash-1"
"""Changes when the same text gets other bands, so that stored ones are made again."""
_CROWD = 48
"""So many members make a bucket large."""
_NEIGHBOURS = 12


def bands_of(texts: Sequence[str]) -> NDArray[Any]:
    """One row of `BANDS` 32-bit keys for each text; texts without a word share none with any other."""
    import numpy
    import rensa

    words = words_of([fold(text) for text in texts])
    hashes, places = runs(words, 2)
    owner = words.text[places]
    # A text of one word is its word.
    counts = numpy.bincount(words.text, minlength=len(texts))
    single = numpy.flatnonzero(counts[words.text] == 1) if len(words.text) else places[:0]
    hashes = numpy.concatenate([hashes, words.hashes[single]])
    owner = numpy.concatenate([owner, words.text[single]])
    order = numpy.argsort(owner, kind="stable")
    offsets = numpy.zeros(len(texts) + 1, dtype=numpy.uint64)
    offsets[1:] = numpy.cumsum(numpy.bincount(owner, minlength=len(texts)))
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(hashes[order], offsets, BANDS * _ROWS, _SEED)
    rows = numpy.array(matrix.to_rows(), dtype=numpy.uint64).reshape(len(texts), BANDS, _ROWS)
    keys = rows[:, :, 0] * numpy.uint64(0x9E3779B97F4A7C15) + rows[:, :, 1] * numpy.uint64(0xC2B2AE3D27D4EB4F)
    found = (keys >> numpy.uint64(32)).astype(numpy.uint32)
    empty = numpy.flatnonzero(counts == 0)
    found[empty] = 0
    return found


def pairs_in(
    keys: NDArray[Any],
    facts: Sequence[frozenset[int]],
    fresh: NDArray[Any] | None = None,
    report: Callable[[float], None] = lambda share: None,
) -> Iterator[tuple[int, int]]:
    """Pairs of rows that fall into one bucket of some band and may be the same case by their facts, each once.

    `keys` are the bands of all rows, `facts` the facts of each; with `fresh`, which marks the rows that are new, only
    pairs with one of these. `report` is told the share of the bands that were looked at.
    """
    import numpy

    seen: set[int] = set()
    total = len(keys)
    for band in range(keys.shape[1]):
        report(band / keys.shape[1])
        column = keys[:, band]
        if fresh is not None:
            rows = numpy.flatnonzero(numpy.isin(column, column[fresh]) & (column != 0))
        else:
            rows = numpy.flatnonzero(column)
        order = rows[numpy.argsort(column[rows], kind="stable")]
        values = column[order]
        starts = [0, *(numpy.flatnonzero(values[1:] != values[:-1]) + 1).tolist()] if len(values) else []
        ends = [*starts[1:], len(values)] if starts else []
        for start, end in zip(starts, ends, strict=True):
            if end - start < 2:
                continue
            members = order[start:end].tolist()
            found = _crowd(members, facts) if end - start > _CROWD else _all(members)
            for one, other in found:
                if fresh is not None and not (fresh[one] or fresh[other]):
                    continue
                # A fact on either side that the other one has not is another case; few pairs are left.
                if not (facts[one] <= facts[other] or facts[other] <= facts[one]):
                    continue
                first, second = min(one, other), max(one, other)
                code = first * total + second
                if code not in seen:
                    seen.add(code)
                    yield first, second


def _all(members: list[int]) -> Iterator[tuple[int, int]]:
    for place, one in enumerate(members):
        for other in members[place + 1 :]:
            yield one, other


def _crowd(members: list[int], facts: Sequence[frozenset[int]]) -> Iterator[tuple[int, int]]:
    """The pairs of a large bucket that can be the same case: each member with those that share its rarest fact."""
    holders: dict[int, list[int]] = {}
    for member in members:
        for fact in facts[member]:
            holders.setdefault(fact, []).append(member)
    plain = [member for member in members if not facts[member]]
    for member in members:
        own = facts[member]
        if own:
            others = min((holders[fact] for fact in own), key=len)
            close = [other for other in others if other != member and own <= facts[other]]
        else:
            place = plain.index(member) if len(plain) < 1000 else 0
            close = plain[place + 1 : place + 1 + _NEIGHBOURS * 4]
        for other in close[: _CROWD * 4]:
            yield member, other
