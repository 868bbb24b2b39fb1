"""After “stale facts”: the new truth by a key, from wherever one is by then, the old one kept and shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QDate, Qt

from reviewer.project import Project
from reviewer.triage.queues import Place
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.triage import TriageRoom
from tests.ui.rooms.triage.conftest import Press, here, label_of
from tests.ui.test_accessible import guessing_labels, nameless, unreachable_buttons

CTRL = Qt.KeyboardModifier.ControlModifier
DAY_MS = 86_400_000
STALE = "2"
"""The key of stale facts, the second category of the codebook."""


@pytest.fixture
def coding(window: MainWindow) -> TriageRoom:
    """The room in one pass, where the categories are at hand."""
    found = window.go_to_room("triage")
    assert isinstance(found, TriageRoom)
    found.open_queue(Place("random", "one", None), seed=1)
    return found


def key_of(room: TriageRoom, example_id: int) -> str:
    project = room.session.project
    assert project is not None
    return project.examples.get(example_id).key


def test_the_flow_goes_on_and_the_offer_stands(coding: TriageRoom, press: Press) -> None:
    first = here(coding)
    press(STALE)
    assert here(coding) != first
    assert coding.offer.isVisible()
    assert coding.offer.words.text() == (
        f"{key_of(coding, first)} rests on facts that changed. Write what is true now; the old one is kept."
    )
    assert coding.offer.write_button.text() == "New truth  W"
    assert nameless(coding) == []
    assert guessing_labels(coding) == []
    assert unreachable_buttons(coding) == []
    press(Qt.Key.Key_Escape)
    assert not coding.offer.isVisible()
    second = here(coding)
    press("p")
    assert here(coding) != second
    assert not coding.offer.isVisible()


def test_the_new_truth_by_keys_and_back_to_where_one_was(coding: TriageRoom, press: Press, filled: Project) -> None:
    first = here(coding)
    old = filled.examples.get(first).reference
    assert old is not None
    press(STALE)
    second = here(coding)
    press("w")
    assert here(coding) == first
    assert coding.editor.isVisible()
    assert coding.editor.title.text() == "The truth as it is now"
    assert coding.editor.before.text() == f"was until now: {old.text}"
    assert coding.editor.text.hasFocus()
    press("It is settled at once.")  # typed over the old one, which is selected
    press(Qt.Key.Key_Tab)
    assert coding.editor.origin.hasFocus()
    press(Qt.Key.Key_A, CTRL)
    press("policy v13")
    coding.editor.terms.shelf.setValue(90)
    press(Qt.Key.Key_Return, CTRL)
    assert here(coding) == second
    assert not coding.editor.isVisible()
    example = filled.examples.get(first)
    assert example.reference is not None
    assert (example.reference.text, example.reference.origin, example.reference.shelf_days) == (
        "It is settled at once.",
        "policy v13",
        90,
    )
    assert example.reference.as_of_ms == pytest.approx(filled.references.present_ms(), abs=60_000)
    (past,) = example.past
    assert (past.text, past.why) == (old.text, "stale_facts")
    coding.show_example(first)
    shown = coding.view.pane.toPlainText()
    assert "was until " in shown
    assert "the facts changed" in shown
    press("z")
    assert filled.examples.get(first).reference == old
    assert filled.examples.get(first).past == ()
    found = label_of(coding, first)
    assert found is not None
    assert found.verdict == "fail"


def test_going_on_passes_on_and_undo_takes_the_offer_back(coding: TriageRoom, press: Press) -> None:
    first = here(coding)
    press(STALE)
    press("p")
    assert not coding.offer.isVisible()
    press(STALE)
    assert coding.offer.isVisible()
    press("z")
    assert not coding.offer.isVisible()
    assert label_of(coding, first) is not None
    press("1")
    assert not coding.offer.isVisible()


def test_the_last_example_of_the_queue_offers_it_too(coding: TriageRoom, press: Press, filled: Project) -> None:
    for _ in range(11):
        press("p")
    last = here(coding)
    press(STALE)
    assert coding.reading is None
    assert coding.offer.isVisible()
    press("w")
    assert here(coding) == last
    assert coding.editor.isVisible()
    press("Now.")
    press(Qt.Key.Key_Return, CTRL)
    assert filled.examples.get(last).reference is not None
    assert here(coding) == last


def test_without_going_on_the_key_writes_where_one_is(coding: TriageRoom, press: Press, filled: Project) -> None:
    coding.session.settings.set("auto_advance", False)
    number = here(coding)
    assert not coding.enabled("triage.new_truth")
    press(STALE)
    press(Qt.Key.Key_Escape)
    assert coding.enabled("triage.new_truth")
    press("w")
    assert coding.editor.isVisible()
    press(Qt.Key.Key_Escape)
    assert here(coding) == number
    assert coding.view.pane.hasFocus()
    assert filled.examples.get(number).past == ()


def test_what_held_before_where_there_was_no_reference(coding: TriageRoom, press: Press, filled: Project) -> None:
    number = here(coding)
    with filled.database.transaction() as connection:
        connection.execute("DELETE FROM example_references WHERE example_id = ?", (number,))
    coding.open_queue(coding.place)
    assert here(coding) == number
    press(STALE)
    assert coding.offer.words.text().endswith("it has no reference yet.")
    press("w")
    assert coding.editor.was.hasFocus()
    press("Two weeks.")
    press(Qt.Key.Key_Tab)
    press("Three days.")
    press(Qt.Key.Key_Return, CTRL)
    example = filled.examples.get(number)
    assert example.reference is not None
    assert example.reference.text == "Three days."
    assert [(item.text, item.why) for item in example.past] == [("Two weeks.", "stale_facts")]


def test_terms_of_a_reference_are_corrected_alone(room: TriageRoom, press: Press, filled: Project) -> None:
    number = here(room)
    with filled.database.transaction() as connection:
        connection.execute(
            "UPDATE example_references SET as_of_ms = 1785542400000, shelf_days = 30 WHERE example_id = ?", (number,)
        )
    room.open_queue(room.place)
    assert here(room) == number
    press("r")
    terms = room.editor.terms
    assert (terms.as_of.date(), terms.shelf.value()) == (QDate(2026, 8, 1), 30)
    terms.shelf.setValue(60)
    press(Qt.Key.Key_Return, CTRL)
    reference = filled.examples.get(number).reference
    assert reference is not None
    assert (reference.as_of_ms, reference.shelf_days, reference.origin) == (1_785_542_400_000, 60, "kb")
    assert filled.examples.get(number).past == ()
    press("r")
    terms.as_of.setDate(QDate(2026, 10, 1))
    press(Qt.Key.Key_Return, CTRL)
    reference = filled.examples.get(number).reference
    assert reference is not None
    assert reference.as_of_ms == 1_785_542_400_000 + 61 * DAY_MS
    press("r")
    press(" And more.")
    assert terms.as_of.date() == QDate.fromString(_today(filled), "yyyy-MM-dd")
    press(Qt.Key.Key_Return, CTRL)
    example = filled.examples.get(number)
    assert example.reference is not None
    assert example.reference.as_of_ms == pytest.approx(filled.references.present_ms(), abs=60_000)
    assert [item.why for item in example.past] == ["corrected"]


def _today(project: Project) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(project.references.present_ms() / 1000, UTC).date().isoformat()


def test_a_source_that_only_says_import_stays_unsaid(room: TriageRoom, press: Press, filled: Project) -> None:
    number = here(room)
    with filled.database.transaction() as connection:
        connection.execute("UPDATE example_references SET origin = 'import' WHERE example_id = ?", (number,))
    room.open_queue(room.place)
    press("r")
    assert room.editor.origin.text() == ""
    press(" More.")
    press(Qt.Key.Key_Return, CTRL)
    reference = filled.examples.get(number).reference
    assert reference is not None
    assert reference.origin == "import"


def test_a_reference_older_than_the_input_is_confirmed_where_it_is_read(
    room: TriageRoom, press: Press, filled: Project
) -> None:
    number = here(room)
    example = filled.examples.get(number)
    done = filled.inputs.revise(number, messages=example.messages[1:], annotator_id=room.session.annotator_id)
    room.session.tell_changes(done)
    assert "older than the present input: R in Triage or Curate" in room.view.remark.words.text()
    press("r")
    assert room.editor.title.text() == "Reference, written for an earlier input"
    assert room.editor.terms.as_of.date() == QDate.fromString(_today(filled), "yyyy-MM-dd")
    press(Qt.Key.Key_Return, CTRL)
    reference = filled.examples.get(number).reference
    assert reference is not None
    assert not reference.earlier
    assert filled.examples.get(number).past == ()
    assert "older than the present input" not in room.view.remark.words.text()
    assert "Made for an earlier input" in room.view.remark.words.text()
