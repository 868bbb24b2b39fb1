"""Imports: what goes in, what is there already, what is set aside, and that nothing half done stays."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewer.errors import Cancelled, ConflictError, InputError
from reviewer.intake.filters import Filter
from reviewer.intake.import_run import ImportResult
from reviewer.intake.mapping import Mapping
from reviewer.project import Project

DATA = Path(os.environ.get("REVIEWER_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
real = pytest.mark.skipif(not DATA.is_dir(), reason="the real files are not here")

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows (or raw lines) as a JSON Lines file."""

    def make(*rows: Any, name: str = "rows.jsonl") -> Path:
        path = tmp_path / name
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return make


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.read, result.added, result.duplicates, result.rejected


def tables(project: Project) -> dict[str, int]:
    names = ("examples", "example_payloads", "example_references", "outputs", "output_payloads", "variants", "sources")
    with project.database.read() as connection:
        return {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}


CASE = {"id": "a", "prompt": "What is due?", "output": "Ten.", "reference": "Ten euros.", "workflow": "billing"}


def test_a_row_becomes_an_example_with_its_output(project: Project, write: Write) -> None:
    row = {
        **CASE,
        "documents": [{"id": "kb", "text": "Ten is due.", "score": 0.5}, "Bare text."],
        "created_at": "2026-01-02T03:04:05Z",
        "latency_ms": "12.5",
        "cost": 0.01,
        "reward": 1,
        "passed": "yes",
        "escalated": False,
        "channel": "mail",
    }
    result = project.sources.import_file(write(row), variant="gpt", role="base")
    assert counts(result) == (1, 1, 0, 0)
    example = project.examples.by_key("a")
    assert [(message.role, message.content) for message in example.messages] == [("user", "What is due?")]
    assert example.reference is not None
    assert (example.reference.text, example.workflow, example.occurred_ms) == ("Ten euros.", "billing", 1767323045000)
    assert [(document.id, document.text, document.score) for document in example.documents] == [
        ("kb", "Ten is due.", 0.5),
        ("2", "Bare text.", None),
    ]
    assert example.metadata == {"channel": "mail"}
    (output,) = example.outputs
    assert (output.text, output.variant, output.role, output.messages) == ("Ten.", "gpt", "base", ())
    figures = (output.latency_ms, output.cost, output.score, output.passed, output.escalated)
    assert figures == (12.5, 0.01, 1, True, False)


def test_a_trajectory_is_split_where_the_model_begins(project: Project, write: Write) -> None:
    messages = [
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {}}]},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "get", "arguments": '{"x":  1}'}}],
        },
        {"role": "tool", "tool_call_id": "c1", "name": "get", "content": "found"},
        {"role": "assistant", "content": None, "function_call": {"name": "old", "arguments": "{}"}},
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": "Done."},
    ]
    project.sources.import_file(write({"id": 7, "messages": messages}))
    example = project.examples.by_key("7")
    assert [(message.role, message.content) for message in example.messages] == [
        ("developer", "Be kind."),
        ("user", "Look:\n[image]"),
    ]
    (output,) = example.outputs
    assert output.text == "Done."
    assert [message.role for message in output.messages] == ["assistant", "tool", "assistant", "user", "assistant"]
    assert output.messages[0].content == ""
    assert output.messages[0].tool_calls[0].arguments == '{"x":  1}'
    assert output.messages[1].tool_call_id == "c1"
    assert output.messages[2].tool_calls[0].name == "old"


def test_the_same_file_again_adds_nothing(project: Project, write: Write) -> None:
    path = write(CASE, {**CASE, "id": "b"})
    assert counts(project.sources.import_file(path)) == (2, 2, 0, 0)
    before = tables(project)
    assert counts(project.sources.import_file(path)) == (2, 0, 2, 0)
    assert tables(project) == before


