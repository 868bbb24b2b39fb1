"""`reviewer study report` and `disagreements`: what a closed study found, in words, tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reviewer.cli.arguments import ProjectFile, StudyName
from reviewer.cli.output import AsJson, emit
from reviewer.compare.summary import error_words
from reviewer.project import Project

if TYPE_CHECKING:
    from reviewer.compare.report import StudyReport

__all__ = ["register"]

_MOST_LISTED = 20


def register(study: typer.Typer) -> None:
    """Add the commands to those of studies."""
    study.command("report")(report)
    study.command("disagreements")(disagreements)


def report(
    project: ProjectFile,
    study: StudyName,
    folder: Annotated[
        Path | None, typer.Option("--figures", help="Write the figures into this folder, as SVG.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Report a closed study: correctness first, preference beside it, and what neither allows to be said."""
    from reviewer.compare.drawing import write_figures
    from reviewer.compare.figures import figures

    with Project.open(project, read_only=True) as opened:
        found = opened.studies.report(study)
    written = [] if folder is None else [str(path) for path in write_figures(figures(found), folder)]

    def human() -> str:
        return "\n".join([_table(found), *(f"Wrote {path}" for path in written)])

    emit({**found.to_json(), **({"figures": written} if folder is not None else {})}, human, as_json)


def disagreements(project: ProjectFile, study: StudyName, as_json: AsJson = False) -> None:
    """List what annotators of a closed study said differently of the same answer or pair, without their names.

    Answers are named A and B in an order that says nothing of the variants, so that whoever settles it does so blind.
    """
    with Project.open(project, read_only=True) as opened:
        found = opened.studies.report(study).disagreements

    def human() -> str:
        if not found:
            return "No two annotators contradicted each other."
        lines = []
        for item in found:
            what = f"answer {item.letters}" if item.about == "answer" else "the pair"
            lines.append(f"{item.key}, {what}: " + "; ".join(said.words for said in item.said))
        return "\n".join(lines)

    emit({"disagreements": [item.to_json() for item in found]}, human, as_json)


def _table(found: StudyReport) -> str:
    lines = [f"{found.study}: {found.verdict}", found.ruling.deciding, "", found.summary, ""]
    lines.append(
        f"{'':14}{'n':>6}{'both':>7}{'tuned':>7}{'base':>7}{'none':>7}{'diff':>8}  {'Tango 95 %':17}"
        f"{'Newcombe 95 %':17}{'mid-p':>8}  margin"
    )
    rows = [("overall", found.overall), *found.slices.items(), ("missing = fail", found.sensitivity)]
    for name, paired in rows:
        figures = paired.to_json()
        line = (
            f"{name:14}{figures['n']:>6}{figures['both']:>7}{figures['tuned_only']:>7}{figures['base_only']:>7}"
            f"{figures['neither']:>7}"
        )
        if figures["n"]:
            tango, newcombe = (f"{low:+.3f} to {high:+.3f}" for low, high in (figures["tango"], figures["newcombe"]))
            line += f"{figures['difference']:>+8.3f}  {tango:17}{newcombe:17}{figures['midp']:>8.4f}"
            if paired.margin is not None:
                line += f"  {paired.margin:.2f} {figures['preservation']}"
        lines.append(line)
    holm = {name: paired.holm for name, paired in found.slices.items() if paired.holm is not None}
    if len(holm) > 1:
        lines.append("Holm: " + ", ".join(f"{name} {value:.4f}" for name, value in holm.items()))
    lines += ["", *_preferences(found)]
    for title, passed in (("Only tuned passed", "tuned"), ("Only base passed", "base")):
        keys = [flip.key for flip in found.flips if flip.passed == passed]
        if keys:
            lines.append(f"{title}: {', '.join(keys)}")
    for side, name in (("tuned", found.tuned), ("base", found.base)):
        keys = [flip.key for flip in found.preferred_but_wrong[side]]
        if keys:
            lines.append(f"Preferred although wrong, {name}: {', '.join(keys)}")
    lines += [f"Errors of {name}: {words}" for name, words in error_words(found) if words]
    lines += ["", *_trust(found), "", "Limits", *(f"- {limit}" for limit in found.limits)]
    return "\n".join(lines)


