"""The whole report with base and tuned exchanged: every figure is exactly the mirror image, every count the other's."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.compare.test_report import no_nan
from tests.rows import add_example, add_output, add_variant

WORDS = ["the", "claim", "was", "settled", "under", "rules", "because", "evidence", "regarding", "liability", "perhaps",
         "usually", "shows", "that", "reimbursement", "follows", "within", "days"]  # fmt: skip


def made_up(project: Project, n: int) -> list[dict[str, int]]:
    """Add `n` examples in three slices with answers of two variants; returns their lengths. Tuned talks more."""
    rng = random.Random(n)
    lengths = []
    with project.database.transaction() as connection:
        variants = {name: add_variant(connection, name, name) for name in ("base", "tuned")}
        for number in range(n):
            example_id = add_example(connection, key=f"case-{number:04d}", messages=[Message("user", f"Why {number}?")])
            said = {}
            for name, variant_id in variants.items():
                said[name] = max(4, int(30 * math.exp(rng.gauss(0.35 * (name == "tuned"), 0.45))))
                text = " ".join(rng.choice(WORDS) for _ in range(said[name]))
                if rng.random() < 0.3:
                    text = f"## Answer\n\n- **{name} {number}** {text}"
                add_output(connection, example_id=example_id, variant_id=variant_id, text=text)
            lengths.append(said)
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms)"
            " SELECT id, CASE id % 4 WHEN 0 THEN 'preservation' WHEN 1 THEN 'edge' ELSE 'core' END, 1 FROM examples"
        )
    return lengths


def judged(lengths: list[dict[str, int]], people: int, *, gain: float = 0.0, pull: float = 1.8) -> list[dict[str, Any]]:
    """Votes that follow length, verdicts that hardly differ, and some of both missing."""
    rng = random.Random(people)
    lines: list[dict[str, Any]] = []
    for number, said in enumerate(lengths):
        right = {name: rng.random() < 0.7 + gain * (name == "tuned") for name in said}
        ratio = math.log(said["tuned"] / said["base"])
        for person in range(people):
            left = rng.choice(("tuned", "base"))
            felt = pull * ratio / math.hypot(ratio, 0.3) + rng.gauss(0, 1.5) + (0.3 if left == "tuned" else -0.3)
            choice: Any = "tuned" if felt > 0.3 else "base" if felt < -0.3 else rng.choice(("tie", "both_bad", 0.25))
            lines.append(
                {
                    "example": f"case-{number:04d}",
                    "annotator": f"Person {person}",
                    "passed": {
                        name: None if rng.random() < 0.02 else truth ^ (rng.random() < 0.05)
                        for name, truth in right.items()
                    },
                    "preference": None if number < 2 else choice,
                    "left": left if number % 9 else None,
                }
            )
    return lines


def report(project: Project, folder: Path, name: str, base: str, tuned: str, lines: list[dict[str, Any]]) -> Any:
    """A study over these judgments; a share in them is the one of the variant called tuned."""
    project.studies.create(name, base, tuned)
    path = folder / f"{name}.jsonl"
    swapped = base == "tuned"
    with path.open("w") as handle:
        for line in lines:
            preference = line["preference"]
            if swapped and isinstance(preference, float):
                preference = 1 - preference
            handle.write(json.dumps({**line, "preference": preference}) + "\n")
    imported = project.judgments.import_file(name, path)
    assert not imported.rejected
    project.studies.close(name)
    return project.studies.report(name)


RATES = {"raw", "adjusted", "ols", "tuned_longer"}
OTHER = {"tuned": "base", "base": "tuned", "tuned_only": "base_only", "base_only": "tuned_only"}


def mirrored(value: Any, name: str = "") -> Any:
    """A part of a report with base and tuned exchanged."""
    if value is None or name in ("coefficients", "left_chosen"):
        return value
    if name in RATES:
        return {"rate": 1 - value["rate"], "low": 1 - value["high"], "high": 1 - value["low"]}
    if name == "range":
        return [1 - value[1], 1 - value[0]]
    if name == "specifications":
        return {key: 1 - rate for key, rate in value.items()}
    if name in ("tango", "newcombe"):
        return [-value[1], -value[0]]
    if name == "difference":
        return -value
    if name == "preferred":
        return 1 - value
    if name == "passed":
        return OTHER[value]
    if isinstance(value, dict):
        found = {OTHER.get(key, key): mirrored(item, key) for key, item in value.items()}
        if {"wins", "losses"} <= found.keys():
            found["wins"], found["losses"] = found["losses"], found["wins"]
        return found
    if isinstance(value, list):
        return [mirrored(item) for item in value]
    return value


# What Tango's one-sided bound and a margin say is about the tuned variant alone, and has no mirror image.
ONE_SIDED = ("lower_one_sided", "noninferior", "preservation")


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without(item) for name, item in value.items() if not name.startswith(ONE_SIDED)}
    return [without(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("n", "people"), [(12, 1), (80, 1), (110, 3)])
def test_exchanging_the_variants_mirrors_the_whole_report(
    project: Project, tmp_path: Path, n: int, people: int
) -> None:
    lines = judged(made_up(project, n), people)
    one = report(project, tmp_path, "one", "base", "tuned", lines).to_json()
    two = report(project, tmp_path, "two", "tuned", "base", lines).to_json()
    no_nan(one)
    assert (one["preference"]["adjusted"] is not None) == (n > 12)
    for part in ("correctness", "preference", "agreement", "flips", "blinding", "reliability", "sequential", "errors"):
        expected = mirrored(one[part])
        if part == "correctness":
            slices = one[part]["slices"]
            expected["slices"] = {name: mirrored(paired) for name, paired in slices.items()}
        assert without(two[part]) == without(expected), part
    assert two["excluded"]["answers"] == mirrored(one["excluded"]["answers"])


def test_a_preference_that_style_explains_is_called_so(project: Project, tmp_path: Path) -> None:
    lines = judged(made_up(project, 150), 2, pull=2.5)
    found = report(project, tmp_path, "style", "base", "tuned", lines)
    assert found.verdict == "preference explained by style"
    assert found.preference.raw.low > 0.5
    assert found.preference.estimate.adjusted.low <= 0.5
    assert "preferred mostly for its style" in found.summary
    assert "style explains most of the preference" in found.summary
    assert "written alike" in found.summary
    assert any("may still be worth 4 to 5 points" in limit for limit in found.limits)
    assert found.slices["core"].holm >= found.slices["core"].to_json()["midp"]
    for word in ("logit", "interval", "coefficient", "p =", "ridge"):
        assert word not in found.summary


def test_a_report_reads_as_often_whatever_its_size(project: Project, tmp_path: Path) -> None:
    lines = judged(made_up(project, 300), 3)
    report(project, tmp_path, "big", "base", "tuned", lines)
    queries: list[str] = []
    with project.database.read() as connection:
        connection.set_trace_callback(queries.append)
        try:
            found = project.studies.report("big").to_json()
        finally:
            connection.set_trace_callback(None)
    assert found["items"] == 300
    assert 0 < len(queries) < 30, "what is read does not grow with the examples"
