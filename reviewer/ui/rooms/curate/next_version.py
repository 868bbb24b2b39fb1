"""The strip at the foot of the room: what stands between the slices and the next version."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QVBoxLayout, QWidget

from reviewer.curate.readiness import Check, Unmet
from reviewer.ui.messages import plain_label
from reviewer.ui.rooms.curate.choices import choices
from reviewer.ui.widgets.sign import Sign
from reviewer.wording import amount

__all__ = ["NextVersion"]

# What a point of each kind is called on its button: one of them, several.
WORDS = {
    "range": ("slice out of range", "slices out of range"),
    "mix": ("mix off", "mixes off"),
    "capability": ("gap in preservation", "gaps in preservation"),
    "reference": ("without reference", "without reference"),
    "excluded": ("excluded", "excluded"),
    "sealed": ("sealed", "sealed"),
    "duplicate": ("group of near-duplicates", "groups of near-duplicates"),
    "split": ("group split", "groups split"),
    "leak": ("leak", "leaks"),
    "canary": ("canary", "canaries"),
    "unscanned": ("not scanned", "not scanned"),
    "expired": ("past shelf life", "past shelf life"),
}


class NextVersion(QFrame):
    """Counts of what is not met, each of which opens its list; Freeze at the end."""

    show_requested = Signal(object)
    """An Unmet whose examples are to be listed."""
    list_requested = Signal()
    """The list of everything that is not met is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "bar")
        self.buttons: dict[str, QPushButton] = {}
        self.setAccessibleName("The next version")
        line = QFrame()
        line.setProperty("role", "line")
        self.sign = Sign("warning", 16, "warn")
        self.state = plain_label("", "")
        self.each = QWidget()
        self.points = QHBoxLayout(self.each)
        self.points.setContentsMargins(0, 0, 0, 0)
        self.points.setSpacing(4)
        self.summary = QPushButton()
        self.summary.setProperty("role", "link")
        self.summary.setAccessibleName("What is not met")
        self.summary.clicked.connect(self.list_requested)
        self.summary.hide()
        self.versions = QPushButton("Versions")
        self.versions.setAccessibleName("Versions")
        self.freeze = QPushButton("Freeze…")
        self.freeze.setProperty("role", "primary")
        self.freeze.setAccessibleName("Freeze the next version")
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(8)
        self.caption = plain_label("Next version", "caps")
        row.addWidget(self.caption)
        row.addWidget(self.sign)
        row.addWidget(self.state)
        row.addWidget(self.each, 1)
        row.addWidget(self.summary)
        row.addStretch(1)
        row.addWidget(self.versions)
        row.addWidget(self.freeze)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(line)
        layout.addLayout(row)

    def show_check(self, check: Check | None, versions: int) -> None:
        """Show the state of the next version, and how many there are already."""
        self.versions.setText(f"Versions  {versions:,}" if versions else "Versions")
        self.freeze.setEnabled(check is not None and check.count > 0)
        unmet = [] if check is None else [item for item in check.unmet if item.kind != "empty"]
        expired = any(item.kind == "expired" for item in unmet)
        if check is None or not (check.count or expired):
            self.sign.show_icon("info", "muted")
            self.state.setText("Nothing in a slice yet")
            unmet = []
        elif unmet:
            self.sign.show_icon("warning", "warn")
            self.state.setText(amount(check.count))
        else:
            self.sign.show_icon("pass", "good")
            self.state.setText(f"{amount(check.count)}, everything met")
        self._show_points(unmet)

    def _show_points(self, unmet: list[Unmet]) -> None:
        had = next((kind for kind, button in self.buttons.items() if button.hasFocus()), "")
        while (item := self.points.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()  # without a parent it would stand on the screen as a window of its own
                widget.deleteLater()
        self.buttons = {}
        for kind, (one, several) in WORDS.items():
            found = [item for item in unmet if item.kind == kind]
            if not found:
                continue
            number = sum(item.number or len(item.keys) for item in found) if found[0].keys else len(found)
            button = QPushButton(f"{number:,} {one if number == 1 else several}")
            button.setProperty("role", "link")
            button.setToolTip("\n".join(item.told for item in found))
            button.setAccessibleName(" ".join(item.sentence for item in found))
            if len(found) == 1:
                button.clicked.connect(lambda _checked=False, item=found[0]: self.show_requested.emit(item))
            else:
                menu = choices(
                    button,
                    f"Not met: {several}",
                    ((point.sentence.replace("&", "&&"), partial(self.show_requested.emit, point)) for point in found),
                )
                button.clicked.connect(lambda _checked=False, menu=menu, button=button: _open_above(menu, button))
            self.points.addWidget(button)
            self.buttons[kind] = button
        self.points.addStretch(1)
        count = len(unmet)
        self.summary.setText(f"{count:,} {'thing' if count == 1 else 'things'} not met…")
        self.summary.setAccessibleName(self.summary.text())
        self._fit()
        if had in self.buttons:
            self.buttons[had].setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give each count its button where there is room for all of them."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        wanted = sum(button.sizeHint().width() + self.points.spacing() for button in self.buttons.values())
        others = (self.caption, self.sign, self.state, self.versions, self.freeze)
        taken = sum(widget.sizeHint().width() for widget in others) + 90
        room = wanted + taken <= self.width()
        self.each.setVisible(room)
        self.summary.setVisible(not room and bool(self.buttons))


def _open_above(menu: QMenu, button: QPushButton) -> None:
    menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
