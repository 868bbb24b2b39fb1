"""The Curate room: slices on the left, examples in the middle, one of them to read, the next version at the foot."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QMenu, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from reviewer.curate.versions import Version
from reviewer.errors import NotFoundError
from reviewer.intake.examples import Example, Output
from reviewer.intake.remarks import past_truths, reference_note, remark, title_of
from reviewer.project import Project
from reviewer.store.history import Changes
from reviewer.ui.rooms.base import Room
from reviewer.ui.rooms.curate.assigning import Assigning
from reviewer.ui.rooms.curate.example_list import ExampleList
from reviewer.ui.rooms.curate.freezing import Freezing
from reviewer.ui.rooms.curate.next_version import NextVersion
from reviewer.ui.rooms.curate.overlap_page import OverlapPage
from reviewer.ui.rooms.curate.overlaps import WATCHED, Overlaps
from reviewer.ui.rooms.curate.shelf_clock import ShelfClock
from reviewer.ui.rooms.curate.side_pages import SidePages
from reviewer.ui.rooms.curate.slice_cards import SliceCards
from reviewer.ui.rooms.curate.versions_page import VersionsPage
from reviewer.ui.session import Session
from reviewer.ui.widgets.conversation import ConversationView
from reviewer.ui.widgets.reading_view import ReadingView

__all__ = ["CurateRoom"]

# What a change in any of these tables can alter in the contracts and in what is not met.
_WATCHED = {
    "slices", "slice_members", "examples", "example_references", "sources", "studies", "versions", "outputs",
    "reference_reviews",
}  # fmt: skip
_COUNTED = {"labels", "label_categories", "categories"}
"""What alters the failures that a slice has seen."""


class CurateRoom(Room):
    """Sort examples into core, edge and preservation; freeze, browse, compare and export versions."""

    room_id = "curate"
    title = "Curate"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._project: Project | None = None
        self._stale = True
        self.dialog: QDialog | None = None
        """The dialog that was opened last."""
        self.menu: QMenu | None = None
        """The menu that was opened last."""
        self.contracts = SliceCards(session)
        self.cards = self.contracts.cards
        self.examples = ExampleList(session)
        self.assigning = Assigning(self, session, self.examples)
        self.reading = ConversationView()
        self.reading.setAccessibleName("The example")
        self.reading.setMinimumWidth(160)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(self.contracts)
        self.split.addWidget(self.examples)
        self.split.addWidget(self.reading)
        for place, stretch in enumerate((0, 3, 3)):
            self.split.setStretchFactor(place, stretch)
        self.keep_splitter(self.split, "columns", [252, 510, 350])
        self.next_version = NextVersion()
        bench = QWidget()
        column = QVBoxLayout(bench)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.split, 1)
        column.addWidget(self.next_version)
        self.versions = VersionsPage(session)
        for view in (self.reading, *self.versions.records.views):
            self.keep_reading(view)
        self.keep_splitter(self.versions.split, "versions", [250, 400])
        self.keep_splitter(self.versions.records.columns, "records", [440, 660])
        self.pages = QStackedLayout(self)
        self.pages.addWidget(bench)
        self.pages.addWidget(self.versions)
        self.bench = bench
        self.overlaps = Overlaps(self, session, self._run)
        self.assigning.elsewhere = self.overlaps.current_id
        for page, name in zip(self.overlaps.pages, ("duplicates", "leaks"), strict=True):
            self.pages.addWidget(page)
            page.back_requested.connect(self.show_slices)
            page.chosen.connect(self.status_changed)
            self.keep_splitter(page.split, name, [240, 420])
            self.keep_reading(page.side.left.view)
            self.keep_reading(page.side.right.view)
        self.aside = SidePages(self, session, self.examples, self.pages, self._read_into, self._new_reading)
        self.clock = ShelfClock(self)
        self.freezing = Freezing(self)
        self.setFocusProxy(self.examples.table)
        self._connect()

    def _connect(self) -> None:
        self.examples.current_changed.connect(self._read)
        self.examples.selection_changed.connect(self.status_changed)
        self.examples.shown_slice_changed.connect(self.contracts.mark)
        self.contracts.pressed.connect(self._card_pressed)
        self.contracts.edit_requested.connect(self.freezing.edit_contract)
        self.contracts.add_requested.connect(self.assigning.sample_of)
        self.next_version.freeze.clicked.connect(self.freezing.freeze)
        self.next_version.versions.clicked.connect(self.show_versions)
        self.next_version.show_requested.connect(self.freezing.show_unmet)
        self.next_version.list_requested.connect(self.freezing.list_unmet)
        self.versions.back_requested.connect(self.show_slices)
        self.aside.on_back = self.show_slices
        self.aside.on_state = self.status_changed.emit
        leave = QShortcut(QKeySequence("Esc"), self, self._escape)
        leave.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # -- commands

    def commands(self) -> dict[str, Callable[[], None]]:
        """What the room carries out."""
        return {
            **{
                action_id: partial(self._sort, action_id, handler)
                for action_id, handler in self.assigning.commands().items()
            },
            **self.aside.commands(),
            **self.overlaps.commands(),
            "curate.next_place": partial(self._go_to_place, 1),
            "curate.previous_place": partial(self._go_to_place, -1),
            "curate.duplicates": self.show_duplicates,
            "curate.leaks": self.show_leaks,
            "curate.sample": self.sample,
            **self.freezing.commands(),
            "curate.versions": self.toggle_versions,
            "curate.tags": self.versions.ask_tags,
            "curate.filter": self.go_to_filter,
            "file.export": self.export,
            "go.next": partial(self._go, 1),
            "go.previous": partial(self._go, -1),
            "go.first": self._go_first,
            "view.source": lambda: self._reading().toggle_source(),
            "view.invisibles": lambda: self._reading().toggle_reveal(),
            "edit.find": lambda: self._reading().open_find(),
            "edit.find_next": lambda: self._reading().find_next(),
            "edit.find_previous": lambda: self._reading().find_previous(),
        }

    def enabled(self, action_id: str) -> bool:
        """Assigning needs a selection, freezing something to freeze, export something frozen."""
        if self.session.project is None:
            return False
        if action_id == "curate.tags":
            return self.pages.currentWidget() is self.versions and self.versions.version is not None
        if self.pages.currentWidget() is self.versions:
            if action_id in ("curate.next_place", "curate.previous_place"):
                return self.versions.records.comparing and self.versions.records.listed
            if action_id in ("go.next", "go.previous", "go.first"):
                return self.versions.records.listed
        found = self.overlaps.enabled(action_id)
        if found is not None:
            return found
        aside = self.aside.enabled(action_id)
        if aside is not None:
            return aside
        on_bench = self.pages.currentWidget() is self.bench
        if action_id in (
            "curate.to_core",
            "curate.to_edge",
            "curate.to_preservation",
            "curate.take_out",
            "edit.revise",
        ):
            return on_bench and self.examples.current_id() is not None
        if action_id in ("curate.assign_matching", "curate.filter", "go.next", "go.previous", "go.first"):
            return on_bench
        freezing = self.freezing.enabled(action_id)
        return True if freezing is None else freezing

    def checked(self, action_id: str) -> bool:
        """How the reading pane shows text, and which page is up."""
        if action_id == "view.source":
            return self._reading().mode == "source"
        if action_id == "view.invisibles":
            return self._reading().revealed
        return False

    def action_title(self, action_id: str) -> str:
        """Versions leads there and back."""
        if action_id == "curate.versions" and self.pages.currentWidget() is self.versions:
            return "Back to the &slices"
        return self.overlaps.title(action_id)

    def _sort(self, action_id: str, handler: Callable[[], None]) -> None:
        """Put examples into slices from the list that is shown."""
        self.aside.sorting().get(action_id, handler)()

    def _go_to_place(self, step: int) -> None:
        if self.pages.currentWidget() is self.versions:
            self.versions.records.go_to_place(step)
        else:
            self.overlaps.go_to_place(step)

    def _go(self, by: int) -> None:
        if self.pages.currentWidget() is self.versions:
            self.versions.records.go(by)
        elif not self.aside.go(by):
            (self.overlaps.page or self.examples).go(by)

    def _new_reading(self, name: str) -> ConversationView:
        view = ConversationView()
        view.setAccessibleName(name)
        self.keep_reading(view)
        return view

    def _reading(self) -> ReadingView:
        aside = self.aside.reading()
        if aside is not None:
            return aside
        page = self.overlaps.page
        if page is not None:
            return page.side.right.view if page.side.right.view.pane.hasFocus() else page.side.left.view
        return self.reading if self.pages.currentWidget() is self.bench else self.versions.records.view

    # -- the project

    def refresh(self) -> None:
        """Read again what has changed since the room was shown last."""
        project = self.session.project
        if project is not self._project:
            self._project = project
            self._stale = True
            self.examples.forget()
            self.aside.forget()
        if self._stale:
            self._stale = False
            self.examples.refresh()
        self.clock.counted()
        self.freezing.show()
        self.versions.refresh()
        page = self.overlaps.page
        if page is not None:
            page.refresh()
        self.aside.refresh()
        self.status_changed.emit()

    def on_changed(self, changes: Changes) -> None:
        """Follow assignments, edits and freezes; what is listed stays where it is."""
        if changes.tables & {"version_tags", "version_touches"} and not changes.tables & {"versions", "studies"}:
            self.versions.refresh_facts()
        if self.session.project is None or not changes.tables & (_WATCHED | _COUNTED | WATCHED):
            return
        if not self.isVisible():
            self.aside.forget()
            if not changes.tables & (_WATCHED | WATCHED):
                return  # labels change no row of the list; counts are read again in any case
            self._stale = True  # it is read again when the room is shown; until then nobody waits for it
            return
        self.examples.on_changed(changes)
        self.aside.on_changed(changes)
        self.freezing.show()
        if changes.tables & {"versions", "studies"}:
            self.versions.refresh()
        page = self.overlaps.page
        if page is not None:
            page.refresh()
        current = self.examples.current_id()
        if current in changes.examples:
            self._read(current)
        self.status_changed.emit()

    def show_example(self, example_id: int) -> None:
        """Select an example in the list, or on the page that is shown where it has it."""
        page = self.aside.current()
        if self.overlaps.show_example(example_id) or (page is not None and page.show_example(example_id)):
            return
        self.show_slices()
        self.examples.show_example(example_id)

    def status_text(self) -> str:
        """The slices' counts."""
        return self.freezing.counts

    def _read(self, example_id: object) -> None:
        self._read_into(self.reading, example_id)

    def _read_into(self, view: ConversationView, example_id: object) -> None:
        project = self.session.project
        if project is None or not isinstance(example_id, int):
            view.set_conversation([])
            return
        try:
            example = project.examples.get(example_id)
        except NotFoundError:  # taken out together with its import
            view.set_conversation([])
            return
        output = _shown_output(example)
        reference = example.reference
        view.set_conversation(
            example.messages,
            None if output is None or output.sealed else (output.messages or output.text),
            (*example.documents, *(output.documents if output is not None else ())),
            None if reference is None else reference.text,
            variant=title_of(output),
            reference_note=reference_note(reference),
            sealed=output is not None and output.sealed,
            remark=remark(example, output),
            past=past_truths(example),
        )

    def _card_pressed(self, name: str) -> None:
        shown = self.examples.filter.values("slice") == (name,)
        self.examples.show_slice("" if shown else name)
        self.examples.table.setFocus()

    # -- contracts and versions

    def sample(self) -> None:
        """Ask for a sample, over the list."""
        self.show_slices()
        self.assigning.sample()

    def show_frozen(self, version: Version) -> None:
        """Show the version that was just frozen."""
        self.show_versions()
        self.versions.refresh(version)

    def export(self) -> None:
        """Show the versions and ask where to write the chosen one."""
        self.show_versions()
        self.versions.export()

    def toggle_versions(self) -> None:
        """Go to the versions, or back to the slices."""
        if self.pages.currentWidget() is self.versions:
            self.show_slices()
        else:
            self.show_versions()

    def show_versions(self) -> None:
        """Show the versions."""
        if self.pages.currentWidget() is self.versions:
            return
        self.versions.refresh()
        self.pages.setCurrentWidget(self.versions)
        self.setFocusProxy(self.versions.table)
        self.versions.table.setFocus()

    def show_duplicates(self) -> None:
        """Show the groups of near-duplicates, and compare what is new where that is little."""
        self._show_page(self.overlaps.duplicates)
        self.overlaps.opened()

    def show_leaks(self) -> None:
        """Show what of the examples stands in training files."""
        self._show_page(self.overlaps.leaks)

    def _show_page(self, page: OverlapPage) -> None:
        self.pages.setCurrentWidget(page)
        page.refresh()
        self.setFocusProxy(page.table)
        (page.table if page.model.rows else page.start).setFocus()
        self.status_changed.emit()

    def _run(self, action_id: str) -> None:
        """Carry out an action whose button was pressed on a page."""
        if self.enabled(action_id):
            self.commands()[action_id]()

    def _go_first(self) -> None:
        page = self.overlaps.page
        if self.pages.currentWidget() is self.versions:
            self.versions.records.go_to(0)
        elif page is not None:
            page.go_to(0)
        else:
            self.examples.select_row(0)

    def show_slices(self) -> None:
        """Show slices and examples."""
        if self.pages.currentWidget() is self.bench:
            return
        self.pages.setCurrentWidget(self.bench)
        self.setFocusProxy(self.examples.table)
        self.examples.table.setFocus()

    def go_to_filter(self) -> None:
        """Put the caret into the filter."""
        self.examples.field.setFocus()
        self.examples.field.selectAll()

    def _escape(self) -> None:
        if self._reading().find_bar.isVisible():
            self._reading().find_bar.close_bar()
            return
        if self.pages.currentWidget() is not self.bench:
            self.show_slices()
        else:
            self.examples.show_everything()
            self.examples.table.setFocus()


def _shown_output(example: Example) -> Output | None:
    """The production variant's output, or the first there is."""
    return next((output for output in example.outputs if output.role == "production"), None) or next(
        iter(example.outputs), None
    )
