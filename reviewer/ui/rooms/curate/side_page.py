"""What the pages beside the slices share: a head with the way back, and a table of rows by key."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from reviewer.store.history import Changes
from reviewer.ui.icons import icon
from reviewer.ui.messages import plain_label
from reviewer.ui.session import Session

__all__ = ["SidePage", "key_button"]


class SidePage(QWidget):
    """A page of the room that leads back to the slices."""

    back_requested = Signal()
    state_changed = Signal()
    """What can be done here has changed."""

    def __init__(self, session: Session, title: str) -> None:
        super().__init__()
        self.session = session
        self.stale = True
        """Whether something changed since the page was read last."""
        self.setAccessibleName(title)
        self.back = QPushButton(icon("previous"), "Slices")
        self.back.setProperty("role", "quiet")
        self.back.setAccessibleName("Back to the slices")
        self.back.setToolTip("Back to the slices  Esc")
        self.back.clicked.connect(self.back_requested)
        self.head = QHBoxLayout()
        self.head.setContentsMargins(8, 10, 12, 8)
        self.head.setSpacing(8)
        self.head.addWidget(self.back)
        self.head.addWidget(plain_label(title, "title"))
        self.finding: QLabel = plain_label("", "head", wrap=True)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addLayout(self.head)

    def first_focus(self) -> QWidget:
        """What has the keys when the page is shown."""
        return self.back

    def show_page(self) -> None:
        """Read what is shown again where that is needed; called each time the page comes up."""

    def show_example(self, example_id: int) -> bool:
        """Bring an example on screen here; false when the list of the slices must."""
        return False

    def on_changed(self, changes: Changes) -> None:
        """Follow an action while the page is shown."""


def key_button(words: str, key: str, name: str, *, primary: bool = False) -> QPushButton:
    """A button that tells its key."""
    button = QPushButton(f"{words}  {key}" if key else words)
    button.setAccessibleName(name)
    button.setProperty("role", "primary" if primary else "quiet")
    return button
