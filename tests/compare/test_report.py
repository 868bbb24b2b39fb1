"""The report: majority, exclusions, verdicts, mirrors, and figures that are absent with a reason."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.compare.correctness import Paired, consensus
from reviewer.compare.protocol import Protocol
from reviewer.compare.statistics.paired import Table
from reviewer.compare.statistics.preference import Adjusted
from reviewer.compare.statistics.rates import wilson
from reviewer.compare.verdicts import VERDICTS, rule
from reviewer.project import Project
from tests.compare.conftest import judge
from tests.conftest import fill

PAIRED = ["n", "both", "tuned_only", "base_only", "neither", "difference", "tango", "newcombe", "midp", "noninferior"]


def study(
    project: Project, tmp_path: Path, lines: list[dict[str, Any]], name: str = "s", **more: Any
) -> dict[str, Any]:
    """The report over judgments made elsewhere; `t` and `b` stand for the two variants."""
    base, tuned = more.pop("base", "base"), more.pop("tuned", "tuned")
    names = {"t": tuned, "b": base}
    project.studies.create(name, base, tuned, **{"protocol": Protocol.bare(), **more})
    path = tmp_path / f"{name}.jsonl"
    with path.open("w") as handle:
        for number, found in enumerate(lines):
            said = {
                "example": found.get("example", f"case-{number:04d}"),
                "annotator": found.get("annotator", "Ana"),
                "passed": {names[side]: value for side, value in found.get("passed", {}).items()},
                "preference": names.get(found.get("preference", "tie"), found.get("preference", "tie")),
                "left": names.get(found.get("left", "")),
            }
            handle.write(json.dumps(said) + "\n")
    imported = project.judgments.import_file(name, path)
    assert not imported.rejected
    project.studies.close(name)
    report: dict[str, Any] = project.studies.report(name).to_json()
    return report


def outcome(tuned: bool | None, base: bool | None, preference: Any = "tie", **more: Any) -> dict[str, Any]:
    return {"passed": {"t": tuned, "b": base}, "preference": preference, **more}


def no_nan(value: Any) -> None:
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "plan":
                continue
            no_nan(item)
            if item is None and name not in ("preferred", "version", "slice", "margin", "judged"):
                assert value.get(f"{name}_reason"), f"{name} is absent without a reason"
    elif isinstance(value, list):
        for item in value:
            no_nan(item)
    elif isinstance(value, float):
        assert math.isfinite(value)


def test_the_contract_of_the_report(filled: Project, tmp_path: Path) -> None:
    report = study(filled, tmp_path, [outcome(True, n > 8, "t" if n % 2 else "b", left="t") for n in range(12)])
    assert {"verdict", "correctness", "preference", "blinding", "agreement", "excluded"} <= report.keys()
    overall = report["correctness"]["overall"]
    assert set(PAIRED) <= overall.keys()
    assert [overall[name] for name in PAIRED[:6]] == [12, 3, 9, 0, 0, 0.75]
    assert report["verdict"] == "better on correctness"
    preference = report["preference"]
    assert {"raw", "adjusted", "adjusted_reason", "ols", "range", "overlap_ok"} <= preference.keys()
    assert preference["raw"]["rate"] == 0.5
    assert preference["adjusted"] is None
    assert "fewer than 20" in preference["adjusted_reason"]
    assert preference["left_chosen"]["rate"] == 0.5
    assert report["blinding"] is None
    assert report["judged_elsewhere"] is True
    assert any("not vouched for" in limit for limit in report["limits"])
    assert any("for this annotator only" in limit for limit in report["limits"])
    assert [flip["passed"] for flip in report["flips"]] == ["tuned"] * 9
    json.dumps(report, allow_nan=False)
    no_nan(report)


def test_a_correction_after_the_judging_is_told(filled: Project, tmp_path: Path, ana: int) -> None:
    report = study(filled, tmp_path, [outcome(True, n > 8) for n in range(12)])
    assert report["corrected_since"] == []
    for key in ("case-0003", "case-0005"):
        example = filled.examples.by_key(key)
        filled.inputs.revise(example.id, messages=example.messages[1:], annotator_id=ana)
    later = filled.studies.report("s").to_json()
    assert later["corrected_since"] == ["case-0003", "case-0005"]
    told = "2 examples (case-0003, case-0005) got another input after this was judged"
    assert any(limit.startswith(told) for limit in later["limits"])
    assert later["correctness"] == report["correctness"]
    filled.undo(ana)
    assert filled.studies.report("s").to_json()["corrected_since"] == ["case-0003"]
    filled.undo(ana)
    assert filled.studies.report("s").to_json() == report


def test_swapping_the_variants_mirrors_the_report(filled: Project, tmp_path: Path) -> None:
    lines = [outcome(n % 3 > 0, n % 4 == 0, ("t", "b", "tie", 0.75)[n % 4], left="t") for n in range(12)]
    swapped = [
        {
            "passed": {"b": line["passed"]["t"], "t": line["passed"]["b"]},
            "preference": {"t": "b", "b": "t", "tie": "tie", 0.75: 0.25}[line["preference"]],
            "left": "b",
        }
        for line in lines
    ]
    one = study(filled, tmp_path, lines, "one")
    two = study(filled, tmp_path, swapped, "two", base="tuned", tuned="base")
    first, second = one["correctness"]["overall"], two["correctness"]["overall"]
    assert first["difference"] == -second["difference"]
    for method in ("tango", "newcombe"):
        assert first[method] == [-second[method][1], -second[method][0]]
    assert first["midp"] == second["midp"]
    assert one["preference"]["raw"]["rate"] == 1 - two["preference"]["raw"]["rate"]
    assert one["preference"]["raw"]["low"] == pytest.approx(1 - two["preference"]["raw"]["high"], abs=1e-15)
    assert one["preference"]["left_chosen"] == two["preference"]["left_chosen"]
    assert {flip["example"] for flip in one["flips"] if flip["passed"] == "tuned"} == {
        flip["example"] for flip in two["flips"] if flip["passed"] == "base"
    }


def test_majority_even_splits_and_those_who_cannot_judge() -> None:
    assert consensus(["pass", "pass", "fail"]) == (True, "")
    assert consensus(["pass", "fail", "cannot_judge"]) == (None, "even split")
    assert consensus(["pass", "cannot_judge"]) == (True, "")
    assert consensus(["fail", "cannot_judge", "cannot_judge"]) == (None, "cannot judge")
    assert consensus([]) == (None, "missing")


def test_what_is_excluded_is_counted_and_also_taken_as_fail(filled: Project, tmp_path: Path) -> None:
    lines = [outcome(True, False) for _ in range(10)]
    lines += [outcome(True, None, example="case-0010"), {"passed": {"t": False}, "example": "case-0011"}]
    lines += [outcome(False, False, example="case-0000", annotator="Ben")]
    report = study(filled, tmp_path, lines)
    assert report["correctness"]["overall"]["n"] == 9
    assert report["excluded"]["items"] == 3
    assert report["excluded"]["answers"] == {
        "base": {"cannot judge": 1, "missing": 1},
        "tuned": {"even split": 1},
    }
    assert "one in twenty" in report["excluded"]["warning"]
    as_fail = report["correctness"]["missing_as_fail"]
    assert [as_fail[name] for name in ("n", "tuned_only", "neither")] == [12, 10, 2]
    assert report["agreement"]["correctness"]["units"] == 2
    assert report["agreement"]["correctness"]["percent"] == 0.5


def test_preferred_but_wrong_is_told(filled: Project, tmp_path: Path) -> None:
    report = study(filled, tmp_path, [outcome(n > 3, True, "t") for n in range(12)])
    assert report["preference"]["preferred_but_wrong"] == {"tuned": 4, "base": 0}
    assert report["preference"]["preferred_but_wrong_examples"] == {
        "tuned": [f"case-{n:04d}" for n in range(4)],
        "base": [],
    }
    assert "people chose the answer of tuned although it was wrong" in report["summary"]
    assert report["preference"]["raw"]["rate"] == 1
    assert report["preference"]["raw"]["low"] < 1


def test_no_correctness_judgment_is_no_finding_on_correctness(filled: Project, tmp_path: Path) -> None:
    report = study(filled, tmp_path, [{"preference": "t"} for _ in range(12)])
    overall = report["correctness"]["overall"]
    assert overall["n"] == 0
    assert overall["tango"] is overall["difference"] is overall["noninferior"] is None
    assert report["correctness"]["missing_as_fail"]["n"] == 0, "no judgment is no evidence of equality"
    assert report["verdict"] == "inconclusive", "raw preference alone carries no claim"
    assert "nothing can be said about correctness" in report["summary"]
    no_nan(report)


def test_slices_have_their_margins(project: Project, tmp_path: Path) -> None:
    fill(project, 120)
    with project.database.transaction() as connection:
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms)"
            " SELECT id, CASE WHEN id % 2 THEN 'core' ELSE 'preservation' END, 1 FROM examples"
        )
    kept = study(project, tmp_path, [outcome(True, True) for _ in range(120)], "kept")
    assert kept["correctness"]["slices"]["preservation"]["noninferior"] is True
    assert kept["correctness"]["overall"]["noninferior"] is None
    assert kept["verdict"] == "inconclusive"
    # Core gains on 50 examples, preservation loses 15 and gains none.
    lines = [outcome(True, n % 12 == 0) if n % 2 == 0 else outcome(n % 4 == 1, True) for n in range(120)]
    dropped = study(project, tmp_path, lines, "dropped")
    assert dropped["correctness"]["slices"]["preservation"]["preservation"] == "dropped"
    assert dropped["correctness"]["slices"]["core"]["difference"] > 0.5
    assert dropped["correctness"]["overall"]["tango"][0] > 0
    assert dropped["verdict"] == "worse"
    assert "what it had to keep: preservation" in dropped["deciding"]
    lines = [outcome(True, True) for _ in range(30)]
    unsure = study(project, tmp_path, lines, "unsure", margins={"preservation": 0.01})
    assert unsure["correctness"]["slices"]["preservation"]["noninferior"] is False
    assert "cannot rule out" in unsure["summary"]
    assert "no drop" not in json.dumps(kept)


def test_a_study_judged_here_reports_what_was_judged(filled: Project, ana: int, ben: int) -> None:
    filled.studies.create("s", "base", "tuned", protocol=Protocol.bare())
    for who in (ana, ben):
        judge(
            filled,
            "s",
            who,
            lambda task: "pass" if task.side.text.startswith("Tuned") else "fail",
            lambda pair: "left" if pair.left.text.startswith("Base") else "right",
        )
    filled.studies.close("s")
    report = filled.studies.report("s")
    assert report.overall.table == Table(0, 12, 0, 0)
    assert report.preference.choices == {"tuned": 0, "base": 24, "tie": 0, "both_bad": 0}
    assert report.preference.wrong == {"tuned": 0, "base": 12}
    assert report.preference.left is not None
    assert report.preference.left.rate == 0.5
    assert report.reliability.agreement["correctness"]["krippendorff"] == 1
    assert report.reliability.agreement["preference"]["krippendorff"] is None
    assert report.verdict == "better on correctness"
    no_nan(report.to_json())


def test_few_judgments_never_break_the_report(filled: Project, ana: int) -> None:
    filled.studies.create("s", "base", "tuned", protocol=Protocol.bare())
    judge(filled, "s", ana, limit=1)
    filled.studies.close("s")
    report = filled.studies.report("s").to_json()
    assert report["verdict"] == "inconclusive"
    no_nan(report)


def preferred(raw: int, adjusted: int | None) -> Adjusted:
    """A preference of so many in 40, and of so many with style taken off."""
    rate = None if adjusted is None else wilson(adjusted, 40)
    return Adjusted(wilson(raw, 40), rate, "", rate, None, {}, True, None, {}, {}, 40, 40, 0, raw, 40 - raw)


@given(
    st.builds(Table, *[st.integers(0, 40)] * 4),
    st.booleans(),
    st.one_of(st.none(), st.builds(preferred, st.integers(0, 40), st.one_of(st.none(), st.integers(0, 40)))),
)
def test_the_rule_gives_one_verdict_and_mirrors_on_correctness(table: Table, dropped: bool, preference: Any) -> None:
    ruling = rule(table, ["preservation"] if dropped else [], preference)
    assert ruling.verdict in VERDICTS
    if ruling.verdict in ("preferred, correctness not shown", "preference explained by style"):
        assert preference.adjusted is not None, "not without an adjusted preference"
        assert rule(table, [], preference, unblinded=True).verdict == "inconclusive"
    if dropped:
        assert ruling.verdict == "worse"
    elif ruling.verdict == "better on correctness":
        assert rule(table.swapped(), [], preference).verdict == "worse"


@pytest.mark.parametrize(
    ("table", "margin", "state"),
    [
        (Table(100, 0, 0, 0), 0.05, "noninferior"),
        (Table(20, 0, 0, 0), 0.05, "inconclusive"),
        (Table(80, 0, 20, 0), 0.05, "dropped"),
        (Table(100, 0, 0, 0), None, None),
        (Table(0, 0, 0, 0), 0.05, None),
    ],
)
def test_preservation_is_kept_open_or_dropped(table: Table, margin: float | None, state: str | None) -> None:
    assert Paired(table, margin).preservation == state


def test_the_report_says_whether_the_set_came_first_and_what_was_waived(
    filled: Project, ana: int, tmp_path: Path
) -> None:
    ids = [filled.examples.by_key(f"case-{number:04d}").id for number in range(12)]
    filled.slices.assign(ids, "core", annotator_id=ana)
    filled.versions.freeze("refunds", waive="a pilot is small", annotator_id=ana)
    report = study(filled, tmp_path, [outcome(True, False)] * 12, version="refunds@1")
    version = report["version"]
    assert (version["name"], version["number"]) == ("refunds", 1)
    assert version["frozen_before_outputs_of"] == {"base": False, "tuned": False}
    assert version["waivers"] == list(filled.versions.get("refunds@1").waivers)
    assert version["touches"] == 2, "made and closed"
    late = "refunds@1 was frozen when tuned had answered 12 of its examples already"
    assert any(limit.startswith(late) for limit in report["limits"])
    assert any("because “a pilot is small”" in limit for limit in report["limits"])
    no_nan(report)


def test_a_set_that_came_before_the_tuned_model_is_not_held_against_it(
    project: Project, ana: int, tmp_path: Path
) -> None:
    ids = fill(project, 12, ("prod", "base"))
    project.slices.assign(ids, "core", annotator_id=ana)
    project.versions.freeze("refunds", waive="a pilot is small", annotator_id=ana)
    answers = tmp_path / "tuned.jsonl"
    answers.write_text("".join(json.dumps({"id": f"case-{n:04d}", "output": f"Tuned {n}."}) + "\n" for n in range(12)))
    project.sources.import_file(answers, variant="tuned", role="tuned")
    report = study(project, tmp_path, [outcome(True, False)] * 12, version="refunds@1")
    assert report["version"]["frozen_before_outputs_of"] == {"base": False, "tuned": True}
    assert not any("came first" in limit or "was frozen when" in limit for limit in report["limits"])
    found = project.studies.report("s")
    assert found.provenance is not None
    assert found.provenance.order[0] == "refunds@1 was frozen before the project held any output of tuned."
