"""A slice's contract: what it is for, how full it must be, what it gates on, and what its present count can show."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reviewer.curate.coverage import failures_in
from reviewer.curate.mix import Mix, read_mix
from reviewer.curate.power import DISCORDANCE, EXACT_UP_TO, POWER, detectable, needed
from reviewer.curate.shelf_life import FRESH
from reviewer.errors import InputError, NotFoundError
from reviewer.store.history import Action

__all__ = [
    "CAPABILITIES",
    "GATES",
    "SLICES",
    "Meter",
    "Slice",
    "capability_of",
    "change_contract",
    "known_slice",
    "meter",
    "points",
    "read_slices",
]

SLICES = ("core", "edge", "preservation")
CAPABILITIES = {
    "tool_use": "tool use",
    "citation": "citation",
    "summarization": "summarization",
    "refusal": "refusal",
    "reasoning": "reasoning",
}
"""What the preservation slice must cover, with the words for it."""
GATES = {
    "better": "the tuned variant must be right more often",
    "not_worse": "no more than the margin may be lost",
    "nothing": "it is reported and stops nothing",
}
"""What a slice can gate on, with the words for it."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice with its contract and its present count; `count` leaves out what a freeze would leave out."""

    name: str
    purpose: str
    owner: str
    minimum: int
    maximum: int
    margin: float
    count: int
    capabilities: dict[str, int] = field(default_factory=dict)
    """Examples by capability, for preservation alone; 0 where nothing covers it."""
    gates_on: str = "not_worse"
    discordance: float = DISCORDANCE
    expired: int = 0
    """Members whose reference no longer holds; in a slice that gates they are not counted."""
    failures: dict[str, int] = field(default_factory=dict)
    """Failed examples by the category's name, for edge alone; 0 where the slice has seen none of that category."""
    mix: Mix | None = None
    """How core compares with production's workflows; None for the others and without examples."""

    @property
    def met(self) -> bool:
        """Whether the count lies in the range."""
        return self.minimum <= self.count <= self.maximum

    @property
    def gates(self) -> bool:
        """Whether anything is stopped by what it finds."""
        return self.gates_on != "nothing"


@dataclass(frozen=True, slots=True)
class Meter:
    """What a slice's count can detect; differences as shares from 0 to 1."""

    not_worse: bool
    """Whether it rules drops out rather than shows gains."""
    detects: float | None
    wanted: float
    more: int | None
    """How many more examples the wanted difference takes; 0 when it is reached, None when no count would do."""
    discordance: float
    exact: bool

    @property
    def sentence(self) -> str:
        """The meter in words, for a card."""
        can = "rule out a drop" if self.not_worse else "show a gain"
        if self.more is None:
            return f"No count would {can} of {points(self.wanted)} with verdicts that differ so seldom."
        if self.detects is None:
            return f"Too few to {can} of any size; {self.more:,} more for {points(self.wanted)}."
        words = f"Can {can} of {points(self.detects)}"
        if not self.more:
            return f"{words}, which is within its margin."
        return f"{words}; {self.more:,} more for {points(self.wanted)}."

    @property
    def assumptions(self) -> str:
        """What the figures rest on."""
        test = (
            "one-sided 95 % Tango bound above minus the margin, nothing lost in truth"
            if self.not_worse
            else "two-sided 95 % Tango interval above 0"
        )
        how = "exact sum over the outcomes" if self.exact else "normal approximation"
        return (
            f"Paired comparison of two variants; {test}; shown in {POWER:.0%} of comparisons; the verdicts differ on"
            f" {self.discordance:.0%} of the examples; {how}."
        )


def meter(item: Slice) -> Meter:
    """What the slice's present count can detect, and what the wanted difference would take."""
    not_worse = item.gates_on != "better"
    # A gain cannot be larger than the share of differing verdicts that the figure takes for granted.
    wanted = item.margin if not_worse else min(item.margin, item.discordance)
    found = detectable(item.count, item.discordance, not_worse=not_worse)
    if found is not None and found <= wanted:
        more: int | None = 0
    else:
        enough = needed(wanted, item.discordance, not_worse=not_worse, more_than=item.count)
        more = None if enough is None else enough - item.count
    return Meter(not_worse, found, wanted, more, item.discordance, item.count + (more or 0) <= EXACT_UP_TO)


