"""A study over published pairs with the votes of the three people who judged them; skipped where the file is absent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reviewer.compare.protocol import Protocol
from reviewer.compare.statistics.agreement import krippendorff
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.rows import add_example, add_output, add_variant

KEY = "bloom-7b_llama-7b"


def published(path: Path, key: str = KEY) -> list[dict[str, Any]]:
    """The pairs of two models."""
    return [row for row in json.loads(path.read_text()) if row["cmp_key"] == key]


def judgments(rows: list[dict[str, Any]], base: str, tuned: str) -> list[dict[str, Any]]:
    """The votes in the form in which judgments are imported: 0 is a tie, 1 and 2 the first and second response."""
    sides = {0: "tie", 1: base, 2: tuned}
    return [
        {
            "example": str(row["idx"]),
            "annotator": f"annotator{number}",
            "passed": {},
            "preference": sides[row[f"annotator{number}"]],
            "left": None,
        }
        for row in rows
        for number in (1, 2, 3)
    ]


def test_a_study_over_published_pairs(project: Project, pandalm_file: Path, tmp_path: Path) -> None:
    rows = published(pandalm_file)
    base, tuned = KEY.split("_")
    with project.database.transaction() as connection:
        variants = [add_variant(connection, base, "base"), add_variant(connection, tuned, "tuned")]
        for row in rows:
            question = "\n\n".join(part for part in (row["instruction"], row["input"]) if part)
            example_id = add_example(
                connection,
                key=str(row["idx"]),
                messages=[Message("user", question)],
                workflow=row["motivation_app"],
            )
            for variant_id, name in zip(variants, ("response1", "response2"), strict=True):
                # One answer of the file is the JSON value true and not a text.
                text = row[name] if isinstance(row[name], str) else json.dumps(row[name])
                add_output(connection, example_id=example_id, variant_id=variant_id, text=text)
    made = project.studies.create("published", base, tuned, protocol=Protocol.bare())
    assert made.pairs == len(rows) >= 40
    path = tmp_path / "votes.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in judgments(rows, base, tuned)))
    found = project.judgments.import_file("published", path)
    assert (found.added, found.rejected) == (3 * len(rows), ())
    project.studies.close("published")
    report = project.studies.report("published").to_json()
    votes = [row[f"annotator{number}"] for row in rows for number in (1, 2, 3)]
    share = (votes.count(2) + votes.count(0) / 2) / len(votes)
    assert abs(report["preference"]["raw"]["rate"] - share) < 1e-12
    assert report["preference"]["choices"] == {
        "tuned": votes.count(2),
        "base": votes.count(1),
        "tie": votes.count(0),
        "both_bad": 0,
    }
    units = [{number: row[f"annotator{number}"] for number in (1, 2, 3)} for row in rows]
    assert report["agreement"]["preference"]["krippendorff"] == krippendorff(units)
    assert report["agreement"]["reach"] == ""
    assert report["judged_elsewhere"] is True
    assert report["verdict"] == "preferred, correctness not shown"
