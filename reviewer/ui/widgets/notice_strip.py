"""The strip above a text that says what the text itself does not show."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from reviewer.ui import theme

__all__ = ["NoticeStrip"]


class NoticeStrip(QFrame):
    """Says how many characters hide, with a button that reveals them, and passing messages such as a blocked link."""

    reveal_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, "bar")
        self.badge = QLabel(self)
        self.badge.setTextFormat(Qt.TextFormat.PlainText)
        self.badge.setAccessibleName("Invisible characters")
        theme.dress(self.badge, "warn")
        self.button = QPushButton("Reveal", self)
        self.button.setAccessibleName("Reveal invisible characters")
        theme.dress(self.button, "quiet")
        self.button.clicked.connect(self.reveal_requested)
        self.message = QLabel(self)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setAccessibleName("Message about this text")
        self.message.setWordWrap(True)
        theme.dress(self.message, "muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 2, 8, 2)
        layout.setSpacing(8)
        layout.addWidget(self.badge)
        layout.addWidget(self.button)
        layout.addWidget(self.message, 1)
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(8_000)
        self._fade.timeout.connect(lambda: self.tell(""))
        self.hide()

    def set_count(self, count: int, *, revealed: bool) -> None:
        """Show the badge for this many invisible characters, or take it away for none."""
        self.badge.setText(f"⚠ {count:,} invisible character{'' if count == 1 else 's'}" if count else "")
        self.button.setText("Hide again" if revealed else "Reveal")
        self.badge.setVisible(bool(count))
        self.button.setVisible(bool(count) or revealed)
        self._show()

    def tell(self, message: str) -> None:
        """Show a message for eight seconds; an empty one takes it away."""
        self.message.setText(message)
        if message:
            self._fade.start()
        else:
            self._fade.stop()
        self._show()

    def _show(self) -> None:
        self.setVisible(bool(self.badge.text() or self.message.text() or self.button.isVisibleTo(self)))
