"""Every control says what it is, can be reached by the keyboard, and shows text as text."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from reviewer.ui import actions, messages
from reviewer.ui.dialogs.palette import Palette
from reviewer.ui.main_window import MainWindow

DIALOGS = ("help.palette", "help.shortcuts", "help.logs", "help.about", "file.settings", "file.annotator")


def nameless(root: QWidget) -> list[str]:
    """The controls a screen reader would have no word for."""
    found = []
    for widget in (root, *root.findChildren(QWidget)):
        parent = widget.parentWidget()
        popup = parent is not None and parent.metaObject().className() == "QComboBoxPrivateContainer"
        inner = (
            popup
            or widget.objectName().startswith("qt_")
            or (isinstance(parent, QAbstractScrollArea) and widget in (parent.viewport(), parent.verticalScrollBar()))
        )
        if not widget.focusPolicy() & Qt.FocusPolicy.TabFocus or inner:
            continue
        if isinstance(widget, QAbstractButton) and not widget.isVisibleTo(root):
            # A button of a page that is not shown may get its words when it is.
            continue
        spoken = QAccessible.queryAccessibleInterface(widget)
        if spoken is None or not spoken.text(QAccessible.Text.Name).strip():
            found.append(f"{type(widget).__name__} in {type(parent).__name__}")
    return found


def guessing_labels(root: QWidget) -> list[str]:
    """Labels that would take markup in their text for markup."""
    return [label.text()[:40] for label in root.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText]


def unreachable_buttons(root: QWidget) -> list[str]:
    """Buttons that only a mouse could press."""
    return [
        button.accessibleName() or button.text()
        for button in root.findChildren(QAbstractButton)
        if button.focusPolicy() in (Qt.FocusPolicy.NoFocus, Qt.FocusPolicy.ClickFocus)
        and not button.objectName().startswith("qt_")
        and type(button).__module__.startswith("reviewer")
    ]


@pytest.mark.parametrize("room_id", actions.ROOMS)
def test_every_control_of_a_room_has_a_name(window: MainWindow, qtbot: QtBot, room_id: str) -> None:
    room = window.go_to_room(room_id)
    assert room is not None
    assert nameless(window) == []
    assert guessing_labels(window) == []
    assert unreachable_buttons(window) == []


def test_every_control_of_the_first_page_has_a_name(first_window: MainWindow) -> None:
    first_window.session.settings.set("recent", ["/nowhere/a.reviewer"])
    first_window.first_run.refresh()
    assert nameless(first_window) == []
    assert guessing_labels(first_window) == []


@pytest.mark.parametrize("action_id", DIALOGS)
def test_every_control_of_a_dialog_has_a_name(window: MainWindow, action_id: str) -> None:
    window.run_action(action_id)
    dialog = window.findChild(Palette) if action_id == "help.palette" else QApplication.activeModalWidget()
    assert dialog is not None
    assert nameless(dialog) == []
    assert guessing_labels(dialog) == []


@pytest.mark.parametrize(
    "show",
    [
        lambda window: messages.show_bug(window, ZeroDivisionError("x")),
        lambda window: messages.ask_text(window, "Rename", "Name", print),
        lambda window: messages.confirm(window, "Go on?", "Work is under way.", "Go on", print),
    ],
)
def test_every_control_of_a_message_has_a_name(first_window: MainWindow, show: Callable[[QWidget], QWidget]) -> None:
    dialog = show(first_window)
    assert nameless(dialog) == []
    assert guessing_labels(dialog) == []
