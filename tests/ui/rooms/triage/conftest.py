"""The Triage room in the real window, driven by keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from reviewer.triage.labels import Label
from reviewer.triage.queues import Place
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.triage import TriageRoom

Press = Callable[..., None]


@pytest.fixture
def room(window: MainWindow) -> TriageRoom:
    """The room, in the open pass, in a fixed order."""
    found = window.go_to_room("triage")
    assert isinstance(found, TriageRoom)
    found.open_queue(Place("random", "open", None), seed=1)
    return found


@pytest.fixture
def press(window: MainWindow) -> Press:
    """Press a key where the focus is, as a person does."""

    def press(key: Qt.Key | str, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        if QApplication.activeWindow() is None:  # as a window manager does after a dialog has closed
            (QApplication.activeModalWidget() or window).activateWindow()
        QApplication.processEvents()  # a dialog that has just opened takes the focus
        target = QApplication.focusWidget() or window
        above = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if above is not None and not above.isAncestorOf(target):  # its activation is still under way
            target = above.focusWidget() or above
        if isinstance(key, str):
            QTest.keyClicks(target, key, modifiers)
        else:
            QTest.keyClick(target, key, modifiers)

    return press


def here(room: TriageRoom) -> int:
    """The id of the example on the screen."""
    assert room.reading is not None
    return room.reading.example.id


def label_of(room: TriageRoom, example_id: int) -> Label | None:
    """The present annotator's label on an example's production output, from the file."""
    project = room.session.project
    assert project is not None
    output = project.examples.get(example_id).output_of("prod")
    assert output is not None
    return project.labels.get(output.id, room.session.annotator_id)
