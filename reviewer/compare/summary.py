"""A study's report in words for someone who knows the domain and no statistics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from reviewer.compare.statistics.paired import tango
from reviewer.compare.style import FEATURES
from reviewer.compare.verdicts import BETTER, EXPLAINED, INCONCLUSIVE, PREFERRED, WORSE

if TYPE_CHECKING:
    from reviewer.compare.report import StudyReport

__all__ = ["error_words", "headline", "limits", "summary"]

_MOST_WAIVERS = 5


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
        EXPLAINED: f"{report.tuned} is preferred mostly for its style; that it is right more often is not shown.",
        INCONCLUSIVE: f"Inconclusive: {report.tuned} is not shown to be better or worse than {report.base}.",
    }.get(report.verdict, report.verdict)


def summary(report: StudyReport) -> str:
    """One paragraph: what was found, how sure it is, what was not shown; shares as so many in 100 examples."""
    said = [headline(report), *_correctness(report), *_kept(report), *_preference(report), *_not_shown(report)]
    return " ".join(said)


def _count(number: int, noun: str = "example") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _in_100(share: float) -> str:
    """A share above 0 as so many in 100, as a whole number."""
    return "less than 1" if share < 0.005 else f"{100 * share:.0f}"


def _correctness(report: StudyReport) -> list[str]:
    table, interval = report.decisive.table, tango(report.decisive.table)
    if interval is None or table.difference is None:
        return ["Nobody judged whether the answers are right, so nothing can be said about correctness."]
    where = f" of the {report.primary} slice, which the plan lets decide," if report.primary else ""
    said = [
        f"On {_count(table.n)}{where} both answers were clearly called right or wrong: {report.tuned} was right on "
        f"{table.both + table.tuned_only} and {report.base} on {table.both + table.base_only}; on {table.tuned_only} "
        f"{report.tuned} alone was right, on {table.base_only} {report.base} alone."
    ]
    if report.intervals_valid:
        said.append(_how_sure(*interval, even=not table.difference))
    else:
        said.append(
            "The study was asked whether it may stop, or stopped, before the end, so how sure this is follows from the "
            "rule for that alone."
        )
    if report.monitoring is not None and not report.intervals_valid:
        said.append(report.monitoring.statement)
    other = tango(report.sensitivity.table)
    if report.excluded.items and not report.primary and other is not None and _side(interval) != _side(other):
        said.append(
            f"This rests on leaving out {_count(report.excluded.items)} without a clear verdict: were each of them "
            "counted as wrong, the finding would be another."
        )
    return said


_SURE = "(in 19 of 20 studies the truth lies in a range found like this)"


def _how_sure(low: float, high: float, *, even: bool) -> str:
    """What the interval of a difference in correctness means, in examples."""
    if low > 0:
        return (
            "Chance alone would hardly give that; the true gain may be anything from "
            f"{_in_100(low)} to {_in_100(high)} in 100 examples {_SURE}."
        )
    if high < 0:
        return (
            "Chance alone would hardly give that; the true loss may be anything from "
            f"{_in_100(-high)} to {_in_100(-low)} in 100 examples {_SURE}."
        )
    start = "They were right equally often" if even else "Chance alone may well give such a difference"
    return (
        f"{start}; in truth it may be anything from {_in_100(-low)} fewer to {_in_100(high)} more right answers in 100 "
        f"examples {_SURE}."
    )


def _side(interval: tuple[float, float]) -> int:
    return 1 if interval[0] > 0 else -1 if interval[1] < 0 else 0


def _kept(report: StudyReport) -> list[str]:
    said = []
    for name, paired in report.slices.items():
        state = paired.preservation
        if name != "preservation" or state is None or paired.margin is None:
            continue
        if not report.intervals_valid:
            return ["Whether what had to be preserved was kept cannot be said after a look or a stop before the end."]
        margin = _in_100(paired.margin)
        said.append(
            {
                "noninferior": "What had to be preserved was kept: the judgments rule out a loss of "
                f"{margin} in 100 examples there.",
                "dropped": "What had to be preserved was not kept: there it is right less often, and chance alone "
                "would hardly give that.",
                "inconclusive": f"Whether what had to be preserved was kept is open: its {_count(paired.table.n)} "
                f"cannot rule out a loss of {margin} in 100.",
            }[state]
        )
    return said


def _preference(report: StudyReport) -> list[str]:
    preference, found = report.preference, report.preference.estimate
    if preference.raw is None:
        return ["Nobody was asked which answer is better."]
    raw, adjusted = preference.raw, found.adjusted
    said = [
        f"Asked which answer is better, people chose {report.tuned} in {points(raw.rate)} of 100 cases, ties counting "
        f"half ({_count(preference.items)}; the true figure may be {points(raw.low)} to {points(raw.high)})."
    ]
    if adjusted is None:
        said.append(f"How much of that is style cannot be told ({_why(found.reason)}), so it is no sign of quality.")
    else:
        said.append(
            "Where both answers are written alike, as long and in the same manner, that would be "
            f"{points(adjusted.rate)} of 100 ({points(adjusted.low)} to {points(adjusted.high)}): "
            f"{_taken_off(report)}. Being liked is no proof of being right."
        )
    dress = preference.dress
    if dress is not None and dress.finding != "not shown":
        more = "more" if dress.value > 0 else "less"
        said.append(
            f"Shown as the models wrote them and not in plain dress, answers of {report.tuned} are chosen "
            f"{_in_100(abs(dress.value))} in 100 times {more} often: that is what looks alone do."
        )
    if report.reliability.blinding is not None and report.reliability.blinding.broke:
        said.append("But people could tell which answers were the tuned model's, so no preference is counted.")
    if preference.wrong["tuned"]:
        said.append(
            f"On {_count(preference.wrong['tuned'])} people chose the answer of {report.tuned} although it was wrong "
            f"and that of {report.base} right."
        )
    return said


def _not_shown(report: StudyReport) -> list[str]:
    """What a reader may take for shown and is not, in a sentence."""
    open_ = []
    if report.verdict in (PREFERRED, EXPLAINED):
        open_.append(f"that {report.tuned} is right more often")
    elif report.verdict == INCONCLUSIVE and report.decisive.table.n:
        open_.append("that there is no difference")
    if report.origin == "elsewhere":
        open_.append("that people judged without knowing whose answer was whose")
    elif report.reliability.blinding is None:
        open_.append("that people could not tell whose answer was whose")
    if report.reliability.reach:
        open_.append("that other people would judge alike")
    if report.ended == "early":
        open_.append("what the examples that nobody judged would say")
    elif report.excluded.items:
        open_.append(f"what the {_count(report.excluded.items)} without a clear verdict would say")
    return [f"Not shown: {'; '.join(open_)}."] if open_ else []


def _why(reason: str) -> str:
    return reason.removeprefix("not estimable: ")


def _taken_off(report: StudyReport) -> str:
    """What taking style off leaves of the preference."""
    adjusted = report.preference.estimate.adjusted
    if adjusted is not None and adjusted.low > 0.5:
        return f"{report.tuned} is preferred for more than its style"
    if adjusted is not None and adjusted.high < 0.5:
        return f"{report.base} is preferred for more than its style"
    if report.verdict == EXPLAINED:
        return "style explains most of the preference, and the rest may be chance"
    return "a preference for either is not shown"


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
    reach = report.reliability.reach
    if reach:
        said.append(
            f"Holds {reach}: two or more people judged both answers on "
            f"{_count(report.reliability.agreement['shared_items'])}; 30 are needed to say more."
        )
    warning = report.excluded.warning(report.items)
    if warning:
        said.append(f"Mind what is missing: {warning}.")
    if report.left_out:
        reasons = "; ".join(f"{count} {reason}" for reason, count in report.left_out.items())
        said.append(f"Left out when the study was planned: {reasons}.")
    if report.corrected:
        named = ", ".join(report.corrected[:3]) + (", …" if len(report.corrected) > 3 else "")
        said.append(
            f"{_count(len(report.corrected))} ({named}) got another input after this was judged: what is said here is"
            " said of answers to the earlier one."
        )
    if report.provenance is not None:
        if not report.provenance.came_first:
            said.append(report.provenance.order[0])
        waivers = report.provenance.version.waivers
        said += [f"{report.provenance.version.label}: {item}" for item in waivers[:_MOST_WAIVERS]]
        if len(waivers) > _MOST_WAIVERS:
            more = _count(len(waivers) - _MOST_WAIVERS, "more waiver")
            said.append(f"{more} of {report.provenance.version.label}; its manifest and the report's file list all.")
    if report.ended == "early":
        said.append("The study was closed before everything was judged.")
    if not report.intervals_valid:
        said.append(
            "Somebody asked the rule for stopping, or stopped, before the end: the ordinary intervals and p values in "
            "the tables claim too much."
        )
    said += _limits_of_style(report)
    left = report.preference.left
    if left is not None and (left.low > 0.5 or left.high < 0.5):
        said.append(f"The left answer was chosen in {points(left.rate)} % of decided judgments: place mattered.")
    said += _limits_of_judging(report)
    if len(report.slices) > 1:
        said.append("The intervals of single slices are not corrected for being several; Holm's p values are.")
    return tuple(said)


def error_words(report: StudyReport) -> list[tuple[str, str]]:
    """Each variant's name and, in words, how bad its errors were called; empty where nothing was called wrong."""
    told = []
    for side, name in (("tuned", report.tuned), ("base", report.base)):
        counts = report.errors.get(side, {})
        kinds = ("severity_high", "severity_medium", "severity_low", "ungraded")
        graded = [f"{counts[kind]} {kind.removeprefix('severity_')}" for kind in kinds if counts.get(kind)]
        if counts.get("missing_caveat"):
            graded.append(_count(counts["missing_caveat"], "missing caveat"))
        told.append((name, ", ".join(graded)))
    return told


