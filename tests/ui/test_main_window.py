"""The window, driven by keys: rooms, menus, undo, zoom, theme, recent projects, dropped files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QMenu, QVBoxLayout
from pytestqt.qtbot import QtBot

from reviewer.project import Project
from reviewer.settings import Settings
from reviewer.store.history import Changes
from reviewer.ui import main_window, theme
from reviewer.ui.main_window import MainWindow
from reviewer.ui.rooms.base import Room
from reviewer.ui.session import Session


class Plain(Room):
    """A room with a field, a key of its own and a memory of what it was told."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.done: list[str] = []
        self.shown: list[int] = []
        self.able = True
        self.field = QLineEdit()
        self.field.setAccessibleName("Field")
        layout = QVBoxLayout(self)
        layout.addWidget(self.field)
        layout.addWidget(QLabel("plain"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def commands(self) -> dict[str, Callable[[], None]]:
        ids = [f"{self.room_id}.flag", f"{self.room_id}.pass", "go.next", "file.import", "edit.find"]
        return {action_id: lambda action_id=action_id: self.done.append(action_id) for action_id in ids}  # type: ignore[misc]

    def enabled(self, action_id: str) -> bool:
        return self.able

    def show_example(self, example_id: int) -> None:
        self.shown.append(example_id)

    def status_text(self) -> str:
        return f"in {self.title}"

    def import_files(self, paths: Sequence[Path]) -> None:
        self.done.append("import " + ", ".join(path.name for path in paths))


class PlainExamples(Plain):
    room_id, title = "examples", "Examples"


class PlainTriage(Plain):
    room_id, title = "triage", "Triage"


class PlainCurate(Plain):
    room_id, title = "curate", "Curate"


class PlainCompare(Plain):
    room_id, title = "compare", "Compare"


@pytest.fixture(autouse=True)
def _plain_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        main_window,
        "ROOM_CLASSES",
        {name: (__name__, f"Plain{name.title()}") for name in ("examples", "triage", "curate", "compare")},
    )


def room(window: MainWindow) -> Plain:
    assert isinstance(window.room, Plain)
    return window.room


def flag(window: MainWindow, example_id: int, where: str = "triage") -> None:
    project, session = window.session.project, window.session
    assert project is not None

    def act() -> Changes:
        with project.database.action("Flag", session.annotator_id, room=where, focus=example_id) as action:
            action.update("examples", example_id, flagged=1)
        return action.changes

    session.perform(act)


def test_keys_lead_from_room_to_room(window: MainWindow, qtbot: QtBot) -> None:
    assert room(window).room_id == "examples"
    assert set(window.rooms) == {"examples"}
    for key, name in ((Qt.Key.Key_2, "triage"), (Qt.Key.Key_3, "curate"), (Qt.Key.Key_4, "compare")):
        qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
        assert room(window).room_id == name
        assert window.rail.buttons[name].isChecked()
        assert window.status.room.text() == f"in {name.title()}"


def test_a_letter_acts_in_its_room_alone_and_never_while_typing(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to_room("triage")
    triage = room(window)
    triage.setFocus()
    qtbot.keyClick(triage, Qt.Key.Key_G)
    qtbot.keyClick(triage, Qt.Key.Key_P)
    assert triage.done == ["triage.flag", "triage.pass"]
    triage.field.setFocus()
    qtbot.keyClicks(triage.field, "gpz1?")
    assert triage.field.text() == "gpz1?"
    assert triage.done == ["triage.flag", "triage.pass"]
    qtbot.keyClick(triage.field, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert triage.done[-1] == "go.next"
    window.go_to_room("examples")
    examples = room(window)
    examples.setFocus()
    qtbot.keyClick(examples, Qt.Key.Key_G)
    assert examples.done == ["examples.flag"]
    assert len(triage.done) == 3


def test_what_cannot_be_done_now_does_nothing(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to_room("triage")
    triage = room(window)
    triage.setFocus()
    triage.able = False
    qtbot.keyClick(triage, Qt.Key.Key_P)
    assert triage.done == []
    # The room became able again without telling anyone; the next key finds out.
    triage.able = True
    qtbot.keyClick(triage, Qt.Key.Key_P)
    assert triage.done == ["triage.pass"]


def test_an_action_of_everywhere_goes_to_its_room_first(window: MainWindow, qtbot: QtBot) -> None:
    window.go_to_room("compare")
    qtbot.keyClick(window, Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    assert room(window).room_id == "examples"
    assert room(window).done == ["file.import"]


def test_undo_says_what_and_goes_where(window: MainWindow, qtbot: QtBot) -> None:
    undo = window.actions_by_id["edit.undo"]
    window.refresh_actions()
    assert not undo.isEnabled()
    flag(window, 5)
    window.refresh_actions()
    assert undo.isEnabled()
    assert undo.text() == "&Undo Flag"
    assert not window.status.saved_word.isHidden()
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert room(window).room_id == "triage"
    assert room(window).shown == [5]
    window.refresh_actions()
    assert window.actions_by_id["edit.redo"].text() == "&Redo Flag"
    qtbot.keyClick(window, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert room(window).shown == [5, 5]


def test_saved_is_not_said_before_a_commit(window: MainWindow) -> None:
    assert window.status.saved_word.isHidden()


def test_zoom_and_theme_by_key(window: MainWindow, qtbot: QtBot, qapp: QApplication) -> None:
    control = Qt.KeyboardModifier.ControlModifier
    before = window.rail.annotator.font().pointSizeF()
    qtbot.keyClick(window, Qt.Key.Key_Plus, control)
    assert window.session.settings.get("zoom") == 110
    assert window.rail.annotator.font().pointSizeF() > before
    qtbot.keyClick(window, Qt.Key.Key_0, control)
    assert window.session.settings.get("zoom") == 100
    seen: list[str] = []
    theme.changed.connect(lambda: seen.append(theme.tokens().name))
    qtbot.keyClick(window, Qt.Key.Key_D, control | Qt.KeyboardModifier.AltModifier)
    assert theme.tokens().dark
    assert seen == ["dark"]
    window.refresh_actions()
    assert window.actions_by_id["view.theme_dark"].isChecked()
    qtbot.keyClick(window, Qt.Key.Key_L, control | Qt.KeyboardModifier.AltModifier)
    assert not theme.tokens().dark


def test_every_action_is_in_a_menu(window: MainWindow) -> None:
    entries: list[QAction] = []

    def walk(menu: QMenu) -> None:
        for entry in menu.actions():
            sub = entry.menu()
            if isinstance(sub, QMenu):
                walk(sub)
            else:
                entries.append(entry)

    for top in window.menuBar().actions():
        sub = top.menu()
        assert isinstance(sub, QMenu)
        walk(sub)
    ids = {entry.objectName() for entry in entries}
    assert set(window.actions_by_id) <= ids


def test_recent_projects_missing_ones_greyed(first_window: MainWindow, project: Project, tmp_path: Path) -> None:
    settings = first_window.session.settings
    settings.set("recent", [str(tmp_path / "gone.reviewer"), str(project.path)])
    first_window.menus.fill_recent()
    entries = [entry for entry in first_window.menus.recent.actions() if not entry.isSeparator()]
    assert [entry.isEnabled() for entry in entries] == [False, True, True]
    first_window.first_run.refresh()
    listed = first_window.first_run.recent
    assert "(missing)" in listed.item(0).text()
    assert not listed.item(0).flags() & Qt.ItemFlag.ItemIsEnabled
    project.close()
    listed.setCurrentRow(1)
    listed.setFocus()
    listed.itemActivated.emit(listed.item(1))
    assert first_window.session.project is not None
    first_window.run_action("file.close")
    assert first_window.session.project is None
    entries[-1].trigger()
    assert settings.get("recent") == []


def test_a_new_project_from_the_first_page(first_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    way = first_window.first_run.ways[0]
    assert way.hasFocus()
    qtbot.keyClick(way, Qt.Key.Key_Space)
    dialog = QApplication.activeModalWidget()
    assert isinstance(dialog, QFileDialog)
    dialog.selectFile(str(tmp_path / "mine"))
    dialog.accept()
    qtbot.waitUntil(lambda: first_window.session.project is not None, timeout=20_000)
    assert first_window.session.project is not None
    assert first_window.session.project.path == tmp_path / "mine.reviewer"
    assert first_window.windowTitle() == "mine — Reviewer"


def drop(window: MainWindow, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    window.dropEvent(
        QDropEvent(
            QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )


def test_a_dropped_project_opens_and_other_files_are_imported(
    first_window: MainWindow, qtbot: QtBot, project: Project, tmp_path: Path
) -> None:
    path = project.path
    project.close()
    drop(first_window, path)
    qtbot.waitUntil(lambda: first_window.session.project is not None)
    drop(first_window, tmp_path / "rows.jsonl")
    qtbot.waitUntil(lambda: room(first_window).done == ["import rows.jsonl"])


def test_a_file_dropped_without_a_project_is_told_about(first_window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    drop(first_window, tmp_path / "rows.jsonl")
    qtbot.waitUntil(lambda: "project first" in first_window.status.said.text())


def test_the_window_comes_back_as_it_was_and_garbage_does_no_harm(
    window: MainWindow, qtbot: QtBot, filled: Project, settings: Settings
) -> None:
    window.resize(880, 640)
    window.go_to_room("curate")
    window.close()
    assert window.session.project is None
    again = MainWindow(Session(settings))
    qtbot.addWidget(again)
    assert (again.width(), again.height()) == (880, 640)
    again.session.open(filled.path)
    assert again.room is not None
    assert again.room.room_id == "curate"
    again.session.close()
    settings.set("layout", {"window": "AAAA§§", f"room:{filled.path}": "cellar"})
    third = MainWindow(Session(settings))
    qtbot.addWidget(third)
    third.session.open(filled.path)
    assert third.room is not None
    assert third.room.room_id == "examples"
    third.session.close()


def test_the_name_is_asked_for_once(first_window: MainWindow, filled: Project, qtbot: QtBot) -> None:
    session = first_window.session
    session.settings.reset("annotator")
    session.adopt(filled)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.setText("Carla Conti")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert session.annotator_name == "Carla Conti"
    assert "Carla" in first_window.rail.annotator.text()


def test_the_annotator_is_switched_from_the_rail(window: MainWindow, qtbot: QtBot) -> None:
    window.rail.annotator.click()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    field = dialog.findChild(QLineEdit)
    assert field is not None
    field.setText("Bo & Co")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.session.annotator_name == "Bo & Co"
    assert window.rail.annotator.text().strip() == "Bo && Co"


def test_closing_with_work_under_way_asks_first(window: MainWindow, qtbot: QtBot) -> None:
    import threading

    go = threading.Event()

    def work(report: Callable[[int, int], None]) -> None:
        while not go.wait(0.005):
            report(0, 0)

    window.session.tasks.run("Importing", work)  # type: ignore[arg-type]
    window.close()
    assert window.isVisible()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    assert dialog.accessibleName() == "Importing is still under way."
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window.session.project is None


def test_the_first_window_fits_its_screen(first_window: MainWindow) -> None:
    screen = first_window.screen().availableSize()
    assert first_window.width() <= max(first_window.minimumWidth(), screen.width() * 0.96)
    assert first_window.height() <= max(first_window.minimumHeight(), screen.height() * 0.93)
