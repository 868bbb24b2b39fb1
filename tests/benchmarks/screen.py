"""The real window over a project, driven by events as a person's hands make them, and watched for what it paints."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtWidgets import QApplication, QWidget

from reviewer.settings import Settings
from reviewer.ui.app import build
from reviewer.ui.main_window import MainWindow

__all__ = ["Painted", "Screen"]

PATIENCE_S = 120.0


class Painted(QObject):
    """Notes when a paint of a widget has reached the screen's buffer.

    The event that it posts while the widget paints is delivered when that paint has ended and been flushed, and before
    what the idle loop does next.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.count = 0
        self.at = 0.0
        self.cpu = 0.0
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask to be told when this paint is over."""
        if event.type() == QEvent.Type.Paint:
            QCoreApplication.postEvent(self, QEvent(QEvent.Type.User), Qt.EventPriority.HighEventPriority.value)
        return False

    def event(self, event: QEvent) -> bool:
        """Note that it is."""
        if event.type() == QEvent.Type.User:
            self.count += 1
            self.at = time.perf_counter()
            self.cpu = time.thread_time()
        return super().event(event)


class Screen:
    """A window of 1280 by 800 with a project open in it."""

    def __init__(self, project: Path) -> None:
        Settings().set("annotator", "Ana")  # so that nobody is asked who works here
        self.app, self.window = build(["benchmark"], project)
        self.window.resize(1280, 800)
        self.window.show()
        self.window.activateWindow()
        self.longest = 0.0
        """The longest turn of the event loop since it was set to nothing: for so long no key was heard."""

    @classmethod
    def next(cls, before: Screen, project: Path) -> Screen:
        """The window over another project, in the same process."""
        before.close()
        return cls(project)

    @property
    def main(self) -> MainWindow:
        """The window."""
        return self.window

    def turn(self) -> None:
        """One turn of the event loop."""
        start = time.perf_counter()
        QApplication.processEvents()
        self.longest = max(self.longest, time.perf_counter() - start)

    def until(self, condition: Callable[[], object]) -> float:
        """Turn until the condition holds; when that was. Raises TimeoutError after two minutes."""
        deadline = time.perf_counter() + PATIENCE_S
        while not condition():
            self.turn()
            if time.perf_counter() > deadline:
                raise TimeoutError("the window did not come to what the benchmark waits for")
        return time.perf_counter()

    def rest(self, seconds: float) -> None:
        """Turn for so long, as between two keys of a person."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            self.turn()
            time.sleep(0.0005)

    def close(self) -> None:
        """Close the window and its project."""
        self.window.close()
        QApplication.processEvents()
