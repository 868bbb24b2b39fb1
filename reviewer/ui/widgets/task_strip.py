"""The strip that shows long work: done, of how many, rate, time left, Cancel."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from reviewer.ui.messages import plain_label
from reviewer.ui.tasks import TaskHandle, Tasks

__all__ = ["TaskStrip", "describe"]

SHOWN_AFTER_S = 0.5
LOOK_MS = 100


class TaskStrip(QWidget):
    """Shows itself once work has taken half a second, and looks at it ten times a second."""

    def __init__(self, tasks: Tasks) -> None:
        super().__init__()
        self._tasks = tasks
        self._shown: TaskHandle | None = None
        self.words = plain_label("", "small")
        self.words.setAccessibleName("Work under way")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress")
        self.cancel = QPushButton("Cancel")
        self.cancel.setAccessibleName("Cancel the work")
        self.cancel.setProperty("role", "quiet")
        self.cancel.clicked.connect(self._cancel)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 2)
        row.setSpacing(12)
        row.addWidget(self.words)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self.hide()
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self.look)
        tasks.started.connect(lambda handle: None if handle.quiet else self._look.start())
        tasks.ended.connect(lambda _handle: self.look())

    def look(self) -> None:
        """Show the work that has gone on longest, or nothing."""
        loud = [handle for handle in self._tasks.running if not handle.quiet]
        if not loud:
            self._look.stop()
        long = [handle for handle in loud if handle.elapsed() >= SHOWN_AFTER_S]
        if not long:
            self._shown = None
            self.hide()
            return
        handle = self._shown = long[0]
        self.words.setText(describe(handle) + (f"   and {len(loud) - 1} more" if len(loud) > 1 else ""))
        # A bar counts in 32 bits and file sizes do not.
        self.bar.setRange(0, 1000 if handle.total else 0)
        self.bar.setValue(int(1000 * handle.done / handle.total) if handle.total else 0)
        self.cancel.setEnabled(not handle.cancelled)
        self.show()

    def _cancel(self) -> None:
        if self._shown is not None:
            self._shown.cancel()
            self.look()


def describe(handle: TaskHandle) -> str:
    """The state of work in a line: what, done, of how many, rate, time left."""
    if handle.cancelled:
        return f"{handle.title}: stopping…"
    parts = [handle.title]
    if handle.total:
        if handle.in_bytes:
            parts.append(f"{handle.done / 1e6:,.1f} of {handle.total / 1e6:,.1f} MB")
        else:
            parts.append(f"{handle.done:,} of {handle.total:,}")
    elif handle.done:
        parts.append(_amount(handle, handle.done))
    if handle.done and handle.rate() >= 1:
        parts.append(f"{_amount(handle, handle.rate())} a second")
    left = handle.seconds_left()
    if left is not None:
        parts.append(_time(left) + " left")
    if handle.note:
        parts.append(handle.note[:80])
    return "   ".join(parts)


def _amount(handle: TaskHandle, number: float) -> str:
    return f"{number / 1e6:,.1f} MB" if handle.in_bytes else f"{number:,.0f}"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{max(1, round(seconds))} s"
    if seconds < 3600:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
