"""The open project and its annotator; the one way in which a view changes anything."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from reviewer.errors import ReviewerError
from reviewer.project import Project
from reviewer.settings import Settings
from reviewer.store.history import Changes
from reviewer.store.lock import LockedError, ReadOnlyError
from reviewer.ui import messages
from reviewer.ui.tasks import Tasks

__all__ = ["LOCK_PATIENCE_S", "Session", "open_project"]

T = TypeVar("T")
MOST_RECENT = 10
LOCK_PATIENCE_S = 5.0
LOCK_AGAIN_MS = 200


def open_project(path: Path) -> Project:
    """The project, open for work; for reading alone where its folder cannot be written.

    The backup that is due after a day's work is left to the window, which makes it beside the work.
    """
    try:
        return Project.open(path, back_up=False)
    except ReadOnlyError:
        return Project.open(path, read_only=True)


class Session(QObject):
    """What all rooms share: project, annotator, settings and tasks."""

    opened = Signal(object)
    """A Project has been opened."""
    closing = Signal()
    """The project is about to be closed; what was typed can still be saved."""
    closed = Signal()
    changed = Signal(object)
    """A Changes: what an action touched, after its commit."""
    refused = Signal()
    """An action could not be done, and the reason was shown: what the person last did is not on the disk."""
    annotator_changed = Signal()
    setting_changed = Signal(str)
    """The key of a setting that has another value now."""
    navigate = Signal(str, object)
    """A room's id, and the id of the example to show there or None."""

    def __init__(self, settings: Settings | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings if settings is not None else Settings()
        self.settings.listen(self.setting_changed.emit)
        self.tasks = Tasks(self)
        self.project: Project | None = None
        self.window: QWidget | None = None
        self.offer: Callable[[Path, ReviewerError], None] | None = None
        """Shows why a project does not open, with the ways on."""
        self._annotator_id: int | None = None
        self._unnamed = False
        self._annotator_name = ""

    # -- the project

    def open(self, path: Path) -> bool:
        """Close what is open and open this file; shows the error and returns False when that fails.

        A project that another window has open brings that window up.
        """
        if self.project is not None and self.project.path == path.resolve():
            messages.tell(self.window, f"{path.name} is open already.")
            return True
        return self._open(path, time.monotonic() + LOCK_PATIENCE_S)

    def _open(self, path: Path, deadline: float) -> bool:
        try:
            project = open_project(path)
        except LockedError as error:
            from reviewer.ui.instance import raise_other

            if raise_other(path):
                messages.tell(self.window, f"{path.name} is open in another window, which has come up.")
            elif time.monotonic() < deadline:
                # A command on the command line is soon done with it.
                messages.tell(self.window, f"Waiting for {path.name}, which another program has open…")
                QTimer.singleShot(LOCK_AGAIN_MS, self, lambda: self._open(path, deadline))
            else:
                self.show_failure(path, error)
            return False
        except ReviewerError as error:
            self.show_failure(path, error)
            return False
        return self.adopt(project)

    def show_failure(self, path: Path, error: ReviewerError) -> None:
        """Say why a project does not open; the window adds what can be done about it."""
        if self.offer is not None:
            self.offer(path, error)
        else:
            messages.show_error(self.window, error)

    def adopt(self, project: Project) -> bool:
        """Take over a project that has just been opened; returns False when the present one cannot be closed."""
        if not self.close():
            project.close()
            return False
        self.project = project
        self._unnamed = False
        self._annotator_id = None
        self._annotator_name = self.settings.get("annotator") or messages.system_name()
        self.remember_recent(project.path)
        self.opened.emit(project)
        self.annotator_changed.emit()
        return True

    def close(self) -> bool:
        """Close the project, after its background work has been cancelled and has ended."""
        if self.project is None:
            return True
        self.closing.emit()
        self.tasks.stop()
        project, self.project = self.project, None
        self._annotator_id = None
        self.closed.emit()
        project.close()
        return True

    def remember_recent(self, path: Path) -> None:
        """Put a project at the head of Open Recent."""
        text = str(path.absolute())
        recent = [entry for entry in self.settings.get("recent") if entry != text]
        self.settings.set("recent", [text, *recent][:MOST_RECENT])

    # -- the annotator

    @property
    def annotator_id(self) -> int:
        """The annotator's id in this project; the first question adds the person to it."""
        if self._annotator_id is None:
            if self.project is None:
                return 0
            if self.project.database.read_only:
                names = {one.name: one.id for one in self.project.annotators.list()}
                return names.get(self.annotator_name, 0)
            before = len(self.project.annotators.list())
            self._annotator_id = self.project.annotators.get_or_add(self.annotator_name)
            added = len(self.project.annotators.list()) > before
            self._unnamed = added and not self.settings.get("annotator")
        return self._annotator_id

    @property
    def annotator_name(self) -> str:
        """The annotator's name."""
        return self._annotator_name or messages.system_name()

    def set_annotator(self, name: str) -> None:
        """Go on under another name, and remember it for the next time."""
        name = " ".join(name.split())
        if not name:
            return
        self._annotator_name = name
        if self._unnamed and self.project is not None and self._annotator_id is not None:
            # The system's name stood in until the person gave theirs; what was done meanwhile is theirs.
            self.project.annotators.rename(self._annotator_id, name)
        self._unnamed = False
        self._annotator_id = None
        self.settings.set("annotator", name)
        self.annotator_changed.emit()

    # -- change

    def perform(self, fn: Callable[[], T]) -> T | None:
        """Run one action; returns its result after the commit, or None when it failed and the error was shown.

        A result that is a Changes, or holds one as `.changes`, is told to every view.
        """
        try:
            result = fn()
        except ReviewerError as error:
            messages.show_error(self.window, error)
            self.refused.emit()
            return None
        self.tell_changes(result)
        return result

    def tell_changes(self, result: Any) -> None:
        """Tell every view what `result` touched: for work that ended in a task."""
        changes = result if isinstance(result, Changes) else getattr(result, "changes", None)
        if isinstance(changes, Changes):
            self.changed.emit(changes)

    def undo(self) -> None:
        """Take back the annotator's last action and go where it was done."""
        self._replay("undo")

    def redo(self) -> None:
        """Do again what was undone last and go where it was done."""
        self._replay("redo")

    def _replay(self, verb: str) -> None:
        project = self.project
        if project is None:
            return
        annotator = self.annotator_id
        changes = self.perform(lambda: project.undo(annotator) if verb == "undo" else project.redo(annotator))
        if changes is not None:
            if changes.room:
                self.goto(changes.room, changes.focus)
            messages.tell(self.window, changes.title)

    def goto(self, room_id: str, example_id: int | None = None) -> None:
        """Show a room, and an example in it."""
        self.navigate.emit(room_id, example_id)
