"""The bar for finding in a text: a field, how many, previous, next, close."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from reviewer.ui import theme

__all__ = ["FindBar"]


class FindBar(QFrame):
    """Asks for words to find; the view that owns it looks for them and tells it how many there are."""

    sought = Signal(str)
    stepped = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.dress(self, "bar")
        self.field = QLineEdit(self)
        self.field.setPlaceholderText("Find in text")
        self.field.setAccessibleName("Find in text")
        self.field.setClearButtonEnabled(True)
        self.count = QLabel(self)
        self.count.setTextFormat(Qt.TextFormat.PlainText)
        self.count.setMinimumWidth(90)
        self.count.setAccessibleName("Number of places found")
        theme.dress(self.count, "smallmuted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.setSpacing(8)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.count)
        buttons = (("↑", "Previous place (Shift+F3)", -1), ("↓", "Next place (F3)", 1), ("✕", "Close", 0))
        for sign, name, step in buttons:
            button = QToolButton(self)
            button.setText(sign)
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.setAutoRaise(True)
            button.clicked.connect((lambda by: lambda: self.stepped.emit(by))(step) if step else self.close_bar)
            layout.addWidget(button)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(120)
        self._pause.timeout.connect(self._seek)
        self.field.textEdited.connect(lambda _text: self._pause.start())
        self.field.installEventFilter(self)
        self.hide()

    def open_bar(self, words: str = "") -> None:
        """Show the bar with the caret in it, and look for the words if there are any."""
        self.show()
        if words:
            self.field.setText(words)
            self._seek()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def close_bar(self) -> None:
        """Hide the bar; what was found is no longer marked."""
        self._pause.stop()
        self.hide()
        self.closed.emit()

    def tell(self, current: int, total: int, *, most: int) -> None:
        """Say which of how many places is shown, counting from 1; `most` is where counting stops."""
        if not self.field.text():
            self.count.setText("")
        elif not total:
            self.count.setText("Not found")
        else:
            over = "over " if total >= most else ""
            self.count.setText(f"{current:,} of {over}{total:,}")

    def _seek(self) -> None:
        self._pause.stop()
        self.sought.emit(self.field.text())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter steps to the next place, Shift+Enter back, Escape closes."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F3):
                if self._pause.isActive():
                    self._seek()
                else:
                    self.stepped.emit(-1 if back else 1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close_bar()
                return True
        return super().eventFilter(watched, event)
