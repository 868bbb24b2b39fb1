"""Studies: the plan is fixed, the outputs are sealed, and closing brings everything back exactly."""

from __future__ import annotations

import json
import sqlite3
import zlib
from typing import Any

import pytest

from reviewer.compare.plans import plan_hash
from reviewer.compare.protocol import Protocol
from reviewer.errors import ConflictError, InputError, NotFoundError
from reviewer.project import Project
from tests.compare.conftest import judge
from tests.rows import add_output, add_variant

FIGURES = "id, example_id, variant_id, latency_ms, cost, score, passed, escalated, error, content_hash, sealed_by"


def rows(project: Project, query: str) -> list[tuple[Any, ...]]:
    with project.database.read() as connection:
        return [tuple(row) for row in connection.execute(query)]


def everything(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    """All that sealing touches."""
    return {
        "outputs": rows(project, f"SELECT {FIGURES} FROM outputs ORDER BY id"),
        "payloads": rows(project, "SELECT * FROM output_payloads ORDER BY output_id"),
        "labels": rows(project, "SELECT * FROM labels ORDER BY id"),
        "label_categories": rows(project, "SELECT * FROM label_categories ORDER BY id"),
        "rechecks": rows(project, "SELECT * FROM rechecks ORDER BY id"),
        "history": rows(project, "SELECT * FROM history WHERE table_name <> 'studies' ORDER BY id"),
        "metadata": rows(project, "SELECT example_id, metadata FROM example_payloads ORDER BY example_id"),
        "records": rows(project, "SELECT * FROM version_records ORDER BY version_id, row"),
    }


def label(project: Project, annotator_id: int, variant: str, number: int, verdict: str = "fail") -> int:
    """Label one output through a recorded action, with a further category and a recheck."""
    with project.database.read() as connection:
        output = connection.execute(
            "SELECT o.id, o.example_id FROM outputs o JOIN variants v ON v.id = o.variant_id WHERE v.name = ?"
            " ORDER BY o.example_id LIMIT 1 OFFSET ?",
            (variant, number),
        ).fetchone()
    with project.database.action(
        f"{verdict} {number}", annotator_id, room="triage", focus=output["example_id"]
    ) as action:
        label_id = action.insert(
            "labels",
            output_id=output["id"],
            annotator_id=annotator_id,
            verdict=verdict,
            category_id=1,
            note=f"the {variant} answer is off",
            created_ms=1,
            updated_ms=1,
        )
        action.insert("label_categories", label_id=label_id, category_id=2)
        action.insert("rechecks", label_id=label_id, reason="split", created_ms=1)
    return label_id


def test_a_study_seals_both_outputs_of_its_examples(filled: Project, ana: int) -> None:
    label(filled, ana, "tuned", 0)
    study = filled.studies.create("first", "base", "tuned", seed=7, annotator_id=ana, protocol=Protocol.bare())
    assert (study.pairs, study.state, study.origin, study.sealed_labels) == (12, "open", "", 1)
    assert study.changes.examples == {row[0] for row in rows(filled, "SELECT id FROM examples")}
    for name, sealed in (("base", True), ("tuned", True), ("prod", False)):
        output = filled.examples.by_key("case-0000").output_of(name)
        assert output is not None
        assert output.sealed is sealed
        assert bool(output.text) is not sealed
        assert (output.latency_ms is None) is sealed
    assert rows(filled, "SELECT * FROM labels") == []
    told = (
        "SELECT 1 FROM history WHERE table_name <> 'studies' AND (title <> '' OR coalesce(before, after) IS NOT NULL)"
    )
    assert rows(filled, told) == []


def test_closing_brings_everything_back_exactly(filled: Project, ana: int) -> None:
    for number in range(3):
        label(filled, ana, "tuned", number)
        label(filled, ana, "prod", number, "pass")
    before = everything(filled)
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    judge(filled, "first", ana, limit=2)
    closed = filled.studies.close("first", annotator_id=ana)
    assert (closed.state, closed.superseded_labels) == ("closed", 0)
    assert everything(filled) == before
    assert rows(filled, "SELECT title, annotator_id FROM history WHERE table_name = 'studies'")[-1] == (
        "Close study first",
        ana,
    )


def test_abandoning_brings_everything_back_and_reports_nothing(filled: Project, ana: int) -> None:
    label(filled, ana, "base", 1)
    before = everything(filled)
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    assert filled.studies.abandon("first").state == "abandoned"
    assert everything(filled) == before
    with pytest.raises(ConflictError, match="abandoned"):
        filled.studies.report("first")
    with pytest.raises(ConflictError, match="already"):
        filled.studies.close("first")
    with pytest.raises(ConflictError, match="named first"):
        filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())


