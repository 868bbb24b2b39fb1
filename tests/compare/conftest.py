"""What the tests of studies share: published pairs, where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reviewer.compare.judgments import AnswerTask, GuessTask, PairTask
from reviewer.project import Project

DATA = Path(os.environ.get("REVIEWER_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.fixture(scope="session")
def pandalm_file() -> Path:
    """The published answer pairs with three people's votes; the test is skipped where the file is absent."""
    path = DATA / "pandalm" / "testset-v1.json"
    if not path.is_file():
        pytest.skip("the published pairs are not on this machine")
    return path


@pytest.fixture
def ana(project: Project) -> int:
    """An annotator."""
    return project.annotators.get_or_add("Ana")


@pytest.fixture
def ben(project: Project) -> int:
    """Another annotator."""
    return project.annotators.get_or_add("Ben")


def judge(
    project: Project,
    study: str,
    annotator_id: int,
    verdict: Callable[[AnswerTask], str] = lambda task: "pass",
    choice: Callable[[PairTask], str] = lambda task: "tie",
    limit: int | None = None,
) -> int:
    """Judge what is next until nothing is, or `limit` tasks; returns how many were judged."""
    done = 0
    while limit is None or done < limit:
        task = project.judgments.next(study, annotator_id)
        if task is None:
            break
        if isinstance(task, AnswerTask):
            project.judgments.lock(study, task.side.id, annotator_id, verdict(task))
        elif isinstance(task, GuessTask):
            project.judgments.guess(study, task.pair_id, annotator_id, "left")
        else:
            project.judgments.prefer(study, task.pair_id, annotator_id, choice(task))
        done += 1
    return done
