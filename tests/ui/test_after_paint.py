"""Work that waits for the paint comes after it, once, and not at all when it is stopped."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from reviewer.ui.after_paint import AfterPaint


class Told(QObject):
    """Notes the paints of a widget."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self.notes = notes

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.notes.append("painted")
        return False


def test_it_is_called_once_and_after_the_paint(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    qtbot.waitExposed(widget)
    QApplication.processEvents()
    notes: list[str] = []
    told = Told(notes)
    widget.installEventFilter(told)
    work = AfterPaint(lambda: notes.append("worked"), widget)
    for _ in range(3):
        notes.clear()
        widget.update()
        work.start()
        work.start()
        assert work.isActive()
        qtbot.waitUntil(lambda: not work.isActive())
        QApplication.processEvents()
        assert notes == ["painted", "worked"]


def test_what_is_stopped_is_not_called(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    notes: list[str] = []
    work = AfterPaint(lambda: notes.append("worked"), widget)
    work.start()
    work.stop()
    assert not work.isActive()
    for _ in range(5):
        QApplication.processEvents()
    assert notes == []
