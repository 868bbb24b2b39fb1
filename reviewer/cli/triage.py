"""`triage` and `labels import|export`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from reviewer.cli.arguments import ProjectFile
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.intake.revisions import labels_left_out
from reviewer.project import Project
from reviewer.triage.figures import percent
from reviewer.triage.sealed import to_json

__all__ = ["register"]

VariantName = Annotated[
    str | None, typer.Option("--variant", help="Whose outputs; by default the production system's.")
]
SHOWN_REJECTS = 20


def register(app: typer.Typer) -> None:
    """Add this file's commands to the command line."""
    labels = typer.Typer(help="Labels as a file: one JSON object a line.", no_args_is_help=True)
    app.add_typer(labels, name="labels")
    app.command("triage")(triage)
    labels.command("import")(import_labels)
    labels.command("export")(export_labels)


def triage(project: ProjectFile, variant: VariantName = None, as_json: AsJson = False) -> None:
    """The triage report: why the system fails, how sure that is, and what it would mean."""
    with Project.open(project, read_only=True) as opened:
        report = opened.triage.report(variant)
    emit(report.to_json(), lambda: _in_words(report), as_json)


def import_labels(
    project: ProjectFile,
    file: Annotated[Path, typer.Argument(help="JSON Lines, one object a label; see above.")],
    annotator: Annotated[
        str, typer.Option("--annotator", help="Whose labels they are where a line does not say.")
    ] = "imported",
    as_json: AsJson = False,
) -> None:
    """Take labels in; lines that cannot be read are named and left out, the rest goes in.

    The file is JSON Lines, one object a label:

    {"example": "case-0001", "verdict": "fail", "category": "missing_facts", "severity": "high", "note": "No fee.",
    "evidence": [{"quote": "it is free"}]}

    example and verdict are needed; all else may be left out. verdict: pass, fail, cannot_judge or skipped. category:
    a code or name of the codebook; further: a list of more of them; severity: low, medium or high; only a fail has
    these. evidence: a list of quotes from the output, each with its step if the quote stands in several. variant:
    whose output is meant, by default the production system's. annotator: whose label it is, by default --annotator.
    """
    with Project.open(project) as opened, Progress("Labels") as progress:
        result = opened.labels.import_file(file, annotator, report=progress)

    def human() -> str:
        lines = [
            f"{result.read} read: {result.added} added, {result.changed} changed, {result.unchanged} as they were, "
            f"{len(result.rejects)} rejected."
        ]
        if result.stale:
            lines.append(f"{result.stale} of them on answers to an earlier input; no figure counts those.")
        for item in result.rejects[:SHOWN_REJECTS]:
            lines.append(f"  line {item.line}{f', {item.field}' if item.field else ''}: {item.reason}")
        if len(result.rejects) > SHOWN_REJECTS:
            lines.append(f"  … and {len(result.rejects) - SHOWN_REJECTS} more; --json lists them all")
        return "\n".join(lines)

    emit(result.to_json(), human, as_json)


def export_labels(
    project: ProjectFile,
    file: Annotated[Path, typer.Argument(help="The JSONL file to write.")],
    variant: VariantName = None,
    as_json: AsJson = False,
) -> None:
    """Write the labels, one JSON object a line, as `labels import` reads them."""
    with Project.open(project, read_only=True) as opened, Progress("Labels") as progress:
        count = opened.labels.export_file(file, variant=variant, report=progress)
        sealed, stale = opened.triage.sealed(variant), opened.triage.stale(variant)
    for clause in (*(item.clause for item in sealed), *([labels_left_out(stale)] if stale else [])):
        print(f"reviewer: {clause}; {file} is without them.", file=sys.stderr)
    data = {"labels": count, "file": str(file), "sealed": to_json(sealed), "stale_labels": stale}
    emit(data, f"{count} labels written to {file}.", as_json)


def _in_words(report: Any) -> str:
    lines = [report.finding, ""]
    if report.variant is not None:
        lines.append(f"Variant {report.variant.name} ({report.variant.role})")
    floor = "the floor of 200 is reached" if report.enough else "200 are asked for"
    lines.append(
        f"Labelled {report.labelled} ({floor}): {report.passes} pass, {report.failures} fail, of which "
        f"{report.coded} have a category; {report.cannot_judge} can't be judged, {report.skipped} skipped."
    )
    if report.disputed:
        lines.append(f"On {report.disputed} the annotators are even; there the last label counts.")
    lines += [f"{clause}; no figure here counts them." for clause in report.left_out]
    if report.since_new is not None:
        lines.append(f"{report.since_new} coded failures since the last new category ({report.newest}).")
    lines.append("")
    width = max((len(item.title) for item in report.categories), default=0)
    for item in report.categories:
        lines.append(f"  {item.title:<{width}}  {item.share.count:>5}  {_interval(item.share)}")
    lines.append("")
    for state in report.rules:
        stands = state.words if state.firm else f"{state.state} ({state.words})"
        lines.append(
            f"  {state.rule.name:<10} {state.rule.subject} over {percent(state.rule.threshold)}: "
            f"{_interval(state.share)}  {stands}"
        )
    named = [item for item in report.workflows if item.workflow]
    if named:
        lines.append("")
        wide = max(len(item.workflow) for item in named)
        for item in named:
            lines.append(
                f"  {item.workflow:<{wide}}  {item.failures:>5} of {item.labelled} fail  {_interval(item.failure_rate)}"
            )
    return "\n".join(lines)


def _interval(share: Any) -> str:
    if share.share is None:
        return "–"
    return f"{percent(share.share, 1):>7} [{percent(share.low, 1)} – {percent(share.high, 1)}]"
