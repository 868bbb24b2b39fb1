"""The Examples room: facets on the left, the examples in the middle, one of them to read on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QTimerEvent
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedLayout,
)

from reviewer.errors import ReviewerError
from reviewer.intake.filters import Filter
from reviewer.intake.heads import Head
from reviewer.intake.pages import Outline
from reviewer.store.history import Changes
from reviewer.ui import messages
from reviewer.ui.after_paint import AfterPaint
from reviewer.ui.icons import icon
from reviewer.ui.rooms.base import Room
from reviewer.ui.rooms.examples.arrangement import READING_PLACE, READING_STRETCH, arrange
from reviewer.ui.rooms.examples.chosen_example import ChosenExample
from reviewer.ui.rooms.examples.example_table import ExampleTable
from reviewer.ui.rooms.examples.finder import Finder
from reviewer.ui.rooms.examples.index_line import IndexLine
from reviewer.ui.rooms.examples.nothing_yet import NothingYet
from reviewer.ui.rooms.examples.room_commands import RoomCommands
from reviewer.ui.rooms.examples.saved_filters import SavedFilters
from reviewer.ui.session import Session
from reviewer.ui.widgets.search_field import SearchField

if TYPE_CHECKING:
    from reviewer.intake.facets import Facet
    from reviewer.ui.rooms.examples.facet_panel import FacetPanel
    from reviewer.ui.rooms.examples.reading_pane import ReadingPane

__all__ = ["ExamplesRoom"]

IMPORT_FILES = "Rows (*.jsonl *.ndjson *.json *.csv *.tsv *.txt);;All files (*)"
AHEAD_MS = 16
"""Long enough that the present example is painted before the next one is read and laid out."""
# What a change in any of these can alter in the list or in the counts.
_WATCHED = {"sources", "examples", "outputs", "variants", "labels", "label_categories", "slice_members", "categories",
            "saved_filters", "example_references", "studies"}  # fmt: skip


class ExamplesRoom(Room):
    """Import, find, read; flag and exclude; hand one to Triage."""

    room_id = "examples"
    title = "Examples"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.filter = Filter()
        self.outline: Outline | None = None
        self.dialog: QDialog | None = None
        """The dialog that was opened last."""
        self.menu: QMenu | None = None
        """The menu that was opened last."""
        self.finder = Finder(session)
        self.chosen = ChosenExample(self)
        self.saved = SavedFilters(self)
        self._all = RoomCommands(self)
        self._facets: Sequence[Facet] = ()
        self._painted = -1
        """The timer that the first paint of the list started; -1 before that."""
        self._wanted_id: int | None = None
        self._listing = False
        """Whether a list is being shown, which is painted before its example is read."""
        self._read_place = self._read_step = 0
        self._build()
        self._connect()

    def _build(self) -> None:
        self.field = SearchField()
        self.field.setAccessibleName("Search and filter")
        self.field.setPlaceholderText('Search: words, "a phrase", prefix*, -not, workflow:… label:…')
        self.field.setClearButtonEnabled(True)
        self.field.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self.save = QPushButton("Save filter…")
        self.save.setAccessibleName("Save this filter")
        self.save.setProperty("role", "quiet")
        self.save.hide()
        self.take = QPushButton("Import…")
        self.take.setAccessibleName("Import a file")
        self.take.setIcon(icon("import"))
        self.problem = messages.plain_label("", "bad", wrap=True)
        self.problem.hide()
        self.table = ExampleTable()
        self.none = messages.plain_label(
            "No example matches. Take something out of the filter, or press Esc to list everything.", "muted", wrap=True
        )
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.none.hide()
        self.total = messages.plain_label("", "smallmuted")
        self.index = IndexLine(self.session, lambda: self._list() if self.filter.text else None)
        self.empty = NothingYet()
        self.split, self._panel = arrange(self)
        self.keep_splitter(self.split, "columns", [190, 590, 380])
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.split)
        self.pages.addWidget(self.empty)
        self.setFocusProxy(self.table)
        self.setTabOrder(self.field, self.table)
        self.installEventFilter(self)

    @cached_property
    def facets(self) -> FacetPanel:
        """The facets; made when they have been counted."""
        from reviewer.ui.rooms.examples.facet_panel import FacetPanel

        panel = FacetPanel()
        panel.toggled.connect(lambda field, value: self.show_filter(self.filter.toggled(field, value)))
        panel.saved_chosen.connect(self.saved.use)
        panel.saved_removed.connect(self.saved.remove)
        self._panel.addWidget(panel)
        return panel

    @cached_property
    def reading(self) -> ReadingPane:
        """The example to read; made when the list has been painted, which need not wait for it."""
        from reviewer.ui.rooms.examples.reading_pane import ReadingPane

        pane = ReadingPane()
        held = self.split.replaceWidget(READING_PLACE, pane)
        if held is not None:
            held.deleteLater()
        self.split.setStretchFactor(READING_PLACE, READING_STRETCH)
        self.keep_reading(pane.view)
        self.setTabOrder(self.table, pane)
        return pane

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Once the room has been painted for the first time, do what that did not have to wait for."""
        if event.type() == QEvent.Type.Paint and self._painted < 0:
            self._painted = self.startTimer(0)
        return super().eventFilter(watched, event)

    def timerEvent(self, event: QTimerEvent) -> None:
        """The list stands: read its current example, list the rest and count."""
        self.killTimer(event.timerId())
        self.removeEventFilter(self)
        self._read(self.table.current_id())
        self.index.start()
        self.finder.go_on()

    def _connect(self) -> None:
        self._typed = QTimer(self, singleShot=True, interval=0)
        self._typed.timeout.connect(self._apply_field)
        self.field.textEdited.connect(lambda _text: self._typed.start())
        self.field.textChanged.connect(lambda text: None if text else self._typed.start())
        self.field.returnPressed.connect(self._leave_field)
        self.save.clicked.connect(self.saved.save)
        self.take.clicked.connect(self.choose_files)
        self.empty.choose.clicked.connect(self.choose_files)
        self.table.current_changed.connect(self._read)
        self.table.activated_row.connect(self.chosen.triage)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.customContextMenuRequested.connect(self.chosen.show_menu)
        self._renewed = QTimer(self, singleShot=True, interval=150)
        self._renewed.timeout.connect(self._list)
        self._recount = QTimer(self, singleShot=True, interval=150)
        self._recount.timeout.connect(lambda: self.finder.count(self.filter, typing=self.field.hasFocus()))
        self.finder.headed.connect(self._show_head)
        self.finder.listed.connect(self._show_outline)
        self.finder.counted.connect(self._counted)
        self.finder.failed.connect(self._say_problem)
        self._settled = AfterPaint(self._read_listed, self)
        self._ahead = QTimer(self, singleShot=True, interval=AHEAD_MS)
        self._ahead.timeout.connect(self._look_ahead)
        leave = QShortcut(QKeySequence("Esc"), self, self._escape)
        leave.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # -- commands

    def commands(self) -> dict[str, Callable[[], None]]:
        """What the room carries out."""
        return self._all.table()

    def enabled(self, action_id: str) -> bool:
        """Whether an action makes sense for what is on the screen."""
        return self._all.enabled(action_id)

    def checked(self, action_id: str) -> bool:
        """How the reading pane shows text."""
        return self._all.checked(action_id)

    def action_title(self, action_id: str) -> str:
        """What an action would do to the example at hand."""
        return self.chosen.title(action_id)

    # -- what is listed

    def refresh(self) -> None:
        """Show the project as it is now."""
        project = self.session.project
        if project is None:
            self.table.rows.show(None, None)
            self.outline = None
            return
        if self._painted >= 0:
            self.index.start()
        self._list()

    def show_filter(self, wanted: Filter) -> None:
        """List what a filter means, and say it in the field."""
        self.filter = wanted
        self.field.setText(str(wanted))
        self._typed.stop()
        self.problem.hide()
        self._list()

    def _apply_field(self) -> None:
        try:
            self.filter = Filter.parse(self.field.text())
        except ReviewerError as error:
            self._say_problem(str(error))
            return
        self.problem.hide()
        self._list()

    def _leave_field(self) -> None:
        if self._typed.isActive():
            self._typed.stop()
            self._apply_field()
        self.table.setFocus()

    def _escape(self) -> None:
        if self.reading.view.find_bar.isVisible():
            self.reading.view.find_bar.close_bar()
            return
        if self.filter or self.field.text():
            self.clear_filter()
        self.table.setFocus()

    def clear_filter(self) -> None:
        """List everything."""
        self.show_filter(Filter())

    def go_to_field(self) -> None:
        """Put the caret into the search field."""
        self.field.setFocus()
        self.field.selectAll()

    def _list(self) -> None:
        """List what the filter means; what was asked before is given up."""
        if self.session.project is not None:
            current = self._wanted_id if self._wanted_id is not None else self.table.current_id()
            self.finder.find(self.filter, current, typing=self.field.hasFocus(), first=self._painted < 0)

    def _say_problem(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.show()

    def _show_head(self, head: Head) -> None:
        """List the first examples while the rest is looked for; the one that is read stays, wherever it stands."""
        project = self.session.project
        if project is None:
            return
        current = self._wanted_id if self._wanted_id is not None else self.table.current_id()
        self.outline = None
        self._listing = True
        self.table.rows.show_head(project.examples, head)
        self._show_list(len(head.rows), head.complete)
        place = self.table.rows.place(current) if current is not None else None
        if place is not None:
            self._wanted_id = None
            self.table.select(place)
        elif head.holds:
            self._wanted_id = current
        elif head.rows and self._wanted_id is None:
            self.table.select(0)
        self._listing = False
        self.status_changed.emit()

    def _show_outline(self, outline: Outline) -> None:
        project = self.session.project
        if project is None:
            return
        current = self._wanted_id if self._wanted_id is not None else self.table.current_id()
        self._wanted_id = None
        self.outline = outline
        self.table.rows.show(project.examples, outline)
        self._show_list(outline.total, True)
        if outline.total and (current is None or self.table.current_id() != current):
            place = self.table.rows.place(current) if current is not None else None
            self.table.select(place if place is not None else 0)
        elif not outline.total:
            self._read(None)
        self.status_changed.emit()
        self.index.show()

    def _show_list(self, count: int, complete: bool) -> None:
        """Show so many examples, or that more are still looked for, or that there are none."""
        nothing = not count and complete and not self.filter
        self.pages.setCurrentWidget(self.empty if nothing else self.split)
        self.setFocusProxy(self.empty.choose if nothing else self.table)
        self.table.setVisible(count > 0)
        self.none.setVisible(not count and complete)
        words = f"{count:,} example{'' if count == 1 else 's'}"
        self.total.setText(words if complete else f"The first {words}; counting…")
        self.save.setVisible(bool(self.filter))

    def _counted(self, facets: Sequence[Facet]) -> None:
        self._facets = facets
        self._show_facets()

    def _show_facets(self) -> None:
        project = self.session.project
        if project is not None:
            self.facets.show_facets(self._facets, project.filters.saved(), str(self.filter))

    # -- one example

    def _read(self, example_id: int | None) -> None:
        """Show an example beside the list; what a new list brings, only when that is painted."""
        if self._painted < 0:
            return
        if self._listing:
            self._settled.start()
            return
        self.reading.show_example(self.session.project, example_id)
        self._ahead.start()
        self.status_changed.emit()

    def _read_listed(self) -> None:
        """The list stands: read its current example."""
        current = self.table.current_id()
        if current is not None:
            self._read(current)

    def _look_ahead(self) -> None:
        """Read and lay out what the next step in the same direction would bring."""
        project = self.session.project
        here = self.table.currentIndex().row()
        by = here - self._read_place
        if abs(by) > 1 and by != self._read_step:  # a jump; one that comes twice, as from page to page, may come again
            self._read_step, by = by, 1 if by > 0 else -1
        else:
            self._read_step = by = by or 1
        self._read_place = here
        row = self.table.rows.row(here + by)
        if project is not None and row is not None:
            self.reading.look_ahead(project, row.id)

    def show_example(self, example_id: int) -> None:
        """Select an example; when the filter leaves it out, the filter is cleared."""
        self._wanted_id = example_id
        if self.finder.listing:
            return
        place = self.table.rows.place(example_id)
        if place is None and self.filter:
            self.clear_filter()
        elif place is None:
            self._list()
        else:
            self._wanted_id = None
            self.table.select(place)

    # -- import

    def choose_files(self) -> None:
        """Ask for files and lead through their import."""
        messages.choose_open(self, "Import", IMPORT_FILES, self.import_files, several=True)

    def import_files(self, paths: Sequence[Path]) -> None:
        """Lead through the import of these files, one after the other."""
        from reviewer.ui.rooms.examples.import_dialog import open_import

        self.dialog = dialog = open_import(self.session, list(paths), self)
        if dialog is not None:
            dialog.accepted.connect(self.table.setFocus)

    def show_sources(self) -> None:
        """List what was imported."""
        from reviewer.ui.rooms.examples.sources_dialog import SourcesDialog

        self.dialog = SourcesDialog(self, self.session)
        self.dialog.open()

    # -- changes

    def on_changed(self, changes: Changes) -> None:
        """Read changed rows again where they stand; list again when examples came or went."""
        project = self.session.project
        if project is None or not changes.tables & _WATCHED:
            return
        if "reading" in self.__dict__:
            self.reading.forget_ahead()
        if not self.isVisible():
            return  # it lists anew when it is shown; until then no label waits for it
        project.search.start()
        if changes.tables & {"sources", "examples"} and not changes.examples:
            self._renewed.start()
            return
        if changes.tables == {"saved_filters"}:
            self._show_facets()
            return
        self.table.rows.renew(changes.examples)
        current = self.table.current_id()
        if current is not None and current in changes.examples:
            self._read(current)
        self._recount.start()

    def status_text(self) -> str:
        """Where the table stands."""
        if self.outline is None or not self.outline.total:
            return ""
        place = self.table.currentIndex().row() + 1
        return f"{place:,} of {self.outline.total:,}" if place else f"{self.outline.total:,} examples"
