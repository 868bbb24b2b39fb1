"""How far the text index is, in words under the list, asked for off the UI thread."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal

from reviewer.ui.messages import plain_label
from reviewer.ui.session import Session
from reviewer.ui.tasks import Report, TaskHandle

__all__ = ["IndexLine"]

PAUSE_MS = 250


class IndexLine(QObject):
    """Says nothing when search knows every example, and else how many it knows so far."""

    _moved = Signal()

    def __init__(self, session: Session, grown: Callable[[], None]) -> None:
        super().__init__()
        self._session = session
        self._grown = grown
        """Called when the index is whole again, for a list of what it knew before."""
        self._asking: TaskHandle | None = None
        self.label = plain_label("", "smallmuted")
        self.label.setAccessibleName("What search knows")
        self.pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self.pause.timeout.connect(self.show)
        self._moved.connect(lambda: None if self.pause.isActive() else self.pause.start())

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._asking is not None or self.pause.isActive()

    def start(self) -> None:
        """Have the index brought up to date behind the work, and follow it."""
        project = self._session.project
        if project is not None:
            project.search.on_progress = self._moved.emit
            project.search.start()

    def show(self) -> None:
        """Ask how far it is, and say so."""
        project = self._session.project
        if project is None or self._asking is not None:
            return
        search = project.search

        def look(_report: Report) -> tuple[int, int] | None:
            return None if search.up_to_date() else search.progress()

        def told(progress: tuple[int, int] | None) -> None:
            self._asking = None
            if self._session.project is project:
                self._say(progress, broken=search.error is not None)

        def failed(_error: Exception) -> None:
            self._asking = None

        self._asking = self._session.tasks.run("What search knows", look, told, failed, quiet=True)

    def _say(self, progress: tuple[int, int] | None, *, broken: bool) -> None:
        if broken:
            self.label.setText("Search by words is not possible now")
        elif progress is not None:
            done, total = progress
            self.label.setText(f"Search knows {done / total:.0%} so far" if total else "")
        else:
            grown = bool(self.label.text())
            self.label.setText("")
            if grown:
                self._grown()
