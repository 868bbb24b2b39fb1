"""The log, newest lines in sight."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from reviewer.ui import log
from reviewer.ui.messages import plain_label

__all__ = ["LogViewer"]

SHOWN_BYTES = 200_000


class LogViewer(QDialog):
    """The end of the log as plain text, with its path."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Logs")
        self.setAccessibleName("Logs")
        self.resize(820, 520)
        path = log.log_file()
        where = plain_label(str(path), "smallmuted")
        where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.view = QPlainTextEdit()
        self.view.setReadOnly(True)
        self.view.setAccessibleName("Log")
        self.view.setProperty("role", "code")
        self.view.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        copy = self._button("Copy all", lambda: QGuiApplication.clipboard().setText(self.view.toPlainText()))
        again = self._button("Read again", self.read)
        close = self._button("Close", self.accept)
        close.setDefault(True)
        foot = QHBoxLayout()
        foot.addWidget(plain_label("It holds no content and no keys.", "smallmuted"))
        foot.addStretch(1)
        for button in (copy, again, close):
            foot.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 12)
        layout.setSpacing(8)
        layout.addWidget(where)
        layout.addWidget(self.view, 1)
        layout.addLayout(foot)
        self.read()

    def _button(self, words: str, act: object) -> QPushButton:
        button = QPushButton(words)
        button.setAccessibleName(words)
        button.setAutoDefault(False)
        button.clicked.connect(act)
        return button

    def read(self) -> None:
        """Read the log's end."""
        try:
            with log.log_file().open("rb") as handle:
                handle.seek(0, 2)
                handle.seek(max(0, handle.tell() - SHOWN_BYTES))
                text = handle.read().decode("utf-8", "replace")
        except OSError:
            text = ""
        self.view.setPlainText(text or "Nothing has been logged yet.")
        self.view.moveCursor(QTextCursor.MoveOperation.End)
