"""After “stale facts”: a line that offers to write what is true now, and takes nobody off their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from reviewer.intake.examples import Example
from reviewer.ui import actions, theme
from reviewer.ui.messages import plain_label
from reviewer.ui.widgets.sign import Sign

if TYPE_CHECKING:
    from reviewer.ui.rooms.triage.room import TriageRoom

__all__ = ["TruthOffer"]

CODE = "stale_facts"


class TruthOffer(QFrame):
    """Names the example that was just labelled; its key leads back there, and from there on to where one was."""

    def __init__(self, room: TriageRoom) -> None:
        super().__init__()
        self._room = room
        self.example_id: int | None = None
        """The example whose truth is offered to be written; None when nothing is."""
        self._back: int | None = None
        self.setProperty("role", "bar")
        self.setAccessibleName("Offer to write the truth")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.words = plain_label("", "small")
        self.write_button = QPushButton("New truth")
        self.write_button.setAccessibleName("Write the new truth")
        self.pass_button = QPushButton("Pass on  Esc")
        self.pass_button.setAccessibleName("Pass on, key Escape")
        for button, act in ((self.write_button, self.write), (self.pass_button, self.pass_on)):
            theme.dress(button, "quiet")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(act)
        row = QHBoxLayout()
        row.setContentsMargins(16, 3, 12, 3)
        row.setSpacing(8)
        row.addWidget(Sign("history", 16, "warn"))
        row.addWidget(self.words, 1)
        row.addWidget(self.write_button)
        row.addWidget(self.pass_button)
        line = QFrame()
        line.setProperty("role", "line")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(line)
        layout.addLayout(row)
        self.hide()

    def make(self, example: Example) -> None:
        """Offer to write what is true now for an example."""
        self.example_id = example.id
        key = actions.key_text("triage.new_truth", self._room.session.settings)
        kept = "the old one is kept" if example.reference is not None else "it has no reference yet"
        self.words.setText(f"{example.key} rests on facts that changed. Write what is true now; {kept}.")
        self.words.setAccessibleName(self.words.text())
        self.write_button.setText(f"New truth  {key}".strip())
        self.write_button.setAccessibleName(f"Write the new truth of {example.key}, key {key}")
        self.show()

    def drop(self) -> None:
        """Offer nothing any more."""
        self.example_id = None
        self.hide()

    def pass_on(self) -> None:
        """Leave the truth as it is."""
        self.drop()
        if self._room.reading is not None:
            self._room.view.setFocus()

    def possible(self) -> bool:
        """Whether there is a truth to be written: one that is offered, or that of the label on the screen."""
        return self.example_id is not None or self._is_stale()

    def _is_stale(self) -> bool:
        reading = self._room.reading
        label = None if reading is None else reading.label
        return label is not None and label.category_id == self._room.labelling.category_id(CODE)

    def write(self) -> None:
        """Go to the example and open its reference, as the truth that is about to be the old one."""
        room, wanted = self._room, self.example_id
        self.drop()
        if wanted is not None and (room.reading is None or room.reading.example.id != wanted):
            resting = room.reading is None
            room.show_example(wanted)
            self._back = None if resting else wanted
        reading = room.reading
        if reading is not None and (wanted is None or reading.example.id == wanted):
            room.labelling.edit_reference(stale=True)

    def closed(self) -> None:
        """The reference is closed again: go back to where the offer was taken up."""
        back, self._back = self._back, None
        reading = self._room.reading
        if back is not None and reading is not None and reading.example.id == back:
            self._room.way.next()
        self._room.view.setFocus()
