"""Long work off the UI thread: it reports, can be cancelled, and ends on the UI thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Signal, Slot

from reviewer.errors import Cancelled

__all__ = ["Report", "TaskHandle", "Tasks"]

if TYPE_CHECKING:
    import queue

T = TypeVar("T")
_WORKERS = {"task": 2, "lookup": 2, "urgent": 1}


class Report(Protocol):
    """How work says how far it is; raises Cancelled when the person pressed Cancel. A total of 0 is unknown."""

    def __call__(self, done: int, total: int, note: str = "") -> None: ...


class TaskHandle:
    """One piece of work under way: how far it is, and the way to stop it."""

    def __init__(self, title: str, quiet: bool, *, in_bytes: bool = False) -> None:
        self.title = title
        self.in_bytes = in_bytes
        self.quiet = quiet
        self.done = 0
        self.total = 0
        self.note = ""
        self.started_at: float | None = None
        self.finished = False
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether Cancel was pressed; the work stops at its next report."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._cancelled.set()

    def report(self, done: int, total: int, note: str = "") -> None:
        """Note the progress; called by the work, on its own thread."""
        if self._cancelled.is_set():
            raise Cancelled(f"{self.title} was cancelled.")
        self.done, self.total, self.note = done, total, note

    def elapsed(self) -> float:
        """Seconds since the work began."""
        return 0.0 if self.started_at is None else time.monotonic() - self.started_at

    def rate(self) -> float:
        """Units a second since the work began."""
        elapsed = self.elapsed()
        return self.done / elapsed if elapsed > 0 else 0.0

    def seconds_left(self) -> float | None:
        """The time left at the present rate; None while it cannot be told."""
        rate = self.rate()
        if not self.total or rate <= 0 or self.elapsed() < 0.5:
            return None
        return max(0.0, (self.total - self.done) / rate)


class Tasks(QObject):
    """A few worker threads; quick quiet look-ups have their own, so that no import holds them up.

    What a person waits for at the next paint has one more, so that no count of a million holds it up.
    """

    started = Signal(object)
    ended = Signal(object)
    _delivered = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.running: list[TaskHandle] = []
        self._lanes: dict[str, queue.SimpleQueue[Any]] = {}
        self._delivered.connect(self._deliver)

    def run(
        self,
        title: str,
        work: Callable[[Report], T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[Exception], None] | None = None,
        quiet: bool = False,
        *,
        urgent: bool = False,
        in_bytes: bool = False,
    ) -> TaskHandle:
        """Run `work` on a worker thread, then `done(result)` or `failed(error)` on the UI thread.

        Without `failed` an error is shown, and a cancelled task just ends. `quiet` work is short: it shows no progress.
        `urgent` work is quiet, and done in a moment or given up. With `in_bytes` it counts bytes, shown as MB.
        """
        handle = TaskHandle(title, quiet or urgent, in_bytes=in_bytes)
        self.running.append(handle)
        self._lane("urgent" if urgent else "lookup" if quiet else "task").put((handle, work, done, failed))
        self.started.emit(handle)
        return handle

    def stop(self) -> None:
        """Cancel everything and wait until it has ended; what ended is still delivered."""
        for handle in self.running:
            handle.cancel()
        while self.running:
            pending = [handle for handle in self.running if not handle.finished]
            if pending:
                time.sleep(0.002)
            QCoreApplication.sendPostedEvents(self, QEvent.Type.MetaCall.value)

    def _lane(self, name: str) -> queue.SimpleQueue[Any]:
        lane = self._lanes.get(name)
        if lane is None:
            import queue

            lane = self._lanes[name] = queue.SimpleQueue()
            for number in range(_WORKERS[name]):
                threading.Thread(
                    target=_serve, args=(lane, self._delivered), name=f"{name}-{number}", daemon=True
                ).start()
        return lane

    @Slot(object)
    def _deliver(self, parcel: Any) -> None:
        handle, result, error, done, failed = parcel
        if handle not in self.running:
            return
        self.running.remove(handle)
        self.ended.emit(handle)
        if error is None:
            if done is not None:
                done(result)
        elif failed is not None:
            failed(error)
        elif not isinstance(error, Cancelled):
            from reviewer.ui import messages

            messages.show_error(getattr(self.parent(), "window", None), error)


def _serve(lane: queue.SimpleQueue[Any], delivered: Any) -> None:
    while True:
        handle, work, done, failed = lane.get()
        result: Any = None
        error: Exception | None = None
        handle.started_at = time.monotonic()
        try:
            handle.report(0, 0)
            result = work(handle.report)
        except Exception as caught:
            error = caught
        handle.finished = True
        try:
            delivered.emit((handle, result, error, done, failed))
        except RuntimeError:  # the window is gone, and with it whoever waited
            return
        del handle, work, done, failed, result, error
