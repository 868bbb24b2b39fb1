"""A text as it is beside the same text as it should be, with the words marked that went and that came."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from reviewer.formats.word_differences import aligned
from reviewer.ui import theme
from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.exact_text import ExactText, shown_in, utf16
from reviewer.ui.widgets.safe_text import SafeTextView

__all__ = ["ChangePane"]

MARK_MS = 120


class ChangePane(QWidget):
    """Two columns of one width; the right one is written in."""

    changed = Signal()
    """The text as it should be was written in."""

    def __init__(self) -> None:
        super().__init__()
        self._exact = ExactText("")
        self.was = SafeTextView()
        self.was.pane.setAccessibleName("As it is")
        theme.dress(self.was.pane, "reading")
        self.text = QPlainTextEdit()
        self.text.setAccessibleName("As it should be")
        self.text.setTabChangesFocus(True)
        self.text.document().setDocumentMargin(14)
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        theme.dress(self.text, "reading")
        self.counted = plain_label("", "smallmuted")
        self.note = plain_label("", "warn", wrap=True)
        self.note.setAccessibleName("About this text")
        self.note.hide()
        columns = QHBoxLayout()
        columns.setSpacing(8)
        for title, widget, beside in (("As it is", self.was, None), ("As it should be", self.text, self.counted)):
            side = QFrame()
            theme.dress(side, "card")
            head = QHBoxLayout()
            head.setContentsMargins(12, 8, 12, 4)
            head.addWidget(plain_label(title, "caps"))
            head.addStretch(1)
            if beside is not None:
                head.addWidget(beside)
            column = QVBoxLayout(side)
            column.setContentsMargins(1, 0, 1, 1)
            column.setSpacing(0)
            column.addLayout(head)
            column.addWidget(widget, 1)
            columns.addWidget(side, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(columns, 1)
        layout.addWidget(self.note)
        self._timer = QTimer(self, singleShot=True, interval=MARK_MS)
        self._timer.timeout.connect(self.mark)
        self._filling = False
        self.text.textChanged.connect(self._written)
        theme.changed.connect(self._timer.start)

    def show_text(self, given: str, now: str, note: str = "", too_long: str = "") -> None:
        """Show a text, and what it has been changed to so far; where it is too long for an editor, say `too_long`."""
        self._exact = exact = ExactText(given)
        self.was.set_text(given, kind="plain")
        self._filling = True
        if exact.editable:
            self.text.setPlainText(exact.shown if now == given else ExactText(now).shown)
        else:
            self.text.setPlainText("")
            note = too_long
        self._filling = False
        self.text.setReadOnly(not exact.editable)
        self.text.setEnabled(exact.editable)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        self.mark()

    def written(self) -> str:
        """The text as it should be, every character that nobody touched as it was."""
        return self._exact.edited(shown_in(self.text.document())) if self._exact.editable else self._exact.text

    def _written(self) -> None:
        if not self._filling:
            self._timer.start()
            self.changed.emit()

    def mark(self) -> None:
        """Mark the words that differ on either side."""
        self._timer.stop()
        shown = shown_in(self.text.document())
        places = aligned(self._exact.shown, shown, exact=True) if self._exact.editable else []
        at = self._exact.given_at
        went = [(at(one[0]), at(one[1])) for one, _ in places or [] if one[0] < one[1]]
        came = [other for _, other in places or [] if other[0] < other[1]]
        self.was.mark_spans(went)
        look = QTextCharFormat()
        look.setBackground(QColor(theme.tokens().mark))
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
        flat = utf16(shown, [place for span in came for place in span])
        marks = []
        for start, end in zip(flat[::2], flat[1::2], strict=True):
            mark = QTextEdit.ExtraSelection()
            mark.format = look
            cursor = QTextCursor(self.text.document())
            cursor.setPosition(start)
            cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            mark.cursor = cursor
            marks.append(mark)
        self.text.setExtraSelections(marks)
        if places is None:
            self.counted.setText("too different to mark")
        else:
            self.counted.setText(f"{len(places):,} place{'' if len(places) == 1 else 's'} changed" if places else "")

    def focus(self) -> None:
        """Put the caret into the text as it should be."""
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)