def test_rows_without_an_id_go_by_content(project: Project, write: Write) -> None:
    rows = [{"prompt": "a", "output": "1"}, {"prompt": "b", "output": "1"}, {"prompt": "a", "output": "1"}]
    path = write(*rows, {"prompt": "a", "output": "2"})
    assert counts(project.sources.import_file(path)) == (4, 3, 1, 0)
    assert counts(project.sources.import_file(path)) == (4, 0, 4, 0)


def test_two_files_of_two_variants_join_by_id(project: Project, write: Write) -> None:
    project.sources.import_file(write(CASE, name="base.jsonl"), variant="base", role="base")
    second = write({**CASE, "output": "Twelve."}, {"id": "x", "output": "?"}, name="tuned.jsonl")
    only_outputs = {"id": "id", "output": "output"}
    result = project.sources.import_file(second, only_outputs, variant="tuned", role="tuned", exact=True)
    assert counts(result) == (2, 1, 0, 1)
    assert "no example" in result.rejects[0].reason
    example = project.examples.by_key("a")
    assert [(output.variant, output.text) for output in example.outputs] == [("base", "Ten."), ("tuned", "Twelve.")]
    assert project.examples.count() == 1


def test_one_row_with_two_outputs(project: Project, write: Write) -> None:
    path = write({"id": "a", "prompt": "q", "left": "1", "right": "2", "t": 3})
    mapping = {"output:L": "left", "output:R": "right", "latency:L": "t"}
    project.sources.import_file(path, mapping, roles={"L": "base", "R": "tuned"})
    outputs = project.examples.by_key("a").outputs
    assert [(one.variant, one.role, one.text, one.latency_ms) for one in outputs] == [
        ("L", "base", "1", 3.0),
        ("R", "tuned", "2", None),
    ]


def test_the_variant_may_be_in_the_row(project: Project, write: Write) -> None:
    project.sources.import_file(write({**CASE, "model": "m1"}, {**CASE, "model": "m2", "output": "Twelve."}))
    assert [one.variant for one in project.examples.by_key("a").outputs] == ["m1", "m2"]


def test_conflicts_are_rejected_with_their_remedy(project: Project, write: Write) -> None:
    project.sources.import_file(write(CASE))
    result = project.sources.import_file(write({**CASE, "prompt": "Other"}, {**CASE, "output": "Other"}))
    assert counts(result) == (2, 0, 0, 2)
    assert [(reject.line, reject.field) for reject in result.rejects] == [(1, "id"), (2, "output")]
    assert "another input" in result.rejects[0].reason
    assert "another variant" in result.rejects[1].reason


def test_a_sealed_output_answers_nothing(project: Project, write: Write) -> None:
    project.sources.import_file(write(CASE), variant="v")
    with project.database.transaction() as connection:
        connection.execute(
            "INSERT INTO studies (name, base_variant_id, tuned_variant_id, plan, plan_hash, created_ms)"
            " SELECT 's', id, id, '{}', '', 0 FROM variants"
        )
        connection.execute("UPDATE outputs SET sealed_by = 1, content_hash = NULL")
    answers = {
        project.sources.import_file(write(row), variant="v").rejects[0].reason
        for row in (CASE, {**CASE, "output": "Other"})
    }
    assert len(answers) == 1
    assert "sealed" in answers.pop()


