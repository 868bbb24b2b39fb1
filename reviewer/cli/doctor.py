"""reviewer doctor: whether everything in a project is as it must be, and what can be done where it is not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reviewer.cli.arguments import ProjectFile
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.doctor import Checkup, Finding
from reviewer.errors import DamagedError
from reviewer.project import Project
from reviewer.store import backup
from reviewer.store.salvage import Salvage, salvage

EXIT_FOUND = 1


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    project: ProjectFile,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what can be mended without guessing; a backup is made first.")
    ] = False,
    salvage_to: Annotated[
        Path | None,
        typer.Option(
            "--salvage", metavar="OUT", help="Read what a damaged project still holds into a new project OUT."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a whole project: the file, rows and parents, versions' hashes, history, text index. Exit 1: not all well.

    Without --repair nothing is changed.
    """
    if salvage_to is not None:
        with Progress("Reading what is left") as progress:
            got = salvage(project, salvage_to.absolute(), progress)
        _tell_salvage(project, salvage_to, got, as_json)
        return
    notes: list[str] = []
    saved: Path | None = None
    try:
        with Project.open(project, read_only=not repair, as_it_lies=True) as opened, Progress("Checking") as progress:
            notes += [notice.text for notice in opened.notices]
            if repair and opened.examine(report=progress).findings:
                saved = opened.back_up("repair", progress)
            checkup = opened.examine(repair=repair, report=progress)
    except DamagedError as error:
        checkup = Checkup((Finding("damaged", 1, 0, str(error)),))
    data: dict[str, Any] = {
        "ok": checkup.ok,
        "findings": [
            {"kind": one.kind, "count": one.count, "repaired": one.repaired, "text": one.text}
            for one in checkup.findings
        ],
        "looked_at": checkup.looked_at,
        "notes": [*notes, *checkup.notes],
        "backup": None if saved is None else str(saved),
    }
    emit(data, lambda: _words(project, checkup, [*notes, *checkup.notes], saved, repair), as_json)
    if not checkup.ok:
        raise typer.Exit(EXIT_FOUND)


def _words(project: Path, checkup: Checkup, notes: list[str], saved: Path | None, repair: bool) -> str:
    looked = ", ".join(f"{count:,} {name}" for name, count in checkup.looked_at.items())
    lines = [f"{project.name}: {'all is well' if not checkup.findings else 'not all is well'}"]
    if looked:
        lines[0] += f" ({looked})"
    for one in checkup.findings:
        mended = f", {one.repaired:,} repaired" if one.repaired else ""
        lines.append(f"  {one.kind}: {one.count:,}{mended}. {one.text}")
    lines += [f"  Note: {note}" for note in notes]
    if saved is not None:
        lines.append(f"The state before the repair is saved as {saved}.")
    if any(one.kind == "damaged" for one in checkup.findings):
        count = len(backup.backups(project))
        lines.append(
            f"Next: {f'reviewer restore {project} (there are {count} backups), or ' if count else ''}"
            f"reviewer doctor {project} --salvage OUT"
        )
    elif not checkup.ok and not repair:
        lines.append(f"Next: reviewer doctor {project} --repair")
    return "\n".join(lines)


def _tell_salvage(project: Path, out: Path, got: Salvage, as_json: bool) -> None:
    data = {
        "ok": got.whole,
        "project": str(project),
        "out": str(out),
        "tables": {one.table: {"read": one.read, "lost": one.lost, "orphaned": one.orphaned} for one in got.tables},
        "read": got.read,
        "lost": got.lost,
        "notes": list(got.notes),
    }

    def words() -> str:
        lines = [f"{got.read:,} rows were read into {out}, {got.lost:,} were lost."]
        lines += [
            f"  {one.table}: {one.read:,} read, {'an unknown number' if one.lost is None else f'{one.lost:,}'} lost"
            + (f", {one.orphaned:,} left out, since what they belong to is lost" if one.orphaned else "")
            for one in got.tables
            if one.read or one.lost or one.orphaned
        ]
        lines += [f"  Note: {note}" for note in got.notes]
        lines.append(f"{project.name} was only read. Look the new one over: reviewer doctor {out}")
        return "\n".join(lines)

    emit(data, words, as_json)
