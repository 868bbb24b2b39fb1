"""A conversation on screen: steps, folds, evidence, the reference, from the keyboard."""

from __future__ import annotations

import json
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from pytestqt.qtbot import QtBot

from reviewer.formats.conversation import Document, Message, ToolCall, text_hash
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.sections import result_state

POLICY = "# Airline policy\n\n" + "A rule about bookings. " * 40
CALL = ToolCall("c1", "get_reservation", '{"id":"EHGLP3","fields":["fare","bags"]}')
FAILS = ToolCall("c2", "cancel_reservation", '{"id":"EHGLP3"}')
INPUT = [Message("system", POLICY), Message("user", "Cancel my flight, please \U0001f600.")]
OUTPUT = [
    Message("assistant", "", tool_calls=(CALL,)),
    Message("tool", '{"fare":"basic","bags":0}', name="get_reservation", tool_call_id="c1"),
    Message("assistant", "I try.", tool_calls=(FAILS,)),
    Message("tool", "Error: not refundable", name="cancel_reservation", tool_call_id="c2"),
    Message("assistant", "Your reservation has been **cancelled** in full."),
]


@pytest.fixture
def view(qtbot: QtBot) -> ConversationView:
    made = ConversationView()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    made.set_conversation(
        INPUT,
        OUTPUT,
        [Document("policy#12", "Basic fares are *not* refundable.", 0.83)],
        "Not refundable without insurance.",
        variant="gpt-4o",
        reference_note="as of 3 Nov, policy v12",
        reference_editable=True,
    )
    return made


def shown(view: ConversationView) -> list[str]:
    return [row.shown for row in view.pane.rows]


def labels(view: ConversationView) -> list[str]:
    return [row.label for row in view.pane.rows if row.label]


def select(view: ConversationView, words: str, to: str = "") -> None:
    cursor = view.pane.document().find(words)
    assert not cursor.isNull()
    if to:
        end = view.pane.document().find(to, cursor)
        start = cursor.selectionStart()
        cursor.setPosition(start)
        cursor.setPosition(end.selectionEnd(), QTextCursor.MoveMode.KeepAnchor)
    view.pane.setTextCursor(cursor)


def test_it_reads_as_a_conversation(view: ConversationView) -> None:
    assert labels(view) == ["System", "User", "Documents", "Agent", "Agent", "Agent", "Reference"]
    assert shown(view) == [
        "▸ Airline policy, 163 words",
        "Cancel my flight, please \U0001f600.",
        "▸ policy#12, score 0.83, 5 words",
        "Output of gpt-4o",
        "▸ get_reservation(EHGLP3, […])\t25 chars   ✓ ok",
        "I try.",
        "▸ cancel_reservation(EHGLP3)\t21 chars   ✕ error",
        "Your reservation has been cancelled in full.",
        "▾ as of 3 Nov, policy v12, 4 words   Edit",
        "Not refundable without insurance.",
    ]


