"""The field that searches and filters a list."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit

__all__ = ["SearchField"]


class SearchField(QLineEdit):
    """A line whose Undo and Redo are the project's as soon as nothing typed is left to undo or redo in it."""

    def event(self, event: QEvent) -> bool:
        """Leave a key that the line has no use for to the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undoes = event.matches(QKeySequence.StandardKey.Undo) and not self.isUndoAvailable()
            redoes = event.matches(QKeySequence.StandardKey.Redo) and not self.isRedoAvailable()
            if undoes or redoes:
                event.ignore()
                return False
        return super().event(event)