def test_bad_rows_are_named_and_their_file_can_be_corrected(project: Project, write: Write) -> None:
    rows: list[Any] = [{**CASE, "id": f"c{number}"} for number in range(400)]
    rows[370] = '{"id": "c370", "prompt": "What is due?", "output": NaN}'
    rows[10] = json.dumps({**CASE, "id": "c10", "score": "high"})
    rows[20] = '{"id": "c20", "prompt": "x", "prompt": "y", "output": ""}'
    rows[30] = '{"id": "c30", "prompt": "x", "n": ' + "9" * 5000 + "}"
    rows[40] = '"text"'
    rows[50] = json.dumps({**CASE, "id": "c50", "messages": None, "prompt": ""})
    path = write(*rows)
    result = project.sources.import_file(path, {"score": "score"})
    assert counts(result) == (400, 394, 0, 6)
    named = {reject.line: (reject.field, reject.reason) for reject in result.rejects}
    assert sorted(named) == [11, 21, 31, 41, 51, 371]
    assert named[11][0] == "score"
    assert "“high”" in named[11][1]
    assert named[21][0] == "prompt"
    assert "NaN" in named[371][1]
    assert result.rejects_file == path.parent / "rows.rejects.jsonl"
    text = result.rejects_file.read_text(encoding="utf-8")
    assert '"line": 371' in text
    corrected = text.replace("NaN}", '"Ten."}').replace('"high"', "0.5").replace('"prompt": "x", "prompt"', '"prompt"')
    result.rejects_file.write_text(corrected.replace("9" * 5000, "9"), encoding="utf-8")
    again = project.sources.import_file(result.rejects_file)
    assert counts(again) == (6, 4, 0, 2)
    assert again.rejects_file == path.parent / "rows.rejects-2.jsonl"
    assert project.examples.by_key("c10").outputs[0].score == 0.5
    assert project.examples.by_key("c370").metadata == {}


def test_csv_rejects_come_back_with_their_cells(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,prompt,output,score\n007,=1+1,NA,1\n008,why,because\n009,x,y,high\n", encoding="utf-8")
    result = project.sources.import_file(path, {"score": "score"})
    assert counts(result) == (3, 1, 0, 2)
    assert project.examples.by_key("007").messages[0].content == "=1+1"
    assert project.examples.by_key("007").outputs[0].text == "NA"
    assert result.rejects_file is not None
    lines = [json.loads(line) for line in result.rejects_file.read_text(encoding="utf-8").splitlines()]
    assert [line["_rejected"]["line"] for line in lines] == [3, 4]
    result.rejects_file.write_text(
        "\n".join(json.dumps({**line, "score": "0"}) for line in lines) + "\n", encoding="utf-8"
    )
    assert counts(project.sources.import_file(result.rejects_file)) == (2, 2, 0, 0)


def test_unusual_text_is_kept_exactly(project: Project, write: Write) -> None:
    text = "\ud800 \x00 a\u2028b"
    project.sources.import_file(write({"id": "Fälle/1", "prompt": text, "output": text, "workflow": text}))
    (row,) = project.examples.page(project.examples.outline(Filter()), 0)
    example = project.examples.get(row.id)
    assert example.messages[0].content == text
    assert example.outputs[0].text == text
    assert example.original_id == "Fälle/1"
    assert example.key.startswith("F-lle-1-")


class _StopAfter:
    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self, done: int, total: int, note: str = "") -> None:
        self.left -= 1
        if self.left < 0:
            raise Cancelled("stop")


def test_a_cancelled_import_leaves_nothing(project: Project, write: Write) -> None:
    project.sources.import_file(write(CASE))
    before = tables(project)
    rows: list[Any] = [{**CASE, "id": f"c{number}"} for number in range(3000)]
    path = write("oops", *rows, name="many.jsonl")
    with pytest.raises(Cancelled):
        project.sources.import_file(path, variant="new", report=_StopAfter(1))
    assert tables(project) == before
    assert not list(path.parent.glob("*rejects*"))


def test_an_import_that_was_killed_is_cleared_at_the_next_opening(project: Project, write: Write) -> None:
    project.sources.import_file(write(CASE))
    before = tables(project)
    project.sources.import_file(write({**CASE, "id": "b"}, name="killed.jsonl"), variant="new")
    with project.database.transaction() as connection:
        connection.execute("UPDATE sources SET state = 'importing' WHERE name = 'killed.jsonl'")
    project.close()
    with Project.open(project.path) as opened:
        assert tables(opened) == before


