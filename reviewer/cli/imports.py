"""reviewer import: a file of examples and outputs into a project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reviewer.cli.arguments import ProjectFile, RowFields, RowFilter, RowFormat
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.errors import Cancelled, InputError
from reviewer.project import Project


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_)


def import_(
    project: ProjectFile,
    file: Annotated[Path, typer.Argument(help="JSON Lines, JSON, CSV or tab-separated text.")],
    format: RowFormat = None,
    maps: RowFields = None,
    where: RowFilter = None,
    variant: Annotated[
        str | None, typer.Option("--variant", metavar="NAME", help="The system that produced the outputs.")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", metavar="ROLE", help="production, base, tuned or other; NAME=ROLE for one of several."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import a file: new examples and outputs go in, rows that cannot be read go to a file to be corrected."""
    from reviewer.formats.detect import Detected
    from reviewer.intake.mapping import Mapping

    mapping = Mapping.parse(list(maps or []))
    own, roles = _roles(list(role or []))
    try:
        with Project.open(project) as opened, Progress(f"Importing {file.name}") as progress:
            result = opened.sources.import_file(
                file, mapping, variant=variant, role=own, roles=roles, where=where, format=format, report=progress
            )
    except KeyboardInterrupt:
        raise Cancelled("nothing was added.") from None
    data = {
        "read": result.read,
        "added": result.added,
        "duplicates": result.duplicates,
        "rejected": result.rejected,
        "rejects_file": None if result.rejects_file is None else str(result.rejects_file),
        "source": result.source,
        "skipped": result.skipped,
        "mapping": dict(result.mapping),
        "format": result.format,
        "encoding": result.encoding,
        "roles": dict(result.roles),
        "rejects": [
            {"line": reject.line, "record": reject.record or None, "field": reject.field, "reason": reject.reason}
            for reject in result.rejects[:100]
        ],
    }

    kind = str(Detected(result.format, result.encoding))

    def words() -> str:
        lines = [
            f"Read {result.read:,} rows of {file.name} as {kind}: {result.added:,} added, "
            f"{result.duplicates:,} already there, {result.rejected:,} rejected"
            + (f"; {result.skipped:,} left out by --where." if result.skipped else "."),
            "Mapping: "
            + "  ".join(f"{name}={expression}" for name, expression in result.mapping.items()).replace("\n", "\\n"),
        ]
        lines += [f"{name} is {role} from now on." for name, role in result.roles.items()]
        lines += [f"  {reject}" for reject in result.rejects[:10]]
        if result.rejected > 10:
            lines.append(f"  and {result.rejected - 10:,} more")
        if result.rejects_file is not None:
            lines.append(f"The rejected rows are in {result.rejects_file}. Correct them there and import that file.")
        return "\n".join(lines)

    emit(data, words, as_json)
    if result.rejected and result.rejected == result.read:
        raise InputError(
            f"Not one of the {result.read:,} rows of {file.name} could be taken; the first: {result.rejects[0]}"
        )


def _roles(given: list[str]) -> tuple[str | None, dict[str, str]]:
    own: str | None = None
    named: dict[str, str] = {}
    for item in given:
        name, equals, role = item.rpartition("=")
        if equals and name in named:
            raise InputError(f"--role is given twice for {name} ({named[name]}, {role}). Give it once.")
        if equals:
            named[name] = role
        elif own is None:
            own = item
        else:
            raise InputError(f"--role is given twice ({own}, {item}); for one of several outputs write NAME={item}.")
    return own, named
