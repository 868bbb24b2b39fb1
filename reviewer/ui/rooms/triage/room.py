"""The Triage room: reading in the middle, the verdict at the right, the queue above."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent

from reviewer.store.history import Changes
from reviewer.triage.queues import KINDS, PASSES, Place, Queue, Stop
from reviewer.ui import messages
from reviewer.ui.rooms.base import Room
from reviewer.ui.rooms.triage.arrangement import arrange
from reviewer.ui.rooms.triage.choices import Choices
from reviewer.ui.rooms.triage.figures_feed import FiguresFeed
from reviewer.ui.rooms.triage.following import Following
from reviewer.ui.rooms.triage.key_strip import KeyStrip
from reviewer.ui.rooms.triage.label_exchange import LabelExchange
from reviewer.ui.rooms.triage.labelling import Labelling
from reviewer.ui.rooms.triage.queue_bar import QueueBar
from reviewer.ui.rooms.triage.reading import Reading, read
from reviewer.ui.rooms.triage.reference_editor import ReferenceEditor
from reviewer.ui.rooms.triage.report_view import ReportView
from reviewer.ui.rooms.triage.resting import Resting
from reviewer.ui.rooms.triage.room_commands import RoomCommands
from reviewer.ui.rooms.triage.truth_offer import TruthOffer
from reviewer.ui.rooms.triage.verdict_column import VerdictColumn
from reviewer.ui.rooms.triage.way import Way
from reviewer.ui.session import Session
from reviewer.ui.widgets.conversation import ConversationView

__all__ = ["TriageRoom"]

AHEAD_MS = 16
"""Long enough that the present example is painted before the next one is read and laid out."""
SAVE_MS = 600


class TriageRoom(Room):
    """One example at a time, one key a verdict; the next one is simply there."""

    room_id = "triage"
    title = "Triage"

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.queue: Queue | None = None
        self.reading: Reading | None = None
        self.ahead: Reading | None = None
        self.stale = True
        self.labelling = Labelling(self)
        self.way = Way(self)
        self.choices = Choices(self)
        self._following = Following(self)
        self.exchange = LabelExchange(self, session)
        self.bar = QueueBar(session)
        self.view = ConversationView()
        self.column = VerdictColumn(session, self.show_evidence, self.labelling.remove_evidence)
        self.offer = TruthOffer(self)
        self.editor = ReferenceEditor(self.labelling.save_reference, self.offer.closed)
        self.resting = Resting()
        self.report = ReportView(self)
        self.feed = FiguresFeed(session, self._show_figures)
        self._build()
        self._all = RoomCommands(self)
        self._commands = self._all.table()
        self._ahead_timer = QTimer(self, singleShot=True, interval=AHEAD_MS)
        self._ahead_timer.timeout.connect(self.look_ahead)
        self._save_timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._save_timer.timeout.connect(self.save_place)
        session.annotator_changed.connect(self._start_over)
        session.closed.connect(self._forget)
        session.refused.connect(partial(self._tell_refused, True))
        session.changed.connect(lambda _changes: self._tell_refused(False))
        self.setFocusProxy(self.view)
        self._follow_settings()

    # -- building

    def _build(self) -> None:
        self.strip = KeyStrip(self.session)
        self.strip.asked.connect(self.ask)
        self.pages = arrange(self)
        self.bar.asked.connect(self.ask)
        self.column.asked.connect(self.ask)
        self.column.further_asked.connect(self.labelling.toggle_further)
        self.column.note.done.connect(self.labelling.note_done)
        self.column.note.left.connect(self.labelling.note_left)
        self.column.note.closed.connect(self.labelling.keep_note)
        self.column.note.textChanged.connect(self.labelling.note_typed)
        self.view.edit_reference_requested.connect(lambda: self.ask("triage.reference"))
        self.view.mode_changed.connect(lambda _mode: self._keep_mode())
        self.view.reveal_changed.connect(lambda shown: self.session.settings.set("show_invisibles", shown))
        self.resting.asked.connect(self._rested)

    def _follow_settings(self) -> None:
        self.view.set_mode(self.session.settings.get("text_view"))
        self.view.set_reveal(self.session.settings.get("show_invisibles"))
        self.bar.source.setChecked(self.view.mode == "source")

    def _keep_mode(self) -> None:
        self.session.settings.set("text_view", self.view.mode)
        self.bar.source.setChecked(self.view.mode == "source")
        self.drop_ahead()

    # -- commands

    def commands(self) -> dict[str, Callable[[], None]]:
        """The room's handlers."""
        return self._commands

    def enabled(self, action_id: str) -> bool:
        """Whether an action makes sense for what is on the screen."""
        return self._all.enabled(action_id)

    def checked(self, action_id: str) -> bool:
        """Whether a checkable action is on."""
        return self._all.checked(action_id)

    def action_title(self, action_id: str) -> str:
        """The categories' names in the menu."""
        return self._all.title(action_id)

    def ask(self, action_id: str) -> None:
        """Carry out an action whose button was pressed, as its key would."""
        if action_id.startswith("category:"):
            self.labelling.set_category(int(action_id.partition(":")[2]))
        else:
            run = getattr(self.window(), "run_action", None)
            if run is not None:
                run(action_id)
        self.show_label()
        if not self.column.note.hasFocus() and self.pages.currentIndex() == 0 and not self.editor.isVisible():
            self.view.setFocus()

    # -- the way through the queue

    def refresh(self) -> None:
        """Show the queue where it was left, with what came in meanwhile."""
        self._follow_settings()
        if self.stale or self.queue is None:
            self.open_queue()
        self.feed.ask(self.queue.variant.name if self.queue is not None and self.queue.variant is not None else None)

    def open_queue(self, place: Place | None = None, seed: int | None = None) -> None:
        """Open a queue, the one that this annotator worked in last when none is given."""
        project = self.session.project
        if project is None:
            return
        self.save_place()
        annotator = self.session.annotator_id
        if place is None:
            place = project.queues.place(annotator)
            if place.variant is not None and place.variant not in {item.name for item in project.triage.variants()}:
                place = Place(place.kind, place.pass_, None)
        else:
            project.queues.remember(annotator, place)
        self.labelling.read_categories()
        self.queue = project.queues.open(annotator, place.kind, place.pass_, place.variant, seed=seed)
        self.stale = False
        self.drop_ahead()
        waiting = self.queue.kind != "recheck" or self.queue.left
        self.show_stop(self.queue.current() if waiting else None)
        self.save_place()  # the order is fixed before the first verdict
        self.feed.ask(self.queue.variant.name if self.queue.variant is not None else None)

    @property
    def place(self) -> Place:
        """The queue on the screen."""
        queue = self.queue
        if queue is None:
            return Place("random", "open", None)
        return Place(queue.kind, queue.pass_, queue.variant.name if queue.variant is not None else None)

    def _start_over(self) -> None:
        if self.queue is not None:
            self.queue = None
            if self.isVisible():
                self.open_queue()

    def _forget(self) -> None:
        # The project is still open while this is told.
        self.save_place()
        self._ahead_timer.stop()
        self.feed.stop()
        self.queue = None
        self.reading = None
        self.ahead = None
        self.offer.drop()

    def save_place(self) -> None:
        """Keep where the annotator stands."""
        self._save_timer.stop()
        if self.queue is not None:
            self.queue.save()

    def show_stop(self, stop: Stop | None) -> None:
        """Show an example of the queue, or that there is none left."""
        project = self.session.project
        if project is None:
            return
        reading = None
        if stop is not None:
            ahead = self.ahead
            if ahead is not None and ahead.stop.output_id == stop.output_id:
                reading = ahead
                reading.stop = stop
                reading.label = project.labels.get(stop.output_id, self.session.annotator_id)
            else:
                reading = read(project, self.view, stop, self.session.annotator_id)
        self.ahead = None
        self.reading = reading
        if reading is None:
            self._rest()
            return
        if self.pages.currentIndex() != 0:
            self.pages.setCurrentIndex(0)
        if self.editor.isVisible():
            self.editor.hide()
        self.view.show_prepared(reading.laid_out)
        self.labelling.begin(reading)
        self.show_label()
        self.bar.show_stop(self.queue, reading.stop, reading.example)
        if not self.view.hasFocus() and (self.isAncestorOf(self.window().focusWidget() or self)):
            self.view.setFocus()
        self._ahead_timer.start()
        self._save_timer.start()
        self.status_changed.emit()

    def _rest(self) -> None:
        self.bar.show_stop(self.queue, None, None)
        if self.queue is None or self.queue.variant is None:
            self.resting.show_empty()
        else:
            self.resting.show_done(self.queue.kind, self.queue.pass_, self.queue.total)
        self.pages.setCurrentWidget(self.resting)
        self.status_changed.emit()

    def show_label(self) -> None:
        """Bring the verdict column up to date with the label on the screen."""
        reading = self.reading
        if reading is None or self.queue is None:
            return
        self.column.show_label(
            reading.label,
            coding=self.labelling.coding,
            quotes=self.labelling.quotes(),
            able=True,
        )
        self.view.mark_evidence([item.to_json() for item in reading.label.evidence] if reading.label else [])
        self.column.figures.show_saved(self.labelling.saved)

    def show_evidence(self, evidence: object) -> None:
        """Scroll to a span."""
        self.view.show_evidence(evidence.to_json())  # type: ignore[attr-defined]
        self.view.setFocus()

    def look_ahead(self) -> None:
        """Read and lay out the example that the next key will bring."""
        project, queue = self.session.project, self.queue
        if project is None or queue is None or self.reading is None or self.ahead is not None:
            return
        stop = queue.peek()
        if stop is not None:
            self.ahead = read(project, self.view, stop, self.session.annotator_id)

    def drop_ahead(self) -> None:
        """What was read ahead may be out of date: read it again."""
        self.ahead = None
        self._ahead_timer.start()

    def rest(self) -> None:
        """Nothing of the queue is left: say so, and keep that."""
        self.reading = None
        self.save_place()
        self._rest()

    def show_example(self, example_id: int) -> None:
        """Show one example, on the way or aside from it; stay when it has no output that can be labelled."""
        if self.queue is None:
            self.refresh()
        queue = self.queue
        if queue is None:
            return
        self.labelling.keep_note()
        stop = queue.visit(example_id)
        if stop is None:
            messages.tell(self, "That example has no output here that can be labelled now.")
            return
        self.ahead = None
        self.show_stop(stop)

    # -- what changed

    def on_changed(self, changes: Changes) -> None:
        """Follow an action: the label on the screen, the codebook, the figures."""
        self._following.follow(changes)

    def _show_figures(self, report: object) -> None:
        self.column.figures.show_report(report)  # type: ignore[arg-type]
        self.report.show_report(report)  # type: ignore[arg-type]

    def _tell_refused(self, refused: bool) -> None:
        self.column.figures.show_refused(refused)

    def unsaved(self) -> bool:
        """Whether the note on the screen is not on the disk yet."""
        return self.reading is not None and not self.labelling.saved

    def leave(self) -> None:
        """Save the note: the project is about to be closed."""
        self.labelling.keep_note()

    def status_text(self) -> str:
        """The place in the queue and what is left."""
        if self.queue is None or self.reading is None:
            return ""
        return f"{PASSES[self.queue.pass_]}, {KINDS[self.queue.kind].lower()}: {self.queue.left:,} to go"

    # -- report and codebook

    def save_and_go_on(self) -> None:
        """Save the reference or the note that is being written; after the note comes the next example."""
        if self.editor.isVisible():
            self.editor.save()
        else:
            self.labelling.note_done()

    def toggle_auto_advance(self) -> None:
        """Go on after a verdict, or stay."""
        self.session.settings.set("auto_advance", not self.session.settings.get("auto_advance"))

    def _rested(self, what: str) -> None:
        if what == "coding":
            place = self.place
            self.open_queue(Place("random", "coding", place.variant))
        else:
            self.ask(what)

    def open_codebook(self) -> None:
        """Show the codebook, to rename, merge, split, add and reorder."""
        from reviewer.ui.rooms.triage.codebook import CodebookDialog

        CodebookDialog(self, self.session).open()

    def toggle_report(self) -> None:
        """Show the report over the room, or go back to the example."""
        if self.pages.currentWidget() is self.report:
            self.close_report()
            return
        self.labelling.keep_note()
        self.pages.setCurrentWidget(self.report)
        self.feed.now(self.place.variant)
        self.report.begin()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape leaves the report, wherever the focus is, or passes an offer on."""
        if event.key() == Qt.Key.Key_Escape and self.pages.currentWidget() is self.report:
            self.close_report()
        elif event.key() == Qt.Key.Key_Escape and self.offer.example_id is not None:
            self.offer.pass_on()
        else:
            super().keyPressEvent(event)

    def close_report(self) -> None:
        """Go back to where the annotator was."""
        if self.stale:
            self.open_queue()
        self.pages.setCurrentIndex(0 if self.reading is not None else 1)
        (self.view if self.reading is not None else self.resting).setFocus()

    def open_from_report(self, example_id: int) -> None:
        """Open an example of the list behind a bar."""
        self.pages.setCurrentIndex(0)
        self.show_example(example_id)
        self.view.setFocus()
