"""What a count of examples can show: planning figures for a paired comparison of two variants on a slice."""

from __future__ import annotations

from math import ceil, sqrt

__all__ = ["DISCORDANCE", "detectable", "needed"]

DISCORDANCE = 0.10
"""The share of examples on which the two variants' verdicts are taken to differ."""
_Z_ALPHA = 1.959964  # two-sided 5 %
_Z_POWER = 0.841621  # 80 %


def needed(difference: float, discordance: float = DISCORDANCE) -> int:
    """The examples that McNemar's test needs to see a `difference` (0 to 1) at 5 % with 80 % power.

    n = (z_a sqrt(p) + z_b sqrt(p - d^2))^2 / d^2 with p the discordance: Connor, Biometrics 43 (1987) 207-211.
    Raises ValueError unless 0 < difference <= discordance.
    """
    if not 0 < difference <= discordance:
        raise ValueError("the difference must be above 0 and at most the discordance")
    spread = _Z_ALPHA * sqrt(discordance) + _Z_POWER * sqrt(discordance - difference**2)
    return ceil((spread / difference) ** 2)


def detectable(count: int, discordance: float = DISCORDANCE) -> float | None:
    """The smallest difference (0 to 1, in whole tenths of a point) that `count` examples can show.

    None when even the largest possible one, all discordant examples going the same way, needs more.
    """
    for tenth in range(1, round(discordance * 1000) + 1):
        if needed(tenth / 1000, discordance) <= count:
            return tenth / 1000
    return None
