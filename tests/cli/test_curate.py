"""The curate commands: what they print for programs, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewer.cli import app
from reviewer.cli.versions import _differences
from reviewer.curate.versions import Diff
from reviewer.project import Project

Run = Callable[..., Any]


@pytest.fixture
def run(filled: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the project of twelve examples; gives its JSON, or its message when `code` is not 0."""
    monkeypatch.setattr(app, "NOUNS", ("curate", "inputs", "versions"))
    path = str(filled.path)
    filled.close()

    def command(*words: str, code: int = 0, plain: bool = False) -> Any:
        noun = 2 if words[0] == "slices" or words[:2] == ("versions", "tag") else 1
        arguments = [*words[:noun], path, *words[noun:], *([] if plain else ["--json"])]
        assert app.main(arguments) == code
        captured = capsys.readouterr()
        if code:
            assert captured.out == ""
            return captured.err
        return captured.out if plain else json.loads(captured.out)

    return command


def test_from_slices_to_an_export(run: Run, tmp_path: Path) -> None:
    core = run("slices", "assign", "core", "--sample", "6", "--seed", "7", "--by", "workflow")
    assert len(core["added"]) == core["count"] == 6
    edge = run("slices", "assign", "edge", "--where", "slice:none workflow:refunds")
    moved = run("slices", "assign", "preservation", "--id", core["added"][0], "--capability", "refusal")
    assert moved["moved"] == [{"id": core["added"][0], "from": "core"}]
    check = run("check")
    contract = check["contracts"]["core"]
    assert {name: contract[name] for name in ("count", "minimum", "maximum", "met", "margin", "owner", "gates_on")} == {
        "count": 5,
        "minimum": 100,
        "maximum": 300,
        "met": False,
        "margin": 0.05,
        "owner": "",
        "gates_on": "better",
    }
    assert contract["detects"]["difference"] is None
    assert contract["detects"]["difference_reason"]
    assert contract["detects"]["more"] > 200
    assert sum(item["count"] for item in contract["mix"]["workflows"].values()) == 5
    assert check["duplicates"]["groups"] == []
    assert check["expired"] == []
    assert "core has 5 of at least 100" in run("freeze", "refunds", code=2)
    first = run("freeze", "refunds", "--note", "first", "--waive", "small", "--annotator", "Ana")
    assert (first["number"], first["annotator"], first["waiver"]) == (1, "Ana", "small")
    assert first["counts"] == {"core": 5, "edge": len(edge["added"]), "preservation": 1}
    assert run("versions")["versions"] == [first]
    cleared = run("slices", "clear", "--where", "slice:edge")
    assert len(cleared["moved"]) == len(edge["added"])
    run("slices", "assign", "edge", "--id", core["added"][1])
    run("freeze", "refunds", "--waive", "small")
    difference = run("diff", "refunds@1", "refunds@2")
    waivers = difference.pop("waivers")
    assert waivers["removed"] == [item for item in waivers["first"] if item not in waivers["second"]]
    assert [item for item in waivers["added"] if "edge has 1 of at least 50" in item]
    assert difference == {
        "added": [],
        "removed": sorted(edge["added"]),
        "moved": [{"id": core["added"][1], "from": "core", "to": "edge"}],
        "changed": [],
    }
    out = tmp_path / "out"
    done = run("export", "refunds@1", "--to", "reviewer", "--out", str(out))
    assert done["records"] == len(Path(done["data"]).read_bytes().splitlines()) == sum(first["counts"].values())
    assert done["content_hash"] == first["content_hash"]