def test_a_call_unfolds_to_its_arguments_and_its_result(view: ConversationView, qtbot: QtBot) -> None:
    for _ in range(3):
        qtbot.keyClick(view.pane, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert view.current_step == 3
    qtbot.keyClick(view.pane, Qt.Key.Key_Return)
    at = shown(view).index("▾ get_reservation(EHGLP3, […])\t25 chars   ✓ ok")
    assert shown(view)[at + 1 : at + 4] == [
        '{"id": "EHGLP3", "fields": ["fare", "bags"]}',
        "Result, ok, 25 characters",
        '{"fare": "basic", "bags": 0}',
    ]
    assert view.pane.caret_row() == at
    qtbot.keyClick(view.pane, Qt.Key.Key_Space)
    assert len(view.pane.rows) == 10
    view.unfold_all()
    assert not any(row.shown.startswith("▸") for row in view.pane.rows)
    view.fold_all()
    assert len(view.pane.rows) == 9


def test_steps_are_gone_through_and_do_not_run_off_the_ends(view: ConversationView, qtbot: QtBot) -> None:
    assert view.step_count == 8
    view.previous_step()
    assert view.current_step == 0
    with qtbot.waitSignal(view.step_changed):
        view.next_step()
    for _ in range(20):
        view.next_step()
    assert view.current_step == 7
    assert view.pane.accessibleDescription() == "Step 8 of 8, Reference"
    view.first_output_step()
    assert view.current_step == 3


def test_selected_words_are_evidence_in_code_points_of_the_step(view: ConversationView, qtbot: QtBot) -> None:
    with qtbot.waitSignal(view.evidence_changed):
        select(view, "has been cancelled")
    text = OUTPUT[4].text
    start = text.index("has been")
    assert view.selected_evidence() == {
        "place": "output",
        "step": 4,
        "start": start,
        "end": text.index("**", start + 12),
        "hash": text_hash(text),
    }
    select(view, "please")
    found = view.selected_evidence()
    assert found is not None
    assert (found["place"], found["step"]) == ("message", 1)
    select(view, "\U0001f600.")
    found = view.selected_evidence()
    assert found is not None
    assert INPUT[1].text[found["start"] : found["end"]] == "\U0001f600."


def test_evidence_is_selected_with_the_keyboard_alone(view: ConversationView, qtbot: QtBot) -> None:
    view.first_output_step()
    for _ in range(3):
        qtbot.keyClick(view.pane, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(view.pane, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    shift_word = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(view.pane, Qt.Key.Key_Right, shift_word)
    found = view.selected_evidence()
    assert found is not None
    assert view.evidence_text(found) == "reservation "


def test_a_wrong_argument_and_a_result_can_be_evidence(view: ConversationView) -> None:
    view.unfold_all()
    select(view, '"fare", "bags"')
    found = view.selected_evidence()
    assert found is not None
    assert found["step"] == 0
    assert OUTPUT[0].text[found["start"] : found["end"]] == '"fare","bags"'
    assert view.evidence_text(found) == '"fare","bags"'
    select(view, "not refundable")
    view.pane.setTextCursor(view.pane.document().find("Error: not refundable"))
    found = view.selected_evidence()
    assert found is not None
    assert (found["step"], view.evidence_text(found)) == (3, "Error: not refundable")


def test_a_selection_over_several_steps_counts_for_the_first(view: ConversationView) -> None:
    select(view, "please", to="I try.")
    found = view.selected_evidence()
    assert found is not None
    assert (found["place"], found["step"], found["end"]) == ("message", 1, len(INPUT[1].text))


def test_words_of_the_reference_or_a_document_are_no_evidence(view: ConversationView) -> None:
    view.unfold_all()
    select(view, "without insurance")
    assert view.selected_evidence() is None
    assert view.selected_source() == "without insurance"
    select(view, "Basic fares")
    assert view.selected_evidence() is None


def test_a_whole_step_is_evidence_from_the_keyboard(view: ConversationView) -> None:
    view.go_to_step(6)
    found = view.step_evidence()
    text = OUTPUT[4].text
    assert found == {"place": "output", "step": 4, "start": 0, "end": len(text), "hash": text_hash(text)}
    view.go_to_step(5)
    found = view.step_evidence()
    assert found is not None
    assert view.evidence_text(found) == 'cancel_reservation({"id":"EHGLP3"})'
    view.toggle_fold()
    view.pane.move_to_row(view.pane.caret_row() + 3)
    found = view.step_evidence()
    assert found is not None
    assert (found["step"], found["start"], found["end"]) == (3, 0, len(OUTPUT[3].text))
    view.go_to_step(7)
    assert view.step_evidence() is None


def marked(view: ConversationView) -> list[str]:
    return [mark.cursor.selectedText() for mark in view.pane.extraSelections()]


def evidence(step: int, words: str) -> dict[str, Any]:
    text = OUTPUT[step].text
    start = text.index(words)
    return {"place": "output", "step": step, "start": start, "end": start + len(words), "hash": text_hash(text)}


def test_evidence_is_marked_wherever_it_shows(view: ConversationView) -> None:
    assert view.mark_evidence([evidence(4, "cancelled"), evidence(2, '"EHGLP3"')]) == 0
    assert marked(view) == ["cancelled", "▸ cancel_reservation(EHGLP3)"]
    view.unfold_all()
    assert marked(view) == ["cancelled", "▾ cancel_reservation(EHGLP3)", '"EHGLP3"']
    view.toggle_source()
    assert marked(view)[0] == "cancelled"
    view.mark_evidence([])
    assert marked(view) == []


def test_evidence_of_another_text_is_left_out_and_told(view: ConversationView) -> None:
    old = evidence(4, "cancelled") | {"hash": "0" * 16}
    assert view.mark_evidence([old]) == 1
    assert marked(view) == []
    assert "no longer fit" in view.notices.message.text()
    assert not view.show_evidence(old)


def test_evidence_that_is_folded_away_is_brought_into_view(view: ConversationView) -> None:
    assert view.show_evidence(evidence(1, '"basic"'))
    assert '"basic"' in view.pane.rows[view.pane.caret_row()].shown


def test_the_reference_is_edited_by_whoever_owns_the_view(view: ConversationView, qtbot: QtBot) -> None:
    row = next(n for n, line in enumerate(view.pane.rows) if line.shown.endswith("Edit"))
    with qtbot.waitSignal(view.edit_reference_requested):
        view.pane.activated.emit(row, "edit:reference")
    view.set_conversation(INPUT, OUTPUT, reference=None, reference_editable=True)
    assert shown(view)[-1].strip() == "Write a reference"
    view.set_conversation(INPUT, OUTPUT, reference=None)
    assert "Reference" not in labels(view)


def test_a_plain_text_output_is_step_zero(view: ConversationView) -> None:
    view.set_conversation(INPUT, "The answer is **no**.", variant="base")
    select(view, "no.")
    found = view.selected_evidence()
    assert found is not None
    assert (found["place"], found["step"]) == ("output", 0)
    assert found["hash"] == text_hash("The answer is **no**.")


def test_a_sealed_output_says_so_and_shows_nothing(view: ConversationView) -> None:
    view.set_conversation(INPUT, "secret", variant="", sealed=True)
    assert not any("secret" in line for line in shown(view))
    assert shown(view)[-1].startswith("Sealed")


def test_odd_messages_are_shown_nonetheless(view: ConversationView) -> None:
    view.set_conversation(
        [Message("", ""), Message("dev\u202eeloper\n", "x", name="Bo\x00b")],
        [
            Message("tool", '{"error": "gone"}', name="lookup", tool_call_id="nobody"),
            Message("assistant", "", tool_calls=(ToolCall("a", "", "not json"), ToolCall("a", "same_id", "{}"))),
            Message("tool", "first", tool_call_id="a"),
            Message("tool", "", tool_call_id="a"),
            Message("tool", "third", tool_call_id="a"),
            Message("assistant", "", tool_calls=(ToolCall("a", "again", "{}"),)),
            Message("assistant", ""),
        ],
    )
    text = "\n".join(shown(view))
    assert "result of lookup without its call, error" in text
    assert "▸ (unnamed)(not json)\t5 chars   ✓ ok" in text
    assert "▸ same_id()\tempty" in text
    assert "▸ again()\tno result" in text
    assert "(empty)" in text
    assert "result without its call, ok" in text
    assert labels(view)[0] == "(no role)"


def test_answers_go_to_the_call_that_made_them_although_ids_are_reused(view: ConversationView) -> None:
    messages = []
    for number in range(3):
        messages.append(Message("assistant", "", tool_calls=(ToolCall("same", f"call_{number}", "{}"),)))
        messages.append(Message("tool", f"answer {number}", tool_call_id="same"))
    view.set_conversation([], messages)
    view.unfold_all()
    lines = shown(view)
    for number in range(3):
        call = next(n for n, line in enumerate(lines) if f"call_{number}" in line)
        assert f"answer {number}" in lines[call : call + 4]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("255.0", "ok"), ("", "empty"), (" \n", "empty"), ("Error: no", "error"), ('{"error": null, "a": 1}', "ok"),
        ('{"error": "x"}', "error"), ('{"success": false}', "error"), ("Errors are rare here", "ok"),
        ('{"a": 1}', "ok"),
        ("Traceback (most recent call last)", "error"), ('{"status": "failed"}', "error"),
    ],
)  # fmt: skip
def test_results_are_told_apart(text: str, state: str) -> None:
    assert result_state(text) == state


def test_finding_reaches_into_what_is_folded(view: ConversationView) -> None:
    assert view.find_text("bags") == 2
    assert "bags" in view.pane.rows[view.pane.caret_row()].shown
    assert view.find_text("rule about") == 40
    assert view.pane.rows[view.pane.caret_row()].shown.startswith("A rule")


def test_a_long_trajectory_shows_at_once_and_is_whole_in_the_end(view: ConversationView, qtbot: QtBot) -> None:
    steps = []
    for number in range(250):
        call = ToolCall(f"{number}", "f", "{}")
        steps.append(Message("assistant", f"Step {number}. " + "word " * 60, tool_calls=(call,)))
        steps.append(Message("tool", json.dumps({"n": number}), tool_call_id=f"{number}"))
    view.set_conversation(INPUT, steps)
    first = len(view.pane.rows)
    assert first < 400
    view.mark_evidence([{"place": "output", "step": 498, "start": 0, "end": 9, "hash": text_hash(steps[498].text)}])
    assert not view.pane.extraSelections()
    qtbot.waitUntil(lambda: len(view.pane.rows) > 500)
    assert marked(view) == ["Step 249."]
    view.set_conversation(INPUT, steps)
    view.go_to_step(10_000)
    assert view.current_step == view.step_count - 1
    assert view.pane.document().blockCount() == len(view.pane.rows)


def test_the_next_conversation_can_be_laid_out_ahead(view: ConversationView) -> None:
    prepared = view.prepare([Message("user", "next")], "answer", variant="b")
    assert "please" in "".join(shown(view))
    view.show_prepared(prepared)
    assert shown(view) == ["next", "Output of b", "answer"]
    view.resize(500, 400)
    narrow = view.prepare([Message("user", "narrow")], "answer")
    view.resize(1200, 400)
    view.show_prepared(narrow)
    assert shown(view) == ["narrow", "Output", "answer"]


def test_a_narrow_pane_puts_its_labels_above_the_text(view: ConversationView) -> None:
    assert view.pane.formats.gutter > 0
    select(view, "please")
    view.resize(320, 500)
    assert view.pane.formats.gutter == 0
    assert view.pane.formats.labels_above
    assert view.pane.rows[view.pane.caret_row()].shown.startswith("Cancel my flight")
    calls = [row.shown for row in view.pane.rows if row.kind == "call"]
    assert len(calls[0]) < 50
    view.resize(900, 600)
    assert view.pane.formats.gutter > 0


def test_an_empty_view_takes_every_command(qtbot: QtBot) -> None:
    view = ConversationView()
    qtbot.addWidget(view)
    for command in (view.next_step, view.previous_step, view.toggle_fold, view.fold_all, view.unfold_all,
                    view.toggle_source, view.toggle_reveal, view.copy_selection, view.select_all, view.find_next,
                    view.first_output_step, view.open_find):  # fmt: skip
        command()
    assert view.selected_evidence() is None
    assert view.step_evidence() is None
    view.set_conversation([], None)
    assert view.step_count == 0
