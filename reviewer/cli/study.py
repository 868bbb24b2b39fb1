"""`reviewer study`: blind comparisons planned, listed, ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reviewer.cli import judgments, study_report
from reviewer.cli.arguments import ProjectFile, StudyName
from reviewer.cli.output import AsJson, emit
from reviewer.compare.protocol import Protocol, words_of
from reviewer.compare.style import FEATURES
from reviewer.errors import InputError
from reviewer.project import Project
from reviewer.settings import Settings

if TYPE_CHECKING:
    from reviewer.compare.studies import Study

__all__ = ["register"]

Who = Annotated[str | None, typer.Option("--annotator", help="Who does this, for the project's history.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    study = typer.Typer(name="study", help="Compare two variants blind.", no_args_is_help=True)
    for name, function in (
        ("new", new),
        ("leaks", leaks),
        ("list", list_studies),
        ("stopping", stopping),
        ("close", close),
        ("abandon", abandon),
    ):
        study.command(name)(function)
    study_report.register(study)
    judgments.register(study)
    app.add_typer(study)


def new(
    project: ProjectFile,
    study: StudyName,
    base: Annotated[str, typer.Option("--base", help="The variant to compare with.")],
    tuned: Annotated[str, typer.Option("--tuned", help="The variant that should be better.")],
    version: Annotated[str | None, typer.Option("--version", help="Over a frozen version, NAME@N.")] = None,
    slice_name: Annotated[str | None, typer.Option("--slice", help="Over one slice only.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Fixes the order of the pairs; never the sides.")] = None,
    margin: Annotated[
        list[str] | None,
        typer.Option("--margin", help="The drop that counts: 0.05 overall, or SLICE=0.1. May be given several times."),
    ] = None,
    repeats: Annotated[float, typer.Option("--repeats", help="Share of pairs that come again, sides swapped.")] = 0.1,
    controls: Annotated[float, typer.Option("--controls", help="Share of pairs with a known outcome.")] = 0.05,
    known: Annotated[
        str | None,
        typer.Option("--known", help="RIGHT,WRONG: two variants to take known answers from, instead of labels."),
    ] = None,
    original_dress: Annotated[
        float, typer.Option("--original-dress", help="Share of pairs shown as their models wrote them.")
    ] = 0.2,
    probes: Annotated[
        float, typer.Option("--probes", help="Share of pairs on which is asked which answer is the tuned one.")
    ] = 0.2,
    stopping: Annotated[
        str, typer.Option("--stopping", help="none, or sequential: the rule may end the study early.")
    ] = "none",
    judges: Annotated[
        list[str] | None, typer.Option("--judge", help="Who is to judge all of it. May be given several times.")
    ] = None,
    primary: Annotated[
        str, typer.Option("--primary", help="The slice whose correctness decides; that of all pairs unless given.")
    ] = "",
    style: Annotated[
        list[str] | None,
        typer.Option("--style", help="A feature that counts as style; all four unless given. May be given repeatedly."),
    ] = None,
    lexicon: Annotated[
        Path | None,
        typer.Option("--lexicon", help="A text file of the domain's own words, counted instead of long ones."),
    ] = None,
    mask: Annotated[
        list[str] | None,
        typer.Option("--mask", help="A finding of `study leaks` to mask, by its key; none masks nothing."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the plan can show, and make nothing.")] = False,
    annotator: Who = None,
    as_json: AsJson = False,
) -> None:
    """Fix a plan under its hash and seal both variants' outputs until the study is closed.

    With --dry-run, say what a study of this size can detect, and change nothing.
    """
    overall, margins = _margins(margin or [])
    right, wrong = _known(known)
    masks = None if mask is None else tuple(key for key in mask if key != "none")
    protocol = Protocol(
        repeats,
        controls,
        right,
        wrong,
        original_dress,
        probes,
        stopping,
        tuple(judges or ()),
        masks,
        primary,
        FEATURES if style is None else tuple(style),
        () if lexicon is None else _words(lexicon),
    )
    if dry_run:
        protocol.check()
        with Project.open(project, read_only=True) as opened:
            _look_ahead(opened, (base, tuned, version, slice_name), margins, protocol, as_json)
        return
    with Project.open(project) as opened:
        made = opened.studies.create(
            study,
            base,
            tuned,
            version=version,
            slice_name=slice_name,
            seed=seed,
            margin=overall,
            margins=margins,
            protocol=protocol,
            annotator_id=_id_of(opened, annotator),
        )
        worn = _worn(opened, version)
    emit(
        {
            **_facts(made),
            "worn_out": bool(worn),
            "sealed_labels": made.sealed_labels,
            "left_out": dict(made.plan["left_out"]),
        },
        lambda: "\n".join(filter(None, (_made(made), worn))),
        as_json,
    )


def _words(path: Path) -> tuple[str, ...]:
    """The words of a lexicon, one after another in the file."""
    try:
        found = words_of(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text; save it as UTF-8, a word a line.") from error
    if not found:
        raise InputError(f"{path} holds no word. Write the domain's words into it, one a line.")
    return found


def _known(given: str | None) -> tuple[str | None, str | None]:
    if given is None:
        return None, None
    right, comma, wrong = given.partition(",")
    if not comma or not right.strip() or not wrong.strip():
        raise InputError(f"--known {given}: give two variants, the one that is right first: RIGHT,WRONG.")
    return right.strip(), wrong.strip()


def _look_ahead(
    project: Project,
    over: tuple[str, str, str | None, str | None],
    margins: dict[str, float],
    protocol: Protocol,
    as_json: bool,
) -> None:
    from reviewer.compare.planning import outlook

    base, tuned, version, slice_name = over
    found = project.studies.survey(base, tuned, version=version, slice_name=slice_name)
    stored = {item.name: item.margin for item in project.slices.list()}
    kept = margins.get("preservation", stored.get("preservation", 0.1))
    people = max(len(protocol.annotators), 1)
    seen = outlook(found.slices, margin=kept, annotators=people, primary=protocol.primary)
    emit(
        {
            **seen.to_json(),
            "slices": dict(found.slices),
            "left_out": dict(found.left_out),
            "sealed": found.sealed,
        },
        lambda: "\n".join([f"{found.pairs} pairs.", *seen.sentences(), "Nothing was made."]),
        as_json,
    )


def leaks(
    project: ProjectFile,
    base: Annotated[str, typer.Option("--base", help="The variant to compare with.")],
    tuned: Annotated[str, typer.Option("--tuned", help="The variant that should be better.")],
    version: Annotated[str | None, typer.Option("--version", help="Over a frozen version, NAME@N.")] = None,
    slice_name: Annotated[str | None, typer.Option("--slice", help="Over one slice only.")] = None,
    as_json: AsJson = False,
) -> None:
    """List what in the answers would give sides away, before a study is made of them.

    The two counts are of one side and of the other, the larger first; which is which is not said. What is marked with
    a star is masked unless --mask says otherwise.
    """
    with Project.open(project, read_only=True) as opened:
        found = opened.studies.leaks(base, tuned, version=version, slice_name=slice_name)

    def human() -> str:
        if not found:
            return "Nothing was found that gives a side away."
        return "\n".join(
            f"{'*' if leak.proposed else ' '} {leak.more:>5} and {leak.less:<5} {leak.rule:8} {leak.key}"
            for leak in found
        )

    emit(
        {
            "leaks": [
                {
                    "key": leak.key,
                    "rule": leak.rule,
                    "more": leak.more,
                    "less": leak.less,
                    "one_sided": leak.telling,
                    "masked": leak.proposed,
                    "examples": list(leak.examples),
                }
                for leak in found
            ]
        },
        human,
        as_json,
    )


def stopping(project: ProjectFile, study: StudyName, as_json: AsJson = False) -> None:
    """Say whether an open study may stop: all is judged, or its plan's rule is met; never which way it goes.

    Where the plan has a rule, asking is counted, and the report says how often it was done.
    """
    with Project.open(project) as opened:
        found = opened.studies.stopping(study)
    if found.complete:
        said = "All is judged."
    elif found.met:
        said = "The rule for stopping early is met."
    elif found.planned:
        said = "The rule for stopping early is not met."
    else:
        said = "The plan has no rule for stopping early."
    if found.waiting:
        said += f" Something is left for {', '.join(found.waiting)}."
    emit(
        {"planned": found.planned, "met": found.met, "complete": found.complete, "waiting": list(found.waiting)},
        said,
        as_json,
    )


def _id_of(project: Project, annotator: str | None) -> int | None:
    return None if annotator is None else project.annotators.get_or_add(annotator)


def _margins(given: list[str]) -> tuple[float | None, dict[str, float]]:
    overall: float | None = None
    margins: dict[str, float] = {}
    for text in given:
        name, equals, value = text.rpartition("=")
        try:
            number = float(value)
        except ValueError as error:
            raise InputError(f"--margin {text}: give a share such as 0.05, or SLICE=0.1.") from error
        if equals:
            margins[name] = number
        else:
            overall = number
    return overall, margins


def _facts(study: Study) -> dict[str, Any]:
    return {
        "study": study.name,
        "base": study.base,
        "tuned": study.tuned,
        "version": study.version,
        "slice": study.slice,
        "state": study.state,
        "judged": study.origin or None,
        "pairs": study.pairs,
        "correctness_judgments": study.correctness,
        "preference_judgments": study.preferences,
        "margins": dict(study.plan["margins"]),
        "primary": study.plan.get("primary"),
        "style_features": list(study.plan.get("style_features", ())),
        "protocol": dict(study.plan.get("protocol", {})),
        "drawn": dict(study.plan.get("drawn", {})),
        "plan_hash": study.plan_hash,
    }


def _worn(project: Project, label: str | None) -> str:
    """That the version has been touched too often for what is decided by it; empty where it has not."""
    if label is None:
        return ""
    worn_after = int(Settings().get("worn_after"))
    version = project.versions.get(label)
    return f"{version.label}: {version.touches.sentence(worn_after)}" if version.touches.worn(worn_after) else ""


def _made(study: Study) -> str:
    lines = [
        f"Study {study.name}: {study.pairs} pairs, {study.base} against {study.tuned}.",
        f"Plan fixed under {study.plan_hash}.",
        "Both variants' outputs on these examples are sealed until the study is closed.",
    ]
    drawn = study.plan["drawn"]
    lines.append(
        f"Hidden among them: {drawn['repeats']} repeats, {drawn['controls_same'] + drawn['controls_known']} controls. "
        f"Masked: {drawn['masked_answers']} answers."
    )
    if study.plan["not_planned"]:
        lines.append(f"Without: {', '.join(study.plan['not_planned'])}.")
    if study.sealed_labels:
        lines.append(f"{study.sealed_labels} labels on them rest in the seal and come back with it.")
    if study.plan["seen_before"]:
        before = ", ".join(study.plan["seen_before"])
        lines.append(f"Some of these answers were in {before} before: who judged there may know the sides.")
    lines.extend(f"Left out: {count} ({reason})." for reason, count in study.plan["left_out"].items())
    return "\n".join(lines)


def list_studies(project: ProjectFile, as_json: AsJson = False) -> None:
    """List the studies."""
    with Project.open(project, read_only=True) as opened:
        studies = opened.studies.list()

    def human() -> str:
        if not studies:
            return "No studies yet. reviewer study new PROJECT STUDY --base VARIANT --tuned VARIANT makes one."
        return "\n".join(
            f"{study.name}: {study.state}, {study.base} against {study.tuned}, {study.pairs} pairs, "
            f"{study.correctness} answers and {study.preferences} pairs judged"
            for study in studies
        )

    emit({"studies": [_facts(study) for study in studies]}, human, as_json)


def close(project: ProjectFile, study: StudyName, annotator: Who = None, as_json: AsJson = False) -> None:
    """End a study for good: its sides are unsealed and it can be reported."""
    with Project.open(project) as opened:
        closed = opened.studies.close(study, annotator_id=_id_of(opened, annotator))
    said = f"{closed.name} is closed: {closed.correctness} answers and {closed.preferences} pairs were judged."
    if closed.superseded_labels:
        said += f"\n{closed.superseded_labels} sealed labels stay out, since newer ones stand in their place."
    emit(
        {**_facts(closed), "superseded_labels": closed.superseded_labels},
        f"{said}\nNext: reviewer study report {project} {closed.name}",
        as_json,
    )


def abandon(project: ProjectFile, study: StudyName, annotator: Who = None, as_json: AsJson = False) -> None:
    """Give an open study up: everything is unsealed, nothing is reported, and the list keeps it."""
    with Project.open(project) as opened:
        ended = opened.studies.abandon(study, annotator_id=_id_of(opened, annotator))
    emit(_facts(ended), f"{ended.name} is abandoned; its outputs and labels are back.", as_json)
