"""How far a study's judgments can be relied on: agreement, hidden repeats, controls, and whether it stayed blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from reviewer.compare.correctness import Item
from reviewer.compare.evidence import Evidence
from reviewer.compare.statistics.agreement import (
    Agreement,
    Ratings,
    agreement_interval,
    cohen_by_category,
    percent,
    shared,
)
from reviewer.compare.statistics.rates import Rate
from reviewer.compare.statistics.reliability import Blinding, Repeats, blinding, passed, repeats

__all__ = ["Reliability", "reliability_of"]

LEAST_SHARED = 30
"""Examples that two people must share before findings are said of more than these people."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """What speaks for the judgments and against them."""

    agreement: Mapping[str, Any]
    """As the report contract has it."""
    repeats: Repeats | None
    same: Rate | None
    """Controls of one answer against itself in which neither was preferred."""
    known: Rate | None
    """Controls with a right and a wrong answer in which the right one was preferred."""
    known_answers: Rate | None
    """Answers of such controls that were called what they are."""
    blinding: Blinding | None

    @property
    def reach(self) -> str:
        """Of whom the findings hold, where that is only of those who judged; else nothing."""
        return str(self.agreement["reach"])

    def to_json(self) -> dict[str, Any]:
        """Repeats, controls, agreement and blinding; an absent figure is null, with its reason beside it."""
        found = self.repeats
        told: dict[str, Any] = {"repeats": None, "repeats_reason": "not measured: no pair was judged twice"}
        if found is not None:
            told = {
                "repeats": {
                    "n": found.n,
                    "flips": found.flips.to_json(),
                    "noise": found.noise,
                    "noise_low": found.noise_low,
                    "noise_high": found.noise_high,
                }
            }
            if found.noise is None:
                told["repeats"]["noise_reason"] = "undefined: half or more of the repeats came out otherwise"
            if found.noise_high is None:
                told["repeats"]["noise_high_reason"] = "undefined: the flip rate may be one half or more"
        controls: dict[str, Any] = {}
        for name, rate in (("same", self.same), ("known", self.known), ("known_answers", self.known_answers)):
            controls[name] = None if rate is None else rate.to_json()
            if rate is None:
                controls[f"{name}_reason"] = "not measured: no such control was judged"
        seen = self.blinding
        blind: dict[str, Any] = {"blinding": None, "blinding_reason": "not measured: nobody was asked to guess"}
        if seen is not None:
            blind = {"blinding": {"guesses": seen.guesses, "right": seen.right.to_json(), "broke": seen.broke}}
        return {**blind, "reliability": {**told, "controls": controls}, "agreement": dict(self.agreement)}


def reliability_of(evidence: Evidence, names: Mapping[int, str]) -> Reliability:
    """What the evidence says of itself; `names` maps annotators' ids to their names."""
    return Reliability(
        agreement=_agreement(evidence.items, names),
        repeats=repeats(evidence.flipped),
        same=passed(evidence.same),
        known=passed(evidence.known),
        known_answers=passed(evidence.known_answers),
        blinding=blinding(evidence.guesses),
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
    people = {who for item in items for who in item.annotators}
    alone = "for this annotator only" if len(people) < 2 else "for these annotators only"
    return {
        "correctness": _figures(answers, names),
        "preference": _figures(pairs, names),
        "shared_items": reach,
        "reach": "" if reach >= LEAST_SHARED else alone,
    }


def _figures(units: Ratings, names: Mapping[int, str]) -> dict[str, Any]:
    """Agreement on some units; undefined figures are null with their reason."""
    people = sorted({who for unit in units for who in unit})
    found: dict[str, Any] = {"units": shared(units), "percent": percent(units)}
    alone = "undefined: no two people judged the same"
    one_value = "undefined: only one value was ever given"
    if found["units"] == 0:
        found["percent_reason"] = alone
    for name in ("krippendorff", "fleiss"):
        figure = agreement_interval(units, "krippendorff" if name == "krippendorff" else "fleiss")
        found[name] = None if figure is None else figure.value
        found[f"{name}_interval"] = None if figure is None else [figure.low, figure.high]
        if figure is None:
            found[f"{name}_reason"] = found[f"{name}_interval_reason"] = alone if found["units"] == 0 else one_value
    found["cohen"] = []
    for first, second in combinations(people, 2):
        both = [{0: unit[first], 1: unit[second]} for unit in units if first in unit and second in unit]
        categories = {str(name): _kappa(kappa) for name, kappa in cohen_by_category(units, first, second).items()}
        found["cohen"].append(
            {
                "annotators": [names[first], names[second]],
                **_kappa(agreement_interval(both, "cohen")),
                "categories": dict(sorted(categories.items())),
            }
        )
    return found


def _kappa(kappa: Agreement | None) -> dict[str, Any]:
    if kappa is None:
        none = "undefined: nothing shared, or only one value given"
        return {"kappa": None, "kappa_reason": none, "interval": None, "interval_reason": none}
    return {"kappa": kappa.value, "interval": [kappa.low, kappa.high]}
