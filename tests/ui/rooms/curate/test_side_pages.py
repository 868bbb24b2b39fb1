"""The pages beside the slices, driven by keys: references due and in doubt, likeness, coverage."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from reviewer.project import Project
from reviewer.store.database import dump
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.curate import CurateRoom
from reviewer.ui.rooms.curate.contract_dialog import ContractDialog
from reviewer.ui.rooms.curate.coverage_page import CoveragePage
from reviewer.ui.rooms.curate.reference_dialog import ReferenceDialog
from reviewer.ui.rooms.curate.references_page import ReferencesPage
from reviewer.ui.rooms.curate.sample_dialog import SampleDialog
from reviewer.ui.rooms.curate.similar_page import SimilarPage
from tests.ui.test_accessible import guessing_labels, nameless, unreachable_buttons

DAY = 86_400_000


@pytest.fixture
def room(window: MainWindow, qtbot: QtBot) -> CurateRoom:
    """The room, shown."""
    room = window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    room.examples.table.setFocus()
    return room


def _press(qtbot: QtBot, window: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier or Qt.KeyboardModifier.NoModifier)


def _named(page: QWidget) -> None:
    assert nameless(page) == []
    assert guessing_labels(page) == []
    assert unreachable_buttons(page) == []


def _age(project: Project, *keys: str) -> list[int]:
    ids = list(project.slices.ids_of(keys))
    now = project.references.present_ms()
    with project.database.action("age", project.annotators.get_or_add("Ana")) as action:
        for example_id in ids:
            action.update("example_references", example_id, as_of_ms=now - 40 * DAY, shelf_days=30)
    return ids


def _say(project: Project, key: str, text: str) -> None:
    (example_id,) = project.slices.ids_of([key])
    with project.database.transaction() as connection:
        connection.execute(
            "UPDATE output_payloads SET text = ? WHERE output_id IN (SELECT o.id FROM outputs o JOIN variants v"
            " ON v.id = o.variant_id WHERE o.example_id = ? AND v.name <> 'prod')",
            (dump(text), example_id),
        )


def _references(room: CurateRoom) -> ReferencesPage:
    page = room.aside.current()
    assert isinstance(page, ReferencesPage)
    return page


def test_references_that_are_due_are_confirmed_replaced_and_excluded_by_keys(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    window.run_action("curate.references")
    page = _references(room)
    assert "No reference is past its shelf life" in page.empty.text()
    assert not room.enabled("curate.reference_confirm")
    room.show_slices()
    ids = _age(project, "case-0000", "case-0001", "case-0002", "case-0003")
    project.slices.assign(ids, "core", annotator_id=window.session.annotator_id)
    room.refresh()
    room.aside.forget()
    window.run_action("curate.references")
    assert page.finding.text() == "4 expired, 0 within two weeks"
    assert "4 with an expired reference, not counted" in room.cards["core"].expired.text()
    _named(page)
    assert QApplication.focusWidget() is page.table
    _press(qtbot, window, Qt.Key.Key_H)
    assert [item.key for item in project.references.due()] == ["case-0001", "case-0002", "case-0003"]
    assert room.cards["core"].count.text() == "1"

    _press(qtbot, window, Qt.Key.Key_R)
    dialog = page.dialog
    assert isinstance(dialog, ReferenceDialog)
    _named(dialog)
    assert dialog.was.toPlainText() == "It is settled in 4 days."
    dialog.text.setPlainText("Now in 9 days.")
    dialog.shelf.setValue(60)
    dialog.stale.setChecked(True)
    dialog.yes.click()
    found = project.examples.by_key("case-0001").reference
    assert found is not None
    assert (found.text, found.shelf_days) == ("Now in 9 days.", 60)
    (past,) = project.references.past(ids[1])
    assert (past.text, past.why) == ("It is settled in 4 days.", "stale_facts")

    _press(qtbot, window, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    assert page.dialog is not None
    field: Any = page.dialog.findChild(QLineEdit)
    qtbot.keyClicks(field, "no longer answerable")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert project.examples.by_key("case-0002").excluded
    assert [item.key for item in project.references.due()] == ["case-0003"]
    page.table.setFocus()
    window.run_action("edit.undo")
    assert not project.examples.by_key("case-0002").excluded
    for _ in range(2):
        window.run_action("edit.undo")
    assert len(project.references.due()) == 4


def test_a_reference_in_doubt_is_read_beside_what_the_variants_say(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    for key in ("case-0000", "case-0001", "case-0002"):
        _say(project, key, "It takes 99 days.")
    window.run_action("curate.suspects")
    page = _references(room)
    qtbot.waitUntil(lambda: page.models["suspects"].rowCount() == 3)
    assert page.finding.text() == "3 references that the variants contradict together"
    assert [pane.head.text() for pane in (page.panes.reference, *page.panes.outputs)] == [
        "Reference", "base: agrees", "tuned: agrees", "prod: says something else",
    ]  # fmt: skip
    assert page.panes.reference.view.text == "It is settled in 3 days."
    assert page.panes.outputs[0].view.text == "It takes 99 days."
    assert page.panes.outputs[0].view.pane.extraSelections(), "words in which it differs are marked"
    assert page.panes.reference.view.pane.extraSelections()
    assert page.panes.evidence.text().startswith("2 of 3 variants agree: base and tuned say the same")
    for pane in (page.panes.reference, *page.panes.outputs):
        assert pane.width() >= 160
    _named(page)
    _press(qtbot, window, Qt.Key.Key_O)
    assert [item.key for item in page._suspects] == ["case-0001", "case-0002"]
    window.run_action("edit.undo")
    assert [item.key for item in page._suspects] == ["case-0000", "case-0001", "case-0002"]
    assert isinstance(room.aside.current(), ReferencesPage), "undo leaves the queue where it is"
    page.table.setFocus()
    _press(qtbot, window, Qt.Key.Key_N)
    assert len(page._suspects) == 2
    assert len(project.references.due()) == 1
    _press(qtbot, window, Qt.Key.Key_R)
    dialog = page.dialog
    assert isinstance(dialog, ReferenceDialog)
    assert dialog.text.toPlainText() == "It takes 99 days."
    dialog.yes.click()
    assert len(page._suspects) == 1
    page.tabs["due"].click()
    assert page.finding.text().startswith("1 expired")
    _press(qtbot, window, Qt.Key.Key_Escape)
    assert room.pages.currentWidget() is room.bench


def test_the_truth_is_written_from_the_list(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    _press(qtbot, window, Qt.Key.Key_R)
    dialog = room.aside.dialog
    assert isinstance(dialog, ReferenceDialog)
    assert not dialog.yes.isEnabled() or dialog.text.toPlainText()
    dialog.text.setPlainText("")
    assert not dialog.yes.isEnabled()
    dialog.text.setPlainText("A new\u00a0truth.")
    dialog.yes.click()
    found = project.examples.by_key("case-0000").reference
    assert found is not None
    assert found.text == "A new\u00a0truth."


def test_more_like_these_are_sorted_by_the_same_keys(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    _press(qtbot, window, Qt.Key.Key_S)
    page = room.aside.current()
    assert isinstance(page, SimilarPage)
    qtbot.waitUntil(lambda: page.model.rowCount() == 11)
    assert page.finding.text().startswith("11 most like 1 example that are in no slice yet")
    assert "like case-0000" in page.model.rows[0][5]
    _named(page)
    first = page.current_id()
    page.table.setFocus()
    _press(qtbot, window, Qt.Key.Key_E)
    assert first is not None
    assert project.examples.get(first).slice == "edge"
    assert page.model.rows[0][3] == "edge"
    assert page.table.currentIndex().row() == 1, "the next one is at hand"
    page.everything.setChecked(True)
    qtbot.waitUntil(lambda: "11 most like 1 example," in page.finding.text())
    _press(qtbot, window, Qt.Key.Key_Escape)
    assert room.pages.currentWidget() is room.bench
    room.examples.field.setText("workflow:visits")
    room.examples.apply_field()
    qtbot.waitUntil(lambda: room.examples.count == 4)
    room.examples.table.setFocus()
    _press(qtbot, window, Qt.Key.Key_S)
    qtbot.keyClick(room.aside.menu, Qt.Key.Key_L)
    qtbot.waitUntil(lambda: "4 examples" in page.finding.text() and page.model.rowCount() > 0)


def test_the_coverage_map_is_walked_and_lists_a_cell(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    ana = window.session.annotator_id
    ids = list(project.slices.matching(""))
    stale = project.categories.by_name("stale_facts").id
    for example_id in (ids[0], ids[3], ids[1]):
        project.labels.set_category(project.examples.get(example_id).outputs[0].id, ana, stale)
    project.slices.assign([ids[0]], "edge", annotator_id=ana)
    window.run_action("curate.coverage")
    page = room.aside.current()
    assert isinstance(page, CoveragePage)
    qtbot.waitUntil(lambda: "hold none" in page.finding.text())
    _named(page)
    assert QApplication.focusWidget() is page.map
    _press(qtbot, window, Qt.Key.Key_Right)
    assert page.words.text().startswith("billing, Stale facts: 0 held of 1 seen")
    assert page.map.accessibleDescription() == page.words.text()
    _press(qtbot, window, Qt.Key.Key_Down)
    assert page.words.text().startswith("refunds, Stale facts: 1 held of 2 seen")
    for _ in range(9):
        _press(qtbot, window, Qt.Key.Key_Down)
    assert page.map.present == (2, 1)
    _press(qtbot, window, Qt.Key.Key_Return)
    assert room.aside.current() is page, "an empty cell leads nowhere"
    _press(qtbot, window, Qt.Key.Key_Up)
    _press(qtbot, window, Qt.Key.Key_Return)
    assert room.pages.currentWidget() is room.bench
    assert [row.key for row in room.examples.model.rows] == ["case-0000", "case-0003"]
    assert room.examples.field.text() == "workflow:refunds label:stale_facts"
    window.run_action("curate.coverage")
    _press(qtbot, window, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert [row.key for row in room.examples.model.rows] == ["case-0003"]
    window.run_action("curate.coverage")
    box = page.map.cell_rect(0, 1).center().toPoint()
    qtbot.mouseClick(page.map, Qt.MouseButton.LeftButton, pos=QPoint(box.x(), box.y()))
    assert [row.key for row in room.examples.model.rows] == ["case-0001"]
    window.run_action("curate.coverage")
    page.scope.setCurrentIndex(1)
    page.scope.activated.emit(1)
    qtbot.waitUntil(lambda: "core hold none" in page.finding.text())


def test_a_card_says_what_it_gates_on_and_what_is_missing(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    project.slices.assign(project.slices.matching("workflow:refunds"), "core", annotator_id=window.session.annotator_id)
    room.refresh()
    card = room.cards["core"]
    assert card.gate.text() == "Gates: must get better."
    assert room.cards["edge"].gate.text() == "Gates: may lose at most 10 points."
    assert "67 points off production" in card.mix.text()
    assert "80%" in card.power.toolTip()
    card.add.click()
    dialog = room.assigning.dialog
    assert isinstance(dialog, SampleDialog)
    assert (dialog.number.value(), dialog.slice.currentData()) == (2, "core")
    assert dialog.where.text() in ("workflow:billing", "workflow:visits")
    qtbot.waitUntil(lambda: dialog.yes.isEnabled())
    dialog.equal.setChecked(True)
    dialog.reject()
    room.freezing.edit_contract("edge")
    contract = room.dialog
    assert isinstance(contract, ContractDialog)
    _named(contract)
    contract.gates.setCurrentIndex(contract.gates.findData("nothing"))
    contract.discordance.setValue(20)
    contract.yes.click()
    assert (project.slices.get("edge").gates_on, project.slices.get("edge").discordance) == ("nothing", 0.2)
    assert room.cards["edge"].gate.text() == "Gates nothing; it is reported."