def test_labels_come_back_under_new_ids_when_theirs_were_given_away(filled: Project, ana: int, ben: int) -> None:
    label(filled, ana, "tuned", 0)
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    taken = label(filled, ben, "prod", 5)
    assert taken == 1, "SQLite gives the id of a deleted last row away again; the test relies on it"
    judge(filled, "first", ana, limit=1)
    filled.studies.close("first")
    found = rows(
        filled,
        "SELECT l.id, v.name, l.note FROM labels l JOIN outputs o ON o.id = l.output_id"
        " JOIN variants v ON v.id = o.variant_id ORDER BY l.id",
    )
    assert found == [(1, "prod", "the prod answer is off"), (2, "tuned", "the tuned answer is off")]
    assert rows(filled, "SELECT label_id, count(*) FROM label_categories GROUP BY label_id") == [(1, 1), (2, 1)]
    assert filled.undo(ana).title == "Undo fail 0"
    assert rows(filled, "SELECT id FROM labels") == [(1,)]
    assert filled.redo(ana).title == "Redo fail 0"
    assert filled.undo(ben).title == "Undo fail 5"


def test_a_newer_label_stands(filled: Project, ana: int) -> None:
    label(filled, ana, "tuned", 0)
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    label(filled, ana, "tuned", 0, "pass")
    judge(filled, "first", ana, limit=1)
    assert filled.studies.close("first").superseded_labels == 1
    assert rows(filled, "SELECT verdict FROM labels") == [("pass",)]
    assert filled.undo(ana).title == "Undo pass 0"
    with pytest.raises(ConflictError, match="nothing to undo"):
        filled.undo(ana)


def test_sealed_labels_cannot_be_undone_or_redone_into_sight(filled: Project, ana: int) -> None:
    label(filled, ana, "tuned", 0)
    label(filled, ana, "tuned", 1)
    filled.undo(ana)
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    for verb in (filled.undo, filled.redo):
        with pytest.raises(ConflictError, match="nothing to"):
            verb(ana)
    assert filled.undo_title(ana) is None
    assert filled.redo_title(ana) is None


def test_the_plan_is_fixed_under_a_hash_and_commits_to_the_seal(filled: Project) -> None:
    with filled.database.transaction() as connection:
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms) SELECT id, 'core', 1 FROM examples"
        )
    study = filled.studies.create(
        "first", "base", "tuned", seed=7, margins={"core": 0.03}, margin=0.1, protocol=Protocol.bare()
    )
    assert study.plan_hash == plan_hash(study.plan)
    assert study.plan["margins"] == {"core": 0.03, "overall": 0.1}
    assert study.plan["stopping"] == "none"
    assert len(study.plan["items"]) == 12
    assert "7" not in (study.plan["seed_commitment"], study.plan["seal_commitment"])
    with filled.database.transaction() as connection:
        connection.execute("UPDATE studies SET plan = json_set(plan, '$.margins.core', 0.5)")
    with pytest.raises(ConflictError, match="hash"):
        filled.studies.abandon("first")


def test_a_seal_that_was_changed_is_noticed(filled: Project) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    with filled.database.transaction() as connection:
        sealed = json.loads(zlib.decompress(connection.execute("SELECT sealed FROM seals").fetchone()[0]))
        sealed["sides"][0][1:] = sealed["sides"][0][:0:-1]
        connection.execute("UPDATE seals SET sealed = ?", (zlib.compress(json.dumps(sealed).encode()),))
    with pytest.raises(ConflictError, match="not the one its plan was fixed with"):
        filled.studies.abandon("first")
    with filled.database.transaction() as connection:
        connection.execute("UPDATE seals SET sealed = x'00'")
    with pytest.raises(ConflictError, match="damaged"):
        filled.studies.abandon("first")


def test_a_seed_fixes_the_order_and_never_the_sides(filled: Project) -> None:
    orders, slots = [], set()
    for number in range(6):
        filled.studies.create(f"study {number}", "base", "tuned", seed=7, protocol=Protocol.bare())
        orders.append(rows(filled, f"SELECT example_id FROM pairs WHERE study_id = {number + 1} ORDER BY position"))
        slots.add(
            tuple(
                rows(
                    filled,
                    "SELECT s.slot FROM pair_sides s JOIN pairs p ON p.id = s.pair_id"
                    f" WHERE study_id = {number + 1} AND s.body LIKE '%Tuned%' ORDER BY p.position",
                )
            )
        )
        filled.studies.abandon(f"study {number}")
    assert all(order == orders[0] for order in orders)
    assert len(slots) > 1


