"""A new study step by step: what is chosen on each page stands in the plan, what cannot be is said before sealing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from reviewer.compare import seals
from reviewer.project import Project
from reviewer.store.database import dump
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.compare import CompareRoom
from reviewer.ui.rooms.compare.new_study_dialog import LEAKS, STEPS, NewStudyDialog


@pytest.fixture
def wizard(window: MainWindow, filled: Project, qtbot: QtBot) -> NewStudyDialog:
    """The dialog over twelve examples, six of them in core and six in preservation, two answers naming their model."""
    with filled.database.transaction() as connection:
        connection.execute(
            "INSERT INTO slice_members (example_id, slice, assigned_ms)"
            " SELECT id, CASE WHEN id % 2 THEN 'core' ELSE 'preservation' END, 1 FROM examples"
        )
        connection.execute(
            "UPDATE output_payloads SET text = ? WHERE output_id IN (SELECT o.id FROM outputs o JOIN variants v"
            " ON v.id = o.variant_id WHERE v.name = 'tuned' ORDER BY o.id LIMIT 2)",
            (dump("As GPT-4o I say six days."),),
        )
    room = window.go_to_room("compare")
    assert isinstance(room, CompareRoom)
    room.new_study()
    (dialog,) = window.findChildren(NewStudyDialog)
    index = dialog.what.tuned.findData("tuned")
    dialog.what.base.setCurrentIndex(dialog.what.base.findData("base"))
    dialog.what.tuned.setCurrentIndex(index)
    qtbot.waitUntil(lambda: dialog.what.outcome.text().startswith("12 pairs"))
    return dialog


def test_what_is_chosen_stands_in_the_plan(wizard: NewStudyDialog, filled: Project, qtbot: QtBot) -> None:
    wizard.what.name.setText("autumn")
    wizard.go_to(STEPS.index("What it can show"))
    qtbot.waitUntil(lambda: "Correctness" in wizard.sizes.said.text())
    wizard.sizes.primary.setCurrentIndex(wizard.sizes.primary.findData("core"))
    qtbot.waitUntil(lambda: "6 pairs" in wizard.sizes.said.text())
    wizard.sizes.margins["preservation"].setValue(12.5)
    wizard.go_to(STEPS.index("How it is judged"))
    wizard.judging.repeats.setValue(25)
    wizard.judging.original.setValue(50)
    wizard.judging.annotators.setText("Ana,  Ben")
    wizard.judging.stopping.setCurrentIndex(wizard.judging.stopping.findData("sequential"))
    wizard.go_to(STEPS.index("What counts as style"))
    wizard.styles.ticks["hedges"].setChecked(False)
    wizard.styles.words.setPlainText("tariff, meter\nDeposit")
    wizard.go_to(LEAKS)
    qtbot.waitUntil(lambda: wizard.leaks.list.topLevelItemCount() == 1)
    item = wizard.leaks.list.topLevelItem(0)
    assert item is not None
    assert item.checkState(0) == Qt.CheckState.Checked
    wizard.go_to(len(STEPS) - 1)
    said = wizard.plan.text()
    for words in (
        "Correctness over core decides",
        "domain words",
        "Judged by Ana, Ben",
        "3 hidden repeats",
        "1 of what",
    ):
        assert words in said, words
    assert "hedges" not in said
    with qtbot.waitSignal(wizard.accepted):
        wizard.yes.click()
    plan = filled.studies.get("autumn").plan
    assert plan["primary"] == "paired correctness over core"
    assert plan["style_features"] == ["length", "markup", "domain words"]
    assert plan["lexicon"] == ["deposit", "meter", "tariff"]
    assert plan["margins"]["preservation"] == 0.125
    assert plan["stopping"] == "sequential"
    assert plan["protocol"]["annotators"] == ["Ana", "Ben"]
    assert plan["protocol"]["repeats"] == 0.25
    assert plan["drawn"]["masked_answers"] >= 2
    with filled.database.read() as connection:
        assert {entry.text for entry in seals.read(connection, 1).masks} == {"GPT-4o"}


def test_what_cannot_be_is_said_and_not_sealed(wizard: NewStudyDialog, filled: Project) -> None:
    final = len(STEPS) - 1
    wizard.go_to(final)
    assert "no name yet" in wizard.plan.text()
    assert not wizard.yes.isEnabled()
    wizard.what.name.setText("autumn")
    assert wizard.yes.isEnabled()
    wizard.sizes.primary.setCurrentIndex(wizard.sizes.primary.findData("edge"))
    assert "none of its examples" in wizard.plan.text()
    assert not wizard.yes.isEnabled()
    wizard.sizes.primary.setCurrentIndex(0)
    wizard.styles.words.setPlainText("meter 2b")
    assert "not one word" in wizard.plan.text()
    wizard.styles.ticks["long words"].setChecked(False)
    assert wizard.yes.isEnabled(), "words that do not count are not looked at"
    wizard.judging.stopping.setCurrentIndex(1)
    assert "name the annotators" in wizard.plan.text()
    assert filled.studies.list() == []
    wizard.reject()


def test_a_worn_out_version_is_told_before_it_is_sealed(window: MainWindow, filled: Project, qtbot: QtBot) -> None:
    ana = window.session.annotator_id
    filled.slices.assign(filled.slices.matching(""), "core", annotator_id=ana)
    version = filled.versions.freeze("refunds", waive="few", annotator_id=ana)
    filled.versions.viewed(version, ana)
    window.session.settings.set("worn_after", 1)
    room = window.go_to_room("compare")
    assert isinstance(room, CompareRoom)
    room.new_study()
    (dialog,) = window.findChildren(NewStudyDialog)
    qtbot.waitUntil(lambda: "pairs" in dialog.what.outcome.text())
    assert "worn out" not in dialog.what.outcome.text()
    dialog.what.version.setCurrentIndex(dialog.what.version.findData("refunds@1"))
    qtbot.waitUntil(lambda: "refunds@1 is worn out. Touched once" in dialog.what.outcome.text())
