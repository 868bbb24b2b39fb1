"""The demo project: an invented utility's support log, imported, labelled, frozen and judged by the rooms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reviewer import paths
from reviewer.errors import ProjectError
from reviewer.project import Project

if TYPE_CHECKING:
    from reviewer.compare.leaks import Leak
    from reviewer.compare.report import StudyReport
    from reviewer.curate.versions import Version
    from reviewer.triage.figures import Report as TriageReport

__all__ = ["FILE_NAME", "Outcome", "main_job", "write"]

FILE_NAME = "fennmoor.reviewer"
LABELLERS = ("Ana Ruiz", "Ben Okafor")
ANSWERS_ALREADY_JUDGED = 12
SECOND_ROUND_SIZE = 20
PRODUCTION_MAP = {
    "id": "id",
    "messages": "messages",
    "documents": "documents",
    "reference": "reference",
    "workflow": "workflow",
    "time": "time",
    "latency": "latency_ms",
    "cost": "cost_usd",
    "escalated": "escalated",
    "metadata.channel": "metadata.channel",
    "metadata.locale": "metadata.locale",
    "metadata.customer_tier": "metadata.customer_tier",
    "metadata.kb_version": "metadata.kb_version",
}
CANDIDATE_MAP = {"id": "id", "output": "output", "latency": "latency_ms", "cost": "cost_usd"}

DAY_MS = 86_400_000
AGED = {
    "bill-0091": (120, 90),
    "bill-0021": (100, 90),
    "refd-0030": (95, 90),
    "appt-0035": (92, 90),
    "bill-0105": (85, 90),
    "tech-0015": (80, 90),
}
"""Examples whose reference has an age and a shelf life, both in days."""
MISTAKEN = {
    "bill-0032": '{"customer": "F-551203", "amount": 84.02, "due": "2026-09-17", "topic": "bill"}',
    "acct-0086": "A visit that we miss is credited with €20 when the customer asks.",
    "acct-0103": "By the documents, the new holder takes the arrears over.",
}
"""References that somebody got wrong, while base and tuned agree on what is right."""
CHANGED = ("bill-0102", "Fibre 900 costs €51.90 per month since 1 November 2026 (before: €49.90).")
"""An example whose facts changed, and the truth as it is now."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the main job on the demo project came to."""

    project: Path
    export: Path
    data_file: Path
    version: Version
    triage: TriageReport
    study: StudyReport


def folder() -> Path:
    """The shipped data of the demo."""
    return paths.resources() / "demo"