def _preferences(found: StudyReport) -> list[str]:
    """The preference for the tuned variant, raw and with style taken off, or why it is not."""
    estimate = found.preference.estimate
    rows = (("raw", estimate.raw), ("adjusted for style", estimate.adjusted), ("least squares", estimate.ols))
    lines = [
        f"Preference for {found.tuned}, {name}: {rate.rate:.3f} ({rate.low:.3f} to {rate.high:.3f})"
        for name, rate in rows
        if rate is not None
    ]
    if estimate.range is not None:
        told = ", ".join(f"{name} {rate:.3f}" for name, rate in estimate.specifications.items())
        lines.append(f"Range over specifications: {estimate.range[0]:.3f} to {estimate.range[1]:.3f} ({told})")
    if estimate.adjusted is None:
        lines.append(f"Adjusted for style: {estimate.reason}.")
    lines += [
        f"  {name:12}{item.value:+8.2f} ({item.low:+.2f} to {item.high:+.2f}){'  separates' if item.separates else ''}"
        for name, item in estimate.coefficients.items()
    ]
    dress = found.preference.dress
    if dress is not None:
        lines.append(f"Original less plain dress: {dress.value:+.3f} ({dress.low:+.3f} to {dress.high:+.3f})")
    return lines


def _trust(found: StudyReport) -> list[str]:
    """How far the judgments can be relied on, what was left out, and under which plan they were made."""
    reliability, lines = found.reliability, []
    if found.provenance is not None:
        version = found.provenance.version
        lines.append(f"Over {version.label}, frozen {version.frozen_at}. {' '.join(found.provenance.order)}")
    if reliability.blinding is not None:
        seen = reliability.blinding
        lines.append(
            f"Guesses at the tuned answer: {seen.right.rate:.3f} ({seen.right.low:.3f} to {seen.right.high:.3f}) of "
            f"{seen.guesses} right; {'blinding broke' if seen.broke else 'not shown to have broken'}"
        )
    if reliability.repeats is not None:
        flips, noise = reliability.repeats.flips, reliability.repeats.noise
        lines.append(
            f"Hidden repeats: {flips.rate:.3f} ({flips.low:.3f} to {flips.high:.3f}) of {reliability.repeats.n} came "
            f"out otherwise; noise {'undefined' if noise is None else f'{noise:.3f}'}"
        )
    for words, rate in (
        ("one answer against itself, called equal", reliability.same),
        ("right against wrong, the right one chosen", reliability.known),
        ("single answers called what they are", reliability.known_answers),
    ):
        if rate is not None:
            lines.append(f"Controls, {words}: {rate.rate:.3f} ({rate.low:.3f} to {rate.high:.3f})")
    for name in ("correctness", "preference"):
        told = reliability.agreement[name]
        if told["krippendorff"] is None:
            lines.append(f"Agreement on {name}: {told['krippendorff_reason']}")
        else:
            low, high = told["krippendorff_interval"]
            lines.append(f"Agreement on {name}: alpha {told['krippendorff']:.3f} ({low:.3f} to {high:.3f})")
    if found.disagreements:
        lines.append(f"Disagreements to settle: {len(found.disagreements)} (reviewer study disagreements)")
    if found.monitoring is not None:
        lines.append(
            f"Rule for stopping early: e {found.monitoring.e:.3f} at the end, {found.monitoring.highest:.3f} at most; "
            f"asked {found.looks} times"
        )
    more = len(found.excluded.examples) - _MOST_LISTED
    for item in found.excluded.examples[:_MOST_LISTED]:
        why = [f"{name} {reason}" for name, reason in ((found.tuned, item.tuned), (found.base, item.base)) if reason]
        lines.append(f"Not counted for correctness: {item.key} ({', '.join(why)})")
    if more > 0:
        lines.append(f"Not counted for correctness: {more} more (--json lists all)")
    if found.masked:
        lines.append(f"Masked while judged: {len(found.masked)} places")
    lines.append(f"Plan: {found.plan_hash}")
    return lines
