"""The commands about references, contracts and coverage: what they print for programs, and how they end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reviewer.cli import app
from reviewer.project import Project

Run = Callable[..., Any]


@pytest.fixture
def run(filled: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the project of twelve examples; gives its JSON, or its words when `plain`, or its message."""
    monkeypatch.setattr(app, "NOUNS", ("curate", "references", "status"))
    path = str(filled.path)
    filled.close()

    def command(*words: str, code: int = 0, plain: bool = False) -> Any:
        noun = 2 if words[0] in ("slices", "references") else 1
        arguments = [*words[:noun], path, *words[noun:], *([] if plain else ["--json"])]
        assert app.main(arguments) == code
        captured = capsys.readouterr()
        if code:
            assert captured.out == ""
            return captured.err
        return captured.out if plain else json.loads(captured.out)

    return command


def test_a_reference_expires_is_confirmed_and_replaced(run: Run) -> None:
    assert run("references", "expired") == {"expired": [], "soon": [], "references": []}
    assert run("references", "shelf", "--where", "workflow:refunds", "--days", "10")["done"] == [
        "case-0000", "case-0003", "case-0006", "case-0009",
    ]  # fmt: skip
    run("slices", "assign", "core", "--where", "workflow:refunds")
    soon = run("references", "expired", "--soon", "14")
    assert (soon["expired"], len(soon["soon"])) == ([], 4)
    run("references", "expire", "--id", "case-0000", "--id", "case-0003")
    assert run("check")["expired"] == ["case-0000", "case-0003"]
    assert run("check")["contracts"]["core"]["count"] == 2
    status = run("status")
    assert (status["expired_references"], status["expiring_references"]) == (2, 2)
    assert status["contracts"]["core"]["expired"] == 2
    assert "2 expired, 2 soon" in run("status", plain=True)
    assert "case-0000  core  said to be expired" in run("references", "expired", plain=True)
    assert run("references", "confirm", "--id", "case-0000")["done"] == ["case-0000"]
    assert run("references", "confirm", "--expired")["done"] == ["case-0003"]
    assert run("check")["expired"] == []
    done = run(
        "references", "replace", "--id", "case-0000", "--text", "Now 9 days.", "--source", "policy v2",
        "--as-of", "2026-11-03", "--stale", "--annotator", "Ana",
    )  # fmt: skip
    assert done == {"done": ["case-0000"]}
    told = run("references", "history", "case-0000")
    assert told["reference"] == {
        "text": "Now 9 days.", "source": "policy v2", "as_of": "2026-11-03", "shelf_days": 10,
    }  # fmt: skip
    assert [(item["text"], item["why"], item["annotator"]) for item in told["past"]] == [
        ("It is settled in 3 days.", "stale_facts", "Ana")
    ]
    assert "the facts changed" in run("references", "history", "case-0000", plain=True)
    assert run("references", "suspects") == {"suspects": []}
    assert run("references", "keep", "--id", "case-0001") == {"done": []}


def test_a_contract_coverage_and_likeness(run: Run) -> None:
    told = run("slices", "contract", "edge", "--gates-on", "nothing", "--minimum", "2", "--owner", "Claims")
    assert (told["gates_on"], told["minimum"], told["owner"]) == ("nothing", 2, "Claims")
    assert run("slices", "contract", "edge")["slice"] == "edge"
    assert "reported and stops nothing" in run("slices", "list", plain=True)
    assert run("slices", "coverage") == {"cells": [], "gaps": 0, "slices": ["core", "edge", "preservation"]}
    assert "Nothing is labelled" in run("slices", "coverage", "--slice", "edge", plain=True)
    found = run("slices", "similar", "--id", "case-0000", "--limit", "3")
    assert found["seeds"] == 1
    assert len(found["similar"]) == 3
    assert {"id", "workflow", "slice", "score", "like", "words", "snippet"} == set(found["similar"][0])
    assert "like case-0000" in run("slices", "similar", "--where", "id:case-0000", plain=True)
    drawn = run("slices", "assign", "core", "--sample", "6", "--by", "workflow,category", "--equal")
    assert len(drawn["added"]) == 6


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("references", "confirm"), "Say which examples"),
        (("references", "confirm", "--id", "nobody"), "nobody"),
        (("references", "expire", "--id", "a", "--where", "is:flagged"), "either"),
        (("references", "shelf", "--where", "is:flagged", "--days", "-3"), "shelf life"),
        (("references", "replace", "--id", "case-0000", "--text", " "), "would have been right"),
        (("references", "replace", "--id", "case-0000", "--text", "x", "--as-of", "soon"), "not a day"),
        (("references", "keep"), "--id"),
        (("references", "history", "nobody"), "nobody"),
        (("slices", "contract", "edge", "--gates-on", "luck"), "better, not_worse, nothing"),
        (("slices", "contract", "train"), "core, edge, preservation"),
        (("slices", "coverage", "--slice", "train"), "core, edge, preservation"),
        (("slices", "similar"), "either --id ID or --where FILTER"),
        (("slices", "similar", "--where", "is:flagged"), "nothing to go by"),
        (("slices", "assign", "core", "--sample", "2", "--by", "moon"), "category"),
    ],
)
def test_bad_usage_ends_with_2_and_a_sentence(run: Run, words: tuple[str, ...], message: str) -> None:
    assert message in run(*words, code=2)
