"""The house: menu, rail, rooms and status line. It leads from room to room and knows none of them inside."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, QTimer
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from reviewer.project import Project
from reviewer.store.history import Changes
from reviewer.ui import actions, commands
from reviewer.ui.actions import ActionSpec
from reviewer.ui.menus import Menus
from reviewer.ui.rail import Rail
from reviewer.ui.rooms.base import Room
from reviewer.ui.session import Session
from reviewer.ui.status_line import StatusLine
from reviewer.ui.widgets.banners import Banners

if TYPE_CHECKING:
    from reviewer.ui.first_run import FirstRun

__all__ = ["MainWindow"]

AFTER_PAINT_MS = 250
_REPEATED = {"go.next", "go.previous", "edit.find_next", "edit.find_previous", "view.zoom_in", "view.zoom_out"}
_DIGITS = range(Qt.Key.Key_0.value, Qt.Key.Key_9.value + 1)

ROOM_CLASSES = {
    "examples": ("reviewer.ui.rooms.examples", "ExamplesRoom"),
    "triage": ("reviewer.ui.rooms.triage", "TriageRoom"),
    "curate": ("reviewer.ui.rooms.curate", "CurateRoom"),
    "compare": ("reviewer.ui.rooms.compare", "CompareRoom"),
}


class MainWindow(QMainWindow):
    """One window, one project."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        session.window = self
        self.setWindowTitle("Reviewer")
        self.setMinimumSize(QSize(880, 560))
        self.setAcceptDrops(True)
        self.rooms: dict[str, Room] = {}
        self.room: Room | None = None
        self._room_id = ""
        self._leaving = False
        self.actions_by_id: dict[str, QAction] = {}
        self._by_key: dict[int, list[ActionSpec]] = {}
        self._commands: dict[str, dict[str, Callable[[], None]]] = {}
        self._own = commands.WindowCommands(self)
        self._build()
        self.menus = Menus(self)
        self._restore_geometry()
        session.opened.connect(self._project_opened)
        session.closed.connect(self._project_closed)
        session.changed.connect(self._project_changed)
        session.refused.connect(self.status.not_saved)
        session.navigate.connect(self._navigate)
        self._set_open(False)

    def _build(self) -> None:
        for spec in actions.ACTIONS:
            action = QAction(spec.title, self)
            action.setObjectName(spec.id)
            action.setCheckable(spec.checkable)
            action.setAutoRepeat(spec.id in _REPEATED)  # a key that is held down judges one example, not ten
            action.setStatusTip(spec.help)
            action.setMenuRole(_role(spec.id))
            action.triggered.connect(lambda _checked=False, spec=spec: self.run_action(spec.id))
            self.actions_by_id[spec.id] = action
            self.addAction(action)
        self.apply_keys()
        self.rail = Rail(self.session, ROOM_CLASSES, self.go_to_room)
        self.rail.annotator.clicked.connect(lambda: self.run_action("file.annotator"))
        self.rail.settings.clicked.connect(lambda: self.run_action("file.settings"))
        self.banners = Banners()
        self.stack = QStackedWidget()
        self.status = StatusLine(self.session)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self.banners)
        right.addWidget(self.stack, 1)
        right.addWidget(self.status)
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addLayout(right, 1)
        self.setCentralWidget(body)

    @cached_property
    def first_run(self) -> FirstRun:
        """The page without a project; a start with one never makes it."""
        from reviewer.ui.first_run import FirstRun

        page = FirstRun(self.session, self.run_action)
        self.stack.addWidget(page)
        return page

    def apply_keys(self) -> None:
        """Give every action the keys in force."""
        self._by_key.clear()
        for spec in actions.ACTIONS:
            keys = [QKeySequence(key) for key in actions.keys_of(spec, self.session.settings)]
            self.actions_by_id[spec.id].setShortcuts(keys)
            for key in keys:
                if not key.isEmpty():
                    self._by_key.setdefault(key[0].key().value, []).append(spec)  # type: ignore[index]

    # -- rooms

    def go_to_room(self, room_id: str) -> Room | None:
        """Show a room; it is made now when it has not been shown before."""
        if self.session.project is None:
            return None
        room = self.rooms.get(room_id)
        fresh = room is None
        if room is None:
            module, name = ROOM_CLASSES[room_id]
            room = getattr(import_module(module), name)(self.session)
            assert isinstance(room, Room)
            self.rooms[room_id] = room
            self._commands[room_id] = room.commands()
            self.stack.addWidget(room)
            room.status_changed.connect(self._show_status)
        if room is not self.room:
            self.room = room
            self._room_id = room_id
            self.stack.setCurrentWidget(room)
            self.rail.mark(room_id)
            room.refresh()
            # The stack gives the focus to a new page's first control, which need not be where work begins.
            if fresh or not room.isAncestorOf(QApplication.focusWidget() or self):
                room.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_status()
        return room

    def _navigate(self, room_id: str, example_id: object) -> None:
        room = self.go_to_room(room_id) if room_id in ROOM_CLASSES else None
        if room is not None and isinstance(example_id, int):
            room.show_example(example_id)

    # -- actions

    def handler(self, spec: ActionSpec) -> Callable[[], None] | None:
        """Who carries an action out now: the window, the room shown, or the action's own room."""
        own = self._own.table.get(spec.id)
        if own is not None:
            return own
        if self.room is not None and spec.room in (None, self._room_id):
            found = self._commands[self._room_id].get(spec.id)
            if found is not None:
                return found
        if spec.anywhere and spec.room is not None and self.session.project is not None:
            return lambda: self._run_in_room(spec)
        return None

    def _run_in_room(self, spec: ActionSpec) -> None:
        room = self.go_to_room(spec.room or "")
        found = self._commands[room.room_id].get(spec.id) if room is not None else None
        if room is not None and found is not None and room.enabled(spec.id):
            found()

    def can(self, spec: ActionSpec) -> bool:
        """Whether an action can be done now."""
        if spec.needs_project and self.session.project is None:
            return False
        if spec.id in self._own.table:
            return self._own.enabled(spec.id)
        if self.room is not None and spec.room in (None, self._room_id):
            return spec.id in self._commands[self._room_id] and self.room.enabled(spec.id)
        return spec.anywhere

    def run_action(self, action_id: str) -> None:
        """Carry out an action if it can be done now."""
        spec = actions.by_id(action_id)
        if self.can(spec):
            handler = self.handler(spec)
            if handler is not None:
                self.status.hush()
                handler()

    def refresh_actions(self) -> None:
        """Bring every action's words and state up to date: before a menu or the palette shows them."""
        for spec in actions.ACTIONS:
            own = spec.id in self._own.table
            action = self.actions_by_id[spec.id]
            action.setText((self._own.title(spec.id) if own else self._room_title(spec)) or spec.title)
            action.setEnabled(self.can(spec))
            if spec.checkable:
                action.setChecked(
                    self._own.checked(spec.id) if own else self.room is not None and self.room.checked(spec.id)
                )

    def _room_title(self, spec: ActionSpec) -> str:
        room = self.rooms.get(spec.room) if spec.room else self.room
        return room.action_title(spec.id) if room is not None else ""

    def event(self, event: QEvent) -> bool:
        """Before a key is looked up among the shortcuts, bring the actions it may mean up to date.

        Nothing else has to keep their states right while people work, and no key meets a stale one.
        """
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            specs = list(self._by_key.get(event.key(), ()))
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                # A real keyboard names Shift+3 by the sign on top of that key, which is another one on each layout.
                specs += [spec for digit in _DIGITS for spec in self._by_key.get(digit, ())]
            for spec in specs:
                self.actions_by_id[spec.id].setEnabled(self.can(spec))
        return super().event(event)

    # -- the project

    def _project_opened(self, project: Project) -> None:
        self.setWindowTitle(f"{project.name} — Reviewer")
        self._set_open(True)
        self.go_to_room(self._first_room(project))
        # After the first paint, which need not wait for it.
        QTimer.singleShot(AFTER_PAINT_MS, self._own.after_opening)

    def _set_open(self, opened: bool) -> None:
        self.rail.set_open(opened)
        self.rail.setVisible(opened)
        self.status.set_open(opened)

    def _first_room(self, project: Project) -> str:
        wanted = self.session.settings.get("layout").get(f"room:{project.path}", "")
        return wanted if wanted in ROOM_CLASSES else "examples"

    def _project_closed(self) -> None:
        self.banners.clear()
        self.setWindowTitle("Reviewer")
        self.room = None
        self._room_id = ""
        for room in self.rooms.values():
            self.stack.removeWidget(room)
            room.setParent(None)
            room.deleteLater()
        self.rooms.clear()
        self._commands.clear()
        self._set_open(False)
        if self.isVisible() and not self._leaving:
            self._show_first_run()

    def _show_first_run(self) -> None:
        self.first_run.refresh()
        self.stack.setCurrentWidget(self.first_run)
        self.first_run.ways[0].setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Without a project, begin with the page that leads to one."""
        super().showEvent(event)
        self._leaving = False
        if self.session.project is None:
            self._show_first_run()

    def _project_changed(self, changes: Changes) -> None:
        self.status.hush()
        self.status.saved()
        self._show_status()

    def _show_status(self) -> None:
        self.status.show_room(self.room.status_text() if self.room is not None else "")
        self.status.show_unsaved(self.room is not None and self.room.unsaved())

    def tell(self, text: str) -> None:
        """Say something in the status line for a few seconds."""
        self.status.tell(text)

    # -- files dropped on the window

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take local files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a project that is dropped; import anything else."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        # After the drop has ended, so that the other program is not held up.
        QTimer.singleShot(0, lambda: self.open_files(paths))

    def open_files(self, paths: list[Path]) -> None:
        """Open a project file; hand other files to the import."""
        self._own.open_dropped(paths)

    # -- the end

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the window, and close the project; running work is asked about first."""
        if not self._own.may_close(self.close):
            event.ignore()
            return
        self.remember_window()
        self._leaving = True
        self.session.close()
        event.accept()

    def remember_window(self) -> None:
        """Keep the window's place and the room for the next time."""
        layout = self.session.settings.get("layout")
        layout["window"] = bytes(self.saveGeometry().toBase64().data()).decode("ascii")
        if self.session.project is not None and self._room_id:
            layout = {key: value for key, value in layout.items() if not key.startswith("room:")}
            layout[f"room:{self.session.project.path}"] = self._room_id
        self.session.settings.set("layout", layout)

    def _restore_geometry(self) -> None:
        screen = self.screen().availableSize()
        # The frame is the system's and comes on top.
        self.resize(min(1280, int(screen.width() * 0.95)), min(800, int(screen.height() * 0.92)))
        saved = self.session.settings.get("layout").get("window", "")
        if saved:
            self.restoreGeometry(QByteArray.fromBase64(QByteArray(saved.encode("ascii", "ignore"))))


def _role(action_id: str) -> QAction.MenuRole:
    """Where macOS wants to have an entry."""
    return {
        "file.quit": QAction.MenuRole.QuitRole,
        "file.settings": QAction.MenuRole.PreferencesRole,
        "help.about": QAction.MenuRole.AboutRole,
    }.get(action_id, QAction.MenuRole.NoRole)