def _listed(names: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _limits_of_style(report: StudyReport) -> list[str]:
    found = report.preference.estimate
    if found.raw is None:
        return []
    said = [f"Mind what is missing: {warning}." for warning in found.warnings]
    if found.adjusted is None:
        said.append(f"The preference is raw, and style may explain all of it; adjusting it was {found.reason}.")
        return said
    if "style_features" not in report.plan:
        said.append("Which features count as style was not fixed when the study was planned.")
    for name, reason in found.dropped.items():
        said.append(f"Not taken off the preference: {name} ({reason}).")
    if found.separated:
        said.append(
            f"{' and '.join(found.separated).capitalize()} all but decide the votes: the adjusted preference rests on "
            "few examples."
        )
    said.append(
        f"Style that {_listed(report.plan.get('style_features', FEATURES))} do not show may still be worth 4 to 5 "
        "points of the adjusted preference; where style goes with quality, quality was taken off with it."
    )
    return said


def _limits_of_judging(report: StudyReport) -> list[str]:
    said = []
    seen, again = report.reliability.blinding, report.reliability.repeats
    if seen is None:
        said.append("Whether people saw through the blinding was not measured.")
    elif seen.broke:
        said.append(
            f"Blinding broke: {points(seen.right.rate)} % of {seen.guesses} guesses picked the tuned answer out."
        )
    else:
        said.append(
            f"Blinding is not shown to have broken: {points(seen.right.rate)} % of {seen.guesses} guesses were right; "
            f"up to {points(seen.right.high)} % would be no surprise."
        )
    if again is None:
        said.append("How often people say the same twice was not measured.")
    elif again.noise is None:
        said.append("Shown the same pair again, people chose as if by a coin.")
    else:
        said.append(f"Shown the same pair again, people chose otherwise in {points(again.flips.rate)} % of {again.n}.")
    return said
