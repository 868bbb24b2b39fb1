"""What a plan fixes beside the pairs: what counts as style, the domain's own words, and which slice decides."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from reviewer.compare.planning import outlook
from reviewer.compare.protocol import Protocol, words_of
from reviewer.errors import InputError
from reviewer.project import Project
from tests.compare.test_mirrored_report import judged, made_up


def reported(project: Project, folder: Path, protocol: Protocol, n: int = 110, gain: float = 0.0) -> dict[str, Any]:
    """The report of a study under this protocol; with a gain, edge cases have none of it."""
    lines = judged(made_up(project, n), 2, gain=gain)
    for line in lines:
        if gain and int(line["example"].removeprefix("case-")) % 4 == 0:
            line["passed"] = {"base": True, "tuned": True}
    study = project.studies.create("s", "base", "tuned", protocol=protocol)
    path = folder / "s.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    project.judgments.import_file("s", path)
    project.studies.close("s")
    found = project.studies.report("s").to_json()
    assert found["plan"] == study.plan
    drawn = f"{found['draw']['secret']}:{found['draw']['seed']}"
    assert hashlib.sha256(drawn.encode()).hexdigest() == study.plan["seed_commitment"], "who likes can check the draw"
    return found


def test_only_what_the_plan_names_is_taken_off(project: Project, tmp_path: Path) -> None:
    found = reported(project, tmp_path, Protocol(repeats=0, controls=0, style=("length", "hedges")))
    assert found["plan"]["style_features"] == ["length", "hedges"]
    assert set(found["preference"]["style"]["coefficients"]) == {"length", "hedges", "side"}
    assert any("Style that length and hedges do not show" in limit for limit in found["limits"])


def test_the_domains_own_words_take_the_place_of_long_ones(project: Project, tmp_path: Path) -> None:
    lexicon = words_of("Claim, liability;\nRules  claim")
    assert lexicon == ("claim", "liability", "rules")
    found = reported(project, tmp_path, Protocol(repeats=0, controls=0, lexicon=lexicon))
    assert found["plan"]["lexicon"] == ["claim", "liability", "rules"]
    assert found["plan"]["style_features"] == ["length", "markup", "domain words", "hedges"]
    assert "domain words" in found["preference"]["style"]["coefficients"]
    assert "long words" not in found["preference"]["style"]["coefficients"]


def test_a_lexicon_counts_its_words_alone(project: Project, tmp_path: Path) -> None:
    found = reported(project, tmp_path, Protocol(repeats=0, controls=0, lexicon=("zymurgy",)))
    assert found["preference"]["style"]["dropped"]["domain words"] == "the same for every pair"


def test_the_slice_that_decides(project: Project, tmp_path: Path) -> None:
    found = reported(project, tmp_path, Protocol(repeats=0, controls=0, primary="edge"), gain=0.3)
    assert found["primary"] == "edge"
    assert found["plan"]["primary"] == "paired correctness over edge"
    edge, overall = found["correctness"]["slices"]["edge"], found["correctness"]["overall"]
    assert overall["tango"][0] > 0 > edge["tango"][0]
    assert found["verdict"] != "better on correctness", "all examples would say so; the slice that decides does not"
    assert "of the edge slice, which the plan lets decide" in found["summary"]


def test_a_slice_without_examples_cannot_decide(filled: Project) -> None:
    with pytest.raises(InputError, match="none of its examples"):
        filled.studies.create("s", "base", "tuned", protocol=Protocol(primary="core"))


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        (Protocol(style=("markup",)), "Length always counts"),
        (Protocol(style=("length", "tone")), "no feature of style"),
        (Protocol(lexicon=("two words",)), "not one word"),
        (Protocol(style=("length",), lexicon=("claim",)), "does not count as style"),
        (Protocol(primary="other"), "decide"),
    ],
)
def test_plans_that_cannot_be(protocol: Protocol, words: str) -> None:
    with pytest.raises(InputError, match=words):
        protocol.check()


def test_the_outlook_is_over_the_pairs_that_decide() -> None:
    slices = {"core": 40, "edge": 100}
    every, core = outlook(slices), outlook(slices, primary="core")
    assert (every.decisive, core.decisive) == (140, 40)
    assert core.gain is not None
    assert every.gain is not None
    assert core.gain > every.gain
    assert "over the 40 pairs that decide" in core.sentences()[0]
