"""The order and the places in which an annotator meets the answers of a study, drawn from its seal."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.compare.seals import Seal

__all__ = ["Presentation", "presentation"]


@dataclass(frozen=True, slots=True)
class Presentation:
    """The order in which one annotator meets a study: side ids, then (pair id, left side's id, right side's id)."""

    answers: tuple[int, ...]
    pairs: tuple[tuple[int, int, int], ...]


def presentation(sealed: Seal, slices: Sequence[tuple[int, str]], annotator_id: int) -> Presentation:
    """The order in which an annotator meets a study; `slices` holds (pair id, slice) for each pair.

    Answers: one side of each pair first, then the others, so that the two of one example come far apart. In each
    slice the tuned variant comes first, and stands on the left, in half of the pairs.
    """
    rng = random.Random(f"show:{sealed.secret}:{annotator_id}")
    sides = {pair_id: (tuned, base) for pair_id, tuned, base in sealed.sides}
    groups: dict[str, list[int]] = {}
    for pair_id, slice_name in slices:
        groups.setdefault(slice_name, []).append(pair_id)
    first = _halved(groups, rng)
    left = _halved(groups, rng)
    order = [pair_id for pair_id, _ in slices]
    rng.shuffle(order)
    again: list[int] = []
    block = max(1, len(order) // 4)
    for start in range(0, len(order), block):
        part = order[start : start + block]
        rng.shuffle(part)
        again.extend(part)
    answers = [sides[pair_id][0 if pair_id in first else 1] for pair_id in order]
    answers += [sides[pair_id][1 if pair_id in first else 0] for pair_id in again]
    rng.shuffle(order)
    shown = [(pair_id, *(sides[pair_id] if pair_id in left else sides[pair_id][::-1])) for pair_id in order]
    return Presentation(tuple(answers), tuple(shown))


def _halved(groups: dict[str, list[int]], rng: random.Random) -> set[int]:
    """A random half of each group; the odd one out by a coin."""
    half: set[int] = set()
    for members in groups.values():
        drawn = list(members)
        rng.shuffle(drawn)
        half.update(drawn[: (len(drawn) + rng.randrange(2)) // 2])
    return half
