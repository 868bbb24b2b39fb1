"""Which example comes next, and coming back to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewer.errors import InputError, NotFoundError
from reviewer.project import Project
from reviewer.triage.queues import Place
from tests.conftest import fill
from tests.triage.conftest import category, output_ids, seal, walk


def test_an_empty_project_has_nothing_to_do(project: Project, ana: int) -> None:
    queue = project.queues.open(ana)
    assert (queue.current(), queue.peek(), queue.back(), queue.total) == (None, None, None, 0)


def test_random_visits_each_once_in_a_seeded_order(
    project: Project, ana: int, make_examples: Callable[[int], list[int]]
) -> None:
    ids = make_examples(60)
    first = walk(project.queues.open(ana, seed=5))
    assert sorted(first) == ids
    assert first != ids
    assert walk(project.queues.open(ana, seed=5)) == first
    assert walk(project.queues.open(ana, seed=6)) != first


def test_production_is_the_default_and_another_can_be_chosen(filled: Project, ana: int) -> None:
    queue = filled.queues.open(ana)
    assert queue.variant is not None
    assert queue.variant.name == "prod"
    stop = filled.queues.open(ana, variant="tuned").current()
    assert stop is not None
    assert stop.output_id in output_ids(filled, "tuned")
    with pytest.raises(NotFoundError, match="It has outputs of: prod, base, tuned"):
        filled.queues.open(ana, variant="other")
    with pytest.raises(InputError):
        filled.queues.open(ana, "sideways")


def test_position_back_and_forward(filled: Project, ana: int) -> None:
    queue = filled.queues.open(ana, seed=1)
    first = queue.current()
    assert first is not None
    assert (first.position, queue.position, queue.total) == (1, 1, 12)
    ahead = queue.peek()
    filled.labels.set_verdict(first.output_id, ana, "pass")
    second = queue.forward()
    assert second == ahead
    assert second is not None
    assert (second.position, queue.total) == (2, 12)
    back = queue.back()
    assert back is not None
    assert (back.example_id, back.position) == (first.example_id, 1)
    assert queue.back() is None
    assert queue.forward() == second


def test_it_is_resumed_where_it_was_left(filled: Project, ana: int, ben: int) -> None:
    queue = filled.queues.open(ana, seed=3)
    for _ in range(4):
        stop = queue.current()
        assert stop is not None
        filled.labels.set_verdict(stop.output_id, ana, "pass")
        queue.forward()
    here = queue.current()
    queue.save()
    again = filled.queues.open(ana)
    assert again.current() == here
    assert (again.position, again.total) == (5, 12)
    before = again.back()
    assert before is not None
    assert filled.labels.get(before.output_id, ana) is not None
    other = filled.queues.open(ben)
    assert other.position == 1


def test_an_answer_after_the_last_save_is_not_asked_again(filled: Project, ana: int) -> None:
    queue = filled.queues.open(ana, seed=3)
    order = walk(filled.queues.open(ana, seed=3))
    queue.current()
    queue.save()
    for _ in range(3):  # the program is killed after these: their places were never saved
        stop = queue.current()
        assert stop is not None
        filled.labels.set_verdict(stop.output_id, ana, "fail")
        queue.forward()
    again = filled.queues.open(ana)
    stop = again.current()
    assert stop is not None
    assert stop.example_id == order[3]
    assert (again.position, again.total) == (4, 12)


def test_what_was_passed_over_comes_last(filled: Project, ana: int) -> None:
    queue = filled.queues.open(ana, seed=2)
    order = walk(filled.queues.open(ana, seed=2))
    queue.current()
    queue.forward()  # the first one is passed over
    for _ in range(11):
        stop = queue.current()
        assert stop is not None
        filled.labels.set_verdict(stop.output_id, ana, "pass")
        queue.forward()
    last = queue.current()
    assert last is not None
    assert last.example_id == order[0]
    filled.labels.set_verdict(last.output_id, ana, "pass")
    assert queue.forward() is None
    assert queue.peek() is None


def test_stratified_takes_turns(filled: Project, ana: int) -> None:
    queue = filled.queues.open(ana, "stratified", seed=1)
    stop = queue.current()
    assert stop is not None
    assert stop.why == "the turn of billing, random among them"
    flows = [filled.examples.get(number).workflow for number in walk(queue)]
    assert len(flows) == 12
    assert flows == ["billing", "refunds", "visits"] * 4


def test_stratified_when_a_workflow_runs_out(project: Project, ana: int) -> None:
    fill(project, 9)
    with project.database.transaction() as connection:
        connection.execute("UPDATE examples SET workflow = '' WHERE id IN (1, 2)")
        connection.execute("UPDATE examples SET workflow = 'rare' WHERE id > 8")
        connection.execute("UPDATE examples SET workflow = 'common' WHERE id BETWEEN 3 AND 8")
    flows = [project.examples.get(number).workflow for number in walk(project.queues.open(ana, "stratified"))]
    assert flows == ["", "common", "rare", "", "common", "common", "common", "common", "common"]


def test_flagged_first(filled: Project, ana: int) -> None:
    for key in ("case-0007", "case-0002"):
        filled.labels.set_flag(filled.examples.by_key(key).id, ana, True)
    queue = filled.queues.open(ana, "flagged", seed=1)
    first = queue.current()
    assert first is not None
    assert first.why == "flagged"
    order = [filled.examples.get(number).key for number in walk(queue)]
    assert order[:2] == ["case-0002", "case-0007"]
    assert len(set(order)) == 12


def test_unlabelled_means_by_nobody(filled: Project, ana: int, ben: int) -> None:
    outputs = output_ids(filled)
    for output in outputs[:5]:
        filled.labels.set_verdict(output, ben, "pass")
    filled.labels.set_verdict(outputs[5], ben, "skipped")
    queue = filled.queues.open(ana, "unlabelled")
    assert queue.total == 7
    assert len(walk(queue)) == 7
    assert filled.queues.open(ana, "random").total == 12


def test_the_coding_pass_takes_failures_without_a_category(filled: Project, ana: int, ben: int) -> None:
    outputs = output_ids(filled)
    for number, verdict in enumerate(["fail", "pass", "fail", "fail"]):
        filled.labels.set_verdict(outputs[number], ana, verdict)
    filled.labels.set_verdict(outputs[5], ben, "fail")
    filled.labels.set_category(outputs[0], ana, category(filled, "stale_facts"))
    queue = filled.queues.open(ana, "random", "coding")
    assert (queue.position, queue.total) == (2, 3)
    stop = queue.current()
    assert stop is not None
    assert stop.output_id == outputs[2]
    assert stop.why == "failed, and has no category yet"
    following = queue.forward()
    assert following is not None
    assert following.output_id == outputs[3]
    filled.labels.set_category(outputs[3], ana, category(filled, "stale_facts"))
    wrapped = queue.forward()
    assert wrapped is not None
    assert wrapped.output_id == outputs[2]


def test_sealed_excluded_and_deleted_ones_are_left_out(filled: Project, ana: int) -> None:
    outputs = output_ids(filled)
    seal(filled, outputs[0])
    filled.labels.exclude(filled.examples.by_key("case-0001").id, ana, "a test")
    queue = filled.queues.open(ana, seed=1)
    assert queue.total == 10
    order = walk(queue)
    assert len(order) == 10
    assert not {1, 2} & set(order)
    with filled.database.transaction() as connection:
        connection.execute("DELETE FROM examples WHERE id = ?", (order[-2],))
    back = [queue.back(), queue.back()]
    assert [stop and stop.example_id for stop in back] == [order[-1], order[-3]]
    assert queue.visit(1) is None


def test_an_aside_leads_back(filled: Project, ana: int) -> None:
    order = walk(filled.queues.open(ana, seed=4))
    queue = filled.queues.open(ana, seed=4)
    here = queue.current()
    aside = queue.visit(order[7])
    assert aside is not None
    assert (aside.aside, aside.why) == (True, "opened from elsewhere")
    assert queue.current() == aside
    assert queue.peek() == here
    assert queue.forward() == here
    queue.forward()
    known = queue.visit(order[0])
    assert known is not None
    assert not known.aside
    assert known.position == 1


def test_later_imports_come_after(filled: Project, ana: int) -> None:
    queue = filled.queues.open(ana, seed=9)
    early = {*walk(queue)}
    queue.save()
    with filled.database.transaction() as connection:
        connection.execute("UPDATE examples SET key = 'old-' || key")
    late = {*fill(filled, 5)}
    queue = filled.queues.open(ana)
    assert queue.total == 17
    queue.visit(max(early))
    order = []
    for _ in range(40):
        stop = queue.forward()
        if stop is None:
            break
        order.append(stop.example_id)
    assert late <= set(order)


def test_the_place_is_remembered(project: Project, ana: int) -> None:
    assert project.queues.place(ana) == Place("random", "open", None)
    project.queues.remember(ana, Place("stratified", "one", "prod"))
    assert project.queues.place(ana) == Place("stratified", "one", "prod")


def test_a_long_way_keeps_its_places(project: Project, ana: int) -> None:
    with project.database.transaction() as connection:
        connection.execute("INSERT INTO variants (name, role) VALUES ('prod', 'production')")
        connection.executemany(
            "INSERT INTO examples (key, workflow, content_hash, created_ms) VALUES (?, ?, '', 0)",
            ((f"e{number}", "big" if number % 50 else "small") for number in range(3000)),
        )
        connection.execute("INSERT INTO outputs (example_id, variant_id) SELECT id, 1 FROM examples")
    for kind in ("random", "stratified"):
        queue = project.queues.open(ana, kind, seed=1)
        stop = queue.current()
        found = []
        while stop is not None and len(found) < 3000:
            found.append(stop.example_id)
            assert stop.position == len(found)
            project.database.meta("x")
            with project.database.transaction() as connection:
                connection.execute(
                    "INSERT OR IGNORE INTO labels (output_id, annotator_id, verdict, created_ms, updated_ms)"
                    " VALUES (?, ?, 'pass', 0, 0)",
                    (stop.output_id, ana),
                )
            stop = queue.forward()
        assert len(set(found)) == 3000
        with project.database.transaction() as connection:
            connection.execute("DELETE FROM labels")
