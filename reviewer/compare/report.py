"""What a closed study found, and how much of it the evidence allows to be said."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from reviewer.compare import seals
from reviewer.compare.correctness import Excluded, Item, Paired, consensus, pair_up
from reviewer.compare.statistics.agreement import Ratings, cohen, krippendorff, percent, shared
from reviewer.compare.statistics.paired import Table
from reviewer.compare.statistics.rates import Rate, wilson
from reviewer.compare.summary import limits, summary
from reviewer.compare.verdicts import Ruling, rule
from reviewer.store.database import load

__all__ = ["Flip", "Preference", "StudyReport", "make_report"]

ADJUSTED_REASON = "not estimated: the preference is shown raw, and style may explain any part of it"
BLINDING_REASON = "not measured: this study's plan had no guess probes"
MUST_KEEP = ("preservation",)
LEAST_SHARED = 30
"""Examples that two people must share before findings are said of more than these people."""


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


@dataclass(frozen=True, slots=True)
class Preference:
    """The raw preference for the tuned variant, and what it is worth."""

    raw: Rate | None
    """Mean over examples of the tuned side's share, tie and both bad counting ½; Wilson's interval over examples."""
    items: int
    choices: Mapping[str, int]
    """Judgments: tuned, base, tie, both_bad."""
    left: Rate | None
    """Share of decided judgments that went to the left side."""
    wrong: Mapping[str, int]
    """Per side: examples where it was preferred although its answer failed and the other passed."""
    tuned_longer: Rate | None
    """Share of examples whose tuned answer has more words."""
    missing: int
    """Examples without any preference."""

    @property
    def overlap_ok(self) -> bool | None:
        """Whether the tuned answer is longer on 10 to 90 % of examples; if not, style and quality are one."""
        return None if self.tuned_longer is None else 0.1 <= self.tuned_longer.rate <= 0.9


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
    agreement: Mapping[str, Any]
    flips: tuple[Flip, ...]

    @property
    def verdict(self) -> str:
        """One of the five verdicts."""
        return self.ruling.verdict

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
        preference = self.preference
        raw = None if preference.raw is None else preference.raw.to_json()
        return {
            "study": self.study,
            "base": self.base,
            "tuned": self.tuned,
            "plan_hash": self.plan_hash,
            "judged": self.origin or None,
            "judged_elsewhere": self.origin == "elsewhere",
            "items": self.items,
            "seen_before": list(self.seen_before),
            "annotators": list(self.annotators),
            "verdict": self.verdict,
            "deciding": self.ruling.deciding,
            "correctness": {
                "overall": self.overall.to_json(),
                "slices": {name: paired.to_json() for name, paired in self.slices.items()},
                "missing_as_fail": self.sensitivity.to_json(),
            },
            "preference": {
                "raw": raw,
                **({} if raw else {"raw_reason": "nobody judged a pair"}),
                "items": preference.items,
                "choices": dict(preference.choices),
                "adjusted": None,
                "adjusted_reason": ADJUSTED_REASON,
                "ols": None,
                "ols_reason": ADJUSTED_REASON,
                "range": None,
                "range_reason": ADJUSTED_REASON,
                "overlap_ok": preference.overlap_ok,
                **({} if preference.overlap_ok is not None else {"overlap_ok_reason": "the study has no items"}),
                "tuned_longer": _rate(preference.tuned_longer),
                "left_chosen": _rate(preference.left),
                **({} if preference.left else {"left_chosen_reason": "no decided judgment says which side was left"}),
                "preferred_but_wrong": dict(preference.wrong),
            },
            "blinding": None,
            "blinding_reason": BLINDING_REASON,
            "agreement": dict(self.agreement),
            "excluded": {
                "items": self.excluded.items,
                "answers": {side: dict(counts) for side, counts in self.excluded.answers.items()},
                "without_preference": preference.missing,
                "left_out_at_planning": dict(self.left_out),
                "warning": self.excluded.warning(self.items),
            },
            "flips": [
                {
                    "example": flip.key,
                    "slice": flip.slice,
                    "passed": flip.passed,
                    "preferred": flip.preferred,
                }
                for flip in self.flips
            ],
            "summary": self.summary,
            "limits": list(self.limits),
            "plan": dict(self.plan),
        }


def _rate(rate: Rate | None) -> dict[str, float] | None:
    return None if rate is None else rate.to_json()


def make_report(connection: sqlite3.Connection, study_id: int) -> StudyReport:
    """The report of a study that has been closed; who calls this has made sure that it is."""
    study = connection.execute(
        "SELECT s.*, b.name AS base, t.name AS tuned FROM studies s JOIN variants b ON b.id = s.base_variant_id"
        " JOIN variants t ON t.id = s.tuned_variant_id WHERE s.id = ?",
        (study_id,),
    ).fetchone()
    plan = load(study["plan"])
    sealed = seals.read(connection, study_id)
    items = _items(connection, study_id, sealed)
    margins = plan["margins"]
    table, excluded, gained, lost = pair_up(items)
    slices = {
        name: Paired(pair_up([item for item in items if item.slice == name])[0], margins.get(name))
        for name in sorted({item.slice for item in items if item.slice})
    }
    preference = _preference(connection, study_id, items, sealed)
    dropped = [name for name in MUST_KEEP if name in slices and slices[name].preservation == "dropped"]
    flips = [Flip(item.key, item.example_id, item.slice, "tuned", item.preferred) for item in gained]
    flips += [Flip(item.key, item.example_id, item.slice, "base", item.preferred) for item in lost]
    names = {row["id"]: row["name"] for row in connection.execute("SELECT id, name FROM annotators")}
    who = sorted({annotator for item in items for annotator in (*item.tuned, *item.base, *item.preference)})
    return StudyReport(
        study=study["name"],
        base=study["base"],
        tuned=study["tuned"],
        plan=plan,
        plan_hash=study["plan_hash"],
        origin=study["origin"],
        items=len(items),
        annotators=tuple(names[annotator] for annotator in who),
        ruling=rule(table, dropped, preference.raw),
        overall=Paired(table, margins.get("overall")),
        slices=slices,
        sensitivity=Paired(_with_missing_as_fail(items), margins.get("overall")),
        excluded=excluded,
        left_out=plan["left_out"],
        seen_before=tuple(plan.get("seen_before", ())),
        preference=preference,
        agreement=_agreement(items, names),
        flips=tuple(flips),
    )


def _with_missing_as_fail(items: Sequence[Item]) -> Table:
    """The table that takes every answer without a verdict for wrong; empty where nobody judged any answer."""
    if not any(said != "cannot_judge" for item in items for said in (*item.tuned.values(), *item.base.values())):
        return Table(0, 0, 0, 0)
    return pair_up(items, missing_fails=True)[0]


def _items(connection: sqlite3.Connection, study_id: int, sealed: seals.Seal) -> list[Item]:
    verdicts: dict[int, dict[int, str]] = {}
    for row in connection.execute("SELECT * FROM correctness_judgments WHERE study_id = ?", (study_id,)):
        verdicts.setdefault(row["side_id"], {})[row["annotator_id"]] = row["verdict"]
    sides = {pair: (tuned, base) for pair, tuned, base in sealed.sides}
    shares: dict[int, dict[int, float]] = {}
    choices: dict[int, dict[int, str]] = {}
    for row in connection.execute("SELECT * FROM preference_judgments WHERE study_id = ?", (study_id,)):
        share, choice = _tuned_share(row, sides[row["pair_id"]])
        shares.setdefault(row["pair_id"], {})[row["annotator_id"]] = share
        choices.setdefault(row["pair_id"], {})[row["annotator_id"]] = choice
    words = {
        row["id"]: len(load(row["body"])["text"].split())
        for row in connection.execute(
            "SELECT s.id, s.body FROM pair_sides s JOIN pairs p ON p.id = s.pair_id WHERE p.study_id = ?", (study_id,)
        )
    }
    found = []
    for row in connection.execute(
        "SELECT p.id, p.slice, p.example_id, e.key FROM pairs p JOIN examples e ON e.id = p.example_id"
        " WHERE p.study_id = ? ORDER BY e.key",
        (study_id,),
    ):
        tuned, base = sides[row["id"]]
        found.append(
            Item(
                row["key"],
                row["example_id"],
                row["slice"],
                verdicts.get(tuned, {}),
                verdicts.get(base, {}),
                shares.get(row["id"], {}),
                choices.get(row["id"], {}),
                words.get(tuned, 0),
                words.get(base, 0),
            )
        )
    return found


def _tuned_share(row: sqlite3.Row, sides: tuple[int, int]) -> tuple[float, str]:
    """The tuned side's share of one judgment, and the judgment as a word."""
    tuned_left = row["left_side_id"] in (None, sides[0])
    if row["choice"] in ("tie", "both_bad"):
        return 0.5, row["choice"]
    left = {"left": 1.0, "right": 0.0}.get(row["choice"], row["left_share"])
    share = left if tuned_left else 1 - left
    return share, "tuned" if share > 0.5 else "base" if share < 0.5 else "tie"


