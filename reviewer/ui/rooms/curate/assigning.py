"""Putting examples into slices: the selected ones, all that are listed, or a sample."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QDialog, QMenu, QWidget

from reviewer.curate.slices import CAPABILITIES, SLICES, Assignment
from reviewer.intake.filters import Filter
from reviewer.ui import messages
from reviewer.ui.rooms.curate.choices import choices
from reviewer.ui.rooms.curate.example_list import ExampleList
from reviewer.ui.rooms.curate.sample_dialog import SampleDialog
from reviewer.ui.session import Session

__all__ = ["Assigning"]


class Assigning:
    """The commands of the list: each one action, told in the status line and undone as one."""

    def __init__(self, parent: QWidget, session: Session, examples: ExampleList) -> None:
        self.parent = parent
        self.session = session
        self.examples = examples
        self.elsewhere: Callable[[], int | None] = lambda: None
        """The example that is chosen on another page of the room; None while the list is up."""
        self.menu: QMenu | None = None
        """The menu that was opened last."""
        self.dialog: QDialog | None = None
        """The dialog that was opened last."""

    def commands(self) -> dict[str, Callable[[], None]]:
        """The handlers of the table's actions."""
        return {
            "curate.to_core": partial(self.assign, "core"),
            "curate.to_edge": partial(self.assign, "edge"),
            "curate.to_preservation": self.ask_capability,
            "curate.take_out": self.take_out,
            "curate.assign_matching": self.ask_matching,
            "curate.sample": self.sample,
            "edit.revise": self.correct,
        }

    def _pop(self, menu: QMenu, place: QPoint) -> None:
        self.menu = menu
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def assign(self, slice: str, capability: str | None = None) -> None:
        """Put the selected examples into a slice and go on to the next."""
        project, annotator = self.session.project, self.session.annotator_id
        ids = self._selected()
        if project is None or not ids:
            return
        self._done(
            self.session.perform(
                lambda: project.slices.assign(ids, slice, annotator_id=annotator, capability=capability)
            ),
            len(ids),
        )

    def take_out(self) -> None:
        """Take the selected examples out of their slice and go on to the next."""
        project, annotator = self.session.project, self.session.annotator_id
        ids = self._selected()
        if project is not None and ids:
            self._done(self.session.perform(lambda: project.slices.clear(ids, annotator_id=annotator)), len(ids))

    def correct(self) -> None:
        """Open the input of the example at hand for correction."""
        from reviewer.ui.dialogs.correction_dialog import open_correction

        self.dialog = open_correction(self.parent, self.session, self.examples.current_id(), "curate")

    def _done(self, done: Assignment | None, selected: int) -> None:
        if done is None:
            return
        messages.tell(self.parent, done.sentence)
        if selected == 1 and self.elsewhere() is None:
            self.examples.go(1)

    def _selected(self) -> list[int]:
        chosen = self.elsewhere()
        return list(self.examples.selected_ids()) if chosen is None else [chosen]

    def ask_capability(self) -> None:
        """Ask what the selected examples stand for in preservation; a digit answers."""
        entries = [
            (f"&{number}  {words.capitalize()}", partial(self.assign, "preservation", name))
            for number, (name, words) in enumerate(CAPABILITIES.items(), 1)
        ]
        plain = ("&0  No particular capability", partial(self.assign, "preservation", ""))
        menu = choices(self.parent, "Put in preservation for", [*entries, None, plain])
        table = self.examples.table
        rect = table.visualRect(table.currentIndex())
        self._pop(menu, table.viewport().mapToGlobal(QPoint(max(0, rect.left()) + 120, rect.bottom() + 2)))

    def ask_matching(self) -> None:
        """Ask into which slice everything that is listed goes."""
        count = self.examples.count
        words = "Everything that is listed" if count is None else f"{count:,} listed examples"
        entries = [(f"Into &{name}", partial(self.assign_matching, name)) for name in SLICES]
        out = ("&Take out of their slices", partial(self.assign_matching, ""))
        menu = choices(self.parent, f"{words}: put into", [*entries, None, out], f"{words}, but for excluded ones:")
        self._pop(menu, self.examples.table.mapToGlobal(QPoint(40, 40)))

    def assign_matching(self, slice: str) -> None:
        """Put everything that is listed into a slice, or take it out with an empty name; one action."""
        project, query, annotator = self.session.project, self.examples.query, self.session.annotator_id
        if project is None or query is None:
            return
        how = f"by filter {self.examples.filter_words()}".strip()

        def work(_report: object) -> Assignment:
            ids = query.ids()
            if not slice:
                return project.slices.clear(ids, annotator_id=annotator)
            return project.slices.assign(ids, slice, annotator_id=annotator, how=how)

        def ended(done: Assignment) -> None:
            self.session.tell_changes(done)
            messages.tell(self.session.window, done.sentence)
            if self.examples.window().focusWidget() is self.examples.field:
                # Undo is about what was just done, not about the words of the filter.
                self.examples.table.setFocus()

        self.session.tasks.run(f"Put what is listed into {slice}" if slice else "Empty the slices", work, ended)

    def sample(self) -> None:
        """Ask for a sample."""
        project = self.session.project
        if project is None:
            return
        wanted = self.examples.filter.without("slice")
        shown = self.examples.filter.values("slice")
        slice = shown[0] if shown and shown[0] in SLICES else ""
        self.dialog = SampleDialog(self.parent, self.session, project, str(wanted), slice)
        self.dialog.open()

    def sample_of(self, slice: str, workflow: str, number: int) -> None:
        """Ask for a sample of one workflow, so many, into a slice."""
        project = self.session.project
        if project is None:
            return
        dialog = SampleDialog(
            self.parent, self.session, project, str(Filter().toggled("workflow", workflow)), slice, number
        )
        self.dialog = dialog
        dialog.open()
