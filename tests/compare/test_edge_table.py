"""Every edge case through the whole report: no exception, no NaN, no interval of zero width, no refusal unexplained."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reviewer.compare.drawing import svg
from reviewer.compare.figures import figures
from reviewer.compare.protocol import Protocol
from reviewer.compare.report import StudyReport
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.compare.test_report import no_nan
from tests.rows import add_example, add_output, add_variant

Said = dict[str, Any]


def words(count: int) -> str:
    """A text of so many words, short and long ones."""
    return " ".join("settlement" if number % 5 == 0 else "paid" for number in range(count))


def mixed(number: int) -> tuple[int, int]:
    """Lengths of base and tuned that overlap."""
    return 20 + number % 7, 20 + (number * 3) % 8


def split(number: int, person: int) -> Said:
    """Votes and verdicts of both kinds."""
    return {
        "passed": {"base": number % 3 > 0, "tuned": number % 4 > 0},
        "preference": ("tuned", "base", "tie")[(number + person) % 3],
        "left": ("tuned", "base")[(number // 2) % 2],
    }


def always(**more: Any) -> Callable[[int, int], Said]:
    return lambda number, person: {**split(number, person), **more}


@dataclass(frozen=True)
class Case:
    """A study of one row of the table, and what its report must say."""

    name: str
    says: Callable[[StudyReport], bool]
    items: int = 40
    people: int = 1
    lengths: Callable[[int], tuple[int, int]] = mixed
    said: Callable[[int, int], Said] = split
    text: Callable[[int], str] = words
    plan: Protocol = field(default_factory=lambda: Protocol(repeats=0, controls=0))


def refused(words: str) -> Callable[[StudyReport], bool]:
    """The preference is not adjusted, and why holds these words."""
    return lambda found: (
        found.preference.estimate.adjusted is None
        and found.preference.raw is not None
        and words in found.preference.estimate.reason
    )


def as_wide_as_wilson(found: StudyReport) -> bool:
    raw = found.preference.raw
    return raw is not None and raw.high - raw.low > 0.05


def longer_first(number: int) -> tuple[int, int]:
    return (10, 40) if number % 25 else (40, 10)


def shorter_first(number: int) -> tuple[int, int]:
    return longer_first(number)[::-1]


def by_length(number: int, person: int) -> Said:
    base, tuned = far(number)
    return {**split(number, person), "preference": "tuned" if tuned > base else "base"}


def far(number: int) -> tuple[int, int]:
    return (10, 60) if number % 2 else (60, 10)


def silent(number: int, person: int) -> Said:
    passed = {"base": None, "tuned": True} if number % 3 == 0 else {"base": True, "tuned": True}
    return {**split(number, person), "passed": passed, "preference": None if number % 4 == 0 else "tie"}


TABLE = (
    Case("fewer than twenty examples", refused("fewer than 20"), items=19),
    Case("hardly any losses", refused("was preferred on"), said=always(preference="tuned")),
    Case("the tuned answer always longer", refused("longer one nearly always"), lengths=longer_first),
    Case("the tuned answer always shorter", refused("shorter one nearly always"), lengths=shorter_first),
    Case("all ties", as_wide_as_wilson, said=always(preference="tie")),
    Case("all both bad", as_wide_as_wilson, said=always(preference="both_bad")),
    Case("all wins", as_wide_as_wilson, said=always(preference="tuned")),
    Case("all losses", as_wide_as_wilson, said=always(preference="base")),
    Case("no variance of shares", as_wide_as_wilson, said=always(preference=0.75)),
    Case(
        "separation",
        lambda found: (
            found.preference.estimate.separated == ("length",)
            and any("rests on few examples" in limit for limit in found.limits)
        ),
        items=120,
        people=3,
        lengths=far,
        said=by_length,
        plan=Protocol(repeats=0, controls=0, style=("length",)),
    ),
    Case(
        "features without variance",
        lambda found: (
            found.preference.estimate.dropped["hedges"] == "the same for every pair"
            and any("Not taken off the preference: hedges" in limit for limit in found.limits)
        ),
    ),
    Case(
        "agreement undefined, one annotator",
        lambda found: found.reliability.agreement["correctness"]["krippendorff_reason"].startswith("undefined"),
    ),
    Case(
        "agreement undefined, one value",
        lambda found: found.reliability.agreement["preference"]["krippendorff_reason"].startswith("undefined"),
        people=2,
        said=always(preference="tie"),
    ),
    Case(
        "many missing, and more of one variant",
        lambda found: (
            found.preference.missing == 10
            and any("more than one in twenty" in limit for limit in found.limits)
            and "clearly more answers without a verdict" in found.excluded.warning(found.items)
        ),
        said=silent,
    ),
    Case(
        "no discordant pair", lambda found: found.verdict == "inconclusive", said=always(passed={"base": 1, "tuned": 1})
    ),
    Case(
        "nobody could judge", lambda found: not found.overall.table.n, said=always(passed={"base": None, "tuned": None})
    ),
    Case("nobody was asked for a preference", lambda found: found.preference.raw is None, said=always(preference=None)),
    Case("ten annotators", lambda found: found.preference.estimate.df == 9, people=10),
    Case("one example", refused("fewer than 20"), items=1),
    Case("empty answers", as_wide_as_wilson, text=lambda count: " " * count),
)


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
def test_every_row_of_the_table(project: Project, tmp_path: Path, case: Case) -> None:
    found = report_of(project, tmp_path, case)
    told = found.to_json()
    no_nan(told)
    has_width(told)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert case.says(found), (found.preference.estimate, found.limits)
    assert found.summary
    for figure in figures(found):
        text = svg(figure)
        assert "nan" not in text
        assert "inf" not in text
    assert found.verdict in ("inconclusive", "worse", "better on correctness") or found.preference.raw is not None


def report_of(project: Project, folder: Path, case: Case) -> StudyReport:
    """The report of a study as the case has it."""
    with project.database.transaction() as connection:
        variants = {name: add_variant(connection, name, name) for name in ("base", "tuned")}
        for number in range(case.items):
            example = add_example(connection, key=f"case-{number:03}", messages=[Message("user", f"Why {number}?")])
            for name, count in zip(("base", "tuned"), case.lengths(number), strict=True):
                add_output(connection, example_id=example, variant_id=variants[name], text=case.text(count))
    path = folder / "judgments.jsonl"
    with path.open("w") as handle:
        for number in range(case.items):
            for person in range(case.people):
                said = case.said(number, person)
                passed = {name: None if value is None else bool(value) for name, value in said["passed"].items()}
                line = {**said, "passed": passed, "example": f"case-{number:03}", "annotator": f"Person {person}"}
                handle.write(json.dumps(line) + "\n")
    project.studies.create("s", "base", "tuned", protocol=case.plan)
    assert not project.judgments.import_file("s", path).rejected
    project.studies.close("s")
    return project.studies.report("s")


def has_width(value: Any, name: str = "") -> None:
    """Every interval in a report has a width, and holds its estimate."""
    if isinstance(value, dict):
        if {"low", "high"} <= value.keys():
            assert value["low"] < value["high"], (name, value)
            middle = value.get("rate", value.get("value", value.get("difference")))
            assert middle is None or value["low"] <= middle <= value["high"], (name, value)
        for key, item in value.items():
            if key != "plan":
                has_width(item, key)
    elif name in ("tango", "newcombe", "interval", "krippendorff_interval", "fleiss_interval") and value is not None:
        assert value[0] < value[1], (name, value)
        assert all(math.isfinite(end) for end in value)
    elif isinstance(value, list):
        for item in value:
            has_width(item)
