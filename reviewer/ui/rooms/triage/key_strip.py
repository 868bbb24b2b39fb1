"""The keys that are not verdicts, at the foot of the conversation."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
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


FIRST_TO_GO = (
    "triage.reference",
    "triage.evidence",
    "edit.undo",
    "triage.flag",
    "triage.exclude",
    "triage.cannot_judge",
    "triage.skip",
)
"""In which order a narrow strip loses words, and then the buttons: the menu and the keys have them all."""


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
        self._texts: dict[str, tuple[str, str]] = {}
        for action_id, word in KEYS:
            # The shortest key: Undo has a single letter beside the usual one.
            keys = actions.keys_of(actions.by_id(action_id), session.settings)
            key = min(keys, key=len, default="")
            button = QPushButton()
            self._texts[action_id] = (f"{key}  {word}".strip(), key or word)
            button.setToolTip(word)
            theme.dress(button, "quiet")
            button.setAccessibleName(f"{word}, key {key}" if key else word)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(lambda _=False, action_id=action_id: self.asked.emit(action_id))
            layout.addWidget(button)
            self.buttons[action_id] = button
        layout.addStretch(1)
        # Fonts follow the theme only when its change has gone through.
        self._refit = QTimer(self, singleShot=True, interval=0)
        self._refit.timeout.connect(self._fit)
        theme.changed.connect(self._refit.start)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """As narrow as the room wants: what does not fit is left out."""
        return QSize(80, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Take words away, then buttons, until the rest fits whole."""
        wide: dict[str, int] = {}
        narrow: dict[str, int] = {}
        for action_id, button in self.buttons.items():
            button.ensurePolished()
            for widths, text in zip((narrow, wide), reversed(self._texts[action_id]), strict=True):
                button.setText(text)
                widths[action_id] = button.sizeHint().width() + 2
        room = self.width() - 24
        taken = sum(wide.values())
        for action_id in FIRST_TO_GO:
            if taken <= room:
                break
            taken -= wide[action_id] - narrow[action_id]
            self.buttons[action_id].setText(self._texts[action_id][1])
        shown = dict.fromkeys(self.buttons, True)
        for action_id in FIRST_TO_GO:
            if taken <= room:
                break
            taken -= narrow[action_id]
            shown[action_id] = False
        for action_id, button in self.buttons.items():
            button.setVisible(shown[action_id])
