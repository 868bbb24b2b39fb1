"""`reviewer duplicates` and `reviewer leaks`: what is the same case, what stands in training files, what is decided."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reviewer.cli.arguments import Annotator, ProjectFile, annotator_id
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.curate.duplicates import Group
from reviewer.curate.leak_records import Leak, Scan
from reviewer.curate.leakage import Rate, Scanned
from reviewer.errors import InputError, ProjectError
from reviewer.project import Project

__all__ = ["duplicates_json", "leakage_json", "overlap_words", "register", "scan_file", "search_if_needed"]

Reason = Annotated[str, typer.Option("--reason", help="Why; it stands in the history, a waiver's in the manifest too.")]
Member = Annotated[str, typer.Argument(metavar="ID", help="The id of any example of the group.")]
_LEAST_HASH = 6
"""So many digits of a hash name a file."""
_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    _register_duplicates(app)
    _register_leaks(app)


def _register_duplicates(app: typer.Typer) -> None:
    nouns = typer.Typer(no_args_is_help=True, help="Examples that are the same case in the same or other words.")
    app.add_typer(nouns, name="duplicates")

    @nouns.command("list")
    def list_(project: ProjectFile, as_json: AsJson = False) -> None:
        """The groups, after what is new or changed was compared."""
        search_if_needed(project)
        with Project.open(project, read_only=True) as opened:
            groups = opened.duplicates.groups()
            pending = opened.duplicates.pending()
        emit(duplicates_json(groups, pending), lambda: _group_words(groups, pending), as_json)

    @nouns.command("keep")
    def keep(
        project: ProjectFile, member: Member, reason: Reason, annotator: Annotator = "", as_json: AsJson = False
    ) -> None:
        """Keep all examples of a group; they stay in one slice."""
        with Project.open(project) as opened:
            group = opened.duplicates.group_of(member)
            opened.duplicates.keep(group, reason, annotator_id=annotator_id(opened, annotator))
        emit({"kept": list(group.keys), "reason": reason}, f"Kept {', '.join(group.keys)}.", as_json)

    @nouns.command("merge")
    def merge(
        project: ProjectFile,
        member: Annotated[str, typer.Argument(metavar="ID", help="The example of the group that stays.")],
        reason: Reason,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Keep one example of a group and exclude the others; it takes their slice where it has none."""
        with Project.open(project) as opened:
            group = opened.duplicates.group_of(member)
            opened.duplicates.merge(group, member, reason, annotator_id=annotator_id(opened, annotator))
        others = [key for key in group.keys if key != member]
        data = {"kept": [member], "excluded": others, "reason": reason}
        emit(data, f"Kept {member}; excluded {', '.join(others)}.", as_json)

    @nouns.command("exclude")
    def exclude(
        project: ProjectFile,
        keys: Annotated[list[str], typer.Argument(metavar="ID…", help="Examples of one group to exclude.")],
        reason: Reason,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Exclude examples of a group; they leave their slices."""
        with Project.open(project) as opened:
            group = opened.duplicates.group_of(keys[0])
            opened.duplicates.exclude(group, keys, reason, annotator_id=annotator_id(opened, annotator))
        emit({"excluded": keys, "reason": reason}, f"Excluded {', '.join(keys)}.", as_json)


def _register_leaks(app: typer.Typer) -> None:
    nouns = typer.Typer(no_args_is_help=True, help="What of the examples stands in files that models are trained on.")
    app.add_typer(nouns, name="leaks")

    @nouns.command("list")
    def list_(project: ProjectFile, as_json: AsJson = False) -> None:
        """The overlaps that the scans of training files found (reviewer check --training FILE scans one)."""
        with Project.open(project, read_only=True) as opened:
            leaks, rates, scans = opened.leakage.leaks(), opened.leakage.rates(), opened.leakage.scans()
        emit(leakage_json(leaks, rates, scans), lambda: _leak_words(leaks, rates, scans), as_json)

    @nouns.command("waive")
    def waive(
        project: ProjectFile,
        reason: Reason,
        keys: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Examples that overlap.")] = None,
        everything: Annotated[bool, typer.Option("--all", help="All that overlap and lie in a slice.")] = False,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Let examples be frozen although they overlap; the version's manifest says which, and why."""
        if bool(keys) == everything:
            raise InputError("Say which examples: their ids, or --all for every one in a slice that overlaps.")
        with Project.open(project) as opened:
            done = opened.leakage.waive(
                reason, keys=keys or None, annotator_id=annotator_id(opened, annotator), members_only=everything
            )
        emit({"waived": len(done.examples), "reason": reason}, f"Done: {done.title}.", as_json)

    @nouns.command("unwaive")
    def unwaive(
        project: ProjectFile,
        keys: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Examples; all without.")] = None,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Take waivers back."""
        with Project.open(project) as opened:
            done = opened.leakage.unwaive(keys=keys or None, annotator_id=annotator_id(opened, annotator))
        emit({"taken_back": len(done.examples)}, f"Done: {done.title}.", as_json)

    @nouns.command("aside")
    def aside(
        project: ProjectFile,
        file: Annotated[
            str, typer.Argument(metavar="FILE", help="The training file's name, or the beginning of its sha256.")
        ],
        reason: Annotated[str, typer.Option("--reason", help="Why; each version frozen after it repeats it.")] = "",
        back: Annotated[bool, typer.Option("--back", help="Let it count again.")] = False,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Let the scan of a file count no longer, as when nothing is trained on it."""
        name = Path(file).name
        with Project.open(project) as opened:
            scans = [scan for scan in opened.leakage.scans() if scan.active != back]
            found = [scan for scan in scans if scan.name == name]
            if not found and len(file) >= _LEAST_HASH:
                found = [scan for scan in scans if scan.sha256.startswith(file.removeprefix("sha256:"))]
            if not found:
                state = "set aside" if back else "counts"
                raise InputError(f"No scan of “{name}” {'is' if back else 'that'} {state} here (reviewer leaks list).")
            if len(found) > 1:
                which = ", ".join(scan.sha256[:12] for scan in found)
                raise InputError(f"{len(found)} scanned files are named {name}; say which by its sha256: {which}.")
            name = found[0].name
            opened.leakage.set_aside(found[0], back, reason=reason, annotator_id=annotator_id(opened, annotator))
        emit({"file": name, "counts": back}, f"{name} {'counts again' if back else 'is set aside'}.", as_json)


# -- for `reviewer check` as well


def search_if_needed(path: Path) -> None:
    """Compare examples that are new or changed, unless another process has the project open or it cannot be written."""
    with Project.open(path, read_only=True) as opened:
        if not opened.duplicates.pending():
            return
    try:
        opened = Project.open(path)
    except ProjectError:
        return  # what is not compared yet is told
    with opened, Progress("Looking for near-duplicates") as progress:
        opened.duplicates.find(progress)


def scan_file(path: Path, training: Path, format: str | None, maps: list[str]) -> Scanned:
    """Scan a training file and keep what overlaps."""
    mapping: dict[str, str] = {}
    for item in maps:
        name, equals, expression = item.partition("=")
        if not equals or not name.strip() or not expression.strip():
            raise InputError(f"“{item}” is not FIELD=EXPR, as in --map text=body.")
        mapping[name.strip()] = expression.strip()
    with Project.open(path) as opened, Progress("Scanning") as progress:
        return opened.leakage.scan(training, format=format, mapping=mapping, report=progress)


def duplicates_json(groups: tuple[Group, ...], pending: int) -> dict[str, Any]:
    """The groups as `--json` prints them; `groups` are those that wait for a decision."""
    return {
        "groups": [list(group.keys) for group in groups if not group.decision],
        "details": [
            {
                "ids": list(group.keys),
                "kind": group.kind,
                "similarity": round(group.similarity, 4),
                "slices": list(group.slices),
                "split": group.split,
            }
            for group in groups
            if not group.decision
        ],
        "kept": [{"ids": list(group.keys), "reason": group.reason} for group in groups if group.decision],
        "split": [list(group.keys) for group in groups if group.split],
        "not_compared": pending,
    }


def leakage_json(leaks: tuple[Leak, ...], rates: tuple[Rate, ...], scans: tuple[Scan, ...]) -> dict[str, Any]:
    """Overlaps, rates and scans as `--json` prints them."""
    return {
        "hits": [
            {
                "example": leak.key,
                "line": leak.line,
                "kind": leak.kind,
                "file": leak.file,
                "place": leak.place,
                "slice": leak.slice or None,
                "words": leak.words,
                "similarity": round(leak.similarity, 4),
                "waiver": leak.waiver or None,
            }
            for leak in leaks
        ],
        "rates": {
            rate.slice: {
                "examples": rate.examples,
                "overlapping": rate.overlapping,
                "waived": rate.waived,
                "not_scanned": rate.unscanned,
                "rate": rate.rate,
                "rate_reason": None if rate.examples else "the slice is empty",
                "low": rate.low,
                "high": rate.high,
            }
            for rate in rates
        },
        "scans": [
            {
                "file": scan.name,
                "sha256": scan.sha256,
                "format": scan.format,
                "lines": scan.lines,
                "rejected": scan.rejected,
                "examples": scan.examples,
                "outputs": scan.outputs,
                "sealed_outputs": scan.sealed,
                "overlaps": scan.found,
                "seconds": round(scan.seconds, 3),
                "counts": scan.active,
                "canaries": [
                    {"canary": canary, "version": version or None, "line": line}
                    for canary, version, line in scan.canaries
                ],
            }
            for scan in scans
        ],
    }


def overlap_words(
    groups: tuple[Group, ...], pending: int, leaks: tuple[Leak, ...], rates: tuple[Rate, ...], scans: tuple[Scan, ...]
) -> list[str]:
    """What `reviewer check` says of both, in a few lines."""
    lines = []
    waiting = [group for group in groups if not group.decision]
    if waiting:
        number = f"{len(waiting):,} {'group' if len(waiting) == 1 else 'groups'}"
        lines.append(f"{number} of examples in the project are the same case: reviewer duplicates list")
    if pending:
        lines.append(_not_compared(pending))
    if scans:
        lines.append(_leak_words(leaks, rates, scans))
    return lines


def _not_compared(pending: int) -> str:
    several = "1 example is" if pending == 1 else f"{pending:,} examples are"
    return f"{several} not compared yet, because the project is open elsewhere or read-only."


def _group_words(groups: tuple[Group, ...], pending: int) -> str:
    lines = []
    for group in groups[:_SHOWN]:
        where = f"  in {' and '.join(group.slices)}" if group.slices else ""
        state = f"  kept: {group.reason}" if group.decision else "  SPLIT" if group.split else ""
        lines.append(f"{' = '.join(group.keys)}  {group.kind} {group.similarity:.0%}{where}{state}")
    if len(groups) > _SHOWN:
        lines.append(f"and {len(groups) - _SHOWN:,} more groups; --json lists all.")
    if pending:
        lines.append(_not_compared(pending))
    return "\n".join(lines) or "No two examples are the same case."


def _leak_words(leaks: tuple[Leak, ...], rates: tuple[Rate, ...], scans: tuple[Scan, ...]) -> str:
    if not scans:
        return "No training file was scanned yet: reviewer check PROJECT --training FILE"
    lines = [f"{scan.sentence}{'' if scan.active else ' (set aside)'}" for scan in scans]
    for scan in scans:
        for canary, version, line in scan.canaries[:_SHOWN]:
            lines.append(f"{scan.name} line {line}: the canary of {version or 'another project'} ({canary})")
    for leak in leaks[:_SHOWN]:
        slice_name = f"  {leak.slice}" if leak.slice else ""
        waiver = f"  waived: {leak.waiver}" if leak.waiver else ""
        run = f", {leak.words} words" if leak.kind == "overlap" else ""
        lines.append(
            f"{leak.key}  {leak.file} line {leak.line}  {leak.kind}{run} with its {leak.place}{slice_name}{waiver}"
        )
    if len(leaks) > _SHOWN:
        lines.append(f"and {len(leaks) - _SHOWN:,} more; --json lists all.")
    for rate in rates:
        if rate.rate is not None and rate.low is not None and rate.high is not None:
            lines.append(
                f"{rate.slice:<13}{rate.overlapping:,} of {rate.examples:,} overlap: {rate.rate:.1%}"
                f" [{rate.low:.1%}–{rate.high:.1%}]"
            )
    return "\n".join(lines)
