"""A rule that may be looked at after every judgment: the e-process on discordant pairs.

Of the pairs that one variant alone got right, `b` are the tuned variant's and `c` the base variant's. Without a
difference each is a coin's throw, and the e-value is a martingale that starts at 1: the chance that it ever reaches 20,
however often one looks, is at most 1/20 (Ville's inequality; Ramdas, Grünwald, Vovk, Shafer 2023, Statistical Science
38:576–601).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, inf, lgamma, log
from typing import Literal

__all__ = ["STOP_AT", "Monitoring", "anytime_interval", "e_value", "monitor"]

STOP_AT = 20.0
PRIOR = 5
"""Both parameters of the beta distribution that the alternatives are mixed with."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """How the evidence stood over a sequence of discordant pairs."""

    tuned_only: int
    base_only: int
    e: float
    """After the last pair."""
    highest: float
    """The highest value on the way."""
    stopped_at: int | None
    """The number of discordant pairs after which 20 was first reached; None where it never was."""
    share: float | None
    """Tuned's share of the discordant pairs; None without one."""
    interval: tuple[float, float]
    """95 % for that share, valid however often one looked."""
    values: tuple[float, ...] = ()
    """The e-value after each pair."""
    favoured: Literal["tuned", "base", ""] = ""
    """The variant that was ahead when the rule was first met."""

    @property
    def p_anytime(self) -> float:
        """A p value that holds however often one looked: 1 over the highest e-value, at most 1."""
        return min(1.0, 1 / self.highest)

    @property
    def stopped(self) -> bool:
        """Whether the rule allowed the study to stop."""
        return self.stopped_at is not None

    @property
    def statement(self) -> str:
        """What may be said, in words without a formula."""
        if self.stopped_at is None:
            return (
                "The rule for stopping early was never met; that is no evidence that the variants are equally often "
                "right."
            )
        return (
            f"The rule for stopping early was met after {self.stopped_at} examples that one variant alone got right, "
            f"in favour of the {self.favoured} variant. Were there no difference, this would happen in at most 1 of 20 "
            "studies, however often one looked."
        )


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _log_mixture(b: int, c: int) -> float:
    if b < 0 or c < 0:
        raise ValueError(f"counts cannot be negative: {b}, {c}")
    return _log_beta(PRIOR + min(b, c), PRIOR + max(b, c)) - _log_beta(PRIOR, PRIOR)


def e_value(b: int, c: int) -> float:
    """B(5+b, 5+c)/B(5, 5)·2^(b+c), B the beta function: the evidence against no difference, 1 without discordant pairs.

    Above every floating number it is the largest of them. Raises ValueError for negative counts.
    """
    return exp(min(_log_mixture(b, c) + (b + c) * log(2), 709.0))


def monitor(outcomes: Iterable[bool]) -> Monitoring:
    """The e-process over discordant pairs in the order in which they were judged, True where tuned alone was right."""
    b = c = 0
    highest = e = 1.0
    stopped: int | None = None
    favoured: Literal["tuned", "base", ""] = ""
    values: list[float] = []
    for tuned in outcomes:
        b, c = b + bool(tuned), c + (not tuned)
        e = e_value(b, c)
        values.append(e)
        highest = max(highest, e)
        if stopped is None and e >= STOP_AT:
            stopped, favoured = b + c, "tuned" if b > c else "base"
    share = b / (b + c) if b + c else None
    return Monitoring(b, c, e, highest, stopped, share, anytime_interval(b, c), tuple(values), favoured)


def anytime_interval(b: int, c: int, confidence: float = 0.95) -> tuple[float, float]:
    """Tuned's shares p of the discordant pairs that their own e-value does not reject, valid however often one looks.

    The p with B(5+b, 5+c)/B(5, 5)/(p^b·(1−p)^c) < 1/(1 − confidence). (0, 1) without discordant pairs; mirrored
    exactly.
    """
    limit = -log(1 - confidence)
    mixture = _log_mixture(b, c)

    def rejected(p: float, wins: int, losses: int) -> bool:
        likelihood = (wins * log(p) if wins else 0.0) + (losses * log(1 - p) if losses else 0.0) if 0 < p < 1 else -inf
        return mixture - likelihood >= limit

    def lower(wins: int, losses: int) -> float:
        if not wins:
            return 0.0
        low, high = 0.0, wins / (wins + losses)
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if rejected(middle, wins, losses) else (low, middle)
        # Numbers near 0 are finer than those near 1: only what survives the way there and back can mirror exactly.
        return 1 - (1 - low)

    if b >= c:
        return lower(b, c), 1 - lower(c, b)
    mirrored = anytime_interval(c, b, confidence)
    return 1 - mirrored[1], 1 - mirrored[0]
