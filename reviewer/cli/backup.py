"""reviewer backup and restore: whole copies of a project beside it, and the way back to one of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reviewer.cli.arguments import ProjectFile
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.errors import ReviewerError
from reviewer.project import Project
from reviewer.store import backup as backups
from reviewer.store import restore as restoring
from reviewer.store.backup import Backup


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    project: ProjectFile,
    only_list: Annotated[bool, typer.Option("--list", help="List the backups, the last first, and make none.")] = False,
    as_json: AsJson = False,
) -> None:
    """Save the project as it is now as a backup beside it, and thin out older ones."""
    made: Backup | None = None
    if not only_list:
        # Its own backup is the one that is due.
        with Project.open(project, back_up=False) as opened, Progress("Backing up") as progress:
            path = opened.back_up("hand", progress)
        made = next(one for one in backups.listed(project) if one.path == path)
    listed = backups.listed(project)
    data: dict[str, Any] = {"project": str(project), "made": None if made is None else _facts(made)}
    data["backups"] = [_facts(one) for one in listed]

    def words() -> str:
        if made is not None:
            return (
                f"Saved {project.name} as {made.path} ({_mb(made.size)}). There are {len(listed)}; to go back to it:"
                f" reviewer restore {project} {made.number}"
            )
        if not listed:
            return f"{project.name} has no backups. To make one: reviewer backup {project}"
        return "\n".join(_line(one) for one in listed)

    emit(data, words, as_json)


def restore(
    project: ProjectFile,
    which: Annotated[
        str | None, typer.Argument(metavar="[BACKUP]", help="Its number, name or path; the last made without one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring the project back to a backup; the present state is saved as a backup first, so this can be taken back."""
    chosen = restoring.choose(project, which)
    with Progress("Restoring") as progress:
        done = restoring.restore(project, chosen, progress)
    before = None if done.before is None else str(done.before)
    number = next((one.number for one in backups.listed(project) if one.path == done.before), None)
    data = {"project": str(project), "restored": _facts(chosen), "before": before, "before_number": number}
    back = f" To take this back: reviewer restore {project} {number}" if number is not None else ""
    if done.damaged:
        back = f" The damaged file that was there is kept in {before}."
    emit(data, f"{project.name} is as it was on {_day(chosen)}, {chosen.why} (backup {chosen.number}).{back}", as_json)


def _facts(one: Backup) -> dict[str, Any]:
    try:
        held: dict[str, int] | None = backups.held(one.path)
    except ReviewerError:
        held = None
    return {
        "number": one.number,
        "file": str(one.path),
        "made_at": one.made.isoformat().replace("+00:00", "Z"),
        "reason": one.reason,
        "size": one.size,
        "counts": held,
    }


def _line(one: Backup) -> str:
    counts = _facts(one)["counts"]
    held = ", ".join(f"{count:,} {name}" for name, count in counts.items() if count) if counts else "cannot be read"
    return f"{one.number:>4}  {_day(one)}  {one.why}, {_mb(one.size)}: {held or 'empty'}"


def _day(one: Backup) -> str:
    return f"{one.made.astimezone():%Y-%m-%d %H:%M}"


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