def _preference(connection: sqlite3.Connection, study_id: int, items: Sequence[Item], sealed: seals.Seal) -> Preference:
    judged = [(item, item.preferred) for item in items if item.preferred is not None]
    lefts: Counter[str] = Counter(
        "left" if row["share"] > 0.5 else "right"
        for row in connection.execute(
            "SELECT CASE choice WHEN 'left' THEN 1.0 WHEN 'right' THEN 0.0 ELSE left_share END AS share"
            " FROM preference_judgments WHERE study_id = ? AND left_side_id IS NOT NULL"
            " AND choice NOT IN ('tie', 'both_bad')",
            (study_id,),
        )
        if row["share"] != 0.5
    )
    wrong = {"tuned": 0, "base": 0}
    for item, share in judged:
        tuned, base = consensus(item.tuned.values())[0], consensus(item.base.values())[0]
        if share > 0.5 and tuned is False and base:
            wrong["tuned"] += 1
        elif share < 0.5 and base is False and tuned:
            wrong["base"] += 1
    choices = Counter(choice for item in items for choice in item.choices.values())
    return Preference(
        raw=wilson(min(sum(share for _, share in judged), len(judged)), len(judged)),
        items=len(judged),
        choices={name: choices[name] for name in ("tuned", "base", "tie", "both_bad")},
        left=wilson(lefts["left"], lefts.total()),
        wrong=wrong,
        tuned_longer=wilson(sum(item.tuned_words > item.base_words for item in items), len(items)),
        missing=len(items) - len(judged),
    )


