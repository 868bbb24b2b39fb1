"""A study's report in words for someone who knows the domain and no statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reviewer.compare.statistics.paired import tango
from reviewer.compare.verdicts import BETTER, INCONCLUSIVE, PREFERRED, WORSE

if TYPE_CHECKING:
    from reviewer.compare.report import StudyReport

__all__ = ["headline", "limits", "summary"]


def points(share: float, *, sign: bool = False) -> str:
    """A share as whole percentage points, with a true minus."""
    value = round(100 * share)
    text = f"{abs(value)}"
    if value < 0:
        return f"−{text}"
    return f"+{text}" if sign and value > 0 else text


def headline(report: StudyReport) -> str:
    """The verdict as one sentence that names the variants."""
    return {
        BETTER: f"{report.tuned} is better on correctness than {report.base}.",
        WORSE: f"{report.tuned} is worse than {report.base}.",
        PREFERRED: f"{report.tuned} is preferred; that it is right more often is not shown.",
        INCONCLUSIVE: f"Inconclusive: {report.tuned} is not shown to be better or worse than {report.base}.",
    }.get(report.verdict, report.verdict)


def summary(report: StudyReport) -> str:
    """One paragraph: what was found, how sure it is, what was not shown."""
    said = [headline(report), *_correctness(report), *_kept(report), *_preference(report)]
    return " ".join(said)


def _count(number: int, noun: str = "example") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _correctness(report: StudyReport) -> list[str]:
    table, interval = report.overall.table, tango(report.overall.table)
    if interval is None or table.difference is None:
        return ["Nobody judged whether the answers are right, so nothing can be said about correctness."]
    said = [
        f"On {_count(table.n)} where both answers have a clear verdict, {report.tuned} alone was right on "
        f"{table.tuned_only}, {report.base} alone on {table.base_only}; both were right on {table.both} and both wrong "
        f"on {table.neither}."
    ]
    low, high = interval
    if table.difference:
        more = "more" if table.difference > 0 else "less"
        said.append(
            f"{report.tuned} was thus right {points(abs(table.difference))} points {more} often; on further examples "
            f"of this kind, anything from {points(low, sign=True)} to {points(high, sign=True)} points would be no "
            "surprise."
        )
    else:
        said.append(
            f"They were right equally often; on further examples of this kind, anything from {points(low, sign=True)} "
            f"to {points(high, sign=True)} points would be no surprise."
        )
    other = tango(report.sensitivity.table)
    if report.excluded.items and other is not None and _side(interval) != _side(other):
        said.append(
            f"This rests on leaving out {_count(report.excluded.items)} without a clear verdict: were each of them "
            "counted as wrong, the finding would be another."
        )
    return said


def _side(interval: tuple[float, float]) -> int:
    return 1 if interval[0] > 0 else -1 if interval[1] < 0 else 0


def _kept(report: StudyReport) -> list[str]:
    said = []
    for name, paired in report.slices.items():
        state = paired.preservation
        if name != "preservation" or state is None or paired.margin is None:
            continue
        margin = points(paired.margin)
        said.append(
            {
                "kept": f"What had to be preserved was kept: a drop of {margin} points or more there is ruled out.",
                "dropped": "What had to be preserved was not: there it is right less often, beyond chance.",
                "inconclusive": f"Whether what had to be preserved was kept is open: its {_count(paired.table.n)} "
                f"cannot rule out a drop of {margin} points.",
            }[state]
        )
    return said


def _preference(report: StudyReport) -> list[str]:
    preference = report.preference
    if preference.raw is None:
        return ["Nobody was asked which answer they prefer."]
    raw = preference.raw
    said = [
        f"Asked which answer they prefer, people chose {report.tuned} in {points(raw.rate)} % of "
        f"{_count(preference.items)}, ties counting half ({points(raw.low)} to {points(raw.high)} % would be no "
        "surprise). Style has not been taken off that figure, so it says nothing about who is right."
    ]
    if preference.wrong["tuned"]:
        said.append(
            f"On {_count(preference.wrong['tuned'])} the answer of {report.tuned} was preferred although it was wrong "
            f"and that of {report.base} right."
        )
    return said


def limits(report: StudyReport) -> tuple[str, ...]:
    """What the figures do not allow to be said, a sentence each."""
    said = []
    if report.origin == "elsewhere":
        said.append("Judged elsewhere: these judgments were imported; that they were made blind is not vouched for.")
    if report.seen_before:
        said.append(
            f"Some of these answers were in {', '.join(report.seen_before)} before: who judged there, or read its "
            "report, may have known the sides."
        )
    reach = report.agreement["reach"]
    if reach:
        said.append(
            f"Holds {reach}: two or more people judged both answers on {_count(report.agreement['shared_items'])}; 30 "
            "are needed to say more."
        )
    warning = report.excluded.warning(report.items)
    if warning:
        said.append(f"Mind what is missing: {warning}.")
    if report.left_out:
        reasons = "; ".join(f"{count} {reason}" for reason, count in report.left_out.items())
        said.append(f"Left out when the study was planned: {reasons}.")
    said.append("The preference is raw, not adjusted for length, layout or tone: style may explain all of it.")
    if report.preference.overlap_ok is False:
        longer = report.preference.tuned_longer
        word = "shorter" if longer is not None and longer.rate < 0.5 else "longer"
        said.append(
            f"The tuned answers are nearly always the {word} ones: style and quality cannot be told apart in these "
            "preferences."
        )
    left = report.preference.left
    if left is not None and (left.low > 0.5 or left.high < 0.5):
        said.append(f"The left answer was chosen in {points(left.rate)} % of decided judgments: place mattered.")
    said.append("Whether people saw through the blinding was not measured.")
    if len(report.slices) > 1:
        said.append("The figures of single slices are not corrected for being several.")
    return tuple(said)
