"""The figures of the triage report: shares with their intervals, the three rules, and the finding in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reviewer.intake.revisions import labels_left_out
from reviewer.triage.intervals import wilson
from reviewer.triage.sealed import SealedLabels, to_json
from reviewer.triage.variants import TriagedVariant

__all__ = [
    "FEW_FAILURES",
    "FLOOR",
    "RULES",
    "CategoryFigures",
    "Report",
    "Rule",
    "RuleState",
    "Share",
    "WorkflowFigures",
    "percent",
]

FLOOR = 200
"""The number of labelled examples below which no rule is called crossed or likely."""

FEW_FAILURES = 20
"""Coded failures below which a rule stays silent: a Wilson interval on fewer is more than 40 points wide at a half."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A threshold on the share of some categories, and what it means when the share is past it."""

    name: str
    codes: tuple[str, ...]
    threshold: float
    subject: str
    meaning: str
    hint: str
    """The same, hedged: how a sentence goes on while the share may still turn out otherwise."""

    @property
    def over(self) -> str:
        """The threshold in words, as in “more than 40 %”."""
        return "half" if self.threshold == 0.5 else percent(self.threshold)


def percent(share: float, places: int = 0) -> str:
    """A share from 0 to 1 as people read it here: `40 %`."""
    return f"{share * 100:.{places}f} %"


RULES = (
    Rule(
        "retrieval",
        ("missing_facts", "stale_facts"),
        0.40,
        "missing or stale facts",
        "This is a retrieval problem: mend what the model is given before the model is touched.",
        "would point to a retrieval problem",
    ),
    Rule(
        "workflow",
        ("policy_violation",),
        0.25,
        "policy violations",
        "Move the logic into workflow code or rules; a model is the wrong place for it.",
        "would call for workflow code or rules in place of a model",
    ),
    Rule(
        "structure",
        ("formatting_failure",),
        0.50,
        "formatting failures",
        "Use constrained generation, a JSON schema or function calling.",
        "would call for constrained generation, a JSON schema or function calling",
    ),
)


@dataclass(frozen=True, slots=True)
class Share:
    """A share of the coded failures with its 95 % Wilson interval; all three are None when there is no failure."""

    count: int
    total: int
    share: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, count: int, total: int) -> Share:
        """The share of `count` in `total`."""
        interval = wilson(count, total)
        if interval is None:
            return cls(count, total, None, None, None)
        return cls(count, total, count / total, *interval)

    def to_json(self) -> dict[str, Any]:
        """The share as the command line prints it."""
        data: dict[str, Any] = {"count": self.count, "share": self.share, "low": self.low, "high": self.high}
        if self.share is None:
            data["share_reason"] = data["low_reason"] = data["high_reason"] = "no failure has a category yet"
        return data


@dataclass(frozen=True, slots=True)
class RuleState:
    """Where a rule stands.

    `state` is crossed when the whole interval is past the threshold, likely when only the estimate is, else not
    reached; it is too few below the floor of labelled examples or of coded failures. `so_far` is the same without the
    floor of examples, for the screen that is watched while labelling.
    """

    rule: Rule
    share: Share
    state: str
    so_far: str

    @property
    def words(self) -> str:
        """Where the rule stands, for the screen: below the floor of examples never more than so far."""
        if self.state == self.so_far:
            return self.state
        return "not yet" if self.so_far == "not reached" else f"{self.so_far} so far"

    @property
    def firm(self) -> bool:
        """Whether enough is labelled for the state to be told as one."""
        return self.state == self.so_far

    def to_json(self) -> dict[str, Any]:
        """The rule as the command line prints it."""
        return {
            **self.share.to_json(),
            "threshold": self.rule.threshold,
            "state": self.state,
            "so_far": self.so_far,
            "meaning": self.rule.meaning,
        }


@dataclass(frozen=True, slots=True)
class WorkflowFigures:
    """What was labelled in one workflow, and the shares of its coded failures by category id."""

    workflow: str
    labelled: int
    failures: int
    coded: int
    failure_rate: Share
    shares: dict[int, Share]


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """One category's share of all coded failures."""

    category_id: int
    code: str
    name: str
    color: str
    state: str
    """The codebook's, or `split` for a retired category whose parts are in the codebook."""
    share: Share

    @property
    def title(self) -> str:
        """The name, with a word for a category that is no longer given."""
        return self.name if self.state == "active" else f"{self.name} ({self.state})"


