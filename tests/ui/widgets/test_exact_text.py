"""Texts in an editor: what nobody touched comes back as it was, whatever Qt makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit
from pytestqt.qtbot import QtBot

from reviewer.ui.widgets.exact_text import MOST_CHARACTERS, MOST_IN_A_LINE, ExactText, shown_in, utf16

HARD = "a\u00a0b\u2028c\u2029d\x00e\ud800f\ufffcg\ufffeh\u0085i\tj\u202ek\u200bl\ufeffm🎈n\U0001ffffo"


@given(st.text(alphabet=st.sampled_from(list(HARD + "\r\n")), max_size=40), st.data())
def test_what_is_around_an_edit_stays(text: str, data: st.DataObject) -> None:
    exact = ExactText(text)
    assert exact.edited(exact.shown) == text
    at = data.draw(st.integers(0, len(exact.shown)))
    made = exact.edited(exact.shown[:at] + "Wort" + exact.shown[at:])
    place = exact.given_at(at)
    assert made == text[:place] + "Wort" + text[place:]


def test_lines_of_another_system_stay_so() -> None:
    exact = ExactText("one\r\ntwo\r\n")
    assert exact.shown == "one\ntwo\n"
    assert exact.edited("one\nnew\ntwo\n") == "one\r\nnew\r\ntwo\r\n"
    mixed = ExactText("one\r\ntwo\n")
    assert mixed.shown == "one␍\ntwo\n"
    assert mixed.edited("one␍\ntwo more\n") == "one\r\ntwo more\n"


@pytest.mark.parametrize("text", [HARD, f"x\r\n{HARD}\r\n", HARD * 20])
def test_an_editor_shows_it_and_gives_it_back(qtbot: QtBot, text: str) -> None:
    editor = QPlainTextEdit()
    qtbot.addWidget(editor)
    exact = ExactText(text)
    editor.setPlainText(exact.shown)
    assert exact.edited(shown_in(editor.document())) == text
    editor.moveCursor(QTextCursor.MoveOperation.End)
    editor.insertPlainText("Ende")
    assert exact.edited(shown_in(editor.document())) == f"{text}Ende"


def test_what_would_hang_an_editor_is_not_given_to_it() -> None:
    assert ExactText("a " * 40_000 + "b").editable is False  # one line
    assert ExactText(("a" * 99 + "\n") * 1_000).editable
    assert not ExactText(("a" * 99 + "\n") * 1_001).editable
    assert (MOST_CHARACTERS, MOST_IN_A_LINE) == (100_000, 20_000)


def test_places_as_qt_counts_them() -> None:
    assert utf16("abc", [0, 2]) == [0, 2]
    assert utf16("🎈b🎈", [0, 1, 2, 3]) == [0, 2, 3, 5]
