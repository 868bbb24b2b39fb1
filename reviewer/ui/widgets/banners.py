"""Strips across the top of the window that say what a person should know of the open project, until it is dismissed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.sign import Sign

__all__ = ["Banner", "Banners"]

Way = tuple[str, Callable[[], None]]
"""The words on a button, and what it does."""


class Banner(QFrame):
    """One thing to know, what can be done about it, and a cross that takes it away."""

    def __init__(self, kind: str, text: str, ways: Sequence[Way], close: Callable[[], None]) -> None:
        super().__init__()
        self.kind = kind
        self.setProperty("role", "banner")
        self.words = plain_label(text, "small", wrap=True)
        self.words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.words.setAccessibleName("Notice")
        self.buttons: list[QPushButton] = []
        row = QHBoxLayout()
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(12)
        row.addWidget(Sign("warning", 16, "warn"), 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.words, 1)
        for title, act in ways:
            button = QPushButton(title)
            button.setAccessibleName(title)
            button.clicked.connect(lambda _checked=False, act=act: act())
            row.addWidget(button)
            self.buttons.append(button)
        self.cross = QPushButton()
        self.cross.setIcon(icon("close"))
        self.cross.setAccessibleName("Dismiss the notice")
        self.cross.setToolTip("Dismiss")
        self.cross.setProperty("role", "quiet")
        self.cross.clicked.connect(close)
        row.addWidget(self.cross)
        line = QFrame()
        line.setProperty("role", "line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addWidget(line)


class Banners(QWidget):
    """The strips, the latest at the top; without any it takes no room."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Banner] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.hide()

    def say(self, kind: str, text: str, ways: Sequence[Way] = ()) -> Banner:
        """Show a strip in the place of an earlier one of the same kind."""
        self.drop(kind)
        banner = Banner(kind, text, ways, lambda: self.drop(kind))
        self.shown.insert(0, banner)
        self._layout.insertWidget(0, banner)
        self.show()
        return banner

    def drop(self, kind: str) -> None:
        """Take the strip of a kind away."""
        for banner in [one for one in self.shown if one.kind == kind]:
            self.shown.remove(banner)
            self._layout.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        self.setVisible(bool(self.shown))

    def clear(self) -> None:
        """Take all of them away."""
        for banner in list(self.shown):
            self.drop(banner.kind)
