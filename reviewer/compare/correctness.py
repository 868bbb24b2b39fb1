"""Paired correctness of a study: verdicts of several annotators become one per answer, and those become tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Any

from reviewer.compare.statistics.paired import (
    NonInferiority,
    Table,
    holm,
    mcnemar_exact,
    mcnemar_midp,
    newcombe,
    noninferiority,
    tango,
    tango_lower,
)
from reviewer.compare.statistics.rates import mirrored_share
from reviewer.compare.style import Style

__all__ = ["Excluded", "Item", "Paired", "Uncounted", "Vote", "consensus", "missing_as_fail", "pair_up", "slices_of"]


@dataclass(frozen=True, slots=True)
class Vote:
    """What one annotator said of a pair after unsealing."""

    share: float
    """The tuned side's: 1, 0, ½ for a tie or both bad, or between."""
    choice: str
    """tuned, base, tie or both_bad."""
    side: int = 0
    """+1 where the tuned answer stood on the left, −1 where on the right, 0 where that is not known."""
    markup: bool = True
    """Whether Markdown was shown as its model wrote it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One example of a study after unsealing: what each annotator said of both answers and of the pair."""

    key: str
    example_id: int
    slice: str
    tuned: Mapping[int, str]
    """Annotator id to pass, fail or cannot_judge."""
    base: Mapping[int, str]
    votes: Mapping[int, Vote]
    """Annotator id to their vote."""
    tuned_style: Style
    base_style: Style

    @property
    def choices(self) -> dict[int, str]:
        """Annotator id to tuned, base, tie or both_bad."""
        return {who: vote.choice for who, vote in self.votes.items()}

    @property
    def preferred(self) -> float | None:
        """The tuned side's mean share over annotators; None without a preference."""
        if not self.votes:
            return None
        return mirrored_share(fsum(vote.share - 0.5 for vote in self.votes.values()) / len(self.votes))

    @property
    def annotators(self) -> set[int]:
        """Who said anything of it."""
        return {*self.tuned, *self.base, *self.votes}


def consensus(votes: Iterable[str]) -> tuple[bool | None, str]:
    """Whether an answer passes by the majority of annotators, or None with why: missing, cannot judge, even split.

    Who cannot judge has no vote; where they outnumber the votes, the answer cannot be judged.
    """
    counts = Counter(votes)
    passes, fails, silent = counts["pass"], counts["fail"], counts["cannot_judge"]
    if not passes + fails + silent:
        return None, "missing"
    if silent > passes + fails:
        return None, "cannot judge"
    if passes == fails:
        return None, "even split"
    return passes > fails, ""


@dataclass(frozen=True, slots=True)
class Paired:
    """Paired correctness over some examples, with the drop that counts there, if one was fixed beforehand."""

    table: Table
    margin: float | None = None
    holm: float | None = None
    """The mid-p value, corrected for all slices of the study; None for what is no slice, or without examples."""

    @property
    def preservation(self) -> NonInferiority | None:
        """noninferior, inconclusive or dropped, by the margin; None without one, or without examples."""
        return None if self.margin is None else noninferiority(self.table, self.margin)

    def to_json(self) -> dict[str, Any]:
        """The figures as the report contract has them; an absent one is null, with its reason beside it."""
        table, interval, square = self.table, tango(self.table), newcombe(self.table)
        none = "no example was judged right or wrong on both sides"
        found: dict[str, Any] = {
            "n": table.n,
            "both": table.both,
            "tuned_only": table.tuned_only,
            "base_only": table.base_only,
            "neither": table.neither,
            "difference": table.difference,
            "tango": None if interval is None else list(interval),
            "newcombe": None if square is None else list(square),
            "midp": mcnemar_midp(table.tuned_only, table.base_only) if table.n else None,
            "exact_p": mcnemar_exact(table.tuned_only, table.base_only) if table.n else None,
            "margin": self.margin,
            "lower_one_sided": tango_lower(table),
            "preservation": self.preservation,
            "noninferior": None if self.preservation is None else self.preservation == "noninferior",
            "holm": self.holm,
        }
        if self.margin is None:
            found["margin_reason"] = "no margin was fixed beforehand here"
        for name in ("difference", "tango", "newcombe", "midp", "exact_p", "lower_one_sided"):
            if found[name] is None:
                found[f"{name}_reason"] = none
        if self.holm is None:
            found["holm_reason"] = "not one of several slices" if self.table.n else none
        if self.preservation is None:
            reason = none if self.margin is not None else "no margin was fixed beforehand here"
            found["preservation_reason"] = found["noninferior_reason"] = reason
        return found


