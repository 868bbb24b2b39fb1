"""The triage report: one verdict an output, shares with intervals, and what they would mean."""

from __future__ import annotations

import json

import pytest
from statsmodels.stats.proportion import proportion_confint

from reviewer.errors import NotFoundError
from reviewer.project import Project
from reviewer.triage.outcomes import agreed
from reviewer.triage.report import Triage
from tests.conftest import fill
from tests.triage.conftest import category, output_ids, seal


def label_many(project: Project, annotator_id: int, plan: dict[str, int], passes: int = 0) -> None:
    """Give so many outputs each category, and so many a pass, in the order of the plan."""
    outputs = iter(output_ids(project))
    rows = [(category(project, code), "fail", "coded") for code, count in plan.items() for _ in range(count)]
    rows += [(None, "pass", "open")] * passes
    with project.database.transaction() as connection:
        connection.executemany(
            "INSERT INTO labels (output_id, annotator_id, verdict, stage, category_id, created_ms, updated_ms)"
            " VALUES (?, ?, ?, ?, ?, 0, 0)",
            [(next(outputs), annotator_id, verdict, stage, number) for number, verdict, stage in rows],
        )


def states(triage: Triage) -> dict[str, tuple[str, str]]:
    return {item.rule.name: (item.state, item.so_far) for item in triage.report().rules}


def test_nothing_labelled(filled: Project, project: Project) -> None:
    data = filled.triage.report().to_json()
    assert (data["labelled"], data["failures"], data["enough"], data["since_new"]) == (0, 0, False, None)
    assert data["since_new_reason"]
    share = data["shares"]["missing_facts"]
    assert (share["count"], share["share"], share["low"], share["high"]) == (0, None, None, None)
    assert share["share_reason"]
    assert {rule["state"] for rule in data["rules"].values()} == {"too few"}
    json.dumps(data, allow_nan=False)


def test_a_project_without_outputs(project: Project) -> None:
    report = project.triage.report()
    assert report.variant is None
    assert len(report.to_json()["shares"]) == 7
    assert project.triage.examples("missing_facts") == []
    with pytest.raises(NotFoundError):
        project.triage.report("prod")


def test_shares_of_coded_failures(project: Project, ana: int) -> None:
    fill(project, 260)
    label_many(
        project, ana, {"missing_facts": 30, "stale_facts": 25, "policy_violation": 15, "formatting_failure": 10}, 130
    )
    report = project.triage.report()
    assert (report.labelled, report.failures, report.coded, report.enough) == (210, 80, 80, True)
    data = report.to_json()
    low, high = proportion_confint(30, 80, method="wilson")
    assert data["shares"]["missing_facts"] == pytest.approx({"count": 30, "share": 0.375, "low": low, "high": high})
    low, high = proportion_confint(55, 80, method="wilson")
    retrieval = data["rules"]["retrieval"]
    assert (retrieval["share"], retrieval["low"], retrieval["high"]) == pytest.approx((55 / 80, low, high))
    assert (retrieval["threshold"], retrieval["state"]) == (0.4, "crossed")
    assert data["rules"]["workflow"]["state"] == "not reached"
    assert data["rules"]["structure"]["threshold"] == 0.5
    assert "More than 40 % of the failures are missing or stale facts. This is" in data["finding"]
    assert sum(item["labelled"] for item in data["by_workflow"].values()) == 210
    assert (
        sum(item["shares"].get("missing_facts", {"count": 0})["count"] for item in data["by_workflow"].values()) == 30
    )


@pytest.mark.parametrize(
    ("policy", "other", "passes", "expected"),
    [
        (30, 30, 150, ("crossed", "crossed")),
        (20, 50, 150, ("likely", "likely")),
        (10, 60, 150, ("not reached", "not reached")),
        (20, 60, 150, ("not reached", "not reached")),  # a quarter exactly is not more than a quarter
        (30, 30, 100, ("too few", "crossed")),  # 160 labelled
        (10, 5, 250, ("too few", "too few")),  # 15 failures
    ],
)
def test_the_states_of_a_rule(
    project: Project, ana: int, policy: int, other: int, passes: int, expected: tuple[str, str]
) -> None:
    fill(project, 270, ("prod",))
    label_many(project, ana, {"policy_violation": policy, "reasoning_failure": other}, passes)
    assert states(project.triage)["workflow"] == expected


