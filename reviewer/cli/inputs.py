"""`reviewer revise` and `stale`: inputs corrected, and what belongs to an earlier one since."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reviewer.cli.arguments import Annotator, ProjectFile, RowFields, RowFilter, RowFormat, annotator_id
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.errors import InputError
from reviewer.project import Project

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""

    @app.command()
    def revise(
        project: ProjectFile,
        file: Annotated[Path, typer.Argument(help="Rows with the ids of examples and their inputs as they should be.")],
        format: RowFormat = None,
        maps: RowFields = None,
        where: RowFilter = None,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Correct the inputs of examples: each changed one is a new revision, and older outputs compare no more."""
        from reviewer.intake.mapping import Mapping as FieldMapping

        with Project.open(project) as opened, Progress(f"Reading {file.name}") as progress:
            done = opened.inputs.revise_from(
                file,
                FieldMapping.parse(list(maps or [])),
                annotator_id=annotator_id(opened, annotator),
                where=where,
                format=format,
                report=progress,
            )
        data = {
            "revised": [
                {"id": item.key, "revision": item.revision, "fields": list(item.fields), "stale_outputs": item.stale}
                for item in done.revised
            ],
            "unchanged": done.unchanged,
            "unknown": list(done.unknown),
            "rejected": [{"line": line, "reason": reason} for line, reason in done.rejected],
        }
        stale = sum(item.stale for item in done.revised)

        def words() -> str:
            lines = [
                f"{len(done.revised):,} corrected, {done.unchanged:,} unchanged, {len(done.unknown):,} unknown,"
                f" {len(done.rejected):,} rejected."
            ]
            if stale:
                lines.append(f"{stale:,} outputs answered an older input and compare no more; import new ones.")
            lines += [f"  line {line} {reason}" for line, reason in done.rejected[:10]]
            lines += [f"  no example {key}" for key in done.unknown[:10]]
            return "\n".join(lines)

        emit(data, words, as_json)
        if not done.revised and not done.unchanged:
            raise InputError(f"Not one row of {file.name} corrects an example of the project.")

    @app.command()
    def stale(project: ProjectFile, as_json: AsJson = False) -> None:
        """List answers and references that were made for an earlier input of their example, and the labels on them."""
        with Project.open(project, read_only=True) as opened:
            found = opened.inputs.stale()
        data = {
            "examples": [
                {
                    "id": item.key,
                    "revision": item.revision,
                    "outputs": [
                        {
                            "variant": output.variant,
                            "revision": output.revision,
                            **({} if output.revision is not None else {"revision_reason": "nobody wrote it down"}),
                            "labels": output.labels,
                        }
                        for output in item.outputs
                    ],
                    "reference": item.reference,
                }
                for item in found
            ]
        }

        def words() -> str:
            lines = []
            for item in found:
                told = [
                    f"{output.variant} (revision {'?' if output.revision is None else output.revision}"
                    + (f", {output.labels:,} label{'' if output.labels == 1 else 's'})" if output.labels else ")")
                    for output in item.outputs
                ]
                told += ["the reference"] if item.reference else []
                lines.append(f"{item.key}  now revision {item.revision}: {', '.join(told)}")
            return "\n".join(lines) or "Every answer and every reference belongs to the present input of its example."

        emit(data, words, as_json)
