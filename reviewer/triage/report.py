"""The triage report: what the labels of one variant come to, counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from reviewer.errors import NotFoundError
from reviewer.intake.revisions import ANSWERS, STALE, stale_labels
from reviewer.store.database import Database
from reviewer.triage.figures import (
    FEW_FAILURES,
    FLOOR,
    RULES,
    CategoryFigures,
    Report,
    Rule,
    RuleState,
    Share,
    WorkflowFigures,
)
from reviewer.triage.outcomes import Counted, Outcomes
from reviewer.triage.sealed import SealedLabels, sealed_labels
from reviewer.triage.variants import TriagedVariant, triaged_variant, triaged_variants

__all__ = ["Failure", "Triage"]


@dataclass(frozen=True, slots=True)
class Failure:
    """One line of the list behind a bar."""

    example_id: int
    key: str
    workflow: str
    snippet: str
    note: str


_VERDICTS = ("pass", "fail", "cannot_judge", "skipped")


class Triage:
    """The triage of a project, read as figures."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._outcomes = Outcomes(database)

    def variants(self) -> list[TriagedVariant]:
        """The variants whose outputs can be triaged, production first."""
        with self._database.read() as connection:
            return triaged_variants(connection)

    def sealed(self, variant: str | None = None) -> tuple[SealedLabels, ...]:
        """The labels that open studies hold back, of one variant's studies or of all; raises NotFoundError."""
        with self._database.read() as connection:
            found = None if variant is None else triaged_variant(connection, variant)
            return sealed_labels(connection, None if found is None else found.id)

    def stale(self, variant: str | None = None) -> int:
        """The labels on outputs (of one variant, or any) that answered an earlier input; raises NotFoundError."""
        with self._database.read() as connection:
            found = None if variant is None else triaged_variant(connection, variant)
            return stale_labels(connection, None if found is None else found.id)

    def report(self, variant: str | None = None, annotator_id: int | None = None) -> Report:
        """The report over a variant's labels, by default the production system's; raises NotFoundError for no such one.

        Shares are of the coded failures, one to an output: with several annotators the majority counts, and where they
        are even the label written last. Excluded examples, sealed outputs and those that answered an earlier input are
        left out. With `annotator_id` it also says how many this annotator labelled.
        """
        with self._database.read() as connection:
            found = triaged_variant(connection, variant)
            if found is None:
                return Report(None, categories=_figures(connection, {}, 0), rules=_rules(connection, {}, 0, 0))
        with self._outcomes.over(found.id, annotator_id) as counted:
            report = _report(counted, found)
            return report if annotator_id is None else replace(report, own=counted.own)

    def examples(
        self,
        category: str | None,
        *,
        variant: str | None = None,
        workflow: str | None = None,
        after: int = 0,
        limit: int = 200,
    ) -> list[Failure]:
        """The failures behind a bar, by example id from `after` on: those of a category's code, or None for uncoded.

        Any annotator's label counts here, so that a failure which the majority overruled can still be found.
        """
        with self._database.read() as connection:
            found = triaged_variant(connection, variant)
            if found is None:
                return []
            values: list[Any] = [found.id, after]
            where = "l.category_id IS NULL"
            if category is not None:
                row = connection.execute("SELECT id FROM categories WHERE code = ?", (category,)).fetchone()
                if row is None:
                    raise NotFoundError(f"The codebook has no category “{category}”.")
                where = "l.category_id = ?"
                values.append(row["id"])
            if workflow is not None:
                where += " AND e.workflow = ?"
                values.append(workflow)
            rows = connection.execute(
                "SELECT e.id, e.key, e.workflow, e.snippet, max(l.note) AS note FROM labels l"
                " JOIN outputs o ON o.id = l.output_id JOIN examples e ON e.id = o.example_id"
                " WHERE o.variant_id = ? AND o.sealed_by IS NULL AND e.excluded = 0 AND e.id > ?"
                f" AND NOT ({STALE}) AND l.verdict = 'fail' AND {where} GROUP BY e.id ORDER BY e.id LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [Failure(row["id"], row["key"], row["workflow"], row["snippet"], row["note"]) for row in rows]


def _report(found: Counted, variant: TriagedVariant) -> Report:
    verdicts = dict.fromkeys(_VERDICTS, 0)
    by_workflow: dict[str, dict[str, int]] = {}
    cells: dict[tuple[str, int], int] = {}
    counts: dict[int, int] = {}
    disputed = 0
    for outcome, count in found.counts.items():
        verdicts[outcome.verdict] += count
        by_workflow.setdefault(outcome.workflow, dict.fromkeys(_VERDICTS, 0))[outcome.verdict] += count
        disputed += count if outcome.even else 0
        if outcome.category_id is not None:
            cell = (outcome.workflow, outcome.category_id)
            cells[cell] = cells.get(cell, 0) + count
            counts[outcome.category_id] = counts.get(outcome.category_id, 0) + count
    coded = sum(counts.values())
    labelled = verdicts["pass"] + verdicts["fail"]
    since_new, newest = _since_new(found, variant.id, coded) if coded else (None, None)
    connection = found.connection
    return Report(
        variant=variant,
        labelled=labelled,
        passes=verdicts["pass"],
        failures=verdicts["fail"],
        cannot_judge=verdicts["cannot_judge"],
        skipped=verdicts["skipped"],
        disputed=disputed,
        coded=coded,
        since_new=since_new,
        newest=newest,
        categories=_figures(connection, counts, coded),
        rules=_rules(connection, counts, coded, labelled),
        workflows=tuple(_workflow(name, by_workflow[name], cells) for name in sorted(by_workflow)),
        sealed=sealed_labels(connection, variant.id),
        stale=stale_labels(connection, variant.id, excluded=False),
    )


def _since_new(found: Counted, variant_id: int, coded: int) -> tuple[int, str]:
    """How many coded failures came after the first one of the newest kind, and that kind's name.

    A kind is a category together with all that it was split into: its parts tell apart what was known already.
    The order is that of the labels' ids: a clock that was set back does not change it.
    """
    first: dict[str, tuple[int, str]] = {}
    for category in found.connection.execute("SELECT id, name, code FROM categories").fetchall():
        row = found.connection.execute(
            "SELECT l.id FROM labels l INDEXED BY ix_labels_category_id CROSS JOIN outputs o ON o.id = l.output_id"
            " WHERE l.category_id = :category AND l.verdict = 'fail' AND o.variant_id = :variant"
            f" AND o.sealed_by IS NULL AND {ANSWERS} AND o.example_id NOT IN"
            " (SELECT id FROM examples INDEXED BY examples_excluded WHERE excluded = 1) ORDER BY l.id LIMIT 1",
            {"category": category["id"], "variant": variant_id},
        ).fetchone()
        kind = category["code"].partition(".")[0]
        if row is not None and (kind not in first or row["id"] < first[kind][0]):
            first[kind] = (row["id"], category["name"])
    newest, name = max(first.values(), default=(0, ""))
    return max(0, coded - found.coded_until(newest)), name


def _figures(connection: sqlite3.Connection, counts: dict[int, int], coded: int) -> tuple[CategoryFigures, ...]:
    rows = connection.execute("SELECT * FROM categories ORDER BY state <> 'active', position, id").fetchall()
    whole = {row["code"].rpartition(".")[0] for row in rows}

    def state(row: sqlite3.Row) -> str:
        return "split" if row["state"] == "retired" and row["code"] in whole else str(row["state"])

    return tuple(
        CategoryFigures(
            row["id"], row["code"], row["name"], row["color"], state(row), Share.of(counts.get(row["id"], 0), coded)
        )
        for row in rows
        if row["state"] == "active" or counts.get(row["id"])
    )


def _rules(connection: sqlite3.Connection, counts: dict[int, int], coded: int, labelled: int) -> tuple[RuleState, ...]:
    categories = connection.execute("SELECT id, code, merged_into, custom FROM categories").fetchall()
    return tuple(_rule(rule, _of_rule(rule, categories), counts, coded, labelled) for rule in RULES)


def _of_rule(rule: Rule, categories: Sequence[sqlite3.Row]) -> set[int]:
    """The categories a rule counts: its own, what they were split into, and a custom one they were merged into."""
    custom = {row["id"] for row in categories if row["custom"]}
    found: set[int] = set()
    for row in categories:
        if any(row["code"] == code or row["code"].startswith(f"{code}.") for code in rule.codes):
            found.add(row["id"])
            if row["merged_into"] in custom:
                found.add(row["merged_into"])
    return found


def _rule(rule: Rule, category_ids: set[int], counts: dict[int, int], coded: int, labelled: int) -> RuleState:
    share = Share.of(sum(counts.get(number, 0) for number in category_ids), coded)
    if coded < FEW_FAILURES or share.share is None or share.low is None:
        so_far = "too few"
    elif share.low > rule.threshold:
        so_far = "crossed"
    elif share.share > rule.threshold:
        so_far = "likely"
    else:
        so_far = "not reached"
    return RuleState(rule, share, so_far if labelled >= FLOOR else "too few", so_far)


def _workflow(name: str, verdicts: dict[str, int], cells: dict[tuple[str, int], int]) -> WorkflowFigures:
    own = {category_id: count for (workflow, category_id), count in cells.items() if workflow == name}
    coded = sum(own.values())
    labelled = verdicts["pass"] + verdicts["fail"]
    return WorkflowFigures(
        name,
        labelled,
        verdicts["fail"],
        coded,
        Share.of(verdicts["fail"], labelled),
        {category_id: Share.of(count, coded) for category_id, count in sorted(own.items())},
    )
