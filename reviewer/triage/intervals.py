"""How far a share can be trusted."""

from __future__ import annotations

from math import isfinite, sqrt
from statistics import NormalDist

__all__ = ["Interval", "score_bounds", "wilson", "z_of"]

Interval = tuple[float, float]
"""Lower and upper bound."""


def z_of(confidence: float, *, sides: int = 2) -> float:
    """The normal quantile of a confidence level strictly between 0 and 1; raises ValueError outside."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence level lies between 0 and 1, not at {confidence}")
    return NormalDist().inv_cdf(1 - (1 - confidence) / sides)


def score_bounds(successes: float, n: float, z: float) -> Interval:
    """The shares that the score test at `z` does not reject, `n` above 0."""
    p = successes / n
    spread = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    middle = p + z * z / (2 * n)
    scale = 1 + z * z / n
    return (
        0.0 if successes == 0 else (middle - spread) / scale,
        1.0 if successes == n else (middle + spread) / scale,
    )


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval | None:
    """Wilson's score interval of `successes` in `n`, from 0 to 1; a tie may count one half of a success.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n): Wilson, E. B. (1927), Journal of the American Statistical
    Association 22, 209–212. The failures' interval is exactly its mirror image. None when `n` is 0; raises ValueError
    for impossible counts.
    """
    if not (isfinite(successes) and isfinite(n) and 0 <= successes <= n):
        raise ValueError(f"{successes} successes out of {n} cannot be")
    if n == 0:
        return None
    z = z_of(confidence)
    if successes * 2 < n:
        low, high = score_bounds(n - successes, n, z)
        return 1 - high, 1 - low
    return score_bounds(successes, n, z)
