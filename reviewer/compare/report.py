"""What a closed study found, and how much of it the evidence allows to be said."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.compare import seals
from reviewer.compare.correctness import Excluded, Paired, missing_as_fail, pair_up, slices_of
from reviewer.compare.disagreements import Disagreement, read_disagreements
from reviewer.compare.evidence import read_evidence
from reviewer.compare.preference import Preference, preference_of
from reviewer.compare.protocol import Protocol
from reviewer.compare.provenance import Provenance, provenance_of
from reviewer.compare.reliability import Reliability, reliability_of
from reviewer.compare.statistics.sequential import STOP_AT, Monitoring, monitor
from reviewer.compare.stopping import discordant
from reviewer.compare.style import FEATURES
from reviewer.compare.summary import limits, summary
from reviewer.compare.verdicts import Ruling, rule
from reviewer.intake.revisions import REVISED, STALE
from reviewer.store.database import load

__all__ = ["Flip", "Masked", "StudyReport", "make_report"]

MUST_KEEP = ("preservation",)


@dataclass(frozen=True, slots=True)
class Flip:
    """An example that one variant alone got right."""

    key: str
    example_id: int
    slice: str
    passed: str
    """tuned or base."""
    preferred: float | None
    """The tuned side's share of the preference."""

    def to_json(self) -> dict[str, Any]:
        """The flip as reports carry it."""
        return {"example": self.key, "slice": self.slice, "passed": self.passed, "preferred": self.preferred}


@dataclass(frozen=True, slots=True)
class Masked:
    """One place of an answer that was masked while the study was judged."""

    key: str
    side: str
    """tuned or base; empty for an answer of a control."""
    start: int
    """Where it stood in the original, in code points."""
    text: str
    """What stood there."""
    leak: str
    """The finding of the leak scan by which it was masked."""

    def to_json(self) -> dict[str, Any]:
        """The masking as reports carry it."""
        return {"example": self.key, "side": self.side, "start": self.start, "text": self.text, "leak": self.leak}


