"""What the views of untrusted text share: pane, find bar, notices, source and reveal, marks and selections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from reviewer.ui import theme
from reviewer.ui.widgets.characters import count_invisible
from reviewer.ui.widgets.find_bar import FindBar
from reviewer.ui.widgets.finder import Finder
from reviewer.ui.widgets.links import blocked_because, open_after_asking
from reviewer.ui.widgets.notice_strip import NoticeStrip
from reviewer.ui.widgets.rows import Place, span_of
from reviewer.ui.widgets.sections import Section
from reviewer.ui.widgets.sheet import Sheet
from reviewer.ui.widgets.source_rows import NEXT_CHUNK, Options
from reviewer.ui.widgets.text_pane import TextPane

__all__ = ["Mode", "Prepared", "ReadingView"]

Mode = Literal["rendered", "source"]

PART = 6_000
"""How many characters are laid out in one go behind the first screen."""


@dataclass(slots=True)
class Prepared:
    """Sections laid out ahead of being shown; good for the theme, width and mode they were laid out for."""

    sheet: Sheet
    hidden: int
    steps: list[int]
    remark: str = ""
    """What must be known of the text, said above it."""


class ReadingView(QWidget):
    """A view of untrusted text in sections. Nothing in it opens a file, loads a picture or follows a link unasked."""

    selection_changed = Signal()
    mode_changed = Signal(str)
    reveal_changed = Signal(bool)
    link_requested = Signal(str)
    """An http or https link was activated and `asks_itself` is off: the whole address."""
    link_blocked = Signal(str)
    """A link of another kind was activated: the sentence that is shown."""

    def __init__(self, parent: QWidget | None = None, *, gutter: int = 0, names: Sequence[str] = ("text",)) -> None:
        super().__init__(parent)
        self.asks_itself = True
        self._options = Options()
        self._names = tuple(names)
        self._texts: dict[Place, str] = {}
        self._evidence: list[tuple[Place, int, int]] = []
        self._growing = -1
        self.notices = NoticeStrip(self)
        self.find_bar = FindBar(self)
        self.pane = TextPane(self, gutter=gutter)
        self.pane.setAccessibleName("Text")
        self.setFocusProxy(self.pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notices)
        layout.addWidget(self.find_bar)
        layout.addWidget(self.pane, 1)
        self._later = QTimer(self)
        self._later.setInterval(0)
        self._later.timeout.connect(self._build_on)
        self._options = replace(self._options, columns=self.pane.formats.columns)
        self._sheet = Sheet([], self._options, self.pane.formats_now())
        self._steps: list[int] = []
        self.pane.installEventFilter(self)
        self.pane.activated.connect(self._activate)
        self.pane.refitted.connect(self._refitted)
        self.pane.caret_moved.connect(self._caret_moved)
        self.pane.selectionChanged.connect(self.selection_changed)
        self.notices.reveal_requested.connect(self.toggle_reveal)
        self._finder = Finder(self.find_bar, self.pane, lambda: self._sheet, self._after_layout)
        self.find_bar.sought.connect(self.find_text)
        self.find_bar.stepped.connect(self._finder.step)
        self.find_bar.closed.connect(self._finder.leave)
        theme.changed.connect(self._dress_again)
        self._present(self._prepared([]))

    # Showing

    def _prepared(self, sections: Sequence[Section]) -> Prepared:
        """Lay sections out for the pane as it is now, without showing them."""
        sheet = Sheet(sections, self._options, self.pane.formats_now())
        hidden = sum(count_invisible(text) for section in sections for _, text in section.texts())
        steps = [n for n, section in enumerate(sections) if section.place[0] or section.foldable]
        return Prepared(sheet, hidden, steps)

    def _present(self, prepared: Prepared) -> None:
        """Show prepared sections; lay them out anew when they were shown before, or theme, width or mode changed."""
        formats = self.pane.formats_now()
        sheet = prepared.sheet
        spent = sheet is self._sheet or not isValid(sheet.document)
        if spent or sheet.formats.key != formats.key or sheet.options != self._options:
            sheet = Sheet(sheet.sections, self._options, formats)
        self._later.stop()
        self._growing = -1
        self._sheet = sheet
        self._steps = prepared.steps
        self._hidden = prepared.hidden
        self._texts = {}
        for section in sheet.sections:
            for place, text in section.texts():
                # A step's text is its content and then its calls, each on a line of its own.
                self._texts[place] = f"{self._texts[place]}\n{text}" if place in self._texts else text
        self._finder.forget()
        self.pane.show_rows(sheet.document, sheet.rows, sheet.formats)
        self.notices.tell("")
        self.notices.set_count(prepared.hidden, revealed=self._options.reveal)
        self._after_layout()
        self._caret_moved(0)
        if not sheet.complete:
            self._later.start()
        if self._finder.active:
            self._finder.seek_again()

    def _build_on(self) -> None:
        """Lay out the next part: of the sections first, then of a long text whose rest was asked for."""
        if not self._sheet.complete:
            self._sheet.build(PART)
            self._after_layout()
        elif self._growing >= 0:
            self._grow(self._growing)
        if self._sheet.complete and self._growing < 0:
            self._later.stop()

    def _grow(self, row: int) -> None:
        """Lay out the next chunk of a long text, and remember the row that offers what follows it."""
        before = len(self.pane.rows)
        more = self._sheet.grow(row, NEXT_CHUNK)
        self._growing = row + len(self.pane.rows) - before if more else -1
        self._after_layout()

    def _after_layout(self) -> None:
        """Put the marks where the rows are now."""
        marks = [mark for place, start, end in self._evidence for mark in self._sheet.marks(place, start, end)]
        self.pane.set_marks("evidence", marks)
        self._finder.mark()
        self._caret_moved(self.pane.caret_row())

    def _again(self) -> None:
        """Lay out everything anew at the same place, after the mode, theme or text size changed."""
        if not self.pane.rows:
            at, top = None, 0
        else:
            at, top = self._source_at_caret(), self._sheet.section_at(self.pane.caret_row())
        sheet = Sheet(self._sheet.sections, self._options, self.pane.formats_now())
        if top >= 0:
            sheet.build_through(top)
        self._later.stop()
        self._growing = -1
        self._sheet = sheet
        self.pane.show_rows(sheet.document, sheet.rows, sheet.formats)
        if self._finder.active:
            self._finder.seek_again()
        self._after_layout()
        spot = sheet.row_of(*at) if at else None
        if spot is not None:
            self.pane.move_to_row(spot[0], top=spot[0] > 0)
        elif 0 < top < sheet.built:
            self.pane.move_to_row(sheet.starts[top], top=True)
        if not sheet.complete:
            self._later.start()

    def _refitted(self) -> None:
        now = self.pane.formats
        was, self._sheet.formats = self._sheet.formats, now
        if now.columns != self._options.columns or now.gutter != was.gutter:
            self._options = replace(self._options, columns=now.columns)
            self._again()

    def _dress_again(self) -> None:
        self._options = replace(self._options, columns=self.pane.formats_now().columns)
        if self._sheet.formats.key != self.pane.formats_now().key:
            self._again()

    def _source_at_caret(self) -> tuple[Place, int] | None:
        row, point = self.pane.point_at(self.pane.textCursor().selectionStart())
        for number in range(row, min(row + 3, len(self.pane.rows))):
            span = self.pane.rows[number].source_span(point if number == row else 0, 1_000_000_000)
            if span is not None:
                return self.pane.rows[number].place, span[0]
        return None

    # Modes

    @property
    def mode(self) -> Mode:
        """`rendered` or `source`."""
        return "source" if self._options.source else "rendered"

    def set_mode(self, mode: Mode) -> None:
        """Show the text rendered, or the source exactly as it is."""
        if mode != self.mode:
            self._options = replace(self._options, source=mode == "source")
            self._again()
            self.mode_changed.emit(mode)

    def toggle_source(self) -> None:
        """Change between rendered and source."""
        self.set_mode("rendered" if self._options.source else "source")

    @property
    def revealed(self) -> bool:
        """Whether invisible characters show as symbols."""
        return self._options.reveal

    def set_reveal(self, reveal: bool) -> None:
        """Show invisible characters as symbols, or leave them invisible."""
        if reveal != self._options.reveal:
            self._options = replace(self._options, reveal=reveal)
            self._again()
            self.notices.set_count(self._hidden, revealed=reveal)
            self.reveal_changed.emit(reveal)

    def toggle_reveal(self) -> None:
        """Change between invisible characters revealed and not."""
        self.set_reveal(not self._options.reveal)

    @property
    def invisible_count(self) -> int:
        """How many characters of the text do not show."""
        return self._hidden

    # Selection

    def selected_place(self) -> tuple[Place, int, int] | None:
        """The selection as a source text and two offsets in its code points."""
        points = self.pane.selected_points()
        return None if points is None else span_of(self.pane.rows, *points, self._names)

    def selected_source(self) -> str | None:
        """The source that is selected, exactly; None when the selection holds none."""
        points = self.pane.selected_points()
        if points is None:
            return None
        first, last = points
        pieces: list[str] = []
        rows = self.pane.rows[first[0] : last[0] + 1]
        for place in dict.fromkeys(row.place for row in rows if row.place in self._texts):
            spans = [
                row.source_span(first[1] if n == 0 else 0, last[1] if n == len(rows) - 1 else row.length)
                for n, row in enumerate(rows)
                if row.place == place
            ]
            found = [span for span in spans if span is not None]
            if found:
                pieces.append(self._texts[place][min(span[0] for span in found) : max(span[1] for span in found)])
        return "\n".join(pieces) if pieces else None

    def copy_selection(self) -> None:
        """Put the selected source on the clipboard."""
        source = self.selected_source()
        if source is not None:
            # Text, not a mime object: one made in Python is freed too late and takes the process down at its end.
            QGuiApplication.clipboard().setText(source)

    def select_all(self) -> None:
        """Select everything that is shown."""
        self._sheet.build_through(len(self._sheet.sections))
        self.pane.selectAll()

    # Finding

    def open_find(self) -> None:
        """Show the find bar, with the selected words in it."""
        words = self.pane.textCursor().selectedText()
        self.find_bar.open_bar(words if words and len(words) < 100 and "\u2029" not in words else "")

    def find_text(self, words: str) -> int:
        """Mark every place that holds these words and go to the first at or after the caret; how many there are."""
        return self._finder.seek(words)

    def find_next(self) -> None:
        """Go to the next place that was found."""
        self._finder.step(1)

    def find_previous(self) -> None:
        """Go to the place found before."""
        self._finder.step(-1)

    # Doing

    def _activate(self, row: int, href: str) -> None:
        number = self._sheet.section_at(row)
        if number < 0:
            return
        section = self._sheet.sections[number]
        if self.pane.rows[row].kind == "more":
            self._grow(row)
            if href == "more:rest" and self._growing >= 0:
                self._later.start()
            else:
                self._growing = -1
        elif not href:
            self._fold(number, not section.folded)
        elif not self._own_link(href):
            self.activate_link(href)

    def _own_link(self, href: str) -> bool:
        """Whether a link is one of the view's own commands, and was followed."""
        return False

    def activate_link(self, address: str) -> None:
        """Ask before a web address is opened; say why any other is blocked."""
        if why := blocked_because(address):
            self.notices.tell(why)
            self.link_blocked.emit(why)
        elif self.asks_itself:
            open_after_asking(self, address)
        else:
            self.link_requested.emit(address)

    def _fold(self, number: int, folded: bool) -> None:
        section = self._sheet.sections[number]
        if section.foldable and section.folded != folded:
            section.folded = folded
            self._sheet.build_through(number)
            self._change(number, self._sheet.starts[number])

    def _change(self, number: int, row: int) -> None:
        """Lay one section out anew and keep the caret and the scroll where they are."""
        bar = self.pane.verticalScrollBar()
        value = bar.value()
        self._growing = -1
        self._sheet.lay_out_again(number)
        self._after_layout()
        self.pane.move_to_row(min(row, len(self.pane.rows) - 1))
        bar.setValue(min(value, bar.maximum()))
        self.pane.reveal_row(min(row, len(self.pane.rows) - 1))

    def _caret_moved(self, row: int) -> None:
        """Note where the caret went."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the view's own keys before the pane moves its caret with them."""
        if watched is self.pane and event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        """Whether a key was one of the view's own."""
        if event.matches(QKeySequence.StandardKey.Find):
            self.open_find()
        elif event.matches(QKeySequence.StandardKey.FindNext):
            self.find_next()
        elif event.matches(QKeySequence.StandardKey.FindPrevious):
            self.find_previous()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_selection()
        elif event.key() == Qt.Key.Key_Escape and self.find_bar.isVisible():
            self.find_bar.close_bar()
        else:
            return False
        return True
