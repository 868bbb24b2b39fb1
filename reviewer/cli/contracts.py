"""`reviewer slices contract`, `coverage` and `similar`: what the slices promise, lack, and could hold more of."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reviewer.cli.arguments import ProjectFile, annotator_id
from reviewer.cli.output import AsJson, Progress, emit
from reviewer.curate.contracts import GATES, SLICES, Slice, meter
from reviewer.curate.coverage import Coverage
from reviewer.errors import InputError
from reviewer.project import Project

__all__ = ["add_commands", "contract_line", "contract_words", "slice_data"]

_SHOWN = 20


def slice_data(item: Slice) -> dict[str, Any]:
    """A slice with its contract as the command line prints it."""
    found = meter(item)
    data: dict[str, Any] = {
        "count": item.count,
        "minimum": item.minimum,
        "maximum": item.maximum,
        "met": item.met,
        "margin": item.margin,
        "owner": item.owner,
        "purpose": item.purpose,
        "gates_on": item.gates_on,
        "expired": item.expired,
        "detects": {
            "difference": found.detects,
            **({} if found.detects is not None else {"difference_reason": "too few examples to show any"}),
            "wanted": found.wanted,
            "more": found.more,
            **({} if found.more is not None else {"more_reason": "no count would do"}),
            "discordance": found.discordance,
            "assumptions": found.assumptions,
        },
    }
    if item.capabilities:
        data["capabilities"] = dict(item.capabilities)
    if item.failures:
        data["failures"] = dict(item.failures)
    if item.name == "core":
        mix = item.mix
        data["mix"] = (
            None
            if mix is None
            else {
                "distance": mix.distance,
                "by_chance": mix.by_chance,
                "by_chance_range": list(mix.by_chance_range),
                "p": mix.p,
                **({} if mix.p is not None else {"p_reason": "too few examples are expected of each workflow"}),
                "workflows": {
                    name: {"count": mix.actual[name], "wanted": mix.wanted[name]} for name in sorted(mix.wanted)
                },
                "worst": mix.worst,
                "add": mix.add,
            }
        )
        if mix is None:
            data["mix_reason"] = "no example is in core yet"
    return data


def contract_line(item: Slice) -> str:
    """A slice's count against its range in one line."""
    state = "met" if item.met else "short" if item.count < item.minimum else "over"
    return f"{item.name:<13}{item.count:>6,} of {item.minimum}–{item.maximum}  {state}"


def contract_words(item: Slice) -> str:
    """A slice's contract and what its count can show, over several lines."""
    lines = [contract_line(item), f"  {item.purpose}" + (f" Owner: {item.owner}." if item.owner else "")]
    lines.append(f"  Gates on: {GATES[item.gates_on]}.")
    if item.count:
        lines.append(f"  {meter(item).sentence}")
    if item.mix is not None:
        lines.append(f"  {item.mix.sentence}")
    if item.capabilities:
        lines.append("  " + ", ".join(f"{name} {count:,}" for name, count in item.capabilities.items()))
    if item.failures:
        seen = [f"{name} {count:,}" for name, count in item.failures.items() if count]
        missing = [name for name, count in item.failures.items() if not count]
        lines.append(f"  Failures seen: {', '.join(seen) or 'none'}. Not yet: {', '.join(missing) or 'none'}.")
    if item.expired:
        lines.append(f"  {item.expired:,} with a reference past its shelf life.")
    return "\n".join(lines)


