"""The order, the places and the dress in which an annotator meets the answers of a study, drawn from its seal."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reviewer.compare.protocol import Protocol, count_of
from reviewer.compare.seals import Seal

__all__ = ["Presentation", "Shown", "presentation"]

Shown = tuple[int, int, int]
"""A pair as it is shown: its id, the left side's id, the right side's id."""

_FIRST_PART = 0.6
"""The share of the pairs in which those stand that come again."""


@dataclass(frozen=True, slots=True)
class Presentation:
    """The order in which one annotator meets a study: side ids, then pairs, then the pairs to guess on."""

    answers: tuple[int, ...]
    pairs: tuple[Shown, ...]
    probes: tuple[Shown, ...] = ()
    original: frozenset[int] = field(default_factory=frozenset)
    """Pairs that are shown in the dress the model gave them."""


def presentation(
    sealed: Seal, slices: Sequence[tuple[int, str]], annotator_id: int, protocol: Protocol
) -> Presentation:
    """The order in which an annotator meets a study; `slices` holds (pair id, slice) for each pair.

    Answers: one side of each pair first, then the others, so that the two of one example come far apart. In each
    slice the tuned variant comes first, and stands on the left, in half of the pairs. A pair that comes again does so
    late, with its sides swapped; controls stand anywhere. The arm in original dress is a random part of each slice.
    """
    rng = random.Random(f"show:{sealed.secret}:{annotator_id}")
    sides = {pair_id: (tuned, base) for pair_id, tuned, base in sealed.sides}
    groups: dict[str, list[int]] = {}
    for pair_id, slice_name in slices:
        if pair_id in sides:
            groups.setdefault(slice_name, []).append(pair_id)
    first = _halved(groups, rng)
    left = _halved(groups, rng)
    order = [pair_id for pair_id, _ in slices if pair_id in sides]
    rng.shuffle(order)
    again: list[int] = []
    block = max(1, len(order) // 4)
    for start in range(0, len(order), block):
        part = order[start : start + block]
        rng.shuffle(part)
        again.extend(part)
    early = [sides[pair_id][0 if pair_id in first else 1] for pair_id in order]
    late = [sides[pair_id][1 if pair_id in first else 0] for pair_id in again]
    for control in sealed.controls:
        # Answers of an example that is not in the study would be noticed if they came with the pairs alone.
        if not control.same:
            one, other = (control.first, control.second) if rng.random() < 0.5 else (control.second, control.first)
            early.insert(rng.randrange(len(early) + 1), one)
            late.insert(rng.randrange(len(late) + 1), other)
    shown = {pair_id: (pair_id, *(pair if pair_id in left else pair[::-1])) for pair_id, pair in sides.items()}
    original = _arm(groups, protocol.original_dress, rng)
    for repeat in sealed.repeats:
        swapped = (repeat.base, repeat.tuned) if repeat.of in left else (repeat.tuned, repeat.base)
        shown[repeat.pair] = (repeat.pair, *swapped)
        if repeat.of in original:
            original.add(repeat.pair)
    turned = _halved({"": [control.pair for control in sealed.controls]}, rng)
    for control in sealed.controls:
        pair = (control.first, control.second)
        shown[control.pair] = (control.pair, *(pair if control.pair in turned else pair[::-1]))
    original |= _arm({"": [control.pair for control in sealed.controls]}, protocol.original_dress, rng)
    pairs = [shown[pair_id] for pair_id in _order_of_pairs(sealed, order, rng)]
    probed = rng.sample(order, count_of(protocol.probes, len(order)))
    return Presentation(
        tuple(early + late), tuple(pairs), tuple(shown[pair_id] for pair_id in probed), frozenset(original)
    )


def _order_of_pairs(sealed: Seal, order: Sequence[int], rng: random.Random) -> list[int]:
    """Pairs that come again in the first part, their repeats among the rest, controls anywhere."""
    twice = {repeat.of for repeat in sealed.repeats}
    once = [pair_id for pair_id in order if pair_id not in twice]
    rng.shuffle(once)
    soon = max(len(twice), int(_FIRST_PART * len(order)))
    head = [*sorted(twice), *once[: soon - len(twice)]]
    tail = [*once[soon - len(twice) :], *(repeat.pair for repeat in sealed.repeats)]
    rng.shuffle(head)
    rng.shuffle(tail)
    found = [*head, *tail]
    for control in sealed.controls:
        found.insert(rng.randrange(len(found) + 1), control.pair)
    return found


def _halved(groups: Mapping[str, Sequence[int]], rng: random.Random) -> set[int]:
    """A random half of each group; the odd one out by a coin."""
    half: set[int] = set()
    for members in groups.values():
        drawn = list(members)
        rng.shuffle(drawn)
        half.update(drawn[: (len(drawn) + rng.randrange(2)) // 2])
    return half


def _arm(groups: Mapping[str, Sequence[int]], share: float, rng: random.Random) -> set[int]:
    """A random part of each group; what the share leaves over goes by chance, so that small groups have their part."""
    arm: set[int] = set()
    for members in groups.values():
        wanted = share * len(members)
        number = int(wanted) + (rng.random() < wanted - int(wanted))
        arm.update(rng.sample(list(members), min(number, len(members))))
    return arm
