"""The five verdicts a study can end in, and the rule that chooses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.compare.statistics.paired import Table, tango
from reviewer.compare.statistics.rates import Rate

__all__ = ["BETTER", "EXPLAINED", "INCONCLUSIVE", "PREFERRED", "VERDICTS", "WORSE", "Ruling", "rule"]

BETTER = "better on correctness"
PREFERRED = "preferred, correctness not shown"
EXPLAINED = "preference explained by style"
INCONCLUSIVE = "inconclusive"
WORSE = "worse"
VERDICTS = (BETTER, PREFERRED, EXPLAINED, INCONCLUSIVE, WORSE)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict, and the finding that decided it as a sentence."""

    verdict: str
    deciding: str


def rule(overall: Table, dropped: Sequence[str], preference: Rate | None) -> Ruling:
    """The verdict on the tuned variant; the first of these that holds:

    1. *worse*: the two-sided 95 % Tango interval of the paired difference lies below 0, overall or on preservation
       (`dropped` names the slices that had to be kept and were not). What breaks is not made up for elsewhere.
    2. *better on correctness*: the overall interval lies above 0.
    3. *preferred, correctness not shown*: the interval of the raw preference lies above one half. Style has not been
       taken off it, and the report says that style may explain it.
    4. *inconclusive*: all else, a preference for the base variant included, since preference carries no claim.

    *Preference explained by style* needs a preference adjusted for style, which is not estimated yet; that nobody
    adjusted is no evidence of style, so the rule does not give that verdict without one.
    """
    interval = tango(overall)
    if interval is not None and interval[1] < 0:
        return Ruling(WORSE, "The tuned variant is right less often than the base variant, beyond chance.")
    if dropped:
        return Ruling(WORSE, f"The tuned variant lost what it had to keep: {', '.join(dropped)}.")
    if interval is not None and interval[0] > 0:
        return Ruling(BETTER, "The tuned variant is right more often than the base variant, beyond chance.")
    if preference is not None and preference.low > 0.5:
        return Ruling(PREFERRED, "The tuned answers are preferred, but are not shown to be right more often.")
    if interval is None:
        return Ruling(INCONCLUSIVE, "No example was judged right or wrong on both sides.")
    return Ruling(INCONCLUSIVE, "With these judgments, the difference in correctness may well be none at all.")
