"""The way to the next version: the slices' contracts, what is not met of them, the freeze."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QDialog, QMenu

from reviewer.curate.readiness import Check, Unmet
from reviewer.curate.slices import SLICES
from reviewer.project import Project
from reviewer.ui import messages
from reviewer.ui.rooms.curate.choices import choices
from reviewer.ui.rooms.curate.contract_dialog import ContractDialog
from reviewer.ui.rooms.curate.freeze_dialog import FreezeDialog, nothing_to_freeze

if TYPE_CHECKING:
    from reviewer.ui.rooms.curate.room import CurateRoom

__all__ = ["Freezing"]


class Freezing:
    """Reads where the next version stands, shows it on the cards and at the foot, and asks what is to be decided."""

    def __init__(self, room: CurateRoom) -> None:
        self._room = room
        self.check: Check | None = None
        """Where the next version stood when it was read last."""
        self._counting = False

    def commands(self) -> dict[str, Callable[[], None]]:
        """The handlers of the table's actions."""
        return {
            "curate.contract": self.ask_contract,
            "curate.unmet": self.list_unmet,
            "curate.freeze": self.freeze,
        }

    def enabled(self, action_id: str) -> bool | None:
        """Whether one of these commands can be done now; None for the room's others."""
        if action_id == "curate.freeze":
            return self.check is None or self.check.count > 0
        if action_id == "curate.unmet":
            return self.check is None or bool(self.check.unmet)
        return None

    @property
    def counts(self) -> str:
        """The slices' counts against their ranges."""
        if self.check is None:
            return ""
        return "   ".join(f"{item.name} {item.count:,}/{item.minimum:,}–{item.maximum:,}" for item in self.check.slices)

    def show(self) -> None:
        """Read where the next version stands, and show it."""
        room, project = self._room, self._room.session.project
        if project is None:
            self.check = None
            room.next_version.show_check(None, 0)
            return
        self.check = project.versions.readiness(wait=False)
        for item in self.check.slices:
            room.cards[item.name].show_slice(item)
        room.next_version.show_check(self.check, len(project.versions.list()))
        if not self._counting and not project.slices.mix_is_known():
            self._count_production(project)

    def _count_production(self, project: Project) -> None:
        """Count production's mix beside the window, which is a second's work in a large project; then show it."""
        room = self._room

        def ended(_nothing: object) -> None:
            # While an import goes on each count is overtaken by the next rows: one a change is enough.
            if room.session.project is not None and room.isVisible():
                self.show()
                room.status_changed.emit()
            self._counting = False

        def failed(error: Exception) -> None:
            self._counting = False
            if room.session.project is project:
                messages.show_error(room, error)

        self._counting = True
        count = project.slices.count_production
        room.session.tasks.run("Count production's workflows", lambda _report: count(), ended, failed, quiet=True)

    def ask_contract(self) -> None:
        """Edit the contract of the slice that is listed, or ask which."""
        room = self._room
        shown = room.examples.filter.values("slice")
        if shown and shown[0] in SLICES:
            self.edit_contract(shown[0])
            return
        entries = [(f"&{name.capitalize()}", partial(self.edit_contract, name)) for name in SLICES]
        menu = choices(room, "Edit the contract of", entries)
        self._pop(menu, room.contracts.mapToGlobal(QPoint(24, 24)))

    def edit_contract(self, name: str) -> None:
        """Open a slice's contract."""
        room = self._room
        if room.session.project is not None:
            self._open(ContractDialog(room, room.session, room.session.project, name))

    def list_unmet(self) -> None:
        """Ask which of the things that are not met to look at."""
        room = self._room
        if self.check is None or not self.check.unmet:
            return
        room.show_slices()
        entries = [(item.sentence.replace("&", "&&"), partial(self.show_unmet, item)) for item in self.check.unmet]
        menu = choices(room, "Not met yet", entries)
        self._pop(menu, room.next_version.mapToGlobal(QPoint(12, -menu.sizeHint().height())))

    def show_unmet(self, item: object) -> None:
        """List the examples of one thing that is not met; a range lists its slice."""
        room = self._room
        if not isinstance(item, Unmet):
            return
        if item.kind in ("duplicate", "split"):
            room.show_duplicates()
            return
        if item.kind in ("leak", "canary", "unscanned"):
            room.show_leaks()
            return
        room.show_slices()
        if item.keys:
            room.examples.show_only(item.sentence.split(" (")[0].rstrip("."), item.keys)
        elif item.slice:
            room.examples.show_slice(item.slice)
        room.examples.table.setFocus()

    def freeze(self) -> None:
        """Ask for the set's name, and for a reason where something is not met."""
        project = self._room.session.project
        if project is not None:
            self._room.overlaps.before_freeze(project, self._ask_to_freeze)

    def _ask_to_freeze(self) -> None:
        room, project = self._room, self._room.session.project
        if project is None:
            return
        check = project.versions.readiness()
        if not check.count:
            messages.tell(room, nothing_to_freeze(check, room.session.settings))
            room.refresh()
            return
        self._open(FreezeDialog(room, room.session, project, check, room.show_frozen))

    def _open(self, dialog: QDialog) -> None:
        self._room.dialog = dialog
        dialog.open()

    def _pop(self, menu: QMenu, place: QPoint) -> None:
        self._room.menu = menu
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)
