"""Two texts side by side, with the words marked in which they differ, or those that they share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from reviewer.curate.shingles import fold
from reviewer.formats.word_differences import MOST_WORDS, Span, aligned
from reviewer.ui import theme
from reviewer.ui.messages import plain_label, tell
from reviewer.ui.widgets.safe_text import SafeTextView

__all__ = ["SideBySide", "shared"]

_WORD = re.compile(r"\w+")
_LEAST_SHARED = 3
"""So many words in a row are marked as shared; fewer are in any two texts."""


def shared(left: str, right: str) -> list[tuple[Span, Span]] | None:
    """The runs of words that both texts have, in code points of either; None when the texts are too long."""
    a, b = list(_WORD.finditer(left)), list(_WORD.finditer(right))
    if max(len(a), len(b)) > MOST_WORDS:
        return None
    matcher = SequenceMatcher(None, [fold(m[0]) for m in a], [fold(m[0]) for m in b], autojunk=False)
    blocks = [block for block in matcher.get_matching_blocks() if block.size]
    long = [block for block in blocks if block.size >= _LEAST_SHARED] or blocks
    return [((a[at].start(), a[at + size - 1].end()), (b[to].start(), b[to + size - 1].end())) for at, to, size in long]


class _Side(QFrame):
    """One text under its name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        theme.dress(self, "surface")
        self.head = plain_label("", "caps")
        self.head.setContentsMargins(12, 8, 12, 4)
        self.view = SafeTextView()
        self.view.pane.setAccessibleName(name)
        theme.dress(self.view.pane, "reading")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.view, 1)


class SideBySide(QWidget):
    """The example on the left, what it is held against on the right."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__()
        self.left, self.right = _Side(left), _Side(right)
        self.places: list[tuple[Span, Span]] = []
        self._place = -1
        self._words = "Difference"
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.left)
        self.split.addWidget(self.right)
        self.split.setSizes([500, 500])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.split)

    def show_texts(self, left: tuple[str, str], right: tuple[str, str], *, mark_shared: bool = False) -> None:
        """Show a name and a text on either side, and mark what differs, or with `mark_shared` what does not."""
        found = shared(left[1], right[1]) if mark_shared else aligned(left[1], right[1])
        self.show_marked(left, right, found or [])
        self._words = "Shared passage" if mark_shared else "Difference"
        if mark_shared and self.places:
            # What is shared may lie far down in a long line of a training file.
            self._place = max(range(len(self.places)), key=lambda at: self.places[at][0][1] - self.places[at][0][0])
            self._select()
            for side in (self.left, self.right):
                # The mark says it; a selection would hide it.
                cursor = side.view.pane.textCursor()
                cursor.setPosition(cursor.selectionStart())
                side.view.pane.setTextCursor(cursor)

    def show_marked(self, left: tuple[str, str], right: tuple[str, str], places: Sequence[tuple[Span, Span]]) -> None:
        """Show a name and a text on either side with these places marked, which count in code points of either text."""
        for side, (name, text) in ((self.left, left), (self.right, right)):
            side.head.setText(name)
            side.view.set_text(text, kind="plain")
        self.places = list(places)
        self._place = -1
        self._words = "Difference"
        for side, number in ((self.left, 0), (self.right, 1)):
            side.view.mark_spans([place[number] for place in self.places if place[number][1] > place[number][0]])

    def is_last(self, step: int) -> bool:
        """Whether no marked place comes after the one in sight, or with −1 none before it."""
        return not 0 <= self._place + step < len(self.places)

    def clear(self) -> None:
        """Show nothing."""
        self.show_texts(("", ""), ("", ""))

    def go_to_place(self, step: int) -> None:
        """Bring the next marked place into sight on both sides, or with −1 the one before."""
        if not self.places:
            tell(self, "Nothing is marked in these texts.")
            return
        self._place = (self._place + step) % len(self.places) if self._place >= 0 else (0 if step > 0 else -1)
        self._place %= len(self.places)
        self._select()
        tell(self, f"{self._words} {self._place + 1} of {len(self.places)}")

    def _select(self) -> None:
        for side, (start, end) in zip((self.left, self.right), self.places[self._place], strict=True):
            # Where one text has nothing, the word before shows the place.
            side.view.select_span(start if end > start else max(0, start - 1), max(end, start, 1))
