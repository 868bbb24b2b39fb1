"""References that want a person: past their shelf life or soon, and in doubt because the variants agree otherwise."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QPushButton, QSplitter, QStackedWidget, QTableView, QVBoxLayout, QWidget

from reviewer.curate.references import Decided
from reviewer.curate.shelf_life import Due
from reviewer.curate.suspects import Suspect, in_order
from reviewer.errors import NotFoundError
from reviewer.intake.examples import Example
from reviewer.intake.remarks import remark
from reviewer.store.history import Changes
from reviewer.ui import actions, messages
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.record_model import TableModel
from reviewer.ui.rooms.curate.reference_dialog import ReferenceDialog, day_words, past_words
from reviewer.ui.rooms.curate.rows_table import rows_table, select_near, selected_rows
from reviewer.ui.rooms.curate.side_page import SidePage, key_button
from reviewer.ui.rooms.curate.suspect_panes import SuspectPanes
from reviewer.ui.session import Session
from reviewer.ui.widgets.conversation import ConversationView

__all__ = ["DUE", "SUSPECTS", "ReferencesPage"]

DUE, SUSPECTS = "due", "suspects"
DUE_COLUMNS = ("Id", "Slice", "State", "As of", "Shelf life", "Reference")
SUSPECT_COLUMNS = ("Id", "Slice", "Why")
_ACTIONS = {
    DUE: ("curate.reference_confirm", "curate.reference", "curate.reference_exclude"),
    SUSPECTS: (
        "curate.reference_keep", "curate.reference", "curate.reference_expire", "curate.reference_exclude",
    ),
}  # fmt: skip
_WORDS = {
    "curate.reference_confirm": "Still holds",
    "curate.reference": "Write the truth…",
    "curate.reference_expire": "No longer holds",
    "curate.reference_keep": "It is right",
    "curate.reference_exclude": "Exclude…",
}


class ReferencesPage(SidePage):
    """Two queues over one reading place; keys decide."""

    def __init__(self, session: Session, reading: ConversationView, question: ConversationView) -> None:
        super().__init__(session, "References")
        self.kind = DUE
        self._due: tuple[Due, ...] = ()
        self._suspects: tuple[Suspect, ...] = ()
        self._looked = False
        self.dialog: QWidget | None = None
        self._build_head()
        self.models = {DUE: TableModel(DUE_COLUMNS), SUSPECTS: TableModel(SUSPECT_COLUMNS)}
        self.tables: dict[str, QTableView] = {
            DUE: rows_table(self.models[DUE], "References due", (92, 76, 164, 100, 80), several=True),
            SUSPECTS: rows_table(self.models[SUSPECTS], "References in doubt", (92, 88)),
        }
        for table in self.tables.values():
            table.selectionModel().currentRowChanged.connect(lambda *_: self._read())
            table.selectionModel().selectionChanged.connect(lambda *_: self.state_changed.emit())
        self.lists = QStackedWidget()
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(12, 0, 8, 12)
        column.setSpacing(8)
        column.addWidget(self.finding)
        column.addWidget(self.lists, 1)
        self.empty = plain_label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for table in self.tables.values():
            self.lists.addWidget(table)
        self.lists.addWidget(self.empty)
        self.reading = reading
        self.past = plain_label("", "small", wrap=True)
        self.past.setContentsMargins(16, 8, 16, 12)
        right = QWidget()
        stack = QVBoxLayout(right)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(0)
        stack.addWidget(self.reading, 1)
        stack.addWidget(self.past)
        self.panes = SuspectPanes(question)
        self.places = QStackedWidget()
        self.places.addWidget(right)
        self.places.addWidget(self.panes)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.addWidget(left)
        self.split.addWidget(self.places)
        self.column.addWidget(self.split, 1)
        self.show_kind(DUE)

    def _build_head(self) -> None:
        self.tabs: dict[str, QPushButton] = {}
        group = QButtonGroup(self)
        for kind, words in ((DUE, "Shelf life"), (SUSPECTS, "In doubt")):
            button = QPushButton(words)
            button.setProperty("role", "quiet")
            button.setCheckable(True)
            button.setAccessibleName(words)
            button.clicked.connect(lambda _checked=False, kind=kind: self.go_to(kind))
            group.addButton(button)
            self.head.addWidget(button)
            self.tabs[kind] = button
        self.head.addStretch(1)
        self.buttons: dict[str, QPushButton] = {}
        for action_id, words in _WORDS.items():
            key = actions.key_text(action_id, self.session.settings)
            button = key_button(words, key, f"{words}, key {key}")
            button.clicked.connect(lambda _checked=False, action_id=action_id: self.run(action_id))
            self.head.addWidget(button)
            self.buttons[action_id] = button

    # -- what is shown

    @property
    def table(self) -> QTableView:
        """The queue that is shown."""
        return self.tables[self.kind]

    def first_focus(self) -> QWidget:
        """The queue."""
        return self.table

    def go_to(self, kind: str) -> None:
        """Show the other queue, with the keys in it."""
        self.show_kind(kind)
        self.show_page()
        self.table.setFocus()

    def show_kind(self, kind: str) -> None:
        """Show one of the two queues."""
        self.kind = kind
        self.tabs[kind].setChecked(True)
        self.places.setCurrentIndex(0 if kind == DUE else 1)
        for action_id, button in self.buttons.items():
            button.setVisible(action_id in _ACTIONS[kind])
        self._show_list()

    def show_page(self) -> None:
        """Read what has changed; the doubts are looked for when they are wanted first."""
        if self.stale:
            self.stale = False
            self._looked = False
            self.read_due()
        if self.kind == SUSPECTS and not self._looked:
            self.look()
        self._show_list()

    def read_due(self) -> None:
        """Read the queue of shelf lives again."""
        project = self.session.project
        self._due = () if project is None else project.references.due()
        self.models[DUE].show(
            [
                (
                    item,
                    item.key,
                    item.slice or "–",
                    item.state,
                    day_words(item.as_of_ms),
                    "no end" if item.shelf_days is None else f"{item.shelf_days:,} d",
                    " ".join(item.reference[:300].split()),
                )
                for item in self._due
            ]
        )

    def look(self) -> None:
        """Compare all outputs with their references, off the window's thread."""
        project = self.session.project
        if project is None:
            return
        self._looked = True
        self._suspects = ()
        self.finding.setText("Comparing what the variants say with the references…")

        def ended(found: tuple[Suspect, ...]) -> None:
            if project is self.session.project:
                self._show_suspects(found)

        def failed(error: Exception) -> None:
            self._looked = False
            if self.kind == SUSPECTS:
                self.finding.setText(str(error))

        self.session.tasks.run(
            "Compare outputs with references", lambda report: project.references.suspects(report), ended, failed
        )

    def _show_suspects(self, found: tuple[Suspect, ...]) -> None:
        row = self.tables[SUSPECTS].currentIndex().row()
        self._suspects = found
        self.models[SUSPECTS].show([(item, item.key, item.slice or "–", item.reason) for item in found])
        if found:
            select_near(self.tables[SUSPECTS], row)
        self._show_list()

    def on_changed(self, changes: Changes) -> None:
        """Follow decisions and their undoing; after an import everything is compared again."""
        project = self.session.project
        if project is None:
            return
        row = self.tables[DUE].currentIndex().row()
        self.read_due()
        select_near(self.tables[DUE], row)
        if self._looked and changes.examples:
            rest = [item for item in self._suspects if item.example_id not in changes.examples]
            again = project.references.suspects(only=changes.examples)
            self._show_suspects(in_order([*rest, *again]))
        elif changes.tables & {"outputs", "sources", "studies"}:
            self._looked = False
            if self.kind == SUSPECTS:
                self.look()
        self._show_list()

    def _show_list(self) -> None:
        """The queue or what stands in its place, its finding, and what is read of it."""
        expired = sum(1 for item in self._due if item.expired)
        soon = len(self._due) - expired
        self.tabs[DUE].setText(f"Shelf life  {len(self._due):,}" if self._due else "Shelf life")
        self.tabs[SUSPECTS].setText(f"In doubt  {len(self._suspects):,}" if self._suspects else "In doubt")
        there = bool(self._due if self.kind == DUE else self._suspects)
        self.lists.setCurrentWidget(self.table if there else self.empty)
        self.places.setVisible(there)
        if self.kind == DUE:
            self.finding.setText(f"{expired:,} expired, {soon:,} within two weeks" if there else "Nothing is due")
            self.empty.setText(
                "No reference is past its shelf life or will be within two weeks. Give references a date and a shelf"
                " life with R, where facts change: prices, rules, opening hours."
            )
        elif self._looked:
            count = len(self._suspects)
            self.finding.setText(
                f"{count:,} {'reference' if count == 1 else 'references'} that the variants contradict together"
                if count
                else "No reference is in doubt"
            )
            self.empty.setText(
                "Nowhere do two variants agree with each other and not with the reference. Outputs that a study seals"
                " are not looked at until it is closed."
            )
        if there and self.table.currentIndex().row() < 0:
            select_near(self.table, 0)
        self._read()
        self.state_changed.emit()

    def _read(self) -> None:
        example = self._example()
        if self.kind == SUSPECTS:
            item = self.models[SUSPECTS].key(self.table.currentIndex().row())
            self.panes.show_suspect(item if isinstance(item, Suspect) else None, example)
            return
        project = self.session.project
        past = "" if project is None or example is None else past_words(project.references.past(example.id))
        self.past.setText(f"Before:\n{past}" if past else "")
        self.past.setVisible(bool(past))
        if example is None or example.reference is None:
            self.reading.set_conversation([])
            return
        reference = example.reference
        self.reading.set_conversation(
            example.messages,
            None,
            example.documents,
            reference.text,
            reference_note=f"{reference.origin}, as of {day_words(reference.as_of_ms)}".lstrip(", "),
            remark=remark(example, None),
        )

    def _example(self) -> Example | None:
        project, ids = self.session.project, self.current_ids()
        if project is None or not ids:
            return None
        try:
            return project.examples.get(ids[0])
        except NotFoundError:
            return None

    def show_example(self, example_id: int) -> bool:
        """Select an example in the queue that is shown; after Undo the queue stays up whether it is there or not."""
        model = self.models[self.kind]
        for row in range(model.rowCount()):
            if model.key(row).example_id == example_id:
                select_near(self.table, row)
                break
        self.table.setFocus()
        return True

    # -- what is decided

    def current_ids(self) -> list[int]:
        """The example of the current row."""
        item = self.models[self.kind].key(self.table.currentIndex().row())
        return [item.example_id] if isinstance(item, Due | Suspect) else []

    def selected_ids(self) -> list[int]:
        """The examples of the selected rows, from top to bottom."""
        model = self.models[self.kind]
        return [model.key(row).example_id for row in selected_rows(self.table) if model.key(row) is not None]

    def can(self, action_id: str) -> bool:
        """Whether an action can be done on this queue now."""
        return action_id in _ACTIONS[self.kind] and bool(self.current_ids())

    def run(self, action_id: str) -> None:
        """Do what a key or button asks of the selected references."""
        project, annotator = self.session.project, self.session.annotator_id
        ids = self.selected_ids() or self.current_ids()
        if project is None or not ids or not self.can(action_id):
            return
        references = project.references
        if action_id == "curate.reference_confirm":
            self._decide(lambda: references.confirm(ids, annotator_id=annotator))
        elif action_id == "curate.reference_expire":
            self._decide(lambda: references.expire(ids, annotator_id=annotator))
        elif action_id == "curate.reference_keep":
            item = self.models[SUSPECTS].key(self.table.currentIndex().row())
            self._decide(lambda: references.keep(item, annotator_id=annotator))
        elif action_id == "curate.reference_exclude":
            self._exclude(ids)
        else:
            self._write()

    def _decide(self, act: Callable[[], Decided]) -> None:
        done = self.session.perform(act)
        if done is not None:
            messages.tell(self.session.window, done.sentence)

    def _exclude(self, ids: list[int]) -> None:
        project, annotator = self.session.project, self.session.annotator_id
        if project is None:
            return

        def give(reason: str) -> None:
            self._decide(lambda: project.references.exclude(ids, reason, annotator_id=annotator))

        count = "this example" if len(ids) == 1 else f"these {len(ids):,} examples"
        self.dialog = messages.ask_text(self, f"Exclude {count}", "Why it is excluded", give)

    def _write(self) -> None:
        project, example = self.session.project, self._example()
        if project is None or example is None:
            return
        item = self.models[self.kind].key(self.table.currentIndex().row())
        suggestion = item.outputs[0][1] if isinstance(item, Suspect) else ""
        dialog = ReferenceDialog(self, self.session, project, example, suggestion)
        self.dialog = dialog
        dialog.open()
