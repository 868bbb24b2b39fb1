"""The Curate room, driven by keys over a real project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from reviewer.compare.protocol import Protocol
from reviewer.project import Project
from reviewer.ui import messages
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.curate import CurateRoom, example_list
from reviewer.ui.rooms.curate.contract_dialog import ContractDialog
from reviewer.ui.rooms.curate.freeze_dialog import FreezeDialog
from reviewer.ui.rooms.curate.sample_dialog import SampleDialog
from tests.ui.test_accessible import guessing_labels, nameless


@pytest.fixture
def room(window: MainWindow, qtbot: QtBot) -> CurateRoom:
    """The room, shown, the first of twelve examples selected."""
    room = window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    room.examples.table.setFocus()
    return room


def _press(qtbot: QtBot, window: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier | None = None) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier or Qt.KeyboardModifier.NoModifier)


def _slices(project: Project) -> dict[str, str]:
    return {row.key: row.slice for row in project.slices.listing.open().page() if row.slice}


def test_keys_sort_one_example_after_the_other(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    for key in (Qt.Key.Key_C, Qt.Key.Key_C, Qt.Key.Key_E):
        _press(qtbot, window, key)
    assert _slices(project) == {"case-0000": "core", "case-0001": "core", "case-0002": "edge"}
    assert room.examples.current_id() == project.examples.by_key("case-0003").id
    assert room.cards["core"].count.text() == "2"
    assert "2 of 100 to 300, 98 more needed" in room.cards["core"].accessibleName()
    assert "core 2/100" in room.status_text()
    _press(qtbot, window, Qt.Key.Key_Up)
    _press(qtbot, window, Qt.Key.Key_U)
    assert _slices(project) == {"case-0000": "core", "case-0001": "core"}
    _press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    _press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert _slices(project) == {"case-0000": "core", "case-0001": "core"}
    # Undo leads to the example that it was about, and the list shows it as it is again.
    assert room.examples.current_id() == project.examples.by_key("case-0002").id
    assert room.examples.model.rows[2].slice == ""


def test_preservation_asks_for_the_capability_and_a_digit_answers(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    _press(qtbot, window, Qt.Key.Key_P)
    assert room.assigning.menu is not None
    qtbot.keyClick(room.assigning.menu, Qt.Key.Key_4)
    assert project.slices.get("preservation").capabilities["refusal"] == 1
    assert room.cards["preservation"].capabilities["refusal"][1].text() == "1"
    assert room.examples.model.data(room.examples.model.index(0, 1)) == "preservation: refusal"
    assert "gap in preservation" in room.next_version.buttons["capability"].text()


def test_a_selection_moves_as_one(room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot) -> None:
    _press(qtbot, window, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    _press(qtbot, window, Qt.Key.Key_E)
    assert set(_slices(project).values()) == {"edge"}
    assert len(room.examples.selected_ids()) == 12
    _press(qtbot, window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert _slices(project) == {}


def test_letters_in_the_filter_are_letters(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    _press(qtbot, window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(room.examples.field, "workflow:visits")
    assert _slices(project) == {}
    _press(qtbot, window, Qt.Key.Key_Return)
    assert [row.workflow for row in room.examples.model.rows] == ["visits"] * 4
    assert room.examples.table.hasFocus()
    assert room.examples.workflow.currentData() == "visits"
    room.examples.field.setText("workflw:visits")
    room.examples.apply_field()
    assert "did you mean" in room.examples.problem.text()
    assert len(room.examples.model.rows) == 4
    _press(qtbot, window, Qt.Key.Key_Escape)
    assert len(room.examples.model.rows) == 12
    assert room.examples.problem.isHidden()


def test_facets_and_cards_list_a_slice(room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot) -> None:
    _press(qtbot, window, Qt.Key.Key_C)
    room.cards["core"].setFocus()
    _press(qtbot, window, Qt.Key.Key_Space)
    assert [row.key for row in room.examples.model.rows] == ["case-0000"]
    assert room.examples.facets["core"].isChecked()
    room.examples.facets["none"].click()
    assert len(room.examples.model.rows) == 11
    # What is sorted from here stays in sight until the list is asked for again.
    room.examples.table.setFocus()
    _press(qtbot, window, Qt.Key.Key_E)
    assert len(room.examples.model.rows) == 11
    room.examples.facets["edge"].click()
    assert [row.key for row in room.examples.model.rows] == ["case-0001"]
    room.examples.facets["preservation"].click()
    assert "No example matches" in room.examples.empty.text()
    assert not room.enabled("curate.to_core")


def test_all_that_is_listed_goes_at_once(room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot) -> None:
    room.examples.workflow.setCurrentIndex(1)
    room.examples.workflow.activated.emit(1)
    room.examples.field.setFocus()
    window.run_action("curate.assign_matching")
    assert room.assigning.menu is not None
    with qtbot.waitSignal(window.session.changed):
        qtbot.keyClick(room.assigning.menu, Qt.Key.Key_C)
    assert set(_slices(project).values()) == {"core"}
    assert len(_slices(project)) == 4
    assert [row.slice for row in room.examples.model.rows] == ["core"] * 4
    qtbot.waitUntil(lambda: window.focusWidget() is room.examples.table)
    window.run_action("edit.undo")
    assert _slices(project) == {}


def test_a_sample_says_what_it_draws_and_draws_it(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    window.run_action("curate.sample")
    dialog = room.assigning.dialog
    assert isinstance(dialog, SampleDialog)
    assert nameless(dialog) == []
    assert guessing_labels(dialog) == []
    qtbot.waitUntil(lambda: "only 12 examples" in dialog.outcome.text())
    assert not dialog.yes.isEnabled()
    dialog.number.setValue(6)
    dialog.seed.setValue(3)
    qtbot.waitUntil(lambda: dialog.yes.isEnabled())
    assert dialog.outcome.text() == "Draws 6: billing 2 of 4, refunds 2 of 4, visits 2 of 4."
    expected = {project.examples.get(item).key for item in project.slices.draw(6, seed=3)[0]}
    with qtbot.waitSignal(window.session.changed):
        qtbot.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert set(_slices(project)) == expected


def test_a_contract_is_edited_in_place(room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot) -> None:
    room.cards["edge"].edit.click()
    dialog = room.dialog
    assert isinstance(dialog, ContractDialog)
    assert nameless(dialog) == []
    dialog.minimum.setValue(200)
    assert not dialog.yes.isEnabled()
    dialog.minimum.setValue(1)
    dialog.owner.setText("Claims")
    dialog.yes.click()
    assert project.slices.get("edge").owner == "Claims"
    assert room.cards["edge"].range.text() == "of 1–100"
    assert "Owner: Claims" in room.cards["edge"].purpose.text()


def _freeze(qtbot: QtBot, window: MainWindow, room: CurateRoom) -> None:
    window.run_action("curate.freeze")
    dialog = room.dialog
    assert isinstance(dialog, FreezeDialog)
    assert nameless(dialog) == []
    assert guessing_labels(dialog) == []
    assert not dialog.yes.isEnabled()
    dialog.name.setCurrentText("refunds")
    dialog.note.setText("before the tune")
    dialog.reason.setText("a test has few")
    assert dialog.yes.isEnabled()
    with qtbot.waitSignal(window.session.changed):
        dialog.yes.click()
    window.activateWindow()  # no window manager does it here


def test_freeze_says_what_is_not_met_and_then_shows_the_version(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot, tmp_path: Path, monkeypatch: Any
) -> None:
    assert not room.enabled("curate.freeze")
    assert not room.next_version.freeze.isEnabled()
    for key in (Qt.Key.Key_C, Qt.Key.Key_C, Qt.Key.Key_E):
        _press(qtbot, window, key)
    _freeze(qtbot, window, room)
    (version,) = project.versions.list()
    assert (version.label, version.waiver, version.note) == ("refunds@1", "a test has few", "before the tune")
    assert len(version.unmet) == 3
    page = room.versions
    assert room.pages.currentWidget() is page
    assert page.version == version
    assert "edge has 1 of at least 50" in page.about.text()
    assert [row[0] for row in page.records.records.rows] == ["case-0000", "case-0001", "case-0002"]
    assert nameless(window) == []
    assert guessing_labels(window) == []

    monkeypatch.setattr(messages, "choose_folder", lambda _parent, _title, done, folder=None: done(tmp_path / "here"))
    window.run_action("file.export")
    manifest = tmp_path / "here" / "refunds-v1" / "manifest.json"
    qtbot.waitUntil(manifest.exists)
    assert json.loads(manifest.read_bytes())["waiver"] == "a test has few"

    _press(qtbot, window, Qt.Key.Key_Escape)
    assert room.pages.currentWidget() is room.bench
    _press(qtbot, window, Qt.Key.Key_E)
    _freeze(qtbot, window, room)
    assert page.version is not None
    assert page.version.label == "refunds@2"
    page.other.setCurrentIndex(1)
    page.other.activated.emit(1)
    assert page.records.finding.text() == "From refunds@1 to refunds@2: 1 example differs"
    assert page.records.changes.rows == [("case-0003", "added", "case-0003", "to edge")]
    assert [button.isEnabled() for button in page.records.ways] == [False, False, True]


def test_among_several_sets_the_one_to_freeze_is_chosen(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    for key in (Qt.Key.Key_C, Qt.Key.Key_C, Qt.Key.Key_E):
        _press(qtbot, window, key)
    ana = window.session.annotator_id
    project.versions.freeze("support", note="", waive="small", annotator_id=ana)
    room.freezing._open(FreezeDialog(room, window.session, project, project.versions.readiness(), room.show_frozen))
    alone = room.dialog
    assert isinstance(alone, FreezeDialog)
    assert (alone.name.currentText(), alone.yes.text()) == ("support", "Freeze as support@2")
    alone.reject()
    project.versions.freeze("pilot", note="", waive="small", annotator_id=ana)
    room.freezing.freeze()
    several = room.dialog
    assert isinstance(several, FreezeDialog)
    several.reason.setText("small")
    assert several.name.currentText() == ""
    assert {several.name.itemText(place) for place in range(several.name.count())} == {"pilot", "support"}
    qtbot.keyClick(several, Qt.Key.Key_Return)
    assert len(project.versions.list()) == 2
    several.name.setCurrentText("support")
    assert several.yes.text() == "Freeze as support@2"
    assert "becomes support@2" in several.outcome.text()
    stops = {area for area in several.findChildren(QScrollArea) if area.focusPolicy() != Qt.FocusPolicy.NoFocus}
    assert not stops
    several.reject()


def test_each_thing_that_is_not_met_opens_its_list(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    _press(qtbot, window, Qt.Key.Key_C)
    _press(qtbot, window, Qt.Key.Key_C)
    example = project.examples.by_key("case-0001")
    with project.database.action("x", window.session.annotator_id) as action:
        action.delete("example_references", example.id)
    window.session.tell_changes(action.changes)
    button = room.next_version.buttons["reference"]
    assert button.text() == "1 without reference"
    assert "case-0001" in button.accessibleName()
    button.click()
    assert [row.key for row in room.examples.model.rows] == ["case-0001"]
    assert "1 example in core has no reference" in room.examples.only.text()
    room.examples.only.click()
    assert len(room.examples.model.rows) == 12
    _press(qtbot, window, Qt.Key.Key_W)
    assert room.menu is not None
    assert room.menu.actions()[0].text().startswith("core has 2 of at least 100")
    room.menu.close()


def test_a_version_that_an_open_study_seals_says_so(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    _press(qtbot, window, Qt.Key.Key_C)
    _freeze(qtbot, window, room)
    project.studies.create("spring", "prod", "tuned", protocol=Protocol.bare())
    room.refresh()
    assert "spring" in room.versions.records.refusal.text()
    assert room.versions.records.records.rows == []
    assert room.versions.records.reading.step_count == 0


def test_an_empty_project_says_what_to_do(first_window: MainWindow, empty_project_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "none.reviewer"
    path.write_bytes(empty_project_file.read_bytes())
    first_window.session.adopt(Project.open(path))
    room = first_window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    assert "Import some" in room.examples.empty.text()
    assert not room.examples.start.isHidden()
    assert room.next_version.state.text() == "Nothing in a slice yet"
    assert not room.enabled("curate.to_core")
    room.show_versions()
    assert not room.versions.empty.isHidden()
    assert not isinstance(QApplication.activeModalWidget(), QDialog)


def test_a_long_list_is_read_page_by_page(
    first_window: MainWindow, tmp_path: Path, empty_project_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.conftest import fill

    path = tmp_path / "long.reviewer"
    path.write_bytes(empty_project_file.read_bytes())
    opened = Project.open(path)
    ids = fill(opened, 450, ("prod",))
    first_window.session.adopt(opened)
    room = first_window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    assert room.examples.model.rowCount() == 200
    room.show_example(ids[430])
    assert room.examples.current_id() == ids[430]
    assert room.examples.model.rowCount() == 450
    assert not room.examples.model.canFetchMore()
    # An example that the filter leaves out is listed alone, and what was far away too.
    room.examples.show_slice("core")
    room.show_example(ids[3])
    assert [row.id for row in room.examples.model.rows] == [ids[3]]
    room.examples.show_everything()
    assert room.examples.model.rowCount() == 200
    monkeypatch.setattr(example_list, "FARTHEST", 100)
    room.show_example(ids[420])
    assert [row.id for row in room.examples.model.rows] == [ids[420]]


def test_another_room_keeps_the_place_and_what_it_changes_is_seen(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    room.examples.select_row(5)
    window.go_to_room("examples")
    ids = [project.examples.by_key(f"case-000{number}").id for number in (5, 6)]
    window.session.perform(lambda: project.slices.assign(ids, "edge", annotator_id=window.session.annotator_id))
    window.go_to_room("curate")
    assert room.examples.current_id() == ids[0]
    assert room.examples.model.rows[6].slice == "edge"
    assert room.cards["edge"].count.text() == "2"


def test_work_begins_in_the_table(window: MainWindow, qtbot: QtBot) -> None:
    _press(qtbot, window, Qt.Key.Key_3, Qt.KeyboardModifier.ControlModifier)
    assert isinstance(window.room, CurateRoom)
    assert window.focusWidget() is window.room.examples.table