def _agreement(items: Sequence[Item], names: Mapping[int, str]) -> dict[str, Any]:
    answers = [
        {who: said for who, said in side.items() if said != "cannot_judge"}
        for item in items
        for side in (item.tuned, item.base)
    ]
    pairs = [item.choices for item in items]
    # People who judged both answers of an example; where nobody judged any, who judged the pair.
    reach = sum(len(item.tuned.keys() & item.base.keys()) >= 2 for item in items)
    if not any(answers):
        reach = shared(pairs)
    alone = "for this annotator only" if len(_people(items)) < 2 else "for these annotators only"
    return {
        "correctness": _figures(answers, names),
        "preference": _figures(pairs, names),
        "shared_items": reach,
        "reach": "" if reach >= LEAST_SHARED else alone,
    }


def _people(items: Sequence[Item]) -> set[int]:
    return {who for item in items for who in (*item.tuned, *item.base, *item.preference)}


def _figures(units: Ratings, names: Mapping[int, str]) -> dict[str, Any]:
    """Agreement on some units; undefined figures are null with their reason."""
    people = sorted({who for unit in units for who in unit})
    alpha = krippendorff(units)
    found: dict[str, Any] = {"units": shared(units), "percent": percent(units), "krippendorff": alpha}
    if found["units"] == 0:
        found["percent_reason"] = found["krippendorff_reason"] = "undefined: no two people judged the same"
    elif alpha is None:
        found["krippendorff_reason"] = "undefined: only one value was ever given"
    found["cohen"] = []
    for first, second in combinations(people, 2):
        kappa = cohen(units, first, second)
        entry: dict[str, Any] = {"annotators": [names[first], names[second]], "kappa": kappa}
        if kappa is None:
            entry["kappa_reason"] = "undefined: nothing shared, or only one value given"
        found["cohen"].append(entry)
    return found
