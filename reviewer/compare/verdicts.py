"""The five verdicts a study can end in, and the rule that chooses one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reviewer.compare.statistics.paired import Table, tango
from reviewer.compare.statistics.preference import Adjusted
from reviewer.compare.statistics.sequential import Monitoring

__all__ = ["BETTER", "EXPLAINED", "INCONCLUSIVE", "PREFERRED", "VERDICTS", "WORSE", "Ruling", "rule"]

BETTER = "better on correctness"
PREFERRED = "preferred, correctness not shown"
EXPLAINED = "preference explained by style"
INCONCLUSIVE = "inconclusive"
WORSE = "worse"
VERDICTS = (BETTER, PREFERRED, EXPLAINED, INCONCLUSIVE, WORSE)

MOST = 0.5
"""The part of a raw preference's lead that must go with style for style to explain it."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A verdict, and the finding that decided it as a sentence."""

    verdict: str
    deciding: str


def rule(
    overall: Table,
    dropped: Sequence[str] = (),
    preference: Adjusted | None = None,
    *,
    unblinded: bool = False,
    monitoring: Monitoring | None = None,
) -> Ruling:
    """The verdict on the tuned variant; the first of these that holds:

    1. *worse*: the two-sided 95 % Tango interval of the paired difference lies below 0, overall or on preservation
       (`dropped` names the slices that had to be kept and were not). What breaks is not made up for elsewhere.
    2. *better on correctness*: the overall interval lies above 0.
    3. *preferred, correctness not shown*: the interval of the preference adjusted for style lies above one half, and no
       kind of style all but decides the votes.
    4. *preference explained by style*: the raw interval lies above one half, the adjusted one does not, and style takes
       off at least half of the raw lead over one half. That alone is told from a lead that is only less certain.
    5. *inconclusive*: all else, a preference for the base variant included, since preference carries no claim; and a
       raw preference that could not be adjusted, or was given by people who saw through the blinding (`unblinded`).

    With `monitoring`, somebody looked before the end, and Tango's interval is not valid: the e-value alone decides on
    correctness, at 20 and above.
    """
    claim = _on_correctness(overall, dropped, monitoring)
    if claim is not None:
        return claim
    if preference is not None and preference.raw is not None and preference.raw.low > 0.5:
        return _on_preference(preference, preference.raw.rate - 0.5, unblinded)
    if preference is not None and preference.adjusted is not None and preference.adjusted.low > 0.5 and not unblinded:
        return Ruling(INCONCLUSIVE, _SEPARATED) if preference.separated else Ruling(PREFERRED, _PREFERRED)
    if overall.n == 0:
        return Ruling(INCONCLUSIVE, "No example was judged right or wrong on both sides.")
    return Ruling(INCONCLUSIVE, "With these judgments, the difference in correctness may well be none at all.")


_PREFERRED = (
    "The tuned answers are preferred also where both are written alike, but are not shown to be right more often."
)

_SEPARATED = (
    "One kind of style all but decides which answer is preferred, so what would be preferred without it is not counted."
)


def _on_correctness(overall: Table, dropped: Sequence[str], monitoring: Monitoring | None) -> Ruling | None:
    interval = tango(overall)
    if monitoring is not None:
        if not monitoring.stopped:
            return None
        how = "beyond chance, by the rule that allows for looking before the end."
        if monitoring.favoured == "tuned":
            return Ruling(BETTER, f"The tuned variant is right more often than the base variant, {how}")
        return Ruling(WORSE, f"The tuned variant is right less often than the base variant, {how}")
    if interval is not None and interval[1] < 0:
        return Ruling(WORSE, "The tuned variant is right less often than the base variant, beyond chance.")
    if dropped:
        return Ruling(WORSE, f"The tuned variant lost what it had to keep: {', '.join(dropped)}.")
    if interval is not None and interval[0] > 0:
        return Ruling(BETTER, "The tuned variant is right more often than the base variant, beyond chance.")
    return None


def _on_preference(preference: Adjusted, lead: float, unblinded: bool) -> Ruling:
    """What a raw preference for the tuned variant, by `lead` over one half, comes to."""
    adjusted = preference.adjusted
    if unblinded:
        return Ruling(
            INCONCLUSIVE,
            "The tuned answers are preferred, by people who could tell which they were: that is not counted.",
        )
    if adjusted is None:
        return Ruling(
            INCONCLUSIVE,
            "The tuned answers are preferred, but how much of that is style cannot be told, so it is not counted.",
        )
    if adjusted.low > 0.5:
        return Ruling(INCONCLUSIVE, _SEPARATED) if preference.separated else Ruling(PREFERRED, _PREFERRED)
    if adjusted.rate - 0.5 <= (1 - MOST) * lead:
        return Ruling(
            EXPLAINED,
            "The tuned answers are preferred mostly for how they are written: where both are written alike, the rest "
            "may be chance.",
        )
    return Ruling(INCONCLUSIVE, "The tuned answers are preferred, but where both are written alike that may be chance.")
