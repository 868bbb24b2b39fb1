"""Work that waits until what has just changed is on the screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

__all__ = ["AfterPaint"]


class AfterPaint(QObject):
    """Calls a function in the turn of the event loop after the next one: what changed now is painted before.

    A timer of no time alone may come in the same turn as the paint, which then reaches the screen no sooner than the
    work is done.
    """

    def __init__(self, call: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._painted = QTimer(self, singleShot=True, interval=0)
        self._next = QTimer(self, singleShot=True, interval=0)
        self._painted.timeout.connect(self._next.start)
        self._next.timeout.connect(call)

    def start(self) -> None:
        """Call it then, once."""
        self._next.stop()
        self._painted.start()

    def stop(self) -> None:
        """Do not call it."""
        self._painted.stop()
        self._next.stop()

    def isActive(self) -> bool:
        """Whether it is still to be called."""
        return self._painted.isActive() or self._next.isActive()
