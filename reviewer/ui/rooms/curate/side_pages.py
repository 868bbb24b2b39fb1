"""The pages beside the slices, and which of the room's commands go to which of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QModelIndex
from PySide6.QtWidgets import QDialog, QStackedLayout, QWidget

from reviewer.errors import NotFoundError
from reviewer.intake.filters import Filter
from reviewer.store.history import Changes
from reviewer.ui.rooms.curate.assigning import Assigning
from reviewer.ui.rooms.curate.choices import choices
from reviewer.ui.rooms.curate.coverage_page import CoveragePage
from reviewer.ui.rooms.curate.example_list import ExampleList
from reviewer.ui.rooms.curate.reference_dialog import ReferenceDialog
from reviewer.ui.rooms.curate.references_page import DUE, SUSPECTS, ReferencesPage
from reviewer.ui.rooms.curate.side_page import SidePage
from reviewer.ui.rooms.curate.similar_page import SimilarPage
from reviewer.ui.session import Session
from reviewer.ui.widgets.conversation import ConversationView

__all__ = ["SidePages"]

_DECIDING = (
    "curate.reference_confirm",
    "curate.reference_expire",
    "curate.reference_keep",
    "curate.reference_exclude",
)
_SORTING = ("curate.to_core", "curate.to_edge", "curate.to_preservation", "curate.take_out")


class SidePages:
    """References, likeness and coverage: made when first wanted, read again when something has changed."""

    def __init__(
        self,
        room: QWidget,
        session: Session,
        examples: ExampleList,
        pages: QStackedLayout,
        read: Callable[[ConversationView, object], None],
        new_reading: Callable[[str], ConversationView],
    ) -> None:
        self._room = room
        self._session = session
        self._examples = examples
        self._pages = pages
        self._read = read
        self._new_reading = new_reading
        self.made: dict[str, SidePage] = {}
        self.on_back: Callable[[], None] = lambda: None
        self.on_state: Callable[[], None] = lambda: None
        self.on_time: Callable[[], None] = lambda: None
        """Called before a page is shown: what only time changes may have to be read again."""
        self.dialog: QDialog | None = None
        """The dialog that was opened last."""
        self._sorting: Assigning | None = None

    # -- the pages

    def current(self) -> SidePage | None:
        """The page that is shown, when it is one of these."""
        widget = self._pages.currentWidget()
        return widget if isinstance(widget, SidePage) else None

    def _page(self, name: str) -> SidePage:
        page = self.made.get(name)
        if page is None:
            page = self.made[name] = getattr(self, f"_make_{name}")()
            page.back_requested.connect(lambda: self.on_back())
            page.state_changed.connect(lambda: self.on_state())
            self._pages.addWidget(page)
        return page

    def _make_references(self) -> SidePage:
        page = ReferencesPage(
            self._session, self._new_reading("The example and its reference"), self._new_reading("The question")
        )
        self._room.keep_splitter(page.split, "references", [460, 640])  # type: ignore[attr-defined]
        return page

    def _make_coverage(self) -> SidePage:
        page = CoveragePage(self._session)
        page.list_requested.connect(self._list)
        return page

    def _make_similar(self) -> SidePage:
        page = SimilarPage(self._session, self._new_reading("The example"))
        self._room.keep_splitter(page.split, "similar", [680, 420])  # type: ignore[attr-defined]

        def chosen(current: QModelIndex, _previous: QModelIndex) -> None:
            self._read(page.reading, page.current_of(current))

        page.table.selectionModel().currentRowChanged.connect(chosen)
        self._sorting = Assigning(self._room, self._session, page)  # type: ignore[arg-type]
        return page

    def _show(self, name: str) -> SidePage:
        page = self._page(name)
        self._pages.setCurrentWidget(page)
        self.on_time()
        page.show_page()
        self._room.setFocusProxy(page.first_focus())
        page.first_focus().setFocus()
        self.on_state()
        return page

    def _list(self, wanted: object) -> None:
        if isinstance(wanted, Filter):
            self.on_back()
            self._examples.show_filter(wanted)
            self._examples.table.setFocus()

    def forget(self) -> None:
        """Another project: everything is read again."""
        for page in self.made.values():
            page.stale = True

    def on_changed(self, changes: Changes) -> None:
        """Follow an action on the page that is shown; the others read again when they are."""
        shown = self.current()
        for page in self.made.values():
            if page is shown:
                page.on_changed(changes)
            else:
                page.stale = True

    def refresh(self) -> None:
        """Read the shown page again where something changed while the room was away."""
        page = self.current()
        if page is not None:
            page.show_page()

    # -- commands

    def commands(self) -> dict[str, Callable[[], None]]:
        """The handlers of the pages' actions."""
        return {
            "curate.similar": self.ask_similar,
            "curate.coverage": lambda: self._toggle("coverage"),
            "curate.references": lambda: self.show_references(DUE),
            "curate.suspects": lambda: self.show_references(SUSPECTS),
            "curate.reference": self.write_reference,
            **{action_id: partial(self._decide, action_id) for action_id in _DECIDING},
        }

    def sorting(self) -> dict[str, Callable[[], None]]:
        """The handlers of the sorting keys while the list of likeness is shown; empty else."""
        if self._sorting is None or not isinstance(self.current(), SimilarPage):
            return {}
        found = self._sorting.commands()
        return {action_id: found[action_id] for action_id in _SORTING}

    def enabled(self, action_id: str) -> bool | None:
        """Whether an action can be done now; None for one that is not the pages' to tell."""
        page = self.current()
        if action_id in _DECIDING:
            return isinstance(page, ReferencesPage) and page.can(action_id)
        if action_id == "curate.reference":
            if isinstance(page, ReferencesPage):
                return page.can(action_id)
            return self._chosen() is not None
        if action_id == "curate.similar":
            return self._on_bench() and self._examples.current_id() is not None
        if action_id in _SORTING and isinstance(page, SimilarPage):
            return page.current_id() is not None
        if action_id in ("go.next", "go.previous") and isinstance(page, SimilarPage):
            return True
        return None

    def go(self, by: int) -> bool:
        """Go on in the list of the shown page; false when it has none."""
        page = self.current()
        if isinstance(page, SimilarPage):
            page.go(by)
            return True
        return False

    def reading(self) -> ConversationView | None:
        """What is read on the shown page."""
        page = self.current()
        if isinstance(page, ReferencesPage):
            return page.panes.question if page.kind == SUSPECTS else page.reading
        return page.reading if isinstance(page, SimilarPage) else None

    def _toggle(self, name: str) -> None:
        if self.current() is not None and self.current() is self.made.get(name):
            self.on_back()
        else:
            self._show(name)

    def show_references(self, kind: str) -> None:
        """Show one of the two queues of references."""
        page = self._page("references")
        assert isinstance(page, ReferencesPage)
        page.show_kind(kind)
        self._show("references")

    def _decide(self, action_id: str) -> None:
        page = self.current()
        if isinstance(page, ReferencesPage):
            page.run(action_id)

    def ask_similar(self) -> None:
        """List what reads like the selected examples, or like all that are listed."""
        selected, query, count = self._examples.selected_ids(), self._examples.query, self._examples.count
        if query is None or not selected:
            return
        if count is None or count <= 1 or not (self._examples.filter or self._examples.filter_words()):
            self.similar_to(selected)
            return
        one = len(selected) == 1
        menu = choices(
            self._room,
            "More like",
            [
                ("More like the &selected one" if one else f"More like the {len(selected):,} &selected ones",
                 partial(self.similar_to, selected)),
                (f"More like all {count:,} &listed ones", lambda: self.similar_to(list(query.ids()))),
            ],
        )  # fmt: skip
        menu.aboutToHide.connect(menu.deleteLater)
        self.menu = menu
        table = self._examples.table
        menu.popup(table.viewport().mapToGlobal(table.visualRect(table.currentIndex()).bottomLeft()))

    def similar_to(self, example_ids: list[int]) -> None:
        """List what reads like these examples."""
        page = self._show("similar")
        assert isinstance(page, SimilarPage)
        page.ask(example_ids)

    def _on_bench(self) -> bool:
        return self._pages.currentIndex() == 0

    def _chosen(self) -> int | None:
        page = self.current()
        if isinstance(page, SimilarPage):
            return page.current_id()
        return self._examples.current_id() if self._on_bench() else None

    def write_reference(self) -> None:
        """Write the truth for the example that is chosen, on whichever page."""
        page, project = self.current(), self._session.project
        if isinstance(page, ReferencesPage):
            page.run("curate.reference")
            return
        chosen = self._chosen()
        if project is None or chosen is None:
            return
        try:
            example = project.examples.get(chosen)
        except NotFoundError:
            return
        self.dialog = ReferenceDialog(self._room, self._session, project, example)
        self.dialog.open()
