"""A short menu that asks one thing; a letter or digit answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtWidgets import QMenu, QWidget

__all__ = ["choices"]


def choices(
    parent: QWidget, name: str, entries: Iterable[tuple[str, Callable[[], None]] | None], head: str = ""
) -> QMenu:
    """The menu, not yet shown; None among the entries is a line between them, `head` a line that says what is asked."""
    menu = QMenu(parent)
    menu.setAccessibleName(name)
    if head:
        menu.addAction(head.replace("&", "&&")).setEnabled(False)
    for entry in entries:
        if entry is None:
            menu.addSeparator()
            continue
        words, act = entry
        menu.addAction(words).triggered.connect(lambda _checked=False, act=act: act())
    menu.setActiveAction(next(action for action in menu.actions() if action.isEnabled()))
    return menu
