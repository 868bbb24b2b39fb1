"""The reference, written or corrected where it is read."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout

from reviewer.intake.examples import Reference
from reviewer.ui.messages import plain_label

__all__ = ["ReferenceEditor"]


class ReferenceEditor(QFrame):
    """A strip under the conversation with the reference's text and where it comes from."""

    def __init__(self, save: Callable[[str, str], bool], close: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "surface")
        self.setAccessibleName("Reference editor")
        self._save = save
        self._close = close
        self._given = self._shown = ""
        self.text = QPlainTextEdit()
        self.text.setAccessibleName("Reference")
        self.text.setPlaceholderText("The answer that would have been right")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(128)
        self.origin = QLineEdit()
        self.origin.setAccessibleName("Where the reference comes from")
        self.origin.setPlaceholderText("Where it comes from: a policy, a page, your judgment")
        self.origin.setMaxLength(200)
        keep = QPushButton("Save reference")
        keep.setAccessibleName("Save reference, key Ctrl+Enter")
        keep.setToolTip("Ctrl+Enter")
        keep.setProperty("role", "primary")
        keep.clicked.connect(self.save)
        drop = QPushButton("Cancel")
        drop.setAccessibleName("Cancel, key Escape")
        drop.setToolTip("Escape")
        drop.clicked.connect(self.cancel)
        foot = QHBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.origin, 1)
        foot.addWidget(drop)
        foot.addWidget(keep)
        line = QFrame()
        line.setProperty("role", "line")
        inner = QVBoxLayout()
        inner.setContentsMargins(16, 8, 16, 12)
        inner.setSpacing(6)
        inner.addWidget(plain_label("Reference", "caps"))
        inner.addWidget(self.text)
        inner.addLayout(foot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(line)
        layout.addLayout(inner)
        self.hide()

    def edit(self, reference: Reference | None) -> None:
        """Begin to write, with the caret at the end of what is there."""
        self._given = reference.text if reference is not None else ""
        self.text.setPlainText(self._given)
        self._shown = self.text.document().toRawText().replace("\u2029", "\n")
        self.origin.setText(reference.origin if reference is not None else "")
        self.show()
        self.text.moveCursor(self.text.textCursor().MoveOperation.End)
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def save(self) -> None:
        """Keep what is written; the editor stays open when that fails."""
        # The plain text of the widget would turn no-break spaces into spaces; its raw text keeps them.
        text = self.text.document().toRawText().replace("\u2029", "\n")
        if text == self._shown:
            text = self._given
        if self._save(text, self.origin.text()):
            self.cancel()

    def cancel(self) -> None:
        """Close without keeping what is written."""
        self.hide()
        self._close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter saves, Escape cancels."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancel()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and (
            event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            self.save()
        else:
            super().keyPressEvent(event)
