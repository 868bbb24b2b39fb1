"""The three slices as a column of cards."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from reviewer.curate.slices import SLICES
from reviewer.ui import actions
from reviewer.ui.rooms.curate.slice_card import SliceCard
from reviewer.ui.session import Session

__all__ = ["SliceCards"]

_LEAST_WIDTH = 228


class SliceCards(QScrollArea):
    """The cards, which scroll where the window is low, and are as wide as their widest at any text size."""

    pressed = Signal(str)
    """The slice whose card was pressed."""
    edit_requested = Signal(str)
    """The slice whose contract is to be edited."""
    add_requested = Signal(str, str, int)
    """The slice that is to get examples, of which workflow, how many."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.cards: dict[str, SliceCard] = {}
        self._holder = QWidget()
        column = QVBoxLayout(self._holder)
        column.setContentsMargins(12, 12, 8, 12)
        column.setSpacing(8)
        for name in SLICES:
            card = SliceCard(name, actions.key_text(f"curate.to_{name}", session.settings))
            card.pressed.connect(self.pressed)
            card.edit_requested.connect(self.edit_requested)
            card.add_requested.connect(partial(self.add_requested.emit, name))
            column.addWidget(card)
            self.cards[name] = card
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(self._holder)
        self._holder.installEventFilter(self)
        self.setAccessibleName("Slices")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the column as wide as its cards must be."""
        if watched is self._holder and event.type() == QEvent.Type.LayoutRequest:
            bar = self.verticalScrollBar().sizeHint().width()
            self.setMinimumWidth(max(_LEAST_WIDTH, self._holder.minimumSizeHint().width() + bar))
        return super().eventFilter(watched, event)

    def mark(self, name: str) -> None:
        """Show of one slice that it is listed, or of none."""
        for card in self.cards.values():
            card.set_shown(card.name == name)
