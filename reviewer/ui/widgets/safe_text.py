"""A view of one untrusted text: rendered without risk, its source one call away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from reviewer.ui.widgets.reading_view import Prepared, ReadingView
from reviewer.ui.widgets.sections import TextSection
from reviewer.ui.widgets.text_rows import Kind

__all__ = ["PlainDressView", "SafeTextView"]

_PLACE = ("text", 0)


class SafeTextView(ReadingView):
    """Shows one text as Markdown, JSON or plain; selections and marks count in code points of the text as given."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""

    @property
    def text(self) -> str:
        """The text exactly as it was given."""
        return self._text

    def set_text(self, text: str, *, kind: Kind = "markdown") -> None:
        """Show a text from its beginning, without marks."""
        self.show_prepared(self.prepare(text, kind=kind))

    def prepare(self, text: str, *, kind: Kind = "markdown") -> Prepared:
        """Lay a text out ahead, so that `show_prepared` shows it at once."""
        return self._prepared([TextSection("text", place=_PLACE, end=len(text), gap=0, text=text, kind=kind)])

    def show_prepared(self, prepared: Prepared) -> None:
        """Show a text that was laid out ahead."""
        section = prepared.sheet.sections[0]
        self._text = section.text if isinstance(section, TextSection) else ""
        self._evidence = []
        self._present(prepared)

    def selected_span(self) -> tuple[int, int] | None:
        """The selection in code points of the text, None when nothing of it is selected."""
        found = self.selected_place()
        return None if found is None else found[1:]

    def mark_spans(self, spans: Sequence[tuple[int, int]]) -> None:
        """Mark stretches of the text as evidence, instead of those that were marked."""
        self._evidence = [(_PLACE, start, end) for start, end in spans]
        self._after_layout()

    def select_span(self, start: int, end: int) -> bool:
        """Select a stretch of the text and scroll to it; False when none of it is shown."""
        marks = self._sheet.marks(_PLACE, start, end)
        if not marks:
            return False
        self.pane.select_between(marks[0], marks[-1])
        return True


class PlainDressView(SafeTextView):
    """An answer in plain dress: one typeface, one width, no headings and no emphasis, whoever wrote it.

    It keeps quiet about invisible characters: a strip above one pane of two would tell them apart at a glance.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.original = False
        """Whether answers are shown in the dress their models gave them instead; it counts from the next text on."""
        self.notices.setMaximumHeight(0)

    def set_text(self, text: str, *, kind: Kind = "dress") -> None:
        """Show an answer in its dress, whatever its kind."""
        super().set_text(text, kind=self._dress())

    def prepare(self, text: str, *, kind: Kind = "dress") -> Prepared:
        """Lay an answer out ahead in its dress, whatever its kind."""
        return super().prepare(text, kind=self._dress())

    def _dress(self) -> Kind:
        return "markdown" if self.original else "dress"

    def copy_selection(self) -> None:
        """Put the selected words on the clipboard as they are shown, without the marks that the dress took off."""
        words = self.pane.textCursor().selectedText()
        if words:
            QGuiApplication.clipboard().setText(words.replace("\u2029", "\n"))
