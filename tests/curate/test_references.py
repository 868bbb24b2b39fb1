"""References over time: shelf lives, old and new truths, and doubts that two variants raise together."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest

from reviewer import demo
from reviewer.curate import suspects
from reviewer.curate.gists import agreement, contradiction, gist, met_by
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.project import Project
from reviewer.store.database import dump
from reviewer.triage import truths

DAY = 86_400_000


@pytest.fixture
def ana(filled: Project) -> int:
    return filled.annotators.get_or_add("Ana")


@pytest.fixture
def ids(filled: Project) -> list[int]:
    return list(filled.slices.matching(""))


def _reference(project: Project, example_id: int) -> dict[str, Any]:
    with project.database.read() as connection:
        row = connection.execute("SELECT * FROM example_references WHERE example_id = ?", (example_id,)).fetchone()
    return dict(row)


def _date(project: Project, example_id: int, ana: int, days_ago: int, shelf: int | None) -> None:
    now = project.references.present_ms()
    with project.database.action("date", ana) as action:
        action.update("example_references", example_id, as_of_ms=now - days_ago * DAY, shelf_days=shelf)


# -- shelf life


def test_the_queue_holds_what_has_expired_and_what_will_soon(filled: Project, ids: list[int], ana: int) -> None:
    for example_id, days, shelf in ((ids[0], 40, 30), (ids[1], 40, 45), (ids[2], 400, None), (ids[3], 100, 90)):
        _date(filled, example_id, ana, days, shelf)
    filled.slices.assign([ids[3]], "core", annotator_id=ana)
    filled.references.expire([ids[4]], annotator_id=ana)
    found = filled.references.due(soon_days=14)
    assert [item.example_id for item in found] == [ids[3], ids[4], ids[0], ids[1]]
    assert [item.expired for item in found] == [True, True, True, False]
    assert found[0].state.startswith("expired 1")
    assert found[1].state == "said to be expired"
    assert found[3].state in ("expires in 4 days", "expires in 5 days")
    assert [item.example_id for item in filled.references.due(soon_days=0)] == [ids[3], ids[4], ids[0]]


def test_an_expired_reference_leaves_slices_that_gate_until_it_is_confirmed(
    filled: Project, ids: list[int], ana: int
) -> None:
    filled.slices.assign(ids, "core", annotator_id=ana)
    _date(filled, ids[0], ana, 40, 30)
    filled.references.expire([ids[1]], annotator_id=ana)
    core = filled.slices.get("core")
    assert (core.count, core.expired) == (10, 2)
    (found,) = [item for item in filled.versions.readiness().unmet if item.kind == "expired"]
    assert found.sentence.startswith("2 examples have a reference past its shelf life (case-0000, case-0001)")
    assert "they do not count and would be left out" in found.sentence
    assert "reviewer references expired" in found.remedy
    frozen = filled.versions.freeze("set", waive="small", annotator_id=ana)
    assert frozen.counts["core"] == 10
    assert {"case-0000", "case-0001"}.isdisjoint(item["id"] for item in filled.versions.records(frozen))

    done = filled.references.confirm(ids[:2], annotator_id=ana)
    assert done.sentence == "2 references confirmed as of today."
    assert (filled.slices.get("core").count, filled.slices.get("core").expired) == (12, 0)
    assert not filled.references.due(soon_days=14)
    filled.undo(ana)
    assert filled.slices.get("core").count == 10
    filled.redo(ana)
    assert filled.versions.freeze("set", waive="small", annotator_id=ana).counts["core"] == 12


def test_a_slice_that_gates_on_nothing_keeps_them(filled: Project, ids: list[int], ana: int) -> None:
    filled.slices.assign(ids, "edge", annotator_id=ana)
    filled.slices.edit("edge", gates_on="nothing", annotator_id=ana)
    filled.references.expire(ids[:1], annotator_id=ana)
    edge = filled.slices.get("edge")
    assert (edge.count, edge.expired) == (12, 1)
    (found,) = [item for item in filled.versions.readiness().unmet if item.kind == "expired"]
    assert "left out" not in found.sentence
    assert filled.versions.freeze("set", waive="small", annotator_id=ana).counts["edge"] == 12


def test_a_clock_that_is_set_back_makes_nothing_fresh_and_nothing_older(
    filled: Project, ids: list[int], ana: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled.slices.assign(ids[:1], "core", annotator_id=ana)
    _date(filled, ids[0], ana, 40, 30)
    before = filled.references.present_ms()
    monkeypatch.setattr(truths, "now_ms", lambda: before - 100 * DAY)
    assert filled.references.present_ms() >= before - DAY
    assert [item.example_id for item in filled.references.due(soon_days=0)] == ids[:1]
    assert filled.slices.get("core").count == 0
    as_of = _reference(filled, ids[0])["as_of_ms"]
    filled.references.confirm(ids[:1], annotator_id=ana)
    assert _reference(filled, ids[0])["as_of_ms"] > as_of
    assert filled.slices.get("core").count == 1
    filled.references.replace(ids[0], "Another truth.", annotator_id=ana)
    (past,) = filled.references.past(ids[0])
    assert past.as_of_ms is not None
    assert past.until_ms >= past.as_of_ms


def test_shelf_lives_are_given_to_many_at_once(filled: Project, ids: list[int], ana: int) -> None:
    filled.labels.set_reference(ids[0], ana, "")
    done = filled.references.set_shelf(ids, 90, annotator_id=ana)
    assert len(done.keys) == 11
    assert _reference(filled, ids[1])["shelf_days"] == 90
    assert _reference(filled, ids[1])["as_of_ms"] is not None
    filled.undo(ana)
    assert _reference(filled, ids[1])["shelf_days"] is None
    for days in (-1, 40_000):
        with pytest.raises(InputError, match="shelf life"):
            filled.references.set_shelf(ids, days, annotator_id=ana)
    with pytest.raises(ConflictError, match="case-0000 has no reference"):
        filled.references.confirm(ids, annotator_id=ana)
    with pytest.raises(NotFoundError):
        filled.references.expire([999], annotator_id=ana)


# -- old and new truths


def test_the_old_truth_is_kept_with_its_dates(filled: Project, ids: list[int], ana: int) -> None:
    old = _reference(filled, ids[0])
    done = filled.references.replace(
        ids[0],
        "Now 7 days.",
        annotator_id=ana,
        origin="policy v2",
        as_of_ms=1_790_000_000_000,
        shelf_days=60,
        stale=True,
    )
    assert done.keys == ("case-0000",)
    now = filled.examples.get(ids[0]).reference
    assert now is not None
    assert (now.text, now.origin, now.as_of_ms, now.shelf_days) == ("Now 7 days.", "policy v2", 1_790_000_000_000, 60)
    (past,) = filled.references.past(ids[0])
    assert (past.text, past.origin, past.until_ms, past.why, past.annotator) == (
        "It is settled in 3 days.",
        "kb",
        1_790_000_000_000,
        "stale_facts",
        "Ana",
    )
    filled.undo(ana)
    assert _reference(filled, ids[0]) == old
    assert filled.references.past(ids[0]) == ()
    filled.redo(ana)
    assert len(filled.references.past(ids[0])) == 1
    assert done.changes.examples == {ids[0]}
    with pytest.raises(InputError, match="would have been right"):
        filled.references.replace(ids[0], "  ", annotator_id=ana)


def test_what_held_before_can_be_told_where_there_was_no_reference(filled: Project, ids: list[int], ana: int) -> None:
    filled.labels.set_reference(ids[0], ana, "")
    assert [item.why for item in filled.references.past(ids[0])] == ["removed"]
    filled.references.replace(ids[0], "7 days.", annotator_id=ana, was="5 days.", stale=True)
    assert [(item.text, item.why) for item in filled.references.past(ids[0])][:1] == [("5 days.", "stale_facts")]


def test_a_correction_in_triage_keeps_the_old_truth_and_knows_stale_facts(
    filled: Project, ids: list[int], ana: int
) -> None:
    stale = filled.categories.by_name("stale_facts").id
    filled.labels.set_category(filled.examples.get(ids[0]).outputs[0].id, ana, stale)
    filled.labels.set_reference(ids[0], ana, "Now 9 days.", shelf_days=30)
    filled.labels.set_reference(ids[1], ana, "Never.")
    assert [item.why for item in filled.references.past(ids[0])] == ["stale_facts"]
    assert [item.why for item in filled.references.past(ids[1])] == ["corrected"]
    filled.labels.set_reference(ids[1], ana, "Never.", origin="policy")
    assert len(filled.references.past(ids[1])) == 1, "another source is not another truth"


# -- suspects


def test_words_and_figures_decide_who_agrees() -> None:
    assert agreement(gist("**Yes**, within 30 days."), gist("yes within 30 days")) == 1.0
    assert agreement(gist("Refunds take 30 days at most."), gist("Refunds take 45 days at most.")) == 0.0
    assert 0.8 < agreement(gist("a b c d e f g h 5"), gist("a b c d e f g x 5")) < 1.0
    assert met_by(gist("Within 30 days"), gist("You get it within 30 days, gladly.")) == 1.0
    assert met_by(gist(""), gist("anything")) == 1.0
    assert agreement(gist(""), gist("")) == 0.0


@pytest.mark.parametrize(
    ("reference", "output", "found"),
    [
        ("Within 30 days.", "You have 45 days.", ("30", "45")),
        ("84.02 due 2026-09-17", "84.20 due 17 September 2026", ("84.02", "84.2")),
        ("The engineer comes on Monday.", "The engineer will come on Friday.", ("monday", "friday")),
        ("It is refundable.", "It is not refundable.", ("", "not")),
        ("Yes, it is.", "No, it is not.", ("yes", "no")),
        ("By the documents, the new holder takes the arrears over.",
         "By the documents, arrears stay with the old holder [ACC-04@2].", ("new", "old")),
        ("Pay €5.00 by 2026-09-17.", "By 17 September 2026 you pay 5 €.", None),
        ("No fee: we cannot serve Lisbon.", "Lisbon is not served. No fee.", None),
        ("Three days, codes by app, not by mail.", "3 days. Codes by app only.", None),
        ("It is settled in 3 days.", "We settle it within 3 days, gladly.", None),
    ],
)  # fmt: skip
def test_a_contradiction_is_told_from_other_words(reference: str, output: str, found: tuple[str, str] | None) -> None:
    assert contradiction(gist(reference), gist(output)) == found


def test_right_references_of_the_demo_are_left_alone_and_mistaken_ones_found() -> None:
    """Each right base answer stands for outputs that agree; the reference beside it was written in other words."""
    rows = {name: _demo_lines(name) for name in ("production", "base", "truth")}
    right = [
        (row["reference"], base["output"])
        for row, base, truth in zip(rows["production"], rows["base"], rows["truth"], strict=True)
        if row.get("reference") and truth["base"]["passed"]
    ]
    assert len(right) > 150
    alarms = sum(not suspects._meets(gist(reference), gist(output)) for reference, output in right)
    assert alarms <= 0.03 * len(right)
    draw = Random(20261126)
    planted = {"number": 0, "denial": 0, "another answer": 0}
    tried = dict.fromkeys(planted, 0)
    texts = [row["reference"] for row in rows["production"] if row.get("reference")]
    for reference, output in right:
        said = gist(output)
        figure = re.search(r"[1-9]\d*", output)
        if figure:
            wrong = f"{output[: figure.start()]}7{output[figure.start() :]}"
            tried["number"] += 1
            planted["number"] += not suspects._meets(gist(wrong), said)
        if " is " in output and not re.search(r"(?i)\b(not?|none|without|nothing)\b", output):
            tried["denial"] += 1
            planted["denial"] += not suspects._meets(gist(output.replace(" is ", " is not ", 1)), said)
        other = draw.choice(texts)
        tried["another answer"] += 1
        planted["another answer"] += other == reference or not suspects._meets(gist(other), said)
    shares = {kind: planted[kind] / tried[kind] for kind in planted}
    assert min(tried.values()) >= 15, tried
    assert shares["number"] > 0.9, shares
    assert shares["denial"] > 0.8, shares
    assert shares["another answer"] > 0.8, shares


def test_every_mistaken_reference_of_the_demo_is_in_doubt(tmp_path: Path) -> None:
    with Project.open(demo.write(tmp_path)) as project:
        assert set(demo.MISTAKEN) <= {item.key for item in project.references.suspects()}


def _demo_lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (demo.folder() / f"{name}.jsonl").read_text("utf-8").splitlines()]


def _say(project: Project, example_id: int, **texts: str) -> None:
    with project.database.transaction() as connection:
        for variant, text in texts.items():
            connection.execute(
                "UPDATE output_payloads SET text = ? WHERE output_id = (SELECT o.id FROM outputs o JOIN variants v"
                " ON v.id = o.variant_id WHERE o.example_id = ? AND v.name = ?)",
                (dump(text), example_id, variant),
            )


def test_a_reference_that_the_variants_contradict_together_is_suspected(
    filled: Project, ids: list[int], ana: int
) -> None:
    assert filled.references.suspects() == ()
    _say(filled, ids[0], base="It takes 9 days.", tuned="it takes **9 days**")  # the reference says 3
    _say(filled, ids[1], base="It is settled in 4 days.", tuned="It is settled in 4 days.")  # as the reference
    _say(filled, ids[2], base="It takes 9 days.", tuned="It takes 8 days.")  # they do not agree
    (found,) = filled.references.suspects()
    assert (found.key, found.agreeing, found.agreement) == ("case-0000", ("base", "tuned"), 1.0)
    assert found.reference == "It is settled in 3 days."
    assert [name for name, _ in found.outputs] == ["base", "tuned", "prod"]
    assert found.reason.startswith("base and tuned say the same")

    filled.references.keep(found, annotator_id=ana, note="the policy says 3")
    assert filled.references.suspects() == ()
    filled.undo(ana)
    assert filled.references.suspects() == (found,)
    filled.references.keep(found, annotator_id=ana)
    _say(filled, ids[0], base="It takes 10 days.", tuned="It takes 10 days.")
    (again,) = filled.references.suspects()
    filled.references.keep(again, annotator_id=ana)  # looked at once more
    assert filled.references.suspects() == ()
    filled.references.replace(ids[0], "It takes 10 days.", annotator_id=ana)
    assert filled.references.suspects() == ()
    filled.references.replace(ids[0], "Now it takes 12 days.", annotator_id=ana, stale=True)
    assert filled.references.suspects() == (), "they tell the old truth"
    _say(filled, ids[3], prod="Nein.", base="Nein.", tuned="Nein.")
    (found,) = filled.references.suspects()
    assert found.agreeing == ("prod", "base", "tuned")
    filled.references.expire([ids[3]], annotator_id=ana)
    assert filled.references.suspects() == ()


def test_nothing_of_an_open_study_is_looked_at(filled: Project, ids: list[int], ana: int) -> None:
    _say(filled, ids[0], prod="It takes 9 days.", base="It takes 9 days.", tuned="It takes 9 days.")
    assert len(filled.references.suspects()) == 1
    filled.studies.create("Blind", "base", "tuned", annotator_id=ana)
    assert filled.references.suspects() == (), "what production says of it would tell of what is sealed"
    filled.studies.abandon("Blind", annotator_id=ana)
    assert len(filled.references.suspects()) == 1


def test_a_truth_is_not_dated_in_the_future(filled: Project, ids: list[int], ana: int) -> None:
    soon = filled.references.present_ms() + 5 * 86_400_000
    with pytest.raises(InputError, match="is still to come"):
        filled.references.replace(ids[0], "Seventy.", as_of_ms=soon, annotator_id=ana)
