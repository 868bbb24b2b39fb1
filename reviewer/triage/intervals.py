"""How far a share can be trusted."""

from __future__ import annotations

from math import sqrt

__all__ = ["wilson"]

Z95 = 1.959963984540054
"""The standard normal quantile of a two-sided 95 % interval."""


def wilson(count: int, total: int) -> tuple[float, float] | None:
    """The 95 % score interval of `count` in `total`, from 0 to 1; None when there is nothing to count.

    Wilson, E. B. (1927), Journal of the American Statistical Association 22, 209-212.
    """
    if total <= 0:
        return None
    share = count / total
    squared = Z95 * Z95
    centre = share + squared / (2 * total)
    reach = Z95 * sqrt(share * (1 - share) / total + squared / (4 * total * total))
    scale = 1 + squared / total
    low = 0.0 if count == 0 else (centre - reach) / scale
    high = 1.0 if count == total else (centre + reach) / scale
    return max(0.0, low), min(1.0, high)
