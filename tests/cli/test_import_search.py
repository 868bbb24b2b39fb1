"""reviewer import, status and search, as programs and people call them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from reviewer.cli.app import main

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
