"""The menu bar, made from the table of actions, with the entries that change: recent projects, Undo's title."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from reviewer.ui import actions
from reviewer.ui.icons import icon

if TYPE_CHECKING:
    from reviewer.ui.main_window import MainWindow

__all__ = ["Menus"]

MNEMONICS = {
    "File": "&File",
    "Edit": "&Edit",
    "View": "&View",
    "Go": "&Go",
    "Examples": "E&xamples",
    "Triage": "&Triage",
    "Curate": "&Curate",
    "Compare": "Co&mpare",
    "Tools": "T&ools",
    "Help": "&Help",
    "Theme": "T&heme",
    "First failure": "F&irst failure",
    "Severity": "Severit&y",
    "Further categories": "F&urther categories",
}


class Menus:
    """Builds the menus once and brings them up to date as they open."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._menus: dict[str, QMenu] = {}
        for name in actions.MENUS:
            self._menu(name)
        for spec in actions.ACTIONS:
            if not spec.menu:
                continue
            menu = self._menu(spec.menu)
            if spec.break_before and not menu.isEmpty():
                menu.addSeparator()
            action = window.actions_by_id[spec.id]
            menu.addAction(action)
            if spec.id == "file.open":
                self.recent = QMenu("Open &recent", menu)
                self.recent.aboutToShow.connect(self.fill_recent)
                menu.addMenu(self.recent)
            if spec.icon and not spec.checkable:
                action.setIcon(icon(spec.icon))

    def _menu(self, path: str) -> QMenu:
        menu = self._menus.get(path)
        if menu is None:
            parent, _, name = path.rpartition("/")
            title = MNEMONICS.get(name, name)
            menu = QMenu(title, self._window)
            if parent:
                self._menu(parent).addMenu(menu)
            else:
                self._window.menuBar().addMenu(menu)
            menu.aboutToShow.connect(self._window.refresh_actions)
            self._menus[path] = menu
        return menu

    def fill_recent(self) -> None:
        """List the recent projects; one whose file is missing stands greyed."""
        self.recent.clear()
        names = self._window.session.settings.get("recent")
        for number, name in enumerate(names, start=1):
            path = Path(name)
            text = str(path).replace("&", "&&")
            entry = QAction(f"&{number}  {text}" if number < 10 else f"1&0  {text}", self.recent)
            entry.setEnabled(path.is_file())
            entry.triggered.connect(lambda _checked=False, path=path: self._window.session.open(path))
            self.recent.addAction(entry)
        if names:
            self.recent.addSeparator()
        clear = QAction("&Clear", self.recent)
        clear.setEnabled(bool(names))
        clear.triggered.connect(self._clear)
        self.recent.addAction(clear)

    def _clear(self) -> None:
        self._window.session.settings.reset("recent")
        self._window.first_run.refresh()
