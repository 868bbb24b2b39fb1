"""The reference, written or corrected where it is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPlainTextEdit, QPushButton, QVBoxLayout

from reviewer.intake.examples import Example
from reviewer.intake.remarks import past_truths
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.triage.reference_terms import ReferenceTerms
from reviewer.ui.widgets.exact_text import ExactText, shown_in

__all__ = ["ReferenceEditor", "Written"]

_SHOWN_PAST = 2


class Written(NamedTuple):
    """A reference as it was written: what is None stays as it is."""

    text: str
    origin: str | None
    as_of_ms: int | None
    shelf_days: int
    was: str | None
    """What held before, where the project had no reference."""


class ReferenceEditor(QFrame):
    """A strip under the conversation: the text, where it comes from, since when and for how long it holds."""

    def __init__(self, save: Callable[[Written], bool], close: Callable[[], None]) -> None:
        super().__init__()
        self.setProperty("role", "surface")
        self.setAccessibleName("Reference editor")
        self._save = save
        self._close = close
        self._exact = ExactText("")
        self._origin = ""
        self.title = plain_label("Reference", "caps")
        self.before = plain_label("", "smallmuted", wrap=True)
        self.before.setAccessibleName("What was the truth before")
        self.was = QPlainTextEdit()
        self.was.setAccessibleName("What held before")
        self.was.setPlaceholderText("What held before, if you know it; it is kept with its dates")
        self.was.setTabChangesFocus(True)
        self.was.setFixedHeight(48)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName("Reference")
        self.text.setPlaceholderText("The answer that would have been right")
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(112)
        self.origin = QLineEdit()
        self.origin.setAccessibleName("Where the reference comes from")
        self.origin.setPlaceholderText("Where it comes from: a policy, a page, your judgment")
        self.origin.setMaxLength(200)
        self.terms = ReferenceTerms()
        self._anew = False
        self.text.textChanged.connect(self._follow)
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
        foot.addWidget(self.terms)
        foot.addStretch(1)
        foot.addWidget(drop)
        foot.addWidget(keep)
        line = QFrame()
        line.setProperty("role", "line")
        inner = QVBoxLayout()
        inner.setContentsMargins(16, 8, 16, 12)
        inner.setSpacing(6)
        inner.addWidget(self.title)
        inner.addWidget(self.before)
        inner.addWidget(self.was)
        inner.addWidget(self.text)
        inner.addWidget(self.origin)
        inner.addLayout(foot)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(line)
        layout.addLayout(inner)
        self.hide()

    def edit(self, example: Example, now_ms: int, *, stale: bool = False) -> None:
        """Begin to write; `stale` says that the facts changed, so that what is there is about to be the old truth."""
        reference = example.reference
        self._exact = ExactText(reference.text if reference is not None else "")
        earlier = reference is not None and reference.earlier
        self._anew = stale or earlier
        self.title.setText(
            "The truth as it is now" if stale else "Reference, written for an earlier input" if earlier else "Reference"
        )
        past = [f"{words}: {' '.join(text.split())}" for words, text in past_truths(example)]
        if stale and reference is not None:
            past.insert(0, f"was until now: {' '.join(reference.text.split())}")
        more = f"\nand {len(past) - _SHOWN_PAST} before that" if len(past) > _SHOWN_PAST else ""
        self.before.setText("\n".join(_short(item) for item in past[:_SHOWN_PAST]) + more)
        self.before.setVisible(bool(past))
        self.was.setPlainText("")
        self.was.setVisible(stale and reference is None)
        self.terms.begin(reference, now_ms, changed=self._anew)
        self.text.setPlainText(self._exact.shown)
        # "import" says only that it came with the file.
        self._origin = "" if reference is None or reference.origin == "import" else reference.origin
        self.origin.setText(self._origin)
        self.show()
        self.text.moveCursor(self.text.textCursor().MoveOperation.End)
        if stale:
            self.text.selectAll()
        (self.was if self.was.isVisible() else self.text).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _follow(self) -> None:
        self.terms.follow(changed=self._anew or self._written() != self._exact.text)

    def _written(self) -> str:
        return self._exact.edited(shown_in(self.text.document()))

    def save(self) -> None:
        """Keep what is written; the editor stays open when that fails."""
        origin, was = self.origin.text().strip(), shown_in(self.was.document())
        written = Written(
            self._written(),
            None if origin == self._origin.strip() else origin,
            self.terms.as_of_ms,
            self.terms.shelf_days,
            was if was.strip() else None,
        )
        if self._save(written):
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


def _short(text: str, most: int = 160) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
