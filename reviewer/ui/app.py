"""Starting the window: fast, once a project, and with nothing loaded that the first page does not need."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QFileOpenEvent, QIcon
from PySide6.QtWidgets import QApplication

from reviewer import __version__, paths
from reviewer.errors import ReviewerError
from reviewer.project import Project
from reviewer.settings import Settings
from reviewer.store.lock import LockedError
from reviewer.ui import theme
from reviewer.ui.main_window import MainWindow
from reviewer.ui.session import LOCK_PATIENCE_S, Session, open_project

__all__ = ["Application", "build", "run"]


class Application(QApplication):
    """The application; opens the files that the system hands it."""

    window: MainWindow | None = None

    def event(self, event: QEvent) -> bool:
        """Open a project that was double-clicked where the system tells so by an event."""
        if isinstance(event, QFileOpenEvent) and self.window is not None and event.file():
            self.window.open_files([Path(event.file())])
            return True
        return super().event(event)


def application(argv: Sequence[str]) -> QApplication:
    """The one application, made when there is none yet, in the theme that is set."""
    # A thread that counts or reads gives way to a key after so long, not after five times that.
    sys.setswitchinterval(0.001)
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else Application(list(argv) or ["reviewer"])
    app.setApplicationName("Reviewer")
    app.setApplicationDisplayName("Reviewer")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("reviewer")
    return app


def build(argv: Sequence[str], project_path: Path | None = None) -> tuple[QApplication, MainWindow]:
    """The application and its window, not shown yet, with a project open in it; raises what opening it raises."""
    app = application(argv)
    return app, _window(app, open_project(project_path) if project_path is not None else None)


def _window(app: QApplication, project: Project | None) -> MainWindow:
    settings = Settings()
    theme.start(app, settings.get("theme"), settings.get("zoom"))
    app.setWindowIcon(QIcon(str(paths.resources() / "desktop" / "reviewer.svg")))
    window = MainWindow(Session(settings))
    if isinstance(app, Application):
        app.window = window
    if project is not None:
        window.session.adopt(project)
    return window


def run(project_path: Path | None = None) -> int:
    """Show the window and stay until it is closed; the exit code.

    A project that another window has open brings that one up instead, and 0 is returned at once.
    """
    if not _has_screen():
        print("Reviewer needs a screen, and there is none here. On the command line: reviewer --help", file=sys.stderr)
        return 2
    app = application(sys.argv[:1])
    project: Project | None = None
    failure: ReviewerError | None = None
    if project_path is not None:
        try:
            project = open_patiently(project_path)
            if project is None:
                return 0
        except ReviewerError as error:
            failure = error
    window = _window(app, project)
    from reviewer.ui import log, messages

    log.catch_bugs(lambda error: messages.show_bug(window, error))
    _end_on_signal(app, window)
    window.show()
    QTimer.singleShot(0, lambda: _after_show(window, project_path, failure))
    return app.exec()


def _after_show(window: MainWindow, path: Path | None, failure: ReviewerError | None) -> None:
    from reviewer.ui import log

    gc.freeze()
    gc.enable()
    log.start()
    log.note(f"Reviewer {__version__} started")
    session = window.session
    if failure is not None and path is not None:
        session.show_failure(path, failure)
    elif session.project is None and session.settings.get("reopen_last"):
        recent = [Path(name) for name in session.settings.get("recent")]
        if recent and recent[0].is_file():
            session.open(recent[0])


def _has_screen() -> bool:
    """Whether a window can be shown; Qt would end the process where it cannot."""
    if sys.platform in ("win32", "darwin"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def open_patiently(path: Path) -> Project | None:
    """The project, opened; None when another window has it and has come up. Raises LockedError after five seconds."""
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            return open_project(path)
        except LockedError:
            from reviewer.ui.instance import raise_other

            if raise_other(path):
                return None
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.1)


def _end_on_signal(app: QApplication, window: MainWindow) -> None:
    """Close in good order when the system or a terminal asks for the end."""
    if sys.platform == "win32":
        return
    import socket

    from PySide6.QtCore import QSocketNotifier

    # Python runs its handlers between bytecodes and Qt's loop has none; a byte through a socket wakes it.
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    notifier = QSocketNotifier(ours.fileno(), QSocketNotifier.Type.Read, app)

    def wake() -> None:
        ours.recv(64)
        window.session.tasks.stop()
        window.close()
        app.quit()

    notifier.activated.connect(wake)
    window.signal_sockets = (ours, theirs, notifier)  # type: ignore[attr-defined]
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, lambda *_: None)