@dataclass(frozen=True, slots=True)
class Uncounted:
    """An example that correctness could not count, and why for either side: missing, cannot judge, even split."""

    key: str
    example_id: int
    tuned: str
    """Empty where that answer has a clear verdict."""
    base: str

    def to_json(self) -> dict[str, str]:
        """As reports carry it."""
        return {"example": self.key, "tuned": self.tuned, "base": self.base}


@dataclass(frozen=True, slots=True)
class Excluded:
    """Examples that correctness could not count, and the answers that kept them out."""

    items: int
    answers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Variant side (base, tuned) to reason to number of answers."""
    examples: tuple[Uncounted, ...] = ()

    def warning(self, items: int) -> str:
        """What to mind where more than 5 % of items are out or one variant lost clearly more answers; else nothing."""
        lost = {side: sum(reasons.values()) for side, reasons in self.answers.items()}
        said = []
        if self.items > 0.05 * items:
            said.append(f"{self.items} of {items} examples could not be counted, which is more than one in twenty")
        if abs(lost.get("tuned", 0) - lost.get("base", 0)) > max(1, 0.05 * items):
            said.append("one variant has clearly more answers without a verdict than the other")
        return "; ".join(said)


def pair_up(items: Sequence[Item], *, missing_fails: bool = False) -> tuple[Table, Excluded, list[Item], list[Item]]:
    """The table over these items, what was excluded, and the items that only tuned, and only base, passed.

    With `missing_fails` nothing is excluded: an answer without a verdict counts as fail, whichever variant's it is.
    """
    both = neither = 0
    uncounted: list[Uncounted] = []
    gained: list[Item] = []
    lost: list[Item] = []
    reasons: dict[str, Counter[str]] = {"base": Counter(), "tuned": Counter()}
    for item in items:
        tuned, why_tuned = consensus(item.tuned.values())
        base, why_base = consensus(item.base.values())
        if missing_fails:
            tuned, base = bool(tuned), bool(base)
        if tuned is None or base is None:
            uncounted.append(Uncounted(item.key, item.example_id, why_tuned, why_base))
            for side, why in (("tuned", why_tuned), ("base", why_base)):
                if why:
                    reasons[side][why] += 1
        elif tuned and base:
            both += 1
        elif tuned:
            gained.append(item)
        elif base:
            lost.append(item)
        else:
            neither += 1
    table = Table(both, len(gained), len(lost), neither)
    answers = {side: dict(counts) for side, counts in reasons.items()}
    return table, Excluded(len(uncounted), answers, tuple(uncounted)), gained, lost


def missing_as_fail(items: Sequence[Item]) -> Table:
    """The table that takes every answer without a verdict for wrong; empty where nobody judged any answer."""
    if not any(said != "cannot_judge" for item in items for said in (*item.tuned.values(), *item.base.values())):
        return Table(0, 0, 0, 0)
    return pair_up(items, missing_fails=True)[0]


def slices_of(items: Sequence[Item], margins: Mapping[str, float]) -> dict[str, Paired]:
    """Paired correctness in each slice by name, Holm's correction over all that have examples."""
    tables = {
        name: pair_up([item for item in items if item.slice == name])[0]
        for name in sorted({item.slice for item in items if item.slice})
    }
    corrected = holm(
        {name: mcnemar_midp(table.tuned_only, table.base_only) for name, table in tables.items() if table.n}
    )
    return {name: Paired(table, margins.get(name), corrected.get(name)) for name, table in tables.items()}
