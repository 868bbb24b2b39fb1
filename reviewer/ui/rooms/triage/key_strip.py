"""The keys that are not verdicts, at the foot of the conversation."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

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


class KeyStrip(QFrame):
    """A thin line of buttons, each with its key."""

    asked = Signal(str)
    """The id of an action whose button was pressed."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.setAccessibleName("Keys")
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
