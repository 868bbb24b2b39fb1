"""reviewer search: the examples whose text matches."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from reviewer.cli.arguments import ProjectFile
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.project import Project


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(cls=_SearchCommand)(search)


class _SearchCommand(TyperCommand):
    """A command whose words may begin with -, since that means not in a query."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Tell options from words: every option but -h has a long name only."""
        options: list[str] = []
        words: list[str] = []
        rest = iter(args)
        for item in rest:
            if item == "--":
                words += rest
            elif item == "--limit":
                options += [item, *([value] if (value := next(rest, None)) is not None else [])]
            elif item == "-h" or item.startswith("--"):
                options.append(item)
            else:
                words.append(item)
        return super().parse_args(ctx, [*options, "--", *words])


def search(
    project: ProjectFile,
    query: Annotated[
        str, typer.Argument(help='Words, "phrases", prefix*, -not, OR; and fields such as workflow:refunds.')
    ],
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many to show.")] = 20,
    now: Annotated[
        bool, typer.Option("--now", help="Answer from what the text index has, and do not complete it first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find examples by the text of input, outputs and reference, and by fields."""
    with Project.open(project, read_only=True) as opened, Progress("Building the text index") as progress:
        if not now:
            opened.search.complete(progress)
        hits = opened.examples.find(query, limit, wait=not now)
        ready, of = opened.search.readiness()
    data = {
        "total": hits.total,
        "complete": hits.complete,
        "indexed": ready,
        "examples": of,
        "hits": [{"id": hit.key, "workflow": hit.workflow, "snippet": hit.snippet} for hit in hits.hits],
    }

    def words() -> str:
        if not hits.total:
            return "Nothing matches." if hits.complete else f"Nothing matches in {ready:,} of {of:,} examples indexed."
        width = max(len(hit.key) for hit in hits.hits)
        lines = [f"{hit.key:<{width}}  {hit.workflow}  {hit.snippet}" for hit in hits.hits]
        if hits.total > len(hits.hits):
            lines.append(f"… {len(hits.hits)} of {hits.total:,}; --limit N shows more")
        if not hits.complete:
            lines.append(f"Looked for in {ready:,} of {of:,} examples; the text index is not complete.")
        return "\n".join(lines)

    emit(data, words, as_json)
