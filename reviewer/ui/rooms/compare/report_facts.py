"""The figures of a closed study's report that are told in sentences."""

from __future__ import annotations

from collections import Counter

from reviewer.compare.disagreements import Disagreement
from reviewer.compare.report import StudyReport
from reviewer.compare.statistics.preference import Coefficient
from reviewer.compare.statistics.rates import Rate
from reviewer.compare.summary import error_words

__all__ = ["dispute_words", "facts", "interval", "points", "preference_facts", "share"]

MOST_PAIRS = 6
"""Pairs of annotators whose agreement is told one by one; the file has them all."""


def points(share: float) -> str:
    """A difference in percentage points, signed."""
    return f"{100 * share:+.1f}".replace("-", "−")


def interval(bounds: tuple[float, float] | None) -> str:
    """An interval of differences in percentage points."""
    return "—" if bounds is None else f"{points(bounds[0])} to {points(bounds[1])}"


def share(rate: Rate) -> str:
    """A share with its interval, in per cent."""
    return f"{100 * rate.rate:.0f} % ({100 * rate.low:.0f}–{100 * rate.high:.0f})"


def _signed(value: float) -> str:
    return f"{value:.3f}".replace("-", "−")


def dispute_words(dispute: Disagreement) -> str:
    """A disagreement in a line."""
    what = f"answer {dispute.letters}" if dispute.about == "answer" else "the pair"
    counts = Counter(said.verdict for said in dispute.said)
    told = ", ".join(f"{count} × {verdict}" for verdict, count in sorted(counts.items()))
    return f"{dispute.key}   {what}: {told}"


def facts(report: StudyReport) -> list[str]:
    """Who judged, under which plan, how far they agree and how far they can be relied on, and what was left out."""
    said = [f"Judged by {', '.join(report.annotators)}." if report.annotators else "Judged by nobody."]
    said.append(f"The plan was fixed before the first judgment under {report.plan_hash}.")
    if report.provenance is not None:
        version = report.provenance.version
        said.append(f"Judged over {version.label}, frozen {version.frozen_at}. {' '.join(report.provenance.order)}")
    said += [f"Answers of {name} called wrong, by severity: {words}." for name, words in error_words(report) if words]
    for name, words in (("correctness", "whether an answer is right"), ("preference", "which answer is better")):
        figures = report.reliability.agreement[name]
        if figures["percent"] is None:
            said.append(f"Agreement on {words}: {figures['percent_reason']}.")
        else:
            shown = "Krippendorff's α undefined"
            if figures["krippendorff"] is not None:
                low, high = figures["krippendorff_interval"]
                shown = f"Krippendorff's α {_signed(figures['krippendorff'])} ({_signed(low)} to {_signed(high)})"
            said.append(f"Agreement on {words}: {100 * figures['percent']:.0f} % of judgments in common; {shown}.")
        said += [
            f"Cohen's κ of {' and '.join(pair['annotators'])} on {words}: {_signed(pair['kappa'])} "
            f"({_signed(pair['interval'][0])} to {_signed(pair['interval'][1])})."
            for pair in figures["cohen"][:MOST_PAIRS]
            if pair["kappa"] is not None
        ]
    said += _reliability_facts(report)
    said.append(
        f"Left out of correctness for want of a clear verdict: {report.excluded.items} of {report.items} examples."
    )
    reasons = [
        f"{name} {count} × {why}"
        for side, name in (("tuned", report.tuned), ("base", report.base))
        for why, count in sorted(report.excluded.answers.get(side, {}).items())
    ]
    if reasons:
        said.append(f"Answers without a clear verdict: {'; '.join(reasons)}.")
    if report.masked:
        places = Counter(item.leak.partition(":")[2] for item in report.masked)
        told = ", ".join(f"“{leak}” {count} ×" for leak, count in places.most_common(8))
        said.append(f"Masked while it was judged: {told}. The file of the report lists each place.")
    return said


def preference_facts(report: StudyReport) -> list[str]:
    """What was preferred, and what of it is style, place and dress; each refusal with its reason."""
    estimate = report.preference.estimate
    said: list[str] = []
    choices = report.preference.choices
    said.append(
        f"Preferences given: {choices['tuned']} for {report.tuned}, {choices['base']} for {report.base}, "
        f"{choices['tie']} ties, {choices['both_bad']} both bad."
    )
    wrong = report.preference.wrong
    said.append(
        f"Preferred although wrong, the other being right: {report.tuned} {wrong['tuned']}, "
        f"{report.base} {wrong['base']}."
    )
    left = report.preference.left
    if left is not None:
        said.append(f"The left answer was chosen in {share(left)} of decided judgments.")
    if estimate.adjusted is None:
        said.append(f"The preference with style taken off is {estimate.reason}.")
    if estimate.range is not None:
        low, high = estimate.range
        said.append(
            f"Other ways to take style off give {100 * low:.0f} to {100 * high:.0f} %: "
            + ", ".join(f"{name} {100 * rate:.0f} %" for name, rate in estimate.specifications.items())
            + "."
        )
    if estimate.coefficients:
        said.append(
            "What moves the votes, in log odds: "
            + "; ".join(_coefficient(*item) for item in estimate.coefficients.items())
            + "."
        )
    said += [f"Not taken off: {name} ({reason})." for name, reason in estimate.dropped.items()]
    if estimate.longer is not None:
        said.append(f"The answer of {report.tuned} is the longer one in {share(estimate.longer)} of pairs.")
    dress = report.preference.dress
    if dress is None:
        said.append("The effect of dress was not measured: all pairs were shown in one.")
    else:
        said.append(
            f"In original dress {report.tuned} is preferred by {points(abs(dress.value)).lstrip('+')} points "
            f"{'less' if dress.value < 0 else 'more'} than in plain dress ({interval((dress.low, dress.high))}); "
            f"{dress.n[0]} and {dress.n[1]} judgments."
        )
    return said


def _coefficient(name: str, found: Coefficient) -> str:
    value, low, high = (f"{number:+.2f}".replace("-", "−") for number in (found.value, found.low, found.high))
    return f"{name} {value} ({low} to {high}{', separates the votes' if found.separates else ''})"


def _reliability_facts(report: StudyReport) -> list[str]:
    found = report.reliability
    said = []
    if found.repeats is None:
        said.append("Hidden repeats: none were judged.")
    else:
        noise = "cannot be told" if found.repeats.noise is None else f"{100 * found.repeats.noise:.0f} %"
        said.append(
            f"Hidden repeats: {share(found.repeats.flips)} of {found.repeats.n} came out otherwise; noise in a single "
            f"judgment {noise}."
        )
    for words, rate in (
        ("one answer against itself, called equal", found.same),
        ("right against wrong, the right one chosen", found.known),
        ("single answers known to be right or wrong, called so", found.known_answers),
    ):
        if rate is not None:
            said.append(f"Controls, {words}: {share(rate)}.")
    seen = found.blinding
    if seen is None:
        said.append("Blinding was not tested: nobody was asked to guess.")
    else:
        held = "blinding broke" if seen.broke else "not shown to have broken"
        said.append(f"Guesses at the tuned answer: {share(seen.right)} of {seen.guesses} right; {held}.")
    if report.monitoring is not None:
        said.append(
            f"Rule for stopping early: e = {report.monitoring.e:.3g} at the end, {report.monitoring.highest:.3g} at "
            f"most; it was asked {report.looks} times."
        )
    return said