def test_the_floor_is_two_hundred(project: Project, ana: int) -> None:
    fill(project, 200, ("prod",))
    label_many(project, ana, {"stale_facts": 100}, 99)
    assert not project.triage.report().enough
    project.labels.set_verdict(output_ids(project)[199], ana, "cannot_judge")
    report = project.triage.report()
    assert (report.enough, report.cannot_judge, report.labelled) == (False, 1, 199)
    project.labels.set_verdict(output_ids(project)[199], ana, "fail")
    report = project.triage.report()
    assert (report.enough, report.coded, report.failures) == (True, 100, 101)
    assert states(project.triage)["retrieval"] == ("crossed", "crossed")


def test_a_split_category_still_counts_for_its_rule(project: Project, ana: int) -> None:
    fill(project, 60, ("prod",))
    label_many(project, ana, {"policy_violation": 30})
    project.categories.split(category(project, "policy_violation"), [("Refund rules", ""), ("Privacy", "")], ana)
    outputs = output_ids(project)
    for output in outputs[:10]:
        project.labels.set_category(output, ana, category(project, "Privacy"))
    workflow = project.triage.report().rules[1]
    assert (workflow.share.count, workflow.share.total) == (30, 30)
    codes = [item.code for item in project.triage.report().categories]
    assert "policy_violation" in codes  # retired, and still counted until looked at again


def test_facts_merged_into_one_custom_category_still_count(project: Project, ana: int) -> None:
    fill(project, 60, ("prod",))
    label_many(project, ana, {"missing_facts": 15, "stale_facts": 10, "policy_violation": 5})
    project.categories.add("Knowledge", "", ana)
    knowledge = category(project, "Knowledge")
    project.categories.merge(category(project, "missing_facts"), knowledge, ana)
    project.categories.merge(category(project, "stale_facts"), knowledge, ana)
    assert project.triage.report().rules[0].share.count == 25


def test_below_the_floor_nothing_is_told_flatly(project: Project, ana: int, ben: int) -> None:
    fill(project, 200, ("prod",))
    label_many(project, ana, {"missing_facts": 40, "policy_violation": 30}, 49)
    report = project.triage.report(annotator_id=ben)
    assert report.finding == (
        "More than 40 % of the failures are missing or stale facts so far, which would point to a retrieval problem"
        " if it holds; 81 more labels are needed."
    )
    assert [(item.words, item.firm) for item in report.rules] == [
        ("crossed so far", False),
        ("crossed so far", False),
        ("not yet", False),
    ]
    assert (report.labelled, report.own) == (119, 0)
    assert project.triage.report(annotator_id=ana).own == 119
    assert project.triage.report().own is None


def test_a_likely_rule_stays_hedged_above_the_floor(project: Project, ana: int) -> None:
    fill(project, 240, ("prod",))
    label_many(project, ana, {"policy_violation": 20, "reasoning_failure": 50}, 150)
    report = project.triage.report()
    assert report.finding == (
        "More than 25 % of the failures are likely policy violations, which would call for workflow code or rules in"
        " place of a model if it holds; the interval still reaches below 25 %."
    )
    assert report.rules[1].words == "likely"


def test_a_split_is_no_new_kind(project: Project, ana: int, ben: int) -> None:
    fill(project, 30, ("prod",))
    label_many(project, ana, {"policy_violation": 3, "missing_facts": 6})
    policy = category(project, "policy_violation")
    project.labels.set_category(output_ids(project)[0], ben, policy)
    assert project.categories.split_counts(policy, ana) == (3, 1)
    assert project.triage.report().since_new == 5
    project.categories.split(policy, [("Refund rules", ""), ("Privacy", "")], ana)
    for output in output_ids(project)[:2]:
        project.labels.set_category(output, ana, category(project, "Privacy"))
    project.labels.set_category(output_ids(project)[20], ana, category(project, "Refund rules"))
    report = project.triage.report()
    assert (report.since_new, report.newest) == (6, "Missing facts")
    titles = [item.title for item in report.categories]
    assert "Policy violation (split)" in titles
    assert "Privacy" in titles


