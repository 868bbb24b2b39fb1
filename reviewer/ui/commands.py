"""The window's own commands: project files, undo, zoom, theme, help. The rooms bring theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

from reviewer.project import SUFFIX, Project
from reviewer.ui import actions, messages, theme
from reviewer.ui.care import Care

if TYPE_CHECKING:
    from reviewer.ui.instance import Instance
    from reviewer.ui.main_window import MainWindow
    from reviewer.ui.tasks import Report

__all__ = ["WindowCommands"]

ZOOM_STEP = 10


class WindowCommands:
    """What the window carries out itself, under the ids of the table."""

    def __init__(self, window: MainWindow) -> None:
        self.window = window
        self.session = window.session
        self._instance: Instance | None = None
        self._asked_name = False
        self.care = Care(window, self.may_close)
        self.session.offer = self.care.offer
        self.table: dict[str, Callable[[], None]] = {
            "file.new": self.new_project,
            "file.open": self.open_project,
            "file.close": self.close_project,
            "file.settings": self.show_settings,
            "file.annotator": self.switch_annotator,
            "file.quit": lambda: (window.close(), None)[1],
            "edit.undo": self.session.undo,
            "edit.redo": self.session.redo,
            "view.zoom_in": lambda: self.zoom(theme.zoom() + ZOOM_STEP),
            "view.zoom_out": lambda: self.zoom(theme.zoom() - ZOOM_STEP),
            "view.zoom_reset": lambda: self.zoom(100),
            "view.full_screen": self.toggle_full_screen,
            "help.palette": self.show_palette,
            "help.shortcuts": self.show_shortcuts,
            "help.demo": self.open_demo,
            "help.logs": self.show_logs,
            "help.about": self.show_about,
        }
        self.table |= self.care.table
        for room_id in actions.ROOMS:
            self.table[f"view.{room_id}"] = lambda room_id=room_id: (window.go_to_room(room_id), None)[1]  # type: ignore[misc]
        for mode in ("light", "dark", "system"):
            self.table[f"view.theme_{mode}"] = lambda mode=mode: self.session.settings.set("theme", mode)  # type: ignore[misc]
        self.session.setting_changed.connect(self._setting_changed)
        self.session.closed.connect(self._stop_listening)

    # -- state

    def enabled(self, action_id: str) -> bool:
        """Whether one of the window's actions can be done; a project is open when it needs one."""
        project = self.session.project
        if project is None:
            return True
        if action_id in ("edit.undo", "edit.redo") and self.window.room is not None and not self.window.room.may_undo():
            return False
        if action_id == "edit.undo":
            return project.undo_title(self.session.annotator_id) is not None
        if action_id == "edit.redo":
            return project.redo_title(self.session.annotator_id) is not None
        return True

    def title(self, action_id: str) -> str:
        """The words of an entry that change with the state; empty for the table's own."""
        project = self.session.project
        if project is None or action_id not in ("edit.undo", "edit.redo"):
            return ""
        undo = action_id == "edit.undo"
        asked = project.undo_title if undo else project.redo_title
        what = asked(self.session.annotator_id)
        if what is None:
            return ""
        short = " ".join(what.split())[:60].replace("&", "&&")
        return f"&Undo {short}" if undo else f"&Redo {short}"

    def checked(self, action_id: str) -> bool:
        """Whether one of the window's checkable actions is on."""
        if action_id.startswith("view.theme_"):
            return bool(self.session.settings.get("theme") == action_id.removeprefix("view.theme_"))
        if action_id == "view.full_screen":
            return self.window.isFullScreen()
        room = self.window.room
        return room is not None and action_id == f"view.{room.room_id}"

    # -- project files

    def new_project(self) -> None:
        """Ask for a name and make a project there."""
        messages.choose_save(
            self.window,
            "New project",
            "project" + SUFFIX,
            messages.PROJECT_FILES,
            self.create,
            suffix=SUFFIX.removeprefix("."),
            folder=self._folder(),
            overwrites=False,
        )

    def create(self, path: Path) -> None:
        """Make a project off the UI thread, and open it."""

        def make(report: Report) -> Project:
            return Project.create(path)

        self.session.tasks.run(f"Making {path.stem}", make, self._adopt)

    def _adopt(self, project: Project) -> None:
        self.session.adopt(project)

    def open_project(self) -> None:
        """Ask for a project and open it."""
        messages.choose_open(
            self.window,
            "Open project",
            messages.PROJECT_FILES,
            lambda found: self.open_path(found[0]),
            folder=self._folder(),
        )

    def open_path(self, path: Path) -> None:
        """Open a project; running work of the present one is asked about first."""
        if self.may_close(lambda: self.open_path(path)):
            self.session.open(path)

    def _folder(self) -> Path:
        recent = [Path(name).parent for name in self.session.settings.get("recent")]
        return next((folder for folder in recent if folder.is_dir()), Path.home())

    def open_dropped(self, paths: list[Path]) -> None:
        """Open a dropped project; hand other files to the import."""
        projects = [path for path in paths if path.suffix == SUFFIX]
        if projects:
            self.open_path(projects[0])
        elif self.session.project is None:
            messages.tell(self.window, "Open or make a project first, then drop the file again.")
        elif paths:
            room = self.window.go_to_room("examples")
            if room is not None:
                room.import_files(paths)

    def close_project(self) -> None:
        """Close the project and show the first page."""
        if self.may_close(self.close_project):
            self.window.remember_window()
            self.session.close()

    def may_close(self, again: Callable[[], object]) -> bool:
        """Whether nothing is under way; else asks, and calls `again` once the work was cancelled."""
        loud = [handle for handle in self.session.tasks.running if not handle.quiet]
        if not loud:
            return True

        def stop() -> None:
            self.session.tasks.stop()
            again()

        messages.confirm(
            self.window,
            f"{loud[0].title} is still under way.",
            "If you go on, it is cancelled and leaves nothing behind; everything saved before it stays.",
            "Cancel the work and go on",
            stop,
            no="Keep working",
        )
        return False

    def open_demo(self) -> None:
        """Open the demo project; it is written on the first time."""
        from reviewer import paths

        home = paths.data_folder()

        def write(report: Report) -> Path:
            import shutil

            from reviewer import demo

            path = home / "demo" / demo.FILE_NAME
            if not path.exists():
                # It is whole before it takes its place: a cancelled one would be taken for the demo ever after.
                part = home / "demo.part"
                shutil.rmtree(part, ignore_errors=True)
                try:
                    made = demo.write(part, lambda words: report(0, 0, words))
                    path.parent.mkdir(exist_ok=True)
                    made.rename(path)
                finally:
                    shutil.rmtree(part, ignore_errors=True)
            return path

        self.session.tasks.run("Writing the demo project", write, self.open_path)

    # -- after a project was opened

    def after_opening(self) -> None:
        """Listen for a second start, bring the text index up to date, and ask for a name the first time."""
        project = self.session.project
        if project is None:
            return
        project.search.start()
        self.care.after_opening(project)
        from reviewer.ui.instance import Instance

        self._stop_listening()
        self._instance = Instance(project.path, self.come_up)
        if not self.session.settings.get("annotator") and not self._asked_name:
            self._asked_name = True
            messages.ask_text(
                self.window,
                "Who is working?",
                "Your name stands beside your labels and judgments.",
                self.session.set_annotator,
                self.session.annotator_name,
                yes="Start",
            )

    def _stop_listening(self) -> None:
        if self._instance is not None:
            self._instance.close()
            self._instance = None

    def come_up(self) -> None:
        """Bring the window to the front."""
        window = self.window
        if window.isMinimized():
            window.showNormal()
        window.show()
        window.raise_()
        window.activateWindow()

    def switch_annotator(self) -> None:
        """Go on under another name."""
        from reviewer.ui.dialogs.annotator import AnnotatorDialog

        AnnotatorDialog(self.window, self.session).open()

    # -- looks

    def zoom(self, percent: int) -> None:
        """Set the text size."""
        self.session.settings.set("zoom", max(60, min(240, percent)))
        messages.tell(self.window, f"Text size {self.session.settings.get('zoom')} %")

    def toggle_full_screen(self) -> None:
        """Fill the screen, or stop."""
        if self.window.isFullScreen():
            self.window.showNormal()
        else:
            self.window.showFullScreen()

    def _setting_changed(self, key: str) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        if key == "theme":
            theme.apply(app, self.session.settings.get("theme"))
        elif key == "zoom":
            theme.set_zoom(app, self.session.settings.get("zoom"))
        elif key == "keys":
            self.window.apply_keys()

    # -- dialogs

    def show_settings(self) -> None:
        """Show the settings."""
        from reviewer.ui.dialogs.settings_dialog import SettingsDialog

        SettingsDialog(self.window, self.session.settings).open()

    def show_palette(self) -> None:
        """Show every command to choose from by typing."""
        from reviewer.ui.dialogs.palette import Palette

        shown = self.window.findChild(Palette)
        if shown is not None:
            shown.close()
            return
        self.window.refresh_actions()
        entries = [
            (spec.id, actions.plain_text(action.text()), spec.menu, action.shortcut().toString(), action.isEnabled())
            for spec in actions.ACTIONS
            if (action := self.window.actions_by_id[spec.id]) is not None and spec.id != "help.palette"
        ]
        Palette(self.window, entries, self.window.run_action).open()

    def show_shortcuts(self) -> None:
        """Show every key."""
        from reviewer.ui.dialogs.cheat_sheet import CheatSheet

        CheatSheet(self.window, self.session.settings).open()

    def show_logs(self) -> None:
        """Show the log."""
        from reviewer.ui.dialogs.log_viewer import LogViewer

        LogViewer(self.window).open()

    def show_about(self) -> None:
        """Show versions, licences and where the data lies."""
        from reviewer.ui.dialogs.about import AboutDialog

        AboutDialog(self.window, self.session).open()
