"""`reviewer freeze`, `versions`, `diff` and `export`: what is frozen, and what changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from reviewer.cli.arguments import Annotator, ProjectFile, annotator_id
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.curate.diffs import Diff, TextChange
from reviewer.curate.frozen import Version
from reviewer.project import Project
from reviewer.settings import Settings

__all__ = ["register"]

_SHOWN = 20
"""Examples of one kind that a difference lists in words."""
Words = Mapping[str, Sequence[TextChange]]


class _ListByDefault(TyperGroup):
    """`versions PROJECT` means `versions list PROJECT`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the command in where none of its own begins the line."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""

    @app.command()
    def freeze(
        project: ProjectFile,
        name: Annotated[str, typer.Argument(metavar="NAME", help="The eval set's name, such as refunds.")],
        note: Annotated[str, typer.Option("--note", help="What this version is for.")] = "",
        waive: Annotated[str, typer.Option("--waive", help="The reason to freeze although something is not met.")] = "",
        tag: Annotated[list[str] | None, typer.Option("--tag", help="A tag to put on it; may be given again.")] = None,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Freeze what the slices hold as the next, immutable version of an eval set."""
        with Project.open(project) as opened, Progress("Freezing") as progress:
            who = annotator_id(opened, annotator)
            version = opened.versions.freeze(name, note=note, waive=waive, annotator_id=who, report=progress)
            for word in tag or ():
                version = opened.versions.tag(version, word, annotator_id=who)

        def words() -> str:
            lines = [f"Froze {_line(version)}", *(f"- {item}" for item in version.waivers), version.precedence.words()]
            return "\n".join(lines)

        emit(version_data(version), words, as_json)

    versions = typer.Typer(cls=_ListByDefault, help="The frozen versions; `versions PROJECT` lists them.")
    app.add_typer(versions, name="versions")

    @versions.command("list", hidden=True)
    def list_(project: ProjectFile, as_json: AsJson = False) -> None:
        """Every frozen version: number, date, content hash, counts, tags, and how often it was touched."""
        with Project.open(project, read_only=True) as opened:
            found = opened.versions.list()
        words = (
            "\n".join(map(_described, found)) or "Nothing is frozen yet. Next: reviewer check, then reviewer freeze."
        )
        emit({"versions": [version_data(item) for item in found]}, words, as_json)

    @versions.command("tag")
    def tag(
        project: ProjectFile,
        version: Annotated[str, typer.Argument(metavar="NAME[@N]", help="The version; the latest without @N.")],
        tags: Annotated[list[str], typer.Argument(metavar="TAG...", help="One word or a few.")],
        remove: Annotated[bool, typer.Option("--remove", help="Take them off instead.")] = False,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Put tags on a version or take them off; the version itself never changes."""
        with Project.open(project) as opened:
            who, found = annotator_id(opened, annotator), opened.versions.get(version)
            for word in tags:
                change = opened.versions.untag if remove else opened.versions.tag
                found = change(found, word, annotator_id=who)
        emit(version_data(found), f"{found.label} has the tags: {', '.join(found.tags) or 'none'}", as_json)

    @app.command()
    def diff(
        project: ProjectFile,
        first: Annotated[str, typer.Argument(metavar="NAME@1", help="The earlier version.")],
        second: Annotated[str, typer.Argument(metavar="NAME@2", help="The later version.")],
        as_json: AsJson = False,
    ) -> None:
        """What changed between two versions, example by example and word by word; --json tells all of it."""
        with Project.open(project, read_only=True) as opened, Progress("Comparing") as progress:
            one, other = opened.versions.get(first), opened.versions.get(second)
            found = opened.versions.diff(one, other)
            told = found.changed if as_json else found.changed[:_SHOWN]
            changes = {}
            for number, (key, _) in enumerate(told, 1):
                changes[key] = opened.versions.text_changes(one, other, key)
                progress(number, len(told))
        data = {
            "added": list(found.added),
            "removed": list(found.removed),
            "moved": [{"id": key, "from": old, "to": new} for key, old, new in found.moved],
            "changed": [
                {
                    "id": key,
                    "fields": list(fields),
                    "kinds": list(found.kinds(key)),
                    "texts": [change.to_json() for change in changes.get(key, ())],
                }
                for key, fields in found.changed
            ],
            "waivers": {
                "first": list(one.waivers),
                "second": list(other.waivers),
                "added": list(found.waived),
                "removed": list(found.no_longer_waived),
            },
        }
        emit(data, lambda: _differences(found, changes), as_json)

    @app.command()
    def export(
        project: ProjectFile,
        version: Annotated[str, typer.Argument(metavar="NAME[@N]", help="The version; the latest without @N.")],
        to: Annotated[str, typer.Option("--to", help="The format: reviewer.")],
        out: Annotated[
            Path,
            typer.Option("--out", help="The folder to write: new, empty, or an earlier export of the same version."),
        ],
        as_json: AsJson = False,
    ) -> None:
        """Write a version as files; the same version gives the same bytes each time, on any machine."""
        with Project.open(project, read_only=True) as opened, Progress("Exporting") as progress:
            done = opened.versions.export(opened.versions.get(version), to, out, progress)
        data = {
            "version": done.version.label,
            "format": to,
            "folder": str(done.folder),
            "data": str(done.data),
            "records": done.records,
            "content_hash": done.version.content_hash,
        }
        emit(data, f"Exported {done.version.label}, {done.records:,} records, to {done.data}", as_json)


def version_data(version: Version) -> dict[str, Any]:
    """A version as `--json` prints it."""
    worn_after = Settings().get("worn_after")
    touches = version.touches
    runs = version.precedence
    return {
        "name": version.name,
        "number": version.number,
        "content_hash": version.content_hash,
        "frozen_at": version.frozen_at,
        "counts": version.counts,
        "note": version.note,
        "tags": list(version.tags),
        "waiver": version.waiver,
        "unmet": list(version.unmet),
        "waivers": list(version.waivers),
        "annotator": version.annotator,
        "touches": {
            "viewed": touches.viewed,
            "run": touches.run,
            "reported": touches.reported,
            "total": touches.total,
            "worn_after": worn_after,
            "worn_out": touches.worn(worn_after),
        },
        "model_runs": None if runs.variants is None else {"sha256": runs.sha256, "variants": list(runs.variants)},
        "model_runs_reason": "not written down at freezing" if runs.variants is None else None,
    }


def _line(version: Version) -> str:
    counts = ", ".join(f"{name} {count:,}" for name, count in version.counts.items())
    tags = f"  [{', '.join(version.tags)}]" if version.tags else ""
    who = f"  by {version.annotator}" if version.annotator else ""
    note = f"  {version.note}" if version.note else ""
    return f"{version.label}  {version.frozen_at}  {version.content_hash[:19]}  {counts}{who}{tags}{note}"


def _described(version: Version) -> str:
    lines = [_line(version)]
    if version.waivers:
        lines.append(f"  waived: {len(version.waivers):,} (reviewer versions PROJECT --json tells which)")
    if version.touches.total:
        lines.append(f"  {version.touches.sentence(Settings().get('worn_after'))}")
    return "\n".join(lines)


def _differences(found: Diff, words: Words) -> str:
    lines = []
    kinds = {
        "added": [f"+ {key}" for key in found.added],
        "removed": [f"- {key}" for key in found.removed],
        "moved": [f"> {key}  from {old} to {new}" for key, old, new in found.moved],
        "changed": [_changed(key, fields, words.get(key, ())) for key, fields in found.changed],
    }
    for word, items in kinds.items():
        lines += items[:_SHOWN]
        if len(items) > _SHOWN:
            lines.append(f"  and {len(items) - _SHOWN:,} more {word}; --json lists all.")
    if found.same:
        lines.append("The two versions hold the same examples.")
    else:
        lines.append(", ".join(f"{len(items):,} {word}" for word, items in kinds.items()))
    lines += [f"Waived since: {item}" for item in found.waived]
    lines += [f"No longer waived: {item}" for item in found.no_longer_waived]
    return "\n".join(lines)


def _changed(key: str, fields: Sequence[str], changes: Sequence[TextChange]) -> str:
    return "\n".join([f"~ {key}  {', '.join(fields)}", *(f"    {change.place}: {change.inline}" for change in changes)])
