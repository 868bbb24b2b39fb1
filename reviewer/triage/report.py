"""The triage report: labels of one variant counted in SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
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


# Joins run in the order in which they are written: from the labels, of which there are fewer than of all else.
_LABELLED = (
    "FROM labels l INDEXED BY sqlite_autoindex_labels_1 CROSS JOIN outputs o ON o.id = l.output_id"
    " CROSS JOIN examples e ON e.id = o.example_id"
    f" WHERE o.variant_id = :variant AND o.sealed_by IS NULL AND e.excluded = 0 AND NOT ({STALE})"
)
_SEVERAL = "(SELECT output_id FROM labels GROUP BY output_id HAVING count(*) > 1)"
_VERDICTS = ("pass", "fail", "cannot_judge", "skipped")


class Triage:
    """The triage of a project, read as figures."""

    def __init__(self, database: Database) -> None:
        self._database = database

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
            report = _report(connection, found)
            return report if annotator_id is None else replace(report, own=_own(connection, found, annotator_id))

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


def _report(connection: sqlite3.Connection, variant: TriagedVariant) -> Report:
    verdicts = dict.fromkeys(_VERDICTS, 0)
    by_workflow: dict[str, dict[str, int]] = {}
    cells: dict[tuple[str, int], int] = {}
    disputed = 0

    def add(workflow: str, verdict: str, category_id: int | None, count: int) -> None:
        verdicts[verdict] += count
        by_workflow.setdefault(workflow, dict.fromkeys(_VERDICTS, 0))[verdict] += count
        if verdict == "fail" and category_id is not None:
            cells[workflow, category_id] = cells.get((workflow, category_id), 0) + count

    several = connection.execute(f"SELECT 1 FROM {_SEVERAL} LIMIT 1").fetchone() is not None
    once = f" AND l.output_id NOT IN {_SEVERAL}" if several else ""
    for row in connection.execute(
        f"SELECT e.workflow, l.verdict, l.category_id, count(*) AS n {_LABELLED}{once} GROUP BY 1, 2, 3",
        {"variant": variant.id},
    ):
        add(row["workflow"], row["verdict"], row["category_id"], row["n"])
    if several:
        rows = connection.execute(
            "SELECT l.output_id, e.workflow, l.verdict, l.category_id, l.updated_ms, l.id"
            f" {_LABELLED} AND l.output_id IN {_SEVERAL} ORDER BY l.output_id",
            {"variant": variant.id},
        )
        for _, group in groupby(rows, key=lambda row: row["output_id"]):
            labels = list(group)
            verdict, category_id, even = agreed(
                [(row["verdict"], row["category_id"], (row["updated_ms"], row["id"])) for row in labels]
            )
            disputed += even
            add(labels[0]["workflow"], verdict, category_id, 1)
    counts: dict[int, int] = {}
    for (_, category_id), count in cells.items():
        counts[category_id] = counts.get(category_id, 0) + count
    coded = sum(counts.values())
    labelled = verdicts["pass"] + verdicts["fail"]
    since_new, newest = _since_new(connection, variant.id, coded) if coded else (None, None)
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


def _own(connection: sqlite3.Connection, variant: TriagedVariant, annotator_id: int) -> int:
    """How many of a variant's outputs one annotator said pass or fail of."""
    row = connection.execute(
        "SELECT count(*) AS n FROM labels l INDEXED BY labels_annotator CROSS JOIN outputs o ON o.id = l.output_id"
        " WHERE l.annotator_id = ? AND l.verdict IN ('pass', 'fail') AND o.variant_id = ? AND o.sealed_by IS NULL"
        f" AND {ANSWERS}"
        " AND o.example_id NOT IN (SELECT id FROM examples INDEXED BY examples_excluded WHERE excluded = 1)",
        (annotator_id, variant.id),
    ).fetchone()
    return int(row["n"])


def agreed(labels: Sequence[tuple[str, int | None, tuple[int, int]]]) -> tuple[str, int | None, bool]:
    """The one verdict and category of an output that several annotators labelled, and whether they were even.

    A label is its verdict, its category and when it was written. The majority of pass and fail counts; where they are
    even, the label written last. Can't judge and skipped count only where nobody said pass or fail. The category is
    the most frequent one among the fails, even ones decided by the last label again.
    """
    decided = [label for label in labels if label[0] in ("pass", "fail")]
    if not decided:
        return ("cannot_judge" if any(label[0] == "cannot_judge" for label in labels) else "skipped"), None, False
    fails = sum(label[0] == "fail" for label in decided)
    even = 2 * fails == len(decided)
    last = max(decided, key=lambda label: label[2])
    verdict = last[0] if even else "fail" if 2 * fails > len(decided) else "pass"
    if verdict == "pass":
        return verdict, None, even
    weights: dict[int, tuple[int, tuple[int, int]]] = {}
    for label, category_id, written in decided:
        if label == "fail" and category_id is not None:
            count, latest = weights.get(category_id, (0, (0, 0)))
            weights[category_id] = (count + 1, max(latest, written))
    return verdict, max(weights, key=lambda number: weights[number], default=None), even


def _since_new(connection: sqlite3.Connection, variant_id: int, coded: int) -> tuple[int, str]:
    """How many coded failures came after the first one of the newest kind, and that kind's name.

    A kind is a category together with all that it was split into: its parts tell apart what was known already.
    The order is that of the labels' ids: a clock that was set back does not change it.
    """
    where = (
        f" l.verdict = 'fail' AND o.variant_id = :variant AND o.sealed_by IS NULL AND {ANSWERS}"
        " AND o.example_id NOT IN (SELECT id FROM examples INDEXED BY examples_excluded WHERE excluded = 1)"
    )
    first: dict[str, tuple[int, str]] = {}
    for category in connection.execute("SELECT id, name, code FROM categories").fetchall():
        row = connection.execute(
            "SELECT l.id FROM labels l INDEXED BY ix_labels_category_id CROSS JOIN outputs o ON o.id = l.output_id"
            f" WHERE l.category_id = :category AND {where} ORDER BY l.id LIMIT 1",
            {"category": category["id"], "variant": variant_id},
        ).fetchone()
        kind = category["code"].partition(".")[0]
        if row is not None and (kind not in first or row["id"] < first[kind][0]):
            first[kind] = (row["id"], category["name"])
    newest, name = max(first.values(), default=(0, ""))
    until = connection.execute(
        "SELECT count(DISTINCT l.output_id) AS n FROM labels l CROSS JOIN outputs o ON o.id = l.output_id"
        f" WHERE l.id <= :newest AND l.category_id IS NOT NULL AND {where}",
        {"newest": newest, "variant": variant_id},
    ).fetchone()["n"]
    return max(0, coded - int(until)), name


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
