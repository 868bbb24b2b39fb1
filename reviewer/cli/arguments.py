"""The arguments and options that several commands share, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reviewer.project import Project

__all__ = [
    "Annotator",
    "Keys",
    "ProjectFile",
    "RowFields",
    "RowFormat",
    "RowFilter",
    "StudyName",
    "annotator_id",
]

ProjectFile = Annotated[Path, typer.Argument(help="The project file.")]
StudyName = Annotated[str, typer.Argument(help="The study's name.")]
Keys = Annotated[list[str] | None, typer.Option("--id", help="An example's id; may be given again.")]
Annotator = Annotated[str, typer.Option("--annotator", help="Who does this; it stands in the history.")]
RowFormat = Annotated[
    str | None, typer.Option("--as", metavar="FORMAT", help="jsonl, json, csv or tsv, where it is not seen.")
]
RowFields = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=EXPR", help="Fill a field by a JMESPath expression over the row."),
]
RowFilter = Annotated[
    str | None, typer.Option("--where", metavar="EXPR", help="Keep the rows for which the expression is true.")
]


def annotator_id(project: Project, name: str) -> int | None:
    """The annotator of that name, who may be new; None for no name."""
    return project.annotators.get_or_add(name) if name.strip() else None
