"""reviewer import, status and search, as programs and people call them."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import pytest

from reviewer.cli import output
from reviewer.cli.app import main
from reviewer.cli.output import Progress

DATA = Path(os.environ.get("REVIEWER_TEST_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


@pytest.fixture
def file(tmp_path: Path, empty_project_file: Path) -> str:
    path = tmp_path / "test.reviewer"
    path.write_bytes(empty_project_file.read_bytes())
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main([*arguments, "--json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    found = json.loads(printed.out)
    assert isinstance(found, dict)
    return found


@pytest.mark.skipif(not DATA.is_dir(), reason="the real files are not here")
def test_the_airline_file(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [
        "import", file, str(DATA / "tau-airline/gpt-4o-airline.json"), "--map", "messages=traj", "--map",
        "id=join('-', [to_string(task_id), to_string(trial)])", "--map", "score=reward", "--variant", "gpt-4o",
        "--role", "production",
    ]  # fmt: skip
    first = run(capsys, *arguments)
    assert (first["read"], first["added"], first["duplicates"], first["rejected"]) == (200, 200, 0, 0)
    assert (first["rejects_file"], first["source"]) == (None, "gpt-4o-airline.json")
    again = run(capsys, *arguments)
    assert (again["read"], again["added"], again["duplicates"], again["rejected"]) == (200, 0, 200, 0)
    found = run(capsys, "search", file, "seattle -jfk", "--limit", "3")
    hits = found["hits"]
    assert isinstance(hits, list)
    assert len(hits) == 3 <= int(str(found["total"]))
    assert set(hits[0]) == {"id", "workflow", "snippet"}
    held = run(capsys, "status", file)
    assert held["examples"] == 200
    assert held["variants"] == [{"name": "gpt-4o", "role": "production", "outputs": 200}]


def test_rejected_rows_are_said_in_words(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a", "prompt": "x"}\n{"id": "b", "prompt": NaN}\n', encoding="utf-8")
    assert main(["import", file, str(path)]) == 0
    words = capsys.readouterr().out
    assert "1 added, 0 already there, 1 rejected" in words
    assert "line 2" in words
    assert "rows.rejects.jsonl" in words
    assert main(["status", file]) == 0
    assert "1 example\n" in capsys.readouterr().out
    assert main(["search", file, "nothing such"]) == 0
    assert "Nothing matches" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--map", "prompt=a["], "“a[” for prompt"),
        (["--map", "prompt"], "FIELD=EXPR"),
        (["--map", "promt=a"], "“promt” is not a field"),
        (["--where", "a ==="], "--where"),
        (["--role", "boss"], "“boss” is not a role"),
        (["--role", "x=base"], "output:x=EXPR"),
        (["--as", "xml"], "“xml” is not a format"),
    ],
)
def test_bad_input_is_named(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "a", "prompt": "x"}\n', encoding="utf-8")
    assert main(["import", file, str(path), *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.out == ""
    assert main(["search", file, "workflw:x"]) == 2
    assert "workflow:" in capsys.readouterr().err


def test_imported_text_commands_no_terminal(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"id": "a", "prompt": "red \x1b[31m alarm\u202e \x9b2J"}), encoding="utf-8")
    assert main(["import", file, str(path)]) == 0
    assert main(["search", file, "alarm"]) == 0
    shown = capsys.readouterr().out
    assert "\\u001b[31m alarm\\u202e" in shown
    assert not set(shown) & set("\x1b\x9b\u202e")


def rows_file(tmp_path: Path, *rows: object, name: str = "rows.jsonl") -> str:
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_what_follows_the_list_of_a_file_is_reported(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"id": "a", "prompt": "x"}]\n[{"id": "b", "prompt": "y"}] trailing', encoding="utf-8")
    found = run(capsys, "import", file, str(path))
    assert (found["read"], found["added"], found["rejected"]) == (3, 2, 1)
    assert (found["format"], found["encoding"]) == ("json", "utf-8")
    assert [(reject["line"], reject["record"]) for reject in found["rejects"]] == [(2, 3)]  # type: ignore[attr-defined]


def test_a_query_may_begin_with_a_minus(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "import", file, rows_file(tmp_path, {"id": "a", "prompt": "refund"}, {"id": "b", "prompt": "bill"}))
    for query in ("-is:flagged", "-hello", "-limit"):
        assert run(capsys, "search", file, query)["total"] == 2
        assert run(capsys, "search", "--limit", "1", file, query)["total"] == 2
    assert run(capsys, "search", file, "-refund", "--limit=1")["hits"] == [
        {"id": "b", "workflow": "", "snippet": "bill"}
    ]
    assert main(["search", file, "x", "--limt", "3"]) == 2
    assert "--limt" in capsys.readouterr().err
    assert main(["search", "-h"]) == 0
    assert "--limit" in capsys.readouterr().out


def test_a_file_of_which_nothing_can_be_used_fails(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = rows_file(tmp_path, {"id": "a", "prompt": ""}, {"id": "b", "prompt": None})
    assert main(["import", file, path, "--json"]) == 2
    printed = capsys.readouterr()
    assert json.loads(printed.out)["rejected"] == 2
    assert "Not one of the 2 rows" in printed.err
    assert (tmp_path / "rows.rejects.jsonl").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--map", "prompt=a", "--map", "prompt=b"], "--map prompt is given twice"),
        (["--map", "output:x=p", "--role", "x=base", "--role", "x=tuned"], "twice for x"),
        (["--role", "base", "--role", "tuned"], "--role is given twice"),
    ],
)
def test_what_is_said_twice_is_refused(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["import", file, rows_file(tmp_path, {"id": "a", "prompt": "x"}), *arguments]) == 2
    assert words in capsys.readouterr().err


def test_errors_command_no_terminal(file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import", file, rows_file(tmp_path, {"id": "a", "prompt": "x\x1b", "": 1}), "--map", "\x1b[2J=a"]) == 2
    assert main(["import", file, str(tmp_path / "\x1b]0;title\x07.jsonl")]) == 2
    path = tmp_path / "twice.jsonl"
    key = '"a\\u001b\\n\\u009b"'
    path.write_text('{"id": "a", "prompt": "x"}\n' + f"{{{key}: 1, {key}: 2}}\n", encoding="utf-8")
    assert main(["import", file, str(path)]) == 0
    printed = capsys.readouterr()
    assert not set(printed.out + printed.err) & set("\x1b\x07\x9b")
    assert "twice in one object" in printed.out
    assert len([line for line in printed.out.splitlines() if "line 2" in line and "twice" in line]) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_import_says_that_nothing_was_added(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = rows_file(tmp_path, *[{"id": f"c{place}", "prompt": "x"} for place in range(1500)])
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Progress, "__call__", lambda *_: signal.raise_signal(number))
    assert main(["import", file, path]) == 130
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "Cancelled: nothing was added.\n")
    assert signal.getsignal(signal.SIGTERM) is before
    held = run(capsys, "status", file)
    assert (held["examples"], held["importing"], held["variants"]) == (0, [], [])


def test_progress_tells_share_rate_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = iter([0.0, 10.0])
    monkeypatch.setattr(output.time, "monotonic", lambda: next(moments))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress("Importing a\x1b.jsonl") as progress:
        progress(250, 1000, "5,000 rows")
    assert "Importing a\\u001b.jsonl 25%, 5,000 rows, 500 rows a second, 30 s left" in capsys.readouterr().err


def test_search_says_how_much_of_the_text_is_ready(
    file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"id": "n{number}", "prompt": "apple {number}"}}\n' for number in range(5)))
    run(capsys, "import", file, str(rows), "--map", "prompt=prompt")
    assert run(capsys, "status", file)["indexed"] == 0
    early = run(capsys, "search", file, "apple", "--now")
    assert (early["total"], early["complete"], early["indexed"], early["examples"]) == (0, False, 0, 5)
    assert main(["search", file, "apple", "--now"]) == 0
    assert "0 of 5 examples indexed" in capsys.readouterr().out
    found = run(capsys, "search", file, "apple")
    assert (found["total"], found["complete"], found["indexed"]) == (5, True, 5)
    assert run(capsys, "search", file, "apple", "--now")["total"] == 5
    assert run(capsys, "status", file)["indexed"] == 5