def test_an_import_can_be_taken_back_unless_work_depends_on_it(project: Project, write: Write) -> None:
    project.sources.import_file(write(CASE, name="one.jsonl"), variant="v1")
    project.sources.import_file(write({**CASE, "output": "Twelve."}, name="two.jsonl"), variant="v2")
    one, two = project.sources.list()
    with pytest.raises(ConflictError, match="other imports"):
        project.sources.remove(one.id)
    project.sources.remove(two.id)
    assert [output.variant for output in project.examples.by_key("a").outputs] == ["v1"]
    with project.database.transaction() as connection:
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms) SELECT id, 'core', 0 FROM examples"
        )
    with pytest.raises(ConflictError, match="slices"):
        project.sources.remove(one.id)
    with project.database.transaction() as connection:
        connection.execute("DELETE FROM slice_members")
    last = project.examples.by_key("a").id
    project.sources.remove(one.id)
    assert set(tables(project).values()) == {0}
    project.sources.import_file(write(CASE))
    assert project.examples.by_key("a").id > last


def test_a_mapping_is_remembered_for_the_shape(project: Project, write: Write) -> None:
    row = {"who": "a", "said": "hello", "got": "hi"}
    project.sources.import_file(write(row), {"id": "who", "prompt": "said", "output": "got"})
    inspection = project.sources.inspect(write({"got": "x", "said": "y", "who": "z"}, name="other.jsonl"))
    assert inspection.remembered
    assert dict(inspection.mapping.fields)["prompt"] == "said"
    assert counts(project.sources.import_file(inspection.path)) == (1, 1, 0, 0)


