"""The line at the window's foot: the room's words, what was just done, work under way, and whether all is saved."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from reviewer.ui.messages import plain_label
from reviewer.ui.session import Session
from reviewer.ui.widgets.sign import Sign
from reviewer.ui.widgets.task_strip import TaskStrip

__all__ = ["StatusLine"]

TOLD_MS = 6000


class StatusLine(QFrame):
    """Thin, quiet, and always true: `Saved` stands there only after a commit."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.strip = TaskStrip(session.tasks)
        self.room = plain_label("", "smallmuted")
        self.room.setAccessibleName("Status")
        self.said = plain_label("", "small")
        self.said.setAccessibleName("Message")
        self.saved_sign = Sign("pass", 14, "good")
        self.saved_word = plain_label("Saved", "smallmuted")
        line = QFrame()
        line.setProperty("role", "line")
        row = QHBoxLayout()
        row.setContentsMargins(12, 3, 12, 4)
        row.setSpacing(8)
        row.addWidget(self.room)
        row.addStretch(1)
        row.addWidget(self.said)
        row.addSpacing(8)
        row.addWidget(self.saved_sign)
        row.addWidget(self.saved_word)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(line)
        layout.addWidget(self.strip)
        layout.addLayout(row)
        self._quiet = QTimer(self, singleShot=True, interval=TOLD_MS)
        self._quiet.timeout.connect(lambda: self.said.setText(""))
        self._saved = self._unsaved = False
        self._show_saved()

    def show_room(self, text: str) -> None:
        """Show the room's own words."""
        self.room.setText(text)

    def tell(self, text: str) -> None:
        """Say something for a few seconds."""
        short = self.said.fontMetrics().elidedText(" ".join(text.split()), Qt.TextElideMode.ElideRight, 560)
        self.said.setText(short)
        self.said.setToolTip("")
        self._quiet.start()

    def hush(self) -> None:
        """Take back what was said: another action has begun, and it speaks for itself."""
        self._quiet.stop()
        self.said.setText("")

    def saved(self) -> None:
        """Say that everything done so far is on the disk."""
        self._saved = True
        self._show_saved()

    def not_saved(self) -> None:
        """The last action was refused: nothing says that it is on the disk."""
        self._saved = False
        self._show_saved()

    def show_unsaved(self, unsaved: bool) -> None:
        """Say that something typed is not on the disk yet, or that this is over."""
        self._unsaved = unsaved
        self._show_saved()

    def set_open(self, opened: bool) -> None:
        """Start over with another project."""
        self.room.setText("")
        self._saved = self._unsaved = False
        self._show_saved()

    def _show_saved(self) -> None:
        self.saved_word.setText("Not saved yet" if self._unsaved else "Saved")
        self.saved_word.setVisible(self._saved or self._unsaved)
        self.saved_sign.setVisible(self._saved and not self._unsaved)
