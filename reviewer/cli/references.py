"""`reviewer references`: what is due, confirmed, replaced or under suspicion."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from reviewer.cli.arguments import Annotator, Keys, ProjectFile, annotator_id
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.curate.references import Decided
from reviewer.curate.shelf_life import Due
from reviewer.curate.suspects import Suspect
from reviewer.errors import InputError
from reviewer.project import Project
from reviewer.triage.truths import WHY

__all__ = ["register"]

Where = Annotated[str, typer.Option("--where", help="A filter, such as 'slice:core workflow:billing'.")]
ShelfDays = Annotated[int | None, typer.Option("--shelf-days", help="How many days it holds; 0 for no end.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    references = typer.Typer(no_args_is_help=True, help="The expected answers: whether they still hold.")
    app.add_typer(references, name="references")

    @references.command("expired")
    def expired(
        project: ProjectFile,
        soon: Annotated[int, typer.Option("--soon", min=0, help="Also what expires within so many days.")] = 0,
        as_json: AsJson = False,
    ) -> None:
        """References that no longer hold; members of slices first, the longest overdue first."""
        with Project.open(project, read_only=True) as opened:
            found = opened.references.due(soon_days=soon)
        data = {
            "expired": [item.key for item in found if item.expired],
            "soon": [item.key for item in found if not item.expired],
            "references": [_due(item) for item in found],
        }
        words = "\n".join(
            f"{item.key}  {item.slice or 'no slice'}  {item.state}  {_line(item.reference)}" for item in found
        )
        emit(data, words or "No reference is past its shelf life.", as_json)

    @references.command("confirm")
    def confirm(
        project: ProjectFile,
        keys: Keys = None,
        where: Where = "",
        expired_only: Annotated[bool, typer.Option("--expired", help="Only those that no longer hold.")] = False,
        shelf_days: ShelfDays = None,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Say that references still hold: as of today, for their shelf life anew."""
        with Project.open(project) as opened:
            ids = _chosen(opened, keys, where or ("has:reference" if expired_only else ""))
            if expired_only:
                due = {item.example_id for item in opened.references.due(soon_days=0) if item.expired}
                ids = [example_id for example_id in ids if example_id in due]
            done = opened.references.confirm(ids, annotator_id=annotator_id(opened, annotator), shelf_days=shelf_days)
        _emit(done, as_json)

    @references.command("replace")
    def replace(
        project: ProjectFile,
        key: Annotated[str, typer.Option("--id", help="The example's id.")],
        text: Annotated[str, typer.Option("--text", help="The answer that is right now.")],
        source: Annotated[str | None, typer.Option("--source", help="Where it comes from.")] = None,
        as_of: Annotated[str | None, typer.Option("--as-of", help="The day from which it holds: 2026-11-03.")] = None,
        shelf_days: ShelfDays = None,
        was: Annotated[str | None, typer.Option("--was", help="What held before, if there was none.")] = None,
        stale: Annotated[bool, typer.Option("--stale", help="The facts changed; else the old one was wrong.")] = False,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Write the truth as it is now; the one before is kept with its dates."""
        with Project.open(project) as opened:
            (example_id,) = opened.slices.ids_of([key])
            done = opened.references.replace(
                example_id,
                text,
                annotator_id=annotator_id(opened, annotator),
                origin=source,
                as_of_ms=None if as_of is None else _day(as_of),
                shelf_days=shelf_days,
                was=was,
                stale=stale,
            )
        _emit(done, as_json)

    @references.command("shelf")
    def shelf(
        project: ProjectFile,
        days: Annotated[int, typer.Option("--days", help="How many days from their date on; 0 for no end.")],
        keys: Keys = None,
        where: Where = "",
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Give references a shelf life: named by id, or all that a filter means."""
        with Project.open(project) as opened:
            done = opened.references.set_shelf(
                _chosen(opened, keys, where), days, annotator_id=annotator_id(opened, annotator)
            )
        _emit(done, as_json)

    @references.command("expire")
    def expire(
        project: ProjectFile, keys: Keys = None, where: Where = "", annotator: Annotator = "", as_json: AsJson = False
    ) -> None:
        """Say that references no longer hold, whatever their shelf life."""
        with Project.open(project) as opened:
            done = opened.references.expire(_chosen(opened, keys, where), annotator_id=annotator_id(opened, annotator))
        _emit(done, as_json)

    @references.command("suspects")
    def suspects(project: ProjectFile, as_json: AsJson = False) -> None:
        """Examples on which variants agree with each other but not with the reference."""
        with Project.open(project, read_only=True) as opened, Progress("Comparing") as progress:
            found = opened.references.suspects(progress)
        words = "\n".join(f"{item.key}  {item.slice or 'no slice'}  {item.reason}" for item in found)
        emit({"suspects": [_suspect(item) for item in found]}, words or "No reference is under suspicion.", as_json)

    @references.command("keep")
    def keep(project: ProjectFile, keys: Keys = None, annotator: Annotator = "", as_json: AsJson = False) -> None:
        """Say that suspected references are right; they come back when they or the outputs change."""
        if not keys:
            raise InputError("Say which: --id ID, as reviewer references suspects lists them.")
        with Project.open(project) as opened:
            ids = set(opened.slices.ids_of(keys))
            who = annotator_id(opened, annotator)
            done = [
                opened.references.keep(item, annotator_id=who)
                for item in opened.references.suspects()
                if item.example_id in ids
            ]
        data = {"done": [key for item in done for key in item.keys]}
        emit(data, "\n".join(item.sentence for item in done) or "None of them is under suspicion.", as_json)

    @references.command("history")
    def history(
        project: ProjectFile,
        key: Annotated[str, typer.Argument(metavar="ID", help="The example's id.")],
        as_json: AsJson = False,
    ) -> None:
        """What is the truth for an example, and what was before, with their dates."""
        with Project.open(project, read_only=True) as opened:
            (example_id,) = opened.slices.ids_of([key])
            now = opened.examples.get(example_id).reference
            past = opened.references.past(example_id)
        data: dict[str, Any] = {
            "id": key,
            "reference": None
            if now is None
            else {"text": now.text, "source": now.origin, "as_of": _date(now.as_of_ms), "shelf_days": now.shelf_days},
            "past": [
                {
                    "text": item.text,
                    "source": item.origin,
                    "as_of": _date(item.as_of_ms),
                    "until": _date(item.until_ms),
                    "why": item.why,
                    "annotator": item.annotator,
                }
                for item in past
            ],
        }
        lines = ["No reference." if now is None else f"since {_date(now.as_of_ms) or '?'}: {now.text}"]
        lines += [
            f"{_date(item.as_of_ms) or '?'} to {_date(item.until_ms)} ({WHY.get(item.why, item.why)}): {item.text}"
            for item in past
        ]
        emit(data, "\n".join(lines), as_json)


def _chosen(project: Project, keys: list[str] | None, where: str) -> list[int]:
    if bool(keys) == bool(where):
        raise InputError("Say which examples: either --id ID or --where FILTER.")
    return list(project.slices.ids_of(keys) if keys else project.slices.matching(where))


def _emit(done: Decided, as_json: bool) -> None:
    emit({"done": list(done.keys)}, done.sentence, as_json)


def _due(item: Due) -> dict[str, Any]:
    return {
        "id": item.key,
        "slice": item.slice or None,
        "workflow": item.workflow,
        "expired": item.expired,
        "state": item.state,
        "as_of": _date(item.as_of_ms),
        "shelf_days": item.shelf_days,
        "source": item.origin,
        "reference": item.reference,
    }


def _suspect(item: Suspect) -> dict[str, Any]:
    return {
        "id": item.key,
        "slice": item.slice or None,
        "workflow": item.workflow,
        "reference": item.reference,
        "outputs": dict(item.outputs),
        "agreeing": list(item.agreeing),
        "agreement": item.agreement,
        "met": item.met,
    }


def _date(at_ms: int | None) -> str | None:
    return None if at_ms is None else datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()


def _day(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"“{text}” is not a day; write it as 2026-01-31.") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _line(text: str, most: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"
