"""Every key on one sheet, made from the table of actions."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from reviewer.settings import Settings
from reviewer.ui import actions
from reviewer.ui.messages import plain_label

__all__ = ["CheatSheet"]

COLUMNS = (("Triage", "Compare"), ("Examples", "Curate", "Go", "Edit"), ("File", "View", "Tools", "Help"))


class CheatSheet(QDialog):
    """Three columns: what is done most stands first."""

    def __init__(self, parent: QWidget, settings: Settings) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        self.setAccessibleName("Keyboard shortcuts")
        page = QWidget()
        across = QHBoxLayout(page)
        across.setContentsMargins(20, 16, 20, 16)
        across.setSpacing(32)
        for menus in COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(4)
            for menu in menus:
                column.addLayout(_section(menu, settings))
                column.addSpacing(12)
            column.addStretch(1)
            across.addLayout(column, 1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setAccessibleName("Keys")
        close = QPushButton("Close")
        close.setAccessibleName("Close")
        close.setDefault(True)
        close.clicked.connect(self.accept)
        foot = QHBoxLayout()
        foot.setContentsMargins(20, 0, 20, 12)
        words = "Letters act only while you are not typing. Keys can be changed in Settings."
        foot.addWidget(plain_label(words, "smallmuted"))
        foot.addStretch(1)
        foot.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area, 1)
        layout.addLayout(foot)
        self.resize(min(1060, parent.width() - 40), min(720, parent.height() - 40))
        area.setFocus()


def _section(menu: str, settings: Settings) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(3)
    grid.setColumnStretch(0, 1)
    grid.addWidget(plain_label(menu, "caps"), 0, 0, 1, 2)
    for row, (words, keys) in enumerate(lines(menu, settings), start=1):
        grid.addWidget(plain_label(words), row, 0)
        shown = QHBoxLayout()
        shown.setSpacing(4)
        shown.addStretch(1)
        for key in keys:
            shown.addWidget(plain_label(key, "key"))
        grid.addLayout(shown, row, 1)
    return grid


def lines(menu: str, settings: Settings) -> list[tuple[str, list[str]]]:
    """Words and keys of each line of a menu; a submenu of more than four entries is one line with its keys."""
    found: list[tuple[str, list[str]]] = []
    for submenu, group in groupby((spec for spec in actions.ACTIONS if _top(spec) == menu), lambda spec: spec.menu):
        specs = [spec for spec in group if actions.keys_of(spec, settings)]
        if "/" in submenu and len(specs) > 4:
            found.append((submenu.split("/")[1], _span([actions.keys_of(spec, settings)[0] for spec in specs])))
        else:
            found += [
                (actions.plain_title(spec), [_native(key) for key in actions.keys_of(spec, settings)[:2]])
                for spec in specs
            ]
    return found


def _span(keys: list[str]) -> list[str]:
    """Keys that differ in a running digit as the first, an ellipsis and the last; others as they are."""
    stems = {key[:-1] for key in keys}
    if len(keys) > 2 and len(stems) == 1 and all(key[-1:].isdigit() for key in keys):
        return [_native(keys[0]), "…", _native(keys[-1])]
    return [_native(key) for key in keys]


def _top(spec: actions.ActionSpec) -> str:
    return spec.menu.split("/")[0]


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
