"""reviewer status: what a project holds and what comes next."""

from __future__ import annotations

import typer

from reviewer.cli.arguments import ProjectFile
from reviewer.cli.contracts import contract_line, slice_data
from reviewer.cli.output import AsJson, emit
from reviewer.project import Project


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(status)


def status(
    project: ProjectFile,
    as_json: AsJson = False,
) -> None:
    """Say what a project holds: sources, examples, variants, labels, slices, versions and studies."""
    with Project.open(project, read_only=True) as opened:
        held = opened.examples.status()
        sources = [
            {"name": source.name, "added": source.added, "rejected": source.rejected, "variant": source.variant}
            for source in opened.sources.list()
        ]
        indexed, _ = opened.search.readiness()
        importing = list(opened.sources.unfinished())
        slices = opened.slices.list()
        due = opened.references.due()
    expired = sum(1 for item in due if item.expired)
    data = {
        "project": str(project),
        **held,
        "sources": sources,
        "importing": importing,
        "indexed": indexed,
        "contracts": {item.name: slice_data(item) for item in slices},
        "expired_references": expired,
        "expiring_references": len(due) - expired,
    }

    def words() -> str:
        lines = [f"{project.name}: {held['examples']:,} example{'' if held['examples'] == 1 else 's'}"]
        if held["excluded"] or held["flagged"]:
            lines[0] += f" ({held['excluded']:,} excluded, {held['flagged']:,} flagged)"
        lines += [
            f"  {name} is being imported or was interrupted: its rows so far are counted, and go again"
            " unless it ends well"
            for name in importing
        ]
        if indexed < held["examples"]:
            lines.append(f"  search knows {indexed:,} of them so far")
        lines += [f"  from {source['name']}: {source['added']:,} rows" for source in sources]
        lines += [f"  {one['name']} ({one['role']}): {one['outputs']:,} outputs" for one in held["variants"]]
        lines.append(f"{held['labels']:,} labels on {held['labelled']:,} examples by {held['annotators']} annotators")
        if held["stale_outputs"]:
            lines.append(
                f"  {held['stale_outputs']:,} outputs answered an earlier input; {held['stale_labels']:,} labels on"
                " them count nowhere (reviewer search PROJECT is:stale)"
            )
        lines += [contract_line(item) for item in slices]
        if due:
            lines.append(f"References: {expired:,} expired, {len(due) - expired:,} soon (reviewer references expired)")
        lines.append(f"{held['versions']} versions, {held['studies']} studies ({held['open_studies']} open)")
        return "\n".join(lines)

    emit(data, words, as_json)
