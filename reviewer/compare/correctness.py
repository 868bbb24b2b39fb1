"""Paired correctness of a study: verdicts of several annotators become one per answer, and those become tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviewer.compare.statistics.paired import Table, mcnemar_exact, mcnemar_midp, newcombe, tango, tango_lower

__all__ = ["Excluded", "Item", "Paired", "consensus", "pair_up"]


@dataclass(frozen=True, slots=True)
class Item:
    """One example of a study after unsealing: what each annotator said of both answers and of the pair."""

    key: str
    example_id: int
    slice: str
    tuned: Mapping[int, str]
    """Annotator id to pass, fail or cannot_judge."""
    base: Mapping[int, str]
    preference: Mapping[int, float]
    """Annotator id to the tuned side's share: 1, 0, ½ for a tie or both bad, or between."""
    choices: Mapping[int, str]
    """Annotator id to tuned, base, tie or both_bad."""
    tuned_words: int = 0
    base_words: int = 0

    @property
    def preferred(self) -> float | None:
        """The tuned side's mean share over annotators; None without a preference."""
        return sum(self.preference.values()) / len(self.preference) if self.preference else None


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

    @property
    def preservation(self) -> str | None:
        """kept, inconclusive or dropped within the margin; None without one, or without examples.

        kept: Tango's one-sided 95 % lower bound lies above −margin. dropped: the two-sided upper bound is below 0.
        """
        interval, lower = tango(self.table), tango_lower(self.table)
        if self.margin is None or interval is None or lower is None:
            return None
        if interval[1] < 0:
            return "dropped"
        return "kept" if lower > -self.margin else "inconclusive"

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
            "noninferior": None if self.preservation is None else self.preservation == "kept",
        }
        if self.margin is None:
            found["margin_reason"] = "no margin was fixed beforehand here"
        for name in ("difference", "tango", "newcombe", "midp", "exact_p", "lower_one_sided"):
            if found[name] is None:
                found[f"{name}_reason"] = none
        if self.preservation is None:
            reason = none if self.margin is not None else "no margin was fixed beforehand here"
            found["preservation_reason"] = found["noninferior_reason"] = reason
        return found


@dataclass(frozen=True, slots=True)
class Excluded:
    """Examples that correctness could not count, and the answers that kept them out."""

    items: int
    answers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Variant side (base, tuned) to reason to number of answers."""

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
    both = neither = left_out = 0
    gained: list[Item] = []
    lost: list[Item] = []
    reasons: dict[str, Counter[str]] = {"base": Counter(), "tuned": Counter()}
    for item in items:
        tuned, why_tuned = consensus(item.tuned.values())
        base, why_base = consensus(item.base.values())
        if missing_fails:
            tuned, base = bool(tuned), bool(base)
        if tuned is None or base is None:
            left_out += 1
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
    return table, Excluded(left_out, {side: dict(counts) for side, counts in reasons.items()}), gained, lost