def test_words_for_people(run: Run) -> None:
    assert "Nothing is frozen yet" in run("versions", plain=True)
    assert "4 examples put into core." in run("slices", "assign", "core", "--where", "workflow:visits", plain=True)
    assert "core              4 of 100–300  short" in run("slices", "list", plain=True)
    assert "edge has 0 of at least 50" in run("check", plain=True)
    assert "Froze refunds@1" in run("freeze", "refunds", "--waive", "small", plain=True)
    assert "hold the same" in run("diff", "refunds", "refunds@1", plain=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("slices", "assign", "core"), "Say which examples"),
        (("slices", "assign", "train", "--where", "workflow:visits"), "core, edge, preservation"),
        (("slices", "assign", "core", "--id", "a", "--sample", "3"), "--id"),
        (("slices", "assign", "core", "--id", "nobody"), "nobody"),
        (("slices", "assign", "core", "--sample", "13"), "only 12 examples"),
        (("slices", "assign", "core", "--where", "workflw:visits"), "workflow:"),
        (("slices", "clear"), "either"),
        (("export", "refunds", "--to", "reviewer", "--out", "x"), "Nothing is frozen"),
        (("freeze", "refunds", "--waive", "small"), "nothing to freeze"),
    ],
)
def test_bad_usage_ends_with_2_and_a_sentence(run: Run, words: tuple[str, ...], message: str) -> None:
    assert message in run(*words, code=2)


def test_a_long_difference_shows_its_counts_and_the_first_of_each_kind() -> None:
    keys = [f"case-{number:03d}" for number in range(225)]
    lines = _differences(Diff(tuple(keys), (), (), tuple((key, ("expected",)) for key in keys[:20])), {}).splitlines()
    assert lines[:2] == ["+ case-000", "+ case-001"]
    assert lines[20] == "  and 205 more added; --json lists all."
    assert [line[0] for line in lines[21:41]] == ["~"] * 20
    assert lines[41:] == ["225 added, 0 removed, 0 moved, 20 changed"]


def test_versions_tell_tags_touches_and_what_ran_before(run: Run) -> None:
    run("slices", "assign", "core", "--where", "workflow:visits")
    first = run("freeze", "refunds", "--waive", "small", "--tag", "before tuning", "--annotator", "Ana")
    assert first["tags"] == ["before tuning"]
    assert {item["name"]: item["outputs_on_the_set"] for item in first["model_runs"]["variants"]} == {
        "base": 4, "prod": 4, "tuned": 4,
    }  # fmt: skip
    assert "waived" in run("versions", plain=True)
    run("versions", "tag", "refunds@1", "agreed", "shown to legal")
    assert run("versions", "tag", "refunds", "agreed", "--remove")["tags"] == ["before tuning", "shown to legal"]
    assert "has no tag “agreed”" in run("versions", "tag", "refunds", "agreed", "--remove", code=2)
    (listed,) = run("versions")["versions"]
    assert listed["tags"] == ["before tuning", "shown to legal"]
    assert listed["content_hash"] == first["content_hash"]
    assert listed["touches"] == {
        "viewed": 0, "run": 0, "reported": 0, "total": 0, "worn_after": 20, "worn_out": False,
    }  # fmt: skip
    assert "before tuning" in run("versions", plain=True)


def test_a_diff_tells_the_words_that_changed(run: Run, tmp_path: Path) -> None:
    run("slices", "assign", "core", "--where", "workflow:visits")
    run("freeze", "refunds", "--waive", "small")
    path = tmp_path / "corrected.jsonl"
    rows = [
        {
            "id": "case-0002",
            "messages": [{"role": "user", "content": "Question 2 about visits: what happens to order 7?"}],
        },
        {"id": "nobody", "messages": [{"role": "user", "content": "?"}]},
    ]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    done = run("revise", str(path))
    assert done["revised"] == [{"id": "case-0002", "revision": 2, "fields": ["messages"], "stale_outputs": 3}]
    assert done["unknown"] == ["nobody"]
    run("freeze", "refunds", "--waive", "small")
    (changed,) = run("diff", "refunds@1", "refunds@2")["changed"]
    assert changed["kinds"] == ["input", "metadata", "observed output"]
    user = next(item for item in changed["texts"] if item["place"] == "user")
    assert user["words"] == [{"before": "1002", "after": "7"}]
    assert user["after"].endswith("order 7?")
    words = run("diff", "refunds@1", "refunds@2", plain=True)
    assert "order [-1002-]{+7+}?" in words
    assert "0 added, 0 removed, 0 moved, 1 changed" in words
    assert "Waived since" in words