def test_two_open_studies_do_not_share_outputs(filled: Project) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    with pytest.raises(ConflictError, match="open study first"):
        filled.studies.create("second", "prod", "tuned", protocol=Protocol.bare())
    assert [study.name for study in filled.studies.list()] == ["first"]
    filled.studies.abandon("first")
    assert filled.studies.create("second", "prod", "tuned", protocol=Protocol.bare()).pairs == 12


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("x", "base", "nobody"), NotFoundError, "prod, base, tuned"),
        (("x", "base", "base"), InputError, "two variants"),
        (("  ", "base", "tuned"), InputError, "name"),
    ],
)
def test_what_cannot_be_a_study(filled: Project, arguments: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        filled.studies.create(*arguments, protocol=Protocol.bare())
    with pytest.raises(NotFoundError, match="slice"):
        filled.studies.create("x", "base", "tuned", slice_name="corner", protocol=Protocol.bare())
    with pytest.raises(NotFoundError, match="version"):
        filled.studies.create("x", "base", "tuned", version="set@1", protocol=Protocol.bare())
    with pytest.raises(ConflictError, match="No example has outputs"):
        filled.studies.create("x", "base", "tuned", slice_name="core", protocol=Protocol.bare())
    with pytest.raises(InputError, match="between 0 and 1"):
        filled.studies.create("x", "base", "tuned", margin=5, protocol=Protocol.bare())
    assert filled.studies.list() == []
    assert rows(filled, "SELECT count(*) FROM outputs WHERE sealed_by IS NOT NULL") == [(0,)]


def test_answers_that_were_seen_before_are_told(filled: Project, ana: int) -> None:
    assert filled.studies.create("first", "base", "tuned", protocol=Protocol.bare()).plan["seen_before"] == []
    judge(filled, "first", ana, limit=1)
    filled.studies.close("first")
    second = filled.studies.create("second", "prod", "tuned", protocol=Protocol.bare())
    assert second.plan["seen_before"] == ["first"]
    judge(filled, "second", ana, limit=1)
    filled.studies.close("second")
    assert any("were in first before" in limit for limit in filled.studies.report("second").limits)


def test_what_is_left_out_is_counted(filled: Project) -> None:
    with filled.database.transaction() as connection:
        connection.execute("UPDATE examples SET excluded = 1 WHERE key = 'case-0001'")
        connection.execute(
            "DELETE FROM outputs WHERE variant_id = (SELECT id FROM variants WHERE name = 'tuned') AND example_id ="
            " (SELECT id FROM examples WHERE key = 'case-0002')"
        )
    found = filled.studies.survey("base", "tuned")
    assert (found.pairs, found.sealed) == (10, 0)
    assert found.left_out == {"excluded": 1, "no output of tuned": 1}
    assert found.slices == {"": 10}
    study = filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    assert study.pairs == 10
    assert study.plan["left_out"] == found.left_out
    assert filled.studies.survey("base", "tuned").sealed == 10


def test_nothing_judged_is_nothing_to_close(filled: Project) -> None:
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    with pytest.raises(ConflictError, match="abandon"):
        filled.studies.close("first")
    with pytest.raises(ConflictError, match="no report"):
        filled.studies.report("first")
    with pytest.raises(NotFoundError, match="It has first"):
        filled.studies.close("second")


def test_a_failing_seal_leaves_everything(filled: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from reviewer.compare import seals

    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    before = everything(filled)
    monkeypatch.setattr(seals, "_touch", fail)
    with pytest.raises(Exception, match="full"):
        filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    assert everything(filled) == before
    assert filled.studies.list() == []


def test_two_seals_never_cover_the_same_metadata_or_record(filled: Project, ana: int) -> None:
    """Otherwise the order of closing would decide what comes back."""
    with filled.database.transaction() as connection:
        other = add_variant(connection, "other")
        for row in connection.execute("SELECT id FROM examples").fetchall():
            add_output(
                connection, example_id=row["id"], variant_id=other, text=f"Other answer {row['id']} is long enough."
            )
        connection.execute(
            "UPDATE example_payloads SET metadata = json_set(metadata, '$.draft', 'Tuned answer 0: it takes 3 days.')"
            " WHERE example_id = 1"
        )
        connection.execute("INSERT INTO slice_members (example_id, slice, assigned_ms) VALUES (1, 'core', 1)")
    filled.versions.freeze("set", waive="a test", annotator_id=ana)
    before = everything(filled)
    filled.studies.create("first", "base", "tuned", protocol=Protocol.bare())
    with pytest.raises(ConflictError, match="metadata or frozen records"):
        filled.studies.create("second", "prod", "other", protocol=Protocol.bare())
    filled.studies.abandon("first")
    assert everything(filled) == before


def test_a_mask_or_a_margin_of_nothing_that_is_there_is_refused(filled: Project) -> None:
    with pytest.raises(InputError, match="“zz”"):
        filled.studies.create("s", "base", "tuned", protocol=Protocol(masks=("zz",)))
    with pytest.raises(InputError, match="“presrevation”, which is no slice"):
        filled.studies.create("s", "base", "tuned", margins={"presrevation": 0.1})
    assert not filled.studies.list()
