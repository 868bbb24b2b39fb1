"""The filter language: it reads what it writes, and its SQL finds what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.errors import InputError
from reviewer.intake.filters import FIELDS, Filter, Term
from reviewer.project import Project

FREE = sorted(set(FIELDS) - {"is", "has", "after", "before", "label", "slice"})


@given(st.lists(st.builds(Term, st.sampled_from(FREE), st.text(max_size=20), st.booleans()), max_size=5, unique=True))
def test_a_written_filter_reads_back_the_same(terms: list[Term]) -> None:
    wanted = Filter(tuple(terms))
    assert Filter.parse(str(wanted)) == wanted


@given(st.text(max_size=60))
def test_any_text_parses_or_says_what_is_wrong_and_settles(text: str) -> None:
    try:
        first = Filter.parse(text)
    except InputError:
        return
    assert Filter.parse(str(first)) == first


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("is:red", "flagged"),
        ("after:yesterday", "2026-01-31"),
        ("workflw:refunds", "workflow:"),
    ],
)
def test_a_wrong_word_is_named_with_its_remedy(query: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Filter.parse(query)


def test_what_is_not_a_field_is_searched_for() -> None:
    assert Filter.parse("see https://example.org note: late").text == "see https://example.org note: late"
    assert Filter.parse('workflow:refunds "late deliv').text == '"late deliv"'


def _keys(project: Project, query: str) -> set[str]:
    where, values = project.filters.where(query)
    with project.database.read() as connection:
        return {row["key"] for row in connection.execute(f"SELECT e.key FROM examples e WHERE {where}", values)}


def _label(
    project: Project,
    example_id: int,
    verdict: str,
    *,
    annotator: str = "Ana",
    variant: str = "prod",
    category: str = "",
) -> None:
    annotator_id = project.annotators.get_or_add(annotator)
    with project.database.transaction() as connection:
        connection.execute(
            "INSERT INTO labels (output_id, annotator_id, verdict, category_id, created_ms, updated_ms)"
            " SELECT o.id, ?, ?, (SELECT id FROM categories WHERE code = ?), 0, 0 FROM outputs o"
            " JOIN variants v ON v.id = o.variant_id WHERE o.example_id = ? AND v.name = ?",
            (annotator_id, verdict, category, example_id, variant),
        )


def test_conditions_on_fields(filled: Project) -> None:
    with filled.database.read() as connection:
        ids = [row["id"] for row in connection.execute("SELECT id FROM examples ORDER BY id")]
        code = connection.execute("SELECT code FROM categories ORDER BY position").fetchone()["code"]
    _label(filled, ids[0], "pass")
    _label(filled, ids[1], "fail", category=code)
    _label(filled, ids[2], "fail", annotator="Ben", variant="base")
    with filled.database.transaction() as connection:
        connection.execute("UPDATE examples SET flagged = 1 WHERE id IN (?, ?)", ids[:2])
        connection.execute("UPDATE examples SET excluded = 1 WHERE id = ?", ids[:1])
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms) VALUES (?, 'core', 0)", (ids[3],)
        )
        connection.execute("UPDATE outputs SET score = 0.5 WHERE example_id = ?", (ids[4],))
    everything = {f"case-{number:04d}" for number in range(12)}
    assert _keys(filled, "") == everything
    assert _keys(filled, "workflow:refunds") == {f"case-{number:04d}" for number in (0, 3, 6, 9)}
    assert len(_keys(filled, "workflow:refunds workflow:billing")) == 8
    assert len(_keys(filled, "-workflow:refunds")) == 8
    assert _keys(filled, "label:pass") == {"case-0000"}
    assert _keys(filled, f"label:{code}") == {"case-0001"}
    assert _keys(filled, "label:fail annotator:Ben") == {"case-0002"}
    assert _keys(filled, "label:fail annotator:Ben variant:prod") == set()
    assert len(_keys(filled, "label:unlabelled")) == 9
    assert len(_keys(filled, "label:unlabelled annotator:Ana")) == 10
    assert _keys(filled, "annotator:Ben") == {"case-0002"}
    assert _keys(filled, "is:flagged is:excluded") == {"case-0000"}
    assert _keys(filled, "is:flagged -is:excluded") == {"case-0001"}
    assert _keys(filled, "slice:core") == {"case-0003"}
    assert len(_keys(filled, "slice:none")) == 11
    assert _keys(filled, "is:failed") == {"case-0004"}
    assert _keys(filled, "has:reference") == everything
    assert _keys(filled, "id:case-0001") == {"case-0001"}
    assert len(_keys(filled, "id:case-001*")) == 2
    assert len(_keys(filled, "after:2025-10-09")) + len(_keys(filled, "before:2025-10-09")) == 12
    assert _keys(filled, "variant:nobody") == set()
    assert len(_keys(filled, "month:2025-10")) == 12
    assert _keys(filled, "month:none") == set()


def test_saved_filters_are_actions_that_can_be_undone(filled: Project) -> None:
    ana = filled.annotators.get_or_add("Ana")
    filled.filters.save("Refunds", Filter.parse("workflow:refunds"), ana)
    filled.filters.save("Refunds", Filter.parse("workflow:refunds is:flagged"), ana)
    (saved,) = filled.filters.saved()
    assert str(saved.filter) == "workflow:refunds is:flagged"
    filled.undo(ana)
    assert str(filled.filters.saved()[0].filter) == "workflow:refunds"
    filled.filters.delete(saved.id, ana)
    assert filled.filters.saved() == []
    filled.undo(ana)
    assert [saved.name for saved in filled.filters.saved()] == ["Refunds"]
    with pytest.raises(InputError):
        filled.filters.save(" ", Filter.parse("is:flagged"), ana)
    with pytest.raises(InputError):
        filled.filters.save("Nothing", Filter(), ana)


@pytest.mark.parametrize("query", ["bogus:xx", "-bogus:xx", 'bogus:"x y"', "slice:bogus", "workflw:x"])
def test_a_field_or_slice_that_is_none_is_refused(query: str) -> None:
    with pytest.raises(InputError, match=r"bogus|workflw"):
        Filter.parse(query)


@pytest.mark.parametrize(
    "query", ["http://x.example/a", "10:30", "C:\\files", '"bogus:xx"', "bogus:", "a::b", "slice:"]
)
def test_text_with_a_colon_stays_text(query: str) -> None:
    assert Filter.parse(query).terms == ()


def test_a_label_that_is_none_is_refused_with_what_there_is(filled: Project) -> None:
    for ask in (filled.filters.where, filled.examples.find):
        with pytest.raises(InputError, match=r"no verdict or category “fial”; label takes pass, fail, .*stale_facts"):
            ask("label:fial")
        ask("label:fail label:stale_facts -label:unlabelled")
