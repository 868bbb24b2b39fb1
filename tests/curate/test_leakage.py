"""Training files held against examples: every exact and 13-word overlap is found, nothing clean is called exact."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reviewer.compare.protocol import Protocol
from reviewer.curate import leak_scan
from reviewer.curate.canaries import MARK, canaries_in, canary_of
from reviewer.curate.leak_index import words_in
from reviewer.errors import Cancelled, ConflictError, InputError, NotFoundError
from reviewer.formats import canonical
from reviewer.formats.conversation import Message
from reviewer.project import Project
from tests.benchmarks.planted import planted
from tests.benchmarks.planted_leaks import Line, lines
from tests.rows import add_example, add_output, add_variant, set_reference

MakeExamples = Callable[[int], list[int]]
LONG = (
    "The engineer comes between eight and twelve in the morning and needs the old meter, the keys of the cellar and"
    " somebody who is at home all the while."
)
ASKED = "When does the engineer come, and must somebody be at home for the whole of that time or only at the start?"


@pytest.fixture
def ana(project: Project) -> int:
    return project.annotators.get_or_add("Ana")


@pytest.fixture
def case(project: Project) -> int:
    with project.database.transaction() as connection:
        said = [Message("system", "You answer customers of a utility in a few words."), Message("user", ASKED)]
        example_id = add_example(connection, key="case", messages=said)
        set_reference(connection, example_id, LONG)
        add_output(
            connection,
            example_id=example_id,
            variant_id=add_variant(connection, "prod", "production"),
            text="A" + LONG[1:] + " Yes.",
        )
    return example_id


def _file(tmp_path: Path, *rows: Any, name: str = "train.jsonl") -> Path:
    path = tmp_path / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _chat(asked: str, answer: str = "Gladly.") -> dict[str, Any]:
    said = (("system", "You answer customers of a utility in a few words."), ("user", asked), ("assistant", answer))
    return {"messages": [{"role": role, "content": text} for role, text in said]}


def _found(project: Project) -> list[tuple[str, int, str, str]]:
    return sorted((leak.key, leak.line, leak.kind, leak.place) for leak in project.leakage.leaks())


def test_planted_leaks(project: Project, tmp_path: Path) -> None:
    rows = list(planted(900, 0, 0, seed=3))
    examples = [(row.id, row.text, "") for row in rows[:300]]
    with project.database.transaction() as connection:
        for key, text, _ in examples:
            add_example(connection, key=key, messages=[Message("user", text)])
    clean = ((row.text, "Thank you, that is noted.") for row in [*rows[300:]] * 2)
    made: list[Line] = list(lines(examples, clean, count=600, leaks=60, seed=4))
    project.leakage.scan(_file(tmp_path, *(line.row for line in made)))
    leaks = project.leakage.leaks()
    found = {(leak.line, leak.key): leak.kind for leak in leaks}
    missed = [
        line
        for number, line in enumerate(made, 1)
        if line.kind in ("exact", "overlap") and (number, line.of) not in found
    ]
    assert missed == []
    assert {found[number, line.of] for number, line in enumerate(made, 1) if line.kind == "exact"} == {"exact"}
    near = [(number, line.of) in found for number, line in enumerate(made, 1) if line.kind == "near"]
    assert sum(near) / len(near) > 0.8
    texts = {key: words_in(text) for key, text, _ in examples}
    for leak in leaks:
        if made[leak.line - 1].kind:
            continue
        # What a clean line has in common is said truly, and never that it is the same.
        assert leak.kind != "exact"
        if leak.kind == "overlap":
            said = words_in(made[leak.line - 1].row["messages"][1]["content"])
            own = texts[leak.key]
            runs = {tuple(own[place : place + 13]) for place in range(len(own) - 12)} or {tuple(own)}
            size = min(13, len(own))
            assert any(tuple(said[place : place + size]) in runs for place in range(len(said) - size + 1))


def test_input_reference_and_answer_in_every_shape_of_file(project: Project, case: int, tmp_path: Path) -> None:
    rows = (
        _chat(ASKED.upper().replace(",", " --")),
        _chat("Something else", f"Dear customer! {LONG}"),
        {"prompt": "Another question?", "chosen": LONG.lower(), "rejected": "No."},
        {
            "input": {"messages": [{"role": "user", "content": ASKED}]},
            "preferred_output": [],
            "non_preferred_output": [],
        },
        {"text": " ".join(LONG.split()[3:16])},
        {"text": " ".join(LONG.split()[3:15])},
    )
    done = project.leakage.scan(_file(tmp_path, *rows))
    assert _found(project) == [
        ("case", 1, "exact", "input"),
        ("case", 2, "overlap", "reference"),
        ("case", 3, "exact", "reference"),
        ("case", 4, "exact", "input"),
        ("case", 5, "overlap", "reference"),
    ]
    assert done.scan.sentence == "train.jsonl: 6 lines against 1 example and 1 output, 5 overlaps."
    (tmp_path / "train.txt").write_text(f"nothing\n\n{ASKED}\n", encoding="utf-8")
    (tmp_path / "train.csv").write_text(f'question,answer\nHm?,"{LONG}"\n', encoding="utf-8")
    project.leakage.scan(tmp_path / "train.txt")
    project.leakage.scan(tmp_path / "train.csv")
    assert _found(project)[5:] == [] or len(_found(project)) == 7
    assert {(leak.file, leak.line, leak.kind) for leak in project.leakage.leaks()} >= {
        ("train.txt", 3, "exact"),
        ("train.csv", 2, "exact"),
    }


def test_what_runs_over_the_ends_of_lines_is_found(project: Project, case: int, tmp_path: Path) -> None:
    words = LONG.split()
    path = tmp_path / "book.txt"
    lines = [
        "Chapter one",
        " ".join(words[2:9]),
        " ".join(words[9:12]),
        " ".join(words[12:16]),
        "",
        *words[:12],
        "",
        *words,
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    project.leakage.scan(path)
    # The thirteenth word stands in the fourth line; after an empty line it begins anew, one word to a line.
    found = [line for key, line, kind, place in _found(project) if place == "reference"]
    assert found[0] == 4
    assert min(found[1:]) == len(lines) - len(words) + 13


def test_a_mapping_says_what_is_read(project: Project, case: int, tmp_path: Path) -> None:
    path = _file(tmp_path, {"q": "What?", "note": ASKED}, {"q": ASKED, "note": ""})
    project.leakage.scan(path, mapping={"text": "q"})
    assert [line for _, line, _, _ in _found(project)] == [2]
    with pytest.raises(InputError, match="nope"):
        project.leakage.scan(path, mapping={"text": "nope(q)"})


def test_what_cannot_be_read_is_told_and_changes_nothing(project: Project, case: int, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"messages": [\n' + json.dumps(_chat(ASKED)) + "\n", encoding="utf-8")
    done = project.leakage.scan(bad)
    assert (done.scan.lines, done.scan.rejected) == (2, 1)
    assert done.reasons[0].startswith("line 1: ")
    with pytest.raises(InputError, match="sft needs"):
        project.leakage.scan(_file(tmp_path, {"text": ASKED}), format="sft")
    with pytest.raises(InputError, match="no format of training files"):
        project.leakage.scan(bad, format="xml")
    with pytest.raises(InputError, match="There is no file"):
        project.leakage.scan(tmp_path / "absent.jsonl")

    def stop(done: int, total: int, note: str = "") -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        project.leakage.scan(_file(tmp_path, _chat("x"), name="other.jsonl"), report=stop)
    assert [scan.name for scan in project.leakage.scans()] == ["bad.jsonl"]


def test_several_goes_find_the_same(
    project: Project, make_examples: MakeExamples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_examples(12)
    rows = [_chat(f"Question {number} about {('refunds', 'billing', 'visits')[number % 3]}: what happens to order"
                  f" {1000 + number}?") for number in range(12)]  # fmt: skip
    path = _file(tmp_path, *rows)
    project.leakage.scan(path)
    found = _found(project)
    assert len({key for key, _, kind, _ in found if kind == "exact"}) == 12
    monkeypatch.setattr(leak_scan, "_ENTRIES", 1)
    monkeypatch.setattr(leak_scan, "_upto", lambda connection, after: after + 3)
    done = project.leakage.scan(path)
    assert _found(project) == found
    assert done.scan.lines == 12


def test_overlaps_block_a_freeze_until_they_are_waived(project: Project, case: int, ana: int, tmp_path: Path) -> None:
    project.slices.assign([case], "core", annotator_id=ana)
    assert project.leakage.rates() == ()
    project.leakage.scan(_file(tmp_path, _chat(ASKED)), annotator_id=ana)
    (unmet,) = (item for item in project.versions.readiness().unmet if item.kind == "leak")
    assert unmet.keys == ("case",)
    assert unmet.sentence == "1 example in the slices (case) overlaps with train.jsonl (1 exact)."
    assert "reviewer leaks waive" in unmet.remedy
    with pytest.raises(ConflictError, match="overlaps with train"):
        project.versions.freeze("set", annotator_id=ana)
    rate = project.leakage.rates()[0]
    assert (rate.slice, rate.overlapping, rate.examples, rate.rate, rate.high) == ("core", 1, 1, 1.0, 1.0)
    assert rate.low is not None
    assert 0 < rate.low < 0.3
    with pytest.raises(InputError, match="reason"):
        project.leakage.waive("", annotator_id=ana)
    with pytest.raises(NotFoundError, match="nobody"):
        project.leakage.waive("x", keys=["nobody"], annotator_id=ana)
    project.leakage.waive("asked by everyone", annotator_id=ana)
    assert not any(item.kind == "leak" for item in project.versions.readiness().unmet)
    project.undo(ana)
    assert any(item.kind == "leak" for item in project.versions.readiness().unmet)
    project.redo(ana)
    version = project.versions.freeze("set", waive="small", annotator_id=ana)
    facts = version.facts["leakage"]
    assert facts["waived"] == [
        {"file": "train.jsonl", "id": "case", "kind": "exact", "reason": "asked by everyone", "slice": "core"}
    ]
    assert facts["open"] == {}
    assert facts["scans"][0]["sha256"]
    out = project.versions.export(version, "reviewer", tmp_path / "out")
    assert json.loads((out.folder / "manifest.json").read_text())["leakage"] == facts
    # Another file asks anew; the same file does not.
    project.leakage.scan(_file(tmp_path, _chat(ASKED)), annotator_id=ana)
    assert not project.leakage.leaks(open_only=True)
    project.leakage.scan(_file(tmp_path, _chat("Hm."), _chat(ASKED), name="next.jsonl"), annotator_id=ana)
    assert [leak.file for leak in project.leakage.leaks(open_only=True)] == ["next.jsonl"]
    scan = project.leakage.scans()[0]
    project.leakage.set_aside(scan, False, reason="not trained on", annotator_id=ana)
    assert not project.leakage.leaks(open_only=True)
    project.leakage.unwaive(annotator_id=ana)
    assert [leak.file for leak in project.leakage.leaks(open_only=True)] == ["train.jsonl"]


def test_what_is_new_since_the_scan_is_told(project: Project, case: int, ana: int, tmp_path: Path) -> None:
    project.slices.assign([case], "core", annotator_id=ana)
    path = _file(tmp_path, _chat("Hm."))
    project.leakage.scan(path)
    assert not any(item.kind == "unscanned" for item in project.versions.readiness().unmet)
    with project.database.action("reference", ana) as action:
        action.update("example_references", case, body='"Something new"')
    (unmet,) = (item for item in project.versions.readiness().unmet if item.kind == "unscanned")
    assert unmet.keys == ("case",)
    assert project.leakage.rates()[0].unscanned == 1
    project.leakage.scan(path)
    assert not any(item.kind == "unscanned" for item in project.versions.readiness().unmet)


def test_answers_that_a_study_seals_are_not_read(
    project: Project, make_examples: MakeExamples, ana: int, tmp_path: Path
) -> None:
    make_examples(12)
    secret = "The parcel of the tuned answer travels by night over the mountains and never by day, as everyone knows."
    with project.database.transaction() as connection:
        connection.execute(
            "UPDATE output_payloads SET text = ? WHERE output_id IN (SELECT o.id FROM outputs o JOIN variants v"
            " ON v.id = o.variant_id WHERE v.name = 'tuned')",
            (json.dumps(secret),),
        )
    path = _file(tmp_path, _chat("Hm?", secret))
    project.leakage.scan(path)
    assert {leak.place for leak in project.leakage.leaks()} == {"output"}
    leak = project.leakage.leaks()[0]
    assert project.leakage.text_of(leak) == secret
    project.studies.create("blind", "base", "tuned", seed=1, annotator_id=ana, protocol=Protocol(repeats=0, controls=0))
    assert project.leakage.leaks() == ()
    with project.database.read() as connection:
        assert connection.execute("SELECT count(*) FROM leak_hits").fetchone()[0] == 0
    done = project.leakage.scan(path)
    assert done.scan.found == 0
    assert done.scan.sealed == 24
    assert "24 outputs that an open study seals were not read" in done.scan.sentence
    assert project.leakage.text_of(leak) != secret


def test_a_canary_is_found_in_a_training_file(project: Project, case: int, ana: int, tmp_path: Path) -> None:
    project.slices.assign([case], "core", annotator_id=ana)
    version = project.versions.freeze("set", waive="small", annotator_id=ana)
    canary = version.facts["canary"]
    assert canary.startswith(MARK)
    out = project.versions.export(version, "reviewer", tmp_path / "out")
    (line,) = out.data.read_bytes().splitlines()
    assert canonical.decode(line)["canary"] == canary
    assert json.loads((out.folder / "manifest.json").read_text())["canary"] == canary
    foreign = MARK + "0" * 32
    scraped = tmp_path / "scraped.jsonl"
    scraped.write_bytes(
        json.dumps(_chat("Hm.")).encode() + b"\n" + line + b"\n" + json.dumps({"text": foreign}).encode()
    )
    done = project.leakage.scan(scraped)
    assert [(found, label, at) for found, label, at in done.scan.canaries] == [(canary, "set@1", 2), (foreign, "", 3)]
    (unmet,) = (item for item in project.versions.readiness().unmet if item.kind == "canary")
    assert "scraped.jsonl holds the canary of set@1 (line 2)" in unmet.sentence
    project.leakage.set_aside(done.scan, False, reason="not trained on", annotator_id=ana)
    assert not any(item.kind == "canary" for item in project.versions.readiness().unmet)


def test_the_same_content_has_the_same_canary_and_another_version_another(
    project: Project, case: int, ana: int
) -> None:
    project.slices.assign([case], "core", annotator_id=ana)
    one = project.versions.freeze("set", waive="small", annotator_id=ana)
    other = project.versions.freeze("copy", waive="small", annotator_id=ana)
    assert one.content_hash == other.content_hash
    assert one.facts["canary"] != other.facts["canary"]
    (record,) = project.versions.records(one)
    assert record["canary"] == one.facts["canary"]
    assert project.versions.diff(one, other).same


def test_setting_a_scan_aside_needs_a_reason_that_the_version_repeats(
    project: Project, case: int, ana: int, tmp_path: Path
) -> None:
    project.slices.assign([case], "core", annotator_id=ana)
    path = _file(tmp_path, _chat(project.examples.get(case).messages[-1].content))
    scan = project.leakage.scan(path).scan
    with pytest.raises(InputError, match="needs a reason"):
        project.leakage.set_aside(scan, False, reason=" ", annotator_id=ana)
    project.leakage.set_aside(scan, False, reason="only a draft", annotator_id=ana)
    version = project.versions.freeze("set", waive="few", annotator_id=ana)
    (aside,) = version.facts["leakage"]["set_aside"]
    assert (aside["file"], aside["reason"], aside["overlaps"]) == ("train.jsonl", "only a draft", 1)
    assert "The scan of train.jsonl (1 overlap) was set aside because “only a draft”." in version.waivers


def test_a_file_of_which_nothing_is_read_is_not_called_clean(project: Project, case: int, tmp_path: Path) -> None:
    path = _file(tmp_path, _chat(project.examples.get(case).messages[-1].content))
    before = project.leakage.scan(path).scan
    with pytest.raises(InputError, match="No text is read by text"):
        project.leakage.scan(path, mapping={"text": "nowhere"})
    assert project.leakage.scans() == (before,)
    packed = tmp_path / "train.jsonl.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(InputError, match="packed with gzip"):
        project.leakage.scan(packed)
    odd = tmp_path / "odd.bin"
    odd.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(InputError, match="no text"):
        project.leakage.scan(odd)


def test_the_first_row_of_a_file_without_column_names_is_scanned(project: Project, case: int, tmp_path: Path) -> None:
    asked = project.examples.get(case).messages[-1].content
    path = tmp_path / "bare.csv"
    path.write_text(f'"{asked}",yes\n"something else entirely, and long enough",no\n')
    project.leakage.scan(path)
    assert [leak.line for leak in project.leakage.leaks()] == [1]


def test_what_is_asked_in_a_word_is_found_to_the_letter(project: Project, tmp_path: Path) -> None:
    with project.database.transaction() as connection:
        add_example(connection, key="short", messages=[Message("user", "Reset my PIN")])
    project.leakage.scan(_file(tmp_path, _chat("reset my pin!"), _chat("Reset the PIN")))
    assert [(leak.key, leak.line, leak.kind) for leak in project.leakage.leaks()] == [("short", 1, "exact")]


def test_a_canary_is_found_however_it_was_cleaned() -> None:
    canary = canary_of("set", 1, "sha256:0")
    for text in (
        canary.upper(),
        canary.replace("-", " "),
        f"{canary[:30]}\n{canary[30:]}",
        canary.replace("-", "_"),
        f"said: {canary}.",
    ):
        assert canaries_in(text) == canaries_in(text.encode()) == [canary], text
    assert canaries_in("a canary in a mine") == []
