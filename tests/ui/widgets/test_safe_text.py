"""One untrusted text on screen: modes, selections, marks, links, finding, plain dress."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage, QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMessageBox, QToolButton
from pytestqt.qtbot import QtBot

from reviewer.ui import theme
from reviewer.ui.widgets.links import blocked_because, spelled_out
from reviewer.ui.widgets.rows import units_before
from reviewer.ui.widgets.safe_text import PlainDressView, SafeTextView
from tests.ui.widgets.test_rows import HOSTILE, KINDS


@pytest.fixture
def view(qtbot: QtBot) -> SafeTextView:
    made = SafeTextView()
    qtbot.addWidget(made)
    made.resize(760, 500)
    made.show()
    return made


def select_shown(view: SafeTextView, words: str) -> None:
    cursor = view.pane.document().find(words)
    assert not cursor.isNull()
    view.pane.setTextCursor(cursor)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=HOSTILE, kind=KINDS, source=st.booleans(), reveal=st.booleans(), data=st.data())
def test_paragraphs_are_rows_and_a_span_survives_the_screen(
    view: SafeTextView, text: str, kind: str, source: bool, reveal: bool, data: st.DataObject
) -> None:
    view.set_mode("source" if source else "rendered")
    view.set_reveal(reveal)
    view.set_text(text, kind=kind)  # type: ignore[arg-type]
    document = view.pane.document()
    assert document.blockCount() == len(view.pane.rows)
    for number, row in enumerate(view.pane.rows):
        block = document.findBlockByNumber(number)
        assert block.text() == row.shown
        assert block.length() == units_before(row.shown, row.length) + 1
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    view.mark_spans([(start, end)])
    if start < end and view.select_span(start, end):
        found = view.selected_span()
        assert found is not None
        if source:
            assert text[start:end].strip("\r\n") == text[slice(*found)].strip("\r\n")
        again = view.select_span(*found)
        assert again
        assert view.selected_span() == found


def test_a_selection_in_rendered_text_is_told_in_the_source(view: SafeTextView) -> None:
    text = "# Fees\n\n- the **whole fee** of 30\U0001f600 EUR\u00a0net"
    view.set_text(text)
    select_shown(view, "whole fee")
    assert view.selected_span() == (text.index("whole"), text.index("whole") + 9)
    select_shown(view, "EUR")
    assert view.selected_span() == (text.index("EUR"), text.index("EUR") + 3)
    select_shown(view, "the whole fee of")
    assert text[slice(*(view.selected_span() or (0, 0)))] == "the **whole fee** of"
    view.copy_selection()
    assert QGuiApplication.clipboard().text() == "the **whole fee** of"


def test_nothing_selected_is_no_span(view: SafeTextView) -> None:
    view.set_text("words")
    assert view.selected_span() is None
    view.set_text("")
    view.select_all()
    assert view.selected_span() is None


def test_source_is_one_call_away_and_keeps_the_place(view: SafeTextView, qtbot: QtBot) -> None:
    text = "".join(f"para **{n}**\n\n" for n in range(200))
    view.set_text(text)
    select_shown(view, "para 150")
    with qtbot.waitSignal(view.mode_changed):
        view.toggle_source()
    assert view.mode == "source"
    assert view.pane.rows[view.pane.caret_row()].shown == "para **150**"
    view.set_mode("rendered")
    assert view.pane.rows[view.pane.caret_row()].shown == "para 150"


def test_marks_are_where_the_words_are(view: SafeTextView) -> None:
    text = "one **two** three"
    view.set_text(text)
    view.mark_spans([(6, 9)])
    selections = view.pane.extraSelections()
    assert [mark.cursor.selectedText() for mark in selections] == ["two"]
    view.toggle_source()
    assert [mark.cursor.selectedText() for mark in view.pane.extraSelections()] == ["two"]
    view.mark_spans([])
    assert not view.pane.extraSelections()


def test_invisible_characters_get_a_badge_and_a_reveal(view: SafeTextView, qtbot: QtBot) -> None:
    view.set_text("pay\u200bpal \u202exe\u202c")
    assert view.invisible_count == 3
    assert view.notices.isVisible()
    assert "3 invisible characters" in view.notices.badge.text()
    qtbot.mouseClick(view.notices.button, Qt.MouseButton.LeftButton)
    assert view.revealed
    assert view.pane.rows[0].shown == "pay⟨ZWSP⟩pal ⟨RLO⟩xe⟨PDF⟩"
    view.set_text("plain")
    assert not view.notices.badge.isVisible()


def test_nothing_is_loaded_whatever_asks(view: SafeTextView) -> None:
    document = view.pane.document()
    for kind in (QTextDocument.ResourceType.ImageResource, QTextDocument.ResourceType.StyleSheetResource):
        found = document.resource(kind.value, QUrl("file:///etc/passwd"))
        assert isinstance(found, QImage)
        assert not found.isNull()
        assert found.width() == 1


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd", "smb://host/x", "javascript:alert(1)", "\\\\host\\share", "//host/share", "/etc/passwd",
        "data:text/html,x", "mailto:a@b.c", "HTTP:x", "http:///x", "vbscript:x", "", "x.html", "http://" + "a" * 3000,
        " javascript:x",
    ],
)  # fmt: skip
def test_links_but_http_are_blocked_with_a_sentence(view: SafeTextView, qtbot: QtBot, address: str) -> None:
    assert blocked_because(address).startswith("Blocked")
    with qtbot.waitSignal(view.link_blocked):
        view.activate_link(address)
    assert view.notices.message.isVisible()
    assert view.notices.message.text().startswith("Blocked")


def test_a_web_link_asks_with_its_whole_address(
    view: SafeTextView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Qt.TextFormat]] = []

    def refuse(box: QMessageBox) -> int:
        asked.append((box.text(), box.textFormat()))
        return 0

    monkeypatch.setattr(QMessageBox, "exec", refuse)
    address = "https://example.com/" + "path/" * 60 + "?q=%3Cb%3E"
    view.activate_link(address)
    assert address in asked[0][0]
    view.activate_link("https://p\u0430ypal.com/")
    assert "xn--" in asked[1][0]
    assert "\u0430" not in asked[1][0]
    assert asked[0][1] == Qt.TextFormat.PlainText
    view.asks_itself = False
    with qtbot.waitSignal(view.link_requested) as caught:
        view.activate_link(address)
    assert caught.args == [address]


def test_an_address_that_imitates_another_is_spelled_out() -> None:
    assert spelled_out("https://pay\u202epal.com") == "https://pay⟨RLO⟩pal.com"


def test_a_click_on_a_link_follows_it_and_a_click_beside_it_does_not(view: SafeTextView, qtbot: QtBot) -> None:
    view.asks_itself = False
    view.set_text("[words](https://a.b/c) and more")
    pane = view.pane
    pane.setTextCursor(QTextCursor(pane.document()))
    point = pane.cursorRect().center() + QPoint(12, 0)
    with qtbot.waitSignal(view.link_requested) as caught:
        qtbot.mouseClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert caught.args == ["https://a.b/c"]
    with qtbot.assertNotEmitted(view.link_requested):
        qtbot.mouseClick(pane.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(500, 300))
    pane.moveCursor(QTextCursor.MoveOperation.Start)
    with qtbot.waitSignal(view.link_requested):
        qtbot.keyClick(pane, Qt.Key.Key_Return)


def test_the_rest_of_a_long_text_can_be_asked_for(view: SafeTextView, qtbot: QtBot) -> None:
    text = "".join(f"line {n:06d}\n" for n in range(60_000))
    view.set_text(text)
    assert view.pane.rows[-1].kind == "more"
    before = len(view.pane.rows)
    view.pane.activated.emit(before - 1, "more:next")
    assert before < len(view.pane.rows) < 60_000
    view.pane.activated.emit(len(view.pane.rows) - 1, "more:rest")
    qtbot.waitUntil(lambda: view.pane.rows[-1].kind != "more")
    assert "line 059999" in view.pane.rows[-2].shown


def test_finding_counts_wraps_and_reaches_what_is_not_laid_out(view: SafeTextView, qtbot: QtBot) -> None:
    text = "Needle first\n" + "hay\n" * 20_000 + "last needle"
    view.set_text(text)
    assert view.find_text("NEEDLE") == 2
    view.find_next()
    assert view.pane.rows[view.pane.caret_row()].shown == "last needle"
    view.find_next()
    assert view.pane.caret_row() < 3
    view.find_previous()
    assert view.pane.rows[view.pane.caret_row()].shown == "last needle"
    assert view.find_text("nowhere") == 0
    view.set_text("Die Straße ist LANG")
    assert view.find_text("straße") == 1


def test_the_find_bar_works_from_the_keyboard(view: SafeTextView, qtbot: QtBot) -> None:
    view.set_text("a cat, a dog, a cat")
    qtbot.keyClick(view.pane, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert view.find_bar.isVisible()
    qtbot.keyClicks(view.find_bar.field, "cat")
    qtbot.keyClick(view.find_bar.field, Qt.Key.Key_Return)
    assert view.find_bar.count.text() == "1 of 2"
    qtbot.keyClick(view.find_bar.field, Qt.Key.Key_Return)
    assert view.find_bar.count.text() == "2 of 2"
    qtbot.keyClick(view.find_bar.field, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert view.find_bar.count.text() == "1 of 2"
    assert len(view.pane.extraSelections()) == 2
    qtbot.keyClick(view.find_bar.field, Qt.Key.Key_Escape)
    assert not view.find_bar.isVisible()
    assert not view.pane.extraSelections()


def test_an_open_find_bar_looks_in_the_next_text_and_leaves_the_caret(view: SafeTextView) -> None:
    view.set_text("a cat")
    view.find_bar.open_bar("cat")
    view.set_text("no\n" * 30 + "cat and cat")
    assert view.find_bar.count.text() == "0 of 2"
    assert view.pane.caret_row() == 0
    assert len(view.pane.extraSelections()) == 2
    view.toggle_source()
    view.find_next()
    assert view.find_bar.count.text() == "1 of 2"
    view.find_bar.close_bar()
    view.set_text("cat")
    assert not view.pane.extraSelections()


def test_every_control_has_a_name_and_shows_plain_text(view: SafeTextView) -> None:
    for kind in (QToolButton, QLineEdit):
        for control in view.findChildren(kind):
            if control.objectName() != "qt_toolbar_ext_button" and not isinstance(control.parent(), QLineEdit):
                assert control.accessibleName()
    for label in view.findChildren(QLabel):
        assert label.textFormat() == Qt.TextFormat.PlainText
    assert view.pane.accessibleName()


def test_a_change_of_theme_keeps_text_place_and_marks(view: SafeTextView, qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    view.set_text("\n".join(f"line {n}" for n in range(100)))
    view.mark_spans([(0, 4)])
    select_shown(view, "line 50")
    theme.apply(qapp, "dark")
    assert view.pane.rows[view.pane.caret_row()].shown == "line 50"
    assert len(view.pane.extraSelections()) == 1
    theme.apply(qapp, "light")


def test_a_text_laid_out_ahead_is_shown_as_it_is(view: SafeTextView) -> None:
    prepared = view.prepare("**ready**")
    view.set_text("now")
    view.show_prepared(prepared)
    assert view.text == "**ready**"
    assert view.pane.document().toPlainText() == "ready"
    view.show_prepared(prepared)
    view.set_text("between")
    view.show_prepared(prepared)
    assert view.pane.document().toPlainText() == "ready"
    later = view.prepare("**later**")
    view.toggle_source()
    view.show_prepared(later)
    assert view.pane.document().toPlainText() == "**later**"


def test_what_was_shown_before_is_given_back(view: SafeTextView, qapp: QApplication) -> None:
    gone: list[int] = []
    for number in range(5):
        view.set_text(f"text {number}")
        view.pane.document().destroyed.connect(lambda: gone.append(1))
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert len(gone) == 4


def test_plain_dress_shows_one_face_and_keeps_its_span(qtbot: QtBot) -> None:
    pane = PlainDressView()
    qtbot.addWidget(pane)
    text = "## Answer\n\n**Yes**, see [policy](https://a.b).\n* one"
    pane.set_text(text)
    assert [row.shown for row in pane.pane.rows] == ["Answer", "", "Yes, see policy (https://a.b).", "- one"]
    assert {run.style for row in pane.pane.rows for run in row.runs} == {0}
    cursor = pane.pane.document().find("Yes")
    pane.pane.setTextCursor(cursor)
    assert text[slice(*(pane.selected_span() or (0, 0)))] == "Yes"
    pane.select_all()
    pane.copy_selection()
    assert QGuiApplication.clipboard().text() == "Answer\n\nYes, see policy (https://a.b).\n- one"
    pane.set_text("zero\u200bwidth")
    assert pane.notices.maximumHeight() == 0
