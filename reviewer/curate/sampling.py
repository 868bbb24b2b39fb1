"""Seeded stratified sampling that gives the same draw on any machine, in any release of Python.

The order of a draw is the order of SHA-256 over the seed and the example's public id, so it depends on nothing but
those two: not on the order of import, not on a random generator's internals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

__all__ = ["allocate", "allocate_equal", "draw", "draw_order"]


def draw_order(seed: int, key: str) -> str:
    """The place of a key in the draw with this seed: hex of SHA-256 over `seed`, a line end and the key."""
    return sha256(f"{seed}\n{key}".encode("utf-8", "surrogatepass")).hexdigest()


def allocate(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """How many of `total` each stratum gives: in proportion to its size, by largest remainder (Hamilton's method).

    Equal remainders go to the larger stratum, then to the first by name. `total` is at most the sum of the sizes.
    """
    everything = sum(sizes.values())
    if not 0 <= total <= everything:
        raise ValueError(f"cannot draw {total} of {everything}")
    if everything == 0:
        return dict.fromkeys(sizes, 0)
    shares = {name: total * size // everything for name, size in sizes.items()}
    left = total - sum(shares.values())
    by_remainder = sorted(sizes, key=lambda name: (-(total * sizes[name] % everything), -sizes[name], name))
    for name in by_remainder[:left]:
        shares[name] += 1
    return shares


def allocate_equal(total: int, sizes: Mapping[str, int]) -> dict[str, int]:
    """How many of `total` each stratum gives: the same number each, as far as it has them.

    What does not divide goes to the larger strata, then to the first by name; what a small stratum cannot give, the
    others give evenly. `total` is at most the sum of the sizes.
    """
    everything = sum(sizes.values())
    if not 0 <= total <= everything:
        raise ValueError(f"cannot draw {total} of {everything}")
    shares = dict.fromkeys(sizes, 0)
    left = total
    while left:
        open_strata = sorted((name for name in sizes if shares[name] < sizes[name]), key=lambda n: (-sizes[n], n))
        each = left // len(open_strata)
        if each == 0:
            for name in open_strata[:left]:
                shares[name] += 1
            break
        for name in open_strata:
            given = min(each, sizes[name] - shares[name])
            shares[name] += given
            left -= given
    return shares


def draw(total: int, strata: Mapping[str, Sequence[str]], seed: int, *, equal: bool = False) -> dict[str, list[str]]:
    """`total` keys drawn from `strata` (name to keys) in draw order: in proportion to their sizes, or equally many."""
    sizes = {name: len(keys) for name, keys in strata.items()}
    shares = allocate_equal(total, sizes) if equal else allocate(total, sizes)
    return {name: sorted(keys, key=lambda key: draw_order(seed, key))[: shares[name]] for name, keys in strata.items()}
