"""Finding while the text changes beneath it: marks never outlive the document they were made in."""

from __future__ import annotations

import random

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reviewer.formats.conversation import Message
from reviewer.ui.widgets.conversation import ConversationView

WORDS = ("refund", "please", "order", "nowhere", "e", "")


def give_back() -> None:
    """Let what was handed to `deleteLater` go, as the application's own loop does."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    QApplication.processEvents()


def conversation(number: int) -> tuple[list[Message], list[Message]]:
    more = f"Order {number} is due a refund, please wait. " * (1 + number % 40)
    return (
        [Message("system", more * 20), Message("user", f"Please refund order {number}.")],
        [Message("assistant", more), Message("tool", more, name="look"), Message("assistant", "refund " * number)],
    )


def test_words_are_found_again_in_a_text_that_took_anothers_place(qtbot: QtBot) -> None:
    view = ConversationView()
    qtbot.addWidget(view)
    view.show()
    view.set_conversation(*conversation(30))
    assert view.find_text("please") > 10
    view.find_bar.close_bar()
    view.find_text("refund")
    for number in (1, 7, 2):
        view.set_conversation(*conversation(number))
        give_back()
        assert view.find_text("refund") > 0
        marked = view.pane.extraSelections()
        assert marked
        assert all(mark.cursor.document() is view.pane.document() for mark in marked)


def test_finding_folding_and_other_texts_in_any_order(qtbot: QtBot) -> None:
    view = ConversationView()
    qtbot.addWidget(view)
    view.resize(700, 500)
    view.show()
    chance = random.Random(20251124)
    acts = {
        "text": lambda: view.set_conversation(*conversation(chance.randrange(50))),
        "prepared": lambda: view.show_prepared(view.prepare(*conversation(chance.randrange(50)))),
        "find": lambda: view.find_text(chance.choice(WORDS)),
        "open": view.open_find,
        "close": view.find_bar.close_bar,
        "next": view.find_next,
        "previous": view.find_previous,
        "fold": view.fold_all,
        "unfold": view.unfold_all,
        "one": view.toggle_fold,
        "step": view.next_step,
        "source": view.toggle_source,
        "width": lambda: view.resize(chance.randrange(380, 1000), 500),
        "key": lambda: qtbot.keyClick(view.find_bar.field, Qt.Key.Key_R),
    }
    for _ in range(300):
        acts[chance.choice(sorted(acts))]()
        if chance.random() < 0.5:
            give_back()
        document = view.pane.document()
        assert all(mark.cursor.document() is document for mark in view.pane.extraSelections())