def add_commands(slices: typer.Typer) -> None:
    """Add these commands to `reviewer slices`."""

    @slices.command("contract")
    def contract(
        project: ProjectFile,
        slice_name: Annotated[str, typer.Argument(metavar="SLICE", help="core, edge or preservation.")],
        purpose: Annotated[str | None, typer.Option("--purpose", help="What the slice is for.")] = None,
        owner: Annotated[str | None, typer.Option("--owner", help="Who answers for it.")] = None,
        minimum: Annotated[int | None, typer.Option("--minimum", help="At least so many examples.")] = None,
        maximum: Annotated[int | None, typer.Option("--maximum", help="At most so many examples.")] = None,
        margin: Annotated[float | None, typer.Option("--margin", help="The drop that counts, such as 0.05.")] = None,
        gates_on: Annotated[str | None, typer.Option("--gates-on", help="better, not_worse or nothing.")] = None,
        discordance: Annotated[
            float | None, typer.Option("--discordance", help="The share of verdicts that are taken to differ.")
        ] = None,
        annotator: Annotated[str, typer.Option("--annotator", help="Who does this; it stands in the history.")] = "",
        as_json: AsJson = False,
    ) -> None:
        """Show a slice's contract, or change the parts that are given."""
        wanted = {
            "purpose": purpose,
            "owner": owner,
            "minimum": minimum,
            "maximum": maximum,
            "margin": margin,
            "gates_on": gates_on,
            "discordance": discordance,
        }
        change = any(value is not None for value in wanted.values())
        with Project.open(project, read_only=not change) as opened:
            if change:
                who = annotator_id(opened, annotator)
                opened.slices.edit(slice_name, annotator_id=who, **wanted)  # type: ignore[arg-type]
            found = opened.slices.get(slice_name)
        emit({"slice": found.name, **slice_data(found)}, lambda: contract_words(found), as_json)

    @slices.command("coverage")
    def coverage(
        project: ProjectFile,
        slice_names: Annotated[list[str] | None, typer.Option("--slice", help="Of these slices alone.")] = None,
        as_json: AsJson = False,
    ) -> None:
        """Which failures of which workflows the slices hold, of those that triage saw."""
        with Project.open(project, read_only=True) as opened:
            found = opened.slices.coverage(tuple(slice_names or SLICES))
        data = {
            "cells": [
                {"workflow": workflow, "category": code, "seen": cell.seen, "held": cell.held}
                for (workflow, code), cell in sorted(found.cells.items())
            ],
            "gaps": found.gaps,
            "slices": list(found.slices),
        }
        emit(data, lambda: _coverage_words(found), as_json)

    @slices.command("similar")
    def similar(
        project: ProjectFile,
        where: Annotated[str, typer.Option("--where", help="The examples to go by, such as 'label:stale_facts'.")] = "",
        keys: Annotated[list[str] | None, typer.Option("--id", help="An example to go by; may be given again.")] = None,
        limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 20,
        everything: Annotated[bool, typer.Option("--all", help="List members of slices too.")] = False,
        as_json: AsJson = False,
    ) -> None:
        """The examples whose input reads most like the chosen ones, such as failures, with score and reason."""
        if bool(keys) == bool(where):
            raise InputError("Say which examples to go by: either --id ID or --where FILTER.")
        with Project.open(project, read_only=True) as opened, Progress("Indexing") as progress:
            seeds = opened.slices.ids_of(keys) if keys else opened.slices.matching(where, with_excluded=True)
            if not seeds:
                raise InputError("No example matches the filter, so there is nothing to go by.")
            found = opened.slices.similar(seeds, opened.search, limit=limit, free_only=not everything, report=progress)
        data = {
            "seeds": len(seeds),
            "similar": [
                {
                    "id": item.key,
                    "workflow": item.workflow,
                    "slice": item.slice or None,
                    "score": item.score,
                    "like": item.like,
                    "words": list(item.words),
                    "snippet": item.snippet,
                }
                for item in found
            ],
        }
        lines = [f"{item.score:.2f}  {item.key}  {item.workflow}  {item.reason}" for item in found]
        emit(data, "\n".join(lines) or "Nothing in the project reads like them.", as_json)


def _coverage_words(found: Coverage) -> str:
    lines = [found.sentence]
    gaps = [(place, cell) for place, cell in sorted(found.cells.items()) if cell.gap]
    for (workflow, code), cell in sorted(gaps, key=lambda item: (item[1].held, -item[1].seen))[:_SHOWN]:
        lines.append(f"{workflow or '–'}, {found.categories[code]}: {cell.held:,} of {cell.seen:,} seen")
    if len(gaps) > _SHOWN:
        lines.append(f"and {len(gaps) - _SHOWN:,} more; --json lists all.")
    return "\n".join(lines)