@dataclass(frozen=True, slots=True)
class Report:
    """The report over one variant's labels; one verdict an output, however many annotators there were."""

    variant: TriagedVariant | None
    labelled: int = 0
    own: int | None = None
    """How many of them the annotator who asked has labelled; None when nobody was named."""
    passes: int = 0
    failures: int = 0
    cannot_judge: int = 0
    skipped: int = 0
    disputed: int = 0
    coded: int = 0
    since_new: int | None = None
    newest: str | None = None
    categories: tuple[CategoryFigures, ...] = ()
    rules: tuple[RuleState, ...] = ()
    workflows: tuple[WorkflowFigures, ...] = ()
    sealed: tuple[SealedLabels, ...] = ()
    """Labels that open studies hold back, so that they are in no figure here."""
    stale: int = 0
    """Labels on outputs that answered an earlier input of their example, so that they are in no figure here."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """What no figure here counts, a clause each, without a full stop."""
        stale = (labels_left_out(self.stale),) if self.stale else ()
        return (*(item.clause for item in self.sealed), *stale)

    @property
    def enough(self) -> bool:
        """Whether as many examples are labelled as the rules ask for."""
        return self.labelled >= FLOOR

    @property
    def finding(self) -> str:
        """The report in one sentence: the rule that is furthest along, or why there is none to name."""
        if self.variant is None:
            return "There is nothing to triage yet: the project has no outputs."
        if not self.labelled:
            return f"Nothing is labelled yet. {FLOOR} labelled examples make a report."
        if not self.coded:
            what = f"{self.failures} of {self.labelled} fail" if self.failures else f"All {self.labelled} pass so far"
            return f"{what}; no failure has a category yet."
        for state in ("crossed", "likely"):
            for rule in self.rules:
                if rule.so_far == state and rule.share.share is not None:
                    return self._finding_of(rule)
        first = max(self.categories, key=lambda item: item.share.count)
        share = percent(first.share.share) if first.share.share is not None else "none"
        missing = (
            f" More is needed for a rule: {self.labelled} of {FLOOR} examples, {self.coded} of {FEW_FAILURES} coded "
            "failures."
            if not self.enough or self.coded < FEW_FAILURES
            else " No rule is reached."
        )
        return f"{first.title} leads with {share} of {self.coded} coded failures.{missing}"

    def _finding_of(self, item: RuleState) -> str:
        """What a rule says: flatly only when it is crossed and enough is labelled."""
        rule = item.rule
        if self.enough and item.so_far == "crossed":
            return f"More than {rule.over} of the failures are {rule.subject}. {rule.meaning}"
        if self.enough:
            return (
                f"More than {rule.over} of the failures are likely {rule.subject}, which {rule.hint} if it holds; "
                f"the interval still reaches below {rule.over}."
            )
        missing = FLOOR - self.labelled
        labels, are = ("label", "is") if missing == 1 else ("labels", "are")
        return (
            f"More than {rule.over} of the failures are {rule.subject} so far, which {rule.hint} if it holds; "
            f"{missing} more {labels} {are} needed."
        )

    def to_json(self) -> dict[str, Any]:
        """The report as the command line prints it."""
        data: dict[str, Any] = {
            "variant": None if self.variant is None else self.variant.name,
            "labelled": self.labelled,
            "floor": FLOOR,
            "enough": self.enough,
            "passes": self.passes,
            "failures": self.failures,
            "cannot_judge": self.cannot_judge,
            "skipped": self.skipped,
            "disputed": self.disputed,
            "coded": self.coded,
            "uncoded": self.failures - self.coded,
            "shares": {item.code: item.share.to_json() for item in self.categories},
            "rules": {item.rule.name: item.to_json() for item in self.rules},
            "since_new": self.since_new,
            "finding": self.finding,
            "sealed": to_json(self.sealed),
            "stale_labels": self.stale,
        }
        if self.since_new is None:
            data["since_new_reason"] = "no failure has a category yet"
        if self.newest is not None:
            data["newest_category"] = self.newest
        codes = {item.category_id: item.code for item in self.categories}
        data["by_workflow"] = {
            item.workflow: {
                "labelled": item.labelled,
                "failures": item.failures,
                "coded": item.coded,
                "failure_rate": item.failure_rate.to_json(),
                "shares": {codes[number]: share.to_json() for number, share in item.shares.items()},
            }
            for item in self.workflows
        }
        return data
