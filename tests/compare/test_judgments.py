"""Judging: correctness first and locked, the two answers far apart, sides balanced, resumable."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from reviewer.compare import seals
from reviewer.compare.judgments import AnswerTask, PairTask
from reviewer.compare.presentation import presentation
from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.project import Project
from tests.compare.conftest import judge


@pytest.fixture
def studied(filled: Project) -> Project:
    """A project with an open study of twelve pairs, in two slices."""
    with filled.database.transaction() as connection:
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms)"
            " SELECT id, CASE WHEN id % 3 THEN 'core' ELSE 'edge' END, 1 FROM examples"
        )
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    return filled


def test_every_answer_comes_before_the_first_pair_and_far_from_its_fellow(studied: Project, ana: int) -> None:
    met: list[int] = []
    kinds = []
    while (task := studied.judgments.next("first", ana)) is not None:
        kinds.append(type(task))
        if isinstance(task, AnswerTask):
            assert (task.number, task.total) == (len(met) + 1, 24)
            met.append(task.example_id)
            studied.judgments.lock("first", task.side.id, ana, "pass")
        else:
            studied.judgments.prefer("first", task.pair_id, ana, "tie")
    assert kinds == [AnswerTask] * 24 + [PairTask] * 12
    assert sorted(met[:12]) == sorted(met[12:]) == sorted(set(met))
    assert min(met.index(example, 12) - met.index(example) for example in set(met)) >= 6
    assert studied.judgments.progress("first", ana).finished


def test_a_task_shows_question_reference_and_documents(studied: Project, ana: int) -> None:
    task = studied.judgments.next("first", ana)
    assert isinstance(task, AnswerTask)
    assert task.question.messages[-1].role == "user"
    assert task.question.reference
    assert task.question.documents[0].id.startswith("kb-")
    assert "answer" in task.side.text


def test_the_work_is_resumed_where_it_was_left(studied: Project, ana: int, tmp_path: Path) -> None:
    judge(studied, "first", ana, limit=5)
    expected = studied.judgments.next("first", ana)
    path = studied.path
    studied.close()
    with Project.open(path) as again:
        assert again.judgments.next("first", ana) == expected
        progress = again.judgments.progress("first", ana)
        assert (progress.answers, progress.answers_total, progress.pairs, progress.pairs_total) == (5, 24, 0, 12)


def test_a_locked_verdict_stays(studied: Project, ana: int) -> None:
    task = studied.judgments.next("first", ana)
    assert isinstance(task, AnswerTask)
    end = len(task.side.text)
    changes = studied.judgments.lock(
        "first", task.side.id, ana, "fail", evidence=[(0, 5), (0, 5)], severity="high", missing_caveat=True, note=" no "
    )
    assert changes.tables == {"correctness_judgments"}
    with pytest.raises(ConflictError, match="locked"):
        studied.judgments.lock("first", task.side.id, ana, "pass")
    with pytest.raises(ConflictError, match="nothing to undo"):
        studied.undo(ana)
    with studied.database.read() as connection:
        row = connection.execute("SELECT * FROM correctness_judgments").fetchone()
    assert (row["verdict"], row["severity"], row["missing_caveat"], row["note"]) == ("fail", "high", 1, "no")
    assert row["evidence"] == '[{"start":0,"end":5}]'
    following = studied.judgments.next("first", ana)
    assert isinstance(following, AnswerTask)
    for wrong in ({"evidence": [(0, end + 999)]}, {"evidence": [(3, 3)]}, {"severity": "dire"}):
        with pytest.raises(InputError):
            studied.judgments.lock("first", following.side.id, ana, "fail", **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        studied.judgments.lock("first", following.side.id, ana, "good")
    with pytest.raises(NotFoundError):
        studied.judgments.lock("first", 9999, ana, "pass")


def test_a_preference_is_undone_across_pairs_until_the_study_closes(studied: Project, ana: int) -> None:
    judge(studied, "first", ana, limit=24)
    first = studied.judgments.next("first", ana)
    assert isinstance(first, PairTask)
    studied.judgments.prefer("first", first.pair_id, ana, "left")
    second = studied.judgments.next("first", ana)
    assert isinstance(second, PairTask)
    studied.judgments.prefer("first", second.pair_id, ana, "both_bad")
    assert studied.undo_title(ana) == "pair 2: both bad"
    changes = studied.undo(ana)
    assert (changes.room, changes.focus) == ("compare", second.example_id)
    assert studied.judgments.next("first", ana) == second
    studied.undo(ana)
    assert studied.judgments.next("first", ana) == first
    studied.redo(ana)
    studied.redo(ana)
    assert studied.judgments.progress("first", ana).pairs == 2
    studied.undo(ana)
    studied.studies.close("first")
    for verb in (studied.undo, studied.redo):
        with pytest.raises(ConflictError, match="nothing to"):
            verb(ana)
    with pytest.raises(ConflictError, match="closed"):
        studied.judgments.prefer("first", second.pair_id, ana, "left")
    with pytest.raises(ConflictError, match="closed"):
        studied.judgments.next("first", ana)


def test_pairs_wait_for_the_last_answer(studied: Project, ana: int, ben: int) -> None:
    judge(studied, "first", ana, limit=24)
    pair = studied.judgments.next("first", ana)
    assert isinstance(pair, PairTask)
    with pytest.raises(ConflictError, match="single answer"):
        studied.judgments.prefer("first", pair.pair_id, ben, "left")
    with pytest.raises(InputError):
        studied.judgments.prefer("first", pair.pair_id, ana, "A")
    with pytest.raises(NotFoundError):
        studied.judgments.prefer("first", 9999, ana, "left")


def test_sides_are_balanced_for_each_annotator_and_slice_in_random_order(studied: Project) -> None:
    with studied.database.read() as connection:
        sealed = seals.read(connection, 1)
        slices = [
            (row["id"], row["slice"]) for row in connection.execute("SELECT id, slice FROM pairs ORDER BY position")
        ]
    tuned = {side for _, side, _ in sealed.sides}
    seen = set()
    for annotator in range(1, 40):
        shown = presentation(sealed, slices, annotator, Protocol.bare())
        lefts = Counter(
            (slice_name, left in tuned)
            for pair, left, _ in shown.pairs
            for found, slice_name in slices
            if found == pair
        )
        assert lefts == {("core", True): 4, ("core", False): 4, ("edge", True): 2, ("edge", False): 2}
        assert sum(side in tuned for side in shown.answers[:12]) == 6
        assert len(set(shown.answers)) == 24
        seen.add(tuple(left in tuned for _, left, _ in shown.pairs))
    assert len(seen) > 30, "annotators see the sides in orders of their own"


def test_two_people_judge_apart(studied: Project, ana: int, ben: int) -> None:
    judge(studied, "first", ana, limit=3)
    assert studied.judgments.progress("first", ben).done == 0
    assert judge(studied, "first", ben) == 36
    assert studied.judgments.progress("first", ana).done == 3
