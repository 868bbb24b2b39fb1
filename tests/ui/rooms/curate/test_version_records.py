"""Two versions compared in the window, example by example and word by word, by keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reviewer.curate.diffs import TextChange
from reviewer.curate.versions import Version
from reviewer.formats.conversation import Message
from reviewer.project import Project
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.curate import CurateRoom, version_records
from reviewer.ui.rooms.curate.record_changes import composed
from reviewer.ui.rooms.curate.version_records import VersionRecords
from tests.ui.test_accessible import guessing_labels, nameless


@pytest.fixture
def versions(window: MainWindow, project: Project) -> tuple[Version, Version]:
    """Two versions: one example added, one removed, one moved with another reference, one with another input."""
    ana = window.session.annotator_id
    ids = {key: project.examples.by_key(key).id for key in (f"case-{number:04d}" for number in range(6))}
    project.slices.assign([ids[f"case-{number:04d}"] for number in range(4)], "core", annotator_id=ana)
    first = project.versions.freeze("claims", waive="the first is small", annotator_id=ana)
    project.slices.clear([ids["case-0000"]], annotator_id=ana)
    project.slices.assign([ids["case-0001"]], "edge", annotator_id=ana)
    project.slices.assign([ids["case-0005"]], "core", annotator_id=ana)
    project.labels.set_reference(ids["case-0001"], ana, "Forty days from the day of delivery.")
    example = project.examples.get(ids["case-0002"])
    said = [*example.messages[:-1], Message("user", f"{example.messages[-1].content} Now?")]
    project.inputs.revise(ids["case-0002"], messages=said, annotator_id=ana)
    second = project.versions.freeze("claims", waive="the second is small too", annotator_id=ana)
    return first, second


@pytest.fixture
def records(window: MainWindow, versions: tuple[Version, Version]) -> VersionRecords:
    """Both compared, the list in hand."""
    room = window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    window.run_action("curate.versions")
    room.versions.other.setCurrentIndex(1)
    room.versions.other.activated.emit(1)
    room.versions.records.change_table.setFocus()
    return room.versions.records


def _press(qtbot: QtBot, window: MainWindow, key: Qt.Key) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key)


def test_each_example_that_differs_is_listed_once(records: VersionRecords, window: MainWindow) -> None:
    assert [row[1:] for row in records.changes.rows] == [
        ("added", "case-0005", "to core"),
        ("removed", "case-0000", "from core"),
        ("moved, changed", "case-0001", "from core to edge; reference, metadata"),
        ("changed", "case-0002", "input, metadata, observed output; revision 1 to 2"),
    ]
    said = (
        "1 added, 1 removed, 1 moved, 1 with another input, 1 with another reference, 2 with other metadata, "
        "1 with another observed output"
    )
    assert records.finding.text() == "From claims@1 to claims@2: 4 examples differ"
    assert records.counts.text() == said
    room = window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    about = room.versions.about.text()
    assert "Waived since claims@1: Frozen all the same, because “the second is small too”" in about
    assert "No longer waived in claims@2: Frozen all the same, because “the first is small”" in about
    assert nameless(window) == []
    assert guessing_labels(window) == []


def test_waivers_of_a_comparison_go_with_it(records: VersionRecords, window: MainWindow) -> None:
    room = window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    assert "Waived since claims@1" in room.versions.about.text()
    room.versions.other.setCurrentIndex(0)
    room.versions.other.activated.emit(0)
    assert "Waived since" not in room.versions.about.text()
    assert "Frozen all the same" in room.versions.about.text()


def test_the_words_that_differ_are_marked_on_both_sides(
    records: VersionRecords, window: MainWindow, qtbot: QtBot
) -> None:
    for _ in range(3):
        _press(qtbot, window, Qt.Key.Key_Down)
    assert records.panes.currentWidget() is records.diff
    assert records.diff.left.head.text() == "claims@1  case-0002"
    left, right = records.diff.left.view.text, records.diff.right.view.text
    assert left.startswith("▸ Input: user\n")
    before, after = records.diff.places[0]
    assert right[slice(*after)] == "Now?"
    assert before[0] == before[1], "the earlier has nothing there"
    _press(qtbot, window, Qt.Key.Key_Period)
    assert records.diff.right.view.selected_span() is not None


def test_the_next_difference_goes_on_to_the_next_example_and_back(
    records: VersionRecords, window: MainWindow, qtbot: QtBot
) -> None:
    seen = []
    for _ in range(12):
        _press(qtbot, window, Qt.Key.Key_Period)
        key = records.changes.key(records.change_table.currentIndex().row())
        if key not in seen:
            seen.append(key)
    assert seen == ["case-0000", "case-0001", "case-0002"]
    for _ in range(12):
        _press(qtbot, window, Qt.Key.Key_Comma)
    assert records.change_table.currentIndex().row() == 0
    window.run_action("go.next")
    assert records.change_table.currentIndex().row() == 1


def test_only_one_kind_of_change_is_listed_when_asked_for(records: VersionRecords) -> None:
    kinds = [records.kinds.itemData(place) for place in range(records.kinds.count())]
    assert kinds == ["", "added", "removed", "moved", "input", "reference", "metadata", "observed output"]
    records.kinds.setCurrentIndex(kinds.index("reference"))
    records.kinds.activated.emit(kinds.index("reference"))
    assert [row[0] for row in records.changes.rows] == ["case-0001"]
    assert "Forty days" in records.diff.right.view.text


def test_either_side_can_be_read_whole(records: VersionRecords) -> None:
    records.go_to(2)
    records.ways[2].click()
    assert records.panes.currentWidget() is records.reading
    assert records.reading.step_count
    records.go_to(1)
    assert [button.isEnabled() for button in records.ways] == [False, True, False]
    records.go_to(3)
    assert records.ways[2].isChecked(), "the way of reading is kept where it can be"


def test_what_machines_write_is_shown_as_people_read_it() -> None:
    changes = (
        TextChange("metadata", "reference_as_of_ms", None, "1795651200000", None),
        TextChange("metadata", "observed_messages", '[{"content":"8\\u201312"}]', '[{"content":"9\\u201312"}]', None),
    )
    left, right, places = composed(changes)
    assert "▸ Reference: as of\n(not there)" in left
    assert "2026-11-26 00:00 UTC" in right
    assert [(left[slice(*before)], right[slice(*after)]) for before, after in places] == [
        ("", "2026-11-26 00:00 UTC"),
        ("8", "9"),
    ]


def test_a_date_that_no_calendar_has_stays_a_number() -> None:
    for text in ("999999999999999999999", "99999999999999"):
        _, right, _ = composed((TextChange("metadata", "reference_as_of_ms", None, text, None),))
        assert right


def test_many_records_are_compared_beside_the_window(
    records: VersionRecords, versions: tuple[Version, Version], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version_records, "AT_ONCE", 1)
    records.compare(*versions)
    assert records.finding.text() == "claims@1 and claims@2 are being compared …"
    qtbot.waitUntil(lambda: len(records.changes.rows) == 4)


@pytest.fixture
def room(window: MainWindow, versions: tuple[Version, Version]) -> CurateRoom:
    """The versions page, its list of records in hand."""
    room = window.go_to_room("curate")
    assert isinstance(room, CurateRoom)
    window.run_action("curate.versions")
    room.versions.records.record_table.setFocus()
    return room


def test_a_version_is_browsed_as_it_was(room: CurateRoom, window: MainWindow, qtbot: QtBot) -> None:
    records = room.versions.records
    assert records.finding.text() == "claims@2: 4 records as they were frozen"
    assert records.facts.text().startswith("edge  ·  revision 1  ·  reference ")
    names = [records.slice.itemData(place) for place in range(records.slice.count())]
    records.slice.setCurrentIndex(names.index("core"))
    records.slice.activated.emit(names.index("core"))
    assert [row[0] for row in records.records.rows] == ["case-0002", "case-0003", "case-0005"]
    assert records.finding.text() == "claims@2: 3 of 4 records as they were frozen"
    assert "revision 2" in records.facts.text()
    records.words.setText("NOW? 0002")
    assert [row[0] for row in records.records.rows] == ["case-0002"]
    records.words.setText("nothing of the kind")
    assert records.records.rows == []
    assert records.reading.step_count == 0
    assert nameless(window) == []


def test_reading_counts_once_a_sitting_and_looking_at_the_list_does_not(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    undo = project.undo_title(window.session.annotator_id)
    assert [version.touches.viewed for version in project.versions.list()] == [0, 0]
    _press(qtbot, window, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: project.versions.get("claims@2").touches.viewed == 1)
    _press(qtbot, window, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: room.versions.model.rows[0][6] == "1")
    assert "viewed 1" in room.versions.about.text()
    assert room.versions.records.record_table.currentIndex().row() == 2, "what is being read stays where it is"
    assert [version.touches.viewed for version in project.versions.list()].count(1) == 1
    assert project.undo_title(window.session.annotator_id) == undo, "reading is nothing to take back"


def test_a_worn_out_version_says_so(room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot) -> None:
    window.session.settings.set("worn_after", 1)
    _press(qtbot, window, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: room.versions.model.rows[0][6] == "1 worn")
    assert "a held-out set counts as worn out" in room.versions.about.text()


def test_tags_are_put_on_and_taken_off_by_key_and_undone(
    room: CurateRoom, window: MainWindow, project: Project, qtbot: QtBot
) -> None:
    _press(qtbot, window, Qt.Key.Key_A)
    dialog = room.versions.dialog
    assert dialog is not None
    assert nameless(dialog) == []
    dialog.tags.setText("baseline, release <4>")
    dialog.yes.click()
    assert "“release <4>” cannot be a tag" in dialog.outcome.text()
    assert project.versions.get("claims@2").tags == ()
    dialog.tags.setText(" baseline,release  4, baseline")
    dialog.yes.click()
    assert project.versions.get("claims@2").tags == ("baseline", "release 4")
    assert room.versions.model.rows[0][7] == "baseline, release 4"
    window.run_action("curate.tags")
    dialog = room.versions.dialog
    assert dialog is not None
    assert dialog.tags.text() == "baseline, release 4"
    dialog.tags.setText("")
    dialog.yes.click()
    assert project.versions.get("claims@2").tags == ()
    window.session.undo()
    assert project.versions.get("claims@2").tags == ("baseline", "release 4")
    assert room.versions.model.rows[0][7] == "baseline, release 4"


def test_the_facts_say_what_came_first_and_what_was_waived(room: CurateRoom) -> None:
    about = room.versions.about.text()
    assert "In the project at freezing:" in about
    assert "Frozen all the same, because “the second is small too”" in about
    assert room.versions.version is not None
    assert room.versions.version.content_hash in about
