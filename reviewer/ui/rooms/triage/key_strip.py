"""The keys that are not verdicts, at the foot of the conversation."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy

from reviewer.ui import actions, theme
from reviewer.ui.session import Session

__all__ = ["KeyStrip"]

KEYS = (
    ("triage.skip", "Skip"),
    ("triage.cannot_judge", "Can't judge"),
    ("triage.exclude", "Exclude"),
    ("triage.flag", "Flag"),
    ("triage.evidence", "Pin evidence"),
    ("triage.reference", "Reference"),
    ("edit.undo", "Undo"),
)


FIRST_TO_GO = ("triage.reference", "triage.evidence", "edit.undo", "triage.flag", "triage.exclude")
"""What a narrow strip leaves to the menu and the keys."""


class KeyStrip(QFrame):
    """A thin line of buttons, each with its key."""

    asked = Signal(str)
    """The id of an action whose button was pressed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setAccessibleName("Keys")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        layout.setSpacing(2)
        self.buttons: dict[str, QPushButton] = {}
        for action_id, word in KEYS:
            # The shortest key: Undo has a single letter beside the usual one.
            keys = actions.keys_of(actions.by_id(action_id), session.settings)
            key = min(keys, key=len, default="")
            button = QPushButton(f"{key}  {word}".strip())
            theme.dress(button, "quiet")
            button.setAccessibleName(f"{word}, key {key}" if key else word)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, action_id=action_id: self.asked.emit(action_id))
            layout.addWidget(button)
            self.buttons[action_id] = button
        layout.addStretch(1)

    def minimumSizeHint(self) -> QSize:
        """As narrow as the room wants: what does not fit is left out."""
        return QSize(80, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the buttons for which there is room."""
        super().resizeEvent(event)
        left = self.width() - 24 - sum(button.sizeHint().width() + 2 for button in self.buttons.values())
        shown = dict.fromkeys(self.buttons, True)
        for action_id in FIRST_TO_GO:
            if left >= 0:
                break
            shown[action_id] = False
            left += self.buttons[action_id].sizeHint().width() + 2
        for action_id, button in self.buttons.items():
            button.setVisible(shown[action_id])
