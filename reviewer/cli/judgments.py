"""`reviewer study judgments`: judgments made elsewhere in, a closed study's out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reviewer.cli.arguments import ProjectFile, StudyName
from reviewer.cli.output import AsJson, emit
from reviewer.project import Project

__all__ = ["register"]


def register(study: typer.Typer) -> None:
    """Add the commands to those of studies."""
    judgments = typer.Typer(name="judgments", help="Judgments made elsewhere in, a closed study's out.")
    judgments.command("import")(import_judgments)
    judgments.command("export")(export_judgments)
    study.add_typer(judgments, no_args_is_help=True)


def import_judgments(
    project: ProjectFile,
    study: StudyName,
    file: Annotated[Path, typer.Argument(help="JSON Lines, one object an annotator and example.")],
    as_json: AsJson = False,
) -> None:
    """Take in judgments made elsewhere; the study is then reported as judged elsewhere.

    The file is JSON Lines, one object an annotator and example:

    {"example": "case-0001", "annotator": "Ana", "passed": {"base": true, "tuned": false}, "preference": "tuned",
    "left": "base"}

    passed: for each variant, by its name, whether its answer is right: true, false, or null for cannot judge; a
    variant left out was not judged. preference: a variant's name, tie, both_bad, null, or the tuned side's share from
    0 to 1. left: the variant that was shown on the left, or null.

    Lines that cannot be taken in are named and left out, the rest goes in. Such a file names the variants, so its
    judgments tell the sides of the answers they are on: from the first line on, nobody can judge the study in the
    app, and that it was judged blind is not vouched for.
    """
    with Project.open(project) as opened:
        found = opened.judgments.import_file(study, file)

    def human() -> str:
        lines = [
            f"Read {found.read}: {found.added} added, {found.present} present already, {len(found.rejected)} rejected."
        ]
        lines += [
            f"  line {item.line}{f', {item.field}' if item.field else ''}: {item.reason}"
            for item in found.rejected[:20]
        ]
        if len(found.rejected) > 20:
            lines.append(f"  and {len(found.rejected) - 20} more; --json lists all.")
        return "\n".join(lines)

    emit(
        {
            "read": found.read,
            "added": found.added,
            "present": found.present,
            "rejected": [item.to_json() for item in found.rejected],
        },
        human,
        as_json,
    )


def export_judgments(
    project: ProjectFile,
    study: StudyName,
    file: Annotated[Path, typer.Argument(help="The JSON Lines file to write.")],
    as_json: AsJson = False,
) -> None:
    """Write a closed study's judgments, in the form in which they are imported."""
    with Project.open(project, read_only=True) as opened:
        lines = opened.judgments.export_file(study, file)
    emit({"lines": lines, "file": str(file)}, f"Wrote {lines} lines to {file}.", as_json)