@pytest.mark.parametrize("kept", ["{", '{"a":' * 5000 + "1" + "}" * 5000, "[]"])
def test_a_remembered_mapping_that_cannot_be_read_is_guessed_anew(project: Project, write: Write, kept: str) -> None:
    path = write({"question": "a", "answer": "b"})
    project.sources.import_file(path)
    with project.database.transaction() as connection:
        connection.execute("UPDATE mappings SET mapping = ?", (kept,))
    assert dict(project.sources.inspect(path).mapping.fields)["prompt"] == "question"


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        ({"prompt": "a["}, "“a\\[” for prompt"),
        ({"prompt": "nope(a)"}, "nope\\(\\)"),
        ({"promt": "a"}, "“promt” is not a field"),
        ({"output:X": "a", "score": "b", "prompt": "c"}, "score:X"),
        ({"output": "a"}, "Nothing says where the conversation is"),
    ],
)
def test_a_wrong_mapping_is_named(project: Project, write: Write, mapping: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        project.sources.import_file(write({"a": 1}), mapping, exact=True)
    assert set(tables(project).values()) == {0}


def test_where_keeps_the_rows_for_which_it_is_true(project: Project, write: Write) -> None:
    path = write({**CASE, "kind": "x"}, {**CASE, "id": "b", "kind": "y"})
    result = project.sources.import_file(path, where="kind == 'y'")
    assert (*counts(result), result.skipped) == (1, 1, 0, 0, 1)
    with pytest.raises(InputError, match="--where"):
        project.sources.import_file(path, where="kind == 'z'")


def test_the_preview_and_the_dry_run_say_what_the_import_does(project: Project, write: Write) -> None:
    project.sources.import_file(write(CASE))
    path = write(CASE, {**CASE, "id": "b"}, "oops", {**CASE, "id": "b"}, {"id": "c", "prompt": ""})
    inspection = project.sources.inspect(path)
    rows = project.sources.preview(inspection, inspection.mapping)
    assert [row.error is None for row in rows] == [True, True, False, True, False]
    assert rows[1].case is not None
    assert rows[1].case.id == "b"
    before = tables(project)
    dry = project.sources.dry_run(inspection, inspection.mapping)
    assert tables(project) == before
    assert counts(dry) == counts(project.sources.import_file(path)) == (5, 1, 2, 2)


def test_our_own_record_comes_back(project: Project, write: Write) -> None:
    record = {
        "schema": "evalset.case/1",
        "id": "a",
        "messages": [{"role": "user", "content": "q", "tool_calls": []}],
        "tools_json": '[{"type": "function"}]',
        "context": [{"id": "k", "text": "t", "score": None}],
        "expected": "e",
        "observed": {"output": "o", "model": "m", "latency_ms": 5, "trace_id": None},
        "created_ms": 1767323045000,
        "metadata": {"workflow": "refunds", "x": "y"},
    }
    project.sources.import_file(write(record))
    example = project.examples.by_key("a")
    assert (example.workflow, example.occurred_ms, example.metadata["x"]) == ("refunds", 1767323045000, "y")
    assert example.reference is not None
    assert example.reference.text == "e"
    assert [(output.variant, output.text, output.latency_ms) for output in example.outputs] == [("m", "o", 5.0)]
    assert example.tools == ({"type": "function"},)


@real
def test_the_airline_file_as_the_command_line_maps_it(project: Project) -> None:
    mapping = Mapping.parse(["messages=traj", "id=join('-', [to_string(task_id), to_string(trial)])", "score=reward"])
    path = DATA / "tau-airline/gpt-4o-airline.json"
    result = project.sources.import_file(path, mapping, variant="gpt-4o", role="production")
    assert counts(result) == (200, 200, 0, 0)
    again = project.sources.import_file(path, mapping, variant="gpt-4o", role="production")
    assert counts(again) == (200, 0, 200, 0)
    example = project.examples.by_key("0-0")
    assert example.messages[0].role == "system"
    assert example.outputs[0].role == "production"
    assert any(message.tool_calls for message in example.outputs[0].messages)


@real
def test_the_pandalm_file_with_two_outputs_a_row(project: Project) -> None:
    result = project.sources.import_file(
        DATA / "pandalm/testset-v1.json",
        {"output:bloom": "response1", "output:llama": "response2", "workflow": "motivation_app", "id": "idx"},
        roles={"bloom": "base", "llama": "tuned"},
        where="cmp_key=='bloom-7b_llama-7b'",
    )
    assert result.rejected == 0
    assert result.added == result.read >= 40


def test_a_clean_up_that_is_interrupted_goes_on_at_the_next_opening(
    project: Project, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.sources.import_file(write(CASE))
    before = tables(project)
    rows: list[Any] = [{**CASE, "id": f"c{number}"} for number in range(2500)]
    transaction = project.database.transaction
    left = 2

    def interrupted() -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return transaction()

    def stop(done: int, total: int, note: str = "") -> None:
        monkeypatch.setattr(project.database, "transaction", interrupted)
        raise KeyboardInterrupt

    with pytest.raises(Cancelled, match="next opened"):
        # The run's end is the first transaction, the note of what is removed the second; then comes Ctrl-C again.
        project.sources.import_file(write(*rows, name="many.jsonl"), variant="new", report=stop)
    monkeypatch.undo()
    assert list(project.sources.unfinished()) == ["many.jsonl"]
    project.close()
    with Project.open(project.path, read_only=True) as opened:
        assert tables(opened) == before
        assert list(opened.sources.unfinished()) == []
        assert not opened.database.meta("removing_variants_of_source_2")


def test_reading_waits_for_no_import_and_clears_a_dead_one(project: Project, write: Write) -> None:
    project.sources.import_file(write(CASE))
    with project.database.transaction() as connection:
        connection.execute("UPDATE sources SET state = 'importing'")
    with Project.open(project.path, read_only=True) as reader:  # this project holds the lock: it may be importing
        assert list(reader.sources.unfinished()) == ["rows.jsonl"]
        assert reader.examples.count() == 1
    project.close()
    with Project.open(project.path, read_only=True) as reader:
        assert reader.examples.count() == 0
        assert reader.database.read_only


def test_room_is_given_back_after_a_large_removal(
    project: Project, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reviewer.store import database

    monkeypatch.setattr(database, "SHRINK_BYTES", 100_000)
    project.sources.import_file(write(*[{**CASE, "id": f"c{number}", "output": "x" * 5000} for number in range(300)]))
    project.database.fold_log()
    large = project.path.stat().st_size
    project.sources.remove(project.sources.list()[0].id)
    assert project.path.stat().st_size < large / 2
    assert project.examples.count() == 0


def test_a_role_is_given_once(project: Project, write: Write) -> None:
    path = write(CASE)
    project.sources.import_file(path, variant="gpt")
    result = project.sources.import_file(path, variant="gpt", role="base")
    assert (result.added, dict(result.roles)) == (0, {"gpt": "base"})
    with pytest.raises(InputError, match="“gpt” is base in this project, not tuned"):
        project.sources.import_file(path, variant="gpt", role="tuned")
    assert project.examples.by_key("a").outputs[0].role == "base"
    assert dict(project.sources.import_file(path, variant="gpt", role="base").roles) == {}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("rows.jsonl", '{"id": 1, "prompt": "x', "line 1 is not valid JSON"),
        ("rows.json", "[]", "holds no records"),
        ("rows.json", "{}", "holds no records"),
        ("rows.json", '{"id": 1, "prompt"', "line 1"),
        ("rows.csv", "id,prompt\n", "no row below its header"),
        ("rows.json", "[" * 10_000, "line 1 has a bracket"),
        ("rows.json", "[" * 10_000 + "]" * 10_000, "line 1 is nested too deeply"),
        ("rows.jsonl", '{"x": ' + "9" * 5000 + "}", "line 1 has an integer of more than 4,300 digits"),
    ],
    ids=range(8),
)
def test_a_file_without_records_says_what_is_wrong(
    project: Project, tmp_path: Path, name: str, content: str, words: str
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        project.sources.import_file(path)


def test_a_table_read_as_json_says_where_it_is_none(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,prompt\n1,x\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 1 is not a JSON record"):
        project.sources.import_file(path, format="json")


def test_odd_rows_do_not_hide_the_columns(project: Project, write: Write) -> None:
    rows = [{"id": f"c{number}", "prompt": f"q{number}", "output": "x"} for number in range(6)]
    odd: list[Any] = [{"id": None, "prompt": 7, "output": 1}, {"prompt": ["?"]}, rows[0], {"other": 1}]
    result = project.sources.import_file(write(odd[3], *rows, *odd[:3]))
    assert {name: result.mapping[name] for name in ("id", "prompt", "output")} == {
        "id": "id",
        "prompt": "prompt",
        "output": "output",
    }
    assert (result.added, result.duplicates) == (6, 1)


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ('{"id": "b", "prompt": "q", "output": "x", "score": 1e999}', "score", "infinite"),
        ('{"id": "b", "prompt": "", "output": "x", "score": 1}', "prompt", "is empty"),
        ('{"id": "b", "prompt": "q", "output": "x", "score": "1e400"}', "score", "infinite"),
    ],
)
def test_odd_values_are_called_what_they_are(project: Project, write: Write, row: str, field: str, words: str) -> None:
    fields = {"id": "id", "prompt": "prompt", "output": "output", "score": "score"}
    result = project.sources.import_file(write({**CASE, "score": 1}, row), fields)
    (reject,) = result.rejects
    assert reject.field == field
    assert words in reject.reason


def test_an_expression_that_fails_is_told_in_plain_words(project: Project, write: Write) -> None:
    deep = "[" * 900 + "]" * 900
    path = write(CASE, '{"id": "b", "prompt": "q", "n": ' + "9" * 400 + ', "deep": ' + deep + "}")
    result = project.sources.import_file(path, {"metadata.deep": "to_string(deep)"})
    for reject in result.rejects:
        assert "recursion" not in reject.reason
    with pytest.raises(InputError, match="too many digits"):
        project.sources.import_file(path, {"prompt": f"a[{'9' * 5000}]"})


def test_an_id_of_the_file_is_kept_and_finds_its_example(project: Project, write: Write) -> None:
    odd = "Fälle/\ud800"
    project.sources.import_file(write({**CASE, "id": odd}, {**CASE, "id": "Fälle/\udfff"}, {**CASE, "id": "plain"}))
    example = project.examples.by_key(odd)
    assert example.original_id == "Fälle/⟨D800⟩"
    assert project.examples.by_key(example.key).id == example.id
    assert list(project.slices.ids_of([odd, "plain"])) == [example.id, project.examples.by_key("plain").id]
