"""The start: what a first page must not load, one window a project, and an end in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from reviewer.errors import ProjectError
from reviewer.project import Project
from reviewer.store.lock import LockedError
from reviewer.ui import app
from reviewer.ui.instance import Instance, raise_other, socket_name
from reviewer.ui.main_window import MainWindow

LATE = (
    "numpy",
    "pandas",
    "sqlmodel",
    "sqlalchemy",
    "alembic",
    "pyqtgraph",
    "scipy",
    "openai",
    "typer",
    "PySide6.QtNetwork",
    "pydantic",
    "rich",
    "jmespath",
    # What the first page shows none of: it is made when that page has been painted.
    "html",
    "difflib",
    "reviewer.intake.search",
    "reviewer.intake.facets",
    "reviewer.formats.markdown",
    "reviewer.formats.conversation",
    "reviewer.triage.queues",
    "reviewer.ui.rooms.triage",
    "reviewer.ui.rooms.curate",
    "reviewer.ui.rooms.compare",
    "reviewer.ui.rooms.examples.reading_pane",
    "reviewer.ui.rooms.examples.facet_panel",
)

FIRST_PAINT = f"""
import sys
from pathlib import Path
from reviewer.ui.app import build
app, window = build(["reviewer"], Path(sys.argv[1]))
from PySide6.QtCore import QEvent, QObject
class Painted(QObject):
    late = None
    def eventFilter(self, thing, event):
        if event.type() == QEvent.Type.Paint and self.late is None:
            self.late = [name for name in {LATE!r} if name in sys.modules]
        return False
painted = Painted()
window.room.table.viewport().installEventFilter(painted)
window.show()
while painted.late is None:
    app.processEvents()
print(window.room.room_id, window.room.table.rows.rowCount(), painted.late)
"""


def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "REVIEWER_HOME": str(tmp_path / "home")}


def test_the_first_page_is_painted_with_its_rows_and_loads_nothing_heavy(filled: Project, tmp_path: Path) -> None:
    path = filled.path
    filled.close()
    run = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(tmp_path),
        check=False,
    )
    assert run.stdout.strip() == "examples 12 []", run.stderr


START_AND_TELL = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from reviewer.ui import commands, main_window
from reviewer.settings import Settings
Settings().set("annotator", "Ana")
raised = commands.WindowCommands.come_up
def come_up(self):
    raised(self)
    print("came up", flush=True)
commands.WindowCommands.come_up = come_up
listening = commands.WindowCommands.after_opening
def after_opening(self):
    listening(self)
    print("ready", flush=True)
commands.WindowCommands.after_opening = after_opening
from reviewer.__main__ import main
sys.exit(main([sys.argv[1]]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_second_start_raises_the_first_window(project: Project, tmp_path: Path) -> None:
    path = project.path
    project.close()
    first = subprocess.Popen(
        [sys.executable, "-c", START_AND_TELL, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )
    assert first.stdout is not None
    try:
        assert first.stdout.readline() == "ready\n"
        second = subprocess.run(
            [sys.executable, "-m", "reviewer", str(path)],
            capture_output=True,
            text=True,
            timeout=30,
            env=environment(tmp_path),
            check=False,
        )
        assert second.returncode == 0, second.stderr
        assert first.stdout.readline() == "came up\n"
        first.send_signal(signal.SIGTERM)
        assert first.wait(20) == 0
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    # It ended in good order: the file is whole without its WAL, and the lock is free.
    assert not path.with_name(path.name + "-wal").exists()
    Project.open(path).close()


def test_a_lock_without_a_window_is_told_about(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "LOCK_PATIENCE_S", 0.0)
    with pytest.raises(LockedError, match="open in another"):
        app.open_patiently(project.path)


def test_opening_a_locked_project_in_the_window_is_refused_with_a_sentence(
    first_window: MainWindow, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reviewer.ui.session.LOCK_PATIENCE_S", 0.0)
    assert not first_window.session.open(project.path)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    assert "open in another Reviewer window or command" in dialog.accessibleName()
    dialog.close()


def test_opening_what_another_window_has_raises_that_one(
    first_window: MainWindow, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    asker = subprocess.Popen(
        [sys.executable, "-c", ASK, str(project.path)], stdout=subprocess.PIPE, text=True, env=environment(tmp_path)
    )
    assert asker.stdout is not None
    came: list[int] = []
    ours = Instance(project.path, lambda: came.append(1))
    try:
        qtbot.waitUntil(lambda: bool(came), timeout=20_000)
        qtbot.waitUntil(lambda: asker.poll() is not None, timeout=20_000)
        assert asker.stdout.read() == "None\n"
    finally:
        ours.close()
        asker.kill()
        asker.wait()
        asker.stdout.close()


ASK = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from reviewer.ui.app import open_patiently
app = QCoreApplication([])
print(open_patiently(Path(sys.argv[1])))
"""


def test_a_name_left_by_a_crash_is_reclaimed(project: Project, qtbot: QtBot) -> None:
    stale = QLocalServer()
    assert stale.listen(socket_name(project.path))
    came: list[int] = []
    ours = Instance(project.path, lambda: came.append(1))
    try:
        assert ours.listening
    finally:
        ours.close()
        stale.close()


def test_nobody_answers_for_a_project_that_is_not_open(tmp_path: Path) -> None:
    assert not raise_other(tmp_path / "nobody.reviewer")


def test_two_projects_have_two_names(tmp_path: Path) -> None:
    assert socket_name(tmp_path / "a.reviewer") != socket_name(tmp_path / "b.reviewer")
    assert socket_name(tmp_path / "a.reviewer") == socket_name(tmp_path / "x" / ".." / "a.reviewer")


def test_what_is_no_project_is_refused_at_the_start(tmp_path: Path) -> None:
    text = tmp_path / "notes.reviewer"
    text.write_text("not a database")
    with pytest.raises(ProjectError, match="not a Reviewer project"):
        app.open_patiently(text)


SOCKETS_WHEN_IDLE = """
import os, sys
from pathlib import Path
from reviewer.ui.app import build
app, window = build(["reviewer"], Path(sys.argv[1]))
window.session.settings.set("annotator", "Ana")
window.show()
for _ in range(20):
    app.processEvents()
inodes = set()
for fd in os.listdir("/proc/self/fd"):
    try:
        target = os.readlink("/proc/self/fd/" + fd)
    except OSError:
        continue
    if target.startswith("socket:"):
        inodes.add(target[8:-1])
network = []
for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
    for line in Path("/proc/self/net/" + table).read_text().splitlines()[1:]:
        if line.split()[9] in inodes:
            network.append(table)
print(network)
"""


@pytest.mark.skipif(not Path("/proc/self/net/tcp").exists(), reason="reads /proc")
def test_no_network_socket_is_open_when_idle(project: Project, tmp_path: Path) -> None:
    path = project.path
    project.close()
    run = subprocess.run(
        [sys.executable, "-c", SOCKETS_WHEN_IDLE, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(tmp_path),
        check=False,
    )
    assert run.stdout.strip() == "[]", run.stderr
