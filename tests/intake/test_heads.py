"""The first page of a filter, as the whole list begins, and given up where it takes long."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewer.errors import Cancelled
from reviewer.intake import heads
from reviewer.intake.filters import Filter
from reviewer.intake.pages import PAGE
from reviewer.project import Project

QUERIES = (
    "", "workflow:billing", "question", "question workflow:visits", "-is:flagged", "nosuchword", "-billing",
    "workflow:billing workflow:refunds", "workflow:visits workflow:nowhere -is:flagged",
    "workflow:billing workflow:refunds -workflow:refunds", "workflow:nowhere workflow:nobody",
)  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
def test_a_head_is_where_the_whole_list_begins(
    query: str, project: Project, make_examples: Callable[[int], list[int]]
) -> None:
    make_examples(450)
    project.search.complete()
    wanted = Filter.parse(query)
    plan = project.examples.outline(wanted)
    expected = list(project.examples.page(plan, 0)) if plan.total else []
    head = project.examples.head(wanted)
    assert head is not None
    assert list(head.rows) == expected
    assert head.complete == (plan.total < PAGE)


def test_a_head_says_whether_one_example_is_among_all(
    project: Project, make_examples: Callable[[int], list[int]]
) -> None:
    ids = make_examples(450)
    project.search.complete()
    for query, place, holds in (
        ("", 440, True),
        ("workflow:refunds", 441, True),
        ("workflow:refunds", 442, False),
        ("question", 440, True),
        ("question workflow:billing", 442, True),
        ("question workflow:billing", 441, False),
        ("nosuchword", 1, False),
        ("-refunds", 441, False),
        ("-refunds", 442, True),
    ):
        head = project.examples.head(Filter.parse(query), ids[place])
        assert head is not None
        assert head.holds is holds, (query, place)
        assert ids[place] not in [row.id for row in head.rows] or not holds or place < PAGE * 3


def test_a_word_that_is_being_typed_may_go_on(filled: Project) -> None:
    filled.search.complete()
    wanted = Filter.parse("refu")
    whole, typed = filled.examples.head(wanted), filled.examples.head(wanted, typing=True)
    assert whole is not None
    assert typed is not None
    assert (len(whole.rows), len(typed.rows)) == (0, 4)


def test_a_head_that_takes_long_is_left_to_the_whole_list(
    project: Project, make_examples: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_examples(450)
    monkeypatch.setattr(heads, "PATIENCE_S", -1.0)
    monkeypatch.setattr(heads, "_HEARD_EVERY", 10)
    assert project.examples.head(Filter.parse("has:error")) is None
    # The connection serves the next question as ever.
    assert project.examples.count() == 450


def test_an_outline_that_nobody_wants_any_more_is_given_up(
    project: Project, make_examples: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_examples(450)
    monkeypatch.setattr(heads, "_HEARD_EVERY", 10)

    def check() -> None:
        raise Cancelled("a newer question")

    with pytest.raises(Cancelled, match="newer"):
        project.examples.outline(Filter.parse("workflow:billing"), None, check)
    assert project.examples.outline(Filter.parse("workflow:billing")).total == 150
