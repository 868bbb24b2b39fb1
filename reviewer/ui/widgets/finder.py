"""Finding in a sheet: what was found, which of it is current, and its marks in the pane."""

from __future__ import annotations

from collections.abc import Callable

from reviewer.ui.widgets.find_bar import FindBar
from reviewer.ui.widgets.sheet import MOST_FINDS, Find, Sheet
from reviewer.ui.widgets.text_pane import Mark, TextPane

__all__ = ["Finder"]


class Finder:
    """Looks for words in the sheet that a view shows, and steps through what it found."""

    def __init__(self, bar: FindBar, pane: TextPane, sheet: Callable[[], Sheet], laid_out: Callable[[], None]) -> None:
        self._bar = bar
        self._pane = pane
        self._sheet = sheet
        self._laid_out = laid_out
        self._words = ""
        self._finds: list[Find] = []
        self._at = -1

    @property
    def active(self) -> bool:
        """Whether there are words to look for."""
        return bool(self._words)

    def seek(self, words: str) -> int:
        """Mark every place that holds these words and go to the first from this section on; how many there are."""
        self._words = words
        self.seek_again()
        if self._finds:
            section = self._sheet().section_at(self._pane.caret_row())
            self._at = next((n for n, find in enumerate(self._finds) if find.section >= section), 0) - 1
            self.step(1)
        return len(self._finds)

    def seek_again(self) -> None:
        """Look for the same words in another sheet or another way of showing it, the caret left where it is."""
        self._finds = self._sheet().find(self._words)
        self._at = min(self._at, len(self._finds) - 1)
        self.mark()
        self._tell()

    def step(self, by: int) -> None:
        """Go to the next place or back to the one before, around the ends."""
        if not self._finds:
            return
        self._at = (self._at + by) % len(self._finds)
        find = self._finds[self._at]
        row = self._sheet().row_of_find(find)
        self._laid_out()
        self._pane.move_to(row, find.first)
        self._tell()

    def leave(self) -> None:
        """Forget the words and take their marks away."""
        self._words = ""
        self.forget()
        self.mark()
        self._pane.setFocus()

    def forget(self) -> None:
        """Forget what was found, for the text is another one; the words too unless their bar is open."""
        self._finds, self._at = [], -1
        if not self._bar.isVisible():
            self._words = ""

    def mark(self) -> None:
        """Mark the places that are laid out and not folded away."""
        sheet = self._sheet()
        marks: list[Mark] = []
        hits: list[Mark] = []
        for number, find in enumerate(self._finds):
            if find.section >= sheet.built or sheet.sections[find.section].folded:
                continue
            first, stop = sheet.rows_of(find.section)
            if first + find.row < stop:
                (hits if number == self._at else marks).append((first + find.row, find.first, find.last))
        self._pane.set_marks("found", marks)
        self._pane.set_marks("hit", hits)

    def _tell(self) -> None:
        self._bar.tell(self._at + 1, len(self._finds), most=MOST_FINDS)