def points(share: float) -> str:
    """A difference of shares in points: 0.05 is 5 points."""
    number = f"{share * 100:.1f}".removesuffix(".0")
    return f"{number} point" if number == "1" else f"{number} points"


def capability_of(text: str) -> str:
    """The capability that a person's words mean, or empty for none; raises InputError for an unknown one."""
    name = "_".join(text.lower().replace("-", " ").replace("_", " ").split())
    if name and name not in CAPABILITIES:
        raise InputError(f"“{text}” is no capability; the five are {', '.join(CAPABILITIES)}.")
    return name


def known_slice(name: str) -> str:
    """The slice's name; raises NotFoundError for another word."""
    if name not in SLICES:
        raise NotFoundError(f"There is no slice “{name}”; the three are {', '.join(SLICES)}.")
    return name


def read_slices(connection: sqlite3.Connection, at_ms: int, production: Mapping[str, int]) -> tuple[Slice, ...]:
    """The three slices in their order, with contracts and counts as of a time; `production` is its mix of workflows."""
    rows = {row["name"]: row for row in connection.execute("SELECT * FROM slices")}
    counts: dict[str, dict[str, int]] = {name: {} for name in SLICES}
    expired = dict.fromkeys(SLICES, 0)
    for row in connection.execute(
        f"SELECT m.slice, m.capability, {FRESH} AS fresh, count(*) AS n FROM slice_members m"
        " CROSS JOIN examples e ON e.id = m.example_id LEFT JOIN example_references r ON r.example_id = e.id"
        " WHERE e.excluded = 0 GROUP BY m.slice, m.capability, fresh",
        {"at": at_ms},
    ):
        name = row["slice"]
        if not row["fresh"]:
            expired[name] += row["n"]
        if row["fresh"] or rows[name]["gates_on"] == "nothing":
            counts[name][row["capability"]] = counts[name].get(row["capability"], 0) + row["n"]
    return tuple(
        Slice(
            name,
            rows[name]["purpose"],
            rows[name]["owner"],
            rows[name]["minimum"],
            rows[name]["maximum"],
            rows[name]["margin"],
            sum(counts[name].values()),
            {item: counts[name].get(item, 0) for item in CAPABILITIES} if name == "preservation" else {},
            rows[name]["gates_on"],
            rows[name]["discordance"],
            expired[name],
            failures_in(connection, name) if name == "edge" else {},
            read_mix(connection, name, at_ms, production) if name == "core" else None,
        )
        for name in SLICES
    )


_MOST = 1_000_000
"""More examples than anybody runs a model on for a gate."""


def change_contract(action: Action, present: Slice, wanted: Mapping[str, Any]) -> None:
    """Write the parts of a contract that are given inside an action; raises InputError when they make no sense."""
    values = {name: value for name, value in wanted.items() if value is not None}
    for name in ("purpose", "owner"):
        if name in values:
            values[name] = " ".join(values[name].split())
    if not 0 <= values.get("minimum", present.minimum) <= values.get("maximum", present.maximum):
        raise InputError("The range must run from a smaller to a larger count.")
    if not 1 <= values.get("maximum", present.maximum) <= _MOST:
        raise InputError(f"A slice holds at most 1 to {_MOST:,} examples.")
    if not 0 < values.get("margin", present.margin) <= 1:
        raise InputError("The margin is a share above 0 and at most 1, such as 0.05 for five points.")
    if not 0 < values.get("discordance", present.discordance) <= 1:
        raise InputError("The share of differing verdicts lies above 0 and at most 1, such as 0.1 for one in ten.")
    if values.get("gates_on", present.gates_on) not in GATES:
        raise InputError(f"A slice gates on one of {', '.join(GATES)}; “{values['gates_on']}” is none of them.")
    action.update("slices", present.name, **values)
