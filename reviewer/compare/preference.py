"""A study's secondary endpoint: which answers people prefer, raw, with style taken off, and by the dress they saw."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reviewer.compare.correctness import Item, Vote, consensus
from reviewer.compare.evidence import Evidence
from reviewer.compare.statistics.preference import Adjusted, Votes, adjust
from reviewer.compare.statistics.rates import Rate
from reviewer.compare.statistics.reliability import Difference, arms_difference, place
from reviewer.compare.style import DOMAIN_WORDS, FEATURES, LONG_WORDS, differences

__all__ = ["CHOICES", "Preference", "preference_of", "votes_of"]

CHOICES = ("tuned", "base", "tie", "both_bad")
MARKUP_UNSEEN = "every pair was shown in plain dress"


@dataclass(frozen=True, slots=True)
class Preference:
    """The preference for the tuned variant and what it is worth."""

    estimate: Adjusted
    choices: Mapping[str, int]
    """Judgments: tuned, base, tie, both_bad."""
    left: Rate | None
    """Share of decided judgments that went to the left side."""
    wrong: Mapping[str, int]
    """Per side: examples where it was preferred although its answer failed and the other passed."""
    dress: Difference | None
    """Preference in original dress less preference in plain dress; None where one of them was never shown."""

    @property
    def raw(self) -> Rate | None:
        """The raw preference; None where nobody judged a pair."""
        return self.estimate.raw

    @property
    def items(self) -> int:
        """Examples with a preference."""
        return self.estimate.items

    @property
    def missing(self) -> int:
        """Examples without any preference."""
        return self.estimate.missing

    def to_json(self) -> dict[str, Any]:
        """The preference as the report contract has it; an absent figure is null, with its reason beside it."""
        found = self.estimate
        reason = found.reason
        return {
            "raw": _rate(self.raw),
            **({} if self.raw else {"raw_reason": "nobody judged a pair"}),
            "items": self.items,
            "judgments": found.judgments,
            "choices": dict(self.choices),
            "wins": found.wins,
            "losses": found.losses,
            "adjusted": _rate(found.adjusted),
            "ols": _rate(found.ols),
            "range": None if found.range is None else list(found.range),
            "adjusted_reason": reason,
            **({"ols_reason": reason, "range_reason": reason} if reason else {}),
            "specifications": dict(found.specifications),
            "style": {
                "coefficients": {
                    name: {"value": item.value, "low": item.low, "high": item.high, "separates": item.separates}
                    for name, item in found.coefficients.items()
                },
                "dropped": dict(found.dropped),
            },
            "df": found.df,
            **({} if found.df else {"df_reason": reason}),
            "warnings": list(found.warnings),
            "overlap_ok": found.overlap_ok,
            "tuned_longer": _rate(found.longer),
            **({} if found.longer else {"overlap_ok_reason": reason, "tuned_longer_reason": reason}),
            "left_chosen": _rate(self.left),
            **({} if self.left else {"left_chosen_reason": "no decided judgment says which side was left"}),
            "preferred_but_wrong": dict(self.wrong),
            "dress_effect": None
            if self.dress is None
            else {
                "difference": self.dress.value,
                "low": self.dress.low,
                "high": self.dress.high,
                "original": self.dress.n[0],
                "plain": self.dress.n[1],
            },
            **({} if self.dress else {"dress_effect_reason": "not measured: all pairs were shown in one dress"}),
        }


def _rate(rate: Rate | None) -> dict[str, float] | None:
    return None if rate is None else rate.to_json()


def votes_of(items: Sequence[Item], features: Sequence[str] = FEATURES) -> Votes:
    """The judgments of pairs with the style of their answers; an example without one counts as a missing judgment.

    `features` are those that the plan fixed. Markup differs only in a vote that saw it. Without any example the votes
    are empty.
    """
    shares: list[float | None] = []
    numbers: list[int] = []
    people: list[int] = []
    sides: list[int] = []
    style: dict[str, list[float]] = {name: [] for name in features}
    for number, item in enumerate(items):
        found: dict[bool, dict[str, float]] = {}
        voted: list[tuple[int, Vote | None]] = [*sorted(item.votes.items())]
        for who, vote in voted or [(0, None)]:
            markup = vote is not None and vote.markup
            if markup not in found:
                found[markup] = differences(item.tuned_style, item.base_style, markup_shown=markup)
            shares.append(None if vote is None else vote.share)
            numbers.append(number)
            people.append(who)
            sides.append(0 if vote is None else vote.side)
            for name, column in style.items():
                column.append(found[markup][LONG_WORDS if name == DOMAIN_WORDS else name])
    unseen = {}
    if "markup" in style and not any(vote.markup for item in items for vote in item.votes.values()):
        del style["markup"]
        unseen["markup"] = MARKUP_UNSEEN
    return Votes(shares, numbers, people, sides, style, unseen)


def preference_of(evidence: Evidence, features: Sequence[str] = FEATURES, *, elsewhere: bool) -> Preference:
    """The preference that the evidence shows, with these features of style taken off.

    Of judgments from `elsewhere` the dress is not known.
    """
    items = evidence.items
    wrong = {"tuned": 0, "base": 0}
    for item in items:
        share = item.preferred
        tuned, base = consensus(item.tuned.values())[0], consensus(item.base.values())[0]
        if share is not None and share > 0.5 and tuned is False and base:
            wrong["tuned"] += 1
        elif share is not None and share < 0.5 and base is False and tuned:
            wrong["base"] += 1
    choices = Counter(choice for item in items for choice in item.choices.values())
    votes = [(vote, number) for number, item in enumerate(items) for _, vote in sorted(item.votes.items())]
    dress = arms_difference(
        [vote.share for vote, _ in votes], [vote.markup for vote, _ in votes], [number for _, number in votes]
    )
    return Preference(
        estimate=adjust(votes_of(items, features)),
        choices={name: choices[name] for name in CHOICES},
        left=place(evidence.lefts),
        wrong=wrong,
        dress=None if elsewhere else dress,
    )
