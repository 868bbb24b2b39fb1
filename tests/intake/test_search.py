"""The text index: what it finds, that it follows every change, and what it never tells."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.formats.conversation import Message
from reviewer.intake import index_building
from reviewer.intake.filters import Filter
from reviewer.intake.index_building import IndexBuilding
from reviewer.intake.search import Search
from reviewer.intake.search_words import fts_query
from reviewer.project import Project
from tests.rows import add_example, add_output, add_variant, set_reference


def add(project: Project, key: str, said: str, *answers: str, reference: str = "") -> int:
    with project.database.transaction() as connection:
        messages = [Message("system", "confidential policy"), Message("user", said)]
        example_id = add_example(connection, key=key, messages=messages)
        for number, answer in enumerate(answers):
            variant_id = add_variant(connection, f"v{number}")
            add_output(connection, example_id=example_id, variant_id=variant_id, text=answer)
        if reference:
            set_reference(connection, example_id, reference)
    return example_id


def found(project: Project, query: str, *, typing: bool = False) -> list[str]:
    project.search.complete()
    hits = project.search.query(query, typing=typing)
    assert hits.total == len(hits.hits)
    return sorted(hit.key for hit in hits.hits)


@pytest.fixture
def texts(project: Project) -> Project:
    add(project, "a", "Where is my late delivery?", "It comes on Monday.", reference="Ask the courier.")
    add(project, "b", "Cancel the delivery, please.", "Cancelled – Übergröße included.")
    add(project, "c", "The invoice is late.", "We deliver it again.")
    return project


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        ("late", ["a", "c"]),
        ("late delivery", ["a"]),
        ('"late delivery"', ["a"]),
        ('"delivery late"', []),
        ("deliver", ["c"]),
        ("deliver*", ["a", "b", "c"]),
        ("late -delivery", ["c"]),
        ("late -deliv*", []),
        ("monday OR cancel", ["a", "b"]),
        ("courier", ["a"]),
        ("ubergrosse OR übergröße", ["b"]),
        ("confidential", []),
        ("-late", ["b"]),
        ("-late -cancel", []),
        ('-"late delivery"', ["b", "c"]),
        ("", []),
        ("%$#", []),
    ],
)
def test_queries(texts: Project, query: str, keys: list[str]) -> None:
    assert found(texts, query) == keys


def test_the_last_word_may_go_on_while_typing(texts: Project) -> None:
    assert found(texts, "late deliv", typing=True) == ["a", "c"]
    assert found(texts, "late deliv ", typing=True) == []


@given(st.text(max_size=40))
def test_no_text_is_a_syntax_error(text: str) -> None:
    index = sqlite3.connect(":memory:")
    index.execute("CREATE VIRTUAL TABLE texts USING fts5(a, content='')")
    for typing in (False, True):
        query = fts_query(text, typing=typing)
        if query:
            index.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (query.words,)).fetchall()
    index.close()


@pytest.mark.parametrize(
    "text", ["a AND", "NEAR(a b)", "input:late", "^late", 'a"b', "late)", "(late", "a - b", "*", "OR OR a OR"]
)
def test_the_index_s_own_syntax_is_only_text(texts: Project, text: str) -> None:
    found(texts, text)
    found(texts, text, typing=True)


def test_changes_are_followed(texts: Project, make_examples: Callable[[int], list[int]]) -> None:
    assert found(texts, "tomorrow") == []
    ana = texts.annotators.get_or_add("Ana")
    example = texts.examples.by_key("c")
    with texts.database.action("write", ana, focus=example.id) as action:
        action.insert("example_references", example_id=example.id, body='"Only tomorrow."', updated_ms=0)
    assert not texts.search.up_to_date()
    assert found(texts, "tomorrow") == ["c"]
    assert found(texts, "invoice") == ["c"]
    texts.undo(ana)
    assert found(texts, "tomorrow") == []
    make_examples(900)
    assert len(found(texts, "billing case")) == 0
    assert texts.examples.count(Filter.parse("billing")) == 300


def test_what_is_removed_vanishes(project: Project, tmp_path: object) -> None:
    from pathlib import Path

    first, second = Path(str(tmp_path)) / "one.jsonl", Path(str(tmp_path)) / "two.jsonl"
    first.write_text('{"id": "a", "prompt": "apple"}\n{"id": "b", "prompt": "apple", "output": "x"}\n')
    second.write_text('{"id": "b", "output": "banana"}\n{"id": "c", "prompt": "apple", "output": "y"}\n')
    project.sources.import_file(first)
    project.sources.import_file(second, {"id": "id", "prompt": "prompt", "output": "output"}, variant="v", exact=True)
    assert found(project, "apple") == ["a", "b", "c"]
    assert found(project, "banana") == ["b"]
    project.sources.remove(project.sources.list()[1].id)
    assert found(project, "banana") == []
    assert found(project, "apple") == ["a", "b"]
    add(project, "d", "apple")
    assert found(project, "apple") == ["a", "b", "d"]


def test_building_goes_on_where_it_stopped(project: Project, make_examples: Callable[[int], list[int]]) -> None:
    make_examples(1000)
    search = project.search
    index = search._connection(build=True)
    building = IndexBuilding(project.database, search.path, index, threading.Event(), lambda: None, search.up_to_date)
    building.prepare()
    assert building.portion()
    done, total = project.search.progress()
    assert 0 < done < total == 1000
    assert not project.search.query("billing").complete
    again = Search(project.database)
    assert again.progress() == (done, total)
    again.complete()
    assert again.progress() == (1000, 1000)
    assert again.query("question").total == 1000
    again.close()


def test_portions_grow_while_each_is_soon_done(
    project: Project, make_examples: Callable[[int], list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_examples(1000)
    search = project.search
    index = search._connection(build=True)
    building = IndexBuilding(project.database, search.path, index, threading.Event(), lambda: None, search.up_to_date)
    building.prepare()
    for patience, done in ((60.0, 400), (-1.0, 1000)):
        monkeypatch.setattr(index_building, "PORTION_S", patience)
        assert building.portion()
        assert search.progress() == (done, 1000)
    assert building._portion == 400  # it had grown to 800


def test_building_behind_the_work(filled: Project) -> None:
    filled.search.start()
    thread = filled.search._thread
    if thread is not None:
        thread.join()
    assert filled.search.up_to_date()
    assert filled.search.query("refunds").complete


def test_a_damaged_index_is_made_anew(texts: Project) -> None:
    path = texts.search.path
    path.write_bytes(b"not a database" * 1000)
    assert found(texts, "late") == ["a", "c"]


def test_the_words_of_sealed_outputs_leave_the_index(texts: Project) -> None:
    assert found(texts, "monday") == ["a"]
    with texts.database.transaction() as connection:
        connection.execute(
            "INSERT INTO studies (name, base_variant_id, tuned_variant_id, plan, plan_hash, created_ms)"
            " SELECT 's', id, id, '{}', '', 0 FROM variants"
        )
        connection.execute("UPDATE outputs SET sealed_by = 1, content_hash = NULL")
    assert found(texts, "monday") == []
    index = sqlite3.connect(texts.search.path)
    index.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab(main, texts, 'row')")
    words = {row[0] for row in index.execute("SELECT term FROM words")}
    index.close()
    assert "late" in words
    assert "monday" not in words
    with texts.database.transaction() as connection:
        connection.execute("UPDATE studies SET state = 'closed'")
        connection.execute("UPDATE outputs SET sealed_by = NULL")
    assert found(texts, "monday") == ["a"]


def test_words_and_fields_together(filled: Project) -> None:
    hits = filled.examples.find("question workflow:refunds -is:flagged", 2)
    assert (hits.total, len(hits.hits)) == (4, 2)
    assert all(hit.workflow == "refunds" and "Question" in hit.snippet for hit in hits.hits)
    assert filled.examples.find("workflow:billing").total == 4


def test_pages_places_and_facets(project: Project, make_examples: Callable[[int], list[int]]) -> None:
    ids = make_examples(450)
    for query, expected in {
        "": ids,
        "workflow:billing": ids[1::3],
        "question": ids,
        "question workflow:visits": ids[2::3],
    }.items():
        wanted = Filter.parse(query)
        plan = project.examples.outline(wanted)
        pages = [row.id for number in range(-(-plan.total // 100)) for row in project.examples.page(plan, number)]
        assert pages == expected
        assert plan.total == len(expected) == project.examples.count(wanted)
        assert [project.examples.place(plan, expected[place]) for place in (0, 100, -1)] == [0, 100, len(expected) - 1]
        assert project.examples.place(plan, ids[-1] + 1) is None
        for facet in project.examples.facets(wanted):
            for value in facet.values:
                count = project.examples.count(wanted.without(facet.field).toggled(facet.field, value.value))
                assert count == value.count, (query, facet.field, value.value)


def test_facets_count_what_choosing_them_would_leave(filled: Project) -> None:
    with filled.database.transaction() as connection:
        for name in ("Ana", "Ben"):
            connection.execute("INSERT INTO annotators (name, created_ms) VALUES (?, 0)", (name,))
        outputs = connection.execute("SELECT id FROM outputs ORDER BY id LIMIT 8").fetchall()
        for number, row in enumerate(outputs):
            connection.execute(
                "INSERT INTO labels (output_id, annotator_id, verdict, category_id, created_ms, updated_ms)"
                " VALUES (?, ?, ?, ?, 0, 0)",
                (row["id"], 1 + number % 2, ("pass", "fail", "skipped")[number % 3], 1 if number % 3 == 1 else None),
            )
        connection.execute("UPDATE examples SET flagged = 1 WHERE id % 3 = 0")
    queries = ("", "annotator:Ana", "label:fail", "variant:base", "label:fail variant:base", "is:flagged label:pass")
    for query in queries:
        wanted = Filter.parse(query)
        for facet in filled.examples.facets(wanted):
            if facet.field == "is":
                continue
            for value in facet.values:
                others = wanted.without(facet.field)
                count = filled.examples.count(others.toggled(facet.field, value.value))
                assert count == value.count, (query, facet.field, value.value)
                assert value.chosen == (value.value in wanted.values(facet.field))


def test_the_words_around_a_match_are_shown_wherever_it_is(project: Project, tmp_path: Path) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_order", "arguments": '{"city": "Zürich"}'}}
    rows = [
        {
            "id": "a",
            "messages": [
                {"role": "user", "content": "x " * 300},
                {"role": "assistant", "content": None, "tool_calls": [call]},
                {"role": "tool", "tool_call_id": "c1", "content": "y " * 300 + "parcel_lost today"},
                {"role": "assistant", "content": "Done."},
            ],
        }
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    project.sources.import_file(path)
    project.search.complete()
    for query, words in (("order", "get_order"), ("zurich", "Zürich"), ("lost", "parcel_lost"), ("done", "Done.")):
        (hit,) = project.search.query(query).hits
        assert words in hit.snippet


def test_calls_in_the_input_are_found(project: Project, tmp_path: Path) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "get_order", "arguments": '{"city": "Bern"}'}}
    row = {
        "id": "a",
        "messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "", "tool_calls": [call]}],
        "output": "hi",
    }
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row), encoding="utf-8")
    project.sources.import_file(path)
    project.search.complete()
    (hit,) = project.search.query("bern").hits
    assert "Bern" in hit.snippet


def test_a_folder_that_cannot_be_written_keeps_its_index_elsewhere(
    filled: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, *_: Path(path) != filled.path.parent)
    search = Search(filled.database)
    search.complete()
    assert search.query("refunds").total == 4
    search.close()
    assert not filled.path.with_name("test.reviewer-index").exists()
    assert search.path.is_file()


def test_an_index_that_many_ask_for_while_it_is_made_is_one(filled: Project) -> None:
    search = filled.search
    for _ in range(20):
        search.close()
        search._remove()
        search = Search(filled.database)
        together = threading.Barrier(6)
        found: list[bool] = []

        def ask(search: Search = search, together: threading.Barrier = together, found: list[bool] = found) -> None:
            together.wait()
            while not search.up_to_date():
                if search.error is not None:
                    return
            found.append(True)

        threads = [threading.Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
        together.wait()
        search.start()
        for thread in threads:
            thread.join(20)
        assert search.error is None
        assert found == [True] * 5
        assert search.progress() == (12, 12)
    search.close()
