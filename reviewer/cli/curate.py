"""`reviewer slices` and `check`: from examples to what can be frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reviewer.cli.arguments import Annotator, Keys, ProjectFile, annotator_id
from reviewer.cli.contracts import add_commands, contract_line, contract_words, slice_data
from reviewer.cli.output import AsJson, emit
from reviewer.cli.overlaps import duplicates_json, leakage_json, overlap_words, scan_file, search_if_needed
from reviewer.curate.duplicates import SOON
from reviewer.curate.slices import Assignment
from reviewer.errors import InputError
from reviewer.project import Project

__all__ = ["register"]

Where = Annotated[str, typer.Option("--where", help="A filter, such as 'workflow:refunds label:fail'.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    slices = typer.Typer(no_args_is_help=True, help="Which examples are in core, edge and preservation.")
    app.add_typer(slices, name="slices")
    add_commands(slices)

    @slices.command("list")
    def list_(project: ProjectFile, as_json: AsJson = False) -> None:
        """The three slices with their contracts and counts."""
        with Project.open(project, read_only=True) as opened:
            found = opened.slices.list()
        emit(
            {"slices": {item.name: slice_data(item) for item in found}}, "\n".join(map(contract_words, found)), as_json
        )

    @slices.command("assign")
    def assign(
        project: ProjectFile,
        slice_name: Annotated[str, typer.Argument(metavar="SLICE", help="core, edge or preservation.")],
        where: Where = "",
        keys: Keys = None,
        sample: Annotated[int | None, typer.Option("--sample", help="Draw so many at random, in no slice yet.")] = None,
        seed: Annotated[int, typer.Option("--seed", help="The same seed draws the same examples.")] = 0,
        by: Annotated[
            str,
            typer.Option(
                "--by", help="Stratify by workflow, category, source or metadata.NAME; several with commas between."
            ),
        ] = "workflow",
        equal: Annotated[
            bool, typer.Option("--equal", help="Draw equally many of each stratum, not in proportion.")
        ] = False,
        capability: Annotated[str | None, typer.Option("--capability", help="What preservation covers by it.")] = None,
        annotator: Annotator = "",
        as_json: AsJson = False,
    ) -> None:
        """Put examples into a slice: named by id, all that a filter means, or a seeded stratified sample."""
        if keys and (where or sample is not None):
            raise InputError("--id names examples one by one; it goes with neither --where nor --sample.")
        if not keys and not where and sample is None:
            raise InputError("Say which examples: --id ID, --where FILTER, --sample N, or --where with --sample.")
        with Project.open(project) as opened:
            who = annotator_id(opened, annotator)
            if sample is not None:
                done = opened.slices.sample(
                    sample,
                    slice=slice_name,
                    annotator_id=who,
                    seed=seed,
                    by=by,
                    where=where,
                    capability=capability,
                    equal=equal,
                )
            else:
                if 0 < opened.duplicates.pending() <= SOON:
                    opened.duplicates.find()  # what is the same case goes along, so it is known first
                ids = opened.slices.ids_of(keys) if keys else opened.slices.matching(where)
                how = "by hand" if keys else f"by filter {where}"
                done = opened.slices.assign(ids, slice_name, annotator_id=who, capability=capability, how=how)
            contract = opened.slices.get(slice_name)
        emit({**_assignment(done), "count": contract.count}, f"{done.sentence}\n{contract_line(contract)}", as_json)

    @slices.command("clear")
    def clear(
        project: ProjectFile, where: Where = "", keys: Keys = None, annotator: Annotator = "", as_json: AsJson = False
    ) -> None:
        """Take examples out of the slices: named by id, or all that a filter means."""
        if bool(keys) == bool(where):
            raise InputError("Say which examples: either --id ID or --where FILTER.")
        with Project.open(project) as opened:
            ids = opened.slices.ids_of(keys) if keys else opened.slices.matching(where, with_excluded=True)
            done = opened.slices.clear(ids, annotator_id=annotator_id(opened, annotator))
        emit(_assignment(done), done.sentence, as_json)

    @app.command()
    def check(
        project: ProjectFile,
        training: Annotated[
            Path | None,
            typer.Option("--training", metavar="FILE", help="A training file to hold against the examples."),
        ] = None,
        format: Annotated[
            str | None,
            typer.Option("--as", metavar="FORMAT", help="sft, dpo, text, jsonl, json, csv or tsv, where not seen."),
        ] = None,
        maps: Annotated[
            list[str] | None,
            typer.Option("--map", metavar="FIELD=EXPR", help="Read only what a JMESPath expression gives of a row."),
        ] = None,
        as_json: AsJson = False,
    ) -> None:
        """What stands between the slices and a version to be trusted: contracts, duplicates, leaks, shelf life."""
        if training is None and (format or maps):
            raise InputError("--as and --map say how a training file is read; name it with --training FILE.")
        search_if_needed(project)
        scanned = None if training is None else scan_file(project, training, format, list(maps or []))
        with Project.open(project, read_only=True) as opened:
            found = opened.versions.readiness()
            groups, pending = opened.duplicates.groups(), opened.duplicates.pending()
            leaks, rates, scans = opened.leakage.leaks(), opened.leakage.rates(), opened.leakage.scans()
        if scanned is not None:
            leaks = tuple(leak for leak in leaks if leak.scan_id == scanned.scan.id)
            scans = (scanned.scan,)
        data: dict[str, Any] = {
            "contracts": {item.name: slice_data(item) for item in found.slices},
            "duplicates": duplicates_json(groups, pending),
            "leakage": leakage_json(leaks, rates, scans),
            "expired": list(found.expired),
            "unmet": [
                {"kind": item.kind, "sentence": item.sentence, "remedy": item.remedy, "ids": list(item.keys)}
                for item in found.unmet
            ],
        }
        if scanned is not None:
            data["leakage"]["rejects"] = list(scanned.reasons)

        def words() -> str:
            lines = [contract_line(item) for item in found.slices]
            lines += [f"- {item.told}" for item in found.unmet] or ["Everything is met; ready to freeze."]
            return "\n".join(lines + overlap_words(groups, pending, leaks, rates, scans))

        emit(data, words, as_json)


def _assignment(done: Assignment) -> dict[str, Any]:
    return {
        "slice": done.slice or None,
        "added": list(done.added),
        "moved": [{"id": key, "from": old} for key, old in done.moved],
        "unchanged": done.unchanged,
        "excluded": list(done.excluded),
    }