def write(home: Path, say: Say = lambda _: None) -> Path:
    """Make the demo project in `home`, ready to try; returns its path. An existing one is never overwritten.

    It holds the production log with labels by two people, a base and a tuned candidate, the slices, three frozen
    versions, a closed pilot study that was judged elsewhere and an open one of which a first part is judged.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(f"The folder {home} cannot be made: {error.strerror}. Name another with --dir.") from error
    path = _free_name(home)
    with Project.create(path) as project:
        say(f"Made {path}.")
        ana = project.annotators.get_or_add(LABELLERS[0])
        _import(project, ana, say)
        _label(project, ana, say)
        _curate(project, ana, say)
        _compare(project, ana, say)
        _age(project, ana, say)
    return path


def main_job(path: Path, say: Say = lambda _: None) -> Outcome:
    """Go through the demo project as a team would: why it fails, what was frozen, and what the blind pilot found."""
    with Project.open(path) as project:
        triage = project.triage.report()
        failures = triage.to_json()
        say(f"Triage: {failures['labelled']} labelled, {failures['failures']} failures.")
        version = project.versions.get("support")
        export = project.versions.export(version, "reviewer", path.with_name(f"{path.stem}-{version.file_stem}"))
        say(f"Exported {version.label}, {export.records} examples, to {export.folder}.")
        study = project.studies.report("Pilot")
        say(f"Blind pilot: {study.verdict}.")
    return Outcome(path, export.folder, export.data, version, triage, study)


def _free_name(home: Path) -> Path:
    stem, suffix = FILE_NAME.rsplit(".", 1)
    for number in range(1, 10_000):
        path = home / (FILE_NAME if number == 1 else f"{stem}-{number}.{suffix}")
        if not path.exists():
            return path
    raise ProjectError(f"{home} holds too many demo projects already; remove some, or name another folder with --dir.")


def _lines(name: str) -> list[Any]:
    with (folder() / name).open(encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def _import(project: Project, ana: int, say: Say) -> None:
    for variant, role, mapping in (
        ("production", "production", PRODUCTION_MAP),
        ("base", "base", CANDIDATE_MAP),
        ("tuned", "tuned", CANDIDATE_MAP),
    ):
        result = project.sources.import_file(
            folder() / f"{variant}.jsonl", mapping=mapping, variant=variant, role=role, annotator_id=ana
        )
        say(f"Imported {variant}.jsonl: {result.added} of {result.read} rows added, {result.rejected} rejected.")


def _label(project: Project, ana: int, say: Say) -> None:
    from reviewer.triage.label_files import import_labels

    result = import_labels(project.database, folder() / "labels.jsonl", annotator=LABELLERS[0], by=ana)
    say(f"Labelled: {result.added} labels by {' and '.join(LABELLERS)}.")


def _curate(project: Project, ana: int, say: Say) -> None:
    """Freeze the two small sets that studies were made over, then the whole set."""
    members = _lines("slices.jsonl")
    core = [member["example"] for member in members if member["slice"] == "core"]
    judged = {line["example"] for line in _lines("judgments.jsonl")}
    pilot = [key for key in core if key in judged]
    second = [key for key in core if key not in judged][:SECOND_ROUND_SIZE]
    for name, keys in (("pilot", pilot), ("second", second)):
        ids = project.slices.ids_of(keys)
        project.slices.assign(ids, "core", annotator_id=ana, how="by hand")
        _freeze(project, name, f"For the {name} study.", "A small set for one study.", ana, say)
        project.slices.clear(ids, annotator_id=ana)
    for slice_name, capability in sorted({(member["slice"], member["capability"] or "") for member in members}):
        chosen = (
            member["example"]
            for member in members
            if (member["slice"], member["capability"] or "") == (slice_name, capability)
        )
        project.slices.assign(
            project.slices.ids_of(chosen), slice_name, annotator_id=ana, capability=capability or None, how="by hand"
        )
    _freeze(
        project, "support", "Before the fine-tune is looked at.", "References for open questions are owed.", ana, say
    )


def _age(project: Project, ana: int, say: Say) -> None:
    """Let time pass over some references, and let a few have been written wrong: both queues have work."""
    references = project.references
    now = references.present_ms()
    for key, (days_ago, shelf) in AGED.items():
        (example_id,) = project.slices.ids_of([key])
        example = project.examples.get(example_id)
        if example.reference is not None:
            references.replace(
                example_id,
                example.reference.text,
                annotator_id=ana,
                origin="price list",
                as_of_ms=now - days_ago * DAY_MS,
                shelf_days=shelf,
            )
    for key, wrong in MISTAKEN.items():
        (example_id,) = project.slices.ids_of([key])
        references.replace(example_id, wrong, annotator_id=ana, origin="typed in by hand")
    (example_id,) = project.slices.ids_of([CHANGED[0]])
    references.replace(
        example_id, CHANGED[1], annotator_id=ana, origin="price list", as_of_ms=now, shelf_days=90, stale=True
    )
    due = references.due()
    expired = sum(1 for item in due if item.expired)
    say(f"References: {expired} expired, {len(due) - expired} soon, {len(references.suspects())} in doubt.")


def _freeze(project: Project, name: str, note: str, waive: str, ana: int, say: Say) -> None:
    version = project.versions.freeze(name, note=note, waive=waive, annotator_id=ana)
    say(f"Frozen {version.label}: {version.count} examples, {version.content_hash[:19]}….")


def _compare(project: Project, ana: int, say: Say) -> None:
    from reviewer.compare.elsewhere import read_file

    project.studies.create("Pilot", "base", "tuned", version="pilot@1", seed=20260901, annotator_id=ana)
    result = read_file(project.database, "Pilot", folder() / "judgments.jsonl")
    project.studies.close("Pilot", annotator_id=ana)
    say(f"Blind pilot, judged elsewhere: {result.added} judgments, closed.")
    leaks = [leak for leak in project.studies.leaks("base", "tuned", version="second@1") if leak.proposed]
    right = _right_answers(leaks)
    project.studies.create("Second round", "base", "tuned", version="second@1", seed=20260915, annotator_id=ana)
    locked = 0
    while locked < ANSWERS_ALREADY_JUDGED:
        task = project.judgments.next("Second round", ana)
        if task is None or not hasattr(task, "side"):
            break
        # An answer of neither variant belongs to a control: a right one is the reference, a wrong one is not.
        known = right.get(task.side.text)
        passed = task.side.text == task.question.reference if known is None else known
        verdict = "pass" if passed else "fail"
        project.judgments.lock(
            "Second round", task.side.id, ana, verdict, severity="" if verdict == "pass" else "medium"
        )
        locked += 1
    say(f"Blind second round, open: {locked} answers judged, the rest is yours.")


def _right_answers(leaks: Iterable[Leak]) -> dict[str, bool]:
    """Which answer is right, by its text as it is shown: what Ana finds when she reads it, whoever wrote it."""
    from reviewer.compare.leaks import mask

    truth = {line["id"]: line for line in _lines("truth.jsonl")}
    found = {}
    for variant in ("base", "tuned"):
        for line in _lines(f"{variant}.jsonl"):
            passed = bool(truth[line["id"]][variant]["passed"])
            shown, _ = mask(line["output"], leaks)
            found[shown] = passed
    return found


def in_words(outcome: Outcome, steps: Iterable[str]) -> str:
    """The outcome as the command line prints it: the steps, the findings, and where things lie."""
    lines = [*steps, ""]
    lines.append(outcome.study.summary)
    lines += [
        "",
        f"The project:  {outcome.project}",
        f"The export:   {outcome.export}",
        f"Its examples: {outcome.data_file}",
        f"Open it with: reviewer {outcome.project}",
    ]
    return "\n".join(lines)