def test_since_the_last_new_category(filled: Project, ana: int) -> None:
    outputs = output_ids(filled)
    for output, code in zip(
        outputs, ["missing_facts", "stale_facts", "missing_facts", "policy_violation", "stale_facts"], strict=False
    ):
        filled.labels.set_category(output, ana, category(filled, code))
    report = filled.triage.report()
    assert (report.since_new, report.newest) == (1, "Policy violation")
    filled.labels.set_category(outputs[6], ana, category(filled, "policy_violation"))
    assert filled.triage.report().since_new == 2


def test_excluded_and_sealed_do_not_count(filled: Project, ana: int) -> None:
    outputs = output_ids(filled)
    for output in outputs[:4]:
        filled.labels.set_category(output, ana, category(filled, "missing_facts"))
    filled.labels.exclude(filled.examples.by_key("case-0001").id, ana, "a test")
    seal(filled, outputs[0])
    assert filled.triage.report().failures == 2
    assert [item.key for item in filled.triage.examples("missing_facts")] == ["case-0002", "case-0003"]
    assert [item.key for item in filled.triage.examples("missing_facts", workflow="visits")] == ["case-0002"]
    assert [item.key for item in filled.triage.examples("missing_facts", after=3, limit=1)] == ["case-0003"]
    assert filled.triage.examples(None) == []


def test_each_variant_has_its_own(filled: Project, ana: int) -> None:
    filled.labels.set_verdict(output_ids(filled, "tuned")[0], ana, "fail")
    assert filled.triage.report().labelled == 0
    assert filled.triage.report("tuned").failures == 1


def test_one_verdict_an_output(filled: Project, ana: int, ben: int) -> None:
    cleo = filled.annotators.get_or_add("Cleo")
    one, two, three, four = output_ids(filled)[:4]
    missing, stale = category(filled, "missing_facts"), category(filled, "stale_facts")
    labels = filled.labels
    for annotator in (ana, ben):
        labels.set_category(one, annotator, stale)
    labels.set_verdict(one, cleo, "pass")  # overruled
    labels.set_category(two, ana, missing)
    labels.set_category(two, ben, stale)  # the category is even: the last one counts
    labels.set_verdict(three, ana, "skipped")
    labels.set_verdict(three, ben, "cannot_judge")
    labels.set_category(four, ana, missing)
    report = filled.triage.report()
    assert (report.labelled, report.failures, report.cannot_judge, report.skipped) == (3, 3, 1, 0)
    counts = {item.code: item.share.count for item in report.categories}
    assert (counts["stale_facts"], counts["missing_facts"], report.disputed) == (2, 1, 0)
    labels.set_verdict(four, ben, "pass")
    report = filled.triage.report()
    assert (report.disputed, report.labelled) == (1, 3)


def test_the_rule_of_agreement() -> None:
    assert agreed([("fail", 1, (1, 1)), ("pass", None, (2, 2))]) == ("pass", None, True)
    assert agreed([("fail", 1, (3, 1)), ("pass", None, (2, 2))]) == ("fail", 1, True)
    assert agreed([("fail", 1, (1, 1)), ("fail", None, (2, 2)), ("fail", 2, (1, 3))]) == ("fail", 2, False)
    assert agreed([("fail", None, (1, 1)), ("fail", None, (2, 2))]) == ("fail", None, False)
    assert agreed([("pass", None, (1, 1)), ("skipped", None, (9, 2)), ("cannot_judge", None, (9, 3))]) == (
        "pass",
        None,
        False,
    )
    assert agreed([("skipped", None, (1, 1)), ("skipped", None, (1, 2))]) == ("skipped", None, False)
