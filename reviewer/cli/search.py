"""reviewer search: the examples whose text matches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from reviewer.cli.output import AsJson, Progress, emit
from reviewer.project import Project


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(search)


def search(
    project: Annotated[Path, typer.Argument(help="The project file.")],
    query: Annotated[
        str, typer.Argument(help='Words, "phrases", prefix*, -not, OR; and fields such as workflow:refunds.')
    ],
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to show.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Find examples by the text of input, outputs and reference, and by fields."""
    with Project.open(project, read_only=True) as opened, Progress("Building the text index") as progress:
        opened.search.complete(progress)
        hits = opened.examples.find(query, limit)
    data = {
        "total": hits.total,
        "hits": [{"id": hit.key, "workflow": hit.workflow, "snippet": hit.snippet} for hit in hits.hits],
    }

    def words() -> str:
        if not hits.total:
            return "Nothing matches."
        width = max(len(hit.key) for hit in hits.hits)
        lines = [f"{hit.key:<{width}}  {hit.workflow}  {hit.snippet}" for hit in hits.hits]
        if hits.total > len(hits.hits):
            lines.append(f"… {len(hits.hits)} of {hits.total:,}; --limit N shows more")
        return "\n".join(lines)

    emit(data, words, as_json)