@dataclass(frozen=True, slots=True)
class StudyReport:
    """The findings of a closed study."""

    study: str
    base: str
    tuned: str
    plan: Mapping[str, Any]
    plan_hash: str
    origin: str
    items: int
    annotators: tuple[str, ...]
    ruling: Ruling
    primary: str
    """The slice whose correctness decides; empty where that of all examples does."""
    overall: Paired
    slices: Mapping[str, Paired]
    sensitivity: Paired
    """With every answer that has no verdict counted as fail."""
    excluded: Excluded
    left_out: Mapping[str, int]
    """At planning: examples of the version or slice without two outputs, by reason."""
    seen_before: tuple[str, ...]
    """Earlier studies that showed some of the same answers."""
    preference: Preference
    reliability: Reliability
    monitoring: Monitoring | None
    """The rule for stopping early over the discordant examples; None where the plan had none."""
    looks: int
    """How often that rule was asked before the study closed."""
    ended: str
    """What closed it: complete, early, rule, or empty where that was not recorded."""
    flips: tuple[Flip, ...]
    """By the examples' keys."""
    errors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Per side: judgments that called its answer wrong, by severity, and those that miss a caveat."""
    disagreements: tuple[Disagreement, ...] = ()
    """What annotators said differently of the same answer or pair, without their names."""
    masked: tuple[Masked, ...] = ()
    """Every masking, by example."""
    corrected: tuple[str, ...] = ()
    """Judged examples whose input was corrected since, so that these answers are answers to an earlier one."""
    provenance: Provenance | None = None
    """What the version that was judged says of itself; None for a study over no version."""
    draw: Mapping[str, Any] = field(default_factory=dict)
    """The seed and the secret from which everything was drawn; the plan's seed commitment is the sha256 of
    `secret:seed`."""

    @property
    def verdict(self) -> str:
        """One of the five verdicts."""
        return self.ruling.verdict

    @property
    def decisive(self) -> Paired:
        """The paired correctness that decides: of all examples, or of the slice that the plan named."""
        return self.slices[self.primary] if self.primary else self.overall

    @property
    def preferred_but_wrong(self) -> dict[str, tuple[Flip, ...]]:
        """Per side: the examples where its answer was preferred although it is wrong and the other one right."""
        return {
            "tuned": tuple(flip for flip in self.flips if flip.passed == "base" and (flip.preferred or 0) > 0.5),
            "base": tuple(
                flip
                for flip in self.flips
                if flip.passed == "tuned" and flip.preferred is not None and flip.preferred < 0.5
            ),
        }

    @property
    def intervals_valid(self) -> bool:
        """Whether nobody looked before the end, or stopped a study that has a rule for it.

        After either, ordinary intervals and p values claim too much.
        """
        return not (self.looks or (self.monitoring is not None and self.ended in ("rule", "early")))

    @property
    def summary(self) -> str:
        """What was found, how sure it is and what was not shown, in words without a formula."""
        return summary(self)

    @property
    def limits(self) -> tuple[str, ...]:
        """What the figures do not allow to be said, a sentence each."""
        return limits(self)

    def to_json(self) -> dict[str, Any]:
        """The report as `reviewer study report --json` prints it."""
        return {
            "study": self.study,
            "base": self.base,
            "tuned": self.tuned,
            "plan_hash": self.plan_hash,
            "version": None if self.provenance is None else self.provenance.to_json(),
            **({} if self.provenance else {"version_reason": "the study is over no frozen version"}),
            "judged": self.origin or None,
            "judged_elsewhere": self.origin == "elsewhere",
            "ended": self.ended,
            "items": self.items,
            "seen_before": list(self.seen_before),
            "corrected_since": list(self.corrected),
            "annotators": list(self.annotators),
            "verdict": self.verdict,
            "deciding": self.ruling.deciding,
            "primary": self.primary or "overall",
            "correctness": {
                "overall": self.overall.to_json(),
                "slices": {name: paired.to_json() for name, paired in self.slices.items()},
                "missing_as_fail": self.sensitivity.to_json(),
                "intervals_valid": self.intervals_valid,
            },
            "sequential": self._sequential(),
            **({} if self.monitoring else {"sequential_reason": self._no_rule}),
            "preference": {
                **self.preference.to_json(),
                "preferred_but_wrong_examples": {
                    side: [flip.key for flip in flips] for side, flips in self.preferred_but_wrong.items()
                },
            },
            **self.reliability.to_json(),
            "excluded": {
                "items": self.excluded.items,
                "answers": {side: dict(counts) for side, counts in self.excluded.answers.items()},
                "without_preference": self.preference.missing,
                "left_out_at_planning": dict(self.left_out),
                "warning": self.excluded.warning(self.items),
                "examples": [item.to_json() for item in self.excluded.examples],
            },
            "errors": {side: dict(counts) for side, counts in self.errors.items()},
            "disagreements": [item.to_json() for item in self.disagreements],
            "masked": [item.to_json() for item in self.masked],
            "flips": [flip.to_json() for flip in self.flips],
            "summary": self.summary,
            "limits": list(self.limits),
            "draw": dict(self.draw),
            "plan": dict(self.plan),
        }

    @property
    def _no_rule(self) -> str:
        if self.origin == "elsewhere":
            return "judged elsewhere: the order of judging is not known"
        return "the plan had no rule for stopping early"

    def _sequential(self) -> dict[str, Any] | None:
        found = self.monitoring
        if found is None:
            return None
        told: dict[str, Any] = {
            "e": found.e,
            "highest": found.highest,
            "stop_at": STOP_AT,
            "stopped_at": found.stopped_at,
            "looks": self.looks,
            "p_anytime": found.p_anytime,
            "share": found.share,
            "interval": list(found.interval),
            "statement": found.statement,
        }
        if found.stopped_at is None:
            told["stopped_at_reason"] = "the rule was never met"
        if found.share is None:
            told["share_reason"] = "no example was right with one variant alone"
        return told


def make_report(connection: sqlite3.Connection, study_id: int) -> StudyReport:
    """The report of a study that has been closed; who calls this has made sure that it is."""
    study = connection.execute(
        "SELECT s.*, b.name AS base, t.name AS tuned FROM studies s JOIN variants b ON b.id = s.base_variant_id"
        " JOIN variants t ON t.id = s.tuned_variant_id WHERE s.id = ?",
        (study_id,),
    ).fetchone()
    plan = load(study["plan"])
    elsewhere = study["origin"] == "elsewhere"
    protocol, features = Protocol.of_plan(plan), plan.get("style_features", FEATURES)
    evidence = read_evidence(connection, study_id, elsewhere=elsewhere, lexicon=frozenset(plan.get("lexicon", ())))
    items, margins = evidence.items, plan["margins"]
    table, excluded, gained, lost = pair_up(items)
    slices = slices_of(items, margins)
    preference = preference_of(evidence, features, elsewhere=elsewhere)
    names = {row["id"]: row["name"] for row in connection.execute("SELECT id, name FROM annotators")}
    reliability = reliability_of(evidence, names)
    monitoring = None
    if plan["stopping"] == "sequential" and not elsewhere:
        # In the very order in which the rule was asked: that of the rows, since a clock can be set back. The lines of
        # a file have no order that means anything.
        monitoring = monitor(discordant(connection, study_id, protocol))
    sealed = seals.read(connection, study_id)
    flips = [Flip(item.key, item.example_id, item.slice, "tuned", item.preferred) for item in gained]
    flips += [Flip(item.key, item.example_id, item.slice, "base", item.preferred) for item in lost]
    return StudyReport(
        study=study["name"],
        base=study["base"],
        tuned=study["tuned"],
        plan=plan,
        plan_hash=study["plan_hash"],
        origin=study["origin"],
        items=len(items),
        annotators=tuple(names[who] for who in sorted({who for item in items for who in item.annotators})),
        ruling=rule(
            slices[protocol.primary].table if protocol.primary in slices else table,
            [name for name in MUST_KEEP if name in slices and slices[name].preservation == "dropped"],
            preference.estimate,
            unblinded=reliability.blinding is not None and reliability.blinding.broke,
            monitoring=monitoring if study["looks"] or study["ended"] in ("rule", "early") else None,
        ),
        primary=protocol.primary if protocol.primary in slices else "",
        overall=Paired(table, margins.get("overall")),
        slices=slices,
        sensitivity=Paired(missing_as_fail(items), margins.get("overall")),
        excluded=excluded,
        left_out=plan["left_out"],
        seen_before=tuple(plan.get("seen_before", ())),
        preference=preference,
        reliability=reliability,
        monitoring=monitoring,
        looks=study["looks"],
        ended=study["ended"],
        flips=tuple(sorted(flips, key=lambda flip: flip.key)),
        errors=evidence.errors,
        disagreements=read_disagreements(connection, study_id),
        masked=_masked(connection, study_id, sealed),
        corrected=_corrected(connection, study_id, (study["base_variant_id"], study["tuned_variant_id"])),
        provenance=provenance_of(connection, study["version_id"], study["base"], study["tuned"]),
        draw={"seed": sealed.seed, "secret": sealed.secret},
    )


def _corrected(connection: sqlite3.Connection, study_id: int, variants: tuple[int, int]) -> tuple[str, ...]:
    """The judged examples of which an answer now belongs to an earlier input, by their public ids."""
    rows = connection.execute(
        "SELECT DISTINCT e.key FROM pairs p JOIN examples e ON e.id = p.example_id"
        f" JOIN outputs o ON o.example_id = e.id AND o.variant_id IN (?, ?) AND {STALE}"
        f" WHERE p.study_id = ? AND e.id IN {REVISED} ORDER BY e.key",
        (*variants, study_id),
    )
    return tuple(row["key"] for row in rows)


def _masked(connection: sqlite3.Connection, study_id: int, sealed: seals.Seal) -> tuple[Masked, ...]:
    if not sealed.masks:
        return ()
    names = {tuned: "tuned" for _, tuned, _ in sealed.sides} | {base: "base" for _, _, base in sealed.sides}
    names |= {repeat.tuned: "tuned" for repeat in sealed.repeats} | {repeat.base: "base" for repeat in sealed.repeats}
    keys = {
        row["id"]: row["key"]
        for row in connection.execute(
            "SELECT s.id, e.key FROM pair_sides s JOIN pairs p ON p.id = s.pair_id JOIN examples e"
            " ON e.id = p.example_id WHERE p.study_id = ?",
            (study_id,),
        )
    }
    # A repeat shows its pair's answers again: one line for both.
    found = {
        Masked(keys[entry.side], names.get(entry.side, ""), entry.start, entry.text, entry.leak)
        for entry in sealed.masks
    }
    return tuple(sorted(found, key=lambda item: (item.key, item.side, item.start)))
